"""`phoneemu replay`: captured boots against the emulated phone, and what changed since an earlier replay."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from phoneemu.core import limits
from phoneemu.files import read_text

if TYPE_CHECKING:
    from phoneemu.replay.player import Recording
    from phoneemu.replay.results import Explanation

HELP = "replay captured boots, and name every difference by its rule or model fact"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "case",
        nargs="*",
        type=Path,
        metavar="CASE",
        help="a case's folder, a folder of cases, or a pcap file; without one, captures/",
    )
    parser.add_argument(
        "--load", metavar="LOAD", help="replay on this firmware load instead of the recorded one"
    )
    parser.add_argument(
        "--model", default="", help="of a pcap file: the phone's model, where it does not tell"
    )
    parser.add_argument("--before", type=Path, metavar="DIR", help="of a pcap file: what the phone held")
    parser.add_argument(
        "--origin", choices=("hardware", "synthetic"), help="of a pcap file: a real phone, or a program"
    )
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="keep what was done, as JSON; - prints it"
    )
    parser.add_argument("--against", type=Path, metavar="FILE", help="tell what changed since these results")
    parser.add_argument(
        "--explanations", type=Path, metavar="FILE", help="changes that are wanted, with their reasons (TOML)"
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write a JUnit report; - prints it")
    parser.add_argument(
        "--verbose",
        action="store_true",
        help="the whole conversation of every case, not only of those that differ",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what differs; 1 when something does that is not known or explained."""
    from phoneemu.catalogue import catalogue
    from phoneemu.cli._outputs import STDOUT
    from phoneemu.cli._saying import say
    from phoneemu.errors import BadInput
    from phoneemu.files import write_text
    from phoneemu.replay import report, results, suite

    if arguments.explanations and not arguments.against:
        raise BadInput("--explanations explains changes: it needs --against")
    _refuse_wrong(arguments)
    old = known = None
    if arguments.against:
        old = results.loads(read_text(arguments.against, limits.RESULTS_BYTES), str(arguments.against))
        known = _explanations(arguments.explanations)
    recordings, gaps = _recordings(arguments)
    outcomes = list(suite.run(recordings, catalogue(), gaps, arguments.load))
    said = results.document(outcomes)
    printed = [str(target) == STDOUT for target in (arguments.results, arguments.junit)]
    if arguments.results and not printed[0]:
        write_text(arguments.results, results.dumps(said))
    if old is not None and known is not None:
        verdicts = results.explain(results.changes(old, said), known)
        lines = report.change_lines(verdicts, old["phoneemu"], said["phoneemu"])
        xml, good = report.change_junit(verdicts, list(said["cases"])), verdicts.good
    else:
        lines = [
            line
            for outcome in outcomes
            if arguments.verbose or len(outcomes) == 1 or not outcome.good
            for line in report.case_lines(outcome, whole=arguments.verbose)
        ]
        lines += report.summary_lines(outcomes)
        xml, good = report.junit(outcomes), all(outcome.good for outcome in outcomes)
    if arguments.junit and not printed[1]:
        write_text(arguments.junit, xml)
    if any(printed):
        sys.stdout.write(results.dumps(said) if printed[0] else xml)
    say(lines, sys.stderr if any(printed) else sys.stdout)
    return int(not good)


def _refuse_wrong(arguments: argparse.Namespace) -> None:
    """Refuse outputs that would harm a case or each other.

    Raises:
        BadInput: so they would, or a place holds no case.
        OSError: one cannot be written.
    """
    from phoneemu.cli._outputs import refuse_wrong
    from phoneemu.replay import suite

    if not arguments.results and not arguments.junit:
        return
    places: list[Path] = arguments.case or [suite.shipped()]
    refuse_wrong(
        {"--results": arguments.results, "--junit": arguments.junit},
        inputs=(*places, arguments.against, arguments.explanations, arguments.before),
        folders=suite.folders([place for place in places if not place.is_file()]),
    )


def _recordings(arguments: argparse.Namespace) -> "tuple[list[Recording], dict[str, str]]":
    """What is to be replayed, and the known gaps that are listed beside it."""
    from phoneemu.catalogue import catalogue
    from phoneemu.replay import suite
    from phoneemu.replay.case import Origin
    from phoneemu.replay.casemaking import Terms

    places: list[Path] = arguments.case or [suite.shipped()]
    files = [place for place in places if place.is_file()]
    folders = [place for place in places if not place.is_file()]
    terms = Terms(
        models={"": arguments.model} if arguments.model else {},
        before=arguments.before,
        origin=Origin(arguments.origin) if arguments.origin else None,
    )
    found = [recording for path in files for recording in suite.imported(path, terms, catalogue())]
    return suite.recordings(folders) + found, suite.gaps_of(suite.roots_of(folders))


def _explanations(path: Path | None) -> "list[Explanation]":
    from phoneemu.replay import results

    return results.explanations(read_text(path, limits.CASE_TEXT_BYTES), str(path)) if path else []
