"""The live driver: one phone's commands performed on sockets.

It performs and decides nothing: a TVS or CallManager is connected to without verifying, and its certificate
is handed to the phone. The same scenario in memory gives an equal journal (cluster.drive).
"""

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Self

import attrs

from phoneemu.core import limits, tvs
from phoneemu.core.flash import Flash
from phoneemu.core.journal import Journal
from phoneemu.core.phone import Phone
from phoneemu.core.states import RESTING
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.vocabulary import (
    AskTvs,
    CallManagerAnswered,
    CallManagerFailed,
    Command,
    Event,
    Fetch,
    FileArrived,
    FileMissing,
    PoweredOn,
    ReachCallManager,
    ReachTvs,
    Register,
    Registered,
    RegistrationTrouble,
    Save,
    ServerSilent,
    Transport,
    TvsAnswered,
    TvsConnected,
    TvsFailed,
    TvsTrouble,
)
from phoneemu.net import sip, tftp, tls, web
from phoneemu.net import tvs as lines
from phoneemu.net.book import Book, Service
from phoneemu.net.tftp import NoAnswer, NoSuchFile, Patience

LOWEST = "1.0"
"""Offered by a phone whose TLS versions nobody knows: if that is too low, nothing can be said."""


@attrs.frozen(kw_only=True)
class Heard:
    """One command with what came of it: `at` seconds after the start, it took `seconds`.

    Of a file, what TFTP agreed on; of a TVS, what TLS did. None or "" where there is no such thing.
    """

    command: Command
    event: Event
    at: float
    seconds: float
    options: tuple[str, ...] | None = None
    tally: tftp.Tally | None = None
    tls: str = ""
    cipher: str = ""


@attrs.frozen(kw_only=True)
class Wire:
    """How a phone reaches the world.

    `file_seconds` is how long one file may take; `answer_seconds` how long a TVS or CallManager may take for
    each thing it says. `waits` overrides the model's own before it repeats a request. `keep` stores the
    flash. `tell` sees every event, as it comes; `hear` every command with what came of it.
    """

    book: Book = attrs.field(factory=Book)
    file_seconds: float = 60.0
    answer_seconds: float = 5.0
    waits: tuple[float, ...] | None = None
    keep: Callable[[Flash], None] = lambda _: None
    tell: Callable[[Event], None] = lambda _: None
    hear: Callable[[Heard], None] = lambda _: None


def boot(phone: Phone, wire: Wire, tftp_servers: tuple[str, ...], now: float) -> Journal:
    """Start the phone until it rests; `now` is its clock, in seconds since the epoch.

    Raises:
        OSError: its flash cannot be kept.
    """
    started, asked = time.monotonic(), None
    with Line(phone, wire) as line:
        queue = phone.receive(PoweredOn(now=now, tftp_servers=tftp_servers))
        while queue or phone.state not in RESTING:
            command = queue.pop(0) if queue else None
            if isinstance(command, Save):
                wire.keep(command.flash)
                continue
            begun = time.monotonic()
            event = line.wait() if command is None else line.perform(command)
            asked = command or asked  # an answer that is waited for is still one to the last question
            wire.tell(event)
            if asked is not None:
                wire.hear(line.heard(asked, event, begun - started, time.monotonic() - begun))
            queue += phone.receive(event)
    wire.keep(phone.flash)  # a TVS answer is remembered even when nothing was installed by it
    return phone.journal


