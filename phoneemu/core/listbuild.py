"""TrustList to bytes: encode one that has bytes, build and sign a new one as the cluster writes it.

The element order, the padding and the names are those of real files [SCF, SEED118893]; docs/formats.md has
the arithmetic. Keys are arguments: nothing is generated here.
"""

import functools
import struct
import warnings
from collections.abc import Sequence

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from phoneemu.core import keys
from phoneemu.core import listparse as tags
from phoneemu.core.names import Identity
from phoneemu.core.tlv import PAD, Tlv, encode_all, read_tlvs
from phoneemu.core.trustlist import Digest, ListKind, TrustList

_ORDER = (
    (NameOID.COMMON_NAME, "CN"),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "OU"),
    (NameOID.ORGANIZATION_NAME, "O"),
    (NameOID.LOCALITY_NAME, "L"),
    (NameOID.STATE_OR_PROVINCE_NAME, "ST"),
    (NameOID.COUNTRY_NAME, "C"),
)
"""Attributes in the cluster's fixed order, which is not that of the certificate [SCF record 4]."""

NO_ADDRESS = b"\0\0\0\0"
"""IPADDRESS of a server whose address is not known to whoever writes the list."""

_MODULUS_CODES = {512: 0, 1024: 1, 2048: 2, 4096: 3}


def cluster_name(name: x509.Name) -> str:
    """A name as the cluster writes it: fixed order, joined by ';', other attributes dropped [C213407]."""
    return ";".join(
        f"{key}={_spelt(attribute.value)}"
        for oid, key in _ORDER
        for attribute in name.get_attributes_for_oid(oid)
    )


