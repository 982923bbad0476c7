"""Every Event a phone receives and every Command it returns. No logic.

A driver turns commands into socket work (live), into look-ups in an emulated cluster (simulated), or into
comparisons with a recording (replayed), and hands the outcome back as events. The driver decides nothing.
"""

import enum

import attrs

from phoneemu.core.flash import Flash
from phoneemu.core.names import Identity
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.trustlist import TrustList


class Transport(enum.Enum):
    """How a file is fetched."""

    TFTP = "tftp"
    HTTP = "http"


class EraseTarget(enum.Enum):
    """What a person erases at the phone."""

    CTL = "ctl"
    ITL = "itl"
    SECURITY = "security"
    """The combined reset: both lists."""
    FACTORY = "factory"
    """Everything."""


class TvsTrouble(enum.Enum):
    """Why a TVS gave no answer."""

    UNREACHABLE = "unreachable"
    HANDSHAKE = "handshake"
    TLS_VERSION = "tls-version"
    TLS_UNKNOWN = "tls-unknown"
    """The server has a TLS floor and nobody knows this model's TLS versions: cannot-say."""
    NO_ANSWER = "no-answer"


class RegistrationTrouble(enum.Enum):
    """Why a CallManager did not take the phone."""

    UNREACHABLE = "unreachable"
    TLS_VERSION = "tls-version"
    TLS_UNKNOWN = "tls-unknown"
    """The server has a TLS floor and nobody knows this model's TLS versions: cannot-say."""
    DEVICE_CERTIFICATE = "device-certificate"
    SIGNALLING_MODE = "signalling-mode"
    """One side wants TLS and the other does not."""
    CAPF_EXPIRED = "capf-expired"
    """The CAPF that issued this phone's certificate has expired; nobody says what follows: cannot-say."""
    UNKNOWN_DEVICE_CERTIFICATE = "unknown-device-certificate"
    """Nothing says whether the cluster trusts this phone's certificate: cannot-say."""
    REJECTED = "rejected"
    """It answered no, and did not say why in words known here (a real server)."""


# ---------------------------------------------------------------- events


@attrs.frozen(kw_only=True)
class PoweredOn:
    """The phone starts: power, reset or restart. `tftp_servers` are the addresses DHCP gave, in order."""

    now: float
    tftp_servers: tuple[str, ...]


@attrs.frozen(kw_only=True)
class PoweredOff:
    """The phone loses power; its flash stays."""


@attrs.frozen(kw_only=True)
class FileArrived:
    """A file was fetched whole: its bytes, or the value behind them in an emulated cluster.

    `known_as` are the names and the address that lead to this server now, lower-case; empty: not known.
    """

    name: str
    server: str
    content: bytes | TrustList | SignedFile = attrs.field(repr=False)
    known_as: frozenset[str] = attrs.field(default=frozenset(), repr=False)


@attrs.frozen(kw_only=True)
class FileMissing:
    """The server answered that it has no such file."""

    name: str
    server: str


@attrs.frozen(kw_only=True)
class ServerSilent:
    """The server did not answer, or not within the limits of size and time."""

    name: str
    server: str


@attrs.frozen(kw_only=True)
class TvsConnected:
    """TLS to a TVS stands; the certificate it showed is for the phone to judge.

    `expires` is when it did, in seconds since the epoch; None when that is not known or lies ahead.
    """

    server: str
    peer: Identity
    expires: float | None = None
    certificate: bytes = attrs.field(default=b"", repr=False)


@attrs.frozen(kw_only=True)
class TvsFailed:
    """A TVS could not be asked, or did not answer."""

    server: str
    trouble: TvsTrouble


@attrs.frozen(kw_only=True)
class TvsAnswered:
    """A TVS answered a certificate query. `identity` is that of the returned certificate."""

    server: str
    session: int
    found: bool
    identity: Identity | None = None
    roles: frozenset[int] = frozenset()
    ttl: int = 0
    certificate: bytes = attrs.field(default=b"", repr=False)


@attrs.frozen(kw_only=True)
class CallManagerAnswered:
    """A CallManager took the connection; `peer` is the TLS certificate it showed, None without TLS.

    `expires` is when that certificate did, in seconds since the epoch; None when not known or still ahead.
    `known_as` are the names and the address that lead to it now, lower-case; empty: not known.
    """

    node: str
    peer: Identity | None = None
    expires: float | None = None
    known_as: frozenset[str] = attrs.field(default=frozenset(), repr=False)


@attrs.frozen(kw_only=True)
class CallManagerFailed:
    """A CallManager did not take the phone."""

    node: str
    trouble: RegistrationTrouble


@attrs.frozen(kw_only=True)
class Registered:
    """A CallManager confirmed the registration."""

    node: str


@attrs.frozen(kw_only=True)
class ErasedByHand:
    """A person erased lists at the phone."""

    target: EraseTarget


Event = (
    PoweredOn
    | PoweredOff
    | FileArrived
    | FileMissing
    | ServerSilent
    | TvsConnected
    | TvsFailed
    | TvsAnswered
    | CallManagerAnswered
    | CallManagerFailed
    | Registered
    | ErasedByHand
)

# ---------------------------------------------------------------- commands


@attrs.frozen(kw_only=True)
class Fetch:
    """Fetch a file; answered by FileArrived, FileMissing or ServerSilent."""

    name: str
    server: str
    transport: Transport


@attrs.frozen(kw_only=True)
class ReachTvs:
    """Open TLS to a TVS; answered by TvsConnected or TvsFailed."""

    server: str
    tls_max: str | None
    tls_min: str | None = None
    """The lowest version it will speak; None for any."""


@attrs.frozen(kw_only=True)
class AskTvs:
    """Query the signer on the open connection; answered by TvsAnswered or TvsFailed."""

    server: str
    session: int
    signer: Identity


@attrs.frozen(kw_only=True)
class ReachCallManager:
    """Connect for signalling; answered by CallManagerAnswered or CallManagerFailed."""

    node: str
    secure: bool
    tls_max: str | None
    tls_min: str | None = None
    """The lowest version it will speak; None for any."""


@attrs.frozen(kw_only=True)
class Register:
    """Register on the open connection; answered by Registered or CallManagerFailed."""

    node: str
    secure: bool


@attrs.frozen(kw_only=True)
class Save:
    """Write the flash, all of it or nothing; needs no answer."""

    flash: Flash = attrs.field(repr=False)


Command = Fetch | ReachTvs | AskTvs | ReachCallManager | Register | Save

TVS_SESSION_START = 1000
"""A phone counts its questions from the next number, 1001, after start [C213407: 0x3e9]."""
