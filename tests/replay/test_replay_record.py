"""Writing a boot down: what was recorded replays as it was."""

import datetime

import pytest
from office import Office
from replaymaking import CAPTURES

from phoneemu.cluster import drive
from phoneemu.core.flash import CachedAnswer, Flash
from phoneemu.core.names import Identity
from phoneemu.core.question import Subject
from phoneemu.core.states import State
from phoneemu.core.vocabulary import (
    CallManagerFailed,
    Fetch,
    FileArrived,
    ReachCallManager,
    RegistrationTrouble,
    Transport,
)
from phoneemu.replay import casefile
from phoneemu.replay.case import Case, Origin, Remembered
from phoneemu.replay.record import Recorder, bytes_of, moment

PHONE = Office().phone("8861", fresh=True)
BASE = Case(
    name="x",
    origin=Origin.SYNTHETIC,
    script="tests",
    model="8861",
    device="SEP1",
    clock=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
)


def test_a_list_without_bytes_cannot_be_written_down() -> None:
    office = Office(mixed=True)
    phone = office.phone("8861", fresh=True)
    recorder = Recorder(phone.profile, phone.station.name, Flash())
    with pytest.raises(ValueError, match="without bytes"):
        drive.boot(phone.station, office.world, 0.0, recorder)


def test_what_never_happens_on_a_wire_cannot_be_written_down() -> None:
    recorder = Recorder(PHONE.profile, "SEP1", Flash())
    trouble = RegistrationTrouble.UNKNOWN_DEVICE_CERTIFICATE
    with pytest.raises(ValueError, match="unknown-device-certificate"):
        recorder(
            ReachCallManager(node="pub", secure=True, tls_max=None),
            CallManagerFailed(node="pub", trouble=trouble),
        )


def test_equal_bytes_are_kept_once_and_others_under_the_same_name_beside_them() -> None:
    recorder = Recorder(PHONE.profile, "SEP1", Flash())
    fetch = Fetch(name="a.tlv", server="pub", transport=Transport.HTTP)
    for content in (b"one", b"two", b"one"):
        recorder(fetch, FileArrived(name="a.tlv", server="pub", content=content), at=0.5, seconds=0.25)
    assert recorder.files == {"served/a.tlv": b"one", "served/1-a.tlv": b"two"}


def test_a_remembered_answer_is_held_before() -> None:
    answer = CachedAnswer(
        identity=Identity("CN=a", "CN=a", 7), roles=frozenset({2, 0}), expires=1e9, certificate=b"der"
    )
    recorder = Recorder(PHONE.profile, "SEP1", Flash(tvs_cache=(answer,)))
    case = recorder.case(BASE, PHONE.journal, Flash(), State.OUT_OF_SERVICE)
    assert case.before.tvs_cache == (
        Remembered(
            identity=answer.identity, roles=(0, 2), expires=moment(1e9), certificate="before/vouched.der"
        ),
    )


def test_an_unsigned_configuration_known_as_a_value_is_written_out() -> None:
    office = Office()
    (arrived,) = [
        event.content
        for _, event in _told(office)
        if isinstance(event, FileArrived) and event.name.endswith(".xml")
    ]
    assert bytes_of(arrived).startswith(b"<?xml")


def _told(office: Office) -> "list[tuple[object, object]]":
    pairs: list[tuple[object, object]] = []
    phone = office.phone("6901", fresh=True)
    drive.boot(phone.station, office.world, 0.0, lambda *pair: pairs.append(pair))
    return pairs


def test_a_recorded_case_names_every_subject_it_installed() -> None:
    case = casefile.load(CAPTURES / "8861/sip88xx.10-3-1-20/first-trust")
    assert case.ending.installed == (Subject.CTL, Subject.ITL, Subject.CONFIG)
