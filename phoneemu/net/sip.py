"""As much SIP as a registration needs: one REGISTER and its answer [RFC 3261].

An emulated phone registers with SIP whatever its model speaks; the CallManager's decision, not the
protocol's detail, is what is wanted. A refusal of an emulated CallManager names its cause in a Warning.
"""

import re
import socket
import time
from collections.abc import Callable, Iterator

from phoneemu.core.vocabulary import RegistrationTrouble

HEAD_BYTES = 8192
"""Largest request or answer that is read."""


def heads(sock: socket.socket, until: float) -> Iterator[str]:
    """Messages up to their empty lines, one after the other; `until` is a moment of the monotonic clock.

    Raises:
        OSError: the peer hung up, had not said the next by then, or wrote more than a head may hold.
    """
    data = b""
    while True:
        while b"\r\n\r\n" not in data:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError("no whole SIP message in time")
            sock.settimeout(left)
            part = sock.recv(2048)
            if not part or len(data) > HEAD_BYTES:
                raise ConnectionResetError("no whole SIP message")
            data += part
        head, _, data = data.partition(b"\r\n\r\n")
        yield head.decode("utf-8", "replace")


def register(sock: socket.socket, node: str, device: str, seconds: float) -> RegistrationTrouble | None:
    """Register a device on an open connection; None when the CallManager takes it.

    Raises:
        OSError: the peer hung up or did not answer in `seconds`.
    """
    until = time.monotonic() + seconds
    secure = "TLS" if hasattr(sock, "cipher") else "TCP"
    host, port = sock.getsockname()[:2]
    lines = (
        f"REGISTER sip:{node} SIP/2.0",
        f"Via: SIP/2.0/{secure} {host}:{port};branch=z9hG4bK{device}",
        "Max-Forwards: 70",
        f"From: <sip:{device}@{node}>;tag={device.lower()}",
        f"To: <sip:{device}@{node}>",
        f"Call-ID: {device.lower()}@{host}",
        "CSeq: 101 REGISTER",
        f"Contact: <sip:{device}@{host}:{port};transport={secure.lower()}>",
        "Expires: 3600",
        "Content-Length: 0",
    )
    sock.sendall("\r\n".join((*lines, "", "")).encode())
    # behind a provisional answer, such as Trying, the real one follows
    head = next(each for each in heads(sock, until) if not _PROVISIONAL.match(each))
    if head.split(" ")[1:2] == ["200"]:
        return None
    return next((trouble for trouble in RegistrationTrouble if f'"{trouble.value}"' in head), _REJECTED)


_REJECTED = RegistrationTrouble.REJECTED
_PROVISIONAL = re.compile(r"SIP/2\.0 1\d\d ")


def answer(head: str, judge: Callable[[str], RegistrationTrouble | None]) -> bytes:
    """A CallManager's answer to a request; `judge` is asked about the device in From."""
    request, *lines = head.split("\r\n")
    headers = [line for line in lines if line.split(":")[0].lower() in _ECHOED]
    method = request.partition(" ")[0]
    if method != "REGISTER":
        return _message("405 Method Not Allowed", [*headers, "Allow: REGISTER"])
    sender = next((line for line in headers if line.lower().startswith("from:")), "")
    trouble = judge(sender.partition("sip:")[2].partition("@")[0])
    if trouble is None:
        contact = [line for line in lines if line.lower().startswith("contact:")]
        return _message("200 OK", [*headers, *contact, "Expires: 3600"])
    return _message("403 Forbidden", [*headers, f'Warning: 399 phoneemu "{trouble.value}"'])


_ECHOED = frozenset({"via", "from", "to", "call-id", "cseq"})


def _message(status: str, headers: list[str]) -> bytes:
    return "\r\n".join((f"SIP/2.0 {status}", *headers, "Content-Length: 0", "", "")).encode()
