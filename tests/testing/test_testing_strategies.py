"""The Hypothesis strategies give what they promise, and the state machine watches what it says it does."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import CM, CM_NEW, a_ctl, a_profile, an_itl

from phoneemu.catalogue import catalogue
from phoneemu.cluster import faults, lab
from phoneemu.cluster.faults import FAULTS, Faults
from phoneemu.cluster.state import Certificate, Cluster
from phoneemu.core import listcheck, listparse
from phoneemu.core.evidence import Standing
from phoneemu.core.flash import Flash
from phoneemu.core.journal import Installed, Journal, Ruled
from phoneemu.core.question import Question, Stage, Subject
from phoneemu.core.ruling import Reason, Rule, Ruling, Verdict
from phoneemu.core.trustlist import ListKind, SignatureStatus, TrustList
from phoneemu.testing import strategies
from phoneemu.testing.machine import PhoneMachine
from phoneemu.testing.office import Office


@given(strategies.signed_lists())
@settings(max_examples=25)
def test_a_signed_list_parses_to_itself_and_its_signature_is_right(held: TrustList) -> None:
    assert held.raw is not None
    again = listparse.parse(held.raw, kind=held.kind)
    assert again.fingerprint == held.fingerprint
    signer = held.signer
    assert signer is not None
    record = again.record_of(signer)
    assert record is not None
    assert listcheck.check(again, record.certificate) is SignatureStatus.VALID


@given(strategies.trust_lists(ListKind.CTL))
def test_a_planned_list_is_of_the_wanted_kind_and_has_no_bytes(planned: TrustList) -> None:
    assert planned.kind is ListKind.CTL
    assert planned.raw is None
    assert planned.signer is not None


@given(strategies.certificates(real=True))
@settings(max_examples=20)
def test_a_real_certificate_has_a_key_and_says_whose_it_is(made: Certificate) -> None:
    assert made.key is not None
    assert made.der
    assert "phoneemu lab" in lab.ORGANISATION


@given(cluster=strategies.clusters(), lines=strategies.runbooks())
@settings(max_examples=60)
def test_every_runbook_is_taken_by_every_cluster(cluster: Cluster, lines: tuple[str, ...]) -> None:
    office = Office()
    office.cluster = cluster
    office.does(*(line for line in lines if not line.startswith("phones")))
    assert office.cluster.clock >= cluster.clock


@given(strategies.fault_plans())
def test_a_fault_plan_can_be_said_and_repeated(plan: Faults) -> None:
    again = faults.parse([f"{name}={rate}" for name, rate in plan.rates.items()], plan.seed)
    assert set(plan.rates) <= set(FAULTS)
    assert (again.rates, again.seed) == (plan.rates, plan.seed)


@given(strategies.models())
def test_a_model_is_one_of_the_catalogue(model: str) -> None:
    assert catalogue().find(model) is not None


# ---------------------------------------------------------------- the machine


class EveryModel(PhoneMachine):
    """All models of the catalogue."""


class OverSockets(PhoneMachine):
    """Every start twice: the journal over sockets must be that of memory."""

    models = ("8861", "7960")
    sockets = True


TestEveryModel = EveryModel.TestCase
TestEveryModel.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestOverSockets = OverSockets.TestCase
TestOverSockets.settings = settings(max_examples=4, stateful_step_count=12, deadline=None)


def a_ruling(verdict: Verdict, reason: Reason) -> Ruled:
    rule = Rule(number="T1", title="a test says so", standing=Standing.ASSUMED, source="TEST")
    question = Question(subject=Subject.CTL, stage=Stage.OFFER, profile=a_profile(), flash=Flash(), now=0.0)
    ruling = Ruling(verdict=verdict, reason=reason, rule=rule)
    return Ruled(subject=Subject.CTL, ruling=ruling, question=question)


NEW_CTL = Installed(subject=Subject.CTL, first=False, content=a_ctl(CM_NEW))
BOUND = Flash(ctl=a_ctl(CM), itl=an_itl())


@pytest.mark.parametrize(
    ("before", "journal", "said"),
    [
        (BOUND, [NEW_CTL], "without an accepting ruling"),
        (BOUND, [a_ruling(Verdict.REFUSE, Reason.SIGNER_UNKNOWN), NEW_CTL], "without an accepting ruling"),
        (BOUND, [a_ruling(Verdict.ACCEPT, Reason.FIRST_TRUST), NEW_CTL], "first-trust while bound"),
        (attrs.evolve(BOUND, ctl=None), [a_ruling(Verdict.ACCEPT, Reason.FIRST_TRUST), NEW_CTL], "bound"),
    ],
)
def test_the_machine_finds_what_must_not_be(before: Flash, journal: list[Ruled], said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        PhoneMachine().holds(before, Journal(list(journal)))


@given(st.sampled_from([Reason.LISTED_SIGNER, Reason.TVS_VOUCHES, Reason.ITL_EMPTIED]))
def test_the_machine_lets_a_list_be_earned(reason: Reason) -> None:
    PhoneMachine().holds(BOUND, Journal([a_ruling(Verdict.ACCEPT, reason), NEW_CTL]))
    PhoneMachine().holds(Flash(), Journal([a_ruling(Verdict.ACCEPT, Reason.FIRST_TRUST), NEW_CTL]))
