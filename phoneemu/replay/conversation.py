"""Two conversations side by side: what the evidence shows and what the emulated phone said and decided.

Each is a row of items in four chapters: files asked for, TVS servers, CallManagers, rulings. Chapters are
aligned one by one, because evidence tells their order but not always how they interleave; then they are laid
along the replayed journal. What the evidence leaves open fits anything.
"""

import enum
from collections.abc import Mapping, Sequence

import attrs

from phoneemu.core.filesearch import subject_of
from phoneemu.core.journal import AskedTvs, Entry, Fetched, ReachedForCallManager, ReachedForTvs, Ruled
from phoneemu.core.journaltext import WHAT
from phoneemu.core.names import Identity
from phoneemu.replay.case import (
    CallManagerExchange,
    Case,
    Chapter,
    Exchange,
    ExpectedRuling,
    FileExchange,
    TvsOutcome,
)


class Mark(enum.Enum):
    """How a row stands."""

    SAME = " "
    CHANGED = "!"
    """Both sides have something here, and it differs."""
    ONLY_EVIDENCE = "-"
    ONLY_REPLAY = "+"
    NOT_SHOWN = "·"
    """Only the replay has it, and the evidence does not show that part: not compared."""


@attrs.frozen(kw_only=True)
class Item:
    """One thing said or decided. `key` is compared, None in it fits anything; `topic` is what it is about.

    `at` is its place in the replayed journal, or in the case's exchanges.
    """

    chapter: Chapter
    key: tuple[object, ...]
    topic: str
    text: str
    at: int

    def fits(self, other: "Item") -> bool:
        """Whether this, of the evidence, allows that, of the replay."""
        return len(self.key) == len(other.key) and all(
            mine is None or mine == theirs for mine, theirs in zip(self.key, other.key, strict=True)
        )


@attrs.frozen(kw_only=True)
class Row:
    """One line of the comparison; at least one side is there."""

    mark: Mark
    evidence: Item | None
    replayed: Item | None

    @property
    def chapter(self) -> Chapter:
        """The chapter of both sides."""
        item = self.evidence or self.replayed
        assert item is not None  # noqa: S101 - one side is there
        return item.chapter


# ---------------------------------------------------------------- the evidence


def of_case(case: Case, named: Mapping[str, str]) -> list[Item]:
    """What the evidence shows, chapter by chapter in order; servers by the names that files use for them."""
    items = [item for at, each in enumerate(case.exchanges) for item in _exchanged(each, at, named)]
    return items + [_expected(each, at) for at, each in enumerate(case.expected)]


def _name(server: str, named: Mapping[str, str]) -> str:
    return named.get(server.lower(), server).lower()


def _exchanged(each: Exchange, at: int, named: Mapping[str, str]) -> list[Item]:
    if isinstance(each, FileExchange):
        way = f" by {each.transport.value}" if each.transport else ""
        return [
            Item(
                chapter=Chapter.FILES,
                key=(each.name, _name(each.server, named), each.transport),
                topic=subject_of(each.name).value,
                text=f"asks {each.server} for {each.name}{way}: {each.outcome.value}",
                at=at,
            )
        ]
    if isinstance(each, CallManagerExchange):
        return [_callmanager(each.node, each.secure, each.outcome.value, at, named)]
    items = [_reached(each.server, at, named)]
    if each.outcome in (TvsOutcome.ANSWERED, TvsOutcome.NO_ANSWER):
        items.append(_asked(each.server, each.asked, at, named))
    return items


def _reached(server: str, at: int, named: Mapping[str, str]) -> Item:
    name = _name(server, named)
    return Item(
        chapter=Chapter.TVS, key=("reach", name), topic="reach", text=f"opens TLS to the TVS on {name}", at=at
    )


def _asked(server: str, signer: Identity | None, at: int, named: Mapping[str, str]) -> Item:
    name = _name(server, named)
    about = f" about {signer.short}" if signer else ""
    return Item(
        chapter=Chapter.TVS,
        key=("ask", name, signer),
        topic="ask",
        text=f"asks the TVS on {name}{about}",
        at=at,
    )


def _callmanager(node: str, secure: bool | None, how: str, at: int, named: Mapping[str, str]) -> Item:  # noqa: FBT001
    name = _name(node, named)
    way = {True: " with TLS", False: " without TLS", None: ""}[secure]
    return Item(
        chapter=Chapter.CALLMANAGER,
        key=(name, secure),
        topic=name,
        text=f"connects to CallManager {name}{way}{f': {how}' if how else ''}",
        at=at,
    )


def _expected(each: ExpectedRuling, at: int) -> Item:
    return _ruling(each.subject.value, each.verdict.value, each.reason.value if each.reason else None, at)


def _ruling(subject: str, verdict: str, reason: str | None, at: int) -> Item:
    what = next(text for key, text in WHAT.items() if key.value == subject)
    return Item(
        chapter=Chapter.RULINGS,
        key=(subject, verdict, reason),
        topic=subject,
        text=f"{what}: {verdict}{f', {reason}' if reason else ''}",
        at=at,
    )


