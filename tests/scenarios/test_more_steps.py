"""The rest of the cluster's own commands in a plan: what they do to phones, or that they do nothing."""

import attrs
import pytest
from planmaking import ENCRYPTED, OLDER, RESET, TFTP, steps, through

from phoneemu.cluster.founding import make_cluster
from phoneemu.errors import BadInput

ELEVEN = make_cluster("office", "11.5(1)", ("pub", "sub"))
ELEVEN_MIXED = make_cluster("office", "11.5(1)", ("pub", "sub"), mixed=True)
TWELVE = make_cluster("office", "12.5(1)", ("pub", "sub"))
TWELVE_MIXED = make_cluster("office", "12.5(1)", ("pub", "sub"), mixed=True)
HQ = make_cluster("hq", "12.5(1)", ("hq-pub", "hq-sub"))
OK = ("ok", "confirmed")


@pytest.mark.parametrize(
    "line",
    [
        "show cert list own",
        "show cert trust tomcat-trust/pub.pem",
        "show csr list own",
        "show network cluster",
        "show version active",
        "show tls min-version",
        "show tech params enterprise",
        "utils service list page",
        "utils service auto-restart show Cisco Tftp",
        "utils fips status",
        "utils dbreplication runtimestate",
        "utils create report security",
        "utils ipsec restart",
        "utils disaster_recovery status backup",
        "utils disaster_recovery prepare restore pub_from_sub",
        "set csr gen CallManager",
        "set key regen authz signing",
        "set network cluster publisher 192.0.2.11",
        "file list tftp *.tlv detail",
        "run sql select c.servername, c.certificate from certificate as c",
        "show ctl",
        "show itl",
    ],
)
def test_looking_changes_nothing(line: str) -> None:
    end = through(f"pub {line}", TWELVE_MIXED)
    assert end.plan.stages[1].world is end.plan.stages[0].world
    assert end.says == OK


def test_the_exchange_step_by_step_is_the_exchange_at_once() -> None:
    """[BULK215539]: export on both, consolidate on one, import on both."""
    plan = (
        "pub set cert bulk sftp; pub set cert bulk export all; hq-pub set cert bulk export all;"
        "pub set cert bulk consolidate all; pub set cert bulk import all; hq-pub set cert bulk import all;"
        "phones wait 10m; phones point-to hq"
    )
    end = through(plan, TWELVE, HQ)
    assert (end.says, end.last.registered_to, end.path) == (OK, "hq-pub", "tvs")
    at_once = through("cluster bulk-exchange all with hq", TWELVE, HQ).plan.stages[-1].world
    in_steps = end.plan.stages[6].world
    for one, other in zip(at_once.clusters, in_steps.clusters, strict=True):
        stores = {store: {each.identity for each in held} for store, held in one.stores.items()}
        assert stores == {store: {each.identity for each in held} for store, held in other.stores.items()}


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (
            "pub set cert bulk export all; pub set cert bulk consolidate all",
            "two clusters must have exported",
        ),
        ("pub set cert bulk import all", "is not consolidated yet"),
    ],
)
def test_an_exchange_out_of_order_is_refused(plan: str, why: str) -> None:
    assert why in through(plan, TWELVE, HQ).plan.remarks[-1]


def test_certificates_that_nobody_exported_are_not_imported() -> None:
    plan = (
        "pub set cert bulk export tftp; hq-pub set cert bulk export tftp; pub set cert bulk consolidate tftp;"
        "pub set cert bulk import all; phones wait 10m; phones point-to hq"
    )
    assert through(plan, TWELVE, HQ).says == ("stuck", "tvs-does-not-know")


def test_back_to_the_other_partition_the_old_signer_is_known() -> None:
    """[UPG15]: that partition's own certificates, CTL and ITL come back."""
    plan = f"cluster upgrade 12.5(1)SU4; {RESET}; pub utils system switch-version; {RESET}"
    end = through(plan, ELEVEN)
    assert end.starts == [(2, "ok"), (4, "ok")]
    cluster = end.plan.stages[-1].world.clusters[0]
    assert (cluster.release.text, end.last.trust.value) == ("11.5(1)", "current")
    again = through(f"{plan}; pub utils system switch-version; {RESET}", ELEVEN)
    assert again.plan.stages[-1].world.clusters[0].release.text == "12.5(1)SU4"


def test_switching_on_every_node_is_one_switch_of_the_cluster() -> None:
    end = through(f"cluster upgrade 12.5(1)SU4; {RESET}; * utils system switch-version; {RESET}", ELEVEN)
    assert end.starts == [(2, "ok"), (4, "ok")]
    assert end.plan.stages[-1].world.clusters[0].release.text == "11.5(1)"


def test_after_renewals_on_the_new_partition_the_way_back_loses_phones() -> None:
    plan = (
        f"cluster upgrade 12.5(1)SU4; {RESET}; * set cert regen TVS; {TFTP}; {RESET};"
        f"* set cert regen CallManager; pub set cert regen ITLRecovery; {TFTP}; {RESET};"
        f"pub utils system switch-version; {RESET}"
    )
    assert through(plan, ELEVEN).says == ("stuck", "tvs-not-trusted")


