"""Phone web pages and status messages: what a phone itself says of its lists."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoneemu import example
from phoneemu.errors import BadInput
from phoneemu.fleet.phonepages import Page, Told, of_text, pages_in, read_pages
from phoneemu.fleet.predict import predict_files
from phoneemu.fleet.snapshot import read_snapshot

SHOWN = "3a 1F " * 10
SHA1 = "3a1f" * 10


def page(*rows: tuple[str, str], title: str = "Cisco IP Phone CP-8845 ( SEP02005E100001 )") -> str:
    """A page as such phones write it: a table in a table, tags in either case, some never closed."""
    cells = "".join(
        f"<TR><TD><B> {label}</B></TD><td width=20></TD><TD><B>{value}</B></TD></TR>" for label, value in rows
    )
    return (
        "<HTML><HEAD><TITLE>Cisco Systems, Inc.</TITLE></HEAD><BODY><TABLE BORDER=1><TR>\n"
        f'<td><B><font size="4">{title}</FONT></FONT></B></TD></TR>\n'
        '<TR><td><TABLE><TR><TD><a href="/x">Status messages</A></TD></TR></TABLE></TD>\n'
        f"<td><TABLE>\n{cells}</TABLE></TD></TR></TABLE></BODY></HTML>"
    )


NETWORK = (
    ("MAC address", "02005E100001"),
    ("Host name", "SEP02005E100001"),
    ("TFTP server 1", "192.0.2.12"),
    ("TFTP server 2", ""),
    ("Security mode", "Non secure"),
    ("CTL file", "Not installed"),
    ("ITL file", "Installed"),
    ("ITL signature", SHOWN),
    ("TVS", "pub.example.org"),
    ("TVS", "sub.example.org"),
    ("CUCM server / TFTP server", "pub.example.org"),
)


def read(text: str, file: str = "page.html") -> Page:
    found = of_text(text, file)
    assert found is not None
    return found


def test_a_network_page_says_which_lists_the_phone_holds() -> None:
    found = read(page(*NETWORK))
    assert (found.name, found.model, found.mode) == ("SEP02005E100001", "CP-8845", "Non secure")
    assert (found.ctl, found.itl) == ("none", SHA1)
    assert found.tftp == ("192.0.2.12",)
    assert found.tvs == ("pub.example.org", "sub.example.org")
    assert found.line == 5


def as_tabs() -> str:
    return "Network setup\n" + "\n".join(f" {label}\t\t{value}" for label, value in NETWORK)


def as_two_lines() -> str:
    return "\n".join(f"{label}\n{value or '-'}" for label, value in NETWORK)


def as_xml() -> str:
    tags = (("HostName", "SEP02005E100001"), ("modelNumber", "CP-8845"), ("ITLSignature", SHOWN))
    inside = "".join(f"<{tag}>{value}</{tag}>\n" for tag, value in tags)
    head = '<?xml version="1.0" encoding="iso-8859-1"?>'
    return f"{head}\n<NetworkConfiguration>\n{inside}</NetworkConfiguration>"


@pytest.mark.parametrize("text", [as_tabs(), as_two_lines(), as_xml(), page(*NETWORK).replace("itl", "Itl")])
def test_a_page_saved_in_another_form_says_the_same(text: str) -> None:
    found = read(text)
    assert (found.name, found.itl) == ("SEP02005E100001", SHA1)


def test_a_device_page_says_which_load_runs() -> None:
    rows = (
        ("Host name", "SEP02005E100001"),
        ("Boot load ID", "sip88xx.1-1-1"),
        ("Version", "sip88xx.14-2-1-0001-34"),
    )
    assert read(page(*rows)).load == "sip88xx.14-2-1-0001-34"


def test_a_version_that_is_no_load_is_none() -> None:
    assert read(page(("Host name", "SEP02005E100001"), ("Version", "seven"))).load == ""


def test_a_page_of_nobody_is_remarked_upon(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(page(("CTL file", "Installed"), title="Cisco"))
    pages, (remark,), _ = read_pages([tmp_path / "a.html"])
    assert pages == {}
    assert remark.place == "a.html"


def test_a_file_named_after_its_phone_needs_no_name_inside() -> None:
    assert read("12:00:01a  Trust List updated\n", "status_SEP02005E100001.txt").name == "SEP02005E100001"


@pytest.mark.parametrize(
    ("messages", "told", "refused", "lists"),
    [
        ("Trust List Update Failed", frozenset({Told.FAILED}), Told.FAILED, ("", "")),
        ("Trust List update failed, verification failure", frozenset({Told.FAILED}), Told.FAILED, ("", "")),
        ("CTL update failed", frozenset({Told.CTL_FAILED}), Told.CTL_FAILED, ("", "")),
        ("No Trust List installed", frozenset({Told.NO_LIST}), None, ("none", "none")),
        ("ITL installed", frozenset({Told.UPDATED}), None, ("", "")),
        (
            "Trust List updated\nTrust List update failed",
            frozenset({Told.UPDATED, Told.FAILED}),
            None,
            ("", ""),
        ),
        ("File Not Found <CTLFile.tlv>\nTFTP timeout", frozenset(), None, ("", "")),
    ],
)
def test_status_messages_are_evidence_where_they_are_not_two_minded(
    messages: str, told: frozenset[Told], refused: Told | None, lists: tuple[str, str]
) -> None:
    for text in (messages, page(*((line, "") for line in messages.splitlines()))):
        found = read(text, "SEP02005E100001.txt")
        assert (found.told, found.refused, (found.ctl, found.itl)) == (told, refused, lists)


def test_several_pages_of_one_phone_are_one(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(page(*NETWORK))
    (tmp_path / "b.html").write_text(
        page(("Host name", "SEP02005E100001"), ("App load ID", "sip88xx.12-1-1"))
    )
    (tmp_path / "c.txt").write_text("SEP02005E100001\nTrust List update failed\n")
    pages, _, notes = read_pages(sorted(tmp_path.iterdir()))
    (found,) = pages.values()
    assert (found.load, found.itl, found.told) == ("sip88xx.12-1-1", SHA1, frozenset({Told.FAILED}))
    assert len(notes) == 3


@given(st.text(max_size=200))
def test_any_text_is_a_page_or_none(text: str) -> None:
    of_text("<html>" + text, "x.html")
    with contextlib.suppress(BadInput):  # what begins as XML may be broken XML
        of_text(text, "x.txt")


# ---------------------------------------------------------------- in a whole snapshot


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    example.write(tmp_path)
    return tmp_path / "snapshot"


def traits(folder: Path, name: str) -> tuple[str, ...]:
    found = next(phone for phone in read_snapshot(folder).inventory.phones if phone.name == name)
    return found.traits.model, found.traits.load, found.traits.ctl, found.traits.itl


def a_phone(folder: Path, model: str) -> str:
    return next(phone.name for phone in read_snapshot(folder).inventory.phones if phone.traits.model == model)


def test_what_a_phone_shows_counts_before_what_is_configured(folder: Path) -> None:
    name = a_phone(folder, "Cisco 8861")
    (folder / "pages").mkdir()
    rows = (("Host name", name), ("App load ID", "sip88xx.12-8-1-1"), ("ITL signature", SHOWN))
    (folder / "pages" / "net.html").write_text(page(*rows))
    assert traits(folder, name) == ("Cisco 8861", "sip88xx.12-8-1-1", "", SHA1)


def test_a_phone_that_failed_its_update_is_never_taken_to_hold_what_is_served(folder: Path) -> None:
    name = a_phone(folder, "Cisco 8861")
    (folder / f"status_{name}.txt").write_text("Trust List update failed\n")
    told = predict_files(folder, folder.parent / "runbook.txt")
    fate = next(group.fate for group in told.groups if name in {phone.name for phone in group.phones})
    assert fate.reason == "held-list-unknown"
    assert any(f"{name} says that the last update failed" in remark for remark in told.remarks)


def test_messages_that_say_two_things_are_told_and_taken_for_nothing(folder: Path) -> None:
    name = a_phone(folder, "Cisco 8861")
    (folder / f"status_{name}.txt").write_text("Trust List update failed\nTrust List updated\n")
    assert traits(folder, name)[2:] == ("", "")
    assert any("nothing is taken from it" in remark for remark in read_snapshot(folder).remarks)


def test_a_failure_of_a_phone_that_reads_no_itl_is_of_its_ctl(folder: Path) -> None:
    name = a_phone(folder, "Cisco 7960")
    (folder / f"status_{name}.txt").write_text("Trust List update failed\n")
    assert traits(folder, name)[2:] == ("other", "")


def test_a_page_alone_is_a_phone(folder: Path) -> None:
    (folder / "SEP02005EFFFFFF.html").write_text(
        page(("Host name", "SEP02005EFFFFFF"), ("ITL file", "Installed"), title="Cisco Phone CP-7940G ( x )")
    )
    assert traits(folder, "SEP02005EFFFFFF")[0] == "CP-7940"


def test_the_tftp_servers_a_phone_names_are_its_own_where_they_are_nodes(folder: Path) -> None:
    name = a_phone(folder, "Cisco 8861")
    node = read_snapshot(folder).cluster.nodes[1]
    for server, known in ((node.name, True), ("198.51.100.9", False)):
        (folder / f"{name}.html").write_text(page(("Host name", name), ("TFTP server 1", server)))
        snapshot = read_snapshot(folder)
        assert any("198.51.100.9" in remark for remark in snapshot.remarks) is not known


def test_many_pages_are_told_together(folder: Path) -> None:
    (folder / "pages").mkdir()
    for number in range(30):
        signature = "<tr><td>ITL signature</td><td>Not Installed</td></tr>" if number < 4 else ""
        name = f"SEP02005E2{number:05X}"
        page = f"<html><table><tr><td>Host name</td><td>{name}</td></tr><tr><td>TFTP server 1</td>{signature}"
        (folder / "pages" / f"{name}.html").write_text(page + "<td>x</td></tr></table></html>")
    snapshot = read_snapshot(folder)
    assert "30 pages of 30 phones; 4 phones say something of their lists" in snapshot.notes
    assert not any(name.endswith(".html") for name, _ in snapshot.by_content)


def test_two_pages_of_a_phone_that_contradict_each_other_are_told(tmp_path: Path) -> None:
    name = ("Host name", "SEP02005E100001")
    for file, checksum in (("a.html", "a" * 40), ("b.html", "b" * 40), ("c.html", "c" * 32)):
        (tmp_path / file).write_text(page(name, ("ITL signature", checksum)))
    pages, remarks, _ = read_pages(sorted(tmp_path.iterdir()))
    assert pages["SEP02005E100001"].itl == "a" * 40
    (remark,) = remarks  # an MD5 may be of the same list
    assert remark.place.startswith("b.html:")
    assert "in a.html" in remark.text


@pytest.mark.parametrize("signature", ["a1" * 32, "3a1f3a1f3a", "3a 1f 3a 1f 3a 1f…", "3A:1F:3A:1F (SHA1)"])
def test_a_signature_that_is_no_checksum_is_told_and_its_list_is_not_known(
    tmp_path: Path, signature: str
) -> None:
    rows = (("Host name", "SEP02005E100001"), ("ITL file", "Installed"), ("ITL signature", signature))
    (tmp_path / "a.html").write_text(page(*rows), encoding="utf-8")
    pages, remarks, _ = read_pages([tmp_path / "a.html"])
    assert (pages["SEP02005E100001"].ctl, pages["SEP02005E100001"].itl) == ("", "unreadable")
    assert [remark.text.partition(": `")[0] for remark in remarks] == ["SEP02005E100001"]


def test_a_label_in_the_place_of_a_signature_is_none() -> None:
    found = read("Device name: SEP02005E100001\nCTL signature\nITL signature\n" + "3a1f" * 10 + "\n")
    assert (found.ctl, found.itl, found.doubts) == ("", SHA1, ())


def test_pages_of_several_phones_in_one_file_are_told_apart(tmp_path: Path) -> None:
    shown = [(f"SEP02005E10000{number}", str(number) * 40) for number in (1, 2, 3)]
    text = "".join(
        f"Device Information\nMAC Address: {name[3:]}\nHost Name: {name}\nITL Signature: {checksum}\n"
        for name, checksum in shown
    )
    (tmp_path / "all.txt").write_text(text)
    pages, remarks, notes = read_pages([tmp_path / "all.txt"])
    assert {name: page.itl for name, page in pages.items()} == dict(shown)
    assert [remark.text.partition(":")[0] for remark in remarks] == ["pages of 3 phones"]
    assert len(notes) == 3


def test_a_failure_of_another_phone_is_not_laid_to_the_first(tmp_path: Path) -> None:
    text = "SEP02005E100001\n11:02 Trust List Updated\n\nSEP02005E100002\n11:05 Trust List Update Failed\n"
    (tmp_path / "status.txt").write_text(text)
    pages, _, _ = read_pages([tmp_path / "status.txt"])
    assert [page.told for page in pages.values()] == [{Told.UPDATED}, {Told.FAILED}]
    assert pages["SEP02005E100002"].told_at == "status.txt:5"


def test_a_neighbour_is_no_other_phone() -> None:
    rows = (*NETWORK, ("CDP Neighbor Device ID", "SEP02005E1000FF"), ("LLDP neighbor", "SEP02005E1000FE"))
    (found,) = pages_in(page(*rows), "a.html")
    assert (found.name, found.itl) == ("SEP02005E100001", SHA1)
    (copied,) = pages_in(
        "Host name: SEP02005E100001\nNeighbor Device ID: SEP02005E1000FF\nITL file: none\n", "a"
    )
    assert copied.itl == "none"
