"""The cluster as a value: Certificate, Node, Cluster, Device. Nothing here changes anything: see admin.

A certificate is a named identity; in a lab it has DER and a private key behind it as well.
"""

from collections.abc import Mapping
from functools import cached_property, total_ordering
from types import MappingProxyType

import attrs
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from phoneemu.core.flash import DeviceSecurity
from phoneemu.core.names import Identity, is_address
from phoneemu.core.trustlist import FILE_SIGNER_ROLES, Digest, TrustList

CALLMANAGER = "CallManager"
TFTP = "TFTP"
TVS = "TVS"
CAPF = "CAPF"
ITL_RECOVERY = "ITLRecovery"
TOMCAT = "tomcat"

PHONE_SAST_TRUST = "Phone-SAST-trust"
CALLMANAGER_TRUST = "CallManager-trust"
CAPF_TRUST = "CAPF-trust"

ROLLBACK = "Prepare Cluster for Rollback to pre 8.0"
SIGNATURE_ALGORITHM = "TFTP File Signature Algorithm"
PHONE_INTERACTION = "Phone Interaction on Certificate Update"


@total_ordering
@attrs.frozen(order=False)
class Release:
    """A release such as `10.5(2)SU3` or `14`; compared by its numbers."""

    text: str = attrs.field(eq=False)
    parts: tuple[int, ...]
    """(major, minor, maintenance, service update); missing numbers are 0."""

    def __lt__(self, other: "Release") -> bool:
        return self.parts < other.parts

    def at_least(self, *parts: int) -> bool:
        """Whether this release is the given one or later, e.g. `at_least(10, 5, 2)`."""
        return self.parts >= (*parts, 0, 0, 0, 0)[:4]


@attrs.frozen(kw_only=True)
class Certificate:
    """One certificate of the cluster, or in one of its trust stores.

    `unit` is the name administrators use (CallManager, TVS, CAPF, ITLRecovery, tomcat, etoken); `node` its
    owner. Times are seconds since the epoch, None when not known. `origin` tells where it is known from.
    """

    unit: str
    node: str
    identity: Identity
    serial: bytes = b""
    key_bits: int | None = 2048
    not_before: float | None = None
    not_after: float | None = None
    ca_signed: bool = False
    multi_san: bool = False
    of_tomcat: bool | None = False
    """Whether a CallManager certificate is tomcat's, reused [REUSE221070]; None: no export says."""
    san: tuple[str, ...] = ()
    """The names it is for besides its own, where an export says."""
    origin: str = ""
    der: bytes = attrs.field(default=b"", repr=False, eq=False)
    key: RSAPrivateKey | None = attrs.field(default=None, repr=False, eq=False)


@attrs.frozen(kw_only=True)
class Node:
    """One server.

    `services` are the activated ones (CallManager, TFTP, TVS, CAPF); `stopped` those not running now.
    `own` are the certificates on its disk by unit; `running` what each service loaded when it last started:
    a CallManager that was not restarted still shows its old certificate. `ctl` and `itl` are the files its
    TFTP serves. `tvs_ctl` is the CTL its TVS has cached.
    """

    name: str
    address: str = ""
    publisher: bool = False
    services: frozenset[str] = frozenset({CALLMANAGER, TFTP, TVS})
    stopped: frozenset[str] = frozenset()
    up: bool = True
    aliases: frozenset[str] = frozenset()
    """Other names its records bear, lower-case: a full name or an address as in System > Server."""
    formerly: frozenset[str] = frozenset()
    """Addresses it had before, lower-case: lists may still bear them, but nobody reaches it there."""
    blocked_ports: frozenset[int] = frozenset()
    own: Mapping[str, Certificate] = attrs.field(factory=lambda: MappingProxyType({}))
    running: Mapping[str, Certificate] = attrs.field(factory=lambda: MappingProxyType({}))
    ctl: TrustList | None = None
    itl: TrustList | None = None
    tvs_ctl: TrustList | None = None
    proxy_for: frozenset[str] = frozenset()
    """Lower-case names of clusters whose devices' files its TFTP relays, as a proxy TFTP does [PROXYTFTP]."""
    loaded_digest: Digest | None = None
    """The digest its TFTP signs configuration with, where the parameter changed since it started."""
    replicated: "Cluster | None" = attrs.field(default=None, repr=False)
    """The database as it was when replication to this node broke; None while it works."""

    @cached_property
    def known_as(self) -> frozenset[str]:
        """Every name and address that leads to it now, lower-case."""
        names = {self.name.lower(), *self.aliases, self.address.lower()}
        return frozenset(names - self.formerly - {""})

    @property
    def called(self) -> str:
        """What phones are to call it: its name, or its new address where it is named by one that it had."""
        return self.address if self.name.lower() in self.formerly else self.name

    @property
    def listed_as(self) -> str:
        """The name that a CTL written now has for it: in the form of the one it serves.

        That is the form of System > Server: by name, by full name, or by address [SEED118893, MIX118892].
        """
        records = self.ctl.records if self.ctl is not None else ()
        bears = {record.dns_name.lower() for record in records if record.role in FILE_SIGNER_ROLES}
        if self.called.lower() in bears:
            return self.called
        form = next(iter(sorted(bears & {*self.known_as, *self.formerly})), "")
        if is_address(form):
            return self.address or form
        host, dot, domain = form.partition(".")
        own = self.called.partition(".")[0]
        if not dot or "." in self.called:
            return self.called
        return form if own.lower() == host else f"{own}.{domain}"

    def runs(self, service: str) -> bool:
        """Whether the service answers: node up, service activated and not stopped."""
        return self.up and service in self.services and service not in self.stopped


