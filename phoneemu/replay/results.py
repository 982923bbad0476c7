"""What a replay did, as a document to keep, and what changed against one that was kept (docs/json-replay.md).

Two loads, or two versions of phoneemu, are compared by their documents. A change may be explained in a file;
an explanation that explains nothing is stale and counts as unexplained, so that none outlives its cause.
"""

import fnmatch
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from phoneemu import __version__
from phoneemu.core.journal import AskedTvs, Delivery, Fetched, ReachedForCallManager, ReachedForTvs
from phoneemu.core.profile import Profile
from phoneemu.core.vocabulary import Transport
from phoneemu.errors import BadInput
from phoneemu.replay import seen, tables
from phoneemu.replay.case import Chapter
from phoneemu.replay.conversation import Item, Mark, align
from phoneemu.replay.player import Replayed
from phoneemu.replay.suite import Outcome
from phoneemu.structured import from_json

SCHEMA = 1
NOTHING = "nothing"

Document = dict[str, Any]

# ---------------------------------------------------------------- writing


def document(outcomes: Iterable[Outcome]) -> Document:
    """Every case with all that the emulated phone did in it."""
    return {
        "schema": SCHEMA,
        "phoneemu": __version__,
        "cases": {outcome.name: _case(outcome) for outcome in outcomes},
    }


def timing(entry: Fetched, profile: Profile) -> str:
    """The timing class of a request: how often and how long it is repeated before it is given up."""
    if entry.delivery is not Delivery.SILENT:
        return "answered"
    waits = profile.tftp_waits.value
    if entry.transport is not Transport.TFTP or not waits:
        return "not known"
    return f"{len(waits)} requests in {sum(float(wait) for wait in waits):g} s"


def _case(outcome: Outcome) -> Document:
    comparison = outcome.comparison
    replayed = comparison.replayed
    return {
        "model": replayed.profile.model,
        "load": replayed.profile.load,
        "origin": comparison.case.origin.value,
        "result": outcome.result.value,
        "gap": outcome.gap,
        **_conversation(replayed),
        "ending": _ending(replayed),
        "ended": replayed.ended,
        "not_compared": dict(comparison.uncompared),
        "differences": [
            {
                "what": each.what,
                "evidence": each.evidence,
                "replayed": each.replayed,
                "rule": each.because.rule.number if each.because.rule else None,
                "facts": [fact.where or fact.name for fact in each.because.facts],
            }
            for each in comparison.differences
        ],
    }


def _conversation(replayed: Replayed) -> Document:
    entries, profile = replayed.journal.entries, replayed.profile
    return {
        "requests": [
            {
                "name": entry.name,
                "server": entry.server,
                "transport": entry.transport.value,
                "delivery": entry.delivery.value,
                "timing": timing(entry, profile),
            }
            for entry in entries
            if isinstance(entry, Fetched)
        ],
        "tvs": [
            {"server": entry.server, "does": "asks" if isinstance(entry, AskedTvs) else "reaches"}
            for entry in entries
            if isinstance(entry, ReachedForTvs | AskedTvs)
        ],
        "callmanagers": [
            {"node": entry.node, "secure": entry.secure}
            for entry in entries
            if isinstance(entry, ReachedForCallManager)
        ],
        "rulings": [
            {
                "subject": entry.subject.value,
                "verdict": entry.verdict.value,
                "reason": entry.reason.value,
                "rule": entry.ruling.rule.number,
                "standing": entry.ruling.standing.label,
            }
            for entry in replayed.journal.rulings()
        ],
    }


def _ending(replayed: Replayed) -> Document:
    ending = seen.ending(replayed.journal, replayed.flash, replayed.profile, replayed.state)
    return {
        "installed": [subject.value for subject in ending.installed or ()],
        "checksum": dict(ending.checksum),
        "status_messages": list(ending.status_messages or ()),
        "alarm": ending.alarm,
        "state": ending.state,
        "registered_to": ending.registered_to,
    }


def dumps(said: Document) -> str:
    """The document as text, the same for the same replay."""
    return json.dumps(said, indent=1, sort_keys=False, ensure_ascii=False) + "\n"


def loads(text: str, place: str) -> Document:
    """A document that was kept.

    Raises:
        BadInput: it is none of ours, or of another schema.
    """
    said = from_json(text, place)
    if not isinstance(said, dict) or said.get("schema") != SCHEMA or not isinstance(said.get("cases"), dict):
        raise BadInput(f"not results of a replay of schema {SCHEMA}", place=place)
    for name, case in said["cases"].items():
        if not isinstance(case, dict) or not all(
            isinstance(case.get(key), kind) for key, kind in _KEYS.items()
        ):
            raise BadInput(f"`cases.{name}` is not what a replay writes", place=place)
    return said


_KEYS: Mapping[str, type] = {
    "requests": list, "tvs": list, "callmanagers": list, "rulings": list, "ending": dict,
}  # fmt: skip

