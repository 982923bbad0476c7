"""From a phone's last boot to the words people read: trust, path, service, outcome, reason.

"The list is accepted" and "the phone is in service" are two verdicts; both are kept and the outcome is
derived from them. Nothing here decides what a phone does: that stands in the journal of its boot.
"""

import enum
from collections.abc import Iterable, Sequence
from typing import Literal
from weakref import WeakKeyDictionary

import attrs

from phoneemu.cluster import drive, tvs
from phoneemu.cluster import release as since
from phoneemu.cluster.certs import MADE
from phoneemu.cluster.drive import Boot, Station, World
from phoneemu.cluster.state import TOMCAT, Certificate, Cluster, Node
from phoneemu.core.evidence import Standing, weakest
from phoneemu.core.journal import LostItl, Ruled
from phoneemu.core.profile import Profile
from phoneemu.core.question import Stage, Subject
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.states import State
from phoneemu.core.trustlist import TrustList


class Outcome(enum.Enum):
    """The word people read; listed from best to worst."""

    OK = "ok"
    DEGRADED = "degraded"
    CANNOT_SAY = "cannot-say"
    STUCK = "stuck"
    OUT_OF_SERVICE = "out-of-service"

    @property
    def bad(self) -> bool:
        """Whether the phone is lost: somebody must act for it to be managed again."""
        return self in (Outcome.STUCK, Outcome.OUT_OF_SERVICE)


WORST_FIRST = tuple(reversed(Outcome))


class Trust(enum.Enum):
    """What the phone holds, compared with what its cluster serves."""

    CURRENT = "current"
    STALE = "stale"
    NONE = "none"
    UNKNOWN = "unknown"


class TrustPath(enum.Enum):
    """How its lists got there."""

    UNCHANGED = "unchanged"
    LISTED_SIGNER = "listed-signer"
    TVS = "tvs"
    FIRST_TRUST = "first-trust"


class Service(enum.Enum):
    """Whether it can be called."""

    REGISTERED = "registered"
    DEGRADED = "degraded"
    OUT = "out"
    UNKNOWN = "unknown"


class FleetReason(enum.Enum):
    """Reasons that are not a ruling of a phone. Removing a member is a breaking change."""

    UNKNOWN_MODEL = "unknown-model"
    LOAD_UNKNOWN = "load-unknown"
    HELD_LIST_UNKNOWN = "held-list-unknown"
    TFTP_UNKNOWN = "tftp-server-unknown"
    SECURITY_UNKNOWN = "security-mode-unknown"
    RELEASE_UNKNOWN = "release-unknown"
    TVS_UNUSABLE = "tvs-unusable"
    NO_TFTP = "no-tftp-server"
    HTTPS_EXPIRED = "https-certificate-expired"
    COMMON_FILES = "common-files-refused"
    NO_FAILOVER = "no-failover"
    ITL_LOST = "itl-lost"


_PATHS = {
    Reason.TVS_VOUCHES: TrustPath.TVS,
    Reason.TVS_CACHED: TrustPath.TVS,
    Reason.FIRST_TRUST: TrustPath.FIRST_TRUST,
    Reason.ITL_EMPTIED: TrustPath.FIRST_TRUST,
    Reason.LISTED_SIGNER: TrustPath.LISTED_SIGNER,
}
_MOST_TELLING = (TrustPath.TVS, TrustPath.FIRST_TRUST, TrustPath.LISTED_SIGNER)
_LISTS = (Subject.CTL, Subject.ITL)
_FILES = (*_LISTS, Subject.CONFIG)
_TROUBLE = frozenset({Verdict.REFUSE, Verdict.HALT, Verdict.CANNOT_SAY})


@attrs.frozen(kw_only=True)
class Ending:
    """Where one boot ended, in the words people read. `decisive` is the ruling that explains it."""

    outcome: Outcome
    trust: Trust
    service: Service
    registered_to: str | None
    secure: bool
    reason: Reason | FleetReason
    decisive: Ruled | None


