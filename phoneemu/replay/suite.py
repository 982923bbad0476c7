"""Many cases replayed: found, read, booted, compared, and held against the list of known gaps.

A known gap is a strict expected failure: it must still differ, and it must say why. A gap that has been
closed has to leave the list, or the suite fails.
"""

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from phoneemu.catalogue import Catalogue
from phoneemu.core import limits
from phoneemu.errors import BadInput
from phoneemu.files import read_text
from phoneemu.replay import casefile, importing, tables
from phoneemu.replay.casemaking import Terms
from phoneemu.replay.compare import Comparison, compare
from phoneemu.replay.player import Recording, profile_of, read, replay

GAPS = "known-gaps.toml"
SCHEMA = 1
DEPTH = 3
"""A case lies at model/load/name below the folder that holds the list of gaps."""


class Result(enum.Enum):
    """How a case stands."""

    AGREES = "agrees"
    DIFFERS = "differs"
    KNOWN_GAP = "known gap"
    CLOSED_GAP = "closed gap"
    """It is listed as a gap, and agrees: the list must lose it."""


@attrs.frozen(kw_only=True)
class Outcome:
    """One case replayed; `gap` is why it is expected to differ, "" when it is not."""

    comparison: Comparison
    gap: str = ""

    @property
    def name(self) -> str:
        """The case, by its path."""
        return self.comparison.name

    @property
    def result(self) -> Result:
        """How it stands."""
        if self.comparison.agrees:
            return Result.CLOSED_GAP if self.gap else Result.AGREES
        return Result.KNOWN_GAP if self.gap else Result.DIFFERS

    @property
    def good(self) -> bool:
        """Whether it is as expected."""
        return self.result in (Result.AGREES, Result.KNOWN_GAP)


def shipped() -> Path:
    """The folder of captures: here, or that of the checkout this program runs from.

    Raises:
        BadInput: there is none.
    """
    for folder in (Path("captures"), Path(__file__).parent.parent.parent / "captures"):
        if folder.is_dir():
            return folder
    raise BadInput("no folder `captures` here, and an installation ships none: name a case")


def folders(places: Sequence[Path]) -> list[Path]:
    """The case folders at and below these places, each once, in order.

    Raises:
        BadInput: a place holds no case.
    """
    found: dict[Path, None] = {}
    for place in places:
        below = list(casefile.walk(place))
        if not below:
            raise BadInput(f"no case here: no {casefile.NAME} at or below it", place=str(place))
        found |= dict.fromkeys(folder.resolve() for folder in below)
    return list(found)


def recordings(places: Sequence[Path]) -> list[Recording]:
    """Every case at and below these places, read and checked.

    Raises:
        BadInput: a place holds no case, or a case is wrong.
        OSError: a file cannot be read.
    """
    return [read(folder) for folder in folders(places)]


def imported(path: Path, terms: Terms, catalogue: Catalogue) -> list[Recording]:
    """The boots in a packet capture, as `phoneemu capture` would write them.

    Raises:
        BadInput: it is no capture, or the model or the origin of a phone in it is not known.
        OSError: it cannot be read.
    """
    drafts = [draft.finished() for draft in importing.read(path, terms, catalogue).drafts]
    if not drafts:
        raise BadInput("no phone asks for a file in it", place=str(path))
    return [
        Recording(name=each.folder.as_posix(), case=each.case, files=each.files, place=str(path))
        for each in drafts
    ]


def gaps_of(roots: Iterable[Path]) -> dict[str, str]:
    """The known gaps listed in these folders: case path to reason.

    Raises:
        BadInput: a list is wrong, or names a case that is not there.
    """
    found: dict[str, str] = {}
    for root in roots:
        path = root / GAPS
        if not path.is_file():
            continue
        listed = parse_gaps(read_text(path, limits.CASE_TEXT_BYTES), str(path))
        for name in listed:
            if not (root / name / casefile.NAME).is_file():
                raise BadInput(f"`gaps` names {name!r}, which is no case here", place=str(path))
        found |= listed
    return found


def parse_gaps(text: str, place: str) -> dict[str, str]:
    """The text of a list of known gaps.

    Raises:
        BadInput: it is wrong, or a gap has no reason.
    """
    table = tables.parse(text, place)
    if table.number("schema") != SCHEMA:
        raise table.wrong("schema", f"must be {SCHEMA}")
    found = table.mapping("gaps")
    table.done()
    for name, reason in found.items():
        if not reason.strip():
            raise table.wrong(f"gaps.{name}", "has no reason")
    return found


def roots_of(places: Sequence[Path]) -> list[Path]:
    """The folders whose list of gaps counts for the cases at and below these places."""
    return list(dict.fromkeys(folder.parents[DEPTH - 1] for folder in folders(places)))


def run(
    cases: Iterable[Recording],
    catalogue: Catalogue,
    gaps: Mapping[str, str],
    load: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Outcome]:
    """Replay these cases, on the load each was taken from or on another; `tell` hears of each as it begins.

    Raises:
        BadInput: a case is wrong; names file and key.
    """
    for recording in cases:
        tell(recording.name)
        replayed = replay(recording, profile_of(recording, catalogue, load))
        yield Outcome(comparison=compare(replayed), gap=gaps.get(recording.name, ""))
