"""The command line: one module a command, found by its name; the only place that prints or exits.

Each module holds HELP, add_arguments(parser) and run(arguments) -> exit code. Exit codes: 0 done, 1 a
`--fail-on` or a verdict says no, 2 the input or the call is wrong.
"""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from phoneemu import __version__
from phoneemu.cli import _streams
from phoneemu.cli._once import Once
from phoneemu.core.tlv import MalformedFile
from phoneemu.errors import BadInput
from phoneemu.fleet.collector import at_rest


def _commands() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a call in one line of bounded length, and lets no option be given twice."""

    def __init__(self, **how: Any) -> None:  # noqa: ANN401 - the library's own arguments
        super().__init__(**how)
        self.register("action", None, Once)

    def error(self, message: str) -> NoReturn:
        super().error(_streams.one_line(message))


def _parser(wanted: str | None) -> argparse.ArgumentParser:
    """The parser; only the wanted command's module is loaded, so that a start stays quick."""
    parser = _Parser(
        prog="phoneemu",
        description="Tells which IP phones survive a certificate regeneration on Cisco Unified CM, and why.",
    )
    parser.add_argument("--version", action="version", version=f"phoneemu {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in _commands():
        if wanted in _commands() and name != wanted:
            commands.add_parser(name)
            continue
        module = importlib.import_module(f"{__name__}.{name}")
        command = commands.add_parser(name, help=module.HELP, description=module.HELP)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    _streams.steady()
    with at_rest():  # what is loaded now stays
        arguments = _parser(words[0] if words else None).parse_args(words)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except (BadInput, MalformedFile) as error:
        _streams.tell(str(error))
        return 2
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _streams.tell(f"{place}{error.strerror or error}")
        return 2
    except KeyboardInterrupt:
        _streams.tell("interrupted")
        return 130
    return code
