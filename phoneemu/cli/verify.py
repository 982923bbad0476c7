"""`phoneemu verify`: what a phone would rule about a file, and why."""

import argparse
import json
from pathlib import Path

from phoneemu.cli._saying import say
from phoneemu.errors import BadInput

HELP = "tell what a phone of a model would rule about a file, given what it holds"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, help="the offered CTL, ITL (.tlv or show text) or .sgn")
    parser.add_argument(
        "--installed",
        type=Path,
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="the CTL and ITL the phone holds; none for a new phone",
    )
    parser.add_argument("--model", required=True, help="the phone's model, such as 7965")
    parser.add_argument("--load", help="its firmware load")
    parser.add_argument("--protocol", choices=("SIP", "SCCP"), help="its signalling protocol")
    parser.add_argument("--server", default="", metavar="NODE", help="the TFTP server the file comes from")
    parser.add_argument("--no-tvs", action="store_true", help="its configuration names no TVS")
    parser.add_argument("--json", action="store_true", help="verdict, reason, rule and standing as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the ruling; 1 when the phone would not take the file."""
    from phoneemu.catalogue import catalogue
    from phoneemu.core.ruling import Verdict
    from phoneemu.fleet.verifying import LOAD_UNKNOWN, by_load, held, lines, read_file, verify

    shipped = catalogue()
    known = shipped.find(arguments.model)
    if known is None:
        raise BadInput(f"no model {arguments.model!r} in the catalogue; see `phoneemu models`")
    profiles = shipped.candidates(known.model, arguments.load or "", arguments.protocol or "")
    installed = [read_file(path) for path in arguments.installed]
    flash = held(installed, names_tvs=not arguments.no_tvs)
    offered = read_file(arguments.file)
    told = [(profile, verify(offered, flash, profile, arguments.server)) for profile in profiles]
    differing = by_load(told)
    profile, entry = told[0]
    ruling = entry.ruling
    if arguments.json:
        said: dict[str, object] = {
            "schema": 1,
            "subject": entry.subject.value,
            "verdict": ruling.verdict.value,
            "reason": ruling.reason.value,
            "rule": ruling.rule.number,
            "standing": ruling.standing.label,
            "signature": entry.question.signature.value,
        }
        if differing:
            said |= {"verdict": Verdict.CANNOT_SAY.value, "reason": LOAD_UNKNOWN, "by_load": differing}
        print(json.dumps(said, indent=1))
    else:
        say(lines(entry, profile, differing))
    takes = (Verdict.ACCEPT, Verdict.UNCHANGED, Verdict.ASK)
    return int(any(each.verdict not in takes for _, each in told))
