"""`phoneemu demo` and the example it shows."""

from pathlib import Path

import pytest

from phoneemu import example
from phoneemu.cli import main
from phoneemu.core import showtext
from phoneemu.core.names import serial_text


def test_the_demo_predicts_the_example_and_loses_the_phones_the_note_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["demo"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "cucm-1051-a, release 10.5(1), mixed mode, 412 phones"
    by_model = {
        line.split("  ")[0]: line.split()[-5:] for line in lines if line.startswith(("79", "88", "78"))
    }
    for lost in ("7940", "7960"):
        assert by_model[lost][-1] == "."
    for kept in ("7945", "7965", "7975", "8861"):
        assert by_model[kept][:2] == [".", "."]
    assert lines[-1].startswith("412 phones: ")


def test_write_leaves_a_folder_that_predict_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "demo"
    assert main(["demo", "--write", str(folder)]) == 0
    said = capsys.readouterr()
    assert main(["predict", str(folder / "snapshot"), "--runbook", str(folder / "runbook.txt")]) == 0
    assert capsys.readouterr().out == said.out
    assert "wrote" in said.err


def test_write_refuses_a_folder_that_holds_something(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    assert main(["demo", "--write", str(tmp_path)]) == 2
    assert "not an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_example_restates_the_published_ctl() -> None:
    shown = showtext.parse(example.files()["snapshot/show_ctl.txt"])
    assert shown.list is not None
    assert (shown.list.length, shown.list.md5) == (4947, "1d97d9089dd558a062cccfcb1dc4c57f")
    assert shown.list.signer is not None
    assert serial_text(shown.list.signer.serial) == "70:CA:F6:4E:09:07:51:B9:DF:22:F4:9F:75:4F:C5:BB"
    assert len(shown.list.records) == 4


def test_the_examples_fleet_is_the_same_every_time_and_has_every_kind_of_phone() -> None:
    first = example.phones_csv()
    assert first == example.phones_csv()
    rows = first.splitlines()[1:]
    assert len(rows) == len({row.split(",")[0] for row in rows}) == 412
    assert len({row.split(",")[5] for row in rows}) >= 12
