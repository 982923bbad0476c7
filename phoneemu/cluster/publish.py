"""What the cluster writes and serves: ITL per TFTP node, one CTL, signed configuration.

Records, roles and order follow commands 21.1 and 21.3 and the published listings; the order of records
nobody printed is inferred and said so. Nothing here changes a certificate or a setting.
"""

import hashlib

import attrs

from phoneemu.cluster import release as since
from phoneemu.cluster.state import (
    CALLMANAGER,
    CAPF,
    ITL_RECOVERY,
    PHONE_SAST_TRUST,
    ROLLBACK,
    SIGNATURE_ALGORITHM,
    TFTP,
    TVS,
    Certificate,
    Cluster,
    Device,
    Node,
)
from phoneemu.core.flash import DeviceSecurity, PhoneConfig
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.trustlist import Digest, ListKind, Record, Role, TrustList


def record(role: Role, certificate: Certificate, dns_name: str) -> Record:
    """A record for a certificate."""
    return Record(
        role=role,
        dns_name=dns_name,
        identity=certificate.identity,
        serial=certificate.serial,
        certificate=certificate.der,
        certificate_sha1=hashlib.sha1(certificate.der, usedforsecurity=False).hexdigest()
        if certificate.der
        else "",
        key_bits=certificate.key_bits,
    )


def emptied(role: Role, dns_name: str) -> Record:
    """A record that keeps its role and name only, as in a non-secure CTL [MIX118892]."""
    return Record(role=role, dns_name=dns_name, length=5 + 3 + len(dns_name) + 1 + 5 + 7)


def rollback(cluster: Cluster) -> bool:
    """Whether the cluster serves empty ITLs."""
    return cluster.parameters.get(ROLLBACK, "False").lower() in {"true", "t", "1"}


def digest_of(cluster: Cluster) -> Digest:
    """The digest of lists and configuration by the enterprise parameter [JTAPI14]."""
    wanted = cluster.parameters.get(SIGNATURE_ALGORITHM, "SHA-1")
    offered = since.SHA512_OFFERED.holds(cluster.release)
    return Digest.SHA512 if offered and wanted.replace("-", "") == "SHA512" else Digest.SHA1


def itl_recovery_of(cluster: Cluster, node: Node) -> Certificate | None:
    """The ITLRecovery certificate that counts on this node: the publisher's own from 12.5 on."""
    if since.ONE_ITL_RECOVERY.holds(cluster.release):
        return cluster.publisher.own.get(ITL_RECOVERY)
    return node.own.get(ITL_RECOVERY)


def itl_signer(cluster: Cluster, node: Node) -> Certificate:
    """Who signs this node's ITL in normal times [REGEN214231]."""
    recovery = itl_recovery_of(cluster, node)
    if since.SIGNS_WITH_ITL_RECOVERY.holds(cluster.release) and recovery is not None:
        return recovery
    return node.own[CALLMANAGER]


def ctl_signer(cluster: Cluster) -> Certificate:
    """Who signs a tokenless CTL in normal times [SG1251SU2-ctl]."""
    recovery = cluster.publisher.own.get(ITL_RECOVERY)
    if since.SIGNS_WITH_ITL_RECOVERY.holds(cluster.release) and recovery is not None:
        return recovery
    return cluster.publisher.own[CALLMANAGER]


def capf_of(cluster: Cluster) -> Certificate | None:
    """The CAPF certificate that goes into lists, when CAPF is active."""
    return cluster.publisher.own.get(CAPF) if cluster.capf_active else None


def itl_of(cluster: Cluster, node: Node, signer: Certificate | None = None) -> TrustList:
    """The ITL this TFTP node would write now; `signer` overrides the normal one (utils itl reset)."""
    capf = capf_of(cluster)
    signs = signer or itl_signer(cluster, node)
    kept = () if capf is None else (record(Role.CAPF, capf, cluster.publisher.name),)
    if rollback(cluster):  # TVS, TFTP and SAST sections are blank, CAPF stays [SG14-sbd, SEC2NON221657]
        return _list(cluster, ListKind.ITL, signs, kept)
    callmanager = node.own[CALLMANAGER]
    recovery = itl_recovery_of(cluster, node)
    sasts = [record(Role.SAST, callmanager, node.name)]
    if recovery is not None:
        sasts.append(record(Role.SAST, recovery, cluster.publisher.name))
    role = Role.CCM_TFTP if cluster.mixed else Role.TFTP  # [CVD14]
    services = tuple(
        record(Role.TVS, each.own[TVS], each.name)
        for each in cluster.nodes
        if TVS in each.services and TVS in each.own
    )
    return _list(
        cluster, ListKind.ITL, signs, (*sasts, record(role, callmanager, node.name), *kept, *services)
    )


def ctl_of(
    cluster: Cluster, signer: Certificate | None = None, tokens: tuple[Certificate, ...] = ()
) -> TrustList:
    """The CTL a `utils ctl` command, or the CTL client with these tokens, would write now."""
    signs = signer or ctl_signer(cluster)
    capf = capf_of(cluster)
    publisher = cluster.publisher
    capfs = () if capf is None else (record(Role.CAPF, capf, publisher.name),)
    servers = _server_records(cluster)
    sasts = tuple(record(Role.SAST, each, name) for each, name in _sasts(cluster, tokens))
    return _list(cluster, ListKind.CTL, signs, (*sasts, *servers[:1], *capfs, *servers[1:]))


