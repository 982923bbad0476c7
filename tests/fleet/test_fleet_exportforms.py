"""Tables of phones as they really come: dialects, spreadsheets' habits, broken rows."""

import json
from pathlib import Path

import pytest

from phoneemu import example
from phoneemu.cli import main
from phoneemu.errors import BadInput
from phoneemu.fleet import fastcsv, textfile
from phoneemu.fleet.inventory import Inventory, read_inventory

DOCUMENTED = (
    """
Device Name,Description,Device Pool,Phone Template,CSS,AAR CSS,Location,Extension Mobility,Network Locale
Media Resource Group List,User Hold Audio Source,Network Hold Audio Source,Device User Locale
Signal Packet Capture Mode,Packet Capture Duration,Built in Bridge,Privacy,Retry Video Call as Audio
Ignore Presentation Indicators,Softkey Template,Module 1,Module 2,Phone Load Name,Module 1 Load Name
Module 2 Load Name,Information,Directory,Messages,Services,Authentication Server,Proxy Server,Idle
Idle Timer,MLPP Indication,MLPP Preemption,MLPP Domain,Device Type,User ID,Common Profile,Owner User ID
Allow CTI Control Flag,Device Presence Group,Security Profile,Device Subscribe CSS,Unattended Port
Require DTMF Reception,RFC2833 Disabled,Certificate Operation,Authentication String
Certification Operation Completion Time,Device Protocol,Secure Shell User,Secure Shell Password,XML
Dial Rules,CSS Reroute,CSS Refer,DTMF Signalling,Default DTMF Capability,SIP Profile,Logout Profile
MTP Required,Digest User,Always Use Prime Line,Always Use Prime Line for Voice Messages,Geo Location
""".strip()
    .replace("\n", ",")
    .split(",")
)
"""Columns of an All Details export as they are documented [BAT1251]."""
SEEN = [
    {
        "Security Profile": "Device Security Profile",
        "User Hold Audio Source": "User Hold MOH Audio Source",
        "Module 1": "Module #",
        "Module 2": "Module #",
        "Module 1 Load Name": "Module # Load Name",
        "Module 2 Load Name": "Module # Load Name",
        "Signal Packet Capture Mode": "Packet Capture Mode",
    }.get(name, name)
    for name in DOCUMENTED
]
"""The same as real files head them."""
LINES = ["Directory Number", "Partition", "Voice Mail Profile", "Description", "Location"] * 12
"""Line blocks repeat behind the device part, and with them names that the device part has too."""

VALUES = {
    "Device Name": "SEP02005E100001",
    "Description": 'Desk, "left"\nof the door',
    "Device Pool": "Depot",
    "Location": "Hub",
    "Device Type": "Cisco 8841",
    "Device Protocol": "SIP",
    "Phone Load Name": "",
    "Security Profile": "Cisco 8841 - Standard SIP Non-Secure Profile",
    "Authentication String": "SECRET-1",
    "Secure Shell User": "SECRET-2",
    "Secure Shell Password": "SECRET-3",
    "Digest User": "SECRET-4",
    "XML": "<x>SECRET-5</x>",
}


def bulk(header: list[str], delimiter: str = ",", before: str = "") -> str:
    def quoted(cell: str) -> str:
        plain = not any(sign in cell for sign in ('"', delimiter, "\n"))
        return cell if plain else '"' + cell.replace('"', '""') + '"'

    row = [VALUES.get(name, "") for name in DOCUMENTED]
    row += [f"wrong {number}" for number, _ in enumerate(LINES)]
    return before + "".join(delimiter.join(map(quoted, cells)) + "\r\n" for cells in ([*header, *LINES], row))


def read(
    folder: Path, content: bytes, name: str = "phones.csv", *, bulk_from: int = fastcsv.LARGE
) -> Inventory:
    (folder / name).write_bytes(content)
    return read_inventory([folder / name], bulk_from=bulk_from)


@pytest.mark.parametrize("bulk_from", [0, fastcsv.LARGE], ids=["by columns", "row by row"])
@pytest.mark.parametrize("header", [DOCUMENTED, SEEN], ids=["documented", "seen"])
@pytest.mark.parametrize(
    ("encoding", "delimiter", "before"),
    [
        ("utf-8", ",", ""),
        ("utf-8-sig", ";", ""),
        ("utf-8", ";", "sep=;\r\n"),
        ("utf-8-sig", "\t", '"sep=\t"\r\n'),
        ("utf-16", "\t", ""),
        ("utf-16-le", ",", ""),
        ("utf-16-be", ",", ""),
        ("cp1252", ",", "\r\n"),
    ],
)
def test_both_dialects_in_every_wrapping_give_the_phone_and_no_secret(
    tmp_path: Path, header: list[str], encoding: str, delimiter: str, before: str, bulk_from: int
) -> None:
    found = read(tmp_path, bulk(header, delimiter, before).encode(encoding), bulk_from=bulk_from)
    (phone,) = found.phones
    assert (phone.name, phone.traits.model, phone.traits.site) == ("SEP02005E100001", "Cisco 8841", "Depot")
    assert (phone.traits.protocol, phone.traits.site) == ("SIP", "Depot")
    assert phone.traits.profile == VALUES["Security Profile"]
    assert "SECRET" not in repr(found)
    assert "wrong" not in repr(found)
    assert found.remarks == ()


