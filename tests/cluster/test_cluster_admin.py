"""Commands as administrators type them: texts and effects by release (commands 3-20)."""

from types import MappingProxyType

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from office import Office

from phoneemu.cluster import admin, publish
from phoneemu.cluster.runbook import NODE_VERBS
from phoneemu.cluster.state import Certificate
from phoneemu.core.trustlist import Role
from phoneemu.errors import BadInput

SERVICES = "Cisco CTIManager services on all the nodes in the cluster"
NEW_CLOSING = (
    "You must reset all phones to ensure they received the updated CTL file. ",
    f"You must restart {SERVICES} that have the service activated.",
)


def own(office: Office, unit: str, node: str = "pub") -> Certificate:
    return office.cluster.by_name[node].own[unit]


# ---------------------------------------------------------------- who may type what


@pytest.mark.parametrize(
    ("release", "line", "why"),
    [
        ("9.1(2)", "pub utils ctl set-cluster mixed-mode", "does not exist before 10.0"),
        ("9.1(2)", "pub utils itl reset localkey", "exists from 10.0"),
        ("11.5(1)", "pub utils ctl reset localkey", "exists from 12.0"),
        ("12.5(1)", "sub utils ctl update CTLFile", "disabled on all nodes but the publisher"),
        ("12.5(1)", "sub utils ctl reset localkey", "disabled on all nodes but the publisher"),
        ("12.5(1)", "sub utils ctl set-cluster non-secure-mode", "disabled on all nodes but the publisher"),
        ("12.5(1)", "sub utils itl reset localkey", "on the publisher"),
        ("15", "pub utils itl reset remotekey host user ITLRecovery.p12", "gone from 15"),
        ("12.5(1)", "pub utils ctl update CTLFile", "not in mixed mode"),
        ("12.5(1)", "pub utils ctl reset localkey", "not in mixed mode"),
        ("14", "cluster ctl-client sign-with a tokens a b", "not supported from 14"),
        ("12.5(1)", "pub delete-certificate CallManager-trust NOBODY", "holds no certificate NOBODY"),
    ],
)
def test_a_command_that_is_not_possible_is_refused_and_changes_nothing(
    release: str, line: str, why: str
) -> None:
    office = Office(release)
    before = office.cluster
    done = office.does(line)
    assert done.refused
    assert why in done.remarks[0]
    assert done.cluster == before
    assert done.lines[-1] == "Executed command unsuccessfully"


@pytest.mark.parametrize("command", ["utils ctl set-cluster mixed-mode", "utils ctl update CTLFile"])
def test_without_an_export_licence_the_ctl_is_not_written(command: str) -> None:
    office = Office("12.5(1)", mixed="update" in command)
    office.cluster = attrs.evolve(office.cluster, export_allowed=False)
    done = office.does(f"pub {command}")
    assert done.refused
    assert done.lines[0].startswith("Command cannot be executed because")
    assert done.lines[0].endswith("registering the UCM Cluster .")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("nobody show ctl", "no node `nobody` in cluster office; it has pub, sub"),
        ('nobody parameter "x" = y', "no node `nobody`"),
        ("pub expire Toaster", "has no own certificate `Toaster`"),
        ("pub file delete tftp ring.wav", "only CTLFile.tlv and ITLFile.tlv"),
        ("pub set cert regen Toaster", "has no own certificate `Toaster`"),
        ('pub upload Toaster signed-by "CA"', "has no own certificate `Toaster`"),
        ("pub upload Phone-SAST-trust CallManager@mars", "no certificate `CallManager@mars`"),
        ("pub set cert import own tomcat", "say which certificate is pasted"),
        ("pub utils service restart Cisco Toaster", "no service `Cisco Toaster`"),
        ("cluster ctl-client sign-with c tokens a b", "the signing token c is not among the tokens"),
        ("cluster ctl-client sign-with a tokens a", "at least two different tokens"),
        ("pub run sql update device", "only queries are emulated"),
    ],
)
def test_a_wrong_call_names_its_place(line: str, what: str) -> None:
    with pytest.raises(BadInput, match=r"^story:1: ") as error:
        Office("12.5(1)").does(line)
    assert what in str(error.value)


# ---------------------------------------------------------------- lists


@pytest.mark.parametrize("release", ["12.5(1)", "14", "15"])
def test_newer_releases_close_with_other_advice(release: str) -> None:
    office = Office(release)
    assert office.does("pub utils ctl set-cluster mixed-mode").lines[-2:] == NEW_CLOSING
    assert office.does("pub utils ctl update CTLFile").lines[-2:] == NEW_CLOSING
    assert office.does("pub utils ctl set-cluster non-secure-mode").lines[-2:] == NEW_CLOSING


