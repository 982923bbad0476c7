"""What every command that writes files refuses before it works: nobody loses a file by a call.

Two outputs never share a place, none takes the place of an input, and a folder that is read is never written.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from phoneemu.cli import _streams
from phoneemu.errors import BadInput
from phoneemu.files import writable

STDOUT = "-"


def refuse_wrong(
    targets: Mapping[str, Path | str | None],
    *,
    inputs: Iterable[Path | None] = (),
    folders: Iterable[Path] = (),
) -> None:
    """Refuse what can be known to go wrong before the work is done.

    `targets` are the outputs by option, `-` is standard output; `inputs` are files and folders that are read
    (of a folder, the files in it), `folders` those that nothing may be written into either.

    Raises:
        BadInput: two outputs have one place, or one would harm what is read.
        OSError: a place cannot be written; names it.
    """
    given = {option: str(target) for option, target in targets.items() if target is not None}
    if not given:
        return
    closed_to = [_real(folder) for folder in folders]
    read = _files([*inputs, *closed_to])
    known: dict[Path, str] = {}
    for option, target in given.items():
        place = _real(Path(target)) if target != STDOUT else Path(STDOUT)
        if place in known:
            where = "standard output" if target == STDOUT else target
            raise BadInput(f"{known[place]} and {option} cannot both go to {where}")
        known[place] = option
        if target == STDOUT:
            if _streams.closed():
                raise BadInput(f"{option} goes to standard output, and that is closed")
            continue
        if place in read:
            text = f"{option} would take the place of an input; what is read is never written"
            raise BadInput(text, place=target)
        inside = next(
            (folder for folder in closed_to if place.is_relative_to(folder) and place != folder), None
        )
        if inside is not None:
            text = f"{option} would write into {inside.name}/, which is read and never written"
            raise BadInput(text, place=target)
        writable(Path(target))


def _files(places: Iterable[Path | None]) -> set[Path]:
    """The files at and below these places."""
    found: set[Path] = set()
    for place in places:
        if place is not None:
            found.add(_real(place))
            found.update(_real(path) for path in place.rglob("*"))
    return found


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # unlike Path.resolve, it bears links that go round in a ring
