"""Each pre-check finds what it is for, and nothing in a cluster that has none of it."""

from pathlib import Path
from types import MappingProxyType

import attrs
import pytest
from listmaking import rsa_key

from phoneemu import example
from phoneemu.catalogue import catalogue
from phoneemu.cluster import admin, lab, runbook
from phoneemu.cluster.founding import make_cluster
from phoneemu.cluster.state import ROLLBACK, SIGNATURE_ALGORITHM, Cluster
from phoneemu.core.names import Identity
from phoneemu.core.trustlist import Record, Role
from phoneemu.fleet import filters, prechecks
from phoneemu.fleet.clusterfile import ClusterFile, OffEntry
from phoneemu.fleet.inventory import read_text
from phoneemu.fleet.prechecks import RULES, Severity
from phoneemu.fleet.snapshot import Snapshot, read_snapshot

PHONES = """Device Name,Device Type,Device Protocol
SEP1,Cisco 7960,SCCP
SEP2,Cisco 7975,SIP
SEP3,Cisco 8861,SIP
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Three phones of a healthy cluster of two nodes."""
    folder = tmp_path_factory.mktemp("plain")
    example.write(folder)
    read = read_snapshot(folder / "snapshot")
    cluster = make_cluster("office", "12.5(1)", ("pub", "sub"), mixed=True)
    return attrs.evolve(read, cluster=cluster, file=ClusterFile(), inventory=read_text(PHONES), exports=())


def found(snapshot: Snapshot, cluster: Cluster | None = None) -> dict[str, list[prechecks.Problem]]:
    problems: dict[str, list[prechecks.Problem]] = {}
    for each in prechecks.problems(attrs.evolve(snapshot, cluster=cluster or snapshot.cluster)):
        problems.setdefault(each.rule, []).append(each)
    return problems


def after(cluster: Cluster, *lines: str) -> Cluster:
    for line in lines:
        cluster = admin.perform(cluster, runbook.parse_line(line, place="test", number=1)).cluster
    return cluster


def test_a_healthy_cluster_has_notes_only(plain: Snapshot) -> None:
    assert {each.severity for problems in found(plain).values() for each in problems} == {Severity.NOTE}
    assert set(found(plain)) == {"PC7", "PC12"}


def test_too_many_certificates_and_too_many_bytes_are_found(plain: Snapshot) -> None:
    many = make_cluster("office", "12.5(1)", [f"n{number}" for number in range(38)])
    assert "names 41 certificates" in found(plain, many)["PC1"][0].text
    large = make_cluster("office", "12.5(1)", [f"n{number}" for number in range(25)], key_bits=4096)
    assert "28 certificates, some with large keys" in found(plain, large)["PC1"][0].text
    pub = plain.cluster.publisher
    assert pub.itl is not None
    large = plain.cluster.with_node(attrs.evolve(pub, itl=attrs.evolve(pub.itl, length=70_000)))
    assert "the ITL of pub is 70,000 bytes" in found(plain, large)["PC1"][0].text


def test_large_keys_concern_the_models_that_are_not_known_to_take_them(plain: Snapshot) -> None:
    problem = found(plain, make_cluster("office", "12.5(1)", mixed=True, key_bits=4096))["PC2"][0]
    assert "(4096 bits)" in problem.text
    assert problem.phones == 2
    assert problem.text.endswith("not known to work on 7960, 7975")


def test_a_small_recovery_key_among_large_ones_is_found(plain: Snapshot) -> None:
    pub = plain.cluster.publisher
    assert pub.itl is not None
    records = tuple(
        attrs.evolve(record, key_bits=1024)
        if record.identity is not None and record.identity.common_name.startswith("ITLRECOVERY")
        else record
        for record in pub.itl.records
    )
    itl, ctl = attrs.evolve(pub.itl, records=records), None
    cluster = plain.cluster
    for node in cluster.nodes:
        cluster = cluster.with_node(attrs.evolve(node, itl=itl, ctl=ctl))
    assert "ITLRECOVERY_pub has 1024 bits" in found(plain, cluster)["PC3"][0].text


def test_the_rollback_parameter_and_an_empty_itl_are_found(plain: Snapshot) -> None:
    on = attrs.evolve(plain.cluster, parameters=MappingProxyType({ROLLBACK: "True"}))
    assert "is True" in found(plain, on)["PC4"][0].text
    emptied = attrs.evolve(after(on, "* utils service restart Cisco Tftp"), parameters=MappingProxyType({}))
    assert "the ITL of pub, sub is empty" in found(plain, emptied)["PC4"][0].text


