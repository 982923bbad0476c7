"""What a plan leaves undone: services that restart some day, and what becomes of phones then."""

import attrs
import pytest
from fleetmaking import NEWER, OFFICE, RENEWAL, a_station, planned
from making import a_profile
from planmaking import through

from phoneemu.cluster.founding import make_cluster
from phoneemu.core.flash import DeviceSecurity
from phoneemu.core.ruling import Reason
from phoneemu.fleet.forecast import RemedyKind
from phoneemu.fleet.outcome import Outcome
from phoneemu.fleet.pending import words
from phoneemu.fleet.plan import Plan
from phoneemu.fleet.story import Story, tell

SECURE = a_station(
    a_profile(reads_itl=False, asks_tvs=False),
    security=DeviceSecurity.ENCRYPTED,
    group=("pub",),
    tftp=("pub",),
)


def told(plan: Plan) -> Story:
    return tell(SECURE, plan.stages, frozenset(), powered=True, loads={}, late=plan.late)


@pytest.mark.parametrize(
    ("runbook", "left"),
    [
        (RENEWAL, ""),
        ("pub set cert regen CallManager", "Cisco CallManager and Cisco Tftp on pub (step 1)"),
        ("phones reset; pub set cert regen TVS", "Cisco Tftp on pub (step 2); Cisco Tftp on sub (step 2)"),
        (
            "pub set cert regen CallManager; pub utils service restart Cisco Tftp",
            "Cisco CallManager on pub (step 1)",
        ),
        ("pub set cert regen CallManager; pub utils service stop Cisco CallManager; pub power off", ""),
        (
            "* utils service restart Cisco Tftp; pub utils itl reset localkey",
            "Cisco Tftp on pub (step 2); Cisco Tftp on sub (step 2)",
        ),
    ],
)
def test_a_plan_names_the_services_it_leaves_to_be_restarted(runbook: str, left: str) -> None:
    plan = planned(runbook.replace(";", "\n"))
    assert words(plan.pending) == left
    assert (plan.late is None) == (not left)


def test_a_new_digest_waits_for_tftp_and_a_new_node_for_nothing() -> None:
    plan = planned('cluster parameter "TFTP File Signature Algorithm" = "SHA-512"', NEWER)
    assert words(plan.pending) == "Cisco Tftp on pub (step 1); Cisco Tftp on sub (step 1)"


def test_what_the_exports_already_showed_is_no_plans_doing() -> None:
    pub = OFFICE.by_name["pub"]
    renewed = planned("pub set cert regen CallManager").stages[-1].world.clusters[0].by_name["pub"]
    before = OFFICE.with_node(attrs.evolve(renewed, running=pub.running))
    assert planned("phones reset", before).pending == ()
    assert [each.unit for each in planned("pub set cert regen CallManager", before).pending] == [
        "CallManager",
        "TFTP",
    ]


def test_a_phone_that_the_restart_loses_is_lost_by_the_step_that_made_it_so() -> None:
    story = told(planned("phones wait 1h\npub set cert regen CallManager\nphones reset"))
    last = story.episodes[-1]
    assert [each.ending.outcome for each in story.episodes] == [Outcome.OK, Outcome.OUT_OF_SERVICE]
    assert (last.step, last.occasion, story.lost_at) == (None, "when its services restart", 2)
    assert last.ending.reason is Reason.SIGNER_UNKNOWN_NO_TVS


def test_a_step_that_leaves_something_harmless_is_not_the_one_that_loses_phones() -> None:
    story = told(planned("pub set cert regen TVS\npub set cert regen CallManager\nphones reset"))
    assert story.lost_at == 2


def test_a_phone_that_was_lost_before_keeps_its_step() -> None:
    text = "pub set cert regen CallManager\npub utils ctl update CTLFile\nphones reset"
    story = told(planned(text))
    assert story.lost_at == 3
    assert [each.ending.outcome for each in story.episodes] == [Outcome.STUCK, Outcome.OUT_OF_SERVICE]


def test_nothing_is_added_where_the_restart_makes_it_no_worse() -> None:
    plan = planned("sub set cert regen TVS\nphones reset")
    assert plan.pending
    assert [each.occasion for each in told(plan).episodes] == ["at step 2"]


def test_where_restarts_are_left_they_are_the_first_remedy_and_come_before_hands_too() -> None:
    """Without TVS a reset ITL is no help to phones of the other node while its TFTP still signs as before."""
    office = make_cluster("office", "11.5(1)", ("pub", "sub"))
    end = through(
        "* block 2445; sub set cert regen CallManager; pub utils itl reset localkey; phones reset",
        office,
        tftp=("sub",),
    )
    assert end.plan.administered[0].kind is RemedyKind.RESTART_SERVICES
    assert end.says == ("stuck", "tvs-silent")
    assert (end.remedy.found, end.remedy.kind) == (True, RemedyKind.ERASE_SECURITY)
    assert end.remedy.keys.startswith("sub utils service restart Cisco CallManager; ")


def test_a_plan_that_leaves_nothing_to_restart_offers_no_restart() -> None:
    kinds = {each.kind for each in planned(RENEWAL).administered}
    assert RemedyKind.RESTART_SERVICES not in kinds
