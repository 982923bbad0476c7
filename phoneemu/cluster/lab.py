"""Real keys and certificates for an emulated cluster in a lab.

Prediction never needs them. The names say whose they are: everything made here carries `O=phoneemu lab`,
unless a test asks for other names. Keys come from the caller, so that nothing here draws random numbers.
"""

import datetime
from collections.abc import Callable

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from phoneemu.cluster.certs import FIVE_YEARS, Maker
from phoneemu.cluster.state import Certificate
from phoneemu.core.names import canonical_name
from phoneemu.errors import BadInput

ORGANISATION = ";OU=emulated;O=phoneemu lab"
"""What follows CN=<name> in the names of a lab's certificates."""

FAR = 2_524_607_999.0
"""The last second of 2049, until when a certificate lasts whose dates nobody knows, as a token's."""

_OIDS = (
    ("C", NameOID.COUNTRY_NAME),
    ("O", NameOID.ORGANIZATION_NAME),
    ("OU", NameOID.ORGANIZATIONAL_UNIT_NAME),
    ("CN", NameOID.COMMON_NAME),
    ("ST", NameOID.STATE_OR_PROVINCE_NAME),
    ("L", NameOID.LOCALITY_NAME),
)
"""The order inside the cluster's own certificates [CERT210541]."""


def fresh_key() -> RSAPrivateKey:
    """A new RSA-2048 key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def name_of(text: str) -> x509.Name:
    """A name text as a certificate's name.

    Raises:
        BadInput: a part is longer than certificates allow, which is 64 characters.
    """
    parts = dict(canonical_name(text))
    try:
        return x509.Name([x509.NameAttribute(oid, parts[key]) for key, oid in _OIDS if parts.get(key)])
    except ValueError:
        raise BadInput(f"`{text}` is too long, or no text, for the name in a certificate") from None


def maker(keys: Callable[[], RSAPrivateKey] = fresh_key) -> Maker:
    """A maker that gives each named certificate a key from `keys` and DER signed with SHA-256.

    A certificate whose issuer is another name is signed with a key of its own CA, which nobody checks: phones
    and TVS compare certificates and validate no chain [SG1251SU2-https].
    """

    def make(named: Certificate) -> Certificate:
        key = keys()
        start = named.not_before or 0.0
        end = named.not_after or (FAR if named.not_before is None else start + FIVE_YEARS)
        built = (
            x509.CertificateBuilder()
            .subject_name(name_of(named.identity.subject))
            .issuer_name(name_of(named.identity.issuer))
            .public_key(key.public_key())
            .serial_number(named.identity.serial)
            .not_valid_before(datetime.datetime.fromtimestamp(start, tz=datetime.UTC))
            .not_valid_after(datetime.datetime.fromtimestamp(end, tz=datetime.UTC))
            .sign(key, hashes.SHA256())
        )
        return attrs.evolve(named, key=key, key_bits=key.key_size, der=built.public_bytes(Encoding.DER))

    return make
