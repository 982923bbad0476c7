"""Text of `run sql ...` as a terminal shows it, or a web page after it ate the blanks.

A table is a line of column names, a line of `=` runs that give the widths, and rows padded to them
[SEED118893, INVENTORY 1.2]. A copy with collapsed blanks is read by words, as long as no value holds a blank.
What cannot be read is remarked upon by its line, never guessed.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from phoneemu.core import limits
from phoneemu.errors import BadInput
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
    if path.stat().st_size > limits.SQL_TEXT_BYTES:
        raise BadInput(f"larger than {limits.SQL_TEXT_BYTES:,} bytes", place=path.name)
    return parse(path.read_bytes().decode("utf-8-sig", errors="replace"), path.name)


def parse(text: str, file: str) -> tuple[tuple[SqlTable, ...], tuple[Remark, ...]]:
    """Every table of a text, and what could not be read.

    Raises:
        BadInput: there is no table in it.
    """
    lines = text.splitlines()
    rules = [at for at, line in enumerate(lines) if at and _RULE.fullmatch(line.strip())]
    if not rules:
        raise BadInput("no answer of `run sql`: a line of column names over a line of ===", place=file)
    tables: list[SqlTable] = []
    remarks: list[Remark] = []
    for number, rule in enumerate(rules):
        end = rules[number + 1] - 1 if number + 1 < len(rules) else len(lines)
        tables.append(_table(lines, rule, end, file, remarks))
    return tuple(tables), tuple(remarks)


def _table(lines: Sequence[str], rule: int, end: int, file: str, remarks: list[Remark]) -> SqlTable:
    spans = [match.span() for match in re.finditer(r"=+", lines[rule])]
    columns = lines[rule - 1].lower().split()
    if len(columns) != len(spans):
        what = f"{len(columns)} column names over {len(spans)} columns"
        raise BadInput(what, place=f"{file}:{rule}")
    rows: list[tuple[int, tuple[str, ...]]] = []
    for at in range(rule + 1, end):
        line = lines[at].expandtabs(8).rstrip()
        if not line.strip() or line.lstrip().lower().startswith("admin:"):
            continue
        cells = _cells(line, spans)
        if cells is None:
            text = f"row left out: it does not fit the {len(spans)} columns"
            remarks.append(Remark(place=f"{file}:{at + 1}", text=text))
        else:
            rows.append((at + 1, tuple("" if cell == _NULL else cell for cell in cells)))
    return SqlTable(columns=tuple(columns), rows=tuple(rows))


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
