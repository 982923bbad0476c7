"""Packets out of pcap and pcapng files, one after the other.

dpkt reads the heads: of a pcap file and of the interfaces of a pcapng file. Its readers are not used for the
packets between: they know one interface a file, take any length that a file claims, and make an object of
every packet. This module knows nothing of what is in a packet.
"""

import gzip
import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import attrs
from dpkt import pcap, pcapng

from phoneemu.core import limits
from phoneemu.errors import BadInput
from phoneemu.files import reading

CHUNK = 4 * 1024 * 1024
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_GZIP = b"\x1f\x8b"
_PCAP: dict[bytes, tuple[str, int]] = {
    struct.pack(order + "I", magic): (order, parts)
    for order in "<>"
    for magic, parts in ((pcap.TCPDUMP_MAGIC, 1_000_000), (pcap.TCPDUMP_MAGIC_NANO, 1_000_000_000))
}
"""First four bytes of a pcap file -> byte order and parts of a second."""


class Packet(NamedTuple):
    """One recorded packet: seconds since the epoch, link type, the bytes that were kept."""

    when: float
    link: int
    frame: bytes


@attrs.define
class Reader:
    """The packets of a file, whatever its form. After iterating, `cut` says at which byte it ends too early.

    Raises while iterating:
        BadInput: it is no capture, or a length in it cannot be; names file and byte.
    """

    path: Path
    cut: int | None = None
    _window: "_Window | None" = None

    @property
    def offset(self) -> int:
        """A byte of the file that was read not long ago."""
        return self._window.offset if self._window is not None else 0

    def __iter__(self) -> Iterator[Packet]:
        with reading(self.path) as raw:
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            stream = gzip.GzipFile(fileobj=raw) if packed else raw
            window = self._window = _Window(stream, str(self.path))
            try:
                head = window.peek(4)
                if head in _PCAP:
                    yield from _pcap(window, *_PCAP[head])
                elif head == struct.pack("<I", _SECTION):
                    yield from _pcapng(window)
                else:
                    raise window.wrong("neither a pcap nor a pcapng file")
            except _Ended:
                self.cut = window.offset


class _Ended(Exception):  # noqa: N818 - the file did
    """The file ends within a record."""


class _Window:
    """A file looked at through one buffer; `offset` is the byte of the file where `at` stands."""

    def __init__(self, stream: io.BufferedReader | gzip.GzipFile, name: str) -> None:
        self._stream = stream
        self._name = name
        self._before = 0
        self.data = b""
        self.at = 0

    @property
    def offset(self) -> int:
        return self._before + self.at

    def wrong(self, what: str) -> BadInput:
        return BadInput(what, place=f"{self._name}: byte {self.offset:,}")

    def more(self) -> bool:
        """Read on; what was passed is given up. False at the end of the file."""
        chunk = self._chunk()
        if not chunk:
            return False
        self._before += self.at
        self.data = self.data[self.at :] + chunk
        self.at = 0
        return True

    def _chunk(self) -> bytes:
        """The next part of the file; of a packed one that breaks off, or is broken, what came before."""
        parts: list[bytes] = []
        got = 0
        while got < CHUNK:
            try:
                part = self._stream.read1(CHUNK - got)
            except (EOFError, OSError, zlib.error) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise
                break
            if not part:
                break
            parts.append(part)
            got += len(part)
        return b"".join(parts)

    def peek(self, size: int) -> bytes:
        """The next bytes without passing them; fewer at the end of the file."""
        while len(self.data) - self.at < size and self.more():
            pass
        return self.data[self.at : self.at + size]

    def need(self, size: int) -> bytes:
        """The next bytes, passed.

        Raises:
            _Ended: the file has fewer.
        """
        found = self.peek(size)
        if len(found) < size:
            raise _Ended
        self.at += size
        return found


def _pcap(window: _Window, order: str, parts: int) -> Iterator[Packet]:
    head = window.need(pcap.FileHdr.__hdr_len__)
    read = (pcap.LEFileHdr if order == "<" else pcap.FileHdr)(head)
    link = read.linktype & 0x0FFFFFFF  # the upper bits tell of a frame check sequence
    record = struct.Struct(order + "IIII")
    unpack, size, largest = record.unpack_from, record.size, limits.CAPTURE_FRAME_BYTES
    data, at, end = window.data, window.at, len(window.data)
    share = 1 / parts
    while True:
        start = at + size
        if start <= end:
            seconds, part, kept, _ = unpack(data, at)
            stop = start + kept
            if kept > largest:
                window.at = at
                raise window.wrong(f"a packet of {kept:,} bytes")
            if stop <= end:
                yield Packet(seconds + part * share, link, data[start:stop])
                at = stop
                continue
        window.at = at
        if window.more():
            data, at, end = window.data, 0, len(window.data)
        elif at < end:
            raise _Ended
        else:
            return


# ---------------------------------------------------------------- pcapng


