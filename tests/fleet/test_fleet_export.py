"""A forecast for machines, the field team and a terminal."""

import csv
import io
import json

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoneemu.core.evidence import Standing
from phoneemu.fleet import export, remarks, report
from phoneemu.fleet.assumptions import HOLDS_SERVED
from phoneemu.fleet.forecast import Fate, Forecast, Group, Remedy, RemedyKind
from phoneemu.fleet.listed import Listed, Traits
from phoneemu.fleet.outcome import Outcome, Service, Trust, TrustPath

STUCK = Fate(
    model="7960",
    outcome=Outcome.STUCK,
    trust=Trust.STALE,
    path=TrustPath.UNCHANGED,
    service=Service.REGISTERED,
    registered_to="pub",
    secure=False,
    reason="signer-unknown-no-tvs",
    remedy=Remedy(kind=RemedyKind.ERASE_CTL, keys="Settings, 4, 5", standing=Standing.DOCUMENTED),
    lost_at_step=2,
    standing=Standing.DOCUMENTED,
    occasion="at step 2",
    basis=frozenset({"holds-served"}),
)
FINE = attrs.evolve(
    STUCK,
    model="8861",
    outcome=Outcome.OK,
    trust=Trust.CURRENT,
    path=TrustPath.TVS,
    reason="confirmed",
    remedy=Remedy(),
    lost_at_step=None,
)
LOST = attrs.evolve(
    STUCK, outcome=Outcome.OUT_OF_SERVICE, registered_to=None, remedy=Remedy(found=False), lost_at_step=0
)


def listed(name: str, site: str = "Depot") -> Listed:
    return Listed(name, Traits(site=site), "phones.csv", 2)


FORECAST = Forecast(
    cluster="office",
    release="10.5(1)",
    mixed=True,
    steps=("pub set cert regen CallManager", "phones reset"),
    groups=(
        Group(fate=LOST, phones=(listed("SEP9"),)),
        Group(fate=STUCK, phones=(listed("SEP1"), listed("SEP2"))),
        Group(fate=FINE, phones=(listed("SEP3"),)),
    ),
    assumptions=(attrs.evolve(HOLDS_SERVED, phones=4),),
    remarks=("phones.csv:9: row left out",),
)


def test_the_json_has_every_documented_key_and_every_phone_worst_first() -> None:
    document = json.loads(b"".join(export.json_chunks(FORECAST)).decode())
    assert document["schema"] == 1
    assert document["summary"] == {
        "out-of-service": 1,
        "stuck": 2,
        "cannot-say": 0,
        "degraded": 0,
        "ok": 1,
    }
    assert [phone["device"] for phone in document["phones"]] == ["SEP9", "SEP1", "SEP2", "SEP3"]
    assert document["phones"][1] == {
        "device": "SEP1",
        "model": "7960",
        "site": "Depot",
        "outcome": "stuck",
        "trust": "stale",
        "path": "unchanged",
        "service": "registered",
        "registered_to": "pub",
        "reason": "signer-unknown-no-tvs",
        "remedy": "erase-ctl",
        "remedy_found": True,
        "keys": "Settings, 4, 5",
        "lost_at_step": 2,
        "occasion": "at step 2",
        "standing": "documented",
        "assumes": ["holds-served"],
        "note": "",
    }
    assert document["assumptions"][0]["phones"] == 4
    assert document["standings"]["documented"] == 4


def test_a_forecast_of_no_phone_is_still_a_document() -> None:
    empty = attrs.evolve(FORECAST, groups=())
    assert json.loads(b"".join(export.json_chunks(empty)).decode())["phones"] == []
    assert empty.closing_line() == "0 phones: 0 out-of-service, 0 stuck, 0 cannot-say, 0 degraded, 0 ok"


def test_the_table_of_the_field_team_names_key_presses_and_what_was_not_found() -> None:
    rows = list(csv.DictReader(io.StringIO(b"".join(export.csv_chunks(FORECAST)).decode())))
    assert rows[0]["Remedy"] == "not-found"
    assert rows[0]["Registered To"] == ""
    assert rows[0]["Lost At Step"] == "0"
    assert rows[1] == {
        "Device Name": "SEP1",
        "Model": "7960",
        "Site": "Depot",
        "Outcome": "stuck",
        "Reason": "signer-unknown-no-tvs",
        "Lost At Step": "2",
        "Registered To": "pub",
        "Remedy": "erase-ctl",
        "Key Presses": "Settings, 4, 5",
        "Standing": "documented",
    }
    assert rows[3]["Lost At Step"] == ""


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
)
def test_no_cell_is_a_formula(start: str) -> None:
    phone = listed(f"{start}1+1", f"{start}cmd|' /C calc'!A0")
    forecast = attrs.evolve(FORECAST, groups=(Group(fate=STUCK, phones=(phone,)),))
    row = list(csv.reader(io.StringIO(b"".join(export.csv_chunks(forecast)).decode(), newline="")))[1]
    assert row[0].startswith("'")
    assert row[2].startswith("'")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=20))
