"""A capture case as a folder: read with every hash checked, written in one way only."""

import enum
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import attrs

from phoneemu.core import limits
from phoneemu.core.names import Identity
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.vocabulary import EraseTarget, Transport
from phoneemu.errors import BadInput
from phoneemu.files import read_bytes, read_text, replacing
from phoneemu.replay import tables
from phoneemu.replay.case import (
    KINDS,
    CallManagerExchange,
    CallManagerOutcome,
    Case,
    Chapter,
    Ending,
    Exchange,
    ExpectedRuling,
    FileExchange,
    FileOutcome,
    Held,
    Origin,
    Remembered,
    TvsExchange,
    TvsOutcome,
)
from phoneemu.replay.tables import Table

SCHEMA = 1
NAME = "capture.toml"
PUBLISHED_STANDINGS = ("documented", "reported")
"""What a published case may be: of the vendor, or of somebody else."""

# ---------------------------------------------------------------- reading


def load(folder: Path) -> Case:
    """Read a case and check the hash of every file in its folder.

    Raises:
        BadInput: a key or a file is wrong, missing or unknown; names the file and the key.
        OSError: a file cannot be read.
    """
    return read(folder)[0]


def read(folder: Path) -> tuple[Case, Mapping[str, bytes]]:
    """A case with the bytes of every file in its folder, each checked by its hash.

    Raises:
        BadInput: a key or a file is wrong, missing or unknown; names the file and the key.
        OSError: a file cannot be read.
    """
    place = str(folder / NAME)
    try:
        text = read_text(_inside(folder, NAME), limits.CASE_TEXT_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        raise BadInput(f"no {NAME} here", place=str(folder)) from None
    case = parse(text, place)
    if case.name != folder.resolve().name:
        raise BadInput(f"`case` must be the folder's name, not {case.name!r}", place=place)
    return case, _checked(case, folder, place)


def parse(text: str, place: str) -> Case:
    """Read the text of a `capture.toml`; files are not looked at.

    Raises:
        BadInput: a key is wrong, missing or unknown.
    """
    table = tables.parse(text, place)
    if table.number("schema") != SCHEMA:
        raise table.wrong("schema", f"must be {SCHEMA}")
    case = Case(
        name=table.needed("case", table.text("case")),
        title=table.text("title") or "",
        origin=table.needed("origin", table.choice("origin", Origin)),
        model=table.needed("model", table.text("model")),
        load=table.text("load"),
        protocol=table.text("protocol"),
        device=table.needed("device", table.text("device")),
        clock=table.needed("clock", table.time("clock")),
        source=table.text("source") or "",
        standing=table.text("standing") or "",
        script=table.text("script") or "",
        taken=table.mapping("taken"),
        tftp=table.texts("tftp") or (),
        hosts=table.mapping("hosts"),
        whole=table.choices("whole", Chapter) or (),
        before=_held(table.table("before")),
        exchanges=tuple(_exchange(each) for each in table.tables("exchange")),
        expected=tuple(_expected(each) for each in table.tables("expected")),
        ending=_ending(table.table("expected_end")),
        files=MappingProxyType(table.mapping("files")),
    )
    table.done()
    for key, value in (("source", case.source), ("script", case.script)):
        wanted = case.origin is (Origin.PUBLISHED if key == "source" else Origin.SYNTHETIC)
        if wanted and not value:
            raise table.wrong(key, f"is missing: a {case.origin.value} case says where it comes from")
    if case.standing not in ("", *PUBLISHED_STANDINGS) or (
        case.standing and case.origin is not Origin.PUBLISHED
    ):
        raise table.wrong("standing", f"is {' or '.join(PUBLISHED_STANDINGS)}, of a published case")
    for path in (*case.paths, *case.files):
        if not tables.is_inside(path) or path == NAME:
            raise table.wrong("files", f"must hold paths inside the folder, not {path!r}")
    return case


def _held(table: Table | None) -> Held:
    if table is None:
        return Held()
    held = Held(
        ctl=table.path("ctl"),
        itl=table.path("itl"),
        config=table.path("config"),
        tvs_cache=tuple(_remembered(each) for each in table.tables("tvs_cache")),
        unknown=table.choices("unknown", Subject) or (),
        erased=table.choices("erased", EraseTarget) or (),
    )
    table.done()
    return held


def _remembered(table: Table) -> Remembered:
    found = Remembered(
        identity=table.certificate(),
        roles=table.needed("roles", table.numbers("roles")),
        expires=table.needed("expires", table.time("expires")),
        certificate=table.path("certificate"),
    )
    table.done()
    return found


def _exchange(table: Table) -> Exchange:
    kind = table.needed("kind", table.text("kind"))
    if kind not in KINDS:
        raise table.wrong("kind", f"is one of {', '.join(KINDS)}, not {kind!r}")
    found: Exchange
    if kind == "file":
        found = _file(table)
    elif kind == "tvs":
        found = _tvs(table)
    else:
        found = CallManagerExchange(
            node=table.needed("node", table.text("node")),
            outcome=table.needed("outcome", table.choice("outcome", CallManagerOutcome)),
            secure=table.flag("secure"),
            peer=_peer(table),
            at=table.seconds("at"),
        )
    table.done()
    return found


def _file(table: Table) -> FileExchange:
    return FileExchange(
        name=table.needed("name", table.text("name")),
        server=table.needed("server", table.text("server")),
        transport=table.choice("transport", Transport),
        outcome=table.needed("outcome", table.choice("outcome", FileOutcome)),
        body=table.path("body"),
        signer=table.identity("signer"),
        options=table.texts("options"),
        agreed=table.texts("agreed"),
        port=table.number("port"),
        retries=table.number("retries"),
        resent=table.number("resent"),
        size=table.number("size"),
        digest=table.text("digest") or "",
        error=table.text("error") or "",
        at=table.seconds("at"),
        seconds=table.seconds("seconds"),
    )


def _tvs(table: Table) -> TvsExchange:
    return TvsExchange(
        server=table.needed("server", table.text("server")),
        outcome=table.needed("outcome", table.choice("outcome", TvsOutcome)),
        peer=_peer(table),
        offered=table.texts("offered"),
        tls=table.text("tls") or "",
        cipher=table.text("cipher") or "",
        ended=table.text("ended") or "",
        question=table.path("question"),
        answer=table.path("answer"),
        asked=table.identity("asked"),
        valid=table.flag("valid"),
        roles=table.numbers("roles"),
        ttl=table.number("ttl"),
        at=table.seconds("at"),
        seconds=table.seconds("seconds"),
    )


def _peer(table: Table) -> str | Identity | None:
    return table.path("peer") or table.identity("peer_identity")


def _expected(table: Table) -> ExpectedRuling:
    found = ExpectedRuling(
        subject=table.needed("subject", table.choice("subject", Subject)),
        verdict=table.needed("verdict", table.choice("verdict", Verdict)),
        reason=table.choice("reason", Reason),
    )
    table.done()
    return found


def _ending(table: Table | None) -> Ending:
    if table is None:
        return Ending()
    found = Ending(
        installed=table.choices("installed", Subject),
        checksum=table.mapping("checksum"),
        status_messages=table.texts("status_messages"),
        alarm=table.number("alarm"),
        state=table.text("state"),
        registered_to=table.text("registered_to"),
    )
    for key in found.checksum:
        if key not in (Subject.CTL.value, Subject.ITL.value):
            raise table.wrong(f"checksum.{key}", "must be ctl or itl")
    table.done()
    return found


def _checked(case: Case, folder: Path, place: str) -> dict[str, bytes]:
    """Every file named is there, is listed, and has the hash it is listed with; no other file is there."""
    for path in case.paths:
        if path not in case.files:
            raise BadInput(f"`files` does not list {path}", place=place)
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()} - {NAME}
    for path in sorted(there - set(case.files)):
        raise BadInput(f"`files` does not list {path}", place=place)
    found: dict[str, bytes] = {}
    left = limits.CASE_BYTES
    for path, wanted in case.files.items():
        if path not in there:
            raise BadInput(f"`files` lists {path}, which is not there", place=place)
        found[path] = read_bytes(_inside(folder, path), left)
        left -= len(found[path])
        if hashlib.sha256(found[path]).hexdigest() != wanted:
            raise BadInput(f"its SHA-256 is not the one under `files` of {NAME}", place=str(folder / path))
    return found


