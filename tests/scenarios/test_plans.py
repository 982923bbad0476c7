"""One story for each step of the runbook language, checked by hand against the sources it names."""

import pytest
from planmaking import (
    AUTHENTICATED,
    CALLMANAGER,
    ENCRYPTED,
    LEGACY,
    OLDER,
    RESET,
    ROLLBACK,
    TFTP,
    End,
    capf,
    through,
)

from phoneemu.cluster.founding import make_cluster
from phoneemu.cluster.state import Cluster
from phoneemu.core.flash import DeviceSecurity

BOTH = ("pub", "sub")
NINE = make_cluster("office", "9.1(2)", BOTH)
ELEVEN = make_cluster("office", "11.5(1)", BOTH)
ELEVEN_MIXED = make_cluster("office", "11.5(1)", BOTH, mixed=True)
TWELVE = make_cluster("office", "12.5(1)", BOTH)
TWELVE_MIXED = make_cluster("office", "12.5(1)", BOTH, mixed=True)
HQ = make_cluster("hq", "12.5(1)", ("hq-pub", "hq-sub"))
HQ_MIXED = make_cluster("hq", "12.5(1)", ("hq-pub", "hq-sub"), mixed=True)
OK = ("ok", "confirmed")
ALL_AT_ONCE = f"* set cert regen CallManager; * set cert regen TVS; {TFTP}; {RESET}"


def legacy(plan: str, cluster: Cluster, *others: Cluster) -> End:
    return through(plan, cluster, *others, model="7960", load=LEGACY, protocol="SCCP")


# ---------------------------------------------------------------- power, waiting, automatic resets


def test_phones_that_are_off_for_one_change_follow_and_for_two_do_not() -> None:
    """[REGEN214231]: all phones on and registered before each renewal; absent ones are touched by hand."""
    one = through(f"phones power off; * set cert regen TVS; {TFTP}; {RESET}; phones power on", ELEVEN)
    assert one.starts == [(5, "ok")]
    two = through(
        f"phones power off; * set cert regen TVS; {TFTP}; {RESET};"
        f"* set cert regen CallManager; {TFTP}; {RESET};"
        "phones power on",
        ELEVEN,
    )
    assert two.starts == [(8, "stuck")]
    assert two.last.reason.value == "tvs-not-trusted"


def test_a_phone_that_stays_off_is_told_for_the_day_it_returns() -> None:
    end = through(f"phones power off; * set cert regen CallManager; {TFTP}", ELEVEN)
    assert [(each.step, each.occasion) for each in end.story.episodes] == [(None, "when it returns")]
    assert end.says == OK


@pytest.mark.parametrize(
    ("release", "parameter", "starts"),
    [
        ("12.5(1)", "", [None]),
        ("14SU3", "", [1]),
        ("14SU3", 'cluster parameter "Phone Interaction on Certificate Update" = "manual reset";', [None]),
    ],
)
def test_from_14_a_cluster_resets_its_phones_unless_it_is_told_not_to(
    release: str, parameter: str, starts: list[int | None]
) -> None:
    """[REL14]: automatic reset is the default of `Phone Interaction on Certificate Update`."""
    office = make_cluster("office", release, BOTH)
    end = through(f"{parameter}pub set cert regen CallManager", office)
    assert [each.step for each in end.story.episodes] == starts
    assert end.says == OK


@pytest.mark.parametrize(
    ("group", "step"),
    [(("pub", "sub"), 1), (("sub",), 1), (("pub",), None)],
    ids=["both", "asked", "not asked"],
)
def test_a_renewed_tvs_resets_the_phones_that_ask_it(group: tuple[str, ...], step: int | None) -> None:
    """[ADM125-bulk]: TVS: phones by their CallManager group."""
    office = make_cluster("office", "14SU3", BOTH)
    end = through("sub set cert regen TVS", office, group=group)
    assert ([each.step for each in end.story.episodes], end.says) == ([step], OK)


def test_a_cluster_resets_its_own_phones_only() -> None:
    office = make_cluster("office", "14SU3", BOTH)
    other = make_cluster("hq", "14SU3", ("hq-pub",))
    renewed = "hq-pub set cert regen CallManager; phones wait 30m"
    assert [each.step for each in through(renewed, office, other).story.episodes] == [None]
    exchanged = "cluster bulk-exchange all with hq; phones wait 30m; phones point-to hq; phones wait 30m"
    moved = through(f"{exchanged}; {renewed}", office, other)
    assert moved.starts == [(1, "ok"), (3, "ok"), (5, "ok")]
    assert moved.last.registered_to == "hq-pub"


