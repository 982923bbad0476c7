"""Our TFTP client beside tftpy's own, against servers that misbehave as tftp servers and strangers do."""

import contextlib
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
from phoneemu.net.tftpserver import TftpServer

QUICK = Patience(waits=(0.1, 0.1))
"""Where silence is the point; elsewhere a slow machine has time."""
PATIENT = Patience(waits=(10.0, 10.0), total=120.0)
HOST = "127.0.0.1"
Reply = Callable[[socket.socket, bytes, tuple[str, int]], None]


@contextmanager
def scripted(reply: Reply) -> Iterator[int]:
    """A server that handles each datagram by a function; gives its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((HOST, 0))
        stop = threading.Event()

        def run() -> None:
            while True:
                try:
                    data, client = sock.recvfrom(70_000)
                except OSError:  # what it sent could not be delivered
                    continue
                if stop.is_set():
                    return
                reply(sock, data, client)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            stop.set()
            sock.sendto(b"", sock.getsockname())  # it looks up
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
        fetch(HOST, port, "f", **{"patience": PATIENT, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 5120])
def test_a_file_of_any_size_comes_whole(size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    with scripted(blocks(content)) as port:
        assert fetch(HOST, port, "f", patience=PATIENT) == content


def test_a_missing_file_and_another_error_are_told_apart() -> None:
    for answer, kind in (
        (wire.error(1, "File not found"), NoSuchFile),
        (wire.error(0, "(1+1)File not found"), NoSuchFile),
        (wire.error(2, "Access violation"), NoAnswer),
        (wire.error(7, "user not found"), NoAnswer),
    ):
        with scripted(always(answer)) as port, pytest.raises(kind):
            fetch(HOST, port, "f", patience=PATIENT)


def test_silence_ends_after_the_last_wait_and_a_closed_port_at_once() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((HOST, 0))
        with pytest.raises(NoAnswer, match="no answer"):
            fetch(HOST, silent.getsockname()[1], "f", patience=QUICK)
        silent.setblocking(False)  # noqa: FBT003 - of the standard library
        assert silent.recv(100) == silent.recv(100) == wire.request("f", {}), "once again by two waits"
        with pytest.raises(BlockingIOError):
            silent.recv(100)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    with pytest.raises(NoAnswer, match=r"nobody listens|no answer"):
        fetch(HOST, port, "f", patience=Patience(waits=(0.2,), total=2))


@pytest.mark.parametrize("asked_for", [{"blksize": 7}, {"blksize": -1}, {"blksize": 70_000}])
def test_a_block_size_that_cannot_be_is_not_asked_for(asked_for: dict[str, int]) -> None:
    with pytest.raises(NoAnswer, match="no block has"):
        fetch(HOST, 9, "f", blksize=asked_for["blksize"])


def test_a_port_that_cannot_be_is_not_asked_and_waits_are_needed() -> None:
    with pytest.raises(NoAnswer, match="no port is"):
        fetch(HOST, 70_000, "f")
    with pytest.raises(ValueError, match="waits"):
        Patience(waits=())


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a" * 70 + ".invalid", ""])
def test_a_host_that_cannot_be_found_is_no_answer(host: str) -> None:
    with pytest.raises(NoAnswer):
        fetch(host, 1, "f", patience=PATIENT)


@pytest.mark.parametrize("name", ["", "a\0b", "naïve"])
def test_a_name_that_cannot_be_asked_for_is_no_answer(name: str) -> None:
    with pytest.raises(NoAnswer, match="cannot ask"):
        fetch(HOST, 9, name, patience=PATIENT)


# ---------------------------------------------------------------- C1: a stranger's block


@contextmanager
def stranger(client: tuple[str, int], datagram: bytes, host: str = "127.0.0.9") -> Iterator[socket.socket]:
    """Somebody else who sends the client a datagram, and hears what it answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((host, 0))
        sock.settimeout(60)
        sock.sendto(datagram, client)
        yield sock


