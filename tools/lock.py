"""Write requirements-dev.txt: the exact version of every package that development needs.

The versions are what pip chooses today for the `dev` extra in an empty environment; names and versions
only, so that the file works with any package index. Run it by `make lock`, then `make test`.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = """\
# Every package that development and `make test` use, exactly. Written by `make lock`; do not edit.
"""


def frozen() -> list[str]:
    """`name==version` of everything that a fresh environment with the dev extra holds, phoneemu excepted."""
    with tempfile.TemporaryDirectory(prefix="phoneemu-lock-") as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"{ROOT}[dev]"], check=True)
        freeze = [python, "-m", "pip", "freeze", "--exclude", "phoneemu"]
        lines = subprocess.run(freeze, check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted((line for line in lines if "==" in line), key=str.lower)


def markers() -> dict[str, str]:
    """Which packages are for some systems only, and for which: name to environment marker."""
    with (ROOT / "pyproject.toml").open("rb") as stream:
        wanted = tomllib.load(stream)["project"]["optional-dependencies"]["dev"]
    split = (each.partition(";") for each in wanted)
    return {re.split(r"[<>=\[ ]", named)[0].lower(): marker.strip() for named, _, marker in split if marker}


def main() -> int:
    """Write the file."""
    only = markers()
    lines = [
        f"{line} ; {only[name]}" if (name := line.partition("==")[0].lower()) in only else line
        for line in frozen()
    ]
    (ROOT / "requirements-dev.txt").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
