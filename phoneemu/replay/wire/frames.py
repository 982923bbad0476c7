"""From a link-layer frame to the IP packet in it, and from fragments to whole IP packets.

Ethernet with any number of VLAN tags, Linux cooked captures of both kinds, raw IP and BSD loopback. What is
not understood gives nothing and never an error: a capture holds whatever was on the line.
"""

import struct
from collections import OrderedDict
from typing import NamedTuple

import attrs

from phoneemu.core import limits

ETHERNET, RAW, LOOP, COOKED, COOKED2, NULL = 1, 101, 108, 113, 276, 0
_RAWS = frozenset({RAW, 12, 14, 228, 229})
"""Link types whose frame is the IP packet: of one system or the other, with either version."""

LINKS = frozenset({ETHERNET, COOKED, COOKED2, LOOP, NULL}) | _RAWS
V4, V6 = b"\x08\x00", b"\x86\xdd"
_TAGS = frozenset({b"\x81\x00", b"\x88\xa8", b"\x91\x00", b"\x92\x00"})
_SNAP = b"\xaa\xaa\x03"
TCP, UDP, ICMP, ICMP6, GRE = 6, 17, 1, 58, 47
_ERSPAN, _ERSPAN3 = b"\x88\xbe", b"\x22\xeb"
_SKIPPED = frozenset({0, 43, 60, 135, 139, 140})
"""IPv6 extension headers that only stand in the way."""
_FRAGMENT6, _AUTHENTICATION = 44, 51


class Datagram(NamedTuple):
    """One IP packet: addresses as bytes, protocol, what it carries; `whole` False when the capture cut it."""

    source: bytes
    target: bytes
    protocol: int
    content: bytes
    whole: bool


def network(link: int, frame: bytes) -> tuple[bytes, int]:
    """The EtherType of what a frame carries, and where that begins; empty when it carries no such thing."""
    if link == ETHERNET:
        return _tagged(frame, 12)
    if link == COOKED:
        return _tagged(frame, 14)
    if link == COOKED2:
        return _beyond_tags(frame, frame[0:2], 20)
    at = 4 if link in (LOOP, NULL) else 0
    if link in LINKS and len(frame) > at:
        return {4: V4, 6: V6}.get(frame[at] >> 4, b""), at
    return b"", 0


def _tagged(frame: bytes, at: int) -> tuple[bytes, int]:
    kind = frame[at : at + 2]
    if len(kind) == 2 and kind[0] < 6:  # a length: IEEE 802.3, with the type behind LLC and SNAP
        if frame[at + 2 : at + 5] == _SNAP and len(frame) >= at + 10:
            return frame[at + 8 : at + 10], at + 10
        return b"", 0
    return _beyond_tags(frame, kind, at + 2)


def _beyond_tags(frame: bytes, kind: bytes, at: int) -> tuple[bytes, int]:
    while kind in _TAGS:
        kind, at = frame[at + 2 : at + 4], at + 4
    return kind, at


def mirrored(gre: bytes) -> bytes:
    """The Ethernet frame that a switch sent on (ERSPAN of types I, II and III); empty when it is none."""
    if len(gre) < 4 or gre[1] & 7:
        return b""
    at = 4 + sum(4 for bit in (0x80, 0x20, 0x10) if gre[0] & bit)  # checksum, key, sequence number
    if gre[2:4] == _ERSPAN:
        return gre[at + 8 :] if gre[0] & 0x10 else gre[at:]  # type I has neither a number nor a head
    if gre[2:4] == _ERSPAN3 and len(gre) >= at + 12:
        return gre[at + 12 + 8 * (gre[at + 11] & 1) :]
    return b""