_TOLD: WeakKeyDictionary[World, dict[int, tuple[Boot, Ending]]] = WeakKeyDictionary()
"""The endings of a world's starts by their identity: one start is often shared."""


def ending(boot: Boot, world: World) -> Ending:
    """Derive the words from one boot against one world."""
    told = _TOLD.setdefault(world, {})
    if id(boot) not in told:
        told[id(boot)] = boot, _ending(boot, world)
    return told[id(boot)][1]


def _ending(boot: Boot, world: World) -> Ending:
    decisive = _decisive(boot)
    trust = _trust(boot, world)
    outcome = _outcome(boot, decisive)
    reason: Reason | FleetReason = Reason.CONFIRMED
    if decisive is not None:
        reason = decisive.reason
    if outcome is Outcome.OK:
        outcome, reason, decisive = _limping(boot, world) or (outcome, reason, decisive)
    return Ending(
        outcome=outcome,
        trust=trust,
        service=_service(boot, outcome),
        registered_to=_called(boot.registered_to, world),
        secure=boot.secure,
        reason=reason,
        decisive=decisive,
    )


def _called(server: str | None, world: World) -> str | None:
    """A server by the name that it has now: a phone may know it by a former one, or by its address."""
    place = world.find(server) if server is not None else None
    return server if place is None else place[1].called


def _limping(boot: Boot, world: World) -> tuple[Outcome, Reason | FleetReason, Ruled | None] | None:
    """What is broken about a phone that is registered, if anything is.

    No TFTP server answers it; a CallManager it prefers does not take it, so that it stands on its last legs;
    or its HTTPS services have nobody to ask, be it that this load dropped the ITL that names its TVS: the
    headline of the bug says no more, so a phone that trusts no TVS is not called well [RN8831SR4B].
    """
    if serving_node(boot.station, world) is None:
        return Outcome.DEGRADED, FleetReason.NO_TFTP, None
    for ruled in boot.journal.rulings(Subject.REGISTRATION):
        if ruled.reason in _TURNED_AWAY:
            return Outcome.DEGRADED, ruled.reason, ruled
    named = boot.station.flash.config.callmanagers if boot.station.flash.config is not None else ()
    if named and boot.registered_to not in named:  # rule R17: a TFTP server took it
        return Outcome.DEGRADED, Reason.CALLMANAGER_SILENT, boot.journal.rulings(Subject.REGISTRATION)[0]
    alone = _turned_away_elsewhere(boot, world)
    if alone is not None:
        return Outcome.DEGRADED, FleetReason.NO_FAILOVER, alone
    if boot.station.flash.itl is None and LostItl() in boot.journal.entries:
        return Outcome.DEGRADED, FleetReason.ITL_LOST, None
    common = drive.common_files(boot.station, world, world.clusters[0].clock)
    if common is not None and common.verdict in _TROUBLE:
        if common.verdict is Verdict.CANNOT_SAY:
            return Outcome.CANNOT_SAY, common.reason, common
        return Outcome.DEGRADED, FleetReason.COMMON_FILES, common
    usable = https_usable(boot.station, world)
    if usable is True:
        return None
    return (Outcome.CANNOT_SAY if usable in _UNKNOWN else Outcome.DEGRADED), usable, None


_UNKNOWN = frozenset({Reason.TLS_SUPPORT_UNKNOWN, Reason.TVS_SUPPORT_UNKNOWN, Reason.LIST_INCOMPLETE})
"""Why nobody knows whether HTTPS services work."""


def _turned_away_elsewhere(boot: Boot, world: World) -> Ruled | None:
    """Why the other CallManagers of a secure phone's group would not take it when this one stops."""
    node = boot.registered_to
    if not boot.secure or node is None or len(boot.station.device.group) < 2:
        return None
    without = world.without_callmanager(node)
    rulings = drive.start(boot.station, without, world.clusters[0].clock).journal.rulings(
        Subject.REGISTRATION
    )
    return next((ruled for ruled in rulings if ruled.reason in _TURNED_AWAY), None)


