"""What phones showed, joined to the phones of other exports by name, in bulk.

Knows nothing of files or remarks; inventory tells what did not match.
"""

import polars as pl

from phoneemu.fleet.holding import UNSEEN
from phoneemu.fleet.listed import Traits
from phoneemu.fleet.roster import KIND, NAME, Roster, paired

_UPPER, _SHOWN, _ROW = "upper", "shown", "row"


def with_shown(phones: Roster, shown: Roster) -> tuple[Roster, Roster]:
    """The phones with the lists that they showed, and what was shown by nobody among them."""
    said = [(traits.ctl, traits.itl) for traits in shown.kinds]
    evidence = shown.frame.select(pl.col(NAME).str.to_uppercase().alias(_UPPER), pl.col(KIND).alias(_SHOWN))
    evidence = evidence.with_row_index(_ROW).unique(_UPPER, keep="last", maintain_order=True)
    names = phones.frame.select(pl.col(NAME).str.to_uppercase().alias(_UPPER), pl.col(KIND))
    matched = names.join(evidence, on=_UPPER, how="left", maintain_order="left")
    number, pairs = paired(matched[KIND], (matched[_SHOWN].cast(pl.Int64) + 1).fill_null(0))
    kinds = [_with(phones.kinds[kind], said[row - 1] if row else None) for kind, row in pairs]
    joined = Roster(
        frame=phones.frame.with_columns(number.alias(KIND)),
        kinds=kinds,
        sites=phones.sites,
        files=phones.files,
    )
    alone = evidence.join(names, on=_UPPER, how="anti", maintain_order="left")
    return joined, shown.ordered(alone[_ROW])


def _with(traits: Traits, said: tuple[str, str] | None) -> Traits:
    if said is None:
        return traits
    ctl, itl = said
    if itl == UNSEEN:  # what the phone itself showed counts before what the cluster did not see
        itl = traits.itl or itl
    return traits._replace(ctl=ctl or traits.ctl, itl=itl or traits.itl)