class _Interface(NamedTuple):
    link: int
    parts: float
    """One unit of its clock, in seconds."""
    shift: int
    """Seconds to be added."""
    longest: int
    """What it keeps of a packet; 0: all."""


def _pcapng(window: _Window) -> Iterator[Packet]:
    order, interfaces = "<", list[_Interface]()
    while True:
        head = window.peek(12)
        if not head:
            return
        if len(head) < 12:
            raise _Ended
        if head[:4] == b"\x0a\x0d\x0d\x0a":
            order = _byte_order(window, head)
            interfaces = []
        kind, length = struct.unpack(order + "II", head[:8])
        _check_length(window, kind, length)
        if kind in (_PACKET, _OLD_PACKET, _SIMPLE):
            yield _packet(window, kind, window.peek(length), order, interfaces)
        elif kind == _INTERFACE:
            interfaces.append(_interface(window, window.peek(length), order))
            if len(interfaces) > limits.CAPTURE_INTERFACES:
                raise window.wrong(f"more than {limits.CAPTURE_INTERFACES:,} interfaces")
        window.need(length)
        yield from _run(window, order, interfaces)


def _byte_order(window: _Window, head: bytes) -> str:
    if head[8:12] == struct.pack("<I", pcapng.BYTE_ORDER_MAGIC):
        return "<"
    if head[8:12] == struct.pack(">I", pcapng.BYTE_ORDER_MAGIC):
        return ">"
    raise window.wrong("a section without a byte order")


def _check_length(window: _Window, kind: int, length: int) -> None:
    largest = limits.CAPTURE_BLOCK_BYTES
    if kind in (_PACKET, _OLD_PACKET, _SIMPLE):
        largest = limits.CAPTURE_FRAME_BYTES + 64 * 1024  # comments may stand behind a packet
    if length < 12 or length % 4 or length > largest:
        raise window.wrong(f"a block of {length:,} bytes")


def _run(window: _Window, order: str, interfaces: list[_Interface]) -> Iterator[Packet]:
    """The packets that follow each other in the buffer: nearly all of a file, so nearly all of the time."""
    block = struct.Struct(order + "IIIIII")
    unpack, largest = block.unpack_from, limits.CAPTURE_FRAME_BYTES
    data, at, end, known = window.data, window.at, len(window.data), len(interfaces)
    while at + 28 <= end:
        kind, length, number, high, low, kept = unpack(data, at)
        start = at + 28
        stop = at + length
        if kind != _PACKET or length % 4 or start + kept + 4 > stop or number >= known or kept > largest:
            break
        if stop > end:
            break
        source = interfaces[number]
        yield Packet(
            (high << 32 | low) * source.parts + source.shift, source.link, data[start : start + kept]
        )
        at = stop
    window.at = at


def _packet(window: _Window, kind: int, block: bytes, order: str, interfaces: list[_Interface]) -> Packet:
    """One packet block, looked at closely: the first of a run, or one that is out of the ordinary."""
    length = struct.unpack(order + "I", block[4:8])[0] if len(block) >= 8 else 0
    if len(block) < length:
        raise _Ended
    number, units, start, kept = 0, 0, 28, 0
    if kind == _SIMPLE:
        start = 12
        wanted = struct.unpack(order + "I", block[8:12])[0]
        kept = min(wanted, interfaces[0].longest or wanted) if interfaces else wanted
    elif length >= 32:
        first, high, low, kept = struct.unpack(order + "IIII", block[8:24])
        number = first
        if kind == _OLD_PACKET:  # a 16-bit number and a count of drops
            number = struct.unpack(order + "H", block[8:10])[0]
        units = high << 32 | low
    if start + kept + 4 > length or kept > limits.CAPTURE_FRAME_BYTES:
        raise window.wrong(f"a packet of {kept:,} bytes in a block of {length:,}")
    if number >= len(interfaces):
        raise window.wrong(f"a packet of interface {number}, which is not described")
    source = interfaces[number]
    return Packet(units * source.parts + source.shift, source.link, block[start : start + kept])


def _interface(window: _Window, block: bytes, order: str) -> _Interface:
    if len(block) < struct.unpack(order + "I", block[4:8])[0]:
        raise _Ended
    kind = pcapng.InterfaceDescriptionBlockLE if order == "<" else pcapng.InterfaceDescriptionBlock
    try:
        read = kind(block)
    except Exception as error:  # whatever the library says of it
        raise window.wrong(f"an interface that cannot be read: {error}") from None
    parts, shift = 1e-6, 0
    for option in read.opts:
        if option.code == pcapng.PCAPNG_OPT_IF_TSRESOL and len(option.data) >= 1:
            power = option.data[0]
            parts = 2.0 ** -(power & 0x7F) if power & 0x80 else 10.0 ** -(power & 0x7F)
        elif option.code == pcapng.PCAPNG_OPT_IF_TSOFFSET and len(option.data) >= 8:
            shift = struct.unpack(order + "q", option.data[:8])[0]
    return _Interface(read.linktype, parts, shift, read.snaplen)