def _sasts(cluster: Cluster, tokens: tuple[Certificate, ...]) -> list[tuple[Certificate, str]]:
    """The SAST records in order: tokens, CallManager, ITLRecovery, Phone-SAST-trust [SG1251SU2-ctl].

    From 12.0 the signing ITLRecovery stands first [inferred: position never printed].
    """
    publisher = cluster.publisher
    own = (publisher.own[CALLMANAGER], publisher.name)
    recovery = publisher.own.get(ITL_RECOVERY)
    found: list[tuple[Certificate, str]] = [(token, "") for token in tokens]
    if tokens:
        names_servers = since.ITL_RECOVERY_IN_TOKEN_CTL.holds(cluster.release)
        recovery = recovery if names_servers else None
    else:
        names_servers = True
        if not since.ITL_RECOVERY_IN_TOKENLESS_CTL.holds(cluster.release):
            recovery = None
    servers = [own] if names_servers else []
    if recovery is not None:
        servers.append((recovery, publisher.name))
        if since.SIGNS_WITH_ITL_RECOVERY.holds(cluster.release):
            servers.reverse()
    found += servers
    known = {certificate.identity for certificate, _ in found}
    local = {certificate.identity for node in cluster.nodes for certificate in node.own.values()}
    for certificate in cluster.stores.get(PHONE_SAST_TRUST, ()):
        if not tokens and certificate.identity not in known | local and certificate.unit != "etoken":
            found.append((certificate, certificate.node))
            known.add(certificate.identity)
    return found


def _server_records(cluster: Cluster) -> tuple[Record, ...]:
    """CCM+TFTP, one per node with CallManager or TFTP; emptied while the cluster is non-secure."""
    publisher = cluster.publisher
    nodes = [publisher, *(node for node in cluster.nodes if node.name != publisher.name)]
    serving = [node for node in nodes if {CALLMANAGER, TFTP} & node.services and CALLMANAGER in node.own]
    if not cluster.mixed:
        return tuple(emptied(Role.CCM_TFTP, node.listed_as) for node in serving)
    if publisher.own[CALLMANAGER].multi_san:  # only the publisher's is in the CTL then [SG1251SU2-ctl]
        serving = serving[:1]
    return tuple(record(Role.CCM_TFTP, node.own[CALLMANAGER], node.listed_as) for node in serving)


def _list(cluster: Cluster, kind: ListKind, signer: Certificate, records: tuple[Record, ...]) -> TrustList:
    digest = digest_of(cluster)
    return TrustList(
        kind=kind,
        signer=signer.identity,
        digest=digest,
        digest_number=digest.value,
        key_bits=signer.key_bits,
        filename=f"{kind.name}File.tlv",
        timestamp=int(cluster.clock),
        records=records,
        origin="planned",
    )


def says_the_same(one: TrustList | None, other: TrustList) -> bool:
    """Whether two lists name the same signer, digest, roles and certificates; time and spelling aside."""
    return (
        one is not None
        and one.complete
        and one.signer == other.signer
        and one.digest is other.digest
        and one.roles == other.roles
    )


def with_itl(cluster: Cluster, node: Node, signer: Certificate | None = None) -> Cluster:
    """The cluster after this node's TFTP wrote its ITL; an equal one stays as it is [SG15-sbd]."""
    written = itl_of(cluster, node, signer)
    if says_the_same(node.itl, written):
        return cluster
    return cluster.with_node(attrs.evolve(node, itl=written))


def with_all_itls(cluster: Cluster) -> Cluster:
    """The cluster after every TFTP node wrote its ITL."""
    for node in cluster.nodes:
        if node.runs(TFTP):
            cluster = with_itl(cluster, cluster.by_name[node.name.lower()])
    return cluster


def with_ctl(cluster: Cluster, ctl: TrustList) -> Cluster:
    """The cluster after a CTL was copied to every node that is up; each TVS reloads it [SEED118893]."""
    for node in cluster.nodes:
        if node.up:
            cluster = cluster.with_node(attrs.evolve(node, ctl=ctl, tvs_ctl=ctl))
    return cluster


# ---------------------------------------------------------------- what is served


def effective_security(cluster: Cluster, device: Device) -> DeviceSecurity:
    """A non-secure cluster registers every phone without TLS [SEC2NON221657]."""
    return device.security if cluster.mixed else DeviceSecurity.NON_SECURE


def config_for(cluster: Cluster, device: Device) -> PhoneConfig:
    """The configuration of a device; the default one names no TVS [DIR118699: CSCti64589, CSCuq33297]."""
    security = effective_security(cluster, device)
    if not device.in_database:
        return PhoneConfig(stamp=f"{cluster.name}-default", callmanagers=device.group)
    said = f"{cluster.name}/{device.group}/{security.value}"
    return PhoneConfig(
        stamp=hashlib.sha256(said.encode()).hexdigest()[:16],
        callmanagers=device.group,
        tvs_servers=device.group,
        security=security,
    )


def offered_file(cluster: Cluster, node: Node, name: str, device: Device) -> TrustList | SignedFile | None:
    """What the node's TFTP serves under this name, or None: no such file."""
    if name.endswith(".tlv"):
        if name.startswith("CTL"):
            return node.ctl
        return node.itl if name.startswith("ITL") else None
    if name.endswith(".enc.sgn") or not name.endswith((".cnf.xml", ".cnf.xml.sgn")):
        return None
    config = config_for(cluster, device)
    if name.endswith(".cnf.xml"):
        return SignedFile(filename=name, signer=None, config=config, origin=node.name)
    signer = node.running[TFTP]
    digest = digest_of(cluster)
    return SignedFile(
        filename=name,
        signer=signer.identity,
        digest=digest,
        digest_number=digest.value,
        key_bits=signer.key_bits,
        config=config,
        timestamp=int(cluster.clock),
        origin=node.name,
    )
