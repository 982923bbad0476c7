"""docs/questions.md is true: each command runs as written and answers what stands under it."""

import re
import shlex
from pathlib import Path

import pytest

from phoneemu.cli import main

PAGE = Path(__file__).resolve().parent.parent / "docs" / "questions.md"
BLOCK = re.compile(r"^```(console|runbook|file)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
QUESTION = re.compile(r"^## (\d+)\. (.+)$", re.MULTILINE)


def chapters() -> dict[int, str]:
    """Question number -> its text, the beginning of the page before the first under 0."""
    parts = QUESTION.split(PAGE.read_text(encoding="utf-8"))
    return {0: parts[0]} | {int(parts[at]): parts[at + 2] for at in range(1, len(parts), 3)}


def calls(block: str) -> list[tuple[str, list[str]]]:
    """(command, lines that its answer holds) of one console block."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.strip():
            found[-1][1].append(line.strip())
    return found


def test_all_fifteen_questions_are_asked_and_answered_by_a_command() -> None:
    found = chapters()
    assert sorted(found) == list(range(16))
    assert [number for number, text in found.items() if "$ phoneemu " not in text] == []


@pytest.mark.parametrize("number", range(16))
def test_every_command_of_a_question_answers_as_the_page_says(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    if number:
        assert main(["demo", "--write", "office"]) == 0
    text = PAGE.read_text(encoding="utf-8")
    for kind, name, content in BLOCK.findall(text):
        if kind in ("runbook", "file"):
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)
    for kind, _, content in BLOCK.findall(chapters()[number]):
        for command, expected in calls(content) if kind == "console" else ():
            program, *words = shlex.split(command)
            assert program == "phoneemu"
            capsys.readouterr()
            assert main(words) in (0, 1), command
            said, at = capsys.readouterr().out, 0
            for line in expected:
                found = said.find(line, at)
                assert found >= 0, f"`{command}` does not say `{line}`:\n{said[:3000]}"
                at = found


def test_it_counts_the_pre_checks_as_their_own_page_lists_them() -> None:
    page = (PAGE.parent / "prechecks.md").read_text(encoding="utf-8")
    assert len(set(re.findall(r"^\| (PC\d+) \|", page, re.MULTILINE))) == 14
    assert "[prechecks.md](prechecks.md) lists the fourteen rules" in PAGE.read_text(encoding="utf-8")