_TURNED_AWAY = frozenset(
    {
        Reason.CALLMANAGER_NOT_IN_CTL,
        Reason.CALLMANAGER_EXPIRED,
        Reason.CALLMANAGER_TLS_VERSION,
        Reason.NULL_CIPHER_REFUSED,
        Reason.DEVICE_CERTIFICATE_REFUSED,
        Reason.NO_CTL_FOR_TLS,
        Reason.SIGNALLING_MODE,
        Reason.REGISTRATION_REJECTED,
    }
)
"""Why a CallManager that answers did not take the phone, which then went to the next."""


def _outcome(boot: Boot, decisive: Ruled | None) -> Outcome:
    if boot.state is State.OUT_OF_SERVICE:
        return Outcome.OUT_OF_SERVICE
    if decisive is not None and decisive.verdict is Verdict.REFUSE and decisive.subject in _FILES:
        return Outcome.STUCK
    return Outcome.CANNOT_SAY if boot.state is State.UNDECIDED else Outcome.OK


def _service(boot: Boot, outcome: Outcome) -> Service:
    if boot.state is State.UNDECIDED:
        return Service.UNKNOWN
    if boot.registered_to is None:
        return Service.OUT
    return Service.DEGRADED if outcome is Outcome.DEGRADED else Service.REGISTERED


def _decisive(boot: Boot) -> Ruled | None:
    """The first thing that went wrong and stayed so: a refused list explains the rest."""
    for subject in _FILES:
        entry = boot.journal.last_ruling(subject)
        if entry is not None and entry.verdict in _TROUBLE and entry.reason is not Reason.NOT_READ_BY_MODEL:
            return entry
    if boot.state is State.IN_SERVICE:
        return None
    rulings = [
        entry
        for entry in boot.journal.rulings(Subject.REGISTRATION)
        if entry.question.stage is not Stage.CALLMANAGER_EXHAUSTED
    ]
    return rulings[-1] if rulings else boot.journal.last_ruling(Subject.REGISTRATION)


def serving_node(station: Station, world: World) -> Node | None:
    """The node whose files the first of the phone's TFTP servers that answers hands out."""
    for server in station.tftp_servers:
        place = world.behind(server)
        if place is not None:
            return place[1]
    return None


def missing(end: Ending, profile: Profile) -> str:
    """The fact that a cannot-say lacks, with what would settle it; "" for every other outcome."""
    if end.outcome is not Outcome.CANNOT_SAY:
        return ""
    rule = end.decisive.ruling.rule if end.decisive is not None else None
    facts = end.decisive.ruling.facts if end.decisive is not None else ()
    if end.reason is Reason.TVS_SUPPORT_UNKNOWN:
        facts = (profile.asks_tvs,)
    if end.reason is Reason.TLS_SUPPORT_UNKNOWN:
        facts = (profile.tls_max,)
    unknown = [f"{fact.name} of this model is not known; {fact.note}" for fact in facts if not fact.known]
    if unknown:
        return unknown[0]
    if rule is None:
        return "its ITL is known only in part; settled by the complete `show itl` text, or the .tlv file"
    noted = (fact.note for fact in facts if fact.note)
    return f"{rule.title}; {rule.note or next(noted, rule.source)}"


def unsaid(end: Ending, boot: Boot) -> str:
    """What is not known of a phone that is certainly stuck: whether it still registers; "" for all others."""
    if end.outcome is not Outcome.STUCK or end.service is not Service.UNKNOWN:
        return ""
    why = boot.journal.rulings()[-1].ruling.rule.title
    return f"whether it still registers cannot be said: {why}"


