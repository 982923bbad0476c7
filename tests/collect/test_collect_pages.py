"""Phones' pages: who is asked, where, and what is kept of a second run."""

import json

import pytest
from collectmaking import SETUP, STATUS, Site, short, with_pages
from cucm import Cucm, Seen, serving

from phoneemu.collect.failures import Kind
from phoneemu.collect.gather import Outcome, Part
from phoneemu.collect.readings import RIS_PATH


def test_pages_are_asked_of_phones_that_say_they_have_one(site: Site) -> None:
    with_pages(site, ["127.0.0.1", "127.0.0.2"])
    site.bench.cucm.seen[1].httpd = "No"
    phone = Cucm(pages={SETUP: b"<html>ITL file</html>", STATUS: b"<html>Trust List updated</html>"})
    with serving(phone, None) as port:
        results = site.collect(Part.PHONES, Part.SEEN, Part.PAGES, page_port=port)
    assert short(results) == []
    assert (site.folder / "pages" / "SEP020000000000.html").read_bytes() == b"<html>ITL file</html>"
    assert (
        site.folder / "pages" / "SEP020000000000_status.html"
    ).read_bytes() == b"<html>Trust List updated</html>"
    assert {each.authorization for each in phone.requests} == {""}
    assert {each.verb for each in phone.requests} == {"GET"}


def test_the_address_that_one_phone_had_is_tried_first_for_the_next_of_its_model(site: Site) -> None:
    with_pages(site, ["127.0.0.1"] * 6)
    phone = Cucm(pages={"/NetworkConfiguration": b"<html>1</html>"})
    with serving(phone, None) as port:
        site.collect(Part.PHONES, Part.SEEN, Part.PAGES, page_port=port)
    guesses = [each for each in phone.requests if each.path == SETUP]
    assert 1 <= len(guesses) < 6


def test_a_second_run_asks_only_the_phones_that_are_missing(site: Site) -> None:
    first, second = with_pages(site, ["127.0.0.1", "127.0.0.2"])
    phone = Cucm(pages={SETUP: b"<html></html>"})
    with serving(phone, None) as port:
        results = site.collect(Part.PHONES, Part.SEEN, Part.PAGES, page_port=port)
        assert results["pages"].kinds == (Kind.UNREACHABLE,)
        with serving(phone, None, "127.0.0.2") as other:
            phone.requests.clear()
            again = site.collect(Part.PHONES, Part.SEEN, Part.PAGES, page_port=other)
    assert short(again) == []
    assert {each.name for each in (site.folder / "pages").iterdir()} == {f"{first}.html", f"{second}.html"}
    assert {each.host for each in phone.requests} == {"127.0.0.2"}


@pytest.mark.parametrize("ip", ["", "0.0.0.0", "224.0.0.1", "evil.example", "127.0.0.1/../x", "10.0.0.1:22"])  # noqa: S104
def test_an_address_that_is_none_of_a_phone_is_not_asked(site: Site, ip: str) -> None:
    with_pages(site, [ip])
    results = site.collect(Part.PHONES, Part.SEEN, Part.PAGES)
    assert short(results) == []
    assert "pages" not in site.written()


@pytest.mark.parametrize("name", ["../../x", "a/b", "..", "SEP&lt;1"])
def test_a_phone_whose_name_could_leave_the_folder_has_no_page(site: Site, name: str) -> None:
    site.bench.cucm.seen = [Seen(name=name, httpd="Yes", ip="127.0.0.1")]
    site.collect(Part.SEEN, Part.PAGES)
    assert site.written() == ["cluster.toml", "ris.xml"]


def test_pages_without_risport_are_a_failure_with_its_reason(site: Site) -> None:
    site.bench.cucm.busy[RIS_PATH] = 99
    results = site.collect(Part.SEEN, Part.PAGES)
    assert results["pages"].outcome is Outcome.FAILED


def test_the_note_names_files_and_times_and_nothing_else(site: Site) -> None:
    site.collect()
    note = json.loads((site.folder / ".collected.json").read_text())
    assert set(note) == {"schema", "source", "begun", "parts"}
    assert set(note["parts"]["phones"]) == {"whole", "files"}