def test_non_secure_mode_without_a_ctl_writes_none() -> None:
    office = Office("12.5(1)")
    office.does("pub utils ctl set-cluster non-secure-mode")
    assert office.cluster.publisher.ctl is None


def test_mixed_mode_shows_in_the_database() -> None:
    office = Office("10.5(1)", mixed=True)
    query = "pub run sql select paramname,paramvalue from processconfig where paramname='ClusterSecurityMode'"
    assert office.does(query).lines[-1] == "ClusterSecurityMode 1"


def test_show_prints_each_nodes_own_file() -> None:
    office = Office("10.5(1)", mixed=True)
    pub, sub = (office.does(f"{node} show itl").lines for node in ("pub", "sub"))
    assert pub != sub
    assert office.does("pub show ctl").lines == office.does("sub show ctl").lines
    office.does("sub file delete tftp CTLFile.tlv")
    assert office.does("sub show ctl").lines[0] == "Length of CTL file: 0"
    assert office.does("sub file delete tftp CTLFile.tlv").lines[-1] == "files: found = 0, deleted = 0"
    office.does("sub file delete tftp ITLFile.tlv")
    assert office.does("sub show itl").lines[-1] == "Error parsing the ITL File."


@pytest.mark.parametrize(
    ("release", "unit", "last"),
    [
        ("10.5(2)", "ITLRecovery", "Successfully transferred reset ITL to node sub"),
        ("12.5(1)", "CallManager", "Successfully transferred reset ITL to node sub"),
        ("15", "CallManager", "Please reset all the phones to pickup the new ITL File."),
    ],
)
def test_itl_reset_signs_the_publishers_itl_with_the_other_key(release: str, unit: str, last: str) -> None:
    office = Office(release)
    records = office.cluster.publisher.itl.records if office.cluster.publisher.itl else ()
    done = office.does("pub utils itl reset localkey")
    assert done.lines[-1] == last
    for node in office.cluster.nodes:
        assert node.itl is not None
        assert node.itl.signer == own(office, unit).identity
        assert node.itl.records == records
    office.does("* utils service restart Cisco Tftp")
    sub = office.cluster.by_name["sub"]
    assert sub.itl is not None
    assert sub.itl.signer == publish.itl_signer(office.cluster, sub).identity


def test_itl_reset_with_the_remote_key_signs_with_the_recovery_key() -> None:
    office = Office("12.5(1)")
    office.does("pub utils itl reset remotekey 10.0.0.1 admin ITLRecovery.p12")
    assert office.cluster.publisher.itl is not None
    assert office.cluster.publisher.itl.signer == own(office, "ITLRecovery").identity


def test_ctl_reset_signs_with_the_callmanager_key_and_names_the_new_recovery_key() -> None:
    office = Office("12.5(1)", mixed=True)
    office.does("pub set cert regen ITLRecovery", "pub utils ctl reset localkey")
    ctl = office.cluster.publisher.ctl
    assert ctl is not None
    assert ctl.signer == own(office, "CallManager").identity
    assert own(office, "ITLRecovery").identity in ctl.sast
    office.does("pub utils ctl update CTLFile")
    assert office.cluster.publisher.ctl is not None
    assert office.cluster.publisher.ctl.signer == own(office, "ITLRecovery").identity


# ---------------------------------------------------------------- certificates


def test_a_regenerated_certificate_is_new_everywhere_it_lay() -> None:
    office = Office("10.5(1)")
    old = own(office, "CallManager")
    done = office.does("pub set cert regen CallManager")
    new = own(office, "CallManager")
    assert new.identity != old.identity
    assert new.identity.subject == old.identity.subject
    assert new.origin == "story:1 made it"
    for store in ("CallManager-trust", "Phone-SAST-trust"):
        held = {certificate.identity for certificate in office.cluster.stores[store]}
        assert new.identity in held
        assert old.identity not in held
    assert done.lines[1].endswith("previously imported for  CallManager")
    assert "Successfully Regenerated Certificate for CallManager." in done.lines


def test_the_same_plan_makes_the_same_certificates_and_each_renewal_another() -> None:
    one, two = Office("10.5(1)"), Office("10.5(1)")
    seen = {own(one, "CallManager").identity}
    for office in (one, two):
        office.does("pub set cert regen CallManager")
    assert own(one, "CallManager").identity == own(two, "CallManager").identity
    for _ in range(3):
        one.does("pub set cert regen CallManager")
        assert own(one, "CallManager").identity not in seen
        seen.add(own(one, "CallManager").identity)


