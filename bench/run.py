"""Run every bench beside this file, one after the other, and repeat their ratios at the end.

Each is a program of its own that prints lines with `ratio N`: what it needed, divided by what it may need, so
that 1.00 or less meets the target; its exit code is 1 when it misses one. Nothing else should run meanwhile.
"""

import subprocess
import sys
from pathlib import Path

NO_BENCH = frozenset({"run", "fleets", "measuring", "curves"})
"""What lies here beside the benches; curves draws the figures of docs/performance.md."""
FOLDER = Path(__file__).resolve().parent


def main() -> int:
    """Run them all; 1 when one missed its target or failed."""
    ratios: list[str] = []
    missed: list[str] = []
    for script in sorted(FOLDER.glob("*.py")):
        if script.stem in NO_BENCH:
            continue
        run = subprocess.run([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
        print(run.stdout, end="", flush=True)
        ratios += [line for line in run.stdout.splitlines() if "ratio" in line]
        if run.returncode:
            missed.append(script.name)
    print("\nratios, 1.00 or less meets the target:")
    print("\n".join(f"  {line}" for line in ratios))
    print(f"missed: {', '.join(missed)}" if missed else "every target met")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