def test_every_name_survives_both_exports(name: str) -> None:
    forecast = attrs.evolve(FORECAST, groups=(Group(fate=FINE, phones=(listed(name),)),))
    assert json.loads(b"".join(export.json_chunks(forecast)).decode())["phones"][0]["device"] == name
    row = list(csv.reader(io.StringIO(b"".join(export.csv_chunks(forecast)).decode(), newline="")))[1]
    assert row[0].removeprefix("'") == name.removeprefix("'")


def test_the_report_says_what_goes_wrong_by_model_and_site_and_closes_with_the_counts() -> None:
    lines = list(report.lines(FORECAST))
    text = "\n".join(lines)
    assert lines[0] == "office, release 10.5(1), mixed mode, 4 phones"
    assert "     1 out-of-service before the first step: signer-unknown-no-tvs" in lines
    assert "     2 stuck at step 2: signer-unknown-no-tvs" in lines
    assert "such as SEP1; remedy: erase-ctl (Settings, 4, 5)" in text
    assert "none of those tried brought it back" in text
    assert "     4 phones  the phone holds" in text
    assert "phones.csv:9: row left out" in text
    assert lines[-1] == "4 phones: 1 out-of-service, 2 stuck, 0 cannot-say, 0 degraded, 1 ok"
    assert "\x1b" not in text


def test_colours_are_only_in_the_painted_report() -> None:
    assert "\x1b[31m" in "\n".join(report.lines(FORECAST, report.coloured))


def test_long_tables_and_many_causes_are_cut_with_a_word_about_the_rest() -> None:
    groups = tuple(
        Group(fate=attrs.evolve(STUCK, model=f"M{number}", reason=f"r{number}"), phones=(listed("SEP1"),))
        for number in range(40)
    )
    many = attrs.evolve(FORECAST, groups=groups, remarks=tuple(f"remark {number}" for number in range(40)))
    text = "\n".join(report.lines(many))
    assert "and 28 more kinds with 28 phones (28 stuck); --json and --csv have them all" in text
    assert "and 15 more rows" in text
    assert "and 15 more" in text


def test_a_cause_of_each_outcome_is_told_however_many_are_worse() -> None:
    worse = [
        Group(fate=attrs.evolve(STUCK, reason=f"r{number:02}"), phones=(listed("SEP1"),))
        for number in range(14)
    ]
    broken = attrs.evolve(STUCK, outcome=Outcome.DEGRADED, lost_at_step=None)
    limping = [
        Group(fate=attrs.evolve(broken, reason=f"d{number}"), phones=tuple(map(listed, "abc"[number:])))
        for number in range(2)
    ]
    text = "\n".join(report.lines(attrs.evolve(FORECAST, groups=(*worse, *limping))))
    assert (
        sum(line.endswith(tuple(f": r{number:02}" for number in range(14))) for line in text.splitlines())
        == 11
    )
    assert "     3 degraded: d0" in text
    assert "and 4 more kinds with 5 phones (3 stuck, 2 degraded)" in text


def test_broken_rows_push_no_other_remark_out_of_the_report() -> None:
    rows = [f"{file}.csv:{line}: row left out" for file in "abcdefghij" for line in range(2, 32)]
    said = list(remarks.told([*rows[:30], "the plan ends", *rows[30:], "step 1 is for no phone"], 25))
    assert said[:2] == ["the plan ends", "step 1 is for no phone"]
    assert said[2:6] == [*rows[:3], "a.csv: and 27 more rows; --json has them all"]
    assert said[-1] == "and 60 more on rows of 2 more files; --json has them all"
    assert len(said) == 2 + 8 * 4 + 1


def test_few_remarks_are_all_told_and_many_are_counted() -> None:
    assert list(remarks.told(["a.csv:2: x", "b"], 25)) == ["b", "a.csv:2: x"]
    assert list(remarks.told([f"remark {number}" for number in range(30)], 25))[-1] == (
        "and 5 more; --json has them all"
    )