class Line:
    """The one connection a phone has open at a time, and what is done on it."""

    def __init__(self, phone: Phone, wire: Wire) -> None:
        self._phone = phone
        self._wire = wire
        self._server = ""
        self._socket: socket.socket | None = None
        self._deadline = 0.0
        own = tuple(float(wait) for wait in phone.profile.tftp_waits.value or ()) or Patience().waits
        self._patience = Patience(waits=wire.waits or own, total=wire.file_seconds)
        options = phone.profile.tftp_options.value or ()
        sizes = [int(word.partition("=")[2]) for word in options if word.startswith("blksize=")]
        self._blksize = sizes[0] if sizes else None
        self._tsize = "tsize" in options
        self._tally: tftp.Tally | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()

    def hang_up(self) -> None:
        """Close what is open."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
        self._socket = None

    def perform(self, command: object) -> Event:
        """Do one command and say what came of it."""
        return _PERFORMERS[type(command)](self, command)

    def heard(self, command: Command, event: Event, at: float, seconds: float) -> Heard:
        """What was done, with what only this line knows of it."""
        heard = Heard(command=command, event=event, at=at, seconds=seconds)
        if isinstance(command, Fetch) and command.transport is Transport.TFTP:
            size = [] if self._blksize is None else [f"blksize={self._blksize}"]
            options = (*size, *(["tsize=0"] if self._tsize else []))
            return attrs.evolve(heard, options=options, tally=self._tally)
        if isinstance(event, TvsConnected) and isinstance(self._socket, ssl.SSLSocket):
            cipher = self._socket.cipher()
            version = tls.version_of(self._socket)
            return attrs.evolve(heard, tls=version, cipher=cipher[0] if cipher else "")
        return heard

    def wait(self) -> Event:
        """The next thing an asked TVS says; the phone took the last one for somebody else's answer."""
        return self._tvs_answer()

    def fetch(self, command: Fetch) -> Event:
        """A file, whole or not at all."""
        name, server = command.name, command.server
        try:
            if command.transport is Transport.HTTP:
                place = self._wire.book.find(server, Service.HTTP)
                content = web.fetch(*place, name, patience=self._patience)
            else:
                place = self._wire.book.find(server, Service.TFTP)
                self._tally = tftp.Tally()
                content = tftp.fetch(
                    *place,
                    name,
                    patience=self._patience,
                    blksize=self._blksize,
                    tsize=self._tsize,
                    tally=self._tally,
                )
        except NoSuchFile:
            return FileMissing(name=name, server=server)
        except NoAnswer:
            return ServerSilent(name=name, server=server)
        known_as = self._wire.book.known_as(server)
        return FileArrived(name=name, server=server, content=content, known_as=known_as)

    def _connect(self, server: str, service: Service) -> socket.socket:
        self.hang_up()
        self._server = server
        place = self._wire.book.find(server, service)
        try:
            self._socket = socket.create_connection(place, timeout=self._wire.answer_seconds)
        except UnicodeError as error:  # a name that no name service can be asked for
            raise OSError(str(error)) from error
        return self._socket

    def reach_tvs(self, command: ReachTvs) -> Event:
        """TLS to a TVS, unverified; the certificate it shows is for the phone."""
        server = command.server
        try:
            plain = self._connect(server, Service.TVS)
            self._socket, certificate = tls.connect(
                plain, command.tls_max or LOWEST, command.tls_min or LOWEST
            )
        except tls.Refused as refused:
            return TvsFailed(server=server, trouble=_tvs_trouble(refused, command.tls_max))
        except OSError:
            return TvsFailed(server=server, trouble=TvsTrouble.UNREACHABLE)
        peer = tls.identity_of(certificate)
        if peer is None:
            return TvsFailed(server=server, trouble=TvsTrouble.HANDSHAKE)
        return TvsConnected(server=server, peer=peer, certificate=certificate)

    def ask_tvs(self, command: AskTvs) -> Event:
        """The question on the open connection, then the first answer."""
        query = tvs.Query(
            session=command.session,
            device=tvs.device_text(self._phone.profile.model, self._phone.name),
            signer=command.signer,
        )
        self._deadline = time.monotonic() + self._wire.answer_seconds
        try:
            if self._socket is not None:
                self._socket.sendall(tvs.encode(query))
        except OSError:
            return TvsFailed(server=command.server, trouble=TvsTrouble.NO_ANSWER)
        return self._tvs_answer()

    def _tvs_answer(self) -> Event:
        server = self._server
        try:
            if self._socket is None:
                raise ConnectionResetError
            message = lines.read(self._socket, self._deadline - time.monotonic())
        except (OSError, MalformedFile):
            self.hang_up()
            return TvsFailed(server=server, trouble=TvsTrouble.NO_ANSWER)
        if not isinstance(message, tvs.Answer):
            return TvsFailed(server=server, trouble=TvsTrouble.NO_ANSWER)
        return TvsAnswered(
            server=server,
            session=message.session,
            found=message.valid,
            identity=tls.identity_of(message.certificate) if message.valid else None,
            roles=message.roles,
            ttl=message.ttl or 0,
            certificate=message.certificate[: limits.CERTIFICATE_BYTES],
        )

    def reach_callmanager(self, command: ReachCallManager) -> Event:
        """A connection for signalling; with TLS, the certificate it shows is for the phone."""
        node = command.node
        try:
            plain = self._connect(node, Service.SIPS if command.secure else Service.SIP)
            if not command.secure:
                return CallManagerAnswered(node=node)
            self._socket, certificate = tls.connect(
                plain, command.tls_max or LOWEST, command.tls_min or LOWEST
            )
        except tls.Refused as refused:
            return CallManagerFailed(node=node, trouble=_callmanager_trouble(refused, command.tls_max))
        except OSError:
            return CallManagerFailed(node=node, trouble=RegistrationTrouble.UNREACHABLE)
        peer = tls.identity_of(certificate)
        if peer is None:
            return CallManagerFailed(node=node, trouble=RegistrationTrouble.UNREACHABLE)
        return CallManagerAnswered(node=node, peer=peer, known_as=self._wire.book.known_as(node))

    def register(self, command: Register) -> Event:
        """Register on the open connection."""
        try:
            if self._socket is None:
                raise ConnectionResetError
            trouble = sip.register(self._socket, command.node, self._phone.name, self._wire.answer_seconds)
        except OSError:
            trouble = RegistrationTrouble.UNREACHABLE
        self.hang_up()
        if trouble is not None:
            return CallManagerFailed(node=command.node, trouble=trouble)
        return Registered(node=command.node)


def _tvs_trouble(refused: tls.Refused, tls_max: str | None) -> TvsTrouble:
    if not refused.versions:
        return TvsTrouble.HANDSHAKE
    return TvsTrouble.TLS_UNKNOWN if tls_max is None else TvsTrouble.TLS_VERSION


def _callmanager_trouble(refused: tls.Refused, tls_max: str | None) -> RegistrationTrouble:
    if not refused.versions:
        return RegistrationTrouble.UNREACHABLE
    return RegistrationTrouble.TLS_UNKNOWN if tls_max is None else RegistrationTrouble.TLS_VERSION


_PERFORMERS: Mapping[type, Callable[..., Event]] = {
    Fetch: Line.fetch,
    ReachTvs: Line.reach_tvs,
    AskTvs: Line.ask_tvs,
    ReachCallManager: Line.reach_callmanager,
    Register: Line.register,
}