# ---------------------------------------------------------------- the replay


def of_journal(journal: Sequence[Entry], named: Mapping[str, str]) -> list[Item]:
    """What the emulated phone said and decided, in order."""
    return [item for at, entry in enumerate(journal) if (item := _done(entry, at, named)) is not None]


def _done(entry: Entry, at: int, named: Mapping[str, str]) -> Item | None:
    match entry:
        case Fetched():
            way = f" by {entry.transport.value}: {entry.delivery.value}"
            return Item(
                chapter=Chapter.FILES,
                key=(entry.name, _name(entry.server, named), entry.transport),
                topic=subject_of(entry.name).value,
                text=f"asks {entry.server} for {entry.name}{way}",
                at=at,
            )
        case ReachedForTvs():
            return _reached(entry.server, at, named)
        case AskedTvs():
            return _asked(entry.server, entry.signer, at, named)
        case ReachedForCallManager():
            return _callmanager(entry.node, entry.secure, "", at, named)
        case Ruled():
            return _ruling(entry.subject.value, entry.verdict.value, entry.reason.value, at)
    return None


# ---------------------------------------------------------------- side by side


def align(evidence: Sequence[Item], replayed: Sequence[Item], *, whole: bool) -> list[Row]:
    """One chapter, both sides: the longest common order, then pairs that are about the same thing."""
    rows: list[Row] = []
    done = at = 0
    for left, right in [*_common(evidence, replayed), (len(evidence), len(replayed))]:
        rows += _gap(evidence[done:left], replayed[at:right], whole=whole)
        if left < len(evidence):
            rows.append(Row(mark=Mark.SAME, evidence=evidence[left], replayed=replayed[right]))
        done, at = left + 1, right + 1
    return rows


def _common(evidence: Sequence[Item], replayed: Sequence[Item]) -> list[tuple[int, int]]:
    """The places of the longest common order of both."""
    lefts, rights = len(evidence), len(replayed)
    longest = [[0] * (rights + 1) for _ in range(lefts + 1)]
    for left in range(lefts - 1, -1, -1):
        for right in range(rights - 1, -1, -1):
            longest[left][right] = max(longest[left + 1][right], longest[left][right + 1])
            if evidence[left].fits(replayed[right]):
                longest[left][right] = max(longest[left][right], longest[left + 1][right + 1] + 1)
    found, left, right = [], 0, 0
    while left < lefts and right < rights:
        if evidence[left].fits(replayed[right]) and (
            longest[left][right] == longest[left + 1][right + 1] + 1
        ):
            found.append((left, right))
            left, right = left + 1, right + 1
        elif longest[left + 1][right] >= longest[left][right + 1]:
            left += 1
        else:
            right += 1
    return found


def _gap(evidence: Sequence[Item], replayed: Sequence[Item], *, whole: bool) -> list[Row]:
    """What lies between two common items: first those only one side has, in order, pairs where both have one.

    Of a chapter shown in pieces the last item about a thing is the one to compare with: the phone went on to
    it. Of a whole chapter the first.
    """
    pairs: dict[int, int] = {}
    for left, item in enumerate(evidence):
        free = [
            right
            for right, other in enumerate(replayed)
            if other.topic == item.topic
            and right not in pairs.values()
            and right > max(pairs.values(), default=-1)
        ]
        if free:
            later = sum(other.topic == item.topic for other in evidence[left + 1 :])
            pairs[left] = free[0] if whole else free[max(0, len(free) - 1 - later)]
    rows: list[Row] = []
    at = 0
    for left, item in enumerate(evidence):
        if left not in pairs:
            rows.append(Row(mark=Mark.ONLY_EVIDENCE, evidence=item, replayed=None))
            continue
        rows += [_alone(other, whole=whole) for other in replayed[at : pairs[left]]]
        rows.append(Row(mark=Mark.CHANGED, evidence=item, replayed=replayed[pairs[left]]))
        at = pairs[left] + 1
    return rows + [_alone(other, whole=whole) for other in replayed[at:]]


def _alone(item: Item, *, whole: bool) -> Row:
    return Row(mark=Mark.ONLY_REPLAY if whole else Mark.NOT_SHOWN, evidence=None, replayed=item)


def side_by_side(evidence: Sequence[Item], replayed: Sequence[Item], whole: Sequence[Chapter]) -> list[Row]:
    """All chapters, each aligned, laid along the replayed journal."""
    placed: list[tuple[float, int, Row]] = []
    for chapter in Chapter:
        rows = align(
            [item for item in evidence if item.chapter is chapter],
            [item for item in replayed if item.chapter is chapter],
            whole=chapter in whole,
        )
        last = -1.0
        for row in rows:
            last = last + 0.001 if row.replayed is None else float(row.replayed.at)
            placed.append((last, len(placed), row))
    return [row for _, _, row in sorted(placed, key=lambda each: each[:2])]
