"""Sorting phones into classes by columns: the same as looking at each phone alone."""

import random

import pytest
from fleetmaking import OFFICE
from hypothesis import given
from hypothesis import strategies as st

from phoneemu.catalogue import catalogue
from phoneemu.cluster.runbook import PhoneFilter
from phoneemu.fleet import filters, holding
from phoneemu.fleet.classes import Classes, classify
from phoneemu.fleet.clusterfile import ClusterFile, OffEntry, SiteEntry
from phoneemu.fleet.listed import Listed, Traits
from phoneemu.fleet.roster import as_roster

FILTERS = (
    'site = "Depot" and model = 7960',
    'model = 8861 and load = "14-2-1"',
    'site matches "B*"',
    'name = "SEP7"',
    "percent = 30",
    'protocol = SIP and name matches "SEP1*"',
)
OFF = (
    OffEntry(devices=frozenset({"SEP3", "SEP12"}), since=5.0, place="cluster.toml"),
    OffEntry(devices=frozenset(), where='site = "Lab"', since=None, place="cluster.toml"),
    OffEntry(devices=frozenset({"SEP12", "SEP13"}), since=9.0, place="cluster.toml"),
)
FILE = ClusterFile(sites={"Depot": SiteEntry(tftp=("sub",)), "Branch": SiteEntry(tftp=("sub",))})


def parsed(texts: tuple[str, ...]) -> tuple[PhoneFilter, ...]:
    return tuple(filters.parse(text, "here", catalogue()) for text in texts)


def sorted_out(phones: list[Listed], chosen: tuple[str, ...], off: tuple[OffEntry, ...]) -> Classes:
    file = ClusterFile(sites=FILE.sites, off=off)
    off_filters = {each: parsed((each.where,))[0] for each in off if each.where}
    return classify(
        as_roster(phones),
        file,
        OFFICE,
        parsed(chosen),
        off_filters,
        lambda traits: traits.load,
        lambda model: model.removeprefix("Cisco "),
        holding.library(OFFICE, ()),
    )


def fleet(seed: int, count: int) -> list[Listed]:
    chance = random.Random(seed)  # noqa: S311 - a seeded fleet, no secret
    return [
        Listed(
            f"SEP{number}",
            Traits(
                model=chance.choice(("Cisco 8861", "8861", "7960", "")),
                site=chance.choice(("Depot", "Lab", "Branch", "Bureau", "")),
                load=chance.choice(("", "14-2-1")),
                protocol=chance.choice(("SIP", "SCCP")),
                itl=chance.choice(("", holding.SERVED, holding.OTHER, "0" * 40)),
            ),
            "phones.csv",
            number + 2,
        )
        for number in range(count)
    ]


@given(st.integers(0, 10_000), st.sets(st.sampled_from(FILTERS)), st.sets(st.sampled_from(OFF)))
def test_each_phone_is_of_the_class_it_would_be_of_alone(
    seed: int, chosen: set[str], off: set[OffEntry]
) -> None:
    phones, filters_, entries = fleet(seed, 40), tuple(sorted(chosen)), tuple(sorted(off, key=OFF.index))
    together = sorted_out(phones, filters_, entries)
    for phone, code in zip(phones, together.code.to_list(), strict=True):
        alone = sorted_out([phone], filters_, entries)
        assert together.kinds[code] == alone.kinds[0]
    assert len(set(together.kinds)) == len(together.kinds)


def test_each_class_is_told_of_its_first_phone() -> None:
    phones = fleet(1, 60)
    found = sorted_out(phones, (), ())
    codes = found.code.to_list()
    assert [phones[codes.index(code)] for code in range(len(found.kinds))] == list(found.first)


def test_sites_of_which_nothing_is_said_make_no_classes() -> None:
    phones = [Listed(f"SEP{number}", Traits(site=f"Site {number}"), "a.csv", 2) for number in range(30)]
    assert len(sorted_out(phones, (), ()).kinds) == 1


@pytest.mark.parametrize("chosen", [(), FILTERS])
def test_no_phones_are_no_classes(chosen: tuple[str, ...]) -> None:
    assert sorted_out([], chosen, OFF).kinds == ()
