"""Listed: one phone of an export, and Traits: what phones have in common."""

from typing import NamedTuple


class Traits(NamedTuple):
    """What phones share: the cells of one row that matter, as they stood in the export; "" when absent."""

    model: str = ""
    site: str = ""
    protocol: str = ""
    load: str = ""
    profile: str = ""
    mode: str = ""
    group: str = ""
    lsc: str = ""
    ctl: str = ""
    """What it showed of its CTL: see holding.said; the same for the ITL."""
    itl: str = ""
    tftp: str = ""
    """The TFTP servers it asks, in order, apart by blanks."""


class Listed(NamedTuple):
    """One phone of the inventory, and where it stands in which file."""

    name: str
    traits: Traits
    file: str
    line: int
