"""Messages of the Trust Verification Service, both directions, bytes only.

A frame is 0x57, version 1, a command, a byte without meaning, a session of four bytes and the length of the
body; the body is elements of a tag byte, a 16-bit length and the value [C213407, derived byte by byte in
docs/formats.md]. Two verbs: *query* sends the names and serial of a signer, *verify* a whole certificate.
"""

import enum
import struct

import attrs

from phoneemu.core import limits
from phoneemu.core.listparse import text
from phoneemu.core.names import Identity
from phoneemu.core.tlv import MalformedFile

_MAGIC, _VERSION = 0x57, 1
_HEAD = struct.Struct(">BBBBIH")
HEAD_BYTES = _HEAD.size
_KIND = 0x01
"""The byte before the device text [C213407]."""

DEVICE, CERTIFICATE, SUBJECT, ISSUER, SERIAL, STATUS, ROLES, TTL = 1, 2, 3, 4, 5, 7, 8, 9
_VALID, _INVALID = b"\0", b"\1"


class Command(enum.IntEnum):
    """The third byte of a frame."""

    VERIFY_REQUEST = 1
    VERIFY_ANSWER = 2
    QUERY_REQUEST = 3
    QUERY_ANSWER = 4


@attrs.frozen(kw_only=True)
class Query:
    """Do you know this signer? Names and serial stand in the header of the file that was offered.

    `serial` are its bytes as sent; empty to take them from the number.
    """

    session: int
    device: str
    signer: Identity
    serial: bytes = b""


@attrs.frozen(kw_only=True)
class Verify:
    """Is this certificate good? Asked of a server's certificate (HTTPS)."""

    session: int
    device: str
    certificate: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Answer:
    """What the service says; `ttl` in seconds, None when it names none."""

    session: int
    command: Command = Command.QUERY_ANSWER
    valid: bool
    certificate: bytes = attrs.field(default=b"", repr=False)
    roles: frozenset[int] = frozenset()
    ttl: int | None = None


Message = Query | Verify | Answer


def device_text(product: str, name: str) -> str:
    """Who asks, as a phone says it: `CP-8861-SEP001122AABBCC` [C213407]; for soft phones assumed."""
    return f"CP-{product}-{name}"


def _element(tag: int, value: bytes) -> bytes:
    return struct.pack(">BH", tag, len(value)) + value


def _who(device: str) -> bytes:
    return _element(DEVICE, bytes([_KIND]) + device.encode())


def encode(message: Message) -> bytes:
    """The bytes of a message.

    Raises:
        ValueError: a part, or the whole, is too long for its length.
    """
    try:
        return _encode(message)
    except struct.error as error:
        raise ValueError(f"too long for a TVS message: {error}") from error


def _encode(message: Message) -> bytes:
    if isinstance(message, Query):
        command, signer = Command.QUERY_REQUEST, message.signer
        serial = message.serial or _serial(signer.serial)
        body = _who(message.device) + b"".join(
            (
                _element(SUBJECT, signer.subject.encode() + b"\0"),
                _element(ISSUER, signer.issuer.encode() + b"\0"),
                _element(SERIAL, serial),
            )
        )
    elif isinstance(message, Verify):
        command = Command.VERIFY_REQUEST
        body = _who(message.device) + _element(CERTIFICATE, message.certificate)
    else:
        command = message.command
        body = _element(STATUS, _VALID if message.valid else _INVALID)
        if message.certificate:
            body += _element(CERTIFICATE, message.certificate)
        if message.roles:
            body += _element(ROLES, bytes(sorted(message.roles)))
        if message.ttl is not None:
            body += _element(TTL, struct.pack(">I", message.ttl))
    return _HEAD.pack(_MAGIC, _VERSION, command, 0, message.session, len(body)) + body


def _serial(number: int) -> bytes:
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")


def frame_length(head: bytes) -> int:
    """How long the whole message is, from its first ten bytes.

    Raises:
        MalformedFile: it is no TVS message, or cut within the ten.
    """
    if len(head) < HEAD_BYTES:
        raise MalformedFile("a TVS message has a head of ten bytes", offset=len(head))
    magic, version, command, _, _, length = _HEAD.unpack(head[:HEAD_BYTES])
    if magic != _MAGIC:
        raise MalformedFile(f"no TVS message begins with {magic:#04x}", offset=0)
    if version != _VERSION:
        raise MalformedFile(f"TVS version {version} is not known", offset=1)
    if command not in set(Command):
        raise MalformedFile(f"TVS command {command} is not known", offset=2)
    return HEAD_BYTES + int(length)


def parse(data: bytes) -> Message:
    """Read one whole message; unknown elements are skipped, of repeated ones the first counts.

    Raises:
        MalformedFile: the bytes are no such message; names what and the byte.
    """
    whole = frame_length(data)
    if len(data) != whole:
        raise MalformedFile(
            f"the message is {whole:,} bytes long, not {len(data):,}", offset=min(whole, len(data))
        )
    values = _elements(data)
    session = int.from_bytes(data[4:8], "big")
    command = Command(data[2])
    if command in (Command.VERIFY_ANSWER, Command.QUERY_ANSWER):
        return _answer(session, command, values)
    device = _needed(values, DEVICE, whole)[1:].decode("utf-8", "replace")
    if command is Command.VERIFY_REQUEST:
        return Verify(session=session, device=device, certificate=_needed(values, CERTIFICATE, whole))
    serial = _needed(values, SERIAL, whole)
    signer = Identity(
        text(_needed(values, SUBJECT, whole)),
        text(_needed(values, ISSUER, whole)),
        int.from_bytes(serial, "big"),
    )
    return Query(session=session, device=device, signer=signer, serial=serial)


def _elements(data: bytes) -> dict[int, bytes]:
    values: dict[int, bytes] = {}
    at, end = HEAD_BYTES, len(data)
    while at < end:
        begin = at + 3
        stop = begin + int.from_bytes(data[at + 1 : begin], "big")
        if begin > end or stop > end:
            raise MalformedFile(f"element {data[at]} runs past the end ({end:,})", offset=at)
        values.setdefault(data[at], data[begin:stop])
        at = stop
    return values


def _needed(values: dict[int, bytes], tag: int, end: int) -> bytes:
    value = values.get(tag, b"")
    if not value:
        raise MalformedFile(f"element {tag} is missing or empty", offset=end)
    if tag == CERTIFICATE and len(value) > limits.CERTIFICATE_BYTES:
        raise MalformedFile(f"a certificate of {len(value):,} bytes is beyond the limit", offset=end)
    return value


def _answer(session: int, command: Command, values: dict[int, bytes]) -> Answer:
    certificate, ttl = values.get(CERTIFICATE, b""), values.get(TTL, b"")
    return Answer(
        session=session,
        command=command,
        valid=values.get(STATUS) == _VALID,
        certificate=certificate if len(certificate) <= limits.CERTIFICATE_BYTES else b"",
        roles=frozenset(values.get(ROLES, b"")),
        ttl=int.from_bytes(ttl, "big") if len(ttl) == 4 else None,
    )
