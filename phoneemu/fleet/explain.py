"""One phone's story in words: every decision, what it stands on, and where each fact was read.

The text is made from the journals of the boots and from nothing else; a name or serial is followed by the
export's line, the model file's key or the runbook step it comes from.
"""

from collections.abc import Iterator, Mapping

import attrs

from phoneemu.cluster.publish import PLANNED
from phoneemu.core.evidence import Fact
from phoneemu.core.journal import Erased, Installed, LostItl, Ruled
from phoneemu.core.journaltext import WHAT
from phoneemu.core.journaltext import line as journal_line
from phoneemu.core.names import Identity
from phoneemu.core.profile import Profile
from phoneemu.core.question import Stage, Subject
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.trustlist import Role, TrustList
from phoneemu.fleet import vouching
from phoneemu.fleet.assumptions import KNOWN
from phoneemu.fleet.forecast import Episode, Fate
from phoneemu.fleet.listed import Listed
from phoneemu.fleet.outcome import FleetReason, Outcome, Service, Trust, holds_served, serving_node
from phoneemu.fleet.plan import Plan
from phoneemu.fleet.snapshot import Snapshot

PLACES_SHOWN = 2
_LISTS = (Subject.CTL, Subject.ITL)


@attrs.frozen(kw_only=True)
class Provenance:
    """Where certificates and lists come from: exports first, then the runbook's steps."""

    seen: Mapping[Identity, tuple[str, ...]]
    made_at: Mapping[Identity, int]
    served_at: Mapping[str, int]

    def of_certificate(self, identity: Identity) -> str:
        """Where this certificate is known from."""
        places = self.seen.get(identity)
        if places:
            more = f" and {len(places) - PLACES_SHOWN} more" if len(places) > PLACES_SHOWN else ""
            return ", ".join(places[:PLACES_SHOWN]) + more
        step = self.made_at.get(identity)
        if step is None:
            return "named by no export and made by no step"
        return f"runbook step {step} made it" if step else "assumed: no export names it"

    def of_list(self, listed: TrustList) -> str:
        """Since when this list is served."""
        step = self.served_at.get(listed.fingerprint)
        if step:
            return f"runbook step {step} wrote it"
        return listed.origin if listed.origin not in ("", PLANNED) else "assumed: not exported"


def provenance(snapshot: Snapshot, plan: Plan) -> Provenance:
    """Collect where everything comes from."""
    return Provenance(seen=snapshot.seen, made_at=plan.made_at, served_at=plan.served_at)


def lines(phone: Listed, fate: Fate, plan: Plan, known: Provenance) -> Iterator[str]:
    """The whole explanation of one phone."""
    yield from _heading(phone, fate, plan)
    if fate.note:
        yield f"  {fate.note}"
    for episode in fate.episodes:
        yield ""
        yield from _episode(episode, plan, known)
    if fate.episodes:
        last = fate.episodes[-1]
        yield from vouching.lines(last.boot.station, last.world)
    yield ""
    yield from _consequence(fate)
    yield from _remedy(fate)
    if fate.basis:
        yield f"  assumes {', '.join(sorted(fate.basis))} (see `phoneemu check`)"
    for each in sorted(fate.basis):
        if KNOWN[each].against:
            yield f"  against {each}: {KNOWN[each].against}"


def _heading(phone: Listed, fate: Fate, plan: Plan) -> Iterator[str]:
    traits = phone.traits
    what = ", ".join(part for part in (traits.model, traits.load or "load not known") if part)
    site = f", site {traits.site}" if traits.site else ""
    yield f"{phone.name}  {what}{site}    {_headline(fate, plan)}    standing: {fate.standing.label}"
    yield f"  listed at {phone.file}:{phone.line}"


def _headline(fate: Fate, plan: Plan) -> str:
    word = fate.outcome.value.upper()
    later = ", once services restart" if fate.late else ""
    if fate.lost_at_step is None:
        return word + later
    if fate.lost_at_step == 0:
        return f"{word} before the first step"
    return f"{word} since step {fate.lost_at_step} ({plan.steps[fate.lost_at_step - 1]}){fate.by}{later}"