@attrs.frozen(kw_only=True, cache_hash=True)
class Device:
    """A phone as the cluster's database knows it.

    `group` is its CallManager group: node names in order, which are its call managers and its TVS servers.
    `lsc_issuer` is the CAPF that issued its LSC, None when it has none; `lsc_known` is False when no export
    says whether it has one, and then `lsc_issuer` is who would have issued it.
    `in_database` False: the node serves it the default configuration, which names no TVS [DIR118699].
    """

    group: tuple[str, ...]
    security: DeviceSecurity = DeviceSecurity.NON_SECURE
    lsc_issuer: Identity | None = None
    lsc_known: bool = True
    in_database: bool = True


@attrs.frozen(kw_only=True)
class Cluster:
    """The whole cluster at one moment; `clock` is its time in seconds since the epoch.

    `stores` are the replicated trust stores by name. `min_tls` is the floor of all TLS services.
    `real_keys` is True in a lab, where regenerated certificates get DER and keys.
    `export_allowed` is False when the licence lacks export-controlled functionality [SG125-ctl].
    """

    name: str
    release: Release
    nodes: tuple[Node, ...]
    mixed: bool = False
    parameters: Mapping[str, str] = attrs.field(factory=lambda: MappingProxyType({}))
    stores: Mapping[str, tuple[Certificate, ...]] = attrs.field(factory=lambda: MappingProxyType({}))
    etokens: Mapping[str, Certificate] = attrs.field(factory=lambda: MappingProxyType({}))
    min_tls: str = "1.0"
    clock: float = 0.0
    real_keys: bool = False
    export_allowed: bool = True
    capf_active: bool = True
    organisation: str = ";OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL"
    """What follows CN=<name> in the names of new certificates."""
    factory_roots: bool | None = True
    """Whether the makers of phones' factory certificates are trusted; None: some of them are not."""
    exported: frozenset[str] = frozenset()
    """Units of own certificates that lie on the exchange server, as `set cert bulk export` put them."""
    consolidated: bool = False
    """Whether what several clusters exported was put together there."""
    kept_by_domain: frozenset[Identity] = frozenset()
    """Recovery certificates that a new domain name is taken to have kept; sources differ."""
    made_by_domain: frozenset[Identity] = frozenset()
    """CallManager certificates that a new domain name made."""
    inactive: "Cluster | None" = attrs.field(default=None, eq=False, repr=False)
    """What the other partition holds: the cluster as it was before the last upgrade or switch."""
    saved_keys: Mapping[str, Certificate] = attrs.field(factory=lambda: MappingProxyType({}), eq=False)
    """Recovery keys taken away as ITLRecovery.p12, by the lower-case name of their node."""
    backups: Mapping[str, "Cluster"] = attrs.field(factory=lambda: MappingProxyType({}), eq=False, repr=False)
    """Backups by lower-case name: the cluster as it was."""

    @cached_property
    def by_name(self) -> Mapping[str, Node]:
        """Nodes by lower-case name, by alias and by address."""
        found = {alias: node for node in self.nodes for alias in node.aliases}
        found.update({node.name.lower(): node for node in self.nodes})
        found.update({node.address.lower(): node for node in self.nodes if node.address})
        return found

    @cached_property
    def expired(self) -> Mapping[Identity, float]:
        """Certificates in use whose date has passed, and that date; one of an unknown date is not in it."""
        used = (each for node in self.nodes for each in (*node.own.values(), *node.running.values()))
        stored = (each for held in self.stores.values() for each in held)
        return {
            each.identity: each.not_after
            for each in (*used, *stored, *self.etokens.values())
            if each.not_after is not None and each.not_after <= self.clock
        }

    def node(self, name: str) -> Node | None:
        """The node of this name or address, or None."""
        return self.by_name.get(name.lower())

    @property
    def publisher(self) -> Node:
        """The first node marked publisher, else the first node."""
        return next((node for node in self.nodes if node.publisher), self.nodes[0])

    def with_node(self, node: Node) -> "Cluster":
        """The cluster with this node in the place of the one of its name."""
        return attrs.evolve(
            self, nodes=tuple(node if each.name == node.name else each for each in self.nodes)
        )
