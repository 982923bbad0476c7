"""Where what `predict` writes goes: files, standard output, pipes that close early, closed places."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from phoneemu import example
from phoneemu.cli import main


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outputs")
    example.write(folder / "office")
    return folder / "office"


def words(office: Path, *more: str) -> list[str]:
    return ["predict", str(office / "snapshot"), "--runbook", str(office / "runbook.txt"), *more]


READERS: dict[str, Callable[[str], int]] = {
    "json": lambda text: len(json.loads(text)["phones"]),
    "csv": lambda text: len(list(csv.DictReader(io.StringIO(text)))),
    "html": lambda text: 412 if text.startswith("<!DOCTYPE html>") else 0,
    "junit": lambda text: 412 if ET.fromstring(text).tag == "testsuites" else 0,  # noqa: S314 - our own
}


@pytest.mark.parametrize("name", READERS)
def test_every_export_may_go_to_standard_output_alone(
    office: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(office, f"--{name}", "-")) == 0
    assert READERS[name](capsys.readouterr().out) == 412


@pytest.mark.parametrize("name", READERS)
def test_a_file_and_standard_output_hold_the_same(
    office: Path, tmp_path: Path, name: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    target = tmp_path / "out"
    assert main(words(office, f"--{name}", str(target))) == 0
    capsysbinary.readouterr()
    assert main(words(office, f"--{name}", "-")) == 0
    assert capsysbinary.readouterr().out == target.read_bytes()


def test_two_exports_into_one_place_are_a_wrong_call(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out"
    assert main(words(office, "--json", str(target), "--csv", str(tmp_path / "." / "out"))) == 2
    assert "cannot both go to" in capsys.readouterr().err
    assert not target.exists()
    assert main(words(office, "--html", "-", "--junit", "-")) == 2
    assert "cannot both go to standard output" in capsys.readouterr().err


def test_a_link_that_leads_nowhere_does_no_harm(office: Path, tmp_path: Path) -> None:
    link = office / "snapshot" / ".#phones.csv"
    link.symlink_to(tmp_path / "gone")
    try:
        assert main(words(office, "--csv", str(tmp_path / "out.csv"))) == 0
    finally:
        link.unlink()


@pytest.mark.parametrize("name", ["snapshot/phones.csv", "runbook.txt"])
def test_an_input_is_never_written_over(office: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = (office / name).read_bytes()
    assert main(words(office, "--csv", str(office / name))) == 2
    assert "would take the place of an input" in capsys.readouterr().err
    assert (office / name).read_bytes() == before


def test_a_place_that_cannot_be_written_is_told_before_the_work(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "no such folder" / "out.csv"
    assert main(words(office, "--csv", str(missing))) == 2
    said = capsys.readouterr()
    assert said.err == f"phoneemu: {missing}: No such file or directory\n"
    assert said.out == ""
    assert main(words(office, "--csv", str(tmp_path))) == 2
    assert "Is a directory" in capsys.readouterr().err


def test_a_folder_that_may_not_be_written_is_told_before_the_work(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)  # the tests may run as root
    assert main(words(office, "--html", str(tmp_path / "out.html"))) == 2
    assert capsys.readouterr().err == f"phoneemu: {tmp_path / 'out.html'}: Permission denied\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_one_clear_line(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words(office, "--json", "/dev/full")) == 2
    assert capsys.readouterr().err == "phoneemu: /dev/full: No space left on device\n"


@pytest.mark.parametrize(("more", "code"), [((), 0), (("--fail-on", "stuck"), 1), (("--csv", "-"), 0)])
def test_a_reader_that_goes_away_changes_neither_the_answer_nor_says_a_word(
    office: Path, more: tuple[str, ...], code: int
) -> None:
    asked = [sys.executable, "-m", "phoneemu", *words(office, *more)]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603 - ourselves
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == code


@pytest.mark.parametrize("name", READERS)
def test_no_export_goes_into_a_snapshot(office: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted((office / "snapshot").rglob("*"))
    assert main(words(office, f"--{name}", str(office / "snapshot" / "new"))) == 2
    assert f"--{name} would write into snapshot/" in capsys.readouterr().err
    assert sorted((office / "snapshot").rglob("*")) == before


def test_a_ring_of_links_does_no_harm(office: Path, tmp_path: Path) -> None:
    link = office / "snapshot" / ".#ring"
    link.symlink_to(link)
    try:
        assert main(words(office, "--csv", str(tmp_path / "out.csv"))) == 0
    finally:
        link.unlink()
