"""Classes of identical phones: what one run of the machine can answer for.

Two phones are of one class when nothing the machine or the runbook can see tells them apart: model, load,
protocol, place, security, LSC, power, and which of the runbook's phone filters they match.
"""

from collections.abc import Callable, Mapping, Sequence

import attrs

from phoneemu.cluster.runbook import PhoneFilter
from phoneemu.cluster.state import Cluster
from phoneemu.core.trustlist import ListKind
from phoneemu.fleet.clusterfile import ClusterFile, OffEntry
from phoneemu.fleet.filters import by_device
from phoneemu.fleet.holding import Library
from phoneemu.fleet.inventory import Listed, Traits
from phoneemu.fleet.placing import Place, place_of


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
class PhoneClass:
    """Phones of one kind at one site. The site only matters for the report."""

    kind: Kind
    site: str
    phones: tuple[Listed, ...] = attrs.field(repr=False)


def row_of(traits: Traits, place: Place, model: str) -> dict[str, str]:
    """A phone as runbook filters see it; `model` is as the catalogue names it."""
    return {
        "model": model,
        "site": traits.site,
        "load": traits.load,
        "protocol": traits.protocol,
        "security": place.device.security.value,
        "group": traits.group,
        "location": traits.location,
    }


def classify(
    phones: Sequence[Listed],
    file: ClusterFile,
    cluster: Cluster,
    filters: Sequence[PhoneFilter],
    off_filters: Mapping[OffEntry, PhoneFilter],
    loads: Callable[[Traits], str],
    models: Callable[[str], str],
    lists: Library,
) -> list[PhoneClass]:
    """Group phones into classes, in the order of their first phone.

    `loads` gives the load of a phone whose row may not say it, `models` a model's name in the catalogue,
    `lists` are those that a checksum can be of.
    """
    sorter = _Sorter(file, cluster, filters, off_filters, loads, models, lists)
    found: dict[tuple[Kind, str], list[Listed]] = {}
    shared: dict[Traits, list[Listed]] = {}
    one_by_one, singled_out = sorter.one_by_one, sorter.singled_out
    for phone in phones:
        alone = one_by_one or (bool(singled_out) and phone.name.upper() in singled_out)
        bucket = None if alone else shared.get(phone.traits)
        if bucket is None:
            kind = sorter.kind_of(phone)
            bucket = found.setdefault((kind, phone.traits.site), [])
            if not alone:
                shared[phone.traits] = bucket
        bucket.append(phone)
    return [PhoneClass(kind=kind, site=site, phones=tuple(each)) for (kind, site), each in found.items()]


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
        self.one_by_one = any(by_device(each) for each in everything)
        """Whether a filter chooses phones by name or share, so that traits alone do not tell."""
        self.singled_out = frozenset[str]().union(*(entry.devices for entry in file.off))
        self._by_row = any(self._filters) or bool(off_filters)
        self._places: dict[object, Place] = {}
        self._words: dict[str, str] = {}
        self._kinds: dict[object, Kind] = {}

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
            self._kinds[key] = Kind(
                model=model,
                load=self._loads(traits),
                protocol=traits.protocol.upper() or (self._file.phones.protocol or ""),
                ctl=self._lists.settled(ListKind.CTL, traits.ctl),
                itl=self._lists.settled(ListKind.ITL, traits.itl),
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
