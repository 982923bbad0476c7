"""docs/replay.md: every command on it runs, and prints what a reader is told it prints."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from phoneemu.cli import main

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "replay.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ (.+)$", PAGE, re.MULTILINE)
CODES = {"phoneemu replay mine": 1, "--load 14-2-1 --against old.json": 1}
"""Commands that are to differ; all others succeed."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds the captures and the page's own file of explanations."""
    (tmp_path / "captures").symlink_to(ROOT / "captures")
    (explanations,) = re.findall(r"```toml\n(# why\.toml.*?)```", PAGE, re.DOTALL)
    (tmp_path / "why.toml").write_text(explanations, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_runs_as_it_stands(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said: dict[str, str] = {}
    for command in COMMANDS:
        words = shlex.split(command)
        if words[0] != "phoneemu":
            assert shutil.which(words[0]), words[0]
            subprocess.run(words, check=True)  # noqa: S603 - the page's own commands
            continue
        wanted = next((code for end, code in CODES.items() if command.endswith(end)), 0)
        assert main(words[1:]) == wanted, command
        said[command] = capsys.readouterr().out
    blocks = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert blocks, "nothing to compare"
    printed = "\n".join(said.values())
    for block in blocks:
        for part in block.strip("\n").split("[...]\n"):
            assert part in printed