# ---------------------------------------------------------------- comparing


@attrs.frozen(kw_only=True)
class Change:
    """One thing that a case does otherwise than before."""

    case: str
    what: str
    old: str
    new: str


@attrs.frozen(kw_only=True)
class Explanation:
    """Why some changes are wanted; `case`, `what`, `old` and `new` are patterns with * and ?."""

    reason: str
    case: str = "*"
    what: str = "*"
    old: str = "*"
    new: str = "*"

    def covers(self, change: Change) -> bool:
        """Whether it explains this change."""
        return all(
            fnmatch.fnmatchcase(getattr(change, key), getattr(self, key))
            for key in ("case", "what", "old", "new")
        )


def changes(old: Document, new: Document) -> list[Change]:
    """Everything that changed, in the order of the cases; a case that only one side has is a change, too."""
    before, now = old["cases"], new["cases"]
    found: list[Change] = []
    for name in sorted({*before, *now}):
        if name not in now or name not in before:
            sides = ("there", "not there") if name in before else ("not there", "there")
            found.append(Change(case=name, what="case", old=sides[0], new=sides[1]))
        else:
            found += _changes(name, before[name], now[name])
    return found


def _changes(name: str, old: Document, new: Document) -> Iterator[Change]:
    for what, key, words in (
        ("request", "requests", ("name", "server", "transport", "delivery")),
        ("tvs", "tvs", ("does", "server")),
        ("callmanager", "callmanagers", ("node", "secure")),
        ("ruling", "rulings", ("subject", "verdict", "reason")),
    ):
        for row in align(_items(old[key], words), _items(new[key], words), whole=True):
            if row.mark is not Mark.SAME:
                sides = [each.text if each else NOTHING for each in (row.evidence, row.replayed)]
                yield Change(case=name, what=what, old=sides[0], new=sides[1])
            elif what == "request" and row.evidence and row.replayed:
                yield from _timing(name, old[key][row.evidence.at], new[key][row.replayed.at])
    before, now = _flat(old["ending"]), _flat(new["ending"])
    for key in sorted({*before, *now}):
        one, other = _said(before.get(key)), _said(now.get(key))
        if one != other:
            yield Change(case=name, what="ending", old=f"{key}: {one}", new=f"{key}: {other}")


def _flat(ending: Mapping[str, object]) -> dict[str, object]:
    """The ending with each checksum under a key of its own."""
    found: dict[str, object] = {}
    for key, value in ending.items():
        found |= (
            {f"{key} {each}": said for each, said in value.items()}
            if isinstance(value, dict)
            else {key: value}
        )
    return found


def _items(entries: Sequence[Mapping[str, object]], words: tuple[str, ...]) -> list[Item]:
    return [
        Item(
            chapter=Chapter.FILES,
            key=tuple(_said(entry.get(word)) for word in words),
            topic=str(entry.get(words[0])),
            text=" ".join(_said(entry.get(word)) for word in words),
            at=at,
        )
        for at, entry in enumerate(entries)
    ]


def _timing(name: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Change]:
    one, other = str(old.get("timing")), str(new.get("timing"))
    if one != other:
        yield Change(case=name, what="timing", old=f"{old['name']}: {one}", new=f"{new['name']}: {other}")


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "secure" if value else "plain"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or NOTHING
    return NOTHING if value is None else str(value)


# ---------------------------------------------------------------- explaining


def explanations(text: str, place: str) -> list[Explanation]:
    """Read a file of explanations.

    Raises:
        BadInput: a key is wrong, or an explanation gives no reason.
    """
    table = tables.parse(text, place)
    if table.number("schema") != SCHEMA:
        raise table.wrong("schema", f"must be {SCHEMA}")
    found: list[Explanation] = []
    for each in table.tables("explanation"):
        patterns = {
            key: value for key in ("case", "what", "old", "new") if (value := each.text(key)) is not None
        }
        found.append(Explanation(reason=each.needed("reason", each.text("reason") or None), **patterns))
        each.done()
    table.done()
    return found


@attrs.frozen(kw_only=True)
class Verdicts:
    """Changes with the explanation of each, None where there is none; and explanations of nothing."""

    changes: tuple[tuple[Change, Explanation | None], ...]
    stale: tuple[Explanation, ...]

    @property
    def good(self) -> bool:
        """Whether every change is explained, and every explanation explains one."""
        return not self.stale and all(explanation for _, explanation in self.changes)


def explain(found: Sequence[Change], known: Sequence[Explanation]) -> Verdicts:
    """Each change with the first explanation that covers it."""
    told = tuple((change, next((each for each in known if each.covers(change)), None)) for change in found)
    used = {id(explanation) for _, explanation in told}
    return Verdicts(changes=told, stale=tuple(each for each in known if id(each) not in used))
