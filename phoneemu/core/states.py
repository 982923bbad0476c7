"""Where a phone stands and where a verdict leads: the table that moves it.

This module does not know what happens on the way: see phone.HANDLERS and phone.ENTRIES. The table is total;
a test walks the product, and the diagram in docs/architecture.md is drawn from it.
"""

import enum
from collections.abc import Mapping
from itertools import product

from phoneemu.core.question import Subject
from phoneemu.core.ruling import Verdict


class State(enum.Enum):
    """Where a phone stands."""

    __hash__ = object.__hash__  # by identity: enum's own hashes the name in Python, at every step
    OFF = "off"
    FETCHING_CTL = "fetching-ctl"
    REACHING_TVS_FOR_CTL = "reaching-tvs-for-ctl"
    ASKING_TVS_FOR_CTL = "asking-tvs-for-ctl"
    FETCHING_ITL = "fetching-itl"
    REACHING_TVS_FOR_ITL = "reaching-tvs-for-itl"
    ASKING_TVS_FOR_ITL = "asking-tvs-for-itl"
    FETCHING_CONFIG = "fetching-config"
    REACHING_TVS_FOR_CONFIG = "reaching-tvs-for-config"
    ASKING_TVS_FOR_CONFIG = "asking-tvs-for-config"
    REACHING_CALLMANAGER = "reaching-callmanager"
    REGISTERING = "registering"
    IN_SERVICE = "in-service"
    OUT_OF_SERVICE = "out-of-service"
    UNDECIDED = "undecided"


RESTING = frozenset({State.OFF, State.IN_SERVICE, State.OUT_OF_SERVICE, State.UNDECIDED})
"""States in which the phone waits for nothing."""

FETCHING: Mapping[State, Subject] = {
    State.FETCHING_CTL: Subject.CTL,
    State.FETCHING_ITL: Subject.ITL,
    State.FETCHING_CONFIG: Subject.CONFIG,
}
"""What is looked for in the states that look for a file."""


def _transitions() -> dict[tuple[State, Verdict], State]:
    """(state, verdict) -> next state, for every pair; resting states stay where they are."""
    table = {(state, verdict): state for state, verdict in product(State, Verdict)}
    files = (
        (State.FETCHING_CTL, State.REACHING_TVS_FOR_CTL, State.ASKING_TVS_FOR_CTL, State.FETCHING_ITL),
        (State.FETCHING_ITL, State.REACHING_TVS_FOR_ITL, State.ASKING_TVS_FOR_ITL, State.FETCHING_CONFIG),
        (
            State.FETCHING_CONFIG,
            State.REACHING_TVS_FOR_CONFIG,
            State.ASKING_TVS_FOR_CONFIG,
            State.REACHING_CALLMANAGER,
        ),
    )
    for fetching, reaching, asking, done in files:
        for state in (fetching, reaching, asking):
            table[state, Verdict.ACCEPT] = done
            table[state, Verdict.UNCHANGED] = done
            table[state, Verdict.REFUSE] = done
            table[state, Verdict.ASK] = reaching
            table[state, Verdict.NEXT] = reaching
        table[fetching, Verdict.NEXT] = fetching
        table[reaching, Verdict.ACCEPT] = asking
    for state in (State.REACHING_CALLMANAGER, State.REGISTERING):
        table[state, Verdict.ACCEPT] = State.REGISTERING
        table[state, Verdict.UNCHANGED] = State.REGISTERING
        table[state, Verdict.REFUSE] = State.OUT_OF_SERVICE
        table[state, Verdict.ASK] = State.REACHING_CALLMANAGER
        table[state, Verdict.NEXT] = State.REACHING_CALLMANAGER
    table[State.REGISTERING, Verdict.ACCEPT] = State.IN_SERVICE
    for state in set(State) - RESTING:
        table[state, Verdict.HALT] = State.OUT_OF_SERVICE
        table[state, Verdict.CANNOT_SAY] = State.UNDECIDED
    return table


TRANSITIONS: Mapping[tuple[State, Verdict], State] = _transitions()
