"""Capture cases: what is saved is what is loaded, and every wrong one is named by file and key."""

import datetime
import os
import string
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoneemu.core import limits
from phoneemu.core.names import Identity
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.vocabulary import EraseTarget, Transport
from phoneemu.errors import BadInput
from phoneemu.replay import casefile as cases
from phoneemu.replay import tables
from phoneemu.replay.case import (
    CallManagerExchange,
    CallManagerOutcome,
    Case,
    Chapter,
    Ending,
    ExpectedRuling,
    FileExchange,
    FileOutcome,
    Held,
    Origin,
    Remembered,
    TvsExchange,
    TvsOutcome,
)

SIGNER = Identity("CN=pub;O=lab", "CN=pub;O=lab", 0x6B1D357B)
CLOCK = datetime.datetime(2015, 3, 6, 17, 21, 51, tzinfo=datetime.UTC)


def a_case(**more: Any) -> Case:
    """A small case with one file."""
    said: dict[str, Any] = {
        "name": "boots",
        "origin": Origin.SYNTHETIC,
        "script": "captures/make.py",
        "model": "TEST-1",
        "device": "SEP001122AABBCC",
        "clock": CLOCK,
        "before": Held(ctl="before/CTL.tlv"),
    }
    return Case(**(said | more))


def saved(folder: Path, case: Case | None = None) -> Path:
    """A case's folder, written."""
    cases.save(case or a_case(), folder / "boots", {"before/CTL.tlv": b"list", "notes.md": b"# A boot\n"})
    return folder / "boots"


def changed(folder: Path, old: str, new: str) -> Path:
    """A written case with its text changed."""
    place = saved(folder) / cases.NAME
    text = place.read_text(encoding="utf-8")
    assert old in text
    place.write_text(text.replace(old, new), encoding="utf-8")
    return place.parent


# ---------------------------------------------------------------- round trip

letters = st.sampled_from('ab"\\\n\r\t\x00\x1f\x7f =.#[]{}é\u2028\U0001f4de')
texts = st.text(letters, max_size=6)
words = st.text(letters, min_size=1, max_size=6)
seconds = st.none() | st.floats(0, 1e9)
numbers = st.lists(st.integers(0, 255), max_size=4).map(tuple)
times = st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2100, 1, 1)).map(  # noqa: DTZ001 - next line
    lambda moment: moment.replace(tzinfo=datetime.UTC)
)
steps = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=8)
paths = st.lists(steps, min_size=1, max_size=3).map("/".join)
certificates = st.builds(Identity, subject=texts, issuer=words, serial=st.integers(0, 1 << 160))
peers = st.none() | paths | certificates


def some(kind: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(kind), unique=True).map(tuple)


files = st.builds(
    FileExchange,
    name=words,
    server=words,
    outcome=st.sampled_from(FileOutcome),
    transport=st.none() | st.sampled_from(Transport),
    body=st.none() | paths,
    signer=st.none() | certificates,
    options=st.none() | st.lists(texts, max_size=2).map(tuple),
    retries=st.none() | st.integers(0, 9),
    size=st.none() | st.integers(0, 1 << 40),
    error=texts,
    at=seconds,
    seconds=seconds,
)
tvs = st.builds(
    TvsExchange,
    server=words,
    outcome=st.sampled_from(TvsOutcome),
    peer=peers,
    tls=texts,
    cipher=texts,
    question=st.none() | paths,
    answer=st.none() | paths,
    asked=st.none() | certificates,
    valid=st.none() | st.booleans(),
    roles=st.none() | numbers,
    ttl=st.none() | st.integers(0, 1 << 32),
    at=seconds,
    seconds=seconds,
)
callmanagers = st.builds(
    CallManagerExchange,
    node=words,
    outcome=st.sampled_from(CallManagerOutcome),
    secure=st.none() | st.booleans(),
    peer=peers,
    at=seconds,
)
remembered = st.builds(
    Remembered, identity=certificates, roles=numbers, expires=times, certificate=st.none() | paths
)
held = st.builds(
    Held,
    ctl=st.none() | paths,
    itl=st.none() | paths,
    config=st.none() | paths,
    tvs_cache=st.lists(remembered, max_size=2).map(tuple),
    unknown=some(Subject),
    erased=some(EraseTarget),
)
rulings = st.builds(
    ExpectedRuling,
    subject=st.sampled_from(Subject),
    verdict=st.sampled_from(Verdict),
    reason=st.none() | st.sampled_from(Reason),
)
endings = st.builds(
    Ending,
    installed=st.none() | some(Subject),
    checksum=st.dictionaries(st.sampled_from(["ctl", "itl"]), words),
    status_messages=st.none() | st.lists(texts, max_size=2).map(tuple),
    alarm=st.none() | st.integers(1, 9),
    state=st.none() | words,
    registered_to=st.none() | words,
)
any_case = st.builds(
    Case,
    name=st.just("boots"),
    origin=st.just(Origin.PUBLISHED),
    standing=st.sampled_from(["", "documented", "reported"]),
    model=words,
    device=words,
    clock=times,
    load=st.none() | words,
    protocol=st.none() | words,
    title=texts,
    source=words,
    script=words,
    taken=st.dictionaries(words, texts, max_size=2),
    tftp=st.lists(texts, max_size=2).map(tuple),
    hosts=st.dictionaries(words, texts, max_size=2),
    whole=some(Chapter),
    before=held,
    exchanges=st.lists(files | tvs | callmanagers, max_size=4).map(tuple),
    expected=st.lists(rulings, max_size=3).map(tuple),
    ending=endings,
)


