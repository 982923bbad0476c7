"""AXL: versions, paging, faults, nodes."""

from pathlib import Path
from typing import Any

import pytest
from collectmaking import Bench
from cucm import Handler, Request, phone_rows

from phoneemu.collect.axl import Axl, NodeSeen
from phoneemu.collect.failures import Kind, NotCollected
from phoneemu.collect.readings import Statement


def axl(bench: Bench) -> Axl:
    return Axl(wire=bench.wire, host="127.0.0.1")


def missed(act: Any) -> NotCollected:
    with pytest.raises(NotCollected) as caught:
        act()
    return caught.value


def test_the_release_and_the_nodes_that_process_calls_are_read(bench: Bench) -> None:
    service = axl(bench)
    assert service.release() == "14.0.1.10000-20"
    assert service.nodes() == (NodeSeen(name="pub", publisher=True), NodeSeen(name="sub"))


@pytest.mark.parametrize(
    ("unknown", "first"), [({"processNodeRole"}, "pub"), ({"processNodeRole", "nodeUsage"}, "sub")]
)
def test_a_release_that_says_less_of_its_nodes_is_asked_for_less(
    bench: Bench, unknown: set[str], first: str
) -> None:
    bench.cucm.unknown_tags = unknown
    assert axl(bench).nodes()[0].name == first


def test_a_release_that_says_nothing_of_its_nodes_is_told(bench: Bench) -> None:
    bench.cucm.unknown_tags = {"name"}
    assert missed(axl(bench).nodes).kind is Kind.FAULT


@pytest.mark.parametrize(
    ("versions", "advertised", "taken"),
    [
        (("12.5", "15.0"), "12.x, 15.0", "15.0"),
        (("12.5",), "10.5, 11.5 and 12.5", "12.5"),
        (("12.0",), "12.x", "12.0"),
        (("9.1",), "8.5, 9.0 and 9.1", "9.1"),
    ],
)
def test_another_version_is_taken_when_the_server_lacks_the_first(
    bench: Bench, versions: tuple[str, ...], advertised: str, taken: str
) -> None:
    bench.cucm.versions, bench.cucm.advertised = versions, advertised
    service = axl(bench)
    service.release()
    service.nodes()
    assert service.version == taken
    assert bench.cucm.requests[-1].action == f"CUCM:DB ver={taken} listProcessNode"
    assert f"http://www.cisco.com/AXL/API/{taken}" in bench.cucm.requests[-1].body


@pytest.mark.parametrize("advertised", ["", "none", "14.0", "99.9"])
def test_a_server_that_no_version_suits_is_told_and_not_asked_for_ever(bench: Bench, advertised: str) -> None:
    bench.cucm.versions, bench.cucm.advertised = ("8.0",), advertised
    assert missed(axl(bench).release).kind is Kind.FAULT
    assert len(bench.cucm.requests) <= 2


def test_2500_phones_come_in_three_pages(bench: Bench) -> None:
    bench.cucm.tables["device"] = phone_rows(2500)
    rows = axl(bench).rows(Statement.PHONES)
    assert [row["name"] for row in rows] == [row["name"] for row in phone_rows(2500)]
    pages = [each.body.partition("select ")[2][:22] for each in bench.cucm.requests]
    assert pages == ["skip 0 first 1000 d.na", "skip 1000 first 1000 d", "skip 2000 first 1000 d"]


def test_a_page_that_is_too_large_is_asked_in_smaller_ones(bench: Bench) -> None:
    bench.cucm.tables["device"] = phone_rows(1200)
    bench.cucm.largest_page = 400
    assert len(axl(bench).rows(Statement.PHONES)) == 1200


def test_a_server_that_finds_every_page_too_large_is_given_up(bench: Bench) -> None:
    bench.cucm.largest_page = 0
    assert missed(lambda: axl(bench).rows(Statement.PHONES)).kind is Kind.FAULT
    assert len(bench.cucm.requests) < 12


def test_a_server_that_ignores_the_paging_is_asked_no_third_time(bench: Bench) -> None:
    page = phone_rows(1000)

    def unbounded(handler: Handler, _request: Request) -> bool:
        rows = "".join(
            "<row>" + "".join(f"<{key}>{value}</{key}>" for key, value in row.items()) + "</row>"
            for row in page
        )
        handler.soap(f"<executeSQLQueryResponse><return>{rows}</return></executeSQLQueryResponse>")
        return True

    bench.cucm.special = unbounded
    assert len(axl(bench).rows(Statement.PHONES)) == 1000
    assert len(bench.cucm.requests) == 2


