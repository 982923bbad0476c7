"""Listening TCP sockets that come and go while others stay: one thread accepts, each connection has its own.

A handler gets a connected socket with a time limit and may take as long as it likes; no silent client keeps
another one waiting.
"""

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable

from phoneemu.net.address import family_of

Handler = Callable[[socket.socket, str], None]
"""(connection, client's address); what it raises as OSError ends the connection and nothing else."""

CONNECTIONS = 1024
"""Connections at once; one more is closed at once [assumed]."""
SECONDS = 30.0
"""How long a connection may stay silent [assumed]."""


class TcpServer:
    """Every TCP service of one lab."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._lock = threading.Lock()
        self._open: dict[tuple[str, int], socket.socket] = {}
        self._connections: set[socket.socket] = set()
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
            left = [*self._open.values(), *self._connections]
            self._open.clear()
        for each in left:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
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
                with contextlib.suppress(OSError):
                    self._begin(*listener.accept(), key.data)

    def _begin(self, connection: socket.socket, address: tuple[str, int], handler: Handler) -> None:
        connection.settimeout(SECONDS)
        with self._lock:
            full = len(self._connections) >= CONNECTIONS
            if not full:
                self._connections.add(connection)
        if full:
            connection.close()
            return
        client = address[0]
        threading.Thread(target=self._serve, args=(connection, client, handler), daemon=True).start()

    def _serve(self, connection: socket.socket, client: str, handler: Handler) -> None:
        try:
            with contextlib.suppress(OSError, ValueError):
                handler(connection, client)
        finally:
            with self._lock:
                self._connections.discard(connection)
            with contextlib.suppress(OSError):
                connection.close()
