"""What must not leave a capture: passwords and the like in configuration files.

A configuration without any is kept byte for byte, so that its signature stays checkable. Of one that has
some, only what a phone reads of it here is written anew, unsigned, and who signed it is told beside.
"""

import re

import attrs

from phoneemu.core import phoneconfig, signedfile
from phoneemu.core.names import Identity
from phoneemu.core.tlv import MalformedFile

_FILLED = re.compile(rb"<([A-Za-z_][\w:.-]{0,200})(\s[^<>]*)?>\s*(?!\s|</)")
"""An element that is not empty; what is in it, be it text, CDATA, a comment or elements, does not matter."""

_ATTRIBUTE = re.compile(rb"""\s([A-Za-z_][\w:.-]{0,200})\s*=\s*(?:"[^"<]|'[^'<])""")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET_WORDS = frozenset({"pin", "pins", "psk", "token", "tokens", "secret", "digest", "passphrase"})
_SECRET_PARTS = (
    *("password", "passwd", "credential", "sharedkey", "privatekey"),
    *("authname", "userid", "username", "authstring", "authenticationstring"),
)


def _is_secret(name: str) -> bool:
    """Whether an element or attribute of this name holds a secret."""
    words = [word.lower() for word in _WORDS.findall(name)]
    return not _SECRET_WORDS.isdisjoint(words) or any(part in "".join(words) for part in _SECRET_PARTS)


@attrs.frozen(kw_only=True)
class Cleaned:
    """What may be kept of a file. `removed` names the elements that held secrets; `why` tells of a loss."""

    content: bytes | None = attrs.field(repr=False)
    signer: Identity | None = None
    removed: tuple[str, ...] = ()
    why: str = ""


def secrets_in(content: bytes) -> tuple[str, ...]:
    """The names of elements and attributes that hold a secret."""
    found = [match[1] for match in _FILLED.finditer(content) if not (match[2] or b"").endswith(b"/")]
    found += [match[1] for match in _ATTRIBUTE.finditer(content)]
    names = dict.fromkeys(name.decode("latin-1") for name in found)
    return tuple(name for name in names if _is_secret(name))


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
