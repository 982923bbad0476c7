"""Fetching a file by TFTP: tftpy's packets under a loop of our own.

tftpy's own client takes blocks from anybody, never ends when the server does not, and stops at a block from
the future. Here only the server's own transfer counts, size and time are limited, and the announced size is
held to; a bad datagram is as good as none.
"""

import contextlib
import socket
import sys
import time

import attrs
from tftpy.TftpPacketTypes import TftpPacketDAT, TftpPacketERR, TftpPacketOACK

from phoneemu.core import limits
from phoneemu.net import tftpwire as wire

Address = tuple[str, int]


@attrs.frozen(kw_only=True)
class Patience:
    """How long a request waits.

    `waits` are the seconds before each repetition, the last before giving up; `total` is for the whole file.
    """

    waits: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    total: float = 60.0


class NoSuchFile(Exception):  # noqa: N818 - an answer, not a fault
    """The server says it has no such file."""


class NoAnswer(Exception):  # noqa: N818 - as above
    """No file came: silence, another error, a limit, a broken transfer; the text says which."""


def fetch(
    host: str,
    port: int,
    name: str,
    *,
    patience: Patience = Patience(),
    limit: int = limits.DOWNLOAD_BYTES,
    blksize: int | None = None,
    tsize: bool = False,
) -> bytes:
    """Fetch a file whole; each of the host's addresses is tried.

    Raises:
        NoSuchFile: the server has none of this name.
        NoAnswer: nothing came, or not within the limits.
    """
    options = ({"blksize": str(blksize)} if blksize else {}) | ({"tsize": "0"} if tsize else {})
    try:
        request = wire.request(name, options)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, ValueError) as error:  # a name may be no host name, or no file name
        raise NoAnswer(f"cannot ask {host} for {name!r}: {error}") from error
    deadline = time.monotonic() + patience.total
    for at, (family, _, _, _, address) in enumerate(found):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                where = (str(address[0]), int(address[1]))
                return _Transfer(sock, where, request, patience, deadline, limit, blksize).run()
        except OSError as error:
            failed = NoAnswer(str(error))
        except NoAnswer as error:
            failed = error
        if at + 1 == len(found):
            raise failed
    raise NoAnswer(f"{host} has no address")


class _Transfer:
    """One file from one address."""

    def __init__(
        self,
        sock: socket.socket,
        server: Address,
        request: bytes,
        patience: Patience,
        deadline: float,
        limit: int,
        blksize: int | None,
    ) -> None:
        self._socket = sock
        self._server = server
        self._peer: Address | None = None
        self._last = request
        self._waits = patience.waits
        self._deadline = deadline
        self._limit = limit
        self._asked = blksize
        self._block_size = wire.BLOCK
        self._announced: int | None = None
        self._expected = 1
        self._parts: list[bytes] = []
        self._size = 0
        _report_refusals(sock)

    def run(self) -> bytes:
        """Ask, and take blocks until the last."""
        self._send(self._last)
        repeated, until = 0, time.monotonic() + self._waits[0]
        while True:
            now = time.monotonic()
            if now >= self._deadline:
                raise NoAnswer("took longer than the whole transfer may take")
            if now >= until:
                repeated += 1
                if repeated >= len(self._waits):
                    raise NoAnswer("no answer")
                self._send(self._last)
                until = now + self._waits[repeated]
                continue
            packet = self._receive(min(until, self._deadline) - now)
            if packet is None or not self._take(packet):
                continue
            if self._parts and len(self._parts[-1]) < self._block_size:
                return self._whole()
            repeated, until = 0, time.monotonic() + self._waits[0]

    def _whole(self) -> bytes:
        if self._announced is not None and self._announced != self._size:
            raise NoAnswer(f"{self._announced:,} bytes were announced, {self._size:,} came")
        return b"".join(self._parts)

    def _send(self, datagram: bytes) -> None:
        self._last = datagram
        try:
            self._socket.sendto(datagram, self._peer or self._server)
        except ConnectionRefusedError as error:
            raise NoAnswer("nobody listens there") from error

    def _receive(self, seconds: float) -> wire.Packet | None:
        """The next packet of this transfer; None after the time, or for what is none of ours."""
        self._socket.settimeout(max(seconds, 0.001))
        try:
            datagram, sender = self._socket.recvfrom(wire.DATAGRAM)
        except TimeoutError:
            return None
        except ConnectionRefusedError as error:
            raise NoAnswer("nobody listens there") from error
        source = (str(sender[0]), int(sender[1]))
        if source != self._peer and (self._peer is not None or source[0] != self._server[0]):
            with contextlib.suppress(OSError):
                self._socket.sendto(wire.error(wire.UNKNOWN_ID, "Unknown transfer ID"), source)
            return None
        packet = wire.decode(datagram)
        if self._peer is None and isinstance(packet, TftpPacketDAT | TftpPacketOACK):
            self._peer = source
        return packet

    def _take(self, packet: wire.Packet) -> bool:
        """Take one packet; whether it brought the transfer on."""
        if isinstance(packet, TftpPacketERR):
            text = wire.error_text(packet)
            if packet.errorcode == wire.NOT_FOUND or "not found" in text.lower():
                raise NoSuchFile(text)
            raise NoAnswer(f"error {packet.errorcode}: {text}")
        if isinstance(packet, TftpPacketOACK):
            return self._agree(packet.options)
        return isinstance(packet, TftpPacketDAT) and self._block(packet.blocknumber, bytes(packet.data))

    def _agree(self, options: dict[str, str]) -> bool:
        if self._parts:
            return False  # a late repetition
        said = {key.lower(): wire.number(value) for key, value in options.items()}
        size, blksize = said.pop("tsize", None), said.pop("blksize", wire.BLOCK)
        most = self._asked or wire.BLOCK
        if said or blksize is None or not (wire.SMALLEST <= blksize <= max(most, wire.BLOCK)):
            self._send(wire.error(wire.NO_OPTIONS, "Failed to negotiate options"))
            raise NoAnswer("the server agrees to what was not asked")
        if size is not None and size > self._limit:
            self._send(wire.error(wire.FULL, "too large"))
            raise NoAnswer(f"{size:,} bytes are announced, {self._limit:,} are the limit")
        self._announced, self._block_size = size, blksize
        self._send(wire.ack(0))
        return True

    def _block(self, number: int, content: bytes) -> bool:
        if number != self._expected & 0xFFFF:
            if self._parts and number == (self._expected - 1) & 0xFFFF:
                self._send(wire.ack(number))  # our receipt was lost
            return False  # old or from the future: as good as none
        if len(content) > self._block_size:
            return False
        self._parts.append(content)
        self._size += len(content)
        if self._size > self._limit:
            self._send(wire.error(wire.FULL, "too large"))
            raise NoAnswer(f"larger than {self._limit:,} bytes")
        self._send(wire.ack(number))
        self._expected += 1
        return True


def _report_refusals(sock: socket.socket) -> None:
    """Let the system tell when nobody listens at a port, where it can (Linux IP_RECVERR)."""
    if sys.platform == "linux":
        level, option = (41, 25) if sock.family == socket.AF_INET6 else (0, 11)
        with contextlib.suppress(OSError):
            sock.setsockopt(level, option, 1)
