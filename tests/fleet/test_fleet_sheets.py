"""Tables of phones in spreadsheets and Parquet files."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import polars as pl
import pytest

from phoneemu import example
from phoneemu.core import limits
from phoneemu.errors import BadInput
from phoneemu.fleet import sheets, sheetspan
from phoneemu.fleet.checking import as_json, check
from phoneemu.fleet.snapshot import read_snapshot

Cell = str | int | float | None
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def cell(value: Cell) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def write_book(path: Path, *tables: Sequence[Sequence[Cell]]) -> None:
    """The smallest workbook that is one, a sheet for each table."""
    numbers = range(1, len(tables) + 1)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    with zipfile.ZipFile(path, "w") as book:
        overrides = "".join(
            f'<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="{kind}.worksheet+xml"/>'
            for at in numbers
        )
        book.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>{overrides}</Types>',
        )
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        names = "".join(f'<sheet name="s{at}" sheetId="{at}" r:id="r{at}"/>' for at in numbers)
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{names}</sheets></workbook>',
        )
        links = "".join(
            f'<Relationship Id="r{at}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{at}.xml"/>'
            for at in numbers
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{RELATIONS}">{links}</Relationships>'
        )
        for at, table in zip(numbers, tables, strict=True):
            rows = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in table)
            book.writestr(
                f"xl/worksheets/sheet{at}.xml",
                f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>',
            )


TABLE: list[list[Cell]] = [
    ["Phones of the depot", None, None, None],
    [None, None, None, None],
    ["Device Name", "Model", "Authentication String", "Device Pool"],
    ["SEP02005E100001", 683, "5551234", "Dépôt"],
    [None, None, None, None],
    ["SEP02005E100002", "Cisco 8861", None, "Main"],
    [None, "Cisco 8861", None, "Main"],
]


def test_a_spreadsheet_is_a_table_with_its_row_numbers(tmp_path: Path) -> None:
    path = tmp_path / "phones.xlsx"
    write_book(path, [["Notes"], ["call Anna"]], TABLE)
    (found,) = sheets.read(path).phones
    assert [(each.name, each.traits.model, each.traits.site, each.line) for each in found.phones] == [
        ("SEP02005E100001", "683", "Dépôt", 4),
        ("SEP02005E100002", "Cisco 8861", "Main", 6),
    ]
    assert [each.place for each in found.remarks] == ["phones.xlsx:7"]
    assert "5551234" not in repr(found)


def test_a_parquet_file_is_read_by_its_wanted_columns(tmp_path: Path) -> None:
    path = tmp_path / "phones.parquet"
    frame = pl.DataFrame(
        {
            "DeviceName": ["SEP1", None, "SEP2"],
            "tkmodel": [683, 683, None],
            "Secure Shell Password": ["x", "y", "z"],
        }
    )
    frame.write_parquet(path)
    (found,) = sheets.read(path).phones
    assert [(each.name, each.traits.model, each.line) for each in found.phones] == [
        ("SEP1", "683", 1),
        ("SEP2", "", 3),
    ]
    assert found.columns == (("phones.parquet", ("DeviceName", "tkmodel"), 0),)


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("phones.xlsx", b"PK\x03\x04 and no more", "phones.xlsx: no spreadsheet that can be read"),
        ("phones.xlsx", b"Device Name\nSEP1\n", "phones.xlsx: no spreadsheet that can be read"),
        ("phones.parquet", b"PAR1", "phones.parquet: no Parquet file that can be read"),
    ],
)
def test_a_damaged_file_is_bad_input(tmp_path: Path, name: str, content: bytes, what: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput) as error:
        sheets.read(tmp_path / name)
    assert str(error.value).startswith(what)
    assert "\n" not in str(error.value)


def test_a_workbook_without_device_names_is_bad_input(tmp_path: Path) -> None:
    write_book(tmp_path / "p.xlsx", [["Extension"], [1001]])
    pl.DataFrame({"Extension": [1001]}).write_parquet(tmp_path / "p.parquet")
    for name in ("p.xlsx", "p.parquet"):
        with pytest.raises(BadInput, match=f"^{name}: no .*device-name column"):
            sheets.read(tmp_path / name)


def test_a_workbook_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "p.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/x.xml", bytes(100_000))
    monkeypatch.setattr(limits, "SQL_TEXT_BYTES", 50_000)
    with pytest.raises(BadInput, match="unpacks to more than"):
        sheets.read(tmp_path / "p.xlsx")


def test_a_snapshot_may_be_a_spreadsheet_of_any_name(tmp_path: Path) -> None:
    example.write(tmp_path)
    folder = tmp_path / "snapshot"
    (folder / "phones.csv").unlink()
    write_book(folder / "Export from Anna.xlsx", TABLE)
    snapshot = read_snapshot(folder)
    assert len(snapshot.inventory.phones) == 2
    assert dict(snapshot.by_content)["Export from Anna.xlsx"] == "spreadsheet"


HEADER: list[Cell] = ["Device Name", "Model", "Device Pool"]


def test_every_sheet_of_phones_is_read_and_every_other_is_named(tmp_path: Path) -> None:
    example.write(tmp_path)
    folder = tmp_path / "snapshot"
    (folder / "phones.csv").unlink()
    one: list[list[Cell]] = [HEADER, ["SEP02005E100001", "Cisco 8861", "Depot"]]
    two: list[list[Cell]] = [["Title"], HEADER, ["SEP02005E100002", "Cisco 8861", "Lab"], [None, "x", "y"]]
    sites: list[list[Cell]] = [["Name", "Address"], ["Depot", "Street 1"]]
    shown: list[list[Cell]] = [["Device Name", "ITL Signature"], ["SEP02005E100002", "0" * 40]]
    write_book(folder / "phones.xlsx", sites, one, [], two, [["call Anna"]], shown)
    snapshot = read_snapshot(folder)
    assert [(each.name, each.traits.site, each.file, each.line) for each in snapshot.inventory.phones] == [
        ("SEP02005E100001", "Depot", "phones.xlsx [s2]", 2),
        ("SEP02005E100002", "Lab", "phones.xlsx [s4]", 3),
    ]
    assert [each.traits.itl for each in snapshot.inventory.phones] == ["", "0" * 40]
    aside = [each for each in snapshot.remarks if "left aside" in each]
    assert [each.partition("`")[2].partition("`")[0] for each in aside] == ["s5", "s1"]
    assert "phones.xlsx [s4]: 1 rows are left out of everything that follows" in snapshot.remarks
    (told,) = [each for each in as_json(check(snapshot))["files"] if each["file"] == "phones.xlsx"]  # type: ignore[attr-defined]
    assert (told["phones"], told["columns"]) == (3, ["Device Name", "Model", "Device Pool", "ITL Signature"])


def test_a_workbook_of_checksums_alone_says_what_phones_showed(tmp_path: Path) -> None:
    shown: list[list[Cell]] = [["Device Name", "ITL Signature"], ["SEP02005E100002", "0" * 40]]
    write_book(tmp_path / "x.xlsx", shown)
    found = sheets.read(tmp_path / "x.xlsx", named=False)
    assert (len(found.phones), len(found.shown)) == (0, 1)
    assert len(sheets.read(tmp_path / "x.xlsx").phones) == 1


def test_a_merged_cell_stands_in_every_row_that_it_covers(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [HEADER, *(list[Cell]((f"SEP{at}", "8861", None)) for at in range(1, 6))]
    rows[1][2], rows[4][2] = "Depot", "Lab"
    write_book(tmp_path / "p.xlsx", [["Title", None, None], *rows])
    merge_cells(tmp_path / "p.xlsx", "C3:C5", "C6:C99", "A1:C1", "C4:C6", "A3:A4")
    (found,) = sheets.read(tmp_path / "p.xlsx").phones
    assert [each.traits.site for each in found.phones] == ["Depot", "Depot", "Depot", "Lab", "Lab"]
    assert [each.name for each in found.phones] == [f"SEP{at}" for at in range(1, 6)]


def merge_cells(path: Path, *ranges: str) -> None:
    """Merge cells of the first sheet."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    merged = "".join(f'<mergeCell ref="{each}"/>' for each in ranges)
    end = f"</sheetData><mergeCells>{merged}</mergeCells>".encode()
    parts[sheet] = parts[sheet].replace(b"</sheetData>", end)
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)


