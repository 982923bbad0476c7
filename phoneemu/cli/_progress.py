"""A line of progress on standard error, for work that takes long enough to ask for one.

Shown only on a terminal, never earlier than half a second after the start, and wiped away in the end; what is
written to a file or a pipe never sees it.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Self

PATIENCE = 0.5
"""Seconds before the first line, and at least a fifth of that between two."""
WIDTH = 24
LARGE_BYTES = 20_000_000
"""Size of exports from which reading them is worth a word."""


def _line(what: str, done: int, total: int, room: int) -> str:
    """As much as there is room for: the bar goes first, then the words are cut."""
    if not total:
        return f"{what} ..."[:room]
    full = WIDTH * done // total
    bar, count = f" [{'#' * full}{'.' * (WIDTH - full)}]", f" {done:,} of {total:,}"
    if len(what) + len(bar) + len(count) <= room:
        return what + bar + count
    return (what[: max(room - len(count), 0)] + count)[:room]


class Progress:
    """Says how far the work is. `clock` and `stream` are arguments for the tests' sake."""

    def __init__(self, stream: IO[str] | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._due = clock() + PATIENCE
        self._shown = False
        self._wanted = self._stream.isatty() and os.environ.get("TERM") != "dumb"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.clear()

    def __call__(self, what: str, done: int, total: int) -> None:
        """So much of so much is done; 0 of 0 when that cannot be told."""
        if not self._wanted or self._clock() < self._due:
            return
        self._due = self._clock() + PATIENCE / 5
        self._shown = True
        room = shutil.get_terminal_size().columns - 1  # a line that goes on below could not be wiped away
        self._stream.write(f"\r\x1b[K{_line(what, done, total, room)}")
        self._stream.flush()

    def now(self, what: str) -> None:
        """Say at once what is being done."""
        self._due = self._clock()
        self(what, 0, 0)

    def reading(self, folder: Path) -> None:
        """Say at once that exports are read, when they are so large that it takes a while."""
        files = folder.iterdir() if folder.is_dir() else ()
        if sum(path.stat().st_size for path in files if path.is_file()) >= LARGE_BYTES:
            self.now("reading the exports")

    def clear(self) -> None:
        """Wipe the line away."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = False
