"""Device names out of MAC addresses: some exports give the address alone, with or without separators.

Which prefix a device's name bears is a fact of its model (`device.name_prefix`); of most it is SEP.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import attrs
import polars as pl

from phoneemu.catalogue import catalogue
from phoneemu.fleet.listed import Inventory, Listed
from phoneemu.fleet.remarks import Remark
from phoneemu.fleet.roster import FILE, NAME, Roster, as_roster

USUAL = "SEP"
_ADDRESS = r"^\s*(?P<prefix>[A-Za-z]{3})?[\s:._-]*(?P<mac>(?:[0-9A-Fa-f][\s:._-]?){11}[0-9A-Fa-f])\s*$"
_LOST = r"^\s*(?:[0-9A-Fa-f]{10,11}|[0-9][.,][0-9]+[eE][+][0-9]+)\s*$"
"""An address from which a spreadsheet took its first zeros, or which it made a number of."""
_MATCH = re.compile(_ADDRESS)


def address_in(name: str) -> tuple[str, str] | None:
    """(prefix or "", plain address) of a name that is a MAC address or has one, in upper case."""
    match = _MATCH.match(name)
    if match is None:
        return None
    return (match["prefix"] or "").upper(), re.sub(r"[^0-9A-F]", "", match["mac"].upper())


@cache
def prefix_of(model: str) -> str:
    """What the names of a model's devices begin with."""
    known = catalogue().find(model) if model else None
    if known is None:
        return USUAL
    own, family = catalogue().files(known.model)
    facts = (each.facts.get("device.name_prefix") for each in (own, family) if each is not None)
    return next((str(fact.value) for fact in facts if fact is not None), USUAL)


def with_device_names(listed: Inventory, known: Mapping[str, str] | None = None) -> Inventory:
    """The inventory with device names where MAC addresses stood, and a remark on how many.

    `known` are device names by their address: a row of no model is that device's.
    """
    remarks = list(_lost(listed))
    if not _any_address(listed):
        return attrs.evolve(listed, remarks=(*listed.remarks, *remarks)) if remarks else listed
    phones: dict[str, Listed] = {}
    changed: dict[str, list[tuple[str, str]]] = {}
    for phone in listed.phones:
        name = _device_name(phone, known or {})
        if name != phone.name:
            changed.setdefault(phone.file, []).append((phone.name, name))
        before = phones.setdefault(name.upper(), phone._replace(name=name))
        if before.line != phone.line or before.file != phone.file:
            text = f"{name} stands twice: {before.file}:{before.line} is taken, this row is not"
            remarks.append(Remark(place=f"{phone.file}:{phone.line}", text=text))
    remarks += (
        Remark(
            place=file,
            text=f"{len(names)} names are MAC addresses and are read as device names, such as "
            f"{names[0][0]} as {names[0][1]}",
        )
        for file, names in changed.items()
    )
    return attrs.evolve(listed, phones=tuple(phones.values()), remarks=(*listed.remarks, *remarks))


def with_checked_names(shown: Inventory, phones: Iterable[Listed]) -> Inventory:
    """The same of what phones showed: a bare address there is that of a phone among these."""
    return with_device_names(shown, by_address(phones) if _any_address(shown) else None)


def by_address(phones: Iterable[Listed]) -> Mapping[str, str]:
    """The device names of phones by their address, where they have one."""
    found: dict[str, str] = {}
    for phone in phones:
        said = address_in(phone.name)
        if said is not None:
            found.setdefault(said[1], phone.name)
    return found


def _lost(listed: Inventory) -> Iterator[Remark]:
    """How many names look like addresses that a spreadsheet damaged: nothing else can be joined to them."""
    roster = as_roster(listed.phones)
    found = roster.frame.filter(pl.col(NAME).str.contains(_LOST)).group_by(FILE).agg(pl.len(), pl.first(NAME))
    for file, count, name in found.sort(FILE).iter_rows():
        text = (
            f"{count:,} names look like MAC addresses that lost a zero in a spreadsheet, such as {name}: "
            "no other export and no filter knows them by it"
        )
        yield Remark(place=roster.files[file], text=text)


def _any_address(listed: Inventory) -> bool:
    """Whether a name is an address without its prefix, or with separators."""
    if isinstance(listed.phones, Roster):
        names = listed.phones.frame[NAME]
        return bool((names.str.contains(_ADDRESS) & ~names.str.contains(_WHOLE.pattern)).any())
    return any(_MATCH.match(each.name) and not _WHOLE.match(each.name) for each in listed.phones)


_WHOLE = re.compile(r"^[A-Za-z]{3}[0-9A-Fa-f]{12}$")
"""A device name as it should be."""


def _device_name(phone: Listed, known: Mapping[str, str]) -> str:
    said = None if _WHOLE.match(phone.name) else address_in(phone.name)
    if said is None:
        return phone.name
    prefix, address = said
    if prefix:
        return prefix + address
    return known.get(address, "") or prefix_of(phone.traits.model) + address
