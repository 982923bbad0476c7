"""The cluster as its exports show it."""

import attrs
import pytest
from making import a_ctl, a_list, an_itl, certificate, entry

from phoneemu.cluster import publish
from phoneemu.cluster.state import CALLMANAGER, ITL_RECOVERY, PHONE_SAST_TRUST, TFTP, TVS
from phoneemu.cluster.tvs import peer
from phoneemu.core import limits
from phoneemu.core.names import Identity
from phoneemu.core.trustlist import ListKind, Role, TrustList
from phoneemu.errors import BadInput
from phoneemu.fleet.addressing import addressed
from phoneemu.fleet.certentries import CertEntry
from phoneemu.fleet.clusterfile import ClusterFile, parse
from phoneemu.fleet.clustermaking import make_cluster
from phoneemu.fleet.listexports import ListExport

PUB, SUB, OLD = certificate("pub"), certificate("sub"), certificate("pub", 99)
TVS_PUB, TVS_SUB = certificate("tvs-pub"), certificate("tvs-sub")
RECOVERY = certificate("ITLRECOVERY_sub")
TWO_NODES = parse('release = "10.5(1)"\nmixed = true\n[[node]]\nname = "pub"\n[[node]]\nname = "sub"')


def itl(signer: Identity, node: str) -> TrustList:
    return a_list(
        ListKind.ITL,
        signer,
        entry(Role.SAST, signer, node),
        entry(Role.SAST, RECOVERY, "pub"),
        entry(Role.CCM_TFTP, signer, node),
        entry(Role.TVS, TVS_PUB, "pub.example.org"),
        entry(Role.TVS, TVS_SUB, "sub"),
        timestamp=5,
    )


def export(listed: TrustList | None, node: str = "", kind: ListKind = ListKind.ITL) -> ListExport:
    kind = listed.kind if listed is not None else kind
    return ListExport(file=f"show_{kind.value}_{node}.txt", kind=kind, listed=listed, node=node, lines={1: 7})


def ctl(signer: Identity = PUB) -> TrustList:
    return a_list(
        ListKind.CTL,
        signer,
        entry(Role.SAST, signer, "pub"),
        entry(Role.CCM_TFTP, signer, "pub"),
        entry(Role.CCM_TFTP, SUB, "sub"),
    )


BOTH = (export(itl(PUB, "pub"), "pub"), export(itl(SUB, "sub"), "sub"), export(ctl()))


def test_certificates_are_the_users_own_with_their_place() -> None:
    cluster = make_cluster(TWO_NODES, BOTH).cluster
    pub, sub = cluster.nodes
    assert (pub.own[CALLMANAGER].identity, sub.own[CALLMANAGER].identity) == (PUB, SUB)
    assert (pub.own[TVS].identity, sub.own[TVS].identity) == (TVS_PUB, TVS_SUB)
    assert sub.own[ITL_RECOVERY].identity == RECOVERY
    assert pub.own[CALLMANAGER].origin == "show_itl_pub.txt:7"
    assert sub.running[TFTP].identity == SUB
    assert {each.identity for each in cluster.stores[PHONE_SAST_TRUST]} == {PUB, SUB}


def test_exported_lists_are_served_as_they_are() -> None:
    made = make_cluster(TWO_NODES, BOTH)
    assert made.cluster.nodes[1].itl is BOTH[1].listed
    assert BOTH[2].listed is not None
    assert all(node.ctl == addressed(BOTH[2].listed, made.cluster) for node in made.cluster.nodes)
    assert made.basis == frozenset()
    assert made.node_basis == {"pub": frozenset(), "sub": frozenset()}
    assert made.remarks == ()


