"""Lines of a log with their times, whatever stands before the text; wrapped lines are joined again.

Published logs are wrapped by the page they stand on: a line without a number and without a time belongs to
the one before it.
"""

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from phoneemu.core import limits
from phoneemu.errors import BadInput
from phoneemu.files import reading

DAY = 86400.0
_CLOCK = r"(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?"
_HEAD = re.compile(
    rf"\s*(?:\d{{1,12}}:?\s+)?(?:(?:NOT|WRN|ERR|INF|DBG|DEB|CRT)\s+)?(?:[A-Z][a-z]{{2}}\s+\d{{1,2}}\s+)?{_CLOCK}\b"
)
_NUMBERED = re.compile(r"\s*\d{1,12}:?\s+(?:NOT|WRN|ERR|INF|DBG|DEB|CRT)\s")


class Line(NamedTuple):
    """One line. `at` is the time of day in seconds, over midnight counted on; None when the log has none."""

    number: int
    at: float | None
    text: str


def read(path: Path) -> Iterator[Line]:
    """The lines of a log file.

    Raises:
        BadInput: it is too large.
        OSError: it cannot be read.
    """
    with reading(path) as raw:
        if os.fstat(raw.fileno()).st_size > limits.LOG_BYTES:
            raise BadInput(f"larger than {limits.LOG_BYTES:,} bytes", place=str(path))
        with io.TextIOWrapper(raw, encoding="utf-8", errors="replace") as stream:
            yield from lines(iter(stream))


def lines(raw: Iterator[str]) -> Iterator[Line]:
    """The lines of a log."""
    before: Line | None = None
    days, last = 0.0, None
    for number, text in enumerate(raw, 1):
        text = text[:_LONGEST].rstrip("\r\n")
        head = _HEAD.match(text)
        if head is None and _NUMBERED.match(text) is None:
            if before is not None and text.strip() and len(before.text) < _LONGEST:
                before = before._replace(text=f"{before.text} {text.strip()}")
            elif before is None and text.strip():
                before = Line(number, None, text.strip())
            continue
        if before is not None:
            yield before
        at = None
        if head is not None:
            at = _seconds(head) + days
            if last is not None and at < last - DAY / 2:
                days, at = days + DAY, at + DAY
            last = at
        before = Line(number, at, text.strip())
    if before is not None:
        yield before


_LONGEST = 4096


def _seconds(head: re.Match[str]) -> float:
    hours, minutes, seconds, part = head.groups()
    return int(hours) % 24 * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{part or 0}")
