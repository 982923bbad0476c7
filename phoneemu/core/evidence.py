"""How well a statement is known, and by whom: Standing, Fact.

Every model fact and every rule carries a standing and a source key; a prediction is as strong as its
weakest one. Source keys are expanded to addresses in docs/sources.md.
This module is *not* where facts are stored: those live in models/*.toml and beside each rule.
"""

import enum
from collections.abc import Iterable
from typing import Generic, TypeVar

import attrs

T_co = TypeVar("T_co", covariant=True)


class Standing(enum.IntEnum):
    """How strong the evidence is; a greater value is stronger."""

    ASSUMED = 0
    """Nobody sourced it; it is our assumption and a note says what would settle it."""
    INFERRED = 1
    """Deduced from documented facts; the reason is given."""
    REPORTED = 2
    """A forum post, lab note, real artefact or third-party tool says it."""
    DOCUMENTED = 3
    """A vendor manual, technical note or release note says it."""
    CAPTURED = 4
    """A capture from a real phone shows it."""

    @property
    def label(self) -> str:
        """The word people read, as it is also written in model files."""
        return self.name.lower()


def weakest(standings: Iterable[Standing]) -> Standing:
    """The standing of a conclusion drawn from all of these; CAPTURED when there are none."""
    return min(standings, default=Standing.CAPTURED)


@attrs.frozen(kw_only=True)
class Fact(Generic[T_co]):
    """One statement about a phone model, a cluster or a file, with its evidence.

    `value` is None when nobody knows: a rule that needs it must then answer cannot-say.
    `where` names the place it was read from, such as `models/7960.toml trust.asks_tvs`. `against` is the
    other side, where sources contradict each other.
    """

    name: str
    value: T_co
    standing: Standing
    source: str
    note: str = ""
    where: str = ""
    against: str = ""

    @property
    def known(self) -> bool:
        """Whether the fact has a value at all."""
        return self.value is not None
