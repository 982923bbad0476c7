"""`phoneemu check`: what was understood of a snapshot, what was not, and what is assumed instead."""

import argparse
import sys
from pathlib import Path

HELP = "show what was understood of a snapshot, what was not, and what is assumed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("snapshot", type=Path, help="folder of exports; see docs/snapshot.md")


def run(arguments: argparse.Namespace) -> int:
    """Print the findings."""
    from phoneemu.fleet.checking import lines
    from phoneemu.fleet.snapshot import read_snapshot

    sys.stdout.writelines(f"{line}\n" for line in lines(read_snapshot(arguments.snapshot)))
    return 0