def test_applying_the_configuration_restarts_only_phones_whose_configuration_changed() -> None:
    """[ADM125-entparam]: it resets only if it must; the ITL comes with a reset or restart [SG15-sbd]."""
    renewed = f"pub set cert regen CallManager; {TFTP}; phones apply-config"
    assert [each.step for each in through(renewed, ELEVEN).story.episodes] == [None]
    secured = f"pub utils ctl set-cluster mixed-mode; {TFTP}; {CALLMANAGER}; phones apply-config"
    assert through(secured, ELEVEN, security=ENCRYPTED).starts == [(4, "ok")]


# ---------------------------------------------------------------- another cluster


def test_with_all_certificates_exchanged_phones_move_by_their_old_tvs() -> None:
    """[BULK215539]: the source's TVS vouches, and must stay reachable."""
    exchange = "cluster bulk-exchange all with hq; phones wait 10m"
    end = through(f"{exchange}; phones point-to hq", TWELVE, HQ)
    assert (end.says, end.last.registered_to, end.path) == (OK, "hq-pub", "tvs")
    blocked = through(f"{exchange}; * block 2445; phones point-to hq", TWELVE, HQ)
    assert blocked.says == ("stuck", "tvs-silent")


def test_the_tftp_certificates_alone_are_not_enough_where_the_recovery_key_signs() -> None:
    """[behaviour-more 20]: ITLRecovery must be exchanged too from 12.0 on (CSCvs39175)."""
    end = through("cluster bulk-exchange TFTP with hq; phones wait 10m; phones point-to hq", TWELVE, HQ)
    assert end.says == ("stuck", "tvs-does-not-know")
    older = make_cluster("hq", "11.5(1)", ("hq-pub", "hq-sub"))
    moved = through("cluster bulk-exchange TFTP with hq; phones wait 10m; phones point-to hq", ELEVEN, older)
    assert (moved.says, moved.last.registered_to) == (OK, "hq-pub")


def test_what_is_uploaded_to_phone_sast_trust_is_vouched_for_at_once_and_listed_after_a_ctl_update() -> None:
    """[behaviour-more 1]: two effects; after the CTL update phones need no TVS for it."""
    upload = "; ".join(
        f"pub upload Phone-SAST-trust {unit}@hq" for unit in ("CallManager", "ITLRecovery", "TVS")
    )
    vouched = through(f"{upload}; phones point-to hq", TWELVE_MIXED, HQ_MIXED)
    assert (vouched.says, vouched.path) == (OK, "tvs")
    listed = through(
        f"{upload}; pub utils ctl update CTLFile; {RESET}; * block 2445; phones point-to hq",
        TWELVE_MIXED,
        HQ_MIXED,
    )
    assert (listed.says, listed.path) == (OK, "listed-signer")


def test_a_certificate_that_is_deleted_again_vouches_for_nobody() -> None:
    upload = "pub upload Phone-SAST-trust ITLRecovery@hq; pub upload Phone-SAST-trust CallManager@hq"
    deleted = "pub delete-certificate Phone-SAST-trust ITLRECOVERY_hq-pub"
    assert through(f"{upload}; phones point-to hq", TWELVE, HQ).says == OK
    end = through(f"{upload}; {deleted}; phones point-to hq", TWELVE, HQ)
    assert end.says == ("stuck", "tvs-does-not-know")


def test_the_rollback_parameter_frees_phones_of_a_non_secure_cluster_and_traps_those_of_a_secure_one() -> (
    None
):
    """[SG14-sbd] and, between two secure clusters, [MIG213407]: it blanks the ITL and not the CTL."""
    plan = f"{ROLLBACK} = True; phones wait 10m; phones point-to hq"
    assert through(plan, TWELVE, HQ).says == OK
    assert through(plan, TWELVE_MIXED, HQ_MIXED).says == ("stuck", "no-tvs-in-itl")


def test_a_phone_pointed_at_another_node_of_its_cluster_takes_that_nodes_list() -> None:
    assert through("phones point-to sub", TWELVE).says == OK
    assert through("phones point-to sub", ELEVEN).path == "tvs"


# ---------------------------------------------------------------- nodes


