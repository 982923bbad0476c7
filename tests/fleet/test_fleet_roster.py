"""Phones as columns: still a sequence of phones, in every order."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoneemu.fleet.listed import Listed, Traits
from phoneemu.fleet.roster import as_roster, joined, paired

traits = st.builds(
    Traits, model=st.sampled_from(("8861", "7960")), site=st.sampled_from(("", "Depot", "Büro, 2. Stock"))
)
phones = st.lists(
    st.builds(
        Listed, st.text(max_size=9), traits, st.sampled_from(("a.csv", "b.csv")), st.integers(0, 10**9)
    ),
    max_size=20,
)


@given(phones)
def test_phones_go_in_and_come_out(listed: list[Listed]) -> None:
    roster = as_roster(listed)
    assert list(roster) == [roster[at] for at in range(len(roster))] == listed
    assert list(roster[2:5]) == listed[2:5]
    assert as_roster(roster) is roster


@given(phones, phones)
def test_rosters_are_joined_in_order(first: list[Listed], second: list[Listed]) -> None:
    assert list(joined([as_roster(first), as_roster(second)])) == first + second
    whole = as_roster(first)
    assert list(joined([whole[3:], whole[:3]])) == first[3:] + first[:3]
    assert list(joined([])) == []


def test_phones_are_counted_by_what_they_share() -> None:
    depot, lab = Traits(model="8861", site="Depot"), Traits(model="8861", site="Lab")
    roster = as_roster(
        [Listed("A", lab, "a.csv", 2), Listed("B", depot, "a.csv", 3), Listed("C", lab, "b.csv", 2)]
    )
    assert roster.by_site() == {"Depot": 1, "Lab": 2}
    assert roster.by_kind() == {Traits(model="8861"): 3}
    assert roster.by_traits({"Lab"}) == {lab: 2, Traits(model="8861"): 1}
    assert roster.by_file() == {"a.csv": 2, "b.csv": 1}


def test_a_phone_that_is_not_there_is_an_index_error() -> None:
    with pytest.raises(IndexError):
        as_roster([])[0]


def test_half_an_escaped_letter_is_a_mark_and_no_crash() -> None:
    half = "x\ud800"
    (phone,) = as_roster([Listed(half, Traits(model=half, site=half), "ris.json", 1)])
    assert (phone.name, phone.traits.model, phone.traits.site) == ("x?", "x?", "x?")


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=30), st.sampled_from((1, 10**6)))
def test_pairs_are_numbered_in_ascending_order(rows: list[tuple[int, int]], spread: int) -> None:
    rows = [(first * spread, second * spread) for first, second in rows]
    columns = [pl.Series([row[at] for row in rows], dtype=pl.UInt32) for at in (0, 1)]
    numbers, pairs = paired(*columns)
    assert pairs == sorted(set(rows))
    assert [pairs[number] for number in numbers.to_list()] == rows