def test_sha_512_concerns_models_without_it(plain: Snapshot) -> None:
    wanted = attrs.evolve(plain.cluster, parameters=MappingProxyType({SIGNATURE_ALGORITHM: "SHA-512"}))
    problem = found(plain, wanted)["PC5"][0]
    assert problem.severity is Severity.DANGER
    assert "7975" in problem.text
    assert problem.phones


def test_sha_512_concerns_only_phones_that_get_a_signed_file(plain: Snapshot) -> None:
    """Without a CTL, a phone that reads no ITL meets no signature."""
    rows = "Name,Model\nSEP1,7940\nSEP2,3905\nSEP3,7975\n"
    phones = attrs.evolve(plain, inventory=read_text(rows))
    wanted = attrs.evolve(plain.cluster, parameters=MappingProxyType({SIGNATURE_ALGORITHM: "SHA-512"}))
    mixed = found(phones, wanted)["PC5"][0]
    for node in wanted.nodes:
        wanted = wanted.with_node(attrs.evolve(node, ctl=None, tvs_ctl=None))
    secure = found(phones, wanted)["PC5"][0]
    assert ("7940" in mixed.text, "7940" in secure.text) == (True, False)
    assert (secure.phones, "7975" in secure.text) == (1, True)


def test_a_tls_floor_concerns_models_that_ask_a_tvs(plain: Snapshot) -> None:
    problem = found(plain, attrs.evolve(plain.cluster, min_tls="1.2"))["PC6"][0]
    assert problem.text == "the TLS floor is 1.2; these ask a TVS and are not known to speak it: 7975"
    assert problem.phones == 1
    assert "PC6" not in found(plain, attrs.evolve(plain.cluster, min_tls="1.0"))


def test_certificates_that_expire_are_found_where_they_can_be_read(plain: Snapshot) -> None:
    keys = [rsa_key(1024, number) for number in range(8)]
    turn = iter(keys * 4)
    cluster = make_cluster("office", "12.5(1)", mixed=True, maker=lab.maker(lambda: next(turn)))
    assert "PC7" not in found(plain, cluster)
    year = 365 * 86400.0
    soon = found(plain, attrs.evolve(cluster, clock=cluster.clock + 5 * year - 10 * 86400))["PC7"]
    assert {each.severity for each in soon} == {Severity.WARNING}
    assert "expires in 10 days" in soon[0].text
    gone = found(plain, attrs.evolve(cluster, clock=cluster.clock + 6 * year))["PC7"]
    assert {each.severity for each in gone} == {Severity.DANGER}
    assert len({each.text for each in gone}) == len(gone), "each certificate once"


def test_an_itl_that_differs_from_the_ctl_is_found(plain: Snapshot) -> None:
    renewed = after(plain.cluster, "pub set cert regen CallManager", "* utils service restart Cisco Tftp")
    problems = found(plain, renewed)["PC8"]
    assert [each.text.split(" name")[0] for each in problems] == ["CTL and ITL of pub"]


def test_a_single_tvs_and_groups_without_one_are_found(plain: Snapshot) -> None:
    alone = make_cluster("office", "12.5(1)", ("pub",), mixed=True)
    assert "pub has the only TVS" in found(plain, alone)["PC9"][0].text
    assert "PC10" not in found(plain, after(plain.cluster, "* block 6970"))
    blocked = after(plain.cluster, "* block 2445")
    problem = found(plain, blocked)["PC10"][0]
    assert (problem.phones, problem.severity) == (3, Severity.DANGER)
    assert "group pub, sub" in problem.text


def test_a_group_whose_phones_differ_otherwise_is_told_once(plain: Snapshot) -> None:
    rows = "Device Name,Device Type,Security Profile\nSEP1,Cisco 8861,Universal - Non-Secure\n"
    mixed = attrs.evolve(plain, inventory=read_text(f"{rows}SEP2,Cisco 8861,Cisco 8861 Secure - Encrypted\n"))
    assert len(prechecks.Scene(mixed).places) == 2
    (problem,) = found(mixed, after(plain.cluster, "* block 2445"))["PC10"]
    assert problem.phones == 2


def test_a_ctl_left_in_a_non_secure_cluster_is_found(plain: Snapshot) -> None:
    left = attrs.evolve(plain.cluster, mixed=False)
    assert "pub, sub still serve a CTL" in found(plain, left)["PC11"][0].text
    only = attrs.evolve(left.nodes[1], ctl=None)
    alone = attrs.evolve(left, nodes=(left.nodes[0], only))
    assert "pub still serves a CTL" in found(plain, alone)["PC11"][0].text


