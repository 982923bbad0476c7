"""Dates as clusters print them, in any zone and some languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoneemu.core.printeddate import PrintedDate, read_date

NOON = 1425902400  # 2015-03-09 12:00:00 UTC


@pytest.mark.parametrize(
    ("printed", "zone"),
    [
        ("Mon Mar 09 12:00:00 UTC 2015", "UTC"),
        ("Mon Mar 09 20:00:00 +08 2015", "+08"),
        ("Mon Mar 09 15:00:00 +03 2015", "+03"),
        ("Mon Mar 09 09:00:00 -03 2015", "-03"),
        ("Mon Mar 09 17:45:00 +0545 2015", "+0545"),
        ("Mon Mar 09 15:00:00 GMT+03:00 2015", "GMT+03:00"),
        ("Tue Mar 10 01:00:00 NZDT 2015", "NZDT"),
        ("Mon Mar 09 14:00:00 SAST 2015", "SAST"),
        ("Mo Mär 09 13:00:00 MEZ 2015", "MEZ"),
        ("lun. mars 09 13:00:00 CET 2015", "CET"),
        ("Mar  9 12:00:00 2015 GMT", "GMT"),
    ],
)
def test_a_date_of_a_known_zone_is_a_moment(printed: str, zone: str) -> None:
    assert read_date(printed) == PrintedDate(seconds=NOON, zone=zone, zone_known=True)


@pytest.mark.parametrize("zone", ["IST", "AST", "XYZ", "GMT+3", "+99", ""])
def test_a_zone_that_is_unknown_or_means_several_is_taken_as_utc_and_said(zone: str) -> None:
    printed = " ".join(f"Mon Mar 09 12:00:00 {zone} 2015".split())
    assert read_date(printed) == PrintedDate(seconds=NOON, zone=zone, zone_known=False)


@pytest.mark.parametrize(
    "text", ["", "soon", "Mon Feb 30 12:00:00 UTC 2015", "Mon Foo 09 12:00:00 UTC 2015", "09.03.2015 12:00"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_date(text) is None


def test_a_date_at_the_end_of_the_calendar_is_none() -> None:
    assert read_date("Fri Dec 31 23:59:59 -14 9999") is None
    assert read_date("Mon Jan 01 00:00:00 +14 0001") is None


@pytest.mark.parametrize(
    ("name", "month"),
    [("juin", 6), ("juil.", 7), ("Okt", 10), ("déc", 12), ("août", 8), ("ene", 1), ("févr", 2)],
)
def test_a_month_is_known_in_other_languages(name: str, month: int) -> None:
    found = read_date(f"x {name} 15 00:00:00 UTC 1970")
    assert found is not None
    assert found.seconds // 86400 // 30 == month - 1


@given(st.text(max_size=80))
def test_any_text_is_a_date_or_none(text: str) -> None:
    found = read_date(text)
    assert found is None or isinstance(found.seconds, int)
