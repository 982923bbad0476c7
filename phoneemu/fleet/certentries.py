"""CertEntry: one certificate of a certificate export, and how it is read from DER.

An entry says whose certificate it is in the export's own words; which node and unit of the cluster that is,
certificates decides.
"""

import base64
import binascii
import re
import warnings
from collections.abc import Iterator
from pathlib import PurePath

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from phoneemu.cluster import state
from phoneemu.core import limits
from phoneemu.core.listbuild import cluster_name
from phoneemu.core.names import Identity

PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
PEM_BEGIN = "-----BEGIN CERTIFICATE-----"
PEM_END = "-----END CERTIFICATE-----"

UNITS = {
    unit.lower(): unit
    for unit in (
        state.CALLMANAGER,
        state.TVS,
        state.CAPF,
        state.ITL_RECOVERY,
        state.TOMCAT,
        "ipsec",
        "CallManager-ECDSA",
        "tomcat-ECDSA",
    )
}
"""The own certificates of a node, by lower-case name [AXLENUM]."""

STORES = {
    store.lower(): store
    for store in (
        state.CALLMANAGER_TRUST,
        state.CAPF_TRUST,
        state.PHONE_SAST_TRUST,
        "tomcat-trust",
        "ipsec-trust",
        "TVS-trust",
        "Phone-trust",
        "Phone-VPN-trust",
        "Phone-CTL-trust",
        "Phone-CTL-ASA-trust",
        "directory-trust",
        "userlicensing-trust",
    )
}
"""The trust stores, by lower-case name [AXLENUM]."""


_NUMBERED = (
    *("Phone-trust", "Phone-VPN-trust", "CallManager", "CallManager-trust", "tomcat", "tomcat-trust"),
    *("ipsec", "ipsec-trust", "CAPF", "CAPF-trust", "TVS", "TVS-trust", "directory-trust"),
    *("Phone-SAST-trust", "Phone-CTL-trust", "userlicensing-trust"),
)
"""Units and stores in the order of the database's numbers for them, from 1 [CERT210541]."""


@attrs.frozen(kw_only=True)
class CertEntry:
    """One certificate of an export.

    `service` is the unit or trust store as the cluster names it, "" when the export does not say; `server`
    the node in the export's words. `identity` is None where only a name is known. Times are seconds since the
    epoch. `serials` are all the serials the text may mean, where it does not tell decimal from hex.
    """

    place: str
    service: str = ""
    server: str = ""
    address: str = ""
    name: str = ""
    identity: Identity | None = None
    serials: tuple[int, ...] = ()
    serial: bytes = b""
    key_bits: int | None = None
    not_before: float | None = None
    not_after: float | None = None
    san: tuple[str, ...] = ()
    ca_signed: bool | None = None
    der: bytes = attrs.field(default=b"", repr=False)

    @property
    def trusted(self) -> bool:
        """Whether it lies in a trust store, rather than being a node's own."""
        return self.service.lower() in STORES


def service_named(text: str) -> str:
    """The unit or store that a text such as `CallManager/CallManager.pem` names; "" when it names none."""
    plain = text.strip().strip('"').partition("/")[0].removesuffix(".pem").removesuffix(".der").lower()
    return UNITS.get(plain) or STORES.get(plain) or ""


def service_numbered(text: str) -> str:
    """The unit or store that the database's number for it means; "" when it means none."""
    plain = text.strip()
    at = int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 3 else 0
    return _NUMBERED[at - 1] if 1 <= at <= len(_NUMBERED) else ""


def service_in(file: str) -> str:
    """The one unit or store that a file's name says: `cucm-pub_CallManager.pem`; "" for none or several."""
    stem = PurePath(file).stem.lower()
    found: set[str] = set()
    for known in sorted((*UNITS, *STORES), key=len, reverse=True):
        # a certificate named CAPF-1234abcd may lie in any store
        pattern = rf"(?<![a-z0-9]){re.escape(known)}(?![a-z0-9-])"
        if re.search(pattern, stem):
            stem = re.sub(pattern, "", stem)
            found.add(known)
    return service_named(found.pop()) if len(found) == 1 else ""


def from_base64(text: str) -> bytes | None:
    """The DER behind base64 with any blanks in it; None when it is none."""
    plain = "".join(text.split())
    if not plain or len(plain) > limits.CERTIFICATE_BYTES * 4 // 3:
        return None
    try:
        return base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        return None


def pem_blocks(text: str) -> Iterator[tuple[int, bytes | None]]:
    """(offset, DER or None) of every PEM block in a text, its line breaks kept, lost or escaped."""
    for match in PEM.finditer(text):
        yield match.start(), from_base64(match.group(1).replace("\\n", "\n").replace("\\r", ""))


def from_der(
    der: bytes, *, place: str, service: str = "", server: str = "", name: str = ""
) -> CertEntry | None:
    """The entry of a DER certificate; None when it cannot be read."""
    if len(der) > limits.CERTIFICATE_BYTES:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd serials and versions are what such exports hold
        try:
            found = x509.load_der_x509_certificate(der)
            subject, issuer = cluster_name(found.subject), cluster_name(found.issuer)
            key = found.public_key()
            san = _alternative_names(found)
        except Exception:
            return None
    serial = found.serial_number
    if serial < 0:  # as a list's bytes are read: without a sign
        serial += 1 << 8 * (serial.bit_length() // 8 + 1)
    return CertEntry(
        place=place,
        service=service,
        server=server,
        name=name,
        identity=Identity(subject, issuer, serial),
        serials=(serial,),
        serial=serial.to_bytes(max((serial.bit_length() + 7) // 8, 1), "big"),
        key_bits=key.key_size if isinstance(key, RSAPublicKey | EllipticCurvePublicKey) else None,
        not_before=found.not_valid_before_utc.timestamp(),
        not_after=found.not_valid_after_utc.timestamp(),
        san=san,
        ca_signed=found.subject != found.issuer,
        der=der,
    )


def _alternative_names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in names)
