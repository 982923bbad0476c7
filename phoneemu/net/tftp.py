"""Fetching a file by TFTP: tftpy's packets under a loop of our own.

tftpy's own client takes blocks from anybody, never ends when the server does not, and stops at a block from
the future. Here only the server's own transfer counts, size and time are limited, and the announced size is
held to; a bad datagram is as good as none, and so is whatever a stranger sends or leads the system to report.
"""

import contextlib
import socket
import sys
import time

import attrs
from tftpy.TftpPacketTypes import TftpPacketDAT, TftpPacketERR, TftpPacketOACK

from phoneemu.core import limits
from phoneemu.net import tftpwire as wire

Address = tuple[object, ...]
"""As the system writes it: host, port, and of IPv6 two more, without which hosts of a link are not found."""


@attrs.frozen(kw_only=True)
class Patience:
    """How long a request waits.

    `waits` are the seconds before each repetition, the last before giving up; `total` is for the whole file.
    """

    waits: tuple[float, ...] = attrs.field(
        default=(0.5, 1.0, 2.0, 4.0), validator=attrs.validators.min_len(1)
    )
    # the first is a capture's 0.506 s [C214535], the rest assumed to double
    total: float = 60.0


@attrs.define(kw_only=True)
class Tally:
    """What a transfer was like; filled while it goes on."""

    retries: int = 0
    port: int | None = None
    agreed: tuple[str, ...] | None = None


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
    tally: Tally | None = None,
) -> bytes:
    """Fetch a file whole; each of the host's addresses is tried.

    Raises:
        NoSuchFile: the server has none of this name.
        NoAnswer: nothing came, or not within the limits.
    """
    options = ({} if blksize is None else {"blksize": str(blksize)}) | ({"tsize": "0"} if tsize else {})
    try:
        if blksize is not None and not wire.SMALLEST <= blksize <= wire.LARGEST:
            raise ValueError(f"no block has {blksize} bytes")
        if not 0 < port <= 0xFFFF:  # the system would ask at another one
            raise ValueError(f"no port is {port}")
        request = wire.request(name, options)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, ValueError) as error:  # a name may be no host name, or no file name
        raise NoAnswer(f"cannot ask {host} for {name!r}: {error}") from error
    deadline = time.monotonic() + patience.total
    for at, (family, _, _, _, address) in enumerate(found):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                agreeable = _Agreeable(blksize=blksize, tsize=tsize, limit=limit)
                transfer = _Transfer(sock, address, request, patience, deadline, agreeable)
                transfer.tally = tally or transfer.tally
                return transfer.run()
        except OSError as error:
            failed = NoAnswer(str(error))
        except NoAnswer as error:
            failed = error
        if at + 1 == len(found):
            raise failed
    raise NoAnswer(f"{host} has no address")


@attrs.frozen(kw_only=True)
class _Agreeable:
    """What the request asked for: a server may agree to that, and to nothing else."""

    blksize: int | None
    tsize: bool
    limit: int

    def holds(self, said: dict[str, int | None]) -> bool:
        """Whether these options were asked, and these values may answer them [RFC 2347, 2348, 2349]."""
        blksize = said.get("blksize", wire.SMALLEST)
        return (
            said.keys() <= {"blksize", "tsize"}
            and None not in said.values()
            and ("tsize" not in said or self.tsize)
            and ("blksize" not in said or self.blksize is not None)
            and blksize is not None
            and wire.SMALLEST <= blksize <= (self.blksize or wire.SMALLEST)
        )


