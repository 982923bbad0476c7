"""Exports of two clusters in one folder: refused, for a prediction of a mixture is worth nothing.

Nodes may bear several names, and certificates change; but lists of one cluster always share a name, and every
answer of a service names one of the cluster's nodes.
"""

from collections.abc import Iterator, Mapping

from phoneemu.cluster.state import Cluster
from phoneemu.core.trustlist import TrustList
from phoneemu.errors import BadInput
from phoneemu.fleet.certificates import RECOVERY_PREFIX, node_of
from phoneemu.fleet.certplacing import servers_of
from phoneemu.fleet.clusterfile import ClusterFile
from phoneemu.fleet.gathering import Gathered
from phoneemu.fleet.listexports import ListExport


def refuse_mixtures(found: Gathered, cluster: Cluster, file: ClusterFile) -> None:
    """Let exports of one cluster pass.

    Raises:
        BadInput: two lists share no name, or a file names servers and none is a node of this cluster.
    """
    _lists_apart(found.exports)
    names = {known: node.name for known, node in cluster.by_name.items()}
    for export in found.exports:
        if export.listed is not None and file.nodes:
            _some_known(export.file, _names_of(export.listed), names, file)
    by_file: dict[str, set[str]] = {}
    for sighting in found.seen.values():
        by_file.setdefault(sighting.file, set()).add(sighting.node)
    for entry in found.entries:
        for server in servers_of((entry,)):
            by_file.setdefault(entry.place.partition(":")[0], set()).add(server)
    for name, servers in by_file.items():
        _some_known(name, servers - {""}, names, file)


def _some_known(name: str, servers: set[str], names: Mapping[str, str], file: ClusterFile) -> None:
    servers = {
        server for server in servers if not server[:1].isdigit()
    }  # whose address it is, nobody may say
    if servers and not any(node_of(server, names) for server in servers):
        said, known = ", ".join(sorted(servers)[:4]), ", ".join(dict.fromkeys(names.values()))
        where = f"{file.file} declares" if file.nodes else "the other exports name"
        why = f"it is of {said}, and none of them is a node that {where} ({known})"
        raise BadInput(f"{why}: one snapshot is one cluster", place=name)


def _lists_apart(exports: tuple[ListExport, ...]) -> None:
    """Groups of lists that share names; more than one group is more than one cluster."""
    first: tuple[str, set[str]] | None = None
    waiting = [(each.file, set(_names_of(each.listed))) for each in exports if each.listed is not None]
    waiting = [(name, names) for name, names in waiting if names]
    while waiting:
        if first is None:
            first = waiting.pop(0)
        near = next((each for each in waiting if each[1] & first[1]), None)
        if near is None:
            break
        waiting.remove(near)
        first[1].update(near[1])
    if first is not None and waiting:
        why = f"it names no certificate and no server that {first[0]} names"
        raise BadInput(
            f"{why}: one snapshot is one cluster; put older lists under history/", place=waiting[0][0]
        )


def _names_of(listed: TrustList) -> set[str]:
    return set(_names(listed))


def _names(listed: TrustList) -> Iterator[str]:
    """The first labels of every server and of every certificate of a server that a list names."""
    for record in listed.records:
        if record.dns_name:
            yield _label(record.dns_name)
        if record.identity is not None:
            common = record.identity.common_name
            if common.upper().startswith(RECOVERY_PREFIX):
                common = common[len(RECOVERY_PREFIX) :].lstrip("_")
            yield _label(common)


def _label(name: str) -> str:
    lowered = name.strip().lower()
    return (
        lowered
        if lowered[:1].isdigit()
        else lowered.partition(".")[0].removesuffix("-ms").removesuffix("-ec")
    )
