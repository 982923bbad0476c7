"""The phone: a pure state machine that receives events and returns commands.

Theory of operation. A phone starts, looks for a CTL, then an ITL, then its configuration, then a
CallManager. For each file it asks names, servers and transports in its model's order until one comes.
What comes is put to the rule book; the verdict moves the phone:

    ACCEPT, UNCHANGED, REFUSE   on to the next thing (ACCEPT installs first)
    ASK                         to the Trust Verification Service about the signer
    NEXT                        the next name, server or CallManager
    HALT                        out of service
    CANNOT_SAY                  the story ends undecided

Two tables hold all movement. HANDLERS says what an event means in a state; an event that means nothing
there is recorded and ignored, never an error, because networks deliver late and twice. states.TRANSITIONS
says where a verdict leads. Both are total, and a test walks the product. Nothing here knows a model, a
clock or a socket.
"""

from collections.abc import Callable, Mapping
from itertools import product
from typing import get_args

import attrs

from phoneemu.core import limits
from phoneemu.core.filesearch import FileSearch, names_of
from phoneemu.core.flash import CachedAnswer, DeviceSecurity, Flash
from phoneemu.core.journal import (
    AskedTvs,
    CouldNotErase,
    Delivery,
    Erased,
    Fetched,
    Ignored,
    InService,
    Installed,
    Journal,
    LostItl,
    NotInService,
    PoweredDown,
    ReachedForCallManager,
    ReachedForTvs,
    Ruled,
    Started,
    Undecided,
)
from phoneemu.core.names import Identity
from phoneemu.core.profile import Profile
from phoneemu.core.question import Absence, Question, Stage, Subject
from phoneemu.core.reading import check, dated, read, signature_of
from phoneemu.core.rules import judge
from phoneemu.core.rules_peers import distrusts
from phoneemu.core.ruling import Ruling, Verdict
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.states import FETCHING, TRANSITIONS, State
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.trustlist import ListKind, TrustList
from phoneemu.core.vocabulary import (
    TVS_SESSION_START,
    AskTvs,
    CallManagerAnswered,
    CallManagerFailed,
    Command,
    ErasedByHand,
    EraseTarget,
    Event,
    FileArrived,
    FileMissing,
    PoweredOff,
    PoweredOn,
    ReachCallManager,
    ReachTvs,
    Register,
    Registered,
    Save,
    ServerSilent,
    TvsAnswered,
    TvsConnected,
    TvsFailed,
)

_EMPTY = Flash()


