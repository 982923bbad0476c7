"""`phoneemu explain`: one phone's story."""

import json
from pathlib import Path

import pytest

from phoneemu import example
from phoneemu.cli import main

LOST = "SEP02005E100001"
MOVED_ON = "SEP02005E100123"


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A folder with the example's snapshot and runbook."""
    example.write(tmp_path / "office")
    return tmp_path / "office"


def explain(office: Path, *more: str) -> int:
    return main(["explain", str(office / "snapshot"), "--runbook", str(office / "runbook.txt"), *more])


def test_a_lost_phone_is_explained_with_the_source_of_every_fact(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(office, LOST.lower()) == 0
    said = capsys.readouterr().out
    assert said.startswith(
        f"{LOST}  Cisco 7940, P0030801SR02, site Depot    STUCK since step 5 (phones reset)"
    )
    assert "listed at phones.csv:2" in said
    assert "offered CTL is signed by CN=cucm-1051-a-pub, serial " in said
    assert "runbook step 2 wrote it; runbook step 1 made it" in said
    assert "it is none of them    CN=cucm-1051-a-pub, serial 70:CA:F6:4E…: show_ctl.txt:" in said
    assert "trust.asks_tvs" in said
    assert "SEED118893" in said
    assert "rule L14" in said
    assert "so it keeps its CTL" in said
    assert "is registered to cucm-1051-a-pub without TLS" in said
    assert "remedy  erase-ctl: " in said


def test_a_phone_that_follows_is_explained_too(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(office, MOVED_ON, LOST) == 0
    first, second = capsys.readouterr().out.split(f"\n{LOST}")
    assert "    OK    standing: " in first
    assert "CTL, TVS on cucm-1051-a-pub: accept, tvs-vouches" in first
    assert "so it holds the lists that its cluster serves" in first
    assert "remedy  none needed" in first
    assert "STUCK" in second


def test_the_story_of_a_phone_that_is_lost_already_begins_with_today(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = office / "snapshot" / "cluster.toml"
    said.write_text(said.read_text().replace('"10.5(1)"', '"11.5(1)SU5"\nmin_tls = "1.2"'))
    assert explain(office, "SEP02005E10001D") == 0  # today and at step 5 for one reason
    story = capsys.readouterr().out.split("\n\n")
    assert "OUT-OF-SERVICE before the first step" in story[0]
    assert story[1].startswith("  before the first step\n")
    assert "callmanager-tls-version" in story[1]
    assert story[2].startswith("  at step 5: phones reset\n")


def test_a_phone_nobody_can_tell_of_says_what_is_missing(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(office, "SEP02005E1000F5") == 0
    said = capsys.readouterr().out
    assert "it went off before the CTL that its node serves was written" in said
    assert "so nothing can be said: held-list-unknown" in said


def test_the_journal_is_given_as_json(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(office, LOST, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    (phone,) = document["phones"]
    assert (document["schema"], phone["device"], phone["outcome"]) == (1, LOST, "stuck")
    (boot,) = phone["boots"]
    assert boot["step"] == 5
    assert len(boot["journal"]) > 3


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("--journal", f"asked cucm-1051-a-pub for CTL{LOST}.tlv by tftp: arrived"),
        ("--status-messages", f"# {LOST} at step 5"),
        ("--console-log", f"# {LOST} at step 5"),
        ("--alarms", f"# {LOST} at step 5"),
    ],
)
def test_the_phones_own_texts_are_given_boot_by_boot(
    office: Path, option: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(office, LOST, option) == 0
    assert expected in capsys.readouterr().out.splitlines()


def test_a_phone_that_is_not_listed_is_exit_2(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(office, "SEP000000000000") == 2
    assert "no phone 'SEP000000000000' in the snapshot's 412 phones" in capsys.readouterr().err


def test_a_degraded_phone_is_told_what_is_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example.write(tmp_path)
    words = ["explain", str(tmp_path / "snapshot"), "--runbook", str(tmp_path / "plan.txt")]
    (tmp_path / "plan.txt").write_text("* block 2445\nphones reset\n")
    assert main([*words, "SEP02005E10016C"]) == 0
    assert "; but no TVS that it knows answers, so HTTPS services such as directories fail." in (
        capsys.readouterr().out
    )
    (tmp_path / "plan.txt").write_text(
        "cucm-1051-a-pub set cert regen CallManager\n* utils service restart Cisco Tftp\n"
        "* utils service restart Cisco CallManager\nphones reset\n"
    )
    assert main([*words, "SEP02005E1000AE"]) == 0
    said = capsys.readouterr().out
    assert "; but a CallManager that it prefers turned it away (callmanager-not-in-ctl)." in said
    assert main([*words, "SEP02005E10016C"]) == 0
    assert "; but the other CallManagers of its group would turn it away (callmanager-not-in-ctl)." in (
        capsys.readouterr().out
    )
