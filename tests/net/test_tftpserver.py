"""Our TFTP server beside tftpy's own: what kills the one leaves the other serving."""

import contextlib
import io
import resource
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest
import tftpy
from hypothesis import given
from hypothesis import strategies as st

from phoneemu.net import tftpwire as wire
from phoneemu.net.tftp import NoAnswer, NoSuchFile, Patience, fetch
from phoneemu.net.tftpserver import ErrorAnswer, Offered, Outgoing, TftpServer

HOST = "127.0.0.1"
PATIENT = Patience(waits=(15.0, 15.0), total=120.0)
"""A slow machine has time; where silence is the point, a test says how long."""
CONTENT = bytes(number % 253 for number in range(5000))


def offer(name: str, _client: str) -> Offered:
    return {"file": CONTENT, "empty": b""}.get(name)


def serving(**more: object) -> TftpServer:
    """A server that repeats nothing while a slow machine thinks, unless the test wants it."""
    offered = more.pop("offer", offer)
    return TftpServer(HOST, 0, offered, **{"patience": PATIENT, **more})  # type: ignore[arg-type]


def said_to(port: int, datagram: bytes, wait: float = 30.0) -> bytes:
    """What one datagram is answered with; nothing when nothing comes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(wait)
        sock.sendto(datagram, (HOST, port))
        with contextlib.suppress(TimeoutError):
            return sock.recv(70_000)
    return b""


HOSTILE = {
    "S1 a block size that is no number": b"\x00\x01file\x00octet\x00blksize\x00abc\x00",
    "S2 a name beyond ASCII": b"\x00\x01f\xffle\x00octet\x00",
    "S6 an option without a value": b"\x00\x01file\x00octet\x00blksize\x00",
    "S6 an unknown option": b"\x00\x01file\x00octet\x00color\x00red\x00",
    "S6 one byte": b"\x00",
    "S6 nothing": b"",
    "options without end": b"\x00\x01file\x00octet\x00" + b"a\x00b\x00" * 16_000,
    "a request cut off": b"\x00\x01file\x00oct",
    "S6 an opcode nobody knows": b"\x00\x63abc",
    "S6 a stray block": wire.data(1, b"x"),
    "S6 a stray receipt": wire.ack(1),
    "a write request": b"\x00\x02file\x00octet\x00",
    "a mode nobody has": b"\x00\x01file\x00mail\x00",
    "a name that climbs": b"\x00\x01../../file\x00octet\x00",
    "an error": wire.error(1, "no"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_request_is_answered_or_not_and_the_server_goes_on(what: str) -> None:
    with serving() as server:
        answer = said_to(server.port, HOSTILE[what], 0.2)
        assert answer == b"" or wire.decode(answer) is not None
        assert fetch(HOST, server.port, "file", patience=PATIENT) == CONTENT


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("S2 a name beyond ASCII", 1),
        ("S6 an opcode nobody knows", 4),
        ("S6 one byte", 4),
        ("S6 a stray block", 4),
        ("options without end", 4),
        ("a request cut off", 4),
        ("a write request", 2),
        ("a mode nobody has", 4),
        ("a name that climbs", 1),
    ],
)
def test_what_cannot_be_served_is_answered_by_an_error(what: str, code: int) -> None:
    with serving() as server:
        assert said_to(server.port, HOSTILE[what])[:4] == bytes([0, 5, 0, code])


@pytest.mark.parametrize(
    "what", ["S1 a block size that is no number", "S6 an option without a value", "S6 an unknown option"]
)
def test_options_that_mean_nothing_are_as_good_as_none(what: str) -> None:
    with serving() as server:
        assert said_to(server.port, HOSTILE[what]) == wire.data(1, CONTENT[:512])


@contextmanager
def bare(dynamic: Callable[..., object] | None = None) -> Iterator[tuple[int, list[BaseException]]]:
    """tftpy's own server in a thread; gives its port and what ended it."""
    ended: list[BaseException] = []
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "file").write_bytes(CONTENT)
        (Path(folder) / "folder").mkdir()
        server = tftpy.TftpServer(folder, dynamic)

        def run() -> None:
            try:
                server.listen(HOST, 0, timeout=60)
            except BaseException as error:
                ended.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        assert server.is_running.wait(60)
        try:
            yield server.listenport, ended
        finally:
            server.stop(now=True)
            said_to(server.listenport, b"\x00\x04", 0.01)  # it looks up at the next datagram
            thread.join(60)
            with contextlib.suppress(Exception):
                server.sock.close()
            for session in list(server.sessions.values()):
                session.sock.close()
                if session.fileobj is not None:
                    session.fileobj.close()


