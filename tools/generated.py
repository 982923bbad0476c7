"""Parts of texts that a program writes, between `<!-- NAME:begin -->` and `<!-- NAME:end -->`.

Knows nothing of what the parts say. `refresh` writes them; with `check` it only tells whether they are stale.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def splice(text: str, name: str, body: str) -> str:
    """The text with the part of this name replaced.

    Raises:
        ValueError: the text does not hold the two marks once each, in order.
    """
    begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->\n"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"no part {name}, or more than one")
    before, after = text.split(begin)[0], text.split(end)[1]
    return f"{before}{begin}{body.rstrip()}\n{end}{after}"


def fenced(body: str, language: str = "") -> str:
    """A code block; the body keeps its own blank lines."""
    return f"```{language}\n{body.strip(chr(10))}\n```"


def refresh(parts: Mapping[str, Mapping[str, str]], *, check: bool, root: Path = ROOT) -> int:
    """Write the parts, given as file -> name -> body; `check` only tells: 1 when one is stale."""
    stale = []
    for name, bodies in parts.items():
        path = root / name
        old = new = path.read_text(encoding="utf-8")
        for part, body in bodies.items():
            new = splice(new, part, body)
        if new != old:
            stale.append(name)
            if not check:
                path.write_text(new, encoding="utf-8")
    for name in stale:
        print(f"{name}: {'stale, run `make docs`' if check else 'refreshed'}", file=sys.stderr)
    return int(check and bool(stale))
