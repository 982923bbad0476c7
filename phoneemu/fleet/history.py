"""The lists under `history/` that were served once, and what else lies there and is not read."""

from pathlib import Path

import attrs

from phoneemu.errors import BadInput, NothingInIt
from phoneemu.fleet.listexports import ListExport, read_lists
from phoneemu.fleet.recognising import HISTORY, Kind, recognised

_LISTS = frozenset({Kind.LISTS, Kind.RAW_LIST})


def read_history(folder: Path) -> tuple[tuple[ListExport, ...], tuple[str, ...]]:
    """The older lists of a snapshot, and a remark on everything there that is left aside.

    Raises:
        BadInput: a name of the grammar is that of no file, or of another.
        OSError: a file cannot be read.
    """
    exports: list[ListExport] = []
    remarks: list[str] = []
    inside = folder / HISTORY
    paths = sorted(inside.iterdir()) if inside.is_dir() else []
    for path in (each for each in paths if not each.name.startswith(".")):
        try:
            found = recognised(path)
            why = found.why or f"no trust list ({found.words})"
            if _LISTS & set(found.kinds):
                exports += read_lists([path])
                continue
        except NothingInIt as nothing:
            if recognised(path).named:
                raise NothingInIt(nothing.what, place=f"{HISTORY}/{nothing.place}") from None
            why = nothing.what
        except BadInput as bad:
            raise BadInput(bad.what, place=f"{HISTORY}/{bad.place}") from None
        remarks.append(f"{HISTORY}/{path.name}: left aside: {why}")
    return tuple(_placed(each) for each in exports), tuple(remarks)


def _placed(export: ListExport) -> ListExport:
    """The export with its folder in every place that is told."""
    doubts = tuple(f"{HISTORY}/{doubt}" for doubt in export.doubts)
    return attrs.evolve(export, file=f"{HISTORY}/{export.file}", doubts=doubts)
