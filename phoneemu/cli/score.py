"""`phoneemu score`: what was predicted, against what a later export shows."""

import argparse
import json
from pathlib import Path

from phoneemu.cli._progress import Progress
from phoneemu.cli._saying import say
from phoneemu.cli._streams import tell

HELP = "compare a prediction with a snapshot taken after the change"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("prediction", type=Path, help="the JSON that `phoneemu predict --json` wrote")
    parser.add_argument("snapshot", type=Path, help="folder of exports made after the change")
    parser.add_argument(
        "--fail-under",
        type=percent,
        metavar="PERCENT",
        help="exit with 1 when fewer of the checked predictions were right, or none could be checked",
    )
    parser.add_argument("--json", action="store_true", help="every phone as JSON; see docs/json-score.md")


def percent(text: str) -> float:
    """A share from `95` or `95%`; anything else is a wrong call."""
    try:
        share = float(text.removesuffix("%"))
    except ValueError:
        share = -1.0
    if not 0 <= share <= 100:
        raise argparse.ArgumentTypeError(f"`{text}` is no share; write it like 95")
    return share / 100


def run(arguments: argparse.Namespace) -> int:
    """Print the score; 1 when --fail-under says no."""
    from phoneemu.fleet import scoring
    from phoneemu.fleet.kept import read_prediction
    from phoneemu.fleet.snapshot import read_snapshot

    with Progress() as progress:
        progress.reading(arguments.snapshot)
        kept = read_prediction(arguments.prediction)
        predicted = kept.verdicts
        later = read_snapshot(arguments.snapshot)
    strange = kept.strange_to(later.cluster.name)
    if strange:
        tell(f"note: {strange}")
    scored = scoring.score(predicted, later)
    missing = len(set(predicted) - {each.device.upper() for each in scored})
    if arguments.json:
        print(json.dumps(scoring.as_json(scored, missing), indent=1))
    else:
        say(scoring.lines(scored, missing))
    if arguments.fail_under is None:
        return 0
    rate = scoring.rate(scored)
    return int(rate is None or rate < arguments.fail_under)
