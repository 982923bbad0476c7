"""Two plans, or a plan and an earlier answer: only what differs is told."""

import csv
import io
import json
import re
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from phoneemu import example
from phoneemu.cli import main
from phoneemu.errors import BadInput
from phoneemu.fleet import difference, kept
from phoneemu.fleet.difference import Difference, Verdict
from phoneemu.fleet.export import CSV_HEADER
from phoneemu.fleet.forecast import Forecast
from phoneemu.fleet.predict import plan_for, predict, prepare

SAFE = "phones reset\n"


def against(before: Forecast, after: Forecast) -> Difference:
    return difference.compare(difference.baseline_of(before, "before.txt"), after)


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
    found = against(before, forecast)
    assert (found.worse, found.better, found.otherwise, found.new) == (80, 0, 0, 0)
    assert found.same + found.told.total == forecast.total
    assert {each.now.outcome for each in found.changes} == {"stuck", "out-of-service"}
    assert against(forecast, forecast).changes == ()
    turned = against(before=forecast, after=before)
    assert (turned.worse, turned.better) == (0, 80)


def test_only_the_phones_that_differ_are_told_each_with_what_the_baseline_says(office: Path) -> None:
    snapshot, plan = prepare(office / "snapshot", office / "runbook.txt")
    forecast, before = predict(snapshot, plan), predict(snapshot, plan_for(snapshot, office / "safe.txt"))
    was = {phone.name: difference.verdict_of(fate) for phone, fate in before.each()}
    now = {phone.name: difference.verdict_of(fate) for phone, fate in forecast.each()}
    told = {
        phone.name: (each.was, each.now)
        for each in against(before, forecast).changes
        for phone in each.group.phones
    }
    assert told == {name: (was[name], now[name]) for name in was if was[name] != now[name]}


FORGOTTEN = """cucm-1051-a-pub   set cert regen CallManager
*                 utils service restart Cisco Tftp
*                 utils service restart Cisco CallManager
phones            reset
"""


def test_the_counts_of_a_comparison_add_up_to_the_fleet(office: Path) -> None:
    (office / "forgotten.txt").write_text(FORGOTTEN)
    snapshot, plan = prepare(office / "snapshot", office / "runbook.txt")
    found = against(predict(snapshot, plan_for(snapshot, office / "forgotten.txt")), predict(snapshot, plan))
    assert found.counts == "28 phones worse, 38 better, 20 otherwise, 326 as in the baseline"
    assert found.whole.total == 28 + 38 + 20 + 326
    same_end = [each for each in found.changes if each.was and each.was.outcome == each.now.outcome]
    assert sum(len(each.group.phones) for each in same_end) == 20


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
    assert told[0].splitlines()[1:] == told[1].splitlines()[1:]
    assert [each.splitlines()[0] for each in told] == [
        "against the baseline safe.txt",
        "against the baseline safe.json",
    ]
    assert told[0].splitlines()[-1] == "80 phones worse, 0 better, 0 otherwise, 332 as in the baseline"
    assert "-> stuck (signer-unknown-no-tvs, erase-ctl)" in told[0]


def test_phones_that_stand_on_one_side_only_are_counted(office: Path) -> None:
    snapshot, plan = prepare(office / "snapshot", office / "runbook.txt")
    forecast = predict(snapshot, plan)
    before = {phone.name.upper(): difference.verdict_of(fate) for phone, fate in forecast.each()}
    gone = before.pop(next(iter(before)))
    before["SEP0000FFFF0000"] = Verdict("ok", "", "none")
    found = difference.compare(difference.baseline_from(before, "old.json"), forecast)
    assert (found.new, found.gone) == (1, ("SEP0000FFFF0000",))
    assert (
        found.counts
        == "0 phones worse, 0 better, 0 otherwise, 411 as in the baseline, 1 new; 1 in the baseline only"
    )
    assert found.whole.total == 411 + 1
    said = "\n".join(difference.lines(found))
    assert "in the baseline only: SEP0000FFFF0000" in said
    assert f"1  new: {gone.text}" in said


@pytest.mark.parametrize(
    "text",
    ["{", "{}", '{"schema": 9, "phones": []}', '{"schema": 1, "phones": [{"device": "a"}]}', "[" * 9999],
)
def test_what_is_no_prediction_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "old.json"
    path.write_text(text)
    with pytest.raises(BadInput) as error:
        kept.read_verdicts(path)
    assert str(error.value).startswith(str(path))


def test_an_unknown_outcome_in_an_old_answer_is_refused(tmp_path: Path) -> None:
    phone = {"device": "a", "outcome": "splendid", "reason": "", "remedy": "none"}
    path = tmp_path / "old.json"
    path.write_text(json.dumps({"schema": 1, "phones": [phone]}))
    with pytest.raises(BadInput, match="not the JSON of a prediction"):
        kept.read_verdicts(path)


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
    old = folder / "elsewhere.json"
    assert main(words(office, "--json", str(old))) == 0
    said = json.loads(old.read_text())
    old.write_text(json.dumps({**said, "cluster": "elsewhere"}))
    return old


