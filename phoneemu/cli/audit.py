"""`phoneemu audit`: who holds which list today."""

import argparse
import json
from pathlib import Path

from phoneemu.cli._progress import Progress
from phoneemu.cli._saying import say
from phoneemu.fleet.collector import at_rest

HELP = "show which phones hold the served lists today, and what each model should show"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("snapshot", type=Path, help="folder of exports; see docs/snapshot.md")
    parser.add_argument("--json", action="store_true", help="every phone as JSON; see docs/json-audit.md")


def run(arguments: argparse.Namespace) -> int:
    """Print the audit."""
    from phoneemu.fleet import audit
    from phoneemu.fleet.snapshot import read_snapshot

    with at_rest(), Progress() as progress:
        progress.reading(arguments.snapshot)
        snapshot = read_snapshot(arguments.snapshot)
        if arguments.json:
            lines = [json.dumps(audit.as_json(snapshot), indent=1)]
        else:
            lines = list(audit.lines(snapshot))
    if arguments.json:
        print(lines[0])
    else:
        say(lines)
    return 0
