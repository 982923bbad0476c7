"""What `show version active` and `show network cluster` say in a terminal log: release, nodes, publisher.

The lines differ a little by release [CLI15-show, REBUILD221069]; all that is taken of a node's line is its
address, its names and which of the two roles it has. A node of another product in the cluster is no node of
telephony. cluster.toml is somebody's word and wins; where a log disagrees, a remark says so.
"""

import re
from collections.abc import Iterable, Sequence

import attrs

from phoneemu.cluster.nodenames import why_no_node_name
from phoneemu.cluster.release import parse_release
from phoneemu.errors import BadInput
from phoneemu.fleet.clusterfile import ClusterFile, NodeEntry

_VERSION = re.compile(r"^[ \t]*Active Master Version:[ \t]*(?P<version>\S+)[ \t\r]*$", re.IGNORECASE)
_NODE = re.compile(
    r"^[ \t]*(?P<address>\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:]+)[ \t]+(?P<name>\S+)[ \t]+"
    r"(?:(?P<short>\S+)[ \t]+)?(?P<role>Publisher|Subscriber)[ \t]+(?P<rest>.*authenticated.*)$",
    re.IGNORECASE,
)
_BESIDE = re.compile(r"\bcups\b", re.IGNORECASE)
"""In the line of a node of instant messaging."""

FOUND = re.compile(f"{_VERSION.pattern}|{_NODE.pattern}", re.IGNORECASE | re.MULTILINE)
"""Whether a text holds any of it."""


@attrs.frozen(kw_only=True)
class Printed:
    """What logs say: (release, place) of each that shows one, and (node, place) of each line of a node."""

    releases: tuple[tuple[str, str], ...] = ()
    nodes: tuple[tuple[NodeEntry, str], ...] = ()


def parse(text: str, file: str) -> Printed:
    """What a terminal log says of the cluster."""
    releases: list[tuple[str, str]] = []
    nodes: list[tuple[NodeEntry, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        place = f"{file}:{number}"
        version = _VERSION.match(line)
        if version is not None:
            try:
                parse_release(version["version"])
            except BadInput:
                continue
            releases.append((version["version"], place))
        node = _NODE.match(line)
        if node is not None and not _BESIDE.search(node["rest"]):
            name = node["short"] or node["name"].partition(".")[0]
            if why_no_node_name(name):
                continue
            publisher = node["role"].lower() == "publisher"
            entry = NodeEntry(name=name, address=node["address"], publisher=publisher)
            nodes.append((entry, place))
    return Printed(releases=tuple(releases), nodes=tuple(nodes))


def merged(file: ClusterFile, printed: Sequence[Printed]) -> tuple[ClusterFile, tuple[str, ...]]:
    """The cluster file with what logs say where it does not speak, and where they disagree."""
    remarks: list[str] = []
    releases = [each for log in printed for each in log.releases]
    release = file.release or next((version for version, _ in releases), None)
    for version, place in releases:
        said = parse_release(release or version)
        here = parse_release(version)
        if here.parts[: _depth(said.text)] != said.parts[: _depth(said.text)]:
            remarks.append(f"{place}: the active version is {version}, {said.text} is taken")
    nodes: dict[str, NodeEntry] = {}
    for entry, place in (each for log in printed for each in log.nodes):
        before = nodes.setdefault(entry.name.lower(), entry)
        if before != entry:
            remarks.append(f"{place}: {entry.name} stood there before with another address or role")
    with_nodes, doubts = _with_nodes(attrs.evolve(file, release=release), tuple(nodes.values()))
    return with_nodes, (*dict.fromkeys(remarks), *doubts)


def _depth(text: str) -> int:
    """How many numbers of a release are compared: those that somebody said."""
    if "su" in text.lower() or text.count(".") > 2:
        return 4
    return 3 if "(" in text or text.count(".") > 1 else 2 if "." in text else 1


def _with_nodes(file: ClusterFile, seen: tuple[NodeEntry, ...]) -> tuple[ClusterFile, tuple[str, ...]]:
    """Declared nodes with address and role where nobody said them; nodes that nobody declared are `seen`."""
    if not file.nodes:
        return attrs.evolve(file, seen=seen), ()
    remarks: list[str] = []
    said_publisher = next((each.name for each in file.nodes if each.publisher), None)
    known = {label(each.name): each for each in seen}
    known |= {each.address: each for each in seen}
    nodes: list[NodeEntry] = []
    for node in file.nodes:
        found = known.get(label(node.name)) or known.get(node.address or node.name)
        if found is None:
            nodes.append(node)
            continue
        publisher = found.publisher if said_publisher is None else node.publisher
        address = node.address or ("" if node.name == found.address else found.address)
        nodes.append(attrs.evolve(node, address=address, publisher=publisher))
    publishers = [each for each in seen if each.publisher]
    if said_publisher is not None and not any(
        label(said_publisher) in (label(each.name), each.address) for each in publishers
    ):
        remarks += (
            f"`show network cluster` has {each.name} as the publisher, {file.file} says {said_publisher}"
            for each in publishers
        )
    declared = {label(each.name) for each in nodes} | {each.address for each in nodes}
    missing = _names(each for each in seen if not {label(each.name), each.address} & declared)
    if missing:
        remarks.append(f"{file.file} does not declare {missing}, which `show network cluster` names")
    return attrs.evolve(file, nodes=tuple(nodes)), tuple(remarks)


def label(name: str) -> str:
    """The first label of a name, by which nodes are told apart."""
    return name.strip().lower().partition(".")[0] if not name[:1].isdigit() else name.strip()


def _names(nodes: Iterable[NodeEntry]) -> str:
    return ", ".join(each.name for each in nodes)
