"""Our TFTP client beside tftpy's own, against servers that misbehave as tftp servers and strangers do."""

import io
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import tftpy
from hypothesis import given
from hypothesis import strategies as st

from phoneemu.net import tftpwire as wire
from phoneemu.net.tftp import NoAnswer, NoSuchFile, Patience, fetch

QUICK = Patience(waits=(0.1, 0.1), total=5.0)
HOST = "127.0.0.1"
Reply = Callable[[socket.socket, bytes, tuple[str, int]], None]


@contextmanager
def scripted(reply: Reply) -> Iterator[int]:
    """A server that handles each datagram by a function; gives its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((HOST, 0))
        sock.settimeout(0.05)
        stop = threading.Event()

        def run() -> None:
            while not stop.is_set():
                try:
                    data, client = sock.recvfrom(70_000)
                except OSError:
                    continue
                reply(sock, data, client)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            stop.set()
            thread.join()


def blocks(content: bytes, size: int = 512) -> Reply:
    """A plain server: block by block, by the receipts."""

    def reply(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
        opcode, number = struct.unpack("!HH", data[:4])
        block = 1 if opcode == 1 else number + 1
        if opcode in (1, 4) and (block - 1) * size <= len(content):
            sock.sendto(wire.data(block, content[(block - 1) * size : block * size]), client)

    return reply


class EnoughError(Exception):
    """What a test raises to end what would not end."""


def asked(data: bytes) -> bool:
    return data[:2] == b"\x00\x01"


def always(answer: bytes) -> Reply:
    """A server with one answer to a request, and none to anything else."""

    def reply(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
        if asked(data):
            sock.sendto(answer, client)

    return reply


def told(reason: str, server: Reply, **more: object) -> None:
    with scripted(server) as port, pytest.raises(NoAnswer, match=reason):
        fetch(HOST, port, "f", **{"patience": QUICK, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 5120])
def test_a_file_of_any_size_comes_whole(size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    with scripted(blocks(content)) as port:
        assert fetch(HOST, port, "f", patience=QUICK) == content


def test_a_missing_file_and_another_error_are_told_apart() -> None:
    for answer, kind in (
        (wire.error(1, "File not found"), NoSuchFile),
        (wire.error(0, "(1+1)File not found"), NoSuchFile),
        (wire.error(2, "Access violation"), NoAnswer),
    ):
        with scripted(always(answer)) as port, pytest.raises(kind):
            fetch(HOST, port, "f", patience=QUICK)


def test_silence_ends_after_the_last_wait_and_a_closed_port_at_once() -> None:
    times: list[float] = []
    told("no answer", lambda *_: times.append(time.monotonic()))
    assert len(times) == 2, "the request is repeated once by two waits"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    with pytest.raises(NoAnswer, match=r"nobody listens|no answer"):
        fetch(HOST, port, "f", patience=Patience(waits=(0.2,), total=2))


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a" * 70 + ".invalid", ""])
def test_a_host_that_cannot_be_found_is_no_answer(host: str) -> None:
    with pytest.raises(NoAnswer):
        fetch(host, 1, "f", patience=QUICK)


@pytest.mark.parametrize("name", ["", "a\0b", "naïve"])
def test_a_name_that_cannot_be_asked_for_is_no_answer(name: str) -> None:
    with pytest.raises(NoAnswer, match="cannot ask"):
        fetch(HOST, 9, name, patience=QUICK)


# ---------------------------------------------------------------- C1: a stranger's block


def with_stranger(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
    if asked(data):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.9", 0))
            sock.sendto(wire.data(1, b"g" * 512), client)
            time.sleep(0.05)
            stranger.sendto(wire.data(2, b"evil"), client)
            time.sleep(0.05)
    elif data == wire.ack(1):
        time.sleep(0.1)
        sock.sendto(wire.data(2, b"good"), client)


def test_a_strangers_block_is_not_accepted() -> None:
    with scripted(with_stranger) as port:
        assert fetch(HOST, port, "f", patience=Patience(waits=(1.0, 1.0))) == b"g" * 512 + b"good"


def test_tftpy_alone_accepts_a_strangers_block() -> None:
    output = io.BytesIO()
    with scripted(with_stranger) as port:
        tftpy.TftpClient(HOST, port).download("f", output, timeout=1)
    assert output.getvalue() == b"g" * 512 + b"evil"


def test_a_stranger_cannot_begin_the_transfer() -> None:
    def reply(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
        if asked(data):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                stranger.bind(("127.0.0.9", 0))
                stranger.sendto(wire.data(1, b"evil"), client)
                stranger.settimeout(2)
                assert stranger.recv(100)[:4] == b"\x00\x05\x00\x05"  # unknown transfer
            sock.sendto(wire.data(1, b"good"), client)

    with scripted(reply) as port:
        assert fetch(HOST, port, "f", patience=Patience(waits=(1.0, 1.0))) == b"good"


# ---------------------------------------------------------------- C2, C3: endless and slow


def endless(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
    block = 1 if asked(data) else int.from_bytes(data[2:4], "big") + 1
    sock.sendto(wire.data(block, b"x" * 512), client)


def test_a_server_that_never_ends_is_left_at_the_limit_of_size() -> None:
    told("larger than 20,000 bytes", endless, limit=20_000)


def test_tftpy_alone_has_no_limit_of_size() -> None:
    seen = 0

    def hook(packet: object) -> None:
        nonlocal seen
        seen += 1
        if seen > 200:
            raise EnoughError

    with scripted(endless) as port, pytest.raises(EnoughError):
        tftpy.TftpClient(HOST, port).download("f", io.BytesIO(), packethook=hook, timeout=1)


def trickling(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
    time.sleep(0.08)
    endless(sock, data, client)


def test_a_trickle_is_left_at_the_limit_of_time() -> None:
    begun = time.monotonic()
    told("longer than the whole transfer", trickling, patience=Patience(waits=(0.5,), total=0.4))
    assert time.monotonic() - begun < 4


def test_tftpy_alone_has_no_limit_of_time() -> None:
    begun, taken = time.monotonic(), []

    def hook(_packet: object) -> None:
        taken.append(time.monotonic() - begun)
        if taken[-1] > 0.6:
            raise EnoughError

    with scripted(trickling) as port, pytest.raises(EnoughError):
        tftpy.TftpClient(HOST, port).download("f", io.BytesIO(), packethook=hook, timeout=0.2, retries=1)


# ---------------------------------------------------------------- C4: the announced size


def announcing(size: int, content: bytes = b"y" * 100) -> Reply:
    def reply(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
        if asked(data):
            sock.sendto(wire.oack({"tsize": str(size)}), client)
        elif data == wire.ack(0):
            sock.sendto(wire.data(1, content), client)

    return reply


def test_a_file_shorter_than_announced_is_not_taken() -> None:
    told("5,000 bytes were announced, 100 came", announcing(5000), tsize=True)
    with scripted(announcing(100)) as port:
        assert fetch(HOST, port, "f", patience=QUICK, tsize=True) == b"y" * 100


def test_tftpy_alone_takes_a_file_shorter_than_announced() -> None:
    output = io.BytesIO()
    with scripted(announcing(5000)) as port:
        tftpy.TftpClient(HOST, port, {"tsize": 0}).download("f", output, timeout=1)
    assert len(output.getvalue()) == 100


def test_an_announced_size_beyond_the_limit_is_refused_at_once() -> None:
    told("3,000,000 bytes are announced", announcing(3_000_000), tsize=True, limit=1000)


@pytest.mark.parametrize(
    "agreed", [{"blksize": "9000"}, {"blksize": "4"}, {"timeout": "3"}, {"blksize": "x"}]
)
def test_what_was_not_asked_cannot_be_agreed(agreed: dict[str, str]) -> None:
    told("agrees to what was not asked", always(wire.oack(agreed)), blksize=1428)


def test_a_smaller_block_size_is_agreed_and_used() -> None:
    content = b"z" * 2500

    def reply(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
        if asked(data):
            assert b"blksize\x001428\x00" in data
            sock.sendto(wire.oack({"blksize": "1000"}), client)
        else:
            blocks(content, 1000)(sock, data, client)

    with scripted(reply) as port:
        assert fetch(HOST, port, "f", patience=QUICK, blksize=1428) == content


# ---------------------------------------------------------------- C5: blocks from the future


def from_the_future(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
    if asked(data):
        sock.sendto(wire.data(7, b"later"), client)
        sock.sendto(wire.data(1, b"n" * 512), client)
        sock.sendto(wire.data(1, b"n" * 512), client)
    elif data == wire.ack(1):
        sock.sendto(wire.data(9, b"later"), client)
        sock.sendto(wire.data(2, b"now"), client)


def test_a_block_from_the_future_is_as_good_as_none() -> None:
    with scripted(from_the_future) as port:
        assert fetch(HOST, port, "f", patience=QUICK) == b"n" * 512 + b"now"


def test_tftpy_alone_gives_up_at_a_block_from_the_future() -> None:
    with scripted(from_the_future) as port, pytest.raises(tftpy.TftpException):
        tftpy.TftpClient(HOST, port).download("f", io.BytesIO(), timeout=1)


def test_block_numbers_roll_over() -> None:
    size = 65_540
    content = bytes(range(8)) * size

    def reply(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
        if asked(data):
            state["sent"] = 0
            sock.sendto(wire.oack({"blksize": "8"}), client)
        elif data == wire.ack(state["sent"]):
            at = state["sent"] * 8
            state["sent"] += 1
            sock.sendto(wire.data(state["sent"], content[at : at + 8]), client)

    state = {"sent": 0}
    with scripted(reply) as port:
        assert fetch(HOST, port, "f", patience=Patience(waits=(1.0, 1.0)), blksize=8) == content


@given(
    st.lists(st.binary(max_size=40) | st.binary(max_size=600).map(lambda data: b"\x00\x03\x00\x01" + data))
)
def test_any_datagrams_give_a_file_or_one_of_two_answers(datagrams: list[bytes]) -> None:
    def reply(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
        if asked(data):
            for each in datagrams:
                sock.sendto(each, client)

    with scripted(reply) as port:
        try:
            got = fetch(HOST, port, "f", patience=Patience(waits=(0.02,), total=0.1), limit=5000)
        except (NoAnswer, NoSuchFile):
            return
    assert any(got in datagram for datagram in datagrams)
