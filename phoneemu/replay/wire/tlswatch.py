"""TLS handshakes as seen from beside: what was offered and chosen, which certificate was shown, how it ended.

Up to TLS 1.2 the server's certificate is readable; in 1.3 it is not, and that is said. Nothing is decrypted.
"""

import struct

import attrs

from phoneemu.core import limits
from phoneemu.replay.case import CallManagerOutcome, TvsOutcome
from phoneemu.replay.wire.sights import Emit, Ends, Hello, SeenTls

_CCS, _ALERT, _HANDSHAKE, _DATA = 20, 21, 22, 23
_CLIENT_HELLO, _SERVER_HELLO, _CERTIFICATE = 1, 2, 11
_SUPPORTED_VERSIONS = 43
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a hello that asks for another one [RFC 8446, 4.1.3]."""

VERSIONS = {0x0002: "SSL 2", 0x0300: "SSL 3", 0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3"}
ALERTS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    40: "handshake_failure",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    116: "certificate_required",
    120: "no_application_protocol",
}
_ABOUT_CERTIFICATES = frozenset({"access_denied", "unknown_ca", "certificate_required"})

CIPHERS = {
    0x0004: "RC4-MD5",
    0x0005: "RC4-SHA",
    0x000A: "DES-CBC3-SHA",
    0x002F: "AES128-SHA",
    0x0033: "DHE-RSA-AES128-SHA",
    0x0035: "AES256-SHA",
    0x0039: "DHE-RSA-AES256-SHA",
    0x003C: "AES128-SHA256",
    0x003D: "AES256-SHA256",
    0x0067: "DHE-RSA-AES128-SHA256",
    0x006B: "DHE-RSA-AES256-SHA256",
    0x009C: "AES128-GCM-SHA256",
    0x009D: "AES256-GCM-SHA384",
    0x009E: "DHE-RSA-AES128-GCM-SHA256",
    0x009F: "DHE-RSA-AES256-GCM-SHA384",
    0x0002: "NULL-SHA",
    0x1301: "TLS_AES_128_GCM_SHA256",
    0x1302: "TLS_AES_256_GCM_SHA384",
    0x1303: "TLS_CHACHA20_POLY1305_SHA256",
    0xC009: "ECDHE-ECDSA-AES128-SHA",
    0xC00A: "ECDHE-ECDSA-AES256-SHA",
    0xC013: "ECDHE-RSA-AES128-SHA",
    0xC014: "ECDHE-RSA-AES256-SHA",
    0xC023: "ECDHE-ECDSA-AES128-SHA256",
    0xC024: "ECDHE-ECDSA-AES256-SHA384",
    0xC027: "ECDHE-RSA-AES128-SHA256",
    0xC028: "ECDHE-RSA-AES256-SHA384",
    0xC02B: "ECDHE-ECDSA-AES128-GCM-SHA256",
    0xC02C: "ECDHE-ECDSA-AES256-GCM-SHA384",
    0xC02F: "ECDHE-RSA-AES128-GCM-SHA256",
    0xC030: "ECDHE-RSA-AES256-GCM-SHA384",
    0xCCA8: "ECDHE-RSA-CHACHA20-POLY1305",
    0xCCA9: "ECDHE-ECDSA-CHACHA20-POLY1305",
}
"""IANA numbers with the names that logs of phones and clusters print."""


def cipher_name(number: int) -> str:
    """A cipher suite's name, or its number when it is none that phones were seen with."""
    return CIPHERS.get(number, f"0x{number:04X}")


@attrs.define
class _Side:
    """One direction: records, and the handshake messages in them until they are encrypted."""

    raw: bytearray = attrs.field(factory=bytearray)
    messages: bytearray = attrs.field(factory=bytearray)
    taken: int = 0
    hidden: bool = False
    """Everything from here on is encrypted."""
    records: int = 0
    lost: bool = False


