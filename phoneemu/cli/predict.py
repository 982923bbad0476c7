"""`phoneemu predict`: what becomes of every phone when a runbook is carried out."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from phoneemu.errors import BadInput
from phoneemu.files import replacing, write_text
from phoneemu.fleet import export, report
from phoneemu.fleet.collector import at_rest
from phoneemu.fleet.forecast import Forecast
from phoneemu.fleet.outcome import Outcome
from phoneemu.fleet.snapshot import Snapshot

HELP = "predict what becomes of every phone when a runbook is carried out"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("snapshot", type=Path, help="folder of exports; see docs/snapshot.md")
    parser.add_argument("--runbook", type=Path, required=True, metavar="FILE", help="the planned steps")
    add_other(parser)
    parser.add_argument("--json", metavar="FILE", help="write every phone as JSON; - for standard output")
    parser.add_argument("--csv", metavar="FILE", help="write the field team's table; - for standard output")
    parser.add_argument(
        "--baseline",
        type=Path,
        metavar="FILE",
        help="another runbook, or the JSON of an earlier prediction: tell which phones differ from it",
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report for a change board")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write a JUnit report for a pipeline")
    parser.add_argument(
        "--fail-on",
        metavar="OUTCOMES",
        type=outcomes,
        default=frozenset(),
        help="exit with 1 when a phone has one of these outcomes, such as stuck,out-of-service",
    )


def add_other(parser: argparse.ArgumentParser) -> None:
    """Declare `--other`, for runbooks that speak of a second cluster."""
    parser.add_argument(
        "--other",
        type=Path,
        action="append",
        default=[],
        metavar="SNAPSHOT",
        help="snapshot of another cluster that the runbook names",
    )


def outcomes(text: str) -> frozenset[Outcome]:
    """The outcomes a list of names means; an unknown name is a wrong call."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = {outcome.value: outcome for outcome in Outcome}
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None or not names:
        raise argparse.ArgumentTypeError(f"{unknown or text!r} is none of {', '.join(known)}")
    return frozenset(known[name] for name in names)


def run(arguments: argparse.Namespace) -> int:
    """Predict, report, export; 1 when --fail-on matches."""
    if arguments.json == "-" and arguments.csv == "-":
        raise BadInput("--json and --csv cannot both go to standard output")
    with at_rest():
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    from phoneemu.fleet.predict import predict, prepare

    snapshot, plan = prepare(arguments.snapshot, arguments.runbook, tuple(arguments.other))
    forecast = predict(snapshot, plan)
    if arguments.baseline is not None:
        show_difference(snapshot, forecast, arguments.baseline, tuple(arguments.other), arguments)
    if arguments.html is not None:
        from phoneemu.fleet import webpage

        write_text(arguments.html, webpage.render(forecast, snapshot, plan))
    if arguments.junit is not None:
        from phoneemu.fleet import junit

        write_text(arguments.junit, junit.render(forecast, arguments.fail_on))
    show(forecast, arguments.json, arguments.csv)
    return int(any(forecast.summary[outcome] for outcome in arguments.fail_on))


def show_difference(
    snapshot: Snapshot,
    forecast: Forecast,
    baseline: Path,
    others: Sequence[Path],
    arguments: argparse.Namespace,
) -> None:
    """Tell what differs from the baseline; on standard error when an export goes to standard output."""
    from phoneemu.fleet import difference
    from phoneemu.fleet.predict import plan_for, predict

    if difference.is_prediction(baseline):
        before = difference.read_verdicts(baseline)
    else:
        before = difference.verdicts_of(predict(snapshot, plan_for(snapshot, baseline, others)))
    told = difference.lines(difference.compare(before, forecast))
    to = sys.stderr if "-" in (arguments.json, arguments.csv) else sys.stdout
    to.writelines(f"{line}\n" for line in told)


def show(forecast: Forecast, json_to: str | None, csv_to: str | None) -> None:
    """Write the exports asked for; the report goes to standard output unless an export does."""
    for target, chunks in ((json_to, export.json_chunks), (csv_to, export.csv_chunks)):
        if target == "-":
            sys.stdout.writelines(chunks(forecast))
        elif target is not None:
            write_chunks(Path(target), chunks(forecast))
    if "-" not in (json_to, csv_to):
        paint = report.coloured if sys.stdout.isatty() else report.plain
        sys.stdout.writelines(f"{line}\n" for line in report.lines(forecast, paint))


def write_chunks(path: Path, chunks: Iterable[str]) -> None:
    """Write a file piece by piece; the whole new file or the old one."""
    with replacing(path) as stream:
        stream.writelines(chunk.encode() for chunk in chunks)
