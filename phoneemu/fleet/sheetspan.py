"""How many cells the sheets of an XLSX file span, before anything is allocated for them.

The library keeps a sheet as a rectangle from its first cell to its last: one lonely cell far down and far to
the right would take all memory. So the cells' places are looked at first, in the packed XML itself.
"""

import re
import zipfile
import zlib
from pathlib import Path
from typing import IO

from phoneemu.core import limits
from phoneemu.errors import BadInput

CHUNK = 4 * 1024 * 1024

_SAFE_ROWS = r"(?:\d{1,6}|10[0-4]\d{4})"
_ODD = re.compile(rf"<(?:\w+:)?c(?=[\s/>])(?! r=\"[A-Z]{_SAFE_ROWS}\"[ />])".encode())
"""A cell that does not say first where it stands, or stands beyond column Z or a sheet's height."""
_TOKEN = re.compile(rb"<(?:\w+:)?(row|c)(?=[\s/>])((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
_PLACE = re.compile(rb"(?:[^\"']|\"[^\"]*\"|'[^']*')*?\sr\s*=\s*[\"']\s*([A-Za-z]{0,9})(\d{1,18})")


def refuse_far_cells(path: Path) -> None:
    """Refuse a sheet whose cells span more than is ever held in memory.

    Raises:
        BadInput: they do, or the file is no archive that can be read.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            for each in packed.infolist():
                with packed.open(each) as part:  # which part is a sheet, only other parts tell
                    odd = _is_odd(part)
                if odd:
                    with packed.open(each) as part:
                        _refuse(part, path.name)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise BadInput(f"no spreadsheet that can be read ({error})", place=path.name) from None


def _is_odd(part: IO[bytes]) -> bool:
    """Whether some cell may make the rectangle large; quick, for most sheets are narrow and plain."""
    kept = b""
    while chunk := part.read(CHUNK):
        whole, kept = _whole_tags(kept + chunk)
        if _ODD.search(whole):
            return True
    return _ODD.search(kept) is not None


def _refuse(part: IO[bytes], file: str) -> None:
    """Follow every cell as the library does, by its place or after the one before."""
    row = column = rows = columns = 0
    kept = b""
    while True:
        chunk = part.read(CHUNK)
        whole, kept = _whole_tags(kept + chunk) if chunk else (kept, b"")
        for tag in _TOKEN.finditer(whole):
            place = _PLACE.match(tag[2])
            if tag[1] == b"row":
                row, column = (int(place[2]) if place else row + 1), 0
                continue
            if place:
                row, column = int(place[2]), _number(place[1])
            else:
                row, column = max(row, 1), column + 1
            if not tag[2].endswith(b"/"):  # a cell with a style alone is nothing
                rows, columns = max(rows, row), max(columns, column)
        if rows * columns > limits.SHEET_CELLS:
            span = f"its cells span {rows:,} rows and {columns:,} columns"
            most = f"{limits.SHEET_CELLS:,} cells are read: delete what stands far away from the table"
            raise BadInput(f"{span}; {most}", place=file)
        if not chunk:
            return


def _whole_tags(text: bytes) -> tuple[bytes, bytes]:
    """The text up to the last tag that is whole, and the rest."""
    cut = text.rfind(b"<")
    return (text[:cut], text[cut:]) if cut > 0 else (b"", text)


def _number(letters: bytes) -> int:
    """`A` is 1, `AA` 27."""
    found = 0
    for letter in letters.upper():
        found = found * 26 + letter - 64
    return found
