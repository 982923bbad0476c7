"""Trust lists: CTL and ITL as values.

A TrustList is what a list *says*. It has bytes behind it when it was parsed or built; it has none when it
is only known from `show ctl` text, or is planned and not yet signed (prediction). The rule book asks for
roles and identities and cannot tell the three apart, except by the signature status it is given.
Bytes are read in listparse, written and signed in listbuild, checked in listcheck (docs/formats.md). Whether
a list is to be trusted is for the rules.
"""

import enum
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import attrs

from phoneemu.core.names import Identity, address_of, address_text


class ListKind(enum.Enum):
    """Which of the two lists."""

    CTL = "ctl"
    ITL = "itl"


class Role(enum.IntEnum):
    """FUNCTION of a record, and the role codes of a TVS answer [UCM-CERTUTILS, CERT210541, MIG213407]."""

    SAST = 0
    CCM = 1
    CCM_TFTP = 2
    TFTP = 3
    CAPF = 4
    SRST = 5
    FIREWALL = 6
    APP_SERVER = 7
    TVS = 21


ROLE_TEXT: Mapping[int, str] = {
    Role.SAST: "System Administrator Security Token",
    Role.CCM: "CCM",
    Role.CCM_TFTP: "CCM+TFTP",
    Role.TFTP: "TFTP",
    Role.CAPF: "CAPF",
    Role.SRST: "SRST",
    Role.FIREWALL: "FIREWALL",
    Role.APP_SERVER: "APP-SERVER",
    Role.TVS: "TVS",
}
"""FUNCTION as the cluster prints it; SAST, CCM+TFTP and CAPF are published, the rest inferred."""

FILE_SIGNER_ROLES = frozenset({Role.CCM_TFTP, Role.TFTP})
"""Roles whose certificate may sign a configuration file [CVD14, SG14-sbd]."""


class Digest(enum.Enum):
    """Digest of a list's own signature, by its number in the header [UCM-CERTUTILS]."""

    SHA1 = 1
    SHA256 = 2
    SHA512 = 3

    @property
    def label(self) -> str:
        """`sha1`, `sha256` or `sha512`, as in models/*.toml and in JSON."""
        return self.name.lower()


class SignatureStatus(enum.Enum):
    """What is known of a file's signature when it is judged."""

    VALID = "valid"
    """Checked with the signer's key, and right."""
    BAD = "bad"
    """Checked with the signer's key, and wrong."""
    ASSUMED = "assumed"
    """No bytes to check: the file is planned, or known from text; taken as properly signed."""


@attrs.frozen(kw_only=True, slots=False)  # made by the thousand: an instance's dict is filled quicker
class Record:
    """One entry of a trust list: a certificate and what it may do.

    `role` is None for a record without FUNCTION (VPN hashes) and may be a number outside Role. `identity`
    is None for an emptied record, as a CCM+TFTP record of a non-secure CTL is [MIX118892]. `encoded` are
    its bytes as they stood in the file, unknown tags included; empty when there are none.
    """

    role: int | None
    dns_name: str = ""
    identity: Identity | None = None
    serial: bytes = b""
    public_key: bytes = b""
    signature: bytes = b""
    certificate: bytes = b""
    _certificate_sha1: str = ""
    certificate_hash: bytes = b""
    hash_algorithm: int | None = None
    ip_address: bytes = b""
    key_bits: int | None = None
    length: int | None = None
    printed: tuple[tuple[int, int], ...] = attrs.field(default=(), repr=False, eq=False)
    """(row number, LENGTH) of each row, when the record is known from text."""
    encoded: bytes = attrs.field(default=b"", repr=False)

    @property
    def address(self) -> str:
        """The address of its server; "" when it tells none.

        It stands in IPADDRESS, which `show` prints without its value, or is the server's name itself.
        """
        return address_of(self.dns_name) or address_text(self.ip_address)

    @cached_property
    def certificate_sha1(self) -> str:
        """SHA-1 of the certificate in lower-case hex: as printed, or of the bytes; "" when unknown."""
        if self._certificate_sha1 or not self.certificate:
            return self._certificate_sha1
        return hashlib.sha1(self.certificate, usedforsecurity=False).hexdigest()


