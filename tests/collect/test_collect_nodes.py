"""What is collected node by node, and what the cluster file says of them."""

import pytest
from collectmaking import Site, ctl, itl, short, without_files
from cucm import Handler, Request

from phoneemu.collect.axl import NodeSeen
from phoneemu.collect.failures import Kind
from phoneemu.collect.gather import Outcome, Part
from phoneemu.collect.nodes import with_publisher
from phoneemu.collect.readings import Realm
from phoneemu.fleet import clusterfile
from phoneemu.net.book import parse

ITL, CTL = itl(), ctl()


@pytest.mark.parametrize("name", ["../../etc/cron", "a/b", "..", "x\\y", ".x"])
def test_a_node_whose_name_could_leave_the_folder_is_left_out_and_named(site: Site, name: str) -> None:
    site.bench.cucm.nodes.append((name, "Subscriber", ""))
    results = site.collect()
    assert short(results) == ["nodes"]
    assert all("pub" in each or "sub" in each for each in site.written() if "_" in each)


def test_a_node_that_serves_no_files_is_told_and_is_no_failure(site: Site) -> None:
    without_files(site, "sub")
    results = site.collect()
    assert short(results) == []
    assert any("sub serves no files" in each for each in results["lists"].notes)
    said = clusterfile.read(site.folder / "cluster.toml")
    assert said.nodes[1].services == {"TVS"}


def test_a_node_that_is_silent_is_a_failure(site: Site) -> None:
    def silent(_handler: Handler, _request: Request) -> bool:
        return True  # and hangs up

    site.files["sub"].special = silent
    results = site.collect()
    assert results["lists"].outcome is Outcome.PARTIAL
    assert "ITLFile_pub.tlv" in site.written()


def test_a_cluster_without_ctl_is_told(site: Site) -> None:
    for cucm in site.files.values():
        del cucm.pages["/CTLFile.tlv"]
    results = site.collect()
    # TFTP of these servers is a closed port, so that the word of HTTP stands alone
    assert results["lists"].outcome is Outcome.DONE
    assert "pub has no CTL" in results["lists"].notes


@pytest.mark.parametrize("content", [ITL[:-40], b"", b"<html>", CTL])
def test_a_list_that_is_none_is_not_kept(site: Site, content: bytes) -> None:
    site.files["pub"].pages["/ITLFile.tlv"] = content
    results = site.collect()
    assert (results["lists"].outcome, results["lists"].kinds) == (Outcome.PARTIAL, (Kind.MALFORMED,))
    assert "ITLFile_pub.tlv" not in site.written()
    assert "CTLFile_pub.tlv" in site.written()


def test_certificates_of_an_older_release_are_not_asked_for(site: Site) -> None:
    site.bench.cucm.release = "12.5.1.11900-146"
    assert site.collect()["node-certificates"].outcome is Outcome.LEFT_OUT


def test_what_was_left_out_for_want_of_a_password_is_asked_for_when_there_is_one(site: Site) -> None:
    both = site.bench.wire.credentials
    site.bench.wire.credentials = {Realm.APPLICATION: both[Realm.APPLICATION]}
    site.collect()
    site.bench.wire.credentials = both
    assert site.collect()["node-certificates"].outcome is Outcome.DONE


def test_without_an_os_administrator_node_certificates_are_left_out(site: Site) -> None:
    credentials = dict(site.bench.wire.credentials)
    del credentials[Realm.PLATFORM]
    site.bench.wire.credentials = credentials
    assert site.collect()["node-certificates"].outcome is Outcome.LEFT_OUT


def test_without_any_password_lists_are_collected_of_nodes_that_are_named(site: Site) -> None:
    site.bench.wire.credentials = {}
    results = site.collect(Part.LISTS, named=["pub", "sub"])
    assert (short(results), site.bench.cucm.requests) == ([], [])
    assert [each.name for each in clusterfile.read(site.folder / "cluster.toml").nodes] == ["pub", "sub"]


@pytest.mark.parametrize(("host", "publisher"), [("pub", 0), ("PUB.example.com", 0), ("127.0.0.1", None)])
def test_where_nobody_says_the_publisher_is_the_node_that_was_asked(host: str, publisher: int | None) -> None:
    nodes = with_publisher((NodeSeen(name="sub"), NodeSeen(name="pub")), host)
    assert [node.publisher for node in nodes] == [at == publisher for at in range(2)]
    assert nodes[0].name == ("sub" if publisher is None else "pub")


def test_nodes_that_share_an_address_have_none_in_the_cluster_file(site: Site) -> None:
    site.book = parse(site.book.render().replace("localhost", "127.0.0.1"))
    site.collect()
    assert [each.address for each in clusterfile.read(site.folder / "cluster.toml").nodes] == ["", ""]


def test_an_answer_without_a_certificate_is_not_kept(site: Site) -> None:
    site.bench.cucm.certificates["localhost"] = {"trackingId": 1}
    results = site.collect()
    assert results["node-certificates"].kinds == (Kind.MALFORMED,)
    assert "certs_sub.json" not in site.written()


def test_a_cluster_file_that_somebody_wrote_stays(site: Site) -> None:
    site.folder.mkdir()
    (site.folder / "cluster.toml").write_text('name = "mine"\n')
    assert site.collect()["cluster.toml"].outcome is Outcome.LEFT_OUT
    assert (site.folder / "cluster.toml").read_text() == 'name = "mine"\n'


def test_an_export_that_somebody_put_there_is_told_and_stays(site: Site) -> None:
    site.folder.mkdir()
    (site.folder / "phones.sql.txt").write_text("mine")
    results = site.collect()
    assert short(results) == ["phones"]
    assert (site.folder / "phones.sql.txt").read_text() == "mine"
