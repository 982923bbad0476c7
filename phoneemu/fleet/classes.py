"""Classes of identical phones: what one run of the machine can answer for.

Two phones are of one class when nothing the machine or the runbook can see tells them apart: model, load,
protocol, place, security, LSC, power, and which of the runbook's phone filters they match. A site as such
tells nothing; only what cluster.toml and the filters say of it does.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import attrs
import polars as pl

from phoneemu.cluster.runbook import Condition, PhoneFilter
from phoneemu.cluster.state import Cluster
from phoneemu.core.trustlist import ListKind
from phoneemu.fleet.clusterfile import ClusterFile, OffEntry
from phoneemu.fleet.filters import OF_ONE_DEVICE
from phoneemu.fleet.holding import UNSAID, UNSEEN, Library
from phoneemu.fleet.listed import Listed, Traits
from phoneemu.fleet.placing import Place, place_of
from phoneemu.fleet.roster import KIND, NAME, SITE, Roster, paired


@attrs.frozen(kw_only=True, cache_hash=True)
class Kind:
    """The key of a class.

    `off` is the [[off]] entry it falls under, or None; `matches` the numbers of the filters, in the order
    given to `classify`, that it matches. `ctl` and `itl` are what it showed of its lists (holding).
    """

    model: str
    load: str
    protocol: str
    ctl: str = ""
    itl: str = ""
    place: Place
    off: OffEntry | None
    matches: frozenset[int]


@attrs.frozen(kw_only=True)
class Classes:
    """The classes of a roster's phones.

    `kinds` are in the order of their first phones, which are `first`; `code` is the number of its kind for
    each phone.
    """

    kinds: tuple[Kind, ...]
    first: tuple[Listed, ...]
    code: pl.Series = attrs.field(repr=False)

    @cached_property
    def sizes(self) -> Mapping[int, int]:
        """How many phones are of each kind, by its number."""
        return dict(self.code.value_counts().iter_rows())


def row_of(traits: Traits, place: Place, model: str) -> dict[str, str]:
    """A phone as runbook filters see it; `model` is as the catalogue names it."""
    return {
        "model": model,
        "site": traits.site,
        "load": traits.load,
        "protocol": traits.protocol,
        "security": place.device.security.value,
        "group": traits.group,
    }


def classify(
    roster: Roster,
    file: ClusterFile,
    cluster: Cluster,
    filters: Sequence[PhoneFilter],
    off_filters: Mapping[OffEntry, PhoneFilter],
    loads: Callable[[Traits], str],
    models: Callable[[str], str],
    lists: Library,
) -> Classes:
    """Sort phones into classes.

    `loads` gives the load of a phone whose row may not say it, `models` a model's name in the catalogue,
    `lists` are those that a checksum can be of. One phone is looked at for each combination of traits, of
    what is asked of sites and of what is asked of names.
    """
    sorter = _Sorter(file, cluster, filters, off_filters, loads, models, lists)
    key = roster.frame[KIND]
    for column in (_of_sites(roster, file, sorter.conditions), _of_names(roster, sorter)):
        if column is not None:
            key, _ = paired(key, column)
    keys = pl.DataFrame({"key": key}).with_row_index("row")
    rows = keys.group_by("key").agg(pl.col("row").min()).sort("row")
    codes: dict[Kind, int] = {}
    first: list[Listed] = []
    of_key: dict[int, int] = {}
    for number, row in rows.iter_rows():
        phone = roster[row]
        kind = sorter.kind_of(phone)
        if kind not in codes:
            first.append(phone)
        of_key[number] = codes.setdefault(kind, len(codes))
    by_key = [of_key.get(number, 0) for number in range(max(of_key, default=-1) + 1)]
    code = pl.Series(by_key, dtype=pl.UInt32)[key]
    return Classes(kinds=tuple(codes), first=tuple(first), code=code)


def _of_sites(roster: Roster, file: ClusterFile, conditions: Sequence[Condition]) -> pl.Series | None:
    """A number for all that is asked of each phone's site; None when nothing is."""
    asked = [each for each in conditions if each.field == "site"]
    answers: dict[object, int] = {}
    codes = [
        answers.setdefault(
            (file.sites.get(site), *(each.holds({"site": site}, "") for each in asked)), len(answers)
        )
        for site in roster.sites
    ]
    return pl.Series(codes, dtype=pl.UInt32)[roster.frame[SITE]] if len(answers) > 1 else None


