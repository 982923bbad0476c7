"""Writing a boot down as a case: every command with what came of it, then what the phone made of it.

The recorder stands beside a driver, in memory or on sockets, and changes nothing. What it records was made by
a program: such a case is synthetic.
"""

import datetime
from collections.abc import Mapping

import attrs

from phoneemu.core import phoneconfig, tvs
from phoneemu.core.flash import CachedAnswer, Flash
from phoneemu.core.journal import Journal
from phoneemu.core.profile import Profile
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.states import State
from phoneemu.core.trustlist import TrustList
from phoneemu.core.vocabulary import (
    AskTvs,
    CallManagerAnswered,
    CallManagerFailed,
    Command,
    Event,
    Fetch,
    FileArrived,
    FileMissing,
    ReachCallManager,
    ReachTvs,
    Register,
    RegistrationTrouble,
    TvsAnswered,
    TvsConnected,
    TvsFailed,
    TvsTrouble,
)
from phoneemu.replay import seen
from phoneemu.replay.case import (
    CallManagerExchange,
    CallManagerOutcome,
    Case,
    Chapter,
    Exchange,
    ExpectedRuling,
    FileExchange,
    FileOutcome,
    Held,
    Remembered,
    TvsExchange,
    TvsOutcome,
)

TVS_OUTCOMES: Mapping[TvsTrouble, TvsOutcome] = {
    TvsTrouble.UNREACHABLE: TvsOutcome.UNREACHABLE,
    TvsTrouble.HANDSHAKE: TvsOutcome.HANDSHAKE,
    TvsTrouble.TLS_VERSION: TvsOutcome.TLS_VERSION,
    TvsTrouble.TLS_UNKNOWN: TvsOutcome.TLS_VERSION,
    TvsTrouble.NO_ANSWER: TvsOutcome.NO_ANSWER,
}
CALLMANAGER_OUTCOMES: Mapping[RegistrationTrouble, CallManagerOutcome] = {
    RegistrationTrouble.UNREACHABLE: CallManagerOutcome.UNREACHABLE,
    RegistrationTrouble.TLS_VERSION: CallManagerOutcome.TLS_VERSION,
    RegistrationTrouble.TLS_UNKNOWN: CallManagerOutcome.TLS_VERSION,
    RegistrationTrouble.DEVICE_CERTIFICATE: CallManagerOutcome.DEVICE_CERTIFICATE,
    RegistrationTrouble.SIGNALLING_MODE: CallManagerOutcome.SIGNALLING_MODE,
    RegistrationTrouble.REJECTED: CallManagerOutcome.REJECTED,
}


def moment(seconds: float) -> datetime.datetime:
    """Seconds since the epoch as a moment in UTC."""
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC)


def bytes_of(content: bytes | TrustList | SignedFile) -> bytes:
    """The bytes of a file that arrived; an unsigned configuration known as a value is written out.

    Raises:
        ValueError: it is planned and has none.
    """
    if isinstance(content, bytes):
        return content
    if content.raw is not None:
        return content.raw
    if isinstance(content, SignedFile) and content.signer is None and content.config is not None:
        return phoneconfig.render(content.config)
    raise ValueError("a list or file without bytes cannot be recorded")