class Fragments:
    """IP packets from frames; keeps the fragments of unfinished ones, within limits."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[tuple[bytes, bytes, int, bytes], _Pieces] = OrderedDict()
        self._bytes = 0
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """Packets of which a fragment is missing."""
        return len(self._waiting)

    def datagram(self, kind: bytes, frame: bytes, at: int) -> Datagram | None:
        """The IP packet that this frame brings or completes."""
        if kind == V4:
            return self._version4(frame, at)
        if kind == V6:
            return self._version6(frame, at)
        return None

    def _version4(self, frame: bytes, at: int) -> Datagram | None:
        if len(frame) < at + 20 or frame[at] >> 4 != 4:
            return None
        head = (frame[at] & 15) * 4
        if head < 20:
            return None
        total, name, place = struct.unpack_from(">HHH", frame, at + 2)
        end = at + total if total else len(frame)  # 0: the network card cuts it up later
        content = frame[at + head : end]
        datagram = Datagram(
            frame[at + 12 : at + 16], frame[at + 16 : at + 20], frame[at + 9], content, end <= len(frame)
        )
        if place & 0x3FFF:
            piece = _Piece((place & 0x1FFF) * 8, last=not place & 0x2000)
            return self._join(datagram, struct.pack(">H", name), piece)
        return datagram

    def _version6(self, frame: bytes, at: int) -> Datagram | None:
        if len(frame) < at + 40 or frame[at] >> 4 != 6:
            return None
        length = struct.unpack_from(">H", frame, at + 4)[0]
        end = at + 40 + length if length else len(frame)
        following, begin = frame[at + 6], at + 40
        source, target = frame[at + 8 : at + 24], frame[at + 24 : at + 40]
        piece, name = None, b""
        while begin + 8 <= min(end, len(frame)):
            if following in _SKIPPED:
                following, begin = frame[begin], begin + 8 + frame[begin + 1] * 8
            elif following == _AUTHENTICATION:
                following, begin = frame[begin], begin + 8 + frame[begin + 1] * 4
            elif following == _FRAGMENT6 and piece is None:
                place = struct.unpack_from(">H", frame, begin + 2)[0]
                piece, name = _Piece(place & 0xFFF8, last=not place & 1), frame[begin + 4 : begin + 8]
                following, begin = frame[begin], begin + 8
            else:
                break
        datagram = Datagram(source, target, following, frame[begin:end], end <= len(frame))
        return datagram if piece is None else self._join(datagram, name, piece)

    def _join(self, part: Datagram, name: bytes, piece: "_Piece") -> Datagram | None:
        """Keep a fragment; the whole packet when it was the last one missing."""
        key = (part.source, part.target, part.protocol, name)
        pieces = self._waiting.get(key)
        if pieces is None:
            pieces = self._waiting[key] = _Pieces()
            self._bytes += _OVERHEAD
        before = pieces.held
        pieces.take(piece, part.content, whole=part.whole)
        self._bytes += pieces.held - before
        content = pieces.joined()
        if content is not None or pieces.spoiled:
            self._forget(key)
        while self._bytes > limits.CAPTURE_FRAGMENT_BYTES:
            self._forget(next(iter(self._waiting)))
            self.dropped += 1
        return None if content is None else part._replace(content=content, whole=True)

    def _forget(self, key: tuple[bytes, bytes, int, bytes]) -> None:
        self._bytes -= self._waiting.pop(key).held + _OVERHEAD


_OVERHEAD = 512
"""About what the bookkeeping of one unfinished packet takes."""


class _Piece(NamedTuple):
    start: int
    last: bool


@attrs.define
class _Pieces:
    """The fragments of one packet. Of two that overlap the first counts; a hole in one spoils all."""

    parts: dict[int, bytes] = attrs.field(factory=dict)
    end: int | None = None
    held: int = 0
    spoiled: bool = False

    def take(self, piece: _Piece, content: bytes, *, whole: bool) -> None:
        if not whole or piece.start + len(content) > 0xFFFF:
            self.spoiled = True
        elif piece.start not in self.parts:
            self.parts[piece.start] = content
            self.held += len(content)
        if piece.last:
            self.end = piece.start + len(content)

    def joined(self) -> bytes | None:
        if self.end is None or self.spoiled or self.held < self.end:
            return None
        whole = bytearray()
        for start in sorted(self.parts):
            if start > len(whole):
                return None
            whole += self.parts[start][len(whole) - start :]
        return bytes(whole[: self.end]) if len(whole) >= self.end else None
