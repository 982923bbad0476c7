"""A capture case: what one phone held, what answered it, and what it was seen to do.

A case is a folder with `capture.toml`, the files it names, and nothing else (docs/replay.md). Everything is
optional where the evidence is silent: what a capture does not show is not compared. This module neither
replays nor judges; casefile reads and writes.
"""

import datetime
import enum
from collections.abc import Mapping
from types import MappingProxyType

import attrs

from phoneemu.core.names import Identity
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.vocabulary import EraseTarget, Transport


class Origin(enum.Enum):
    """Where the evidence comes from."""

    HARDWARE = "hardware"
    """A recording of a real phone."""
    PUBLISHED = "published"
    """Values that a public document prints."""
    SYNTHETIC = "synthetic"
    """Made by a program; it tests code and says nothing about phones."""


class Chapter(enum.Enum):
    """A part of what a phone does, which evidence may show whole or only in pieces."""

    FILES = "files"
    TVS = "tvs"
    CALLMANAGER = "callmanager"
    RULINGS = "rulings"


class FileOutcome(enum.Enum):
    """How a request for a file ended."""

    ARRIVED = "arrived"
    MISSING = "missing"
    """The server said that it has no such file."""
    SILENT = "silent"
    ERROR = "error"
    """The server answered with another error, or the transfer broke off."""


class TvsOutcome(enum.Enum):
    """How a connection to a TVS ended."""

    ANSWERED = "answered"
    UNREACHABLE = "unreachable"
    HANDSHAKE = "handshake"
    """TLS was broken off, by either side."""
    TLS_VERSION = "tls-version"
    NO_ANSWER = "no-answer"


class CallManagerOutcome(enum.Enum):
    """How a connection to a CallManager ended."""

    REGISTERED = "registered"
    CONNECTED = "connected"
    """It took the connection; what was said on it is not visible."""
    UNREACHABLE = "unreachable"
    TLS_VERSION = "tls-version"
    SIGNALLING_MODE = "signalling-mode"
    DEVICE_CERTIFICATE = "device-certificate"
    REJECTED = "rejected"


@attrs.frozen(kw_only=True)
class Remembered:
    """An answer of a TVS that the phone held in its cache; `certificate` is a path or None."""

    identity: Identity
    roles: tuple[int, ...]
    expires: datetime.datetime
    certificate: str | None = None


@attrs.frozen(kw_only=True)
class Held:
    """What the phone held before the boot, as paths inside the case; None: it held none.

    `unknown` names what the evidence does not tell: those are not taken as absent. `erased` is what a person
    erased at the phone just before. A list may be `.tlv` bytes or `.txt` listing.
    """

    ctl: str | None = None
    itl: str | None = None
    config: str | None = None
    tvs_cache: tuple[Remembered, ...] = ()
    unknown: tuple[Subject, ...] = ()
    erased: tuple[EraseTarget, ...] = ()


@attrs.frozen(kw_only=True)
class FileExchange:
    """One request for a file. `at` is in seconds since the boot began, `seconds` how long it took.

    `body` is the path of the bytes, or of a `.txt` listing; None when they are not visible. `signer` says who
    signed a configuration whose bytes are restated without a signature. `options` are those of a TFTP read
    request, `agreed` those of the answer, `port` the server's for this transfer. `transport` None: not
    visible. `retries` counts repeated requests, `resent` blocks that came more than once. `digest` is the
    SHA-256 of what came where its bytes are not kept.
    """

    name: str
    server: str
    outcome: FileOutcome
    transport: Transport | None = None
    body: str | None = None
    signer: Identity | None = None
    options: tuple[str, ...] | None = None
    agreed: tuple[str, ...] | None = None
    port: int | None = None
    retries: int | None = None
    resent: int | None = None
    size: int | None = None
    digest: str = ""
    error: str = ""
    at: float | None = None
    seconds: float | None = None


