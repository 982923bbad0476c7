"""The pytest plugin and the example suite, as somebody meets them who copies that folder."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "regression-suite"

OTHERWISE = """
import pytest
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.testing.telling import CTL, registered, ruled

@pytest.mark.office("10.5(1)", mixed=True)
@pytest.mark.phones("7960")
def test_wrong(office, phone, assert_story):
    office.renew("CallManager")
    phone.restarts()
    assert_story(phone, [ruled(CTL, Verdict.ACCEPT, Reason.TVS_VOUCHES), registered("pub")])
"""


def suite(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    asked = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    return subprocess.run(asked, cwd=folder, capture_output=True, text=True, timeout=300)  # noqa: S603


def own(folder: Path, text: str, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "test_own.py").write_text(text, encoding="utf-8")
    return suite(folder, *words)


def test_the_example_suite_passes_where_it_was_copied_to(tmp_path: Path) -> None:
    copied = shutil.copytree(EXAMPLE, tmp_path / "ours")
    done = suite(copied)
    assert done.returncode == 0, done.stdout
    assert "13 passed" in done.stdout


def test_the_examples_stories_are_the_same_over_sockets(tmp_path: Path) -> None:
    copied = shutil.copytree(EXAMPLE, tmp_path / "ours")
    done = suite(copied, "--phoneemu-loopback", "-k", "signer or legacy or without")
    assert done.returncode == 0, done.stdout
    assert "8 passed" in done.stdout


def test_a_story_that_goes_otherwise_shows_both_conversations(tmp_path: Path) -> None:
    done = own(tmp_path, OTHERWISE)
    assert done.returncode == 1
    assert "-ruled ctl accept tvs-vouches" in done.stdout
    assert "+ruled ctl refuse signer-unknown-no-tvs" in done.stdout
    assert " registered pub" in done.stdout


def test_a_phone_that_nobody_chose_is_asked_for(tmp_path: Path) -> None:
    done = own(tmp_path, "def test_which(phone):\n    pass\n")
    assert done.returncode != 0
    assert "which phone? Mark it" in done.stdout + done.stderr


def test_a_lab_serves_the_office_on_loopback(tmp_path: Path) -> None:
    text = (
        "from phoneemu.net import tftp\nfrom phoneemu.net.book import Service\n"
        "def test_served(office, lab):\n"
        "    place = lab.book.find('pub', Service.TFTP)\n"
        "    served = tftp.fetch(*place, 'ITLFile.tlv', patience=tftp.Patience(waits=(1.0,)))\n"
        "    assert served == office.cluster.publisher.itl.raw\n"
    )
    done = own(tmp_path, text)
    assert done.returncode == 0, done.stdout


def test_an_endpoint_that_does_nothing_is_found_out(tmp_path: Path) -> None:
    text = (
        "import pytest\n@pytest.mark.phones('8861')\n"
        "def test_agrees(office, phone, endpoint):\n    assert endpoint.boots().agrees_with(phone)\n"
    )
    assert own(tmp_path, text, "--phoneemu-endpoint", f"{sys.executable} -c pass").returncode == 1
    assert own(tmp_path, text).returncode == 0


@pytest.mark.phones("8861", fresh=True)
@pytest.mark.office(release="12.5(1)", nodes=("a", "b", "c"))
def test_the_markers_say_what_there_is(office, phone) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    assert [node.name for node in office.cluster.nodes] == ["a", "b", "c"]
    assert phone.flash.itl is None
    assert phone.restarts().holds_the_served_itl
    assert phone.registered_to == "a"
