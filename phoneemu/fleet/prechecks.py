"""Pre-checks: what is dangerous about a cluster before anything is changed, by rule.

Each rule looks at one snapshot and says what it found, how grave, and how many phones it concerns. A rule
that lacks the facts to look says so as a note; it never passes in silence.
"""

import enum
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

import attrs
from cryptography.x509 import load_der_x509_certificate

from phoneemu.catalogue import catalogue
from phoneemu.cluster import publish, tvs
from phoneemu.cluster.state import CALLMANAGER, CAPF, ITL_RECOVERY, TVS, Certificate, Node
from phoneemu.core import limits
from phoneemu.core.keys import rsa_key
from phoneemu.core.names import Identity
from phoneemu.core.profile import Profile
from phoneemu.core.rules_lists import certificates_worth
from phoneemu.core.trustlist import Digest, ListKind, Record, Role, TrustList
from phoneemu.fleet import dating
from phoneemu.fleet.audit import Absent
from phoneemu.fleet.certificates import named_by
from phoneemu.fleet.clusterfile import OffEntry
from phoneemu.fleet.placing import Place, place_of
from phoneemu.fleet.roster import as_roster
from phoneemu.fleet.snapshot import Snapshot

MOST_CERTIFICATES = 39
"""About as many certificates make an ITL of 64 KB [SG14-sbd]."""
SOON_DAYS = 90
"""Certificates that expire within this are named; RTMT warns as long before [RENEWMIX]."""
LISTED_UNITS = frozenset({CALLMANAGER, TVS, CAPF, ITL_RECOVERY})
"""Units whose certificates go into lists."""
LARGE_BITS, SMALL_BITS = 2048, 1024


class Severity(enum.Enum):
    """How grave a finding is; worst first."""

    DANGER = "danger"
    """Phones may be lost by an otherwise good plan."""
    WARNING = "warning"
    """Know it before you plan."""
    NOTE = "note"
    """A fact is missing, so that the rule could not look."""


@attrs.frozen(kw_only=True)
class Problem:
    """One finding: its rule, how grave, what it is, and how many phones it concerns, None for all."""

    rule: str
    severity: Severity
    text: str
    source: str
    phones: int | None = None

    @property
    def line(self) -> str:
        """The finding for a person."""
        whom = "" if self.phones is None else f" ({self.phones} phones)"
        return f"{self.severity.value:7}  {self.rule}  {self.text}{whom} [{self.source}]"


class Scene:
    """What the rules look at: the snapshot, its lists, and its phones by model and by place."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.cluster = snapshot.cluster
        self._counted: Counter[tuple[str, str]] = Counter()
        self.places: Counter[Place] = Counter()
        shipped = catalogue()
        self._profiles: dict[tuple[str, str], Profile] = {}
        for traits, count in as_roster(snapshot.inventory.phones).by_traits(snapshot.file.sites).items():
            self.places[place_of(traits, snapshot.file, snapshot.cluster)] += count
            known = shipped.find(traits.model) if traits.model else None
            if known is not None:
                key = (known.model, traits.load)
                self._counted[key] += count
                if key not in self._profiles:
                    protocol = traits.protocol.upper() or None
                    self._profiles[key] = shipped.profile(known.model, traits.load or None, protocol)

    @property
    def today(self) -> float:
        """When the snapshot was read, where nobody said when it was made; else 0."""
        return self.snapshot.today

    @property
    def models(self) -> Iterator[tuple[Profile, int]]:
        """Each profile among the phones, and how many phones have it."""
        for key, count in self._counted.items():
            yield self._profiles[key], count

    @property
    def lists(self) -> Iterator[tuple[Node, TrustList]]:
        """Every list a node serves."""
        for node in self.cluster.nodes:
            for served in (node.ctl, node.itl):
                if served is not None:
                    yield node, served

    @cached_property
    def exported(self) -> tuple[Certificate, ...]:
        """The nodes' own certificates, as exports of certificates show them."""
        return tuple(each for units in self.snapshot.placed.own.values() for each in units.values())

    @cached_property
    def for_phones(self) -> frozenset[Identity]:
        """Certificates that phones meet in lists: those listed, and own ones that the next list names."""
        listed = (record.identity for _, served in self.lists for record in served.records)
        own = (each.identity for each in self.exported if each.unit in LISTED_UNITS)
        return frozenset(each for each in (*own, *listed) if each is not None)

    @cached_property
    def sizes(self) -> Mapping[Identity, int]:
        """Key size of every certificate that is known."""
        found = {each.identity: each.key_bits or 0 for each in self.exported}
        for _, served in self.lists:
            for record in served.records:
                if record.identity is not None and record.key_bits:
                    found[record.identity] = record.key_bits
        return found

    def falling_under(self, entries: Sequence[OffEntry]) -> int:
        """How many phones these [[off]] entries mean."""
        if not entries:
            return 0
        away = Absent(self.snapshot)
        wanted = set(entries)
        return sum(away.entry_of(phone) in wanted for phone in self.snapshot.inventory.phones)

    def those(self, wanted: Callable[[Profile], bool]) -> tuple[int, str]:
        """How many phones have such a profile, and of which models."""
        found: Counter[str] = Counter()
        for profile, count in self.models:
            if wanted(profile):
                found[profile.model] += count
        return sum(found.values()), ", ".join(sorted(found))


