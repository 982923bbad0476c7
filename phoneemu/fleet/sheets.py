"""Tables of phones in spreadsheets (XLSX, XLS, ODS) and Parquet files.

A cell is taken as the text a person sees in it. Of a spreadsheet every sheet with a table of phones counts,
wherever its header stands among the first rows, and every other sheet is named; the other columns are dropped
at the door. What the columns mean is for inventory.
"""

import datetime
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from phoneemu.core import limits
from phoneemu.core.plaintext import shown
from phoneemu.errors import BadInput, NothingInIt
from phoneemu.files import read_head
from phoneemu.fleet.columns import all_of, of_checksums, of_phones, positions
from phoneemu.fleet.inventory import Inventory, of_records
from phoneemu.fleet.remarks import Remark
from phoneemu.fleet.sheetspan import refuse_far_cells

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

HEADER_ROWS = 10
"""A title and blank rows may stand above the header; that many rows are tried [assumed]."""

_PARQUET = b"PAR1"

Cells = list[str]


@attrs.frozen(kw_only=True)
class Book:
    """The tables of a file: `phones`, and `shown`, what phones showed of their lists.

    A table of a file that has several is called by file and sheet.
    """

    phones: tuple[Inventory, ...] = ()
    shown: tuple[Inventory, ...] = ()
    remarks: tuple[Remark, ...] = ()


def read(path: Path, *, named: bool = True) -> Book:
    """The tables of phones in a spreadsheet or a Parquet file.

    `named` tells whether its name promises phones; else many a table has names, and must look like phones.

    Raises:
        BadInput: it is neither, is damaged or protected, or has no device-name column.
        OSError: it cannot be read.
    """
    columnar = read_head(path, len(_PARQUET), place=path.name) == _PARQUET
    if path.stat().st_size > limits.SQL_TEXT_BYTES:
        raise BadInput(f"larger than {limits.SQL_TEXT_BYTES:,} bytes", place=path.name)
    if not columnar:
        return _spreadsheet(path, named=named)
    found = _parquet(path)
    if not named and not of_phones(found.columns[0][1]):
        raise NothingInIt("its columns are not those of phones", place=path.name)
    return Book(phones=(found,))


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


@attrs.frozen(kw_only=True)
class _Sheet:
    """A sheet with a device-name column, and where in it the header stands."""

    name: str
    header: Cells
    at: int

    @property
    def of_phones(self) -> bool:
        return of_phones(self.header)

    @property
    def of_checksums(self) -> bool:
        return of_checksums(self.header)


def _spreadsheet(path: Path, *, named: bool) -> Book:
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

    _refuse_bombs(path)
    try:
        book = CalamineWorkbook.from_path(path)
        kinds = [each.name for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
        found: list[_Sheet] = []
        aside: list[str] = []
        for name in kinds:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=HEADER_ROWS)
            header = _header(rows)
            if header is not None:
                found.append(_Sheet(name=name, at=header[0], header=header[1]))
            elif any(_text(cell) for row in rows for cell in row):
                aside.append(name)
        if not found:
            raise NothingInIt("no sheet has a device-name column in its first rows", place=path.name)
        taken = [each for each in found if each.of_phones]
        if not taken and not named:
            raise NothingInIt("its columns are not those of phones", place=path.name)
        taken = taken or found
        aside += (each.name for each in found if each not in taken)
        checksums = [each for each in taken if each.of_checksums]
        if named and len(checksums) == len(taken):  # its name promises phones
            checksums = []
        inventories = {each.name: _table(book, each, path.name, alone=len(taken) == 1) for each in taken}
    except CalamineError as error:
        raise BadInput(f"no spreadsheet that can be read ({_short(error)})", place=path.name) from None
    return Book(
        phones=tuple(inventories[each.name] for each in taken if each not in checksums),
        shown=tuple(inventories[each.name] for each in checksums),
        remarks=tuple(_left_aside(path.name, name) for name in aside),
    )


def _left_aside(file: str, name: str) -> Remark:
    text = (
        f"the sheet `{shown(name)}` is left aside: no table of phones begins in its first {HEADER_ROWS} rows"
    )
    return Remark(place=file, text=text)


def _table(book: "CalamineWorkbook", sheet: _Sheet, file: str, *, alone: bool) -> Inventory:
    """The rows of one sheet; a merged cell is what stands in each row that it covers."""
    found = book.get_sheet_by_name(sheet.name)
    rows: list[list[object]] = [list(row) for row in found.to_python(skip_empty_area=False)]
    _fill_merged(rows, found.merged_cell_ranges or (), sheet)
    place = file if alone else f"{file} [{shown(sheet.name).replace(':', ' ')}]"
    return of_records(sheet.header, _records(rows, sheet.at), place)


def _fill_merged(
    rows: list[list[object]], ranges: Iterable[tuple[tuple[int, int], tuple[int, int]]], sheet: _Sheet
) -> None:
    """Write the value of each merged cell into the rows it covers, but for device names."""
    columns = positions(sheet.header)
    filled = set(all_of(columns)) - set(columns["name"])
    below: dict[int, int] = {}
    for (top, left), (bottom, _) in sorted(ranges):
        if left not in filled or top <= sheet.at or top < below.get(left, 0):  # no two may overlap
            continue
        below[left] = bottom + 1
        for at in range(top + 1, min(bottom + 1, len(rows))):
            rows[at][left] = rows[top][left]


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
