"""AXL answers of executeSQLQuery: the tables that `run sql` prints, as elements `row`.

A cell keeps its own lines here, so a certificate is whole. What a table is about its columns tell, as in
text.
"""

from pathlib import Path

from phoneemu.errors import NothingInIt
from phoneemu.fleet import xmlreading
from phoneemu.fleet.sqltext import SqlTable


def read(path: Path) -> tuple[SqlTable, ...]:
    """The tables of an answer; rows with the same columns are one.

    Raises:
        BadInput: it is no well-formed XML, a fault of the service, or has no row; names the line.
        OSError: it cannot be read.
    """
    found: dict[tuple[str, ...], list[tuple[int, tuple[str, ...]]]] = {}
    for element in xmlreading.answer(path).walk():
        if element.tag == "row" and element.children:
            cells = element.cells()
            found.setdefault(tuple(cells), []).append((element.line, tuple(cells.values())))
    if not found:
        raise NothingInIt("no row in it: an answer of executeSQLQuery has some", place=path.name)
    return tuple(SqlTable(columns=columns, rows=tuple(rows)) for columns, rows in found.items())
