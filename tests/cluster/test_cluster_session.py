"""Somebody at the terminal of a lab, and the lab kept in a folder."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from listmaking import rsa_key

from phoneemu.cluster import keeping, lab
from phoneemu.cluster.keeping import Founding, LabFolder
from phoneemu.cluster.session import NO_PHONES, Session, completions, split, usages
from phoneemu.errors import BadInput

FOUNDING = Founding(mixed=True, clock=1_700_000_000.0)


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = itertools.count()
    monkeypatch.setattr(lab, "fresh_key", lambda: rsa_key(1024, next(numbers) % 8))


def session() -> Session:
    maker = lab.maker(lab.fresh_key)
    return Session(FOUNDING.cluster(maker), maker)


def does(at: Session, line: str, clock: float = 1_700_000_100.0) -> None:
    at.adopt(at.consider(line, clock))


def test_a_line_is_typed_at_the_publisher_unless_it_names_another() -> None:
    at = session()
    old = at.cluster
    does(at, "set cert regen CallManager")
    does(at, "sub set cert regen TVS")
    assert at.cluster.publisher.own["CallManager"] != old.publisher.own["CallManager"]
    assert at.cluster.by_name["sub"].own["TVS"] != old.by_name["sub"].own["TVS"]
    assert [line for _, line in at.history] == ["set cert regen CallManager", "sub set cert regen TVS"]


def test_a_question_stands_between_what_is_said_and_what_is_done() -> None:
    at = session()
    typed = at.consider("utils ctl update CTLFile", 1_700_000_100.0)
    assert typed.question == "This operation will update the CTLFile. Do you want to continue? (y/n): "
    assert "CTL file Updated" in typed.after
    assert at.history == []


def test_showing_changes_nothing_and_leaves_no_history() -> None:
    at = session()
    does(at, "show ctl")
    assert at.history == []


def test_a_step_for_phones_says_that_there_are_none() -> None:
    assert session().consider("phones reset", 0).before == NO_PHONES


@pytest.mark.parametrize("line", ["set cert regenerate TVS", "nothing", "hub show ctl"])
def test_an_unknown_line_is_an_error(line: str) -> None:
    with pytest.raises(BadInput):
        session().consider(line, 0)


@pytest.mark.parametrize(
    ("lines", "parts"),
    [
        (("a", "Sure? (y/n):y", "b"), (("a",), "Sure? (y/n):", ("b",))),
        (("Enter (yes/no)? yes",), ((), "Enter (yes/no)? ", ())),
        (("Proceed (yes|no)? yes", "b"), ((), "Proceed (yes|no)? ", ("b",))),
        (("continue [yes/no]? yes",), ((), "continue [yes/no]? ", ())),
        (("plain", "yes"), (("plain", "yes"), "", ())),
    ],
)
def test_lines_are_split_at_their_question(lines: tuple[str, ...], parts: object) -> None:
    assert split(lines) == parts


def test_what_can_be_typed_is_listed() -> None:
    assert "utils ctl update CTLFile" in usages()


def test_a_line_is_completed_by_what_this_cluster_has() -> None:
    at = session()
    offered = completions(at.cluster)
    assert len(offered) == len(set(offered))
    assert set(usages()) <= set(offered)
    for line in ("set cert regen TVS", "* utils service stop Cisco Tftp", "sub set cert regen CallManager"):
        assert line in offered
        at.consider(line, 1_700_000_100.0)


def founding_of(**more: object) -> str:
    """A kept founding, with something else in it."""
    plain = {"schema": 1, "name": "lab", "release": "12.5(1)", "nodes": ["a"], "mixed": False}
    return json.dumps({**plain, "tokens": [], "clock": 1.0, **more})


def test_a_folder_is_of_one_lab_at_a_time(tmp_path: Path) -> None:
    folder = LabFolder(tmp_path / "lab")
    with folder.alone(), pytest.raises(BadInput, match="another lab runs"), folder.alone():
        pass
    with LabFolder(tmp_path / "lab").alone():
        pass


def test_whatever_is_typed_whenever_the_lab_comes_back_byte_for_byte(tmp_path: Path) -> None:
    """Backups too, after a wait, and where the machine's clock was set back."""
    folder = LabFolder(tmp_path / "lab")
    at = folder.found(FOUNDING)
    lines = ("backup friday", "set cert regen TVS", "wait 10m", "show itl", "set cert regen CallManager")
    for number, line in enumerate((*lines, "utils ctl update CTLFile", "restore friday", "backup NAME")):
        does(at, line, 1_700_000_100.99951 - number)
    folder.keep(at)
    again = LabFolder(tmp_path / "lab").resume()
    assert (again.history, again.cluster) == (at.history, at.cluster)
    assert list(again.cluster.backups) == ["friday", "name"]
    for one, other in zip(again.cluster.nodes, at.cluster.nodes, strict=True):
        for mine, its in ((one.ctl, other.ctl), (one.itl, other.itl)):
            assert mine is not None
            assert its is not None
            assert mine.raw == its.raw


def test_what_a_killed_lab_left_half_written_is_removed(tmp_path: Path) -> None:
    folder = LabFolder(tmp_path / "lab")
    folder.keep(folder.found(FOUNDING))
    whole = sorted(tmp_path.rglob("*"))
    (tmp_path / "lab" / ".history.txt.x1").touch()
    (tmp_path / "lab" / "keys" / ".TVS-1.pem.x1").touch()
    with folder.alone():
        pass
    assert sorted(tmp_path.rglob("*")) == sorted([*whole, tmp_path / "lab" / "lab.lock"])


