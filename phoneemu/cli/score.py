"""`phoneemu score`: what was predicted, against what a later export shows."""

import argparse
import json
import sys
from pathlib import Path

HELP = "compare a prediction with a snapshot taken after the change"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("prediction", type=Path, help="the JSON that `phoneemu predict --json` wrote")
    parser.add_argument("snapshot", type=Path, help="folder of exports made after the change")
    parser.add_argument("--json", action="store_true", help="every phone as JSON; see docs/json-score.md")


def run(arguments: argparse.Namespace) -> int:
    """Print the score."""
    from phoneemu.fleet import scoring
    from phoneemu.fleet.difference import read_verdicts
    from phoneemu.fleet.snapshot import read_snapshot

    predicted = read_verdicts(arguments.prediction)
    scored = scoring.score(predicted, read_snapshot(arguments.snapshot))
    missing = len(set(predicted) - {each.device.upper() for each in scored})
    if arguments.json:
        print(json.dumps(scoring.as_json(scored, missing), indent=1))
    else:
        sys.stdout.writelines(f"{line}\n" for line in scoring.lines(scored, missing))
    return 0
