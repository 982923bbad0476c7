"""`phoneemu learn` as a user calls it."""

import shutil
from pathlib import Path

import pytest
from replaymaking import CAPTURES, RENEWED

from phoneemu.cli import main


def test_a_case_that_agrees_teaches_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", str(CAPTURES / RENEWED)]) == 0
    assert "nothing to learn" in capsys.readouterr().out


def test_what_no_fact_explains_is_exit_one_and_may_go_to_a_file(tmp_path: Path) -> None:
    out = tmp_path / "patch.toml"
    case = CAPTURES / "7940/SIP-7.2/ctl-wanted-for-ever"
    assert main(["learn", str(case), "--output", str(out)]) == 1
    assert "# no change of one fact or two" in out.read_text(encoding="utf-8")


def test_what_is_no_case_is_bad_input(tmp_path: Path) -> None:
    assert main(["learn", str(tmp_path)]) == 2


@pytest.mark.parametrize("name", ["capture.toml", "new.toml"])
def test_proposals_never_go_into_a_case(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    case = tmp_path / RENEWED
    shutil.copytree(CAPTURES / RENEWED, case)
    before = (case / "capture.toml").read_bytes()
    assert main(["learn", str(case), "--output", str(case / name)]) == 2
    assert "--output would" in capsys.readouterr().err
    assert (case / "capture.toml").read_bytes() == before
    assert main(["learn", str(case)]) == 0
