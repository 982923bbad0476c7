"""Phones from CSV exports: a bulk-administration export, or any CSV with a device-name column.

Reading is streaming and the result is small: what phones have in common is one shared Traits value. Only the
columns named here are ever looked at, so authentication strings, passwords and product-specific XML never
enter memory that outlives the row.
This module does not know what a model is or what a site means: see snapshot.
"""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path

from phoneemu.core import limits
from phoneemu.core.plaintext import shown
from phoneemu.errors import BadInput
from phoneemu.files import read_bytes
from phoneemu.fleet import fastcsv
from phoneemu.fleet.collector import at_rest
from phoneemu.fleet.columns import (
    Positions,
    all_of,
    first_said,
    header_again,
    like_header,
    like_headers,
    needed,
    positions,
    words_in,
)
from phoneemu.fleet.combining import together
from phoneemu.fleet.fastcsv import Bulk, Layout
from phoneemu.fleet.holding import UNREADABLE
from phoneemu.fleet.listed import LEFT_OUT, Traits
from phoneemu.fleet.listed import Inventory as Inventory
from phoneemu.fleet.listed import Listed as Listed
from phoneemu.fleet.remarks import Remark
from phoneemu.fleet.sqltext import SqlTable
from phoneemu.fleet.textfile import decoded, doubts

RECORD_LINES = 64
"""Most lines one quoted record may span before its opening line is taken as broken [assumed]."""

MARK = "\ufeff"
"""What a file put behind another brings before its first cell."""

LONGEST_NAME = 128
"""Longest device name kept; the database's own limit is 128 [assumed]."""


BROKEN = "\ufffd".encode()
"""What stands in a text where a sign was lost."""

_SEPARATOR = re.compile(r'"?sep=.?"?', re.IGNORECASE)


def read_inventory(paths: Iterable[Path], *, bulk_from: int = fastcsv.LARGE) -> Inventory:
    """All files as one: the first to say something of a phone counts, the next fill what it leaves open.

    Raises:
        BadInput: a file has no device-name column, or is empty.
        OSError: a file cannot be read.
    """
    return together(read_each(paths, bulk_from=bulk_from))


def read_each(paths: Iterable[Path], *, bulk_from: int = fastcsv.LARGE) -> tuple[Inventory, ...]:
    """Every file; in one the first row of a device name wins and later ones are remarked upon.

    Files of together `bulk_from` bytes or more are read in bulk when their rows are whole and plain; the
    result is the same.

    Raises:
        BadInput: a file has no device-name column, or is empty.
        OSError: a file cannot be read.
    """
    paths = list(paths)
    large = sum(path.stat().st_size for path in paths) >= bulk_from
    with at_rest():
        return tuple((_in_bulk(path) if large else None) or _carefully(path) for path in paths)


def _carefully(path: Path) -> Inventory:
    phones: dict[str, Listed] = {}
    remarks: list[Remark] = []
    content = read_bytes(path, limits.TABLE_BYTES, place=path.name)
    columns = _read_file(content, path.name, phones, remarks)
    return Inventory(phones=tuple(phones.values()), remarks=tuple(remarks), columns=(columns,))


def _in_bulk(path: Path) -> Inventory | None:
    """The same by columns, or None when the file needs a closer look as a whole."""
    remarks: list[Remark] = []
    content = _as_utf8(path, remarks)
    if not content.isascii() and BROKEN in content:  # the careful reader says so
        return None
    header, delimiter = _delimited(content[: content.find(b"\n")].decode().rstrip("\r"))
    wanted = positions(header)
    layout = Layout(positions=wanted, width=len(header), delimiter=delimiter, record_lines=RECORD_LINES)
    bulk = fastcsv.read(content, layout, path.name) if "name" in wanted else None
    careful = None if bulk is None else _remains(bulk, layout, path.name, remarks)
    roster = None if bulk is None or careful is None else bulk.with_careful(careful)
    if roster is None:
        return None
    return Inventory(
        phones=roster, remarks=tuple(remarks), columns=(_read_columns(path.name, header, wanted),)
    )


def _as_utf8(path: Path, remarks: list[Remark]) -> bytes:
    """A file as UTF-8 without a mark; another encoding is remarked upon as the careful reader does."""
    content = read_bytes(path, limits.TABLE_BYTES, place=path.name)
    try:
        if b"\x00" not in content and (content.isascii() or content.decode()):
            return content.removeprefix(codecs.BOM_UTF8)
    except UnicodeDecodeError:
        pass
    text = decoded(content, path.name)
    doubt = doubts(content, text)
    if doubt:
        remarks.append(Remark(place=path.name, text=doubt))
    return text.encode()


def _remains(bulk: Bulk, layout: Layout, file: str, remarks: list[Remark]) -> tuple[Listed, ...] | None:
    """The phones of the rows that were left to this reader; remarks in the order of their lines.

    None when another header stands among them: what is below it was read by the wrong one.
    """
    phones: dict[str, Listed] = {}
    said: list[Remark] = []
    records = iter(bulk.remains.records)
    if not _read_rows(records, layout.positions, layout.width, file, phones, said):
        return None
    said += (_left_out(file, line, why) for line, why in bulk.remains.broken)
    remarks += sorted(said, key=lambda remark: int(remark.place.rpartition(":")[2]))
    return tuple(phones.values())


