"""Commands about the cluster as a whole: backup, restore, upgrade, exchange of certificates with another one.

What a backup holds and what an upgrade keeps is commands.md sections 8, 16 and 24. Not here: databases,
licences and firmware; only what a trust list or a signature follows from.
"""

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from phoneemu.cluster import release as since
from phoneemu.cluster.admin_certs import renewed, replaced, trusting
from phoneemu.cluster.admin_services import risen
from phoneemu.cluster.certs import make_certificate, units_of
from phoneemu.cluster.performing import Office, Performed, refused
from phoneemu.cluster.runbook import Step
from phoneemu.cluster.state import (
    CALLMANAGER,
    CALLMANAGER_TRUST,
    CAPF,
    ITL_RECOVERY,
    PHONE_SAST_TRUST,
    TFTP,
    TOMCAT,
    Certificate,
    Cluster,
    Node,
    Release,
)
from phoneemu.core.trustlist import TrustList
from phoneemu.errors import BadInput

# ---------------------------------------------------------------- backup and restore


def backup(office: Office, step: Step) -> Performed:
    """Keep certificates with keys, trust stores, settings and lists under a name [SG15-cert]."""
    cluster = office.cluster
    held = {**cluster.backups, step.args[0].lower(): attrs.evolve(cluster, backups=MappingProxyType({}))}
    return Performed(cluster=attrs.evolve(cluster, backups=MappingProxyType(held)))


def restore(office: Office, step: Step) -> Performed:
    """Bring back what a backup holds: the whole cluster, or one node where a node is named.

    The publisher's backup brings its database with it: settings and trust stores [inferred].

    Raises:
        BadInput: no backup of that name was made in this runbook.
    """
    cluster = office.cluster
    then = cluster.backups.get(step.args[0].lower())
    if then is None:
        known = ", ".join(cluster.backups) or "none was made; start with `cluster backup NAME`"
        raise BadInput(f"no backup `{step.args[0]}`; there is {known}", place=step.place)
    only = cluster.node(step.who)
    wanted = [node for node in then.nodes if only is None or node.name == only.name]
    missing = [node.name for node in wanted if node.name not in {each.name for each in cluster.nodes}]
    if missing or not wanted:
        name = missing[0] if missing else step.who
        return refused(cluster, f"node {name} has another name than in the backup [IPCHG-0100]")
    if then.release != cluster.release:
        why = f"the backup is of {then.release.text}, the cluster runs {cluster.release.text} [assumed]"
        return refused(cluster, why)
    if any(node.publisher for node in wanted):
        cluster = attrs.evolve(
            cluster,
            parameters=then.parameters,
            stores=then.stores,
            mixed=then.mixed,
            etokens=then.etokens,
            capf_active=then.capf_active,
        )
    for node in wanted:
        cluster = _brought_back(cluster, node)
    return Performed(
        cluster=cluster,
        remarks=("a phone that took a later list than the backup holds is unlocked by hand [SG15-cert]",),
    )


def _brought_back(cluster: Cluster, then: Node) -> Cluster:
    """The cluster after a node got its files back and started."""
    node = cluster.by_name[then.name.lower()]
    node = attrs.evolve(node, own=then.own, ctl=then.ctl, itl=then.itl, tvs_ctl=then.ctl, replicated=None)
    return risen(cluster.with_node(node), node)


# ---------------------------------------------------------------- upgrade


def upgrade(office: Office, step: Step) -> Performed:
    """Certificates, stores and the CTL come along; every TFTP writes its ITL as the new release does.

    Raises:
        BadInput: the release is none, or not a later one.
    """
    before = office.cluster
    to, refresh = since.parse_release(step.args[0], place=step.place), len(step.args) > 1
    if to <= before.release:
        raise BadInput(f"{to.text} is not later than {before.release.text}, which runs now", place=step.place)
    cluster = attrs.evolve(before, release=to)
    remarks: list[str] = []
    for node in before.nodes:
        cluster = _with_units_of_release(attrs.evolve(office, cluster=cluster), node, step)
    recovery = cluster.publisher.own.get(ITL_RECOVERY)
    if refresh and recovery is not None and ITL_RECOVERY in before.publisher.own and _renews_recovery(to):
        there = attrs.evolve(office, cluster=cluster)
        cluster = replaced(cluster, recovery, renewed(there, cluster.publisher, recovery, step))
        remarks.append("this refresh upgrade wrongly renews ITLRecovery; the CTL keeps the old one [FN70613]")
    for node in before.nodes:
        if node.up:
            cluster = risen(cluster, cluster.by_name[node.name.lower()])
    ctl = cluster.publisher.ctl
    if since.NO_TOKENS.holds(to) and _by_token(cluster, ctl):
        remarks.append("hardware tokens are of no use from 14SU3 on; go tokenless before [SG15-modes]")
    if ctl is not None:
        remarks.append("the CTL is carried over as it is, signer and records [SEED118893]")
    remarks.append("phones are not taken to restart by the upgrade alone; add `phones reset` [assumed]")
    return Performed(cluster=cluster, remarks=tuple(remarks))