def holds_served(station: Station, world: World) -> bool | None:
    """Whether it holds what its TFTP node serves, of the lists it reads; None when no TFTP server answers."""
    node = serving_node(station, world)
    if node is None:
        return None
    profile, flash = station.profile, station.flash
    pairs = ((profile.reads_ctl, flash.ctl, node.ctl), (profile.reads_itl, flash.itl, node.itl))
    return all(_same(held, served) for reads, held, served in pairs if reads.value is not False)


def _trust(boot: Boot, world: World) -> Trust:
    station = boot.station
    flash = station.flash
    if boot.state is State.UNDECIDED:
        return Trust.UNKNOWN
    if flash.ctl is None and flash.itl is None:
        return Trust.NONE
    current = holds_served(station, world)
    if current is None:
        return Trust.UNKNOWN
    return Trust.CURRENT if current else Trust.STALE


def _same(held: TrustList | None, served: TrustList | None) -> bool:
    return held is served or (held is not None and held.same_as(served))


def https_usable(station: Station, world: World) -> Literal[True] | Reason | FleetReason:
    """True when HTTPS services work or are not used, else why they do not, or why nobody knows.

    A phone checks every HTTPS certificate through TVS once it holds an ITL [DIR118699]; with the ITL emptied
    for a rollback, or none of its TVS servers known to it, they fail [SG14-sbd], and so they do with a TVS
    or web certificate that has expired [CASIGN217138, REGEN214231] or a TLS floor above the phone
    [SG1251SU2-tls].
    """
    itl, config, highest = station.flash.itl, station.flash.config, station.profile.tls_max.value
    lowest, asks = station.profile.tls_min.value or "1.0", station.profile.asks_tvs.value
    if asks is False or itl is None or config is None:
        return True
    why: Reason | FleetReason = FleetReason.TVS_UNUSABLE
    for server in config.tvs_servers:
        place = world.find(server)
        peer = tvs.peer(*place) if place is not None else None
        if place is None or peer is None or not _names(itl, peer):
            continue
        cluster = place[0]
        if peer.identity in cluster.expired:
            why = Reason.TVS_EXPIRED
        elif highest is None and cluster.min_tls > "1.0":
            why = Reason.TLS_SUPPORT_UNKNOWN
            break
        elif (highest or "1.3") < cluster.min_tls or lowest > since.highest_tls(cluster.release):
            why = Reason.TVS_TLS_VERSION
        else:
            return _web_usable(cluster)
    if asks is None:
        return Reason.TVS_SUPPORT_UNKNOWN
    return why if itl.complete or why is not FleetReason.TVS_UNUSABLE else Reason.LIST_INCOMPLETE


def _names(itl: TrustList, peer: Certificate) -> bool:
    """Whether the ITL names this TVS.

    Where a copied text leaves records out, a certificate that no export names is taken as one that no phone
    has seen changed (assumption certificate-unknown).
    """
    return peer.identity in itl.tvs or (not itl.complete and peer.origin == MADE)


def _web_usable(cluster: Cluster) -> Literal[True] | FleetReason:
    """Whether the certificate that the cluster's web services show still counts, on every node."""
    if not cluster.expired:
        return True
    shown = (node.own[TOMCAT].identity for node in cluster.nodes if TOMCAT in node.own)
    return FleetReason.HTTPS_EXPIRED if any(each in cluster.expired for each in shown) else True


def path_of(boots: Sequence[Boot]) -> TrustPath:
    """How the lists the phone holds in the end were let in: the most telling way over all its boots."""
    ways = {
        _PATHS.get(ruled.reason)
        for boot in boots
        for subject in _LISTS
        for ruled in boot.journal.rulings(subject)
        if ruled.verdict is Verdict.ACCEPT
    }
    return next((path for path in _MOST_TELLING if path in ways), TrustPath.UNCHANGED)


def standing_of(boots: Iterable[Boot], assumed: Iterable[Standing]) -> Standing:
    """As strong as the weakest ruling passed, fact used and assumption made."""
    return weakest((*(boot.standing for boot in boots), *assumed))
