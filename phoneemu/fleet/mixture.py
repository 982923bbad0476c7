"""Exports of two clusters in one folder: refused, for a prediction of a mixture is worth nothing.

Nodes may bear several names, and certificates change; but lists of one cluster always share a name, and every
answer of a service names one of the cluster's nodes.
"""

from collections.abc import Iterator, Mapping, Sequence

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
        BadInput: a file names servers and none is a node of this cluster.
    """
    names = {known: node.name for known, node in cluster.by_name.items()}
    for export in found.exports:
        if export.listed is not None and file.nodes:
            _some_known(export.file, _names_of(export.listed), names, file)
    by_file = _servers_of_certificates(found)
    for sighting in found.seen.values():
        by_file.setdefault(sighting.file, set()).add(sighting.node)
    for name, servers in by_file.items():
        _some_known(name, servers - {""}, names, file)
    if not file.nodes:  # then nodes are what the exports name, strangers too
        _share_a_name_with_lists(found)


def _share_a_name_with_lists(found: Gathered) -> None:
    """Let files pass that name a server of the lists among those they name."""
    listed = set[str]().union(*(_names_of(each.listed) for each in found.exports if each.listed is not None))
    if not any(not name[:1].isdigit() for name in listed):
        return
    by_file = _servers_of_certificates(found)
    for member in (member for members in found.groups.values() for member in members):
        by_file.setdefault(member.place.partition(":")[0], set()).add(member.name)
    for node, place in (each for log in found.printed for each in log.nodes):
        by_file.setdefault(place.partition(":")[0], set()).update((node.name, node.address))
    for name, servers in by_file.items():
        labels = {_label(server) for server in servers} - {""}
        if not labels & listed and any(not label[:1].isdigit() for label in labels):
            why = f"it names {_some(labels)}, and the lists name {_some(listed)}"
            raise BadInput(f"{why}: one snapshot is one cluster", place=name)


def _servers_of_certificates(found: Gathered) -> dict[str, set[str]]:
    """The servers that each export of certificates names, by file."""
    by_file: dict[str, set[str]] = {}
    for entry in found.entries:
        by_file.setdefault(entry.place.partition(":")[0], set()).update(servers_of((entry,)))
    return by_file


def _some_known(name: str, servers: set[str], names: Mapping[str, str], file: ClusterFile) -> None:
    servers = {
        server for server in servers if not server[:1].isdigit()
    }  # whose address it is, nobody may say
    if servers and not any(node_of(server, names) for server in servers):
        said, known = ", ".join(sorted(servers)[:4]), ", ".join(dict.fromkeys(names.values()))
        where = f"{file.file} declares" if file.nodes else "the other exports name"
        why = f"it is of {said}, and none of them is a node that {where} ({known})"
        raise BadInput(f"{why}: one snapshot is one cluster", place=name)


def refuse_lists_apart(exports: Sequence[ListExport]) -> None:
    """Let lists pass that share names, directly or by way of others.

    Raises:
        BadInput: there are two groups that share none, of which one is another cluster; names both.
    """
    waiting = [(each, _names_of(each.listed)) for each in exports if each.listed is not None]
    waiting = [(each, names) for each, names in waiting if names]
    if not waiting:
        return
    first, names = waiting.pop(0)
    known = set(names)
    while waiting:
        near = next((each for each in waiting if each[1] & known), None)
        if near is None:
            other, strange = waiting[0]
            why = (
                f"it names {_some(strange)}, and no certificate and no server of {first.place(1)}, which "
                f"names {_some(known)}"
            )
            raise BadInput(
                f"{why}: one snapshot is one cluster; put older lists under history/", place=other.place(1)
            )
        waiting.remove(near)
        known |= near[1]


def _some(names: set[str]) -> str:
    told = sorted(names)
    return ", ".join(told[:4]) + (f" and {len(told) - 4} more" if len(told) > 4 else "")


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
