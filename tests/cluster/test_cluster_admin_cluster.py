"""The cluster as a whole: backups, upgrades, exchange with another cluster, a reused certificate."""

from collections.abc import Mapping

import pytest
from office import Office

from phoneemu.cluster.state import Certificate, Cluster
from phoneemu.core.names import Identity
from phoneemu.errors import BadInput


def own(office: Office, node: str = "pub") -> Mapping[str, Certificate]:
    return office.cluster.by_name[node].own


def identities(office: Office) -> set[tuple[str, str, Identity]]:
    return {
        (node.name, unit, certificate.identity)
        for node in office.cluster.nodes
        for unit, certificate in node.own.items()
    }


def stored(cluster: Cluster, store: str) -> set[Identity]:
    return {certificate.identity for certificate in cluster.stores.get(store, ())}


# ---------------------------------------------------------------- backup and restore


def test_a_restored_cluster_is_what_it_was() -> None:
    office = Office("11.5(1)", mixed=True)
    before, ctl = identities(office), office.cluster.publisher.ctl
    itls = [node.itl for node in office.cluster.nodes]
    office.does("cluster backup monday", "* set cert regen CallManager", "* set cert regen TVS")
    office.does("pub utils ctl set-cluster non-secure-mode", "* utils service restart Cisco Tftp")
    assert identities(office) != before
    done = office.does("cluster restore Monday")
    assert not done.refused
    assert identities(office) == before
    assert office.cluster.mixed
    assert office.cluster.publisher.ctl is ctl
    assert [node.itl for node in office.cluster.nodes] == itls
    assert office.cluster.publisher.running["TFTP"] is own(office)["CallManager"]
    assert any("unlocked by hand" in remark for remark in done.remarks)


def test_after_a_restore_a_phone_can_use_the_tvs_that_its_list_names_at_the_next_renewal() -> None:
    """The publisher starts before the subscriber, and its ITL still names the subscriber's TVS of then."""
    office = Office("11.5(1)")
    phone = office.phone("8861", group=("sub",), tftp=("pub",))
    office.does("cluster backup monday", "* set cert regen TVS", "* utils service restart Cisco Tftp")
    phone.restarts()
    office.does("cluster restore monday")
    phone.restarts()
    office.does("pub set cert regen CallManager", "* utils service restart Cisco Tftp")
    phone.restarts()
    assert phone.flash.itl == office.cluster.publisher.itl


def test_a_phone_that_took_a_list_with_nothing_in_common_refuses_the_restored_one() -> None:
    office = Office("11.5(1)", ("pub",))
    office.does("cluster backup monday")
    office.does("pub set cert regen CallManager", "pub set cert regen TVS")
    office.does("pub set cert regen ITLRecovery", "pub utils service restart Cisco Tftp")
    phone = office.phone("8861")
    office.does("cluster restore monday")
    held = phone.flash.itl
    phone.restarts()
    assert phone.flash.itl is held


def test_one_node_is_restored_alone_and_a_subscriber_brings_no_database() -> None:
    office = Office("11.5(1)")
    office.does("cluster backup monday")
    before = dict(own(office, "sub"))
    office.does("sub set cert regen CallManager", "pub set cert regen TVS", 'cluster parameter "x" = 1')
    changed = own(office)["TVS"].identity
    office.does("sub restore monday")
    assert own(office, "sub") == before
    assert own(office)["TVS"].identity == changed
    assert dict(office.cluster.parameters) == {"x": "1"}
    office.does("pub restore monday")
    assert dict(office.cluster.parameters) == {}


def test_a_backup_of_another_name_or_release_is_not_restored() -> None:
    office = Office("11.5(1)")
    office.does("cluster backup monday", "sub set network hostname other")
    done = office.does("cluster restore monday")
    assert done.refused
    assert "node sub has another name than in the backup" in done.lines[0]
    assert office.does("other restore monday").refused
    office = Office("11.5(1)")
    office.does("cluster backup monday", "cluster upgrade 12.5(1)SU4")
    assert "the cluster runs 12.5(1)SU4" in office.does("cluster restore monday").lines[0]


