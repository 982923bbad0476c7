"""Remark: something about an export that a person should see, and how many of them a report tells."""

import re
from collections.abc import Iterator, Sequence

import attrs

ROWS = 3
"""Remarks told on the rows of one file."""
FILES = 8
"""Files of whose rows some are told."""


@attrs.frozen(kw_only=True)
class Remark:
    """Something about an export that a person should see: `place` is `file:line`."""

    place: str
    text: str


_ROW = re.compile(r"(?P<file>[^:]+):\d+: ")
"""The beginning of a remark on one row of a file."""


def told(remarks: Sequence[str], most: int) -> Iterator[str]:
    """The first `most` remarks that are on no row, then some on the rows of each file, and what is left.

    Counted apart, since a large export has more broken rows than a plan has warnings.
    """
    whole: list[str] = []
    rows: dict[str, list[str]] = {}
    for remark in remarks:
        row = _ROW.match(remark)
        (whole if row is None else rows.setdefault(row["file"], [])).append(remark)
    yield from whole[:most]
    if len(whole) > most:
        yield f"and {len(whole) - most:,} more; --json has them all"
    for file, those in list(rows.items())[:FILES]:
        yield from those[:ROWS]
        if len(those) > ROWS:
            yield f"{file}: and {len(those) - ROWS:,} more rows; --json has them all"
    left = list(rows.values())[FILES:]
    if left:
        count = sum(map(len, left))
        yield f"and {count:,} more on rows of {len(left):,} more files; --json has them all"