Rule = Callable[[Scene], Iterator[Problem]]


def _size(scene: Scene) -> Iterator[Problem]:
    for node, served in scene.lists:
        named = len({record.identity for record in served.records if record.identity is not None})
        what = f"the {served.kind.name} of {node.name}"
        if served.length is not None and served.length > limits.ITL_BYTES:
            text = f"{what} is {served.length:,} bytes; phones load no list over {limits.ITL_BYTES:,}"
            yield Problem(rule="PC1", severity=Severity.DANGER, text=text, source="SG14-sbd")
        elif named > MOST_CERTIFICATES:
            text = (
                f"{what} names {named} certificates; more than {MOST_CERTIFICATES} may be too large to load"
            )
            yield Problem(rule="PC1", severity=Severity.DANGER, text=text, source="SG14-sbd")
        elif served.length is None and certificates_worth(served) > MOST_CERTIFICATES:
            text = f"{what} names {named} certificates, some with large keys: it may be too large to load"
            yield Problem(rule="PC1", severity=Severity.DANGER, text=text, source="SG14-sbd")


def _large_keys(scene: Scene) -> Iterator[Problem]:
    large = sorted(
        f"{identity.common_name} ({bits} bits)"
        for identity, bits in scene.sizes.items()
        if bits > LARGE_BITS and identity in scene.for_phones
    )
    if large:
        count, models = scene.those(lambda each: (each.rsa_max_bits.value or 0) <= LARGE_BITS)
        whom = models or "no model here"
        text = f"keys over {LARGE_BITS} bits: {', '.join(large)}; not known to work on {whom}"
        yield Problem(rule="PC2", severity=Severity.DANGER, text=text, source="SG15-cert", phones=count)


def _small_recovery(scene: Scene) -> Iterator[Problem]:
    sizes = {identity: bits for identity, bits in scene.sizes.items() if identity in scene.for_phones}
    small = sorted(
        identity.common_name
        for identity, bits in sizes.items()
        if identity.common_name.upper().startswith("ITLRECOVERY") and 0 < bits <= SMALL_BITS
    )
    if small and max(sizes.values()) >= LARGE_BITS:
        names = ", ".join(small)
        text = f"{names} has {SMALL_BITS} bits among larger certificates: `utils itl reset` fails then"
        yield Problem(rule="PC3", severity=Severity.DANGER, text=text, source="REGEN214231")


def _rollback(scene: Scene) -> Iterator[Problem]:
    emptied = sorted(node.name for node in scene.cluster.nodes if node.itl is not None and node.itl.emptied)
    if publish.rollback(scene.cluster):
        text = "Prepare Cluster for Rollback to pre 8.0 is True: phones get an empty ITL at every start"
        yield Problem(rule="PC4", severity=Severity.DANGER, text=text, source="SG14-sbd")
    elif emptied:
        text = (
            f"the ITL of {', '.join(emptied)} is empty, though the rollback parameter is not known to be on"
        )
        yield Problem(rule="PC4", severity=Severity.DANGER, text=text, source="SG14-sbd")


def _digest(scene: Scene) -> Iterator[Problem]:
    wanted = publish.digest_of(scene.cluster)
    used = {served.digest for _, served in scene.lists} | {wanted}
    if Digest.SHA512 in used:
        ctl = any(served.kind is ListKind.CTL for _, served in scene.lists)

        def fails(each: Profile) -> bool:
            """Whether a phone that gets a signed file there is not known to read it."""
            signed = each.reads_itl.value is not False or (ctl and each.reads_ctl.value is not False)
            return signed and Digest.SHA512.label not in (each.digests.value or ())

        count, models = scene.those(fails)
        text = f"lists are signed with SHA-512, which is not known to work on {models or 'no model here'}"
        severity = Severity.DANGER if count else Severity.WARNING
        yield Problem(rule="PC5", severity=severity, text=text, source="JTAPI14", phones=count)