def test_a_backup_older_than_the_last_renewal_leaves_phones_behind() -> None:
    """[SG15-cert, UPG15]: after such a restore phones are unlocked one by one."""
    plan = (
        f"cluster backup OLD; * set cert regen CallManager; {TFTP}; {RESET};"
        f"* set cert regen TVS; {TFTP}; {RESET};"
        f"cluster restore OLD; {RESET}"
    )
    end = through(plan, ELEVEN)
    assert end.starts == [(4, "ok"), (7, "ok"), (9, "stuck")]
    fresh = through(plan.replace("cluster restore OLD", "cluster backup NEW; cluster restore NEW"), ELEVEN)
    assert fresh.says == OK


def test_a_single_server_is_renamed_behind_the_rollback_parameter_before_12() -> None:
    """[IPCHG-0100]; from 12.0 the recovery key survives and signs [behaviour-more 8]."""

    def alone(plan: str, cluster: Cluster) -> End:
        return through(plan, cluster, tftp=("pub",), group=("pub",))

    eleven, twelve = (make_cluster("office", release, ("pub",)) for release in ("11.5(1)", "12.5(1)"))
    rename = "pub set network hostname pub2"
    assert alone(rename, eleven).says == ("stuck", "tvs-not-trusted")
    prepared = f"{ROLLBACK} = True; phones wait 10m; {rename}; {ROLLBACK} = False; {TFTP}; {RESET}"
    assert alone(prepared, eleven).says == OK
    assert alone(rename, twelve).says == OK


def test_a_new_domain_in_a_mixed_cluster_takes_effect_with_the_ctl_update() -> None:
    """[behaviour-more 3]: without it configuration takes no effect and secure phones cannot connect."""
    domain = "pub set network domain example.org"
    updated = f"{domain}; pub utils ctl update CTLFile; {RESET}"
    assert legacy(f"{domain}; {RESET}", TWELVE_MIXED).says == ("stuck", "signer-unknown-no-tvs")
    assert legacy(updated, TWELVE_MIXED).says == OK
    assert through(f"{domain}; {RESET}", TWELVE_MIXED, security=ENCRYPTED).last.outcome.bad
    assert through(updated, TWELVE_MIXED, security=ENCRYPTED).says == OK


def test_a_new_tftp_node_is_authorised_by_the_next_ctl_only() -> None:
    """[SG125-ctl, behaviour-more 4, 14]: the CTL must name it before phones are sent there."""
    added = "cluster add-node new tftp callmanager tvs"
    hasty = through(f"{added}; {TFTP}; phones point-to new", TWELVE_MIXED, model="7975", load=OLDER)
    assert hasty.says == ("stuck", "tftp-not-authorised")
    patient = through(
        f"{added}; pub utils ctl update CTLFile; {TFTP}; {RESET}; phones point-to new",
        TWELVE_MIXED,
        model="7975",
        load=OLDER,
    )
    assert patient.says == OK


def test_a_publisher_installed_anew_is_vouched_for_by_the_subscriber() -> None:
    """[REBUILD221069]: phones heal through the subscriber's TVS if they know it and port 2445 is open."""
    plan = f"pub reinstall; {TFTP}; {RESET}"
    assert through(plan, ELEVEN).says == OK
    assert through(plan, ELEVEN, group=("pub",)).says == ("stuck", "tvs-not-trusted")
    assert through(f"sub block 2445; {plan}", ELEVEN).says == ("stuck", "tvs-silent")


# ---------------------------------------------------------------- releases


def test_an_upgrade_to_12_needs_no_tvs_from_10_on_and_does_from_9() -> None:
    """[UPG15, TN117598]: ITLRecovery is in every ITL since 10.0, so 12.0 may sign with it."""
    upgrade = f"cluster upgrade 12.5(1)SU4; {RESET}"
    assert through(f"* block 2445; {upgrade}", ELEVEN).last.trust.value == "current"
    assert (through(upgrade, NINE).says, through(upgrade, NINE).path) == (OK, "tvs")
    assert through(f"* block 2445; {upgrade}", NINE).says == ("stuck", "tvs-silent")


@pytest.mark.parametrize(
    ("to", "then", "says"),
    [
        ("12.5(1)SU2", "pub utils ctl update CTLFile", ("stuck", "signer-unknown-no-tvs")),
        (
            "12.5(1)SU2",
            f"pub utils ctl reset localkey; {RESET}; pub utils ctl update CTLFile",
            OK,
        ),
        ("12.5(1)SU3", "pub utils ctl update CTLFile", OK),
    ],
)
def test_a_refresh_upgrade_before_su3_loses_the_recovery_key(
    to: str, then: str, says: tuple[str, str]
) -> None:
    """[FN70613]: it renews ITLRecovery; the way out is reset localkey, reset, update; fixed in SU3."""
    end = legacy(f"cluster upgrade {to} refresh; {RESET}; {then}; {TFTP}; {RESET}", ELEVEN_MIXED)
    assert end.says == says


