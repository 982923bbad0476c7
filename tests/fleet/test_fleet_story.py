"""One phone through a runbook: when it starts, how it ends, where it was lost, what brings it back."""

import attrs
import pytest
from fleetmaking import NEWER, OFFICE, RENEWAL, a_station, planned, told
from making import a_profile

from phoneemu.cluster.founding import make_cluster
from phoneemu.core.flash import DeviceSecurity, Flash
from phoneemu.core.ruling import Reason
from phoneemu.errors import BadInput
from phoneemu.fleet.forecast import RemedyKind
from phoneemu.fleet.outcome import FleetReason, Outcome, Service, Trust, TrustPath, path_of, unsaid
from phoneemu.fleet.plan import Plan
from phoneemu.fleet.remedy import find
from phoneemu.fleet.story import Story

MODERN = a_profile()
CTL_ONLY = a_profile(reads_itl=False, asks_tvs=False, erase_scope="ctl", erase_ctl="Settings, 4, 5, unlock")
NEVER = a_profile(takes_changed_ctl=False, erase_scope="factory", factory_reset="hold reset 10 s")
STRANGE = a_profile(asks_tvs=None, erase_scope="unknown")


def remedy_of(story: Story, plan: Plan) -> RemedyKind | None:
    last = story.episodes[-1]
    found = find(last.boot.station, last.world, plan.now, last.ending.outcome, plan.administered)
    return found.kind if found.found else None


def test_a_phone_that_asks_tvs_follows_a_renewed_signer() -> None:
    story = told(planned(RENEWAL), a_station(MODERN))
    (episode,) = story.episodes
    assert (episode.step, episode.ending.outcome, story.lost_at) == (5, Outcome.OK, None)
    assert episode.ending.trust is Trust.CURRENT
    assert path_of([episode.boot]) is TrustPath.TVS


def test_a_phone_that_asks_no_tvs_is_stuck_until_its_ctl_is_erased() -> None:
    plan = planned(RENEWAL)
    story = told(plan, a_station(CTL_ONLY))
    last = story.episodes[-1].ending
    assert (last.outcome, last.trust, last.service) == (Outcome.STUCK, Trust.STALE, Service.REGISTERED)
    assert (last.reason, story.lost_at) == (Reason.SIGNER_UNKNOWN_NO_TVS, 5)
    assert remedy_of(story, plan) is RemedyKind.ERASE_CTL


def test_a_secure_phone_bound_to_the_renewed_node_is_out_of_service() -> None:
    station = a_station(CTL_ONLY, security=DeviceSecurity.ENCRYPTED, group=("pub",), tftp=("pub",))
    plan = planned(RENEWAL)
    story = told(plan, station)
    last = story.episodes[-1].ending
    assert (last.outcome, last.service, last.registered_to) == (Outcome.OUT_OF_SERVICE, Service.OUT, None)
    assert last.reason is Reason.SIGNER_UNKNOWN_NO_TVS
    assert remedy_of(story, plan) is RemedyKind.ERASE_CTL


def test_a_phone_that_never_replaces_its_ctl_needs_a_factory_reset() -> None:
    plan = planned(RENEWAL)
    assert remedy_of(told(plan, a_station(NEVER)), plan) is RemedyKind.FACTORY_RESET


def test_a_fact_nobody_knows_gives_cannot_say_and_no_remedy() -> None:
    plan = planned(RENEWAL)
    story = told(plan, a_station(STRANGE))
    last = story.episodes[-1].ending
    assert (last.outcome, last.trust) == (Outcome.CANNOT_SAY, Trust.UNKNOWN)
    assert remedy_of(story, plan) is RemedyKind.NONE


def test_a_phone_that_is_never_reset_is_started_once_more_in_the_end() -> None:
    story = told(planned(RENEWAL.replace("phones reset", "")), a_station(CTL_ONLY))
    (episode,) = story.episodes
    assert (episode.step, episode.occasion) == (None, "at its next restart")
    assert story.lost_at == 2


def test_a_phone_without_power_is_asked_when_it_returns() -> None:
    story = told(planned(RENEWAL), a_station(CTL_ONLY), powered=False)
    assert [episode.occasion for episode in story.episodes] == ["when it returns"]
    assert story.lost_at == 2


def test_phones_switched_off_before_the_change_meet_it_when_switched_on() -> None:
    text = "phones power off\n" + RENEWAL + "phones power on"
    story = told(planned(text), a_station(MODERN))
    assert [episode.step for episode in story.episodes] == [7]


def test_a_step_that_changes_nothing_needs_no_further_start() -> None:
    story = told(planned(RENEWAL + "pub show ctl\nphones wait 10m"), a_station(MODERN))
    assert [episode.step for episode in story.episodes] == [5]


