"""Draw the phone's states from the table that moves it, into README.md and docs/architecture.md.

A verdict that leads every waiting state to one place is drawn once, from the box around them. Verdicts that
leave a state as it is are not drawn. Nothing is drawn by hand but the start.
"""

import sys
from collections import defaultdict

from generated import fenced, refresh

from phoneemu.core.ruling import Verdict
from phoneemu.core.states import RESTING, TRANSITIONS, State

WAITING = [state for state in State if state not in RESTING]
INDENT = "    "


def _name(state: State) -> str:
    return state.value.replace("-", "_")


def common() -> dict[Verdict, State]:
    """Verdicts that lead every waiting state to the same place."""
    ends = {verdict: {TRANSITIONS[state, verdict] for state in WAITING} for verdict in Verdict}
    return {verdict: states.pop() for verdict, states in ends.items() if len(states) == 1}


def edges() -> dict[tuple[State, State], list[Verdict]]:
    """(from, to) -> the verdicts that lead there, for all others."""
    drawn: dict[tuple[State, State], list[Verdict]] = defaultdict(list)
    for state in WAITING:
        for verdict in Verdict:
            target = TRANSITIONS[state, verdict]
            if target is not state and verdict not in common():
                drawn[state, target].append(verdict)
    return drawn


def diagram() -> str:
    """The picture, as Mermaid text."""

    def line(start: State, end: State, verdicts: list[Verdict]) -> str:
        return f"{_name(start)} --> {_name(end)} : {', '.join(verdict.value for verdict in verdicts)}"

    inner = [line(start, end, verdicts) for (start, end), verdicts in edges().items() if end not in RESTING]
    outer = [line(start, end, verdicts) for (start, end), verdicts in edges().items() if end in RESTING]
    lines = [
        "stateDiagram-v2",
        f"{INDENT}[*] --> {_name(State.FETCHING_CTL)} : power on",
        f"{INDENT}state waiting {{",
        *(f"{INDENT * 2}{text}" for text in inner),
        f"{INDENT}}}",
        *(f"{INDENT}{text}" for text in outer),
        *(f"{INDENT}waiting --> {_name(end)} : {verdict.value}" for verdict, end in common().items()),
    ]
    return "\n".join(lines)


def main() -> int:
    """Draw; with --check only compare."""
    part = {"states": fenced(diagram(), "mermaid")}
    return refresh({"README.md": part, "docs/architecture.md": part}, check="--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
