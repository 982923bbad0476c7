"""A prediction of 1,000,000 phones, as a user runs it, beside the bare work of the data-frame library.

90 models, 2,000 sites, 40 pairs of lists that phones showed; a runbook of ten steps. The command runs as a
process of its own and reads and writes real files. The floor, in the same run: the library alone reads the
same CSV, groups it and writes it back. Then once more with one row in a hundred broken.
"""

import re
import sys
import tempfile
from pathlib import Path

import fleets
import measuring

PHONES = 1_000_000
BROKEN = 0.01
SECONDS = 8.0
MEBIBYTES = 1_536
TIMES_BARE = 4.0
ROUNDS = 3
LINES = 400
"""Most lines a report may have on a terminal, however many rows are broken."""


def middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def clean(folder: Path) -> bool:
    """Whole rows: against the clock, the memory and the library."""
    snapshot, runbook = fleets.write(folder / "clean", fleets.Size(phones=PHONES))
    to_csv, to_json = str(folder / "out.csv"), str(folder / "out.json")
    floors, alone, both = [], [], []
    for _ in range(ROUNDS):
        floors.append(measuring.bare(snapshot / "phones.csv", folder).seconds)
        alone.append(measuring.predict(snapshot, runbook, "--csv", to_csv).seconds)
        both.append(measuring.predict(snapshot, runbook, "--csv", to_csv, "--json", to_json))
    assert f"\n{PHONES} phones: " in both[-1].said
    floor, ours = middle(floors), middle(alone)
    seconds, peak = middle([each.seconds for each in both]), max(each.mebibytes for each in both)
    megabytes = (Path(to_csv).stat().st_size + Path(to_json).stat().st_size) / 1e6
    print(f"predict: {PHONES:,} phones, {megabytes:.0f} MB of JSON and CSV written")
    print(f"predict: {seconds:.2f} s of {SECONDS:.0f} s, ratio {seconds / SECONDS:.2f}")
    print(f"predict: {peak:.0f} MiB of {MEBIBYTES} MiB, ratio {peak / MEBIBYTES:.2f}")
    print(
        f"predict: CSV to CSV {ours:.2f} s, {ours / floor:.2f}x of {TIMES_BARE:.0f}x what the library needs "
        f"to read, group and write it ({floor:.2f} s), ratio {ours / floor / TIMES_BARE:.2f}"
    )
    return seconds <= SECONDS and peak <= MEBIBYTES and ours <= TIMES_BARE * floor


def broken(folder: Path) -> bool:
    """One row in a hundred broken: each is told by its line, the terminal is not flooded."""
    snapshot, runbook = fleets.write(folder / "broken", fleets.Size(phones=PHONES), broken=BROKEN)
    told = folder / "told.json"
    done = measuring.predict(snapshot, runbook, "--json", str(told))
    lines = done.said.count("\n")
    text = told.read_text(encoding="utf-8")
    remarks = len(re.findall(r"phones\.csv:\d+: row left out", text))
    phones = text.count('"device": ')
    print(f"predict: {remarks:,} broken rows told by line, {phones:,} phones, {lines} lines on the terminal")
    print(f"predict: with them {done.seconds:.2f} s of {SECONDS:.0f} s, ratio {done.seconds / SECONDS:.2f}")
    return remarks + phones == PHONES and lines <= LINES and done.seconds <= SECONDS


def main() -> int:
    """Measure and compare; 1 when a target is missed."""
    with tempfile.TemporaryDirectory(prefix="phoneemu-bench-") as name:
        met = [clean(Path(name)), broken(Path(name))]
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())