def test_a_phone_recovers_when_the_runbook_erases_its_list() -> None:
    story = told(planned(RENEWAL + "phones erase ctl"), a_station(CTL_ONLY))
    assert [episode.ending.outcome for episode in story.episodes] == [Outcome.STUCK, Outcome.OK]
    assert story.lost_at is None


def test_after_a_start_that_cannot_be_told_later_ones_cannot_be_told_either() -> None:
    restored = f"cluster backup b{RENEWAL}cluster restore b\nphones reset"
    strange = a_station(attrs.evolve(STRANGE, reads_ctl=CTL_ONLY.reads_itl))
    story = told(planned(restored), strange)
    assert [episode.ending.outcome for episode in story.episodes] == [Outcome.CANNOT_SAY] * 2
    # the emulated phone followed; the real one may hold another list
    assert story.episodes[1].boot.registered_to is not None
    assert (story.episodes[1].ending.service, story.lost_at) == (Service.UNKNOWN, None)
    # unless it follows from either list: this one's signer is named by both
    undone = told(planned(RENEWAL + "pub utils itl reset localkey\nphones reset"), strange)
    assert [episode.ending.outcome for episode in undone.episodes] == [Outcome.CANNOT_SAY, Outcome.OK]


def test_lists_in_doubt_are_known_again_once_they_are_erased() -> None:
    doubtful = attrs.evolve(MODERN, asks_tvs=STRANGE.asks_tvs)
    by_part = told(planned(RENEWAL + "phones erase ctl\nphones erase itl"), a_station(doubtful))
    assert [episode.ending.outcome for episode in by_part.episodes] == [
        Outcome.CANNOT_SAY,
        Outcome.CANNOT_SAY,
        Outcome.OK,
    ]


def test_only_phones_that_match_are_told() -> None:
    plan = planned('phones where site = "Depot" reset\nphones where model = 7 reset')
    assert len(plan.filters) == 2
    story = told(plan, a_station(MODERN), matches=frozenset({1}))
    assert [episode.step for episode in story.episodes] == [2]


def test_what_was_wrong_before_the_first_step_is_said_to_be_so() -> None:
    foreign = make_cluster("former", "10.5(1)", ("elsewhere",), mixed=True).nodes[0]
    station = attrs.evolve(a_station(CTL_ONLY), flash=Flash(ctl=foreign.ctl))
    story = told(planned("phones reset"), station)
    assert story.lost_at == 0
    first, later = story.episodes
    assert (first.step, first.occasion, later.step) == (None, "before the first step", 1)
    assert first.ending.reason is later.ending.reason is story.cause.reason


def test_both_signers_renewed_at_once_lose_phones_whose_tvs_is_renewed_too() -> None:
    text = """
    pub set cert regen CallManager
    sub set cert regen CallManager
    pub set cert regen TVS
    sub set cert regen TVS
    pub utils ctl update CTLFile
    * utils service restart Cisco Tftp
    phones reset
    """
    plan = planned(text)
    story = told(plan, a_station(MODERN))
    last = story.episodes[-1].ending
    assert (last.outcome, last.reason) == (Outcome.STUCK, Reason.TVS_NOT_TRUSTED)
    # the ITL signed by ITLRecovery is taken at once, the CTL at the start after it
    assert remedy_of(story, plan) is RemedyKind.RESET_ITL


def test_an_emptied_itl_leaves_https_services_without_a_tvs() -> None:
    rollback = """
    cluster parameter "Prepare Cluster for Rollback to pre 8.0" = True
    * utils service restart Cisco Trust Verification Service
    * utils service restart Cisco Tftp
    phones reset
    """
    plan = planned(rollback, NEWER)
    story = told(plan, a_station(MODERN, NEWER))
    last = story.episodes[-1].ending
    assert (last.outcome, last.reason) == (Outcome.DEGRADED, FleetReason.TVS_UNUSABLE)
    assert (last.service, last.trust) == (Service.DEGRADED, Trust.CURRENT)
    assert remedy_of(story, plan) is RemedyKind.RESET


def test_a_phone_moved_to_another_cluster_needs_its_signer_imported_first() -> None:
    other = make_cluster("dest", "12.5(1)", ("dest-pub",))
    plan = planned("phones point-to dest", NEWER, other)
    station = attrs.evolve(
        a_station(MODERN, NEWER), elsewhere=plan.elsewhere(a_station(MODERN, NEWER).device)
    )
    story = told(plan, station)
    assert story.episodes[-1].ending.outcome is Outcome.STUCK
    assert remedy_of(story, plan) is RemedyKind.IMPORT_SIGNER