def _episode(episode: Episode, plan: Plan, known: Provenance) -> Iterator[str]:
    title = episode.occasion
    if episode.step is not None:
        title = f"{episode.occasion}: {plan.steps[episode.step - 1]}"
    yield f"  {title}"
    number = 0
    profile = episode.boot.station.profile
    for entry in episode.boot.journal:
        if isinstance(entry, Ruled):
            for text in decision(entry, profile, known):
                number += 1
                yield f"  {number:>3}  {text}"
        elif isinstance(entry, Installed | LostItl | Erased):
            yield f"       so it {journal_line(entry)}"


def decision(entry: Ruled, profile: Profile, known: Provenance) -> Iterator[str]:
    """What one decision says: the offered thing, the installed lists, the model's facts, the rule."""
    question, ruling = entry.question, entry.ruling
    if question.stage is Stage.ABSENCE and ruling.verdict is Verdict.NEXT:
        return
    if ruling.reason is Reason.CONFIRMED:  # the closing sentence says where it registered
        return
    what = WHAT[entry.subject]
    decided = f"{ruling.verdict.value}, {ruling.reason.value}"
    if question.stage is Stage.OFFER and ruling.verdict is not Verdict.UNCHANGED:
        yield from _offer(entry, known)
    for fact in ruling.facts:
        yield _fact(fact)
    server = f" {question.server}" if entry.subject is Subject.REGISTRATION and question.server else ""
    asked = _asked(entry)
    yield (
        f"{what}{server}{asked}: {decided}    rule {ruling.rule.number}, {ruling.rule.title} "
        f"[{ruling.rule.standing.label}, {ruling.rule.source}]"
    )
    if not ruling.facts and entry.subject in _LISTS and not _reads(profile, entry.subject).known:
        yield _fact(_reads(profile, entry.subject))


def _reads(profile: Profile, subject: Subject) -> Fact[bool | None]:
    return profile.reads_ctl if subject is Subject.CTL else profile.reads_itl


def _asked(entry: Ruled) -> str:
    """Which TVS was asked, for the rulings about one."""
    answer = entry.question.answer
    server = getattr(answer, "server", "")
    return f", TVS on {server}" if server and entry.subject is not Subject.REGISTRATION else ""


def _offer(entry: Ruled, known: Provenance) -> Iterator[str]:
    question = entry.question
    offered = question.offered
    what = WHAT[entry.subject]
    if isinstance(offered, TrustList) and offered.signer is not None:
        yield (
            f"offered {what} is signed by {offered.signer.short}    "
            f"{known.of_list(offered)}; {known.of_certificate(offered.signer)}"
        )
        yield from _installed(entry, known, offered.signer)
    elif isinstance(offered, SignedFile):
        signer = offered.signer
        if signer is None:
            yield f"offered {what} is not signed"
        else:
            yield f"offered {what} is signed by {signer.short}    {known.of_certificate(signer)}"
            yield from _installed(entry, known, signer)


def _installed(entry: Ruled, known: Provenance, signer: Identity) -> Iterator[str]:
    flash = entry.question.flash
    config = entry.subject is Subject.CONFIG
    for held in (flash.ctl, flash.itl):
        if held is None:
            continue
        named = held.file_signers if config else held.sast
        if entry.subject is Subject.ITL and held is flash.ctl:  # rule L12: they may sign an ITL [MIGITL8]
            named |= held.holding(Role.CCM_TFTP)
        kind = "of files" if config else "of lists"
        counted = f"{len(named)} {'signer' if len(named) == 1 else 'signers'} {kind}"
        if signer in named:
            yield f"installed {held.kind.name} names {counted}; it is one of them"
            continue
        places = "; ".join(
            f"{each.short}: {known.of_certificate(each)}"
            for each in sorted(named, key=lambda one: one.serial)
        )
        yield f"installed {held.kind.name} names {counted}; it is none of them    {places}"
    if flash.ctl is None and flash.itl is None:
        yield "no list is installed"


def _fact(fact: Fact[object]) -> str:
    place = fact.where or fact.name
    note = f"; {fact.note}" if fact.note and not fact.known else ""
    against = f"; against it: {fact.against}" if fact.against else ""
    said = (
        "unknown"
        if not fact.known
        else str(fact.value).lower()
        if isinstance(fact.value, bool)
        else ", ".join(map(str, fact.value)) or "none"
        if isinstance(fact.value, tuple)
        else fact.value
    )
    return (
        f"this model: {fact.name} = {said}    {place} [{fact.standing.label}, {fact.source}]{note}{against}"
    )


