"""What a cluster writes: signers and records by release and mode."""

import attrs
import pytest

from phoneemu.cluster import certs, publish
from phoneemu.cluster.founding import make_cluster
from phoneemu.cluster.state import Cluster, Device, Node
from phoneemu.core.flash import DeviceSecurity
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.trustlist import Digest, Role, TrustList

DEVICE = Device(group=("pub", "sub"))


def unit_of(cluster: Cluster, trust_list: TrustList | None) -> str:
    """Whose certificate signed."""
    assert trust_list is not None
    own = {
        certificate.identity: f"{unit}@{node.name}"
        for node in cluster.nodes
        for unit, certificate in node.own.items()
    }
    tokens = {token.identity: "token" for token in cluster.etokens.values()}
    assert trust_list.signer is not None
    return (own | tokens)[trust_list.signer]


SIGNERS = [
    # release, ITL of the subscriber, tokenless CTL, number of SAST records in a tokenless CTL
    ("8.6", "CallManager@sub", "", 0),
    ("9.1(2)", "CallManager@sub", "", 0),
    ("10.0(1)", "CallManager@sub", "CallManager@pub", 1),
    ("10.5(1)", "CallManager@sub", "CallManager@pub", 1),
    ("10.5(2)", "CallManager@sub", "CallManager@pub", 2),
    ("11.0(1)", "CallManager@sub", "CallManager@pub", 2),
    ("11.5(1)", "CallManager@sub", "CallManager@pub", 2),
    ("12.0(1)", "ITLRecovery@sub", "ITLRecovery@pub", 2),
    ("12.5(1)", "ITLRecovery@pub", "ITLRecovery@pub", 2),
    ("14", "ITLRecovery@pub", "ITLRecovery@pub", 2),
    ("15", "ITLRecovery@pub", "ITLRecovery@pub", 2),
]


@pytest.mark.parametrize(("release", "itl", "ctl", "sasts"), SIGNERS)
def test_who_signs_follows_the_table_of_releases(release: str, itl: str, ctl: str, sasts: int) -> None:
    cluster = make_cluster("c", release, mixed=bool(ctl))
    assert unit_of(cluster, cluster.by_name["sub"].itl) == itl
    if ctl:
        served = cluster.publisher.ctl
        assert unit_of(cluster, served) == ctl
        assert served is not None
        assert len([record for record in served.records if record.role == Role.SAST]) == sasts
        assert cluster.by_name["sub"].ctl is served


@pytest.mark.parametrize(
    ("release", "sasts"), [("9.1(2)", 2), ("10.5(2)", 2), ("11.5(1)", 4), ("12.5(1)", 4)]
)
def test_a_token_ctl_lists_tokens_and_later_the_servers_own_keys(release: str, sasts: int) -> None:
    cluster = make_cluster("c", release, mixed=True, tokens=("t1", "t2"))
    ctl = cluster.publisher.ctl
    assert unit_of(cluster, ctl) == "token"
    assert ctl is not None
    assert len([record for record in ctl.records if record.role == Role.SAST]) == sasts
    assert len(ctl.sast) == sasts


def test_an_itl_lists_its_own_node_and_every_tvs() -> None:
    cluster = make_cluster("c", "10.5(1)")
    itl = cluster.by_name["sub"].itl
    assert itl is not None
    assert [(record.role, record.dns_name) for record in itl.records] == [
        (Role.SAST, "sub"),
        (Role.SAST, "sub"),  # each node has its ITLRecovery before 12.5
        (Role.TFTP, "sub"),
        (Role.CAPF, "pub"),
        (Role.TVS, "pub"),
        (Role.TVS, "sub"),
    ]


def test_in_mixed_mode_the_tftp_record_is_ccm_tftp() -> None:
    itl = make_cluster("c", "10.5(1)", mixed=True).publisher.itl
    assert itl is not None
    assert itl.records[2].role == Role.CCM_TFTP


def test_without_capf_no_list_names_one() -> None:
    cluster = make_cluster("c", "10.5(1)", mixed=True, capf_active=False)
    for served in (cluster.publisher.ctl, cluster.publisher.itl):
        assert served is not None
        assert not served.holding(Role.CAPF)


