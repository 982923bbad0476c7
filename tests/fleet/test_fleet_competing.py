"""Several lists of one kind and one node in the exports."""

from pathlib import Path

import pytest

from phoneemu import example
from phoneemu.errors import BadInput
from phoneemu.fleet import prechecks
from phoneemu.fleet.outcome import Outcome
from phoneemu.fleet.predict import predict_files
from phoneemu.fleet.snapshot import Snapshot, read_snapshot

OWN = "70:CA:F6:4E:09:07:51:B9:DF:22:F4:9F:75:4F:C5:BB"
PAST = "70:CA:F6:4E:0A:07:51:B9:DF:22:F4:9F:75:4F:C5:BB"


def older(text: str) -> str:
    """The same list as it was three years before, with another certificate of the publisher."""
    assert "CET 2015" in text
    return text.replace("Mar 06 21:56:07 CET 2015", "Mar 06 21:56:07 CET 2012").replace(OWN, PAST)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    example.write(tmp_path)
    return tmp_path / "snapshot"


def with_ctl(folder: Path, *texts: str, name: str = "show_ctl.txt") -> Snapshot:
    (folder / name).write_text("\n".join(texts))
    return read_snapshot(folder)


@pytest.mark.parametrize("turned", [False, True])
def test_the_list_written_later_counts_wherever_it_stands(folder: Path, *, turned: bool) -> None:
    text = (folder / "show_ctl.txt").read_text()
    before = read_snapshot(folder).cluster.publisher.ctl
    texts = (text, older(text)) if turned else (older(text), text)
    snapshot = with_ctl(folder, *texts)
    assert before is not None
    served = snapshot.cluster.publisher.ctl
    assert served is not None
    assert served.records == before.records
    told = [each for each in snapshot.remarks if "another CTL" in each]
    assert len(told) == 1
    assert all(each in told[0] for each in (OWN, PAST, "2015-03-06", "2012-03-06"))
    assert not [each for each in snapshot.remarks if "names another CallManager certificate" in each]


@pytest.mark.parametrize("turned", [False, True])
def test_a_list_in_a_log_competes_with_one_that_is_named_after_its_node(
    folder: Path, *, turned: bool
) -> None:
    named = folder / "show_itl_cucm-1051-a-pub.txt"
    text = named.read_text()
    before = read_snapshot(folder).cluster.publisher.itl
    now, then = (named, folder / "terminal.log") if turned else (folder / "terminal.log", named)
    now.write_text(text)
    then.write_text(older(text).replace("CET 2015", "CET 2012"))
    snapshot = read_snapshot(folder)
    assert before is not None
    served = snapshot.cluster.publisher.itl
    assert served is not None
    assert served.records == before.records
    assert any("later and counts" in each for each in snapshot.remarks)


def test_an_older_dump_loses_no_phone(folder: Path) -> None:
    (folder.parent / "empty.txt").write_text("phones reset\n")
    before = predict_files(folder, folder.parent / "empty.txt").summary
    text = (folder / "show_ctl.txt").read_text()
    with_ctl(folder, older(text), text)
    assert predict_files(folder, folder.parent / "empty.txt").summary == before


def test_the_older_list_is_one_that_a_phone_may_hold(folder: Path) -> None:
    text = (folder / "show_ctl.txt").read_text()
    past = "f" * 32
    snapshot = with_ctl(folder, older(text).replace("1d97d9089dd558a062cccfcb1dc4c57f", past), text)
    ctl = snapshot.cluster.publisher.ctl
    assert ctl is not None
    known = snapshot.lists.find(ctl.kind, past)
    assert known is not None
    assert (known.where, known.nodes) == ("show_ctl.txt", frozenset())


def test_the_same_list_twice_is_nothing_to_tell(folder: Path) -> None:
    text = (folder / "show_ctl.txt").read_text()
    assert not [each for each in with_ctl(folder, text, text).remarks if "another CTL" in each]


def test_lists_of_two_clusters_are_refused_with_both_groups_of_names(folder: Path) -> None:
    text = (folder / "show_ctl.txt").read_text()
    with pytest.raises(BadInput) as refused:
        with_ctl(folder, text, older(text).replace("cucm-1051-a", "far").replace("CAPF-", "CAPG-"))
    assert refused.value.place.startswith("show_ctl.txt:")
    assert all(each in str(refused.value) for each in ("far-pub", "cucm-1051-a-pub", "show_ctl.txt:2"))


def test_certificates_whose_serials_begin_alike_are_told_apart(folder: Path) -> None:
    itl = folder / "show_itl_cucm-1051-a-pub.txt"
    itl.write_text(itl.read_text().replace(OWN, PAST))
    told = [each for each in read_snapshot(folder).remarks if "names another CallManager certificate" in each]
    assert told
    assert OWN in told[0]
    assert PAST in told[0]


def test_of_two_lists_in_a_zone_that_is_not_known_the_later_counts_too(folder: Path) -> None:
    text = (folder / "show_ctl.txt").read_text()
    snapshot = with_ctl(folder, older(text).replace(" CET 2012", " IST 2012"), text.replace(" CET ", " IST "))
    ctl = snapshot.cluster.publisher.ctl
    assert ctl is not None
    assert any(
        record.identity and f"{record.identity.serial:X}" == OWN.replace(":", "") for record in ctl.records
    )
    assert len([each for each in snapshot.remarks if "taken as UTC" in each]) == 2


def test_two_lists_of_which_one_bears_no_date_are_told(folder: Path) -> None:
    text = (folder / "show_ctl.txt").read_text()
    kept = (line for line in older(text).splitlines() if "last modified" not in line and "(SHA1)" not in line)
    undated = "\n".join(kept)
    (told,) = [each for each in with_ctl(folder, text, undated).remarks if "another CTL" in each]
    assert "not both say when they were written" in told
    (folder / "history").mkdir()
    (folder / "history" / "show_ctl_old.txt").write_text(undated)
    told_of = [each for each in with_ctl(folder, text).remarks if "how old it is" in each]
    assert told_of[0].startswith("history/show_ctl_old.txt:1: no line says when")


@pytest.mark.parametrize("zone", ["IST", "+08", "NZDT", "SAST", "AST", "+03", "-03"])
def test_in_any_zone_phones_that_were_off_before_are_found(folder: Path, zone: str) -> None:
    empty = folder.parent / "empty.txt"
    empty.write_text("phones reset\n")
    before = predict_files(folder, empty).summary[Outcome.CANNOT_SAY]
    for path in folder.glob("show_*.txt"):
        path.write_text(path.read_text().replace(" CET 2015", f" {zone} 2015"))
    assert predict_files(folder, empty).summary[Outcome.CANNOT_SAY] >= before == 4


def test_nobody_says_that_a_phone_that_is_off_holds_a_list_without_a_date(folder: Path) -> None:
    empty = folder.parent / "empty.txt"
    empty.write_text("phones reset\n")
    for path in folder.glob("show_*.txt"):
        lines = path.read_text().splitlines()
        path.write_text("\n".join(line for line in lines if "last modified" not in line))
    forecast = predict_files(folder, empty)
    notes = [fate.note for _, fate in forecast.each() if fate.reason == "held-list-unknown"]
    assert any("undated" in note for note in notes)
    assert [
        each.severity.value for each in prechecks.problems(read_snapshot(folder)) if each.rule == "PC13"
    ] == ["note"]
