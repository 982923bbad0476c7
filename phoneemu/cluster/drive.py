"""The simulated driver: one phone's commands answered by an emulated cluster in memory.

It performs and decides nothing: files, TVS answers and certificates come from the cluster's value, and what
they mean is for the phone. The same scenario over sockets gives an equal journal.
"""

from collections.abc import Callable, Mapping
from functools import cached_property

import attrs

from phoneemu.cluster import publish, tvs
from phoneemu.cluster import release as since
from phoneemu.cluster.state import (
    CALLMANAGER,
    CALLMANAGER_TRUST,
    CAPF,
    CAPF_TRUST,
    TFTP,
    Cluster,
    Device,
    Node,
)
from phoneemu.core.evidence import Standing, weakest
from phoneemu.core.filesearch import DEFAULT_ORDER
from phoneemu.core.flash import Flash
from phoneemu.core.journal import Fetched, InService, Journal, Ruled
from phoneemu.core.names import Identity
from phoneemu.core.phone import Phone
from phoneemu.core.profile import Profile
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Ruling
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.states import State
from phoneemu.core.trustlist import Role, TrustList
from phoneemu.core.vocabulary import (
    AskTvs,
    CallManagerAnswered,
    CallManagerFailed,
    Command,
    ErasedByHand,
    EraseTarget,
    Event,
    Fetch,
    FileArrived,
    FileMissing,
    PoweredOn,
    ReachCallManager,
    ReachTvs,
    Register,
    Registered,
    RegistrationTrouble,
    Save,
    ServerSilent,
    Transport,
    TvsAnswered,
    TvsConnected,
    TvsFailed,
    TvsTrouble,
)

EACH = "{name}"
"""The name of a station that stands for many phones: it asks for files as their templates are written."""

PORTS: Mapping[Transport, int] = {Transport.TFTP: 69, Transport.HTTP: 6970}


@attrs.frozen(kw_only=True, eq=False)
class World:
    """Every cluster a phone can reach, at one moment. Node names and addresses must be unique in it.

    Compared by identity.
    """

    clusters: tuple[Cluster, ...]
    _offers: dict[tuple[str, str, Device], TrustList | SignedFile | None] = attrs.field(
        factory=dict, init=False, repr=False
    )
    _without: dict[str, "World"] = attrs.field(factory=dict, init=False, repr=False)
    started: dict[object, tuple["Station", "Boot"]] = attrs.field(factory=dict, init=False, repr=False)
    """Starts that `start` remembers, with the station they began from."""

    @cached_property
    def _places(self) -> Mapping[str, tuple[Cluster, Node]]:
        return {
            name: (cluster, node)
            for cluster in self.clusters
            for name, node in cluster.by_name.items()
            if name not in node.formerly
        }

    def find(self, name: str) -> tuple[Cluster, Node] | None:
        """The node of this name or address, with its cluster; None when there is none."""
        return self._places.get(name) or self._places.get(name.lower())

    def without_callmanager(self, name: str) -> "World":
        """The same world while the CallManager of this node is stopped; remembered, as phones share it."""
        if name not in self._without:
            place = self.find(name)
            assert place is not None  # noqa: S101 - a phone is registered there
            cluster, node = place
            stopped = cluster.with_node(attrs.evolve(node, stopped=node.stopped | {CALLMANAGER}))
            self._without[name] = World(
                clusters=tuple(stopped if each is cluster else each for each in self.clusters)
            )
        return self._without[name]

    def behind(self, server: str) -> tuple[Cluster, Node] | None:
        """Where the files come from that this TFTP server hands out to phones of the first cluster.

        A proxy TFTP relays them from their own cluster, unchanged [PROXYTFTP]; None when nobody answers.
        """
        place = self.find(server)
        if place is None or not place[1].runs(TFTP):
            return None
        home = self.clusters[0]
        if home.name.lower() not in place[1].proxy_for:
            return place
        return next(((home, node) for node in home.nodes if node.runs(TFTP)), None)

    def offer(self, server: str, template: str, device_name: str, station: "Station") -> object:
        """What a node serves under a name; remembered, since phones of one kind ask for the same."""
        place = self.behind(server)
        assert place is not None  # noqa: S101 - the caller found it
        cluster, node = place
        device = station.device_in(cluster)
        key = (node.name, template, device)
        if key not in self._offers:
            name = template.replace(EACH, device_name)
            self._offers[key] = publish.offered_file(cluster, node, name, device)
        return self._offers[key]

    def hand_out(self, node: Node, template: str, device: Device, content: TrustList | SignedFile) -> None:
        """Hand out this file under that name from now on."""
        self._offers[(node.name, template, device)] = content


