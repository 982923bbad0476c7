"""What one story takes for granted: a TVS in reach and its word, a TLS floor nobody raised, a former CAPF.

Only a story that leans on it carries the assumption; the others stand as they are.
"""

from collections.abc import Iterator
from weakref import WeakKeyDictionary

import attrs

from phoneemu.cluster import release as since
from phoneemu.cluster import tvs
from phoneemu.cluster.drive import Boot, World
from phoneemu.cluster.state import CALLMANAGER, CAPF, ITL_RECOVERY
from phoneemu.core.journal import AskedTvs, Ruled
from phoneemu.core.names import Identity
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.trustlist import TrustList
from phoneemu.fleet.assumptions import (
    CTL_WITHOUT_ANCHOR,
    DOMAIN_BY_ITL,
    LSC_BEFORE,
    RECOVERY_KEPT,
    RECOVERY_ROLE,
    RESET_KEEPS_RECORDS,
    TLS_FLOOR,
    TVS_REACHABLE,
)
from phoneemu.fleet.clusterfile import ClusterFile
from phoneemu.fleet.forecast import Episode
from phoneemu.fleet.story import Story


def granted(story: Story, file: ClusterFile) -> frozenset[str]:
    """The ids of the assumptions this story leans on."""
    return frozenset(_granted(story, file))


@attrs.frozen(kw_only=True)
class _Leaning:
    """What one start shows of it: found once, for many stories share a start."""

    boot: Boot
    asked: frozenset[str]
    inferred_role: bool
    without_anchor: bool
    former_records: bool
    kept_recovery: bool


_KNOWN: WeakKeyDictionary[World, dict[int, _Leaning]] = WeakKeyDictionary()
"""By the world and the identity of the start, which is kept beside."""


def _leaning(episode: Episode) -> _Leaning:
    known, boot = _KNOWN.setdefault(episode.world, {}), episode.boot
    if id(boot) not in known:
        known[id(boot)] = _Leaning(
            boot=boot,
            asked=frozenset(each.server.lower() for each in boot.journal if isinstance(each, AskedTvs)),
            inferred_role=_vouched_for_recovery(episode),
            without_anchor=_took_ctl_without_anchor(episode),
            former_records=_took_former_records(episode),
            kept_recovery=_took_by_kept_recovery(episode),
        )
    return known[id(boot)]


def _granted(story: Story, file: ClusterFile) -> Iterator[str]:
    said = {name.lower() for node in file.nodes if node.tvs_reachable for name in (node.name, node.address)}
    starts = [_leaning(episode) for episode in story.episodes]
    if any(each.asked - said for each in starts):
        yield TVS_REACHABLE.id
    if file.min_tls is None and _leans_on_old_tls(story):
        yield TLS_FLOOR.id
    if _shows_former_lsc(story):
        yield LSC_BEFORE.id
    if any(each.inferred_role for each in starts):
        yield RECOVERY_ROLE.id
    if any(each.without_anchor for each in starts):
        yield CTL_WITHOUT_ANCHOR.id
    if story.episodes[-1].ending.outcome.bad and any(each.former_records for each in starts):
        yield RESET_KEEPS_RECORDS.id
    if any(each.kept_recovery for each in starts):
        yield RECOVERY_KEPT.id
    if _configured_without_ctl(story.episodes[-1]):
        yield DOMAIN_BY_ITL.id


def _took_ctl_without_anchor(episode: Episode) -> bool:
    """Whether it took a CTL that a recovery key signed while its own CTL named no key of that cluster.

    What FN70613 says of this, later sources do not; where CallManager signs, SEED118893 has phones follow.
    """
    owned = [cluster.publisher.own for cluster in episode.world.clusters]
    for ruled in _accepted(episode, Subject.CTL):
        held, signer = ruled.question.flash.ctl, _signer(ruled)
        own = next(
            (own for own in owned if ITL_RECOVERY in own and own[ITL_RECOVERY].identity == signer), None
        )
        if held is None or own is None or any(each.identity in held.sast for each in own.values()):
            continue
        # a foreign cluster's key in Phone-SAST-trust is vouched for as documented [MIG213407]
        if ruled.reason is Reason.LISTED_SIGNER or _vouched_for_recovery(episode):
            return True
    return False


def _took_former_records(episode: Episode) -> bool:
    """Whether it took an ITL of `utils itl reset` that does not name the recovery key in use."""
    for cluster in episode.world.clusters:
        own = cluster.publisher.own
        if not since.SIGNS_WITH_ITL_RECOVERY.holds(cluster.release) or ITL_RECOVERY not in own:
            continue
        for ruled in _accepted(episode, Subject.ITL):
            offered = ruled.question.offered
            if isinstance(offered, TrustList) and offered.signer == own[CALLMANAGER].identity:
                return own[ITL_RECOVERY].identity not in offered.sast
    return False


def _took_by_kept_recovery(episode: Episode) -> bool:
    """Whether it took a list signed by a recovery certificate that a new domain is taken to have kept."""
    kept = frozenset[Identity]().union(*(each.kept_by_domain for each in episode.world.clusters))
    if not kept:
        return False
    taken = (ruled for subject in (Subject.CTL, Subject.ITL) for ruled in _accepted(episode, subject))
    return any(_signer(ruled) in kept for ruled in taken)


def _configured_without_ctl(episode: Episode) -> bool:
    """Whether the CTL that it holds does not name who signs its configuration since a new domain name."""
    made = frozenset[Identity]().union(
        *(each.made_by_domain for each in episode.world.clusters if each.mixed)
    )
    if not made:
        return False
    for ruled in _accepted(episode, Subject.CONFIG):
        held, signer = ruled.question.flash.ctl, _signer(ruled)
        if held is not None and signer in made and signer not in held.file_signers:
            return True
    return False


def _accepted(episode: Episode, subject: Subject) -> Iterator[Ruled]:
    return (ruled for ruled in episode.boot.journal.rulings(subject) if ruled.verdict is Verdict.ACCEPT)


def _signer(ruled: Ruled) -> Identity | None:
    """Who signed what was offered."""
    offered = ruled.question.offered
    return offered.signer if isinstance(offered, TrustList | SignedFile) else None


def _vouched_for_recovery(episode: Episode) -> bool:
    """Whether a TVS vouched for a recovery certificate by a role that is only inferred."""
    asked = (entry for entry in episode.boot.journal if isinstance(entry, AskedTvs))
    answers = ((episode.world.find(entry.server), entry.signer) for entry in asked)
    return any(place is not None and tvs.answer(*place, signer).inferred for place, signer in answers)


def _shows_former_lsc(story: Story) -> bool:
    """Whether it registered at home with an LSC of a CAPF that is not its cluster's own any more."""
    last = story.episodes[-1]
    issuer, home = last.boot.station.device.lsc_issuer, last.world.clusters[0]
    if not last.boot.secure or issuer is None or last.boot.registered_to not in home.by_name:
        return False
    return all(node.own[CAPF].identity != issuer for node in home.nodes if CAPF in node.own)


def _leans_on_old_tls(story: Story) -> bool:
    """Whether a TLS floor that somebody may have set would take something from this phone."""
    profile, device = story.station.profile, story.station.device
    here = story.episodes[-1].world.clusters[0]
    if here.min_tls > "1.0" or not since.TLS_FLOOR.holds(here.release):
        return False
    highest = profile.tls_max.value
    old = highest is None or highest < "1.2"
    uses_tvs = bool(profile.asks_tvs.value) and story.station.flash.itl is not None
    return old and (uses_tvs or (here.mixed and device.security.uses_tls))