class Recorder:
    """Hears every command of one boot with what came of it; `case` gives the whole."""

    def __init__(self, profile: Profile, device: str, before: Flash) -> None:
        self.files: dict[str, bytes] = {}
        self._exchanges: list[Exchange] = []
        self._profile = profile
        self._device = device
        self._held = self._keep_flash(before)

    def _keep(self, path: str, data: bytes) -> str:
        """The path under which these bytes are kept: an older one when they are there already."""
        for known, kept in self.files.items():
            if kept == data:
                return known
        stem, number = path, 0
        while path in self.files:
            number += 1
            folder, _, name = stem.rpartition("/")
            path = f"{folder}/{number}-{name}"
        self.files[path] = data
        return path

    def _keep_flash(self, flash: Flash) -> Held:
        ctl, itl, config = flash.ctl, flash.itl, flash.config
        return Held(
            ctl=None if ctl is None else self._keep("before/CTL.tlv", bytes_of(ctl)),
            itl=None if itl is None else self._keep("before/ITL.tlv", bytes_of(itl)),
            config=None if config is None else self._keep("before/config.xml", phoneconfig.render(config)),
            tvs_cache=tuple(self._remembered(answer) for answer in flash.tvs_cache),
        )

    def _remembered(self, answer: CachedAnswer) -> Remembered:
        path = self._keep("before/vouched.der", answer.certificate) if answer.certificate else None
        return Remembered(
            identity=answer.identity,
            roles=tuple(sorted(answer.roles)),
            expires=moment(answer.expires),
            certificate=path,
        )

    def __call__(
        self, command: Command, event: Event, at: float | None = None, seconds: float | None = None
    ) -> None:
        """Note one command and what came of it; `at` and `seconds` tell when, and how long it took.

        Raises:
            ValueError: it cannot be written down, such as a list without bytes.
        """
        match command:
            case Fetch():
                self._exchanges.append(self._file(command, event, at, seconds))
            case ReachTvs():
                self._exchanges.append(self._reached_tvs(command, event, at, seconds))
            case AskTvs():
                self._exchanges[-1] = self._asked_tvs(command, event)
            case ReachCallManager():
                self._exchanges.append(_reached_callmanager(command, event, at))
            case Register():
                last = self._exchanges[-1]
                assert isinstance(last, CallManagerExchange)  # noqa: S101 - it was reached a moment ago
                self._exchanges[-1] = attrs.evolve(last, outcome=_registration(event))

    def detail(self, **fields: object) -> None:
        """More about what was noted last, by the names of its fields; what is None stays as it is."""
        told = {key: value for key, value in fields.items() if value is not None}
        if self._exchanges and told:
            last = self._exchanges[-1]
            self._exchanges[-1] = attrs.evolve(last, **told)  # type: ignore[arg-type]  # the kind it is

    def _file(self, command: Fetch, event: Event, at: float | None, seconds: float | None) -> FileExchange:
        common = FileExchange(
            name=command.name,
            server=command.server,
            transport=command.transport,
            outcome=FileOutcome.MISSING if isinstance(event, FileMissing) else FileOutcome.SILENT,
            at=at,
            seconds=seconds,
        )
        if not isinstance(event, FileArrived):
            return common
        data = bytes_of(event.content)
        body = self._keep(f"served/{command.name}", data)
        return attrs.evolve(common, outcome=FileOutcome.ARRIVED, body=body, size=len(data))

    def _number(self) -> int:
        return sum(isinstance(each, TvsExchange) for each in self._exchanges)

    def _reached_tvs(
        self, command: ReachTvs, event: Event, at: float | None, seconds: float | None
    ) -> TvsExchange:
        common = TvsExchange(
            server=command.server, outcome=TvsOutcome.HANDSHAKE, at=at, seconds=seconds
        )  # broken off, unless the question follows
        if isinstance(event, TvsConnected):
            if not event.certificate:
                return attrs.evolve(common, peer=event.peer)
            return attrs.evolve(common, peer=self._keep(f"tvs/{self._number()}-peer.der", event.certificate))
        assert isinstance(event, TvsFailed)  # noqa: S101 - the other of the two answers
        return attrs.evolve(common, outcome=TVS_OUTCOMES[event.trouble])

    def _asked_tvs(self, command: AskTvs, event: Event) -> TvsExchange:
        last = self._exchanges[-1]
        assert isinstance(last, TvsExchange)  # noqa: S101 - it was reached a moment ago
        device = tvs.device_text(self._profile.model, self._device)
        query = tvs.Query(session=command.session, device=device, signer=command.signer)
        number = self._number() - 1
        asked = attrs.evolve(
            last,
            outcome=TvsOutcome.NO_ANSWER,
            question=self._keep(f"tvs/{number}-question.bin", tvs.encode(query)),
            asked=command.signer,
        )
        if not isinstance(event, TvsAnswered):
            return asked
        answer = tvs.Answer(
            session=event.session,
            command=tvs.Command.QUERY_ANSWER,
            valid=event.found,
            certificate=event.certificate,
            roles=event.roles,
            ttl=event.ttl if event.found else None,
        )
        path = self._keep(f"tvs/{number}-answer.bin", tvs.encode(answer))
        return attrs.evolve(asked, outcome=TvsOutcome.ANSWERED, answer=path)

    def case(self, base: Case, journal: Journal, after: Flash, state: State) -> Case:
        """The whole case: `base` says what it is called, where it comes from and when it was."""
        rulings = tuple(
            ExpectedRuling(subject=entry.subject, verdict=entry.verdict, reason=entry.reason)
            for entry in journal.rulings()
        )
        return attrs.evolve(
            base,
            whole=tuple(Chapter),
            before=attrs.evolve(self._held, erased=base.before.erased),
            exchanges=tuple(self._exchanges),
            expected=rulings,
            ending=seen.ending(journal, after, self._profile, state),
        )


def _reached_callmanager(command: ReachCallManager, event: Event, at: float | None) -> CallManagerExchange:
    outcome, peer = CallManagerOutcome.CONNECTED, None
    if isinstance(event, CallManagerAnswered):
        peer = event.peer
    else:
        assert isinstance(event, CallManagerFailed)  # noqa: S101 - the other of the two answers
        outcome = _trouble(event.trouble)
    return CallManagerExchange(node=command.node, outcome=outcome, secure=command.secure, peer=peer, at=at)


def _registration(event: Event) -> CallManagerOutcome:
    if isinstance(event, CallManagerFailed):
        return _trouble(event.trouble)
    return CallManagerOutcome.REGISTERED


def _trouble(trouble: RegistrationTrouble) -> CallManagerOutcome:
    if trouble not in CALLMANAGER_OUTCOMES:
        raise ValueError(f"{trouble.value} is a question, not something that happens on a wire")
    return CALLMANAGER_OUTCOMES[trouble]
