"""What one export says of phones, joined to the phones of another by name, in bulk.

Which of the two counts, and what is a contradiction, is the caller's: here are only columns and numbers.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import attrs
import polars as pl

from phoneemu.fleet.listed import Traits
from phoneemu.fleet.roster import FILE, KIND, NAME, SITE, Roster, paired

_UPPER, _ROW = "upper", "row"
_THEIRS = "their "


class Pair(NamedTuple):
    """What two exports say of one phone, and the files that say so."""

    mine: Traits
    theirs: Traits
    file: str
    their_file: str


class Rule(Protocol):
    """What counts where two exports speak of one phone."""

    def taken(self, pair: Pair) -> Traits:
        """The traits that count."""

    def differing(self, pair: Pair) -> Iterable[str]:
        """The fields in which one of the two must be wrong."""


@attrs.frozen(kw_only=True)
class Difference:
    """How many phones two files contradict each other on; `name` is the first, `pair` what is said of it."""

    field: str
    count: int
    name: str
    pair: Pair

    @property
    def said(self) -> tuple[str, str]:
        """What the first file says of the phone that is named, and what the second does."""
        return getattr(self.pair.mine, self.field), getattr(self.pair.theirs, self.field)


@attrs.frozen(kw_only=True)
class Joined:
    """The phones with what was added; what was told of others, and where the two contradict each other."""

    phones: Roster
    alone: Roster
    differing: tuple[Difference, ...]


def join(phones: Roster, more: Roster, rule: Rule) -> Joined:
    """The phones with what another export says of them, in their order."""
    upper = pl.col(NAME).str.to_uppercase().alias(_UPPER)
    theirs = more.frame.select(upper, *(pl.col(each).alias(_THEIRS + each) for each in (KIND, SITE, FILE)))
    theirs = theirs.with_row_index(_ROW).unique(_UPPER, keep="last", maintain_order=True)
    names = phones.frame.select(upper, NAME, KIND, SITE, FILE)
    matched = names.join(theirs, on=_UPPER, how="left", maintain_order="left")
    kind, kinds, differing = _together(matched, KIND, phones, more, rule)
    frame = phones.frame.with_columns(kind.alias(KIND))
    sites = phones.sites
    if any(more.sites):
        site, places, apart = _together(matched, SITE, phones, more, rule)
        known: dict[str, int] = {}
        new = [known.setdefault(each.site, len(known)) for each in places]
        frame = frame.with_columns(pl.Series(SITE, new, dtype=pl.UInt32)[site])
        sites, differing = tuple(known), [*differing, *apart]
    alone = theirs.join(names, on=_UPPER, how="anti", maintain_order="left")
    return Joined(
        phones=attrs.evolve(phones, frame=frame, kinds=kinds, sites=sites),
        alone=more.ordered(alone[_ROW]),
        differing=tuple(differing),
    )


def _together(
    matched: pl.DataFrame, column: str, phones: Roster, more: Roster, rule: Rule
) -> tuple[pl.Series, list[Traits], list[Difference]]:
    """Numbers for what is taken of this column, what they mean, and the contradictions in it."""
    number, said = _paired(matched, column)
    files_number, files = _paired(matched, FILE)
    number, pairs = paired(number, files_number)
    taken: list[Traits] = []
    apart: dict[int, Pair] = {}
    for at, (which, of) in enumerate(pairs):
        (mine, theirs), (file, their_file) = said[which], files[of]
        own = _traits(phones, column, mine)
        if not their_file:
            taken.append(own)
            continue
        pair = Pair(own, _traits(more, column, theirs - 1), phones.files[file], more.files[their_file - 1])
        taken.append(rule.taken(pair))
        if any(rule.differing(pair)):
            apart[at] = pair
    return number, taken, list(_differences(number, apart, matched[NAME], rule)) if apart else []


def _traits(roster: Roster, column: str, number: int) -> Traits:
    return roster.kinds[number] if column == KIND else Traits(site=roster.sites[number])


def _paired(matched: pl.DataFrame, column: str) -> tuple[pl.Series, list[tuple[int, int]]]:
    """Numbers for what both say in a column: of theirs one more, and 0 where they do not know the phone."""
    return paired(matched[column], (matched[_THEIRS + column].cast(pl.Int64) + 1).fill_null(0))


def _differences(
    number: pl.Series, apart: dict[int, Pair], names: pl.Series, rule: Rule
) -> Iterator[Difference]:
    """One for each field and two files, with the phone that stands first."""
    counted = pl.DataFrame({KIND: number}).with_row_index(_ROW).filter(pl.col(KIND).is_in(list(apart)))
    counted = counted.group_by(KIND).agg(pl.len(), pl.col(_ROW).min()).sort(_ROW)
    found: dict[tuple[str, str, str], tuple[int, int, Pair]] = {}
    for at, count, row in counted.iter_rows():
        pair = apart[at]
        for field in rule.differing(pair):
            key = (field, pair.file, pair.their_file)
            before = found.get(key, (0, row, pair))
            found[key] = (before[0] + count, *before[1:])
    for (field, _, _), (count, row, pair) in found.items():
        yield Difference(field=field, count=count, name=names[row], pair=pair)
