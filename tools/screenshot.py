"""Take the picture of the report that docs/report.md and the README show: docs/report.png.

It is the built-in example's page in a headless Chromium, cut after the first tables. Run it after a change of
the page: `python tools/screenshot.py`. It needs a `chromium` on the PATH.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from phoneemu import example
from phoneemu.cli import main as phoneemu

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "report.png"
SIZE = "1200,1530"
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


def main() -> int:
    """Make the page, and its picture."""
    with tempfile.TemporaryDirectory(prefix="phoneemu-picture-") as name:
        folder = Path(name)
        example.write(folder / "office")
        page = folder / "report.html"
        asked = ["predict", str(folder / "office" / "snapshot"), "--html", str(page)]
        phoneemu([*asked, "--runbook", str(folder / "office" / "runbook.txt")])
        browser = ["chromium", *QUIET, f"--user-data-dir={folder / 'profile'}", "--hide-scrollbars"]
        browser += [f"--window-size={SIZE}", f"--screenshot={PICTURE}", page.as_uri()]
        subprocess.run(browser, check=True, capture_output=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