def of_table(table: SqlTable, file: str) -> Inventory:
    """The phones of an answer of `run sql`.

    Raises:
        BadInput: it has no column of device names.
    """
    return of_records(table.columns, ((line, list(cells)) for line, cells in table.rows), file)


def of_records(columns: Sequence[str], rows: Iterable[tuple[int, list[str]]], file: str) -> Inventory:
    """The phones of (line, cells) under these columns.

    Raises:
        BadInput: none of the columns is of device names.
    """
    wanted = positions(columns)
    if "name" not in wanted:
        raise BadInput(f"no device-name column among {', '.join(columns[:6]) or 'nothing'}", place=file)
    phones: dict[str, Listed] = {}
    remarks: list[Remark] = []
    _read_rows(iter(rows), wanted, len(columns), file, phones, remarks)
    read = _read_columns(file, columns, wanted)
    return Inventory(phones=tuple(phones.values()), remarks=tuple(remarks), columns=(read,))


def read_text(text: str, file: str = "phones.csv") -> Inventory:
    """Read one file that is already text.

    Raises:
        BadInput: it has no device-name column, or is empty.
    """
    phones: dict[str, Listed] = {}
    remarks: list[Remark] = []
    columns = _read_file(text.encode(), file, phones, remarks)
    return Inventory(phones=tuple(phones.values()), remarks=tuple(remarks), columns=(columns,))


def _read_file(
    content: bytes, file: str, phones: dict[str, Listed], remarks: list[Remark]
) -> tuple[str, tuple[str, ...], int]:
    text = decoded(content, file)
    doubt = doubts(content, text)
    if doubt:
        remarks.append(Remark(place=file, text=doubt))
    lines = _Lines(text)
    header, delimiter = _header(lines, file)
    wanted = positions(header)
    if "name" not in wanted:
        raise BadInput(f"no device-name column among {', '.join(header[:6]) or 'nothing'}", place=f"{file}:1")
    _read_rows(_records(lines, delimiter, file, remarks), wanted, len(header), file, phones, remarks)
    return _read_columns(file, header, wanted)


def _read_columns(file: str, header: Sequence[str], wanted: Positions) -> tuple[str, tuple[str, ...], int]:
    used = tuple(dict.fromkeys(header[position] for position in all_of(wanted)))
    return file, used, len(header) - len(used)


class _Lines:
    """The lines of a file, with their numbers, and the power to give back those of a broken record."""

    def __init__(self, text: str) -> None:
        self.unquoted = '"' not in text
        """No record spans lines then, and none can be broken by a quote."""
        self._left: Iterator[str] = io.StringIO(text, newline="")
        self._given_back: deque[str] = deque()
        self.number = 0
        self.taken: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= RECORD_LINES:
            raise csv.Error("a quote that does not end")
        line = self._given_back.popleft() if self._given_back else next(self._left)
        self.number += 1
        self.taken.append(line)
        return line

    def rest(self) -> Iterator[str]:
        """The lines that are left, without counting them."""
        return self._left

    def give_back_all_but_first(self) -> None:
        """After a broken record: only its first line is lost."""
        rest = self.taken[1:]
        self.number -= len(rest)
        self._given_back.extendleft(reversed(rest))
        self.taken = []


def _header(lines: _Lines, file: str) -> tuple[list[str], str]:
    """The first line that says anything, split by the delimiter that finds a device-name column.

    A line `sep=;` before it, by which spreadsheets tell each other the delimiter, says nothing here.
    """
    for line in lines:
        lines.taken = []
        if line.strip(" \t\r\n,;\"'") and not _SEPARATOR.fullmatch(line.strip()):
            return _delimited(line)
    raise BadInput("the file is empty", place=f"{file}:1")


def _delimited(line: str) -> tuple[list[str], str]:
    candidates = [(_split(line, delimiter), delimiter) for delimiter in (",", ";", "\t", "|")]
    return next((found for found in candidates if "name" in positions(found[0])), candidates[0])


def header_of(text: str) -> list[str]:
    """The headers of a table; empty when the text has none."""
    try:
        return _header(_Lines(text), "")[0]
    except (BadInput, csv.Error):
        return []


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])]
    except csv.Error:  # a cell beyond the library's limit, or a line that is none
        return []


