"""From the fates of classes to the groups of a forecast: one a class, worst first.

Within a group the phones stand by site, and then as in the exports: so the field team finds its site in one
place. Nothing here decides what becomes of a phone.
"""

from collections.abc import Sequence

import polars as pl

from phoneemu.fleet.classes import Classes
from phoneemu.fleet.forecast import Fate, Group
from phoneemu.fleet.outcome import WORST_FIRST
from phoneemu.fleet.roster import SITE, Roster


def grouped(classes: Classes, fates: Sequence[Fate], roster: Roster) -> tuple[Group, ...]:
    """The groups. `fates` are those of the classes, in the same order."""
    ranked = sorted(range(len(fates)), key=lambda number: _badness(fates[number]))
    place_of = {number: place for place, number in enumerate(ranked)}
    of_class = pl.Series([place_of[number] for number in range(len(fates))], dtype=pl.UInt32)
    whole = roster.ordered(_order(of_class[classes.code], roster))
    groups, start = [], 0
    for number in ranked:
        end = start + classes.sizes[number]
        groups.append(Group(fate=fates[number], phones=whole[start:end], example=classes.first[number]))
        start = end
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
