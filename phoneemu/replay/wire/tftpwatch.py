"""TFTP as seen from beside: transfers out of the datagrams of both sides.

A request goes to port 69 and is answered from a port of its own; the answer that the phone takes up is the
transfer, others are strangers. Windows are followed, since blocks then still come in order.
"""

from collections import OrderedDict

import attrs

from phoneemu.core.vocabulary import Transport
from phoneemu.replay.case import FileOutcome
from phoneemu.replay.wire.sights import Body, Emit, Ends, Larder, SeenFile

READ, WRITE, DATA, ACK, ERROR, OACK = 1, 2, 3, 4, 5, 6
BLOCK = 512
_NOT_FOUND = 1
_TWICE = 0.02
"""Seconds within which the same datagram is no repetition: a mirrored port shows one twice, and so do all
interfaces of a machine. Phones and servers wait longer.
"""
_AHEAD = 64
"""Blocks of the future that are kept because one before them is missing."""


def read_request(datagram: bytes) -> tuple[str, tuple[str, ...]] | None:
    """The name and the options (`blksize=1428`) of a read request, or None."""
    if len(datagram) < 4 or datagram[:2] != b"\0\1":
        return None
    words = datagram[2:].split(b"\0")
    if len(words) < 2 or not words[0]:
        return None
    return _text(words[0]), _options(words[2:])


def _text(word: bytes) -> str:
    return word[:512].decode("utf-8", "replace")


def _options(words: list[bytes]) -> tuple[str, ...]:
    pairs = zip(words[0:32:2], words[1:32:2], strict=False)
    return tuple(f"{_text(key).lower()}={_text(value)}" for key, value in pairs if key)


@attrs.define
class Session:
    """What one port of a server sent for a request, and what of it the phone took up."""

    port: int
    body: Body
    address: bytes
    size: int = BLOCK
    expected: int = 1
    acknowledged: bool = False
    agreed: tuple[str, ...] | None = None
    resent: int = 0
    complete: bool = False
    code: int | None = None
    text: str = ""
    ahead: dict[int, bytes] = attrs.field(factory=dict)
    last: float = 0.0
    """When the newest block came."""
    claimed: int = 0
    """A block that the phone has and that was not seen yet."""

    @property
    def held(self) -> int:
        """Bytes that are held of it, beside what is counted as kept."""
        return self.body.pending + sum(map(len, self.ahead.values()))

    @property
    def holed(self) -> bool:
        """Whether the capture lacks something of it."""
        return self.body.holes > 0 or self.claimed >= self.expected

    def data(self, when: float, number: int, content: bytes) -> None:
        """One block of the server."""
        distance = (number - self.expected) & 0xFFFF
        if self.complete or distance > 0x7FFF:
            self.resent += when - self.last > _TWICE
        elif distance == 0:
            self.last = when
            self._next(content)
            while self.ahead and not self.complete:
                following = self.ahead.pop(self.expected & 0xFFFF, None)
                if following is None:
                    return
                self._next(following)
        elif distance <= _AHEAD:
            self.ahead.setdefault(number, content)

    def _next(self, content: bytes) -> None:
        self.body.add(content)
        self.expected += 1
        self.complete = len(content) < self.size

    def taken(self, number: int) -> None:
        """The phone says it has this block; what is missing up to there is missing in the capture only."""
        self.acknowledged = True
        while not self.complete and (number - self.expected) & 0xFFFF <= _AHEAD:
            fresh = number == self.expected & 0xFFFF and number not in self.ahead
            if fresh and self.claimed < self.expected:
                self.claimed = self.expected  # it may stand in the capture a little later
                return
            following = self.ahead.pop(self.expected & 0xFFFF, None)
            if following is not None:
                self._next(following)
            else:
                self.body.hole(self.size)
                self.expected += 1

    def agree(self, words: list[bytes]) -> None:
        """The server's choice of options."""
        if self.agreed is not None:
            self.resent += 1
            return
        self.agreed = _options(words)
        for option in self.agreed:
            key, _, value = option.partition("=")
            if key == "blksize" and value.isascii() and value.isdigit() and len(value) < 6:
                self.size = max(8, int(value))


