"""A TFTP server that stays up: tftpy's packets under a loop of our own.

One thread and two sockets, one that listens and one that all transfers share: a transfer is known by its
client's address and port, so neither silent clients nor many of them use anything up but a little memory.
Whatever a client sends, and whatever the source of the files does, the server goes on.
"""

import contextlib
import heapq
import itertools
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import attrs
from tftpy.TftpPacketTypes import TftpPacketACK, TftpPacketERR, TftpPacketRRQ

from phoneemu.net import tftpwire as wire
from phoneemu.net.address import family_of
from phoneemu.net.tftp import Patience

Client = tuple[str, int]

BUFFER_BYTES = 4 * 1024 * 1024
"""Room for requests that come at once, as after a reset of all phones."""


@attrs.frozen(kw_only=True)
class Outgoing:
    """One datagram before it is sent: after how many seconds, and whether from a stranger's port."""

    data: bytes
    delay: float = 0.0
    stranger: bool = False


@attrs.frozen
class ErrorAnswer:
    """An answer in place of a file."""

    code: int
    text: str


Offered = bytes | Iterator[bytes] | ErrorAnswer | None
Offer = Callable[[str, str], Offered]
"""(name, client's address) -> the file, its chunks, an error, or None: no such file."""
Tamper = Callable[[str, Outgoing], Sequence[Outgoing]]
"""(name, what would be sent) -> what is sent in its place; faults of a lab."""


