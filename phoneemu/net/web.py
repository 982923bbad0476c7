"""Files by HTTP from port 6970, as newer phones ask for them first.

The client library does the protocol; the limits of size and of time as a whole are ours.
"""

import socket
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

from phoneemu.core import limits
from phoneemu.net.tftp import NoAnswer, NoSuchFile, Patience

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CHUNK = 16 * 1024


class _Socket(socket.socket):
    """A socket that nothing is read from after a moment, however little a server sends at a time."""

    until = 0.0

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int = 0, flags: int = 0) -> int:
        """As the library's own, but not past `until`."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("took longer than the whole transfer may take")
        self.settimeout(min(left, self.gettimeout() or left))
        return super().recv_into(buffer, nbytes, flags)


class _Connection(HTTPConnection):
    """A connection that ends at a moment: the library has time limits for each piece alone."""

    def __init__(self, *args: Any, until: float, **more: Any) -> None:  # noqa: ANN401 - the library's own
        super().__init__(*args, **more)
        self._until = until

    def connect(self) -> None:
        """As the library does it."""
        super().connect()
        sock = _Socket(fileno=self.sock.detach())
        sock.until = self._until
        self.sock = sock


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


def fetch(
    host: str, port: int, name: str, *, patience: Patience, limit: int = limits.DOWNLOAD_BYTES
) -> bytes:
    """Fetch a file whole.

    Raises:
        NoSuchFile: the server says 404.
        NoAnswer: it cannot be reached, says anything else, breaks off, or passes a limit.
    """
    deadline = time.monotonic() + patience.total
    wait = min(patience.total, sum(patience.waits))
    timeout = urllib3.Timeout(connect=wait, read=wait)
    try:
        with _Pool(host, port, retries=False, timeout=timeout, until=deadline) as pool:
            answer = pool.request(
                "GET", f"/{quote(name)}", preload_content=False, redirect=False, decode_content=False
            )
            try:
                if answer.status == 404:
                    raise NoSuchFile(name)
                if answer.status != 200:
                    raise NoAnswer(f"HTTP status {answer.status}")
                return _body(answer, limit, deadline)
            finally:
                answer.close()
    except (HTTPError, OSError, ValueError) as error:
        raise NoAnswer(f"HTTP: {type(error).__name__}") from error


def _body(answer: urllib3.BaseHTTPResponse, limit: int, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while chunk := answer.read1(_CHUNK):
        parts.append(chunk)
        size += len(chunk)
        if size > limit:
            raise NoAnswer(f"larger than {limit:,} bytes")
        if time.monotonic() > deadline:
            raise NoAnswer("took longer than the whole transfer may take")
    return b"".join(parts)
