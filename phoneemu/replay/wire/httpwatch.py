"""HTTP on port 6970 as seen from beside: requests and answers of one connection, in turn."""

from urllib.parse import unquote

import attrs

from phoneemu.core import limits
from phoneemu.core.vocabulary import Transport
from phoneemu.replay.case import FileOutcome
from phoneemu.replay.wire.sights import Body, Emit, Ends, Larder, SeenFile

_ENDS_HEAD = b"\r\n\r\n"


@attrs.define(kw_only=True)
class _Asked:
    name: str
    method: str
    begun: float
    ended: float


class HttpWatch:
    """One connection; a listener of tcp.Connection.

    Bodies are taken by Content-Length, in chunks, or up to the end of the connection.
    """

    def __init__(self, ends: Ends, larder: Larder, emit: Emit, when: float) -> None:
        self._ends = ends
        self._larder = larder
        self._emit = emit
        self._begun = when
        self._said = b""
        self._heard = b""
        self._asked: list[_Asked] = []
        self._status = 0
        self._left: int | None = None
        """Bytes of the body, or of its chunk, to come; None: up to the end of the connection."""
        self._chunked = False
        self._body: Body | None = None
        self._lost = False
        self._count = 0

    @property
    def held(self) -> int:
        """Bytes that are held of heads and of a body."""
        return len(self._said) + len(self._heard) + (self._body.pending if self._body is not None else 0)

    def settle(self) -> None:
        """Hash what came of a body."""
        if self._body is not None:
            self._body.settle()

    # ------------------------------------------------------------ the phone

    def client(self, when: float, data: bytes) -> None:
        """Take requests apart."""
        self._said += data
        while (end := self._said.find(_ENDS_HEAD)) >= 0:
            head, self._said = self._said[:end], self._said[end + 4 :]
            words = head.partition(b"\r\n")[0].split()
            if len(words) == 3 and words[2].startswith(b"HTTP/") and len(self._asked) < 64:
                path = unquote(words[1].partition(b"?")[0].lstrip(b"/")[:512], errors="replace")
                method = words[0][:16].decode("latin-1")
                self._asked.append(_Asked(name=path or "/", method=method, begun=when, ended=when))
                self._count += 1
        if len(self._said) > limits.HTTP_HEAD_BYTES:
            self._said = b""

    # ------------------------------------------------------------ the server

    def server(self, when: float, data: bytes) -> None:
        """Take answers apart."""
        if self._lost:
            return
        if self._body is not None and self._left is not None and len(data) < self._left and not self._heard:
            self._body.add(data)
            self._left -= len(data)
            self._asked[0].ended = when
            return
        self._heard += data
        while self._heard and self._step(when):  # a step that loses its way says False
            pass

    def _step(self, when: float) -> bool:
        """Take one piece of what was heard; False when more must come first."""
        if self._body is None:
            return self._head(when)
        self._asked[0].ended = when
        if self._left is None and not self._chunked:
            self._body.add(self._heard)
            self._heard = b""
            return False
        if self._left is None or self._left == 0:
            return self._chunk(when)
        taken, self._heard = self._heard[: self._left], self._heard[self._left :]
        self._body.add(taken)
        self._left -= len(taken)
        if self._left == 0 and not self._chunked:
            self._finish(when, whole=True)
        return True

    def _head(self, when: float) -> bool:
        end = self._heard.find(_ENDS_HEAD)
        if end < 0:
            self._lost = len(self._heard) > limits.HTTP_HEAD_BYTES
            return False
        head, self._heard = self._heard[:end], self._heard[end + 4 :]
        lines = head.split(b"\r\n")
        words = lines[0].split(None, 2)
        if len(words) < 2 or not words[0].startswith(b"HTTP/") or not _number(words[1]) or not self._asked:
            self._lost = True
            return False
        status = int(words[1])
        if 100 <= status < 200:
            return True
        fields = {}
        for line in lines[1:65]:
            key, _, value = line.partition(b":")
            fields[key.strip().lower()] = value.strip().lower()
        self._status = status
        self._body = self._larder.open(self._asked[0].name if status == 200 else "")
        self._chunked = fields.get(b"transfer-encoding", b"").endswith(b"chunked")
        length = fields.get(b"content-length", b"")
        self._left = int(length) if _number(length) and not self._chunked else None
        if self._asked[0].method == "HEAD" or status in (204, 304):
            self._left, self._chunked = 0, False
        if self._left == 0:
            self._finish(when, whole=True)
        return True

    def _chunk(self, when: float) -> bool:
        """The length before a chunk; behind the last stand trailers and an empty line."""
        end = self._heard.find(b"\r\n")
        if end < 0:
            self._lost = len(self._heard) > limits.HTTP_HEAD_BYTES
            return False
        line, rest = self._heard[:end].partition(b";")[0].strip(), self._heard[end + 2 :]
        if not line and self._left == 0:  # what ends the chunk before
            self._heard, self._left = rest, None
            return True
        if not line or len(line) > 8 or not all(each in b"0123456789abcdefABCDEF" for each in line):
            self._lost = True
            return False
        size = int(line, 16)
        if size == 0:
            until = self._heard.find(_ENDS_HEAD, end)
            if until < 0:
                return False
            self._heard = self._heard[until + 4 :]
            self._finish(when, whole=True)
            return True
        self._heard, self._left = rest, size
        return True

    def hole(self, when: float, size: int, *, by_client: bool) -> None:
        """Bytes are missing: a body can bear that, a head cannot."""
        if by_client or self._body is None or self._left is None or self._heard:
            self._lost = self._lost or not by_client
            return
        passed = min(size, self._left)
        self._body.hole(passed)
        self._left -= passed
        if self._left == 0 and not self._chunked:
            self._finish(when, whole=True)
        self._lost = self._lost or passed < size

    # ------------------------------------------------------------ the end of one, and of all

    def _finish(self, when: float, *, whole: bool) -> None:
        asked = self._asked.pop(0)
        seen = self._seen(asked, when)
        body, self._body = self._body, None
        self._left, self._chunked = None, False
        if self._status == 404:
            seen.outcome = FileOutcome.MISSING
        elif self._status != 200:
            seen.outcome, seen.error = FileOutcome.ERROR, f"HTTP status {self._status}"
        if body is not None and self._status == 200:
            seen.size = body.size
            if whole:
                seen.outcome = FileOutcome.ARRIVED
                seen.digest, seen.body = body.done()
                if body.holes:
                    seen.remarks.append(f"{asked.name}: parts of it are missing in the capture")
            else:
                body.abandon()
                seen.outcome, seen.error = FileOutcome.ERROR, f"broke off after {body.size:,} bytes"
            if body.dropped:
                seen.remarks.append(f"{asked.name}: {body.dropped}")
        self._emit(seen)

    def _seen(self, asked: _Asked, when: float) -> SeenFile:
        return SeenFile(
            ends=self._ends, name=asked.name, transport=Transport.HTTP, begun=asked.begun, ended=when
        )

    def closed(self, when: float, ending: str) -> None:
        """The connection is over: an answer without a length is whole, others broke off."""
        if self._asked and self._body is not None:
            endless = self._left is None and not self._chunked
            if ending == "unfinished" or self._lost:
                self._body.abandon()
                self._body = None
            elif self._status == 200:
                self._finish(when, whole=endless and ending == "closed")
            else:
                self._finish(when, whole=True)
        for asked in self._asked:
            seen = self._seen(asked, when)
            if ending != "unfinished" and not self._lost:
                seen.outcome, seen.error = FileOutcome.ERROR, f"no answer: {ending}"
            self._emit(seen)
        if not self._count and ending in ("refused", "unanswered"):
            seen = self._seen(_Asked(name="", method="GET", begun=self._begun, ended=when), when)
            seen.outcome, seen.error = FileOutcome.SILENT, f"connection {ending}"
            self._emit(seen)
        self._asked.clear()


def _number(word: bytes) -> bool:
    return word.isdigit() and len(word) < 12
