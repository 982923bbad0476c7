"""Scoring: what was predicted, against what a later export shows; so that trust in a prediction is earned.

Nothing is scored without evidence: a phone of which the later snapshot shows neither registration nor list is
counted as unseen, and `cannot-say` is never right or wrong.
"""

import enum
from collections import Counter
from collections.abc import Iterator, Mapping

import attrs

from phoneemu.core.evidence import Standing
from phoneemu.fleet.audit import Auditor, Holds
from phoneemu.fleet.difference import Verdict, Verdicts
from phoneemu.fleet.outcome import WORST_FIRST, Outcome
from phoneemu.fleet.snapshot import Snapshot

SCHEMA = 1
NAMED = 10
"""Contradicted phones named in the report; --json has all."""
_OTHER_LIST = frozenset({Holds.STALE, Holds.UNMATCHED})
_SERVED_LIST = frozenset({Holds.MATCH, Holds.OTHER_NODE})  # not LIKELY: a stuck phone registers, too


class Score(enum.Enum):
    """How one prediction fared."""

    CONFIRMED = "confirmed"
    """What is seen agrees, and would not agree with another outcome."""
    CONTRADICTED = "contradicted"
    CONSISTENT = "consistent"
    """What is seen agrees, but would agree with another outcome too; it counts for nothing."""
    UNSEEN = "unseen"
    """The later export does not show enough of this phone."""
    NOT_SAID = "not-said"
    """Nothing was predicted of it, or `cannot-say`."""


class SeenAs(enum.Enum):
    """What a later snapshot shows, as a column of the confusion table."""

    WELL = "well"
    """Registered, and it holds a list that is served, or its model reads none."""
    SERVED_LIST = "served-list"
    """It holds a list that is served; its registration was not seen."""
    OTHER_LIST = "other-list"
    """It is not seen out of service, and holds a list that nobody serves now."""
    REGISTERED = "registered"
    """Registered; its list was not seen."""
    OUT = "not-registered"
    NOTHING = "nothing"


@attrs.frozen(kw_only=True)
class Seen:
    """What a later snapshot shows of one phone; `registered` None when no RISPort answer names it."""

    registered: bool | None
    holds: Holds

    @property
    def shown(self) -> SeenAs:
        """Which of the columns it is."""
        if self.registered is False:
            return SeenAs.OUT
        if self.holds in _OTHER_LIST:
            return SeenAs.OTHER_LIST
        if self.registered:
            return SeenAs.WELL if self.holds in (*_SERVED_LIST, Holds.READS_NONE) else SeenAs.REGISTERED
        return SeenAs.SERVED_LIST if self.holds in _SERVED_LIST else SeenAs.NOTHING

    @property
    def text(self) -> str:
        """As a person reads it."""
        words = {True: "registered", False: "not registered", None: "registration not seen"}
        return f"{words[self.registered]}, list {self.holds.value}"


@attrs.frozen(kw_only=True)
class Scored:
    """One phone: predicted, seen, and how they compare."""

    device: str
    predicted: Verdict | None
    seen: Seen
    score: Score


_YES, _NO, _MAYBE, _UNSEEN = Score.CONFIRMED, Score.CONTRADICTED, Score.CONSISTENT, Score.UNSEEN

JUDGED: Mapping[Outcome, Mapping[SeenAs, Score]] = {
    Outcome.OK: {
        SeenAs.WELL: _YES,
        SeenAs.SERVED_LIST: _YES,
        SeenAs.OTHER_LIST: _NO,
        SeenAs.REGISTERED: _MAYBE,
        SeenAs.OUT: _NO,
    },
    Outcome.DEGRADED: {
        SeenAs.WELL: _MAYBE,
        SeenAs.SERVED_LIST: _MAYBE,
        SeenAs.OTHER_LIST: _MAYBE,
        SeenAs.REGISTERED: _MAYBE,
        SeenAs.OUT: _NO,
    },
    Outcome.STUCK: {
        SeenAs.WELL: _NO,
        SeenAs.SERVED_LIST: _NO,
        SeenAs.OTHER_LIST: _YES,
        SeenAs.REGISTERED: _MAYBE,
        SeenAs.OUT: _NO,
    },
    Outcome.OUT_OF_SERVICE: {
        SeenAs.WELL: _NO,
        SeenAs.SERVED_LIST: _UNSEEN,
        SeenAs.OTHER_LIST: _UNSEEN,
        SeenAs.REGISTERED: _NO,
        SeenAs.OUT: _YES,
    },
}
"""What is seen -> how such a prediction fared; what is not named is unseen. Told in docs/json-score.md."""


def judge(predicted: Verdict | None, seen: Seen) -> Score:
    """How a prediction fared by what is seen."""
    if predicted is None or predicted.outcome == Outcome.CANNOT_SAY.value:
        return Score.NOT_SAID
    if predicted.returns and seen.registered is False:
        return Score.UNSEEN  # it has not come back yet, and the prediction is about that day
    outcome = Outcome(predicted.outcome)
    if outcome is Outcome.OUT_OF_SERVICE and seen.registered:
        return Score.CONTRADICTED
    if outcome is Outcome.STUCK and seen.holds is Holds.READS_NONE:
        return Score.UNSEEN  # what it refused was no list
    return JUDGED[outcome].get(seen.shown, Score.UNSEEN)


