"""A remembered start is the start that the phone would have made."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from office import Office

from phoneemu.cluster import drive
from phoneemu.testing.strategies import models, runbooks

NAMES = ("SEP001122AABBCC", "SEP001122AABBCD", "ATA00")


@given(model=models(), mixed=st.booleans(), lines=runbooks(most=4), names=st.permutations(NAMES))
@settings(max_examples=60)
def test_phones_that_differ_in_nothing_but_their_name_start_alike(
    model: str,
    mixed: bool,  # noqa: FBT001 - drawn by Hypothesis
    lines: tuple[str, ...],
    names: list[str],
) -> None:
    office = Office("11.5(1)", mixed=mixed)
    held = office.phone(model).station
    office.does(*(line for line in lines if not line.startswith("phones")))
    world, now = office.world, office.cluster.clock
    for name in (*names, names[0]):
        station = attrs.evolve(held, name=name)
        assert drive.start(station, world, now) == drive.boot(station, office.world, now)
    assert len(world.started) == 1


@pytest.mark.parametrize("what", ["flash", "now", "servers", "load"])
def test_whatever_else_differs_is_a_start_of_its_own(what: str) -> None:
    office = Office("11.5(1)", mixed=True)
    first = office.phone("8861").station
    other = {
        "flash": office.phone("8861", fresh=True).station,
        "now": first,
        "servers": attrs.evolve(first, tftp_servers=("sub",)),
        "load": attrs.evolve(first, profile=office.phone("8861", load="10-3-1").profile),
    }[what]
    world, now = office.world, office.cluster.clock
    drive.start(first, world, now)
    later = now + 1 if what == "now" else now
    assert drive.start(other, world, later) == drive.boot(other, office.world, later)
    assert len(world.started) == 2