def _consequence(fate: Fate) -> Iterator[str]:
    if not fate.episodes:
        yield f"  so nothing can be said: {fate.reason}"
        return
    last = fate.episodes[-1]
    if fate.reason == FleetReason.RELEASE_UNKNOWN.value:
        end = last.ending.outcome.value
        yield f"  so it {_trust_words(last)} there: {end}; of which release it is cannot be said."
        return
    yield f"  so it {_trust_words(last)}{_service_words(fate)}{_broken_words(last)}."


def _trust_words(last: Episode) -> str:
    station = last.boot.station
    if last.ending.trust is Trust.NONE:
        return "holds no trust list"
    node = serving_node(station, last.world)
    if node is None:
        return "keeps what it holds, because none of its TFTP servers answers"
    if last.ending.trust is Trust.CURRENT or holds_served(station, last.world):
        return "holds the lists that its cluster serves"
    parts = [
        f"keeps its {held.kind.name} ({_checksums(held, served, how)})"
        for held, served, how in (
            (station.flash.ctl, node.ctl, station.profile.ctl_screen.value),
            (station.flash.itl, node.itl, station.profile.itl_screen.value),
        )
        if held is not None and served is not None and not held.same_as(served)
    ]
    refused = last.ending.outcome is Outcome.STUCK
    return " and ".join(parts or ["holds other lists than its cluster serves"]) + (
        ", refuses what is new" if refused else ""
    )


def _checksums(held: TrustList, served: TrustList, how: str | None) -> str:
    """What its screen shows and what the cluster's own file has, in the kind of checksum this model shows."""
    kind = how if how in ("md5", "sha1") else "sha1"
    now = getattr(served, kind) or "known once it is written"
    place = "on screen" if how in ("md5", "sha1") else "its file"
    return f"{place}: {kind.upper()} {getattr(held, kind) or 'not known'}; served now: {now}"


def _service_words(fate: Fate) -> str:
    if fate.service is Service.UNKNOWN:
        return "; whether it still registers cannot be said"
    if fate.registered_to is None:
        return "; it cannot register"
    how = "with" if fate.secure else "without"
    return f", and is registered to {fate.registered_to} {how} TLS"


_BROKEN: Mapping[Reason | FleetReason, str] = {
    FleetReason.TVS_UNUSABLE: "no TVS that it knows answers, so HTTPS services such as directories fail",
    Reason.TVS_EXPIRED: "the certificate of its TVS has expired, so HTTPS services such as directories fail",
    Reason.TVS_TLS_VERSION: "its TVS speaks no TLS version of its own, so HTTPS services fail",
    FleetReason.HTTPS_EXPIRED: "the web certificate of a node has expired, so HTTPS services fail",
    FleetReason.NO_TFTP: "it gets no file until a TFTP server answers",
    FleetReason.COMMON_FILES: "it refuses ring lists and locales of the proxy TFTP",
    FleetReason.ITL_LOST: "its load dropped its ITL (CSCvc28555): it trusts no TVS until it takes one again",
    FleetReason.NO_FAILOVER: "the other CallManagers of its group would turn it away",
}
"""What is broken about a registered phone; every other reason is that of a CallManager it prefers."""


def _broken_words(last: Episode) -> str:
    if last.ending.outcome is not Outcome.DEGRADED:
        return ""
    reason = last.ending.reason
    decisive = last.ending.decisive
    why = f" ({decisive.reason.value})" if decisive is not None and decisive.reason is not reason else ""
    words = _BROKEN.get(reason, f"a CallManager that it prefers turned it away ({reason.value})")
    return f"; but {words}{why}"


def _remedy(fate: Fate) -> Iterator[str]:
    remedy = fate.remedy
    if not remedy.found:
        yield "  remedy  none of those that were tried on the emulated phone brought it back"
    elif remedy.keys:
        source = f", {remedy.source}" if remedy.source else ""
        yield f"  remedy  {remedy.kind.value}: {remedy.keys} [{remedy.standing.label}{source}]"
    else:
        yield "  remedy  none needed" if fate.outcome is Outcome.OK else "  remedy  none"
