"""A prediction meets what a later export shows."""

import json
from pathlib import Path

import pytest
from test_fleet_risport import as_xml, device

from phoneemu import example
from phoneemu.cli import main
from phoneemu.fleet import scoring
from phoneemu.fleet.audit import Holds
from phoneemu.fleet.difference import Verdict
from phoneemu.fleet.scoring import Score, Seen, judge

CASES = [
    # predicted, registered, holds, score
    ("ok", True, Holds.UNKNOWN, Score.CONFIRMED),
    ("ok", None, Holds.MATCH, Score.CONFIRMED),
    ("ok", None, Holds.UNKNOWN, Score.UNSEEN),
    ("ok", True, Holds.STALE, Score.CONTRADICTED),
    ("ok", False, Holds.MATCH, Score.CONTRADICTED),
    ("degraded", True, Holds.STALE, Score.CONFIRMED),
    ("degraded", False, Holds.UNKNOWN, Score.CONTRADICTED),
    ("stuck", True, Holds.UNMATCHED, Score.CONFIRMED),
    ("stuck", True, Holds.UNKNOWN, Score.UNSEEN),
    ("stuck", True, Holds.MATCH, Score.CONTRADICTED),
    ("out-of-service", False, Holds.UNKNOWN, Score.CONFIRMED),
    ("out-of-service", True, Holds.UNKNOWN, Score.CONTRADICTED),
    ("out-of-service", None, Holds.STALE, Score.UNSEEN),
    ("cannot-say", True, Holds.MATCH, Score.NOT_SAID),
]


@pytest.mark.parametrize(("predicted", "registered", "holds", "score"), CASES)
def test_a_prediction_is_judged_by_what_is_seen(
    predicted: str,
    registered: bool | None,  # noqa: FBT001 - a table value
    holds: Holds,
    score: Score,
) -> None:
    assert judge(Verdict(predicted, "", "none"), Seen(registered=registered, holds=holds)) is score


def test_a_phone_that_was_not_predicted_is_not_scored() -> None:
    assert judge(None, Seen(registered=True, holds=Holds.MATCH)) is Score.NOT_SAID


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """The example with its prediction, and a later snapshot beside it."""
    example.write(tmp_path)
    words = ["predict", str(tmp_path / "snapshot"), "--runbook", str(tmp_path / "runbook.txt")]
    assert main([*words, "--json", str(tmp_path / "told.json")]) == 0
    return tmp_path


def test_a_later_export_confirms_and_contradicts(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads((office / "told.json").read_text())["phones"]
    out = [phone["device"] for phone in told if phone["outcome"] == "out-of-service"]
    fine = [phone["device"] for phone in told if phone["outcome"] == "ok"]
    seen = [device(out[0], "UnRegistered"), device(out[1]), device(fine[0]), device(fine[1], "UnRegistered")]
    (office / "snapshot" / "ris-after.xml").write_text(as_xml({"pub": seen}))
    capsys.readouterr()
    assert main(["score", str(office / "told.json"), str(office / "snapshot")]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == "50.0% of 4 predictions that could be checked were right"
    assert f"{out[1]}  predicted out-of-service" in said
    assert "seen registered, list" in said
    assert main(["score", str(office / "told.json"), str(office / "snapshot"), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["rate"], summary["missing"]) == (0.5, 0)
    assert summary["summary"]["confirmed"] == summary["summary"]["contradicted"] == 2
    assert sum(summary["summary"].values()) == len(told) == len(summary["phones"])


def test_without_evidence_nothing_is_claimed(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (office / "told.json").open() as stream:
        told = json.load(stream)
    told["phones"][0]["device"] = "SEP0000FFFF0000"
    (office / "told.json").write_text(json.dumps(told))
    capsys.readouterr()
    assert main(["score", str(office / "told.json"), str(office / "snapshot")]) == 0
    said = capsys.readouterr().out
    assert "nothing could be checked" in said
    assert "1 predicted phones stand in no later export" in said
    assert "(not predicted)" in said
    assert scoring.rate([]) is None


def test_a_prediction_that_is_none_is_exit_2(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(office / "runbook.txt"), str(office / "snapshot")]) == 2
    assert "not the JSON of a prediction" in capsys.readouterr().err
