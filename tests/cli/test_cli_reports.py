"""The reports of a prediction for a change board and for a pipeline."""

import base64
import hashlib
import json
import re
import xml.etree.ElementTree as ET
from importlib import resources
from pathlib import Path
from typing import Any

import attrs
import polars as pl
import pytest

from phoneemu import example
from phoneemu.cli import main
from phoneemu.fleet import junit, webpage
from phoneemu.fleet.forecast import Forecast, Group
from phoneemu.fleet.listed import Listed, Traits
from phoneemu.fleet.outcome import Outcome
from phoneemu.fleet.plan import Plan
from phoneemu.fleet.predict import predict, prepare
from phoneemu.fleet.roster import Roster, as_roster
from phoneemu.fleet.snapshot import Snapshot


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example."""
    folder = tmp_path_factory.mktemp("reports")
    example.write(folder)
    return folder


@pytest.fixture(scope="module")
def told(office: Path) -> tuple[Forecast, Snapshot, Plan]:
    """The example, predicted."""
    snapshot, plan = prepare(office / "snapshot", office / "runbook.txt")
    return predict(snapshot, plan), snapshot, plan


def document_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    document: dict[str, Any] = json.loads(found[1])
    return document


def data_of(page: str) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = document_of(page)["groups"]
    return groups


def test_the_page_has_every_phone_that_is_not_fine(told: tuple[Forecast, Snapshot, Plan]) -> None:
    forecast, snapshot, plan = told
    page = webpage.render(forecast, snapshot, plan)
    devices = {device for group in data_of(page) for _, named in group["phones"] for device in named}
    assert devices == {phone.name for phone, fate in forecast.each() if fate.outcome is not Outcome.OK}
    assert "80 of 412 phones are lost; the first at step 5." in page
    assert "Of 4 phones nothing can be said" in page
    for part in (
        "set cert regen CallManager",
        "4 out-of-service, 12 stuck, 13 ok",
        "PC13",
        "settled by",
        "SEED118893",
    ):
        assert part in page


def test_the_page_asks_no_network_and_its_policy_allows_only_its_own_style_and_script(
    told: tuple[Forecast, Snapshot, Plan],
) -> None:
    page = webpage.render(*told)
    assert set(re.findall(r"""(?:src|href)\s*=\s*["']?(.)""", page)) == {"#"}
    assert re.findall(r"https?:|url\(|@import", page) == []
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == "'none'"
    for rule, element in (("style-src", "style"), ("script-src", "script")):
        inside = re.search(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
        assert inside
        digest = base64.b64encode(hashlib.sha256(inside[1].encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert (
        re.findall(
            r"""\s(?:style|on[a-z]+)\s*=\s*["']""", re.sub(r"<script>.*?</script>", "", page, flags=re.S)
        )
        == []
    )


def luminance(colour: str) -> float:
    """Of a colour `#rrggbb`, as the guidelines for accessible content define it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_word_can_be_told_from_its_ground_in_light_in_dark_and_on_paper() -> None:
    style = resources.files("phoneemu.fleet").joinpath("page.css").read_text(encoding="utf-8")
    grounds = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    light, dark, paper = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", each)) for each in grounds)
    words = {"ink", "soft", "link", *(outcome.value for outcome in Outcome)}
    for colours in (light, dark, {**light, **paper}):
        assert words | {"paper", "shade"} <= set(colours)
        for word in words:
            for ground in ("paper", "shade"):
                bright, dim = sorted((luminance(colours[word]), luminance(colours[ground])), reverse=True)
                assert (bright + 0.05) / (dim + 0.05) >= 4.5, (word, ground, colours)


def test_every_phone_of_the_table_has_the_story_of_its_class(told: tuple[Forecast, Snapshot, Plan]) -> None:
    page = webpage.render(*told)
    stories = set(re.findall(r"id=story-(\d+)", page))
    groups = data_of(page)
    assert {str(group["story"]) for group in groups} == stories
    for group in groups:
        story = re.search(rf"id=story-{group['story']}>.*?</details>", page, re.DOTALL)
        assert story
        assert group["reason"] in story[0]
        assert group["model"] in story[0]


def test_names_from_exports_cannot_become_markup(told: tuple[Forecast, Snapshot, Plan]) -> None:
    forecast, snapshot, plan = told
    hostile = '</script><img src=x onerror="alert(1)">&$title'
    group = next(each for each in forecast.groups if each.fate.outcome is Outcome.STUCK)
    phone = Listed(hostile, group.phones[0].traits._replace(site=hostile), hostile, 7)
    evil = Group(fate=attrs.evolve(group.fate, note=hostile), phones=(phone,))
    changed = attrs.evolve(forecast, cluster=hostile, steps=(hostile,), groups=(evil,), remarks=(hostile,))
    page = webpage.render(changed, snapshot, plan)
    assert "<img" not in page
    assert data_of(page)[0]["phones"] == [[0, [hostile]]]
    assert document_of(page)["sites"] == [hostile]
    root = ET.fromstring(junit.render(changed, ()))  # noqa: S314 - our own
    assert root.attrib["name"] == hostile


def test_a_million_phones_stay_a_small_page_that_says_where_the_rest_is(
    told: tuple[Forecast, Snapshot, Plan],
) -> None:
    forecast, snapshot, plan = told
    bad = [group for group in forecast.groups if group.fate.outcome is not Outcome.OK]
    traits = [Traits(model="7960", site=f"Site {number:04d}") for number in range(2_000)]
    frame = as_roster([Listed("SEP0", each, "a.csv", 2) for each in traits]).frame
    count = 1_000_000
    numbers = pl.int_range(count, dtype=pl.UInt32, eager=True)
    many = Roster(
        frame=frame[numbers % 2_000].with_columns(
            pl.format("SEP{}", numbers.cast(pl.UInt64) + 10**11).alias("name")
        ),
        kinds=[Traits(model="7960")],
        sites=[each.site for each in traits],
        files=["a.csv"],
    )
    size = count // 400
    groups = tuple(
        attrs.evolve(bad[number % len(bad)], phones=many[number * size : (number + 1) * size])
        for number in range(400)
    )
    page = webpage.render(attrs.evolve(forecast, groups=groups), snapshot, plan)
    assert len(page.encode()) < 5_000_000
    assert "The worst 20,000 of 1,000,000" in page
    assert "300 of 400 classes are here" in page
    assert sum(len(names) for group in data_of(page) for _, names in group["phones"]) == 20_000
    assert page.count('<a href="#site=') <= 200
    cases = ET.fromstring(junit.render(attrs.evolve(forecast, groups=groups), ()))  # noqa: S314 - our own
    assert len(cases.findall(".//testcase")) <= junit.FAILURES


def test_broken_rows_push_no_warning_about_the_plan_off_the_page(
    told: tuple[Forecast, Snapshot, Plan],
) -> None:
    forecast, snapshot, plan = told
    rows = tuple(f"phones.csv:{line}: row left out: none" for line in range(2, 5_000))
    page = webpage.render(attrs.evolve(forecast, remarks=(*rows, "the plan ends")), snapshot, plan)
    assert page.count("row left out") == 3
    assert "<li>the plan ends</li>" in page
    assert "phones.csv: and 4,995 more rows; --json has them all" in page


def test_a_table_that_cannot_hold_all_has_some_of_each_model_and_site_and_knows_the_totals(
    told: tuple[Forecast, Snapshot, Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webpage, "DEVICES", 24)
    monkeypatch.setattr(webpage, "STORIES", 10)
    forecast, _, _ = told
    bad = [(phone, fate) for phone, fate in forecast.each() if fate.outcome is not Outcome.OK]
    page = webpage.render(*told)
    document = document_of(page)
    kept = [
        (group["model"], document["sites"][site], name)
        for group in document["groups"]
        for site, names in group["phones"]
        for name in names
    ]
    assert len(kept) == 24
    assert {model for model, _, _ in kept} == {fate.model for _, fate in bad}
    assert {site for _, site, _ in kept} == {phone.traits.site for phone, _ in bad}
    assert {name for _, _, name in kept} >= {
        phone.name for phone, fate in bad if fate.outcome is Outcome.OUT_OF_SERVICE
    }
    order = [phone.name for phone, _ in bad]
    assert sorted(kept, key=lambda each: order.index(each[2])) == kept  # worst first
    totals = document["totals"]
    assert totals["all"] == [4, 76, 4, 0]
    assert totals["site"]["Depot"] == [4, 12, 0, 0]
    assert totals["model"]["7960"] == [4, 21, 0, 0]
    assert {group["model"] for group in data_of(page) if group["story"] is not None} == {
        fate.model for _, fate in bad
    }


def test_a_plan_that_loses_nobody_says_so(told: tuple[Forecast, Snapshot, Plan]) -> None:
    forecast, snapshot, plan = told
    fine = tuple(group for group in forecast.groups if group.fate.outcome is Outcome.OK)
    page = webpage.render(attrs.evolve(forecast, groups=fine), snapshot, plan)
    assert "No phone is known to be lost by this plan." in page
    assert "Nothing: every phone follows the change." in page


def test_the_pipeline_report_fails_what_it_is_told_to_fail(told: tuple[Forecast, Snapshot, Plan]) -> None:
    forecast, _, _ = told
    every = ET.fromstring(junit.render(forecast, ()))  # noqa: S314 - our own
    assert every.attrib["tests"] == str(len(every.findall(".//testcase")))
    bad = [group for group in forecast.groups if group.fate.outcome is not Outcome.OK]
    failures = every.findall(".//failure")
    assert every.attrib["failures"] == str(len(failures))
    named = {device for failure in failures for device in (failure.text or "").split(", ")}
    assert named == {phone.name for group in bad for phone in group.phones}
    only = ET.fromstring(junit.render(forecast, [Outcome.OUT_OF_SERVICE]))  # noqa: S314 - our own
    failures = only.findall(".//failure")
    assert {failure.attrib["type"] for failure in failures} == {"out-of-service"}
    assert all("at step 5" in failure.attrib["message"] for failure in failures)
    assert sum((failure.text or "").count("SEP") for failure in failures) == 4


SHAPE = {
    "testsuites": ({"name", "tests", "failures", "errors", "time"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "time", "skipped"}, {"testcase"}),
    "testcase": ({"name", "classname", "time"}, {"failure"}),
    "failure": ({"message", "type"}, set()),
}
"""Element -> the attributes it has and the elements it may hold: the common part of what pipelines read."""


@pytest.mark.parametrize("failing", [(), (Outcome.OK,), tuple(Outcome)])
def test_the_pipeline_report_has_the_shape_that_pipelines_read(
    told: tuple[Forecast, Snapshot, Plan], failing: tuple[Outcome, ...]
) -> None:
    forecast, _, _ = told
    root = ET.fromstring(junit.render(forecast, failing))  # noqa: S314 - our own
    for element in root.iter():
        attributes, inside = SHAPE[element.tag]
        assert set(element.attrib) == attributes
        assert {each.tag for each in element} <= inside
    (suite,) = root
    cases = suite.findall("testcase")
    assert len({(case.attrib["classname"], case.attrib["name"]) for case in cases}) == len(cases)
    for counted in (root, suite):
        assert counted.attrib["tests"] == str(len(cases))
        assert counted.attrib["failures"] == str(len(suite.findall("testcase/failure")))


def test_both_are_written_by_predict(office: Path, tmp_path: Path) -> None:
    words = ["predict", str(office / "snapshot"), "--runbook", str(office / "runbook.txt")]
    assert main([*words, "--html", str(tmp_path / "r.html"), "--junit", str(tmp_path / "r.xml")]) == 0
    assert (tmp_path / "r.html").read_text().startswith("<!DOCTYPE html>")
    assert ET.parse(tmp_path / "r.xml").getroot().tag == "testsuites"  # noqa: S314 - our own


ODD = "\x1b[31m\x07\u202eX"


@pytest.mark.parametrize("rows", [1, 20_000])
def test_no_name_of_an_export_controls_a_terminal_a_table_or_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: int
) -> None:
    """Many rows are read in bulk, few one by one."""
    example.write(tmp_path)
    table = "".join(f'SEP{number:012X},"Cisco 8861",{ODD}site,{ODD}model\n' for number in range(rows))
    phones = tmp_path / "snapshot" / "phones9.csv"
    phones.write_text(f"Device Name,Load,Device Pool,Device Type\n{table}", encoding="utf-8")
    out = [tmp_path / name for name in ("o.html", "o.csv", "o.json")]
    words = ["predict", str(tmp_path / "snapshot"), "--runbook", str(tmp_path / "runbook.txt")]
    asked = [part for path in out for part in (f"--{path.suffix[1:]}", str(path))]
    assert main([*words, *asked]) == 0
    said = [capsys.readouterr().out, *(path.read_text(encoding="utf-8") for path in out)]
    assert [text for text in said if set(text) & set("\x1b\x07\u202e")] == []
    assert "\\x1b[31m\\x07\\u202eXmodel" in said[2]


def test_no_name_of_a_list_controls_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = example.files()["snapshot/show_ctl.txt"].replace("cucm-1051-a-pub", "pub\x1b[2J")
    (tmp_path / "show_ctl.txt").write_text(text)
    assert main(["show", str(tmp_path / "show_ctl.txt")]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "pub\\x1b[2J" in said
