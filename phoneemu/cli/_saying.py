"""Lines that hold names of others, on a terminal or in a pipe: a name is shown, and never obeyed."""

import re
import sys
from collections.abc import Iterable
from typing import TextIO

from phoneemu.core.plaintext import shown

_COLOUR = re.compile("(\x1b\\[[0-9;]*m)")


def say(lines: Iterable[str], to: TextIO | None = None) -> None:
    """Print each line as one line, colours alone kept, on standard output unless told otherwise."""
    stream = sys.stdout if to is None else to
    stream.writelines(f"{_seen(line)}\n" for line in lines)


def _seen(line: str) -> str:
    if line.isprintable():
        return line
    parts = _COLOUR.split(line)  # colours at the odd places
    return "".join(part if at % 2 else shown(part) for at, part in enumerate(parts))