def test_a_refused_command_is_remarked_upon_and_changes_nothing() -> None:
    plan = planned("pub utils ctl update CTLFile", NEWER)
    assert "step 1 (runbook:1) is refused by the cluster" in plan.remarks[0]
    assert plan.stages[1].world is plan.stages[0].world


def test_pointing_phones_to_nowhere_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"runbook:1: `nowhere` is no node or cluster"):
        planned("phones point-to nowhere")


def test_two_clusters_with_one_node_name_cannot_be_told_apart() -> None:
    with pytest.raises(BadInput, match="in two clusters"):
        planned("phones reset", OFFICE, NEWER)


def test_new_certificates_and_lists_remember_their_step() -> None:
    plan = planned(RENEWAL)
    final = plan.stages[-1].world.clusters[0].nodes[0]
    assert final.ctl is not None
    assert final.itl is not None
    assert plan.served_at[final.ctl.fingerprint] == 2
    assert plan.served_at[final.itl.fingerprint] == 3
    assert plan.made_at[final.own["CallManager"].identity] == 1


def test_a_new_lsc_heals_a_phone_whose_capf_was_renewed() -> None:
    station = a_station(MODERN, security=DeviceSecurity.ENCRYPTED)
    stale = attrs.evolve(
        station, device=attrs.evolve(station.device, lsc_issuer=OFFICE.nodes[1].own["TVS"].identity)
    )
    plan = planned("phones lsc install")
    story = told(plan, stale)
    assert story.episodes[-1].ending.outcome is Outcome.OK
    unhealed = told(planned("phones reset"), stale)
    assert unhealed.episodes[-1].ending.reason is Reason.DEVICE_CERTIFICATE_REFUSED
    assert remedy_of(unhealed, planned("phones reset")) is RemedyKind.REPLACE_LSC
    deleted = told(planned("phones lsc delete"), stale)
    assert deleted.episodes[-1].ending.outcome is Outcome.OK


HASTE = """
pub set cert regen ITLRecovery
pub set cert regen TVS
sub set cert regen TVS
"""


def test_changes_in_haste_overtake_the_phones_that_a_cluster_resets_by_itself() -> None:
    office = make_cluster("hq", "14SU3", ("pub", "sub"))
    plan = planned(HASTE, office)
    story = told(plan, a_station(MODERN, office))
    assert [episode.step for episode in story.episodes] == [3]
    assert story.episodes[0].ending.reason is Reason.TVS_NOT_TRUSTED
    assert "step 2 does not wait for them" in plan.remarks[0]


def test_the_ctl_update_belongs_right_behind_the_renewal_and_nobody_is_told_to_wait() -> None:
    """[REGEN214231]; a second renewal behind it is the one to wait for [REL14]."""
    office = make_cluster("hq", "14SU3", ("pub", "sub"), mixed=True)
    renewed = "pub set cert regen CallManager\npub utils ctl update CTLFile\n"
    restarted = f"{renewed}* utils service restart Cisco Tftp\n"
    assert not [remark for remark in planned(restarted, office).remarks if "overtake" in remark]
    hasty = planned(f"{renewed}pub set cert regen TVS", office).remarks
    assert [remark[:60] for remark in hasty if "overtake" in remark] == [
        "step 1: phones reset by themselves, but step 3 does not wait"
    ]


def test_a_wait_between_lets_phones_follow_each_change() -> None:
    office = make_cluster("hq", "14SU3", ("pub", "sub"))
    plan = planned(
        HASTE.replace("\npub set cert regen TVS", "\nphones wait 30m\npub set cert regen TVS"), office
    )
    story = told(plan, a_station(MODERN, office))
    assert [episode.step for episode in story.episodes] == [1, 4]
    assert story.episodes[-1].ending.outcome is Outcome.OK


def test_where_neither_the_administrator_nor_hands_are_enough_both_are_the_remedy() -> None:
    """The CTL was forgotten: it must be updated, and a phone that never asks a TVS must lose its old one."""
    plan = planned(RENEWAL.replace("pub utils ctl update CTLFile", ""))
    station = a_station(CTL_ONLY)
    story = told(plan, station)
    last = story.episodes[-1]
    assert last.ending.outcome is Outcome.STUCK
    remedy = find(last.boot.station, last.world, plan.now, last.ending.outcome, plan.administered)
    assert (remedy.found, remedy.kind) == (True, RemedyKind.ERASE_CTL)
    assert remedy.keys.startswith(
        "pub utils ctl update CTLFile; * utils service restart Cisco Tftp; "
        "* utils service restart Cisco CallManager; then Settings"
    )


