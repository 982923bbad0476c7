"""`phoneemu demo`: the main job on the built-in example."""

import argparse
import sys
import tempfile
from pathlib import Path

from phoneemu import example
from phoneemu.cli.predict import show

HELP = "predict the built-in example: a renewal that breaks some phones of a small cluster"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--write",
        type=Path,
        metavar="DIR",
        help="leave the example's snapshot/ and runbook.txt in a new folder, to try your own changes on",
    )


def run(arguments: argparse.Namespace) -> int:
    """Predict the example, from the folder written or from a passing one."""
    if arguments.write is not None:
        example.write(arguments.write)
        _predict(arguments.write)
        print(f"wrote {arguments.write}/snapshot and {arguments.write}/runbook.txt", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory(prefix="phoneemu-demo-") as folder:
        example.write(Path(folder))
        _predict(Path(folder))
    return 0


def _predict(folder: Path) -> None:
    from phoneemu.fleet.predict import predict_files

    show(predict_files(folder / "snapshot", folder / "runbook.txt"))
