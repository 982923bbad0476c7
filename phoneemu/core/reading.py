"""From what arrived to what is judged: bytes to a value, and the status of its signature.

Only this module looks at bytes on the phone's behalf. It checks a signature with the certificate the phone
already knows for the named signer; whether that signer may sign is for the rules.
"""

import attrs

from phoneemu.core import keys, listcheck, listparse, signedfile
from phoneemu.core.flash import Flash
from phoneemu.core.names import Identity
from phoneemu.core.question import Subject
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.tlv import EmptyFile, MalformedFile
from phoneemu.core.trustlist import SignatureStatus, TrustList

Offered = TrustList | SignedFile | MalformedFile


def read(subject: Subject, name: str, content: bytes | TrustList | SignedFile) -> Offered:
    """The value behind what arrived; bytes that are no such file become the error itself."""
    if not isinstance(content, bytes):
        return content
    if not content:
        return EmptyFile()
    try:
        if subject is Subject.CONFIG:
            return signedfile.parse(content, origin=name)
        return listparse.parse(content, origin=name)
    except MalformedFile as malformed:
        return malformed


def check(offered: Offered, certificate: bytes) -> SignatureStatus:
    """Check with this certificate; ASSUMED when either side has no bytes."""
    if isinstance(offered, MalformedFile):
        return SignatureStatus.ASSUMED
    return listcheck.check(offered, certificate)


def signature_of(offered: Offered, signer: Identity | None, flash: Flash) -> SignatureStatus:
    """Check with the certificate the installed lists or the TVS cache hold for this signer.

    A phone that holds no list has nothing but the first list's own record of its signer.
    """
    if isinstance(offered, MalformedFile) or offered.raw is None or signer is None:
        return SignatureStatus.ASSUMED
    material = _held(signer, (flash.ctl, flash.itl), flash)
    first = flash.ctl is None and flash.itl is None
    if first and not material and isinstance(offered, TrustList):
        material = _held(signer, (offered,), flash)
    return check(offered, material)


def dated(offered: Offered, signer: Identity | None, flash: Flash) -> Offered:
    """What came as bytes, with the date of its signer's certificate where that lies in a list at hand."""
    if isinstance(offered, MalformedFile) or offered.raw is None or signer is None:
        return offered
    own = offered if isinstance(offered, TrustList) else None
    expires = keys.expires(_held(signer, (flash.ctl, flash.itl, own), flash))
    return offered if expires is None else attrs.evolve(offered, signer_expires=expires)


def _held(signer: Identity, lists: tuple[TrustList | None, ...], flash: Flash) -> bytes:
    """A signer's certificate, or its bare key, from the first of the lists that has it, or the TVS cache."""
    for each in lists:
        record = None if each is None else each.record_of(signer)
        if record is not None:
            return record.certificate or record.public_key
    found = (answer.certificate for answer in flash.tvs_cache if answer.identity == signer)
    return next(found, b"")