def death(ended: list[BaseException]) -> str:
    until = time.monotonic() + 60
    while not ended and time.monotonic() < until:
        time.sleep(0.01)
    return type(ended[0]).__name__ if ended else "it lives"


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (HOSTILE["S1 a block size that is no number"], "ValueError"),
        (HOSTILE["S2 a name beyond ASCII"], "UnicodeDecodeError"),
        (b"\x00\x01folder\x00octet\x00", "IsADirectoryError"),
    ],
    ids=["S1", "S2", "S3"],
)
def test_tftpy_alone_dies_of_one_datagram(request_: bytes, error: str) -> None:
    with bare() as (port, ended):
        said_to(port, request_, 0.1)
        assert death(ended) == error


@pytest.mark.parametrize(
    "what", [what for what in HOSTILE if what.startswith("S6") and "unknown" not in what]
)
def test_tftpy_alone_leaves_a_bad_request_without_an_answer(what: str) -> None:
    with bare() as (port, ended):
        assert said_to(port, HOSTILE[what], 0.1) == b""
        assert fetch(HOST, port, "file", patience=PATIENT) == CONTENT
        assert ended == []


def test_tftpy_alone_dies_of_silent_clients() -> None:
    """S5: by the number of a descriptor, which select() cannot take, or by their end."""
    with many_descriptors() as most, bare() as (port, ended), contextlib.ExitStack() as silent:
        for _ in range(min(900, most // 3 - 50)):
            client = silent.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            client.sendto(b"\x00\x01file\x00octet\x00", (HOST, port))
            if ended:
                break
        assert death(ended) in ("ValueError", "OSError", "TypeError")


def test_tftpy_alone_dies_of_a_file_from_memory() -> None:
    """S4: its documented use."""
    with bare(lambda _name, **_: io.BytesIO(CONTENT)) as (port, ended):
        with contextlib.suppress(NoAnswer):
            fetch(HOST, port, "from memory", patience=PATIENT)
        assert death(ended) in ("AttributeError", "UnsupportedOperation")


def test_a_folders_name_is_only_a_name() -> None:
    """S3: who offers the files says what there is."""
    with serving() as server, pytest.raises(NoSuchFile):
        fetch(HOST, server.port, "folder", patience=PATIENT)


def test_files_from_memory_are_served_again_and_again() -> None:
    """S4."""
    with serving() as server:
        for _ in range(5):
            assert fetch(HOST, server.port, "file", patience=PATIENT) == CONTENT
            assert fetch(HOST, server.port, "empty", patience=PATIENT) == b""
        assert server.requests == 10


@contextmanager
def many_descriptors() -> Iterator[int]:
    """As many descriptors as this process may have, up to 4,096; gives how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = max(soft, min(hard, 4096) if hard > 0 else 4096)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    try:
        yield most
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_two_thousand_silent_clients_do_not_stop_the_server() -> None:
    """S5; clients take a descriptor each here, the server none."""
    with many_descriptors() as most, contextlib.ExitStack() as silent:
        count = min(2000, most - 200)
        with serving(patience=Patience(waits=(300.0,))) as server:
            for number in range(count):
                client = silent.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                client.sendto(b"\x00\x01file\x00octet\x00", (HOST, server.port))
                if number % 50 == 0:  # the system drops what of a burst has no room
                    client.settimeout(60)
                    assert client.recv(600) == wire.data(1, CONTENT[:512])
            assert fetch(HOST, server.port, "file", patience=PATIENT) == CONTENT
            assert server.requests == count + 1


def test_a_process_without_a_descriptor_left_goes_on_serving() -> None:
    with serving() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(60)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))
        try:
            with pytest.raises(OSError, match="open files"):
                serving().start()
            client.sendto(b"\x00\x01file\x00octet\x00", (HOST, server.port))
            answer = client.recv(600)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert answer == wire.data(1, CONTENT[:512])


def test_a_server_that_is_full_says_so() -> None:
    with serving(sessions=1) as server:
        assert said_to(server.port, b"\x00\x01file\x00octet\x00")[:4] == b"\x00\x03\x00\x01"
        assert said_to(server.port, b"\x00\x01file\x00octet\x00") == wire.error(0, "busy")


def test_silent_sessions_end_and_make_room() -> None:
    with serving(sessions=1, patience=Patience(waits=(0.1, 0.1))) as server:
        for _ in range(3):
            until = time.monotonic() + 60
            while said_to(server.port, b"\x00\x01file\x00octet\x00")[:2] != b"\x00\x03":
                assert time.monotonic() < until


def test_two_hundred_clients_at_once_are_served() -> None:
    patient = Patience(waits=(0.5, 1.0, 2.0, 4.0, 8.0, 16.0))
    with serving() as server, ThreadPoolExecutor(200) as pool:
        jobs = [pool.submit(fetch, HOST, server.port, "file", patience=patient) for _ in range(200)]
        assert all(job.result() == CONTENT for job in jobs)


def test_a_port_is_free_after_the_server_stopped_and_may_be_used_again() -> None:
    with serving() as server:
        port = server.port
    with pytest.raises(NoAnswer):
        fetch(HOST, port, "file", patience=Patience(waits=(0.2,)))
    server.start()
    assert server.port == port
    assert fetch(HOST, port, "file", patience=PATIENT) == CONTENT
    with pytest.raises(OSError, match="in use"):
        TftpServer(HOST, port, offer).start()
    server.start()  # it runs already: nothing happens
    assert fetch(HOST, port, "file", patience=PATIENT) == CONTENT
    server.stop()
    server.stop()


def test_ipv6_is_spoken() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 in this Python")
    server = TftpServer("::1", 0, offer)
    try:
        server.start()
    except OSError as error:
        pytest.skip(f"no IPv6 on this machine: {error}")
    try:
        assert fetch("::1", server.port, "file", patience=PATIENT) == CONTENT
    finally:
        server.stop()


# ---------------------------------------------------------------- options, sources, faults


def test_block_size_and_file_size_are_agreed() -> None:
    with serving() as server:
        answer = said_to(server.port, b"\x00\x01file\x00octet\x00blksize\x001428\x00tsize\x000\x00")
        assert answer == wire.oack({"blksize": "1428", "tsize": "5000"})
        assert fetch(HOST, server.port, "file", patience=PATIENT, blksize=1428, tsize=True) == CONTENT
        assert fetch(HOST, server.port, "empty", patience=PATIENT, tsize=True) == b""


def test_whatever_the_source_does_the_server_goes_on() -> None:
    def broken(name: str, _client: str) -> Offered:
        if name == "raises":
            raise RuntimeError
        if name == "refused":
            return ErrorAnswer(2, "Access violation")
        if name == "no code":
            return ErrorAnswer(70_000, "no datagram holds this code")
        return (bytes([1 // (3 - number)]) * 600 for number in range(9))

    with serving(offer=broken) as server:
        for name, said in (
            ("raises", "cannot be read"),
            ("refused", "Access violation"),
            ("no code", "cannot be read"),
            ("chunks", "further"),
        ):
            with pytest.raises(NoAnswer, match=said):
                fetch(HOST, server.port, name, patience=PATIENT)
        assert server.requests == 4


def test_a_file_in_chunks_comes_whole() -> None:
    with serving(offer=lambda *_: iter([b"a" * 700, b"", b"b" * 324])) as server:
        assert fetch(HOST, server.port, "chunks", patience=PATIENT) == b"a" * 700 + b"b" * 324


def each_third(
    change: Callable[[Outgoing], Sequence[Outgoing]],
) -> Callable[[str, Outgoing], Sequence[Outgoing]]:
    count = iter(range(1_000_000))
    return lambda _name, sent: change(sent) if next(count) % 3 == 2 else (sent,)


FAULTS: dict[str, Callable[[Outgoing], Sequence[Outgoing]]] = {
    "lost": lambda _: (),
    "twice": lambda sent: (sent, sent),
    "late": lambda sent: (attrs.evolve(sent, delay=0.05),),
    "late and again": lambda sent: (attrs.evolve(sent, delay=0.05), sent),
    "from a stranger first": lambda sent: (attrs.evolve(sent, stranger=True), sent),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_line_still_brings_the_file(fault: str) -> None:
    with serving(tamper=each_third(FAULTS[fault]), patience=Patience(waits=(0.05,) * 600)) as server:
        patient = Patience(waits=(0.2,) * 150)
        assert fetch(HOST, server.port, "file", patience=patient) == CONTENT


def test_a_fault_sees_every_answer_about_a_file_and_the_numbers_of_blocks() -> None:
    seen: list[tuple[str, int | None]] = []

    def watch(name: str, sent: Outgoing) -> Sequence[Outgoing]:
        seen.append((name, sent.block))
        return (sent,)

    with serving(tamper=watch) as server:
        assert fetch(HOST, server.port, "file", patience=PATIENT, blksize=4000) == CONTENT
        with pytest.raises(NoSuchFile):
            fetch(HOST, server.port, "none", patience=PATIENT)
        said_to(server.port, b"\x00\x63")  # about no file
    assert seen == [("file", None), ("file", 1), ("file", 2), ("none", None)]


def test_a_fault_that_cannot_be_made_is_told_and_the_server_goes_on() -> None:
    def broken(name: str, sent: Outgoing) -> Sequence[Outgoing]:
        return (sent,) if name == "empty" else (sent,) * (1 // 0)

    with serving(tamper=broken) as server:
        with pytest.raises(NoAnswer, match="fault cannot be made"):
            fetch(HOST, server.port, "file", patience=PATIENT)
        assert fetch(HOST, server.port, "empty", patience=PATIENT) == b""


def endlessly() -> Iterator[bytes]:
    while True:
        yield b"more " * 1000


BROKEN: dict[str, tuple[Callable[[Outgoing], Sequence[Outgoing]], str]] = {
    "endless": (lambda sent: (sent,), "larger than"),
    "slow": (lambda sent: (attrs.evolve(sent, delay=0.1),), "longer than"),
    "silent": (lambda _: (), "no answer"),
    "stranger only": (
        lambda sent: (attrs.evolve(sent, stranger=True),),
        "no answer|nobody listens",
    ),
    "cut off": (lambda sent: (attrs.evolve(sent, data=sent.data[:300]),), "were announced"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_file_that_never_comes_whole_is_no_answer_in_time(how: str) -> None:
    change, said = BROKEN[how]
    file = iter(endlessly()) if how in ("endless", "slow") else CONTENT
    patience = {
        "slow": Patience(waits=(60.0,), total=0.5),
        "silent": Patience(waits=(0.3,)),
        "stranger only": Patience(waits=(0.3,)),
    }.get(how, PATIENT)
    server = serving(offer=lambda *_: file, tamper=lambda _, sent: change(sent))
    with server, pytest.raises(NoAnswer, match=said):
        fetch(HOST, server.port, "file", patience=patience, limit=20_000, tsize=True)


def test_a_client_that_asks_anew_from_its_port_gets_a_transfer_of_its_own() -> None:
    """Or a receipt of the first would be taken for one of the second."""
    with serving() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(60)
        sock.sendto(b"\x00\x01file\x00octet\x00", (HOST, server.port))
        _, first = sock.recvfrom(1000)
        sock.sendto(wire.ack(1), first)
        assert sock.recvfrom(1000) == (wire.data(2, CONTENT[512:1024]), first)
        sock.sendto(b"\x00\x01file\x00octet\x00", (HOST, server.port))
        block, second = sock.recvfrom(1000)
        assert block == wire.data(1, CONTENT[:512])
        assert second != first
        sock.sendto(wire.error(5, "Unknown transfer ID"), second)  # as when the request was only a late one
        sock.sendto(wire.ack(2), first)
        assert sock.recvfrom(1000) == (wire.data(3, CONTENT[1024:1536]), first)


def test_block_numbers_of_the_server_roll_over() -> None:
    with serving() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(60)
        sock.sendto(b"\x00\x01file\x00octet\x00", (HOST, server.port))
        _, peer = sock.recvfrom(1000)
        (session,) = server._sessions.values()
        session.block = 0xFFFF  # it waits meanwhile; 65,535 blocks would take seconds
        for number, at in ((0xFFFF, 1), (0, 2), (1, 3)):
            sock.sendto(wire.ack(number), peer)
            assert sock.recv(1000) == wire.data(number + 1, CONTENT[at * 512 : at * 512 + 512])


def test_a_request_that_comes_twice_is_one_transfer() -> None:
    with serving() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(60)
        for _ in range(2):
            sock.sendto(b"\x00\x01file\x00octet\x00", (HOST, server.port))
            block, peer = sock.recvfrom(1000)
            assert block == wire.data(1, CONTENT[:512])
        sock.sendto(wire.ack(1), peer)
        assert sock.recv(1000) == wire.data(2, CONTENT[512:1024])
        sock.sendto(wire.ack(1), peer)  # the old receipt again is not answered, or everything would double
        sock.sendto(wire.ack(2), peer)
        assert sock.recv(1000) == wire.data(3, CONTENT[1024:1536])
        sock.sendto(wire.error(0, "enough"), peer)
        assert server.requests == 1


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_any_datagrams_leave_the_server_serving(datagrams: list[bytes]) -> None:
    with serving() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(60)
        sock.sendto(b"\x00\x01file\x00octet\x00", (HOST, server.port))
        _, peer = sock.recvfrom(1000)
        for each in datagrams:
            for where in ((HOST, server.port), peer):
                for opcode in (b"", b"\x00\x01", b"\x00\x04", b"\x00\x05"):
                    sock.sendto(opcode + each, where)
        assert fetch(HOST, server.port, "empty", patience=PATIENT) == b""
