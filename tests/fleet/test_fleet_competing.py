"""Several lists of one kind and one node in the exports."""

from pathlib import Path

import pytest

from phoneemu import example
from phoneemu.errors import BadInput
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
