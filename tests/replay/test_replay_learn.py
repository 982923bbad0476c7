"""Learning: a model that is wrong in one fact or two is put right by its captures, on paper."""

import shutil
from pathlib import Path
from typing import Any

import attrs
import pytest
from replaymaking import CAPTURES, RENEWED, TLS, a_recording, compared, profile_of, with_exchange

from phoneemu.catalogue import Catalogue, catalogue, shipped
from phoneemu.core.evidence import Standing
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.vocabulary import Transport
from phoneemu.replay import learn
from phoneemu.replay.case import (
    Case,
    Chapter,
    Ending,
    ExpectedRuling,
    FileExchange,
    FileOutcome,
    Held,
    Origin,
    TvsExchange,
)
from phoneemu.replay.compare import compare
from phoneemu.replay.hypotheses import Hypothesis
from phoneemu.replay.learn import Lesson
from phoneemu.replay.player import Recording, replay

MODERN = "8861/sip88xx.14-2-1-0001-34"


def taught(recording: Recording, **wrong: object) -> Lesson:
    """What a case teaches a model that is wrong in these facts."""
    return learn.lesson_of(profile_of(recording, **wrong), [recording])


def solved(lesson: Lesson) -> set[tuple[str, object]]:
    """The likeliest set of changes."""
    assert lesson.solutions, lesson.best
    return {(each.attribute, each.value) for each in lesson.solutions[0]}


def answered(recording: Recording, **changes: Any) -> Recording:
    """The case with its TVS answer stated as values."""
    at = next(at for at, each in enumerate(recording.case.exchanges) if isinstance(each, TvsExchange))
    return with_exchange(recording, at, answer=None, valid=True, ttl=86400, **changes)


@pytest.mark.parametrize(
    ("name", "attribute", "right", "wrong"),
    [
        (f"{MODERN}/first-trust", "transports", ("http", "tftp"), ("tftp", "http")),
        (RENEWED, "asks_tvs", True, False),
        (f"{MODERN}/signed-with-sha512", "digests", ("sha1", "sha256", "sha512"), ("sha1", "sha256")),
        (RENEWED, "reads_itl", True, False),
        (RENEWED, "takes_changed_ctl", True, False),
        (RENEWED, "ctl_screen", "sha1", "md5"),
        (RENEWED, "status_updated", "Trust List updated", "Updated"),
    ],
)
def test_one_wrong_fact_is_found_by_one_boot(name: str, attribute: str, right: object, wrong: object) -> None:
    assert solved(taught(a_recording(name), **{attribute: wrong})) == {(attribute, right)}


def test_the_mac_name_before_the_general_one_is_learned_from_a_trace() -> None:
    recording = a_recording("7962/SIP42.9-4-2SR3-1S/plain-server")
    wrong = ("CTL{name}.tlv", "ITLFile.tlv", "ITL{name}.tlv", "{name}.cnf.xml")
    right = ("CTL{name}.tlv", "ITL{name}.tlv", "ITLFile.tlv", "{name}.cnf.xml")
    assert solved(taught(recording, file_order=wrong)) == {("file_order", right)}


def test_four_requests_for_a_wanted_ctl_are_learned() -> None:
    recording = a_recording(TLS, before=Held(config="before/config.xml"), expected=(), ending=Ending())
    name = f"CTL{recording.case.device}.tlv"
    missing = FileExchange(name=name, server="pub", outcome=FileOutcome.MISSING, transport=Transport.TFTP)
    asked = attrs.evolve(recording.case, exchanges=(missing,) * 4, whole=())
    assert solved(taught(attrs.evolve(recording, case=asked), ctl_retries=1)) == {("ctl_retries", 4)}


def test_a_signer_in_role_three_is_learned() -> None:
    recording = answered(a_recording(RENEWED), roles=(3,))
    assert solved(taught(recording)) == {("list_signers", ("sast", "tftp"))}


def test_patience_and_options_are_learned_together() -> None:
    silent = {
        "outcome": FileOutcome.SILENT,
        "body": None,
        "retries": 2,
        "seconds": 7.0,
        "options": ("tsize",),
    }
    recording = with_exchange(a_recording(RENEWED), 0, **silent)
    only_files = attrs.evolve(
        recording.case, expected=(), ending=Ending(), whole=(), exchanges=recording.case.exchanges[:1]
    )
    lesson = taught(attrs.evolve(recording, case=only_files), tftp_waits=("0.5",), tftp_options=())
    assert solved(lesson) == {("tftp_waits", ("1", "2", "4")), ("tftp_options", ("tsize",))}


def test_two_wrong_facts_are_found_together() -> None:
    lesson = taught(a_recording(f"{MODERN}/signer-renewed"), asks_tvs=False, transports=("tftp",))
    assert solved(lesson) == {("asks_tvs", True), ("transports", ("http", "tftp"))}


def test_what_no_fact_explains_is_said_with_the_nearest() -> None:
    recording = a_recording("7940/SIP-7.2/ctl-wanted-for-ever")
    (lesson,) = learn.learn([recording], catalogue())
    assert (lesson.solutions, lesson.left) == ((), 2)
    assert "nearest is files.order" in learn.lines(lesson, catalogue())[-1]
    (far,) = learn.learn([a_recording("8861/sip88xx.12-1-1SR1/dial-rules-and-softkeys")], catalogue())
    assert "brings them nearer" in learn.lines(far, catalogue())[-1]


