"""What cluster.toml says of phones that the exports do not have: a typing error would pass in silence."""

import difflib
from collections.abc import Iterator, Mapping

import attrs
import polars as pl

from phoneemu.catalogue import catalogue
from phoneemu.cluster.runbook import Condition, PhoneFilter
from phoneemu.fleet.clusterfile import ClusterFile, OffEntry
from phoneemu.fleet.naming import address_in
from phoneemu.fleet.roster import NAME, Roster


def with_devices(file: ClusterFile, roster: Roster) -> ClusterFile:
    """The same file with MAC addresses under [[off]] as the names of their devices."""
    if not any(entry.devices for entry in file.off):
        return file
    names = roster.frame[NAME].str.to_uppercase()
    off = tuple(attrs.evolve(each, devices=_devices(each.devices, names)) for each in file.off)
    return attrs.evolve(file, off=off)


def _devices(said: frozenset[str], names: pl.Series) -> frozenset[str]:
    known = set(names.filter(names.is_in(list(said))).to_list())
    found = set(said & known)
    for name in said - known:
        address = address_in(name)
        meant = names.filter(names.str.ends_with(address[1])).to_list() if address is not None else []
        found.update(meant or [name])
    return frozenset(found)


def remarks(file: ClusterFile, roster: Roster, off_filters: Mapping[OffEntry, PhoneFilter]) -> Iterator[str]:
    """One line for each thing said of no phone at all."""
    names = roster.frame[NAME].str.to_uppercase()
    for entry in file.off:
        known = set(names.filter(names.is_in(list(entry.devices))).to_list())
        strangers = sorted(entry.devices - known)
        if strangers:
            more = f" and {len(strangers) - 3} more" if len(strangers) > 3 else ""
            yield f"{entry.place}.devices: no phone is named {', '.join(strangers[:3])}{more}"
    sites = set(roster.sites)
    for site in file.sites:
        if site not in sites:
            yield f"{file.file}: sites.{site!r}: no phone stands there{_nearest(site, sites)}"
    models = {_model(kind.model) for kind in roster.kinds}
    for model in file.phones.loads:
        if _model(model) not in models:
            yield f"{file.file}: phones.loads.{model!r}: no phone is of this model"
    values = {"site": sites, "model": models, "load": {kind.load for kind in roster.kinds}}
    for entry, chosen in off_filters.items():
        for condition in chosen.conditions:
            if condition.field in values and not _holds_for_one(condition, values[condition.field]):
                wanted = f"{condition.field} {condition.operator} {condition.value}"
                near = _nearest(condition.value, values[condition.field])
                yield f"{entry.place}.where: no phone has {wanted}{near}"


def _holds_for_one(condition: Condition, values: set[str]) -> bool:
    return any(condition.holds({condition.field: value}, "") for value in values)


def _nearest(word: str, known: set[str]) -> str:
    alike = {each.lower(): each for each in sorted(known)}
    found = difflib.get_close_matches(word.lower(), alike, n=1)
    return f"; did you mean {alike[found[0]]!r}?" if found else ""


def _model(text: str) -> str:
    known = catalogue().find(text) if text else None
    return (text if known is None else known.model).lower()
