"""`phoneemu predict`: what becomes of every phone when a runbook is carried out."""

import argparse
import io
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from phoneemu.cli._outputs import STDOUT, refuse_wrong
from phoneemu.cli._progress import Progress
from phoneemu.cli._saying import say
from phoneemu.cli._streams import tell
from phoneemu.files import replacing
from phoneemu.fleet import difference, export, report
from phoneemu.fleet.collector import at_rest
from phoneemu.fleet.difference import Verdicts
from phoneemu.fleet.forecast import Forecast
from phoneemu.fleet.outcome import Outcome
from phoneemu.fleet.plan import Plan
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
    parser.add_argument("--html", metavar="FILE", help="write a report for a change board; - as above")
    parser.add_argument("--junit", metavar="FILE", help="write a JUnit report for a pipeline; - as above")
    parser.add_argument(
        "--fail-on",
        metavar="OUTCOMES",
        type=outcomes,
        default=frozenset(),
        help="exit with 1 when a phone has one of these outcomes, such as stuck,out-of-service, or a step is "
        "refused",
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
    names = [name.strip() for name in text.split(",")]
    known = {outcome.value: outcome for outcome in Outcome}
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:  # an empty name is one that somebody meant to write
        raise argparse.ArgumentTypeError(f"{unknown or 'an empty name'} is none of {', '.join(known)}")
    return frozenset(known[name] for name in names)


def run(arguments: argparse.Namespace) -> int:
    """Predict, report, export; 1 when --fail-on matches."""
    targets = {name: getattr(arguments, name) for name in EXPORTS if getattr(arguments, name) is not None}
    refuse_wrong(
        {f"--{name}": target for name, target in targets.items()},
        inputs=(arguments.runbook, arguments.baseline),
        folders=(arguments.snapshot, *arguments.other),
    )
    if arguments.baseline is not None:
        difference.is_prediction(arguments.baseline)  # a wrong path is better known now
    with at_rest():
        return _run(arguments, targets)


EXPORTS = ("html", "junit", "csv", "json")
"""The options that name what is written."""
LARGE_BYTES = 20_000_000
"""Size of exports from which reading them is worth a word."""


def _run(arguments: argparse.Namespace, targets: Mapping[str, str]) -> int:
    from phoneemu.fleet.predict import predict, prepare

    progress = Progress()
    if _bytes_of(arguments.snapshot) >= LARGE_BYTES:
        progress.now("reading the exports")
    snapshot, plan = prepare(arguments.snapshot, arguments.runbook, tuple(arguments.other))
    before = None if arguments.baseline is None else _baseline(snapshot, arguments)

    def count(done: int, total: int) -> None:
        progress("telling what becomes of each class of phones", done, total)

    forecast = predict(snapshot, plan, progress=count)
    for name in sorted(targets, key=lambda name: targets[name] == STDOUT):  # files first
        progress(f"writing {targets[name]}", 0, 0)
        if targets[name] == STDOUT:
            progress.clear()
        _write(targets[name], _chunks(name, arguments, forecast, snapshot, plan))
    progress.clear()
    if before is not None:
        show_difference(before, forecast, to_stderr=STDOUT in targets.values())
    if STDOUT not in targets.values():
        show(forecast)
    if arguments.fail_on and forecast.refused:
        tell(f"--fail-on: {len(forecast.refused)} of {len(forecast.steps)} steps refused")
        return 1
    return int(any(forecast.summary[outcome] for outcome in arguments.fail_on))


def _bytes_of(folder: Path) -> int:
    files = folder.iterdir() if folder.is_dir() else ()
    return sum(path.stat().st_size for path in files if path.is_file())


def _chunks(
    name: str, arguments: argparse.Namespace, forecast: Forecast, snapshot: Snapshot, plan: Plan
) -> Iterable[bytes]:
    """One export, in pieces."""
    from phoneemu.fleet import junit, webpage

    if name == "html":
        return [webpage.render(forecast, snapshot, plan).encode()]
    if name == "junit":
        return [junit.render(forecast, arguments.fail_on).encode()]
    return export.json_chunks(forecast) if name == "json" else export.csv_chunks(forecast)


def _write(target: str, chunks: Iterable[bytes]) -> None:
    """Write the whole new file or leave the old one; `-` is standard output."""
    if target == STDOUT:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="")
        sys.stdout.writelines(chunk.decode() for chunk in chunks)
        return
    with replacing(Path(target)) as stream:
        stream.writelines(chunks)


def _baseline(snapshot: Snapshot, arguments: argparse.Namespace) -> tuple[Verdicts, str]:
    """What the baseline says of each phone, and a note where it hardly compares."""
    baseline: Path = arguments.baseline
    from phoneemu.fleet.predict import plan_for, predict

    if difference.is_prediction(baseline):
        kept = difference.read_prediction(baseline)
        return kept.verdicts, kept.strange_to(snapshot.cluster.name)
    plan = plan_for(snapshot, baseline, tuple(arguments.other))
    note = "" if plan.steps else f"{baseline.name} has no step in it: the baseline is doing nothing"
    return difference.verdicts_of(predict(snapshot, plan)), note


def show_difference(before: tuple[Verdicts, str], forecast: Forecast, *, to_stderr: bool) -> None:
    """Tell what differs from the baseline."""
    verdicts, note = before
    if note:
        tell(f"note: {note}")
    told = difference.lines(difference.compare(verdicts, forecast))
    to = sys.stderr if to_stderr else sys.stdout
    say(told, to)


def show(forecast: Forecast) -> None:
    """The report, on standard output."""
    paint = report.coloured if sys.stdout.isatty() else report.plain
    say(report.lines(forecast, paint))
