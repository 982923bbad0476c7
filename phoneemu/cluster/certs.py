"""Making certificates and whole clusters.

In prediction a certificate is a named identity whose serial follows from its place and generation, so that
the same plan gives the same answer; in a lab the same identity gets a key and a certificate from a maker.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import attrs

from phoneemu.cluster import release as since
from phoneemu.cluster.state import (
    CALLMANAGER,
    CALLMANAGER_TRUST,
    CAPF,
    CAPF_TRUST,
    ITL_RECOVERY,
    PHONE_SAST_TRUST,
    TFTP,
    TOMCAT,
    TVS,
    Certificate,
    Cluster,
    Node,
    Release,
)
from phoneemu.core.names import Identity

Maker = Callable[[Certificate], Certificate]
"""Gives a named certificate a key and DER; used in a lab."""

MADE = "made"
"""Origin of a certificate that no export named and no step made."""
FIVE_YEARS = 5 * 365 * 24 * 3600.0
ORDINARY_UNITS = (CALLMANAGER, TVS, TOMCAT)


def serial_of(*what: str) -> bytes:
    """Sixteen bytes that follow from `what`; the first is 0x40 to 0x7f, as in real ones [CERT210541]."""
    raw = hashlib.sha256("/".join(what).encode()).digest()[:16]
    return bytes([0x40 | (raw[0] & 0x3F)]) + raw[1:]


def units_of(release: Release, *, publisher: bool) -> tuple[str, ...]:
    """The own certificates of a node of this release."""
    units = list(ORDINARY_UNITS)
    if publisher or not since.CAPF_ON_PUBLISHER_ONLY.holds(release):
        units.append(CAPF)
    if since.ITL_RECOVERY_EXISTS.holds(release) and (publisher or not since.ONE_ITL_RECOVERY.holds(release)):
        units.append(ITL_RECOVERY)
    return tuple(units)


def subject_of(cluster: Cluster, node: str, unit: str, generation: str) -> str:
    """The name the cluster gives a certificate of this unit."""
    cn = node
    if unit == CAPF:
        cn = f"CAPF-{hashlib.sha256(f'{cluster.name}/{node}/{generation}'.encode()).hexdigest()[:8]}"
    elif unit == ITL_RECOVERY:
        cn = f"ITLRECOVERY_{node}"
    return f"CN={cn}{cluster.organisation}"


def make_certificate(
    cluster: Cluster,
    node: str,
    unit: str,
    *,
    generation: str,
    issuer: str = "",
    multi_san: bool = False,
    key_bits: int = 2048,
    maker: Maker | None = None,
) -> Certificate:
    """A new certificate of a unit; self-signed unless an issuer is named."""
    subject = subject_of(cluster, node, unit, generation)
    if multi_san:
        subject = f"CN={node}-ms{cluster.organisation}"
    serial = serial_of(cluster.name, node, unit, generation)
    made = Certificate(
        unit=unit,
        node=node,
        identity=Identity(subject, issuer or subject, int.from_bytes(serial, "big")),
        serial=serial,
        key_bits=key_bits,
        not_before=cluster.clock,
        not_after=cluster.clock + FIVE_YEARS,
        ca_signed=bool(issuer),
        multi_san=multi_san,
        origin=MADE,
    )
    return maker(made) if maker is not None else made


def etoken(name: str, maker: Maker | None = None) -> Certificate:
    """A hardware token as the CTL client writes it: lower-case keys, a lost quote, a reversed serial.

    The spelling is that of the published listings [SEED118893, MIX118892].
    """
    serial = hashlib.sha256(f"etoken/{name}".encode()).digest()[:10]
    subject = f'cn="SAST-{name}        ";ou=IPCBU;o="Cisco Systems'
    identity = Identity(subject, "cn=Cisco Manufacturing CA;o=Cisco Systems", int.from_bytes(serial, "big"))
    made = Certificate(unit="etoken", node="", identity=identity, serial=serial, key_bits=1024, origin=MADE)
    return maker(made) if maker is not None else made


def copies_of(node: Node) -> dict[str, tuple[Certificate, ...]]:
    """The trust stores a node's own certificates lie in, besides their own [CERT210541]."""
    callmanager = (node.own[CALLMANAGER],) if CALLMANAGER in node.own else ()
    capf = (node.own[CAPF],) if CAPF in node.own else ()
    return {CALLMANAGER_TRUST: callmanager + capf, PHONE_SAST_TRUST: callmanager, CAPF_TRUST: capf}


def with_stores(cluster: Cluster) -> Cluster:
    """Put every node's own certificates into the replicated trust stores."""
    for node in cluster.nodes:
        cluster = add_to_stores(cluster, copies_of(node))
    return cluster


def add_to_stores(cluster: Cluster, added: Mapping[str, Iterable[Certificate]]) -> Cluster:
    """Add certificates to stores; one that is there already stays once."""
    stores = dict(cluster.stores)
    for store, certificates in added.items():
        held = list(stores.get(store, ()))
        known = {certificate.identity for certificate in held}
        held += [certificate for certificate in certificates if certificate.identity not in known]
        stores[store] = tuple(held)
    return attrs.evolve(cluster, stores=MappingProxyType(stores))


def bare_node(
    cluster: Cluster,
    name: str,
    *,
    publisher: bool,
    services: frozenset[str] = frozenset({CALLMANAGER, TFTP, TVS}),
    address: str = "",
    generation: str = "1",
    maker: Maker | None = None,
) -> Node:
    """A freshly installed node with its own certificates; nothing published yet."""
    units = units_of(cluster.release, publisher=publisher)
    own = {unit: make_certificate(cluster, name, unit, generation=generation, maker=maker) for unit in units}
    return Node(
        name=name,
        address=address,
        publisher=publisher,
        services=services,
        own=MappingProxyType(own),
        running=MappingProxyType(running_of(own)),
    )


def running_of(own: Mapping[str, Certificate]) -> dict[str, Certificate]:
    """What the services load when they start: TFTP signs with the CallManager key [SG14-sbd]."""
    return {service: own[unit] for service, unit in SERVICE_UNITS.items() if unit in own}


SERVICE_UNITS: Mapping[str, str] = {CALLMANAGER: CALLMANAGER, TFTP: CALLMANAGER, TVS: TVS, CAPF: CAPF}
"""Which own certificate each service loads."""
