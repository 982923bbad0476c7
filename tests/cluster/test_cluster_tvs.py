"""What a TVS shows and answers."""

import attrs
import pytest

from phoneemu.cluster import certs, tvs
from phoneemu.cluster.founding import make_cluster
from phoneemu.core.names import Identity

CLUSTER = make_cluster("c", "12.5(1)", mixed=True)
PUB, SUB = CLUSTER.nodes
FOREIGN = make_cluster("d", "12.5(1)", ("x",)).publisher.own["CallManager"]


@pytest.mark.parametrize(
    ("unit", "roles"),
    [("CallManager", {0, 2}), ("TVS", {21}), ("CAPF", {4}), ("tomcat", {7}), ("ITLRecovery", {0})],
)
def test_own_certificates_have_the_roles_of_their_unit(unit: str, roles: set[int]) -> None:
    answer = tvs.answer(CLUSTER, SUB, PUB.own[unit].identity)
    assert (answer.found, set(answer.roles), answer.ttl) == (True, roles, 86400)
    assert answer.certificate is PUB.own[unit]


@pytest.mark.parametrize(("store", "roles"), [("Phone-SAST-trust", {0, 3}), ("CallManager-trust", set())])
def test_a_foreign_certificate_has_the_roles_of_its_store(store: str, roles: set[int]) -> None:
    cluster = certs.add_to_stores(CLUSTER, {store: [FOREIGN]})
    answer = tvs.answer(cluster, PUB, FOREIGN.identity)
    assert (answer.found, set(answer.roles)) == (True, roles)


def test_the_store_that_grants_counts_when_several_hold_it() -> None:
    both = {"CallManager-trust": [FOREIGN], "Phone-SAST-trust": [FOREIGN]}
    answer = tvs.answer(certs.add_to_stores(CLUSTER, both), PUB, FOREIGN.identity)
    assert set(answer.roles) == {0, 3}


def test_an_unknown_certificate_is_not_found_and_the_trace_says_so() -> None:
    answer = tvs.answer(CLUSTER, PUB, FOREIGN.identity)
    assert not answer.found
    assert answer.trace[1].startswith("ERROR:CertificateDBCache")
    assert answer.trace[3].startswith("ERROR:CertificateCTLCache")


def test_serial_and_issuer_are_the_key() -> None:
    own = PUB.own["CallManager"].identity
    assert not tvs.answer(CLUSTER, PUB, Identity(own.subject, "CN=other", own.serial)).found
    assert tvs.answer(CLUSTER, PUB, Identity("CN=other", own.issuer, own.serial)).found


def test_a_token_is_answered_from_the_ctl_cache_with_role_zero() -> None:
    cluster = make_cluster("c", "10.5(1)", mixed=True, tokens=("t1", "t2"))
    token = cluster.etokens["t1"]
    answer = tvs.answer(cluster, cluster.publisher, token.identity)
    assert (answer.found, set(answer.roles), answer.uploaded) == (True, {0}, False)
    uploaded = certs.add_to_stores(cluster, {"Phone-SAST-trust": [token]})
    again = tvs.answer(uploaded, uploaded.publisher, token.identity)
    assert (set(again.roles), again.uploaded) == ({0}, True)
    assert "CertificateCTLCache" in again.trace[-1]


def test_a_node_without_replication_knows_what_it_knew() -> None:
    frozen = attrs.evolve(SUB, replicated=CLUSTER)
    renewed = attrs.evolve(PUB, own={**PUB.own, "CallManager": FOREIGN})
    cluster = CLUSTER.with_node(renewed).with_node(frozen)
    assert tvs.answer(cluster, cluster.by_name["pub"], FOREIGN.identity).found
    assert not tvs.answer(cluster, cluster.by_name["sub"], FOREIGN.identity).found


def test_a_tvs_shows_what_it_loaded_unless_it_cannot_be_reached() -> None:
    assert tvs.peer(CLUSTER, PUB) is PUB.running["TVS"]
    for down in (
        attrs.evolve(PUB, up=False),
        attrs.evolve(PUB, stopped=frozenset({"TVS"})),
        attrs.evolve(PUB, services=frozenset({"TFTP"})),
        attrs.evolve(PUB, blocked_ports=frozenset({2445})),
    ):
        assert tvs.peer(CLUSTER, down) is None
