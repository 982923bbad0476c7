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
from phoneemu.fleet.classes import row_of
from phoneemu.fleet.clusterfile import OffEntry
from phoneemu.fleet.holding import BOUNCED, NONE, OTHER, SERVED, UNREADABLE, UNSAID, UNSEEN, too_large_words
from phoneemu.fleet.listed import Listed, Traits
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
    LIKELY = "likely"
    """It registered after its lists were written; they were not seen, and a stuck phone registers, too."""
    OTHER_NODE = "other-node"
    """It holds what another node serves now."""
    MATCH = "match"
    """It holds what its node serves now."""
    READS_NONE = "reads-none"
    """Its model reads no list."""


WORST_FIRST = tuple(Holds)


class Evidence(enum.Enum):
    """What tells it; best first. Better evidence is never overruled by worse."""

    CHECKSUM = "checksum"
    ITL_STATUS = "itl-status"
    """The words of the ITL File Status list [SG15-sbd]."""
    LAST_SEEN = "last-seen"
    """When it registered or went off, against when the list was written [inferred]."""
    ASSUMED = "assumed"
    """Nothing: a prediction takes it to hold what its node serves."""
    MODEL = "model"
    """Its model reads no such list, or none is served."""


BEST_FIRST = tuple(Evidence)
_NO_CHECKSUM = "shows none"


@attrs.frozen(kw_only=True)
class Finding:
    """One phone: what it holds of each list and as a whole, what tells it, and where that is known from."""

    phone: Listed
    model: str
    ctl: Holds
    itl: Holds
    where: tuple[str, ...] = ()
    ctl_by: Evidence = Evidence.ASSUMED
    itl_by: Evidence = Evidence.ASSUMED

    @property
    def worst(self) -> Holds:
        """The worse of the two."""
        return min(self.ctl, self.itl, key=WORST_FIRST.index)

    @property
    def half_known(self) -> bool:
        """Whether it showed one of the lists it reads, and the other is not known."""
        return (self.ctl is Holds.UNKNOWN) is not (self.itl is Holds.UNKNOWN) and Evidence.CHECKSUM in (
            self.ctl_by,
            self.itl_by,
        )

    @property
    def evidence(self) -> Evidence:
        """What tells the worse of the two; of equals, the weaker."""
        told = [by for holds, by in ((self.ctl, self.ctl_by), (self.itl, self.itl_by)) if holds is self.worst]
        return max(told, key=BEST_FIRST.index)


_Told = tuple[Holds, Evidence]
_Judged = tuple[str, _Told, _Told, tuple[str, ...]]
_Key = tuple[Traits, OffEntry | None, bool]


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
        self._found: dict[_Key, _Judged] = {}
        self._newest = max(
            (
                float(served.timestamp)
                for node in snapshot.cluster.nodes
                for served in (node.ctl, node.itl)
                if served is not None and served.timestamp is not None
            ),
            default=0.0,
        )

    def findings(self) -> Iterator[Finding]:
        """Every phone, in the order of the exports."""
        absent = Absent(self._snapshot)
        sites = self._snapshot.file.sites
        for phone in self._snapshot.inventory.phones:
            sighting = self._snapshot.presence.get(phone.name.upper())
            lately = sighting is not None and sighting.registered and sighting.moment >= self._newest > 0
            # of a site, only what cluster.toml says of it matters
            traits = phone.traits if phone.traits.site in sites else phone.traits._replace(site="")
            key = (traits, absent.entry_of(phone), lately)
            if key not in self._found:
                self._found[key] = self._judged(traits, key[1], lately=lately)
            model, (ctl, ctl_by), (itl, itl_by), where = self._found[key]
            yield Finding(
                phone=phone, model=model, ctl=ctl, itl=itl, where=where, ctl_by=ctl_by, itl_by=itl_by
            )

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

    def _judged(self, traits: Traits, absent: OffEntry | None, *, lately: bool) -> _Judged:
        profile = self._profile(traits.model, traits.load, traits.protocol.upper())
        cluster = self._snapshot.cluster
        place = place_of(traits, self._snapshot.file, cluster)
        node = next((found for name in place.tftp if (found := cluster.node(name)) is not None), None)
        where: list[str] = []
        told: list[_Told] = []
        for kind, words in ((ListKind.CTL, traits.ctl), (ListKind.ITL, traits.itl)):
            served = None if node is None else node.ctl if kind is ListKind.CTL else node.itl
            holds, by = self._list(kind, words, served, profile, where)
            if by is Evidence.ASSUMED:
                holds, by = _by_date(served, absent, lately=lately) or (holds, by)
                if holds is Holds.STALE and node is not None and absent is not None:
                    older = self._snapshot.lists.before(kind, node, absent.since or 0.0)
                    where += [] if older is None else [f"{kind.name} {older.where}, by its date"]
            if profile is not None and holds in (Holds.LIKELY, Holds.UNKNOWN):
                words = too_large_words(served, profile)
                holds, by = (Holds.UNKNOWN, Evidence.ASSUMED) if words else (holds, by)
                where += [words] if words else []
            told.append((holds, by))
        name = profile.model if profile is not None else traits.model or "(unknown)"
        return name, told[0], told[1], tuple(where)

    def _list(
        self,
        kind: ListKind,
        words: str,
        served: TrustList | None,
        profile: Profile | None,
        where: list[str],
    ) -> _Told:
        reads = None if profile is None else profile.reads_ctl if kind is ListKind.CTL else profile.reads_itl
        if reads is not None and reads.value is False:
            return Holds.READS_NONE, Evidence.MODEL
        if words == NONE:
            return (Holds.NOT_INSTALLED if served is not None else Holds.MATCH), Evidence.ITL_STATUS
        if words in (UNSAID, UNSEEN, UNREADABLE):
            if served is not None or kind is ListKind.ITL:
                return Holds.UNKNOWN, Evidence.ASSUMED
            return Holds.READS_NONE, Evidence.MODEL
        if words == SERVED:
            return Holds.MATCH, Evidence.ITL_STATUS
        if words in (OTHER, BOUNCED):
            return Holds.UNMATCHED, Evidence.ITL_STATUS
        known = self._snapshot.lists.find(kind, words)
        if known is None:
            return Holds.UNMATCHED, Evidence.CHECKSUM
        if served is not None and words in (served.md5, served.sha1):
            return Holds.MATCH, Evidence.CHECKSUM
        where.append(f"{kind.name} {known.where}")
        return (Holds.OTHER_NODE if known.nodes else Holds.STALE), Evidence.CHECKSUM


