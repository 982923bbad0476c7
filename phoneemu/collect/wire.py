"""The one door to the network of this room: a reading goes out, an answer or a NotCollected comes back.

urllib3's connections do the protocol. Ours are the limits: size, time of the whole exchange (name lookup,
handshake and headers too), pace, patience with a busy server; no redirect is followed with a password, no
compressed answer is unpacked, and a refused password is not tried a second time, because accounts lock.
"""

import contextlib
import ipaddress
import queue
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from types import MappingProxyType
from urllib.parse import urlsplit

import attrs
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError
from urllib3.response import HTTPResponse

from phoneemu.collect.credentials import Credential
from phoneemu.collect.failures import Kind, NotCollected
from phoneemu.collect.readings import Operation, Reading, Realm, reads

ANSWER_BYTES = 32 * 1024 * 1024
"""Largest answer of a service: AXL itself stops at 8 MB [AXL-DEV]; the rest is room [assumed]."""
PAGE_BYTES = 1024 * 1024
"""Largest web page of a phone; real ones have some 10 KB [WEBPAGES; cap assumed]."""
SAID = 200
"""Most characters of a server's own words that are told."""

_BUSY = (429, 503)
_RATE = b"Exceeded allowed rate"
"""RISPort's fault above its 15 requests a minute [RISPORT70], in the words that public clients look for."""
_LASTING = frozenset({Kind.UNREACHABLE, Kind.UNTRUSTED, Kind.SILENT, Kind.BUSY})
"""What is the same a moment later."""
_CHUNK = 64 * 1024

Headers = Mapping[str, str]


@attrs.frozen(kw_only=True)
class Patience:
    """How long to wait and how gently to ask; seconds."""

    connect: float = 10.0
    whole: float = 300.0
    """For one exchange, from the name lookup to the last byte."""
    page: float = 15.0
    """The same for one page of a phone."""
    waits: tuple[float, ...] = (5.0, 10.0, 20.0, 40.0, 60.0)
    """Before each repetition for a server that says it is busy; more, when it says so, up to the longest."""
    pace: Mapping[str, float] = MappingProxyType({})
    """Least time between two requests to one path, where it is not `usual`."""
    usual: float = 0.1


@attrs.frozen(kw_only=True)
class Answer:
    """What came back, whole."""

    status: int
    body: bytes = attrs.field(repr=False)
    headers: Headers = attrs.field(factory=dict, repr=False)


