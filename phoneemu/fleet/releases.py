"""Which releases a cluster may be of when no export says it, and one fate out of what each of them does.

Who signs a list differs by release, and with it who follows a renewal. So where nothing tells the release,
the plan is performed on one release of each group that signs differently, and a phone is answered only where
all of them end alike.
"""

from collections.abc import Sequence

import attrs

from phoneemu.core.trustlist import ListKind
from phoneemu.fleet.assumptions import RELEASE_UNKNOWN
from phoneemu.fleet.certentries import CertEntry
from phoneemu.fleet.certificates import RECOVERY_PREFIX
from phoneemu.fleet.clusterfile import ClusterFile
from phoneemu.fleet.forecast import Fate, Remedy
from phoneemu.fleet.listexports import ListExport
from phoneemu.fleet.outcome import WORST_FIRST, FleetReason, Outcome, Service, Trust

TRIED = ("12.5(1)", "11.5(1)", "10.5(1)", "9.1(2)", "14")
"""One release of each group that signs or restarts differently (cluster.release); the first is told of."""
_WITH_RECOVERY = ("12.5(1)", "11.5(1)", "10.5(1)", "14")
_SIGNED_BY_RECOVERY = ("12.5(1)", "14")

NOT_KNOWN = "not known"
"""What stands for the release where several are tried."""


def candidates(
    file: ClusterFile, exports: Sequence[ListExport], entries: Sequence[CertEntry] = ()
) -> tuple[str, ...]:
    """The releases to try; empty where the release is said, or an ITL tells its group."""
    listed = [each.listed for each in exports if each.listed is not None]
    if file.release is not None or any(each.kind is ListKind.ITL for each in listed):
        return ()
    if any(each.signer is not None and _recovery(each.signer.common_name) for each in listed):
        return _SIGNED_BY_RECOVERY
    names = [record.identity.common_name for each in listed for record in each.records if record.identity]
    names += (each.identity.common_name for each in entries if each.identity is not None)
    return _WITH_RECOVERY if any(map(_recovery, names)) else TRIED


def _recovery(name: str) -> bool:
    return name.upper().startswith(RECOVERY_PREFIX)


def agreed(told: Sequence[tuple[str, Fate]]) -> Fate:
    """One fate of what the phones do on each (release, fate): the first is that of the release told of.

    Where all end alike it is theirs; where all are lost, that of the worst; else cannot-say. Where they
    differ the story told is that of the worst.
    """
    first = told[0][1]
    if len(told) == 1:
        return first
    basis = first.basis | {RELEASE_UNKNOWN.id}
    weakest = min(fate.standing for _, fate in told)
    outcomes = {fate.outcome for _, fate in told}
    if len(outcomes) == 1:
        return attrs.evolve(first, basis=basis, standing=weakest)
    each = "; ".join(f"{release}: {fate.outcome.value}" for release, fate in told)
    note = (
        f"the release is not known, and releases differ: {each}; `release` in cluster.toml or "
        "`show version active` settles it"
    )
    release, worst = min(told, key=lambda each: WORST_FIRST.index(each[1].outcome))
    note += f"; its story is told as on {release}"
    if all(outcome.bad for outcome in outcomes):
        return attrs.evolve(worst, basis=basis, standing=weakest, note=note)
    return attrs.evolve(
        first,
        outcome=Outcome.CANNOT_SAY,
        trust=Trust.UNKNOWN,
        service=Service.UNKNOWN,
        registered_to=None,
        secure=False,
        reason=FleetReason.RELEASE_UNKNOWN.value,
        remedy=Remedy(),
        lost_at_step=None,
        standing=weakest,
        basis=basis,
        note=note,
        episodes=worst.episodes,
        occasion=worst.occasion,
    )