def test_a_column_that_a_release_lacks_is_a_fault_in_its_words(bench: Bench) -> None:
    bench.cucm.unknown_columns = {"specialloadinformation"}
    failure = missed(lambda: axl(bench).rows(Statement.PHONES))
    assert failure.kind is Kind.FAULT
    assert "specialloadinformation" in str(failure)


def test_phones_are_listed_by_name_where_no_query_works(bench: Bench) -> None:
    bench.cucm.tables["device"] = phone_rows(1001)
    rows = axl(bench).phones()
    assert len(rows) == 1001
    assert rows[0]["devicePoolName"] == "Main"


def answers(body: str | bytes, status: int = 200) -> Any:
    def serve(handler: Handler, _request: Request) -> bool:
        handler.answer(status, body)
        return True

    return serve


BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<Envelope><Body><version>&b;</version></Body></Envelope>"""
OUTSIDE = """<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]><Envelope>&f;</Envelope>"""


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (BOMB, Kind.MALFORMED),
        (OUTSIDE, Kind.MALFORMED),
        ("<soapenv:Envelope><soapenv:Body>", Kind.MALFORMED),
        ("", Kind.MALFORMED),
        ("<html><body>Welcome</body></html>", Kind.MALFORMED),
        (b"<?xml version='1.0' encoding='nonesuch'?><a/>", Kind.MALFORMED),
        (b"\xff\xfe\x00", Kind.MALFORMED),
        ("<a/>" * 10, Kind.MALFORMED),
        ("<a>" + "<b/>" * 100 + "</a>", Kind.MALFORMED),
    ],
)
def test_an_answer_that_is_none_is_told_as_that(bench: Bench, body: str | bytes, kind: Kind) -> None:
    bench.cucm.special = answers(body)
    assert missed(axl(bench).release).kind is kind
    assert missed(axl(bench).nodes).kind is kind


def test_an_answer_of_millions_of_elements_is_not_taken_apart(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("phoneemu.collect.soap.MOST_ELEMENTS", 1000)
    bench.cucm.special = answers("<a>" + "<b/>" * 2001 + "</a>")
    assert missed(axl(bench).release).kind is Kind.TOO_LARGE
    bench.cucm.special = answers("<a " + " ".join(f'b{number}=""' for number in range(1001)) + "/>")
    assert missed(axl(bench).release).kind is Kind.TOO_LARGE


def test_deeply_nested_elements_do_no_harm(bench: Bench) -> None:
    bench.cucm.special = answers("<a>" * 100_000 + "</a>" * 100_000)
    assert missed(axl(bench).release).kind is Kind.MALFORMED


def test_rows_without_the_columns_asked_for_are_not_taken(bench: Bench) -> None:
    bench.cucm.special = answers("<Envelope><row><other>1</other></row></Envelope>")
    assert missed(lambda: axl(bench).rows(Statement.GROUPS)).kind is Kind.MALFORMED


def test_an_answer_may_leave_out_what_is_null(bench: Bench) -> None:
    bench.cucm.special = answers("<Envelope><row><name>SEP1</name><model/></row></Envelope>")
    assert axl(bench).rows(Statement.PHONES) == [{"name": "SEP1", "model": ""}]


def test_a_fault_without_words_is_one(bench: Bench) -> None:
    bench.cucm.special = answers("<Envelope><Body><Fault/></Body></Envelope>", 500)
    assert missed(axl(bench).release).kind is Kind.FAULT


def test_an_error_that_is_no_fault_is_told_by_its_status(bench: Bench) -> None:
    bench.cucm.special = answers("<html>Tomcat</html>", 500)
    assert str(missed(axl(bench).release)) == "HTTP 500"
    bench.cucm.special = answers("<html>Tomcat</html>", 599)
    assert str(missed(axl(bench).release)) == "HTTP 599"


def test_the_room_ships_no_schema_of_the_services() -> None:
    room = Path(__file__).resolve().parents[2] / "phoneemu"
    assert [*room.rglob("*.wsdl"), *room.rglob("*.xsd")] == []
