"""The folder: whole files, going on, and whatever somebody else put there."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from phoneemu.collect.folder import NOTE, Folder
from phoneemu.errors import BadInput

NOW = datetime(2026, 3, 9, 17, 0, tzinfo=UTC)


def opened(path: Path, *, source: str = "pub", now: datetime = NOW, fresh: bool = False) -> Folder:
    return Folder.open(path, source, now, fresh=fresh)


def put(folder: Folder, part: str, name: str, content: bytes = b"x", *, whole: bool = True) -> None:
    folder.announce(part, [name])
    folder.write(part, name, content)
    folder.finish(part, [name], whole=whole)


def test_a_whole_part_is_known_to_the_next_run(tmp_path: Path) -> None:
    put(opened(tmp_path / "deep" / "s"), "phones", "phones.sql.txt")
    again = opened(tmp_path / "deep" / "s", now=NOW + timedelta(hours=3))
    assert again.done("phones")
    assert not again.done("ris")
    assert again.begun == NOW


def test_a_part_that_was_not_whole_is_collected_again(tmp_path: Path) -> None:
    put(opened(tmp_path), "ris", "ris.xml", whole=False)
    assert not opened(tmp_path).done("ris")


def test_a_part_whose_file_was_taken_away_is_collected_again(tmp_path: Path) -> None:
    put(opened(tmp_path), "ris", "ris.xml")
    (tmp_path / "ris.xml").unlink()
    assert not opened(tmp_path).done("ris")


def test_what_an_earlier_run_wrote_and_this_one_did_not_is_removed(tmp_path: Path) -> None:
    put(opened(tmp_path), "lists", "ITLFile_old.tlv")
    put(opened(tmp_path, fresh=True), "lists", "ITLFile_new.tlv")
    assert {path.name for path in tmp_path.iterdir()} == {NOTE, "ITLFile_new.tlv"}


def test_pages_have_a_folder_of_their_own(tmp_path: Path) -> None:
    put(opened(tmp_path), "pages", "pages/SEP1.html")
    assert opened(tmp_path).done("pages")


def test_somebody_elses_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "phones.sql.txt").write_text("mine")
    with pytest.raises(BadInput):
        opened(tmp_path).announce("phones", ["phones.sql.txt"])
    assert (tmp_path / "phones.sql.txt").read_text() == "mine"


def test_a_file_that_somebody_changed_is_somebody_elses(tmp_path: Path) -> None:
    put(opened(tmp_path), "cluster.toml", "cluster.toml")
    (tmp_path / "cluster.toml").write_text("changed by hand")
    again = opened(tmp_path, fresh=True)
    assert not again.mine("cluster.toml")
    again.finish("cluster.toml", [], whole=True)
    assert (tmp_path / "cluster.toml").read_text() == "changed by hand"


def test_an_interrupted_write_leaves_the_old_file_and_can_be_repeated(tmp_path: Path) -> None:
    folder = opened(tmp_path)
    put(folder, "ris", "ris.xml", b"old", whole=False)
    with pytest.raises(TypeError):
        folder.write("ris", "ris.xml", "no bytes")  # type: ignore[arg-type]
    assert (tmp_path / "ris.xml").read_bytes() == b"old"
    put(opened(tmp_path), "ris", "ris.xml", b"new")
    assert {path.name for path in tmp_path.iterdir()} == {NOTE, "ris.xml"}


@pytest.mark.parametrize(
    "name", ["../out.txt", "a/b", "pages/../x", "pages/a/b", "pages/.x", "/etc/x", ".hidden", "..", "a\\b"]
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError):
        opened(tmp_path / "s").announce("pages", [name])


def test_another_clusters_collection_is_not_gone_on_with(tmp_path: Path) -> None:
    put(opened(tmp_path), "phones", "phones.sql.txt")
    with pytest.raises(BadInput):
        opened(tmp_path, source="other-pub")


def test_a_collection_of_another_day_is_not_gone_on_with_but_begun_again(tmp_path: Path) -> None:
    put(opened(tmp_path), "phones", "phones.sql.txt")
    later = NOW + timedelta(hours=25)
    with pytest.raises(BadInput):
        opened(tmp_path, now=later)
    fresh = opened(tmp_path, now=later, fresh=True)
    assert not fresh.done("phones")
    assert fresh.begun == later


@pytest.mark.parametrize(
    "note",
    [
        "",
        "[]",
        "{",
        '{"begun": "x"}',
        "[" * 100_000,
        '{"begun": "2026-03-09T17:00:00", "source": "pub", "parts": {}}',
    ],
)
def test_a_note_that_is_none_is_refused_in_one_line(tmp_path: Path, note: str) -> None:
    (tmp_path / NOTE).write_text(note)
    with pytest.raises(BadInput) as caught:
        opened(tmp_path)
    assert NOTE in str(caught.value)


def test_what_a_killed_write_left_is_swept_away_and_nothing_else(tmp_path: Path) -> None:
    put(opened(tmp_path), "pages", "pages/SEP1.html")
    left = [tmp_path / "pages" / ".SEP1.html.x7abc", tmp_path / f".{NOTE}.k2"]
    others = [tmp_path / "pages" / ".SEP2.html.x", tmp_path / ".gitignore"]
    for path in (*left, *others):
        path.write_text("half")
    opened(tmp_path)
    assert [path.exists() for path in (*left, *others)] == [False, False, True, True]


def test_a_forged_note_removes_nothing_outside(tmp_path: Path) -> None:
    outside = tmp_path / "keep.txt"
    outside.write_text("keep")
    inside = tmp_path / "s"
    inside.mkdir()
    parts = {"lists": {"whole": True, "files": {"../keep.txt": "", ".hidden": ""}}}
    (inside / NOTE).write_text(json.dumps({"begun": NOW.isoformat(), "source": "pub", "parts": parts}))
    opened(inside, fresh=True).finish("lists", [], whole=True)
    assert outside.read_text() == "keep"
