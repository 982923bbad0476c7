"""One registration over a socket, with a registrar that says what it likes."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from phoneemu.core.vocabulary import RegistrationTrouble
from phoneemu.net import sip

OK = b"SIP/2.0 200 OK\r\n\r\n"
TRYING = b"SIP/2.0 100 Trying\r\n\r\n"


@contextmanager
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection: the phone's and the registrar's."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname(), 60) as phone,
        listener.accept()[0] as registrar,
    ):
        yield phone, registrar


def registered(*parts: bytes, seconds: float = 60.0) -> RegistrationTrouble | None:
    """What comes of it when the registrar says this, a piece after the other."""
    with line() as (phone, registrar):
        for part in parts:
            registrar.sendall(part)
        if not parts or not parts[-1].endswith(b"\r\n\r\n"):
            registrar.shutdown(socket.SHUT_WR)
        return sip.register(phone, "pub", "SEP001122AABBCC", seconds)


@pytest.mark.parametrize("parts", [(OK,), (TRYING + OK,), (TRYING, OK), (OK[:9], OK[9:])])
def test_a_registration_is_taken_whether_or_not_it_is_tried_first(parts: tuple[bytes, ...]) -> None:
    assert registered(*parts) is None


def test_a_refusal_says_why_when_an_emulated_callmanager_refuses() -> None:
    for trouble in RegistrationTrouble:
        said = sip.answer("REGISTER sip:pub SIP/2.0\r\nFrom: <sip:a@b>", lambda _, why=trouble: why)  # type: ignore[misc]
        assert registered(said) is trouble
    assert registered(b"SIP/2.0 401 Unauthorized\r\n\r\n") is RegistrationTrouble.REJECTED
    assert registered(b"220 mail here\r\n\r\n") is RegistrationTrouble.REJECTED


@pytest.mark.parametrize("parts", [(), (b"SIP/2.0 200 OK\r\n",), (b"x" * 20_000,)])
def test_what_is_no_message_is_an_error(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(ConnectionError):
        registered(*parts)


def test_a_registrar_that_is_always_trying_is_left_in_time() -> None:
    stop = threading.Event()

    def trying() -> None:
        while not stop.wait(0.05):
            registrar.sendall(TRYING)

    thread = threading.Thread(target=trying)
    with line() as (phone, registrar):
        thread.start()
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            sip.register(phone, "pub", "SEP001122AABBCC", 0.4)
        assert time.monotonic() - begun < 50
        stop.set()
        thread.join()
