"""The recovery key: saved, brought back, and shared by two clusters."""

import pytest
from planmaking import CALLMANAGER, RESET, TFTP, End, steps, through

from phoneemu.cluster.founding import make_cluster
from phoneemu.errors import BadInput
from phoneemu.fleet.clusterfile import ClusterFile
from phoneemu.fleet.granted import granted

OFFICE = make_cluster("office", "12.5(1)", ("pub", "sub"))
OLDER = make_cluster("office", "11.5(1)", ("pub", "sub"))
OTHER = make_cluster("hq", "12.5(1)", ("hq-pub", "hq-sub"))
LOST = f"* set cert regen TVS; pub set cert regen ITLRecovery; {TFTP}; {RESET}"
RESTORED = "pub utils itl reset remotekey 192.0.2.9 admin ITLRecovery.p12; phones reset"


def test_the_saved_key_brings_phones_back_that_lost_every_anchor() -> None:
    """[SG14-sbd, CLI125]: remotekey signs the ITL with the key from ITLRecovery.p12."""
    end = through(f"pub file get tftp ITLRecovery.p12; {LOST}; {RESTORED}", OFFICE)
    assert end.starts == [(5, "stuck"), (7, "ok")]
    assert through(f"{LOST}; {RESTORED}", OFFICE).says == ("stuck", "tvs-not-trusted")


def test_before_12_the_signer_is_callmanager_and_the_recovery_key_is_the_way_back() -> None:
    """[TN117598]: a phone with an ITL of 10.0 or later accepts one that ITLRecovery signed."""
    lost = f"* set cert regen CallManager; * set cert regen TVS; {TFTP}; {RESET}"
    assert through(lost, OLDER).says == ("stuck", "tvs-not-trusted")
    end = through(f"{lost}; pub utils itl reset localkey; phones reset", OLDER)
    assert end.says == ("ok", "confirmed")


def moved(plan: str) -> End:
    return through(f"{plan}phones point-to hq", OFFICE, OTHER)


def test_clusters_that_share_a_recovery_key_hand_over_phones_without_tvs() -> None:
    """[CVD12, behaviour-more 6]: phones then move with no bulk exchange and no TVS."""
    shared = (
        "hq upload ITLRecovery ITLRecovery@office; hq-pub utils service restart Cisco Tftp;"
        "hq-sub utils service restart Cisco Tftp; * block 2445;"
    )
    end = moved(shared)
    assert (end.last.outcome.value, end.last.registered_to, end.path) == ("ok", "hq-pub", "listed-signer")
    assert moved("* block 2445;").says == ("stuck", "tvs-silent")


def test_a_shared_key_whose_tftp_was_not_restarted_is_mended_by_that_restart_and_not_by_hand() -> None:
    """[behaviour-more 23, SG15-cert]: the services of the other cluster are what is left to be done."""
    end = moved("hq upload ITLRecovery ITLRecovery@office;")
    assert end.says == ("stuck", "tvs-does-not-know")
    assert end.remedy.kind.value == "restart-services"
    restarts = [f"{node} utils service restart Cisco Tftp" for node in ("hq-pub", "hq-sub")]
    assert end.remedy.keys == "; ".join([*restarts, "then reset the phone"])


def test_a_shared_key_needs_lists_that_it_signs() -> None:
    end = through("pub upload ITLRecovery ITLRecovery@hq", OLDER, OTHER)
    assert "signed by the recovery key from 12.0 on" in end.plan.remarks[0]


def test_phones_follow_to_a_shared_key_by_their_tvs_and_then_need_none() -> None:
    shared = f"pub upload ITLRecovery ITLRecovery@hq; {TFTP}; {RESET};"
    end = through(f"{shared} phones point-to hq", OFFICE, OTHER)
    assert end.starts == [(3, "ok"), (4, "ok")]
    assert end.last.registered_to == "hq-pub"


