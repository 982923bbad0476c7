"""`phoneemu schema`: the JSON Schema of what `--json` writes, as it ships with the program."""

import argparse
import sys
from importlib import resources

HELP = "print the JSON Schema of what a command's --json writes"

NAMES = ("audit", "capture", "check", "predict", "replay", "score")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("name", choices=NAMES, help="the command whose --json, or --results, is meant")


def run(arguments: argparse.Namespace) -> int:
    """Print it."""
    shipped = resources.files("phoneemu").joinpath("schemas", f"{arguments.name}.json")
    sys.stdout.write(shipped.read_text(encoding="utf-8"))
    return 0
