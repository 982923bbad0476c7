"""Who holds which list today, by site and model, and what each model should show.

Nothing is predicted here. Each phone is counted once, by the worst of the lists its model reads; a phone of
which nothing was seen is counted as such, never as a match.
"""

import enum
from collections import Counter
from collections.abc import Iterator, Mapping

import attrs

from phoneemu.catalogue import Catalogue, catalogue
from phoneemu.cluster.state import Node
from phoneemu.core.profile import Profile
from phoneemu.core.trustlist import ListKind, TrustList
from phoneemu.fleet.holding import NONE, OTHER, SERVED, UNSAID
from phoneemu.fleet.inventory import Listed, Traits
from phoneemu.fleet.placing import place_of
from phoneemu.fleet.snapshot import Snapshot

SCHEMA = 1


class Holds(enum.Enum):
    """What is known of the list a phone holds; worst first."""

    UNMATCHED = "unmatched"
    """It showed a list that no node serves and no history holds."""
    STALE = "stale"
    """It holds an older list that is known."""
    NOT_INSTALLED = "not-installed"
    """It showed that it holds none, though its model reads it and its node serves one."""
    UNKNOWN = "unknown"
    """Nothing was seen of it."""
    OTHER_NODE = "other-node"
    """It holds what another node serves now."""
    MATCH = "match"
    """It holds what its node serves now."""
    READS_NONE = "reads-none"
    """Its model reads no list."""


WORST_FIRST = tuple(Holds)
_NO_CHECKSUM = "shows none"


@attrs.frozen(kw_only=True)
class Finding:
    """One phone: what it holds, by list and as a whole, and from where a held list is known."""

    phone: Listed
    model: str
    ctl: Holds
    itl: Holds
    where: tuple[str, ...] = ()

    @property
    def worst(self) -> Holds:
        """The worse of the two."""
        return min(self.ctl, self.itl, key=WORST_FIRST.index)


@attrs.frozen(kw_only=True)
class Expected:
    """What one model should show for the list of one node: on its screen and its web page."""

    model: str
    node: str
    kind: ListKind
    screen: str
    web: str


class Auditor:
    """Finds what each phone of a snapshot holds; what its traits settle is worked out once."""

    def __init__(self, snapshot: Snapshot, models: Catalogue | None = None) -> None:
        self._snapshot = snapshot
        self._catalogue = models or catalogue()
        self._found: dict[Traits, tuple[str, Holds, Holds, tuple[str, ...]]] = {}

    def findings(self) -> Iterator[Finding]:
        """Every phone, in the order of the exports."""
        for phone in self._snapshot.inventory.phones:
            if phone.traits not in self._found:
                self._found[phone.traits] = self._judged(phone.traits)
            model, ctl, itl, where = self._found[phone.traits]
            yield Finding(phone=phone, model=model, ctl=ctl, itl=itl, where=where)

    def expected(self) -> Iterator[Expected]:
        """For each model of the snapshot and each list its nodes serve: the checksum to compare with."""
        models = dict.fromkeys(finding.model for finding in self.findings())
        for model in sorted(models):
            profile = self._profile(model, "", "")
            for node in self._snapshot.cluster.nodes:
                for kind in ListKind:
                    line = None if profile is None else _expected(profile, model, node, kind)
                    if line is not None:
                        yield line

    def _profile(self, model: str, load: str, protocol: str) -> Profile | None:
        known = self._catalogue.find(model) if model else None
        return None if known is None else self._catalogue.profile(known.model, load or None, protocol or None)

    def _judged(self, traits: Traits) -> tuple[str, Holds, Holds, tuple[str, ...]]:
        profile = self._profile(traits.model, traits.load, traits.protocol.upper())
        cluster = self._snapshot.cluster
        place = place_of(traits, self._snapshot.file, cluster)
        node = next((found for name in place.tftp if (found := cluster.node(name)) is not None), None)
        where: list[str] = []
        ctl = self._list(ListKind.CTL, traits.ctl, node, profile, where)
        itl = self._list(ListKind.ITL, traits.itl, node, profile, where)
        name = profile.model if profile is not None else traits.model or "(unknown)"
        return name, ctl, itl, tuple(where)

    def _list(
        self, kind: ListKind, words: str, node: Node | None, profile: Profile | None, where: list[str]
    ) -> Holds:
        reads = None if profile is None else profile.reads_ctl if kind is ListKind.CTL else profile.reads_itl
        if reads is not None and reads.value is False:
            return Holds.READS_NONE
        served = None if node is None else node.ctl if kind is ListKind.CTL else node.itl
        if words == NONE:
            return Holds.NOT_INSTALLED if served is not None else Holds.MATCH
        if words == UNSAID:
            return Holds.UNKNOWN if served is not None or kind is ListKind.ITL else Holds.READS_NONE
        if words == SERVED:
            return Holds.MATCH
        known = None if words == OTHER else self._snapshot.lists.find(kind, words)
        if known is None:
            return Holds.UNMATCHED
        if served is not None and words in (served.md5, served.sha1):
            return Holds.MATCH
        where.append(f"{kind.name} {known.where}")
        return Holds.OTHER_NODE if known.nodes else Holds.STALE


