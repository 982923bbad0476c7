"""The replayed driver: it answers what was recorded, notes what was not, and ends where evidence does."""

import attrs
import pytest
from replaymaking import REFUSED, RENEWED, TLS, a_recording, compared, replayed, with_exchange, without

from phoneemu.core.journal import Fetched, InService, ReachedForTvs, Ruled
from phoneemu.core.names import Identity
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.states import State
from phoneemu.core.vocabulary import Transport
from phoneemu.errors import BadInput
from phoneemu.replay.case import (
    CallManagerExchange,
    CallManagerOutcome,
    FileOutcome,
    Held,
    TvsExchange,
    TvsOutcome,
)
from phoneemu.replay.player import COMMANDS, Recording, Replayed


def last(done: Replayed, subject: Subject = Subject.CTL) -> tuple[Verdict, Reason]:
    entry = done.journal.last_ruling(subject)
    assert entry is not None
    return entry.verdict, entry.reason


def tvs(**changes: object) -> Recording:
    """The renewal with its TVS exchange changed."""
    return with_exchange(a_recording(RENEWED), 1, **changes)


def test_a_recorded_boot_goes_to_its_rest() -> None:
    done = replayed(a_recording(RENEWED))
    assert (done.state, done.ended, done.notes) == (State.IN_SERVICE, "", ())
    assert done.rested


def test_the_clock_is_the_recorded_one() -> None:
    recording = a_recording(RENEWED)
    done = replayed(recording)
    asked = [entry.question.now for entry in done.journal if isinstance(entry, Ruled)]
    assert set(asked) == {recording.case.clock.timestamp()}


def test_what_was_not_recorded_is_answered_as_not_there_and_noted() -> None:
    done = replayed(without(a_recording(RENEWED), 2, 3, 4))
    assert last(done) == (Verdict.UNCHANGED, Reason.NOT_OFFERED)
    assert any("CTLSEP02A500000861.tlv was not asked for" in note for note in done.notes)


def test_a_tvs_that_was_not_recorded_cannot_be_reached() -> None:
    done = replayed(without(a_recording(RENEWED), 0, 2, 3, 4))
    assert last(done) == (Verdict.REFUSE, Reason.TVS_SILENT)
    assert sum("TVS on" in note for note in done.notes) == 2


def test_a_request_by_another_transport_hears_what_was_recorded() -> None:
    done = replayed(a_recording(RENEWED), transports=("http", "tftp"))
    fetched = [entry for entry in done.journal if isinstance(entry, Fetched)]
    assert {entry.transport for entry in fetched} == {Transport.HTTP}
    assert done.state is State.IN_SERVICE


def test_a_file_whose_content_nobody_kept_ends_the_replay() -> None:
    done = replayed(with_exchange(a_recording(RENEWED), 0, body=None))
    assert "CTLSEP02A500000861.tlv" in done.ended
    assert not done.rested


def test_a_transfer_that_broke_off_is_silence() -> None:
    done = replayed(with_exchange(a_recording(RENEWED), 0, outcome=FileOutcome.ERROR, error="503"))
    assert last(done) == (Verdict.UNCHANGED, Reason.SERVER_SILENT)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"outcome": TvsOutcome.UNREACHABLE, "peer": None}, Reason.TVS_SILENT),
        ({"outcome": TvsOutcome.HANDSHAKE, "peer": None}, Reason.TVS_NOT_TRUSTED),
        ({"outcome": TvsOutcome.TLS_VERSION, "peer": None}, Reason.TVS_TLS_VERSION),
        ({"outcome": TvsOutcome.NO_ANSWER}, Reason.TVS_SILENT),
        ({"answer": None, "valid": False}, Reason.TVS_DOES_NOT_KNOW),
        ({"answer": None, "valid": True, "roles": (3,)}, Reason.TVS_WRONG_ROLE),
        ({"answer": None, "valid": True, "roles": (0, 2), "ttl": 86400}, Reason.TVS_VOUCHES),
        ({"peer": Identity("CN=x", "CN=x", 1)}, Reason.TVS_NOT_TRUSTED),
    ],
)
def test_every_outcome_of_a_tvs_is_told_to_the_phone(changes: dict[str, object], reason: Reason) -> None:
    recording = tvs(**changes)
    (exchange,) = (each for each in recording.case.exchanges if isinstance(each, TvsExchange))
    both = (*recording.case.exchanges, attrs.evolve(exchange, server="sub"))
    done = replayed(attrs.evolve(recording, case=attrs.evolve(recording.case, exchanges=both)))
    assert last(done)[1] is reason


def test_a_model_of_unknown_tls_meets_a_floor_undecided() -> None:
    recording = tvs(outcome=TvsOutcome.TLS_VERSION, peer=None)
    assert last(replayed(recording, tls_max=None)) == (Verdict.CANNOT_SAY, Reason.TLS_SUPPORT_UNKNOWN)


def test_a_peer_nobody_saw_is_taken_as_listed_because_the_phone_went_on() -> None:
    done = replayed(tvs(peer=None))
    assert last(done) == (Verdict.ACCEPT, Reason.TVS_VOUCHES)
    assert any("not visible" in note for note in done.notes)


def test_an_answer_about_another_signer_is_not_given() -> None:
    other = Identity("CN=other", "CN=other", 1)
    done = replayed(tvs(asked=other))
    assert last(done)[1] is Reason.TVS_SILENT
    assert any("no TVS was asked about" in note for note in done.notes)


