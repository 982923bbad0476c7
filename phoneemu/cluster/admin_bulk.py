"""Exchange of certificates between clusters: on the page, in one step, or by `set cert bulk` step by step.

Where what goes follows [ADM125-bulk, BULK215539]. Nothing else of another cluster is changed here.
"""

from collections.abc import Mapping

import attrs

from phoneemu.cluster import release as since
from phoneemu.cluster.admin_certs import trusting
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
    Cluster,
)
from phoneemu.errors import BadInput

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
        raise _no_type(kind, step)
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


def bulk(office: Office, step: Step) -> Performed:
    """`set cert bulk export|consolidate|import`: one cluster's part of the exchange [CLI15-set].

    An import needs what two clusters exported, put together by one of them [BULK215539].
    """
    action, here = step.args[0].lower(), office.cluster
    if action == "sftp":
        return Performed(cluster=here)
    if action == "consolidate":
        if not here.exported or not any(other.exported for other in office.others.values()):
            return refused(here, "two clusters must have exported before [BULK215539]")
        return Performed(cluster=attrs.evolve(here, consolidated=True))
    kind = step.args[1]
    units = _EXCHANGED.get(kind.lower())
    if units is None:
        raise _no_type(kind, step)
    if action == "export":
        return Performed(
            cluster=attrs.evolve(here, exported=here.exported | set(units)),
            lines=(f"Successfully exported {kind.lower()} certificate(s) to sftp server.",),
        )
    if not any(each.consolidated for each in (here, *office.others.values())):
        return refused(here, "what was exported is not consolidated yet [BULK215539]")
    for other in office.others.values():
        wanted = tuple(unit for unit in units if unit in other.exported)
        here = _imported(here, other, wanted, step)
    return Performed(
        cluster=here,
        lines=(f"Successfully imported {kind.lower()} certificates.",),
        resets=True,
        remarks=("importing certificates in bulk resets phones [ADM125-bulk]",),
    )


def _no_type(kind: str, step: Step) -> BadInput:
    return BadInput(
        f"no certificate type `{kind}`; there are all, TFTP, ITL_Recovery, CAPF, Tomcat", place=step.place
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
