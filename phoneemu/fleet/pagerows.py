"""Rows of a saved page: (line, label, value), from HTML, from XML, or from the page's text.

What a label means is for phonepages; nothing here knows a phone.
"""

import contextlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import NamedTuple

from phoneemu.errors import BadInput
from phoneemu.fleet import xmlreading


class Row(NamedTuple):
    """One line of a page; `label` is "" for text that stands alone."""

    line: int
    label: str
    value: str


def rows(text: str, file: str) -> list[Row]:
    """Every row of a page, and every text that stands in none.

    Raises:
        BadInput: it is XML, and not well-formed; names the line.
    """
    start = text.lstrip().lower()
    if not start.startswith("<"):
        return list(_lines(text))
    if start.startswith("<?xml"):
        return _elements(text, file)
    if not _HTML.search(start[:4096]):
        with contextlib.suppress(BadInput):  # a part of a page may begin with any tag
            return _elements(text, file)
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.finished()


def _elements(text: str, file: str) -> list[Row]:
    elements = xmlreading.parse(_ENCODING.sub("", text, count=1).encode(), file).walk()
    return [Row(each.line, each.tag, " ".join(each.text.split())) for each in elements if each.text.strip()]


_HTML = re.compile(r"<(?:!doctype html|html|head|body|table|title)\b")
_ENCODING = re.compile(r"""\s+encoding=["'][^"']*["']""")
"""The encoding that an XML file states; it is text by now."""


def _lines(text: str) -> Iterator[Row]:
    """A page copied as text: label and value apart by a tab, a colon or blanks, or on two lines."""
    before = ""
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.strip()
        if not plain:
            continue
        parts = [part for part in re.split(r"\t+|\s{2,}|\s*:\s+", plain, maxsplit=1) if part.strip()]
        if len(parts) == 2:
            yield Row(number, parts[0], " ".join(parts[1].split()))
            before = ""
        else:
            if before:
                yield Row(number, before, plain)
            before = plain.rstrip(":")
        yield Row(number, "", plain)


class _Reader(HTMLParser):
    """Collects the cells of the innermost rows; tables stand in tables on these pages."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[int, list[str]] | None] = []
        """Rows that are open; None where a table began."""
        self._found: list[Row] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - theirs
        """Open a table, a row or a cell."""
        if tag == "table":
            self._open.append(None)
        elif tag == "tr":
            self._end_row()
            self._open.append((self.getpos()[0], []))
        elif tag in ("td", "th") and self._open and self._open[-1] is not None:
            self._open[-1][1].append("")

    def handle_endtag(self, tag: str) -> None:
        """Close a row, or a table with the row that it left open."""
        if tag == "tr":
            self._end_row()
        elif tag == "table":
            self._end_row()
            if self._open:
                self._open.pop()

    def handle_data(self, data: str) -> None:
        """Keep a text in its cell, and by itself."""
        row = self._open[-1] if self._open else None
        if row is not None and row[1]:
            row[1][-1] += data
        plain = " ".join(data.split())
        if plain:
            self._found.append(Row(self.getpos()[0], "", plain))

    def _end_row(self) -> None:
        row = self._open[-1] if self._open else None
        if row is None:
            return
        self._open.pop()
        cells = [" ".join(cell.split()) for cell in row[1]]
        filled = [cell for cell in cells if cell]
        if len(cells) > 1 and filled and cells[0]:
            self._found.append(Row(row[0], filled[0], filled[-1] if len(filled) > 1 else ""))

    def finished(self) -> list[Row]:
        """Every row, those left open too."""
        while self._open:
            self._end_row()
            if self._open:
                self._open.pop()
        return self._found