def _spelt(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex()


@functools.lru_cache(maxsize=4096)
def identity_of(certificate: bytes) -> Identity | None:
    """Who a DER certificate says it is, named as trust lists name it; None when it is no certificate."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd serials are what is looked at here
        try:
            read = x509.load_der_x509_certificate(certificate)
            return Identity(cluster_name(read.subject), cluster_name(read.issuer), read.serial_number)
        except (ValueError, TypeError, x509.InvalidVersion):
            return None


def comma_name(name: x509.Name) -> str:
    """A name as the public tlvfile writes it: the certificate's order, joined by ','."""
    short = dict(_ORDER)
    return ",".join(
        f"{short.get(attribute.oid, attribute.oid.dotted_string)}={_spelt(attribute.value)}"
        for attribute in name
    )


@attrs.frozen(kw_only=True)
class Entry:
    """One record to be written.

    `certificate` None makes an emptied record. `subject`, `issuer` and `serial` override what the certificate
    says, as the CTL client does for tokens. `hash_only` writes a certificate hash (SHA-1) instead of the
    certificate. `commas` chooses the tlvfile's name style.
    """

    role: int | None
    certificate: x509.Certificate | None = None
    dns_name: str = ""
    subject: str = ""
    issuer: str = ""
    serial: bytes = b""
    ip_address: bytes = NO_ADDRESS
    signature: bool = True
    hash_only: bool = False
    commas: bool = False

    @property
    def names(self) -> tuple[str, str, bytes]:
        """Subject, issuer and serial as they are written."""
        certificate = self.certificate
        if certificate is None:
            return self.subject, self.issuer, self.serial
        spell = comma_name if self.commas else cluster_name
        number = certificate.serial_number
        serial = self.serial or number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")
        return (
            self.subject or spell(certificate.subject),
            self.issuer or spell(certificate.issuer),
            serial,
        )


def _string(tag: int, text: str) -> Tlv:
    return Tlv(tag, text.encode() + b"\0")


def record_bytes(entry: Entry) -> bytes:
    """The bytes of one record, in the order of its tags."""
    subject, issuer, serial = entry.names
    certificate = entry.certificate
    fields = [_string(tags.DNS_NAME, entry.dns_name)]
    if certificate is not None:
        fields.append(_string(tags.SUBJECT, subject))
    if entry.role is not None:
        fields.append(Tlv(tags.FUNCTION, entry.role.to_bytes(2, "big")))
    if certificate is not None:
        fields += _certificate_fields(entry, certificate, issuer, serial)
    if entry.ip_address:
        fields.append(Tlv(tags.IP_ADDRESS, entry.ip_address))
    if certificate is not None and entry.hash_only:
        digest = keys.sha1(certificate.public_bytes(Encoding.DER))
        fields += [Tlv(tags.CERTIFICATE_HASH, digest), Tlv(tags.HASH_ALGORITHM, b"\x01")]
    body = encode_all(fields)
    return Tlv(tags.RECORD_LENGTH, (len(body) + 5).to_bytes(2, "big")).encode() + body


def _certificate_fields(entry: Entry, certificate: x509.Certificate, issuer: str, serial: bytes) -> list[Tlv]:
    fields = [_string(tags.ISSUER, issuer), Tlv(tags.SERIAL, serial)]
    if entry.hash_only:
        return fields
    fields.append(Tlv(tags.PUBLIC_KEY, keys.pkcs1_public(certificate)))
    if entry.signature:
        fields.append(Tlv(tags.RECORD_SIGNATURE, certificate.signature))
    fields.append(Tlv(tags.CERTIFICATE, certificate.public_bytes(Encoding.DER)))
    return fields


@attrs.frozen(kw_only=True)
class Signing:
    """Who signs and how: the key, the entry whose names stand in the header, the digest, the time."""

    key: RSAPrivateKey
    entry: Entry
    timestamp: int | None = 0
    digest: Digest = Digest.SHA1
    version: tuple[int, int] = (1, 2)
    signer_version: tuple[int, int] | None = None


def signed(signing: Signing, filename: str, body: bytes) -> bytes:
    """A header and the body it protects; used for lists and for configuration files.

    Raises:
        ValueError: the key's size has no code in the header.
    """
    size = signing.key.key_size // 8
    if signing.key.key_size not in _MODULUS_CODES and signing.key.key_size != 3072:
        raise ValueError(f"a key of {signing.key.key_size} bits has no code in the header")
    before, after = _header_parts(signing, filename)
    plain = len(before) + 3 + size + len(after)
    padding = bytes([PAD]) * (-plain % 4)
    length = Tlv(tags.HEADER_LENGTH, struct.pack(">H", plain + len(padding))).encode()
    at = before.index(Tlv(tags.HEADER_LENGTH, b"\0\0").encode())
    before = before[:at] + length + before[at + len(length) :]
    unsigned = before + after + padding + body
    signature = Tlv(tags.SIGNATURE, keys.sign(signing.key, signing.digest, unsigned)).encode()
    return before + signature + after + padding + body


def _header_parts(signing: Signing, filename: str) -> tuple[bytes, bytes]:
    """The header before and behind its signature; the length is still zero."""
    subject, issuer, serial = signing.entry.names
    signer = encode_all(
        (_string(tags.SIGNER_NAME, subject), Tlv(tags.SIGNER_SERIAL, serial), _string(tags.CA_NAME, issuer))
    )
    # 3072 has no code; the public writer refuses it. The code of the next size is used [assumed].
    code = _MODULUS_CODES.get(signing.key.key_size, 3)
    algorithm = encode_all((Tlv(tags.ALGORITHM, b"\0"), Tlv(tags.MODULUS, bytes([code]))))
    information = encode_all(
        (Tlv(tags.DIGEST, bytes([signing.digest.value])), Tlv(tags.SIGNATURE_ALGORITHM, algorithm))
    )
    head = [Tlv(tags.VERSION, bytes(signing.version)), Tlv(tags.HEADER_LENGTH, b"\0\0")]
    if signing.signer_version is not None:
        head.append(Tlv(tags.SIGNER_VERSION, bytes(signing.signer_version)))
    head += [Tlv(tags.SIGNER_ID, signer), Tlv(tags.SIGNATURE_INFO, information)]
    tail = [_string(tags.FILENAME, filename)]
    if signing.timestamp is not None:
        tail.append(Tlv(tags.TIMESTAMP, struct.pack(">I", signing.timestamp)))
    return encode_all(head), encode_all(tail)


def build(kind: ListKind, entries: Sequence[Entry], signing: Signing) -> TrustList:
    """Write and sign a list; the value is what a reader makes of the bytes, which are in `raw`.

    Raises:
        ValueError: a name, a certificate or the whole header does not fit its length field.
    """
    body = b"".join(record_bytes(entry) for entry in entries)
    return tags.parse(signed(signing, f"{kind.name}File.tlv", body), kind=kind, origin="built")


def encode(trust_list: TrustList) -> bytes:
    """Write a list from its elements, not from the bytes it was read from.

    Raises:
        ValueError: the list has no bytes behind it (planned, or known from text).
    """
    if trust_list.raw is None or trust_list.header_length is None:
        raise ValueError("this list has no bytes: it is planned, or known only from text")
    header = trust_list.raw[: trust_list.header_length]
    written = encode_all(tlv for _, tlv in read_tlvs(header, 0, len(header)))
    gaps = trust_list.raw[trust_list.header_length :]
    for record in trust_list.records:
        pads = len(gaps) - len(gaps.lstrip(bytes([PAD])))
        written += gaps[:pads]
        written += encode_all(tlv for _, tlv in read_tlvs(record.encoded, 0, len(record.encoded)))
        gaps = gaps[pads + len(record.encoded) :]
    return written + gaps
