"""Restates as cases what public documents print of phones' boots: console logs, traces, listings, symptoms.

    python captures/published.py            write every published case anew, bit for bit as before
    python captures/published.py --check    write them elsewhere and name what differs

Only values are restated: names, serials, lengths, checksums, orders, roles, times. docs/sources.md has the
addresses; the notes of each case tell what was printed from what was filled in.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import make
import published_lists
import published_orders
import published_refusals

from phoneemu.replay import casefile
from phoneemu.replay.case import Origin

HERE = Path(__file__).resolve().parent
CASES = (*published_lists.CASES, *published_orders.CASES, *published_refusals.CASES)


def write(root: Path) -> int:
    """Write them; the number of cases."""
    for restated in CASES:
        folder = root / restated.path
        shutil.rmtree(folder, ignore_errors=True)
        case, files = restated.case()
        casefile.save(case, folder, files)
    return len(CASES)


def published(root: Path) -> list[Path]:
    """The folders of the published cases there."""
    return [folder for folder in casefile.walk(root) if casefile.load(folder).origin is Origin.PUBLISHED]


def check(root: Path) -> list[str]:
    """What differs between the published cases there and those written anew."""
    with tempfile.TemporaryDirectory() as folder:
        anew = Path(folder)
        write(anew)
        there = {case.relative_to(root).as_posix() for case in published(root)}
        cases = {each.path for each in CASES}
        found = sorted(there - cases)
        return found + [
            f"{case}/{path}" for case in sorted(cases) for path in make.differing(root / case, anew / case)
        ]


def main() -> int:
    """Write or check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; name what differs, exit 1")
    if parser.parse_args().check:
        found = check(HERE)
        for path in found:
            print(f"captures/{path} is not what captures/published.py writes", file=sys.stderr)
        return int(bool(found))
    for folder in published(HERE):
        shutil.rmtree(folder)
    print(f"{write(HERE)} published cases")
    return 0


if __name__ == "__main__":
    sys.exit(main())
