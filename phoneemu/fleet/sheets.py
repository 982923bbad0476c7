"""Tables of phones in spreadsheets (XLSX, XLS, ODS) and Parquet files.

A cell is taken as the text a person sees in it. Of a spreadsheet the first sheet with a device-name column
counts, wherever its header stands among the first rows; the file's other columns are dropped at the door.
What the columns mean is for inventory.
"""

import datetime
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from phoneemu.core import limits
from phoneemu.errors import BadInput, NothingInIt
from phoneemu.files import read_head
from phoneemu.fleet.columns import all_of, positions
from phoneemu.fleet.inventory import Inventory, of_records
from phoneemu.fleet.sheetspan import refuse_far_cells

HEADER_ROWS = 10
"""A title and blank rows may stand above the header; that many rows are tried [assumed]."""

_PARQUET = b"PAR1"

Cells = list[str]


def read(path: Path) -> Inventory:
    """The phones of a spreadsheet or a Parquet file.

    Raises:
        BadInput: it is neither, is damaged or protected, or has no device-name column.
        OSError: it cannot be read.
    """
    columnar = read_head(path, len(_PARQUET), place=path.name) == _PARQUET
    if path.stat().st_size > limits.SQL_TEXT_BYTES:
        raise BadInput(f"larger than {limits.SQL_TEXT_BYTES:,} bytes", place=path.name)
    return _parquet(path) if columnar else _spreadsheet(path)


def _parquet(path: Path) -> Inventory:
    import polars as pl  # slow to load, and few need it

    try:
        names = list(pl.read_parquet_schema(path))
        columns = [names[at] for at in all_of(positions(names))]
        if "name" not in positions(names):
            raise NothingInIt(f"no device-name column among {', '.join(names[:6])}", place=path.name)
        frame = pl.read_parquet(path, columns=columns)
        texts = frame.select(pl.all().cast(pl.String, strict=False).fill_null(""))
    except pl.exceptions.PolarsError as error:
        raise BadInput(f"no Parquet file that can be read ({_short(error)})", place=path.name) from None
    rows = ((number, list(row)) for number, row in enumerate(texts.iter_rows(), 1))
    return of_records(columns, rows, path.name)


def _spreadsheet(path: Path) -> Inventory:
    from python_calamine import CalamineError, CalamineWorkbook

    _refuse_bombs(path)
    try:
        book = CalamineWorkbook.from_path(path)
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            found = _header(rows)
            if found is not None:
                at, header = found
                return of_records(header, _records(rows, at), path.name)
    except CalamineError as error:
        raise BadInput(f"no spreadsheet that can be read ({_short(error)})", place=path.name) from None
    raise NothingInIt("no sheet has a device-name column in its first rows", place=path.name)


def _refuse_bombs(path: Path) -> None:
    """Refuse a file that unpacks to more than is ever read, or whose cells span more than is ever held."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            size = sum(each.file_size for each in packed.infolist())
        if size > limits.SQL_TEXT_BYTES:
            raise BadInput(f"unpacks to more than {limits.SQL_TEXT_BYTES:,} bytes", place=path.name)
        refuse_far_cells(path)


def _header(rows: Sequence[Sequence[object]]) -> tuple[int, Cells] | None:
    """(index, cells) of the first row with a device-name column."""
    for at, row in enumerate(rows[:HEADER_ROWS]):
        cells = [_text(cell) for cell in row]
        if "name" in positions(cells):
            return at, cells
    return None


def _records(rows: Sequence[Sequence[object]], header: int) -> Iterator[tuple[int, Cells]]:
    for at in range(header + 1, len(rows)):
        cells = [_text(cell) for cell in rows[at]]
        if any(cells):
            yield at + 1, cells


def _text(cell: object) -> str:
    """A cell as a person sees it: a number without the fraction that it does not have."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime | datetime.date):
        return cell.isoformat()
    return "" if cell is None else str(cell).strip()


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