@attrs.frozen(kw_only=True)
class Station:
    """One emulated phone where it stands: what it is, what it holds, whom it asks.

    `device` is how its cluster's database knows it; `elsewhere` how other clusters do, by cluster name.
    """

    profile: Profile
    name: str
    device: Device
    tftp_servers: tuple[str, ...]
    flash: Flash = attrs.field(factory=Flash)
    elsewhere: Mapping[str, Device] = attrs.field(factory=dict)

    def device_in(self, cluster: Cluster) -> Device:
        """How this cluster's database knows the phone."""
        return self.elsewhere.get(cluster.name, self.device) if self.elsewhere else self.device


@attrs.frozen(kw_only=True)
class Boot:
    """One start of a phone and where it ended.

    `registered_to` is the node it registered to, None when it did not; `secure` tells TLS. `state` is
    IN_SERVICE, OUT_OF_SERVICE or UNDECIDED.
    """

    station: Station
    journal: Journal
    state: State
    registered_to: str | None
    secure: bool

    def ruling(self, subject: Subject) -> Ruling | None:
        """The decision that stood in the end about one subject, or None when it was not asked."""
        entry = self.journal.last_ruling(subject)
        return None if entry is None else entry.ruling

    @cached_property
    def standing(self) -> Standing:
        """As strong as the weakest decision of this start."""
        return weakest(ruled.ruling.standing for ruled in self.journal.rulings())


Tell = Callable[[Command, Event], None]


def boot(station: Station, world: World, now: float, tell: Tell | None = None) -> Boot:
    """Start the phone against the world until it rests; `now` is in seconds since the epoch.

    `tell` hears every command with what came of it, as a recording needs.
    """
    phone = Phone(station.profile, station.name, station.flash)
    _perform(phone, station, world, PoweredOn(now=now, tftp_servers=station.tftp_servers), tell)
    last = phone.journal.entries[-1]
    served = last if isinstance(last, InService) else None
    return Boot(
        station=attrs.evolve(station, flash=phone.flash) if phone.flash is not station.flash else station,
        journal=phone.journal,
        state=phone.state,
        registered_to=served.node if served is not None else None,
        secure=served is not None and served.secure,
    )


def start(station: Station, world: World, now: float) -> Boot:
    """As `boot`, and remembered: stations that differ in nothing share one start, and one Boot."""
    flash = station.flash
    # alive as long as what is remembered
    held = (id(flash.ctl), id(flash.itl), flash.config, flash.tvs_cache)
    elsewhere = tuple(station.elsewhere.items())
    key = (id(station.profile), station.name, held, station.device, station.tftp_servers, elsewhere, now)
    known = world.started.get(key)
    if known is None:
        known = world.started[key] = (station, boot(station, world, now))
    return known[1]


def named(journal: Journal, name: str) -> Journal:
    """What EACH went through, as the phone of this name tells it: nothing but its files bears its name."""
    return Journal(
        [
            attrs.evolve(entry, name=entry.name.replace(EACH, name)) if isinstance(entry, Fetched) else entry
            for entry in journal
        ]
    )


def common_files(station: Station, world: World, now: float) -> Ruled | None:
    """How the phone rules on a proxy TFTP's own files: ring lists and locales, which it signs itself.

    None when it asks no proxy, or holds nothing to judge them by. A phone judges them as it judges its
    configuration [SG14-sbd], so it is given one that the proxy signed, and nothing else changes. Where the
    proxy's own ITL is emptied for a rollback, phones are documented to check nothing of its files [SG14-sbd];
    no source says how they come by that list, so it is the one they judge by here, and a CTL still counts
    [MIG213407].
    """
    answering = (world.find(server) for server in station.tftp_servers if world.behind(server) is not None)
    place = next(answering, None)
    if place is None or world.clusters[0].name.lower() not in place[1].proxy_for:
        return None
    proxied = World(clusters=world.clusters)
    home = world.behind(place[1].called)
    assert home is not None  # noqa: S101 - it answers
    device = station.device_in(home[0])
    name = "{name}.cnf.xml.sgn"
    emptied = place[1].itl
    if emptied is not None and emptied.emptied:
        station = attrs.evolve(station, flash=attrs.evolve(station.flash, itl=emptied))
        for template in station.profile.file_order.value or DEFAULT_ORDER:
            if template.startswith("ITL"):
                proxied.hand_out(home[1], template, device, emptied)
    own = publish.offered_file(*place, name, device)
    config = publish.config_for(home[0], device)
    assert isinstance(own, SignedFile)  # noqa: S101 - the name of a signed file was asked for
    proxied.hand_out(home[1], name, device, attrs.evolve(own, config=config, raw=None))
    return boot(station, proxied, now).journal.last_ruling(Subject.CONFIG)


