"""Large phone exports, read in bulk by a data-frame library, but for the rows that need a closer look.

A row needs one when it is not a line with every wanted cell and no more cells than the header, when its name
is not plain or stands more than once, or when what should be a checksum is none. Such rows are handed to the
careful reader of inventory with their line numbers; where it sees something that only the whole file can
settle, the answer is None and it reads the whole. Both ways read the same, and a test holds them to it.
"""

import csv
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import cast

import attrs
import polars as pl

from phoneemu.core.plaintext import shown
from phoneemu.fleet.columns import (
    LISTS,
    SINGLE_WORDS,
    Positions,
    all_of,
    first_said,
    like_header,
    like_headers,
    needed,
    words_in,
)
from phoneemu.fleet.listed import Listed, Traits
from phoneemu.fleet.roster import FILE, KIND, LINE, NAME, SITE, Roster, as_roster, coded, joined, paired

LARGE = 1 << 20
"""Bytes from which a file is worth the library; a smaller one is read before that has started."""

_CELL_BYTES = 131_072
"""Longest cell that the careful reader takes; a longer line is left to it."""
_NARROW = 24
"""Most columns of which all are read, whether they are wanted or not."""
_PLAIN_NAME = r"^[!-~]{1,128}$"
_QUOTED = r'"(?:[^"]|"")*"'
_MARK = "\x02"


_MOST_ODD = 0.2
"""Largest share of rows that need a closer look; beyond it the careful reader takes the whole."""


@attrs.frozen(kw_only=True)
class Layout:
    """How a file is laid out: where the wanted columns stand among how many, by which delimiter.

    `record_lines` is the most lines that a quoted record may span.
    """

    positions: Positions
    width: int
    delimiter: str
    record_lines: int


@attrs.frozen(kw_only=True)
class Remains:
    """What the careful reader is to look at: records by line, and what cannot be read as one, by line."""

    records: Sequence[tuple[int, list[str]]]
    broken: Sequence[tuple[int, str]]


@attrs.frozen(kw_only=True)
class Bulk:
    """What was read in bulk, and what was not."""

    roster: Roster
    remains: Remains

    def with_careful(self, phones: Sequence[Listed]) -> Roster | None:
        """All phones in the order of their lines; None when a phone was read by both readers."""
        if not phones:
            return self.roster
        whole = joined([self.roster, as_roster(phones)])
        return whole.ordered(whole.frame[LINE].arg_sort()) if _once(whole.frame[NAME]) else None


def read(content: bytes, layout: Layout, file: str) -> Bulk | None:
    """The phones below a header in the first line; None when the careful reader must look at the whole."""
    if b"\r" in content and content.count(b"\r") != content.count(b"\r\n"):
        return None  # a lone carriage return ends a line, too
    if b"\x00" in content or _MARK.encode() in content:
        return None
    try:
        if not content.isascii():
            content.decode()
        return _read(content, layout, file)
    except (UnicodeDecodeError, pl.exceptions.PolarsError):
        return None


def _lines(content: bytes) -> pl.Series:
    return pl.read_lines(content)["line"]


@attrs.frozen(kw_only=True)
class _Cells:
    """The rows that are whole, with the number of the line each stands in, and what else there is."""

    frame: pl.DataFrame
    at: pl.Series
    records: Sequence[tuple[int, list[str]]] = ()
    broken: Sequence[tuple[int, str]] = ()


def _read(content: bytes, layout: Layout, file: str) -> Bulk | None:
    cells = _even(content, layout) or _uneven(content, layout)
    if cells is None:
        return None
    frame, at, records = cells.frame, cells.at, cells.records
    plain = _plain(frame, layout)
    if not plain.all():
        closer = at.filter(~plain)
        lines = _lines(content)[closer - 1].to_list()
        split = (_split(line, layout) for line in lines)
        records = sorted([*records, *zip(closer.to_list(), split, strict=True)])
        if len(records) > len(at) * _MOST_ODD:
            return None
        frame, at = frame.filter(plain), at.filter(plain)
    return Bulk(
        roster=_roster(frame, at, layout, file), remains=Remains(records=records, broken=cells.broken)
    )


def _even(content: bytes, layout: Layout) -> _Cells | None:
    """The rows of a file without quotes whose lines all have as many cells as the header, else None.

    The library fails on a longer line; a shorter one leaves a delimiter too few. So lines need no look of
    their own, which takes longer than all the cells of a narrow file.
    """
    if not 1 < layout.width <= _NARROW or b'"' in content or _has_long_line(content):
        return None
    try:
        frame = _cells_of(content, layout, None)
    except pl.exceptions.ComputeError:
        return None
    expected = (layout.width - 1) * (frame.height + 1)
    if frame.height < 1 or content.count(layout.delimiter.encode()) != expected:
        return None
    return _Cells(frame=frame, at=_numbers(frame.height))


