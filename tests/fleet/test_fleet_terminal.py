"""The release, the nodes and the publisher in a terminal log."""

from pathlib import Path

import pytest

from phoneemu.fleet import terminal
from phoneemu.fleet.clusterfile import parse
from phoneemu.fleet.recognising import Kind
from phoneemu.fleet.snapshot import Snapshot, read_snapshot

VERSION = "admin:show version active\nActive Master Version: 11.5.1.15900-18\nActive Version Installed:\n"
NEWER = """admin:show network cluster
192.0.2.12 cm-sub.example.net cm-sub Subscriber callmanager DBSub authenticated using TCP since Fri Nov 28
192.0.2.11 cm-pub.example.net cm-pub Publisher callmanager DBPub authenticated
192.0.2.13 im-1.example.net im-1 Subscriber cups DBPub authenticated using TCP since Fri Nov 28 17:59:21 2014
"""
OLDER = """192.0.2.12 cm-sub  Subscriber authenticated
192.0.2.11 cm-pub Publisher not authenticated - INITIATOR since Tue Dec 3 12:43:24 2013
"""


def read(folder: Path, log: str, cluster: str = "", name: str = "session.log") -> Snapshot:
    (folder / "phones.csv").write_text("Device Name,Device Type\nSEP001122334455,Cisco 8841\n")
    (folder / name).write_text(log)
    if cluster:
        (folder / "cluster.toml").write_text(cluster)
    return read_snapshot(folder)


@pytest.mark.parametrize("nodes", [NEWER, OLDER])
def test_a_log_alone_tells_release_nodes_and_publisher(tmp_path: Path, nodes: str) -> None:
    snapshot = read(tmp_path, VERSION + nodes)
    assert snapshot.release == "11.5.1.15900-18"
    assert not snapshot.alternatives
    assert snapshot.cluster.publisher.name == "cm-pub"
    assert {node.name: node.address for node in snapshot.cluster.nodes} == {
        "cm-sub": "192.0.2.12",
        "cm-pub": "192.0.2.11",
    }
    assert [each.kinds for each in snapshot.recognised if each.path.name == "session.log"] == [
        (Kind.TERMINAL,)
    ]


def test_a_log_named_after_something_else_in_it_is_read_too(tmp_path: Path) -> None:
    table = "admin:run sql select name,model from device\nname            model\n=============== =====\n"
    snapshot = read(tmp_path, table + "SEP001122334456 8841\n\n" + VERSION + NEWER, name="phones.sql.txt")
    assert snapshot.release == "11.5.1.15900-18"
    assert len(snapshot.inventory.phones) == 2


def test_declared_nodes_get_their_addresses_and_the_publisher(tmp_path: Path) -> None:
    snapshot = read(tmp_path, NEWER, '[[node]]\nname = "cm-sub"\n[[node]]\nname = "cm-pub"\n')
    assert snapshot.cluster.publisher.name == "cm-pub"
    assert [node.address for node in snapshot.cluster.nodes] == ["192.0.2.12", "192.0.2.11"]


def test_a_node_declared_by_its_address_is_the_same(tmp_path: Path) -> None:
    snapshot = read(tmp_path, NEWER, '[[node]]\nname = "192.0.2.12"\n[[node]]\nname = "192.0.2.11"\n')
    assert snapshot.cluster.publisher.name == "192.0.2.11"


def test_the_cluster_file_wins_and_what_differs_is_said(tmp_path: Path) -> None:
    said = 'release = "12.5(1)"\n[[node]]\nname = "cm-sub"\npublisher = true\n[[node]]\nname = "other"\n'
    snapshot = read(tmp_path, VERSION + NEWER, said)
    assert (snapshot.release, snapshot.cluster.publisher.name) == ("12.5(1)", "cm-sub")
    told = "\n".join(snapshot.remarks)
    assert "session.log:2: the active version is 11.5.1.15900-18, 12.5(1) is taken" in told
    assert "has cm-pub as the publisher, cluster.toml says cm-sub" in told
    assert "does not declare cm-pub" in told


@pytest.mark.parametrize("release", ["11.5(1)SU5", "11.5", "11", "11.5.1.15900-18"])
def test_the_same_release_in_other_words_is_no_difference(release: str) -> None:
    _, remarks = terminal.merged(parse(f'release = "{release}"'), [terminal.parse(VERSION, "a.log")])
    assert not remarks


def test_what_is_no_release_is_not_taken() -> None:
    assert not terminal.parse("Active Master Version: unknown\n", "a.log").releases


def test_a_node_that_stands_twice_in_other_words_is_said() -> None:
    logs = [
        terminal.parse(NEWER, "a.log"),
        terminal.parse(OLDER.replace("192.0.2.12", "192.0.2.99"), "b.log"),
    ]
    file, remarks = terminal.merged(parse(""), logs)
    assert [each.partition(" ")[0] for each in remarks] == ["b.log:1:"]
    assert {each.address for each in file.seen} == {"192.0.2.12", "192.0.2.11"}


def test_a_log_of_another_thing_that_is_no_text_is_left_to_its_reader(tmp_path: Path) -> None:
    (tmp_path / "certs_a.txt").write_bytes(b"Active\x00\x01\x02")
    with pytest.raises(Exception, match="certs_a"):
        read(tmp_path, NEWER)


def test_carriage_returns_of_a_terminal_do_no_harm(tmp_path: Path) -> None:
    snapshot = read(tmp_path, (VERSION + NEWER).replace("\n", "\r\n"))
    assert (snapshot.release, len(snapshot.cluster.nodes)) == ("11.5.1.15900-18", 2)