def test_a_kept_lab_comes_back_byte_for_byte(tmp_path: Path) -> None:
    folder = LabFolder(tmp_path / "lab")
    assert not folder.founded
    at = folder.found(FOUNDING)
    for line in (
        "set cert regen CallManager",
        "utils ctl update CTLFile",
        "utils service restart Cisco Tftp",
    ):
        does(at, line)
    folder.keep(at)
    again = LabFolder(tmp_path / "lab").resume()
    assert again.cluster == at.cluster
    assert [node.itl.raw if node.itl else None for node in again.cluster.nodes] == [
        node.itl.raw if node.itl else None for node in at.cluster.nodes
    ]
    assert again.cluster.publisher.ctl is not None
    assert at.cluster.publisher.ctl is not None
    assert again.cluster.publisher.ctl.raw == at.cluster.publisher.ctl.raw
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "lab" / "keys").iterdir()} == {0}
    assert (tmp_path / "lab" / "keys").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("lab.json", "{}", "not the founding of a lab"),
        ("lab.json", "\x00", "not the founding of a lab"),
        ("lab.json", '{"schema": 9, "nodes": ["a"], "tokens": []}', "another version"),
        ("lab.json", '"x"', "not the founding of a lab"),
        ("lab.json", "[" * 100_000, "not the founding of a lab"),
        ("lab.json", founding_of(nodes=[]), "name each node once"),
        ("lab.json", founding_of(nodes=[5]), "not the founding of a lab"),
        ("lab.json", founding_of(release=9), "not the founding of a lab"),
        ("lab.json", founding_of(clock=1e300), "not the founding of a lab"),
        ("lab.json", founding_of(colour="red"), "not the founding of a lab"),
        ("history.txt", "1e999 show ctl\n", "history.txt:1: a history line begins with a time"),
        ("history.txt", "nan show ctl\n", "history.txt:1: a history line begins with a time"),
        ("history.txt", "soon show ctl\n", "history.txt:1: a history line begins with a time"),
        ("history.txt", "1.0 dance\n", "history.txt:1: `dance` is not a command"),
    ],
)
def test_a_spoilt_lab_is_named(tmp_path: Path, name: str, text: str, what: str) -> None:
    LabFolder(tmp_path).found(FOUNDING)
    sealed = f"{keeping.seal(text)}\n" if name == keeping.HISTORY else ""
    (tmp_path / name).write_text(text + sealed)
    with pytest.raises(BadInput, match=what):
        LabFolder(tmp_path).resume()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: "",
        lambda text: text.partition("\n")[2],
        lambda text: text.rpartition("# ")[0],
        lambda text: text.replace("TVS", "CAPF"),
        lambda text: text[: len(text) // 2],
        lambda text: "\udcff" + text,
    ],
)
def test_a_history_that_is_not_as_it_was_kept_is_named(tmp_path: Path, spoil: Callable[[str], str]) -> None:
    folder = LabFolder(tmp_path)
    session = folder.found(FOUNDING)
    session.adopt(session.consider("set cert regen TVS", FOUNDING.clock + 60))
    folder.keep(session)
    history = tmp_path / "history.txt"
    history.write_bytes(spoil(history.read_text()).encode(errors="surrogateescape"))
    with pytest.raises(BadInput, match=r"history\.txt: the history is not as it was kept"):
        LabFolder(tmp_path).resume()


def test_a_history_that_was_lost_is_named_even_of_a_new_lab(tmp_path: Path) -> None:
    LabFolder(tmp_path).found(FOUNDING)
    (tmp_path / "history.txt").unlink()
    with pytest.raises(BadInput, match=r"history\.txt: the history is not as it was kept"):
        LabFolder(tmp_path).resume()


def test_a_folder_of_before_there_was_a_seal_is_read_and_sealed(tmp_path: Path) -> None:
    LabFolder(tmp_path).found(FOUNDING)
    founding = tmp_path / "lab.json"
    founding.write_text(founding.read_text().replace('"schema": 2', '"schema": 1'))
    (tmp_path / "history.txt").unlink()
    LabFolder(tmp_path).resume()
    assert (tmp_path / "history.txt").read_text() == f"{keeping.seal('')}\n"
    assert '"schema": 2' in founding.read_text()


def test_a_missing_key_is_named_and_none_is_made(tmp_path: Path) -> None:
    LabFolder(tmp_path).found(FOUNDING)
    key = next((tmp_path / "keys").iterdir())
    key.unlink()
    with pytest.raises(BadInput, match=f"{key.name}: the lab's key is missing"):
        LabFolder(tmp_path).resume()
    assert not key.exists()


def test_a_lab_that_goes_on_makes_the_keys_of_what_is_typed_then(tmp_path: Path) -> None:
    LabFolder(tmp_path).found(FOUNDING)
    before = len(list((tmp_path / "keys").iterdir()))
    session = LabFolder(tmp_path).resume()
    session.consider("set cert regen TVS", FOUNDING.clock + 60)
    assert len(list((tmp_path / "keys").iterdir())) == before + 1


def test_a_spoilt_key_is_named(tmp_path: Path) -> None:
    LabFolder(tmp_path).found(FOUNDING)
    key = next((tmp_path / "keys").iterdir())
    key.write_text("no key")
    with pytest.raises(BadInput, match=f"{key.name}: not a private key"):
        LabFolder(tmp_path).resume()


@pytest.mark.parametrize("text", ["", "a,,b", "a,A", "a b", "phones", "a,cluster", "ä/b"])
def test_a_name_that_no_node_can_have_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        keeping.checked_nodes(text)


def test_a_lab_may_be_kept_nowhere() -> None:
    assert keeping.checked_nodes("a, b-1.example") == ("a", "b-1.example")
    assert keeping.without_folder(FOUNDING).cluster.mixed