def test_phones_not_seen_since_the_last_change_are_counted(plain: Snapshot) -> None:
    entry = OffEntry(devices=frozenset({"SEP1", "SEP2"}), since=1.0, place="ris.xml")
    absent = attrs.evolve(plain, file=attrs.evolve(plain.file, off=(entry,)))
    assert found(absent)["PC13"][0].phones == 2
    lately = attrs.evolve(plain, file=attrs.evolve(plain.file, off=(attrs.evolve(entry, since=9e12),)))
    assert "PC13" not in found(lately)


def test_groups_with_one_tvs_are_found(plain: Snapshot) -> None:
    file = attrs.evolve(
        plain.file,
        groups=MappingProxyType({"G": ("pub",)}),
        phones=attrs.evolve(plain.file.phones, group="G"),
    )
    (problem,) = found(attrs.evolve(plain, file=file))["PC9"]
    assert (problem.phones, problem.severity) == (3, Severity.WARNING)
    assert "has one TVS, pub" in problem.text


@pytest.mark.parametrize(
    ("saved", "severity"), [(True, None), (False, Severity.WARNING), (None, Severity.NOTE)]
)
def test_a_recovery_key_counts_as_saved_only_when_somebody_says_so(
    plain: Snapshot,
    saved: bool | None,  # noqa: FBT001 - a table value
    severity: Severity | None,
) -> None:
    said = attrs.evolve(plain, file=attrs.evolve(plain.file, recovery_key_saved=saved))
    assert [each.severity for each in found(said).get("PC12", ())] == ([severity] if severity else [])
    before = make_cluster("office", "9.1(2)", ("pub", "sub"))
    assert "PC12" not in found(said, before)


def test_phones_that_fall_under_a_filter_are_counted_among_the_absent(plain: Snapshot) -> None:
    entry = OffEntry(where="model = 7960", devices=frozenset({"SEP3"}), since=1.0, place="cluster.toml")
    chosen = filters.parse(entry.where, entry.place, catalogue())
    absent = attrs.evolve(
        plain, file=attrs.evolve(plain.file, off=(entry,)), off_filters=MappingProxyType({entry: chosen})
    )
    assert found(absent)["PC13"][0].phones == 2


def test_phones_registered_since_before_the_last_change_are_counted_apart(plain: Snapshot) -> None:
    entry = OffEntry(devices=frozenset({"SEP1"}), since=1.0, place="ris.xml", powered=True)
    (problem,) = found(attrs.evolve(plain, file=attrs.evolve(plain.file, off=(entry,))))["PC13"]
    assert (problem.phones, problem.text.partition(",")[0]) == (1, "registered")


def test_odd_records_disturb_no_rule(plain: Snapshot) -> None:
    pub = plain.cluster.publisher
    assert pub.ctl is not None
    odd = (
        Record(role=None),
        Record(role=Role.CCM_TFTP, dns_name="pub"),
        Record(role=99, identity=Identity("", "", 0), certificate=b"junk"),
    )
    strange = attrs.evolve(pub.ctl, records=(*pub.ctl.records, *odd), timestamp=None)
    assert "PC12" in found(plain, plain.cluster.with_node(attrs.evolve(pub, ctl=strange)))


def test_every_rule_is_told_to_people_and_has_a_known_source() -> None:
    root = Path(__file__).resolve().parents[2]
    told = (root / "docs" / "prechecks.md").read_text(encoding="utf-8")
    assert [rule for rule in RULES if f"| {rule} |" not in told] == []
    sources = (root / "docs" / "sources.md").read_text(encoding="utf-8")
    code = (root / "phoneemu" / "fleet" / "prechecks.py").read_text(encoding="utf-8")
    named = {part.split('"')[0] for part in code.split('source="')[1:]} - {"phoneemu"}
    assert named
    assert [source for source in named if f"| {source} |" not in sources] == []


def test_the_worst_is_told_first(plain: Snapshot) -> None:
    order = list(Severity)
    problems = prechecks.problems(attrs.evolve(plain, cluster=attrs.evolve(plain.cluster, mixed=False)))
    ranks = [order.index(each.severity) for each in problems]
    assert ranks == sorted(ranks)
    assert problems[0].line.startswith("danger   PC11  the cluster is non-secure")