@attrs.frozen(kw_only=True)
class TvsExchange:
    """One connection to a TVS. `peer` is the certificate it showed: a path, or its identity.

    `question` and `answer` are paths of the messages; where only values are known, `asked` is the signer
    asked about and `valid`, `roles` and `ttl` are the answer. `offered` are the TLS versions of the phone;
    `ended` says how the connection was closed, an alert by its name.
    """

    server: str
    outcome: TvsOutcome
    peer: str | Identity | None = None
    offered: tuple[str, ...] | None = None
    tls: str = ""
    cipher: str = ""
    ended: str = ""
    question: str | None = None
    answer: str | None = None
    asked: Identity | None = None
    valid: bool | None = None
    roles: tuple[int, ...] | None = None
    ttl: int | None = None
    at: float | None = None
    seconds: float | None = None


@attrs.frozen(kw_only=True)
class CallManagerExchange:
    """One connection for signalling; `secure` None: not visible. `peer` as for a TVS."""

    node: str
    outcome: CallManagerOutcome
    secure: bool | None = None
    peer: str | Identity | None = None
    at: float | None = None


Exchange = FileExchange | TvsExchange | CallManagerExchange
KINDS: Mapping[str, type[Exchange]] = {
    "file": FileExchange,
    "tvs": TvsExchange,
    "callmanager": CallManagerExchange,
}


@attrs.frozen(kw_only=True)
class ExpectedRuling:
    """A decision the evidence shows; `reason` None where it does not tell why."""

    subject: Subject
    verdict: Verdict
    reason: Reason | None = None


@attrs.frozen(kw_only=True)
class Ending:
    """How the phone was left, as far as the evidence shows; None: it does not.

    `installed` are the subjects that were replaced. `checksum` maps `ctl` and `itl` to what the phone shows.
    """

    installed: tuple[Subject, ...] | None = None
    checksum: Mapping[str, str] = attrs.field(factory=dict)
    status_messages: tuple[str, ...] | None = None
    alarm: int | None = None
    state: str | None = None
    registered_to: str | None = None


@attrs.frozen(kw_only=True)
class Case:
    """One boot of one phone.

    `name` equals the folder. `title` says what is special. `source` is a key of docs/sources.md (published)
    and `standing` how well its text knows, `documented` or `reported`; `script` is what makes it (synthetic).
    `taken` says when, by whom and with what. `clock` is when the boot began. `tftp` are the servers in order;
    `hosts` maps a name in a file to the address seen on the wire. `whole` names the chapters that the
    evidence shows from beginning to end; of others it shows pieces. `files` maps every path of the folder to
    its SHA-256.
    """

    name: str
    origin: Origin
    model: str
    device: str
    clock: datetime.datetime
    load: str | None = None
    protocol: str | None = None
    title: str = ""
    source: str = ""
    standing: str = ""
    script: str = ""
    taken: Mapping[str, str] = attrs.field(factory=dict)
    tftp: tuple[str, ...] = ()
    hosts: Mapping[str, str] = attrs.field(factory=dict)
    whole: tuple[Chapter, ...] = ()
    before: Held = attrs.field(factory=Held)
    exchanges: tuple[Exchange, ...] = ()
    expected: tuple[ExpectedRuling, ...] = ()
    ending: Ending = attrs.field(factory=Ending)
    files: Mapping[str, str] = attrs.field(factory=lambda: MappingProxyType({}))

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file the case speaks of, but its own notes."""
        named: list[str | None] = [self.before.ctl, self.before.itl, self.before.config]
        named += [each.certificate for each in self.before.tvs_cache]
        for each in self.exchanges:
            if isinstance(each, FileExchange):
                named.append(each.body)
                continue
            named.append(each.peer if isinstance(each.peer, str) else None)
            if isinstance(each, TvsExchange):
                named += [each.question, each.answer]
        return tuple(dict.fromkeys(path for path in named if path is not None))