def _inside(folder: Path, name: str) -> Path:
    """A file of the case.

    Raises:
        BadInput: a link leads out of the folder, to what the case does not hold.
    """
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BadInput("a link that leads out of the case: it is not followed", place=str(path))
    return path


# ---------------------------------------------------------------- writing


def save(case: Case, folder: Path, files: Mapping[str, bytes]) -> Case:
    """Write a case; `files` are the bytes of every path in it. Returns it with their hashes.

    `capture.toml` is written last and whole, so that a broken-off writing leaves no case that can be read.
    The same case always gives the same bytes.

    Raises:
        ValueError: the case names a file that is not given.
        OSError: the folder cannot be written.
    """
    missing = [path for path in case.paths if path not in files]
    if missing:
        raise ValueError(f"the case names {missing[0]}, which is not given")
    hashes = {path: hashlib.sha256(files[path]).hexdigest() for path in sorted(files)}
    done = attrs.evolve(case, files=MappingProxyType(hashes))
    text = render(done)
    parse(text, NAME)  # what cannot be read is not written
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).unlink(missing_ok=True)
    for path in sorted(files):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(files[path])  # without capture.toml it is no case, and that has the hash
    with replacing(folder / NAME) as stream:
        stream.write(text.encode())
    return done


def render(case: Case) -> str:
    """The text of a case's `capture.toml`."""
    table: dict[str, object] = {"schema": SCHEMA, "case": case.name}
    for key in (
        "title",
        "origin",
        "model",
        "load",
        "protocol",
        "device",
        "clock",
        "source",
        "standing",
        "script",
        "tftp",
    ):
        table |= _said(key, getattr(case, key))
    table |= _said("whole", case.whole)
    table |= _section("taken", case.taken) | _section("hosts", case.hosts)
    table |= _section("before", _as_table(case.before))
    kinds = {kind: name for name, kind in KINDS.items()}
    table |= _said("exchange", [{"kind": kinds[type(each)], **_as_table(each)} for each in case.exchanges])
    table |= _said("expected", [_as_table(each) for each in case.expected])
    table |= _section("expected_end", _as_table(case.ending))
    return tables.write(table | _section("files", case.files))


