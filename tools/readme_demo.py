"""Put what the commands really print into README.md: the demo, one phone's story, the count of assumptions.

Long outputs are cut by whole paragraphs, and every cut is marked; nothing is reworded.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from generated import fenced, refresh

CUT = "[...]"
PHONE = "SEP02005E100001"
"""The example's first stuck phone."""


def phoneemu(*words: str | Path) -> str:
    """The standard output of one command."""
    command = [sys.executable, "-m", "phoneemu", *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def demo() -> str:
    """The demo without its tables: what is planned, what goes wrong, how well it is known, the totals."""
    paragraphs = phoneemu("demo").strip("\n").split("\n\n")
    wanted = [0, 1, 2, None, -2, -1]
    return "\n\n".join(CUT if number is None else paragraphs[number] for number in wanted)


def story() -> str:
    """One phone of the demo, explained."""
    with tempfile.TemporaryDirectory(prefix="phoneemu-readme-") as name:
        folder = Path(name) / "demo"
        phoneemu("demo", "--write", folder)
        return phoneemu("explain", folder / "snapshot", "--runbook", folder / "runbook.txt", PHONE)


def assumed() -> str:
    """How much of the catalogue nobody has confirmed, in one sentence."""
    count = phoneemu("models", "--assumed").strip().splitlines()[-1]
    return f"`phoneemu models --assumed` lists them, with what would settle each: today {count}."


def main() -> int:
    """Write; with --check only compare."""
    parts = {"demo": fenced(demo(), "text"), "story": fenced(story(), "text"), "assumed": assumed()}
    return refresh({"README.md": parts}, check="--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