@given(any_case)
def test_what_is_rendered_is_what_is_read(case: Case) -> None:
    text = cases.render(case)
    read = cases.parse(text, cases.NAME)
    assert read == case
    assert cases.render(read) == text


def test_what_is_saved_is_what_is_loaded() -> None:
    case = a_case(
        before=Held(ctl="before/CTL.tlv", erased=(EraseTarget.CTL,)),
        exchanges=(
            FileExchange(
                name="ITLFile.tlv", server="pub", outcome=FileOutcome.ARRIVED, body="before/CTL.tlv"
            ),
            TvsExchange(server="pub", outcome=TvsOutcome.ANSWERED, peer=SIGNER, roles=(0, 2), valid=True),
        ),
        expected=(ExpectedRuling(subject=Subject.CTL, verdict=Verdict.ASK, reason=Reason.SIGNER_UNKNOWN),),
        ending=Ending(installed=(), checksum={"ctl": "aa"}),
    )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "boots"
        done = cases.save(case, place, {"before/CTL.tlv": b"list"})
        assert cases.load(place) == done
        first = (place / cases.NAME).read_bytes()
        cases.save(case, place, {"before/CTL.tlv": b"list"})
        assert (place / cases.NAME).read_bytes() == first
    assert attrs.evolve(done, files={}) == attrs.evolve(case, files={})


def test_nothing_is_written_of_a_case_that_lacks_a_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"before/CTL\.tlv"):
        cases.save(a_case(), tmp_path / "boots", {})
    assert not (tmp_path / "boots").exists()


def test_a_walk_finds_every_case_in_order(tmp_path: Path) -> None:
    for name in ("b/boots", "a/boots"):
        cases.save(a_case(), tmp_path / name, {"before/CTL.tlv": b""})
    assert list(cases.walk(tmp_path)) == [tmp_path / "a/boots", tmp_path / "b/boots"]
    assert list(cases.walk(tmp_path / "a/boots")) == [tmp_path / "a/boots"]


# ---------------------------------------------------------------- what is wrong is named


def refused(folder: Path) -> str:
    with pytest.raises(BadInput) as caught:
        cases.load(folder)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("schema = 1", "schema = 2", "schema"),
        ('case = "boots"', 'case = "other"', "case"),
        ('model = "TEST-1"', "", "model"),
        ('model = "TEST-1"', "model = 7", "model"),
        ('origin = "synthetic"', 'origin = "dreamt"', "origin"),
        ('origin = "synthetic"', 'origin = "published"', "source"),
        ('script = "captures/make.py"', "", "script"),
        ('script = "captures/make.py"', 'script = "x"\nstanding = "reported"', "standing"),
        ("clock = 2015-03-06T17:21:51Z", "clock = 2015-03-06T17:21:51", "clock"),
        ("clock = 2015-03-06T17:21:51Z", "clock = 2015-03-06T17:21:51+01:00", "clock"),
        ('ctl = "before/CTL.tlv"', 'ctl = "../CTL.tlv"', "before.ctl"),
        ('ctl = "before/CTL.tlv"', 'ctl = "/CTL.tlv"', "before.ctl"),
        ('ctl = "before/CTL.tlv"', "clt = 1", "before.clt"),
        ('ctl = "before/CTL.tlv"', 'unknown = ["lists"]', "before.unknown"),
        ("[files]", 'expected = 1\n[files]', "before.expected"),
        ("[files]", '[[exchange]]\nkind = "fax"\n[files]', "exchange[0].kind"),
        ("[files]", '[[exchange]]\nkind = "file"\nname = "x"\n[files]', "exchange[0].server"),
        ("[files]", '[[exchange]]\nkind = "callmanager"\nnode = "x"\n[files]', "exchange[0].outcome"),
        ("[files]", '[[expected]]\nsubject = "ctl"\nverdict = "maybe"\n[files]', "expected[0].verdict"),
        ("[files]", '[expected_end]\nchecksum = { sgn = "" }\n[files]', "checksum.sgn"),
        ("[files]", '[expected_end]\nalarm = -1\n[files]', "expected_end.alarm"),
        ("[files]", '[taken]\non = 1\n[files]', "taken.on"),
        ('"notes.md"', '"../notes.md"', "files"),
    ],
)  # fmt: skip
def test_a_wrong_key_is_named_with_its_file(tmp_path: Path, old: str, new: str, key: str) -> None:
    folder = changed(tmp_path, old, new)
    said = refused(folder)
    assert said.startswith(f"{folder / cases.NAME}: ")
    assert f"{key}`" in said