def _expected(profile: Profile, model: str, node: Node, kind: ListKind) -> Expected | None:
    ctl = kind is ListKind.CTL
    served = node.ctl if ctl else node.itl
    reads = profile.reads_ctl if ctl else profile.reads_itl
    if served is None or reads.value is False or not (served.md5 or served.sha1):
        return None
    screen, web = (profile.ctl_screen, profile.ctl_web) if ctl else (profile.itl_screen, profile.itl_web)
    return Expected(
        model=model,
        node=node.name,
        kind=kind,
        screen=_shows(screen.value, served),
        web=_shows(web.value, served),
    )


def _shows(algorithm: str | None, served: TrustList) -> str:
    """The checksum by the algorithm of this model; both, where nobody knows which it shows."""
    if algorithm == "none":
        return _NO_CHECKSUM
    if algorithm == "md5":
        return f"MD5 {served.md5}"
    if algorithm == "sha1":
        return f"SHA1 {served.sha1}"
    return f"not known which: MD5 {served.md5} or SHA1 {served.sha1}"


def counts(findings: list[Finding], key: str) -> Mapping[str, Counter[Holds]]:
    """How many phones of each site or model hold what; `key` is `site` or `model`."""
    found: dict[str, Counter[Holds]] = {}
    for finding in findings:
        name = finding.model if key == "model" else finding.phone.traits.site or "(no site)"
        found.setdefault(name, Counter())[finding.worst] += 1
    return found


# ---------------------------------------------------------------- for people and machines


def lines(snapshot: Snapshot) -> Iterator[str]:
    """The audit as a report, worst first."""
    auditor = Auditor(snapshot)
    findings = list(auditor.findings())
    total = Counter(finding.worst for finding in findings)
    for key in ("model", "site"):
        yield from _table(key, counts(findings, key))
    by_where = Counter(where for finding in findings for where in finding.where)
    if by_where:
        yield "lists held that their node does not serve"
        yield from (f"{count:>7}  {where}" for where, count in by_where.most_common())
        yield ""
    expected = list(auditor.expected())
    if expected:
        yield "what a phone should show, to compare at the phone"
        yield from _expectations(expected, len(snapshot.cluster.nodes))
        yield ""
    if total[Holds.UNKNOWN]:
        what = "add checksums*.csv with a Device Name and an ITL or CTL column"
        yield f"{total[Holds.UNKNOWN]} phones showed nothing: {what}"
        if snapshot.file.phones.holds_served:
            word = f"{snapshot.file.file} says that phones hold what is served (holds_served)"
            yield f"{word}; a prediction believes it, an audit counts what was shown"
    yield f"{len(findings)} phones: " + ", ".join(f"{total[each]} {each.value}" for each in WORST_FIRST)


def _expectations(expected: list[Expected], nodes: int) -> Iterator[str]:
    """One line a model, list and checksum; the nodes that serve it, unless all do."""
    served: dict[tuple[str, ListKind, str, str], list[str]] = {}
    for each in expected:
        served.setdefault((each.model, each.kind, each.screen, each.web), []).append(each.node)
    for (model, kind, screen, web), names in served.items():
        place = "" if len(names) == nodes else f" of {', '.join(names)}"
        shown = f"screen: {screen}" if screen != _NO_CHECKSUM else ""
        if web not in (screen, _NO_CHECKSUM):
            shown += f"{'; ' if shown else ''}web page: {web}"
        yield f"  {model:10} {kind.name}{place}  {shown or _NO_CHECKSUM}"


def _table(key: str, found: Mapping[str, Counter[Holds]]) -> Iterator[str]:
    used = [each for each in WORST_FIRST if any(count[each] for count in found.values())]
    width = max([len(key) + 3, *map(len, found)], default=10)
    yield f"{'by ' + key:{width}}  " + "  ".join(f"{each.value:>13}" for each in used)
    ranked = sorted(found.items(), key=lambda item: ([-item[1][each] for each in WORST_FIRST[:3]], item[0]))
    for name, count in ranked:
        yield f"{name:{width}}  " + "  ".join(f"{count[each]:>13}" for each in used)
    yield ""


def as_json(snapshot: Snapshot) -> dict[str, object]:
    """The audit for machines; schema in docs/json-audit.md."""
    auditor = Auditor(snapshot)
    findings = list(auditor.findings())
    total = Counter(finding.worst for finding in findings)
    return {
        "schema": SCHEMA,
        "cluster": snapshot.cluster.name,
        "summary": {each.value: total[each] for each in WORST_FIRST},
        "phones": [
            {
                "device": each.phone.name,
                "model": each.model,
                "site": each.phone.traits.site,
                "holds": each.worst.value,
                "ctl": each.ctl.value,
                "itl": each.itl.value,
                "known_from": list(each.where),
            }
            for each in findings
        ],
        "expected": [
            {
                "model": each.model,
                "node": each.node,
                "list": each.kind.value,
                "screen": each.screen,
                "web": each.web,
            }
            for each in auditor.expected()
        ],
    }
