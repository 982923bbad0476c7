"""A ruling is as strong as its weakest leg, and reasons have stable names."""

import re

from making import a_profile

from phoneemu.core.evidence import Fact, Standing
from phoneemu.core.ruling import Reason, Rule, Ruling, Verdict


def test_a_ruling_is_as_strong_as_its_weakest_fact() -> None:
    rule = Rule(number="L1", title="t", standing=Standing.DOCUMENTED, source="S")
    facts = (
        a_profile().asks_tvs,
        Fact(name="x", value=1, standing=Standing.INFERRED, source="S"),
    )
    alone = Ruling(verdict=Verdict.ACCEPT, reason=Reason.FIRST_TRUST, rule=rule)
    leaning = Ruling(verdict=Verdict.ACCEPT, reason=Reason.FIRST_TRUST, rule=rule, facts=facts)
    assert alone.standing is Standing.DOCUMENTED
    assert leaning.standing is Standing.INFERRED


def test_reasons_are_kebab_case_names_of_their_members() -> None:
    for reason in Reason:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", reason.value)
        assert reason.value == reason.name.lower().replace("_", "-")
