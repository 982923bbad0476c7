"""Several exports of the same phones: what counts, what fills, and what is told where they disagree."""

from pathlib import Path

import pytest

from phoneemu import example
from phoneemu.cli import main
from phoneemu.fleet.combining import together, with_checksums, with_more
from phoneemu.fleet.inventory import Inventory, read_text
from phoneemu.fleet.snapshot import read_snapshot

SHA1, OTHER_SHA1, MD5 = "a" * 40, "b" * 40, "c" * 32


def table(file: str, header: str, *rows: str) -> Inventory:
    return read_text("\n".join((f"Device Name,{header}", *rows)) + "\n", file)


def texts(found: Inventory) -> list[str]:
    return [each.text for each in found.remarks]


def test_a_load_that_phones_showed_counts_before_a_configured_one_and_is_told() -> None:
    phones = table("phones.csv", "Phone Load Name", "SEP1,14-2", "SEP2,14-2", "SEP3,", "SEP4,12-8")
    shown = table(
        "checksums.csv", "Firmware,ITL Signature", "SEP1,12-8,", "SEP2,,", "SEP3,12-8,", "SEP4,12-8,"
    )
    found = with_checksums(phones, shown)
    assert [each.traits.load for each in found.phones] == ["12-8", "14-2", "12-8", "12-8"]
    (text,) = texts(found)
    assert text.startswith("1 phones show another load than the other exports say; it is taken")
    assert text.endswith("such as SEP1: `12-8` here, `14-2` there")


def test_a_configured_load_in_a_table_of_checksums_only_fills() -> None:
    phones = table("phones.csv", "ActiveLoadID", "SEP1,14-2", "SEP2,")
    found = with_checksums(phones, table("checksums.csv", "Phone Load Name,ITL", "SEP1,12-8,", "SEP2,12-8,"))
    assert [each.traits.load for each in found.phones] == ["14-2", "12-8"]


def test_what_checksums_stand_beside_fills_and_contradicts() -> None:
    phones = table("phones.csv", "Device Type,Device Pool,Security Mode", "SEP1,8861,Depot,", "SEP2,,,1")
    shown = table(
        "checksums.csv",
        "Product,Site,Security Mode,ITL SHA1",
        f"SEP1,8841,Lab,Encrypted,{SHA1}",
        f"SEP2,8841,Lab,Non Secure,{SHA1}",
    )
    found = with_checksums(phones, shown)
    assert [each.traits[:2] for each in found.phones] == [("8861", "Depot"), ("8841", "Lab")]
    assert [each.traits.mode for each in found.phones] == ["Encrypted", "1"]
    assert sorted(text.partition(",")[0] for text in texts(found)) == [
        "1 phones have another device pool than in phones.csv; that is taken",
        "1 phones have another model than in phones.csv; that is taken",
    ]


def test_a_second_table_of_phones_fills_what_the_first_leaves_open() -> None:
    first = table("phones.csv", "Device Type,Device Pool", "SEP1,8861,Depot", "SEP2,8861,Depot")
    second = table("itl.csv", "Device Type,ITL File Status", "SEP1,8861,MisMatch", "SEP2,8861,Match")
    found = together([first, second])
    assert [each.traits.itl for each in found.phones] == ["other", "served"]
    assert not found.remarks
    assert found.named == {"phones.csv": 2, "itl.csv": 2}


@pytest.mark.parametrize(
    ("mine", "theirs", "told"),
    [
        (SHA1, OTHER_SHA1, 1),
        (SHA1, MD5, 0),
        ("Match", "MisMatch", 1),
        ("Not Installed", SHA1, 1),
        ("Match", SHA1, 0),
    ],
)
def test_lists_that_one_phone_cannot_hold_at_once_are_told(mine: str, theirs: str, told: int) -> None:
    found = with_more(table("a.csv", "ITL", f"SEP1,{mine}"), table("b.csv", "ITL", f"SEP1,{theirs}"))
    assert len(found.remarks) == told


def test_what_runs_counts_before_what_is_configured_in_either_order() -> None:
    runs, configured = (
        table("a.csv", "ActiveLoadID", "SEP1,runs"),
        table("b.csv", "Phone Load Name", "SEP1,old"),
    )
    for order in ([runs, configured], [configured, runs]):
        found = together(order)
        assert [each.traits.load for each in found.phones] == ["runs"]
        assert not found.remarks


def test_a_contradiction_names_no_file_that_does_not_say_it() -> None:
    first = table("phones.csv", "Device Type", "SEP1,8861")
    second, third = (
        table(f"{name}.csv", "Security Mode", f"SEP1,{name}") for name in ("Encrypted", "Non Secure")
    )
    (text,) = texts(together([first, second, third]))
    assert text.startswith("1 phones have another security mode than in an export read before; that is taken")


def test_the_database_and_a_table_that_disagree_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example.write(tmp_path)
    folder = tmp_path / "snapshot"
    (folder / "phones.csv").write_text(
        "Device Name,Device Type,Device Pool,Security Profile\nSEP1,Cisco 8861,Main,Secure\n"
    )
    (folder / "phones.sql.txt").write_text(
        "name   model      devicepool secprofile\n====== ========== ========== ==========\n"
        "SEP1   Cisco 8861 Depot      Plain\n"
    )
    assert sorted(text.partition(",")[0] for text in texts(read_snapshot(folder).inventory)) == [
        "1 phones have another device pool than in phones.csv; that is taken",
        "1 phones have another security profile than in phones.csv; that is taken",
    ]
    assert main(["check", str(folder)]) == 0
    assert "phones.sql.txt: 1 phones; read" in capsys.readouterr().out


def test_another_table_joins_however_it_writes_the_names(tmp_path: Path) -> None:
    example.write(tmp_path)
    folder = tmp_path / "snapshot"
    (folder / "phones.csv").write_text("Device Name,Device Type\nSEP02005E100001,Cisco 8861\n")
    (folder / "itl.csv").write_text(
        "Device Name,Device Type,ITL File Status\n02:00:5e:10:00:01,8861,MisMatch\n"
    )
    (phone,) = read_snapshot(folder).inventory.phones
    assert (phone.name, phone.traits.itl) == ("SEP02005E100001", "other")
