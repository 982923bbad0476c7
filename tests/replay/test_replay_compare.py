"""A replay beside its evidence: what differs is named with its rule or fact, what is not shown is counted."""

from typing import Any

import attrs
import pytest
from replaymaking import REFUSED, RENEWED, TLS, a_recording, compared, with_exchange

from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.replay.case import Chapter, Ending, ExpectedRuling, FileOutcome
from phoneemu.replay.compare import Comparison, Difference
from phoneemu.replay.conversation import Item, Mark, align
from phoneemu.replay.player import Recording


def about(comparison: Comparison, what: str) -> list[Difference]:
    return [each for each in comparison.differences if each.what == what]


def facts(differences: list[Difference]) -> set[str]:
    return {fact.name for each in differences for fact in each.because.facts}


def rules(differences: list[Difference]) -> set[str]:
    return {each.because.rule.number for each in differences if each.because.rule}


def ending(recording: Recording, **changes: Any) -> Recording:
    wanted = attrs.evolve(recording.case.ending, **changes)
    return attrs.evolve(recording, case=attrs.evolve(recording.case, ending=wanted))


def test_a_model_that_does_as_recorded_agrees() -> None:
    assert compared(a_recording(RENEWED)).agrees
    assert compared(a_recording(REFUSED)).agrees


def test_another_transport_is_named_by_its_fact_alone() -> None:
    found = about(compared(a_recording(RENEWED), transports=("http", "tftp")), "files")
    assert [each.evidence.split()[-2] for each in found] == ["tftp:"] * 3
    assert [each.replayed.split()[-2] for each in found] == ["http:"] * 3
    assert facts(found) == {"files.transports"}
    assert rules(found) == set()


def test_a_tvs_that_is_not_asked_is_named_by_rule_and_fact() -> None:
    comparison = compared(a_recording(RENEWED), asks_tvs=False)
    assert about(comparison, "tvs")[0].replayed == ""
    assert facts(about(comparison, "tvs")) == {"trust.asks_tvs"}
    assert rules(about(comparison, "tvs")) == {"L14"}
    ruling = about(comparison, "rulings")[0]
    assert (ruling.evidence, ruling.replayed) == (
        "CTL: ask, signer-unknown",
        "CTL: refuse, signer-unknown-no-tvs",
    )
    assert {"installed", "checksum", "status"} <= {each.what for each in comparison.differences}


def test_a_further_request_of_a_whole_chapter_differs_and_of_a_piece_is_counted() -> None:
    order = ("CTL{name}.tlv", "CTLFile.tlv", "ITL{name}.tlv", "{name}.cnf.xml")
    recording = with_exchange(a_recording(RENEWED), 0, outcome=FileOutcome.MISSING, body=None)
    whole = about(compared(recording, file_order=order), "files")
    assert [(each.evidence, each.replayed) for each in whole] == [
        ("", "asks pub for CTLFile.tlv by tftp: missing")
    ]
    assert "files.order" in facts(whole)
    pieces = attrs.evolve(recording, case=attrs.evolve(recording.case, whole=()))
    comparison = compared(pieces, file_order=order)
    assert about(comparison, "files") == []
    assert comparison.uncompared["files"] == 1


def test_a_reason_that_the_evidence_leaves_out_fits_any() -> None:
    recording = a_recording(
        RENEWED,
        whole=(),
        expected=(ExpectedRuling(subject=Subject.CTL, verdict=Verdict.ACCEPT),),
    )
    comparison = compared(recording)
    assert comparison.agrees
    assert comparison.uncompared["rulings"] == 6


def test_a_decision_in_pieces_is_held_against_the_last_one_about_its_subject() -> None:
    wanted = (ExpectedRuling(subject=Subject.CTL, verdict=Verdict.REFUSE, reason=Reason.TVS_SILENT),)
    (found,) = about(compared(a_recording(RENEWED, whole=(), expected=wanted)), "rulings")
    assert found.replayed == "CTL: accept, tvs-vouches"
    assert rules([found]) == {"T9"}


def test_evidence_behind_the_end_of_the_replay_is_not_compared() -> None:
    comparison = compared(with_exchange(a_recording(RENEWED), 2, body=None))
    assert comparison.agrees
    assert comparison.uncompared["rulings"] == 4
    assert {"ending: installed", "ending: state"} <= set(comparison.uncompared)


# ---------------------------------------------------------------- timing


@pytest.mark.parametrize(
    ("changes", "facts_named"),
    [
        ({"options": ("tsize",)}, {"files.tftp_options"}),
        ({"options": ()}, set()),
        ({"options": None}, set()),
    ],
)
def test_the_options_of_a_request_are_compared_where_they_are_shown(
    changes: dict[str, object], facts_named: set[str]
) -> None:
    comparison = compared(with_exchange(a_recording(RENEWED), 0, **changes))
    assert facts(about(comparison, "timing")) == facts_named