def test_an_old_capf_stays_trusted_for_the_certificates_it_issued() -> None:
    office = Office("12.5(1)", mixed=True)
    old = own(office, "CAPF").identity
    office.does("pub set cert regen CAPF")
    held = {certificate.identity for certificate in office.cluster.stores["CallManager-trust"]}
    assert {old, own(office, "CAPF").identity} <= held


def test_the_recovery_certificate_is_regenerated_with_its_own_warning() -> None:
    lines = Office("10.5(2)").does("pub set cert regen ITLRecovery").lines
    assert "WARNING: If you are using a tokenless CTL" in lines[1]
    assert lines[-1] == "become active."


@pytest.mark.parametrize(
    ("release", "at_once"), [("10.5(1)", False), ("12.5(1)", False), ("14", True), ("15", True)]
)
def test_services_and_lists_take_a_renewal_at_once_only_from_14(
    release: str,
    at_once: bool,  # noqa: FBT001 - a table value
) -> None:
    office = Office(release)
    done = office.does("pub set cert regen CallManager")
    node = office.cluster.publisher
    new = node.own["CallManager"]
    assert (node.running["CallManager"] is new, node.running["TFTP"] is new) == (at_once, at_once)
    assert node.itl is not None
    assert (new.identity in node.itl.file_signers) is at_once
    assert done.resets is at_once
    office.does("pub utils service restart Cisco Tftp", "pub utils service restart Cisco CallManager")
    node = office.cluster.publisher
    assert node.running["CallManager"] is node.running["TFTP"] is new
    assert node.itl is not None
    assert new.identity in node.itl.file_signers


def test_a_tvs_shows_its_new_certificate_at_once_and_the_lists_wait() -> None:
    office = Office("10.5(1)")
    office.does("sub set cert regen TVS")
    assert office.cluster.by_name["sub"].running["TVS"] is own(office, "TVS", "sub")
    itl = office.cluster.publisher.itl
    assert itl is not None
    assert own(office, "TVS", "sub").identity not in itl.tvs
    office.does("* utils service restart Cisco Tftp")
    assert office.cluster.publisher.itl is not None
    assert own(office, "TVS", "sub").identity in office.cluster.publisher.itl.tvs


@pytest.mark.parametrize(
    ("unit", "parameter", "resets"),
    [
        ("CallManager", "", True),
        ("TVS", "", False),
        ("CAPF", "", True),
        ("ITLRecovery", "", True),
        ("tomcat", "", False),
        ("CallManager", "Manual reset", False),
    ],
)
def test_from_14_phones_reset_themselves_unless_told_otherwise(
    unit: str,
    parameter: str,
    resets: bool,  # noqa: FBT001 - a table value
) -> None:
    office = Office("14")
    if parameter:
        office.does(f'cluster parameter "Phone Interaction on Certificate Update" = "{parameter}"')
    done = office.does(f"pub set cert regen {unit}")
    assert done.resets is resets
    assert done.resets_with == ({"pub"} if unit == "TVS" else set()), "a TVS concerns those that ask it"


def test_a_tomcat_or_ipsec_renewal_touches_no_list() -> None:
    office = Office("14", mixed=True)
    lists = (office.cluster.publisher.ctl, office.cluster.publisher.itl)
    office.does("pub set cert regen tomcat", "pub set cert regen ipsec")
    assert (office.cluster.publisher.ctl, office.cluster.publisher.itl) == lists


def test_a_ca_signed_certificate_names_its_issuer() -> None:
    office = Office("11.5(1)")
    office.does('pub upload CallManager signed-by "Example CA"')
    new = own(office, "CallManager")
    assert (new.ca_signed, new.multi_san) == (True, False)
    assert new.identity.issuer == "CN=Example CA"
    office.does("pub set cert regen CallManager")
    assert not own(office, "CallManager").ca_signed


def test_a_multi_server_certificate_is_every_nodes() -> None:
    office = Office("12.5(1)")
    office.does('pub upload CallManager signed-by "Example CA" multi-server')
    identities = {node.own["CallManager"].identity for node in office.cluster.nodes}
    assert len(identities) == 1
    assert "-ms" in identities.pop().common_name


