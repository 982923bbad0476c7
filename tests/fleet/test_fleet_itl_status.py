"""The words of the ITL File Status list, which mean other things than the same words on a phone's screen."""

from pathlib import Path

import pytest

from phoneemu import example
from phoneemu.fleet import audit, holding, inventory
from phoneemu.fleet.forecast import Fate
from phoneemu.fleet.predict import predict_files
from phoneemu.fleet.snapshot import read_snapshot

SERVED_ITL = "e96119f3a792a49491693657df3c5cf9aa4efedf"
"""What the publisher of the example serves."""
NODES = 'release = "14SU3"\n[[node]]\nname = "pub"\n[[node]]\nname = "sub"\n'
HEAD = "Device Name(Line),Device Type,ITL File Status\n"


def told(folder: Path, status: str, cluster: str = NODES) -> Fate:
    (folder / "cluster.toml").write_text(cluster)
    (folder / "phones.csv").write_text(f"{HEAD}SEP0011AABBCC03,Cisco 8841,{status}\n")
    (folder / "plan.txt").write_text("pub set cert regen CallManager\nphones reset\n")
    return predict_files(folder, folder / "plan.txt").groups[0].fate


@pytest.mark.parametrize(
    ("status", "says"),
    [("Not Installed", "went back"), ("Unknown", "not registered"), ("MisMatch", "another")],
)
def test_a_phone_whose_list_nobody_can_name_is_cannot_say(tmp_path: Path, status: str, says: str) -> None:
    fate = told(tmp_path, status)
    assert (fate.outcome.value, fate.reason) == ("cannot-say", "held-list-unknown")
    assert says in fate.note


def test_a_phone_that_matches_is_answered(tmp_path: Path) -> None:
    assert told(tmp_path, "Match").outcome.value == "ok"


def test_somebody_who_read_the_checksums_settles_an_unknown_status_alone(tmp_path: Path) -> None:
    vouched = NODES + "[phones]\nholds_served = true\n"
    assert told(tmp_path, "Unknown", vouched).outcome.value == "ok"
    assert told(tmp_path, "Not Installed", vouched).reason == "held-list-unknown"


@pytest.mark.parametrize("cluster", [NODES, NODES + "[phones]\nholds_served = true\n"])
def test_a_phone_that_showed_what_is_no_checksum_is_cannot_say(tmp_path: Path, cluster: str) -> None:
    fate = told(tmp_path, "3b452f9ec9d6543df80e", cluster)
    assert (fate.outcome.value, fate.reason) == ("cannot-say", "held-list-unknown")
    assert "no checksum" in fate.note
    (tmp_path / "checksums.csv").write_text("Device Name,ITL File\nSEP0011AABBCC03,Match\n")
    assert told(tmp_path, "3b452f9ec9d6543df80e", cluster).outcome.value == "ok"


@pytest.mark.parametrize("status", ["Not Installed", "Unknown"])
def test_a_checksum_counts_before_the_status(tmp_path: Path, status: str) -> None:
    (tmp_path / "checksums.csv").write_text("Device Name,ITL Signature\nSEP0011AABBCC03,Not Installed\n")
    assert told(tmp_path, status).path.value == "first-trust"


def test_a_status_that_saw_nothing_takes_nothing_back(tmp_path: Path) -> None:
    (tmp_path / "checksums.csv").write_text("Device Name,ITL File Status\nSEP0011AABBCC03,Unknown\n")
    assert told(tmp_path, "Match").outcome.value == "ok"


def test_an_audit_tells_the_failed_from_the_unseen(tmp_path: Path) -> None:
    told(tmp_path, "Match")
    rows = "SEP0011AABBCC03,Cisco 8841,Not Installed\nSEP0011AABBCC04,Cisco 8841,Unknown\n"
    (tmp_path / "phones.csv").write_text(HEAD + rows)
    found = [each.itl for each in audit.Auditor(read_snapshot(tmp_path)).findings()]
    assert found == [audit.Holds.UNMATCHED, audit.Holds.UNKNOWN]


def test_both_readers_of_tables_read_the_status_alike(tmp_path: Path) -> None:
    names = ["Not Installed", "Unknown", "Match", "not  installed", "MisMatch", ""]
    rows = "".join(f"SEP0011AABBCC{number:02},Cisco 8841,{name}\n" for number, name in enumerate(names))
    (tmp_path / "phones.csv").write_text(HEAD + rows)
    careful, bulk = (
        inventory.read_inventory([tmp_path / "phones.csv"], bulk_from=limit) for limit in (1 << 30, 0)
    )
    expected = [holding.BOUNCED, holding.UNSEEN, holding.SERVED, holding.BOUNCED, holding.OTHER, ""]
    assert [each.traits.itl for each in careful.phones] == expected
    assert [each.traits.itl for each in bulk.phones] == expected
    assert careful.columns == bulk.columns


@pytest.mark.parametrize("names", [("a.csv", "b.csv"), ("b.csv", "a.csv")])
@pytest.mark.parametrize(
    ("word", "checksum", "outcome"),
    [("Match", "0" * 40, "cannot-say"), ("MisMatch", SERVED_ITL, "ok"), ("Not Installed", SERVED_ITL, "ok")],
)
def test_a_checksum_tells_more_than_a_word_of_one_in_whichever_file(
    tmp_path: Path, names: tuple[str, str], word: str, checksum: str, outcome: str
) -> None:
    """What the cluster says of a checksum that it saw is less than the checksum that the phone shows."""
    example.write(tmp_path)
    folder, name = tmp_path / "snapshot", "SEP02005E10016C"
    (folder / names[0]).write_text(f"Device Name,ITL File Status\n{name},{word}\n")
    (folder / names[1]).write_text(f"Device Name,ITL Signature\n{name},{checksum}\n")
    plan = tmp_path / "reset.txt"
    plan.write_text("phones reset\n")
    told = {phone.name: fate for phone, fate in predict_files(folder, plan).each()}
    assert told[name].outcome.value == outcome
