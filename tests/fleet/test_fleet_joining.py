"""What phones showed, joined to the phones in bulk: the same as looking each up."""

from hypothesis import given
from hypothesis import strategies as st

from phoneemu.fleet.combining import with_checksums
from phoneemu.fleet.inventory import Inventory
from phoneemu.fleet.listed import Listed, Traits

names = st.sampled_from(("SEP1", "sep1", "Sep2", "SEP3", "straße", "STRASSE", "SEP4"))
shown = st.sampled_from(("", "served", "other", "0" * 32))
traits = st.builds(
    Traits, model=st.sampled_from(("8861", "7960")), site=st.sampled_from(("", "Depot")), ctl=shown, itl=shown
)


def unique(phones: list[Listed]) -> list[Listed]:
    return list({phone.name.upper(): phone for phone in reversed(phones)}.values())


def counts(first: str, second: str) -> str:
    """A checksum before a word of one, and what the phone showed before what was said."""
    return next((each for each in (first, second) if each == "0" * 32), first or second)


phones = st.lists(st.builds(Listed, names, traits, st.just("a.csv"), st.integers(2, 99))).map(unique)


@given(phones, phones)
def test_each_phone_gets_what_it_showed_and_what_nobody_showed_is_told(
    listed: list[Listed], told: list[Listed]
) -> None:
    found = with_checksums(Inventory(phones=listed), Inventory(phones=told))
    by_name = {phone.name.upper(): phone.traits for phone in told}
    wanted = []
    for phone in listed:
        said = by_name.get(phone.name.upper(), Traits())
        filled = Traits._make(mine or theirs for mine, theirs in zip(phone.traits, said, strict=True))
        changed = filled._replace(
            **{which: counts(getattr(said, which), getattr(phone.traits, which)) for which in ("ctl", "itl")}
        )
        wanted.append(phone._replace(traits=changed))
    assert list(found.phones) == wanted
    known = {phone.name.upper() for phone in listed}
    alone = [phone for phone in told if phone.name.upper() not in known]
    unknown = [remark.place for remark in found.remarks if "is no phone of" in remark.text]
    assert unknown == [f"{each.file}:{each.line}" for each in alone]
