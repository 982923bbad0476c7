"""Results that are kept, what changed against them, and why that is wanted."""

import json
import xml.etree.ElementTree as ET
from typing import Any

import attrs
import pytest
from replaymaking import REFUSED, RENEWED, a_recording, compared, with_exchange

from phoneemu.errors import BadInput
from phoneemu.replay import report, results
from phoneemu.replay.case import FileOutcome
from phoneemu.replay.results import Change, Explanation
from phoneemu.replay.suite import Outcome, Result


def outcome(name: str = RENEWED, *, gap: str = "", **facts: object) -> Outcome:
    return Outcome(comparison=compared(a_recording(name), **facts), gap=gap)


def kept(*outcomes: Outcome) -> results.Document:
    """The document as it comes back from a file."""
    return results.loads(results.dumps(results.document(outcomes)), "old.json")


def changed(old: Outcome, new: Outcome) -> list[tuple[str, str, str]]:
    return [(each.what, each.old, each.new) for each in results.changes(kept(old), kept(new))]


def test_the_same_replay_gives_the_same_document_and_no_change() -> None:
    assert results.dumps(results.document([outcome()])) == results.dumps(results.document([outcome()]))
    assert changed(outcome(), outcome()) == []


def test_a_document_holds_what_the_phone_did_and_what_differs() -> None:
    (case,) = kept(outcome(asks_tvs=False))["cases"].values()
    assert case["rulings"][0] == {
        "subject": "ctl",
        "verdict": "refuse",
        "reason": "signer-unknown-no-tvs",
        "rule": "L14",
        "standing": "assumed",
    }
    assert case["result"] == "differs"
    assert case["requests"][0]["timing"] == "answered"
    assert {"tvs", "rulings", "installed"} <= {each["what"] for each in case["differences"]}
    assert any("trust.asks_tvs" in fact for each in case["differences"] for fact in each["facts"])


def test_old_and_new_reason_stand_side_by_side() -> None:
    found = changed(outcome(), outcome(asks_tvs=False))
    assert ("ruling", "ctl ask signer-unknown", "ctl refuse signer-unknown-no-tvs") in found
    assert ("tvs", "reaches pub", "nothing") in found
    assert ("ending", "installed: ctl, itl", "installed: nothing") in found


def test_another_transport_and_another_secrecy_are_changes() -> None:
    found = changed(outcome(), outcome(transports=("http", "tftp")))
    name = "CTLSEP02A500000861.tlv pub"
    assert found[0] == ("request", f"{name} tftp arrived", f"{name} http arrived")


def test_another_patience_is_a_change_of_timing() -> None:
    def silent(*waits: str) -> Outcome:
        recording = with_exchange(a_recording(), 0, outcome=FileOutcome.SILENT, body=None)
        return Outcome(comparison=compared(recording, tftp_waits=waits))

    name = "CTLSEP02A500000861.tlv"
    assert changed(silent("0.5", "1"), silent("1", "2", "4")) == [
        ("timing", f"{name}: 2 requests in 1.5 s", f"{name}: 3 requests in 7 s")
    ]
    assert changed(silent("1"), silent())[0][2] == f"{name}: not known"


def test_a_case_that_only_one_side_has_is_a_change() -> None:
    old, new = kept(outcome()), kept(outcome(), outcome(REFUSED))
    assert results.changes(old, new) == [
        Change(case=REFUSED, what="case", old="not there", new="there"),
    ]
    assert results.changes(new, old)[0].old == "there"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema": 2, "cases": {}}',
        '{"schema": 1, "cases": []}',
        '{"schema": 1, "cases": {"a": {}}}',
    ],
)
def test_what_is_no_document_of_ours_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"old\.json"):
        results.loads(text, "old.json")


# ---------------------------------------------------------------- explanations

EXPLAINED = """schema = 1
[[explanation]]
case = "8861/*"
what = "request"
old = "*tftp*"
reason = "this load fetches by HTTP"
"""


def test_an_explanation_covers_what_its_patterns_name() -> None:
    (explanation,) = results.explanations(EXPLAINED, "why.toml")
    change = Change(case=RENEWED, what="request", old="x tftp", new="x http")
    assert explanation.covers(change)
    for other in ({"case": REFUSED}, {"what": "ruling"}, {"old": "x http"}):
        assert not explanation.covers(attrs.evolve(change, **other))


