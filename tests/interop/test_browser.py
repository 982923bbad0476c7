"""The report in a real browser, without a window: its script runs, filters, and asks nothing of a network."""

import re
import shutil
from pathlib import Path

import pytest
from test_interop import need, run

from phoneemu import example
from phoneemu.cli import main

QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    example.write(folder)
    words = ["predict", str(folder / "snapshot"), "--runbook", str(folder / "runbook.txt")]
    assert main([*words, "--html", str(folder / "report.html")]) == 0
    return folder / "report.html"


def shown(page: Path, asked: str = "", *more: str) -> str:
    """The document after its script ran."""
    profile = page.parent / "profile"
    shutil.rmtree(profile, ignore_errors=True)
    done = run(
        need("chromium"), *QUIET, f"--user-data-dir={profile}", *more, "--dump-dom", f"{page.as_uri()}{asked}"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def rows(document: str) -> list[list[str]]:
    body = re.search(r'<tbody id="rows">(.*?)</tbody>', document, re.DOTALL)
    assert body
    return [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in body[1].split("</tr>")[:-1]]


def test_the_table_is_drawn_and_filtered(page: Path) -> None:
    every = rows(shown(page))
    assert len(every) == 84
    assert {row[3] for row in every} == {"out-of-service", "stuck", "cannot-say"}
    some = rows(shown(page, "#outcome=stuck&site=Depot&find=7940"))
    assert some
    assert len(some) < 84
    assert {(row[1], row[2], row[3]) for row in some} == {("7940", "Depot", "stuck")}
    assert rows(shown(page, "#find=no-such-phone")) == []


def test_it_reads_on_a_phone_and_on_paper(page: Path, tmp_path: Path) -> None:
    chromium = need("chromium")
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    narrow, paper = tmp_path / "narrow.png", tmp_path / "paper.pdf"
    run(chromium, *QUIET, profile, "--window-size=390,844", f"--screenshot={narrow}", page.as_uri())
    run(chromium, *QUIET, profile, f"--print-to-pdf={paper}", page.as_uri())
    assert narrow.stat().st_size > 10_000
    assert paper.read_bytes().startswith(b"%PDF")