@attrs.define(kw_only=True)
class Wire:
    """Everything that is sent goes through `ask`, or `page` for a phone."""

    context: ssl.SSLContext
    credentials: Mapping[Realm, Credential]
    port: int = 8443
    patience: Patience = attrs.field(factory=Patience)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    tell: Callable[[str], None] = lambda _: None
    """Gets a line while something is waited for."""
    refused: set[Realm] = attrs.field(factory=set)
    """Realms whose password a server did not take."""
    given_up: dict[tuple[str, str], Kind] = attrs.field(factory=dict)
    """(host, path) that cost all patience once, "" for every path: a run does not spend it again."""
    _last: dict[tuple[str, str], float] = attrs.field(factory=dict)

    def ask(self, reading: Reading, host: str, body: str = "", version: str = "") -> Answer:
        """Ask a node, patiently; the answer may be a fault of the service (status 500 or 599).

        Raises:
            NotCollected: no answer, or one that is none.
        """
        operation = _listed(reading)
        if not reads(reading, body):
            raise ValueError(f"no question of {reading.name}: nothing else is ever sent")
        if operation.realm in self.refused:
            raise NotCollected(Kind.DENIED, f"not asked: the {operation.realm.value} was refused before")
        given_up = self.given_up.get((host, operation.path)) or self.given_up.get((host, ""))
        if given_up is not None:
            raise NotCollected(given_up, f"not asked again: {given_up.value} before")
        try:
            return self._asked(operation, host, body, version)
        except NotCollected as failure:
            if failure.kind in _LASTING:
                whole_host = failure.kind in (Kind.UNREACHABLE, Kind.UNTRUSTED)
                self.given_up[host, "" if whole_host else operation.path] = failure.kind
            raise

    def _asked(self, operation: Operation, host: str, body: str, version: str) -> Answer:
        """Ask until the server is not busy."""
        credential = self.credentials.get(operation.realm)
        headers = _headers(operation, version) | (credential.header() if credential is not None else {})
        waits = iter(self.patience.waits)
        while True:
            self._keep_pace(host, operation.path)
            answer = self._exchange(operation, host, headers, body.encode())
            if answer.status not in _BUSY and not (_RATE in answer.body and b"Fault" in answer.body):
                return self._judged(answer, operation)
            wait = next(waits, None)
            if wait is None:
                raise NotCollected(Kind.BUSY, f"busy (HTTP {answer.status}) until patience ended")
            self.tell(f"{host} is busy, waiting")
            self.sleep(min(max(wait, _retry_after(answer)), max(self.patience.waits)))

    def page(self, reading: Reading, host: str, port: int) -> bytes:
        """Ask a phone for a page. Nobody's password goes along; the phone may move it to its own TLS port.

        Raises:
            NotCollected: no page.
        """
        operation = _listed(reading)
        if operation.realm is not Realm.NOBODY or operation.verb != "GET":
            raise ValueError(f"{reading.name} is none of a phone's pages")
        answer = _within(self.patience.page, lambda hold: _plain(host, port, operation.path, hold, self))
        if answer.status in (301, 302, 303, 307, 308):
            moved = _same_host(answer.headers.get("location", ""), host)
            answer = _within(
                self.patience.page, lambda hold: _unverified(host, moved, operation.path, hold, self)
            )
        if answer.status != 200:
            kind = Kind.NOT_THERE if answer.status == 404 else Kind.DENIED
            raise NotCollected(kind, f"HTTP {answer.status}")
        return answer.body

    def _keep_pace(self, host: str, path: str) -> None:
        least = self.patience.pace.get(path, self.patience.usual)
        before = self._last.get((host, path))
        now = self.clock()
        if before is not None and now < before + least:
            self.sleep(before + least - now)
        self._last[host, path] = self.clock()

    def _exchange(self, operation: Operation, host: str, headers: Headers, body: bytes) -> Answer:
        def exchange(hold: "_Hold") -> Answer:
            connection = HTTPSConnection(
                host, self.port, timeout=self.patience.connect, ssl_context=self.context
            )
            hold.take(connection)
            connection.connect()
            if connection.sock is not None:
                connection.sock.settimeout(self.patience.whole)
            return _sent(connection, operation.verb, operation.path, headers, body, ANSWER_BYTES)

        return _within(self.patience.whole, exchange)

    def said(self, text: str) -> str:
        """A server's own words, fit to be told: one short line without a password."""
        for credential in self.credentials.values():
            text = credential.scrub(text)
        return shown(text)

    def _judged(self, answer: Answer, operation: Operation) -> Answer:
        """The answer, when it is one of the service."""
        status = answer.status
        if status == 401:
            self.refused.add(operation.realm)
            raise NotCollected(
                Kind.DENIED, f"the {operation.realm.value} was refused: user name or password (HTTP 401)"
            )
        if status == 403:
            raise NotCollected(Kind.DENIED, f"the {operation.realm.value} lacks a role for this (HTTP 403)")
        if status == 404:
            raise NotCollected(Kind.NOT_THERE, "the server has no such service (HTTP 404)")
        if 300 <= status < 400:
            raise NotCollected(Kind.REDIRECTED, "the server points elsewhere; not followed")
        if status == 200 or (operation.action and status in (500, 599)):
            return answer
        raise NotCollected(Kind.FAULT, f"HTTP {status}")