@pytest.mark.parametrize(
    ("changes", "differs"),
    [({"retries": 3}, False), ({"retries": 9}, True), ({"seconds": 8.0}, False), ({"seconds": 60.0}, True)],
)
def test_patience_is_compared_by_its_class(changes: dict[str, object], differs: bool) -> None:  # noqa: FBT001
    silent = {"outcome": FileOutcome.SILENT, "body": None, **changes}
    recording = with_exchange(a_recording(RENEWED), 0, **silent)
    found = about(compared(recording, tftp_waits=("0.5", "1", "2", "4")), "timing")
    assert bool(found) is differs
    assert facts(found) == ({"files.tftp_waits"} if differs else set())


# ---------------------------------------------------------------- the ending


def test_the_checksum_is_that_which_the_model_shows() -> None:
    recording = a_recording(RENEWED)
    held = recording.case.ending.checksum["ctl"]
    assert len(held) == 40
    (found,) = about(compared(recording, ctl_screen="md5"), "checksum")
    assert found.evidence.endswith(held)
    assert facts([found]) == {"display.ctl_screen"}
    assert compared(recording, ctl_screen=None, ctl_web=None).agrees


def test_another_list_than_the_evidence_shows_is_named() -> None:
    (found,) = compared(ending(a_recording(RENEWED), checksum={"ctl": "0" * 40})).differences
    assert found.what == "checksum"
    assert found.replayed.split()[-1] != "0" * 40


def test_a_status_message_is_named_by_its_fact() -> None:
    (found,) = compared(ending(a_recording(RENEWED), status_messages=("Trust list renewed",))).differences
    assert found.evidence == "status messages: Trust list renewed"
    assert facts([found]) == {"status.updated"}


def test_a_message_whose_text_nobody_knows_fits_any() -> None:
    recording = a_recording(REFUSED)
    _, *others = recording.case.ending.status_messages or ()
    changed = ending(recording, status_messages=("It did not work", *others))
    assert not compared(changed, status_failed="No").agrees
    assert compared(changed, status_failed=None).agrees


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"installed": ()}, "installed"),
        ({"installed": (Subject.ITL, Subject.CTL)}, "installed"),
        ({"alarm": 9}, "alarm"),
        ({"state": "out-of-service"}, "state"),
        ({"registered_to": "sub"}, "registered to"),
    ],
)
def test_every_part_of_the_ending_is_compared(changes: dict[str, object], what: str) -> None:
    assert [each.what for each in compared(ending(a_recording(RENEWED), **changes)).differences] == [what]


def test_of_evidence_in_pieces_it_is_enough_that_what_it_shows_is_there() -> None:
    recording = ending(a_recording(RENEWED, whole=()), installed=(Subject.ITL,), status_messages=())
    assert compared(recording).agrees


def test_an_ending_that_is_not_shown_is_counted() -> None:
    comparison = compared(a_recording(RENEWED, ending=Ending()))
    assert comparison.agrees
    assert {what for what in comparison.uncompared if what.startswith("ending")} == {
        "ending: installed",
        "ending: checksum of the CTL",
        "ending: checksum of the ITL",
        "ending: status messages",
        "ending: alarm",
        "ending: state",
        "ending: registered to",
    }


def test_a_connection_without_tls_where_one_with_it_was_seen_differs() -> None:
    recording = a_recording(TLS)
    at = len(recording.case.exchanges) - 1
    comparison = compared(with_exchange(recording, at, secure=False))
    (found,) = about(comparison, "callmanager")
    assert (found.evidence, found.replayed) == (
        "connects to CallManager pub without TLS: registered",
        "connects to CallManager pub with TLS",
    )


def test_what_was_recorded_and_not_asked_for_is_named_by_what_the_model_reads() -> None:
    found = about(compared(a_recording(RENEWED), reads_itl=False), "files")
    assert [each.replayed for each in found] == [""]
    assert "trust.reads_itl" in facts(found)


# ---------------------------------------------------------------- aligning


def items(*keys: str) -> list[Item]:
    return [
        Item(chapter=Chapter.FILES, key=(key[0], key[1:] or None), topic=key[0], text=key, at=at)
        for at, key in enumerate(keys)
    ]


def marks(evidence: list[Item], replayed: list[Item], *, whole: bool = True) -> list[tuple[str, str, str]]:
    return [
        (row.mark.value, row.evidence.text if row.evidence else "", row.replayed.text if row.replayed else "")
        for row in align(evidence, replayed, whole=whole)
    ]


def test_the_longest_common_order_is_kept_and_pairs_are_about_the_same() -> None:
    assert marks(items("a1", "b1", "c1"), items("a1", "b2", "d1", "c1")) == [
        (" ", "a1", "a1"),
        ("!", "b1", "b2"),
        ("+", "", "d1"),
        (" ", "c1", "c1"),
    ]
    assert marks(items("a1", "b1"), items("b1")) == [("-", "a1", ""), (" ", "b1", "b1")]
    assert marks(items("b"), items("b2")) == [(" ", "b", "b2")]


def test_of_pieces_the_last_about_a_thing_is_paired() -> None:
    assert marks(items("a9"), items("a1", "a2", "b1"), whole=False) == [
        ("·", "", "a1"),
        ("!", "a9", "a2"),
        ("·", "", "b1"),
    ]


def test_nothing_beside_nothing_has_no_rows() -> None:
    assert align([], [], whole=True) == []
    assert [row.mark for row in align([], items("a"), whole=True)] == [Mark.ONLY_REPLAY]
