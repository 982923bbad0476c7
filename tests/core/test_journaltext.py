"""A journal as people and pipelines read it."""

import json

import attrs
import pytest
from making import CM, CM_NEW, TVS_CERT, a_config, a_ctl, a_file, a_profile, an_itl

from phoneemu.core.flash import Flash
from phoneemu.core.journal import Journal
from phoneemu.core.journaltext import ALARMS, UNKNOWN_TEXT, alarm, fate, json_lines, lines, status_messages
from phoneemu.core.names import Identity
from phoneemu.core.phone import Phone
from phoneemu.core.profile import Profile
from phoneemu.core.question import Subject
from phoneemu.core.trustlist import TrustList
from phoneemu.core.vocabulary import (
    CallManagerAnswered,
    CallManagerFailed,
    ErasedByHand,
    EraseTarget,
    FileArrived,
    FileMissing,
    PoweredOff,
    PoweredOn,
    Registered,
    RegistrationTrouble,
    ServerSilent,
    TvsAnswered,
    TvsConnected,
)

HELD = Flash(ctl=a_ctl(), itl=an_itl(), config=a_config())
BAD_CTL = a_ctl(CM_NEW, timestamp=2)
BAD_ITL = an_itl(CM_NEW, timestamp=2)
LEGACY = a_profile(asks_tvs=False)


def booted(
    ctl: TrustList | None,
    itl: TrustList | None,
    flash: Flash = HELD,
    profile: Profile = LEGACY,
    *,
    signer: Identity | None = None,
) -> Journal:
    """A boot that is offered these lists and a configuration of the present signer."""
    phone = Phone(profile, "SEP1", flash)
    phone.receive(PoweredOn(now=1000.0, tftp_servers=("pub",)))
    for name, content in (("CTLSEP1.tlv", ctl), ("ITLSEP1.tlv", itl)):
        if content is None:
            phone.receive(FileMissing(name=name, server="pub"))
        else:
            phone.receive(FileArrived(name=name, server="pub", content=content))
    if itl is None:
        phone.receive(FileMissing(name="ITLFile.tlv", server="pub"))
    signed = phone.flash.ctl is not None or phone.flash.itl is not None
    ctl_held = phone.flash.ctl
    config = a_file(signer or (ctl_held.signer if ctl_held else CM))
    name = f"SEP1.cnf.xml{'.sgn' if signed else ''}"
    phone.receive(FileArrived(name=name, server="pub", content=config))
    phone.receive(CallManagerAnswered(node="pub"))
    phone.receive(Registered(node="pub"))
    return phone.journal


@pytest.mark.parametrize(
    ("ctl", "itl", "flash", "expected", "code"),
    [
        (a_ctl(), an_itl(), HELD, [], 1),
        (a_ctl(), an_itl(), Flash(), ["CTL and ITL installed"], 4),
        (a_ctl(), None, Flash(), ["CTL Installed"], 2),
        (None, an_itl(), Flash(), ["File Not Found <CTLFile.tlv>", "ITL installed"], 3),
        (a_ctl(timestamp=2), an_itl(), HELD, ["Trust List updated"], 1),
        (BAD_CTL, an_itl(), HELD, ["Trust List update failed"], 5),
        (a_ctl(), BAD_ITL, HELD, ["Trust List update failed"], 8),
        (BAD_CTL, BAD_ITL, HELD, ["Trust List update failed"], 9),
        (a_ctl(), BAD_ITL, Flash(ctl=a_ctl()), ["Trust List update failed"], 7),
        (None, None, Flash(), ["File Not Found <CTLFile.tlv>", "No Trust List installed"], 1),
    ],
)
def test_status_messages_and_the_alarm_follow_what_became_of_the_lists(
    ctl: TrustList | None, itl: TrustList | None, flash: Flash, expected: list[str], code: int
) -> None:
    journal = booted(ctl, itl, flash)
    assert status_messages(journal, LEGACY) == expected
    assert alarm(journal) == code
    assert code in ALARMS