def _records(
    lines: _Lines, delimiter: str, file: str, remarks: list[Remark]
) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of every readable record; a broken one is remarked upon and costs its first line only."""
    if lines.unquoted:
        yield from _unquoted(lines.rest(), lines.number, delimiter, file, remarks)
        return
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken.clear()
        first = lines.number + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as broken:
            remarks.append(Remark(place=f"{file}:{first}", text=f"{LEFT_OUT}: {broken}"))
            lines.give_back_all_but_first()
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        yield first, record


def _unquoted(
    left: Iterator[str], before: int, delimiter: str, file: str, remarks: list[Remark]
) -> Iterator[tuple[int, list[str]]]:
    """The records of a file without quotes: a line each, so the library may read on its own."""
    reader = csv.reader(left, delimiter=delimiter)
    while True:
        try:
            for record in reader:
                yield before + reader.line_num, record
        except csv.Error as broken:  # a cell beyond the library's limit
            remarks.append(Remark(place=f"{file}:{before + reader.line_num}", text=f"{LEFT_OUT}: {broken}"))
            continue
        return


def _nothing(_record: list[str]) -> object:
    """What rows share that say nothing but a name."""
    return ()


def _read_rows(
    records: Iterator[tuple[int, list[str]]],
    wanted: Positions,
    width: int,
    file: str,
    phones: dict[str, Listed],
    remarks: list[Remark],
) -> bool:
    """Add the phones of these records; whether all of them stood under the one header."""
    again = _read_under(records, wanted, width, file, phones, remarks)
    if again is None:
        return True
    while again is not None:
        again = _read_under(records, *again, file, phones, remarks)
    return False


def _read_under(
    records: Iterator[tuple[int, list[str]]],
    wanted: Positions,
    width: int,
    file: str,
    phones: dict[str, Listed],
    remarks: list[Remark],
) -> tuple[Positions, int] | None:
    """The same up to where another header stands, which is given back with its width."""
    where = [at for at in all_of(wanted) if at != wanted["name"][0]]
    name_at = wanted["name"][0]
    key_of: Callable[[list[str]], object] = itemgetter(*where) if where else _nothing
    made = tuple.__new__  # a phone is a tuple; a million calls of its own constructor are seconds
    widest, reach = needed(wanted), max(all_of(wanted)) + 1
    shared: dict[object, Traits] = {}
    doubted: dict[object, list[str]] = {}
    for line, record in records:
        if len(record) != width:
            other = header_again(record, width, "") if any(map(like_header, record)) else None
            if other is not None:  # of a table with more columns, or fewer
                text = "the header stands here again, of other columns: the rows below are read by it"
                remarks.append(Remark(place=f"{file}:{line}", text=text))
                return other, len(record)
            if not _fits(record, width, widest, f"{file}:{line}", remarks):
                continue
            record += [""] * (reach - len(record))
        name = record[name_at]
        if not name.isalnum() or len(name) > LONGEST_NAME:
            name = name.strip().removeprefix(MARK)
            if not name or len(name) > LONGEST_NAME or not name.isprintable():
                remarks.append(_left_out(file, line, "no usable device name"))
                continue
        key = key_of(record)
        traits = shared.get(key)
        odd = like_header(name) or (traits is None and _headed(record, wanted))
        other = header_again(record, width, name) if odd else None
        if other is not None:
            how = "" if other == wanted else ", in another order: the rows below are read by it"
            remarks.append(Remark(place=f"{file}:{line}", text=f"the header stands here again{how}"))
            if how:
                return other, len(record)
            continue
        if traits is None:
            traits, doubts = _traits(record, wanted)
            if not odd:  # the next row that says so may be a header
                shared[key] = traits
            if doubts:
                doubted[key] = doubts
        if doubted and key in doubted:
            remarks += (Remark(place=f"{file}:{line}", text=text) for text in doubted[key])
        upper = name.upper()
        before = phones.get(upper)
        if before is None:
            phones[upper] = made(Listed, (name, traits, file, line))
        else:
            text = f"{name} stands twice: {before.file}:{before.line} is taken, this row is not"
            remarks.append(Remark(place=f"{file}:{line}", text=text))
    return None


def _fits(record: Sequence[str], width: int, widest: int, place: str, remarks: list[Remark]) -> bool:
    """Whether a row of more or fewer cells than the header has those that are needed; what is odd is told."""
    if len(record) <= widest:
        if any(cell.strip() for cell in record):
            why = f"{LEFT_OUT}: {len(record)} cells, {widest + 1} are needed"
            remarks.append(Remark(place=place, text=why))
        return False
    if any(cell.strip() for cell in record[width:]):
        text = f"{len(record)} cells under {width} headers: is a delimiter in a cell without quotes?"
        remarks.append(Remark(place=place, text=text))
    return True


def _headed(record: Sequence[str], wanted: Positions) -> bool:
    """Whether a word of a header stands where a value should."""
    return any(like_header(record[at]) for at in like_headers(wanted))


def _traits(record: Sequence[str], wanted: Positions) -> tuple[Traits, list[str]]:
    """What a row says beside the name, and what of it should be of a list and is no checksum."""
    found: dict[str, str] = {}
    doubts: list[str] = []
    for field in Traits._fields:
        said: list[str] = []
        for at in wanted.get(field, ()):
            cell = shown(record[at].strip())
            words = words_in(field, at, wanted, cell)
            if words is None:
                doubts.append(f"`{cell}` is no checksum of the {field.upper()}: nothing is taken from it")
            said.append(UNREADABLE if words is None else words)
        found[field] = first_said(said)
    return Traits(**found), doubts


def _left_out(file: str, line: int, why: str) -> Remark:
    return Remark(place=f"{file}:{line}", text=f"{LEFT_OUT}: {why}")
