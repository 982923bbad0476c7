"""Registered, and yet not well: plans after which a phone works on its last legs are never called ok."""

import attrs
import pytest
from planmaking import CALLMANAGER, ENCRYPTED, OLDER, RESET, TFTP, through

from phoneemu.cluster.founding import make_cluster
from phoneemu.core.trustlist import Role
from phoneemu.fleet.outcome import missing

MIXED = make_cluster("office", "11.5(1)", ("pub", "sub"), mixed=True)
NEWER = make_cluster("office", "12.5(1)", ("pub", "sub"), mixed=True)
NEWEST = make_cluster("office", "14SU3", ("pub", "sub"), mixed=True)
SHA_512 = 'cluster parameter "TFTP File Signature Algorithm" = SHA-512'
UPDATED = "pub utils ctl update CTLFile; * utils service restart Cisco Tftp; phones reset"
RENEWED = f"pub set cert regen CallManager; {UPDATED}"
SHARED = (
    'pub upload tomcat signed-by "Example CA" multi-server; pub reuse-certificate tomcat for CallManager;'
    "phones wait 30m"
)


def test_without_the_ctl_update_a_secure_phone_leaves_its_first_callmanager() -> None:
    """[SG1251SU2-ctl]: the renewed CallManager is not in the CTL, so TLS to it fails."""
    end = through(
        "pub set cert regen CallManager; * utils service restart Cisco Tftp;"
        "* utils service restart Cisco CallManager; phones reset",
        MIXED,
        security=ENCRYPTED,
    )
    assert end.says == ("degraded", "callmanager-not-in-ctl")
    assert end.last.registered_to == "sub"
    assert end.remedy.kind.value == "update-ctl"


def test_with_the_restart_forgotten_the_new_ctl_does_not_know_the_running_callmanager() -> None:
    end = through(
        "pub set cert regen CallManager; pub utils ctl update CTLFile; phones reset",
        NEWER,
        security=ENCRYPTED,
    )
    assert end.says == ("degraded", "callmanager-not-in-ctl")


@pytest.mark.parametrize(
    ("model", "load", "says"),
    [("7975", OLDER, ("degraded", "tvs-tls-version")), ("8861", "12-8-1", ("ok", "confirmed"))],
)
def test_a_tls_floor_alone_takes_https_services_from_older_phones(
    model: str, load: str, says: tuple[str, str]
) -> None:
    """[SG1251SU2-tls]: legacy phones cannot reach TVS or HTTPS then."""
    end = through("pub set tls min-version 1.2; phones reset", NEWER, model=model, load=load, protocol="SIP")
    assert end.says == says


def test_a_tvs_too_old_for_the_phone_is_no_use_to_https_services() -> None:
    """[RN1431SR3]: from 14.3(1)SR3 the phone asks for TLS 1.2; release 9 does not speak it."""
    old = make_cluster("office", "9.1(2)", ("pub", "sub"))
    assert through("phones reset", old, load="14-3-1SR3").says == ("degraded", "tvs-tls-version")
    assert through("phones reset", old, load="14-2-1").says == ("ok", "confirmed")


def test_a_phone_that_no_tftp_server_answers_is_not_well() -> None:
    end = through("* utils service stop Cisco Tftp; phones reset", NEWER)
    assert end.says == ("degraded", "no-tftp-server")
    assert end.last.registered_to == "pub"


def test_a_new_digest_counts_from_the_restart_of_tftp_on() -> None:
    """[SG15-tftp]: update the CTL, restart TFTP, reset phones; before that nothing is signed anew."""
    forgotten = through(f"{SHA_512}; phones reset", NEWER, model="7975", load=OLDER, protocol="SIP")
    assert forgotten.says == ("ok", "confirmed")
    done = through(
        f"{SHA_512}; phones reset; * utils service restart Cisco Tftp; phones reset",
        NEWER,
        model="7975",
        load=OLDER,
        protocol="SIP",
    )
    assert (done.says, done.story.lost_at) == (("out-of-service", "digest-unsupported"), 4)


def test_back_to_sha_1_without_a_restart_brings_nobody_back() -> None:
    end = through(
        f"{SHA_512}; * utils service restart Cisco Tftp; {SHA_512.replace('512', '1')}; phones reset",
        NEWER,
        model="7975",
        load=OLDER,
        protocol="SIP",
    )
    assert end.says == ("out-of-service", "digest-unsupported")


@pytest.mark.parametrize("tftp", [("pub", "sub"), ("sub", "pub")])
@pytest.mark.parametrize(
    ("load", "says"),
    [("14-2-1", ("stuck", "multi-san-unsupported")), ("14-2-1SR1", ("ok", "confirmed"))],
)
def test_one_certificate_for_all_servers_needs_a_load_that_finds_its_tftp_server(
    tftp: tuple[str, ...], load: str, says: tuple[str, str]
) -> None:
    """[RN8800-1421SR1]; the CTL names the publisher alone then, and that harms no subscriber [IPCHG-01]."""
    office = make_cluster("office", "14SU3", ("pub", "sub"), mixed=True)
    plan = f"{SHARED}; pub utils ctl update CTLFile; phones reset"
    assert through(plan, office, load=load, tftp=tftp).says == says


