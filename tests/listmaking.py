"""Real keys, certificates of any wanted size and signed lists for tests. Keys are made once a session."""

import datetime
import functools

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from phoneemu.core import listbuild
from phoneemu.core.listbuild import Entry, Signing
from phoneemu.core.trustlist import Digest, ListKind, Role, TrustList

_OIDS = {
    "CN": NameOID.COMMON_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "L": NameOID.LOCALITY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "C": NameOID.COUNTRY_NAME,
}
_COMMENT = x509.ObjectIdentifier("2.16.840.1.113730.1.13")
_DER_ORDER = ("C", "O", "OU", "CN", "ST", "L")
"""The order of attributes inside the cluster's certificates, which its texts do not follow."""


@functools.cache
def _made_key(bits: int, _which: int) -> RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def rsa_key(bits: int = 1024, which: int = 0) -> RSAPrivateKey:
    """A key of this size; `which` tells several apart."""
    return _made_key(bits, which)


@functools.cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    """An EC key."""
    return ec.generate_private_key(ec.SECP256R1())


def name_of(text: str) -> x509.Name:
    """`CN=a;OU=b;…` as a certificate name, in the cluster's DER order."""
    parts = dict(part.split("=", 1) for part in text.split(";"))
    return x509.Name([x509.NameAttribute(_OIDS[key], parts[key]) for key in _DER_ORDER if key in parts])


def make(
    subject: str,
    *,
    bits: int = 1024,
    which: int = 0,
    serial: int = 0x70CAF64E090751B9DF22F49F754FC5BB,
    issuer: str = "",
    padding: int = 0,
    elliptic: bool = False,
) -> x509.Certificate:
    """A certificate signed with SHA-256; `padding` bytes of comment make it larger."""
    key = rsa_key(bits, which)
    start = datetime.datetime(2015, 3, 6, tzinfo=datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name_of(subject))
        .issuer_name(name_of(issuer or subject))
        .public_key(ec_key().public_key() if elliptic else key.public_key())
        .serial_number(serial)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=1825))
    )
    if padding:
        comment = b"x" * padding
        builder = builder.add_extension(x509.UnrecognizedExtension(_COMMENT, comment), critical=False)
    return builder.sign(key, hashes.SHA256())


@functools.cache
def sized(
    subject: str,
    length: int,
    *,
    bits: int = 1024,
    which: int = 0,
    serial: int = 0x70CAF64E090751B9DF22F49F754FC5BB,
) -> x509.Certificate:
    """A certificate of exactly this many DER bytes."""
    plain = len(make(subject, bits=bits, which=which, serial=serial).public_bytes(Encoding.DER))
    for padding in range(max(1, length - plain - 40), length - plain + 1):
        certificate = make(subject, bits=bits, which=which, serial=serial, padding=padding)
        if len(certificate.public_bytes(Encoding.DER)) == length:
            return certificate
    raise AssertionError(f"no padding makes {length} bytes of {plain}")


PUB = "CN=cucm-1051-a-pub;OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL"
SUB = "CN=cucm-1051-a-sub1;OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL"
CAPF = "CN=CAPF-e41e7d87;OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL"


def published_ctl(*, bits: int = 1024) -> TrustList:
    """The tokenless CTL of the published listing, rebuilt: two servers, four records."""
    pub = sized(PUB, 694 if bits == 1024 else 955, bits=bits)
    capf = sized(CAPF, 680, serial=0x744B4999770496E799E91E81D3C8109B)
    sub = sized(SUB, 696, which=1, serial=0x6BEBFDCDCD8CA277CB2FD1D183A60E72)
    signer = Entry(role=Role.SAST, certificate=pub, dns_name="cucm-1051-a-pub")
    entries = [
        signer,
        Entry(role=Role.CCM_TFTP, certificate=pub, dns_name="cucm-1051-a-pub"),
        Entry(role=Role.CAPF, certificate=capf, dns_name="cucm-1051-a-pub"),
        Entry(role=Role.CCM_TFTP, certificate=sub, dns_name="cucm-1051-a-sub1"),
    ]
    signing = Signing(key=rsa_key(bits), entry=signer, timestamp=1425675367)
    return listbuild.build(ListKind.CTL, entries, signing)


def signed_itl(*, digest: Digest = Digest.SHA1, bits: int = 1024, which: int = 0) -> TrustList:
    """A small ITL: signer as SAST and TFTP, a TVS by hash, an EC certificate."""
    pub = make(PUB, bits=bits, which=which)
    signer = Entry(role=Role.SAST, certificate=pub, dns_name="pub")
    entries = [
        signer,
        Entry(role=Role.TFTP, certificate=pub, dns_name="pub"),
        Entry(role=Role.TVS, certificate=make(SUB, serial=7), dns_name="sub", hash_only=True),
        Entry(role=Role.APP_SERVER, certificate=make(CAPF, serial=8, elliptic=True), dns_name="pub"),
    ]
    signing = Signing(key=rsa_key(bits, which), entry=signer, digest=digest, timestamp=1425675367)
    return listbuild.build(ListKind.ITL, entries, signing)
