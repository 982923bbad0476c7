"""`python -m phoneemu`, and the program that an installation brings: the commands, and Ctrl-C at any time."""

import contextlib
import os
import signal
import sys
from types import FrameType

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


def run() -> int:
    """Run the program and return its exit code."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # it is ignored: `nohup`, `&`
        return _main()
    signal.signal(signal.SIGINT, _at_once)
    pressed: list[int] = []

    def noted(number: int, _frame: FrameType | None) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    from phoneemu.cli import main

    signal.signal(signal.SIGINT, noted)
    signal.signal(signal.SIGTERM, _ended)
    try:
        return main()
    except SystemExit:
        raise
    except BaseException:  # while a library loads, Ctrl-C may come out as an error of that library
        if not pressed:
            raise
        _say()
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said and done: the exit code stands


def _main() -> int:
    from phoneemu.cli import main

    signal.signal(signal.SIGTERM, _ended)
    return main()


def _ended(number: int, _frame: FrameType | None) -> None:
    """What was begun is cleared away, as at any exit: no file is left half written."""
    raise SystemExit(128 + number)


def _at_once(_number: int, _frame: FrameType | None) -> None:
    """Nothing is begun yet while the commands are loaded, and an exception could get lost in an import."""
    _say()
    os._exit(INTERRUPTED)


def _say() -> None:
    with contextlib.suppress(OSError):  # standard error may be closed
        os.write(2, b"phoneemu: interrupted\n")


if __name__ == "__main__":
    sys.exit(run())
