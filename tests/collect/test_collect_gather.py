"""Whole collections: what is written, what survives a failure, what a second run does."""

import attrs
import pytest
from collectmaking import SETUP, Site, itl, short, with_pages, without_files
from cucm import Cucm, Handler, Request, Seen, phone_rows, serving
from listmaking import signed_itl

from phoneemu.collect.failures import Kind
from phoneemu.collect.folder import Folder
from phoneemu.collect.gather import Outcome, Part
from phoneemu.collect.readings import AXL_PATH, RIS_PATH, Realm
from phoneemu.fleet import clusterfile, risport, sqltext
from phoneemu.fleet.listexports import read_lists
from phoneemu.net.book import Book

ITL = itl()


def test_everything_comes_as_the_files_of_a_snapshot(site: Site) -> None:
    assert short(site.collect()) == []
    assert site.written() == [
        "CTLFile_pub.tlv",
        "CTLFile_sub.tlv",
        "ITLFile_pub.tlv",
        "ITLFile_sub.tlv",
        "certs.sql.txt",
        "certs_pub.json",
        "certs_sub.json",
        "cluster.toml",
        "cmgroups.sql.txt",
        "models.sql.txt",
        "parameters.sql.txt",
        "phones.sql.txt",
        "ris.xml",
    ]
    assert (site.folder / "ITLFile_pub.tlv").read_bytes() == ITL


def test_what_was_written_is_read_by_the_readers_of_a_snapshot(site: Site) -> None:
    site.collect()
    (phones,), remarks = sqltext.read(site.folder / "phones.sql.txt")
    assert (len(phones.rows), remarks) == (12, ())
    assert len(risport.read(site.folder / "ris.xml")) == 12
    said = clusterfile.read(site.folder / "cluster.toml")
    assert (said.release, said.name) == ("14.0.1.10000-20", "pub")
    assert [(node.name, node.address, node.publisher) for node in said.nodes] == [
        ("pub", "127.0.0.1", True),
        ("sub", "localhost", False),
    ]
    assert said.nodes[0].services == {"CallManager", "TFTP", "TVS"}
    assert said.nodes[1].services == {"TFTP", "TVS"}


def test_no_password_stands_in_any_file(site: Site) -> None:
    site.collect()
    for path in site.folder.iterdir():
        content = path.read_bytes()
        assert b"secret" not in content
        assert b"Basic" not in content


def test_nothing_but_readings_arrives_at_the_server(site: Site) -> None:
    site.collect(*Part)
    asked = {(each.verb, each.path, each.action.rpartition(" ")[2]) for each in site.bench.cucm.requests}
    assert asked == {
        ("POST", "/axl/", "getCCMVersion"),
        ("POST", "/axl/", "listProcessNode"),
        ("POST", "/axl/", "executeSQLQuery"),
        ("POST", "/realtimeservice2/services/RISService70", "selectCmDevice"),
        ("GET", "/platformcom/api/v1/certmgr/config/snapshot/server", ""),
    }
    assert all("<sql>select " in each.body for each in site.bench.cucm.asked("executeSQLQuery"))


def test_a_second_run_while_axl_is_down_keeps_what_the_first_knew(site: Site) -> None:
    site.collect()
    before = (site.folder / "cluster.toml").read_bytes()
    site.bench.cucm.busy[AXL_PATH] = 999
    results = site.collect()
    assert (short(results), (site.folder / "cluster.toml").read_bytes()) == (["nodes"], before)


def test_a_cluster_of_unusable_names_only_is_told(site: Site) -> None:
    site.bench.cucm.nodes = [("../a", "Publisher", "")]
    results = site.collect()
    assert short(results) == ["nodes", "lists"]
    assert results["cluster.toml"].outcome is Outcome.LEFT_OUT


def test_one_service_that_is_down_does_not_lose_the_others(site: Site) -> None:
    def no_axl(handler: Handler, request: Request) -> bool:
        if request.path == AXL_PATH:
            handler.answer(500, "<html>down</html>")
        return request.path == AXL_PATH

    site.bench.cucm.special = no_axl
    results = site.collect(named=["pub", "sub"])
    assert short(results) == ["nodes", "phones", "groups", "parameters", "certificates", "models"]
    assert results["ris"].outcome is Outcome.DONE
    assert "ITLFile_sub.tlv" in site.written()


@pytest.mark.parametrize("realm", [Realm.APPLICATION, Realm.PLATFORM])
def test_a_wrong_password_is_sent_once_and_the_rest_goes_on(site: Site, realm: Realm) -> None:
    right = site.bench.wire.credentials[realm]
    site.bench.wire.credentials = {
        **site.bench.wire.credentials,
        realm: attrs.evolve(right, password="wrong"),  # noqa: S106 - that is the point
    }
    results = site.collect(named=["pub", "sub"])
    sent = [each for each in site.bench.cucm.requests if each.authorization != ""]
    wrong = [
        each
        for each in sent
        if each.authorization == site.bench.wire.credentials[realm].header()["Authorization"]
    ]
    assert len(wrong) == 1
    assert results["lists"].outcome is Outcome.DONE
    assert Kind.DENIED in results["phones" if realm is Realm.APPLICATION else "node-certificates"].kinds


