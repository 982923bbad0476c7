"""Standing and Fact."""

from phoneemu.core.evidence import Fact, Standing, weakest


def test_standings_are_ordered_by_strength() -> None:
    words = [standing.label for standing in sorted(Standing)]
    assert words == ["assumed", "inferred", "reported", "documented", "captured"]


def test_a_conclusion_is_as_strong_as_its_weakest_premise() -> None:
    assert weakest([Standing.CAPTURED, Standing.REPORTED, Standing.DOCUMENTED]) is Standing.REPORTED
    assert weakest([]) is Standing.CAPTURED


def test_a_fact_without_a_value_is_not_known() -> None:
    known = Fact(name="a", value=False, standing=Standing.DOCUMENTED, source="S")
    unknown = Fact(name="a", value=None, standing=Standing.ASSUMED, source="S", note="look")
    assert known.known
    assert not unknown.known
