"""The trust lists of a snapshot: texts, raw files, and whose they are."""

from pathlib import Path

import pytest

from phoneemu import example
from phoneemu.core import limits
from phoneemu.core.trustlist import ListKind
from phoneemu.errors import BadInput
from phoneemu.fleet.listexports import node_in_name, nodes_named, read_lists, sightings

TEXTS = {name.partition("/")[2]: text for name, text in example.files().items() if "show_" in name}


@pytest.mark.parametrize(
    ("stem", "node"),
    [
        ("show_itl_pub", "pub"),
        ("show_ctl_cucm-1051-a-pub", "cucm-1051-a-pub"),
        ("ITLFile_sub1", "sub1"),
        ("ctl-pub.example.org", "pub.example.org"),
        ("show_ctl", ""),
        ("CTLFile", ""),
        ("CTLSEP001122334455", ""),
    ],
)
def test_a_file_may_be_named_after_its_node(stem: str, node: str) -> None:
    assert node_in_name(stem) == node


def test_every_record_remembers_its_file_and_line(tmp_path: Path) -> None:
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text)
    exports = read_lists(sorted(tmp_path.iterdir()))
    assert [(each.kind, each.node) for each in exports] == [
        (ListKind.CTL, ""),
        (ListKind.ITL, "cucm-1051-a-pub"),
        (ListKind.ITL, "cucm-1051-a-sub1"),
    ]
    listed = exports[0].listed
    assert listed is not None
    assert listed.signer is not None
    file, _, line = sightings(exports)[listed.signer][0].partition(":")
    assert TEXTS[file].splitlines()[int(line) - 1] == "CTL Record #:1" or "ITL" in file
    assert nodes_named(exports) == ("cucm-1051-a-pub", "cucm-1051-a-sub1")


def test_one_file_may_hold_several_outputs(tmp_path: Path) -> None:
    both = TEXTS["show_ctl.txt"] + TEXTS["show_itl_cucm-1051-a-pub.txt"]
    (tmp_path / "show_ctl.txt").write_text(both)
    assert [each.kind for each in read_lists([tmp_path / "show_ctl.txt"])] == [ListKind.CTL, ListKind.ITL]


@pytest.mark.parametrize(
    ("name", "content"), [("a.tlv", b"no list"), ("show_ctl.txt", b"nothing"), ("b.tlv", b"")]
)
def test_a_file_without_a_list_is_bad_input_by_name(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=f"^{name}: "):
        read_lists([tmp_path / name])


def test_an_oversized_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "show_ctl.txt"
    with path.open("wb") as stream:
        stream.truncate(limits.SHOW_TEXT_BYTES + 1)
    with pytest.raises(BadInput, match="larger than 8,388,608 bytes"):
        read_lists([path])
