"""Fuzz every reader, guided by coverage: `make fuzz`, or `python fuzz/fuzzing.py --seconds 3600` for a night.

The time is shared by all targets, two at once; the seed makes a run repeatable as far as the clock allows.
What breaks a reader is left in --keep and named; put it under fuzz/crashes/TARGET/ with the fix, where a test
reads it for ever. Exit code 1 when something broke. Without atheris nothing
is fuzzed and it says so; 2 where PHONEEMU_TOOLS=required insists, as continuous integration does.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PLACES = (ROOT, HERE, ROOT / "tests")
"""Where the package, the targets and the makers of their first inputs are found."""
LARGEST = 16_384
SECONDS_OF_ONE = 20


def child(name: str, words: list[str]) -> int:
    """Fuzz one target in this process, until libFuzzer ends it."""
    import atheris

    with atheris.instrument_imports(include=["phoneemu", "targets"]):
        from targets import TARGETS
    target = TARGETS[name]
    corpus = Path(words[-1])
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed[:LARGEST])
    atheris.Setup([sys.argv[0], *words], target)
    atheris.Fuzz()
    return 0


def fuzz(name: str, seconds: int, seed: int, keep: Path) -> tuple[str, int, str]:
    """(target, exit code, what libFuzzer printed) of one target in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="phoneemu-fuzz-") as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        keep.mkdir(parents=True, exist_ok=True)
        words = [
            f"-max_total_time={seconds}",
            f"-seed={seed}",
            f"-max_len={LARGEST}",
            f"-timeout={SECONDS_OF_ONE}",
            "-rss_limit_mb=2048",
            f"-artifact_prefix={keep}/{name}-",
            str(corpus),
        ]
        asked = [sys.executable, str(Path(__file__).resolve()), "--child", name, *words]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, PLACES)), "TMPDIR": folder}
        done = subprocess.run(asked, capture_output=True, text=True, errors="replace", env=environment)  # noqa: S603
    return name, done.returncode, done.stderr + done.stdout


def told(name: str, code: int, said: str) -> str:
    """One line about one target."""
    runs = re.findall(r"^#(\d+)\s", said, re.MULTILINE)
    cover = re.findall(r"cov: (\d+)", said)
    line = f"{name:18}  {int(runs[-1]) if runs else 0:>9,} inputs  {cover[-1] if cover else '?':>5} edges"
    return line if code == 0 else f"{line}  BROKE"


def main() -> int:
    """Fuzz and tell; 1 when something broke."""
    if sys.argv[1:2] == ["--child"]:
        return child(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(description="Fuzz every reader, guided by coverage.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="only these")
    parser.add_argument("--seconds", type=int, default=120, help="for all of them together; 120")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="how many at once; 2")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="where findings are left")
    arguments = parser.parse_args()
    try:
        import atheris  # noqa: F401 - asked for before any time is spent
    except ImportError:
        print("atheris is not installed: no fuzzing here (Linux: pip install atheris)", file=sys.stderr)
        return 2 if os.environ.get("PHONEEMU_TOOLS") == "required" else 0
    sys.path[:0] = map(str, PLACES)
    from targets import TARGETS

    names = arguments.targets or list(TARGETS)
    odd = [name for name in names if name not in TARGETS]
    if odd:
        print(f"no target {odd[0]}; there are {', '.join(TARGETS)}", file=sys.stderr)
        return 2
    each = max(1, arguments.seconds * arguments.jobs // len(names))
    print(f"{len(names)} targets, {each} seconds each, {arguments.jobs} at once, seed {arguments.seed}")
    broke = []
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for name, code, said in pool.map(
            lambda name: fuzz(name, each, arguments.seed, arguments.keep), names
        ):
            print(told(name, code, said), flush=True)
            if code:
                broke.append(name)
                print("\n".join(said.splitlines()[-40:]), file=sys.stderr)
    print(f"broke: {', '.join(broke)}; see {arguments.keep}" if broke else "nothing broke")
    return int(bool(broke))


if __name__ == "__main__":
    sys.exit(main())