def test_a_change_without_explanation_and_an_explanation_of_nothing_are_not_good() -> None:
    change = Change(case=RENEWED, what="ruling", old="a", new="b")
    wanted, stale = Explanation(reason="wanted", what="ruling"), Explanation(reason="old", what="tvs")
    assert results.explain([change], [wanted]).good
    assert results.explain([], []).good
    assert not results.explain([change], []).good
    assert not results.explain([change], [wanted, stale]).good
    assert results.explain([change], [wanted, stale]).stale == (stale,)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("schema = 1", "schema = 9", "schema"),
        ('reason = "this load fetches by HTTP"', "", "reason"),
        ('reason = "this load fetches by HTTP"', 'reason = ""', "reason"),
        ('what = "request"', 'which = "request"', "which"),
    ],
)
def test_a_wrong_file_of_explanations_is_named(old: str, new: str, key: str) -> None:
    with pytest.raises(BadInput, match=f"why.toml.*{key}"):
        results.explanations(EXPLAINED.replace(old, new), "why.toml")


# ---------------------------------------------------------------- what people and pipelines read


def test_a_case_that_differs_reads_as_a_diff_with_its_reasons() -> None:
    text = "\n".join(report.case_lines(outcome(asks_tvs=False), whole=False))
    assert text.startswith(f"differs    {RENEWED}  (synthetic; replayed on sip88xx.10-3-1-20)")
    assert "- CTL: ask, signer-unknown\n    + CTL: refuse, signer-unknown-no-tvs" in text
    assert "because rule L14: this model asks no TVS about an unknown signer [documented, SEED118893]" in text
    assert "trust.asks_tvs = false" in text


def test_a_case_that_agrees_is_told_shortly_and_whole_on_demand() -> None:
    assert len(report.case_lines(outcome(), whole=False)) == 2
    whole = report.case_lines(outcome(), whole=True)
    assert "      CTL: accept, tvs-vouches" in whole


def test_what_a_person_erased_before_is_told() -> None:
    lines = report.case_lines(outcome("8861/sip88xx.10-3-1-20/erased-by-hand"), whole=False)
    assert lines[-1] == "  before it, a person erased: security"


def test_how_cases_stand_is_counted() -> None:
    outcomes = [
        outcome(),
        outcome(gap="because"),
        outcome(asks_tvs=False),
        outcome(gap="why", asks_tvs=False),
    ]
    assert [each.result for each in outcomes] == [
        Result.AGREES,
        Result.CLOSED_GAP,
        Result.DIFFERS,
        Result.KNOWN_GAP,
    ]
    assert [each.good for each in outcomes] == [True, False, False, True]
    lines = report.summary_lines(outcomes)
    assert lines[0] == "4 cases: 1 agrees, 1 differs, 1 known gap, 1 closed gap"
    assert "take it off" in report.case_lines(outcomes[1], whole=False)[-1]
    assert report.case_lines(outcomes[3], whole=False)[-1] == "  known gap: why"


def junit(text: str) -> dict[str, Any]:
    suite = ET.fromstring(text)[0]  # noqa: S314 - written by the test itself
    return {case.get("name") or "": [each.tag for each in case] for case in suite} | dict(suite.attrib)


def test_junit_holds_a_case_each_and_skips_known_gaps() -> None:
    found = junit(report.junit([outcome(), outcome(REFUSED, gap="why", asks_tvs=None)]))
    assert (found["tests"], found["failures"], found["skipped"]) == ("2", "0", "1")
    found = junit(report.junit([outcome(asks_tvs=False), outcome(REFUSED, gap="closed")]))
    assert found["failures"] == "2"


def test_changes_read_side_by_side_and_stale_explanations_fail() -> None:
    changes = [
        Change(case=RENEWED, what="ruling", old="a", new="b"),
        Change(case=REFUSED, what="x", old="", new=""),
    ]
    verdicts = results.explain(
        changes, [Explanation(reason="wanted", what="ruling"), Explanation(reason="none", what="y")]
    )
    lines = report.change_lines(verdicts, "0.1", "0.2")
    assert lines[0] == f"explained  {RENEWED}  ruling: a  ->  b"
    assert lines[-1] == "phoneemu 0.1 -> 0.2: 2 changes, 1 explained, 1 not, 1 stale explanations"
    found = junit(report.change_junit(verdicts, [RENEWED, REFUSED]))
    assert (found["tests"], found["failures"]) == ("3", "2")


def test_a_document_is_plain_json() -> None:
    assert json.loads(results.dumps(results.document([outcome()])))["schema"] == 1
