"""A remembered start is the start that the phone would have made."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from office import Office

from phoneemu.cluster import drive
from phoneemu.testing.strategies import models, runbooks

NAMES = ("SEP001122AABBCC", "SEP001122AABBCD", "ATA00")


@given(model=models(), mixed=st.booleans(), lines=runbooks(most=4), name=st.sampled_from(NAMES))
@settings(max_examples=60)
def test_one_start_stands_for_all_phones_that_differ_in_nothing_but_their_name(
    model: str,
    mixed: bool,  # noqa: FBT001 - drawn by Hypothesis
    lines: tuple[str, ...],
    name: str,
) -> None:
    office = Office("11.5(1)", mixed=mixed)
    station = office.phone(model).station
    office.does(*(line for line in lines if not line.startswith("phones")))
    world, now = office.world, office.cluster.clock
    each = drive.start(attrs.evolve(station, name=drive.EACH), world, now)
    alone = drive.boot(attrs.evolve(station, name=name), office.world, now)
    assert drive.named(each.journal, name) == alone.journal
    assert attrs.evolve(each.station, name=name) == alone.station
    ends = [(boot.state, boot.registered_to, boot.secure, boot.standing) for boot in (each, alone)]
    assert ends[0] == ends[1]


def test_a_start_is_remembered_for_stations_that_differ_in_nothing() -> None:
    office = Office("11.5(1)", mixed=True)
    station = office.phone("8861").station
    world, now = office.world, office.cluster.clock
    first = drive.start(station, world, now)
    assert first == drive.boot(station, office.world, now)
    assert drive.start(attrs.evolve(station), world, now) is first


@pytest.mark.parametrize("what", ["flash", "now", "servers", "load", "name"])
def test_whatever_else_differs_is_a_start_of_its_own(what: str) -> None:
    office = Office("11.5(1)", mixed=True)
    first = office.phone("8861").station
    other = {
        "flash": office.phone("8861", fresh=True).station,
        "now": first,
        "servers": attrs.evolve(first, tftp_servers=("sub",)),
        "load": attrs.evolve(first, profile=office.phone("8861", load="10-3-1").profile),
        "name": attrs.evolve(first, name="SEP00AABBCCDDEE"),
    }[what]
    world, now = office.world, office.cluster.clock
    drive.start(first, world, now)
    later = now + 1 if what == "now" else now
    assert drive.start(other, world, later) == drive.boot(other, office.world, later)
    assert len(world.started) == 2
