"""Older lists, and what lies beside them."""

from pathlib import Path

import pytest

from phoneemu import example
from phoneemu.errors import BadInput
from phoneemu.fleet.snapshot import read_snapshot


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    example.write(tmp_path)
    (tmp_path / "snapshot" / "history").mkdir()
    return tmp_path / "snapshot"


def test_what_is_no_list_in_the_history_is_told_and_a_hidden_file_is_none(folder: Path) -> None:
    past = folder / "history"
    text = (folder / "show_ctl.txt").read_text()
    (past / "old.txt").write_text(text)
    (past / ".old.txt").write_text(text)
    (past / "2014").mkdir()
    (past / "lists.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    (past / "phones.csv").write_text("Device Name,Model\nSEP1,8861\n")
    (past / "x.loads").write_bytes(b"\x01\x00\x02\x01\x02rest")
    snapshot = read_snapshot(folder)
    assert "history/: 1 lists" in snapshot.notes
    told = [each.split(": left aside: ") for each in snapshot.remarks if "left aside" in each]
    assert [name for name, _ in told] == [
        "history/2014",
        "history/lists.zip",
        "history/phones.csv",
        "history/x.loads",
    ]
    assert told[0][1] == "a folder that is not looked into"


@pytest.mark.parametrize(("name", "content"), [("old.tlv", b"junk"), ("show_ctl_old.txt", b"nothing")])
def test_an_error_in_the_history_names_its_folder(folder: Path, name: str, content: bytes) -> None:
    (folder / "history" / name).write_bytes(content)
    with pytest.raises(BadInput) as bad:
        read_snapshot(folder)
    assert bad.value.place == f"history/{name}"