class Phone:
    """One emulated phone: receive(event) returns the commands its driver must perform.

    `name` is the device name, such as SEP001122AABBCC. `flash` is what it keeps; `journal` grows.
    """

    def __init__(
        self, profile: Profile, name: str, flash: Flash = _EMPTY, journal: Journal | None = None
    ) -> None:
        self.profile = profile
        self.name = name
        self.flash = flash
        self.state = State.OFF
        self.journal = Journal() if journal is None else journal
        self._note = self.journal.entries.append
        self._now = 0.0
        self._tftp: tuple[str, ...] = ()
        self._search: FileSearch | None = None
        self._pending: Question | None = None
        self._tvs_left: list[str] = []
        self._tvs_last: TvsConnected | TvsFailed | None = None
        self._peer = ""
        self._session = TVS_SESSION_START
        self._callmanagers: list[str] | None = None
        self._distrusted = False
        self._ctl_at_start: TrustList | None = None

    def receive(self, event: Event) -> list[Command]:
        """Take one event and return what is to be done now, in order."""
        return HANDLERS[self.state, type(event)](self, event)

    # ------------------------------------------------------------ power and hands

    def _start(self, event: PoweredOn) -> list[Command]:
        self._now = event.now
        self._tftp = event.tftp_servers
        self._session = TVS_SESSION_START
        self._search = None
        self._callmanagers = None
        self._distrusted = False
        self._ctl_at_start = self.flash.ctl
        self._note(Started(tftp_servers=event.tftp_servers))
        return self._enter(State.FETCHING_CTL)

    def _stop(self, _event: PoweredOff) -> list[Command]:
        return self._enter(State.OFF)

    def _power_down(self) -> list[Command]:
        self._note(PoweredDown())
        return []

    def _erase(self, event: ErasedByHand) -> list[Command]:
        target = event.target
        scope = self.profile.erase_scope.value
        if target is not EraseTarget.FACTORY:
            if scope == "factory":
                self._note(CouldNotErase(target=target))
                return []
            if scope == "combined":
                target = EraseTarget.SECURITY
        kept = {
            EraseTarget.CTL: lambda: attrs.evolve(self.flash, ctl=None),
            EraseTarget.ITL: lambda: attrs.evolve(self.flash, itl=None),
            EraseTarget.SECURITY: lambda: attrs.evolve(self.flash, ctl=None, itl=None, tvs_cache=()),
            EraseTarget.FACTORY: lambda: _EMPTY,
        }
        self.flash = kept[target]()
        self._note(Erased(target=target))
        return [Save(flash=self.flash)]

    def _ignore(self, event: Event) -> list[Command]:
        self._note(Ignored(what=type(event).__name__))
        return []

    # ------------------------------------------------------------ movement

    def _enter(self, state: State) -> list[Command]:
        self.state = state
        return ENTRIES[state](self)

    def _rule(self, question: Question) -> list[Command]:
        """Put a question to the book, do what the verdict asks, and move."""
        ruling = judge(question)
        self._note(Ruled(subject=question.subject, ruling=ruling, question=question))
        commands: list[Command] = []
        if ruling.verdict is Verdict.ACCEPT and question.stage in (Stage.OFFER, Stage.TVS_ANSWER):
            commands = self._install(question)
        elif ruling.verdict is Verdict.ASK:
            self._expect_tvs(question)
        return commands + self._enter(TRANSITIONS[self.state, ruling.verdict])

    # ------------------------------------------------------------ files

    def _look_for(self) -> list[Command]:
        """Look for the file of the present state; go on when this model asks for none."""
        subject = FETCHING[self.state]
        search = self._search
        if search is None or search.subject is not subject:
            names = names_of(subject, self.profile, self.name, signed=self._knows_file_signers())
            if not names:
                return self._enter(TRANSITIONS[self.state, Verdict.UNCHANGED])
            search = self._search = FileSearch(subject, names, self._tftp, self.profile)
        if search.hopeless:
            return self._absent(search, silent=True)
        return [search.fetch()]

    def _knows_file_signers(self) -> bool:
        ctl, itl = self.flash.ctl, self.flash.itl
        return bool((ctl is not None and ctl.file_signers) or (itl is not None and itl.file_signers))

    def _delivery(self, event: FileArrived | FileMissing | ServerSilent) -> list[Command]:
        """An answer to a request, or the lack of one."""
        search = self._search
        if search is None or not search.expects(event.name, event.server):
            return self._ignore(event)
        delivery = _DELIVERIES[type(event)]
        self._note(
            Fetched(name=event.name, server=event.server, transport=search.transport, delivery=delivery)
        )
        if isinstance(event, FileArrived):
            return self._arrived(event)
        return self._absent(search, silent=delivery is Delivery.SILENT)

    def _arrived(self, event: FileArrived) -> list[Command]:
        self._search = None
        subject = FETCHING[self.state]
        offered = read(subject, event.name, event.content)
        signer = None if isinstance(offered, MalformedFile) else offered.signer
        if isinstance(event.content, bytes):
            offered = dated(offered, signer, self.flash)
        return self._rule(
            Question(
                subject=subject,
                stage=Stage.OFFER,
                profile=self.profile,
                flash=self.flash,
                now=self._now,
                server=event.server,
                known_as=event.known_as,
                offered=offered,
                signer=signer,
                signature=signature_of(offered, signer, self.flash),
            )
        )

    def _absent(self, search: FileSearch, *, silent: bool) -> list[Command]:
        """No file: step to the next place to look, if there is one, and let the book say what follows."""
        more = search.step(silent=silent)
        question = Question(
            subject=search.subject,
            stage=Stage.ABSENCE,
            profile=self.profile,
            flash=self.flash,
            now=self._now,
            answer=Absence(silent=silent, more=more, attempts=search.attempts),
        )
        if not more:
            search.begin_again()  # of use only when the book wants the file asked for again
        return self._rule(question)

    def _install(self, question: Question) -> list[Command]:
        offered = question.offered
        before = self.flash
        if isinstance(offered, TrustList):
            held = before.ctl if offered.kind is ListKind.CTL else before.itl
            self._note(Installed(subject=question.subject, first=held is None, content=offered))
            if offered.kind is ListKind.CTL:
                self.flash = attrs.evolve(before, ctl=offered)
            else:
                self.flash = attrs.evolve(before, itl=self._kept_itl(before.itl, offered))
            return [Save(flash=self.flash)]
        if not isinstance(offered, SignedFile) or offered.config in (None, before.config):
            return []
        self._note(Installed(subject=question.subject, first=before.config is None, content=offered))
        self.flash = attrs.evolve(before, config=offered.config)
        return [Save(flash=self.flash)]

    def _kept_itl(self, old: TrustList | None, new: TrustList) -> TrustList | None:
        """The new ITL; None on a load that loses it when all CallManager certificates changed [RN8831SR4B].

        One that the CTL named before and names now was not renewed.
        """
        if self.profile.keeps_itl.value is not False or old is None or not old.file_signers:
            return new
        then, now = self._ctl_at_start, self.flash.ctl
        before = old.file_signers | (then.file_signers if then is not None else frozenset())
        after = new.file_signers | (now.file_signers if now is not None else frozenset())
        if before & after:
            return new
        self._note(LostItl())
        return None

    # ------------------------------------------------------------ trust verification service

    def _expect_tvs(self, question: Question) -> None:
        config = self.flash.config
        self._pending = question
        self._tvs_left = list(config.tvs_servers[: limits.TVS_SERVERS]) if config is not None else []
        self._tvs_last = None

    def _about(self, stage: Stage, answer: TvsConnected | TvsFailed | TvsAnswered | None) -> Question:
        assert self._pending is not None  # noqa: S101 - TVS states are entered with a question
        return attrs.evolve(self._pending, stage=stage, answer=answer)

    def _reach_tvs(self) -> list[Command]:
        if not self._tvs_left:
            return self._rule(self._about(Stage.TVS_EXHAUSTED, self._tvs_last))
        self._peer = self._tvs_left.pop(0)
        self._note(ReachedForTvs(server=self._peer))
        return [ReachTvs(server=self._peer, tls_max=self.profile.tls_max.value, tls_min=self._lowest_tls())]

    def _tvs_peer(self, event: TvsConnected | TvsFailed) -> list[Command]:
        if event.server != self._peer:
            return self._ignore(event)
        self._tvs_last = event
        return self._rule(self._about(Stage.TVS_PEER, event))

    def _ask_tvs(self) -> list[Command]:
        question = self._about(Stage.TVS_PEER, None)
        assert question.signer is not None  # noqa: S101 - an unsigned file is never asked about
        self._note(AskedTvs(server=self._peer, signer=question.signer))
        self._session += 1
        return [AskTvs(server=self._peer, session=self._session, signer=question.signer)]

    def _tvs_answer(self, event: TvsAnswered | TvsFailed) -> list[Command]:
        if event.server != self._peer:
            return self._ignore(event)
        if isinstance(event, TvsAnswered) and event.session != self._session:
            return self._ignore(event)  # an answer to another question: keep waiting [C213407: echoed]
        if isinstance(event, TvsFailed):
            self._tvs_last = event
            return self._rule(self._about(Stage.TVS_ANSWER, event))
        question = self._about(Stage.TVS_ANSWER, event)
        if event.found and event.identity is not None and event.identity == question.signer:
            self._remember(event, event.identity)
            offered = question.offered
            if offered is not None and event.certificate:
                question = attrs.evolve(question, signature=check(offered, event.certificate))
        return self._rule(question)

    def _remember(self, event: TvsAnswered, identity: Identity) -> None:
        """Keep the answer for its time to live; only about the certificate that was asked for."""
        answer = CachedAnswer(
            identity=identity,
            roles=event.roles,
            expires=self._now + min(event.ttl, limits.TVS_TTL_SECONDS),
            certificate=event.certificate,
        )
        others = tuple(
            cached
            for cached in self.flash.tvs_cache
            if cached.identity != identity and cached.expires > self._now
        )
        self.flash = attrs.evolve(self.flash, tvs_cache=(*others, answer))

    # ------------------------------------------------------------ registration

    def _reach_callmanager(self) -> list[Command]:
        """The configuration's CallManagers in order, then the TFTP addresses [behaviour-more 23, 24].

        The latter are told for CallManagers that do not answer, not for those that were not trusted (R18).
        """
        if self._callmanagers is None:
            first = self._named_callmanagers()
            self._callmanagers = [*first, *(server for server in self._tftp if server not in first)]
        left = self._callmanagers
        if not left or (self._distrusted and left[0] not in self._named_callmanagers()):
            self._peer = left[0] if left else ""
            return self._rule(self._registration(Stage.CALLMANAGER_EXHAUSTED, None))
        self._peer = self._callmanagers.pop(0)
        secure = self._secure()
        self._note(ReachedForCallManager(node=self._peer, secure=secure))
        highest, lowest = self._signalling_tls(), self._lowest_tls()
        return [ReachCallManager(node=self._peer, secure=secure, tls_max=highest, tls_min=lowest)]

    def _named_callmanagers(self) -> tuple[str, ...]:
        return self.flash.config.callmanagers if self.flash.config is not None else ()

    def _lowest_tls(self) -> str | None:
        """The lowest TLS version it speaks; None where every version will do [RN1431SR3]."""
        lowest = self.profile.tls_min.value
        return lowest if lowest is not None and lowest > "1.0" else None

    def _signalling_tls(self) -> str | None:
        """The highest TLS version for signalling; authenticated is NULL-SHA, which 1.3 lacks [SG15-tls]."""
        highest, config = self.profile.tls_max.value, self.flash.config
        if highest is None or config is None or config.security is not DeviceSecurity.AUTHENTICATED:
            return highest
        return min(highest, "1.2")

    def _secure(self) -> bool:
        return self.flash.config is not None and self.flash.config.security.uses_tls

    def _registration(
        self, stage: Stage, answer: CallManagerAnswered | CallManagerFailed | Registered | None
    ) -> Question:
        named = self._named_callmanagers()
        return Question(
            subject=Subject.REGISTRATION,
            stage=stage,
            profile=self.profile,
            flash=self.flash,
            now=self._now,
            server=self._peer,
            answer=answer,
            beside=bool(self._peer and named) and self._peer not in named,
        )

    def _callmanager(self, event: CallManagerAnswered | CallManagerFailed | Registered) -> list[Command]:
        if event.node != self._peer:
            return self._ignore(event)
        question = self._registration(Stage.CALLMANAGER, event)
        self._distrusted = self._distrusted or (not question.beside and distrusts(question))
        return self._rule(question)

    def _register(self) -> list[Command]:
        return [Register(node=self._peer, secure=self._secure())]

    def _serve(self) -> list[Command]:
        self._note(InService(node=self._peer, secure=self._secure()))
        return []

    def _fail(self) -> list[Command]:
        self._note(NotInService())
        return []

    def _end_undecided(self) -> list[Command]:
        self._note(Undecided())
        return []

    @property
    def decided_by(self) -> Ruling | None:
        """The last ruling, or None before the first."""
        rulings = self.journal.rulings()
        return rulings[-1].ruling if rulings else None


