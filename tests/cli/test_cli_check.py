"""`phoneemu check`: what was understood, what was not, what is assumed."""

import json
from pathlib import Path

import pytest

from phoneemu import example
from phoneemu.cli import main


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """The example's snapshot."""
    example.write(tmp_path / "office")
    return tmp_path / "office" / "snapshot"


def check(snapshot: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["check", str(snapshot)]) == 0
    return capsys.readouterr().out


def test_every_file_is_named_with_what_was_read_of_it(
    snapshot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = check(snapshot, capsys)
    assert "cluster.toml: 2 nodes, 3 groups, 3 sites, 3 [[off]]" in said
    assert "phones.csv: 412 phones; read Device Name, Device Type" in said
    assert "ignored 2 other columns" in said
    assert "show_ctl.txt: CTL signed by CN=cucm-1051-a-pub, serial 70:CA:F6:4E…, 4 records" in said
    assert "TVS: CN=cucm-1051-a-sub1, serial 4D:19:B0:A8…    show_itl_" in said
    assert "2  Doorphone 2: not in the catalogue" in said
    assert "today, if every phone restarted: 412 phones: 0 out-of-service, 0 stuck" in said


def test_a_model_given_by_its_number_is_told_with_its_name(
    snapshot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "SEP001122334401,683\nSEP001122334402,8841\nSEP001122334403,99999\n"
    (snapshot / "phones.csv").write_text("Device Name,Device Type\n" + rows)
    said = check(snapshot, capsys)
    assert "1  683 (Cisco 8841)\n" in said
    assert "1  8841\n" in said
    assert "1  99999: not in the catalogue\n" in said


def test_phones_alone_are_told_what_else_is_needed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "phones.csv").write_text("Device Name,Device Type\nSEP001122334401,8841\n")
    assert main(["check", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "cluster.toml (not there): no node is known" in said
    assert "[[node]]" in said


def test_files_nobody_reads_are_named_not_ignored(snapshot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (snapshot / "notes.txt").write_text("call Anna\n")
    (snapshot / "holiday.jpg").write_text("x")
    said = check(snapshot, capsys)
    assert "notes.txt: not recognised" in said
    assert "holiday.jpg: not recognised" in said


def test_broken_rows_and_missing_exports_are_named(
    snapshot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (snapshot / "cluster.toml").unlink()
    with (snapshot / "phones.csv").open("a") as phones:
        phones.write("SEP\n")
    said = check(snapshot, capsys)
    assert "cluster.toml: absent" in said
    assert "phones.csv:414: row left out" in said
    assert "410 phones  release: the cluster's release is the one its trust lists look like" in said
    assert "settled by `release` in cluster.toml" in said


def test_a_text_that_says_there_is_no_ctl_is_understood(
    snapshot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (snapshot / "show_ctl.txt").write_text(
        "admin:show ctl\nLength of CTL file: 0\nCTL File not found. Please run CTLClient plugin or run the "
        "CLI - utils ctl.. to generate the CTL file.\nError parsing the CTL File.\n"
    )
    said = check(snapshot, capsys)
    assert "show_ctl.txt: says that there is no CTL" in said
    assert "no CTL there, although the cluster is in mixed mode" in said


def test_lscs_are_counted_by_what_is_known_of_them(
    snapshot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(snapshot), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lscs"] == {"of CAPF-e41e7d87, assumed": 44}
    toml = snapshot / "cluster.toml"
    toml.write_text(toml.read_text().replace("[phones]", '[phones]\nlsc = "unknown"'))
    assert "44  not known whether they have one" in check(snapshot, capsys)
    toml.write_text(toml.read_text().replace('lsc = "unknown"', 'lsc = "none"'))
    assert "44  none: they show their factory certificate" in check(snapshot, capsys)


@pytest.mark.parametrize(("least", "code"), [("danger", 0), ("warning", 1), ("note", 1)])
def test_a_pipeline_may_stop_at_a_severity(tmp_path: Path, least: str, code: int) -> None:
    example.write(tmp_path)
    assert main(["check", str(tmp_path / "snapshot"), "--fail-on", least]) == code
