"""`phoneemu replay` as a user calls it."""

import json
import shutil
from pathlib import Path

import packetmaking
import pytest
from jsonschema import Draft202012Validator
from making import a_config
from replaymaking import CAPTURES, REFUSED, RENEWED

from phoneemu.cli import main
from phoneemu.core import phoneconfig
from phoneemu.core.evidence import Standing
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Verdict
from phoneemu.replay.case import Origin
from phoneemu.replay.suite import Result

LOAD = str(CAPTURES / "8861/sip88xx.10-3-1-20")


def replay(*words: str | Path) -> int:
    return main(["replay", *map(str, words)])


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A small tree of captures of its own."""
    for name in (RENEWED, REFUSED):
        shutil.copytree(CAPTURES / name, tmp_path / "captures" / name)
    return tmp_path / "captures"


def test_the_captures_of_the_folder_are_walked(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(corpus.parent)
    assert replay() == 0
    assert capsys.readouterr().out.startswith("2 cases: 2 agree\n")


def test_one_case_is_told_even_when_it_agrees(capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(CAPTURES / RENEWED) == 0
    assert capsys.readouterr().out.startswith(f"agrees     {RENEWED}")


def test_another_load_differs_with_its_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(CAPTURES / RENEWED, "--load", "14-2-1", "--verbose") == 1
    said = capsys.readouterr().out
    assert "- asks pub for CTLSEP02A500000861.tlv by tftp: arrived" in said
    assert "models/8861.toml files.transports = http, tftp [documented, PROXYTFTP, AG8800-start]" in said


def test_two_loads_are_compared_by_their_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, why, xml = tmp_path / "old.json", tmp_path / "why.toml", tmp_path / "junit.xml"
    case = CAPTURES / RENEWED
    assert replay(case, "--results", old) == 0
    assert replay(case, "--against", old) == 0
    assert replay(case, "--against", old, "--load", "14-2-1", "--junit", xml) == 1
    assert "3 changes, 0 explained, 3 not" in capsys.readouterr().out
    assert "<failure" in xml.read_text(encoding="utf-8")
    why.write_text(
        'schema = 1\n[[explanation]]\nwhat = "request"\nreason = "HTTP since 12.1"\n', encoding="utf-8"
    )
    assert replay(case, "--against", old, "--load", "14-2-1", "--explanations", why) == 0
    assert replay(case, "--against", old, "--explanations", why) == 1


def test_results_may_go_to_the_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(CAPTURES / RENEWED, "--results", "-") == 0
    assert list(json.loads(capsys.readouterr().out)["cases"]) == [RENEWED]


def test_the_report_for_pipelines_may_go_to_the_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert replay(CAPTURES / RENEWED, "--junit", "-") == 0
    said = capsys.readouterr()
    assert said.out.startswith("<?xml")
    assert said.out.endswith("</testsuites>\n")
    assert RENEWED in said.err
    assert list(tmp_path.iterdir()) == []


def test_results_fit_the_published_schema_whose_words_are_those_of_the_program(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["schema", "replay"]) == 0
    schema = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(schema)
    assert replay(CAPTURES, "--load", "14-2-1", "--results", "-") == 1
    results = json.loads(capsys.readouterr().out)
    strict = json.loads(
        json.dumps(schema).replace('"required":', '"additionalProperties": false, "required":')
    )
    assert list(Draft202012Validator(strict).iter_errors(results)) == []
    words = {name: set(part["enum"]) for name, part in schema["$defs"].items() if "enum" in part}
    assert words == {
        "origin": {each.value for each in Origin},
        "result": {each.value for each in Result},
        "subject": {each.value for each in Subject},
        "verdict": {each.value for each in Verdict},
        "standing": {each.label for each in Standing},
    }


def test_a_known_gap_is_expected_to_differ_and_a_closed_one_must_leave_the_list(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gaps = corpus / "known-gaps.toml"
    gaps.write_text(f'schema = 1\n[gaps]\n"{RENEWED}" = "the load is not the one"\n', encoding="utf-8")
    assert replay(corpus) == 1
    assert "take it off the list" in capsys.readouterr().out
    assert replay(corpus / RENEWED, "--load", "14-2-1") == 0
    assert "known gap" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('schema = 1\n[gaps]\n"8861/x/y" = "why"\n', "8861/x/y"),
        (f'schema = 1\n[gaps]\n"{RENEWED}" = " "\n', "no reason"),
        ("[gaps]\n", "schema"),
        ("schema = 1\n[holes]\n", "holes"),
    ],
)
def test_a_wrong_list_of_gaps_is_bad_input(
    corpus: Path, text: str, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (corpus / "known-gaps.toml").write_text(text, encoding="utf-8")
    assert replay(corpus) == 2
    assert key in capsys.readouterr().err


def test_what_is_no_case_or_of_no_model_is_bad_input(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert replay(tmp_path / "empty") == 2
    assert replay(tmp_path / "gone") == 2
    assert replay(corpus / RENEWED / "capture.toml") == 2
    assert "capture.toml" in capsys.readouterr().err
    assert replay("--explanations", corpus) == 2
    place = corpus / RENEWED / "capture.toml"
    place.write_text(place.read_text(encoding="utf-8").replace('"8861"', '"8861x"'), encoding="utf-8")
    assert replay(corpus) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"phoneemu: {place.resolve()}: `model`")


# ---------------------------------------------------------------- a packet capture, straight

PHONE = "SEP001122334455"
CONFIG = phoneconfig.render(a_config())


def boot(folder: Path, served: str) -> Path:
    """A recording of a start at a server that has one list."""
    line = packetmaking.Line()
    line.tftp(f"CTL{PHONE}.tlv", (CAPTURES / served).read_bytes())
    line.tftp(f"{PHONE}.cnf.xml.sgn", CONFIG)
    path = folder / "boot.pcap"
    path.write_bytes(packetmaking.pcap(line.frames))
    return path


def test_a_recording_is_replayed_without_being_written_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tmp_path / "before"
    before.mkdir()
    path = boot(tmp_path, f"{REFUSED}/before/CTL.tlv")
    words = ("--model", "7960", "--origin", "synthetic")
    assert replay(path, *words, "--before", before) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"agrees     7960/unknown/{PHONE.lower()}")
    assert replay(path, *words, "--before", before, "--verbose") == 0
    assert "CTL: accept, first-trust" in capsys.readouterr().out


def test_a_recording_of_a_phone_that_held_nobody_knows_what_is_compared_up_to_its_first_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = boot(tmp_path, f"{REFUSED}/before/CTL.tlv")
    assert replay(path, "--model", "7960", "--origin", "synthetic", "--verbose") == 0
    said = capsys.readouterr().out
    assert "the replay ends where the evidence does: what the phone held is not shown" in said
    assert ", 1 files, " in said


def test_a_recording_whose_model_nobody_tells_is_bad_input(tmp_path: Path) -> None:
    path = boot(tmp_path, f"{REFUSED}/before/CTL.tlv")
    assert replay(path) == 2
    path.write_bytes(packetmaking.pcap([]))
    assert replay(path, "--model", "7960") == 2


@pytest.mark.parametrize("option", ["--results", "--junit"])
@pytest.mark.parametrize("name", ["capture.toml", "new.json", "../../../known-gaps.toml"])
def test_nothing_is_written_over_a_case_or_into_one(
    corpus: Path, option: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (corpus / "known-gaps.toml").write_text("schema = 1\n", encoding="utf-8")
    files = {path: path.read_bytes() for path in corpus.rglob("*") if path.is_file()}
    assert replay(corpus, option, corpus / RENEWED / name) == 2
    assert f"{option} would" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in corpus.rglob("*") if path.is_file()} == files


def test_results_and_report_do_not_share_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "x.json"
    assert replay(CAPTURES / RENEWED, "--results", out, "--junit", out) == 2
    assert f"--results and --junit cannot both go to {out}" in capsys.readouterr().err
    assert not out.exists()


def test_results_are_not_written_over_those_they_are_compared_with(tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    assert replay(CAPTURES / RENEWED, "--results", old) == 0
    before = old.read_bytes()
    assert replay(CAPTURES / RENEWED, "--against", old, "--junit", old) == 2
    assert old.read_bytes() == before
