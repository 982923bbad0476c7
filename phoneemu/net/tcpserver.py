"""Listening TCP sockets that come and go while others stay: one thread accepts, each connection has its own.

A handler gets a connected socket with a time limit and may take as long as it likes; no silent client keeps
another one waiting. When there is no room, or no descriptor, the oldest connection is cut for the new one.
"""

import contextlib
import errno
import selectors
import socket
import threading
import time
from collections.abc import Callable

import attrs

from phoneemu.net.address import family_of

Handler = Callable[[socket.socket, str], None]
"""(connection, client's address); what it raises as OSError ends the connection and nothing else."""

CONNECTIONS = 1024
"""Connections at once [assumed]."""
SECONDS = 30.0
"""How long a connection may stay silent [assumed]."""
YOUNG = 2.0
"""Seconds in which a connection need not make room for another; the other is closed at once [assumed]."""
PAUSE = 0.05
"""Seconds until it is tried again to accept where descriptors or memory have run out."""
BATCH = 64
"""Old connections that are cut at once then."""
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


@attrs.define(eq=False)
class _Open:
    """A connection: since when, and its socket, which TLS exchanges for another."""

    since: float
    socket: socket.socket


class TcpServer:
    """Every TCP service of one lab."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._lock = threading.Lock()
        self._open: dict[tuple[str, int], socket.socket] = {}
        self._connections: dict[socket.socket, _Open] = {}
        self._stopping = False
        self._thread = threading.Thread(target=self._accept, name="tcp", daemon=True)
        self._thread.start()

    def listen(self, host: str, port: int, handler: Handler) -> int:
        """Begin to listen; port 0 means any free one. The port is returned.

        Raises:
            OSError: the address is taken, or none of this machine.
        """
        listener = socket.socket(family_of(host), socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(CONNECTIONS)
            listener.settimeout(0)
        except OSError:
            listener.close()
            raise
        bound: int = listener.getsockname()[1]
        with self._lock:
            self._open[host, bound] = listener
        self._selector.register(listener, selectors.EVENT_READ, handler)
        self._wake.send(b".")
        return bound

    def close(self, host: str, port: int) -> None:
        """No longer listen there; a new connection is refused."""
        with self._lock:
            listener = self._open.pop((host, port), None)
        if listener is not None:
            self._selector.unregister(listener)
            listener.close()
            self._wake.send(b".")

    def stop(self) -> None:
        """Close everything; connections that are open are cut."""
        self._stopping = True
        self._wake.send(b".")
        self._thread.join()
        with self._lock:
            for listener in self._open.values():
                _cut(listener)
                listener.close()
            self._open.clear()
            for each in self._connections.values():
                _cut(each.socket)
        self._selector.close()
        self._wake.close()
        self._woken.close()

    def _accept(self) -> None:
        while not self._stopping:
            for key, _ in self._selector.select():
                if key.data is None:
                    self._woken.recv(4096)
                    continue
                listener = key.fileobj
                assert isinstance(listener, socket.socket)  # noqa: S101 - nothing else is registered
                try:
                    connection, address = listener.accept()
                except OSError as error:  # it went again, or nothing is left to accept it with
                    if error.errno in _EXHAUSTED:
                        all(self._make_room() for _ in range(BATCH))
                        time.sleep(PAUSE)
                    continue
                self._begin(connection, address[0], key.data)

    def _make_room(self) -> bool:
        """Cut the oldest connection, unless even that is young."""
        with self._lock:
            oldest = next(iter(self._connections), None)
            if oldest is None or self._connections[oldest].since > time.monotonic() - YOUNG:
                return False
            _cut(self._connections.pop(oldest).socket)
        return True

    def exchange(self, connection: socket.socket, secure: socket.socket) -> None:
        """Cut this in place of the connection, when it must be: TLS took its descriptor over."""
        with self._lock:
            if connection in self._connections:
                self._connections[connection].socket = secure

    def _begin(self, connection: socket.socket, client: str, handler: Handler) -> None:
        connection.settimeout(SECONDS)
        if len(self._connections) >= CONNECTIONS and not self._make_room():
            connection.close()
            return
        with self._lock:
            self._connections[connection] = _Open(time.monotonic(), connection)
        thread = threading.Thread(target=self._serve, args=(connection, client, handler), daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads
            with self._lock:
                self._connections.pop(connection, None)
            connection.close()

    def _serve(self, connection: socket.socket, client: str, handler: Handler) -> None:
        try:
            with contextlib.suppress(OSError, ValueError):
                handler(connection, client)
        finally:
            with self._lock:
                self._connections.pop(connection, None)
            with contextlib.suppress(OSError):
                connection.close()


def _cut(connection: socket.socket) -> None:
    """End it both ways, which its handler sees and closes it; TLS must not notice, or it went on in plain."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