@pytest.mark.parametrize("bulk_from", [0, fastcsv.LARGE])
def test_a_row_with_more_cells_than_headers_is_told_by_its_line(tmp_path: Path, bulk_from: int) -> None:
    rows = "".join(f"SEP{number},8861,Main\n" for number in range(20))
    text = f"Name,Model,Device Pool\n{rows}SEP20,Desk, left,8861\nSEP21,8861,Main,,\n"
    found = read(tmp_path, text.encode(), bulk_from=bulk_from)
    assert [remark.place for remark in found.remarks] == ["phones.csv:22"]
    assert len(found.phones) == 22


def test_text_without_a_mark_is_utf_16_only_where_it_looks_so() -> None:
    assert textfile.decoded("Device Name\n".encode("utf-16-be"), "x") == "Device Name\n"
    for content in (b"\x00\x01\x02\x03" * 20, b"a\x00b\x00\x00c" * 9, b"\x00"):
        with pytest.raises(BadInput, match=r"^x: byte .*: not a text file"):
            textfile.decoded(content, "x")


@pytest.mark.parametrize(
    ("content", "doubt"),
    [
        ("Name,Site\nSEP1,Zürich\n".encode(), False),
        ("Name,Site\nSEP1,Zürich\n".encode("utf-16"), False),
        ("Name,Site\nSEP1,Zürich\n".encode("cp1252"), True),
        ("Name,Site\nSEP1,Zürich\n".encode("utf-16")[:-1], True),
        ("Name,Site\nSEP1,Zürich\n".encode("utf-8-sig") + b"\xff", True),
    ],
)
def test_an_encoding_that_is_guessed_or_broken_is_told(tmp_path: Path, content: bytes, doubt: bool) -> None:  # noqa: FBT001
    remarks = [each for each in read(tmp_path, content).remarks if each.place == "phones.csv"]
    assert bool(remarks) is doubt


# ---------------------------------------------------------------- check tells it all, and stays short


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example's cluster and 30,000 phones, every hundredth row of them broken."""
    example.write(tmp_path)
    rows = ["Device Name,Device Type,Device Pool\n"]
    for number in range(30_000):
        broken = ("SEP\n", f'"SEP{number},8861,x\n', ",8861,Main\n")[number // 100 % 3]
        rows.append(broken if number % 100 == 50 else f"SEP{number:012X},Cisco 8861,Main\n")
    (tmp_path / "snapshot" / "phones.csv").write_text("".join(rows))
    return tmp_path / "snapshot"


def test_many_broken_rows_are_counted_and_the_first_are_shown(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "phones.csv: 29700 phones; read Device Name, Device Type, Device Pool" in said
    assert "301 remarks, see below" in said
    assert "phones.csv:52: row left out: " in said
    assert "phones.csv: and 291 more; `--json` lists them all" in said
    assert said.count("row left out") == 9
    assert "but 300 rows of tables could not be read" in said


def test_the_json_of_check_has_every_broken_row(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "notes").write_text("call Anna")
    (folder / "phones.csv").rename(folder / "Export.txt")
    assert main(["check", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["schema"] == 1
    assert [remark for remark in said["remarks"] if remark.startswith("Export.txt:")][:3] == [
        "Export.txt: 300 rows are left out of everything that follows",
        "Export.txt:52: row left out: 1 cells, 3 are needed",
        "Export.txt:152: row left out: a quote that does not end",
    ]
    files = {each["file"]: each for each in said["files"]}
    assert files["Export.txt"] == {
        "file": "Export.txt",
        "read_as": ["phones"],
        "recognised_by": "content",
        "left_aside": None,
        "phones": 29_700,
        "columns": ["Device Name", "Device Type", "Device Pool"],
        "columns_ignored": 0,
        "remarks": 301,
    }
    assert files["notes"]["recognised_by"] is None
    assert files["show_ctl.txt"]["read_as"] == ["lists"]
    node = said["cluster"]["nodes"][0]["certificates"]["CallManager"]
    assert node["known_from"].startswith("show_itl_")
    assert sum(said["summary"].values()) == 29_700


def test_every_key_of_the_json_is_documented(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "phones.csv").write_text("Device Name,Model\nSEP1,8861\n")
    (folder / "cluster.toml").unlink()
    assert main(["check", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    told = (Path(__file__).resolve().parents[2] / "docs" / "json-check.md").read_text(encoding="utf-8")
    first = (said, said["files"][0], said["cluster"], said["cluster"]["nodes"][0], said["problems"][0])
    certificate = said["cluster"]["nodes"][0]["certificates"]["CallManager"]
    keys = {key for each in (*first, certificate, said["assumptions"][0]) for key in each}
    assert {key for key in keys if f"`{key}`" not in told} == set()
