"""Listed: one phone of an export, Traits: what phones have in common, Inventory: all phones of some files."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import attrs

from phoneemu.fleet.remarks import Remark

LEFT_OUT = "row left out"
"""What every remark about a row that is not taken begins with."""


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


@attrs.frozen(kw_only=True)
class Inventory:
    """All phones in the order of the files, and what was wrong with the rows left out.

    `columns` tells, per file, which headers were read and which were not known.
    """

    phones: Sequence[Listed]
    remarks: tuple[Remark, ...] = ()
    columns: tuple[tuple[str, tuple[str, ...], int], ...] = ()
    """(file, headers used, how many others were ignored)."""
    named: Mapping[str, int] = attrs.field(factory=dict)
    """How many phones stand in each file, where several are put together: those of other files, too."""


def rows_left_out(remarks: Iterable[Remark]) -> Mapping[str, int]:
    """How many rows of each file these remarks say were left out."""
    return Counter(each.place.partition(":")[0] for each in remarks if each.text.startswith(LEFT_OUT))
