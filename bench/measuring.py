"""Running a command as a process of its own, with its wall time and its peak of memory."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import attrs

BARE = """
import sys
import polars
table = polars.read_csv(sys.argv[1], infer_schema=False)
left_out = ("Device Name", "Description", "Device Pool")
groups = table.group_by([name for name in table.columns if name not in left_out]).len()
assert groups["len"].sum() == table.height
table.write_csv(sys.argv[2])
"""
"""What the data-frame library needs for the same rows: read, group by all that makes classes, write back."""


@attrs.frozen(kw_only=True)
class Run:
    """One run of a command: how long, how much memory at most, and what it said."""

    seconds: float
    mebibytes: float
    said: str


def run(command: Sequence[str]) -> Run:
    """Run it to the end.

    Raises:
        AssertionError: it failed; then its speed means nothing.
    """
    with tempfile.TemporaryFile() as out:
        begun = time.perf_counter()
        with subprocess.Popen(command, stdout=out) as process:
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begun
        assert process.returncode == 0, command
        out.seek(0)
        return Run(seconds=seconds, mebibytes=used.ru_maxrss / 1024, said=out.read().decode())


def bare(csv: Path, folder: Path) -> Run:
    """The data-frame library alone on this file."""
    return run([sys.executable, "-c", BARE, str(csv), str(folder / "bare.csv")])


def predict(snapshot: Path, runbook: Path, *more: str) -> Run:
    """The real command."""
    command = [sys.executable, "-m", "phoneemu", "predict", str(snapshot), "--runbook", str(runbook)]
    return run([*command, *more])
