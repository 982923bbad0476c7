"""Checking the signature of a list or a signed file, over exactly the bytes that are signed.

That is the whole file without its signature element [SCF, recovered from real signatures]. Whether the
signer may sign is not asked here.
"""

import hashlib

from phoneemu.core import keys
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.trustlist import SignatureStatus, TrustList


def check(signed: TrustList | SignedFile, material: bytes) -> SignatureStatus:
    """Check with a DER certificate or a PKCS#1 key; ASSUMED when either side has no bytes."""
    raw, digest, signature = signed.raw, signed.digest, signed.signature
    if raw is None or not material:
        return SignatureStatus.ASSUMED
    start, end = signed.signature_at
    view = (raw[:start], raw[end:])
    if digest is None or not signature or not keys.verifies(material, digest, signature, view):
        return SignatureStatus.BAD
    return SignatureStatus.VALID


def md5(data: bytes) -> str:
    """MD5 of a whole file in lower-case hex, as some phones show it."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def sha1(data: bytes) -> str:
    """SHA-1 of a whole file in lower-case hex, as other phones show it."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()