def _by_token(cluster: Cluster, ctl: TrustList | None) -> bool:
    return ctl is not None and any(token.identity == ctl.signer for token in cluster.etokens.values())


def _renews_recovery(to: Release) -> bool:
    return since.REFRESH_RENEWS_ITL_RECOVERY.holds(to) and not since.REFRESH_KEEPS_ITL_RECOVERY.holds(to)


def _with_units_of_release(office: Office, node: Node, step: Step) -> Cluster:
    """The node with the own certificates its release has: ITLRecovery from 10.0, one from 12.5 [UPG15].

    A subscriber's CAPF that goes stays in the trust stores: LSCs it issued are still taken [inferred].
    """
    cluster = office.cluster
    lists = units_of(cluster.release, publisher=node.name == cluster.publisher.name)
    leaving = {ITL_RECOVERY, CAPF} - set(lists)
    own: dict[str, Certificate] = {unit: held for unit, held in node.own.items() if unit not in leaving}
    for unit in lists:
        if unit not in own:
            made = make_certificate(
                cluster, node.name, unit, generation=cluster.release.text, maker=office.maker
            )
            own[unit] = attrs.evolve(made, origin=f"{step.place} made it")
    return cluster.with_node(attrs.evolve(node, own=MappingProxyType(own)))


# ---------------------------------------------------------------- exchange with another cluster

_TARGETS: Mapping[str, tuple[str, ...]] = {
    CALLMANAGER: (CALLMANAGER_TRUST, PHONE_SAST_TRUST),
    ITL_RECOVERY: (PHONE_SAST_TRUST, CALLMANAGER_TRUST),
    CAPF: (CALLMANAGER_TRUST,),
    TOMCAT: ("tomcat-trust",),
}
"""Where an imported certificate goes, by its own unit [ADM125-bulk, MIG213407]."""

_EXCHANGED: Mapping[str, tuple[str, ...]] = {
    "all": tuple(_TARGETS),
    "tftp": (CALLMANAGER,),
    "callmanager": (CALLMANAGER,),
    "itl_recovery": (ITL_RECOVERY,),
    "itlrecovery": (ITL_RECOVERY,),
    "capf": (CAPF,),
    "tomcat": (TOMCAT,),
}
"""The certificate types of the page and the units they mean; `TFTP` has no ITLRecovery [ADM125-bulk]."""


def bulk_exchange(office: Office, step: Step) -> Performed:
    """Export, consolidate and import, in both clusters [BULK215539, MIG213407].

    Raises:
        BadInput: no such cluster or certificate type.
    """
    kind, who = step.args[0], step.args[1]
    units = _EXCHANGED.get(kind.lower())
    if units is None:
        raise BadInput(
            f"no certificate type `{kind}`; there are all, TFTP, ITL_Recovery, CAPF, Tomcat", place=step.place
        )
    other = _other(office, who, step)
    here = office.cluster
    remarks = ["importing certificates in bulk resets phones [ADM125-bulk]"]
    if units == (CALLMANAGER,) and since.SIGNS_WITH_ITL_RECOVERY.holds(other.release):
        remarks.append(
            f"{other.name} signs its lists with ITLRecovery, which {kind} leaves out; use all [MIG213407]"
        )
    return Performed(
        cluster=_imported(here, other, units, step),
        lines=tuple(f"Successfully imported {kind.lower()} certificates." for _ in (here, other)),
        resets=True,
        remarks=tuple(remarks),
        others={other.name: _imported(other, here, units, step)},
    )


def _other(office: Office, who: str, step: Step) -> Cluster:
    named = {name.lower(): cluster for name, cluster in office.others.items()}
    found = named.get(who.lower())
    if found is None and who.lower() == "other-cluster":
        found = next(iter(office.others.values()), None)
    if found is None:
        known = ", ".join(office.others) or "none is known (see --other)"
        raise BadInput(f"no other cluster `{who}`; there is {known}", place=step.place)
    return found


def _imported(into: Cluster, source: Cluster, units: tuple[str, ...], step: Step) -> Cluster:
    """The cluster with the other one's certificates; every TFTP node's CallManager is among them."""
    for node in source.nodes:
        for unit in units:
            if unit not in node.own or (unit == CALLMANAGER and TFTP not in node.services):
                continue
            came = attrs.evolve(node.own[unit], origin=f"{step.place} imported it")
            for store in _TARGETS[unit]:
                into = trusting(into, store, came)
    return into