# ---------------------------------------------------------------- upgrade


def test_an_upgrade_over_12_lets_itlrecovery_sign_and_phones_follow() -> None:
    office = Office("11.5(1)", mixed=True)
    phone, ctl = office.phone("8861"), office.cluster.publisher.ctl
    callmanager = own(office)["CallManager"]
    done = office.does("cluster upgrade 12.5(1)SU4")
    assert not done.resets
    assert own(office)["CallManager"] is callmanager
    assert office.cluster.publisher.ctl is ctl
    itl = office.cluster.publisher.itl
    assert itl is not None
    assert itl.signer == own(office)["ITLRecovery"].identity
    phone.restarts()
    assert phone.flash.itl is itl
    assert ("asked tvs", "pub") not in phone.story


def test_an_upgrade_from_9_makes_the_recovery_key_and_phones_need_a_tvs() -> None:
    office = Office("9.1(2)")
    phone = office.phone("8861")
    office.does("cluster upgrade 12.5(1)SU4")
    assert own(office)["ITLRecovery"].origin == "story:1 made it"
    phone.restarts()
    assert any(event[0] == "asked tvs" for event in phone.story)


def test_one_recovery_key_and_one_capf_are_left_where_the_release_has_one() -> None:
    office = Office("11.5(1)")
    office.does("cluster upgrade 12.5(1)SU4")
    assert ("ITLRecovery" in own(office, "sub"), "CAPF" in own(office, "sub")) == (False, True)
    capf = own(office, "sub")["CAPF"].identity
    office.does("cluster upgrade 14SU3")
    assert "CAPF" not in own(office, "sub")
    assert capf in stored(office.cluster, "CallManager-trust")


@pytest.mark.parametrize(
    ("to", "how", "renews"),
    [
        ("12.5(1)SU2", " refresh", True),
        ("12.5(1)SU2", "", False),
        ("12.5(1)SU3", " refresh", False),
        ("12.0(1)", " refresh", False),
    ],
)
def test_a_refresh_upgrade_before_su3_renews_the_recovery_key(
    to: str,
    how: str,
    renews: bool,  # noqa: FBT001 - a table value
) -> None:
    office = Office("11.5(1)", mixed=True)
    before = own(office)["ITLRecovery"].identity
    done = office.does(f"cluster upgrade {to}{how}")
    assert (own(office)["ITLRecovery"].identity != before) is renews
    assert any("FN70613" in remark for remark in done.remarks) is renews
    ctl = office.cluster.publisher.ctl
    assert ctl is not None
    assert before in ctl.sast


def test_an_upgrade_warns_of_tokens_that_will_not_sign_again() -> None:
    office = Office("12.5(1)", mixed=True, tokens=("a", "b"))
    assert any("hardware tokens" in remark for remark in office.does("cluster upgrade 14SU3").remarks)
    office = Office("12.5(1)", mixed=True)
    assert not any("hardware tokens" in remark for remark in office.does("cluster upgrade 14SU3").remarks)


def test_an_upgrade_starts_no_node_that_is_off() -> None:
    office = Office("11.5(1)")
    office.does("sub power off", "cluster upgrade 12.5(1)SU4")
    assert not office.cluster.by_name["sub"].up


# ---------------------------------------------------------------- exchange


def test_an_exchange_lets_each_tvs_vouch_for_the_others_signers() -> None:
    office, other = Office("10.5(2)"), Office("12.5(1)", ("dst", "dst2"), name="other")
    office.knows(other)
    done = office.does("cluster bulk-exchange all with other")
    assert done.resets
    foreign = {own(other, node)["CallManager"].identity for node in ("dst", "dst2")}
    foreign.add(own(other, "dst")["ITLRecovery"].identity)
    assert foreign <= stored(done.cluster, "Phone-SAST-trust")
    assert foreign <= stored(done.cluster, "CallManager-trust")
    back = done.others["other"]
    assert own(office)["CallManager"].identity in stored(back, "Phone-SAST-trust")
    assert own(office)["tomcat"].identity in stored(back, "tomcat-trust")


