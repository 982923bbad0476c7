"""What a capture shows, as values, before anybody knows which phone and which boot it belongs to.

`Larder` keeps the bytes of files while they come in and after: each content once, and no more of them
together than a limit.
"""

import hashlib
from collections.abc import Callable
from typing import Protocol

import attrs

from phoneemu.core import limits
from phoneemu.core.vocabulary import Transport
from phoneemu.replay.case import CallManagerOutcome, FileOutcome, TvsOutcome

Emit = Callable[["Seen"], None]


@attrs.frozen(kw_only=True)
class Ends:
    """Who spoke with whom: addresses as they stand in a packet."""

    client: bytes
    server: bytes
    port: int
    """The server's port that was asked."""


@attrs.define(kw_only=True)
class SeenFile:
    """One request for a file. `outcome` None: the capture ends, or has holes, before that could be seen.

    `name` is empty for a connection that was refused before anything was asked. `digest` is the SHA-256 of
    what came. `remarks` say what is odd, for people.
    """

    ends: Ends
    name: str
    transport: Transport
    begun: float
    ended: float
    outcome: FileOutcome | None = None
    options: tuple[str, ...] | None = None
    agreed: tuple[str, ...] | None = None
    retries: int = 0
    resent: int = 0
    transfer_port: int | None = None
    size: int | None = None
    digest: str = ""
    body: bytes | None = attrs.field(default=None, repr=False)
    error: str = ""
    remarks: list[str] = attrs.field(factory=list)


@attrs.define(kw_only=True)
class Hello:
    """What a TLS handshake showed."""

    offered: tuple[str, ...] = ()
    chosen: str = ""
    cipher: str = ""
    certificate: bytes = attrs.field(default=b"", repr=False)
    alert: str = ""
    by_client: bool = False
    """Whether the alert came from the phone."""
    done: bool = False
    asked: int = 0
    """Bytes of records that the phone sent behind the handshake."""
    answered: int = 0


@attrs.define(kw_only=True)
class SeenTls:
    """One TLS connection to a service that is not for files by name. `ending` tells how it was closed."""

    ends: Ends
    service: str
    begun: float
    ended: float
    hello: Hello = attrs.field(factory=Hello)
    ending: str = ""
    question: bytes = attrs.field(default=b"", repr=False)
    answer: bytes = attrs.field(default=b"", repr=False)
    """The messages, where a lab tells them; on a wire they are encrypted."""
    tvs: TvsOutcome | None = None
    callmanager: CallManagerOutcome | None = None
    remarks: list[str] = attrs.field(factory=list)


@attrs.define(kw_only=True)
class SeenSignalling:
    """One connection to a CallManager without TLS."""

    ends: Ends
    begun: float
    ended: float
    protocol: str
    outcome: CallManagerOutcome | None = None


Seen = SeenFile | SeenTls | SeenSignalling


@attrs.frozen(kw_only=True)
class Announced:
    """What a phone said of itself (CDP, DHCP, SIP); empty where it did not."""

    device: str = ""
    address: bytes = b""
    hardware: bytes = b""
    product: str = ""
    load: str = ""
    tftp: tuple[bytes, ...] = ()
    protocol: str = ""


class Wanted(Protocol):
    """Which files' bytes are worth keeping."""

    def __call__(self, name: str, /) -> bool:
        """Whether this file's are."""


def trusted_kind(name: str) -> bool:
    """Whether a file of this name is a trust list or a phone's configuration."""
    low = name.rpartition("/")[2].lower()
    return low.endswith((".tlv", ".cnf.xml", ".cnf.xml.sgn", ".cnf.xml.enc.sgn", ".cnf", "default.cnf.xml"))


@attrs.define
class Larder:
    """The bytes of files: what is wanted, each content once, within limits."""

    wanted: Wanted = trusted_kind
    held: int = 0
    _kept: dict[str, bytes] = attrs.field(factory=dict)

    def open(self, name: str) -> "Body":
        """A body that will grow."""
        return Body(self, wanted=self.wanted(name))

    def keep(self, digest: str, parts: list[bytes]) -> bytes:
        """One content, the former object when the same came before."""
        known = self._kept.get(digest)
        size = sum(map(len, parts))
        if known is None:
            known = self._kept[digest] = b"".join(parts)
        else:
            self.held -= size
        return known


_LUMP = 64 * 1024


class Body:
    """The bytes of one file as they come."""

    def __init__(self, larder: Larder, *, wanted: bool) -> None:
        self._larder = larder
        self._hash = hashlib.sha256()
        self._fresh: list[bytes] = []
        self._unhashed = 0
        self._parts: list[bytes] | None = [] if wanted else None
        self.size = 0
        self.holes = 0
        self.dropped = ""

    @property
    def pending(self) -> int:
        """Bytes that are neither hashed nor counted as kept yet."""
        return self._unhashed

    def add(self, chunk: bytes) -> None:
        """The next bytes."""
        self.size += len(chunk)
        self._fresh.append(chunk)
        self._unhashed += len(chunk)
        if self._unhashed >= _LUMP:
            self.settle()

    def settle(self) -> None:
        """Hash what came, and keep it if it is wanted and there is room."""
        lump = b"".join(self._fresh)
        self._fresh.clear()
        self._unhashed = 0
        self._hash.update(lump)
        if self._parts is None:
            return
        if self.size > limits.DOWNLOAD_BYTES:
            self._drop(f"larger than the {limits.DOWNLOAD_BYTES:,} bytes a phone downloads")
        elif self._larder.held + len(lump) > limits.CAPTURE_BODY_BYTES:
            self._drop("more is held of other files than the limit")
        else:
            self._parts.append(lump)
            self._larder.held += len(lump)

    def _drop(self, why: str) -> None:
        self._larder.held -= sum(map(len, self._parts or ()))
        self._parts, self.dropped = None, f"its bytes are not kept: {why}"

    def hole(self, size: int) -> None:
        """Bytes went by that the capture does not have."""
        self.size += size
        self.spoil()

    def spoil(self) -> None:
        """Some of the bytes are not what went by."""
        self.holes += 1
        if self._parts is not None:
            self._drop("packets of it are missing in the capture")

    def done(self) -> tuple[str, bytes | None]:
        """The SHA-256 and, if they are kept, the bytes; no hash for a file with holes."""
        self.settle()
        if self.holes:
            return "", None
        digest = self._hash.hexdigest()
        if self._parts is None:
            return digest, None
        parts, self._parts = self._parts, None
        return digest, self._larder.keep(digest, parts)

    def abandon(self) -> None:
        """It did not come to its end: nothing of it is kept."""
        self._fresh.clear()
        if self._parts is not None:
            self._larder.held -= sum(map(len, self._parts))
            self._parts = None
