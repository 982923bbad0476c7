"""What the cluster writes and serves: ITL per TFTP node, one CTL, signed configuration.

Records, roles and order follow the guides [SG125-ctl, SG15-sbd] and the published listings; the order of
records nobody printed is inferred and said so. Nothing here changes a certificate or a setting.
"""

import hashlib
import ipaddress

import attrs
from cryptography.x509 import load_der_x509_certificate

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
from phoneemu.core import listbuild, listparse, phoneconfig, signedfile
from phoneemu.core.flash import DeviceSecurity, PhoneConfig
from phoneemu.core.listbuild import Entry, Signing
from phoneemu.core.names import address_of
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.trustlist import Digest, ListKind, Record, Role, TrustList

PLANNED = "planned"
"""Origin of a list that nobody exported and no file holds."""


@attrs.frozen(kw_only=True)
class Part:
    """One record to be published: a role, a name, and the certificate unless the record is emptied."""

    role: Role
    dns_name: str
    certificate: Certificate | None = None
    bare: bool = False
    """Without the SIGNATURE element, as the CTL client writes its records [MIX118892]."""
    address: bytes = listbuild.NO_ADDRESS
    """Its IPADDRESS element."""

    @property
    def record(self) -> Record:
        """The record of a list that is planned and not yet signed."""
        certificate = self.certificate
        if certificate is None:
            length = 5 + 3 + len(self.dns_name) + 1 + 5 + 7
            return Record(role=self.role, dns_name=self.dns_name, ip_address=self.address, length=length)
        return Record(
            role=self.role,
            dns_name=self.dns_name,
            ip_address=self.address,
            identity=certificate.identity,
            serial=certificate.serial,
            certificate=certificate.der,
            key_bits=certificate.key_bits,
        )

    @property
    def entry(self) -> Entry:
        """The record of a list that is written and signed."""
        certificate = self.certificate
        if certificate is None:
            return Entry(role=self.role, dns_name=self.dns_name, ip_address=self.address)
        return Entry(
            role=self.role,
            dns_name=self.dns_name,
            ip_address=self.address,
            certificate=load_der_x509_certificate(certificate.der),
            subject=certificate.identity.subject,
            issuer=certificate.identity.issuer,
            serial=certificate.serial,
            signature=not self.bare,
        )


def part(role: Role, certificate: Certificate, dns_name: str) -> Part:
    """A part with a certificate."""
    return Part(role=role, dns_name=dns_name, certificate=certificate)


def rollback(cluster: Cluster) -> bool:
    """Whether the cluster serves empty ITLs."""
    return cluster.parameters.get(ROLLBACK, "False").lower() in {"true", "t", "1"}


def digest_of(cluster: Cluster) -> Digest:
    """The digest of lists and configuration by the enterprise parameter [JTAPI14]."""
    wanted = cluster.parameters.get(SIGNATURE_ALGORITHM, "SHA-1")
    offered = since.SHA512_OFFERED.holds(cluster.release)
    return Digest.SHA512 if offered and wanted.replace("-", "").upper() == "SHA512" else Digest.SHA1


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
    kept = () if capf is None else (part(Role.CAPF, capf, cluster.publisher.name),)
    if rollback(cluster):  # TVS, TFTP and SAST sections are blank, CAPF stays [SG14-sbd, SEC2NON221657]
        return _list(cluster, ListKind.ITL, signs, kept)
    callmanager = node.own[CALLMANAGER]
    recovery = itl_recovery_of(cluster, node)
    sasts = [part(Role.SAST, callmanager, node.name)]
    if recovery is not None:
        owner = cluster.publisher if since.ONE_ITL_RECOVERY.holds(cluster.release) else node
        sasts.append(part(Role.SAST, recovery, owner.name))
    role = Role.CCM_TFTP if cluster.mixed else Role.TFTP  # [CVD14]
    services = tuple(
        part(Role.TVS, each.own[TVS], each.name)
        for each in cluster.nodes
        if TVS in each.services and TVS in each.own
    )
    parts = (*sasts, part(role, callmanager, node.name), *kept, *services)
    return _list(cluster, ListKind.ITL, signs, parts)


def ctl_of(
    cluster: Cluster,
    signer: Certificate | None = None,
    tokens: tuple[Certificate, ...] = (),
    added: tuple[Certificate, ...] = (),
) -> TrustList:
    """The CTL a `utils ctl` command, or the CTL client with these tokens, would write now.

    `added` are certificates of TFTP servers that a person added in the client [SG125-ctl]; that their records
    say TFTP alone is inferred.
    """
    signs = signer or ctl_signer(cluster)
    capf = capf_of(cluster)
    publisher = cluster.publisher
    capfs = () if capf is None else (part(Role.CAPF, capf, publisher.listed_as),)
    servers = _server_records(cluster)
    sasts = tuple(part(Role.SAST, each, name) for each, name in _sasts(cluster, tokens))
    by_hand = (part(Role.TFTP, each, each.node) for each in added)
    parts = (*sasts, *servers[:1], *capfs, *servers[1:], *by_hand)
    if tokens:
        parts = tuple(attrs.evolve(each, bare=True) for each in parts)
    return _list(cluster, ListKind.CTL, signs, parts)


