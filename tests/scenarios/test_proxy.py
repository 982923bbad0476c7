"""A proxy TFTP of another cluster: it relays a phone's files unchanged and signs common files itself."""

from planmaking import LEGACY, OLDER, TFTP, through

from phoneemu.cluster.founding import make_cluster

LEAF = make_cluster("leaf", "12.5(1)", ("pub", "sub"))
MIXED = make_cluster("leaf", "12.5(1)", ("pub", "sub"), mixed=True)
CENTRAL = make_cluster("central", "12.5(1)", ("central-tftp",))
PROXIED = "central-tftp proxy-tftp for leaf; phones point-to central-tftp"
CURE = "pub upload Phone-SAST-trust CallManager@central-tftp"


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
