"""Roster: phones as columns, so that a million of them are counted, sorted and written in bulk.

It is a sequence of Listed like any other: one is made when it is asked for. What phones have in common is
kept once: `kinds` are their traits without the site, since hundreds of sites share them. This module knows no
file format and no outcome.
"""

from collections.abc import Container, Iterator, Sequence
from typing import TypeVar, cast, overload

import attrs
import polars as pl

from phoneemu.fleet.listed import Listed, Traits

NAME, KIND, SITE, FILE, LINE = "name", "kind", "site", "file", "line"
SCHEMA = {NAME: pl.String, KIND: pl.UInt32, SITE: pl.UInt32, FILE: pl.UInt32, LINE: pl.UInt32}


@attrs.frozen(eq=False, kw_only=True)
class Roster(Sequence[Listed]):
    """Phones in a fixed order. The number columns of `frame` count in `kinds`, `sites` and `files`."""

    frame: pl.DataFrame = attrs.field(repr=False)
    kinds: Sequence[Traits] = attrs.field(repr=False)
    sites: Sequence[str] = attrs.field(repr=False)
    files: Sequence[str]

    def __len__(self) -> int:
        return self.frame.height

    @overload
    def __getitem__(self, at: int) -> Listed: ...
    @overload
    def __getitem__(self, at: slice) -> "Roster": ...

    def __getitem__(self, at: int | slice) -> "Listed | Roster":
        if isinstance(at, slice):
            return attrs.evolve(self, frame=self.frame[at])
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        name, kind, site, file, line = self.frame.row(at)
        return Listed(name, self.kinds[kind]._replace(site=self.sites[site]), self.files[file], line)

    def __iter__(self) -> Iterator[Listed]:
        shared: dict[tuple[int, int], Traits] = {}
        for part in self.frame.iter_slices(100_000):
            for name, kind, site, file, line in zip(*(part[key].to_list() for key in SCHEMA), strict=True):
                traits = shared.get((kind, site))
                if traits is None:
                    traits = shared[kind, site] = self.kinds[kind]._replace(site=self.sites[site])
                yield Listed(name, traits, self.files[file], line)

    def ordered(self, order: pl.Series) -> "Roster":
        """The same phones, or some of them, in another order."""
        return attrs.evolve(self, frame=self.frame[order])

    def by_traits(self, sites: Container[str]) -> dict[Traits, int]:
        """How many phones have these traits; of the sites, only those given are told apart."""
        counted = self.frame.group_by(KIND, SITE).len().sort(KIND, SITE)
        found: dict[Traits, int] = {}
        for kind, site, count in counted.iter_rows():
            name = self.sites[site]
            traits = self.kinds[kind]._replace(site=name) if name in sites else self.kinds[kind]
            found[traits] = found.get(traits, 0) + count
        return found

    def by_kind(self) -> dict[Traits, int]:
        """How many phones have these traits, whatever their site."""
        counted = self.frame[KIND].value_counts().sort(KIND)
        found: dict[Traits, int] = {}
        for kind, count in counted.iter_rows():
            found[self.kinds[kind]] = found.get(self.kinds[kind], 0) + count
        return found

    def by_site(self) -> dict[str, int]:
        """How many phones each site has, in the order of the names."""
        counted: dict[str, int] = {}
        for site, count in self.frame[SITE].value_counts().iter_rows():
            counted[self.sites[site]] = counted.get(self.sites[site], 0) + count
        return dict(sorted(counted.items()))

    def by_file(self) -> dict[str, int]:
        """How many phones each file gave."""
        return {
            self.files[file]: count for file, count in self.frame[FILE].value_counts().sort(FILE).iter_rows()
        }


def as_roster(phones: Sequence[Listed]) -> Roster:
    """These phones as columns; a roster is given back as it is."""
    if isinstance(phones, Roster):
        return phones
    kinds: dict[Traits, int] = {}
    sites: dict[str, int] = {}
    files: dict[str, int] = {}
    pairs: dict[Traits, tuple[int, int]] = {}
    codes: list[tuple[int, int]] = []
    for phone in phones:
        traits = phone.traits
        pair = pairs.get(traits)
        if pair is None:
            clean = Traits._make(map(encodable, traits))
            kind = kinds.setdefault(clean._replace(site=""), len(kinds))
            pair = pairs[traits] = kind, sites.setdefault(clean.site, len(sites))
        codes.append(pair)
    columns = {
        NAME: [encodable(phone.name) for phone in phones],
        KIND: [kind for kind, _ in codes],
        SITE: [site for _, site in codes],
        FILE: [files.setdefault(phone.file, len(files)) for phone in phones],
        LINE: [phone.line for phone in phones],
    }
    frame = pl.DataFrame(columns, schema=SCHEMA)
    return Roster(frame=frame, kinds=tuple(kinds), sites=tuple(sites), files=tuple(files))


def encodable(text: str) -> str:
    """The text with a mark for what no file can hold: half of a pair of JSON escapes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def joined(rosters: Sequence[Roster]) -> Roster:
    """The phones of several rosters, one after the other."""
    if rosters and all(_alike(rosters[0], each) for each in rosters):
        return attrs.evolve(rosters[0], frame=pl.concat([each.frame for each in rosters], rechunk=True))
    kinds: dict[Traits, int] = {}
    sites: dict[str, int] = {}
    files: dict[str, int] = {}
    frames = [
        roster.frame.with_columns(
            _renumbered(roster.frame[KIND], roster.kinds, kinds),
            _renumbered(roster.frame[SITE], roster.sites, sites),
            _renumbered(roster.frame[FILE], roster.files, files),
        )
        for roster in rosters
    ]
    return Roster(
        frame=pl.concat(frames) if frames else pl.DataFrame(schema=SCHEMA),
        kinds=tuple(kinds),
        sites=tuple(sites),
        files=tuple(files),
    )


def _alike(one: Roster, other: Roster) -> bool:
    """Whether their numbers mean the same, as those of parts of one roster do."""
    return one.kinds is other.kinds and one.sites is other.sites and one.files is other.files


Value = TypeVar("Value")


def _renumbered(codes: pl.Series, values: Sequence[Value], numbers: dict[Value, int]) -> pl.Series:
    """The column with the numbers that its values have, or get, in `numbers`."""
    new = [numbers.setdefault(value, len(numbers)) for value in values]
    return pl.Series(codes.name, new, dtype=pl.UInt32)[codes]


def coded(column: pl.Series) -> tuple[pl.Series, list[str]]:
    """Numbers for the values of a column of text, in the order in which they first stand there."""
    distinct = column.unique(maintain_order=True)
    return column.cast(pl.Enum(distinct)).to_physical().cast(pl.UInt32), distinct.to_list()


def paired(first: pl.Series, second: pl.Series) -> tuple[pl.Series, list[tuple[int, int]]]:
    """Numbers for the pairs of two columns of numbers, and the pairs, in ascending order."""
    width = cast("int", second.max() or 0) + 1
    keys = first.cast(pl.UInt64) * width + second.cast(pl.UInt64)
    distinct = keys.unique().sort()
    pairs = [divmod(key, width) for key in distinct.to_list()]
    most = cast("int", distinct.max() or 0)
    if most > _TABLE:
        return distinct.search_sorted(keys).cast(pl.UInt32), pairs
    numbers = pl.int_range(distinct.len(), dtype=pl.UInt32, eager=True)
    return pl.zeros(most + 1, dtype=pl.UInt32, eager=True).scatter(distinct, numbers)[keys], pairs


_TABLE = 1 << 22
"""Largest number up to which a table with a place for each is quicker than a search."""