@attrs.frozen(kw_only=True, slots=False)  # as above
class TrustList:
    """A CTL or an ITL.

    `signer` is None only for a file that names none. `length` is in bytes. `complete` is False when a copied
    text leaves records out. `origin` tells where this list comes from, such as `show_ctl.txt:3` or `step 2`.
    """

    kind: ListKind
    signer: Identity | None
    digest: Digest | None = Digest.SHA1
    digest_number: int = 1
    key_bits: int | None = None
    signer_expires: float | None = attrs.field(default=None, eq=False)
    """When the signer's certificate expired, in seconds since the epoch; None: not known, or ahead."""
    version: tuple[int, int] = (1, 2)
    signer_version: tuple[int, int] | None = None
    header_length: int | None = None
    signature: bytes = attrs.field(default=b"", repr=False)
    filename: str = ""
    timestamp: int | None = None
    records: Sequence[Record] = ()
    length: int | None = None
    _md5: str = ""
    _sha1: str = ""
    complete: bool = True
    origin: str = ""
    signature_at: tuple[int, int] = attrs.field(default=(0, 0), repr=False)
    """Where the whole signature element stands in `raw`."""
    raw: bytes | None = attrs.field(default=None, repr=False)

    @cached_property
    def md5(self) -> str:
        """MD5 of the whole file in lower-case hex: as printed, or of the bytes; "" when unknown."""
        if self._md5 or self.raw is None:
            return self._md5
        return hashlib.md5(self.raw, usedforsecurity=False).hexdigest()

    @cached_property
    def sha1(self) -> str:
        """SHA-1 of the whole file in lower-case hex: as printed, or of the bytes; "" when unknown."""
        if self._sha1 or self.raw is None:
            return self._sha1
        return hashlib.sha1(self.raw, usedforsecurity=False).hexdigest()

    @cached_property
    def fingerprint(self) -> str:
        """What tells this list from another: its SHA-1, or a digest of its content when it has no bytes."""
        if self.sha1:
            return self.sha1
        said = repr((self.kind, self.signer, self.digest_number, self.timestamp, self.records))
        return "planned-" + hashlib.sha256(said.encode()).hexdigest()

    @cached_property
    def roles(self) -> Mapping[Identity, frozenset[int]]:
        """Every listed certificate and all roles it holds here."""
        found: dict[Identity, set[int]] = {}
        for record in self.records:
            if record.identity is not None and record.role is not None:
                found.setdefault(record.identity, set()).add(record.role)
        return {identity: frozenset(roles) for identity, roles in found.items()}

    def holding(self, *roles: int) -> frozenset[Identity]:
        """The certificates listed with any of these roles."""
        wanted = frozenset(roles)
        if wanted not in self._holding:
            self._holding[wanted] = frozenset(
                identity for identity, held in self.roles.items() if held & wanted
            )
        return self._holding[wanted]

    @cached_property
    def _holding(self) -> dict[frozenset[int], frozenset[Identity]]:
        """Answers of `holding`: a list is asked the same by every phone that holds it."""
        return {}

    @cached_property
    def sast(self) -> frozenset[Identity]:
        """The certificates that may sign the next list."""
        return self.holding(Role.SAST)

    @cached_property
    def file_signers(self) -> frozenset[Identity]:
        """The certificates that may sign configuration files."""
        return self.holding(Role.CCM_TFTP, Role.TFTP)

    @cached_property
    def tvs(self) -> frozenset[Identity]:
        """The Trust Verification Services this list knows."""
        return self.holding(Role.TVS)

    @cached_property
    def emptied(self) -> bool:
        """Whether the rollback parameter has blanked it: no signer of files, no TVS, no SAST left."""
        return not (self.sast or self.file_signers or self.tvs)

    @cached_property
    def tftp_servers(self) -> frozenset[str]:
        """Lower-case names of the nodes whose TFTP role carries a certificate."""
        return frozenset(record.dns_name.lower() for record in self._tftp)

    @cached_property
    def tftp_addresses(self) -> frozenset[str]:
        """The addresses of those nodes, as far as their records tell them."""
        return frozenset(record.address for record in self._tftp) - {""}

    @cached_property
    def tftp_unaddressed(self) -> frozenset[str]:
        """Those of the names whose records tell no address."""
        return frozenset(record.dns_name.lower() for record in self._tftp if not record.address)

    @property
    def _tftp(self) -> Iterator[Record]:
        return (
            record
            for record in self.records
            if record.role in FILE_SIGNER_ROLES and record.identity is not None and record.dns_name
        )

    @cached_property
    def servers_without_role(self) -> frozenset[str]:
        """Lower-case hosts of certificates listed in other roles alone: `pub` for `CN=pub-ms.example.org`.

        A certificate with a TFTP role is known by the name of its record instead.
        """
        others = self.roles.keys() - self.file_signers
        hosts = (identity.common_name.lower().partition(".")[0] for identity in others)
        return frozenset(host.removesuffix("-ms") for host in hosts)

    def record_of(self, identity: Identity) -> Record | None:
        """The first record with this certificate."""
        return next((record for record in self.records if record.identity == identity), None)

    def same_as(self, other: "TrustList | None") -> bool:
        """Whether it is the same file, as a checksum comparison would say."""
        return other is not None and self.fingerprint == other.fingerprint
