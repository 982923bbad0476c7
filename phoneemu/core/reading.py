"""From what arrived to what is judged: bytes to a value, and the status of its signature.

Only this module looks at bytes on the phone's behalf. It checks a signature with the certificate the phone
already knows for the named signer; whether that signer may sign is for the rules.
"""

from phoneemu.core import listcheck, listparse, signedfile
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
    """Check with the certificate the installed lists or the TVS cache hold for this signer."""
    if isinstance(offered, MalformedFile) or offered.raw is None or signer is None:
        return SignatureStatus.ASSUMED
    for installed in (flash.ctl, flash.itl):
        record = None if installed is None else installed.record_of(signer)
        if record is not None:
            return check(offered, record.certificate or record.public_key)
    for answer in flash.tvs_cache:
        if answer.identity == signer:
            return check(offered, answer.certificate)
    return SignatureStatus.ASSUMED
