"""What a node becomes: host names, domains, FIPS, new and reinstalled nodes."""

from collections.abc import Mapping

import pytest
from office import Office

from phoneemu.cluster.state import Certificate
from phoneemu.core.names import Identity
from phoneemu.errors import BadInput


def own(office: Office, node: str) -> Mapping[str, Certificate]:
    return office.cluster.by_name[node].own


def changed(before: Mapping[str, Certificate], after: Mapping[str, Certificate]) -> set[str]:
    return {unit for unit in after if unit not in before or before[unit].identity != after[unit].identity}


def itl_signers(office: Office, node: str) -> frozenset[Identity]:
    itl = office.cluster.by_name[node].itl
    assert itl is not None
    return itl.file_signers


def ctl_signers(office: Office, node: str) -> frozenset[Identity]:
    ctl = office.cluster.by_name[node].ctl
    return frozenset() if ctl is None else ctl.file_signers


def tvs_listed(office: Office, node: str) -> frozenset[Identity]:
    itl = office.cluster.by_name[node].itl
    assert itl is not None
    return itl.tvs


# ---------------------------------------------------------------- host names and domains


@pytest.mark.parametrize("release", ["9.1(2)", "10.5(2)", "12.5(1)", "15"])
def test_a_new_host_name_renews_everything_but_the_recovery_key(release: str) -> None:
    office = Office(release)
    before = own(office, "pub")
    done = office.does("pub set network hostname boss")
    assert done.resets
    assert not done.refused
    assert office.cluster.publisher.name == "boss"
    assert changed(before, own(office, "boss")) == set(before) - {"ITLRecovery"}
    assert own(office, "boss")["CallManager"].identity.common_name == "boss"
    assert own(office, "boss")["CallManager"].identity in itl_signers(office, "boss")
    assert own(office, "boss")["TVS"].identity in tvs_listed(office, "sub")
    assert "updating server table from:'pub', to: 'boss'" in done.lines


def test_a_renamed_node_is_still_found_where_phones_know_it() -> None:
    office = Office("12.5(1)")
    office.does("pub set network hostname boss")
    assert office.cluster.node("pub") is office.cluster.node("boss")
    phone = office.phone("8861", tftp=("pub",))
    assert phone.registered_to is not None


def test_a_phone_follows_a_new_host_name_through_the_other_tvs() -> None:
    office = Office("10.5(1)")
    phone = office.phone("7975")
    office.does("pub set network hostname boss")
    phone.restarts()
    assert ("asked tvs", "sub") in phone.story
    assert phone.registered_to is not None
    assert own(office, "boss")["CallManager"].identity in phone.flash.itl.file_signers  # type: ignore[union-attr]


def test_a_single_server_that_is_renamed_loses_phones_before_12_and_keeps_them_later() -> None:
    for release, kept in (("10.5(1)", False), ("12.5(1)", True)):
        office = Office(release, ("pub",))
        phone = office.phone("8861")
        office.does("pub set network hostname boss")
        phone.restarts()
        assert phone.flash.itl is not None
        assert (own(office, "boss")["CallManager"].identity in phone.flash.itl.file_signers) is kept


def test_a_domain_goes_into_the_names_of_the_nodes_certificates() -> None:
    office = Office("12.5(1)", mixed=True)
    before = own(office, "sub")
    done = office.does("sub set network domain example.org")
    assert changed(before, own(office, "sub")) == set(before) - {"ITLRecovery"}
    assert own(office, "sub")["TVS"].identity.common_name == "sub.example.org"
    assert own(office, "sub")["CAPF"].identity.common_name.startswith("CAPF-")
    assert not done.resets
    assert any("until `utils ctl update CTLFile`" in remark for remark in done.remarks)
    assert own(office, "sub")["CallManager"].identity in itl_signers(office, "sub")


# ---------------------------------------------------------------- FIPS


@pytest.mark.parametrize(("release", "recovery"), [("10.5(2)", True), ("15SU2", True), ("15SU3", False)])
def test_fips_renews_a_node_and_from_15su3_not_its_recovery_key(
    release: str,
    recovery: bool,  # noqa: FBT001 - a table value
) -> None:
    office = Office(release)
    before = own(office, "pub")
    done = office.does("pub utils fips enable")
    assert changed(before, own(office, "pub")) == set(before) - (set() if recovery else {"ITLRecovery"})
    assert "FIPS mode enabled successfully." in done.lines
    assert done.resets is office.cluster.release.at_least(14)
    assert own(office, "pub")["CallManager"].identity in itl_signers(office, "pub")
    assert office.does("pub utils fips disable").lines[0].endswith("NON-FIPS mode and will reboot.")


