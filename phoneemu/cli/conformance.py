"""`phoneemu conformance`: judge any endpoint through the door."""

import argparse
import json
import sys
from pathlib import Path

from phoneemu.core import limits
from phoneemu.errors import BadInput
from phoneemu.files import read_text

HELP = "tell every story to an endpoint behind a command, and compare it with the emulated phone"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--model", help="which model the endpoint claims to be")
    parser.add_argument("--load", help="its firmware load")
    parser.add_argument("--protocol", choices=("SIP", "SCCP"), help="its signalling protocol")
    parser.add_argument("--name", help="its device name, which the file names carry; SEP001122AABBCC")
    parser.add_argument(
        "--expected", type=Path, metavar="FILE", help="expected failures, a story and a reason a line"
    )
    parser.add_argument("--only", action="append", default=[], metavar="STORY", help="this story only")
    parser.add_argument("--list", action="store_true", help="list the stories")
    parser.add_argument("--json", action="store_true", help="the results as JSON")
    parser.add_argument(
        "command", nargs="*", metavar="COMMAND", help="behind --: the endpoint; docs/conformance.md"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the table; 1 when something is not as it should be."""
    from phoneemu.catalogue import catalogue
    from phoneemu.testing.conformance import DEVICE, Suite, read_expected
    from phoneemu.testing.stories import STORIES

    if arguments.list:
        sys.stdout.writelines(f"{name}\n" for name in STORIES)
        return 0
    if arguments.model is None:
        raise BadInput("which model does the endpoint claim to be? Give --model")
    if not arguments.command:
        raise BadInput("which endpoint? Give its command behind --")
    shipped = catalogue()
    known = shipped.find(arguments.model)
    if known is None:
        raise BadInput(f"no model {arguments.model!r} in the catalogue; see `phoneemu models`")
    expected = {}
    if arguments.expected is not None:
        expected = read_expected(read_text(arguments.expected, limits.NAMES_BYTES), str(arguments.expected))
    suite = Suite(
        command=arguments.command,
        profile=shipped.profile(known.model, arguments.load, arguments.protocol),
        device=arguments.name or DEVICE,
        expected=expected,
    )
    results = []
    for result in suite.run(arguments.only):
        results.append(result)
        if not arguments.json:
            why = result.failed + (f"  [{result.expected}]" if result.expected else "")
            print(f"{result.name:40}  {result.word:15}  {why}".rstrip(), flush=True)
    words = [result.word for result in results]
    if arguments.json:
        told = [{"story": each.name, "result": each.word, "failed": each.failed} for each in results]
        print(json.dumps({"schema": 1, "model": known.model, "stories": told}, indent=1))
    else:
        counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
        print(f"\n{len(results)} stories: {counts}")
    return int(not all(result.good for result in results))
