"""Text of `run sql ...` as a terminal shows it, or a web page after it ate the blanks.

A table is a line of column names, a line of `=` runs that give the widths, and rows padded to them
[SEED118893]. A copy with collapsed blanks is read by words, as long as no value holds a blank.
A certificate breaks the table, for its PEM has many lines: it is put together again and counts as one word.
What cannot be read is remarked upon by its line, never guessed.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from phoneemu.core import limits
from phoneemu.errors import NothingInIt
from phoneemu.fleet import textfile
from phoneemu.fleet.certentries import PEM_BEGIN, PEM_END
from phoneemu.fleet.listed import LEFT_OUT
from phoneemu.fleet.remarks import Remark

_RULE = re.compile(r"=+(?:\s+=+)*")
_NULL = "NULL"


@attrs.frozen(kw_only=True)
class SqlTable:
    """One answer: lower-case column names, and (line, cells) of each row; NULL is an empty cell."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def dicts(self) -> Iterator[tuple[int, dict[str, str]]]:
        """(line, cells by column) of each row."""
        for line, cells in self.rows:
            yield line, dict(zip(self.columns, cells, strict=True))


def read(path: Path) -> tuple[tuple[SqlTable, ...], tuple[Remark, ...]]:
    """Every table of a file, and what could not be read.

    Raises:
        BadInput: there is no table in it, or it is too large.
        OSError: the file cannot be read.
    """
    return parse(textfile.read(path, limits.SQL_TEXT_BYTES), path.name)


def is_rule(line: str) -> bool:
    """Whether a line is the line of `=` under the column names."""
    return _RULE.fullmatch(line.strip()) is not None


def parse(text: str, file: str) -> tuple[tuple[SqlTable, ...], tuple[Remark, ...]]:
    """Every table of a text, and what could not be read.

    Raises:
        BadInput: there is no table in it.
    """
    lines = text.splitlines()
    rules = [at for at, line in enumerate(lines) if at and is_rule(line) and not is_rule(lines[at - 1])]
    if not rules:
        raise NothingInIt("no answer of `run sql`: a line of column names over a line of ===", place=file)
    tables: list[SqlTable] = []
    remarks: list[Remark] = []
    first: NothingInIt | None = None
    for number, rule in enumerate(rules):
        end = rules[number + 1] - 1 if number + 1 < len(rules) else len(lines)
        try:
            tables.append(_table(lines, rule, end, file, remarks))
        except NothingInIt as unlike:  # a line under a headline, perhaps
            first = first or unlike
            remarks.append(Remark(place=unlike.place, text=f"no table: {unlike.what}"))
    if not tables and first is not None:
        raise first
    return tuple(tables), tuple(remarks)


def _table(lines: Sequence[str], rule: int, end: int, file: str, remarks: list[Remark]) -> SqlTable:
    columns = lines[rule - 1].lower().split()
    first = rule + 1
    while first < end and is_rule(lines[first]):  # a terminal wrapped it
        first += 1
    spans = [match.span() for match in re.finditer(r"=+", "".join(lines[rule:first]))]
    if len(columns) != len(spans):
        what = f"{len(columns)} column names over {len(spans)} columns"
        raise NothingInIt(what, place=f"{file}:{rule}")
    rows: list[tuple[int, tuple[str, ...]]] = []
    for at, line, certificate in _whole(lines, first, end):
        cells = _cells(line, spans) if certificate is None else _around(line, certificate, spans)
        if cells is None:
            text = f"{LEFT_OUT}: it does not fit the {len(spans)} columns"
            remarks.append(Remark(place=f"{file}:{at + 1}", text=text))
        else:
            rows.append((at + 1, tuple("" if cell == _NULL else cell for cell in cells)))
    return SqlTable(columns=tuple(columns), rows=tuple(rows))


def _whole(lines: Sequence[str], first: int, end: int) -> Iterator[tuple[int, str, str | None]]:
    """(index, line, PEM in it) of every row; lines of one PEM are one, and a prompt ends the answer."""
    at = first
    while at < end:
        start, line = at, lines[at].expandtabs(8).rstrip()
        at += 1
        if line.lstrip().lower().startswith("admin:"):
            return
        if not line.strip():
            continue
        if at < end and PEM_BEGIN in lines[start] + lines[at] and PEM_BEGIN not in line + "\n" + lines[at]:
            line, at = lines[start] + lines[at], at + 1  # a terminal wrapped the mark
        begins = line.find(PEM_BEGIN)
        if begins < 0:
            yield start, line, None
            continue
        parts = [line]
        while PEM_END not in parts[-1] and at < min(end, start + PEM_LINES):
            parts.append(lines[at])
            at += 1
        if PEM_END not in parts[-1]:  # it was cut: only its first line is lost
            at = start + 1
        yield start, line[:begins], "\n".join(parts)[begins:]


PEM_LINES = 400
"""Most lines one certificate may take: 16 KiB in lines of 64 are 350 [assumed]."""


def _around(before: str, certificate: str, spans: Sequence[tuple[int, int]]) -> list[str] | None:
    """The cells of a row with a certificate, by the widths before it or by words; None where neither fits."""
    pem, marked, after = certificate.partition(PEM_END)
    if not marked:
        return None
    last = after.split()
    if len(last) >= len(spans):
        return None
    ahead = spans[: len(spans) - 1 - len(last)]
    cells = _cells(before, ahead) if ahead else ([] if not before.strip() else None)
    return None if cells is None else [*cells, pem + marked, *last]


def _cells(line: str, spans: Sequence[tuple[int, int]]) -> list[str] | None:
    """The cells by the widths; by words where the widths do not fit; None where neither does."""
    words = line.split()
    gaps = (line[end : spans[number + 1][0]] for number, (_, end) in enumerate(spans[:-1]))
    by_width = not any(gap.strip() for gap in gaps)
    reaches = len(line) > spans[-1][0]
    if len(words) == len(spans) and not (by_width and reaches):
        return words
    if not by_width:
        return None
    cells = [line[start:end].strip() for start, end in spans[:-1]]
    return [*cells, line[spans[-1][0] :].strip()]
