"""Whatever a case says, a replay ends and says something: it differs, it agrees, or the case is bad input."""

import attrs
from hypothesis import given
from hypothesis import strategies as st
from replaymaking import RENEWED, TLS, a_recording, profile_of

from phoneemu.errors import BadInput
from phoneemu.replay import casefile, results
from phoneemu.replay.case import Case, Chapter
from phoneemu.replay.compare import Comparison, compare
from phoneemu.replay.player import Recording, replay
from phoneemu.replay.report import case_lines, junit
from phoneemu.replay.suite import Outcome

CASES = [a_recording(name) for name in (RENEWED, TLS, "7821/sip78xx.12-1-1-12/http-refused-then-tftp")]
PROFILES = [profile_of(recording) for recording in CASES]
TEXT = casefile.render(CASES[0].case)


def said_of(recording: Recording, which: int) -> Comparison | BadInput:
    try:
        return compare(replay(recording, PROFILES[which]))
    except BadInput as error:
        return error


def parsed(text: str) -> Case | BadInput:
    try:
        return casefile.parse(text, "here")
    except BadInput as error:
        return error


@given(st.integers(0, 2), st.data())
def test_exchanges_in_any_order_and_number_are_replayed_to_an_end(which: int, data: st.DataObject) -> None:
    recording = CASES[which]
    exchanges = data.draw(st.lists(st.sampled_from(recording.case.exchanges), max_size=8))
    whole = data.draw(st.lists(st.sampled_from(Chapter), unique=True))
    case = attrs.evolve(recording.case, exchanges=tuple(exchanges), whole=tuple(whole))
    comparison = said_of(attrs.evolve(recording, case=case), which)
    assert isinstance(comparison, Comparison)
    outcome = Outcome(comparison=comparison)
    assert outcome.good is (comparison.differences == ())
    assert case_lines(outcome, whole=True)
    assert results.changes(results.document([outcome]), results.document([outcome])) == []
    assert junit([outcome]).startswith("<?xml")


@given(st.integers(0, 1), st.data(), st.binary(max_size=40))
def test_files_of_any_bytes_are_replayed_or_named(which: int, data: st.DataObject, junk: bytes) -> None:
    recording = CASES[which]
    path = data.draw(st.sampled_from(sorted(recording.files)))
    at = data.draw(st.integers(0, len(recording.files[path])))
    torn = recording.files[path][:at] + junk
    said = said_of(attrs.evolve(recording, files={**recording.files, path: torn}), which)
    if isinstance(said, BadInput):
        assert path in said.place


@given(st.integers(0, len(TEXT) - 1), st.integers(0, 30), st.text(max_size=6))
def test_a_text_with_a_hole_in_it_is_a_case_or_bad_input(at: int, length: int, new: str) -> None:
    case = parsed(TEXT[:at] + new + TEXT[at + length :])
    if isinstance(case, BadInput):
        assert case.place == "here"
    else:
        assert casefile.parse(casefile.render(case), "again") == case
