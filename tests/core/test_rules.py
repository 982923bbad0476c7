"""The book as a whole: total, pure, numbered and sourced."""

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from making import CM, CM_NEW, a_config, a_ctl, a_file, a_profile, an_itl, asked, certificate

from phoneemu.core.evidence import Standing
from phoneemu.core.flash import CachedAnswer, Flash
from phoneemu.core.question import Subject
from phoneemu.core.rules import all_rules, judge
from phoneemu.core.ruling import Ruling, Verdict
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.trustlist import SignatureStatus

three = st.sampled_from([True, False, None])
profiles = st.builds(
    a_profile,
    reads_ctl=three,
    reads_itl=three,
    asks_tvs=three,
    verifies_config=three,
    takes_changed_ctl=three,
    updates_reliably=three,
    finds_multi_san=three,
    digests=st.sampled_from([None, ("sha1",), ("sha1", "sha512")]),
    rsa_max_bits=st.sampled_from([None, 2048, 4096]),
)
signers = st.sampled_from([CM, CM_NEW, certificate("stranger"), certificate("pub-ms")])
ctls = st.none() | st.builds(a_ctl, signers, timestamp=st.integers(0, 3), complete=st.booleans())
itls = st.none() | st.builds(an_itl, signers, timestamp=st.integers(0, 3), complete=st.booleans())
answers = st.builds(
    CachedAnswer, identity=signers, roles=st.frozensets(st.integers(0, 3)), expires=st.floats(0, 2000)
)
flashes = st.builds(
    Flash,
    ctl=ctls,
    itl=itls,
    config=st.none() | st.builds(a_config, tvs=st.sampled_from([(), ("pub",)])),
    tvs_cache=st.lists(answers, max_size=2).map(tuple),
)
offers = st.one_of(
    ctls, itls, st.builds(a_file, st.none() | signers), st.just(MalformedFile("broken", offset=0))
).filter(lambda offered: offered is not None)


@given(st.sampled_from([Subject.CTL, Subject.ITL, Subject.CONFIG]), offers, flashes, profiles, st.data())
def test_every_question_is_answered_the_same_each_time(
    subject: Subject, offered: object, flash: Flash, profile: object, data: st.DataObject
) -> None:
    signature = data.draw(st.sampled_from(SignatureStatus))
    question = asked(subject, offered, flash, profile=profile, signature=signature)
    first, second = judge(question), judge(question)
    assert isinstance(first, Ruling)
    assert first == second
    if first.verdict is Verdict.ACCEPT:
        assert first.rule.number in {"L10", "L11", "L12", "L15", "C2", "C3", "C9", "C13"}


@given(offers, flashes, profiles)
def test_a_wrong_signature_is_accepted_only_where_nothing_is_checked(
    offered: object, flash: Flash, profile: object
) -> None:
    for subject in (Subject.CTL, Subject.ITL, Subject.CONFIG):
        bad = SignatureStatus.BAD
        ruling = judge(asked(subject, offered, flash, profile=profile, signature=bad))
        if ruling.verdict is Verdict.ACCEPT:
            assert ruling.rule.number in {"L10", "L11", "C2", "C3"}


def test_rules_are_numbered_in_order_and_each_names_its_source() -> None:
    rules = all_rules()
    assert len(rules) > 50
    for rule in rules:
        assert re.fullmatch(r"[LCATR]\d+", rule.number)
        assert rule.source
        assert rule.title
        if rule.standing <= Standing.INFERRED:
            assert rule.note, f"{rule.number} is {rule.standing.label} and says not why"
    for before, after in pairwise(rules):
        if before.number[0] == after.number[0]:
            assert int(before.number[1:]) <= int(after.number[1:])