def test_a_baseline_of_another_cluster_is_told(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = of_another_cluster(office, tmp_path)
    assert main(words(office, "--baseline", str(old))) == 0
    assert "note: the prediction is of cluster elsewhere, and this snapshot is of" in capsys.readouterr().err


def test_a_scored_prediction_of_another_cluster_is_told(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = of_another_cluster(office, tmp_path)
    capsys.readouterr()
    assert main(["score", str(old), str(office / "snapshot"), "--json"]) == 0
    said = capsys.readouterr()
    assert "note: the prediction is of cluster elsewhere" in said.err
    assert json.loads(said.out)["schema"] == 1


def test_a_baseline_of_the_same_cluster_needs_no_word(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "kept.json"
    assert main(words(office, "--json", str(old))) == 0
    assert main(words(office, "--baseline", str(old))) == 0
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


DIFFERENTIAL = ("csv", "json", "html", "junit")


@pytest.fixture(scope="module")
def exported(office: Path) -> dict[str, str]:
    """What every export says of the runbook against the one in which the CTL was forgotten."""
    (office / "forgotten.txt").write_text(FORGOTTEN)
    asked = [part for name in DIFFERENTIAL for part in (f"--{name}", str(office / f"d.{name}"))]
    assert main(words(office, "--baseline", str(office / "forgotten.txt"), *asked)) == 0
    return {name: (office / f"d.{name}").read_bytes().decode() for name in DIFFERENTIAL}


def test_the_table_holds_only_the_phones_that_differ(exported: dict[str, str]) -> None:
    rows = list(csv.DictReader(io.StringIO(exported["csv"], newline="")))
    assert list(rows[0]) == [*CSV_HEADER, "Baseline Outcome", "Baseline Reason", "Baseline Remedy"]
    assert len(rows) == 28 + 38 + 20
    assert all(
        (row["Outcome"], row["Reason"], row["Remedy"])
        != (row["Baseline Outcome"], row["Baseline Reason"], row["Baseline Remedy"])
        for row in rows
    )


def test_the_json_says_that_its_phones_are_not_all(exported: dict[str, str]) -> None:
    document = json.loads(exported["json"])
    schema = json.loads(resources.files("phoneemu").joinpath("schemas", "predict.json").read_text())
    counts = {"worse": 28, "better": 38, "otherwise": 20, "new": 0, "same": 326}
    assert document["differential"] is True
    assert document["baseline"] == {"name": "forgotten.txt", **counts, "gone": []}
    assert sum(document["summary"].values()) == 412  # of all
    assert len(document["phones"]) == 86
    keys = ("outcome", "reason", "remedy", "remedy_found")
    assert all({key: phone[key] for key in keys} != phone["baseline"] for phone in document["phones"])
    assert list(Draft202012Validator(schema).iter_errors(document)) == []


def test_the_page_tells_only_the_phones_that_differ(exported: dict[str, str]) -> None:
    page = exported["html"]
    assert "86 of 412 phones end otherwise than by the baseline forgotten.txt: 28 phones worse" in page
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    groups = json.loads(found[1])["groups"]
    assert sum(len(names) for group in groups for _, names in group["phones"]) == 86
    assert all(group["was"] for group in groups)
    assert "What differs from the baseline" in page
    assert "All 86; the CSV has every one of them." in page
    assert "stuck</span> (never-replaces-ctl, factory-reset)" in page


def test_the_pipeline_report_counts_what_is_as_in_the_baseline(exported: dict[str, str]) -> None:
    suite = ET.fromstring(exported["junit"])[0]  # noqa: S314 - our own
    cases = [(case.attrib["classname"], case.attrib["name"]) for case in suite]
    assert len(set(cases)) == len(cases) == int(suite.attrib["tests"])
    same = {name for where, name in cases if where == "as in the baseline"}
    assert same == {f"{each}, as in the baseline" for each in ("out-of-service", "stuck", "cannot-say", "ok")}
    assert all("; in the baseline: " in name for _, name in cases if name not in same)
    assert len(suite.findall(".//failure")) == int(suite.attrib["failures"])


def test_where_nothing_differs_every_report_says_so(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [part for name in DIFFERENTIAL for part in (f"--{name}", str(tmp_path / name))]
    assert main(words(office, "--baseline", str(office / "runbook.txt"), *asked)) == 0
    assert (tmp_path / "csv").read_text().count("\n") == 1
    assert json.loads((tmp_path / "json").read_text())["phones"] == []
    assert "Nothing: every phone ends as in the baseline." in (tmp_path / "html").read_text()
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "0 phones worse, 0 better, 0 otherwise, 412 as in the baseline"
    assert said[-1].startswith("412 phones: ")


def test_the_terminal_tells_the_differences_and_what_only_this_plan_is_warned_of(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (office / "half.txt").write_text(
        "cucm-1051-a-pub set cert regen CallManager\nphones where model = 1 reset\n"
    )
    runbook = ["predict", str(office / "snapshot"), "--runbook", str(office / "half.txt")]
    assert main([*runbook, "--baseline", str(office / "safe.txt")]) == 0
    said = capsys.readouterr().out
    assert "the plan ends with services" in said
    assert "step 2 is for no phone" in said
    assert "what goes wrong" not in said
    assert main([*runbook, "--baseline", str(office / "half.txt")]) == 0
    assert "remarks" not in capsys.readouterr().out


@pytest.mark.parametrize("command", ["baseline", "score"])
def test_what_differs_is_not_taken_for_the_whole(
    office: Path, tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "part.json"
    assert main(words(office, "--baseline", str(office / "safe.txt"), "--json", str(old))) == 0
    capsys.readouterr()
    call = words(office, "--baseline", str(old))
    assert main(["score", str(old), str(office / "snapshot")] if command == "score" else call) == 2
    assert "holds only the phones that differ from a baseline" in capsys.readouterr().err


def test_the_gate_is_of_every_phone_whatever_differs(office: Path) -> None:
    same = words(office, "--baseline", str(office / "runbook.txt"), "--fail-on", "stuck")
    assert main(same) == 1