class Transfer:
    """One read request and what came of it."""

    def __init__(self, ends: Ends, larder: Larder, when: float, name: str, options: tuple[str, ...]) -> None:
        self.ends = ends
        self.name = name
        self.sessions: dict[tuple[bytes, int], Session] = {}
        self.open = True
        self.last = when
        self._larder = larder
        self._begun = when
        self._options = options
        self._retries = 0
        self._refused = ""

    @property
    def held(self) -> int:
        """Bytes that are held of it."""
        return sum(each.held for each in self.sessions.values())

    def settle(self) -> None:
        """Hash what came."""
        for each in self.sessions.values():
            each.body.settle()

    def repeated(self, when: float) -> None:
        """The same request again."""
        self._retries += when - self.last > _TWICE
        self.last = when

    def session(self, address: bytes, port: int) -> Session | None:
        """The part of the server that speaks from this port; a few are followed, not any number."""
        found = self.sessions.get((address, port))
        if found is None and len(self.sessions) < 4:
            found = Session(port, self._larder.open(self.name), address)
            self.sessions[address, port] = found
        return found

    def from_server(self, session: Session, when: float, datagram: bytes, lost: int) -> None:
        """A datagram of the server, of whose end the capture lost some bytes."""
        self.last = when
        kind = datagram[1] if len(datagram) >= 4 and datagram[0] == 0 else 0
        if kind == DATA:
            if lost:
                session.body.spoil()
            session.data(when, datagram[2] << 8 | datagram[3], datagram[4:] + bytes(lost))
        elif kind == ERROR and session.code is None:
            session.code = datagram[2] << 8 | datagram[3]
            session.text = _text(datagram[4:].partition(b"\0")[0])
        elif kind == OACK:
            session.agree(datagram[2:].split(b"\0"))

    def from_client(self, session: Session, when: float, datagram: bytes) -> bool:
        """A datagram of the phone; True when the transfer is over by it."""
        self.last = when
        kind = datagram[1] if len(datagram) >= 4 and datagram[0] == 0 else 0
        if kind == ACK:
            session.taken(datagram[2] << 8 | datagram[3])
            return session.complete
        if kind == ERROR and len(self.sessions) == 1:
            self._refused = _text(datagram[4:].partition(b"\0")[0]) or f"error {datagram[3]}"
            return True
        if kind == ERROR:
            self.sessions.pop((session.address, session.port), None)  # it did not take that one up
        return False

    def unreachable(self, when: float) -> None:
        """The server's machine says that nobody listens there."""
        self._refused, self.last = "port unreachable", when

    def close(self, *, ended: bool) -> SeenFile:
        """What was seen; `ended` tells that the capture went on, so that nothing more came."""
        self.open = False
        seen = SeenFile(
            ends=self.ends,
            name=self.name,
            transport=Transport.TFTP,
            begun=self._begun,
            ended=self.last,
            options=self._options,
            retries=self._retries,
        )
        session = self._taken()
        if session is not None:
            self._tell(seen, session)
        if session is not None and session.holed and not session.complete:
            seen.remarks.append(f"{self.name}: how it ended is not in the capture")
        elif seen.outcome is None and ended:
            silent = session is None or (session.body.size == 0 and session.agreed is None)
            seen.outcome = FileOutcome.SILENT if silent else FileOutcome.ERROR
            seen.error = self._refused or ("" if silent else f"broke off after {seen.size or 0:,} bytes")
        for other in self.sessions.values():
            if other is not session:
                other.body.abandon()
                seen.remarks.append(f"{self.name}: port {other.port} answered too, and was not taken up")
        return seen

    def _taken(self) -> Session | None:
        """The session that the phone took up: which it acknowledged, else which has most."""
        ranked = sorted(
            self.sessions.values(), key=lambda each: (each.acknowledged, each.complete, each.body.size)
        )
        return ranked[-1] if ranked else None

    def _tell(self, seen: SeenFile, session: Session) -> None:
        seen.transfer_port, seen.resent, seen.agreed = session.port, session.resent, session.agreed
        body = session.body
        seen.size = body.size
        if session.complete:
            seen.digest, seen.body = body.done()
            seen.outcome = FileOutcome.ARRIVED
            if body.holes:
                seen.remarks.append(f"{self.name}: blocks of it are missing in the capture")
        else:
            body.abandon()
        if session.code is not None and not session.complete:
            missing = session.code == _NOT_FOUND or (not session.code and "not found" in session.text.lower())
            seen.outcome = FileOutcome.MISSING if missing else FileOutcome.ERROR
            seen.error = f"error {session.code}: {session.text}"
            seen.size = None
        elif self._refused:
            seen.outcome, seen.error = FileOutcome.ERROR, f"the phone broke off: {self._refused}"
        if body.dropped:
            seen.remarks.append(f"{self.name}: {body.dropped}")


class TftpWatch:
    """All transfers of a capture. Flows are keyed by the twelve (or 36) bytes of addresses and ports."""

    def __init__(self, larder: Larder, emit: Emit) -> None:
        self._larder = larder
        self._emit = emit
        self.asking: OrderedDict[bytes, Transfer] = OrderedDict()
        """Phone's address and port -> its transfer."""

    def request(self, client: bytes, ends: Ends, when: float, datagram: bytes) -> None:
        """A datagram to port 69."""
        read = read_request(datagram)
        if read is None:
            return
        name, options = read
        before = self.asking.get(client)
        if before is not None and before.open:
            if (
                before.name == name
                and before.ends == ends
                and not any(each.body.size or each.code is not None for each in before.sessions.values())
            ):
                before.repeated(when)
                return
            self.finish(client, before, ended=True)
        self.asking[client] = Transfer(ends, self._larder, when, name, options)

    def finish(self, client: bytes, transfer: Transfer, *, ended: bool) -> None:
        """A transfer is over."""
        self.asking.pop(client, None)
        self._emit(transfer.close(ended=ended))

    def server_says(
        self, client: bytes, address: bytes, port: int, when: float, datagram: bytes, *, lost: int = 0
    ) -> None:
        """A datagram to a phone that asks for a file; `lost` bytes of its end are not in the capture."""
        transfer = self.asking[client]
        session = transfer.session(address, port)
        if session is None:
            return
        transfer.from_server(session, when, datagram, lost)
        if session.code is not None and not session.acknowledged and len(transfer.sessions) == 1:
            self.finish(client, transfer, ended=True)

    def client_says(self, client: bytes, address: bytes, port: int, when: float, datagram: bytes) -> None:
        """A datagram of such a phone to another port than 69."""
        transfer = self.asking[client]
        session = transfer.session(address, port)  # new, when the capture has one direction only
        if session is not None and transfer.from_client(session, when, datagram):
            self.finish(client, transfer, ended=True)

    def oldest(self) -> None:
        """Close the transfer that began first, to make room."""
        client, transfer = next(iter(self.asking.items()))
        self.finish(client, transfer, ended=True)

    def end(self, when: float, patience: float) -> None:
        """The capture is over: what waited longer than `patience` got no answer; of others nobody knows."""
        for client, transfer in list(self.asking.items()):
            complete = any(each.complete for each in transfer.sessions.values())
            self.finish(client, transfer, ended=complete or when - transfer.last > patience)