def test_a_non_secure_ctl_keeps_names_and_loses_certificates() -> None:
    cluster = attrs.evolve(make_cluster("c", "10.5(1)", mixed=True), mixed=False)
    ctl = publish.ctl_of(cluster)
    assert [record.dns_name for record in ctl.records if record.role == Role.CCM_TFTP] == ["pub", "sub"]
    assert ctl.file_signers == frozenset()
    assert ctl.holding(Role.CAPF)
    named = publish.Part(role=Role.CCM_TFTP, dns_name="10.48.47.153")
    assert named.record.length == 33  # the published length of such a record


def test_a_certificate_in_phone_sast_trust_enters_the_next_ctl() -> None:
    cluster = make_cluster("c", "12.5(1)", mixed=True)
    foreign = make_cluster("d", "12.5(1)", ("x",)).publisher.own["ITLRecovery"]
    cluster = certs.add_to_stores(cluster, {"Phone-SAST-trust": [foreign]})
    assert foreign.identity in publish.ctl_of(cluster).sast
    assert foreign.identity not in publish.itl_of(cluster, cluster.publisher).sast


def test_a_multi_server_certificate_stands_in_the_ctl_once() -> None:
    cluster = make_cluster("c", "12.5(1)", mixed=True)
    shared = attrs.evolve(cluster.publisher.own["CallManager"], multi_san=True)
    for node in cluster.nodes:
        cluster = cluster.with_node(attrs.evolve(node, own={**node.own, "CallManager": shared}))
    records = publish.ctl_of(cluster).records
    assert len([record for record in records if record.role == Role.CCM_TFTP]) == 1


def test_an_equal_itl_stays_the_same_file() -> None:
    cluster = make_cluster("c", "10.5(1)")
    later = attrs.evolve(cluster, clock=cluster.clock + 60)
    assert publish.with_all_itls(later).publisher.itl is cluster.publisher.itl
    changed = publish.with_itl(later, later.publisher, later.publisher.own["ITLRecovery"])
    assert changed.publisher.itl is not cluster.publisher.itl


def test_the_digest_follows_the_parameter_where_it_exists() -> None:
    wanted = {"TFTP File Signature Algorithm": "SHA-512"}
    old = attrs.evolve(make_cluster("c", "11.0(1)"), parameters=wanted)
    new = attrs.evolve(make_cluster("c", "11.5(1)"), parameters=wanted)
    assert publish.digest_of(old) is Digest.SHA1
    assert publish.digest_of(new) is Digest.SHA512


def served(cluster: Cluster, name: str, device: Device = DEVICE) -> TrustList | SignedFile | None:
    return publish.offered_file(cluster, cluster.publisher, name, device)


def test_files_are_served_by_their_names() -> None:
    cluster = make_cluster("c", "10.5(1)", mixed=True)
    node: Node = cluster.publisher
    assert served(cluster, "CTLSEP1.tlv") is node.ctl
    assert served(cluster, "ITLSEP1.tlv") is node.itl
    assert served(cluster, "ITLFile.tlv") is node.itl
    for absent in ("SEP1.tlv", "SEP1.cnf.xml.enc.sgn", "ring.wav"):
        assert served(cluster, absent) is None


def test_configuration_is_signed_by_the_key_the_tftp_service_loaded() -> None:
    cluster = make_cluster("c", "12.5(1)")
    signed, plain = served(cluster, "SEP1.cnf.xml.sgn"), served(cluster, "SEP1.cnf.xml")
    assert isinstance(signed, SignedFile)
    assert isinstance(plain, SignedFile)
    assert signed.signer == cluster.publisher.running["TFTP"].identity
    assert plain.signer is None
    assert signed.config == plain.config


def test_a_configuration_changes_its_stamp_with_what_it_says() -> None:
    mixed = make_cluster("c", "10.5(1)", mixed=True)
    secure = attrs.evolve(DEVICE, security=DeviceSecurity.ENCRYPTED)
    one, two = publish.config_for(mixed, DEVICE), publish.config_for(mixed, secure)
    plain = publish.config_for(attrs.evolve(mixed, mixed=False), secure)
    assert (one.security, two.security, plain.security) == (
        DeviceSecurity.NON_SECURE,
        DeviceSecurity.ENCRYPTED,
        DeviceSecurity.NON_SECURE,
    )
    assert one.stamp != two.stamp
    assert one.stamp == plain.stamp


def test_the_default_configuration_names_no_tvs() -> None:
    config = publish.config_for(make_cluster("c", "8.6"), attrs.evolve(DEVICE, in_database=False))
    assert (config.callmanagers, config.tvs_servers) == (("pub", "sub"), ())
