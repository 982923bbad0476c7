"""The picture of the phone's states says what the table says."""

import re
from itertools import product

from state_diagram import WAITING, common, diagram

from phoneemu.core.ruling import Verdict
from phoneemu.core.states import RESTING, TRANSITIONS, State

DRAWN = re.findall(r"^\s*(\w+) --> (\w+) : (.+)$", diagram(), re.MULTILINE)


def _drawn(state: State, verdict: Verdict) -> set[str]:
    """Where the picture leads from a state: by its own arrow, or by the one from the box around all."""
    name = state.value.replace("-", "_")
    return {
        end
        for start, end, labels in DRAWN
        if start in {name, "waiting"} and verdict.value in labels.split(", ")
    }


def test_every_movement_of_the_table_is_drawn_and_nothing_else() -> None:
    for state, verdict in product(WAITING, Verdict):
        target = TRANSITIONS[state, verdict]
        expected = set() if target is state else {target.value.replace("-", "_")}
        assert _drawn(state, verdict) == expected, (state, verdict)


def test_no_arrow_leaves_a_state_of_rest() -> None:
    resting = {state.value.replace("-", "_") for state in RESTING}
    assert resting.isdisjoint(start for start, _, _ in DRAWN)


def test_a_verdict_that_ends_every_story_alike_is_drawn_once() -> None:
    assert common() == {Verdict.HALT: State.OUT_OF_SERVICE, Verdict.CANNOT_SAY: State.UNDECIDED}
    assert sum(start == "waiting" for start, _, _ in DRAWN) == 2
