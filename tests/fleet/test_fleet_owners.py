"""Whose list a file holds, whatever the file is called; and lists that a text says are not there."""

from pathlib import Path

import pytest
from listmaking import signed_itl

from phoneemu import example
from phoneemu.core.showrender import render
from phoneemu.fleet.prechecks import Severity, problems
from phoneemu.fleet.snapshot import Snapshot, read_snapshot

PUB, SUB = "cucm-1051-a-pub", "cucm-1051-a-sub1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example without anything that somebody wrote about it."""
    example.write(tmp_path)
    (tmp_path / "snapshot" / "cluster.toml").unlink()
    return tmp_path / "snapshot"


def nodes(snapshot: Snapshot) -> list[str]:
    return [node.name for node in snapshot.cluster.nodes]


def told(snapshot: Snapshot, file: str) -> list[str]:
    return [each for each in snapshot.remarks if each.startswith(f"{file}: ")]


@pytest.mark.parametrize("behind", ["_20150309", " (1)", "-20150309", "-old", ".example.org"])
def test_a_name_with_more_behind_it_is_that_of_its_node(folder: Path, behind: str) -> None:
    (folder / f"show_itl_{PUB}.txt").rename(folder / f"show_itl_{PUB}{behind}.txt")
    snapshot = read_snapshot(folder)
    assert nodes(snapshot) == [PUB, SUB]
    assert not told(snapshot, f"show_itl_{PUB}{behind}.txt")
    itl = snapshot.cluster.by_name[PUB].itl
    assert itl is not None
    assert itl.origin == f"show_itl_{PUB}{behind}.txt"


@pytest.mark.parametrize("word", ["20150309", "backup", "192.0.2.99", f"{PUB}-sub7", f"{PUB}2"])
def test_a_name_that_nothing_knows_makes_no_node(folder: Path, word: str) -> None:
    (folder / f"show_itl_{SUB}.txt").rename(folder / f"show_itl_{word}.txt")
    snapshot = read_snapshot(folder)
    assert nodes(snapshot) == [PUB, SUB]
    assert snapshot.cluster.by_name[SUB].itl == read_back(folder / f"show_itl_{word}.txt", snapshot)
    (remark,) = told(snapshot, f"show_itl_{word}.txt")
    assert f"no export knows a node `{word}`" in remark
    assert f"it is taken as that of {SUB}" in remark


def read_back(path: Path, snapshot: Snapshot) -> object:
    return next(each.listed for each in snapshot.exports if each.file == path.name)


def test_a_ctl_of_an_unknown_name_is_that_of_all_nodes(folder: Path) -> None:
    (folder / "show_ctl.txt").rename(folder / "show_ctl_old.txt")
    snapshot = read_snapshot(folder)
    assert nodes(snapshot) == [PUB, SUB]
    assert all(node.ctl is not None for node in snapshot.cluster.nodes)
    assert "that of all nodes" in told(snapshot, "show_ctl_old.txt")[0]


def test_an_address_that_an_export_knows_is_its_node(folder: Path) -> None:
    line = (
        f"192.0.2.12 {SUB}.example.net {SUB} Subscriber callmanager DBSub authenticated using TCP since Fri\n"
    )
    (folder / "nodes.log").write_text(line)
    (folder / f"show_itl_{SUB}.txt").rename(folder / "show_itl_192.0.2.12.txt")
    snapshot = read_snapshot(folder)
    assert sorted(nodes(snapshot)) == [PUB, SUB]
    assert not told(snapshot, "show_itl_192.0.2.12.txt")


def test_an_itl_under_the_wrong_node_is_that_of_the_node_it_names(folder: Path) -> None:
    text = (folder / f"show_itl_{SUB}.txt").read_text()
    (folder / f"show_itl_{SUB}.txt").unlink()
    (folder / f"show_itl_{PUB}.txt").write_text(text)
    snapshot = read_snapshot(folder)
    (remark,) = told(snapshot, f"show_itl_{PUB}.txt")
    assert f"its name says {PUB}, but the TFTP server in it is {SUB}" in remark
    itl = snapshot.cluster.by_name[SUB].itl
    assert itl is not None
    assert itl.origin == f"show_itl_{PUB}.txt"


def test_where_nothing_else_names_a_node_the_names_of_files_do(folder: Path) -> None:
    for path in folder.glob("show_*.txt"):
        path.unlink()
    (folder / "show_itl_pub.txt").write_text(
        "admin:show itl\nThe ITL File not found\nLength of ITL file: 0\n"
    )
    assert nodes(read_snapshot(folder)) == ["pub"]


NONE = "admin:show itl\nThe ITL File not found\nLength of ITL file: 0\n"


def test_an_itl_that_is_said_to_be_none_is_told_and_its_substitute_bears_no_date(folder: Path) -> None:
    (folder / f"show_itl_{SUB}.txt").write_text(NONE)
    snapshot = read_snapshot(folder)
    (remark,) = told(snapshot, f"show_itl_{SUB}.txt")
    assert f"no ITL there, although {SUB} is taken to run TFTP" in remark
    itl = snapshot.cluster.by_name[SUB].itl
    assert itl is not None
    assert itl.timestamp is None
    assert "list-unknown" in snapshot.node_basis[SUB]


def test_no_precheck_judges_by_the_date_of_a_list_that_was_made_up(folder: Path) -> None:
    for path in folder.glob("show_*.txt"):
        path.unlink()
    (folder / "cluster.toml").write_text(
        'release = "12.5(1)"\ntaken = 2030-01-01\n[[node]]\nname = "pub"\n'
        '[[off]]\ndevices = ["SEP02005E100001"]\nsince = 2020-01-01\n'
    )
    (told,) = [each for each in problems(read_snapshot(folder)) if each.rule == "PC13"]
    assert told.severity is Severity.NOTE


def test_an_absent_itl_of_an_unknown_node_is_told(folder: Path) -> None:
    (folder / "show_itl_backup.txt").write_text(NONE)
    assert "of which node is not known" in " ".join(told(read_snapshot(folder), "show_itl_backup.txt"))


def test_the_bytes_of_a_list_count_before_its_text(folder: Path) -> None:
    listed = signed_itl()
    assert listed.raw is not None
    for path in folder.glob("show_*.txt"):
        path.unlink()
    (folder / "ITLFile.tlv").write_bytes(listed.raw)
    (folder / "show_itl.txt").write_text(render(listed, modified="Fri Mar 06 21:56:07 CET 2033"))
    exports = read_snapshot(folder).exports
    assert [each.file for each in exports] == ["ITLFile.tlv", "show_itl.txt"]
    assert [each.listed is not None and each.listed.raw == listed.raw for each in exports] == [True, True]
    assert exports[1].lines


@pytest.mark.parametrize("name", ["SEP001122334455.cnf.xml.sgn", "term88xx.loads", "copy of a file"])
def test_a_signed_file_that_is_no_list_is_left_aside(folder: Path, name: str) -> None:
    listed = signed_itl()
    assert listed.raw is not None
    (folder / name).write_bytes(listed.raw[:200])
    assert any(each.startswith(f"{name}: left aside: ") for each in read_snapshot(folder).notes)
