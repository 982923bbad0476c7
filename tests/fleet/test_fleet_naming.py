"""MAC addresses where device names should stand."""

import json
from pathlib import Path

import pytest

from phoneemu.catalogue import catalogue
from phoneemu.cli import main
from phoneemu.fleet import inventory, naming
from phoneemu.fleet.forecast import Forecast
from phoneemu.fleet.predict import predict_files

NODES = 'release = "12.5(1)"\n[[node]]\nname = "pub"\n[[node]]\nname = "sub"\n'
UNKNOWN = "d" * 40


def named(*rows: str, model: str = "Cisco 8841") -> inventory.Inventory:
    lines = ("MAC Address/Device Name,Device Type", *(f"{row},{model}" for row in rows))
    return naming.with_device_names(inventory.read_text("\n".join(lines) + "\n"))


def told(folder: Path, phones: str, checksums: str) -> Forecast:
    (folder / "cluster.toml").write_text(NODES)
    (folder / "phones.csv").write_text(phones)
    (folder / "checksums.csv").write_text(checksums)
    (folder / "plan.txt").write_text("phones reset\n")
    return predict_files(folder, folder / "plan.txt")


@pytest.mark.parametrize(
    "name",
    [
        "0011AABBCC02",
        "0011aabbcc02",
        "00:11:AA:BB:CC:02",
        "00-11-aa-bb-cc-02",
        "0011.aabb.cc02",
        "sep00:11:aa:bb:cc:02",
        "SEP 0011 AABB CC02",
        "00 11 AA BB CC 02",
        "SEP-0011AABBCC02",
        "SEP:00:11:AA:BB:CC:02",
        "SEP_0011.aabb.cc02",
        "0011-AABB-CC02",
        "001.1AA.BBC.C02",
    ],
)
def test_an_address_is_read_as_the_device_name(name: str) -> None:
    found = named(name)
    assert [each.name for each in found.phones] == ["SEP0011AABBCC02"]
    assert [each.text.partition(" names are MAC addresses")[0] for each in found.remarks] == ["1"]


@pytest.mark.parametrize("name", ["SEP0011AABBCC02", "sep0011aabbcc02", "CSFUSER0001", "Lobby-1", "1001"])
def test_any_other_name_stays_as_it_is(name: str) -> None:
    found = named(name)
    assert [each.name for each in found.phones] == [name]
    assert not found.remarks


@pytest.mark.parametrize("name", ["2005E10016C", "1122334455", "2.005E+15", "1,12E+09"])
def test_an_address_that_a_spreadsheet_damaged_is_told(name: str) -> None:
    found = named(f'"{name}"', "SEP0011AABBCC02")
    assert [each.name for each in found.phones] == [name, "SEP0011AABBCC02"]
    (remark,) = found.remarks
    assert remark.text.startswith("1 names look like MAC addresses that lost a zero")


@pytest.mark.parametrize(("model", "prefix"), [("ATA 191", "ATA"), ("ATA 187", "ATA"), ("Doorphone", "SEP")])
def test_the_model_tells_what_its_names_begin_with(model: str, prefix: str) -> None:
    assert named("0011AABBCC02", model=model).phones[0].name == f"{prefix}0011AABBCC02"


def test_a_name_and_its_address_are_one_phone_of_which_the_first_row_counts() -> None:
    found = named("SEP0011AABBCC02", "00:11:AA:BB:CC:02")
    assert [each.line for each in found.phones] == [2]
    assert any("stands twice" in each.text for each in found.remarks)


def test_tables_read_in_bulk_are_named_alike(tmp_path: Path) -> None:
    (tmp_path / "phones.csv").write_text("Device Name,Device Type\n0011AABBCC02,8841\nSEP0011AABBCC03,8841\n")
    found = naming.with_device_names(inventory.read_inventory([tmp_path / "phones.csv"], bulk_from=0))
    assert [each.name for each in found.phones] == ["SEP0011AABBCC02", "SEP0011AABBCC03"]


def test_checksums_join_phones_however_either_is_written(tmp_path: Path) -> None:
    rows = ("0011AABBCC02,8841", "ATA0011AABBCC04,ATA 191", "SEP0011AABBCC05,8841")
    phones = "\n".join(("MAC Address/Device Name,Device Type", *rows))
    seen = (f"SEP0011AABBCC02,{UNKNOWN},", f"00:11:aa:bb:cc:04,,{UNKNOWN}", f"0011.aabb.cc05,{UNKNOWN},")
    shown = "\n".join(("Device Name,ITL SHA1,CTL SHA1", *seen))
    forecast = told(tmp_path, phones, shown)
    assert {fate.reason for _, fate in forecast.each()} == {"held-list-unknown"}
    assert not [each for each in forecast.remarks if "is no phone of the exports" in each]


def test_a_phone_is_explained_by_its_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(tmp_path, "Name,Model\nSEP000000000001,8841\n", "Device Name,ITL SHA1\n")
    for name in ("000000000001", "00:00:00:00:00:01", "sep00:00:00:00:00:01"):
        assert main(["explain", str(tmp_path), name, "--runbook", str(tmp_path / "plan.txt"), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["phones"][0]["device"] == "SEP000000000001"
    assert main(["explain", str(tmp_path), "ATA000000000001", "--runbook", str(tmp_path / "plan.txt")]) == 2


@pytest.mark.parametrize(("load", "protocol"), [("P0030801SR02", "SCCP"), ("P0S3-8-12-00", "SIP")])
def test_a_load_whose_name_tells_the_protocol_settles_it(load: str, protocol: str) -> None:
    assert {each.protocol for each in catalogue().candidates("7940", load)} == {protocol}


def test_an_exported_protocol_counts_before_the_name_of_the_load() -> None:
    assert {each.protocol for each in catalogue().candidates("7940", "P0S3-8-12-00", "SCCP")} == {"SCCP"}
