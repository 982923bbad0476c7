"""The replayed driver: one phone's commands answered by what a capture shows.

It performs and decides nothing. A request is answered by its name wherever the recording has that name, so
that a phone that asks another way still hears what its counterpart heard; that it asked another way is for
the comparison. What the recording does not show at all is answered by "no such file" or "unreachable", and
noted; where even that would be an invention, such as the content of a file nobody kept, there is no answer
and the replay ends.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from phoneemu.core import showparse, signedfile, tvs
from phoneemu.core.flash import CachedAnswer, Flash, PhoneConfig
from phoneemu.core.listbuild import identity_of
from phoneemu.core.listparse import parse as parse_list
from phoneemu.core.names import Identity
from phoneemu.core.question import Subject
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.trustlist import ListKind, Role, TrustList
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
    Registered,
    RegistrationTrouble,
    ServerSilent,
    TvsAnswered,
    TvsConnected,
    TvsFailed,
    TvsTrouble,
)
from phoneemu.errors import BadInput
from phoneemu.replay.case import (
    CallManagerExchange,
    CallManagerOutcome,
    Case,
    Chapter,
    Exchange,
    FileExchange,
    FileOutcome,
    Remembered,
    TvsExchange,
    TvsOutcome,
)

X = TypeVar("X", bound=Exchange)

_TVS_TROUBLE: Mapping[TvsOutcome, TvsTrouble] = {
    TvsOutcome.UNREACHABLE: TvsTrouble.UNREACHABLE,
    TvsOutcome.HANDSHAKE: TvsTrouble.HANDSHAKE,
    TvsOutcome.TLS_VERSION: TvsTrouble.TLS_VERSION,
}
_REACHING: Mapping[CallManagerOutcome, RegistrationTrouble] = {
    CallManagerOutcome.UNREACHABLE: RegistrationTrouble.UNREACHABLE,
    CallManagerOutcome.TLS_VERSION: RegistrationTrouble.TLS_VERSION,
}
_REGISTERING: Mapping[CallManagerOutcome, RegistrationTrouble] = {
    CallManagerOutcome.SIGNALLING_MODE: RegistrationTrouble.SIGNALLING_MODE,
    CallManagerOutcome.DEVICE_CERTIFICATE: RegistrationTrouble.DEVICE_CERTIFICATE,
    CallManagerOutcome.REJECTED: RegistrationTrouble.REJECTED,
}


class Answers:
    """What a case answers; `notes` are the things that had to be taken for granted, once each.

    `ended` says why the replay went no further than the evidence, "" when it went to its rest; `ended_at` is
    the exchange that lacks what it would need, or the number of them all.
    """

    def __init__(self, case: Case, files: Mapping[str, bytes], place: str) -> None:
        self.case = case
        self.notes: list[str] = []
        self.ended = ""
        self.ended_at = len(case.exchanges)
        self._files = files
        self._place = place
        self._names = {address.lower(): name for name, address in case.hosts.items()}
        self._used: set[int] = set()
        self._last = self.ended_at
        self._tvs: TvsExchange | None = None
        self._callmanager: CallManagerExchange | None = None
        self._flash = Flash()

    # ------------------------------------------------------------ names and files

    def named(self, server: str) -> str:
        """A server by the name that files use for it, when the case tells."""
        return self._names.get(server.lower(), server)

    def _same(self, one: str, other: str) -> bool:
        return self.named(one).lower() == self.named(other).lower()

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _bad(self, path: str, error: object) -> BadInput:
        return BadInput(str(error), place=f"{self._place}/{path}")

    def list_at(self, path: str, kind: ListKind) -> TrustList:
        """The list behind a path: bytes, or the text of a listing.

        Raises:
            BadInput: it is no such list.
        """
        data = self._files[path]
        try:
            if not path.endswith(".txt"):
                return parse_list(data, kind=kind, origin=path)
            found = showparse.parse(data.decode("utf-8"), origin=path)
        except (MalformedFile, UnicodeDecodeError) as error:
            raise self._bad(path, error) from error
        if found.list is None or found.kind is not kind:
            raise self._bad(path, f"no listing of a {kind.name}")
        return found.list

    def _config_at(self, path: str) -> PhoneConfig:
        try:
            config = signedfile.parse(self._files[path], origin=path).config
        except MalformedFile as error:
            raise self._bad(path, error) from error
        if config is None:
            raise self._bad(path, "no configuration")
        return config

    def flash(self) -> Flash:
        """What the phone held before. What the evidence does not tell is held in part, never taken as absent.

        Raises:
            BadInput: a file is not what it must be.
        """
        held = self.case.before
        config = None if held.config is None else self._config_at(held.config)
        if config is None and Subject.CONFIG in held.unknown:
            config = self._seen_config()
        self._flash = Flash(
            ctl=self._held(held.ctl, Subject.CTL, ListKind.CTL),
            itl=self._held(held.itl, Subject.ITL, ListKind.ITL),
            config=config,
            tvs_cache=tuple(self._remembered(answer) for answer in held.tvs_cache),
        )
        return self._flash

    def holds(self, flash: Flash) -> None:
        """The phone keeps something new."""
        self._flash = flash

    def _held(self, path: str | None, subject: Subject, kind: ListKind) -> TrustList | None:
        if path is not None:
            return self.list_at(path, kind)
        if subject not in self.case.before.unknown:
            return None
        self._note(f"which {kind.name} the phone held is not shown")
        return TrustList(kind=kind, signer=None, complete=False, origin="not shown")

    def _remembered(self, answer: Remembered) -> CachedAnswer:
        certificate = self._files[answer.certificate] if answer.certificate else b""
        return CachedAnswer(
            identity=answer.identity,
            roles=frozenset(answer.roles),
            expires=answer.expires.timestamp(),
            certificate=certificate,
        )

    def _seen_config(self) -> PhoneConfig:
        """A configuration that names whom the phone was seen to turn to."""
        self._note("which configuration the phone held is not shown; it names whom the phone turned to")
        exchanges = self.case.exchanges
        asked = [self.named(each.server) for each in exchanges if isinstance(each, TvsExchange)]
        nodes = [self.named(each.node) for each in exchanges if isinstance(each, CallManagerExchange)]
        return PhoneConfig(
            stamp="", tvs_servers=tuple(dict.fromkeys(asked)), callmanagers=tuple(dict.fromkeys(nodes))
        )

    # ------------------------------------------------------------ answering

    def perform(self, command: Command) -> Event | None:
        """What came of a command; None when the evidence ends here.

        Raises:
            BadInput: a file of the case is not what it must be.
        """
        return _PERFORMERS[type(command)](self, command)

    def end_behind(self, why: str) -> None:
        """The evidence ends behind the exchange found last: what the phone makes of it cannot be told."""
        self.ended, self.ended_at = why, self._last + 1

    def _end(self, why: str) -> Event | None:
        """No answer: the evidence ends with the exchange found last."""
        self.ended, self.ended_at = why, self._last
        return None

    def _find(self, kind: type[X], *tests: Callable[[X], bool]) -> X | None:
        """The exchange that passes most of the tests, the first of which it must pass; unused ones first."""
        fit = [
            (at, each)
            for at, each in enumerate(self.case.exchanges)
            if isinstance(each, kind) and tests[0](each)
        ]
        if not fit:
            return None
        at, found = max(
            fit,
            key=lambda pair: (
                sum(test(pair[1]) for test in tests),
                pair[0] not in self._used,
                -pair[0] if pair[0] not in self._used else pair[0],
            ),
        )
        self._used.add(at)
        self._last = at
        return found

    def _fetch(self, command: Fetch) -> Event | None:
        name, server = command.name, command.server
        found = self._find(
            FileExchange,
            lambda each: each.name == name,
            lambda each: self._same(each.server, server),
            lambda each: each.transport in (None, command.transport),
        )
        if found is None:
            self._note(f"{name} was not asked for in the recording; the replay answers: no such file")
        if found is None or found.outcome is FileOutcome.MISSING:
            return FileMissing(name=name, server=server)
        if found.outcome is not FileOutcome.ARRIVED:
            return ServerSilent(name=name, server=server)
        content = self._content(found)
        if content is None:
            return self._end(f"what {name} said is not shown")
        return FileArrived(name=name, server=server, content=content)

    def _content(self, found: FileExchange) -> bytes | TrustList | SignedFile | None:
        if found.body is None:
            return None
        if found.signer is not None:
            return SignedFile(filename=found.name, signer=found.signer, config=self._config_at(found.body))
        if found.body.endswith(".txt"):
            return self.list_at(found.body, ListKind.CTL if found.name.startswith("CTL") else ListKind.ITL)
        return self._files[found.body]

    def _reach_tvs(self, command: ReachTvs) -> Event | None:
        server = command.server
        found = self._tvs = self._find(TvsExchange, lambda each: self._same(each.server, server))
        if found is None:
            self._note(f"the TVS on {server} is not in the recording; the replay answers: unreachable")
            return TvsFailed(server=server, trouble=TvsTrouble.UNREACHABLE)
        peer, certificate = self._peer(found.peer)
        if peer is None and found.outcome in (TvsOutcome.ANSWERED, TvsOutcome.NO_ANSWER):
            peer = self._one_of(self._flash.itl, Role.TVS, f"the TVS on {server}")
        if peer is not None:
            return TvsConnected(server=server, peer=peer, certificate=certificate)
        trouble = _TVS_TROUBLE.get(found.outcome)
        if trouble is None:
            return self._end(f"which certificate the TVS on {server} showed is not shown")
        if trouble is TvsTrouble.TLS_VERSION and command.tls_max is None:
            trouble = TvsTrouble.TLS_UNKNOWN
        return TvsFailed(server=server, trouble=trouble)

    def _peer(self, peer: str | Identity | None) -> tuple[Identity | None, bytes]:
        if not isinstance(peer, str):
            return peer, b""
        certificate = self._files[peer]
        found = identity_of(certificate)
        if found is None:
            raise self._bad(peer, "no certificate")
        return found, certificate

    def _one_of(self, held: TrustList | None, role: Role, whose: str) -> Identity | None:
        """Some certificate the phone lists in a role: it went on, so it saw one."""
        listed = sorted(held.holding(role), key=lambda each: (each.issuer, each.serial)) if held else []
        if not listed:
            return None
        self._note(f"the certificate of {whose} is not visible; the phone went on, so it lists it")
        return listed[0]

    def _ask_tvs(self, command: AskTvs) -> Event | None:
        server = command.server
        found = self._about(command)
        if found is None or found.outcome is not TvsOutcome.ANSWERED:
            return TvsFailed(server=server, trouble=TvsTrouble.NO_ANSWER)
        if found.answer is not None:
            return self._answered(command, found.answer)
        if found.valid is None:
            return self._end(f"what the TVS on {server} answered is not shown")
        return TvsAnswered(
            server=server,
            session=command.session,
            found=found.valid,
            identity=command.signer if found.valid else None,
            roles=frozenset(found.roles or ()),
            ttl=found.ttl or 0,
        )

    def _about(self, command: AskTvs) -> TvsExchange | None:
        """The connection on which this signer was asked about; None when another one was, on all of them."""
        found = self._tvs
        if found is None or found.asked in (None, command.signer):
            return found
        other = self._find(
            TvsExchange,
            lambda each: self._same(each.server, command.server) and each.asked in (None, command.signer),
        )
        if other is None:
            self._note(
                f"no TVS was asked about {command.signer.short} in the recording; the replay gives no answer"
            )
        return other

    def _answered(self, command: AskTvs, path: str) -> Event:
        try:
            answer = tvs.parse(self._files[path])
        except MalformedFile as error:
            raise self._bad(path, error) from error
        if not isinstance(answer, tvs.Answer):
            raise self._bad(path, "no answer of a TVS")
        return TvsAnswered(
            server=command.server,
            session=command.session,
            found=answer.valid,
            identity=identity_of(answer.certificate) if answer.valid else None,
            roles=answer.roles,
            ttl=answer.ttl or 0,
            certificate=answer.certificate,
        )

    def _reach_callmanager(self, command: ReachCallManager) -> Event | None:
        node = command.node
        if Chapter.CALLMANAGER not in self.case.whole and not self._has(CallManagerExchange):
            self._last = len(self.case.exchanges)
            return self._end("the registration is not shown")
        found = self._callmanager = self._find(CallManagerExchange, lambda each: self._same(each.node, node))
        if found is None:
            self._note(f"CallManager {node} is not in the recording; the replay answers: unreachable")
            return CallManagerFailed(node=node, trouble=RegistrationTrouble.UNREACHABLE)
        trouble = _REACHING.get(found.outcome)
        if trouble is RegistrationTrouble.TLS_VERSION and command.tls_max is None:
            trouble = RegistrationTrouble.TLS_UNKNOWN
        if trouble is not None:
            return CallManagerFailed(node=node, trouble=trouble)
        if not command.secure:
            return CallManagerAnswered(node=node)
        peer = self._peer(found.peer)[0]
        if peer is None and found.outcome is not CallManagerOutcome.CONNECTED:
            ctl = self._flash.ctl
            peer = self._one_of(ctl, Role.CCM_TFTP, node) or self._one_of(ctl, Role.CCM, node)
        if peer is None:
            return self._end(f"which certificate {node} showed is not shown")
        return CallManagerAnswered(node=node, peer=peer)

    def _register(self, command: Register) -> Event | None:
        found, node = self._callmanager, command.node
        if found is None or found.outcome is CallManagerOutcome.CONNECTED:
            return self._end(f"whether {node} confirmed the registration is not shown")
        trouble = _REGISTERING.get(found.outcome)
        if trouble is not None:
            return CallManagerFailed(node=node, trouble=trouble)
        return Registered(node=node)

    def _has(self, kind: type[Exchange]) -> bool:
        return any(isinstance(each, kind) for each in self.case.exchanges)


_PERFORMERS: Mapping[type, Callable[..., Event | None]] = {
    Fetch: Answers._fetch,
    ReachTvs: Answers._reach_tvs,
    AskTvs: Answers._ask_tvs,
    ReachCallManager: Answers._reach_callmanager,
    Register: Answers._register,
}