def test_fips_on_both_nodes_at_once_leaves_phones_behind() -> None:
    office = Office("11.5(1)")
    phone = office.phone("8861")
    office.does("pub utils fips enable", "sub utils fips enable")
    phone.restarts()
    assert phone.flash.itl is not None
    assert own(office, "pub")["CallManager"].identity not in phone.flash.itl.file_signers


# ---------------------------------------------------------------- new nodes


@pytest.mark.parametrize(("release", "at_once"), [("12.5(1)", False), ("14", True)])
def test_a_new_nodes_tvs_enters_the_other_itls(
    release: str,
    at_once: bool,  # noqa: FBT001 - a table value
) -> None:
    office = Office(release, mixed=True)
    done = office.does("cluster add-node third tftp callmanager")
    tvs = own(office, "third")["TVS"].identity
    assert tvs in tvs_listed(office, "third")
    assert (tvs in tvs_listed(office, "pub")) is at_once
    assert not ctl_signers(office, "third")
    assert own(office, "third")["CallManager"].identity in {
        held.identity for held in office.cluster.stores["Phone-SAST-trust"]
    }
    assert any("third has no CTL" in remark for remark in done.remarks)
    office.does("* utils service restart Cisco Tftp", "pub utils ctl update CTLFile")
    assert tvs in tvs_listed(office, "pub")
    assert own(office, "third")["CallManager"].identity in ctl_signers(office, "third")


def test_a_new_node_without_tftp_serves_no_list() -> None:
    office = Office("12.5(1)")
    office.does("cluster add-node third callmanager")
    assert office.cluster.by_name["third"].itl is None
    assert office.cluster.by_name["third"].runs("TVS")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("cluster add-node sub tftp", "cluster office has a node `sub` already"),
        ("cluster add-node third", "say which services third runs; known are callmanager, tftp, tvs, capf"),
        ("cluster add-node third tftp toaster", "no service `toaster`"),
        ("pub set network hostname SUB", "cluster office has a node `SUB` already"),
    ],
)
def test_a_new_name_must_be_free_and_its_services_known(line: str, what: str) -> None:
    with pytest.raises(BadInput, match=r"^story:1: ") as error:
        Office("12.5(1)").does(line)
    assert what in str(error.value)


# ---------------------------------------------------------------- reinstalled nodes


def test_a_reinstalled_publisher_is_vouched_for_by_the_other_node() -> None:
    office = Office("11.5(1)")
    phone = office.phone("8861")
    before = own(office, "pub")
    office.does("pub power off", "pub reinstall")
    assert changed(before, own(office, "pub")) == set(before)
    assert office.cluster.publisher.up
    phone.restarts()
    assert ("asked tvs", "sub") in phone.story
    assert phone.flash.itl is not None
    assert own(office, "pub")["CallManager"].identity in phone.flash.itl.file_signers


def test_a_reinstalled_node_has_no_ctl_until_it_is_written_again() -> None:
    office = Office("12.5(1)", mixed=True)
    office.does("sub reinstall")
    assert office.cluster.by_name["sub"].ctl is None
    assert office.cluster.publisher.ctl is not None
    office.does("pub utils ctl update CTLFile")
    assert office.cluster.by_name["sub"].ctl is office.cluster.publisher.ctl


def test_a_single_server_installed_anew_forgets_mode_settings_and_foreign_certificates() -> None:
    office, other = Office("12.5(1)", ("pub",), mixed=True), Office("12.5(1)", ("dst",), name="other")
    office.knows(other)
    office.does("pub upload Phone-SAST-trust CallManager@other", 'cluster parameter "x" = 1')
    old = own(office, "pub")["CallManager"].identity
    office.does("pub reinstall")
    assert not office.cluster.mixed
    assert dict(office.cluster.parameters) == {}
    held = {each.identity for each in office.cluster.stores["Phone-SAST-trust"]}
    assert held == {own(office, "pub")["CallManager"].identity}
    assert old not in held


def test_nobody_can_log_in_to_a_node_that_is_off() -> None:
    office = Office("12.5(1)")
    office.does("sub power off")
    before = office.cluster
    done = office.does("sub set cert regen CallManager")
    assert done.refused
    assert done.lines[0] == "sub is switched off; nobody can log in to it"
    assert done.cluster == before
    done = office.does("* set cert regen TVS")
    assert done.refused
    assert changed(before.by_name["pub"].own, own(office, "pub")) == {"TVS"}
    assert changed(before.by_name["sub"].own, own(office, "sub")) == set()
