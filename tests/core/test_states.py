"""The table that moves a phone is total and leads somewhere."""

from itertools import product

import pytest

from phoneemu.core.ruling import Verdict
from phoneemu.core.states import FETCHING, RESTING, TRANSITIONS, State


def test_every_state_and_verdict_has_a_next_state() -> None:
    assert set(TRANSITIONS) == set(product(State, Verdict))


def test_resting_states_stay_where_they_are() -> None:
    for state, verdict in product(RESTING, Verdict):
        assert TRANSITIONS[state, verdict] is state


@pytest.mark.parametrize("verdict", [Verdict.ACCEPT, Verdict.UNCHANGED, Verdict.REFUSE])
def test_a_settled_file_leads_to_the_next_in_boot_order(verdict: Verdict) -> None:
    assert TRANSITIONS[State.FETCHING_CTL, verdict] is State.FETCHING_ITL
    assert TRANSITIONS[State.FETCHING_ITL, verdict] is State.FETCHING_CONFIG
    assert TRANSITIONS[State.FETCHING_CONFIG, verdict] is State.REACHING_CALLMANAGER


def test_a_halt_and_a_missing_fact_end_every_story() -> None:
    for state in set(State) - RESTING:
        assert TRANSITIONS[state, Verdict.HALT] is State.OUT_OF_SERVICE
        assert TRANSITIONS[state, Verdict.CANNOT_SAY] is State.UNDECIDED


def test_every_state_can_be_reached_and_every_unrest_can_end() -> None:
    reached = {State.FETCHING_CTL}
    for _ in State:
        reached |= {TRANSITIONS[state, verdict] for state in reached for verdict in Verdict}
    assert reached == set(State) - {State.OFF}
    ending = set(RESTING)
    for _ in State:
        ending |= {state for state, verdict in TRANSITIONS if TRANSITIONS[state, verdict] in ending}
    assert ending == set(State)


def test_three_states_look_for_a_file() -> None:
    assert [subject.value for subject in FETCHING.values()] == ["ctl", "itl", "config"]