def _has_long_line(content: bytes) -> bool:
    start = 0
    while start + _CELL_BYTES < len(content):
        end = content.rfind(b"\n", start, start + _CELL_BYTES)
        if end < 0:
            return True
        start = end + 1
    return False


def _uneven(content: bytes, layout: Layout) -> _Cells | None:
    """The rows that are whole lines, and the records of the others; None when the header is no whole line."""
    # all lines take as much room as the file, so they are not kept while there is nothing to do for one
    regular = _regular(_lines(content), layout)
    if len(regular) < 2 or not regular[0]:
        return None
    regular = regular.slice(1)
    odd = cast("list[int]", (~regular).arg_true().to_list())
    if len(odd) > len(regular) * _MOST_ODD:
        return None
    at = _numbers(len(regular))
    records: list[tuple[int, list[str]]] = []
    broken: list[tuple[int, str]] = []
    if odd:
        lines = _lines(content)
        header, lines = lines[0], lines.slice(1)
        records, broken, taken = _records(lines, odd, layout)
        if taken:  # lines that look whole, but stand inside a record
            regular = regular & ~pl.int_range(lines.len(), eager=True).is_in(taken)
        at = at.filter(regular)
        content = "\n".join([header, *lines.filter(regular).to_list()]).encode()
    frame = _cells_of(content, layout, sorted(all_of(layout.positions)))
    return _Cells(frame=frame, at=at, records=records, broken=broken) if frame.height == len(at) else None


def _numbers(count: int) -> pl.Series:
    """The numbers of so many lines below the header."""
    return pl.int_range(2, count + 2, dtype=pl.UInt32, eager=True)


def _cells_of(content: bytes, layout: Layout, columns: Sequence[int] | None) -> pl.DataFrame:
    """The cells below the header, of these columns or of all."""
    return pl.read_csv(
        content,
        columns=columns,
        has_header=False,  # but it stands in the first line, and tells how many columns there are
        separator=layout.delimiter,
        infer_schema=False,
        empty_string_is_null=False,
    ).slice(1)


def _regular(lines: pl.Series, layout: Layout) -> pl.Series:
    """Whether each line is one record with as many cells as the header."""
    wide = _wide(lines, layout) & (lines.str.len_bytes() <= _CELL_BYTES)
    quoted = lines.str.contains('"', literal=True)
    if not quoted.any():
        return wide
    bare = lines.filter(quoted).str.replace_all(_QUOTED, _MARK)
    edge = "\\" + layout.delimiter if layout.delimiter == "|" else layout.delimiter
    loose = rf'"|[^{edge}]{_MARK}|{_MARK}[^{edge}]'
    whole = ~bare.str.contains(loose) & _wide(bare, layout)
    short = lines.filter(quoted).str.len_bytes() <= _CELL_BYTES
    return wide.scatter(quoted.arg_true(), whole & short)


def _wide(lines: pl.Series, layout: Layout) -> pl.Series:
    """Whether each line has every wanted cell, and no more cells than the header."""
    delimiters = lines.str.count_matches(layout.delimiter, literal=True)
    return delimiters.is_between(needed(layout.positions), layout.width - 1)


def _split(line: str, layout: Layout) -> list[str]:
    return next(csv.reader([line], delimiter=layout.delimiter, strict=True), [])


def _records(
    lines: pl.Series, odd: Sequence[int], layout: Layout
) -> tuple[list[tuple[int, list[str]]], list[tuple[int, str]], list[int]]:
    """What starts at each odd line: records, what is none, and which other lines those records take."""
    records: list[tuple[int, list[str]]] = []
    broken: list[tuple[int, str]] = []
    taken: list[int] = []
    free = 0
    for start, text in zip(odd, lines[odd].to_list(), strict=True):
        if start < free:
            continue  # inside a record
        if '"' not in text and len(text) <= _CELL_BYTES // 4:
            records.append((start + 2, _split(text, layout)))
            free = start + 1
            continue
        window = _Window(lines[start : start + layout.record_lines].to_list(), layout.record_lines)
        try:
            record = next(csv.reader(window, delimiter=layout.delimiter, strict=True))
        except csv.Error as error:
            broken.append((start + 2, str(error)))
            free = start + 1
            continue
        records.append((start + 2, record))
        free = start + window.given
        taken += range(start + 1, free)
    return records, broken, taken


