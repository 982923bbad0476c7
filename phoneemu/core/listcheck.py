"""Checking the signature of a list or a signed file, over exactly the bytes that are signed.

That is the whole file without its signature element [SCF, recovered from real signatures]. Whether the
signer may sign is not asked here.
"""

from phoneemu.core import keys
from phoneemu.core.listparse import Header
from phoneemu.core.trustlist import Digest, SignatureStatus


def check(raw: bytes | None, digest: Digest | None, material: bytes) -> SignatureStatus:
    """Check with a DER certificate or a PKCS#1 key; ASSUMED when either side has no bytes."""
    if raw is None or not material:
        return SignatureStatus.ASSUMED
    header = Header(raw)
    start, end = header.signature_at
    signature = raw[start + 3 : end]
    view = (raw[:start], raw[end:])
    if digest is None or not signature or not keys.verifies(material, digest, signature, view):
        return SignatureStatus.BAD
    return SignatureStatus.VALID
