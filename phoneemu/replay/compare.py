"""Where a replayed boot differs from its evidence, and which rule or model fact is responsible.

Only what the evidence shows is compared; the rest is counted. This module does not judge which side is right.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

import attrs

from phoneemu.core.evidence import Fact
from phoneemu.core.journal import Entry, Ruled
from phoneemu.core.journaltext import UNKNOWN_TEXT
from phoneemu.core.profile import Profile
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Rule
from phoneemu.core.states import State
from phoneemu.core.vocabulary import Transport
from phoneemu.replay import seen
from phoneemu.replay.case import Case, Chapter, FileExchange, FileOutcome
from phoneemu.replay.conversation import Mark, Row, of_case, of_journal, side_by_side
from phoneemu.replay.player import Replayed

SIMILAR = 0.3
"""How much a measured time may differ from the model's and still be of its class [assumed]."""

_LISTS_SETTLED = frozenset(
    {
        State.REACHING_CALLMANAGER,
        State.REGISTERING,
        State.IN_SERVICE,
        State.OUT_OF_SERVICE,
    }
)


@attrs.frozen(kw_only=True)
class Because:
    """What is responsible for what the emulated phone did: a rule of the book, facts of its model."""

    rule: Rule | None = None
    facts: tuple[Fact[object], ...] = ()


@attrs.frozen(kw_only=True)
class Difference:
    """One thing that differs. `what` is a chapter or a part of the ending; a side that has nothing is ""."""

    what: str
    evidence: str
    replayed: str
    because: Because


@attrs.frozen(kw_only=True)
class Comparison:
    """A replayed boot beside its evidence. `uncompared` counts what the evidence does not show."""

    replayed: Replayed
    rows: tuple[Row, ...]
    differences: tuple[Difference, ...]
    uncompared: Mapping[str, int]

    @property
    def name(self) -> str:
        """The case, by its path."""
        return self.replayed.recording.name

    @property
    def case(self) -> Case:
        """The case."""
        return self.replayed.recording.case

    @property
    def agrees(self) -> bool:
        """Whether nothing that the evidence shows differs."""
        return not self.differences


def compare(replayed: Replayed) -> Comparison:
    """Lay the replayed boot beside its evidence."""
    case, named = replayed.recording.case, replayed.named
    rows = side_by_side(of_case(case, named), of_journal(replayed.journal.entries, named), case.whole)
    if replayed.ended:
        rows = _until_the_end(rows, replayed)
    uncompared = Counter(row.chapter.value for row in rows if row.mark is Mark.NOT_SHOWN)
    differences = [
        _of_row(row, rows, replayed) for row in rows if row.mark not in (Mark.SAME, Mark.NOT_SHOWN)
    ]
    differences += _timing(rows, replayed)
    for what, difference in _ending(replayed):
        if difference is None:
            uncompared[f"ending: {what}"] += 1
        else:
            differences.append(difference)
    return Comparison(
        replayed=replayed, rows=tuple(rows), differences=tuple(differences), uncompared=dict(uncompared)
    )


def _until_the_end(rows: list[Row], replayed: Replayed) -> list[Row]:
    """Evidence that the replay could not come to is not compared: the recording lacks what leads there."""
    left = _subject_of(replayed)
    return [
        attrs.evolve(row, mark=Mark.NOT_SHOWN)
        if row.mark is Mark.ONLY_EVIDENCE and _behind(row, replayed.ended_at, left)
        else row
        for row in rows
    ]


_ORDER = tuple(subject.value for subject in (Subject.CTL, Subject.ITL, Subject.CONFIG, Subject.REGISTRATION))


def _subject_of(replayed: Replayed) -> int:
    """The place, in the order of a boot, of what the phone was about when the replay ended."""
    about = replayed.state.value.removeprefix("fetching-").rpartition("-for-")[2]
    if replayed.state is State.UNDECIDED:
        about = replayed.journal.rulings()[-1].subject.value
    return _ORDER.index(about) if about in _ORDER else len(_ORDER) - 1


def _behind(row: Row, ended_at: int, left: int) -> bool:
    assert row.evidence is not None  # noqa: S101 - only evidence is behind the end
    if row.chapter is Chapter.RULINGS:
        return _ORDER.index(row.evidence.topic) >= left
    return row.evidence.at >= ended_at


# ---------------------------------------------------------------- who is responsible


def _of_row(row: Row, rows: list[Row], replayed: Replayed) -> Difference:
    return Difference(
        what=row.chapter.value,
        evidence=row.evidence.text if row.evidence else "",
        replayed=row.replayed.text if row.replayed else "",
        because=_because(row, rows, replayed),
    )


