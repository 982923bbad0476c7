"""A certificate's date passes. What follows is told where a source tells it, else nobody can say."""

import attrs
from listmaking import rsa_key
from planmaking import ENCRYPTED, through

from phoneemu.cluster import lab
from phoneemu.cluster.founding import make_cluster
from phoneemu.core.ruling import Reason

OFFICE = make_cluster("office", "11.5(1)", ("pub", "sub"), mixed=True)
NEWER = make_cluster("office", "12.5(1)", ("pub", "sub"))


def test_an_expired_callmanager_takes_tls_registrations_and_trust_in_tftp() -> None:
    """[REGEN214231]: encrypted phones do not register, the TFTP server is not trusted."""
    plain = through("* expire CallManager; phones reset", OFFICE)
    assert plain.says == ("stuck", "signer-expired")
    assert plain.last.registered_to == "pub"
    assert plain.story.lost_at == 2
    assert through("* expire CallManager; phones reset", OFFICE, security=ENCRYPTED).says == (
        "out-of-service",
        "signer-expired",
    )


def test_where_one_callmanager_has_expired_a_secure_phone_stands_on_the_other() -> None:
    end = through("pub expire CallManager; phones reset", OFFICE, security=ENCRYPTED, tftp=("sub", "pub"))
    assert end.says == ("degraded", "callmanager-expired")
    assert end.last.registered_to == "sub"


def test_a_renewal_after_the_date_heals_what_the_date_broke() -> None:
    end = through(
        "pub expire CallManager; phones reset; pub set cert regen CallManager; pub utils ctl update CTLFile;"
        "* utils service restart Cisco Tftp; * utils service restart Cisco CallManager; phones reset",
        OFFICE,
        security=ENCRYPTED,
    )
    assert end.starts == [(2, "stuck"), (7, "ok")]
    assert end.path == "tvs"


def test_an_expired_tvs_costs_https_services_and_vouches_for_nobody() -> None:
    """[CASIGN217138]: registered phones keep calls and lose HTTPS services."""
    assert through("* expire TVS; phones reset", OFFICE).says == ("degraded", "tvs-expired")
    renewed = through(
        "* expire TVS; pub set cert regen CallManager; * utils service restart Cisco Tftp; phones reset",
        OFFICE,
    )
    assert renewed.says == ("stuck", "tvs-expired")
    assert renewed.remedy.kind.value == "reset-itl"


def test_the_second_tvs_vouches_when_the_first_has_expired() -> None:
    end = through(
        "pub expire TVS; pub set cert regen CallManager; pub utils ctl update CTLFile;"
        "* utils service restart Cisco Tftp; * utils service restart Cisco CallManager; phones reset",
        OFFICE,
    )
    assert (end.says, end.path) == (("ok", "confirmed"), "tvs")


def test_lists_of_an_expired_recovery_key_cannot_be_told_once_they_change() -> None:
    """An unchanged list is not judged again; whether phones look at a list signer's date nobody printed."""
    assert through("pub expire ITLRecovery; phones reset", NEWER).says == ("ok", "confirmed")
    changed = through(
        "pub expire ITLRecovery; pub set cert regen CallManager; * utils service restart Cisco Tftp;"
        "phones reset",
        NEWER,
    )
    assert changed.says == ("cannot-say", "signer-expired")


def test_an_expired_capf_leaves_phones_with_an_lsc_untold_and_others_alone() -> None:
    assert through("pub expire CAPF; phones reset", OFFICE).says == ("ok", "confirmed")
    assert through("pub expire CAPF; phones reset", OFFICE, security=ENCRYPTED).says == (
        "cannot-say",
        "capf-expired",
    )


def test_an_expired_web_certificate_breaks_https_services_and_no_list() -> None:
    """[REGEN214231]: tomcat expired: HTTPS phone services fail."""
    end = through("* expire tomcat; phones reset", NEWER)
    assert end.says == ("degraded", "https-certificate-expired")
    assert end.last.trust.value == "current"


def test_a_phone_without_lists_takes_the_first_one_whatever_its_date() -> None:
    end = through("pub expire ITLRecovery; phones factory-reset", NEWER)
    assert end.says == ("ok", "confirmed")
    assert Reason.FIRST_TRUST in {ruled.reason for ruled in end.story.episodes[-1].boot.journal.rulings()}


def test_waiting_long_enough_is_expiring() -> None:
    end = through("cluster wait 1900d; phones reset", NEWER)
    assert end.says == ("stuck", "signer-expired")


def test_a_certificate_known_by_its_bytes_expires_too_and_one_of_a_lab_does_not() -> None:
    pub = NEWER.publisher
    read = attrs.evolve(pub.own["TVS"], der=b"as exported")
    exported = NEWER.with_node(attrs.evolve(pub, own={**pub.own, "TVS": read}))
    assert through("pub expire TVS", exported).plan.remarks[0].startswith("step 1 (runbook:1): registered")
    in_lab = make_cluster("lab", "12.5(1)", ("pub",), maker=lab.maker(lambda: rsa_key(1024, 1)))
    end = through("pub expire TVS", in_lab, tftp=("pub",), group=("pub",))
    assert "cannot be made to expire" in end.plan.remarks[0]
