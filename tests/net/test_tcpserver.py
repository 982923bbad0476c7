"""The TCP side of a lab: no client, silent or one of very many, keeps the next one waiting."""

import contextlib
import os
import resource
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from phoneemu.net import tcpserver
from phoneemu.net.tcpserver import TcpServer

HOST = "127.0.0.1"
SECONDS = 60.0
DESCRIPTORS = Path("/proc/self/fd")


def echo(connection: socket.socket, _client: str) -> None:
    while data := connection.recv(100):
        connection.sendall(data)


@pytest.fixture
def server() -> Iterator[TcpServer]:
    running = TcpServer()
    yield running
    running.stop()


def silent(stack: contextlib.ExitStack, port: int) -> socket.socket:
    """A connection that was accepted, and says no more."""
    client = stack.enter_context(socket.create_connection((HOST, port), SECONDS))
    assert answered(client)
    return client


def answered(client: socket.socket) -> bool:
    with contextlib.suppress(ConnectionError):
        client.sendall(b"x")
        return client.recv(1) == b"x"
    return False


def test_connections_are_served_side_by_side_and_cut_at_the_end() -> None:
    with contextlib.ExitStack() as stack:
        server = TcpServer()
        port = server.listen(HOST, 0, echo)
        clients = [silent(stack, port) for _ in range(20)]
        assert all(answered(each) for each in clients)
        server.stop()
        assert not any(answered(each) for each in clients)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((HOST, port), SECONDS)


def test_the_oldest_silent_connection_makes_room(server: TcpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcpserver, "CONNECTIONS", 4)
    monkeypatch.setattr(tcpserver, "YOUNG", 0.0)
    port = server.listen(HOST, 0, echo)
    with contextlib.ExitStack() as stack:
        first, *others = [silent(stack, port) for _ in range(4)]
        others.append(silent(stack, port))
        assert not answered(first)
        assert all(answered(each) for each in others)


def test_where_all_are_young_the_newest_is_closed_at_once(
    server: TcpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcpserver, "CONNECTIONS", 2)
    monkeypatch.setattr(tcpserver, "YOUNG", 3600.0)
    port = server.listen(HOST, 0, echo)
    with contextlib.ExitStack() as stack:
        clients = [silent(stack, port) for _ in range(2)]
        with socket.create_connection((HOST, port), SECONDS) as late:
            assert not answered(late)
        assert all(answered(each) for each in clients)


@contextlib.contextmanager
def no_descriptor_left() -> Iterator[None]:
    """The process has every descriptor that it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken: list[int] = []
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (max(int(each.name) for each in DESCRIPTORS.iterdir()) + 1, hard)
    )
    try:
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.dup(0))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for each in taken:
            os.close(each)


@pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="this system does not list descriptors")
def test_where_descriptors_run_out_the_oldest_connection_makes_room(
    server: TcpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcpserver, "YOUNG", 0.0)
    port = server.listen(HOST, 0, echo)
    with contextlib.ExitStack() as stack:
        first = silent(stack, port)
        late = stack.enter_context(socket.socket())
        late.settimeout(SECONDS)
        with no_descriptor_left():
            late.connect((HOST, port))
            assert answered(late)
        assert not answered(first)


def test_where_threads_run_out_the_server_goes_on(server: TcpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    port = server.listen(HOST, 0, echo)

    def none_left(_self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with socket.create_connection((HOST, port), SECONDS) as client, monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", none_left)
        with socket.create_connection((HOST, port), SECONDS) as refused:
            assert not answered(refused)
        assert client.fileno() > 0
    with contextlib.ExitStack() as stack:
        silent(stack, port)
