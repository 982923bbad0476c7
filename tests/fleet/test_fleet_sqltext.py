"""`run sql` answers, as a terminal pads them and as a web page leaves them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoneemu.cluster.state import ROLLBACK
from phoneemu.errors import BadInput
from phoneemu.fleet import sqlexports
from phoneemu.fleet.clusterfile import ClusterFile
from phoneemu.fleet.clusterfile import parse as parse_cluster
from phoneemu.fleet.sqlexports import Member
from phoneemu.fleet.sqltext import SqlTable, parse

TEXT = """admin:run sql select name,description,devicepool from device
name            description   devicepool
=============== ============= ==========
SEP001122AABBCC Anna at desk  Main
SEP001122AABBDD NULL          Depot North

admin:
"""


def table(text: str) -> SqlTable:
    (found,), remarks = parse(text, "f.sql.txt")
    assert remarks == ()
    return found


def padded(columns: list[str], rows: list[list[str]]) -> str:
    """As the cluster prints it."""
    widths = [max(len(row[at]) for row in [columns, *rows]) for at in range(len(columns))]
    lines = [columns, ["=" * width for width in widths], *rows]
    return "\n".join(" ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in lines)


def test_cells_are_cut_by_the_widths_of_the_rule() -> None:
    assert table(TEXT).columns == ("name", "description", "devicepool")
    assert table(TEXT).rows == (
        (4, ("SEP001122AABBCC", "Anna at desk", "Main")),
        (5, ("SEP001122AABBDD", "", "Depot North")),
    )


def test_a_copy_with_collapsed_blanks_is_read_by_words() -> None:
    text = "paramname paramvalue\n=================== ==========\nClusterSecurityMode 0\nOther value\n"
    assert [cells for _, cells in table(text).rows] == [("ClusterSecurityMode", "0"), ("Other", "value")]


def test_a_collapsed_row_that_cannot_be_told_apart_is_named_by_line() -> None:
    text = "name description devicepool\n====== ============= ==========\nSEP1 Anna at desk Main floor\n"
    (found,), remarks = parse(text, "f.sql.txt")
    assert found.rows == ()
    assert [str(each.place) for each in remarks] == ["f.sql.txt:3"]


def test_several_answers_in_one_file_are_several_tables() -> None:
    tables, _ = parse(TEXT + "enum name\n==== =========\n7    Cisco 7960\n", "f")
    assert [each.columns[0] for each in tables] == ["name", "enum"]
    assert tables[1].rows[0][1] == ("7", "Cisco 7960")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "f: no answer of `run sql`"),
        ("=== ===\n", "f: no answer of `run sql`"),
        ("a b c\n=== ===\n", "f:1: 3 column names over 2 columns"),
    ],
)
def test_what_is_no_answer_is_refused(text: str, what: str) -> None:
    with pytest.raises(BadInput) as error:
        parse(text, "f")
    assert str(error.value).startswith(what)


cells = st.text("abcdefgh 0123", max_size=9).map(lambda text: " ".join(text.split()) or "x")


@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=6))
def test_what_a_terminal_pads_is_read_back(rows: list[list[str]]) -> None:
    rows = [[first.replace(" ", ""), second, "z" + third] for first, second, third in rows]
    found = table(padded(["name", "text", "last"], rows))
    assert [list(cells) for _, cells in found.rows] == rows


@given(st.text(max_size=300))
def test_any_text_gives_tables_or_one_error(text: str) -> None:
    try:
        parse(text, "f")
    except BadInput:
        return


# ---------------------------------------------------------------- groups and parameters


def test_groups_have_their_members_in_order_of_priority() -> None:
    text = padded(
        ["cmgname", "servername", "priority"], [["A", "pub", "1"], ["A", "sub", "0"], ["B b", "pub", "0"]]
    )
    groups = sqlexports.groups_of(parse(text, "g")[0], "g")
    assert {name: tuple(each.name for each in members) for name, members in groups.items()} == {
        "A": ("sub", "pub"),
        "B b": ("pub",),
    }


@pytest.mark.parametrize(
    ("columns", "row", "what"),
    [
        (["cmgname", "servername", "priority"], ["A", "pub", "first"], "g:3: priority `first`"),
        (["cmgname", "servername", "rank"], ["A", "pub", "0"], "g: no column priority"),
    ],
)
def test_groups_that_cannot_be_read_are_named(columns: list[str], row: list[str], what: str) -> None:
    with pytest.raises(BadInput) as error:
        sqlexports.groups_of(parse(padded(columns, [row]), "g")[0], "g")
    assert str(error.value).startswith(what)


def parameters(*rows: list[str]) -> dict[str, tuple[str, str]]:
    return sqlexports.parameters_of(parse(padded(["paramname", "paramvalue"], list(rows)), "p")[0], "p")


def test_the_database_fills_what_cluster_toml_leaves_open() -> None:
    said = parameters(["ClusterSecurityMode", "1"], ["RollBackToPreGrayback", "t"])
    file, remarks = sqlexports.merged(ClusterFile(), {"A": (Member("pub", "g:3"),)}, said)
    assert (file.mixed, dict(file.groups), dict(file.parameters)) == (
        True,
        {"A": ("pub",)},
        {ROLLBACK: "True"},
    )
    assert remarks == ()


def test_where_cluster_toml_says_otherwise_it_wins_and_both_are_told() -> None:
    toml = 'mixed = false\n[[node]]\nname = "pub"\n[[node]]\nname = "sub"\n[groups]\nA = ["sub"]\n'
    file, remarks = sqlexports.merged(
        parse_cluster(toml), {"A": (Member("pub", "g:3"),)}, parameters(["ClusterSecurityMode", "1"])
    )
    assert (file.mixed, file.groups["A"]) == (False, ("sub",))
    assert remarks == (
        "group A: cluster.toml says sub, the database pub",
        "p:3: ClusterSecurityMode is 1, cluster.toml says mixed = false",
    )
