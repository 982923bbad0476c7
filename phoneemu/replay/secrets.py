"""What must not leave a capture: passwords and the like in configuration files.

A configuration without any is kept byte for byte, so that its signature stays checkable. Of one that has
some, only what a phone reads of it here is written anew, unsigned, and who signed it is told beside.
"""

import re

import attrs

from phoneemu.core import phoneconfig, signedfile
from phoneemu.core.names import Identity
from phoneemu.core.tlv import MalformedFile

_SECRET = re.compile(
    rb"<\s*([\w:.-]*(?:password|passwd|passphrase|secret|authname|userid|username|digest|sharedkey|psk|"
    rb"authstring|authenticationstring|\bpin|token|credential)[\w:.-]*)(?:\s[^>]*)?>\s*([^<\s][^<]*)<",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(rb"""\b(password|passwd|secret|token|pin)\s*=\s*["'][^"']+["']""", re.IGNORECASE)


@attrs.frozen(kw_only=True)
class Cleaned:
    """What may be kept of a file. `removed` names the elements that held secrets; `why` tells of a loss."""

    content: bytes | None = attrs.field(repr=False)
    signer: Identity | None = None
    removed: tuple[str, ...] = ()
    why: str = ""


def secrets_in(content: bytes) -> tuple[str, ...]:
    """The names of elements and attributes that hold a secret."""
    found = [match[1] for match in _SECRET.finditer(content)]
    found += [match[1] for match in _ATTRIBUTE.finditer(content)]
    return tuple(dict.fromkeys(name.decode("latin-1") for name in found))


def clean(name: str, content: bytes) -> Cleaned:
    """What may be kept of a served file."""
    if name.lower().endswith(".tlv"):
        return Cleaned(content=content)
    removed = secrets_in(content) + secrets_in(content.replace(b"\0", b""))  # UTF-16 too
    removed = tuple(dict.fromkeys(removed))
    if not removed:
        return Cleaned(content=content)
    try:
        read = signedfile.parse(content, origin=name)
    except MalformedFile as error:
        return Cleaned(content=None, removed=removed, why=f"it holds secrets and cannot be read: {error}")
    if read.config is None:
        return Cleaned(content=None, removed=removed, why="it holds secrets and is no configuration")
    return Cleaned(content=phoneconfig.render(read.config), signer=read.signer, removed=removed)