def _of_names(roster: Roster, sorter: "_Sorter") -> pl.Series | None:
    """A number for all that is asked of each phone's name; None when nothing is."""
    asked = [each for each in sorter.conditions if each.field in OF_ONE_DEVICE]
    if not asked and not sorter.singled_out:
        return None
    names = roster.frame[NAME]
    answers: dict[object, int] = {}

    def answer(name: str) -> int:
        said = (sorter.entries_of(name), *(each.holds({}, name) for each in asked))
        return answers.setdefault(said, len(answers))

    if asked:
        return pl.Series([answer(name) for name in names.to_list()], dtype=pl.UInt32)
    codes = pl.repeat(answer(""), names.len(), dtype=pl.UInt32, eager=True)
    meant = names.str.to_uppercase().is_in(list(sorter.singled_out))
    return codes.scatter(meant.arg_true(), [answer(name) for name in names.filter(meant).to_list()])


class _Sorter:
    """Finds the kind of a phone; what depends on its traits alone is worked out once for each."""

    def __init__(
        self,
        file: ClusterFile,
        cluster: Cluster,
        filters: Sequence[PhoneFilter],
        off_filters: Mapping[OffEntry, PhoneFilter],
        loads: Callable[[Traits], str],
        models: Callable[[str], str],
        lists: Library,
    ) -> None:
        self._file = file
        self._cluster = cluster
        self._filters = tuple(filters)
        self._off_filters = off_filters
        self._loads = loads
        self._models = models
        self._lists = lists
        everything = (*self._filters, *off_filters.values())
        self.conditions = tuple(condition for each in everything for condition in each.conditions)
        self.singled_out = frozenset[str]().union(*(entry.devices for entry in file.off))
        self._by_row = any(self._filters) or bool(off_filters)
        self._places: dict[object, Place] = {}
        self._words: dict[str, str] = {}
        self._kinds: dict[object, Kind] = {}

    def entries_of(self, name: str) -> tuple[int, ...]:
        """The [[off]] entries that name this device."""
        upper = name.upper()
        return tuple(number for number, each in enumerate(self._file.off) if upper in each.devices)

    def kind_of(self, phone: Listed) -> Kind:
        traits = phone.traits
        # a site matters to a phone's place only by what cluster.toml says of it
        where = (
            self._file.sites.get(traits.site),
            *(traits.group, traits.mode, traits.profile, traits.lsc, traits.tftp),
        )
        place = self._places.get(where)
        if place is None:
            place = self._places[where] = place_of(traits, self._file, self._cluster)
        model = self._words.get(traits.model)
        if model is None:
            model = self._words[traits.model] = self._models(traits.model)
        row = row_of(traits, place, model) if self._by_row else {}
        off = self._off(phone, row)
        matches = frozenset(
            number for number, each in enumerate(self._filters) if each.matches(row, phone.name)
        )
        said = (traits.model, traits.load, traits.protocol, traits.ctl, traits.itl)
        key = (*said, where, off, matches)
        if key not in self._kinds:
            vouched = traits.itl == UNSEEN and self._file.phones.holds_served
            self._kinds[key] = Kind(
                model=model,
                load=self._loads(traits),
                protocol=traits.protocol.upper() or (self._file.phones.protocol or ""),
                ctl=self._lists.settled(ListKind.CTL, traits.ctl),
                itl=UNSAID if vouched else self._lists.settled(ListKind.ITL, traits.itl),
                place=place,
                off=off,
                matches=matches,
            )
        return self._kinds[key]

    def _off(self, phone: Listed, row: Mapping[str, str]) -> OffEntry | None:
        for entry in self._file.off:
            wanted = self._off_filters.get(entry)
            if phone.name.upper() in entry.devices or (
                wanted is not None and wanted.matches(row, phone.name)
            ):
                return entry
        return None