def _section(key: str, table: Mapping[str, object]) -> dict[str, object]:
    return {key: dict(table)} if table else {}


def _as_table(value: attrs.AttrsInstance) -> dict[str, object]:
    found: dict[str, object] = {}
    for field in attrs.fields(type(value)):
        found |= _said(field.name, getattr(value, field.name))
    return found


_NEVER_EMPTY = frozenset({"options", "roles", "installed", "status_messages"})
"""Keys whose empty list says something: that there was none."""


def _said(key: str, value: object) -> dict[str, object]:
    """A key with its value as TOML has it; nothing when there is nothing to say."""
    if value is None or (value in ("", (), []) and key not in _NEVER_EMPTY) or value == {}:
        return {}
    if isinstance(value, Identity):
        if key == "identity":
            return dict(tables.as_table(value))
        return {"peer_identity" if key == "peer" else key: tables.as_table(value)}
    if isinstance(value, tuple):
        return {key: [_plain(each) for each in value]}
    return {key: _plain(value)}


def _plain(value: object) -> object:
    if isinstance(value, Remembered):
        return _as_table(value)
    return value.value if isinstance(value, enum.Enum) else value


def walk(root: Path) -> Iterator[Path]:
    """The case folders at and below a folder, in order of their paths."""
    yield from sorted(path.parent for path in root.rglob(NAME))