@pytest.mark.parametrize(("release", "says"), [("15SU2", ("stuck", "tvs-not-trusted")), ("15SU3", OK)])
def test_fips_on_both_nodes_at_once_is_survived_where_the_recovery_key_is_kept(
    release: str, says: tuple[str, str]
) -> None:
    """[SG15-fips]: below 15SU3 ITLRecovery is renewed as well; change one node at a time."""
    office = make_cluster("office", release, BOTH)
    assert through(f"pub utils fips enable; sub utils fips enable; {RESET}", office).says == says


def test_one_node_at_a_time_fips_harms_nobody() -> None:
    office = make_cluster("office", "15SU2", BOTH)
    assert (
        through("pub utils fips enable; phones wait 30m; sub utils fips enable; phones wait 30m", office).says
        == OK
    )


# ---------------------------------------------------------------- algorithms and TLS


@pytest.mark.parametrize(
    ("floor", "security", "says"),
    [
        ("1.2", ENCRYPTED, OK),
        ("1.2", AUTHENTICATED, OK),
        ("1.3", AUTHENTICATED, ("out-of-service", "callmanager-tls-version")),
    ],
)
def test_authenticated_phones_do_not_survive_a_floor_of_tls_1_3(
    floor: str, security: DeviceSecurity, says: tuple[str, str]
) -> None:
    """[behaviour-more 28]: NULL-SHA is not in TLS 1.3."""
    office = make_cluster("office", "15SU2", BOTH, mixed=True)
    end = through(f"pub set tls min-version {floor}; {RESET}", office, load="14-4-1", security=security)
    assert end.says == says


@pytest.mark.parametrize(
    ("load", "says"), [("14-2-1", ("stuck", "multi-san-unsupported")), ("14-2-1SR1", OK)]
)
def test_a_reused_web_certificate_needs_loads_that_find_their_server(
    load: str, says: tuple[str, str]
) -> None:
    """[REUSE221070, RN8800-1421SR1]: 14.2(1)SR1 and later."""
    office = make_cluster("office", "14SU3", BOTH)
    plan = (
        'pub upload tomcat signed-by "Example CA" multi-server; pub reuse-certificate tomcat for CallManager;'
        "phones wait 30m"
    )
    assert through(plan, office, load=load).says == says


def test_a_multi_server_certificate_of_callmanagers_own_is_as_any_other() -> None:
    """[SAN118731]: there since 10.5; the fixed bug is about the web certificate, reused from 14 on."""
    upload = 'pub upload CallManager signed-by "Example CA" multi-server'
    plan = f"{upload}; phones wait 30m; {TFTP}; {CALLMANAGER}; {RESET}"
    assert through(plan, TWELVE, load="12-8-1").says == OK
    assert through(plan, make_cluster("office", "14SU3", BOTH), load="12-8-1").says == OK
    assert through(plan, TWELVE, model="7975", load=OLDER, protocol="SIP").says == OK


def test_a_renewed_web_certificate_asks_nothing_of_phones() -> None:
    """[REGEN214231]: no effect on ITL or CTL."""
    end = through(f"* set cert regen tomcat; * utils service restart Cisco Tomcat; {RESET}", ELEVEN_MIXED)
    assert (end.says, end.path) == (OK, "unchanged")
    assert "no trust-list impact" in end.plan.remarks[0]
    assert "HTTPS services impact" in end.plan.remarks[0]


# ---------------------------------------------------------------- loads, LSCs, hands


def test_a_phone_takes_a_new_load_only_with_a_configuration_it_takes() -> None:
    """[AG8800-start, TN117598]: the configuration names the load; a phone that refuses it keeps its own."""
    office = make_cluster("office", "14SU3", BOTH)
    shared = (
        'pub upload tomcat signed-by "Example CA" multi-server;'
        "pub reuse-certificate tomcat for CallManager; phones wait 30m"
    )
    before = through(f"phones load 14-2-1SR1; {shared}", office, load="14-2-1")
    assert before.says == OK
    after = through(f"{shared}; phones load 14-2-1SR1", office, load="14-2-1")
    assert after.says == ("stuck", "multi-san-unsupported")
    assert after.story.station.profile.load == "14-2-1"