class TlsWatch:
    """One connection; a listener of tcp.Connection. `service` is what it is for: tvs, callmanager, https."""

    def __init__(self, ends: Ends, emit: Emit, service: str, when: float, *, opens: bool) -> None:
        self._seen = SeenTls(ends=ends, service=service, begun=when, ended=when)
        self._opens = opens
        self._emit = emit
        self._up, self._down = _Side(), _Side()
        self._hello = self._seen.hello

    @property
    def held(self) -> int:
        """Bytes that are held of unfinished records and messages."""
        return sum(len(side.raw) + len(side.messages) for side in (self._up, self._down))

    def settle(self) -> None:
        """Nothing here can be held in less."""

    def client(self, when: float, data: bytes) -> None:
        """The phone's bytes."""
        self._seen.ended = when
        self._records(self._up, data, by_client=True)

    def server(self, when: float, data: bytes) -> None:
        """The server's bytes."""
        self._seen.ended = when
        self._records(self._down, data, by_client=False)

    def hole(self, when: float, size: int, *, by_client: bool) -> None:
        """Bytes are missing: that side cannot be read any further."""
        side = self._up if by_client else self._down
        if not side.hidden and not side.lost:
            who = "phone" if by_client else "server"
            self._seen.remarks.append(f"{size:,} bytes of the {who}'s handshake are missing in the capture")
        self._seen.ended = when
        side.lost = True

    def _records(self, side: _Side, data: bytes, *, by_client: bool) -> None:
        if side.lost:
            return
        side.raw += data
        at = 0
        while len(side.raw) - at >= 5:
            kind, version, length = struct.unpack_from(">BHH", side.raw, at)
            if by_client and side.records == 0 and kind & 0x80:
                self._old_hello(side)
                return
            if kind not in (_CCS, _ALERT, _HANDSHAKE, _DATA) or version >> 8 != 3 or length > 0x4900:
                side.lost = True
                self._seen.remarks.append("what was said is no TLS")
                return
            if len(side.raw) - at < 5 + length:
                break
            self._record(side, kind, bytes(side.raw[at + 5 : at + 5 + length]), by_client=by_client)
            at += 5 + length
        del side.raw[:at]

    def _old_hello(self, side: _Side) -> None:
        """A hello in the form of SSL 2, as old libraries begin."""
        if len(side.raw) < 5:
            return
        length = (side.raw[0] & 0x7F) << 8 | side.raw[1]
        if side.raw[2] == _CLIENT_HELLO:
            highest = side.raw[3] << 8 | side.raw[4]
            self._hello.offered = tuple(name for number, name in VERSIONS.items() if number <= highest)
            side.records += 1
        del side.raw[: 2 + length]

    def _record(self, side: _Side, kind: int, content: bytes, *, by_client: bool) -> None:
        side.records += 1
        hello = self._hello
        if side.hidden or kind == _DATA:
            side.hidden = True
            if hello.chosen != "1.3":
                self._behind(kind, len(content), by_client=by_client)
            elif by_client:
                self._behind_modern(len(content))
            return
        if kind == _CCS:
            side.hidden = hello.chosen != "1.3"
        elif kind == _ALERT and len(content) == 2 and not hello.alert:
            hello.alert = ALERTS.get(content[1], f"alert {content[1]}")
            hello.by_client = by_client
        elif kind == _HANDSHAKE:
            self._messages(side, content, by_client=by_client)

    def _behind(self, kind: int, size: int, *, by_client: bool) -> None:
        """A record behind the handshake of TLS up to 1.2; alerts are encrypted, too, but not their kind."""
        if self._up.hidden and self._down.hidden:
            self._hello.done = True
        if kind == _DATA and by_client:
            self._hello.asked += size
        elif kind == _DATA:
            self._hello.answered += size

    def _messages(self, side: _Side, content: bytes, *, by_client: bool) -> None:
        side.taken += len(content)
        if side.taken > limits.HANDSHAKE_BYTES:
            side.lost = True
            self._seen.remarks.append(f"a handshake of more than {limits.HANDSHAKE_BYTES:,} bytes")
            return
        side.messages += content
        while len(side.messages) >= 4:
            length = int.from_bytes(side.messages[1:4], "big")
            if len(side.messages) < 4 + length:
                return
            kind, body = side.messages[0], bytes(side.messages[4 : 4 + length])
            del side.messages[: 4 + length]
            if kind == _CLIENT_HELLO and by_client:
                self._client_hello(body)
            elif kind == _SERVER_HELLO and not by_client:
                self._server_hello(body)
            elif kind == _CERTIFICATE and not by_client and not self._hello.certificate:
                self._hello.certificate = _first_certificate(body)

    def _client_hello(self, body: bytes) -> None:
        if len(body) < 38:
            return
        highest = body[0] << 8 | body[1]
        offered = [number for number in VERSIONS if 0x0300 <= number <= highest]
        at = 35 + body[34]
        at += 2 + int.from_bytes(body[at : at + 2], "big")
        at += 1 + (body[at] if at < len(body) else 0)
        listed = _extension(body, at, _SUPPORTED_VERSIONS)
        if listed:
            pairs = listed[1 : 1 + listed[0]]
            numbers = {pairs[each] << 8 | pairs[each + 1] for each in range(0, len(pairs) - 1, 2)}
            offered = [number for number in VERSIONS if number in numbers]
            self._hello.offered = tuple(VERSIONS[number] for number in offered)
        elif not self._hello.offered:
            # only the highest version is said; how far down it would go is not visible
            self._hello.offered = (f"up to {VERSIONS.get(highest, hex(highest))}",)

    def _server_hello(self, body: bytes) -> None:
        if len(body) < 38 or body[2:34] == _RETRY:
            return
        version = body[0] << 8 | body[1]
        at = 35 + body[34]
        cipher = int.from_bytes(body[at : at + 2], "big")
        listed = _extension(body, at + 3, _SUPPORTED_VERSIONS)
        if len(listed) == 2:
            version = listed[0] << 8 | listed[1]
        self._hello.chosen = VERSIONS.get(version, hex(version))
        self._hello.cipher = cipher_name(cipher)

    def closed(self, when: float, ending: str) -> None:
        """The connection is over: judge what it was."""
        seen, hello = self._seen, self._hello
        seen.ending = ending
        seen.ended = max(seen.ended, when) if ending != "unfinished" else seen.ended
        if not self._opens:
            seen.remarks.append("a TLS connection began before the capture")
        elif seen.service == "tvs":
            seen.tvs = _tvs_outcome(hello, ending)
        elif seen.service == "callmanager":
            seen.callmanager = _callmanager_outcome(hello, ending)
        if not hello.certificate and hello.done:
            why = (
                "TLS 1.3 hides it" if hello.chosen == "1.3" else "the session was resumed, or it was not seen"
            )
            seen.remarks.append(f"the server's certificate is not visible: {why}")
        self._emit(seen)

    def _behind_modern(self, size: int) -> None:
        """In TLS 1.3 all is encrypted behind the first answer: only the sizes of the phone's records tell.

        Its own end of the handshake is 53 bytes or more, an alert 24 or less; what is behind that end and no
        alert was asked.
        """
        if not self._hello.done:
            self._hello.done = size >= _FINISHED
            if not self._hello.done:
                self._hello.alert, self._hello.by_client = "an encrypted alert", True
        elif size > _ENCRYPTED_ALERT:
            self._hello.asked += size


