"""Scoring: what was predicted, against what a later export shows; so that trust in a prediction is earned.

Nothing is scored without evidence: a phone of which the later snapshot shows neither registration nor list is
counted as unseen, and `cannot-say` is never right or wrong.
"""

import enum
from collections import Counter
from collections.abc import Iterator, Mapping

import attrs

from phoneemu.fleet.audit import Auditor, Holds
from phoneemu.fleet.difference import Verdict, Verdicts
from phoneemu.fleet.outcome import WORST_FIRST, Outcome
from phoneemu.fleet.snapshot import Snapshot

SCHEMA = 1
NAMED = 10
"""Contradicted phones named in the report; --json has all."""
_OTHER_LIST = frozenset({Holds.STALE, Holds.UNMATCHED})
_SERVED_LIST = frozenset({Holds.MATCH, Holds.OTHER_NODE})


class Score(enum.Enum):
    """How one prediction fared."""

    CONFIRMED = "confirmed"
    CONTRADICTED = "contradicted"
    UNSEEN = "unseen"
    """The later export does not show enough of this phone."""
    NOT_SAID = "not-said"
    """Nothing was predicted of it, or `cannot-say`."""


@attrs.frozen(kw_only=True)
class Seen:
    """What a later snapshot shows of one phone; `registered` None when no RISPort answer names it."""

    registered: bool | None
    holds: Holds

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


def judge(predicted: Verdict | None, seen: Seen) -> Score:
    """How a prediction fared by what is seen."""
    if predicted is None or predicted.outcome == Outcome.CANNOT_SAY.value:
        return Score.NOT_SAID
    outcome = Outcome(predicted.outcome)
    if outcome is Outcome.OUT_OF_SERVICE:
        found = None if seen.registered is None else not seen.registered
    elif outcome is Outcome.STUCK:
        found = True if seen.holds in _OTHER_LIST else False if seen.holds is Holds.MATCH else None
    else:
        bad = seen.registered is False or (outcome is Outcome.OK and seen.holds in _OTHER_LIST)
        good = seen.registered is True or seen.holds in _SERVED_LIST
        found = False if bad else True if good else None
    if found is None:
        return Score.UNSEEN
    return Score.CONFIRMED if found else Score.CONTRADICTED


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


def _by_outcome(scored: list[Scored]) -> Mapping[str, Counter[Score]]:
    found: dict[str, Counter[Score]] = {}
    for each in scored:
        outcome = "(not predicted)" if each.predicted is None else each.predicted.outcome
        found.setdefault(outcome, Counter())[each.score] += 1
    order = [*(outcome.value for outcome in WORST_FIRST), "(not predicted)"]
    return {outcome: found[outcome] for outcome in order if outcome in found}


def rate(scored: list[Scored]) -> float | None:
    """The share of the predictions that could be checked and were confirmed; None when none could be."""
    counted = Counter(each.score for each in scored)
    checked = counted[Score.CONFIRMED] + counted[Score.CONTRADICTED]
    return counted[Score.CONFIRMED] / checked if checked else None


def lines(scored: list[Scored], missing: int) -> Iterator[str]:
    """The score for a person; `missing` counts predicted phones that the later snapshot does not name."""
    yield f"{'predicted':16}" + "".join(f"{each.value:>14}" for each in Score)
    for outcome, counted in _by_outcome(scored).items():
        yield f"{outcome:16}" + "".join(f"{counted[each]:>14}" for each in Score)
    wrong = [each for each in scored if each.score is Score.CONTRADICTED]
    if wrong:
        yield ""
        yield "contradicted"
        for each in wrong[:NAMED]:
            said = "" if each.predicted is None else each.predicted.text
            yield f"  {each.device}  predicted {said}; seen {each.seen.text}"
        if len(wrong) > NAMED:
            yield f"  and {len(wrong) - NAMED} more; --json has them all"
    if missing:
        yield ""
        yield f"{missing} predicted phones stand in no later export"
    yield ""
    found = rate(scored)
    checked = sum(each.score in (Score.CONFIRMED, Score.CONTRADICTED) for each in scored)
    if found is None:
        yield "nothing could be checked: add ris*.xml and checksums*.csv to the later snapshot"
    else:
        yield f"{found:.1%} of {checked} predictions that could be checked were right"


def as_json(scored: list[Scored], missing: int) -> dict[str, object]:
    """The score for machines; schema in docs/json-score.md."""
    counted = Counter(each.score for each in scored)
    return {
        "schema": SCHEMA,
        "rate": rate(scored),
        "summary": {each.value: counted[each] for each in Score},
        "missing": missing,
        "phones": [
            {
                "device": each.device,
                "predicted": None if each.predicted is None else each.predicted.outcome,
                "reason": None if each.predicted is None else each.predicted.reason,
                "registered": each.seen.registered,
                "holds": each.seen.holds.value,
                "score": each.score.value,
            }
            for each in scored
        ],
    }