def with_stranger(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
    if asked(data):
        sock.sendto(wire.data(1, b"g" * 512), client)
        with stranger(client, wire.data(2, b"evil")):
            pass  # it closes: what the client answers cannot be delivered
    elif data == wire.ack(1):
        sock.sendto(wire.data(2, b"good"), client)


def test_a_strangers_block_is_not_accepted_nor_its_closed_port_taken_for_the_servers() -> None:
    with scripted(with_stranger) as port:
        assert fetch(HOST, port, "f", patience=PATIENT) == b"g" * 512 + b"good"


def test_tftpy_alone_accepts_a_strangers_block() -> None:
    output = io.BytesIO()
    with scripted(with_stranger) as port:
        tftpy.TftpClient(HOST, port).download("f", output, timeout=10)
    assert output.getvalue() == b"g" * 512 + b"evil"


def test_a_stranger_cannot_begin_the_transfer() -> None:
    heard: list[bytes] = []

    def reply(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
        if asked(data):
            with stranger(client, wire.data(1, b"evil")) as other:
                heard.append(other.recv(100))
            sock.sendto(wire.data(1, b"good"), client)

    with scripted(reply) as port:
        assert fetch(HOST, port, "f", patience=PATIENT) == b"good"
    assert heard == [wire.error(5, "Unknown transfer ID")]


def test_a_block_of_another_transfer_does_not_choose_the_servers_port() -> None:
    def reply(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
        if asked(data):
            with stranger(client, wire.data(9, b"evil"), HOST):
                sock.sendto(wire.data(1, b"good"), client)

    with scripted(reply) as port:
        assert fetch(HOST, port, "f", patience=PATIENT) == b"good"


def test_a_strangers_error_is_not_answered_or_two_would_go_on_for_ever() -> None:
    heard: list[bytes] = []

    def reply(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
        if asked(data):
            with stranger(client, wire.error(5, "x")) as other:
                other.sendto(wire.data(1, b"evil"), client)
                heard.append(other.recv(100))
                other.settimeout(0)
                with contextlib.suppress(BlockingIOError):
                    heard.append(other.recv(100))
            sock.sendto(wire.data(1, b"good"), client)

    with scripted(reply) as port:
        assert fetch(HOST, port, "f", patience=PATIENT) == b"good"
    assert len(heard) == 1, "the block is answered, the error before it is not"


def closed_ports_are_reported() -> bool:
    """Whether this machine says that nobody listens: not every system does, nor every sandbox."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind((HOST, 0))
        port = gone.getsockname()[1]
    with pytest.raises(NoAnswer) as told_of:
        fetch(HOST, port, "f", patience=Patience(waits=(0.1,) * 30))
    return "nobody listens" in str(told_of.value)


def test_a_server_that_goes_away_is_noticed_before_patience_ends() -> None:
    """A receipt that still reaches the open port is lost silently; those after it are reported."""
    closed = threading.Event()

    def reply(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
        if asked(data):
            with stranger(client, wire.data(1, b"g" * 512), HOST) as transfer:
                assert transfer.recv(100) == wire.ack(1)
            closed.set()  # the transfer's own port

    if closed_ports_are_reported():
        told("nobody listens", reply, patience=Patience(waits=(0.1,) * 600))
    else:
        told("no answer", reply, patience=Patience(waits=(0.1,) * 30))
    assert closed.is_set()


def test_a_host_of_a_link_is_found_by_its_interface() -> None:
    """An address of a link means nothing without its scope, which every datagram needs."""
    for index, name in socket.if_nameindex():
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            try:
                sock.connect(("ff02::1", 9, 0, index))
            except OSError:
                continue
            own = str(sock.getsockname()[0]).partition("%")[0]
        if own.startswith("fe80:"):
            with TftpServer(f"{own}%{name}", 0, lambda *_: b"linked") as server:
                assert fetch(f"{own}%{name}", server.port, "f", patience=PATIENT) == b"linked"
            return
    pytest.skip("no interface of this machine has an IPv6 address of its link")


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
        tftpy.TftpClient(HOST, port).download("f", io.BytesIO(), packethook=hook, timeout=10)


def trickling(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
    time.sleep(0.08)
    endless(sock, data, client)


def test_a_trickle_is_left_at_the_limit_of_time() -> None:
    told("longer than the whole transfer", trickling, patience=Patience(waits=(0.5,), total=0.4))


def test_tftpy_alone_has_no_limit_of_time() -> None:
    begun, taken = time.monotonic(), []

    def hook(_packet: object) -> None:
        taken.append(time.monotonic() - begun)
        if taken[-1] > 0.6:
            raise EnoughError

    with scripted(trickling) as port, pytest.raises(EnoughError):
        tftpy.TftpClient(HOST, port).download("f", io.BytesIO(), packethook=hook, timeout=10)


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
        assert fetch(HOST, port, "f", patience=PATIENT, tsize=True) == b"y" * 100


def test_tftpy_alone_takes_a_file_shorter_than_announced() -> None:
    output = io.BytesIO()
    with scripted(announcing(5000)) as port:
        tftpy.TftpClient(HOST, port, {"tsize": 0}).download("f", output, timeout=10)
    assert len(output.getvalue()) == 100


def test_an_announced_size_beyond_the_limit_is_refused_at_once() -> None:
    told("3,000,000 bytes are announced", announcing(3_000_000), tsize=True, limit=1000)


@pytest.mark.parametrize(
    ("wanted", "agreed"),
    [
        ({"blksize": 1428}, {"blksize": "9000"}),
        ({"blksize": 1428}, {"blksize": "4"}),
        ({"blksize": 1428}, {"blksize": "x"}),
        ({"blksize": 100}, {"blksize": "512"}),
        ({"blksize": 1428}, {"timeout": "3"}),
        ({"blksize": 1428}, {"tsize": "100"}),
        ({"tsize": True}, {"blksize": "512"}),
        ({"tsize": True}, {"tsize": "-1"}),
        ({}, {"tsize": "100"}),
    ],
)
def test_what_was_not_asked_cannot_be_agreed(wanted: dict[str, int], agreed: dict[str, str]) -> None:
    told("agrees to what was not asked", always(wire.oack(agreed)), **wanted)


def test_a_smaller_block_size_is_agreed_and_used() -> None:
    content = b"z" * 2500

    def reply(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
        if asked(data):
            assert b"blksize\x001428\x00" in data
            sock.sendto(wire.oack({"blksize": "1000"}), client)
        else:
            blocks(content, 1000)(sock, data, client)

    with scripted(reply) as port:
        assert fetch(HOST, port, "f", patience=PATIENT, blksize=1428) == content


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
        assert fetch(HOST, port, "f", patience=PATIENT) == b"n" * 512 + b"now"


def test_tftpy_alone_gives_up_at_a_block_from_the_future() -> None:
    with scripted(from_the_future) as port, pytest.raises(tftpy.TftpException):
        tftpy.TftpClient(HOST, port).download("f", io.BytesIO(), timeout=10)


def test_block_numbers_roll_over_and_a_late_block_from_before_changes_nothing() -> None:
    """The server runs ahead of the receipts, or the test would take ten seconds."""
    last, batch = 65_600, 64
    content = bytes(range(8)) * (last - 1) + b"end"

    def reply(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
        if asked(data):
            sock.sendto(wire.oack({"blksize": "8"}), client)
        elif data == wire.ack(sent[0]):
            for block in range(sent[0] + 1, min(sent[0] + batch, last) + 1):
                sock.sendto(wire.data(block, content[(block - 1) * 8 : block * 8]), client)
                if block in (65_536, 65_537):
                    sock.sendto(wire.data(block - 1, b"too late"), client)
                sent[0] = block

    sent = [0]
    with scripted(reply) as port:
        assert fetch(HOST, port, "f", patience=PATIENT, blksize=8) == content


# ---------------------------------------------------------------- repetitions


def test_a_lost_receipt_is_sent_again() -> None:
    heard: list[bytes] = []

    def reply(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
        heard.append(data)
        if asked(data):
            sock.sendto(wire.data(1, b"g" * 512), client)
        elif heard.count(wire.ack(1)) > 1:
            sock.sendto(wire.data(2, b"good"), client)

    with scripted(reply) as port:
        assert fetch(HOST, port, "f", patience=Patience(waits=(0.1,) * 50)) == b"g" * 512 + b"good"


def test_a_block_that_comes_twice_does_not_double_all_that_follow() -> None:
    """The Sorcerer's Apprentice: this server answers every receipt, so one too many is a block more."""
    content, heard = b"q" * (512 * 40), [0]

    def reply(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
        heard[0] += 1
        blocks(content)(sock, data, client)
        if asked(data):
            blocks(content)(sock, data, client)

    with scripted(reply) as port:
        assert fetch(HOST, port, "f", patience=Patience(waits=(10.0,))) == content
    assert heard[0] <= 42, "a request and 41 receipts"


def test_an_agreement_that_comes_twice_is_taken_once() -> None:
    def reply(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
        if asked(data):
            sock.sendto(wire.oack({"blksize": "1000"}), client)
            sock.sendto(wire.oack({"blksize": "8"}), client)
        else:
            blocks(b"z" * 2500, 1000)(sock, data, client)
            sock.sendto(wire.oack({"blksize": "8"}), client)

    with scripted(reply) as port:
        assert fetch(HOST, port, "f", patience=PATIENT, blksize=1428) == b"z" * 2500


def test_agreements_without_end_are_left_at_the_limit_of_time() -> None:
    def reply(sock: socket.socket, data: bytes, client: tuple[str, int]) -> None:
        sock.sendto(wire.oack({"tsize": "5"}), client)

    told("no answer|longer than", reply, tsize=True, patience=Patience(waits=(0.1, 0.1), total=0.5))


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
