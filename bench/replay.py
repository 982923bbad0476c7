"""How many captured boots a second are replayed and compared, and how long the whole of captures/ takes.

The whole walk is what a user runs: every case read, every hash checked, booted, compared, and reported. The
rate is that of replays alone, of cases already read, with their signatures checked for real.
"""

import subprocess
import sys
import time
from pathlib import Path

from phoneemu.catalogue import catalogue
from phoneemu.core import keys, listparse
from phoneemu.replay import suite
from phoneemu.replay.compare import compare
from phoneemu.replay.player import profile_of, replay

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 3
TREE_SECONDS = 10.0
PER_SECOND = 100
"""What the tree needs when it grows tenfold and is still to take that long."""


def replays() -> tuple[int, float]:
    """How many cases there are, and the seconds of the best round over all of them.

    Raises:
        AssertionError: a case neither agrees nor is a known gap; then its speed means nothing.
    """
    recordings = suite.recordings([ROOT / "captures"])
    gaps = suite.gaps_of([ROOT / "captures"])
    cases = [(recording, profile_of(recording, catalogue())) for recording in recordings]
    rounds = []
    for _ in range(ROUNDS):
        keys.forget()
        listparse.forget()
        started = time.perf_counter()
        done = [compare(replay(recording, profile)) for recording, profile in cases]
        rounds.append(time.perf_counter() - started)
        assert all(each.agrees is (each.name not in gaps) for each in done)
    return len(cases), min(rounds)


def whole_tree() -> float:
    """Seconds that `phoneemu replay` takes, its start included."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "phoneemu", "replay"], check=True, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - started


def main() -> int:
    """Replay and compare; 1 when a target is missed."""
    count, seconds = replays()
    rate, tree = count / seconds, min(whole_tree() for _ in range(ROUNDS))
    speed = f"{rate:,.0f} replays/s of {count} cases, wanted {PER_SECOND:,}"
    print(f"replay: {speed}, ratio {PER_SECOND / rate:.2f}")
    took = f"the whole of captures/ in {tree:.2f} s, wanted {TREE_SECONDS:.0f} s"
    print(f"replay: {took}, ratio {tree / TREE_SECONDS:.2f}")
    return int(rate < PER_SECOND or tree > TREE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
