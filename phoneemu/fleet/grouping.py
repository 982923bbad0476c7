"""From the fates of classes to the groups of a forecast: phones that end alike, worst first.

Within a group the phones stand by site, and then as in the exports: so the field team finds its site in one
place. Nothing here decides what becomes of a phone.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from phoneemu.fleet.classes import Classes
from phoneemu.fleet.forecast import Fate, Group
from phoneemu.fleet.outcome import WORST_FIRST
from phoneemu.fleet.roster import SITE, Roster

if TYPE_CHECKING:
    from phoneemu.fleet.listed import Listed


def grouped(classes: Classes, fates: Sequence[Fate], roster: Roster) -> tuple[Group, ...]:
    """The groups. `fates` are those of the classes, in the same order."""
    examples: dict[Fate, Listed] = {}
    for fate, phone in zip(fates, classes.first, strict=True):
        examples.setdefault(fate, phone)
    ranked = sorted(examples, key=_badness)
    rank = {fate: place for place, fate in enumerate(ranked)}
    of_class = pl.Series([rank[fate] for fate in fates], dtype=pl.UInt32)
    places = of_class[classes.code]
    whole = roster.ordered(_order(places, roster))
    sizes = dict(places.alias("place").value_counts().iter_rows())
    groups, start = [], 0
    for place, fate in enumerate(ranked):
        groups.append(Group(fate=fate, phones=whole[start : start + sizes[place]], example=examples[fate]))
        start += sizes[place]
    return tuple(groups)


def _badness(fate: Fate) -> tuple[int, str, str]:
    return WORST_FIRST.index(fate.outcome), fate.reason, fate.model


def _order(places: pl.Series, roster: Roster) -> pl.Series:
    """The rows by place, then by the name of the site, then as they stand."""
    names = sorted(set(roster.sites))
    alphabetical = {site: place for place, site in enumerate(names)}
    of_site = pl.Series([alphabetical[site] for site in roster.sites], dtype=pl.UInt64)
    rows = pl.int_range(len(roster), dtype=pl.UInt64, eager=True)
    keys = (places.cast(pl.UInt64) * len(names) + of_site[roster.frame[SITE]]) * len(roster) + rows
    return keys.arg_sort()
