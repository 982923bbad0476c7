"""Prove that what is shipped works where it was never developed.

Builds the source archive and from it the wheel, installs the wheel into a fresh environment outside the
checkout, and there runs the demo, makes a page and prints a schema: each must be what the checkout makes.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements-dev.txt"


def _output(*command: str | Path, cwd: Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=cwd).stdout


def build(folder: Path) -> Path:
    """The wheel, made from the source archive and not from the checkout."""
    command = (sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    return wheel


def said_by(program: tuple[str | Path, ...], folder: Path) -> list[str]:
    """The demo, a page and a schema, as this program writes them in this folder."""
    predict = ("predict", "office/snapshot", "--runbook", "office/runbook.txt", "--html", "-")
    asked = (("demo", "--write", "office"), predict, ("schema", "predict"))
    folder.mkdir()
    return [_output(*program, *words, cwd=folder) for words in asked]


def said_installed(wheel: Path, folder: Path) -> list[str]:
    """The same from a fresh environment that holds the wheel and what it needs."""
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    pip = (
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--constraint",
        LOCK,
        wheel,
    )
    subprocess.run(pip, check=True)
    return said_by((folder / "venv" / "bin" / "phoneemu",), folder / "installed")


def main() -> int:
    """Build, install, compare; 1 when the outputs differ."""
    with tempfile.TemporaryDirectory(prefix="phoneemu-wheel-") as name:
        folder = Path(name)
        wheel = build(folder / "dist")
        shipped = said_installed(wheel, folder)
        here = said_by((sys.executable, "-m", "phoneemu"), folder / "here")
    if not all(text.strip() for text in shipped) or shipped != here:
        print("what the installed wheel says differs from what the checkout says", file=sys.stderr)
        return 1
    print(f"{wheel.name}: installs and runs outside the checkout")
    return 0


if __name__ == "__main__":
    sys.exit(main())
