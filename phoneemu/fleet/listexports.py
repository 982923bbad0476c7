"""The trust lists of a snapshot: saved `show` texts and raw files, and which node each belongs to.

A list is kept with the file and line of each of its records, so that an explanation can say where a name was
read. What the lists say about a cluster's certificates is for certificates; nothing here judges a list.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import attrs

from phoneemu.cluster.nodenames import why_no_node_name
from phoneemu.core import limits, listparse, showtext
from phoneemu.core.names import Identity
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.trustlist import FILE_SIGNER_ROLES, ListKind, TrustList
from phoneemu.errors import BadInput, NothingInIt
from phoneemu.files import read_bytes, read_head
from phoneemu.fleet import textfile

_PROMISED = re.compile(r"show_(?:ctl|itl).*\.txt$", re.IGNORECASE)
"""A name by which a file holds lists and little else."""
_NAMED_AFTER = re.compile(r"^(?:show_)?(?:ctl|itl)(?:file)?[_-](?P<node>.+)$", re.IGNORECASE)


@attrs.frozen(kw_only=True)
class ListExport:
    """One list of one file. `node` is the node the file is named after, "" when it is named after none.

    `lines` gives the line of each record by its number, empty for raw files. `listed` is None when the text
    says that the node has no such list.
    """

    file: str
    kind: ListKind
    listed: TrustList | None
    node: str = ""
    lines: Mapping[int, int] = attrs.field(factory=dict)
    remarks: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    """Gaps that a prediction would stand on, with file and line."""

    def place(self, number: int) -> str:
        """`file:line` of a record, counted from 1."""
        line = self.lines.get(number)
        return f"{self.file}:{line}" if line is not None else f"{self.file} record {number}"


def node_in_name(stem: str) -> str:
    """The node a file is named after: `show_itl_pub` and `ITLFile_pub` give `pub`."""
    match = _NAMED_AFTER.match(stem)
    return match.group("node") if match is not None else ""


def read_lists(paths: Iterable[Path]) -> tuple[ListExport, ...]:
    """Read every saved text and raw file.

    Raises:
        BadInput: a file holds no list, naming the file.
        OSError: a file cannot be read.
    """
    found: list[ListExport] = []
    for path in paths:
        raw = path.suffix.lower() == ".tlv" or read_head(path, len(RAW), place=path.name) == RAW
        alone = raw or _PROMISED.match(path.name) is not None
        most = limits.SHOW_TEXT_BYTES if alone else limits.SQL_TEXT_BYTES
        content = read_bytes(path, most, place=path.name)
        try:
            found += _raw(path, content) if raw else _texts(path, content)
        except MalformedFile as malformed:
            promised = path.suffix.lower() == ".tlv"  # signed files of other kinds begin alike
            kind = BadInput if promised else NothingInIt
            raise kind(str(malformed), place=path.name) from None
    return tuple(found)


RAW = b"\x01\x00\x02"
"""First bytes of every raw list: tag 1, the version, of two bytes."""


def _raw(path: Path, content: bytes) -> list[ListExport]:
    listed = listparse.parse(content, origin=path.name)
    undated = f"{path.name}: the list bears no date: how old it is, is not known"
    return [
        ListExport(
            file=path.name,
            kind=listed.kind,
            listed=listed,
            node=node_in_name(path.stem),
            doubts=(undated,) if listed.timestamp is None else (),
        )
    ]


def _texts(path: Path, content: bytes) -> list[ListExport]:
    text = textfile.decoded(content, path.name)
    if len(text) > limits.SHOW_TEXT_BYTES:
        text = _outputs_alone(text)
    return [
        ListExport(
            file=path.name,
            kind=shown.kind,
            listed=shown.list,
            node=node_in_name(path.stem),
            lines=shown.lines,
            remarks=tuple(f"{path.name}: {remark}" for remark in shown.remarks),
            doubts=tuple(f"{path.name}:{line}: {what}" for line, what in shown.doubts),
        )
        for shown in showtext.parse_all(text, origin=path.name)
    ]


_BEGINS = re.compile(
    r"admin:\s*show\s+(?:ctl|itl)\b|checksum value of the (?:CTL|ITL)|Length of (?:CTL|ITL) file",
    re.IGNORECASE,
)
_ENDS = re.compile(r"admin:|(?:CTL|ITL) file was verified successfully", re.IGNORECASE)


def _outputs_alone(text: str) -> str:
    """A large log, blank but for what `show ctl` and `show itl` printed: its lines keep their numbers."""
    kept: list[str] = []
    inside = False
    for line in text.split("\n"):
        begins = _BEGINS.search(line) is not None
        ends = not begins and _ENDS.search(line) is not None
        kept.append(line if inside or begins else "")
        inside = begins or (inside and not ends)
    return "\n".join(kept)


def with_bytes(exports: Iterable[ListExport]) -> tuple[ListExport, ...]:
    """The exports, each text with the content of the raw file of the same list where there is one."""
    found = tuple(exports)
    raw = {
        (each.kind, each.listed.sha1): each.listed
        for each in found
        if each.listed is not None and each.listed.raw is not None
    }

    def whole(export: ListExport) -> ListExport:
        listed = export.listed
        known = None if listed is None else raw.get((export.kind, listed.sha1))
        if listed is None or known is None or listed.raw is not None:
            return export
        return attrs.evolve(export, listed=attrs.evolve(known, origin=listed.origin), doubts=())

    return tuple(map(whole, found))


def sightings(exports: Sequence[ListExport]) -> dict[Identity, tuple[str, ...]]:
    """Where each certificate was read, in the order of the exports."""
    found: dict[Identity, list[str]] = {}
    for export in exports:
        for number, record in enumerate(export.listed.records if export.listed else (), 1):
            if record.identity is not None:
                found.setdefault(record.identity, []).append(export.place(number))
    return {identity: tuple(places) for identity, places in found.items()}


def nodes_named(exports: Sequence[ListExport]) -> tuple[str, ...]:
    """Every node the lists and the file names speak of, publisher-like first: the order of the records.

    A name that cannot be a node's is left out; see `odd_names`.
    """
    found: dict[str, str] = {}
    for export in exports:
        if export.node:
            found.setdefault(export.node.lower(), export.node)
        for record in export.listed.records if export.listed else ():
            if record.dns_name and record.role in FILE_SIGNER_ROLES:
                found.setdefault(record.dns_name.lower(), record.dns_name)
    return tuple(name for name in found.values() if not why_no_node_name(name))


def odd_names(exports: Sequence[ListExport]) -> tuple[str, ...]:
    """A remark on each name of a server in the lists that cannot be a node's."""
    found: dict[str, str] = {}
    for export in exports:
        for number, record in enumerate(export.listed.records if export.listed else (), 1):
            if record.dns_name and record.role in FILE_SIGNER_ROLES:
                why = why_no_node_name(record.dns_name)
                if why:
                    found.setdefault(
                        record.dns_name.lower(), f"{export.place(number)}: {why}: it is taken as none"
                    )
    return tuple(found.values())


def sightings_of(lists: Iterable[TrustList]) -> dict[Identity, tuple[str, ...]]:
    """Where each certificate was read, for lists without line numbers."""
    return sightings([ListExport(file=each.origin, kind=each.kind, listed=each) for each in lists])