def test_a_secure_phone_whose_callmanager_was_renewed_does_not_escape_to_a_tftp_server() -> None:
    text = f"pub set cert regen CallManager; {TFTP}; {CALLMANAGER}; {RESET}"
    end = through(text, NEWER, security=ENCRYPTED, group=("pub",))
    assert end.says == ("out-of-service", "callmanager-not-in-ctl")


def test_a_phone_that_only_a_tftp_server_takes_as_callmanager_is_not_well() -> None:
    end = through(f"pub utils service stop Cisco CallManager; {RESET}", NEWER, group=("pub",))
    assert end.says == ("degraded", "callmanager-silent")
    assert end.last.registered_to == "sub"


def test_a_secure_phone_that_only_one_callmanager_takes_has_no_failover() -> None:
    """The subscriber was renewed and the CTL was not: nothing shows until the publisher stops."""
    renewed = (
        "sub set cert regen CallManager; * utils service restart Cisco Tftp;"
        "* utils service restart Cisco CallManager"
    )
    end = through(f"{renewed}; phones reset", MIXED, security=ENCRYPTED)
    assert (end.says, end.last.registered_to) == (("degraded", "no-failover"), "pub")
    assert end.last.decisive is not None
    assert end.last.decisive.reason.value == "callmanager-not-in-ctl"
    updated = through(f"{renewed}; pub utils ctl update CTLFile; phones reset", MIXED, security=ENCRYPTED)
    assert updated.says == ("ok", "confirmed")
    down = through("sub power off; phones reset", MIXED, security=ENCRYPTED)
    assert down.says == ("ok", "confirmed"), "a node that is down is no fault of any certificate"


def test_what_a_partial_copy_leaves_out_is_not_called_broken() -> None:
    """The TVS certificates of a copied ITL may be among the records that are missing."""
    whole = NEWER.publisher.itl
    assert whole is not None
    shown = tuple(each for each in whole.records if each.role != Role.TVS)
    cut = attrs.evolve(whole, records=shown, complete=False)
    office = NEWER.with_node(attrs.evolve(NEWER.publisher, itl=cut))
    assert through("phones reset", office).says == ("ok", "confirmed")
    renewed = through("* set cert regen TVS; phones wait 30m; phones reset", office)
    assert renewed.says == ("cannot-say", "list-incomplete")
    assert "show itl" in missing(renewed.last, renewed.story.station.profile)


def test_whether_https_fails_is_not_said_of_a_model_that_may_ask_no_tvs() -> None:
    end = through(
        'cluster parameter "Prepare Cluster for Rollback to pre 8.0" = True; phones reset',
        make_cluster("office", "12.5(1)", ("pub", "sub")),
        model="7937",
        load="",
        protocol="SCCP",
    )
    assert end.says == ("cannot-say", "tvs-support-unknown")
    assert missing(end.last, end.story.station.profile).startswith("trust.asks_tvs of this model")


@pytest.mark.parametrize(
    ("text", "model", "load", "fact"),
    [
        (
            "pub set tls min-version 1.2; phones reset",
            "DX650",
            "10-2-3",
            "tls.max of this model is not known",
        ),
        (RENEWED, "8821", "11-0-4", "signed by a certificate the installed lists name for it; CSCuz22603"),
        (
            f"{SHARED}; {UPDATED}",
            "7965",
            OLDER,
            "trust.finds_multi_san of this model is not known",
        ),
    ],
)
def test_a_cannot_say_names_the_fact_that_is_missing(text: str, model: str, load: str, fact: str) -> None:
    cluster = NEWEST if text.startswith(SHARED) else NEWER
    end = through(text, cluster, model=model, load=load, protocol="SIP")
    assert end.says[0] == "cannot-say"
    assert missing(end.last, end.story.station.profile).startswith(fact)
    assert not missing(through("phones reset", NEWER).last, end.story.station.profile)


@pytest.mark.parametrize(
    ("load", "says"),
    [("10-3-1SR4-1", ("degraded", "itl-lost")), ("10-3-1SR4b-1", ("ok", "confirmed"))],
)
def test_a_phone_whose_load_drops_its_itl_trusts_no_tvs_until_it_starts_again(
    load: str, says: tuple[str, str]
) -> None:
    """[RN8831SR4B]: CSCvc28555, when all CallManager certificates change; fixed in 10.3(1)SR4b."""
    plain = make_cluster("office", "12.5(1)", ("pub", "sub"))
    renewed = f"* set cert regen CallManager; {TFTP}; {RESET}"
    end = through(renewed, plain, model="8831", load=load, protocol="SIP")
    assert end.says == says
    assert (end.story.station.flash.itl is None) is (says[0] == "degraded")
    if says[0] == "degraded":
        assert (end.remedy.kind.value, end.remedy.keys) == ("reset", "phones reset")
    assert through(f"{renewed}; {RESET}", plain, model="8831", load=load, protocol="SIP").says[0] == "ok"