def erase(station: Station, target: EraseTarget) -> tuple[Station, Journal]:
    """A person erases lists at the phone; the journal says what really went."""
    phone = Phone(station.profile, station.name, station.flash)
    phone.receive(ErasedByHand(target=target))
    return attrs.evolve(station, flash=phone.flash), phone.journal


def _perform(phone: Phone, station: Station, world: World, event: Event, tell: Tell | None) -> None:
    queue = phone.receive(event)
    while queue:
        command = queue.pop(0)
        if type(command) is not Save:
            answer = _PERFORMERS[type(command)](command, station, world)
            if tell is not None:
                tell(command, answer)
            queue += phone.receive(answer)


def _fetch(command: Fetch, station: Station, world: World) -> Event:
    place = world.find(command.server)
    blocked = place is not None and PORTS[command.transport] in place[1].blocked_ports
    if blocked or world.behind(command.server) is None:
        return ServerSilent(name=command.name, server=command.server)
    template = command.name.replace(station.name, EACH)
    content = world.offer(command.server, template, station.name, station)
    if not isinstance(content, TrustList | SignedFile):
        return FileMissing(name=command.name, server=command.server)
    known_as = place[1].known_as if place is not None else frozenset[str]()
    return FileArrived(name=command.name, server=command.server, content=content, known_as=known_as)


def _no_version(command: ReachTvs | ReachCallManager, cluster: Cluster) -> bool:
    """Whether no TLS version suits both sides."""
    too_old = command.tls_max is not None and command.tls_max < cluster.min_tls
    return too_old or (command.tls_min or "1.0") > since.highest_tls(cluster.release)


def _versions_unknown(tls_max: str | None, cluster: Cluster) -> bool:
    return tls_max is None and cluster.min_tls > "1.0"


def _reach_tvs(command: ReachTvs, _station: Station, world: World) -> Event:
    place = world.find(command.server)
    peer = tvs.peer(*place) if place is not None else None
    if place is None or peer is None:
        return TvsFailed(server=command.server, trouble=TvsTrouble.UNREACHABLE)
    if _versions_unknown(command.tls_max, place[0]):
        return TvsFailed(server=command.server, trouble=TvsTrouble.TLS_UNKNOWN)
    if _no_version(command, place[0]):
        return TvsFailed(server=command.server, trouble=TvsTrouble.TLS_VERSION)
    expires = place[0].expired.get(peer.identity)
    return TvsConnected(server=command.server, peer=peer.identity, expires=expires, certificate=peer.der)


def _ask_tvs(command: AskTvs, station: Station, world: World) -> Event:
    place = world.find(command.server)
    assert place is not None  # noqa: S101 - it was reached a moment ago
    answer = told_by_tvs(*place, command.signer, station)
    certificate = answer.certificate
    return TvsAnswered(
        server=command.server,
        session=command.session,
        found=answer.found,
        identity=command.signer if answer.found else None,
        roles=frozenset(int(role) for role in answer.roles),
        ttl=answer.ttl,
        certificate=certificate.der if certificate is not None else b"",
    )


def told_by_tvs(cluster: Cluster, node: Node, signer: Identity, station: Station) -> tvs.TvsAnswer:
    """What this node's TVS tells the phone of a signer.

    A signer that only the new CTL itself names: a phone without a CTL is documented to take it (mixed mode by
    tokens) [MIX118892], one that holds a CTL is documented to refuse it (all tokens lost) [TROUBLE1251].
    """
    answer = tvs.answer(cluster, node, signer)
    if not answer.uploaded and station.flash.ctl is not None:
        return tvs.TvsAnswer(found=False, trace=answer.trace)
    return answer