def test_a_phone_that_holds_nothing_and_fails_says_so() -> None:
    broken = attrs.evolve(a_ctl(), length=2048 * 1024 + 1)
    phone = Phone(LEGACY, "SEP1")
    phone.receive(PoweredOn(now=0, tftp_servers=("pub",)))
    phone.receive(FileArrived(name="CTLSEP1.tlv", server="pub", content=broken))
    assert alarm(phone.journal) == 6
    assert status_messages(phone.journal, LEGACY) == ["Trust List update failed", "No Trust List installed"]


@pytest.mark.parametrize(
    ("flash", "expected", "code"),
    [(HELD, ["Trust List update failed"], 9), (Flash(), ["No Trust List installed"], 6)],
)
def test_silent_servers_are_a_failed_update(flash: Flash, expected: list[str], code: int) -> None:
    phone = Phone(LEGACY, "SEP1", flash)
    phone.receive(PoweredOn(now=0, tftp_servers=("pub",)))
    for name in ("CTLSEP1.tlv", "ITLSEP1.tlv", f"SEP1.cnf.xml{'.sgn' if flash.ctl else ''}"):
        phone.receive(ServerSilent(name=name, server="pub"))
    assert (status_messages(phone.journal, LEGACY), alarm(phone.journal)) == (expected, code)


def test_a_server_outside_the_ctl_has_a_message_of_its_own() -> None:
    phone = Phone(LEGACY, "SEP1", HELD)
    phone.receive(PoweredOn(now=0, tftp_servers=("elsewhere",)))
    phone.receive(FileArrived(name="CTLSEP1.tlv", server="elsewhere", content=a_ctl()))
    phone.receive(FileArrived(name="ITLSEP1.tlv", server="elsewhere", content=an_itl()))
    phone.receive(FileArrived(name="SEP1.cnf.xml.sgn", server="elsewhere", content=a_file()))
    assert status_messages(phone.journal, LEGACY) == ["TFTP not in CTL"]


def test_a_refused_configuration_is_shown() -> None:
    assert status_messages(booted(a_ctl(), an_itl(), signer=CM_NEW), LEGACY) == ["File auth fail"]


def test_a_model_without_lists_never_speaks_of_them() -> None:
    profile = a_profile(reads_ctl=False, reads_itl=False)
    phone = Phone(profile, "SEP1")
    phone.receive(PoweredOn(now=0, tftp_servers=("pub",)))
    phone.receive(FileMissing(name="SEP1.cnf.xml", server="pub"))
    assert status_messages(phone.journal, profile) == []


def test_a_text_nobody_knows_is_not_invented() -> None:
    silent = a_profile(status_updated=None)
    (message,) = status_messages(booted(a_ctl(timestamp=2), an_itl(), profile=silent), silent)
    assert UNKNOWN_TEXT in message


def test_erasing_is_shown_even_without_a_boot() -> None:
    phone = Phone(LEGACY, "SEP1", HELD)
    phone.receive(ErasedByHand(target=EraseTarget.SECURITY))
    assert status_messages(phone.journal, LEGACY) == ["Erasing CTL and ITL files"]
    assert fate(phone.journal, Subject.CTL).held_before is False


