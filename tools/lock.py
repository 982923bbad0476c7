"""Write requirements-dev.txt: the exact version of every package that development needs.

The versions are what pip chooses today for the `dev` extra in an empty environment; names and versions
only, so that the file works with any package index. Run it by `make lock`, then `make test`.
"""

import subprocess
import sys
import tempfile
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


def main() -> int:
    """Write the file."""
    (ROOT / "requirements-dev.txt").write_text(HEAD + "\n".join(frozen()) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