def _sasts(cluster: Cluster, tokens: tuple[Certificate, ...]) -> list[tuple[Certificate, str]]:
    """The SAST records in order: tokens, CallManager, ITLRecovery, Phone-SAST-trust [SG1251SU2-ctl].

    From 12.0 the signing ITLRecovery stands first [inferred: position never printed].
    """
    publisher = cluster.publisher
    own = (publisher.own[CALLMANAGER], publisher.listed_as)
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
        servers.append((recovery, publisher.listed_as))
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


def _server_records(cluster: Cluster) -> tuple[Part, ...]:
    """CCM+TFTP, one per node with CallManager or TFTP; emptied while the cluster is non-secure."""
    publisher = cluster.publisher
    nodes = [publisher, *(node for node in cluster.nodes if node.name != publisher.name)]
    serving = [node for node in nodes if {CALLMANAGER, TFTP} & node.services and CALLMANAGER in node.own]
    if not cluster.mixed:
        return tuple(_server(node) for node in serving)
    if publisher.own[CALLMANAGER].multi_san:  # only the publisher's is in the CTL then [SG1251SU2-ctl]
        serving = serving[:1]
    return tuple(attrs.evolve(_server(node), certificate=node.own[CALLMANAGER]) for node in serving)


def _server(node: Node) -> Part:
    """The emptied record of a server; its address says where phones may believe it [behaviour-more 4]."""
    return Part(role=Role.CCM_TFTP, dns_name=node.listed_as, address=packed(node.address))


def packed(address: str) -> bytes:
    """What stands in IPADDRESS for this address; blank when it is not known."""
    known = address_of(address)
    return ipaddress.ip_address(known).packed if known else listbuild.NO_ADDRESS


def _list(cluster: Cluster, kind: ListKind, signer: Certificate, parts: tuple[Part, ...]) -> TrustList:
    """The list: written and signed where there are keys, planned where there are none."""
    digest = digest_of(cluster)
    signing = signing_of(cluster, signer)
    if signing is not None and all(each.certificate is None or each.certificate.der for each in parts):
        return listbuild.build(kind, [each.entry for each in parts], signing)
    return TrustList(
        kind=kind,
        signer=signer.identity,
        digest=digest,
        digest_number=digest.value,
        key_bits=signer.key_bits,
        filename=f"{kind.name}File.tlv",
        timestamp=int(cluster.clock),
        records=tuple(each.record for each in parts),
        origin=PLANNED,
    )


def signing_of(cluster: Cluster, signer: Certificate, digest: Digest | None = None) -> Signing | None:
    """How this certificate signs now; None where it has no key."""
    if signer.key is None:
        return None
    return Signing(
        key=signer.key,
        entry=part(Role.SAST, signer, "").entry,
        digest=digest or digest_of(cluster),
        timestamp=int(cluster.clock),
    )


def resigned(cluster: Cluster, held: TrustList, signer: Certificate, origin: str) -> TrustList:
    """The same records under another signature, as `utils itl reset` writes them."""
    signing = signing_of(cluster, signer)
    if signing is not None and held.raw is not None:
        body = held.raw[held.header_length :]
        data = listbuild.signed(signing, f"{held.kind.name}File.tlv", body)
        return attrs.evolve(listparse.parse(data, kind=held.kind), origin=origin)
    return attrs.evolve(
        held,
        signer=signer.identity,
        key_bits=signer.key_bits,
        timestamp=int(cluster.clock),
        md5="",
        sha1="",
        length=None,
        raw=None,
        signature=b"",
        origin=origin,
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
    # the file names servers as they are called now, so a new host name is a new configuration
    nodes = [(name, cluster.node(name)) for name in device.group]
    present = tuple(node.called for _, node in nodes if node is not None)
    servers = tuple(name if node is None else node.called for name, node in nodes)
    if not device.in_database:
        return PhoneConfig(stamp=f"{cluster.name}-default", callmanagers=servers)
    said = f"{cluster.name}/{device.group}/{present}/{security.value}"
    return PhoneConfig(
        stamp=hashlib.sha256(said.encode()).hexdigest()[:16],
        callmanagers=servers,
        tvs_servers=servers,
        security=security,
    )


def offered_file(cluster: Cluster, node: Node, name: str, device: Device) -> TrustList | SignedFile | None:
    """What the node's TFTP serves under this name, or None: no such file."""
    offered = _offered(cluster, node, name, device)
    if offered is None or offered.signer is None or offered.signer not in cluster.expired:
        return offered
    return attrs.evolve(offered, signer_expires=cluster.expired[offered.signer])


def _offered(cluster: Cluster, node: Node, name: str, device: Device) -> TrustList | SignedFile | None:
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
    digest = node.loaded_digest or digest_of(cluster)
    signing = signing_of(cluster, signer, digest)
    if signing is not None:
        return signedfile.build(name, phoneconfig.render(config), attrs.evolve(signing, version=(1, 0)))
    return SignedFile(
        filename=name,
        signer=signer.identity,
        digest=digest,
        digest_number=digest.value,
        key_bits=signer.key_bits,
        of_tomcat=signer.of_tomcat,
        config=config,
        timestamp=int(cluster.clock),
        origin=node.name,
    )