def test_a_node_without_export_is_given_what_its_release_calls_for_and_that_is_assumed() -> None:
    made = make_cluster(TWO_NODES, (BOTH[0],))
    pub, sub = made.cluster.nodes
    assert sub.itl is not None
    assert sub.itl.signer == sub.own[CALLMANAGER].identity
    assert pub.ctl is not None
    assert pub.ctl.signer == PUB
    assert made.node_basis["pub"] == {"list-unknown", "ctl-signer"}
    assert made.node_basis["sub"] == {"list-unknown", "ctl-signer", "certificate-unknown"}


def test_an_unexported_ctl_of_a_release_without_tokenless_ctl_is_signed_by_a_token() -> None:
    for release, by_token in (("9.1(2)", True), ("10.0(1)", False)):
        pub = make_cluster(attrs.evolve(TWO_NODES, release=release), (BOTH[0],)).cluster.nodes[0]
        assert pub.ctl is not None
        assert pub.ctl.signer is not None
        assert ("token-1" in pub.ctl.signer.subject) is by_token
        assert any("token-2" in signer.subject for signer in pub.ctl.sast) is by_token


def test_a_ctl_left_behind_by_a_renewal_is_reported_and_the_itl_believed() -> None:
    made = make_cluster(TWO_NODES, (*BOTH[:2], export(ctl(OLD))))
    assert made.cluster.nodes[0].own[CALLMANAGER].identity == PUB
    assert "was not updated after a renewal" in made.remarks[0]
    assert made.cluster.nodes[0].ctl is not None
    assert made.cluster.nodes[0].ctl.signer == OLD


def test_an_export_of_a_node_nobody_declared_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"show_itl_other\.txt: named after node 'other'.*pub, sub"):
        make_cluster(TWO_NODES, (export(itl(PUB, "pub"), "other"),))


def test_without_nodes_declared_the_lists_tell_them() -> None:
    made = make_cluster(ClusterFile(), BOTH)
    assert [node.name for node in made.cluster.nodes] == ["pub", "sub"]
    assert made.cluster.mixed
    assert made.cluster.release.text == "11.5(1)"
    assert made.basis == {"nodes", "mixed", "release"}


def test_without_any_node_it_is_bad_input() -> None:
    with pytest.raises(BadInput, match="no node is known"):
        make_cluster(ClusterFile(), ())


@pytest.mark.parametrize(
    ("listed", "release"),
    [(an_itl(certificate("ITLRECOVERY_pub")), "12.5(1)"), (an_itl(), "9.1(2)")],
)
def test_the_release_is_read_from_who_signs(listed: TrustList, release: str) -> None:
    assert make_cluster(parse('[[node]]\nname = "pub"'), (export(listed),)).cluster.release.text == release


def test_a_mixed_cluster_whose_text_says_there_is_no_ctl_serves_none_and_it_is_reported() -> None:
    made = make_cluster(TWO_NODES, (*BOTH[:2], export(None, kind=ListKind.CTL)))
    assert all(node.ctl is None for node in made.cluster.nodes)
    assert "no CTL there" in made.remarks[0]


def test_a_ctl_of_a_non_secure_cluster_is_reported() -> None:
    file = attrs.evolve(TWO_NODES, mixed=False)
    assert "not in mixed mode" in make_cluster(file, BOTH).remarks[0]


def test_a_node_is_found_by_the_name_its_records_bear_and_the_next_ctl_bears_it_again() -> None:
    named = a_list(
        ListKind.CTL,
        PUB,
        entry(Role.SAST, PUB, "pub.example.org"),
        entry(Role.CCM_TFTP, PUB, "pub.example.org"),
        entry(Role.CCM_TFTP, SUB, "192.0.2.2"),
    )
    file = parse('mixed = true\n[[node]]\nname = "pub"\n[[node]]\nname = "sub"\naddress = "192.0.2.2"')
    cluster = make_cluster(file, (*BOTH[:2], export(named))).cluster
    assert cluster.node("PUB.example.org") is cluster.node("pub")
    assert cluster.by_name["pub"].known_as == {"pub", "pub.example.org"}
    written = publish.ctl_of(cluster)
    assert written.tftp_servers == {"pub.example.org", "192.0.2.2"}
    assert {each.dns_name for each in written.records if each.role == Role.SAST} == {"pub.example.org"}