def _because(row: Row, rows: list[Row], replayed: Replayed) -> Because:
    """The ruling itself. For a request: the first decision that differs, or the last one before it."""
    entries = replayed.journal.entries
    if row.replayed is not None and row.chapter is Chapter.RULINGS:
        return _of_entry(entries[row.replayed.at])
    facts = _facts(row, replayed.profile)
    if row.chapter is Chapter.FILES and row.mark is Mark.CHANGED:
        return Because(facts=facts)
    at = row.replayed.at if row.replayed is not None else len(entries)
    if row.replayed is None:
        at = (
            min(
                (other.replayed.at for other in rows if _decides_otherwise(other) and other.replayed),
                default=at - 1,
            )
            + 1
        )
    before = [entry for entry in entries[:at] if isinstance(entry, Ruled)]
    if not before:
        return Because(facts=facts)
    found = _of_entry(before[-1])
    return attrs.evolve(found, facts=tuple(dict.fromkeys((*found.facts, *facts))))


def _decides_otherwise(row: Row) -> bool:
    return row.chapter is Chapter.RULINGS and row.mark in (Mark.CHANGED, Mark.ONLY_REPLAY)


def _of_entry(entry: Entry) -> Because:
    assert isinstance(entry, Ruled)  # noqa: S101 - rulings are made of these
    return Because(rule=entry.ruling.rule, facts=entry.ruling.facts)


def _facts(row: Row, profile: Profile) -> tuple[Fact[object], ...]:
    if row.chapter is Chapter.TVS:
        return (profile.asks_tvs,)
    if row.chapter is not Chapter.FILES:
        return ()
    if row.evidence is not None and row.replayed is not None:
        name, _, transport = (
            mine is None or mine == theirs
            for mine, theirs in zip(row.evidence.key, row.replayed.key, strict=True)
        )
        if name and not transport:
            return (profile.transports,)
    topic = (row.evidence or row.replayed).topic  # type: ignore[union-attr]  # one side is there
    reads = {Subject.CTL.value: profile.reads_ctl, Subject.ITL.value: profile.reads_itl}.get(topic)
    more = (reads,) if reads is not None and reads.value is not True else ()
    return (*more, profile.file_order, profile.transports)


# ---------------------------------------------------------------- timing


def _timing(rows: list[Row], replayed: Replayed) -> list[Difference]:
    """Options, repetitions and patience of TFTP, where a request agrees and the evidence shows them."""
    exchanges = replayed.recording.case.exchanges
    found: list[Difference] = []
    for row in rows:
        if row.mark is not Mark.SAME or row.chapter is not Chapter.FILES or row.evidence is None:
            continue
        each = exchanges[row.evidence.at]
        if isinstance(each, FileExchange) and row.replayed is not None and Transport.TFTP in row.replayed.key:
            found += _patience(each, replayed.profile)
    return list(dict.fromkeys(found))


def _patience(each: FileExchange, profile: Profile) -> Iterator[Difference]:
    options, waits = profile.tftp_options, profile.tftp_waits
    if each.options is not None and options.value is not None and set(each.options) != set(options.value):
        yield Difference(
            what="timing",
            evidence=f"options of {each.name}: {', '.join(each.options) or 'none'}",
            replayed=f"options: {', '.join(options.value) or 'none'}",
            because=Because(facts=(options,)),
        )
    if each.outcome is not FileOutcome.SILENT or not waits.value:
        return
    repeated, patience = len(waits.value) - 1, sum(float(wait) for wait in waits.value)
    if each.retries is not None and each.retries != repeated:
        yield Difference(
            what="timing",
            evidence=f"{each.name} asked again {each.retries} times without an answer",
            replayed=f"asked again {repeated} times",
            because=Because(facts=(waits,)),
        )
    elif each.seconds is not None and abs(each.seconds - patience) > SIMILAR * patience:
        yield Difference(
            what="timing",
            evidence=f"gave {each.name} up after {each.seconds:g} s",
            replayed=f"gives up after {patience:g} s",
            because=Because(facts=(waits,)),
        )


# ---------------------------------------------------------------- the ending


