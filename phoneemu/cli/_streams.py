"""Standard output and error that never change what a command answers.

A reader that goes away, such as `head`, is no reason to stop: the rest is written to nobody, the files are
written and the exit code is what it would be. A closed stream is nobody from the start. A full disk behind
standard output is an error that names it. Not for files: those are in `phoneemu.files`.
"""

import contextlib
import io
import os
import re
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from typing_extensions import Buffer

LONGEST = 500
"""Characters of an error that are shown; a longer one loses its middle, for its ends say the most."""
OUT, ERR = "standard output", "standard error"


def steady() -> None:
    """Make the streams of this process steady; streams that somebody put in their place are left alone."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:  # else the next file that is opened would get this number, and what is printed
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = _nobody("r")
    sys.stdout = _steady(sys.stdout, OUT) if sys.stdout is not None else _nobody("w")
    sys.stderr = _steady(sys.stderr, ERR) if sys.stderr is not None else _nobody("w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that a terminal cannot show is no crash


def closed() -> bool:
    """Whether the caller closed standard output before the start."""
    return getattr(sys.stdout, "name", "") == os.devnull


def coloured(stream: TextIO) -> bool:
    """Whether colours are wanted there: on a terminal that has them, unless NO_COLOR says otherwise."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _nobody(mode: str) -> io.TextIOWrapper:
    stream = open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123, SIM115 - lives as long as the process
    assert isinstance(stream, io.TextIOWrapper)  # noqa: S101 - what `open` gives for text
    return stream


def _steady(stream: TextIO, name: str) -> TextIO:
    own = stream in (sys.__stdout__, sys.__stderr__)
    if not own or not isinstance(stream, io.TextIOWrapper) or stream.isatty():
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Patient(stream.fileno(), name)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


class _Patient(io.FileIO):
    """The descriptor of a stream: what cannot be written any more goes to nobody from then on."""

    def __init__(self, descriptor: int, name: str) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self._said = name

    def write(self, piece: "Buffer", /) -> int:
        try:
            return super().write(piece)
        except OSError as error:
            nobody = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nobody, self.fileno())
            os.close(nobody)
            if isinstance(error, BrokenPipeError) or self._said == ERR:
                return super().write(piece)
            raise OSError(error.errno, error.strerror, self._said) from None


# ---------------------------------------------------------------- errors


def one_line(text: str) -> str:
    """An error as one line of bounded length: whatever a name in it holds, it stays a line of text."""
    plain = re.sub(r"\s+", " ", text).strip()
    if len(plain) > LONGEST:
        cut = f" ... {len(plain) - LONGEST:,} characters ... "
        plain = f"{plain[: LONGEST * 3 // 5]}{cut}{plain[-LONGEST * 2 // 5 :]}"
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in plain)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape", "surrogatepass").decode("ascii")


def tell(text: str) -> None:
    """Print an error on standard error."""
    with contextlib.suppress(OSError):
        print(f"phoneemu: {one_line(text)}", file=sys.stderr)
