"""How long a prediction of 100,000 phones takes, and how much memory, as a user runs it.

A snapshot is made in a passing folder from the built-in example, multiplied; then the real command runs as
a process of its own and its wall time and peak resident set are compared with the limits.
"""

import resource
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

from phoneemu import example

PHONES = 100_000
SECONDS = 3.0
MEBIBYTES = 500


def make_snapshot(folder: Path, phones: int) -> None:
    """The example with as many phones as wanted."""
    example.write(folder)
    path = folder / "snapshot" / "phones.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    many = [
        f"SEP{number:012X},{row.partition(',')[2]}" for number, row in enumerate(islice(cycle(rows), phones))
    ]
    path.write_text("\n".join([header, *many]) + "\n", encoding="utf-8")


def main() -> int:
    """Run and compare; 1 when a limit is passed."""
    with tempfile.TemporaryDirectory(prefix="phoneemu-bench-") as name:
        folder = Path(name)
        make_snapshot(folder / "many", PHONES)
        command = [sys.executable, "-m", "phoneemu", "predict", str(folder / "many" / "snapshot")]
        command += ["--runbook", str(folder / "many" / "runbook.txt")]
        command += ["--json", str(folder / "out.json"), "--csv", str(folder / "out.csv")]
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
        written = sum((folder / out).stat().st_size for out in ("out.json", "out.csv"))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"predict: {PHONES:,} phones, {written / 1e6:.0f} MB of JSON and CSV")
    print(f"predict: {seconds:.2f} s of {SECONDS:.0f} s, ratio {seconds / SECONDS:.2f}")
    print(f"predict: {peak:.0f} MiB of {MEBIBYTES} MiB, ratio {peak / MEBIBYTES:.2f}")
    return int(seconds > SECONDS or peak > MEBIBYTES)


if __name__ == "__main__":
    sys.exit(main())