TVS = '[[exchange]]\nkind = "tvs"\nserver = "x"\noutcome = "answered"\n'


@pytest.mark.parametrize(
    "line",
    [
        'peer_identity = { issuer = "CN=x", serial = "xyz" }',
        'peer_identity = { issuer = "CN=x" }',
        "roles = [-1]",
        "at = -1.0",
        "valid = 1",
        'asked = "CN=x"',
    ],
)
def test_a_wrong_value_of_an_exchange_is_named(tmp_path: Path, line: str) -> None:
    said = refused(changed(tmp_path, "[files]", f"{TVS}{line}\n[files]"))
    assert "exchange[0]." in said


def test_a_case_that_is_no_toml_or_not_there_is_named(tmp_path: Path) -> None:
    assert "no TOML" in refused(changed(tmp_path, "schema = 1", "schema ="))
    assert str(tmp_path / "none") in refused(tmp_path / "none")
    (tmp_path / "boots" / cases.NAME).write_bytes(b"\xff")
    assert "UTF-8" in refused(tmp_path / "boots")


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = 1\n" + "#" * (8 * 1024 * 1024)])
def test_a_case_that_no_reader_should_follow_is_refused(tmp_path: Path, text: str) -> None:
    (saved(tmp_path) / cases.NAME).write_text(text, encoding="utf-8")
    assert str(tmp_path / "boots" / cases.NAME) in refused(tmp_path / "boots")


def test_a_changed_a_missing_and_a_further_file_are_named(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    (folder / "before/CTL.tlv").write_bytes(b"lost")
    assert str(folder / "before/CTL.tlv") in refused(folder)
    (folder / "before/CTL.tlv").unlink()
    assert "before/CTL.tlv, which is not there" in refused(folder)
    saved(tmp_path)
    (folder / "stray.txt").write_bytes(b"")
    assert "does not list stray.txt" in refused(folder)


def test_a_file_that_a_key_names_must_be_listed(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    text = (folder / cases.NAME).read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if not line.startswith('"before/CTL.tlv"')]
    (folder / cases.NAME).write_text("\n".join(kept), encoding="utf-8")
    assert "`files` does not list before/CTL.tlv" in refused(folder)


def test_only_what_a_case_may_hold_is_written() -> None:
    with pytest.raises(TypeError, match="object"):
        tables.write({"key": object()})


def outside(path: Path) -> None:
    (path.parent.parent.parent / "outside").write_bytes(b"list")
    path.symlink_to(path.parent.parent.parent / "outside")


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("name", ["before/CTL.tlv", cases.NAME])
@pytest.mark.parametrize(
    ("made", "what"),
    [
        (outside, "leads out of the case"),
        (device, "leads out of the case"),
        (pipe, "neither a file nor a folder"),
    ],
)
def test_no_case_reaches_for_what_is_not_in_its_folder(
    tmp_path: Path, name: str, made: Callable[[Path], None], what: str
) -> None:
    folder = saved(tmp_path)
    (folder / name).unlink()
    (folder / "before").mkdir(exist_ok=True)
    made(folder / name)
    with pytest.raises(BadInput, match=what) as refused:
        cases.read(folder)
    assert refused.value.place == str(folder / name)


def test_a_case_may_be_reached_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "here").symlink_to(saved(tmp_path))
    assert cases.read(tmp_path / "here") == cases.read(tmp_path / "boots")


def test_the_files_of_a_case_are_read_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CASE_BYTES", 5)
    with pytest.raises(BadInput, match=r"larger than \d bytes"):
        cases.read(saved(tmp_path))