def _by_date(served: TrustList | None, absent: OffEntry | None, *, lately: bool) -> _Told | None:
    """What dates tell of a phone that showed nothing: it holds nothing written since it last started."""
    written = None if served is None else served.timestamp
    if written is None:
        return None
    if absent is not None and absent.since is not None and absent.since < written:
        return Holds.STALE, Evidence.LAST_SEEN
    return (Holds.LIKELY, Evidence.LAST_SEEN) if lately else None


class Absent:
    """Finds the [[off]] entry a phone falls under, of those that say since when."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._catalogue = catalogue()
        self._entries = [each for each in snapshot.file.off if each.since is not None]
        self._by_name = {name: each for each in reversed(self._entries) for name in each.devices}
        self._chosen = [
            (each, snapshot.off_filters[each]) for each in self._entries if each in snapshot.off_filters
        ]
        self._rows: dict[Traits, dict[str, str]] = {}

    def entry_of(self, phone: Listed) -> OffEntry | None:
        """The entry, None when the phone was not away."""
        named = self._by_name.get(phone.name.upper()) if self._by_name else None
        if named is not None or not self._chosen:
            return named
        traits = phone.traits
        if traits not in self._rows:
            place = place_of(traits, self._snapshot.file, self._snapshot.cluster)
            known = self._catalogue.find(traits.model) if traits.model else None
            self._rows[traits] = row_of(traits, place, traits.model if known is None else known.model)
        row = self._rows[traits]
        return next((entry for entry, chosen in self._chosen if chosen.matches(row, phone.name)), None)


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
    by_evidence = Counter(finding.evidence for finding in findings)
    yield "known by"
    yield from (f"{by_evidence[each]:>7}  {_EVIDENCE[each]}" for each in BEST_FIRST if by_evidence[each])
    yield ""
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
        unknown = [finding for finding in findings if finding.worst is Holds.UNKNOWN]
        half = sum(finding.half_known for finding in unknown)
        if len(unknown) > half:
            what = "add checksums*.csv with a Device Name, an ITL column and in mixed mode a CTL column"
            yield f"{len(unknown) - half} phones showed nothing: {what}"
        if half:
            yield f"{half} phones showed one of their two lists, and nothing is known of the other"
        if snapshot.file.phones.holds_served:
            word = f"{snapshot.file.file} says that phones hold what is served (holds_served)"
            yield f"{word}; a prediction believes it, an audit counts what was shown"
    yield f"{len(findings)} phones: " + ", ".join(f"{total[each]} {each.value}" for each in WORST_FIRST)


_EVIDENCE: Mapping[Evidence, str] = {
    Evidence.CHECKSUM: "a checksum",
    Evidence.ITL_STATUS: "ITL File Status",
    Evidence.LAST_SEEN: "the dates of lists and of the last start",
    Evidence.ASSUMED: "nothing, so a prediction assumes that it holds what is served, if it can load that",
    Evidence.MODEL: "the model, which reads none",
}


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
        "evidence": {
            each.value: sum(finding.evidence is each for finding in findings) for each in BEST_FIRST
        },
        "phones": [
            {
                "device": each.phone.name,
                "model": each.model,
                "site": each.phone.traits.site,
                "holds": each.worst.value,
                "ctl": each.ctl.value,
                "itl": each.itl.value,
                "evidence": each.evidence.value,
                "ctl_evidence": each.ctl_by.value,
                "itl_evidence": each.itl_by.value,
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
