"""Files by HTTP from port 6970, as newer phones ask for them first.

The client library does the protocol; the limits of size and of time as a whole are ours.
"""

import time

import urllib3
from urllib3.exceptions import HTTPError

from phoneemu.core import limits
from phoneemu.net.tftp import NoAnswer, NoSuchFile, Patience

_CHUNK = 16 * 1024


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
    address = f"[{host}]" if ":" in host else host
    try:
        with urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=wait, read=wait)) as pool:
            answer = pool.request(
                "GET", f"http://{address}:{port}/{name}", preload_content=False, redirect=False
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
