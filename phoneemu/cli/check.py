"""`phoneemu check`: what was understood of a snapshot, what was not, and what is assumed instead."""

import argparse
import json
from pathlib import Path

from phoneemu.cli._progress import Progress
from phoneemu.cli._saying import say

HELP = "show what was understood of a snapshot, what was not, and what is assumed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("snapshot", type=Path, help="folder of exports; see docs/snapshot.md")
    parser.add_argument("--json", action="store_true", help="everything as JSON; see docs/json-check.md")
    parser.add_argument(
        "--fail-on",
        choices=("danger", "warning", "note"),
        metavar="SEVERITY",
        help="exit with 1 when a pre-check finds this or worse: danger, warning, note",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the findings; 1 when --fail-on matches."""
    from phoneemu.fleet import checking
    from phoneemu.fleet.prechecks import Severity
    from phoneemu.fleet.snapshot import read_snapshot

    with Progress() as progress:
        progress.reading(arguments.snapshot)
        checked = checking.check(read_snapshot(arguments.snapshot))
    if arguments.json:
        print(json.dumps(checking.as_json(checked), indent=1))
    else:
        say(checking.lines(checked))
    if arguments.fail_on is None:
        return 0
    ranks = [each.value for each in Severity]
    grave = ranks[: ranks.index(arguments.fail_on) + 1]
    return int(any(each.severity.value in grave for each in checked.problems))
