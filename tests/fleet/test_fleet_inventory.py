"""Phones from CSV exports."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoneemu.core.plaintext import shown
from phoneemu.errors import BadInput
from phoneemu.fleet.inventory import read_inventory, read_text

BULK = (
    "Device Name,Description,Device Pool,Phone Load Name,Device Type,Security Profile,"
    "Authentication String,Device Protocol,Secure Shell User,Secure Shell Password,XML,Digest User,"
    "Directory Number,Directory Number\n"
    'SEP001122334455,"Desk, left",Depot,,Cisco 7960,Cisco 7960 - Standard SCCP Non-Secure Profile,'
    "5551234,SCCP,root,hunter2,<webAccess>0</webAccess>,digger,1001,1002\n"
)


def test_a_bulk_administration_export_gives_the_phone_its_traits() -> None:
    (phone,) = read_text(BULK).phones
    assert phone.name == "SEP001122334455"
    assert phone.traits.model == "Cisco 7960"
    assert phone.traits.site == "Depot"
    assert phone.traits.protocol == "SCCP"
    assert phone.traits.profile == "Cisco 7960 - Standard SCCP Non-Secure Profile"
    assert (phone.file, phone.line) == ("phones.csv", 2)


def test_secrets_are_dropped_at_the_door() -> None:
    kept = repr(read_text(BULK))
    for secret in ("5551234", "hunter2", "root", "digger", "webAccess"):
        assert secret not in kept


def test_columns_are_found_in_any_order_and_spelling() -> None:
    text = "LOAD;product ;  DeviceName;extra\nsip88xx.14-2-1-0001-34;685;SEPAABBCCDDEEFF;x\n"
    (phone,) = read_text(text).phones
    assert (phone.name, phone.traits.model, phone.traits.load) == (
        "SEPAABBCCDDEEFF",
        "685",
        "sip88xx.14-2-1-0001-34",
    )


SHA1, MD5 = "a" * 40, "b" * 32


@pytest.mark.parametrize(
    ("header", "row", "itl"),
    [
        ("ITL SHA1,ITL MD5", f"{SHA1},", SHA1),
        ("ITL SHA1,ITL MD5", f",{MD5}", MD5),
        ("ITL MD5,ITL SHA1", f"{MD5},{SHA1}", SHA1),
        ("ITL Signature,ITL File Status", ",MisMatch", "other"),
        ("ITL Signature,ITL File Status", "n/a,MisMatch", "other"),
        ("ITL File Status,ITL File", f"Unknown,{MD5}", MD5),
        ("ITL File Status,ITL File", "Unknown,", "unseen"),
    ],
)
def test_of_columns_that_mean_one_thing_the_first_that_says_something_counts_in_each_row(
    header: str, row: str, itl: str
) -> None:
    inventory = read_text(f"Device Name,{header}\nSEP1,{row}\n")
    assert inventory.phones[0].traits.itl == itl
    assert inventory.columns[0][2] == 0


def test_a_configured_load_counts_where_none_runs() -> None:
    text = "Name,Phone Load Name,ActiveLoadID\nSEP1,configured,\nSEP2,configured,runs\n"
    assert [phone.traits.load for phone in read_text(text).phones] == ["configured", "runs"]


def test_only_one_column_names_the_device() -> None:
    inventory = read_text("Name,Device Name,Model\nanna,,8861\nbert,SEP1,8861\n")
    assert [phone.name for phone in inventory.phones] == ["SEP1"]
    assert [remark.place for remark in inventory.remarks] == ["phones.csv:2"]


def test_every_row_with_what_is_no_checksum_is_told_and_is_not_one_without() -> None:
    rows = "".join(f"SEP{number},x1y2,\n" for number in range(30))
    inventory = read_text(f"Name,ITL SHA1,ITL File Status\n{rows}SEP99,x1y2,Match\n")
    assert [remark.place for remark in inventory.remarks] == [f"phones.csv:{line}" for line in range(2, 33)]
    assert [phone.traits.itl for phone in inventory.phones] == ["unreadable"] * 30 + ["served"]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Device Name,Model,Site", "SEP2,7960,Lab"),
        ("Model,Site,Device Name", "7960,Lab,SEP2"),
        ("Owner,Model,Site,Device Name", "anna,7960,Lab,SEP2"),
    ],
)
def test_rows_under_a_second_header_are_read_by_it(header: str, row: str) -> None:
    inventory = read_text(f"Device Name,Model,Site\nSEP1,8861,Depot\n{header}\n{row}\n")
    assert [(phone.name, *phone.traits[:2]) for phone in inventory.phones] == [
        ("SEP1", "8861", "Depot"),
        ("SEP2", "7960", "Lab"),
    ]
    assert "phones.csv:3" in [remark.place for remark in inventory.remarks]
    assert any("the header stands here again" in remark.text for remark in inventory.remarks)


def test_a_list_of_names_alone_is_an_inventory() -> None:
    phones = read_text("Name\nSEP1\nSEP2\n").phones
    assert [phone.name for phone in phones] == ["SEP1", "SEP2"]
    assert phones[0].traits is phones[1].traits


def test_the_first_of_two_rows_of_one_phone_wins_and_both_lines_are_named() -> None:
    inventory = read_text("Name,Model\nSEP1,8861\nsep1,7960\n")
    assert [phone.traits.model for phone in inventory.phones] == ["8861"]
    (remark,) = inventory.remarks
    assert remark.place == "phones.csv:3"
    assert "phones.csv:2" in remark.text


def test_a_table_without_device_names_is_bad_input_at_line_1() -> None:
    with pytest.raises(BadInput, match=r"phones\.csv:1: no device-name column among Extension, Pool"):
        read_text("Extension,Pool\n1001,x\n")


@pytest.mark.parametrize("text", ["", "\n\n", ",,,\n"])
def test_an_empty_file_is_bad_input(text: str) -> None:
    with pytest.raises(BadInput, match="empty"):
        read_text(text)


def test_broken_rows_are_reported_by_line_and_the_rest_goes_on() -> None:
    inventory = read_text('Name,Model\nSEP1,8861\nSEP2\n,8861\n"SEP3,8861\nSEP4,8861\n\n')
    assert [phone.name for phone in inventory.phones] == ["SEP1", "SEP4"]
    assert [remark.place for remark in inventory.remarks] == [
        "phones.csv:3",
        "phones.csv:4",
        "phones.csv:5",
    ]


def test_every_row_may_be_broken_without_harm() -> None:
    inventory = read_text("Name,Model\n" + '"SEP1,8861\n' * 2000)
    assert len(inventory.phones) + len(inventory.remarks) >= 1000
    assert inventory.remarks[0].place == "phones.csv:2"


def test_a_quoted_line_break_does_not_shift_the_line_numbers() -> None:
    inventory = read_text('Name,Description\nSEP1,"two\nlines"\nSEP2,x\n')
    assert [phone.line for phone in inventory.phones] == [2, 4]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encodings_spreadsheets_write_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "phones.csv"
    path.write_bytes("Name,Device Pool\r\nSEP1,Zürich\r\n".encode(encoding))
    (phone,) = read_inventory([path]).phones
    assert phone.traits.site == "Zürich"


def test_a_binary_file_is_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "phones.csv"
    path.write_bytes(b"\x00\xff\x00\xfe")
    with pytest.raises(BadInput, match="not a text file"):
        read_inventory([path])


def test_several_files_are_one_inventory(tmp_path: Path) -> None:
    (tmp_path / "phones-a.csv").write_text("Name,Model,Load\nSEP1,8861,a\nSEP3,,\n")
    (tmp_path / "phones-b.csv").write_text("Name,Model,Load\nSEP1,8861,b\nSEP2,7960,\nSEP3,8841,c\n")
    inventory = read_inventory([tmp_path / "phones-a.csv", tmp_path / "phones-b.csv"])
    assert [(phone.name, phone.file, phone.traits.model) for phone in inventory.phones] == [
        ("SEP1", "phones-a.csv", "8861"),
        ("SEP3", "phones-a.csv", "8841"),
        ("SEP2", "phones-b.csv", "7960"),
    ]
    assert inventory.named == {"phones-a.csv": 2, "phones-b.csv": 3}
    (remark,) = inventory.remarks
    assert (remark.place, remark.text) == (
        "phones-b.csv",
        "1 phones have another load than in phones-a.csv; that is taken, such as SEP1: `b` here, `a` there",
    )


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), max_size=12)


@given(st.lists(st.tuples(cells, cells), max_size=8))
def test_what_a_csv_writer_wrote_is_read_back(rows: list[tuple[str, str]]) -> None:
    out = io.StringIO()
    table = [(f"SEP{number}", *row) for number, row in enumerate(rows)]
    csv.writer(out).writerows([("Device Name", "Device Pool", "CallManager Group"), *table])
    phones = read_text(out.getvalue()).phones
    assert [(phone.name, phone.traits.site, phone.traits.group) for phone in phones] == [
        (name, shown(site.strip()), shown(group.strip())) for name, site, group in table
    ]


@given(st.text(max_size=200))
def test_any_text_gives_an_inventory_or_bad_input(text: str) -> None:
    try:
        inventory = read_text("Name,Model\n" + text)
    except BadInput:
        return
    assert all(phone.name for phone in inventory.phones)