def test_a_server_restored_from_the_last_backup_has_its_old_certificates() -> None:
    plan = (
        f"pub utils disaster_recovery backup network; pub set cert regen CallManager; {TFTP}; {RESET};"
        f"pub utils disaster_recovery restore network pub 2026.tar NET; {RESET}"
    )
    end = through(plan, ELEVEN)
    assert (end.says, end.path) == (OK, "tvs")
    old = ELEVEN.publisher.own["CallManager"].identity
    assert end.plan.stages[-1].world.clusters[0].publisher.own["CallManager"].identity == old


def test_a_new_address_keeps_certificates_and_needs_dhcp_to_follow() -> None:
    """[IPCHG-010]: certificates are not updated; all devices reset to fetch the ITL."""
    office = TWELVE.with_node(attrs.evolve(TWELVE.publisher, address="192.0.2.11"))
    move = "pub set network ip eth0 192.0.2.77 255.255.255.0 192.0.2.1"
    named = through(move, office)
    assert (named.starts, named.path) == ([(1, "ok")], "unchanged")
    lost = through(move, office, tftp=("192.0.2.11",))
    assert lost.says == ("degraded", "no-tftp-server")
    followed = through(f"{move}; phones point-to 192.0.2.77", office, tftp=("192.0.2.11",))
    assert followed.says == OK


def test_the_address_must_be_in_the_ctl_of_a_cluster_that_is_known_by_addresses() -> None:
    """[behaviour-more 4]: a valid signature does not help; the new CTL sits on an unauthorised server."""
    pub = TWELVE_MIXED.publisher
    assert pub.ctl is not None
    by_address = tuple(
        attrs.evolve(each, dns_name="192.0.2.11") if each.dns_name == "pub" else each
        for each in pub.ctl.records
    )
    ctl = attrs.evolve(pub.ctl, records=by_address)
    office = TWELVE_MIXED.with_node(attrs.evolve(pub, address="192.0.2.11", ctl=ctl))
    plan = "pub set network ip eth0 192.0.2.77; phones point-to 192.0.2.77"
    assert through(plan, office, model="7975", load=OLDER, protocol="SIP", tftp=("pub",)).says == (
        "stuck",
        "tftp-not-authorised",
    )


def test_without_the_makers_certificates_phones_that_have_no_lsc_lose_tls() -> None:
    """[CLI15-set]: the roots of factory certificates leave the trust stores."""
    plan = f"phones lsc delete; pub set cert default-ca-list disable all; {RESET}"
    lost = through(plan, TWELVE_MIXED, security=ENCRYPTED)
    assert lost.says == ("out-of-service", "device-certificate-refused")
    assert (
        through(
            f"{plan}; pub set cert default-ca-list enable all; {RESET}", TWELVE_MIXED, security=ENCRYPTED
        ).says
        == OK
    )
    with_lsc = through(f"pub set cert default-ca-list disable all; {RESET}", TWELVE_MIXED, security=ENCRYPTED)
    assert with_lsc.says == OK
    one = through(plan.replace(" all", " CAP-RTP-001"), TWELVE_MIXED, security=ENCRYPTED)
    assert one.says == ("cannot-say", "device-certificate-unknown")


def test_an_own_certificate_of_a_ca_may_be_pasted() -> None:
    """As an upload: the TVS vouches for the new signer [SEED118893]."""
    end = through(f'pub set cert import own CallManager "Example CA"; {TFTP}; {RESET}', ELEVEN)
    assert (end.says, end.path) == (OK, "tvs")


def test_set_cert_delete_takes_a_certificate_out_of_its_trust_store() -> None:
    upload = "pub upload Phone-SAST-trust ITLRecovery@hq; pub upload Phone-SAST-trust CallManager@hq"
    deleted = "pub set cert delete Phone-SAST ITLRECOVERY_hq-pub.pem"
    assert through(f"{upload}; {deleted}; phones point-to hq", TWELVE, HQ).says == (
        "stuck",
        "tvs-does-not-know",
    )


@pytest.mark.parametrize(
    ("plan", "what"),
    [
        ("pub utils system switch-version", "nothing was upgraded in this runbook"),
        ("pub set cert bulk export toast", "no certificate type `toast`"),
        ("pub run sql delete from device", "only queries are emulated"),
        ("pub set cert import own tomcat", "say which certificate is pasted"),
        ("pub utils disaster_recovery restore network pub a b", "no backup `backup`"),
    ],
)
def test_what_cannot_be_done_is_named_with_its_place(plan: str, what: str) -> None:
    with pytest.raises(BadInput, match=rf"^runbook:1: .*{what}"):
        through(plan, TWELVE)


def test_every_look_is_one_verb() -> None:
    assert {step.verb for step in steps("pub show version active; pub utils fips status")} == {"look"}
