"""A TFTP server that stays up: tftpy's packets under a loop of our own.

One thread and a handful of sockets: one that listens, and a few ports that all transfers share. A transfer is
known by its client's address and both ports, so neither silent clients nor many of them use anything up but a
little memory, while two transfers of one client never share a port: an old one is not mistaken for the new.
Whatever a client sends, and whatever the source of the files does, the server goes on.
"""

import contextlib
import heapq
import itertools
import math
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import attrs
from tftpy.TftpPacketTypes import TftpPacketACK, TftpPacketERR, TftpPacketRRQ

from phoneemu.net import tftpwire as wire
from phoneemu.net.address import family_of
from phoneemu.net.tftp import Patience

Client = tuple[str | int, ...]

PORTS = 4
"""Ports that transfers are sent from, in turns."""

REQUEST_BYTES = 2048
"""Longest request that is read; RFC 2347 allows 512 bytes, and reading a long one takes the others' time."""

BUFFER_BYTES = 4 * 1024 * 1024
"""Room for requests that come at once, as after a reset of all phones."""


@attrs.frozen(kw_only=True)
class Outgoing:
    """One datagram before it is sent: after how many seconds, and whether from a stranger's port.

    `block` is the number of a block, and None for anything else.
    """

    data: bytes
    block: int | None = None
    delay: float = 0.0
    stranger: bool = False


@attrs.frozen
class ErrorAnswer:
    """An answer in place of a file.

    Raises:
        ValueError: the code does not fit into a datagram.
    """

    code: int = attrs.field(validator=[attrs.validators.ge(0), attrs.validators.le(0xFFFF)])
    text: str


Offered = bytes | Iterator[bytes] | ErrorAnswer | None
Offer = Callable[[str, str], Offered]
"""(name, client's address) -> the file, its chunks, an error, or None: no such file."""
Tamper = Callable[[str, Outgoing], Sequence[Outgoing]]
"""(name, what would be sent about it) -> what is sent in its place; faults of a lab."""


class _Blocks:
    """A file as blocks: cut where it is whole, pulled as needed where it comes in chunks."""

    def __init__(self, file: bytes | Iterator[bytes], size: int) -> None:
        self.size = size
        self._chunks: Iterator[bytes] = iter(()) if isinstance(file, bytes) else file
        self._kept = file if isinstance(file, bytes) else b""
        self._at = 0

    def next(self) -> bytes:
        """The next block's content; what is shorter than a block is the last."""
        while len(self._kept) - self._at < self.size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._kept, self._at = self._kept[self._at :] + chunk, 0
        content = self._kept[self._at : self._at + self.size]
        self._at += len(content)
        return content


@attrs.define(eq=False)
class _Session:
    """One transfer: what it sends, and what it waits for."""

    name: str
    client: Client
    port: int
    blocks: _Blocks
    block: int = 0
    last: bytes = b""
    final: bool = False
    repeated: int = 0
    due: float = 0.0
    timer: float = math.inf