@pytest.mark.parametrize(
    ("plan", "what"),
    [
        ("pub utils itl reset remotekey", "say where the key lies"),
        ("pub upload ITLRecovery CallManager@hq", "is no recovery certificate"),
        ("pub proxy-tftp for mars", "no other cluster `mars`; there is hq"),
    ],
)
def test_a_wrong_call_is_named_with_its_place(plan: str, what: str) -> None:
    with pytest.raises(BadInput, match=rf"^runbook:1: .*{what}"):
        through(plan, OFFICE, OTHER)


def test_a_key_of_another_cluster_can_sign_for_this_one() -> None:
    plan = "pub utils itl reset remotekey hq-pub admin ITLRecovery.p12; phones reset"
    assert steps(plan)[0].args == ("remotekey", "hq-pub")
    assert through(plan, OFFICE, OTHER).says == ("stuck", "tvs-does-not-know")


def test_before_10_there_is_no_key_to_save() -> None:
    nine = make_cluster("office", "9.1(2)", ("pub", "sub"))
    end = through("pub file get tftp ITLRecovery.p12", nine)
    assert "no ITLRecovery.p12 before 10.0" in end.plan.remarks[0]


def test_a_recovery_key_of_1024_bits_is_no_way_back_once_others_are_larger() -> None:
    """[REGEN214231]: the other certificates became 2048 bits by their renewal, and the command fails."""
    small = make_cluster("office", "10.5(2)", ("pub", "sub"), key_bits=1024)
    lost = f"* set cert regen CallManager; * set cert regen TVS; {TFTP}; {RESET}"
    end = through(f"{lost}; pub utils itl reset localkey; {RESET}", small)
    assert end.says == ("stuck", "tvs-not-trusted")
    assert (
        "step 5 (runbook:5) is refused by the cluster: the recovery key has 1024 bits" in end.plan.remarks[0]
    )
    assert end.remedy.kind.value == "erase-security"
    first = through(
        f"pub set cert regen ITLRecovery; {TFTP}; {RESET}; {lost}; pub utils itl reset localkey; {RESET}",
        small,
    )
    assert first.says == ("ok", "confirmed"), "renewed in time, and taken by phones, it is large enough"


@pytest.mark.parametrize("first", ["", f"{TFTP};"])
def test_a_reset_itl_without_the_renewed_key_is_told_of_and_a_restart_before_it_avoids_it(first: str) -> None:
    """[CLI15] keeps the records, [SG15-cert, SG1251SU2-sbd] call the sequence safe; no TVS is reached."""
    renewed = f"* block 2445; pub set cert regen ITLRecovery; {first}"
    sequence = f"{renewed} pub utils itl reset localkey; {RESET}; {TFTP}; {RESET}"
    end = through(sequence, OFFICE, tftp=("pub",))
    told = any("do not name the renewed ITLRecovery" in remark for remark in end.plan.remarks)
    open_still = "itl-reset-keeps-records" in granted(end.story, ClusterFile())
    assert (end.says[0], told, open_still) == (("degraded", False, False) if first else ("stuck", True, True))


def test_from_14_the_reset_itl_names_the_renewed_key() -> None:
    later = make_cluster("office", "14SU3", ("pub", "sub"))
    plan = f"pub set cert regen ITLRecovery; pub utils itl reset localkey; {RESET}"
    assert not any("do not name" in remark for remark in through(plan, later).plan.remarks)


def test_a_ctl_signed_by_a_recovery_key_that_nobody_knows_comes_back_by_the_other_key() -> None:
    """[SG1251SU2-sbd, FN70613]: `utils ctl reset localkey` has CallManager sign, which phones know."""
    mixed = make_cluster("office", "12.5(1)SU4", ("pub", "sub"), mixed=True)
    lost = f"pub set cert regen ITLRecovery; pub utils ctl update CTLFile; {TFTP}; {CALLMANAGER}; {RESET}"
    end = through(lost, mixed, model="7960", load="P0030801SR02", protocol="SCCP")
    assert end.last.outcome.bad
    assert (end.remedy.kind.value, end.remedy.found) == ("reset-ctl", True)
    assert end.remedy.keys.startswith("pub utils ctl reset localkey; ")
