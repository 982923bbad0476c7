"""Commands about the cluster as a whole: backup, restore, upgrade, exchange of certificates with another one.

What a backup holds and what an upgrade keeps follows [SG15-cert, UPG15, FN70613]. Not here: databases,
licences and firmware; only what a trust list or a signature follows from.
"""

from collections.abc import Sequence
from types import MappingProxyType

import attrs

from phoneemu.cluster import release as since
from phoneemu.cluster.admin_certs import renewed, replaced
from phoneemu.cluster.admin_services import risen
from phoneemu.cluster.certs import make_certificate, units_of
from phoneemu.cluster.performing import Office, Performed, refused
from phoneemu.cluster.runbook import Step
from phoneemu.cluster.state import (
    CAPF,
    ITL_RECOVERY,
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
        known = f"there is {', '.join(cluster.backups)}" if cluster.backups else "none was made"
        start = "start with `cluster backup NAME`"
        raise BadInput(f"no backup `{step.args[0]}`: {known}; {start}", place=step.place)
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
    return Performed(cluster=_brought_back(cluster, wanted), remarks=(_LATER_LISTS,))


_LATER_LISTS = (
    "the guides say that phones which took a later list than the backup holds are unlocked by hand "
    "[SG15-cert, UPG15]; here a phone follows all the same where that later list names the signer of the "
    "restored one, or a TVS that shows the certificate listed for it and vouches for that signer: `explain` "
    "shows which"
)


def _brought_back(cluster: Cluster, wanted: Sequence[Node]) -> Cluster:
    """The cluster after these nodes got their files back and started.

    Every node has its certificates again before any starts: an ITL names the TVS of all nodes, and comes back
    as of the backup [UPG15, IPCHG-0100].
    """
    for then in wanted:
        node = cluster.by_name[then.name.lower()]
        cluster = cluster.with_node(
            attrs.evolve(node, own=then.own, ctl=then.ctl, itl=then.itl, tvs_ctl=then.ctl, replicated=None)
        )
    for then in wanted:
        cluster = risen(cluster, cluster.by_name[then.name.lower()])
    return cluster


def restore_node(office: Office, step: Step) -> Performed:
    """`utils disaster_recovery restore network SERVER ...`: one server gets the last backup back."""
    return restore(office, attrs.evolve(step, who=step.args[0], args=("backup",)))


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
    cluster = attrs.evolve(before, release=to, inactive=before)
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


def switch_version(office: Office, step: Step) -> Performed:
    """`utils system switch-version`: the other partition's certificates and files come back [inferred].

    Taken to be done on every node at once [assumed]. Power, firewalls and what was saved elsewhere stay.

    Raises:
        BadInput: nothing was upgraded in this runbook, so nobody knows the other partition.
    """
    now = office.cluster
    then = now.inactive
    if then is None:
        why = "the other partition is not known: nothing was upgraded in this runbook"
        raise BadInput(why, place=step.place)
    cluster = attrs.evolve(
        then,
        clock=now.clock,
        inactive=attrs.evolve(now, inactive=None),
        backups=now.backups,
        saved_keys=now.saved_keys,
    )
    for node in then.nodes:
        present = now.by_name.get(node.name.lower())
        if present is not None and present.up:
            here = attrs.evolve(cluster.by_name[node.name.lower()], blocked_ports=present.blocked_ports)
            cluster = risen(cluster.with_node(here), here)
    return Performed(
        cluster=cluster,
        remarks=(f"back to {then.release.text}: phones may hold later lists than it serves [inferred]",),
    )