class _Transfer:
    """One file from one address."""

    def __init__(
        self,
        sock: socket.socket,
        server: Address,
        request: bytes,
        patience: Patience,
        deadline: float,
        agreeable: _Agreeable,
    ) -> None:
        self.tally = Tally()
        self._socket = sock
        self._server = server
        self._peer: Address | None = None
        self._last = request
        self._waits = patience.waits
        self._deadline = deadline
        self._asked = agreeable
        self._limit = agreeable.limit
        self._agreed = False
        self._sent = 0.0
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
                self.tally.retries += 1
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
        self._last, self._sent = datagram, time.monotonic()
        try:
            self._socket.sendto(datagram, self._peer or self._server)
        except OSError as error:
            self._judge(error)
            self._socket.sendto(datagram, self._peer or self._server)

    def _repeat(self) -> None:
        """Our receipt may be lost; but a line that doubles is not answered twice, or it doubles for good."""
        if time.monotonic() - self._sent >= self._waits[0] / 2:
            self._send(self._last)

    def _receive(self, seconds: float) -> wire.Packet | None:
        """The next packet of this transfer; None after the time, or for what is none of ours."""
        self._socket.settimeout(max(seconds, 0.001))
        try:
            datagram, sender = self._socket.recvfrom(wire.DATAGRAM)
        except TimeoutError:
            return None
        except OSError as error:
            self._judge(error)
            return None
        packet = wire.decode(datagram)
        if self._peer is None and sender[0] == self._server[0]:
            if _begins(packet):
                self._peer = sender
                self.tally.port = int(str(sender[1]))
            return packet if self._peer is not None or isinstance(packet, TftpPacketERR) else None
        if self._peer is None or sender[:2] != self._peer[:2]:
            self._turn_away(sender, datagram)
            return None
        return packet

    def _turn_away(self, stranger: Address, datagram: bytes) -> None:
        if wire.opcode(datagram) == 5:  # an error is never answered, or two would go on for ever
            return
        try:
            self._socket.sendto(wire.error(wire.UNKNOWN_ID, "Unknown transfer ID"), stranger)
        except OSError as error:
            self._judge(error, sent_to=stranger)

    def _judge(self, error: OSError, *, sent_to: Address | None = None) -> None:
        """Go on when an error is about a stranger who got our answer; a stranger must not end a transfer.

        Raises:
            NoAnswer: it is about our server, or about this machine.
        """
        peer = self._peer or self._server
        about = {each[:2] for each in _undelivered(self._socket)}
        if peer[:2] in about or (not about and sent_to is None):
            refused = isinstance(error, ConnectionRefusedError)
            raise NoAnswer("nobody listens there" if refused else str(error)) from error

    def _take(self, packet: wire.Packet) -> bool:
        """Take one packet; whether it brought the transfer on."""
        if isinstance(packet, TftpPacketERR):
            text = wire.error_text(packet)
            if packet.errorcode == wire.NOT_FOUND or (not packet.errorcode and "not found" in text.lower()):
                raise NoSuchFile(text)
            raise NoAnswer(f"error {packet.errorcode}: {text}")
        if isinstance(packet, TftpPacketOACK):
            return self._agree(packet.options)
        return isinstance(packet, TftpPacketDAT) and self._block(packet.blocknumber, bytes(packet.data))

    def _agree(self, options: dict[str, str]) -> bool:
        if self._agreed or self._parts:
            if not self._parts:
                self._repeat()
            return False
        said = {key.lower(): wire.number(value) for key, value in options.items()}
        if not self._asked.holds(said):
            self._send(wire.error(wire.NO_OPTIONS, "Failed to negotiate options"))
            raise NoAnswer("the server agrees to what was not asked")
        size = said.get("tsize")
        if size is not None and size > self._limit:
            self._send(wire.error(wire.FULL, "too large"))
            raise NoAnswer(f"{size:,} bytes are announced, {self._limit:,} are the limit")
        self._agreed, self._announced = True, size
        self.tally.agreed = tuple(f"{key}={value}" for key, value in said.items())
        self._block_size = said.get("blksize") or wire.BLOCK
        self._send(wire.ack(0))
        return True

    def _block(self, number: int, content: bytes) -> bool:
        if number != self._expected & 0xFFFF:
            if self._parts and number == (self._expected - 1) & 0xFFFF:
                self._repeat()
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


def _begins(packet: wire.Packet | None) -> bool:
    """Whether a transfer begins with it; its sender's port is the transfer's from then on."""
    return isinstance(packet, TftpPacketOACK) or (
        isinstance(packet, TftpPacketDAT) and packet.blocknumber == 1
    )


if sys.platform == "linux":

    def _report_refusals(sock: socket.socket) -> None:
        """Let the system tell when nobody listens at a port: IP_RECVERR."""
        level, option = (41, 25) if sock.family == socket.AF_INET6 else (0, 11)
        with contextlib.suppress(OSError):
            sock.setsockopt(level, option, 1)

    def _undelivered(sock: socket.socket) -> list[Address]:
        """To whom it was what could not be delivered; unread, this news would wake the socket for ever."""
        found: list[Address] = []
        before = sock.gettimeout()
        sock.settimeout(0)
        with contextlib.suppress(OSError):  # nothing more
            while True:
                found.append(sock.recvmsg(1, 0, socket.MSG_ERRQUEUE)[3])
        sock.settimeout(before)
        return found

else:

    def _report_refusals(sock: socket.socket) -> None:
        """Ask nothing: this system does not say to whom an undelivered datagram went."""

    def _undelivered(sock: socket.socket) -> list[Address]:  # noqa: ARG001 - as above
        """Nothing: as above."""
        return []
