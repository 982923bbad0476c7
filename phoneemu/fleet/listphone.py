"""AXL answers of listPhone: plain or inside their SOAP envelope, of any version of the schema.

Each `phone` element is a row whose children are its cells, named by the same words as the columns of a table.
"""

from pathlib import Path

from phoneemu.errors import NothingInIt
from phoneemu.fleet import xmlreading
from phoneemu.fleet.inventory import Inventory, of_records


def read(path: Path) -> Inventory:
    """The phones of an answer.

    Raises:
        BadInput: it is no well-formed XML, or no such answer; names the line.
        OSError: it cannot be read.
    """
    root = xmlreading.answer(path)
    rows: list[tuple[int, dict[str, str]]] = []
    columns: dict[str, None] = {}
    for element in root.walk():
        if element.tag != "phone":
            continue
        cells = element.cells()
        if cells.get("class", "Phone") not in ("Phone", ""):
            continue
        cells["model"] = cells.get("model") or cells.get("product", "")
        rows.append((element.line, cells))
        columns.update(dict.fromkeys(cells))
    if not rows:
        raise NothingInIt("no phone in it: an answer of listPhone names some", place=path.name)
    return of_records(
        list(columns), ((line, [cells.get(name, "") for name in columns]) for line, cells in rows), path.name
    )