class _Window:
    """A few lines for the library's reader, which asks for as many as a record needs."""

    def __init__(self, lines: list[str], most: int) -> None:
        self._lines = lines
        self._most = most
        self.given = 0

    def __iter__(self) -> "_Window":
        return self

    def __next__(self) -> str:
        if self.given >= self._most:
            raise csv.Error("a quote that does not end")
        if self.given >= len(self._lines):
            raise StopIteration
        self.given += 1
        return self._lines[self.given - 1] + "\n"


def _plain(frame: pl.DataFrame, layout: Layout) -> pl.Series:
    """Whether each row needs no closer look."""
    name = _column(frame, layout.positions["name"][0])
    good = name.str.contains(_PLAIN_NAME)
    if not _once(name):
        good &= name.str.to_uppercase().is_unique()
    for at in like_headers(layout.positions):
        cells = _column(frame, at)
        if at == layout.positions["name"][0]:  # a name of several words is not plain, and no word has digits
            wordy = ~cells.str.contains("[0-9]")
            if wordy.any():
                good &= ~(wordy & cells.str.to_lowercase().is_in(SINGLE_WORDS))
            continue
        again = [cell for cell in cells.unique().to_list() if like_header(cell)]
        if again:
            good &= ~cells.is_in(again)
    for field in LISTS & layout.positions.keys():
        for at in layout.positions[field]:
            cells = _column(frame, at)
            words = ((cell, words_in(field, at, layout.positions, cell)) for cell in cells.unique().to_list())
            wrong = [cell for cell, read in words if read is None]
            if wrong:
                good &= ~cells.is_in(wrong)
    return good


def _column(frame: pl.DataFrame, at: int) -> pl.Series:
    """A column of the file; a row that ends before it has nothing there."""
    return frame[f"column_{at}"].fill_null("")


def _roster(frame: pl.DataFrame, line: pl.Series, layout: Layout, file: str) -> Roster:
    count = frame.height
    wanted = layout.positions
    said = {field: _said(frame, field, wanted) for field in Traits._fields if field in wanted}
    site, sites = said.pop("site", (_same(count), [""]))
    kind, kinds = _kinds(said, count)
    columns = {
        NAME: _column(frame, wanted["name"][0]),
        KIND: kind,
        SITE: site,
        FILE: _same(count),
        LINE: line,
    }
    return Roster(frame=pl.DataFrame(columns), kinds=kinds, sites=tuple(sites), files=(file,))


def _said(frame: pl.DataFrame, field: str, wanted: Positions) -> tuple[pl.Series, list[str]]:
    """What each row says of one thing, as numbers and what they mean; the first column to say it counts."""

    def words_at(at: int) -> tuple[pl.Series, list[str]]:
        codes, cells = coded(_column(frame, at))
        return codes, [words_in(field, at, wanted, shown(cell.strip())) or "" for cell in cells]

    def with_next(before: tuple[pl.Series, list[str]], at: int) -> tuple[pl.Series, list[str]]:
        codes, texts = words_at(at)
        numbers, pairs = paired(before[0], codes)
        return numbers, [first_said((before[1][old], texts[new])) for old, new in pairs]

    first, *others = wanted[field]
    return reduce(with_next, others, words_at(first))


def _once(names: pl.Series) -> bool:
    """Whether each name stands once; case does not count."""
    upper = names.str.to_uppercase()
    # hashes are soon told apart; where two are the same, their names may differ all the same
    return upper.hash().n_unique() == names.len() or upper.n_unique() == names.len()


def _same(count: int) -> pl.Series:
    return pl.repeat(0, count, dtype=pl.UInt32, eager=True)


def _kinds(
    said: Mapping[str, tuple[pl.Series, list[str]]], count: int
) -> tuple[pl.Series, tuple[Traits, ...]]:
    """A number for each combination of what is said in a row, and the combinations."""

    def with_next(
        before: tuple[pl.Series, list[dict[str, str]]], column: tuple[str, tuple[pl.Series, list[str]]]
    ) -> tuple[pl.Series, list[dict[str, str]]]:
        field, (codes, texts) = column
        if len(texts) == 1:
            return before[0], [{**each, field: texts[0]} for each in before[1]]
        numbers, pairs = paired(before[0], codes)
        return numbers, [{**before[1][old], field: texts[new]} for old, new in pairs]

    start: tuple[pl.Series, list[dict[str, str]]] = (_same(count), [{}])
    numbers, kinds = reduce(with_next, said.items(), start)
    return numbers, tuple(Traits(**each) for each in kinds)