def _tls(scene: Scene) -> Iterator[Problem]:
    floor = scene.cluster.min_tls
    if floor > "1.0":
        count, models = scene.those(
            lambda each: each.asks_tvs.value is not False and (each.tls_max.value or "") < floor
        )
        if count:
            text = f"the TLS floor is {floor}; these ask a TVS and are not known to speak it: {models}"
            yield Problem(
                rule="PC6", severity=Severity.DANGER, text=text, source="SG1251SU2-tls", phones=count
            )


def _expiry(scene: Scene) -> Iterator[Problem]:
    now = scene.cluster.clock
    unread = 0
    ends = {each.identity: each for each in scene.exported if each.not_after is not None}
    told: set[Identity] = set()
    for _, served in scene.lists:
        for record in served.records:
            if record.identity is None or record.identity in ends:
                continue
            if not record.certificate or rsa_key(record.certificate) is None:
                unread += 1
                continue
            if record.identity not in told:
                told.add(record.identity)
                yield from _expiring(record.identity.short, _not_after(record), now, scene.today)
    for identity, certificate in ends.items():
        name = f"{certificate.unit} of {certificate.node or 'no node'}, {identity.short}"
        yield from _expiring(f"{name} ({certificate.origin})", certificate.not_after or 0.0, now, scene.today)
    for entry in scene.snapshot.placed.named:
        if entry.not_after is not None:
            whose = f" of {entry.server}" if entry.server else ""
            yield from _expiring(
                f"{entry.service or entry.name}{whose} ({entry.place})", entry.not_after, now, scene.today
            )
    if unread:
        text = f"{unread} records come without their certificate: .tlv files, or an export of certificates, "
        text += "would tell when it expires"
        yield Problem(rule="PC7", severity=Severity.NOTE, text=text, source="phoneemu")


def _expiring(name: str, not_after: float, now: float, today: float) -> Iterator[Problem]:
    """`today` is 0 where it is known when the exports were made, which is `now`."""
    days = (not_after - now) / 86400
    if days < SOON_DAYS or not_after <= today:
        when = "has expired" if days < 0 else f"expires in {days:.0f} days"
        if days >= 0 and not_after <= today:
            when = f"ended on {dating.day(not_after)}: it has expired, unless the exports are older"
        severity = Severity.DANGER if days < 0 or not_after <= today else Severity.WARNING
        yield Problem(rule="PC7", severity=severity, text=f"{name} {when}", source="REGEN214231")


def _not_after(record: Record) -> float:
    return load_der_x509_certificate(record.certificate).not_valid_after_utc.timestamp()


def _differing(scene: Scene) -> Iterator[Problem]:
    for node in scene.cluster.nodes:
        if node.itl is None or node.ctl is None or node.itl.emptied:
            continue
        of_ctl = {
            record.identity
            for record in node.ctl.records
            if record.role == Role.CCM_TFTP and record.dns_name.lower() in {node.name.lower(), *node.aliases}
        }
        of_itl = node.itl.file_signers
        if of_ctl - {None} and of_itl and not of_ctl & of_itl:
            text = f"CTL and ITL of {node.name} name different CallManager certificates: one of them is old"
            yield Problem(rule="PC8", severity=Severity.DANGER, text=text, source="phoneemu")


def _single(scene: Scene) -> Iterator[Problem]:
    services = [node for node in scene.cluster.nodes if TVS in node.services]
    if len(services) == 1:
        text = f"{services[0].name} has the only TVS: while it restarts nobody vouches for a new signer"
        yield Problem(rule="PC9", severity=Severity.WARNING, text=text, source="RENEWALL")
        return
    known = {node.name for node in services}
    alone: Counter[str] = Counter()
    for place, count in scene.places.items():
        asked = known & set(place.device.group)
        if len(asked) == 1:
            alone[min(asked)] += count
    for name, count in alone.items():
        text = f"phones whose CallManager group has one TVS, {name}: nobody else vouches when it is renewed"
        yield Problem(rule="PC9", severity=Severity.WARNING, text=text, source="RENEWALL", phones=count)


