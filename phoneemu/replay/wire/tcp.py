"""TCP connections as seen from beside: both directions put in order, each byte delivered once.

Of bytes that come twice the first count. Bytes that the receiver acknowledged and the capture does not have
are reported as a hole. What is held for a missing segment is limited.
"""

import heapq
from typing import Protocol

import attrs

from phoneemu.core import limits
from phoneemu.replay.wire.sights import Ends

FIN, SYN, RST, ACK = 1, 2, 4, 16
_OVERHEAD = 512
"""About what the bookkeeping of one waiting segment takes."""
_REORDERED = 0.05
"""Seconds by which packets may stand in the wrong order."""


class Listener(Protocol):
    """What is told of a connection."""

    @property
    def held(self) -> int:
        """Bytes that it holds of what is not finished."""

    def settle(self) -> None:
        """Hold less, where that loses nothing."""

    def client(self, when: float, data: bytes) -> None:
        """The phone's next bytes."""

    def server(self, when: float, data: bytes) -> None:
        """The server's next bytes."""

    def hole(self, when: float, size: int, *, by_client: bool) -> None:
        """Bytes of one side that the capture does not have."""

    def closed(self, when: float, ending: str) -> None:
        """The connection is over; `ending` is a word of Connection."""


@attrs.define(slots=True)
class Half:
    """One direction. `following` is the number of its next byte, None until one was seen.

    `place` counts the bytes that passed; what waits for earlier ones is kept by its place, `order` is a heap.
    """

    by_client: bool
    following: int | None = None
    place: int = 0
    waiting: dict[int, bytes] = attrs.field(factory=dict)
    order: list[int] = attrs.field(factory=list)
    held: int = 0
    finished: bool = False
    end: int | None = None
    """The place behind its last byte, when it said so."""
    owed: float | None = None
    """Since when the receiver claims bytes that were not seen."""


class Connection:
    """One connection to a service that is watched.

    Endings: `refused` (a reset before it was open), `unanswered` (no answer to the first packet),
    `reset-by-server`, `reset-by-client`, `closed` (one side ended it in order), `unfinished` (the capture
    ends before).
    """

    def __init__(self, ends: Ends, listener: Listener, when: float) -> None:
        self.ends = ends
        self.last = when
        self.answered = False
        self.over = False
        self.repeats = 0
        self._listener = listener
        self.up = Half(by_client=True)
        self.down = Half(by_client=False)
        self._first: int | None = None

    @property
    def held(self) -> int:
        """Bytes that are held of it."""
        return self.up.held + self.down.held + self._listener.held

    def settle(self) -> None:
        """Hold less, where that loses nothing."""
        self._listener.settle()

    def segment(self, half: Half, when: float, head: bytes, content: bytes) -> bool:
        """One packet of a direction; `head` are the first twenty bytes of TCP. True when all is over."""
        number = int.from_bytes(head[4:8], "big")
        flags = head[13]
        self.last = when
        if flags & SYN:
            self._opens(half, number, flags)
            number = (number + 1) & 0xFFFFFFFF
        elif not half.by_client:
            self.answered = self.answered or not flags & RST
        if flags & RST:
            return self._reset(half, when)
        if content:
            self._take(half, when, number, content)
        if flags & ACK:
            self._acknowledged(self.down if half.by_client else self.up, when, head)
        if flags & FIN and half.following is not None:
            half.finished = True
            ahead = self._distance(half, (number + len(content)) & 0xFFFFFFFF)
            half.end = half.place + max(0, ahead)
        ended = any(each.end is not None and each.place >= each.end for each in (self.up, self.down))
        return self._close(when, "closed") if ended else False

    def _opens(self, half: Half, number: int, flags: int) -> None:
        if half.by_client and not flags & ACK:
            self.repeats += self._first is not None
            self._first = number
        elif not half.by_client:
            self.answered = True
        if half.following is None:
            half.following = (number + 1) & 0xFFFFFFFF

    def _reset(self, half: Half, when: float) -> bool:
        if half.by_client:
            return self._close(when, "reset-by-client")
        return self._close(when, "reset-by-server" if self.answered else "refused")

    def _take(self, half: Half, when: float, number: int, content: bytes) -> None:
        if half.following is None:
            half.following = number  # the capture began in the middle
        ahead = self._distance(half, number)
        if ahead == 0:
            self._deliver(half, when, content)
            if half.order:
                self._resume(half, when)
        elif ahead < 0:
            if len(content) > -ahead:
                self._deliver(half, when, content[-ahead:])
                self._resume(half, when)
        elif half.place + ahead not in half.waiting:
            half.waiting[half.place + ahead] = content
            heapq.heappush(half.order, half.place + ahead)
            half.held += len(content) + _OVERHEAD
            if half.held > limits.CAPTURE_SEGMENT_BYTES:
                self._skip(half, when)

    def _deliver(self, half: Half, when: float, content: bytes) -> None:
        assert half.following is not None  # noqa: S101 - set by the caller
        half.following = (half.following + len(content)) & 0xFFFFFFFF
        half.place += len(content)
        if half.by_client:
            self._listener.client(when, content)
        else:
            self._listener.server(when, content)

    def _resume(self, half: Half, when: float) -> None:
        """Deliver what waited for the bytes that just came."""
        while half.order and half.order[0] <= half.place:
            place = heapq.heappop(half.order)
            content = half.waiting.pop(place)
            half.held -= len(content) + _OVERHEAD
            known = half.place - place
            if len(content) > known:
                self._deliver(half, when, content[known:])

    @staticmethod
    def _distance(half: Half, number: int) -> int:
        """How far ahead of the next byte a number is; negative when it is behind."""
        ahead = (number - (half.following or 0)) & 0xFFFFFFFF
        return ahead if ahead <= 0x7FFFFFFF else ahead - 0x100000000

    def _skip(self, half: Half, when: float) -> None:
        """Give the missing bytes up and go on behind them."""
        self._pass(half, when, half.order[0] - half.place)

    def _pass(self, half: Half, when: float, missing: int) -> None:
        if missing > 0:
            self._listener.hole(when, missing, by_client=half.by_client)
            half.following = ((half.following or 0) + missing) & 0xFFFFFFFF
            half.place += missing
        self._resume(half, when)

    def _acknowledged(self, other: Half, when: float, head: bytes) -> None:
        """The receiver has everything up to this number; what the capture lacks of it will not come.

        A moment is waited: packets may stand in a capture in a slightly wrong order.
        """
        if other.following is None:
            return
        reached = int.from_bytes(head[8:12], "big")
        ahead = self._distance(other, reached) - other.finished
        if not 0 < ahead < 0x40000000:
            other.owed = None
        elif other.owed is None:
            other.owed = when
        elif when - other.owed > _REORDERED:
            self._give_up(other, when, reached)

    def _give_up(self, half: Half, when: float, reached: int) -> None:
        half.owed = None
        while half.order and half.order[0] < half.place + self._distance(half, reached):
            self._skip(half, when)
        self._pass(half, when, self._distance(half, reached) - half.finished)

    def _close(self, when: float, ending: str) -> bool:
        if not self.over:
            for half in (self.up, self.down):
                while half.order:
                    self._skip(half, when)
                if half.end is not None:
                    self._pass(half, when, half.end - half.place)
            self.over = True
            self._listener.closed(when, ending)
        return True

    def end(self, *, patient: bool) -> None:
        """The capture is over, or the connection is given up; `patient`: an answer would have come by now."""
        ending = "unanswered" if not self.answered and patient else "unfinished"
        said = self.up.end is not None or self.down.end is not None
        self._close(self.last, "closed" if said else ending)