def eventful() -> Journal:
    """A story with every kind of entry in it."""
    phone = Phone(a_profile(keeps_itl=False), "SEP1", HELD)
    phone.receive(Registered(node="pub"))
    phone.receive(ErasedByHand(target=EraseTarget.CTL))
    phone.receive(PoweredOn(now=1000.0, tftp_servers=("pub",)))
    phone.receive(ServerSilent(name="CTLSEP1.tlv", server="pub"))
    phone.receive(FileArrived(name="ITLSEP1.tlv", server="pub", content=BAD_ITL))
    phone.receive(TvsConnected(server="pub", peer=TVS_CERT))
    phone.receive(
        TvsAnswered(server="pub", session=1001, found=True, identity=CM_NEW, roles=frozenset({0}), ttl=86400)
    )
    phone.receive(FileMissing(name="SEP1.cnf.xml", server="pub"))
    phone.receive(CallManagerFailed(node="pub", trouble=RegistrationTrouble.UNREACHABLE))
    phone.receive(PoweredOff())
    undecided = Phone(a_profile(asks_tvs=None), "SEP1", HELD, phone.journal)
    undecided.receive(PoweredOn(now=1000.0, tftp_servers=()))
    undecided.receive(CallManagerAnswered(node="pub"))
    undecided.receive(Registered(node="pub"))
    undecided.receive(PoweredOn(now=1000.0, tftp_servers=("pub",)))
    undecided.receive(FileArrived(name="CTLSEP1.tlv", server="pub", content=BAD_CTL))
    Phone(a_profile(erase_scope="factory"), "SEP1", HELD, phone.journal).receive(
        ErasedByHand(target=EraseTarget.CTL)
    )
    return phone.journal


def test_every_kind_of_entry_reads_as_a_line() -> None:
    a3 = "rule A3: the server has no such file: keep what is installed"
    r5 = "rule R5: this CallManager does not answer: the next is tried"
    said = lines(eventful())
    assert said == [
        "ignored Registered, which means nothing now",
        "a person erased: ctl",
        "started, TFTP servers pub",
        "asked pub for CTLSEP1.tlv by tftp: no answer",
        "CTL: unchanged, server-silent (rule A4: no server answers: keep what is installed)",
        "asked pub for ITLSEP1.tlv by tftp: arrived",
        "ITL: ask, signer-unknown (rule L18: ask the TVS)",
        "reached for the TVS on pub",
        "ITL: accept, listed-peer (rule T1: the TVS shows a certificate the installed ITL lists as TVS)",
        "asked the TVS on pub about CN=cm-new, serial 63:6D:2D:6E…",
        "ITL: accept, tvs-vouches (rule T9: the TVS vouches)",
        "replaced its ITL",
        "dropped its ITL: every certificate in it that signs files had changed",
        "asked pub for SEP1.cnf.xml by tftp: no such file",
        f"configuration: unchanged, not-offered ({a3})",
        "connected to CallManager pub without TLS",
        f"registration: next, callmanager-silent ({r5})",
        "registration: refuse, no-callmanager (rule R8: no CallManager is left to try)",
        "could not register anywhere",
        "lost power",
        "started, TFTP servers none",
        "CTL: unchanged, server-silent (rule A4: no server answers: keep what is installed)",
        "ITL: unchanged, server-silent (rule A4: no server answers: keep what is installed)",
        "configuration: unchanged, server-silent (rule A4: no server answers: keep what is installed)",
        "connected to CallManager pub without TLS",
        "registration: accept, plain-signalling (rule R1: signalling without TLS shows no certificate)",
        "registration: accept, confirmed (rule R9: the CallManager confirms the registration)",
        "registered to pub without TLS",
        "started, TFTP servers pub",
        "asked pub for CTLSEP1.tlv by tftp: arrived",
        "CTL: cannot-say, tvs-support-unknown (rule L14: this model asks no TVS about an unknown signer)",
        "the story ends here: a fact is missing",
        "this model cannot erase ctl alone; factory reset only",
    ]


def test_every_kind_of_entry_is_a_json_object_with_its_event() -> None:
    objects = [json.loads(text) for text in json_lines(eventful())]
    assert {said["event"] for said in objects} == {
        "ignored", "erased", "started", "fetched", "ruled", "reached-for-tvs", "asked-tvs", "installed",
        "lost-itl", "reached-for-call-manager", "not-in-service", "powered-down", "in-service", "undecided",
        "could-not-erase",
    }  # fmt: skip
    ruled = next(said for said in objects if said.get("reason") == "tvs-vouches")
    assert ruled == {
        "event": "ruled",
        "subject": "itl",
        "verdict": "accept",
        "reason": "tvs-vouches",
        "rule": "T9",
        "standing": "documented",
        "source": "SEED118893, MIG213407",
    }
