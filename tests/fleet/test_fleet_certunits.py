"""Whose certificate it is where no column says: by the file's name, or by the database's number."""

import json
from pathlib import Path

import pytest
from test_fleet_certexports import PUB, SUB, pem

from phoneemu import example
from phoneemu.fleet import certjson, certtexts, sqltext
from phoneemu.fleet.certentries import service_in, service_numbered
from phoneemu.fleet.snapshot import read_snapshot


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("CallManager.pem", "CallManager"),
        (f"{PUB}_CallManager.pem", "CallManager"),
        (f"{PUB}-CallManager (1).pem", "CallManager"),
        ("CallManager-trust_x.pem", "CallManager-trust"),
        ("CallManager-ECDSA.pem", "CallManager-ECDSA"),
        ("CAPF-e41e7d87.pem", ""),
        ("CallManager_TVS.pem", ""),
        (f"certs_{PUB}.txt", ""),
    ],
)
def test_a_file_may_be_named_after_a_unit(name: str, service: str) -> None:
    assert service_in(name) == service


@pytest.mark.parametrize(
    ("number", "service"), [("3", "CallManager"), (" 11 ", "TVS"), ("0", ""), ("99", "")]
)
def test_the_database_has_numbers_for_units(number: str, service: str) -> None:
    assert service_numbered(number) == service


def test_a_certificate_as_downloaded_is_of_the_unit_and_node_in_its_name(tmp_path: Path) -> None:
    example.write(tmp_path)
    (tmp_path / "snapshot" / f"{SUB}_CallManager.pem").write_text(pem("other", 5))
    (tmp_path / "snapshot" / "TVS.pem").write_text(pem(PUB, 6))
    snapshot = read_snapshot(tmp_path / "snapshot")
    assert snapshot.placed.own[SUB]["CallManager"].identity.serial == 5
    assert snapshot.placed.own[PUB]["TVS"].identity.serial == 6
    assert not [each for each in snapshot.remarks if "unit" in each]


def test_a_number_in_an_answer_tells_the_unit(tmp_path: Path) -> None:
    text = f"servername certificate service\n========== =========== =======\n{PUB} {pem(PUB)} 3\n"
    tables, _ = sqltext.parse(text, "x.sql.txt")
    (found,), _ = certtexts.of_tables(tables, "x.sql.txt")
    assert found.service == "CallManager"
    said = {"service": 11, "server": PUB, "certificate": pem(PUB)}
    (tmp_path / "certs.json").write_text(json.dumps([said]))
    (found,), _ = certjson.read(tmp_path / "certs.json")
    assert found.service == "TVS"


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        (f"certs_{PUB}.txt", pem(PUB), f"certs_{PUB}.txt:1"),
        ("CallManager.pem", f"{pem(PUB)}\n{pem(SUB)}\n", "CallManager.pem:1"),
        (
            "certs_x.json",
            json.dumps([{"server": PUB, "certificate": pem(PUB)}]),
            "certs_x.json certificate 1",
        ),
        ("x.sql.txt", f"servername certificate\n==== ====\n{PUB} {pem(PUB)}\n", "x.sql.txt:3"),
    ],
)
def test_a_certificate_of_no_known_unit_is_told(tmp_path: Path, name: str, text: str, place: str) -> None:
    example.write(tmp_path)
    (tmp_path / "snapshot" / name).write_text(text)
    snapshot = read_snapshot(tmp_path / "snapshot")
    (told,) = [each for each in snapshot.remarks if "unit" in each]
    assert told.startswith(f"{place}: the unit of ")
    assert any(each.startswith(f"{name}: 0 own certificates") for each in snapshot.notes)
