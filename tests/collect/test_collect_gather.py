"""Whole collections: what is written, what survives a failure, what a second run does."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest
from collectmaking import Bench
from cucm import Cucm, Handler, Request, Seen, phone_rows, serving
from listmaking import published_ctl, signed_itl

from phoneemu.collect.axl import NodeSeen
from phoneemu.collect.failures import Kind
from phoneemu.collect.folder import Folder
from phoneemu.collect.gather import USUAL, Gathering, Outcome, Part, Result, _with_publisher
from phoneemu.collect.readings import AXL_PATH, RIS_PATH, Realm
from phoneemu.fleet import clusterfile, risport, sqltext
from phoneemu.fleet.listexports import read_lists
from phoneemu.net.book import Book, Place, Service, parse
from phoneemu.net.tftp import Patience

NOW = datetime(2026, 3, 9, 17, 0, tzinfo=UTC)
ITL, CTL = signed_itl().raw or b"", published_ctl().raw or b""
BOTH = {"/ITLFile.tlv": ITL, "/CTLFile.tlv": CTL}


@attrs.define
class Site:
    """A cluster with its file servers; `files` is what each node serves by HTTP."""

    bench: Bench
    folder: Path
    book: Book
    files: dict[str, Cucm]

    def collect(self, *parts: Part, fresh: bool = False, **more: object) -> dict[str, Result]:
        """One run; the results by name."""
        gathering = Gathering(
            wire=self.bench.wire,
            folder=Folder.open(self.folder, "127.0.0.1", NOW, fresh=fresh),
            host="127.0.0.1",
            now=NOW,
            parts=parts or USUAL,
            book=self.book,
            file_patience=Patience(waits=(0.2,), total=2.0),
            **more,  # type: ignore[arg-type]
        )
        return {result.name: result for result in gathering.run()}

    def written(self) -> list[str]:
        """The files of the snapshot."""
        return sorted(path.name for path in self.folder.iterdir() if not path.name.startswith("."))


@pytest.fixture
def site(bench: Bench, tmp_path: Path) -> Iterator[Site]:
    """Two nodes with lists, 12 phones, all of them seen."""
    bench.cucm.tables = {
        "device": phone_rows(12),
        "callmanagergroup": [{"cmgname": "CMG-1", "servername": "pub", "priority": "0"}],
        "processconfig": [{"paramname": "ClusterSecurityMode", "paramvalue": "0"}],
        "typemodel": [{"enum": "685", "name": "Cisco 8861"}],
        "certificate": [
            {
                "servername": "pub",
                "name": "CallManager",
                "moniker": "own",
                "ipv4address": "",
                "certificate": "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----",
            }
        ],
    }
    bench.cucm.seen = [Seen(name=row["name"]) for row in phone_rows(12)]
    listed = [{"service": "tomcat", "certificate": "-----BEGIN CERTIFICATE-----"}]
    bench.cucm.certificates = {host: {"identities": listed} for host in ("127.0.0.1", "localhost")}
    files = {name: Cucm(pages=dict(BOTH)) for name in ("pub", "sub")}
    with ExitStack() as stack:
        ports = {name: stack.enter_context(serving(files[name], None)) for name in files}
        hosts = {"pub": "127.0.0.1", "sub": "localhost"}
        lines = [f"{name} {hosts[name]} http={port} tftp=9" for name, port in ports.items()]
        yield Site(bench, tmp_path / "snapshot", parse("\n".join(lines)), files)


def without_files(site: Site, node: str) -> None:
    """Nobody listens for files there any more."""
    nobody = Place(host="127.0.0.1", ports={Service.HTTP: 9, Service.TFTP: 9})
    site.book = Book(places={**site.book.places, node: nobody})


def short(results: dict[str, Result]) -> list[str]:
    """The parts that are not whole."""
    return [name for name, each in results.items() if each.outcome in (Outcome.PARTIAL, Outcome.FAILED)]


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


# ---------------------------------------------------------------- nodes and their files


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
    nodes = _with_publisher((NodeSeen(name="sub"), NodeSeen(name="pub")), host)
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


# ---------------------------------------------------------------- pages


def with_pages(site: Site, ips: Sequence[str]) -> list[str]:
    """One phone at each address, all saying that they have a page."""
    site.bench.cucm.seen = [
        Seen(name=f"SEP0200{number:08X}", httpd="Yes", ip=ip) for number, ip in enumerate(ips)
    ]
    return [seen.name for seen in site.bench.cucm.seen]


SETUP = "/CGI/Java/Serviceability?adapter=device.statistics.configuration"
STATUS = "/CGI/Java/Serviceability?adapter=device.settings.status.messages"


def test_pages_are_asked_of_phones_that_say_they_have_one(site: Site) -> None:
    with_pages(site, ["127.0.0.1", "127.0.0.2"])
    site.bench.cucm.seen[1].httpd = "No"
    phone = Cucm(pages={SETUP: b"<html>ITL file</html>", STATUS: b"<html>Trust List updated</html>"})
    with serving(phone, None) as port:
        results = site.collect(Part.PHONES, Part.SEEN, Part.PAGES, page_port=port)
    assert short(results) == []
    assert (site.folder / "pages" / "SEP020000000000.html").read_bytes() == b"<html>ITL file</html>"
    assert (
        site.folder / "pages" / "SEP020000000000_status.html"
    ).read_bytes() == b"<html>Trust List updated</html>"
    assert {each.authorization for each in phone.requests} == {""}
    assert {each.verb for each in phone.requests} == {"GET"}


def test_the_address_that_one_phone_had_is_tried_first_for_the_next_of_its_model(site: Site) -> None:
    with_pages(site, ["127.0.0.1"] * 6)
    phone = Cucm(pages={"/NetworkConfiguration": b"<html>1</html>"})
    with serving(phone, None) as port:
        site.collect(Part.PHONES, Part.SEEN, Part.PAGES, page_port=port)
    guesses = [each for each in phone.requests if each.path == SETUP]
    assert 1 <= len(guesses) < 6


def test_a_second_run_asks_only_the_phones_that_are_missing(site: Site) -> None:
    first, second = with_pages(site, ["127.0.0.1", "127.0.0.2"])
    phone = Cucm(pages={SETUP: b"<html></html>"})
    with serving(phone, None) as port:
        results = site.collect(Part.PHONES, Part.SEEN, Part.PAGES, page_port=port)
        assert results["pages"].kinds == (Kind.UNREACHABLE,)
        with serving(phone, None, "127.0.0.2") as other:
            phone.requests.clear()
            again = site.collect(Part.PHONES, Part.SEEN, Part.PAGES, page_port=other)
    assert short(again) == []
    assert {each.name for each in (site.folder / "pages").iterdir()} == {f"{first}.html", f"{second}.html"}
    assert {each.host for each in phone.requests} == {"127.0.0.2"}


@pytest.mark.parametrize("ip", ["", "0.0.0.0", "224.0.0.1", "evil.example", "127.0.0.1/../x", "10.0.0.1:22"])  # noqa: S104
def test_an_address_that_is_none_of_a_phone_is_not_asked(site: Site, ip: str) -> None:
    with_pages(site, [ip])
    results = site.collect(Part.PHONES, Part.SEEN, Part.PAGES)
    assert short(results) == []
    assert "pages" not in site.written()


@pytest.mark.parametrize("name", ["../../x", "a/b", "..", "SEP&lt;1"])
def test_a_phone_whose_name_could_leave_the_folder_has_no_page(site: Site, name: str) -> None:
    site.bench.cucm.seen = [Seen(name=name, httpd="Yes", ip="127.0.0.1")]
    site.collect(Part.SEEN, Part.PAGES)
    assert site.written() == ["cluster.toml", "ris.xml"]


def test_pages_without_risport_are_a_failure_with_its_reason(site: Site) -> None:
    site.bench.cucm.busy[RIS_PATH] = 99
    results = site.collect(Part.SEEN, Part.PAGES)
    assert results["pages"].outcome is Outcome.FAILED


def test_the_note_names_files_and_times_and_nothing_else(site: Site) -> None:
    site.collect()
    note = json.loads((site.folder / ".collected.json").read_text())
    assert set(note) == {"schema", "source", "begun", "parts"}
    assert set(note["parts"]["phones"]) == {"whole", "files"}