_DELIVERIES: Mapping[type, Delivery] = {
    FileArrived: Delivery.ARRIVED,
    FileMissing: Delivery.MISSING,
    ServerSilent: Delivery.SILENT,
}

Handler = Callable[[Phone, object], list[Command]]


def _handlers() -> dict[tuple[State, type], Handler]:
    """(state, event type) -> handler, for every pair; what is not named below is ignored."""
    table: dict[tuple[State, type], Callable[..., list[Command]]] = dict.fromkeys(
        product(State, get_args(Event)), Phone._ignore
    )
    for state in State:
        table[state, PoweredOn] = Phone._start
        table[state, PoweredOff] = Phone._stop
        table[state, ErasedByHand] = Phone._erase
    for state in FETCHING:
        for event in _DELIVERIES:
            table[state, event] = Phone._delivery
    for subject in ("CTL", "ITL", "CONFIG"):
        reaching, asking = State[f"REACHING_TVS_FOR_{subject}"], State[f"ASKING_TVS_FOR_{subject}"]
        table[reaching, TvsConnected] = table[reaching, TvsFailed] = Phone._tvs_peer
        table[asking, TvsAnswered] = table[asking, TvsFailed] = Phone._tvs_answer
    table[State.REACHING_CALLMANAGER, CallManagerAnswered] = Phone._callmanager
    table[State.REACHING_CALLMANAGER, CallManagerFailed] = Phone._callmanager
    table[State.REGISTERING, Registered] = Phone._callmanager
    table[State.REGISTERING, CallManagerFailed] = Phone._callmanager
    return table


HANDLERS: Mapping[tuple[State, type], Handler] = _handlers()

ENTRIES: Mapping[State, Callable[[Phone], list[Command]]] = {
    State.OFF: Phone._power_down,
    State.FETCHING_CTL: Phone._look_for,
    State.REACHING_TVS_FOR_CTL: Phone._reach_tvs,
    State.ASKING_TVS_FOR_CTL: Phone._ask_tvs,
    State.FETCHING_ITL: Phone._look_for,
    State.REACHING_TVS_FOR_ITL: Phone._reach_tvs,
    State.ASKING_TVS_FOR_ITL: Phone._ask_tvs,
    State.FETCHING_CONFIG: Phone._look_for,
    State.REACHING_TVS_FOR_CONFIG: Phone._reach_tvs,
    State.ASKING_TVS_FOR_CONFIG: Phone._ask_tvs,
    State.REACHING_CALLMANAGER: Phone._reach_callmanager,
    State.REGISTERING: Phone._register,
    State.IN_SERVICE: Phone._serve,
    State.OUT_OF_SERVICE: Phone._fail,
    State.UNDECIDED: Phone._end_undecided,
}
"""What a phone does on entering a state."""