def test_a_lost_phone_that_can_only_be_made_to_limp_is_told_so() -> None:
    """With every TVS blocked an erased phone registers again, and has still nobody to ask."""
    plan = planned(f"* block 2445\n{RENEWAL}")
    story = told(plan, a_station(MODERN))
    last = story.episodes[-1]
    assert last.ending.outcome is Outcome.STUCK
    remedy = find(last.boot.station, last.world, plan.now, last.ending.outcome, plan.administered)
    assert remedy.found
    assert remedy.keys.endswith("it is then degraded: tvs-unusable")


def test_a_phone_that_its_cluster_resets_says_which_step_set_that_off() -> None:
    office = make_cluster("office", "15SU1", ("pub", "sub"), mixed=True)
    plan = planned(RENEWAL.replace("phones reset", ""), office)
    (episode,) = told(plan, a_station(MODERN, office)).episodes
    assert (episode.step, episode.occasion) == (4, "at step 4, by the reset that step 1 set off")


def test_why_a_phone_is_lost_is_told_of_the_start_that_lost_it() -> None:
    office = attrs.evolve(make_cluster("office", "11.5(1)", ("pub", "sub"), mixed=True), min_tls="1.2")
    phone = a_station(a_profile(tls_max="1.0"), office, security=DeviceSecurity.ENCRYPTED)
    story = told(planned(RENEWAL, office), phone)
    assert [(each.step, each.ending.reason) for each in story.episodes] == [
        (None, Reason.CALLMANAGER_TLS_VERSION),
        (5, Reason.TVS_TLS_VERSION),
    ]
    assert (story.episodes[0].occasion, story.lost_at) == ("before the first step", 0)
    assert story.cause.reason is Reason.CALLMANAGER_TLS_VERSION


def test_a_stuck_phone_of_unknown_registration_says_so() -> None:
    strange = a_profile(reads_itl=False, asks_tvs=False, verifies_config=None)
    (episode,) = told(planned(RENEWAL), a_station(strange)).episodes
    assert (episode.ending.outcome, episode.ending.service) == (Outcome.STUCK, Service.UNKNOWN)
    assert unsaid(episode.ending, episode.boot).startswith("whether it still registers cannot be said")


def test_where_tokens_sign_the_ctl_client_is_tried_as_a_remedy() -> None:
    office = make_cluster("office", "9.1(2)", ("pub", "sub"), mixed=True, tokens=("token-1", "token-2"))
    plan = planned(RENEWAL.replace("pub utils ctl update CTLFile", ""), office)
    story = told(plan, a_station(CTL_ONLY, office))
    last = story.episodes[-1]
    found = find(last.boot.station, last.world, plan.now, last.ending.outcome, plan.administered)
    assert (last.ending.outcome, found.kind) == (Outcome.STUCK, RemedyKind.UPDATE_CTL)
    assert found.keys.startswith("cluster ctl-client sign-with token-1 tokens token-1 token-2; ")


NEW_TOKENS = (
    "* file delete tftp CTLFile.tlv\n"
    "cluster ctl-client sign-with token-9 tokens token-9 token-8\n"
    "* utils service restart Cisco Tftp\n* utils service restart Cisco CallManager\nphones reset"
)


@pytest.mark.parametrize(
    ("release", "tokens", "runbook"),
    [
        ("10.5(1)", (), NEW_TOKENS),
        ("10.5(1)", ("token-1", "token-2"), RENEWAL),
        ("9.1(2)", ("token-1", "token-2"), NEW_TOKENS),
    ],
    ids=["tokenless to tokens", "tokens to tokenless", "all tokens lost"],
)
def test_no_remedy_takes_back_how_the_plan_signs_the_ctl_or_asks_for_a_lost_token(
    release: str, tokens: tuple[str, ...], runbook: str
) -> None:
    """C02, C03, C11: what is left to phones that ask no TVS is that their CTL is erased."""
    office = make_cluster("office", release, ("pub", "sub"), mixed=True, tokens=tokens)
    plan = planned(runbook, office)
    story = told(plan, a_station(CTL_ONLY, office))
    assert story.episodes[-1].ending.outcome is Outcome.STUCK
    assert remedy_of(story, plan) is RemedyKind.ERASE_CTL


def test_tokens_that_the_plan_left_in_the_ctl_may_sign_again() -> None:
    """The plan let a new token sign that phones do not know; the one they know is still at hand."""
    office = make_cluster("office", "9.1(2)", ("pub", "sub"), mixed=True, tokens=("token-1", "token-2"))
    plan = planned(
        "cluster ctl-client sign-with token-3 tokens token-1 token-2 token-3\nphones reset", office
    )
    commands = [each.commands for each in plan.administered if each.kind is RemedyKind.UPDATE_CTL]
    assert [each.partition(";")[0] for each in commands] == [
        "cluster ctl-client sign-with token-1 tokens token-1 token-2 token-3"
    ]