def _ending(replayed: Replayed) -> Iterator[tuple[str, Difference | None]]:
    """Every part of the ending that differs, or is not compared (None)."""
    wanted = replayed.recording.case.ending
    got = seen.ending(replayed.journal, replayed.flash, replayed.profile, replayed.state)
    messages = tuple(_addressed(text, replayed) for text in got.status_messages or ())
    settled = replayed.state in _LISTS_SETTLED
    whole = Chapter.RULINGS in replayed.recording.case.whole
    if wanted.installed is None or not settled:
        yield "installed", None
    elif not _holds(wanted.installed, got.installed or (), whole=whole):
        yield "installed", _end("installed", _subjects(wanted.installed), _subjects(got.installed), replayed)
    for subject in (Subject.CTL, Subject.ITL):
        if not settled or subject.value not in wanted.checksum:
            yield f"checksum of the {subject.name}", None
        elif (difference := _checksum(subject, wanted.checksum[subject.value], replayed)) is not None:
            yield "checksum", difference
    if wanted.status_messages is None or not settled:
        yield "status messages", None
    elif not _same_messages(wanted.status_messages, messages, whole=whole):
        yield "status", _status(wanted.status_messages, messages, replayed)
    for what, mine, theirs, known in (
        ("alarm", wanted.alarm, got.alarm, settled),
        ("state", wanted.state, got.state, replayed.rested),
        (
            "registered to",
            _named(wanted.registered_to, replayed),
            _named(got.registered_to, replayed),
            replayed.rested,
        ),
    ):
        if mine is None or not known:
            yield what, None
        elif mine != theirs:
            yield what, _end(what, mine, theirs, replayed)


def _addressed(text: str, replayed: Replayed) -> str:
    """A message with the phone's own name where model files have a placeholder."""
    return text.replace("SEP<mac>", replayed.recording.case.device)


def _named(node: str | None, replayed: Replayed) -> str | None:
    return None if node is None else replayed.named.get(node.lower(), node).lower()


def _subjects(subjects: tuple[Subject, ...] | None) -> str:
    return ", ".join(subject.value for subject in subjects or ()) or "nothing"


def _holds(wanted: tuple[object, ...], got: tuple[object, ...], *, whole: bool) -> bool:
    """All of it, or in pieces: each wanted one is there, in order."""
    if whole:
        return wanted == got
    rest = iter(got)
    return all(any(each == other for other in rest) for each in wanted)


def _end(what: str, wanted: object, got: object, replayed: Replayed) -> Difference:
    """A part of the ending; responsible is the last decision about whatever was not taken."""
    rulings = [
        entry
        for subject in Subject
        if (entry := replayed.journal.last_ruling(subject)) is not None
        and entry.verdict.value in ("refuse", "halt", "cannot-say")
    ] or replayed.journal.rulings()[-1:]
    facts = tuple(dict.fromkeys(fact for entry in rulings for fact in entry.ruling.facts))
    rule = rulings[0].ruling.rule if rulings else None
    return Difference(
        what=what,
        evidence=f"{what}: {wanted}",
        replayed=f"{what}: {got if got is not None else 'none'}",
        because=Because(rule=rule, facts=facts),
    )


def _checksum(subject: Subject, wanted: str, replayed: Replayed) -> Difference | None:
    """The checksum of a list as the model shows it. A model whose display nobody knows shows either."""
    held, fact = seen.list_of(subject, replayed.flash), seen.screen_of(subject, replayed.profile)
    shown = seen.checksum(subject, replayed.flash, replayed.profile)
    either = (held.md5, held.sha1) if held is not None else ()
    if wanted == shown or (fact.value is None and wanted in either):
        return None
    what = f"checksum of the {subject.name}"
    if held is not None and wanted in either:
        return Difference(
            what="checksum",
            evidence=f"{what}: {wanted}",
            replayed=f"{what}: {shown or fact.value or 'not shown'}",
            because=Because(facts=(fact,)),
        )
    if not shown and held is not None and not any(either):
        return None  # a list known only in words has no checksum to show
    return attrs.evolve(_end(what, wanted, shown or None, replayed), what="checksum")


def _same_messages(wanted: tuple[str, ...], got: tuple[str, ...], *, whole: bool) -> bool:
    """Texts of a model that nobody knows fit anything."""

    def fits(mine: str, theirs: str) -> bool:
        return mine == theirs or mine.endswith(UNKNOWN_TEXT) or theirs.endswith(UNKNOWN_TEXT)

    if whole:
        return len(wanted) == len(got) and all(map(fits, wanted, got))
    rest = iter(got)
    return all(any(fits(each, other) for other in rest) for each in wanted)


def _status(wanted: tuple[str, ...], got: tuple[str, ...], replayed: Replayed) -> Difference:
    facts = tuple(
        fact
        for name, fact in replayed.profile.facts.items()
        if name.startswith("status.")
        and isinstance(fact.value, str)
        and (said := _addressed(fact.value, replayed)) in got
        and said not in wanted
    )
    difference = _end("status messages", "; ".join(wanted) or "none", "; ".join(got) or "none", replayed)
    return attrs.evolve(
        difference,
        what="status",
        because=attrs.evolve(difference.because, facts=(*facts, *difference.because.facts)),
    )