@attrs.define(eq=False)
class _Session:
    """One transfer: what it sends, and what it waits for."""

    name: str
    client: tuple[str | int, ...]
    chunks: Iterator[bytes]
    block_size: int
    block: int = 0
    kept: bytes = b""
    last: bytes = b""
    final: bool = False
    repeated: int = 0
    due: float = 0.0

    def next_block(self) -> bytes:
        """The next block's content; shorter than a block is the last."""
        while len(self.kept) < self.block_size:
            chunk = next(self.chunks, None)
            if chunk is None:
                self.final = True
                break
            self.kept += chunk
        content, self.kept = self.kept[: self.block_size], self.kept[self.block_size :]
        if len(content) == self.block_size:
            self.final = False
        return content


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
        self._sessions: dict[Client, _Session] = {}
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
        """Bind and serve in a thread of its own.

        Raises:
            OSError: the address is taken, or none of this machine.
        """
        self._stopping = False
        try:
            self._requests = self._bound(self.port)
            self.port = self._requests.getsockname()[1]
            self._transfers = self._bound(0)
            self._strangers = self._bound(0)
        except OSError:
            self._close()
            raise
        self._wake, woken = socket.socketpair()
        self._sockets += [self._wake, woken]
        self._selector = selectors.DefaultSelector()
        for each in (self._requests, self._transfers, woken):
            self._selector.register(each, selectors.EVENT_READ)
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
        self._later.clear()
        self._close()

    def _close(self) -> None:
        for each in self._sockets:
            each.close()
        self._sockets.clear()

    def _bound(self, port: int) -> socket.socket:
        sock = socket.socket(family_of(self.host), socket.SOCK_DGRAM)
        self._sockets.append(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        sock.bind((self.host, port))
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
                if key.fileobj is self._requests:
                    self._drain(self._requests, self._request)
                elif key.fileobj is self._transfers:
                    self._drain(self._transfers, self._answer)
            now = time.monotonic()
            while self._later and self._later[0][0] <= now:
                heapq.heappop(self._later)[2]()

    def _drain(self, sock: socket.socket, handle: Callable[[bytes, tuple[str | int, ...]], None]) -> None:
        for _ in range(256):  # then the timers have their turn
            try:
                datagram, client = sock.recvfrom(wire.DATAGRAM)
            except OSError:  # nothing more, or an earlier datagram could not be delivered
                return
            handle(datagram, client)

    def _at(self, moment: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._later, (moment, next(self._order), what))

    # ------------------------------------------------------------ requests

    def _request(self, datagram: bytes, client: tuple[str | int, ...]) -> None:
        packet = wire.decode(datagram)
        if not isinstance(packet, TftpPacketRRQ):
            code = {1: wire.NOT_FOUND, 2: wire.ACCESS}.get(wire.opcode(datagram), wire.ILLEGAL)
            if wire.opcode(datagram) != 5:  # an error is never answered
                self._refuse(client, code, "no such request")
            return
        key = _key(client)
        running = self._sessions.get(key)
        if running is not None and running.name == packet.filename:
            self._send(running, running.last)  # it asks again: our answer was lost
            return
        self.requests += 1
        if packet.mode not in ("octet", "netascii"):
            self._refuse(client, wire.ILLEGAL, "mode not supported")
        elif len(self._sessions) >= self._most:
            self._refuse(client, 0, "busy")
        else:
            self._begin(packet, client)

    def _begin(self, packet: TftpPacketRRQ, client: tuple[str | int, ...]) -> None:
        name = str(packet.filename)
        try:
            offered = self._offer(name, str(client[0]))
        except Exception:
            offered = ErrorAnswer(0, "the file cannot be read")
        if offered is None:
            offered = ErrorAnswer(wire.NOT_FOUND, "File not found")
        if isinstance(offered, ErrorAnswer):
            self._refuse(client, offered.code, offered.text)
            return
        asked = {key.lower(): wire.number(value) for key, value in packet.options.items()}
        agreed: dict[str, str] = {}
        block_size = asked.get("blksize")
        if block_size is not None and block_size >= wire.SMALLEST:
            block_size = min(block_size, wire.LARGEST)
            agreed["blksize"] = str(block_size)
        else:
            block_size = wire.BLOCK
        if "tsize" in asked and isinstance(offered, bytes):
            agreed["tsize"] = str(len(offered))
        chunks = iter((offered,)) if isinstance(offered, bytes) else offered
        session = _Session(name, client, chunks, block_size)
        self._sessions[_key(client)] = session
        if agreed:
            self._send(session, wire.oack(agreed), fresh=True)
        else:
            self._advance(session)

    def _refuse(self, client: tuple[str | int, ...], code: int, text: str) -> None:
        with contextlib.suppress(OSError):
            self._transfers.sendto(wire.error(code, text), client)

    # ------------------------------------------------------------ transfers

    def _answer(self, datagram: bytes, client: tuple[str | int, ...]) -> None:
        session = self._sessions.get(_key(client))
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
            content = session.next_block()
        except Exception:
            self._refuse(session.client, 0, "the file cannot be read further")
            self._end(session)
            return
        session.block += 1
        self._send(session, wire.data(session.block, content), fresh=True)

    def _end(self, session: _Session) -> None:
        self._sessions.pop(_key(session.client), None)

    def _send(self, session: _Session, datagram: bytes, *, fresh: bool = False) -> None:
        session.last = datagram
        if fresh:
            session.repeated = 0
        sent = Outgoing(data=datagram)
        for each in (sent,) if self._tamper is None else self._tamper(session.name, sent):
            if each.delay > 0:
                self._at(time.monotonic() + each.delay, lambda each=each: self._out(session, each))  # type: ignore[misc]
            else:
                self._out(session, each)
        session.due = time.monotonic() + self._patience.waits[session.repeated]
        self._at(session.due, lambda due=session.due: self._overdue(session, due))  # type: ignore[misc]

    def _out(self, session: _Session, each: Outgoing) -> None:
        with contextlib.suppress(OSError):
            (self._strangers if each.stranger else self._transfers).sendto(each.data, session.client)

    def _overdue(self, session: _Session, due: float) -> None:
        if session.due != due or self._sessions.get(_key(session.client)) is not session:
            return
        session.repeated += 1
        if session.repeated >= len(self._patience.waits):
            self._end(session)
        else:
            self._send(session, session.last)


def _key(client: tuple[str | int, ...]) -> Client:
    return str(client[0]), int(client[1])