def shown(text: str) -> str:
    """A server's own words, fit to be told: one line, no control characters, not long."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= SAID else f"{line[:SAID]}…"


def _listed(reading: Reading) -> Operation:
    if not isinstance(reading, Reading):
        raise TypeError(f"{reading!r} is no reading: nothing else is ever sent")
    return reading.value


def _headers(operation: Operation, version: str) -> dict[str, str]:
    if not operation.action:
        return {"Accept": "application/json"}
    action = f"CUCM:DB ver={version} {operation.action}" if version else operation.action
    return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}


def _retry_after(answer: Answer) -> float:
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isascii() and said.isdigit() and len(said) < 6 else 0.0


# ---------------------------------------------------------------- one exchange


class _Hold:
    """The connection of an exchange, so that it can be cut from outside."""

    def __init__(self) -> None:
        self._connection: HTTPConnection | None = None
        self._lock = threading.Lock()
        self._cut = False

    def take(self, connection: HTTPConnection) -> None:
        """Remember the connection."""
        with self._lock:
            if self._cut:
                raise TimeoutError
            self._connection = connection

    def cut(self) -> None:
        """End whatever it waits for."""
        with self._lock:
            self._cut = True
            sock = self._connection.sock if self._connection is not None else None
        if sock is not None:
            with contextlib.suppress(OSError, ValueError):
                sock.shutdown(2)

    def close(self) -> None:
        """Close it for good."""
        if self._connection is not None:
            with contextlib.suppress(OSError, HTTPError, HTTPException):
                self._connection.close()


def _within(seconds: float, exchange: Callable[[_Hold], Answer]) -> Answer:
    """What the exchange gives, or NotCollected after so many seconds, whatever it hangs in."""
    results: queue.SimpleQueue[Answer | BaseException] = queue.SimpleQueue()
    hold = _Hold()

    def run() -> None:
        try:
            results.put(exchange(hold))
        except BaseException as error:
            results.put(error)  # for the one who waits
        finally:
            hold.close()

    threading.Thread(target=run, name="collect", daemon=True).start()
    try:
        found = results.get(timeout=seconds)
    except queue.Empty:
        raise NotCollected(Kind.SILENT, f"no whole answer within {seconds:g} s") from None
    finally:
        hold.cut()
    if isinstance(found, Answer):
        return found
    raise _told(found, seconds) from None


def _told(error: BaseException, seconds: float) -> BaseException:
    """A failed exchange in our words; what is no failure of the network stays what it is."""
    if isinstance(error, NotCollected):
        return error
    if isinstance(error, NameResolutionError):
        return NotCollected(Kind.UNREACHABLE, "no such host; --hosts FILE can say where it is")
    chain: BaseException | None = error
    while chain is not None:
        if isinstance(chain, ssl.SSLCertVerificationError):
            return NotCollected(Kind.UNTRUSTED, f"its certificate is not trusted: {chain.verify_message}")
        if isinstance(chain, ssl.SSLError):
            return NotCollected(Kind.UNTRUSTED, f"TLS failed: {shown(chain.reason or 'no handshake')}")
        if isinstance(chain, ConnectionRefusedError):
            return NotCollected(Kind.UNREACHABLE, "nobody listens there")
        chain = chain.__cause__ or chain.__context__
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return NotCollected(Kind.SILENT, f"no answer within {seconds:g} s")
    if isinstance(error, HTTPError | HTTPException | OSError):
        what = type(error).__name__
        kind = Kind.UNREACHABLE if what == "NewConnectionError" else Kind.TRUNCATED
        return NotCollected(kind, f"the connection failed ({what})")
    return error


def _sent(
    connection: HTTPConnection, verb: str, path: str, headers: Headers, body: bytes, limit: int
) -> Answer:
    """Send the question and read the answer, whole and within its limit."""
    connection.request(
        verb,
        path,
        body=body or None,
        headers={"User-Agent": "phoneemu", "Accept-Encoding": "identity", "Connection": "close", **headers},
        preload_content=False,
        decode_content=False,
        enforce_content_length=True,
    )
    response = connection.getresponse()
    try:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise NotCollected(Kind.MALFORMED, "a packed answer, though none was asked for")
        return Answer(
            status=response.status,
            body=_body(response, limit),
            headers={name.lower(): value for name, value in response.headers.items()},
        )
    finally:
        response.close()


def _body(response: HTTPResponse, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while chunk := response.read1(_CHUNK):
        size += len(chunk)
        if size > limit:
            raise NotCollected(Kind.TOO_LARGE, f"larger than {limit:,} bytes")
        parts.append(chunk)
    return b"".join(parts)


# ---------------------------------------------------------------- phones


def _plain(host: str, port: int, path: str, hold: _Hold, wire: Wire) -> Answer:
    connection = HTTPConnection(host, port, timeout=wire.patience.connect)
    hold.take(connection)
    return _sent(connection, "GET", path, {}, b"", PAGE_BYTES)


def _unverified(host: str, port: int, path: str, hold: _Hold, wire: Wire) -> Answer:
    """The same over TLS, not verified: plain HTTP would have done.

    A phone's certificate proves nothing to us, nothing secret is sent, and what comes back is taken as what
    anybody may have said.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = HTTPSConnection(host, port, timeout=wire.patience.connect, ssl_context=context)
    hold.take(connection)
    return _sent(connection, "GET", path, {}, b"", PAGE_BYTES)


def _same_host(location: str, host: str) -> int:
    """The port of a move to the phone's own TLS; the path stays ours.

    Raises:
        NotCollected: it points anywhere else.
    """
    elsewhere = NotCollected(Kind.REDIRECTED, "the phone points elsewhere; not followed")
    try:
        target = urlsplit(location)
        same = ipaddress.ip_address(target.hostname or "") == ipaddress.ip_address(host)
        port = target.port or 443
    except ValueError:
        raise elsewhere from None
    if not same or target.scheme != "https":
        raise elsewhere
    return port