def test_a_trust_certificate_is_uploaded_imported_and_deleted() -> None:
    office, other = Office("10.5(1)"), Office("11.0(1)", ("dst",), name="other")
    office.knows(other)
    office.does("pub upload Phone-SAST-trust CallManager@other")
    foreign = own(other, "CallManager", "dst").identity
    assert foreign in {held.identity for held in office.cluster.stores["Phone-SAST-trust"]}
    done = office.does("pub set cert import trust CallManager CallManager@dst")
    assert done.lines[0] == "Successfully imported certificate for CallManager."
    assert foreign in {held.identity for held in office.cluster.stores["CallManager-trust"]}
    office.does("pub delete-certificate Phone-SAST-trust dst")
    assert foreign not in {held.identity for held in office.cluster.stores["Phone-SAST-trust"]}
    assert foreign in {held.identity for held in office.cluster.stores["CallManager-trust"]}


# ---------------------------------------------------------------- services, nodes, parameters


def test_restarting_a_service_reads_as_on_the_terminal() -> None:
    office = Office("10.5(1)")
    assert office.does("pub utils service restart Cisco Tftp").lines == (
        "Service Manager is running",
        "Cisco Tftp[STOPPING]",
        "Cisco Tftp[STARTING]",
        "Cisco Tftp[STARTED]",
    )
    assert office.does("pub utils service stop Cisco Tftp").lines[-1] == "Cisco Tftp[NOTRUNNING]"
    assert not office.cluster.publisher.runs("TFTP")
    assert office.does("pub utils service start Cisco Tftp").lines[-1] == "Cisco Tftp[STARTED]"
    assert office.cluster.publisher.runs("TFTP")
    assert office.does("pub utils service restart Cisco CTIManager").cluster.publisher.runs("TFTP")


def test_a_service_that_is_not_activated_is_not_started() -> None:
    office = Office("10.5(1)")
    node = attrs.evolve(office.cluster.by_name["sub"], services=frozenset({"CallManager", "TVS"}))
    office.cluster = office.cluster.with_node(node)
    done = office.does("sub utils service restart Cisco Tftp")
    assert done.refused
    assert done.lines == ("Cisco Tftp[STOPPED]  Service Not Activated",)
    assert office.does("* utils service restart Cisco Tftp").lines.count("Cisco Tftp[STARTED]") == 1


def test_a_node_that_comes_back_starts_everything_anew() -> None:
    office = Office("10.5(1)")
    office.does("pub set cert regen CallManager", "pub power off")
    assert not office.cluster.publisher.up
    office.does("pub power on")
    node = office.cluster.publisher
    assert node.running["CallManager"] is node.own["CallManager"]
    assert node.itl is not None
    assert node.own["CallManager"].identity in node.itl.sast
    office.does("sub utils service stop Cisco Tftp", "sub utils system restart")
    assert office.cluster.by_name["sub"].runs("TFTP")


def test_a_node_that_is_off_does_not_get_the_new_ctl() -> None:
    office = Office("10.5(1)", mixed=True)
    before = office.cluster.publisher.ctl
    office.does("sub power off", "pub utils ctl update CTLFile")
    assert office.cluster.by_name["sub"].ctl is before
    assert office.cluster.publisher.ctl is not before


def test_a_blocked_port_is_blocked_until_it_is_not() -> None:
    office = Office("10.5(1)")
    office.does("* block 2445")
    assert all(2445 in node.blocked_ports for node in office.cluster.nodes)
    office.does("pub unblock 2445")
    assert office.cluster.publisher.blocked_ports == frozenset()


def test_the_rollback_parameter_empties_every_itl_and_off_fills_it_again() -> None:
    office = Office("10.5(1)")
    whole = office.cluster.publisher.itl
    done = office.does('cluster parameter "prepare cluster for rollback to pre 8.0" = True')
    assert done.resets
    assert all(node.itl is not None and node.itl.emptied for node in office.cluster.nodes)
    emptied = office.cluster.publisher.itl
    assert emptied is not None
    assert emptied.holding(Role.CAPF)
    office.does('cluster parameter "Prepare Cluster for Rollback to pre 8.0" = False')
    assert office.cluster.publisher.itl is not None
    assert whole is not None
    assert office.cluster.publisher.itl.roles == whole.roles
    assert not Office("8.6").does('cluster parameter "Prepare Cluster for Rollback to pre 8.0" = True').resets


def test_another_parameter_is_kept_under_its_own_name() -> None:
    office = Office("10.5(1)")
    office.cluster = attrs.evolve(office.cluster, parameters=MappingProxyType({"Some Thing": "1"}))
    office.does('cluster parameter "some thing" = 2')
    assert dict(office.cluster.parameters) == {"Some Thing": "2"}