def _groups(scene: Scene) -> Iterator[Problem]:
    reachable = {
        node.name
        for node in scene.cluster.nodes
        if TVS in node.services and node.up and tvs.PORT not in node.blocked_ports
    }
    silent: Counter[tuple[str, ...]] = Counter()
    for place, count in scene.places.items():  # places of one group differ in more than it
        if not reachable & set(place.device.group):
            silent[place.device.group] += count
    for members, count in silent.items():
        text = f"no TVS can be reached in the CallManager group {', '.join(members) or '(none)'}"
        yield Problem(rule="PC10", severity=Severity.DANGER, text=text, source="SEED118893", phones=count)


def _leftover(scene: Scene) -> Iterator[Problem]:
    left = [node.name for node in scene.cluster.nodes if node.ctl is not None and node.ctl.file_signers]
    if left and not scene.cluster.mixed:
        serve = "serves" if len(left) == 1 else "serve"
        text = f"the cluster is non-secure, and {', '.join(left)} still {serve} a CTL that phones obey"
        yield Problem(rule="PC11", severity=Severity.DANGER, text=text, source="SEED118893")


def _backup(scene: Scene) -> Iterator[Problem]:
    saved = scene.snapshot.file.recovery_key_saved
    if saved or not any(ITL_RECOVERY in node.own for node in scene.cluster.nodes):
        return
    take = "take it by `file get tftp ITLRecovery.p12`"
    if saved is False:
        text = f"the recovery key is not backed up: {take}"
        yield Problem(rule="PC12", severity=Severity.WARNING, text=text, source="SG14-sbd")
    else:
        text = f"nobody says whether the recovery key is backed up: {take}, and say so in cluster.toml"
        yield Problem(rule="PC12", severity=Severity.NOTE, text=text, source="SG14-sbd")


def _unseen(scene: Scene) -> Iterator[Problem]:
    stamps = [served.timestamp for _, served in scene.lists if served.timestamp is not None]
    since = [each for each in scene.snapshot.file.off if each.since is not None]
    if not stamps:
        count = scene.falling_under(since)
        if count:
            text = "no list says when it was written: whether these, last seen long ago, hold it is not known"
            yield Problem(rule="PC13", severity=Severity.NOTE, text=text, source="phoneemu", phones=count)
        return
    last = max(stamps)
    day = dating.day(last)
    older = [each for each in since if (each.since or 0) < last]
    for powered, what in ((False, "not seen"), (True, "registered, but not started")):
        count = scene.falling_under([each for each in older if each.powered is powered])
        if count:
            text = f"{what} since before the lists were last written ({day}): they may hold older ones"
            yield Problem(rule="PC13", severity=Severity.WARNING, text=text, source="phoneemu", phones=count)


def _unlike_node(scene: Scene) -> Iterator[Problem]:
    """Lists that name another certificate than their node has; only exported certificates can tell."""
    names = {known: node.name for known, node in scene.cluster.by_name.items()}
    exported = {each.origin for each in scene.exported}
    told: dict[str, Problem] = {}
    for export in scene.snapshot.exports:
        for listed in named_by(export, names, scene.cluster.publisher.name):
            owner = scene.cluster.node(listed.node) if listed.node else None
            has = owner.own.get(listed.unit) if owner is not None else None
            if has is None or has.origin not in exported or has.identity == listed.identity:
                continue
            text = (
                f"{listed.origin} names {listed.identity.short} as {listed.unit} of {listed.node}, which has "
                f"{has.identity.short} ({has.origin}): the list was not written after a renewal"
            )
            problem = Problem(rule="PC14", severity=Severity.DANGER, text=text, source="CERT210541")
            told.setdefault(f"{export.file} {listed.unit} {listed.node}", problem)
    yield from told.values()


RULES: Mapping[str, Rule] = {
    "PC1": _size,
    "PC2": _large_keys,
    "PC3": _small_recovery,
    "PC4": _rollback,
    "PC5": _digest,
    "PC6": _tls,
    "PC7": _expiry,
    "PC8": _differing,
    "PC9": _single,
    "PC10": _groups,
    "PC11": _leftover,
    "PC12": _backup,
    "PC13": _unseen,
    "PC14": _unlike_node,
}
"""Every rule by its id; docs/prechecks.md tells them to people."""


def problems(snapshot: Snapshot) -> Sequence[Problem]:
    """What the rules find, worst first."""
    scene = Scene(snapshot)
    found = [problem for rule in RULES.values() for problem in rule(scene)]
    order = list(Severity)
    return sorted(found, key=lambda problem: order.index(problem.severity))