def test_a_load_ordered_for_a_phone_without_power_is_taken_when_it_returns() -> None:
    end = through("phones power off; phones load 14-2-1SR1; phones power on", TWELVE, load="14-2-1")
    assert end.starts == [(3, "ok"), (3, "ok")]
    assert end.story.station.profile.load == "14-2-1SR1"


def test_lscs_of_a_capf_that_left_the_trust_stores_are_refused_until_new_ones_are_installed() -> None:
    """[SG15-capf, TS225746]: keep the old CAPF in the trust stores until every phone has a new LSC."""
    renewed = f"pub set cert regen CAPF; pub utils ctl update CTLFile; {TFTP}; {CALLMANAGER}"
    old = capf(TWELVE_MIXED).common_name
    gone = "; ".join(f"pub delete-certificate {store} {old}" for store in ("CallManager-trust", "CAPF-trust"))

    def secure(plan: str) -> End:
        return through(plan, TWELVE_MIXED, security=ENCRYPTED)

    assert secure(f"{renewed}; {RESET}").says == OK
    lost = secure(f"{renewed}; {gone}; {RESET}")
    assert lost.says == ("out-of-service", "device-certificate-refused")
    assert lost.remedy.kind.value == "replace-lsc"
    first = secure(f"{renewed}; {RESET}; phones lsc install; {gone}; {RESET}")
    assert first.says == OK


def test_an_lsc_is_installed_only_on_phones_that_take_their_configuration() -> None:
    """[TN117598]: a locked phone takes no configuration, so a CAPF operation does not reach it either."""
    foreign = capf(HQ_MIXED)
    heals = through(f"{RESET}; phones lsc install", TWELVE_MIXED, security=ENCRYPTED, lsc=foreign)
    assert heals.starts == [(1, "out-of-service"), (2, "out-of-service"), (2, "ok")]
    locked = f"{ALL_AT_ONCE}; phones lsc install"
    end = through(locked, ELEVEN_MIXED, security=ENCRYPTED, lsc=foreign)
    assert end.last.outcome.bad
    assert end.story.station.device.lsc_issuer == foreign


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ("{move}", ("out-of-service", "device-certificate-refused")),
        ("phones lsc delete; {move}", OK),
        (
            "phones lsc delete; phones lsc install; {move}",
            ("out-of-service", "device-certificate-refused"),
        ),
        ("{move}; phones lsc install", OK),
        ("{move}; phones lsc delete", OK),
    ],
)
def test_a_phone_shows_its_one_lsc_to_whichever_cluster_it_moves(plan: str, says: tuple[str, str]) -> None:
    """[SG15-capf]: an LSC of another CAPF is not trusted; without one it shows its factory certificate."""
    bridge = "pub upload Phone-SAST-trust CallManager@hq-pub; pub upload Phone-SAST-trust ITLRecovery@hq"
    move = f"{bridge}; phones point-to hq-pub"
    assert through(plan.format(move=move), TWELVE_MIXED, HQ_MIXED, security=ENCRYPTED).says == says


def test_hands_bring_back_what_they_can_erase() -> None:
    """[SEED118893]: until the CTL is deleted on each device. An 8861 erases both lists [AG8800-reset]."""
    renewal = f"pub set cert regen CallManager; pub utils ctl update CTLFile; {TFTP}; {CALLMANAGER}; {RESET}"
    assert legacy(renewal, ELEVEN_MIXED).says == ("stuck", "signer-unknown-no-tvs")
    assert legacy(f"{renewal}; phones erase ctl", ELEVEN_MIXED).says == OK
    assert legacy(f"{renewal}; phones factory-reset", ELEVEN_MIXED).says == OK
    lost = f"* set cert regen CallManager; * set cert regen TVS; {TFTP}; {RESET}"
    assert through(f"{lost}; phones erase itl", ELEVEN).says == OK
    assert through(f"{lost}; phones erase security", ELEVEN).path == "first-trust"


def test_a_filter_spares_those_it_does_not_mean() -> None:
    lost = f"* set cert regen CallManager; * set cert regen TVS; {TFTP}; phones where site = Depot reset"
    assert through(lost, ELEVEN, site="Depot").story.episodes[0].step == 4
    elsewhere = through(lost, ELEVEN, site="Lab").story.episodes
    assert [(each.step, each.occasion) for each in elsewhere] == [(None, "at its next restart")]
