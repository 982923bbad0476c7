"""What our office expects of its phones, as tests: copy this folder and write yours.

Run it with `pytest` where phoneemu and its `testing` extra are installed. `pytest --phoneemu-loopback` tells
every story over sockets as well; `pytest --phoneemu-endpoint "COMMAND"` judges a bench phone or another
emulator.
"""

import pytest
from hypothesis import HealthCheck, given, settings

from phoneemu.core.ruling import Reason, Verdict
from phoneemu.testing.machine import PhoneMachine
from phoneemu.testing.office import Office
from phoneemu.testing.strategies import fault_plans, runbooks
from phoneemu.testing.telling import (
    CONFIG,
    CTL,
    ITL,
    asked_tvs,
    assert_story,
    installed,
    reached_for_tvs,
    registered,
    ruled,
)

ACCEPT, ASK, REFUSE = Verdict.ACCEPT, Verdict.ASK, Verdict.REFUSE

BY_TVS = [
    ruled(CTL, ASK, Reason.SIGNER_UNKNOWN),
    reached_for_tvs("pub"),
    ruled(CTL, ACCEPT, Reason.LISTED_PEER),
    asked_tvs("pub"),
    ruled(CTL, ACCEPT, Reason.TVS_VOUCHES),
    installed(CTL),
]
FOLLOWS_THE_CTL = [
    ruled(ITL, ACCEPT, Reason.LISTED_SIGNER),
    installed(ITL),
    ruled(CONFIG, ACCEPT, Reason.LISTED_SIGNER),
    registered("pub"),
]


@pytest.mark.office("10.5(1)", mixed=True)
def test_a_renewed_signer_is_taken_where_a_tvs_vouches(office, phone):
    """Runs for each phone of pytest.ini, and so compares two loads."""
    office.renew("CallManager")
    phone.restarts()
    assert_story(phone, BY_TVS + FOLLOWS_THE_CTL)


@pytest.mark.office("10.5(1)", mixed=True)
@pytest.mark.phones("7940", "7960")
def test_a_legacy_phone_asks_nobody_and_is_helped_by_hand(office, phone):
    office.renew("CallManager")
    phone.restarts()
    assert ruled(CTL, REFUSE, Reason.SIGNER_UNKNOWN_NO_TVS) in phone.story
    assert phone.registered_to == "pub", "stuck, and still in service"
    phone.erases("ctl").restarts()
    assert phone.holds_the_served_ctl


@pytest.mark.office("10.5(1)", mixed=True)
def test_without_a_tvs_it_keeps_its_list(office, phone):
    office.renew("CallManager")
    office.stop_tvs()
    phone.restarts()
    assert ruled(CTL, REFUSE, Reason.TVS_SILENT) in phone.story
    office.start_tvs()
    assert phone.restarts().holds_the_served_ctl


@pytest.mark.loopback
@pytest.mark.office("12.5(1)", mixed=True)
@pytest.mark.phones("8861", fresh=True)
def test_a_new_phone_trusts_what_it_meets_first(phone):
    """Marked `loopback`: the same start over real sockets must give an equal journal."""
    phone.restarts()
    assert ruled(CTL, ACCEPT, Reason.FIRST_TRUST) in phone.story


@pytest.mark.office("10.5(1)", mixed=True)
@pytest.mark.phones("8861")
def test_an_endpoint_behind_the_door_does_as_the_emulated_phone(office, phone, endpoint):
    endpoint.boots()
    assert endpoint.agrees_with(phone)
    office.renew("CallManager")
    phone.restarts()
    endpoint.boots()
    assert endpoint.agrees_with(phone)


@pytest.mark.office("12.5(1)", mixed=True)
@pytest.mark.phones("8861")
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=fault_plans(most=1))
def test_whatever_happens_on_the_line_it_installs_nothing_it_did_not_accept(office, phone, endpoint, plan):
    """Hypothesis prints the plan and its seed when this fails."""
    endpoint.boots(*(f"{name}={rate}" for name, rate in plan.rates.items()), seed=plan.seed)
    held = (endpoint.held.ctl, endpoint.held.itl)
    assert set(held) <= {None, phone.flash.ctl.raw, phone.flash.itl.raw}


@settings(max_examples=25, deadline=None)
@given(lines=runbooks())
def test_no_plan_makes_a_phone_lose_its_lists(lines):
    office = Office("12.5(1)", mixed=True)
    phone = office.phone("8861")
    office.does(*(line for line in lines if not line.startswith("phones")))
    phone.restarts()
    assert phone.flash.ctl is not None


class OurPhones(PhoneMachine):
    """Renewals, outages, rollbacks and restarts in any order."""

    models = ("8861", "7975", "7960")


TestOurPhones = OurPhones.TestCase
TestOurPhones.settings = settings(max_examples=10, stateful_step_count=15, deadline=None)
