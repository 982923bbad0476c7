"""Two plans, or a plan and an earlier answer: only what differs is told."""

import json
from pathlib import Path

import pytest

from phoneemu import example
from phoneemu.cli import main
from phoneemu.errors import BadInput
from phoneemu.fleet import difference
from phoneemu.fleet.difference import Verdict
from phoneemu.fleet.predict import plan_for, predict, prepare

SAFE = "phones reset\n"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, with a harmless runbook beside the real one."""
    folder = tmp_path_factory.mktemp("difference")
    example.write(folder)
    (folder / "safe.txt").write_text(SAFE)
    return folder


def test_the_phones_a_plan_breaks_are_those_that_differ_from_doing_nothing(office: Path) -> None:
    snapshot, plan = prepare(office / "snapshot", office / "runbook.txt")
    forecast = predict(snapshot, plan)
    before = predict(snapshot, plan_for(snapshot, office / "safe.txt"))
    found = difference.compare(difference.verdicts_of(before), forecast)
    assert (found.worse, found.better) == (80, 0)
    assert found.same + sum(map(len, found.changed.values())) == forecast.total
    assert {after.outcome for _, after, _ in found.changed} >= {"stuck", "out-of-service"}
    assert difference.compare(difference.verdicts_of(forecast), forecast).changed == {}
    turned = difference.compare(difference.verdicts_of(forecast), before)
    assert (turned.worse, turned.better) == (0, 80)


def test_an_earlier_answer_serves_as_well_as_a_runbook(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["predict", str(office / "snapshot"), "--runbook"]
    assert main([*words, str(office / "safe.txt"), "--json", str(office / "safe.json")]) == 0
    capsys.readouterr()
    told = []
    for baseline in ("safe.txt", "safe.json"):
        assert main([*words, str(office / "runbook.txt"), "--baseline", str(office / baseline)]) == 0
        said = capsys.readouterr().out
        told.append(said.partition("\n\n")[0])
    assert told[0] == told[1]
    assert told[0].splitlines()[-1] == "80 phones worse, 0 better, 332 as in the baseline"
    assert "-> stuck (signer-unknown-no-tvs, erase-ctl)" in told[0]


def test_phones_that_stand_on_one_side_only_are_counted(office: Path) -> None:
    snapshot, plan = prepare(office / "snapshot", office / "runbook.txt")
    forecast = predict(snapshot, plan)
    before = difference.verdicts_of(forecast)
    gone = before.pop(next(iter(before)))
    before["SEP0000FFFF0000"] = Verdict("ok", "", "none")
    found = difference.compare(before, forecast)
    assert gone.outcome
    assert (len(found.only_after), found.only_before) == (1, ("SEP0000FFFF0000",))
    said = "\n".join(difference.lines(found))
    assert "in the baseline only: SEP0000FFFF0000" in said
    assert "1  new: " in said


@pytest.mark.parametrize(
    "text",
    ["{", "{}", '{"schema": 9, "phones": []}', '{"schema": 1, "phones": [{"device": "a"}]}', "[" * 9999],
)
def test_what_is_no_prediction_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "old.json"
    path.write_text(text)
    with pytest.raises(BadInput) as error:
        difference.read_verdicts(path)
    assert str(error.value).startswith(str(path))


def test_an_unknown_outcome_in_an_old_answer_is_refused(tmp_path: Path) -> None:
    phone = {"device": "a", "outcome": "splendid", "reason": "", "remedy": "none"}
    path = tmp_path / "old.json"
    path.write_text(json.dumps({"schema": 1, "phones": [phone]}))
    with pytest.raises(BadInput, match="not the JSON of a prediction"):
        difference.read_verdicts(path)


def test_with_an_export_on_standard_output_the_difference_stands_aside(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["predict", str(office / "snapshot"), "--runbook", str(office / "runbook.txt"), "--json", "-"]
    assert main([*words, "--baseline", str(office / "safe.txt")]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["schema"] == 1
    assert "80 phones worse" in captured.err


def words(office: Path, *more: str) -> list[str]:
    return ["predict", str(office / "snapshot"), "--runbook", str(office / "runbook.txt"), *more]


def of_another_cluster(office: Path, folder: Path) -> Path:
    """An earlier answer that says it is of another cluster."""
    kept = folder / "elsewhere.json"
    assert main(words(office, "--json", str(kept))) == 0
    said = json.loads(kept.read_text())
    kept.write_text(json.dumps({**said, "cluster": "elsewhere"}))
    return kept


def test_a_baseline_of_another_cluster_is_told(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = of_another_cluster(office, tmp_path)
    assert main(words(office, "--baseline", str(kept))) == 0
    assert "note: the prediction is of cluster elsewhere, and this snapshot is of" in capsys.readouterr().err


def test_a_scored_prediction_of_another_cluster_is_told(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = of_another_cluster(office, tmp_path)
    capsys.readouterr()
    assert main(["score", str(kept), str(office / "snapshot"), "--json"]) == 0
    said = capsys.readouterr()
    assert "note: the prediction is of cluster elsewhere" in said.err
    assert json.loads(said.out)["schema"] == 1


def test_a_baseline_of_the_same_cluster_needs_no_word(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"
    assert main(words(office, "--json", str(kept))) == 0
    assert main(words(office, "--baseline", str(kept))) == 0
    assert capsys.readouterr().err == ""


def test_an_empty_baseline_is_what_some_failed_run_left(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.json"
    empty.touch()
    assert main(words(office, "--baseline", str(empty))) == 2
    assert capsys.readouterr().err.startswith(f"phoneemu: {empty}: the file is empty")


def test_a_baseline_that_is_not_there_is_told_before_the_work(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    assert main(words(office, "--baseline", str(tmp_path / "gone"), "--json", str(out))) == 2
    assert capsys.readouterr().err == f"phoneemu: {tmp_path / 'gone'}: No such file or directory\n"
    assert not out.exists()


def test_plans_without_a_step_are_told(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    idle = tmp_path / "idle.txt"
    idle.write_text("# nothing is done\n")
    assert main(words(office, "--baseline", str(idle))) == 0
    assert "note: idle.txt has no step in it: the baseline is doing nothing" in capsys.readouterr().err
    assert main(["predict", str(office / "snapshot"), "--runbook", str(idle)]) == 0
    assert "idle.txt: there is no step in it" in capsys.readouterr().out