_FINISHED = 4 + 32 + 1 + 16
_ENCRYPTED_ALERT = 24


def _extension(body: bytes, at: int, wanted: int) -> bytes:
    """The content of one extension; empty when it is not there."""
    if len(body) < at + 2:
        return b""
    end = min(len(body), at + 2 + int.from_bytes(body[at : at + 2], "big"))
    at += 2
    while at + 4 <= end:
        kind, length = struct.unpack_from(">HH", body, at)
        if kind == wanted:
            return body[at + 4 : min(end, at + 4 + length)]
        at += 4 + length
    return b""


def _first_certificate(body: bytes) -> bytes:
    """The first of a list of certificates, as DER; empty when its length cannot be."""
    if len(body) < 6:
        return b""
    length = int.from_bytes(body[3:6], "big")
    found = body[6 : 6 + length]
    return found if len(found) == length <= limits.CERTIFICATE_BYTES else b""


def _tvs_outcome(hello: Hello, ending: str) -> TvsOutcome | None:
    if hello.done and hello.asked:
        if hello.chosen == "1.3":
            return None  # whether it answered is hidden
        if hello.answered:
            return TvsOutcome.ANSWERED
        return None if ending == "unfinished" else TvsOutcome.NO_ANSWER
    if hello.done or hello.alert:  # nothing was asked: one of them hung up
        version = hello.alert == "protocol_version"
        return TvsOutcome.TLS_VERSION if version else TvsOutcome.HANDSHAKE
    if ending == "unfinished":
        return None
    if hello.certificate:
        return TvsOutcome.HANDSHAKE
    return TvsOutcome.UNREACHABLE


def _callmanager_outcome(hello: Hello, ending: str) -> CallManagerOutcome | None:
    if hello.alert and not hello.by_client:
        about = "certificate" in hello.alert or hello.alert in _ABOUT_CERTIFICATES
        if about:
            return CallManagerOutcome.DEVICE_CERTIFICATE
        version = hello.alert == "protocol_version"
        return CallManagerOutcome.TLS_VERSION if version else CallManagerOutcome.UNREACHABLE
    if hello.done or hello.certificate:
        return CallManagerOutcome.CONNECTED
    return None if ending == "unfinished" else CallManagerOutcome.UNREACHABLE