def test_a_second_run_asks_only_for_what_is_missing(site: Site) -> None:
    site.bench.cucm.busy[RIS_PATH] = 99
    first = site.collect()
    assert short(first) == ["ris"]
    site.bench.cucm.busy.clear()
    site.bench.cucm.requests.clear()
    second = site.collect()
    assert short(second) == []
    assert second["phones"].outcome is Outcome.KEPT
    assert site.bench.cucm.asked("executeSQLQuery") == []
    assert "ris.xml" in site.written()


def test_a_second_run_still_knows_which_nodes_serve_files(site: Site) -> None:
    without_files(site, "sub")
    site.collect()
    site.collect()
    nodes = clusterfile.read(site.folder / "cluster.toml").nodes
    assert [node.services for node in nodes] == [{"CallManager", "TFTP", "TVS"}, {"TVS"}]


def test_the_publisher_is_where_it_was_asked_whatever_the_cluster_calls_it(site: Site) -> None:
    places = {name: place for name, place in site.book.places.items() if name != "pub"}
    site.book = Book(places=places)
    results = site.collect(Part.NODE_CERTIFICATES)
    assert "certs_pub.json" in site.written()
    assert short(results) == []


def test_an_interrupted_run_leaves_whole_files_and_is_gone_on_with(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_pages(site, ["127.0.0.1"] * 8)
    phone = Cucm(pages={SETUP: b"<html>whole</html>"})
    write, written = Folder.write, []

    def interrupted(folder: Folder, part: str, name: str, content: bytes) -> None:
        written.append(name)
        if len(written) == 5:
            raise KeyboardInterrupt
        write(folder, part, name, content)

    monkeypatch.setattr(Folder, "write", interrupted)
    with serving(phone, None) as port:
        with pytest.raises(KeyboardInterrupt):
            site.collect(Part.PHONES, Part.SEEN, Part.PAGES, page_port=port)
        monkeypatch.setattr(Folder, "write", write)
        there = list((site.folder / "pages").iterdir())
        assert {path.read_bytes() for path in there} == {b"<html>whole</html>"}
        assert 0 < len(there) < 8
        phone.requests.clear()
        assert short(site.collect(Part.PHONES, Part.SEEN, Part.PAGES, page_port=port)) == []
    assert len(list((site.folder / "pages").iterdir())) == 8
    assert len([each for each in phone.requests if each.path == SETUP]) == 8 - len(there)


def test_a_fresh_run_asks_for_everything_again(site: Site) -> None:
    site.collect()
    site.bench.cucm.tables["device"] = phone_rows(13)
    results = site.collect(fresh=True)
    assert results["phones"].notes == ("13 phones",)


def test_a_list_that_changed_since_is_kept_among_the_older_ones(site: Site) -> None:
    site.collect()
    renewed = signed_itl(which=1).raw or b""
    site.files["pub"].pages["/ITLFile.tlv"] = renewed
    site.collect(fresh=True)
    (older,) = (site.folder / "history").iterdir()
    assert older.read_bytes() == ITL
    assert (site.folder / "ITLFile_pub.tlv").read_bytes() == renewed
    assert [each.listed.sha1 for each in read_lists([older]) if each.listed] == [signed_itl().sha1]
    site.collect(fresh=True)
    assert len(list((site.folder / "history").iterdir())) == 1


def test_risport_that_fails_half_way_leaves_what_it_said(site: Site) -> None:
    site.bench.cucm.tables["device"] = phone_rows(1500)
    site.bench.cucm.seen = [Seen(name=row["name"]) for row in phone_rows(1500)]

    def second_fails(handler: Handler, request: Request) -> bool:
        if request.path == RIS_PATH and "SEP0200000003E8" in request.body:
            handler.fault("AxisFault: no")
            return True
        return False

    site.bench.cucm.special = second_fails
    results = site.collect()
    assert (results["ris"].outcome, results["ris"].kinds) == (Outcome.PARTIAL, (Kind.FAULT,))
    assert len(risport.read(site.folder / "ris.xml")) == 1000


def test_a_node_that_risport_does_not_hear_makes_the_part_partial(site: Site) -> None:
    site.bench.cucm.node_codes = {"sub": "NodeNotResponding"}
    results = site.collect()
    assert (results["ris"].outcome, results["ris"].kinds) == (Outcome.PARTIAL, (Kind.INCOMPLETE,))


def test_phones_come_without_loads_where_the_database_has_no_such_column(site: Site) -> None:
    site.bench.cucm.unknown_columns = {"specialloadinformation"}
    assert site.collect()["phones"].outcome is Outcome.DONE
    (table,), _ = sqltext.read(site.folder / "phones.sql.txt")
    assert "specialloadinformation" not in table.columns


def test_phones_come_by_list_where_the_query_is_refused_and_risport_knows_their_names(site: Site) -> None:
    site.bench.cucm.unknown_columns = {"secmode"}
    assert site.collect()["phones"].outcome is Outcome.DONE
    assert "phones.axl.xml" in site.written()
    assert "SEP020000000001" in site.bench.cucm.asked("selectCmDevice")[0].body
