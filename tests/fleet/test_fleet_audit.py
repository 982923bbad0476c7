"""What phones showed decides what they are taken to hold; and the audit counts nobody as fine unseen."""

import json
from pathlib import Path

import pytest
from test_fleet_risport import as_xml, device

from phoneemu import example
from phoneemu.cli import main
from phoneemu.fleet import audit, holding
from phoneemu.fleet.audit import Auditor, Evidence, Holds
from phoneemu.fleet.predict import predict_files
from phoneemu.fleet.snapshot import Snapshot, read_snapshot

OLD = """The checksum value of the ITL file:
00112233445566778899aabbccddeeff(MD5)
aabbccddeeff00112233445566778899aabbccdd(SHA1)

Length of ITL file: 5000
The ITL File was last modified on Mon Jan 05 10:00:00 UTC 2015

Parse ITL File
----------------

Version:	1.2
HeaderLength:	336 (BYTES)

BYTEPOS	TAG		LENGTH	VALUE
-------	---		------	-----
3	SIGNERID	2	110
4	SIGNERNAME	65	CN=old-pub;OU=TAC;O=Cisco
5	SERIALNUMBER	16	11:22:33:44
6	CANAME		65	CN=old-pub;OU=TAC;O=Cisco
"""
RECORD = """
ITL Record #:{number}
----
BYTEPOS	TAG		LENGTH	VALUE
-------	---		------	-----
2	DNSNAME		8	old-pub
3	SUBJECTNAME	65	CN=old-pub;OU=TAC;O=Cisco
4	FUNCTION	2	{function}
5	ISSUERNAME	65	CN=old-pub;OU=TAC;O=Cisco
6	SERIALNUMBER	16	11:22:33:44
"""
OLD_MD5 = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example, with an older ITL under history/."""
    example.write(tmp_path)
    toml = tmp_path / "snapshot" / "cluster.toml"
    toml.write_text(toml.read_text().replace("holds_served = true", "holds_served = false"))
    (tmp_path / "snapshot" / "history").mkdir()
    records = (
        RECORD.format(number=1, function="System Administrator Security Token"),
        RECORD.format(number=2, function="CCM+TFTP"),
    )
    text = OLD + "".join(records) + "\nThe ITL file was verified successfully.\n"
    (tmp_path / "snapshot" / "history" / "show_itl_january.txt").write_text(text)
    return tmp_path / "snapshot"


def names(snapshot: Snapshot, model: str) -> list[str]:
    return [phone.name for phone in snapshot.inventory.phones if model in phone.traits.model]


def shown(folder: Path, rows: dict[str, str], column: str = "ITL Signature") -> Snapshot:
    lines = [f"Device Name,{column}", *(f"{name},{value}" for name, value in rows.items())]
    (folder / "checksums.csv").write_text("\n".join(lines) + "\n")
    return read_snapshot(folder)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("Match", "served"),
        ("MisMatch", "other"),
        ("Not Installed", "none"),
        ("Unknown", ""),
        ("", ""),
        (OLD_MD5, "00112233445566778899aabbccddeeff"),
        ("aabbccddeeff00112233445566778899aabbccdd(SHA1)", "aabbccddeeff00112233445566778899aabbccdd"),
        ("AA BB", None),
        ("installed", None),
    ],
)
def test_a_cell_says_a_checksum_or_a_word_or_nothing_usable(cell: str, words: str | None) -> None:
    assert holding.said(cell) == words


def test_a_phone_holds_the_list_whose_checksum_it_showed(folder: Path) -> None:
    snapshot = read_snapshot(folder)
    first, second, third, fourth = names(snapshot, "8861")[:4]
    pub, sub = (node.itl for node in snapshot.cluster.nodes)
    assert pub is not None
    assert sub is not None
    rows = {first: OLD_MD5, second: pub.sha1, third: "f" * 32, fourth: sub.md5}
    found = {each.phone.name: each for each in audit.Auditor(shown(folder, rows)).findings()}
    assert [found[name].itl for name in rows] == [
        Holds.STALE,
        Holds.MATCH,
        Holds.UNMATCHED,
        Holds.OTHER_NODE,
    ]
    assert found[first].where == ("ITL history/show_itl_january.txt",)
    assert found[second].worst is Holds.UNKNOWN, "of its CTL nothing was seen"
    assert found[names(snapshot, "7960")[0]].itl is Holds.READS_NONE


def test_a_stale_phone_is_predicted_with_the_list_it_holds(folder: Path) -> None:
    """Its ITL names signers of another time, and its CTL is the served one."""
    snapshot = read_snapshot(folder)
    stale, unmatched, none, served = names(snapshot, "8861")[:4]
    ctl = snapshot.cluster.publisher.ctl
    assert ctl is not None
    rows = [f"{stale},{OLD_MD5},{ctl.md5}", f"{unmatched},{'f' * 40},", f"{none},Not Installed,Not Installed"]
    rows.append(f"{served},Match,Match")
    (folder / "checksums.csv").write_text("Device Name,ITL,CTL\n" + "\n".join(rows) + "\n")
    (folder.parent / "empty.txt").write_text("phones reset\n")
    forecast = predict_files(folder, folder.parent / "empty.txt")
    fates = {phone.name: group.fate for group in forecast.groups for phone in group.phones}
    assert (fates[unmatched].outcome.value, fates[unmatched].reason) == ("cannot-say", "held-list-unknown")
    assert "put older lists under history/" in fates[unmatched].note
    assert fates[stale].outcome.value == "ok", "the CTL it holds authenticates the new ITL"
    assert fates[stale].path.value == "listed-signer"
    assert fates[none].path.value == "first-trust"
    for name in (stale, none, served):
        assert "holds-served" not in fates[name].basis
    assert "holds-served" in fates[names(snapshot, "8861")[4]].basis


def test_what_is_no_checksum_is_remarked_upon_and_counts_as_nothing(folder: Path) -> None:
    name = names(read_snapshot(folder), "8861")[0]
    snapshot = shown(folder, {name: "looks fine", "SEP00000000FFFF": "Match"}, "ITL File Status")
    said = {remark.place: remark.text for remark in snapshot.inventory.remarks}
    assert said["checksums.csv:2"] == "`looks fine` is no checksum of the ITL: nothing is taken from it"
    assert said["checksums.csv:3"] == "SEP00000000FFFF is no phone of the exports"
    found = {each.phone.name: each for each in audit.Auditor(snapshot).findings()}
    assert found[name].itl is Holds.UNKNOWN


def test_each_model_is_told_the_checksum_it_shows(folder: Path) -> None:
    snapshot = read_snapshot(folder)
    pub = snapshot.cluster.publisher
    assert pub.itl is not None
    assert pub.ctl is not None
    expected = {(each.model, each.node, each.kind.value): each for each in audit.Auditor(snapshot).expected()}
    assert expected["7975", pub.name, "itl"].screen == f"MD5 {pub.itl.md5}"
    assert expected["8861", pub.name, "itl"].screen == f"SHA1 {pub.itl.sha1}"
    assert expected["7960", pub.name, "ctl"].screen.startswith("not known which: MD5 ")
    assert ("7960", pub.name, "itl") not in expected


def test_the_report_counts_every_phone_once_and_says_what_is_missing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshot = read_snapshot(folder)
    total = len(snapshot.inventory.phones)
    assert main(["audit", str(folder)]) == 0
    said = capsys.readouterr().out
    away = 2  # went off before the lists were written
    assert f"{total - away} phones showed nothing" in said
    assert "holds_served" not in said
    toml = folder / "cluster.toml"
    toml.write_text(toml.read_text().replace("holds_served = false", "holds_served = true"))
    assert main(["audit", str(folder)]) == 0
    assert "a prediction believes it, an audit counts what was shown" in capsys.readouterr().out
    assert said.splitlines()[-1].startswith(f"{total} phones: 0 unmatched, {away} stale")
    stale = names(snapshot, "8861")[0]
    shown(folder, {stale: OLD_MD5})
    assert main(["audit", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert sum(told["summary"].values()) == total == len(told["phones"])
    one = next(each for each in told["phones"] if each["device"] == stale)
    assert (one["holds"], one["itl"], one["ctl"]) == ("stale", "stale", "unknown")
    assert {each["list"] for each in told["expected"]} == {"ctl", "itl"}


def test_check_names_what_was_read_of_the_past(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown(folder, {names(read_snapshot(folder), "8861")[0]: "Match"})
    assert main(["check", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "history/: 1 lists" in said
    assert "checksums.csv: " in said
    assert "history: not" not in said


def sighted(folder: Path, moments: dict[str, int]) -> Snapshot:
    seen = [device(name, moment=moment) for name, moment in moments.items()]
    (folder / "ris-pub.xml").write_text(as_xml({"cucm-1051-a-pub": seen}))
    return read_snapshot(folder)


def test_a_checksum_counts_before_the_status_list_and_that_before_dates(folder: Path) -> None:
    one, two, three, four, five = names(read_snapshot(folder), "8861")[:5]
    sighted(folder, {one: 1000, two: 1000, three: 1000, four: 1_900_000_000})
    snapshot = shown(folder, {one: OLD_MD5, two: "Match"})
    found = {finding.phone.name: finding for finding in Auditor(snapshot).findings()}
    assert [(found[name].itl, found[name].itl_by) for name in (one, two, three, four, five)] == [
        (Holds.STALE, Evidence.CHECKSUM),
        (Holds.MATCH, Evidence.ITL_STATUS),
        (Holds.STALE, Evidence.LAST_SEEN),
        (Holds.LIKELY, Evidence.LAST_SEEN),
        (Holds.UNKNOWN, Evidence.ASSUMED),
    ]
    assert found[two].worst is Holds.STALE, "nothing was shown of its CTL, and it has not started since"
    assert found[two].evidence is Evidence.LAST_SEEN


def test_every_phone_is_counted_by_what_tells_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = names(read_snapshot(folder), "8861")[:2]
    shown(folder, {one: OLD_MD5, two: "MisMatch"})
    assert main(["audit", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert sum(told["evidence"].values()) == len(told["phones"])
    assert told["evidence"]["last-seen"] == 2
    one_told, two_told = (
        next(each for each in told["phones"] if each["device"] == name) for name in (one, two)
    )
    assert (one_told["itl_evidence"], two_told["itl_evidence"]) == ("checksum", "itl-status")
    assert one_told["ctl_evidence"] == "assumed"
    assert main(["audit", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "known by" in said
    assert f"{told['evidence']['assumed']:>7}  nothing, so a prediction assumes" in said


def test_a_phone_away_by_a_filter_of_cluster_toml_is_judged_by_its_date(folder: Path) -> None:
    toml = folder / "cluster.toml"
    toml.write_text(toml.read_text().replace("since = 2015-03-07", "since = 2015-01-07"))
    found = [each for each in Auditor(read_snapshot(folder)).findings() if each.phone.traits.site == "Lab"]
    assert {each.worst for each in found} == {Holds.STALE}
    assert {each.evidence for each in found} == {Evidence.LAST_SEEN}


def test_an_absent_phone_is_taken_to_hold_the_list_of_its_day(folder: Path) -> None:
    """history/ has an ITL of January: one went off in February, one a year before any list that is known."""
    text = (folder / "history" / "show_itl_january.txt").read_text().replace("old-pub", "cucm-1051-a-pub")
    (folder / "history" / "show_itl_january.txt").write_text(text)
    (folder / "show_ctl.txt").unlink()
    toml = folder / "cluster.toml"
    text = toml.read_text().replace("mixed   = true", "mixed   = false").partition("[[off]]")[0]
    one, two, three = names(read_snapshot(folder), "8861")[:3]
    away = ((one, "2015-02-01"), (two, "2014-02-01"))
    text += "".join(f'[[off]]\ndevices = ["{name}"]\nsince = {since}\n' for name, since in away)
    toml.write_text(text)
    plan = folder.parent / "plan.txt"
    plan.write_text("phones reset\n")
    told = {phone.name: fate for phone, fate in predict_files(folder, plan).each()}
    assert told[two].reason == "held-list-unknown"
    assert told[one].outcome.value == "stuck", "its ITL of January names no TVS and no signer of today"
    assert "held-then" in told[one].basis
    assert "held-then" not in told[three].basis
    found = {each.phone.name: each for each in Auditor(read_snapshot(folder)).findings()}
    assert (found[one].itl, found[one].itl_by) == (Holds.STALE, Evidence.LAST_SEEN)
    assert found[one].where == ("ITL history/show_itl_january.txt, by its date",)
    assert found[two].where == ()
