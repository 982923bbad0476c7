"""Question: all that a rule may see. What is not here cannot influence a decision.

Time is an argument (`now`), the signature check is an input (`signature`), and no rule sees the cluster.
"""

import enum

import attrs

from phoneemu.core.flash import Flash
from phoneemu.core.names import Identity
from phoneemu.core.profile import Profile
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.trustlist import SignatureStatus, TrustList
from phoneemu.core.vocabulary import (
    CallManagerAnswered,
    CallManagerFailed,
    Registered,
    TvsAnswered,
    TvsConnected,
    TvsFailed,
)


class Subject(enum.Enum):
    """What a ruling is about."""

    __hash__ = object.__hash__  # by identity: enum's own hashes the name in Python, at every step
    CTL = "ctl"
    ITL = "itl"
    CONFIG = "config"
    REGISTRATION = "registration"


class Stage(enum.Enum):
    """Which chapter of the book answers."""

    __hash__ = object.__hash__  # by identity, as above
    OFFER = "offer"
    """A file arrived."""
    ABSENCE = "absence"
    """A file did not arrive."""
    TVS_PEER = "tvs-peer"
    """A TVS shows its certificate, or cannot be reached."""
    TVS_ANSWER = "tvs-answer"
    """A TVS answers about the signer."""
    TVS_EXHAUSTED = "tvs-exhausted"
    """No TVS is left to ask."""
    CALLMANAGER = "callmanager"
    """A CallManager shows its certificate, refuses, or confirms."""
    CALLMANAGER_EXHAUSTED = "callmanager-exhausted"
    """No CallManager is left to try."""


@attrs.frozen(kw_only=True)
class Absence:
    """A file was asked for and did not come.

    `silent` tells no answer from the answer "no such file". `more` says whether another name, transport or
    server is left to try. `attempts` counts the requests for a wanted CTL so far.
    """

    silent: bool
    more: bool
    attempts: int = 1


Evidence = (
    TvsConnected
    | TvsFailed
    | TvsAnswered
    | CallManagerAnswered
    | CallManagerFailed
    | Registered
    | Absence
    | None
)


@attrs.frozen(kw_only=True)
class Question:
    """One thing to decide.

    `offered` is the file in question, MalformedFile when its bytes are not such a file. `signer` is who
    signed it. `signature` is VALID, BAD or ASSUMED, checked with the certificate the phone knows for that
    signer. `answer` is what a server did. `now` is in seconds since the epoch. `beside` tells that the server
    asked to be the CallManager is only a TFTP server, or in the end that such were left unasked. `known_as`
    are the names and the address that lead to the server of a file, lower-case, where they are known.
    """

    subject: Subject
    stage: Stage
    profile: Profile
    flash: Flash
    now: float
    server: str = ""
    offered: TrustList | SignedFile | MalformedFile | None = None
    signer: Identity | None = None
    signature: SignatureStatus = SignatureStatus.ASSUMED
    answer: Evidence = None
    beside: bool = False
    known_as: frozenset[str] = frozenset()
