"""Why something was not collected: a value to count and to tell, not a reason to stop."""

import enum


class Kind(enum.Enum):
    """What happened, by its stable name."""

    UNREACHABLE = "unreachable"
    """No connection: no such host, nobody listens."""
    SILENT = "silent"
    """Connected, but no whole answer within the time."""
    UNTRUSTED = "untrusted"
    """TLS: the server's certificate is not one to give a password to."""
    DENIED = "denied"
    """Wrong user name or password, or a role is missing."""
    NOT_THERE = "not-there"
    """The server does not have such a thing."""
    BUSY = "busy"
    """It asked to come later until patience ended."""
    REDIRECTED = "redirected"
    """It points elsewhere; nobody goes there with a password."""
    TOO_LARGE = "too-large"
    TRUNCATED = "truncated"
    """The connection ended before the answer did."""
    MALFORMED = "malformed"
    """An answer that is none."""
    FAULT = "fault"
    """The service answered with an error of its own."""
    INCOMPLETE = "incomplete"
    """Some of it came, and it is known that there is more."""


class NotCollected(Exception):  # noqa: N818 - an answer, not a fault
    """One question had no usable answer; the text is one line without any secret."""

    def __init__(self, kind: Kind, text: str) -> None:
        super().__init__(text)
        self.kind = kind
