"""Public keys as lists carry them, and signatures over bytes: RSA PKCS#1 v1.5 with SHA-1, -256 or -512.

Hostile bytes never raise: a key that cannot be loaded, or is beyond the limit, verifies nothing.
"""

import contextlib
import functools
import hashlib
import warnings

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, utils
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.utils import CryptographyDeprecationWarning

from phoneemu.core import limits
from phoneemu.core.trustlist import Digest

_HASHES: dict[Digest, hashes.HashAlgorithm] = {
    Digest.SHA1: hashes.SHA1(),  # noqa: S303 - what the cluster signs with by default
    Digest.SHA256: hashes.SHA256(),
    Digest.SHA512: hashes.SHA512(),
}
_HASHERS = {
    Digest.SHA1: hashlib.sha1,
    Digest.SHA256: hashlib.sha256,
    Digest.SHA512: hashlib.sha512,
}
_PREHASHED = {digest: utils.Prehashed(algorithm) for digest, algorithm in _HASHES.items()}
_PKCS1 = padding.PKCS1v15()
_NOT_LOADED = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion)
_EC_POINT_BITS = {65: 256, 97: 384, 133: 521, 33: 256, 49: 384, 67: 521}


@functools.lru_cache(maxsize=4096)
def rsa_key(material: bytes) -> RSAPublicKey | None:
    """The RSA key of a DER certificate or of a PKCS#1 public key; None when there is none to use."""
    if len(material) > limits.CERTIFICATE_BYTES:
        return None
    with warnings.catch_warnings():
        # odd serials and versions are what such files hold; they are nobody's fault who reads them
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        key = _loaded(material)
    return key if isinstance(key, RSAPublicKey) and key.key_size <= limits.KEY_BITS else None


def _loaded(material: bytes) -> object:
    with contextlib.suppress(*_NOT_LOADED):
        return x509.load_der_x509_certificate(material).public_key()
    with contextlib.suppress(*_NOT_LOADED):
        # RSAPublicKey of PKCS#1, which the DER loader takes as well as SubjectPublicKeyInfo
        return serialization.load_der_public_key(material)
    return None


@functools.lru_cache(maxsize=4096)
def expires(certificate: bytes) -> float | None:
    """When a DER certificate expires, in seconds since the epoch; None when these bytes are none."""
    if len(certificate) > limits.CERTIFICATE_BYTES:
        return None
    with warnings.catch_warnings(), contextlib.suppress(*_NOT_LOADED):
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # as above
        return x509.load_der_x509_certificate(certificate).not_valid_after_utc.timestamp()
    return None


def forget() -> None:
    """Drop what is remembered of keys and certificates so far; a benchmark's cold start."""
    rsa_key.cache_clear()
    expires.cache_clear()


def key_bits(public_key: bytes) -> int | None:
    """The size of a PUBLICKEY element: PKCS#1 modulus bits, or the curve of an X9.62 point."""
    if not public_key:
        return None
    if public_key[0] in (2, 3, 4) and len(public_key) in _EC_POINT_BITS:
        return _EC_POINT_BITS[len(public_key)]
    modulus = _first_integer(public_key)
    return None if modulus is None else modulus.bit_length()


def _first_integer(der: bytes) -> int | None:
    """The first INTEGER inside a DER SEQUENCE: the modulus of a PKCS#1 key."""
    if len(der) < 4 or der[0] != 0x30:
        return None
    at = 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)
    if at + 2 > len(der) or der[at] != 0x02:
        return None
    length, at = der[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length = int.from_bytes(der[at : at + count], "big")
        at += count
    value = der[at : at + length]
    if len(value) != length or length > limits.KEY_BITS // 8 + 1:
        return None
    return int.from_bytes(value, "big")


def verifies(material: bytes, digest: Digest, signature: bytes, parts: tuple[bytes, ...]) -> bool:
    """Whether the signature over the joined parts is by this certificate's or key's RSA key."""
    key = rsa_key(material)
    if key is None:
        return False
    hasher = _HASHERS[digest](usedforsecurity=False)
    for part in parts:
        hasher.update(part)
    try:
        key.verify(signature, hasher.digest(), _PKCS1, _PREHASHED[digest])
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def sign(key: RSAPrivateKey, digest: Digest, data: bytes) -> bytes:
    """The PKCS#1 v1.5 signature of the data."""
    return key.sign(data, _PKCS1, _HASHES[digest])


def sha1(data: bytes) -> bytes:
    """The SHA-1 of the data, as fingerprints and hash records use it."""
    return hashlib.sha1(data, usedforsecurity=False).digest()


def pkcs1_public(certificate: x509.Certificate) -> bytes:
    """The PUBLICKEY element of a certificate: PKCS#1 for RSA, an X9.62 point for EC.

    Raises:
        ValueError: the certificate holds another kind of key.
    """
    key = certificate.public_key()
    if isinstance(key, RSAPublicKey):
        return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    if isinstance(key, EllipticCurvePublicKey):
        return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    raise ValueError("only RSA and EC certificates go into a trust list")