def test_an_exchange_of_tftp_certificates_alone_leaves_the_signer_out() -> None:
    office, other = Office("10.5(2)"), Office("12.5(1)", ("dst",), name="other")
    office.knows(other)
    done = office.does("cluster bulk-exchange TFTP with other-cluster")
    assert own(other, "dst")["CallManager"].identity in stored(done.cluster, "Phone-SAST-trust")
    assert own(other, "dst")["ITLRecovery"].identity not in stored(done.cluster, "Phone-SAST-trust")
    assert any("use all" in remark for remark in done.remarks)


def test_a_certificate_of_a_node_without_tftp_is_not_exchanged() -> None:
    office, other = Office("10.5(2)"), Office("10.5(2)", ("dst",), name="other")
    other.does("cluster add-node calls callmanager")
    office.knows(other)
    done = office.does("cluster bulk-exchange tftp with other")
    assert own(other, "calls")["CallManager"].identity not in stored(done.cluster, "Phone-SAST-trust")


@pytest.mark.parametrize("model", ["8861", "7975"])
def test_phones_move_after_an_exchange(model: str) -> None:
    office, other = Office("10.5(2)"), Office("12.5(1)", ("dst",), name="other")
    office.knows(other)
    phone = office.phone(model)
    other.cluster = office.does("cluster bulk-exchange all with other").others["other"]
    phone.points_to("dst").restarts()
    assert phone.flash.itl is not None
    assert phone.flash.itl.signer == own(other, "dst")["ITLRecovery"].identity


def test_of_two_certificates_of_one_name_the_later_stays() -> None:
    office, other = Office("11.5(1)"), Office("11.5(1)", ("dst",), name="other")
    office.knows(other)
    old = other.cluster
    office.does("pub upload Phone-SAST-trust CallManager@other")
    other.does("cluster wait 1h", "dst set cert regen CallManager")
    office.does("pub upload Phone-SAST-trust CallManager@other")
    new = own(other, "dst")["CallManager"].identity
    assert new in stored(office.cluster, "Phone-SAST-trust")
    assert old.publisher.own["CallManager"].identity not in stored(office.cluster, "Phone-SAST-trust")
    other.cluster = old
    assert office.does("pub upload Phone-SAST-trust CallManager@other").refused
    done = office.does("cluster bulk-exchange tftp with other")
    assert new in stored(done.cluster, "Phone-SAST-trust")


# ---------------------------------------------------------------- reuse


def test_a_shared_tomcat_certificate_takes_callmanagers_place_on_every_node() -> None:
    office = Office("14SU3", mixed=True)
    office.does('pub upload tomcat signed-by "Example CA" multi-server')
    done = office.does("pub reuse-certificate tomcat for CallManager")
    shared = own(office)["tomcat"].identity
    assert done.resets
    for node in office.cluster.nodes:
        assert node.own["CallManager"].identity == shared
        assert node.running["TFTP"].identity == shared
        assert node.itl is not None
        assert shared in node.itl.file_signers


@pytest.mark.parametrize(
    ("release", "why"),
    [("12.5(1)", "reused from 14 on"), ("14SU3", "only a multi-server tomcat certificate")],
)
def test_a_certificate_that_cannot_be_shared_is_not(release: str, why: str) -> None:
    office = Office(release)
    before = office.cluster
    done = office.does("pub reuse-certificate tomcat for CallManager")
    assert done.refused
    assert why in done.lines[0]
    assert done.cluster == before


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("cluster restore monday", "no backup `monday`: none was made"),
        ("cluster upgrade 14", "14 is not later than 14SU3"),
        ("cluster upgrade later", "`later` is not a release"),
        ("cluster bulk-exchange TFTP with mars", "no other cluster `mars`; there is none"),
        ("cluster bulk-exchange toast with mars", "no certificate type `toast`"),
        ("pub reuse-certificate tomcat-ECDSA for CallManager", "only `reuse-certificate tomcat for"),
    ],
)
def test_a_wrong_call_is_named_with_its_place(line: str, what: str) -> None:
    with pytest.raises(BadInput, match=r"^story:1: ") as error:
        Office("14SU3").does(line)
    assert what in str(error.value)
