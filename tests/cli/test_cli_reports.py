"""The reports of a prediction for a change board and for a pipeline."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import attrs
import pytest

from phoneemu import example
from phoneemu.cli import main
from phoneemu.fleet import junit, webpage
from phoneemu.fleet.forecast import Forecast, Group
from phoneemu.fleet.listed import Listed
from phoneemu.fleet.outcome import Outcome
from phoneemu.fleet.plan import Plan
from phoneemu.fleet.predict import predict, prepare
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


def data_of(page: str) -> list[dict[str, Any]]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    groups: list[dict[str, Any]] = json.loads(found[1])["groups"]
    return groups


def test_the_page_has_every_phone_that_is_not_fine(told: tuple[Forecast, Snapshot, Plan]) -> None:
    forecast, snapshot, plan = told
    page = webpage.render(forecast, snapshot, plan)
    devices = {device for group in data_of(page) for _, named in group["sites"] for device in named}
    assert devices == {phone.name for phone, fate in forecast.each() if fate.outcome is not Outcome.OK}
    assert "80 of 412 phones are lost; the first at step 5. Of 4 phones nothing can be said" in page
    for part in ("set cert regen CallManager", "Depot: 4 out-of-service", "PC13", "settled by", "SEED118893"):
        assert part in page


def test_the_page_asks_no_network_and_its_text_is_plain(told: tuple[Forecast, Snapshot, Plan]) -> None:
    page = webpage.render(*told)
    assert re.findall(r'(?:src|href)\s*=\s*"', page) == []
    assert re.findall(r"https?://(?!www\.w3\.org)", page) == []
    assert "default-src 'none'" in page
    assert page.count("<script") == 2


def test_names_from_exports_cannot_become_markup(told: tuple[Forecast, Snapshot, Plan]) -> None:
    forecast, snapshot, plan = told
    hostile = '</script><img src=x onerror="alert(1)">&$title'
    group = next(each for each in forecast.groups if each.fate.outcome is Outcome.STUCK)
    phone = Listed(hostile, group.phones[0].traits._replace(site=hostile), hostile, 7)
    evil = Group(fate=attrs.evolve(group.fate, note=hostile), phones=(phone,))
    changed = attrs.evolve(forecast, cluster=hostile, steps=(hostile,), groups=(evil,), remarks=(hostile,))
    page = webpage.render(changed, snapshot, plan)
    assert "<img" not in page
    assert data_of(page)[0]["sites"] == [[hostile, [hostile]]]
    root = ET.fromstring(junit.render(changed, ()))  # noqa: S314 - our own
    assert root.attrib["name"] == hostile


def test_a_large_fleet_stays_a_small_page_that_says_where_the_rest_is(
    told: tuple[Forecast, Snapshot, Plan],
) -> None:
    forecast, snapshot, plan = told
    group = next(each for each in forecast.groups if each.fate.outcome is Outcome.STUCK)
    phone = group.phones[0]
    sites = [phone.traits._replace(site=f"Site {number}") for number in range(2_000)]
    phones = [
        Listed(f"SEP{number:012X}", sites[number % 2_000], "a.csv", number) for number in range(300_000)
    ]
    many = attrs.evolve(group, phones=phones)
    page = webpage.render(attrs.evolve(forecast, groups=(many,)), snapshot, plan)
    assert len(page) < 5_000_000
    assert "The worst 20,000 of 30" in page
    assert "and 1960 more; the exports have them all" in page


def test_a_plan_that_loses_nobody_says_so(told: tuple[Forecast, Snapshot, Plan]) -> None:
    forecast, snapshot, plan = told
    fine = tuple(group for group in forecast.groups if group.fate.outcome is Outcome.OK)
    page = webpage.render(attrs.evolve(forecast, groups=fine), snapshot, plan)
    assert "No phone is known to be lost by this plan." in page
    assert "No phone is lost." in page


def test_the_pipeline_report_fails_what_it_is_told_to_fail(told: tuple[Forecast, Snapshot, Plan]) -> None:
    forecast, _, _ = told
    every = ET.fromstring(junit.render(forecast, ()))  # noqa: S314 - our own
    assert every.attrib["tests"] == str(len(every.findall(".//testcase")))
    bad = [group for group in forecast.groups if group.fate.outcome is not Outcome.OK]
    failures = every.findall(".//failure")
    assert every.attrib["failures"] == str(sum(len(group.sites) for group in bad)) == str(len(failures))
    named = {device for failure in failures for device in (failure.text or "").split(", ")}
    assert named == {phone.name for group in bad for phone in group.phones}
    only = ET.fromstring(junit.render(forecast, [Outcome.OUT_OF_SERVICE]))  # noqa: S314 - our own
    failures = only.findall(".//failure")
    assert {failure.attrib["type"] for failure in failures} == {"out-of-service"}
    assert all("at step 5" in failure.attrib["message"] for failure in failures)
    assert sum((failure.text or "").count("SEP") for failure in failures) == 4


def test_both_are_written_by_predict(office: Path, tmp_path: Path) -> None:
    words = ["predict", str(office / "snapshot"), "--runbook", str(office / "runbook.txt")]
    assert main([*words, "--html", str(tmp_path / "r.html"), "--junit", str(tmp_path / "r.xml")]) == 0
    assert (tmp_path / "r.html").read_text().startswith("<!DOCTYPE html>")
    assert ET.parse(tmp_path / "r.xml").getroot().tag == "testsuites"  # noqa: S314 - our own