class TftpServer:
    """Serve files of `offer` on an address; a context manager. `requests` counts what was asked."""

    def __init__(
        self,
        host: str,
        port: int,
        offer: Offer,
        *,
        patience: Patience = Patience(waits=(1.0, 2.0, 4.0)),  # noqa: B008 - a frozen value
        tamper: Tamper | None = None,
        sessions: int = 4096,
    ) -> None:
        self.host = host
        self.port = port
        self.requests = 0
        self._offer = offer
        self._patience = patience
        self._tamper = tamper
        self._most = sessions
        self._sessions: dict[tuple[int, Client], _Session] = {}
        self._latest: dict[Client, _Session] = {}
        self._turns = itertools.count()
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._thread: threading.Thread | None = None
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> "TftpServer":  # noqa: PYI034 - never subclassed
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Bind and serve in a thread of its own; nothing when it does already.

        Raises:
            OSError: the address is taken, or none of this machine, or descriptors have run out.
            OverflowError: no port has this number.
        """
        if self._thread is not None:
            return
        self._stopping = False
        try:
            self._requests = self._bound(self.port)
            self._transfers = [self._bound(0) for _ in range(PORTS)]
            self._strangers = self._bound(0)
            self._wake, woken = socket.socketpair()
            self._sockets += [self._wake, woken]
            self._selector = selectors.DefaultSelector()
        except BaseException:
            self._close()
            raise
        self._selector.register(woken, selectors.EVENT_READ)
        self._selector.register(self._requests, selectors.EVENT_READ, self._request)
        for number, each in enumerate(self._transfers):
            self._selector.register(each, selectors.EVENT_READ, partial(self._answer, number))
        self.port = self._requests.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name=f"tftp {self.port}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End all transfers and free the port; what is stopped may start again."""
        if self._thread is None:
            return
        self._stopping = True
        self._wake.send(b".")
        self._thread.join()
        self._thread = None
        self._selector.close()
        self._sessions.clear()
        self._latest.clear()
        self._later.clear()
        self._close()

    def _close(self) -> None:
        for each in self._sockets:
            each.close()
        self._sockets.clear()

    def _bound(self, port: int) -> socket.socket:
        family, kind = family_of(self.host), socket.SOCK_DGRAM
        # by its look-up, or an address of a link would lose its interface
        found = socket.getaddrinfo(self.host or None, 0, family, kind, 0, socket.AI_PASSIVE)[0][4]
        sock = socket.socket(family, kind)
        self._sockets.append(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        sock.bind((found[0], port, *found[2:]))
        sock.settimeout(0)
        return sock

    # ------------------------------------------------------------ the loop

    def _run(self) -> None:
        while not self._stopping:
            wait = None
            if self._later:
                wait = max(0.0, self._later[0][0] - time.monotonic())
            ready = self._selector.select(wait)
            for key, _ in ready:
                if key.data is not None and isinstance(key.fileobj, socket.socket):
                    self._drain(key.fileobj, key.data)
            now = time.monotonic()
            while self._later and self._later[0][0] <= now:
                heapq.heappop(self._later)[2]()

    def _drain(self, sock: socket.socket, handle: Callable[[bytes, Client], None]) -> None:
        for _ in range(256):  # then the timers have their turn
            try:
                datagram, client = sock.recvfrom(REQUEST_BYTES + 1)
            except OSError:  # nothing more, or an earlier datagram could not be delivered
                return
            handle(datagram, client)

    def _at(self, moment: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._later, (moment, next(self._order), what))

    # ------------------------------------------------------------ requests

    def _request(self, datagram: bytes, client: Client) -> None:
        packet = _read(datagram)
        if not isinstance(packet, TftpPacketRRQ):
            if wire.opcode(datagram) != 5:  # an error is never answered
                code = {1: _why_unread(datagram), 2: wire.ACCESS}.get(wire.opcode(datagram), wire.ILLEGAL)
                self._refuse("", client, ErrorAnswer(code, "no such request"))
            return
        name = str(packet.filename)
        running = self._latest.get(client)
        if running is not None and running.name == name and running.block <= 1:
            self._send(running, running.last)  # it asks again: our answer was lost
            return
        self.requests += 1
        if packet.mode not in ("octet", "netascii"):
            self._refuse(name, client, ErrorAnswer(wire.ILLEGAL, "mode not supported"))
        elif len(self._sessions) >= self._most:
            self._refuse(name, client, ErrorAnswer(0, "busy"))
        else:
            self._begin(name, client, packet.options)

    def _begin(self, name: str, client: Client, options: dict[str, str]) -> None:
        try:
            offered = self._offer(name, str(client[0]))
        except Exception:
            offered = ErrorAnswer(0, "the file cannot be read")
        if offered is None:
            offered = ErrorAnswer(wire.NOT_FOUND, "File not found")
        if isinstance(offered, ErrorAnswer):
            self._refuse(name, client, offered)
            return
        asked = {key.lower(): wire.number(value) for key, value in options.items()}
        agreed: dict[str, str] = {}
        block_size = asked.get("blksize")
        if block_size is not None and block_size >= wire.SMALLEST:
            block_size = min(block_size, wire.LARGEST)
            agreed["blksize"] = str(block_size)
        else:
            block_size = wire.BLOCK
        if "tsize" in asked and isinstance(offered, bytes):
            agreed["tsize"] = str(len(offered))
        session = _Session(name, client, self._port_for(client), _Blocks(offered, block_size))
        self._sessions[session.port, client] = self._latest[client] = session
        if agreed:
            self._send(session, wire.oack(agreed), fresh=True)
        else:
            self._advance(session)

    def _port_for(self, client: Client) -> int:
        """Another port than this client's last transfer has."""
        running = self._latest.get(client)
        return (running.port + 1 if running is not None else next(self._turns)) % PORTS

    def _refuse(self, name: str, client: Client, answer: ErrorAnswer) -> None:
        self._out(
            name, client, next(self._turns) % PORTS, Outgoing(data=wire.error(answer.code, answer.text))
        )

    # ------------------------------------------------------------ transfers

    def _answer(self, port: int, datagram: bytes, client: Client) -> None:
        session = self._sessions.get((port, client))
        if session is None:
            return
        packet = wire.decode(datagram)
        if isinstance(packet, TftpPacketERR):
            self._end(session)
        elif isinstance(packet, TftpPacketACK) and packet.blocknumber == session.block & 0xFFFF:
            if session.block and session.final:
                self._end(session)
            else:
                self._advance(session)
        # any other receipt is an old one: answering it would double every datagram from then on

    def _advance(self, session: _Session) -> None:
        try:
            content = session.blocks.next()
        except Exception:
            self._end(session)
            self._out(
                session.name,
                session.client,
                session.port,
                Outgoing(data=wire.error(0, "the file cannot be read further")),
            )
            return
        session.block += 1
        session.final = len(content) < session.blocks.size
        self._send(session, wire.data(session.block, content), fresh=True)

    def _end(self, session: _Session) -> None:
        if self._lives(session):
            del self._sessions[session.port, session.client]
        if self._latest.get(session.client) is session:
            del self._latest[session.client]

    def _lives(self, session: _Session) -> bool:
        return self._sessions.get((session.port, session.client)) is session

    def _send(self, session: _Session, datagram: bytes, *, fresh: bool = False) -> None:
        session.last = datagram
        if fresh:
            session.repeated = 0
        sent = Outgoing(data=datagram, block=session.block & 0xFFFF if session.block else None)
        self._out(session.name, session.client, session.port, sent)
        session.due = time.monotonic() + self._patience.waits[session.repeated]
        self._watch(session)

    def _watch(self, session: _Session) -> None:
        """Look after a session when it is due; one that has a timer gets another only for an earlier time."""
        if session.due < session.timer:
            session.timer = session.due
            self._at(session.due, partial(self._overdue, session, session.due))

    def _overdue(self, session: _Session, moment: float) -> None:
        if session.timer != moment or not self._lives(session):
            return
        session.timer = math.inf
        if session.due > moment:  # it went on meanwhile
            self._watch(session)
            return
        session.repeated += 1
        if session.repeated >= len(self._patience.waits):
            self._end(session)
        else:
            self._send(session, session.last)

    # ------------------------------------------------------------ sending

    def _out(self, name: str, client: Client, port: int, sent: Outgoing) -> None:
        """Send this, or what the faults make of it."""
        instead: Sequence[Outgoing] = (sent,)
        if self._tamper is not None and name:
            try:
                instead = tuple(self._tamper(name, sent))
            except Exception:
                instead = (Outgoing(data=wire.error(0, "the fault cannot be made")),)
        for each in instead:
            if each.delay > 0:
                self._at(time.monotonic() + each.delay, partial(self._put, client, port, each))
            else:
                self._put(client, port, each)

    def _put(self, client: Client, port: int, each: Outgoing) -> None:
        with contextlib.suppress(OSError):
            (self._strangers if each.stranger else self._transfers[port]).sendto(each.data, client)


def _read(datagram: bytes) -> wire.Packet | None:
    """The packet of a datagram; options that cannot be read are as good as none."""
    if len(datagram) > REQUEST_BYTES:
        return None
    packet = wire.decode(datagram)
    if packet is None and datagram.count(b"\0", 2) > 1:
        name, mode, _ = datagram[2:].split(b"\0", 2)
        packet = wire.decode(datagram[:2] + name + b"\0" + mode + b"\0")
    return packet


def _why_unread(datagram: bytes) -> int:
    """The error of a read request that is none: no file has such a name, or it is no request at all."""
    name = datagram[2:].partition(b"\0")[0]
    return wire.ILLEGAL if name.isascii() else wire.NOT_FOUND
