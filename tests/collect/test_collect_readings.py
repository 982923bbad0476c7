"""Collection only reads: what can be sent at all is a closed list, and everything on it reads."""

import ast
import re
from pathlib import Path

import pytest

from phoneemu.collect import readings, soap
from phoneemu.collect.readings import PAGES, PHONE_TAGS, Reading, Realm, Statement

ROOM = Path(readings.__file__).parent
READS = {"getCCMVersion", "listProcessNode", "executeSQLQuery", "listPhone", "selectCmDevice"}


def calls(name: str) -> list[str]:
    """`file: call` of every call of a method of this name in the room."""
    return [
        f"{path.name}: {ast.unparse(node.func)}"
        for path in sorted(ROOM.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name
    ]


def test_every_soap_operation_on_the_list_is_one_that_reads() -> None:
    assert {each.value.action for each in Reading if each.value.verb == "POST"} == READS
    assert all(each.value.realm is Realm.APPLICATION for each in Reading if each.value.action)


def test_whatever_is_no_soap_is_asked_by_get() -> None:
    assert {each.value.verb for each in Reading if not each.value.action} == {"GET"}
    assert {each.value.verb for each in Reading} == {"GET", "POST"}


def test_every_statement_is_one_select_and_nothing_behind_it() -> None:
    words = re.compile(r"\b(insert|update|delete|drop|alter|create|execute|into|grant|call|truncate)\b", re.I)
    for statement in Statement:
        page = statement.page(0, 1000)
        assert page.startswith("select skip 0 first 1000 ")
        assert not words.search(page)
        assert ";" not in page
        assert "--" not in page


def test_the_columns_of_a_statement_are_those_of_its_answer() -> None:
    assert Statement.GROUPS.columns == ("cmgname", "servername", "priority")
    assert Statement.CERTIFICATES.columns == ("servername", "name", "moniker", "ipv4address", "certificate")
    assert Statement.PHONES.columns[-1] == "specialloadinformation"


def test_no_secret_column_is_ever_asked_for() -> None:
    asked = " ".join([*(each.value for each in Statement), *PHONE_TAGS]).lower()
    assert not re.search(r"password|authenticationstring|digest|pin\b|privatekey|xml", asked)


@pytest.mark.parametrize("forged", ["update device set name='x'", "select 1", Reading.QUERY, None])
def test_a_query_that_is_not_on_the_list_cannot_be_written(forged: object) -> None:
    with pytest.raises(TypeError):
        soap.ask_rows("14.0", forged, 0, 10)  # type: ignore[arg-type]


def test_a_page_number_is_a_number() -> None:
    with pytest.raises(ValueError):
        Statement.PHONES.page("0 first 1 * from t; drop table device --", 1)  # type: ignore[arg-type]


def test_one_place_alone_sends_and_it_takes_its_verb_from_the_list() -> None:
    assert calls("request") == ["wire.py: connection.request"]
    assert calls("urlopen") == calls("putrequest") == calls("sendall") == []
    text = (ROOM / "wire.py").read_text(encoding="utf-8")
    assert "operation.verb" in text
    assert not re.search(r"[\"'](POST|PUT|DELETE|PATCH)[\"']", text)


def test_no_operation_that_writes_is_named_anywhere_in_the_room() -> None:
    writes = re.compile(
        r"executeSQLUpdate|\b(?:add|update|remove|apply|reset|restart|do)(?:Phone|Device|Line|Css|User)\b"
    )
    for path in ROOM.glob("*.py"):
        assert not writes.search(path.read_text(encoding="utf-8")), path.name


def test_operations_are_named_on_the_list_and_nowhere_else() -> None:
    for path in ROOM.glob("*.py"):
        if path.name == "readings.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert node.value not in READS, f"{path.name}:{node.lineno}"


def test_phones_pages_need_nobodys_password() -> None:
    for pair in PAGES:
        for reading in pair:
            assert reading is None or (reading.value.verb, reading.value.realm) == ("GET", Realm.NOBODY)


def test_more_names_than_risport_takes_are_never_sent() -> None:
    with pytest.raises(ValueError):
        soap.ask_seen([f"SEP{number}" for number in range(1001)], "")


def test_a_name_cannot_break_out_of_a_question() -> None:
    question = soap.ask_seen(["A</ns:Item><evil/>"], "<x/>&")
    assert "<evil/>" not in question
    assert "&lt;evil/&gt;" in question
    assert "<ns:StateInfo>&lt;x/&gt;&amp;</ns:StateInfo>" in question
