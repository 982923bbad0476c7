"""AXL answers of listPhone, and XML that nobody should trust."""

from pathlib import Path

import listmaking
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from phoneemu import example
from phoneemu.errors import BadInput
from phoneemu.fleet import listphone, sqlanswers, xmlreading
from phoneemu.fleet.snapshot import read_snapshot

PHONES = """
<phone uuid="{1}">
 <name>SEP02005E100001</name><product>Cisco 8841</product><model>Cisco 8841</model><class>Phone</class>
 <protocol>SIP</protocol><devicePoolName uuid="{2}">Depot</devicePoolName>
 <loadInformation special="false">sip88xx.12-8-1-0001-455</loadInformation>
 <securityProfileName>Cisco 8841 - Standard SIP Non-Secure Profile</securityProfileName>
 <digestUser>anna</digestUser>
</phone>
<phone><name>CTIRP</name><class>CTI Route Point</class></phone>
<phone>
 <name>SEP02005E100002</name><product>Cisco 7960</product>
</phone>
"""


def soap(version: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
        f'<ns:listPhoneResponse xmlns:ns="http://www.cisco.com/AXL/API/{version}"><return>{PHONES}</return>'
        "</ns:listPhoneResponse></soapenv:Body></soapenv:Envelope>"
    )


@pytest.mark.parametrize("text", [soap("8.5"), soap("15.0"), f"<return>{PHONES}</return>"])
def test_an_answer_of_any_version_gives_its_phones(tmp_path: Path, text: str) -> None:
    (tmp_path / "axl.xml").write_text(text)
    found = listphone.read(tmp_path / "axl.xml")
    first, second = found.phones
    assert (first.name, first.traits.model, first.traits.site) == ("SEP02005E100001", "Cisco 8841", "Depot")
    assert (first.traits.protocol, first.traits.load) == ("SIP", "sip88xx.12-8-1-0001-455")
    assert (second.name, second.traits.model) == ("SEP02005E100002", "Cisco 7960")
    assert second.line == text[: text.index("SEP02005E100002")].count("\n")
    assert "anna" not in repr(found)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (soap("14.0")[:-20], "axl.xml:14: no well-formed XML"),
        ("<a/>", "axl.xml: no phone in it"),
        (
            "<a>\n<faultstring>no such version</faultstring></a>",
            "axl.xml:2: the service answered: no such",
        ),
        (
            '<!DOCTYPE a [<!ENTITY x "y">]>\n<phone><name>&x;</name></phone>',
            "axl.xml:1: no well-formed XML (it decl",
        ),
        ('<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd"><a/>', "axl.xml:1: no well-formed XML (it declares"),
        ("<a>" * 100, "axl.xml:1: no well-formed XML (nested more than 64 deep"),
        ("", "axl.xml:1: no well-formed XML"),
    ],
)
def test_what_is_no_answer_is_named_by_line(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "axl.xml").write_text(text)
    with pytest.raises(BadInput) as error:
        listphone.read(tmp_path / "axl.xml")
    assert str(error.value).startswith(what)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_tree_or_one_error(content: bytes) -> None:
    try:
        assert xmlreading.parse(content, "x").tag
    except BadInput:
        return


def test_exports_that_name_different_models_of_a_phone_are_told(tmp_path: Path) -> None:
    example.write(tmp_path)
    folder = tmp_path / "snapshot"
    (folder / "phones.csv").write_text("Device Name,Device Type\nSEP02005E100001,7960\nSEP02005E100002,7\n")
    (folder / "axl.xml").write_text(soap("12.5"))
    snapshot = read_snapshot(folder)
    (remark,) = snapshot.inventory.remarks
    assert remark.place == "axl.xml"
    assert remark.text.startswith("1 phones have another model than in phones.csv")


def rows(*cells: dict[str, str]) -> str:
    inside = "".join(
        f"<row>{''.join(f'<{key}>{value}</{key}>' for key, value in each.items())}</row>\n" for each in cells
    )
    return (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>\n'
        f'<ns:executeSQLQueryResponse xmlns:ns="http://www.cisco.com/AXL/API/14.0"><return>{inside}</return>'
        "</ns:executeSQLQueryResponse></soapenv:Body></soapenv:Envelope>"
    )


def test_an_answer_of_the_database_by_axl_is_read_as_its_text_is(tmp_path: Path) -> None:
    example.write(tmp_path)
    folder = tmp_path / "snapshot"
    node = "cucm-1051-a-sub1"
    certificate = listmaking.make(f"CN={node}", serial=9).public_bytes(Encoding.PEM).decode()
    (folder / "phones.csv").unlink()
    (folder / "phones.xml").write_text(rows({"name": "SEP1", "model": "Cisco 8861", "devicepool": "Main"}))
    (folder / "a").write_text(rows({"cmgname": "CMG-9", "servername": node, "priority": "0"}))
    (folder / "b").write_text(rows({"servername": node, "name": "TVS", "certificate": certificate}))
    snapshot = read_snapshot(folder)
    (phone,) = snapshot.inventory.phones
    assert (phone.name, phone.traits.site, phone.line) == ("SEP1", "Main", 2)
    assert snapshot.file.groups["CMG-9"] == (node,)
    assert snapshot.cluster.by_name[node].own["TVS"].origin == "b:2"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (rows(), "a.xml: no row in it"),
        (rows({"faultstring": "no"}), "a.xml:2: the service answered: no"),
        (rows({"name": "x"})[:-9], "a.xml:3: no well-formed XML"),
    ],
)
def test_an_answer_of_the_database_without_rows_is_named(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(BadInput) as error:
        sqlanswers.read(tmp_path / "a.xml")
    assert str(error.value).startswith(what)


def test_what_one_export_leaves_open_another_fills(tmp_path: Path) -> None:
    example.write(tmp_path)
    folder = tmp_path / "snapshot"
    (folder / "phones.csv").write_text(
        "Device Name,Device Type\nsep02005e100001,Cisco 8841\nSEP3,Cisco 7960\n"
    )
    (folder / "axl.xml").write_text(soap("12.5"))
    snapshot = read_snapshot(folder)
    first, third, second = snapshot.inventory.phones
    assert (first.traits.model, first.traits.site, first.file) == ("Cisco 8841", "Depot", "phones.csv")
    assert (third.name, third.traits.site) == ("SEP3", "")
    assert (second.name, second.file) == ("SEP02005E100002", "axl.xml")
    assert snapshot.inventory.remarks == ()
