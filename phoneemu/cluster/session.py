"""Somebody at the terminal of an emulated cluster: lines typed, questions asked, answers printed.

The commands are those of a runbook, parsed and performed by the same functions (runbook, admin). What is
typed and when is kept as a history: the same founding and the same history give the same cluster, byte for
byte, as long as the keys are the same.
"""

import re
from collections.abc import Iterable, Sequence

import attrs

from phoneemu.cluster import admin, runbook
from phoneemu.cluster.admin_services import NAMED
from phoneemu.cluster.certs import Maker
from phoneemu.cluster.performing import Performed
from phoneemu.cluster.runbook import Step
from phoneemu.cluster.state import Cluster
from phoneemu.errors import BadInput

_QUESTION = re.compile(r"(.*(?:\((?:y/n|yes/no|yes\|no)\)|\[yes/no\])[\s:?]*)(?:y|yes)", re.IGNORECASE)

LATEST = 100e9
"""No lab is kept beyond this time, in seconds since the epoch: years of certificates have four digits."""

NO_PHONES = (
    "This step is done to phones: a lab has none of its own.",
    "Start one with `phoneemu phone`, or again after this change; `--erase` is the person at the phone.",
)


@attrs.frozen(kw_only=True)
class Typed:
    """A line that was understood, and what it would do.

    `before` is printed at once; `question` is asked then ("" when nothing is), and `after` printed when the
    answer is yes. `cluster` is what comes of it at the time `clock`; `changes` is False when that is as
    before, time aside.
    """

    text: str
    before: tuple[str, ...]
    question: str
    after: tuple[str, ...]
    cluster: Cluster
    clock: float
    remarks: tuple[str, ...] = ()
    changes: bool = False


class Session:
    """One cluster and whoever types on it; `clock` is given with each line, in seconds since the epoch."""

    def __init__(self, cluster: Cluster, maker: Maker | None = None) -> None:
        self.cluster = cluster
        self.history: list[tuple[float, str]] = []
        self._maker = maker

    def consider(self, line: str, clock: float, place: str = "admin") -> Typed:
        """Understand a line and work out what it does, without doing it.

        Raises:
            BadInput: it is no command, or not one for this cluster; names the nearest.
        """
        step = self.parse(line, place)
        cluster = attrs.evolve(self.cluster, clock=round(max(self.cluster.clock, clock), 3))
        if step.who.lower() == "phones":
            done = Performed(cluster=cluster, lines=NO_PHONES)
        else:
            done = admin.perform(cluster, step, None, self._maker)
        before, question, after = split(done.lines)
        return Typed(
            text=line,
            before=before,
            question=question,
            after=after,
            cluster=done.cluster,
            remarks=done.remarks,
            clock=cluster.clock,
            changes=_differs(done.cluster, cluster),
        )

    def adopt(self, typed: Typed) -> None:
        """Do what was considered."""
        if typed.changes:
            self.history.append((typed.clock, typed.text))
        self.cluster = typed.cluster

    def replay(self, history: Iterable[tuple[float, str]], file: str) -> None:
        """Do again what was done before.

        Raises:
            BadInput: a line is no command any more; names file and line.
        """
        for number, (clock, line) in enumerate(history, start=1):
            try:
                typed = self.consider(line, clock)
            except BadInput as error:
                said = str(error).removeprefix(f"{error.place}: ")
                raise BadInput(said, place=f"{file}:{number}") from error
            self.adopt(typed)

    def parse(self, line: str, place: str) -> Step:
        """A line as in a runbook, or as typed at the publisher's own prompt.

        Raises:
            BadInput: it is no command; names the nearest.
        """
        number = len(self.history) + 1
        first = line.split(maxsplit=1)[0].lower() if line.split() else ""
        named = {"*", "cluster", "phones", self.cluster.name.lower(), *self.cluster.by_name}
        if first in named or first.startswith("admin:"):
            return runbook.parse_line(line, place=place, number=number)
        return runbook.parse_line(f"admin: {line}", place=place, number=number)


def _differs(one: Cluster, other: Cluster) -> bool:
    """Whether anything differs, also what two clusters are not compared by, such as their backups."""
    return any(getattr(one, each.name) != getattr(other, each.name) for each in attrs.fields(Cluster))


def split(lines: Sequence[str]) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """The lines before a question, the question, and the lines behind it; no question: all are before."""
    for at, line in enumerate(lines):
        match = _QUESTION.fullmatch(line)
        if match:
            return tuple(lines[:at]), match[1], tuple(lines[at + 1 :])
    return tuple(lines), "", ()


def usages() -> tuple[str, ...]:
    """What can be typed, one example each, for completion."""
    return tuple(dict.fromkeys(verb.usage for verb in runbook.NODE_VERBS))


def completions(cluster: Cluster) -> tuple[str, ...]:
    """Whole lines that can be typed on this cluster, at the publisher and at a named node."""
    units = dict.fromkeys(unit for node in cluster.nodes for unit in node.own)
    lines = (
        *usages(),
        *(f"set cert regen {unit}" for unit in units),
        *(f"utils service {what} {name}" for what in ("restart", "stop", "start") for name in NAMED),
    )
    named = (f"{who} {line}" for who in (*(node.name for node in cluster.nodes), "*") for line in lines)
    return tuple(dict.fromkeys((*lines, *named)))


def history_line(clock: float, text: str) -> str:
    """One line of a kept history."""
    return f"{clock:.3f} {text}"


def read_history(text: str, file: str) -> list[tuple[float, str]]:
    """Read a kept history.

    Raises:
        BadInput: a line has no time in front; names file and line.
    """
    found = []
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), start=1):
        clock, _, said = line.partition(" ")
        try:
            moment = float(clock)
            if not 0 <= moment <= LATEST:
                raise ValueError(clock)
            found.append((moment, said))
        except ValueError as error:
            raise BadInput("a history line begins with a time", place=f"{file}:{number}") from error
    return found
