"""Files by HTTP from servers that misbehave: within the limits of size and time, or not at all."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from phoneemu.net import web
from phoneemu.net.tftp import NoAnswer, NoSuchFile, Patience

HOST = "127.0.0.1"
PATIENT = Patience(waits=(60.0,), total=120.0)
Answer = Callable[[socket.socket, bytes], None]


@contextmanager
def answering(answer: Answer) -> Iterator[int]:
    """A server of one connection; gives its port."""
    with socket.create_server((HOST, 0)) as listener:

        def run() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.settimeout(60)
                answer(connection, connection.recv(10_000))

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            with suppress(OSError):  # where nobody came
                socket.create_connection(listener.getsockname(), 1).close()
            thread.join()


def saying(data: bytes) -> Answer:
    return lambda connection, _request: connection.sendall(data)


def fetched(answer: Answer, name: str = "f", patience: Patience = PATIENT, limit: int = 1000) -> bytes:
    with answering(answer) as port:
        return web.fetch(HOST, port, name, patience=patience, limit=limit)


def test_a_file_comes_whole_with_and_without_a_length() -> None:
    assert fetched(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfile")) == b"file"
    assert fetched(saying(b"HTTP/1.0 200 OK\r\n\r\nfile")) == b"file"
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nfi\r\n2\r\nle\r\n0\r\n\r\n"
    assert fetched(saying(chunks)) == b"file"


def test_the_name_is_asked_as_it_is() -> None:
    asked: list[bytes] = []

    def note(connection: socket.socket, request: bytes) -> None:
        asked.append(request.split(b"\r\n")[0])
        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    for name in ("CTLSEP001122AABBCC.tlv", "Ring List?.xml"):
        with pytest.raises(NoSuchFile):
            fetched(note, name)
    assert asked == [b"GET /CTLSEP001122AABBCC.tlv HTTP/1.1", b"GET /Ring%20List%3F.xml HTTP/1.1"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfile", "HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000, "larger than"),
        (b"HTTP/1.1 503 no\r\n\r\n", "status 503"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "status 302"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno length\r\n", "HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"x" * 100_000, "HTTP"),
        (b"\x16\x03\x01", "HTTP"),
        (b"", "HTTP"),
    ],
)
def test_what_is_no_whole_file_is_no_answer(said: bytes, why: str) -> None:
    with pytest.raises(NoAnswer, match=why):
        fetched(saying(said))


def test_what_says_it_is_packed_comes_as_it_was_sent() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n"
    assert fetched(saying(head + b"file")) == b"file"


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_trickle_ends_at_the_limit_of_time_in_the_head_as_in_the_file(head: bytes) -> None:
    """The library's own limit is of each piece alone; this answer would go on for a minute."""

    def trickle(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(head)
        for _ in range(600):
            connection.sendall(b"x")
            time.sleep(0.1)

    begun = time.monotonic()
    with pytest.raises(NoAnswer):
        fetched(trickle, patience=Patience(waits=(60.0,), total=0.5))
    assert time.monotonic() - begun < 50


@pytest.mark.parametrize("host", ["", "no.such.host.invalid", "a" * 70 + ".invalid", "[", "::g"])
def test_a_host_that_cannot_be_is_no_answer(host: str) -> None:
    with pytest.raises(NoAnswer):
        web.fetch(host, 6970, "f", patience=Patience(waits=(1.0,)))


def test_ipv6_is_spoken() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError as error:
        pytest.skip(f"no IPv6 on this machine: {error}")

    def run() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfile")

    thread = threading.Thread(target=run)
    thread.start()
    with listener:
        assert web.fetch("::1", listener.getsockname()[1], "f", patience=PATIENT) == b"file"
        thread.join()