def test_cases_of_one_phone_are_learned_from_together() -> None:
    both = [a_recording(RENEWED), a_recording("8861/sip88xx.10-3-1-20/first-trust")]
    (lesson,) = learn.learn(both, catalogue())
    assert not lesson.differs
    assert "nothing to learn" in learn.lines(lesson, catalogue())[0]


def test_a_change_that_mends_one_case_and_breaks_another_is_not_proposed() -> None:
    (alone,) = learn.learn([by_http()], catalogue())
    (together,) = learn.learn([by_http(), a_recording("8861/sip88xx.10-3-1-20/first-trust")], catalogue())
    assert (bool(alone.solutions), together.solutions) == (True, ())


# ---------------------------------------------------------------- the proposal


def a_case(origin: Origin, standing: str = "") -> Case:
    return attrs.evolve(a_recording(RENEWED).case, origin=origin, standing=standing)


def test_a_proposal_is_worth_what_its_evidence_is() -> None:
    assert learn.standing_of([a_case(Origin.HARDWARE), a_case(Origin.SYNTHETIC)]) is Standing.CAPTURED
    assert learn.standing_of([a_case(Origin.PUBLISHED, "documented")]) is Standing.DOCUMENTED
    assert learn.standing_of([a_case(Origin.PUBLISHED)]) is Standing.REPORTED
    assert learn.standing_of([a_case(Origin.SYNTHETIC)]) is Standing.ASSUMED


def by_http(name: str = RENEWED) -> Recording:
    """The boot of an old load, as if it had been by HTTP."""
    recording = a_recording(name)
    moved = tuple(
        attrs.evolve(each, transport=Transport.HTTP) if isinstance(each, FileExchange) else each
        for each in recording.case.exchanges
    )
    return attrs.evolve(recording, case=attrs.evolve(recording.case, exchanges=moved))


def patched(folder: Path, text: str) -> Catalogue:
    """The shipped files with this text at the end of one model's."""
    shutil.copytree(shipped(), folder / "models")
    shutil.copytree(CAPTURES / RENEWED, folder / "captures" / RENEWED)
    path = folder / "models" / "8861.toml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{text}", encoding="utf-8")
    return Catalogue(folder / "models")


def test_a_patch_of_one_load_makes_its_replay_agree_and_leaves_the_next_load_alone(tmp_path: Path) -> None:
    recording = by_http()
    (lesson,) = learn.learn([recording], catalogue())
    text = learn.patch(lesson, lesson.solutions[0], catalogue())
    assert text.startswith('[[firmware]]\nfrom = "10-3-1"\nbefore = "11-5-1"\n')
    after = patched(tmp_path, text)
    profile = after.profile("8861", "sip88xx.10-3-1-20", "SIP")
    assert compare(replay(recording, profile)).agrees
    assert profile.transports.standing is Standing.ASSUMED
    assert profile.transports.source == f"capture:{RENEWED}"
    assert "until now" in profile.transports.note
    assert after.profile("8861", "11-5-1").transports.value == ("tftp",)


def test_a_patch_for_a_load_nobody_told_begins_at_the_newest_border() -> None:
    recording = a_recording(f"{MODERN}/first-trust", load=None)
    profile = profile_of(recording, transports=("tftp",))
    there = attrs.evolve(profile.transports, where="models/families/88xx.toml firmware.files.transports")
    lesson = learn.lesson_of(attrs.evolve(profile, transports=there), [recording])
    text = learn.patch(lesson, lesson.solutions[0], catalogue())
    assert text.startswith('[[firmware]]\nfrom = "14-3-1SR3"\n\n[firmware.files]\n')


def test_a_patch_of_the_model_is_a_table_of_its_section() -> None:
    recording = a_recording(f"{MODERN}/first-trust")
    published = attrs.evolve(
        recording,
        case=attrs.evolve(recording.case, origin=Origin.PUBLISHED, source="X", standing="documented"),
    )
    lesson = taught(published, transports=("tftp",))
    text = learn.patch(lesson, lesson.solutions[0], catalogue())
    assert text.startswith(
        '[files]\ntransports = { value = ["http", "tftp"], standing = "documented", source = "X, '
    )


def test_other_explanations_are_named_and_not_written() -> None:
    silent = Hypothesis(attribute="asks_tvs", value=True)
    other = Hypothesis(attribute="list_signers", value=("tftp",))
    lesson = attrs.evolve(taught(a_recording(RENEWED), asks_tvs=False), solutions=((silent,), (other,)))
    told = learn.lines(lesson, catalogue())
    assert told[-1] == '#   trust.list_signers = ["tftp"]'
    assert [line for line in told if not line.startswith("#") and "list_signers" in line] == []


def test_the_facts_that_differences_name_are_tried_first() -> None:
    recording = a_recording(
        RENEWED,
        whole=(Chapter.TVS,),
        expected=(ExpectedRuling(subject=Subject.CTL, verdict=Verdict.ACCEPT, reason=Reason.TVS_VOUCHES),),
    )
    assert not compared(recording, asks_tvs=False).agrees
    assert ("asks_tvs", True) in solved(taught(recording, asks_tvs=False))
