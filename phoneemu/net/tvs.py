"""TVS messages on a connection, and a client that asks either verb."""

import socket
import time

from phoneemu.core import tvs as messages
from phoneemu.net import tls


def read(sock: socket.socket, seconds: float) -> messages.Message:
    """The next whole message.

    Raises:
        OSError: the peer hung up, or `seconds` passed.
        MalformedFile: what came is no message.
    """
    deadline = time.monotonic() + seconds
    data = b""
    while len(data) < messages.HEAD_BYTES or len(data) < messages.frame_length(data[: messages.HEAD_BYTES]):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("no whole TVS message in time")
        sock.settimeout(left)
        whole = messages.frame_length(data) if len(data) >= messages.HEAD_BYTES else messages.HEAD_BYTES
        part = sock.recv(whole - len(data))
        if not part:
            raise ConnectionResetError("the peer hung up")
        data += part
    return messages.parse(data)


def ask(
    host: str,
    port: int,
    question: messages.Query | messages.Verify,
    *,
    highest: str = "1.2",
    seconds: float = 5.0,
) -> tuple[messages.Answer, bytes]:
    """Ask a TVS one question; its answer, and the certificate it showed, as DER and unverified.

    Raises:
        tls.Refused: no handshake.
        OSError: it cannot be reached, hangs up, or does not answer in time.
        MalformedFile: what came is no answer.
    """
    with socket.create_connection((host, port), timeout=seconds) as plain:
        secure, shown = tls.connect(plain, highest)
        with secure:
            secure.sendall(messages.encode(question))
            answer = read(secure, seconds)
    if not isinstance(answer, messages.Answer):
        raise ConnectionResetError("the peer asks instead of answering")
    return answer, shown
