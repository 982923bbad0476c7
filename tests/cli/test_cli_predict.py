"""`phoneemu predict` as a user calls it."""

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from phoneemu import example
from phoneemu.cli import _streams, main


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A folder with the example's snapshot and runbook."""
    example.write(tmp_path / "office")
    return tmp_path / "office"


def predict(office: Path, *more: str) -> int:
    return main(["predict", str(office / "snapshot"), "--runbook", str(office / "runbook.txt"), *more])


def test_the_report_goes_to_standard_output_and_closes_with_the_counts(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert predict(office) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[-1].startswith("412 phones: ")
    assert said.err == ""


def test_both_exports_name_every_phone_and_agree(office: Path) -> None:
    assert predict(office, "--json", str(office / "o.json"), "--csv", str(office / "o.csv")) == 0
    document = json.loads((office / "o.json").read_text())
    rows = list(csv.DictReader(io.StringIO((office / "o.csv").read_text())))
    assert len(document["phones"]) == len(rows) == 412
    assert [(each["device"], each["outcome"]) for each in document["phones"]] == [
        (row["Device Name"], row["Outcome"]) for row in rows
    ]
    assert sum(document["summary"].values()) == 412
    assert sum(document["standings"].values()) == 412


def test_json_on_standard_output_is_json_alone(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert predict(office, "--json", "-") == 0
    assert json.loads(capsys.readouterr().out)["schema"] == 1


def test_two_exports_on_standard_output_are_a_wrong_call(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert predict(office, "--json", "-", "--csv", "-") == 2
    assert "cannot both go" in capsys.readouterr().err


@pytest.mark.parametrize(("outcomes", "code"), [("stuck,out-of-service", 1), ("stuck", 1), ("degraded", 0)])
def test_fail_on_makes_the_exit_code(office: Path, outcomes: str, code: int) -> None:
    assert predict(office, "--fail-on", outcomes) == code


def test_a_refused_step_fails_a_pipeline(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runbook = office / "runbook.txt"
    runbook.write_text("cucm-1051-a-pub delete-certificate CAPF-trust nobody\nphones reset\n")
    report = office / "junit.xml"
    assert predict(office, "--junit", str(report)) == 0  # nothing was asked to fail
    suite = ET.fromstring(report.read_text(encoding="utf-8"))[0]  # noqa: S314 - our own
    assert suite.attrib["errors"] == "1"
    case = suite[0]
    assert case.attrib["classname"] == "runbook"
    assert case.attrib["name"] == "step 1 (runbook.txt:1) is refused by the cluster"
    assert "nobody" in case[0].attrib["message"]
    capsys.readouterr()
    assert predict(office, "--fail-on", "out-of-service") == 1
    assert capsys.readouterr().err == "phoneemu: --fail-on: 1 of 2 steps refused\n"


def test_a_runbook_without_a_step_is_no_green_gate(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (office / "runbook.txt").write_text("# cut short\n")
    assert predict(office) == 0
    assert predict(office, "--fail-on", "stuck,out-of-service") == 1
    assert capsys.readouterr().err == "phoneemu: --fail-on: the runbook has no step\n"


def test_an_option_that_is_given_twice_is_a_wrong_call(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        predict(office, "--csv", str(office / "a.csv"), "--csv", str(office / "b.csv"))
    assert left.value.code == 2
    assert "argument --csv: given twice; it can be given once" in capsys.readouterr().err
    assert not (office / "b.csv").exists()


@pytest.mark.parametrize(
    ("name", "value", "coloured"),
    [("NO_COLOR", "1", False), ("TERM", "dumb", False), ("TERM", "xterm", True)],
)
def test_colours_are_for_terminals_that_want_them(
    name: str, value: str, *, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(name, value)
    assert _streams.coloured(Terminal()) is coloured
    assert not _streams.coloured(io.StringIO())


@pytest.mark.parametrize("outcomes", ["bricked", "", "ok,bricked", "stuck,", ",stuck", "ok,,stuck", " "])
def test_an_unknown_outcome_is_a_wrong_call(
    office: Path, outcomes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        predict(office, "--fail-on", outcomes)
    assert left.value.code == 2
    assert "is none of ok, degraded" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        (
            "runbook.txt",
            "cucm-1051-a-pub set cert regenerate CallManager",
            "runbook.txt:1: `set cert regenerate",
        ),
        ("runbook.txt", "cucm-9 show ctl", "runbook.txt:1: no node `cucm-9`"),
        ("snapshot/phones.csv", "Extension\n1001\n", "phones.csv:1: no device-name column"),
        ("snapshot/cluster.toml", "realease = 3", "cluster.toml: realease: unknown key"),
        ("snapshot/show_ctl.txt", "no list at all", "show_ctl.txt: "),
        ("snapshot/bad.tlv", "x", "bad.tlv: "),
        ("snapshot/show_itl_gone.txt", "", "show_itl_gone.txt: "),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_2(
    office: Path, file: str, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (office / file).write_text(text)
    assert predict(office) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"phoneemu: {message}")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("missing", ["snapshot", "runbook.txt"])
def test_a_missing_file_or_folder_is_exit_2(
    office: Path, missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (office / missing).rename(office / "away")
    assert predict(office) == 2
    assert missing in capsys.readouterr().err


def test_a_snapshot_without_phones_is_exit_2(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (office / "snapshot" / "phones.csv").unlink()
    assert predict(office) == 2
    assert "no phones in it: a table such as phones.csv" in capsys.readouterr().err


def test_the_same_input_gives_the_same_bytes(office: Path) -> None:
    predict(office, "--json", str(office / "a.json"))
    predict(office, "--json", str(office / "b.json"))
    assert (office / "a.json").read_bytes() == (office / "b.json").read_bytes()


def test_phones_alone_are_predicted_on_named_assumptions(tmp_path: Path) -> None:
    folder, out = tmp_path / "snapshot", tmp_path / "o.json"
    folder.mkdir()
    (folder / "phones.csv").write_text("Name,Model\nSEP1,8861\nSEP2,\n")
    (folder / "cluster.toml").write_text('[[node]]\nname = "pub"\n[[node]]\nname = "sub"\n')
    (tmp_path / "runbook.txt").write_text("pub set cert regen TVS\nphones reset\n")
    assert main(["predict", str(folder), "--runbook", str(tmp_path / "runbook.txt"), "--json", str(out)]) == 0
    document = json.loads(out.read_text())
    assumed = {each["id"] for each in document["assumptions"]}
    assert {"holds-served", "release-unknown", "mixed", "non-secure", "powered-on", "list-unknown"} <= assumed
    reasons = {each["device"]: each["reason"] for each in document["phones"]}
    assert reasons["SEP2"] == "unknown-model"
    assert document["phones"][0]["standing"] == "assumed"


def test_a_second_cluster_can_be_named(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = office / "dest"
    other.mkdir()
    (other / "cluster.toml").write_text('name = "dest"\nrelease = "12.5(1)"\n[[node]]\nname = "dest-pub"\n')
    (office / "runbook.txt").write_text("phones where model = 8861 point-to dest\n")
    assert predict(office, "--other", str(other)) == 0
    assert " stuck at step 1: " in capsys.readouterr().out
