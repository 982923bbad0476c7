"""`phoneemu predict`: what becomes of every phone when a runbook is carried out."""

import argparse
import io
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from phoneemu.cli._outputs import STDOUT, refuse_wrong
from phoneemu.cli._progress import Progress
from phoneemu.cli._saying import say
from phoneemu.cli._streams import coloured, tell
from phoneemu.core.plaintext import shown
from phoneemu.files import replacing
from phoneemu.fleet import difference, export, report
from phoneemu.fleet.collector import at_rest
from phoneemu.fleet.difference import Baseline, Difference
from phoneemu.fleet.forecast import Forecast
from phoneemu.fleet.kept import is_prediction, read_prediction
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
        help="another runbook, or the JSON of an earlier prediction: tell only the phones that differ "
        "from it, in every report",
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
        is_prediction(arguments.baseline)  # a wrong path is better known now
    with at_rest(), Progress() as progress:
        return _run(arguments, targets, progress)


EXPORTS = ("html", "junit", "csv", "json")
"""The options that name what is written."""


def _run(arguments: argparse.Namespace, targets: Mapping[str, str], progress: Progress) -> int:
    from phoneemu.fleet.predict import predict, prepare

    progress.reading(arguments.snapshot)
    snapshot, plan = prepare(arguments.snapshot, arguments.runbook, tuple(arguments.other))
    before = None if arguments.baseline is None else _baseline(snapshot, arguments)

    def count(done: int, total: int) -> None:
        progress("telling what becomes of each class of phones", done, total)

    forecast = predict(snapshot, plan, progress=count)
    against = None if before is None else difference.compare(before, forecast)
    for name in sorted(targets, key=lambda name: targets[name] == STDOUT):  # files first
        progress(f"writing {targets[name]}", 0, 0)
        if targets[name] == STDOUT:
            progress.clear()
        _write(targets[name], _chunks(name, arguments, forecast, against, snapshot, plan))
    progress.clear()
    if against is not None:
        show_difference(against, to_stderr=STDOUT in targets.values())
    elif STDOUT not in targets.values():
        show(forecast)
    if arguments.fail_on and not forecast.steps:
        tell("--fail-on: the runbook has no step")
        return 1
    if arguments.fail_on and forecast.refused:
        tell(f"--fail-on: {len(forecast.refused)} of {len(forecast.steps)} steps refused")
        return 1
    return int(any(forecast.summary[outcome] for outcome in arguments.fail_on))


def _chunks(
    name: str,
    arguments: argparse.Namespace,
    forecast: Forecast,
    against: Difference | None,
    snapshot: Snapshot,
    plan: Plan,
) -> Iterable[bytes]:
    """One export, in pieces."""
    from phoneemu.fleet import junit, webpage

    if name == "html":
        return [webpage.render(forecast, snapshot, plan, against).encode()]
    if name == "junit":
        return [junit.render(forecast, arguments.fail_on, against).encode()]
    return export.json_chunks(forecast, against) if name == "json" else export.csv_chunks(forecast, against)


def _write(target: str, chunks: Iterable[bytes]) -> None:
    """Write the whole new file or leave the old one; `-` is standard output."""
    if target == STDOUT:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="")
        sys.stdout.writelines(chunk.decode() for chunk in chunks)
        return
    with replacing(Path(target)) as stream:
        stream.writelines(chunks)


def _baseline(snapshot: Snapshot, arguments: argparse.Namespace) -> Baseline:
    """What the baseline says of each phone."""
    path: Path = arguments.baseline
    from phoneemu.fleet.predict import plan_for, predict

    title = shown(path.name)
    if is_prediction(path):
        kept = read_prediction(path)
        note = kept.strange_to(snapshot.cluster.name)
        return difference.baseline_from(kept.verdicts, title, kept.remarks, note)
    plan = plan_for(snapshot, path, tuple(arguments.other))
    note = "" if plan.steps else f"{title} has no step in it: the baseline is doing nothing"
    return difference.baseline_of(predict(snapshot, plan), title, note)


def show_difference(against: Difference, *, to_stderr: bool) -> None:
    """Tell what differs from the baseline."""
    if against.baseline.note:
        tell(f"note: {against.baseline.note}")
    say(difference.lines(against), sys.stderr if to_stderr else sys.stdout)


def show(forecast: Forecast) -> None:
    """The report, on standard output."""
    paint = report.coloured if coloured(sys.stdout) else report.plain
    say(report.lines(forecast, paint))