def _reach_callmanager(command: ReachCallManager, _station: Station, world: World) -> Event:
    place = world.find(command.node)
    if place is None or not place[1].runs(CALLMANAGER):
        return CallManagerFailed(node=command.node, trouble=RegistrationTrouble.UNREACHABLE)
    cluster, node = place
    if not command.secure:
        return CallManagerAnswered(node=command.node)
    if _no_version(command, cluster):
        return CallManagerFailed(node=command.node, trouble=RegistrationTrouble.TLS_VERSION)
    if _versions_unknown(command.tls_max, cluster):
        return CallManagerFailed(node=command.node, trouble=RegistrationTrouble.TLS_UNKNOWN)
    certificate = node.running[CALLMANAGER]
    shown = certificate.identity
    return CallManagerAnswered(
        node=command.node,
        peer=shown,
        expires=cluster.expired.get(shown),
        known_as=frozenset() if certificate.multi_san else node.known_as,  # the CTL has it once for all
    )


def _register(command: Register, station: Station, world: World) -> Event:
    place = world.find(command.node)
    assert place is not None  # noqa: S101 - it was reached a moment ago
    cluster, node = place
    trouble = registration_trouble(cluster, node, station.device_in(cluster), secure=command.secure)
    if trouble is not None:
        return CallManagerFailed(node=command.node, trouble=trouble)
    return Registered(node=command.node)


def registration_trouble(
    cluster: Cluster, node: Node, device: Device, *, secure: bool
) -> RegistrationTrouble | None:
    """Why this CallManager does not take a device that registers, with TLS or without; None: it does."""
    if (cluster.mixed and device.security.uses_tls) is not secure:
        return RegistrationTrouble.SIGNALLING_MODE
    return _device_certificate_trouble(cluster, node, device) if secure else None


def _device_certificate_trouble(cluster: Cluster, node: Node, device: Device) -> RegistrationTrouble | None:
    """Whether the cluster takes the phone's LSC.

    The cluster must hold the CAPF that issued it [SG15-capf], and the served CTL must name the present
    CAPF: a CAPF renewed without a CTL update leaves phones at "registering" [TS225746, case C14].
    """
    if device.lsc_issuer is None:
        lsc = None
    elif _capf_is_stale(cluster, node) or device.lsc_issuer not in trusted_capfs(cluster):
        lsc = RegistrationTrouble.DEVICE_CERTIFICATE
    else:
        lsc = RegistrationTrouble.CAPF_EXPIRED if device.lsc_issuer in cluster.expired else None
    # without an LSC it shows its factory certificate, whose roots are in every trust store [CERT210541]
    factory = _FACTORY[cluster.factory_roots]
    if device.lsc_known:
        return factory if device.lsc_issuer is None else lsc
    return RegistrationTrouble.UNKNOWN_DEVICE_CERTIFICATE if lsc or factory else None


_FACTORY: Mapping[bool | None, RegistrationTrouble | None] = {
    True: None,
    False: RegistrationTrouble.DEVICE_CERTIFICATE,
    None: RegistrationTrouble.UNKNOWN_DEVICE_CERTIFICATE,
}
"""What becomes of a factory certificate, by whether its makers are trusted [CLI15-set]."""


def _capf_is_stale(cluster: Cluster, node: Node) -> bool:
    """Whether the node's CTL names another CAPF than the cluster has now."""
    current, ctl = cluster.publisher.own.get(CAPF), node.ctl
    listed = frozenset() if ctl is None or not ctl.complete else ctl.holding(Role.CAPF)
    return current is not None and bool(listed) and current.identity not in listed


def trusted_capfs(cluster: Cluster) -> frozenset[Identity]:
    """The issuers whose LSCs this cluster takes: its own CAPF and what its trust stores hold."""
    stored = (
        certificate.identity
        for store in (CALLMANAGER_TRUST, CAPF_TRUST)
        for certificate in cluster.stores.get(store, ())
    )
    own = (node.own[CAPF].identity for node in cluster.nodes if CAPF in node.own)
    return frozenset((*stored, *own))


_PERFORMERS: Mapping[type, Callable[..., Event]] = {
    Fetch: _fetch,
    ReachTvs: _reach_tvs,
    AskTvs: _ask_tvs,
    ReachCallManager: _reach_callmanager,
    Register: _register,
}
