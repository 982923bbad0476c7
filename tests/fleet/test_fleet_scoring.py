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
from phoneemu.fleet.scoring import JUDGED, Score, Seen, SeenAs, judge

CASES = [
    # predicted, registered, holds, score
    ("ok", True, Holds.MATCH, Score.CONFIRMED),
    ("ok", True, Holds.READS_NONE, Score.CONFIRMED),
    ("ok", None, Holds.OTHER_NODE, Score.CONFIRMED),
    ("ok", True, Holds.UNKNOWN, Score.CONSISTENT),
    ("ok", None, Holds.UNKNOWN, Score.UNSEEN),
    ("ok", None, Holds.READS_NONE, Score.UNSEEN),
    ("ok", True, Holds.STALE, Score.CONTRADICTED),
    ("ok", False, Holds.MATCH, Score.CONTRADICTED),
    ("degraded", True, Holds.STALE, Score.CONSISTENT),
    ("degraded", False, Holds.UNKNOWN, Score.CONTRADICTED),
    ("stuck", True, Holds.UNMATCHED, Score.CONFIRMED),
    ("stuck", None, Holds.STALE, Score.CONFIRMED),
    ("stuck", True, Holds.UNKNOWN, Score.CONSISTENT),
    ("stuck", True, Holds.MATCH, Score.CONTRADICTED),
    ("stuck", False, Holds.STALE, Score.CONTRADICTED),
    ("stuck", True, Holds.READS_NONE, Score.UNSEEN),
    ("out-of-service", False, Holds.UNKNOWN, Score.CONFIRMED),
    ("out-of-service", True, Holds.UNKNOWN, Score.CONTRADICTED),
    ("out-of-service", True, Holds.STALE, Score.CONTRADICTED),
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


def test_a_phone_that_has_not_come_back_yet_says_nothing_of_the_day_it_does() -> None:
    later = Verdict("ok", "", "none", returns=True)
    assert judge(later, Seen(registered=False, holds=Holds.UNKNOWN)) is Score.UNSEEN
    assert judge(later, Seen(registered=True, holds=Holds.MATCH)) is Score.CONFIRMED


def test_a_phone_that_was_not_predicted_is_not_scored() -> None:
    assert judge(None, Seen(registered=True, holds=Holds.MATCH)) is Score.NOT_SAID


def told_standings(phones: list[dict[str, str]]) -> set[str]:
    """The standings a prediction names."""
    return {phone["standing"] for phone in phones}


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
    (office / "snapshot" / "ris-after.xml").write_text(as_xml({"cucm-1051-a-pub": seen}))
    capsys.readouterr()
    assert main(["score", str(office / "told.json"), str(office / "snapshot")]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == "33.3% of 3 predictions that could be checked were right"
    assert f"{out[1]}  predicted out-of-service" in said
    assert "seen registered, list" in said
    assert main(["score", str(office / "told.json"), str(office / "snapshot"), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["rate"], summary["missing"]) == (1 / 3, 0)
    assert (summary["summary"]["confirmed"], summary["summary"]["contradicted"]) == (1, 2)
    assert summary["summary"]["consistent"] == 1
    assert summary["confusion"]["out-of-service"]["not-registered"] == 1
    assert summary["confusion"]["ok"]["registered"] == 1
    standings = summary["by_standing"]
    assert sum(each["contradicted"] for each in standings.values()) == 2
    assert {name for name, each in standings.items() if each["rate"] is not None} <= set(told_standings(told))
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


@pytest.mark.parametrize(("least", "code"), [("30", 0), ("50%", 1)])
def test_a_pipeline_may_ask_for_a_share(office: Path, least: str, code: int) -> None:
    told = json.loads((office / "told.json").read_text())["phones"]
    out = [phone["device"] for phone in told if phone["outcome"] == "out-of-service"]
    seen = [device(out[0], "UnRegistered"), device(out[1]), device(out[2])]
    (office / "snapshot" / "ris-after.xml").write_text(as_xml({"cucm-1051-a-pub": seen}))
    words = ["score", str(office / "told.json"), str(office / "snapshot")]
    assert main([*words, "--fail-under", least]) == code


def test_nothing_checked_is_not_enough_for_any_share(office: Path) -> None:
    words = ["score", str(office / "told.json"), str(office / "snapshot"), "--fail-under", "0"]
    assert main(words) == 1


@pytest.mark.parametrize("text", ["most", "101", "-1"])
def test_a_share_that_is_none_is_exit_2(office: Path, text: str) -> None:
    with pytest.raises(SystemExit) as end:
        main(["score", str(office / "told.json"), str(office / "snapshot"), f"--fail-under={text}"])
    assert end.value.code == 2


def test_the_table_of_the_docs_is_the_one_that_judges() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "json-score.md"
    rows = [line.strip("| ").split(" | ") for line in page.read_text().splitlines() if line.startswith("| `")]
    told = {row[0].strip("`"): [cell.split(",")[0] for cell in row[1:]] for row in rows if len(row) == 7}
    assert {
        outcome.value: [judged.get(shown, Score.UNSEEN).value for shown in SeenAs]
        for outcome, judged in JUDGED.items()
    } == {outcome: cells for outcome, cells in told.items() if outcome != "cannot-say"}