def test_a_record_that_a_copy_cuts_off_is_nobodys_certificate() -> None:
    cut = itl(PUB, "pub")
    cut = attrs.evolve(cut, records=(*cut.records[:3], entry(Role.TVS, Identity("CN=p", "CN=p", 0), "pub")))
    assert make_cluster(TWO_NODES, (export(cut, "pub"),)).cluster.by_name["pub"].own[TVS].origin == "made"


def test_tokens_are_known_by_their_issuer() -> None:
    token = Identity('cn="SAST-ADN1";ou=IPCBU', "cn=Cisco Manufacturing CA;o=Cisco Systems", 5)
    listed = a_list(ListKind.CTL, token, entry(Role.SAST, token), *a_ctl(PUB).records)
    cluster = make_cluster(TWO_NODES, (export(listed),)).cluster
    assert [each.identity for each in cluster.etokens.values()] == [token]


def test_a_tvs_that_phones_cannot_reach_shows_no_certificate() -> None:
    file = parse('[[node]]\nname = "pub"\ntvs_reachable = false\n[[node]]\nname = "sub"\nup = false')
    cluster = make_cluster(file, BOTH).cluster
    assert [peer(cluster, node) for node in cluster.nodes] == [None, None]


def test_renewed_certificates_keep_the_organisation_of_the_old() -> None:
    named = Identity("CN=pub;OU=Ours;O=Us", "CN=pub;OU=Ours;O=Us", 8)
    assert (
        make_cluster(TWO_NODES, (export(itl(named, "pub"), "pub"),)).cluster.organisation == ";OU=Ours;O=Us"
    )


def test_there_is_a_limit_to_the_nodes_of_a_cluster() -> None:
    nodes = "".join(f'[[node]]\nname = "n{number}"\n' for number in range(limits.NODES + 1))
    with pytest.raises(BadInput, match=r"cluster\.toml: 201 nodes; at most 200"):
        make_cluster(parse(nodes), [])


@pytest.mark.parametrize("odd", ["phones", "a b", "x\x1b[2J\ny", "*"])
def test_a_server_of_a_name_that_cannot_be_a_nodes_is_none_and_told(odd: str) -> None:
    listed = a_list(
        ListKind.ITL,
        PUB,
        entry(Role.SAST, PUB, "pub"),
        entry(Role.CCM_TFTP, PUB, "pub"),
        entry(Role.CCM_TFTP, SUB, odd),
    )
    made = make_cluster(ClusterFile(), [export(listed)])
    assert [node.name for node in made.cluster.nodes] == ["pub"]
    (told,) = [remark for remark in made.remarks if "cannot be a node's name" in remark]
    assert told.startswith("show_itl_.txt record 3: ")
    assert told.isprintable()


@pytest.mark.parametrize(
    ("release", "tomcat", "reused"),
    [("12.5(1)", None, False), ("14SU3", None, None), ("14SU3", 5, False), ("14SU3", 1, True)],
)
def test_whether_a_multi_server_certificate_is_tomcats_is_told_by_an_export_of_both(
    release: str,
    tomcat: int | None,
    reused: bool | None,  # noqa: FBT001 - a table value
) -> None:
    shared = certificate("pub-ms", 1)
    exports = (export(itl(shared, "pub"), "pub"),)
    web = () if tomcat is None else (certificate("pub-ms", tomcat),)
    entries = tuple(CertEntry(place="c:1", service="tomcat", server="pub", identity=each) for each in web)
    file = parse(f'release = "{release}"\n[[node]]\nname = "pub"\n[[node]]\nname = "sub"')
    node = make_cluster(file, exports, entries).cluster.nodes[0]
    assert node.own[CALLMANAGER].multi_san
    assert node.running[TFTP].of_tomcat is reused
