"""What was collected as the files that a snapshot reads; what a server named stays what it is."""

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoneemu.cluster.release import parse_release
from phoneemu.collect import texts
from phoneemu.collect.axl import NodeSeen
from phoneemu.collect.failures import Kind, NotCollected
from phoneemu.collect.readings import Statement
from phoneemu.collect.ris import Device
from phoneemu.errors import BadInput
from phoneemu.fleet import clusterfile, sqltext

WORDS = st.text(alphabet="abc ÄÖ'\"=|-", max_size=12)


def test_rows_look_as_a_terminal_shows_them() -> None:
    rows = [{"cmgname": "CMG-1", "servername": "cucm-pub", "priority": "0"}]
    assert texts.run_sql(Statement.GROUPS.columns, rows) == (
        "cmgname servername priority\n======= ========== ========\nCMG-1   cucm-pub   0\n"
    )


@given(
    st.lists(
        st.fixed_dictionaries({"name": st.from_regex(r"[A-Z]{3,9}", fullmatch=True), "b": WORDS}), max_size=5
    )
)
def test_every_row_is_read_back_as_it_was(rows: list[dict[str, str]]) -> None:
    text = texts.run_sql(("name", "b"), rows)
    assert texts.column(text, "name") == [row["name"] for row in rows]
    (table,), remarks = sqltext.parse(text, "f")
    assert [cells for _, cells in table.rows] == [
        (row["name"], "" if "".join(row["b"].split()) in ("", "NULL") else " ".join(row["b"].split()))
        for row in rows
    ]
    assert remarks == ()


def test_a_line_break_in_a_value_does_not_break_the_table() -> None:
    text = texts.run_sql(("name", "model"), [{"name": "SEP1\nadmin:", "model": ""}])
    assert text.splitlines()[2:] == ["SEP1 admin: NULL"]


def test_a_certificate_keeps_its_lines() -> None:
    pem = "-----BEGIN CERTIFICATE-----\nMIIB\nAAAA\n-----END CERTIFICATE-----"
    text = texts.run_sql(("servername", "certificate"), [{"servername": "pub", "certificate": pem}])
    assert text.splitlines()[2:] == [
        "pub        -----BEGIN CERTIFICATE-----",
        "MIIB",
        "AAAA",
        "-----END CERTIFICATE-----",
    ]


def test_what_was_written_of_risport_is_read_back() -> None:
    devices = [
        Device(node="pub", fields=(("Name", "SEP<1>"), ("Status", "Registered")), addresses=("10.0.0.1",)),
        Device(node="s&b", fields=(("Name", "SEP2"),)),
    ]
    assert list(texts.seen_devices(texts.seen_xml(devices).encode())) == devices


def test_secrets_are_dropped_from_certificate_answers() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nx"
    body = {
        "server": "pub",
        "identities": [{"service": "tomcat", "certificate": "-----BEGIN C", "privateKey": key, "note": key}],
        "PassWord": 1,
        "trackingId": 7,
    }
    assert json.loads(texts.certificates_json(json.dumps(body).encode())) == {
        "server": "pub",
        "identities": [{"service": "tomcat", "certificate": "-----BEGIN C", "note": "[dropped]"}],
        "trackingId": 7,
    }


@pytest.mark.parametrize("body", [b'{"a": [', b"", b"\xff", b"[" * 100_000, b"[" * 40 + b"]" * 40, b"{}"])
def test_what_is_no_json_is_not_kept(body: bytes) -> None:
    with pytest.raises(NotCollected) as caught:
        texts.certificates_json(body)
    assert caught.value.kind is Kind.MALFORMED


@pytest.mark.parametrize(
    ("version", "parts"),
    [
        ("12.5.1.11900-146", (12, 5, 1, 1)),
        ("14.0.1.10000-20", (14, 0, 0, 0)),
        ("15.0.1.12900(234)", (15, 0, 0, 2)),
        ("8.6.2.20000-2", (8, 6, 2, 0)),
    ],
)
def test_a_version_is_a_release_with_its_service_update(version: str, parts: tuple[int, ...]) -> None:
    assert parse_release(texts.release_of(version) or "").parts == parts


@pytest.mark.parametrize("version", ["", "x", "14", "14.0.1", "14.0.1.10000-20\n", "1" * 99])
def test_what_is_no_version_is_no_release(version: str) -> None:
    assert texts.release_of(version) is None


def test_cluster_toml_says_what_is_known_whatever_the_names_hold() -> None:
    nodes = (NodeSeen(name="pub", publisher=True), NodeSeen(name='s"]\n[x'))
    text = texts.cluster_toml(
        name="pub",
        release="12.5(1)",
        taken="2026-03-09T17:00:00Z",
        nodes=nodes,
        addresses={"pub": "192.0.2.1"},
        services={"pub": ["CallManager", "TVS"]},
    )
    assert [each["name"] for each in tomllib.loads(text)["node"]] == ["pub", 's"]\n[x']
    with pytest.raises(BadInput, match=r"node\[2\]\.name: .* cannot be a node's name"):
        clusterfile.parse(text)
    read = clusterfile.parse(text.replace('s\\"]\\n[x', "sub"))
    assert (read.release, read.nodes[0].publisher, read.nodes[0].address) == ("12.5(1)", True, "192.0.2.1")
    assert read.nodes[0].services == {"CallManager", "TVS"}


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "a\\b", ".hidden", "", "a" * 101, "x\n", "-x", "ä", "C:x", "a b"]
)
def test_a_name_that_could_leave_the_folder_is_no_file_name(name: str) -> None:
    assert texts.FILE_NAME.fullmatch(name) is None
