"""The line of progress: on a terminal only, not at once, and gone in the end."""

import io
from collections.abc import Iterator

import pytest

from phoneemu.cli._progress import PATIENCE, Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def ticking(seconds: list[float]) -> Iterator[float]:
    while True:
        yield seconds[0]


def watched(stream: io.StringIO) -> tuple[Progress, list[float]]:
    """A progress whose clock is the first of the list."""
    now = [100.0]
    return Progress(stream, lambda: next(ticking(now))), now


def test_short_work_is_never_spoken_of() -> None:
    stream = Terminal()
    progress, now = watched(stream)
    progress("telling", 0, 9)
    now[0] += PATIENCE * 0.9
    progress("telling", 8, 9)
    progress.clear()
    assert stream.getvalue() == ""


def test_long_work_is_told_on_one_line_that_is_wiped_away() -> None:
    stream = Terminal()
    progress, now = watched(stream)
    now[0] += PATIENCE
    progress("telling", 1_500, 3_000)
    progress("telling", 1_501, 3_000)
    now[0] += PATIENCE
    progress("telling", 3_000, 3_000)
    assert stream.getvalue().count("telling") == 2
    assert f"[{'#' * 12}{'.' * 12}] 1,500 of 3,000" in stream.getvalue()
    assert "\n" not in stream.getvalue()
    progress.clear()
    progress.clear()
    assert stream.getvalue().endswith("\r\x1b[K")


@pytest.mark.parametrize("columns", [1, 20, 40, 60, 80, 200])
def test_the_line_never_goes_on_below(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = Terminal()
    progress, now = watched(stream)
    now[0] += PATIENCE
    progress("telling what becomes of each class of phones", 1_478, 3_600)
    line = stream.getvalue().removeprefix("\r\x1b[K")
    assert len(line) < columns or line == ""
    assert "1,478 of 3,600" in line or columns < 20
    assert ("[#" in line) is (columns == 200)


def test_a_dumb_terminal_never_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    progress, _ = watched(stream)
    progress.now("reading the exports")
    assert stream.getvalue() == ""


def test_it_is_gone_after_an_error() -> None:
    stream = Terminal()

    def work() -> None:
        with Progress(stream) as progress:
            progress.now("reading the exports")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        work()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_what_is_known_to_be_long_is_told_at_once() -> None:
    stream = Terminal()
    progress, _ = watched(stream)
    progress.now("reading the exports")
    assert stream.getvalue() == "\r\x1b[Kreading the exports ..."


def test_a_pipe_or_a_file_never_sees_it() -> None:
    stream = io.StringIO()
    progress, now = watched(stream)
    now[0] += 100
    progress("telling", 1, 2)
    progress.now("reading")
    progress.clear()
    assert stream.getvalue() == ""