def score(predicted: Verdicts, later: Snapshot) -> list[Scored]:
    """Every phone of the later snapshot, in the order of its exports."""
    scored = []
    for finding in Auditor(later).findings():
        name = finding.phone.name.upper()
        sighting = later.presence.get(name)
        registered = None if sighting is None else sighting.registered
        seen = Seen(registered=registered, holds=finding.worst)
        verdict = predicted.get(name)
        scored.append(
            Scored(device=finding.phone.name, predicted=verdict, seen=seen, score=judge(verdict, seen))
        )
    return scored


def _outcome(each: Scored) -> str:
    return "(not predicted)" if each.predicted is None else each.predicted.outcome


_ROWS = (*(outcome.value for outcome in WORST_FIRST), "(not predicted)")


def confusion(scored: list[Scored]) -> Mapping[str, Counter[SeenAs]]:
    """Predicted outcome -> what was seen -> phones; worst outcome first."""
    found: dict[str, Counter[SeenAs]] = {}
    for each in scored:
        found.setdefault(_outcome(each), Counter())[each.seen.shown] += 1
    return {outcome: found[outcome] for outcome in _ROWS if outcome in found}


def by_outcome(scored: list[Scored]) -> Mapping[str, list[Scored]]:
    """The phones by what was predicted of them, worst first."""
    found: dict[str, list[Scored]] = {}
    for each in scored:
        found.setdefault(_outcome(each), []).append(each)
    return {outcome: found[outcome] for outcome in _ROWS if outcome in found}


def by_standing(scored: list[Scored]) -> Mapping[str, list[Scored]]:
    """The phones by how well their prediction was known, strongest first; "" when it does not say."""
    order = [standing.label for standing in sorted(Standing, reverse=True)]
    found: dict[str, list[Scored]] = {}
    for each in scored:
        if each.predicted is not None and each.score is not Score.NOT_SAID:
            found.setdefault(each.predicted.standing, []).append(each)
    return {label: found[label] for label in (*order, "") if label in found}


def rate(scored: list[Scored]) -> float | None:
    """The share of the predictions that could be checked and were confirmed; None when none could be."""
    counted = Counter(each.score for each in scored)
    checked = counted[Score.CONFIRMED] + counted[Score.CONTRADICTED]
    return counted[Score.CONFIRMED] / checked if checked else None


def _rate_text(scored: list[Scored]) -> str:
    found = rate(scored)
    return "-" if found is None else f"{found:.1%}"


def lines(scored: list[Scored], missing: int) -> Iterator[str]:
    """The score for a person; `missing` counts predicted phones that the later snapshot does not name."""
    yield from _confusion_table(scored)
    yield from _score_table("predicted", by_outcome(scored))
    yield from _score_table("standing", by_standing(scored))
    wrong = [each for each in scored if each.score is Score.CONTRADICTED]
    if wrong:
        yield "contradicted"
        for each in wrong[:NAMED]:
            said = "" if each.predicted is None else each.predicted.text
            yield f"  {each.device}  predicted {said}; seen {each.seen.text}"
        if len(wrong) > NAMED:
            yield f"  and {len(wrong) - NAMED} more; --json has them all"
        yield ""
    if missing:
        yield f"{missing} predicted phones stand in no later export"
        yield ""
    found = rate(scored)
    checked = sum(each.score in (Score.CONFIRMED, Score.CONTRADICTED) for each in scored)
    if found is None:
        what = "ris*.xml and checksums*.csv, in mixed mode of both lists"
        yield f"nothing could be checked: add {what} to the later snapshot"
    else:
        yield f"{found:.1%} of {checked} predictions that could be checked were right"


def _confusion_table(scored: list[Scored]) -> Iterator[str]:
    yield f"{'predicted / seen':16}" + "".join(f"{each.value:>16}" for each in SeenAs)
    for outcome, counted in confusion(scored).items():
        yield f"{outcome:16}" + "".join(f"{counted[each]:>16}" for each in SeenAs)
    yield ""


def _score_table(title: str, rows: Mapping[str, list[Scored]]) -> Iterator[str]:
    if not rows:
        return
    yield f"{title:16}" + "".join(f"{each.value:>14}" for each in Score) + f"{'right':>10}"
    for name, each_scored in rows.items():
        counted = Counter(each.score for each in each_scored)
        counts = "".join(f"{counted[each]:>14}" for each in Score)
        yield f"{name or '(not said)':16}{counts}{_rate_text(each_scored):>10}"
    yield ""


def as_json(scored: list[Scored], missing: int) -> dict[str, object]:
    """The score for machines; schema in docs/json-score.md."""
    return {
        "schema": SCHEMA,
        "rate": rate(scored),
        "summary": _summary(scored),
        "by_outcome": {name: _rated(each) for name, each in by_outcome(scored).items()},
        "by_standing": {name or "(not said)": _rated(each) for name, each in by_standing(scored).items()},
        "confusion": {
            outcome: {each.value: counted[each] for each in SeenAs}
            for outcome, counted in confusion(scored).items()
        },
        "missing": missing,
        "phones": [
            {
                "device": each.device,
                "predicted": None if each.predicted is None else each.predicted.outcome,
                "reason": None if each.predicted is None else each.predicted.reason,
                "standing": None if each.predicted is None else each.predicted.standing,
                "registered": each.seen.registered,
                "holds": each.seen.holds.value,
                "seen": each.seen.shown.value,
                "score": each.score.value,
            }
            for each in scored
        ],
    }


def _summary(scored: list[Scored]) -> dict[str, int]:
    counted = Counter(each.score for each in scored)
    return {each.value: counted[each] for each in Score}


def _rated(scored: list[Scored]) -> dict[str, object]:
    return {**_summary(scored), "rate": rate(scored)}
