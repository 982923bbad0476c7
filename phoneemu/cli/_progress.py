"""A line of progress on standard error, for work that takes long enough to ask for one.

Shown only on a terminal, never earlier than half a second after the start, and wiped away in the end; what is
written to a file or a pipe never sees it.
"""

import sys
import time
from collections.abc import Callable
from typing import IO

PATIENCE = 0.5
"""Seconds before the first line, and at least a fifth of that between two."""
WIDTH = 24


class Progress:
    """Says how far the work is. `clock` and `stream` are arguments for the tests' sake."""

    def __init__(self, stream: IO[str] | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._due = clock() + PATIENCE
        self._shown = False
        self._wanted = self._stream.isatty()

    def __call__(self, what: str, done: int, total: int) -> None:
        """So much of so much is done; 0 of 0 when that cannot be told."""
        if not self._wanted or self._clock() < self._due:
            return
        self._due = self._clock() + PATIENCE / 5
        self._shown = True
        full = WIDTH * done // total if total else 0
        bar = f" [{'#' * full}{'.' * (WIDTH - full)}] {done:,} of {total:,}" if total else " ..."
        self._stream.write(f"\r\x1b[K{what}{bar}")
        self._stream.flush()

    def now(self, what: str) -> None:
        """Say at once what is being done."""
        self._due = self._clock()
        self(what, 0, 0)

    def clear(self) -> None:
        """Wipe the line away."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = False