def test_of_two_answers_of_one_server_that_about_the_signer_is_given() -> None:
    recording = a_recording(RENEWED)
    right = recording.case.exchanges[1]
    assert isinstance(right, TvsExchange)
    wrong = attrs.evolve(right, asked=Identity("CN=other", "CN=other", 1), answer=None, valid=False)
    told = (wrong, *recording.case.exchanges)
    done = replayed(attrs.evolve(recording, case=attrs.evolve(recording.case, exchanges=told)))
    assert last(done) == (Verdict.ACCEPT, Reason.TVS_VOUCHES)


def test_an_answer_nobody_saw_ends_the_replay() -> None:
    assert "answered" in replayed(tvs(answer=None)).ended


def test_a_peer_nobody_saw_and_nobody_lists_ends_the_replay() -> None:
    recording = tvs(peer=None)
    held = attrs.evolve(recording.case.before, itl=None)
    erased = attrs.evolve(recording, case=attrs.evolve(recording.case, before=held))
    assert last(replayed(erased)) == (Verdict.REFUSE, Reason.NO_TVS_IN_ITL)


# ---------------------------------------------------------------- what was held


def test_what_the_evidence_does_not_tell_is_never_taken_as_absent() -> None:
    unknown = (Subject.CTL, Subject.ITL, Subject.CONFIG)
    done = replayed(a_recording(RENEWED, before=Held(unknown=unknown)))
    assert last(done) == (Verdict.CANNOT_SAY, Reason.LIST_INCOMPLETE)
    assert len(done.notes) == 3


def test_an_unknown_configuration_names_whom_the_phone_turned_to() -> None:
    recording = a_recording(RENEWED)
    held = attrs.evolve(recording.case.before, config=None, unknown=(Subject.CONFIG,))
    done = replayed(attrs.evolve(recording, case=attrs.evolve(recording.case, before=held)))
    assert ReachedForTvs(server="pub") in done.journal.entries
    assert InService(node="pub", secure=False) in done.journal.entries


def test_a_server_is_known_by_the_name_that_files_use() -> None:
    recording = a_recording(RENEWED, hosts={"pub": "192.0.2.1"}, tftp=("192.0.2.1",))
    moved = [
        attrs.evolve(each, node="192.0.2.1")
        if isinstance(each, CallManagerExchange)
        else attrs.evolve(each, server="192.0.2.1")
        for each in recording.case.exchanges
    ]
    told = attrs.evolve(recording, case=attrs.evolve(recording.case, exchanges=tuple(moved)))
    assert compared(told).agrees


# ---------------------------------------------------------------- CallManagers


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (CallManagerOutcome.UNREACHABLE, Reason.CALLMANAGER_SILENT),
        (CallManagerOutcome.TLS_VERSION, Reason.CALLMANAGER_TLS_VERSION),
        (CallManagerOutcome.SIGNALLING_MODE, Reason.SIGNALLING_MODE),
        (CallManagerOutcome.DEVICE_CERTIFICATE, Reason.DEVICE_CERTIFICATE_REFUSED),
        (CallManagerOutcome.REJECTED, Reason.REGISTRATION_REJECTED),
    ],
)
def test_every_outcome_of_a_callmanager_is_told_to_the_phone(
    outcome: CallManagerOutcome, reason: Reason
) -> None:
    recording = a_recording(TLS)
    at = len(recording.case.exchanges) - 1
    done = replayed(with_exchange(recording, at, outcome=outcome))
    assert reason in [entry.reason for entry in done.journal.rulings(Subject.REGISTRATION)]


def test_a_callmanagers_certificate_nobody_saw_is_taken_as_listed_only_when_the_phone_registered() -> None:
    recording = a_recording(TLS)
    at = len(recording.case.exchanges) - 1
    assert replayed(with_exchange(recording, at, peer=None)).state is State.IN_SERVICE
    connected = with_exchange(recording, at, peer=None, outcome=CallManagerOutcome.CONNECTED)
    assert "certificate" in replayed(connected).ended


def test_a_registration_nobody_saw_ends_the_replay() -> None:
    recording = a_recording(RENEWED)
    connected = with_exchange(recording, 4, outcome=CallManagerOutcome.CONNECTED)
    assert "confirmed" in replayed(connected).ended
    silent = attrs.evolve(recording.case, whole=(), exchanges=recording.case.exchanges[:4])
    assert replayed(attrs.evolve(recording, case=silent)).ended == "the registration is not shown"


# ---------------------------------------------------------------- limits and wrong files


def test_a_phone_that_asks_for_ever_is_stopped() -> None:
    recording = a_recording(TLS, before=Held(config="before/config.xml"))
    gone = attrs.evolve(recording, case=attrs.evolve(recording.case, exchanges=()))
    done = replayed(gone, ctl_retries=COMMANDS * 2)
    assert "without coming to rest" in done.ended


@pytest.mark.parametrize(
    ("path", "junk"),
    [
        ("before/CTL.tlv", b"junk"),
        ("before/config.xml", b"<no"),
        ("tvs/0-peer.der", b"junk"),
        ("tvs/0-answer.bin", b"junk"),
        ("tvs/0-answer.bin", None),
    ],
)
def test_a_file_that_is_not_what_it_must_be_is_named(path: str, junk: bytes | None) -> None:
    recording = a_recording(RENEWED)
    files = dict(recording.files)
    files[path] = files["tvs/0-question.bin"] if junk is None else junk
    with pytest.raises(BadInput) as caught:
        replayed(attrs.evolve(recording, files=files))
    assert caught.value.place.endswith(path)


def test_a_listing_of_the_other_list_is_named() -> None:
    recording = a_recording(REFUSED, before=Held(ctl="before/CTL.txt"))
    files = {**recording.files, "before/CTL.txt": b"Length of ITL file: 0\nITL File not found."}
    with pytest.raises(BadInput, match=r"CTL\.txt"):
        replayed(attrs.evolve(recording, files=files))