def test_waiting_moves_the_clock() -> None:
    office = Office("10.5(1)")
    before = office.cluster.clock
    assert office.does("cluster wait 10m").cluster.clock == before + 600


def test_minimum_tls_is_printed_and_kept() -> None:
    office = Office("12.5(1)")
    said = office.does("pub set tls min-version 1.2").lines
    assert "This will set the minimum TLS to 1.2 and the server will reboot." in said[8]
    assert said[-3:] == (
        "Successfully set minimum TLS version to 1.2",
        "",
        "The system will reboot in few minutes.",
    )
    assert office.cluster.min_tls == "1.2"


def test_before_15su2_a_node_reboots_for_its_floor_and_tls_1_3_cannot_be_asked_for() -> None:
    office = Office("10.5(1)")
    office.does("pub set cert regen CallManager")
    before = office.cluster.publisher
    assert office.does("pub set tls min-version 1.3").refused
    office.does("pub set tls min-version 1.2")
    after = office.cluster.publisher
    assert after.itl is not None
    assert after.running["CallManager"] == after.own["CallManager"] != before.running["CallManager"]
    assert after.itl.signer == after.own["CallManager"].identity


def test_from_15su2_the_floor_is_one_and_nodes_are_restarted_by_hand() -> None:
    office = Office("15SU2")
    done = office.does("pub set tls min-version 1.3")
    assert "across all the callmanager nodes" in done.lines[6]
    assert done.lines[-1] == "Successfully set minimum TLS version to 1.3"
    assert office.cluster.min_tls == "1.3"


def test_a_trust_certificate_was_deleted_node_by_node_once() -> None:
    for release, remarks in (("11.5(1)", 1), ("12.5(1)", 0)):
        done = Office(release).does("pub delete-certificate CallManager-trust sub")
        assert (done.refused, len(done.remarks)) == (False, remarks)


def test_a_file_deleted_without_a_question_is_only_counted() -> None:
    office = Office("10.5(1)", mixed=True)
    assert office.does("pub file delete tftp CTLFile.tlv noconfirm").lines == (
        "files: found = 1, deleted = 1",
    )
    assert office.cluster.publisher.ctl is None


def test_prompts_of_12_5_have_a_blank_before_the_answer() -> None:
    assert Office("12.5(1)").does("pub utils ctl set-cluster mixed-mode").lines[0].endswith("(y/n): y")


# ---------------------------------------------------------------- whatever is typed


LINES = st.sampled_from(
    [
        "pub set cert regen CallManager",
        "sub set cert regen CallManager",
        "pub set cert regen TVS",
        "pub set cert regen CAPF",
        "pub set cert regen ITLRecovery",
        "pub utils ctl set-cluster mixed-mode",
        "pub utils ctl set-cluster non-secure-mode",
        "pub utils ctl update CTLFile",
        "pub utils itl reset localkey",
        "* utils service restart Cisco Tftp",
        "sub utils service stop Cisco Tftp",
        "sub power off",
        "sub power on",
        "pub file delete tftp CTLFile.tlv",
        'cluster parameter "Prepare Cluster for Rollback to pre 8.0" = True',
        'cluster parameter "Prepare Cluster for Rollback to pre 8.0" = False',
        'pub upload CallManager signed-by "Example CA" multi-server',
        "cluster ctl-client sign-with a tokens a b",
    ]
)


@settings(max_examples=60)
@given(st.sampled_from(["10.0(1)", "10.5(2)", "12.5(1)", "14"]), st.lists(LINES, max_size=12))
def test_whatever_is_typed_the_cluster_stays_sound(release: str, lines: list[str]) -> None:
    office = Office(release)
    for line in lines:
        before = office.cluster
        done = office.does(line)
        assert not done.refused or done.cluster == before
        for node in office.cluster.nodes:
            itl, ctl = node.itl, node.ctl
            if itl is not None and not itl.emptied and "reset" not in line:
                assert itl.signer in itl.sast or itl.origin.startswith("story")
            if ctl is not None:
                assert ctl.signer in ctl.sast
                assert not ctl.tvs
            if node.up and node.runs("TFTP") and "Tftp" in line and "restart" in line:
                assert itl is not None
                assert itl.emptied or node.own["CallManager"].identity in itl.file_signers
        served = {node.ctl.fingerprint for node in office.cluster.nodes if node.up and node.ctl is not None}
        assert len(served) <= 2  # one, but for a node that was off while another was written


def test_every_verb_of_the_language_is_performed() -> None:
    known = {*admin.ON_NODE, *admin.ON_CLUSTER, "wait"}
    assert {verb.name for verb in NODE_VERBS} == known
