"""The machine, event in, command out. Stories against a whole cluster are in tests/scenarios."""

from itertools import product
from typing import get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import (
    CM,
    CM_NEW,
    TVS_CERT,
    a_config,
    a_ctl,
    a_file,
    a_list,
    a_profile,
    an_itl,
    certificate,
    entry,
)

from phoneemu.core.flash import DeviceSecurity, Flash, PhoneConfig
from phoneemu.core.journal import CouldNotErase, Erased, Ignored, Installed, LostItl, Ruled
from phoneemu.core.names import Identity
from phoneemu.core.phone import ENTRIES, HANDLERS, Phone
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.states import RESTING, State
from phoneemu.core.trustlist import ListKind, Role, TrustList
from phoneemu.core.vocabulary import (
    AskTvs,
    CallManagerAnswered,
    CallManagerFailed,
    ErasedByHand,
    EraseTarget,
    Event,
    Fetch,
    FileArrived,
    FileMissing,
    PoweredOff,
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

ON = PoweredOn(now=1000.0, tftp_servers=("pub",))
HELD = Flash(ctl=a_ctl(), itl=an_itl(), config=a_config(tvs=("pub", "sub")))
NAME = "SEP1"


def arrives(name: str, content: bytes | TrustList | SignedFile, server: str = "pub") -> FileArrived:
    return FileArrived(name=name, server=server, content=content)


def missing(name: str, server: str = "pub") -> FileMissing:
    return FileMissing(name=name, server=server)


def reasons(phone: Phone) -> list[tuple[Subject, Verdict, Reason]]:
    return [
        (entry.subject, entry.verdict, entry.reason) for entry in phone.journal if isinstance(entry, Ruled)
    ]


def test_the_tables_are_total() -> None:
    assert set(HANDLERS) == set(product(State, get_args(Event)))
    assert set(ENTRIES) == set(State)


def test_a_new_phone_boots_in_order_and_registers() -> None:
    phone = Phone(a_profile(), NAME)
    ctl, itl, config = a_ctl(), an_itl(), a_config()
    tftp = Transport.TFTP
    assert phone.receive(ON) == [Fetch(name="CTLSEP1.tlv", server="pub", transport=tftp)]
    assert phone.receive(arrives("CTLSEP1.tlv", ctl)) == [
        Save(flash=Flash(ctl=ctl)),
        Fetch(name="ITLSEP1.tlv", server="pub", transport=tftp),
    ]
    assert phone.receive(arrives("ITLSEP1.tlv", itl)) == [
        Save(flash=Flash(ctl=ctl, itl=itl)),
        Fetch(name="SEP1.cnf.xml.sgn", server="pub", transport=tftp),
    ]
    whole = Flash(ctl=ctl, itl=itl, config=config)
    assert phone.receive(arrives("SEP1.cnf.xml.sgn", a_file(config=config))) == [
        Save(flash=whole),
        ReachCallManager(node="pub", secure=False, tls_max="1.2"),
    ]
    assert phone.receive(CallManagerAnswered(node="pub")) == [Register(node="pub", secure=False)]
    assert phone.receive(Registered(node="pub")) == []
    assert phone.state is State.IN_SERVICE
    assert phone.flash == whole


def test_an_unchanged_boot_writes_nothing() -> None:
    phone = Phone(a_profile(), NAME, HELD)
    phone.receive(ON)
    phone.receive(arrives("CTLSEP1.tlv", a_ctl()))
    phone.receive(arrives("ITLSEP1.tlv", an_itl()))
    commands = phone.receive(arrives("SEP1.cnf.xml.sgn", a_file(config=HELD.config)))
    assert commands == [ReachCallManager(node="pub", secure=False, tls_max="1.2")]
    assert phone.flash is HELD


def to_tvs(profile: object = None, flash: Flash = HELD) -> Phone:
    phone = Phone(profile or a_profile(), NAME, flash)  # type: ignore[arg-type]
    phone.receive(ON)
    phone.receive(arrives("CTLSEP1.tlv", a_ctl(CM_NEW, timestamp=2)))
    return phone


def test_an_unknown_signer_is_asked_about_and_the_answer_is_kept() -> None:
    phone = Phone(a_profile(), NAME, HELD)
    phone.receive(ON)
    assert phone.receive(arrives("CTLSEP1.tlv", a_ctl(CM_NEW, timestamp=2))) == [
        ReachTvs(server="pub", tls_max="1.2")
    ]
    assert phone.receive(TvsConnected(server="pub", peer=TVS_CERT)) == [
        AskTvs(server="pub", session=1001, signer=CM_NEW)
    ]
    answer = TvsAnswered(
        server="pub", session=1001, found=True, identity=CM_NEW, roles=frozenset({0, 2}), ttl=86400
    )
    save, fetch = phone.receive(answer)
    assert isinstance(save, Save)
    assert fetch == Fetch(name="ITLSEP1.tlv", server="pub", transport=Transport.TFTP)
    assert save.flash.ctl is not None
    assert save.flash.ctl.signer == CM_NEW
    assert [(kept.identity, kept.expires) for kept in save.flash.tvs_cache] == [(CM_NEW, 1000.0 + 86400)]


def test_a_time_to_live_is_capped_and_an_old_answer_gives_way() -> None:
    phone = to_tvs()
    phone.receive(TvsConnected(server="pub", peer=TVS_CERT))
    phone.receive(
        TvsAnswered(
            server="pub", session=1001, found=True, identity=CM_NEW, roles=frozenset({0}), ttl=2**32 - 1
        )
    )
    (kept,) = phone.flash.tvs_cache
    assert kept.expires == 1000.0 + 7 * 24 * 3600


def test_the_next_tvs_is_tried_and_silence_of_all_refuses() -> None:
    phone = to_tvs()
    silent = TvsTrouble.UNREACHABLE
    assert phone.receive(TvsFailed(server="pub", trouble=silent)) == [ReachTvs(server="sub", tls_max="1.2")]
    phone.receive(TvsFailed(server="sub", trouble=silent))
    assert phone.flash is HELD
    assert reasons(phone)[-1] == (Subject.CTL, Verdict.REFUSE, Reason.TVS_SILENT)
    assert phone.state is State.FETCHING_ITL


def test_a_tvs_that_hangs_up_after_the_question_sends_the_phone_to_the_next() -> None:
    phone = to_tvs()
    phone.receive(TvsConnected(server="pub", peer=TVS_CERT))
    hung_up = TvsFailed(server="pub", trouble=TvsTrouble.NO_ANSWER)
    assert phone.receive(hung_up) == [ReachTvs(server="sub", tls_max="1.2")]
    phone.receive(TvsConnected(server="sub", peer=TVS_CERT))
    commands = phone.receive(
        TvsAnswered(server="sub", session=1002, found=True, identity=CM_NEW, roles=frozenset({0}), ttl=1)
    )
    assert any(isinstance(command, Save) for command in commands)


def test_an_answer_for_another_session_or_server_is_ignored() -> None:
    phone = to_tvs()
    assert phone.receive(TvsConnected(server="sub", peer=TVS_CERT)) == []
    phone.receive(TvsConnected(server="pub", peer=TVS_CERT))
    good = {"found": True, "identity": CM_NEW, "roles": frozenset({0}), "ttl": 1}
    assert phone.receive(TvsAnswered(server="pub", session=1000, **good)) == []  # type: ignore[arg-type]
    assert phone.receive(TvsAnswered(server="sub", session=1001, **good)) == []  # type: ignore[arg-type]
    assert phone.state is State.ASKING_TVS_FOR_CTL
    assert phone.flash is HELD


def test_an_answer_about_another_certificate_is_neither_taken_nor_kept() -> None:
    phone = to_tvs()
    phone.receive(TvsConnected(server="pub", peer=TVS_CERT))
    phone.receive(
        TvsAnswered(server="pub", session=1001, found=True, identity=CM, roles=frozenset({0}), ttl=99)
    )
    assert phone.flash is HELD
    assert reasons(phone)[-1] == (Subject.CTL, Verdict.REFUSE, Reason.TVS_WRONG_CERTIFICATE)


def test_a_tvs_that_knows_nothing_refuses() -> None:
    phone = to_tvs()
    phone.receive(TvsConnected(server="pub", peer=TVS_CERT))
    phone.receive(TvsAnswered(server="pub", session=1001, found=False))
    assert reasons(phone)[-1] == (Subject.CTL, Verdict.REFUSE, Reason.TVS_DOES_NOT_KNOW)


def test_a_legacy_phone_refuses_and_goes_on() -> None:
    phone = to_tvs(a_profile(asks_tvs=False, reads_itl=False))
    assert reasons(phone) == [(Subject.CTL, Verdict.REFUSE, Reason.SIGNER_UNKNOWN_NO_TVS)]
    assert phone.state is State.FETCHING_CONFIG


def test_a_missing_name_falls_back_and_a_missing_list_changes_nothing() -> None:
    phone = Phone(a_profile(), NAME, HELD)
    phone.receive(ON)
    phone.receive(missing("CTLSEP1.tlv"))
    fallback = phone.receive(missing("ITLSEP1.tlv"))
    assert fallback == [Fetch(name="ITLFile.tlv", server="pub", transport=Transport.TFTP)]
    phone.receive(missing("ITLFile.tlv"))
    assert phone.state is State.FETCHING_CONFIG
    assert phone.flash is HELD


def test_a_silent_server_is_tried_by_the_next_transport_and_then_left() -> None:
    phone = Phone(a_profile(transports=("http", "tftp")), NAME, HELD)
    phone.receive(PoweredOn(now=0, tftp_servers=("pub", "sub")))
    seen = []
    for server in ("pub", "pub", "sub", "sub"):
        (command,) = phone.receive(ServerSilent(name="CTLSEP1.tlv", server=server))
        assert isinstance(command, Fetch)
        seen.append((command.name, command.server, command.transport.value))
    assert seen == [
        ("CTLSEP1.tlv", "pub", "tftp"),
        ("CTLSEP1.tlv", "sub", "http"),
        ("CTLSEP1.tlv", "sub", "tftp"),
        ("ITLSEP1.tlv", "pub", "http"),
    ]


def test_an_answer_nobody_waits_for_is_ignored() -> None:
    phone = Phone(a_profile(), NAME)
    assert phone.receive(Registered(node="pub")) == []
    phone.receive(ON)
    assert phone.receive(arrives("SEP1.cnf.xml", a_file())) == []
    assert phone.receive(arrives("CTLSEP1.tlv", a_ctl(), server="stranger")) == []
    assert [entry for entry in phone.journal if isinstance(entry, Ignored)] == [
        Ignored(what="Registered"),
        Ignored(what="FileArrived"),
        Ignored(what="FileArrived"),
    ]
    assert phone.state is State.FETCHING_CTL


def test_a_phone_without_a_tftp_server_keeps_what_it_has_and_registers() -> None:
    phone = Phone(a_profile(), NAME, HELD)
    commands = phone.receive(PoweredOn(now=0, tftp_servers=()))
    assert commands == [ReachCallManager(node="pub", secure=False, tls_max="1.2")]


def test_a_secure_phone_without_a_ctl_asks_four_times_and_goes_on() -> None:
    secure = Flash(config=a_config(security=DeviceSecurity.ENCRYPTED))
    phone = Phone(a_profile(), NAME, secure)
    phone.receive(ON)
    for _ in range(3):
        (again,) = phone.receive(missing("CTLSEP1.tlv"))
        assert again == Fetch(name="CTLSEP1.tlv", server="pub", transport=Transport.TFTP)
    phone.receive(missing("CTLSEP1.tlv"))
    assert phone.state is State.FETCHING_ITL


def test_a_secure_phone_that_asks_for_ever_never_comes_into_service() -> None:
    secure = Flash(config=a_config(security=DeviceSecurity.ENCRYPTED))
    phone = Phone(a_profile(ctl_retries=-1), NAME, secure)
    phone.receive(ON)
    assert phone.receive(missing("CTLSEP1.tlv")) == []
    assert phone.state is State.OUT_OF_SERVICE


def test_a_missing_fact_ends_the_story_undecided() -> None:
    phone = to_tvs(a_profile(asks_tvs=None))
    assert phone.state is State.UNDECIDED


def registering(flash: Flash = HELD) -> Phone:
    phone = Phone(a_profile(), NAME, flash)
    phone.receive(ON)
    phone.receive(missing("CTLSEP1.tlv"))
    phone.receive(missing("ITLSEP1.tlv"))
    phone.receive(missing("ITLFile.tlv"))
    phone.receive(missing(f"SEP1.cnf.xml{'.sgn' if flash.ctl or flash.itl else ''}"))
    return phone


def test_the_last_known_callmanagers_are_tried_before_the_tftp_address() -> None:
    config = a_config(callmanagers=("old1", "old2"))
    phone = registering(attrs.evolve(HELD, config=config))
    silent = RegistrationTrouble.UNREACHABLE
    phone.receive(CallManagerFailed(node="old1", trouble=silent))
    assert phone.receive(CallManagerFailed(node="old2", trouble=silent)) == [
        ReachCallManager(node="pub", secure=False, tls_max="1.2")
    ]
    assert phone.receive(CallManagerFailed(node="pub", trouble=silent)) == []
    assert phone.state is State.OUT_OF_SERVICE


def test_no_tftp_server_is_tried_after_a_callmanager_that_was_not_trusted() -> None:
    config = a_config(callmanagers=("old1", "old2"), security=DeviceSecurity.ENCRYPTED)
    phone = registering(attrs.evolve(HELD, config=config))
    phone.receive(CallManagerAnswered(node="old1", peer=CM_NEW))
    assert phone.receive(CallManagerFailed(node="old2", trouble=RegistrationTrouble.UNREACHABLE)) == []
    assert phone.decided_by is not None
    assert (phone.state, phone.decided_by.rule.number) == (State.OUT_OF_SERVICE, "R18")


def test_a_tftp_server_that_takes_the_phone_is_only_reported_to() -> None:
    phone = registering(attrs.evolve(HELD, config=a_config(callmanagers=("old1",))))
    phone.receive(CallManagerFailed(node="old1", trouble=RegistrationTrouble.UNREACHABLE))
    phone.receive(CallManagerAnswered(node="pub"))
    assert phone.decided_by is not None
    assert (phone.state, phone.decided_by.rule.number) == (State.REGISTERING, "R17")


def test_a_phone_that_knows_no_callmanager_tries_its_tftp_server() -> None:
    phone = registering(Flash())
    phone.receive(CallManagerAnswered(node="pub"))
    phone.receive(Registered(node="pub"))
    assert phone.state is State.IN_SERVICE


def test_a_refused_registration_goes_to_the_next_callmanager() -> None:
    config = a_config(callmanagers=("pub", "sub"))
    phone = registering(attrs.evolve(HELD, config=config))
    assert phone.receive(CallManagerAnswered(node="sub")) == []
    phone.receive(CallManagerAnswered(node="pub"))
    refused = CallManagerFailed(node="pub", trouble=RegistrationTrouble.DEVICE_CERTIFICATE)
    assert phone.receive(refused) == [ReachCallManager(node="sub", secure=False, tls_max="1.2")]


def test_a_load_that_loses_its_itl_loses_it_when_every_signer_of_files_changed() -> None:
    phone = Phone(a_profile(keeps_itl=False), NAME, Flash(itl=an_itl()))
    phone.receive(ON)
    phone.receive(missing("CTLSEP1.tlv"))
    renewed = a_list(
        ListKind.ITL, CM, entry(Role.SAST, CM_NEW), entry(Role.TFTP, CM_NEW, "pub"), entry(Role.TVS, TVS_CERT)
    )
    phone.receive(arrives("ITLSEP1.tlv", renewed))
    assert phone.flash.itl is None
    assert LostItl() in phone.journal.entries


@pytest.mark.parametrize(("stays", "lost"), [(True, False), (False, True)])
def test_a_callmanager_that_the_ctl_still_names_was_not_renewed(
    stays: bool,  # noqa: FBT001 - a table value
    lost: bool,  # noqa: FBT001 - a table value
) -> None:
    """[RN8831SR4B]: the headline says all CallManager certificates."""
    other, recovery = certificate("sub", 7), certificate("recovery")

    def a_ctl_of(*signers: Identity, at: int) -> TrustList:
        named = (entry(Role.CCM_TFTP, each, name) for each, name in zip(signers, ("pub", "sub"), strict=True))
        return a_list(ListKind.CTL, recovery, entry(Role.SAST, recovery), *named, timestamp=at)

    held = Flash(ctl=a_ctl_of(CM, other, at=1), itl=an_itl())
    phone = Phone(a_profile(keeps_itl=False), NAME, held)
    phone.receive(ON)
    phone.receive(arrives("CTLSEP1.tlv", a_ctl_of(CM_NEW, other if stays else certificate("sub", 8), at=2)))
    services = (entry(Role.TFTP, CM_NEW, "pub"), entry(Role.TVS, TVS_CERT))
    phone.receive(
        arrives("ITLSEP1.tlv", a_list(ListKind.ITL, recovery, entry(Role.SAST, recovery), *services))
    )
    assert (phone.flash.itl is None) is lost
    assert (LostItl() in phone.journal.entries) is lost


@pytest.mark.parametrize("before", [None, an_itl(timestamp=0)])
def test_such_a_load_keeps_an_itl_whose_signers_stay(before: TrustList | None) -> None:
    phone = Phone(a_profile(keeps_itl=False), NAME, Flash(itl=before))
    phone.receive(ON)
    phone.receive(missing("CTLSEP1.tlv"))
    phone.receive(arrives("ITLSEP1.tlv", an_itl()))
    assert phone.flash.itl == an_itl()


@pytest.mark.parametrize(
    ("scope", "target", "ctl", "itl", "said"),
    [
        ("separate", EraseTarget.CTL, False, True, Erased(target=EraseTarget.CTL)),
        ("separate", EraseTarget.ITL, True, False, Erased(target=EraseTarget.ITL)),
        ("combined", EraseTarget.ITL, False, False, Erased(target=EraseTarget.SECURITY)),
        ("separate", EraseTarget.SECURITY, False, False, Erased(target=EraseTarget.SECURITY)),
        ("factory", EraseTarget.CTL, True, True, CouldNotErase(target=EraseTarget.CTL)),
        ("factory", EraseTarget.FACTORY, False, False, Erased(target=EraseTarget.FACTORY)),
    ],
)
def test_what_a_person_erases_depends_on_the_model(
    scope: str,
    target: EraseTarget,
    ctl: bool,  # noqa: FBT001 - a table value
    itl: bool,  # noqa: FBT001 - a table value
    said: object,
) -> None:
    phone = Phone(a_profile(erase_scope=scope), NAME, HELD)
    phone.receive(ErasedByHand(target=target))
    assert (phone.flash.ctl is not None, phone.flash.itl is not None) == (ctl, itl)
    assert phone.journal.entries == [said]


def test_power_off_keeps_the_flash() -> None:
    phone = Phone(a_profile(), NAME, HELD)
    phone.receive(ON)
    assert phone.receive(PoweredOff()) == []
    assert phone.state is State.OFF
    assert phone.flash is HELD


def test_broken_bytes_are_refused_and_the_boot_goes_on() -> None:
    phone = Phone(a_profile(), NAME, HELD)
    phone.receive(ON)
    phone.receive(arrives("CTLSEP1.tlv", b"\x01\x00"))
    assert reasons(phone) == [(Subject.CTL, Verdict.REFUSE, Reason.MALFORMED_FILE)]
    assert phone.state is State.FETCHING_ITL
    assert phone.flash is HELD


def test_a_configuration_file_that_says_nothing_is_installed_as_nothing() -> None:
    phone = Phone(a_profile(reads_ctl=False, reads_itl=False), NAME)
    phone.receive(ON)
    empty = SignedFile(filename="x", signer=None, config=None)
    commands = phone.receive(arrives("SEP1.cnf.xml", empty))
    assert [type(command) for command in commands] == [ReachCallManager]
    assert phone.flash == Flash()


servers = st.sampled_from(["pub", "sub", "stranger"])
names = st.sampled_from(["CTLSEP1.tlv", "ITLSEP1.tlv", "ITLFile.tlv", "SEP1.cnf.xml", "SEP1.cnf.xml.sgn"])
people = st.sampled_from([CM, CM_NEW, TVS_CERT, certificate("x")])
contents = st.one_of(
    st.builds(a_ctl, people, timestamp=st.integers(0, 3)),
    st.builds(an_itl, people, timestamp=st.integers(0, 3)),
    st.builds(a_file, st.none() | people),
    st.binary(max_size=20),
)
events = st.one_of(
    st.just(ON),
    st.just(PoweredOff()),
    st.builds(FileArrived, name=names, server=servers, content=contents),
    st.builds(FileMissing, name=names, server=servers),
    st.builds(ServerSilent, name=names, server=servers),
    st.builds(TvsConnected, server=servers, peer=people),
    st.builds(TvsFailed, server=servers, trouble=st.sampled_from(TvsTrouble)),
    st.builds(
        TvsAnswered,
        server=servers,
        session=st.integers(1000, 1003),
        found=st.booleans(),
        identity=st.none() | people,
        roles=st.frozensets(st.integers(0, 3)),
        ttl=st.integers(0, 9999),
    ),
    st.builds(CallManagerAnswered, node=servers, peer=st.none() | people),
    st.builds(CallManagerFailed, node=servers, trouble=st.sampled_from(RegistrationTrouble)),
    st.builds(Registered, node=servers),
    st.builds(ErasedByHand, target=st.sampled_from(EraseTarget)),
)


@given(st.lists(events, max_size=40), st.sampled_from([Flash(), HELD]))
def test_whatever_happens_nothing_is_installed_without_an_accepting_ruling(
    happenings: list[Event], flash: Flash
) -> None:
    phone = Phone(a_profile(), NAME, flash)
    for happening in happenings:
        before, seen = phone.flash, len(phone.journal)
        commands = phone.receive(happening)
        fresh = phone.journal.entries[seen:]
        accepted = {
            entry.subject for entry in fresh if isinstance(entry, Ruled) and entry.verdict is Verdict.ACCEPT
        }
        erased = isinstance(happening, ErasedByHand)
        assert erased or phone.flash.ctl is before.ctl or Subject.CTL in accepted
        assert erased or phone.flash.itl is before.itl or Subject.ITL in accepted
        assert erased or phone.flash.config is before.config or Subject.CONFIG in accepted
        assert bool([entry for entry in fresh if isinstance(entry, Installed)]) <= bool(accepted)
        waits = phone.state not in RESTING
        assert not waits or not commands or not isinstance(commands[-1], Save) or erased


def test_the_configuration_of_another_stamp_replaces_the_old_one() -> None:
    phone = Phone(a_profile(), NAME, HELD)
    phone.receive(ON)
    phone.receive(missing("CTLSEP1.tlv"))
    phone.receive(arrives("ITLSEP1.tlv", an_itl()))
    renewed: PhoneConfig = a_config(stamp="2")
    phone.receive(arrives("SEP1.cnf.xml.sgn", a_file(config=renewed)))
    assert phone.flash.config == renewed
    assert phone.decided_by is not None
    assert phone.decided_by.reason is Reason.LISTED_SIGNER


def test_a_phone_that_never_started_has_decided_nothing() -> None:
    assert Phone(a_profile(), NAME).decided_by is None
