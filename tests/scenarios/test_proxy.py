"""A proxy TFTP of another cluster: it relays a phone's files unchanged and signs common files itself."""

import pytest
from planmaking import CALLMANAGER, ENCRYPTED, LEGACY, MODERN, OLDER, PLAIN, RESET, TFTP, through

from phoneemu.cluster.founding import make_cluster
from phoneemu.errors import BadInput

LEAF = make_cluster("leaf", "12.5(1)", ("pub", "sub"))
MIXED = make_cluster("leaf", "12.5(1)", ("pub", "sub"), mixed=True)
CENTRAL = make_cluster("central", "12.5(1)", ("central-tftp",))
PROXIED = "central-tftp proxy-tftp for leaf; phones point-to central-tftp"
CURE = "pub upload Phone-SAST-trust CallManager@central-tftp"
UPDATED = f"pub utils ctl update CTLFile; {TFTP}; {CALLMANAGER}; {RESET}"
ROLLED_BACK = (
    'central parameter "Prepare Cluster for Rollback to pre 8.0" = True;'
    "central-tftp utils service restart Cisco Trust Verification Service;"
    "central-tftp utils service restart Cisco Tftp"
)


def test_a_phone_behind_a_proxy_registers_at_home_and_gets_no_ring_lists() -> None:
    """[PROXYTFTP, behaviour-more 35]: files come from home, common ones bear the proxy's signature."""
    end = through(PROXIED, LEAF, CENTRAL)
    assert end.says == ("degraded", "common-files-refused")
    assert (end.last.registered_to, end.last.trust.value) == ("pub", "current")
    assert end.last.decisive is not None
    assert end.last.decisive.reason.value == "tvs-does-not-know"


def test_the_proxys_certificate_in_phone_sast_trust_of_the_leaf_is_the_cure() -> None:
    """[behaviour-more 36], cure B: the leaf's TVS vouches for the proxy's CallManager."""
    assert through(f"{CURE}; {PROXIED}", LEAF, CENTRAL).says == ("ok", "confirmed")


def test_without_the_preparation_a_proxy_is_just_a_foreign_cluster() -> None:
    end = through("phones point-to central-tftp", LEAF, CENTRAL)
    assert end.says == ("stuck", "tvs-does-not-know")


def test_a_mixed_leaf_does_not_authorise_a_proxy_that_its_ctl_does_not_name() -> None:
    """[behaviour-more 4, 36]: the CTL also says which TFTP servers may be believed."""
    end = through(f"{CURE}; {PROXIED}", MIXED, CENTRAL, model="7975", load=OLDER, protocol="SIP")
    assert end.says == ("stuck", "tftp-not-authorised")


def test_a_proxy_in_the_ctl_of_a_mixed_leaf_is_authorised() -> None:
    """[behaviour-more 1, 36]: a tokenless CTL lists what Phone-SAST-trust holds."""
    listed = f"{CURE}; {UPDATED}; {PROXIED}"
    for security in (PLAIN, ENCRYPTED):
        end = through(listed, MIXED, CENTRAL, model="7975", load=OLDER, protocol="SIP", security=security)
        assert end.says == ("ok", "confirmed")
        assert end.last.registered_to == "pub"
    assert "lists central-tftp of another cluster as SAST" in " ".join(end.plan.remarks)
    no_tvs = through(listed, MIXED, CENTRAL, model="7960", load=LEGACY, protocol="SCCP")
    assert no_tvs.says == ("degraded", "common-files-refused")


def test_the_ctl_client_lists_a_proxy_as_a_tftp_server() -> None:
    """[SG125-ctl]: added by hand, so that phones without TVS take its common files, too."""
    tokens = "cluster ctl-client sign-with t1 tokens t1 t2"
    leaf = through(tokens, make_cluster("leaf", "9.1(2)", ("pub", "sub"))).plan.stages[-1].world.clusters[0]
    for added, says in (("", ("stuck", "tftp-not-authorised")), (" tftp central-tftp", ("ok", "confirmed"))):
        plan = f"{tokens}{added}; {TFTP}; {CALLMANAGER}; {RESET}; {PROXIED}"
        assert through(plan, leaf, CENTRAL, model="7960", load=LEGACY, protocol="SCCP").says == says
    with pytest.raises(BadInput, match="no node `nobody` in another cluster"):
        through(f"{tokens} tftp nobody", leaf, CENTRAL)


def test_a_phone_sent_to_the_proxy_before_its_ctl_names_it_must_lose_the_ctl() -> None:
    end = through(PROXIED, MIXED, CENTRAL, model="7975", load=OLDER, protocol="SIP")
    assert end.says == ("stuck", "tftp-not-authorised")
    assert end.remedy.kind.value == "erase-ctl"
    assert end.remedy.keys.startswith(f"{CURE}; pub utils ctl update CTLFile; ")


@pytest.mark.parametrize("plan", [f"{ROLLED_BACK}; {PROXIED}", f"{PROXIED}; {ROLLED_BACK}; phones reset"])
def test_the_rollback_parameter_of_the_proxys_cluster_is_the_other_cure(plan: str) -> None:
    """[SG14-sbd]: phones do not check what such a central TFTP serves."""
    for model, load in (("8861", MODERN), ("7975", OLDER)):
        end = through(plan, LEAF, CENTRAL, model=model, load=load, protocol="SIP")
        assert end.says == ("ok", "confirmed")
        assert end.last.trust.value == "current"
    assert "phones of other clusters check no common file" in " ".join(end.plan.remarks)


def test_the_rollback_parameter_frees_no_phone_that_holds_a_ctl() -> None:
    """[MIG213407]: it blanks the ITL alone."""
    plan = (
        f"{CURE}; {UPDATED}; {ROLLED_BACK}; {PROXIED}; pub delete-certificate Phone-SAST-trust central-tftp"
    )
    end = through(f"{plan}; phones reset", MIXED, CENTRAL, model="7975", load=OLDER, protocol="SIP")
    assert end.says == ("degraded", "common-files-refused")


def test_a_phone_that_reads_no_lists_takes_common_files_of_anybody() -> None:
    end = through(PROXIED, LEAF, CENTRAL, model="7960", load=LEGACY, protocol="SCCP")
    assert end.says == ("ok", "confirmed")


def test_a_renewal_at_home_reaches_phones_through_the_proxy() -> None:
    end = through(
        f"{CURE}; {PROXIED}; pub set cert regen CallManager; {TFTP}; phones reset",
        LEAF,
        CENTRAL,
    )
    assert end.starts == [(3, "ok"), (6, "ok")]
    assert end.last.trust.value == "current"


def test_a_renewal_at_the_proxy_costs_ring_lists_until_the_leaf_knows_the_new_certificate() -> None:
    renewed = (
        f"{CURE}; {PROXIED}; central-tftp set cert regen CallManager;"
        "central-tftp utils service restart Cisco Tftp; phones reset"
    )
    assert through(renewed, LEAF, CENTRAL).says == ("degraded", "common-files-refused")
    assert through(f"{renewed}; {CURE}; phones reset", LEAF, CENTRAL).says == ("ok", "confirmed")


def test_when_home_serves_no_file_the_proxy_has_none_to_relay() -> None:
    end = through(f"{CURE}; {PROXIED}; * utils service stop Cisco Tftp; phones reset", LEAF, CENTRAL)
    assert end.says == ("degraded", "no-tftp-server")