def place_cells(path: Path, rows: str) -> None:
    """A workbook whose one sheet has these rows, as they are."""
    write_book(path, [])
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    parts["xl/worksheets/sheet1.xml"] = (
        f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()
    )
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)


def placed(attributes: str, text: str = "x") -> str:
    return f'<c {attributes} t="inlineStr"><is><t>{text}</t></is></c>'


A1, A2, FAR = 'r="A1"', 'r="A2"', 'r="XFD1048576"'
NAMED = f"<row r='1'>{placed(A1, 'Device Name')}</row><row r='2'>{placed(A2, 'SEP1')}</row>"


@pytest.mark.parametrize(
    "far",
    [
        placed('r="XFD1048576"'),
        placed("r='XFD1048576'"),
        placed('s="1" r="XFD1048576"'),
        placed('x=">" r="XFD1048576"'),
        placed('x=\' r="A1"\' r="XFD1048576"'),
        placed('r="A40000001"'),
        placed('r="ZZZZZZ7"'),
        "<row r='1048576'>" + placed("") + "</row><row r='1'>" + "<c/>" * 99 + placed("") + "</row>",
        "<c/>" * 99 + placed("") + "</row>" + "<row/>" * 410_000 + "<row>" + placed(""),
    ],
)
def test_a_sheet_whose_cells_span_more_than_memory_holds_is_refused(tmp_path: Path, far: str) -> None:
    path = tmp_path / "phones.xlsx"
    place_cells(path, f"{NAMED}<row>{far}</row>")
    with pytest.raises(BadInput, match=r"phones\.xlsx: its cells span [\d,]+ rows and [\d,]+ columns"):
        sheets.read(path)


@pytest.mark.parametrize(
    "far", ['<c r="XFD1048576" s="1"/>', placed('r="XFD9"'), placed('r="A1048576"'), placed("")]
)
def test_a_sheet_with_a_far_cell_that_costs_little_is_read(tmp_path: Path, far: str) -> None:
    path = tmp_path / "phones.xlsx"
    place_cells(path, f"{NAMED}<row r='3'>{far}</row>")
    assert [each.name for each in sheets.read(path).phones[0].phones][:1] == ["SEP1"]


def test_cells_are_found_wherever_a_chunk_of_a_sheet_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "phones.xlsx"
    place_cells(path, f"{NAMED}<row r='3'>{placed(FAR)}</row>")
    for size in range(1, 40):
        monkeypatch.setattr(sheetspan, "CHUNK", size)
        with pytest.raises(BadInput, match=r"1,048,576 rows and 16,384 columns"):
            sheets.read(path)
