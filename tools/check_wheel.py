"""Prove that what is shipped works where it was never developed.

Builds the source archive and from it the wheel, installs the wheel into a fresh environment outside the
checkout, and runs the demo there: its output must be what the checkout prints.
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


def demo_of(wheel: Path, folder: Path) -> str:
    """The demo's output from a fresh environment that holds the wheel and what it needs."""
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
    return _output(folder / "venv" / "bin" / "phoneemu", "demo", cwd=folder)


def main() -> int:
    """Build, install, compare; 1 when the outputs differ."""
    with tempfile.TemporaryDirectory(prefix="phoneemu-wheel-") as name:
        folder = Path(name)
        wheel = build(folder / "dist")
        shipped = demo_of(wheel, folder)
    here = _output(sys.executable, "-m", "phoneemu", "demo", cwd=ROOT)
    if not shipped.strip() or shipped != here:
        print("the installed wheel's demo differs from the checkout's", file=sys.stderr)
        return 1
    print(f"{wheel.name}: installs and runs outside the checkout")
    return 0


if __name__ == "__main__":
    sys.exit(main())
