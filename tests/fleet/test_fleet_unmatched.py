"""What cluster.toml says of nobody is remarked upon; what it says of somebody counts in any spelling."""

from pathlib import Path

import pytest

from phoneemu import example
from phoneemu.errors import BadInput
from phoneemu.fleet import clusterfile
from phoneemu.fleet.predict import predict_files
from phoneemu.fleet.snapshot import Snapshot, read_snapshot

CAPF = (
    "cucm-1051-a-pub set cert regen CAPF\n* utils service restart Cisco Tftp\n"
    "* utils service restart Cisco CallManager\nphones reset\n"
)


def snapshot(folder: Path, *changes: tuple[str, str]) -> Snapshot:
    """The example with texts of its cluster.toml changed."""
    example.write(folder)
    path = folder / "snapshot" / "cluster.toml"
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return read_snapshot(folder / "snapshot")


def test_the_example_says_nothing_of_nobody(tmp_path: Path) -> None:
    assert not any("no phone" in each for each in snapshot(tmp_path).remarks)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"SEP02005E1000F5", "SEP02005E1000F6"',
            '"SEP02005E1000F5", "SEP02005E10000G", "desk 7"',
            "cluster.toml: off[3].devices: no phone is named DESK 7, SEP02005E10000G",
        ),
        (
            '[sites."Depot"]',
            '[sites."depot"]',
            "cluster.toml: sites.'depot': no phone stands there; did you mean 'Depot'?",
        ),
        (
            'site = "Lab"',
            'site = "Lba"',
            "cluster.toml: off[1].where: no phone has site = Lba; did you mean 'Lab'?",
        ),
        (
            'model = "Cisco 7911"',
            'model = "Cisco 8941"',
            "cluster.toml: off[2].where: no phone has model = 8941",
        ),
        (
            "holds_served = true",
            'holds_served = true\n[phones.loads]\n"7970" = "SCCP70.9-4-2-1"\n',
            "cluster.toml: phones.loads.'7970': no phone is of this model",
        ),
    ],
)
def test_what_is_said_of_nobody_is_remarked_upon(tmp_path: Path, old: str, new: str, said: str) -> None:
    found = [each for each in snapshot(tmp_path, (old, new)).remarks if "no phone" in each]
    assert [each.partition("; did")[0] for each in found] == [said.partition("; did")[0]]
    assert "; did" not in said or "; did" in found[0]


@pytest.mark.parametrize("name", ["02:00:5E:10:00:F5", "0200.5e10.00f5", "sep02005e1000f5", "02005E1000F5"])
def test_a_phone_that_is_off_is_found_by_its_address(tmp_path: Path, name: str) -> None:
    devices = '"SEP02005E1000F5", "SEP02005E1000F6"'
    here = snapshot(tmp_path, (devices, f'"{name}"'))
    assert "SEP02005E1000F5" in here.file.off[2].devices
    assert not any("no phone" in each for each in here.remarks)


def test_a_security_mode_that_nobody_understands_is_not_non_secure(tmp_path: Path) -> None:
    """A fleet of encrypted phones whose column is in another language must not pass as ok."""
    snapshot(tmp_path)
    phones = tmp_path / "snapshot" / "phones.csv"
    plan = tmp_path / "capf.txt"
    plan.write_text(CAPF)
    row = "SEP02005E100001,Depot,Cisco 8861,sip88xx.12-8-1-0001-455,SIP,{}\n"
    head = "Device Name,Device Pool,Device Type,Phone Load Name,Device Protocol,Security Mode\n"
    for mode, outcome in (
        ("Verschlüsselt", "cannot-say"),
        ("Encrypted", "out-of-service"),
        ("3.0", "out-of-service"),
        ("", "ok"),
    ):
        phones.write_text(head + row.format(mode), encoding="utf-8")
        (group,) = predict_files(tmp_path / "snapshot", plan).groups
        assert group.fate.outcome.value == outcome, mode
        if outcome == "cannot-say":
            assert group.fate.reason == "security-mode-unknown"
            assert "'Verschlüsselt' is none of Non Secure, Authenticated, Encrypted" in group.fate.note


def test_a_default_security_mode_is_one_of_three_words() -> None:
    assert clusterfile.parse('[phones]\nsecurity = "encrypted"\n').phones.security == "encrypted"
    with pytest.raises(BadInput, match=r"phones.security: 'Encryptd' is none of Non Secure, Authenticated"):
        clusterfile.parse('[phones]\nsecurity = "Encryptd"\n')
