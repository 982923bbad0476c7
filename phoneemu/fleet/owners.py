"""Whose list an export is: by the file's name where something knows the name, else by the list itself.

Files get dates, addresses and words such as `backup` into their names; none of these is a server. An ITL
names the node whose TFTP wrote it, which counts before the name that somebody gave to the file.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence

import attrs

from phoneemu.cluster.nodenames import why_no_node_name
from phoneemu.core.trustlist import ListKind
from phoneemu.fleet import certplacing
from phoneemu.fleet.certentries import CertEntry
from phoneemu.fleet.certificates import node_of
from phoneemu.fleet.clusterfile import ClusterFile
from phoneemu.fleet.listexports import ListExport

_BEHIND = re.compile(r"[^a-z0-9-]|-(?:\d{4,}|old|new|backup|copy|before|after)(?![a-z])")
"""What may stand behind a node's name in that of a file; another word may belong to another node's name."""


def settled(
    exports: Sequence[ListExport], file: ClusterFile, entries: Sequence[CertEntry]
) -> tuple[tuple[ListExport, ...], tuple[str, ...]]:
    """The exports with the nodes that are known, and a remark on each whose name says another or none."""
    names = _known(exports, file, entries)
    if not names:  # then the names of files are all there is
        return tuple(exports), ()
    remarks: list[str] = []
    found = tuple(_settled(export, names, bool(file.nodes), remarks) for export in exports)
    return found, tuple(dict.fromkeys(remarks))


def _settled(
    export: ListExport,
    names: Mapping[str, str],
    declared: bool,  # noqa: FBT001 - one caller
    remarks: list[str],
) -> ListExport:
    own = _own(export, names)
    said = _said(export.node, names)
    if not export.node:  # so it competes with one that is named after the node
        return attrs.evolve(export, node=own or "")
    if declared and said is None:  # an undeclared node is an error of its own
        return export
    if said is not None and (own is None or own == said):
        return attrs.evolve(export, node=said)
    if said is not None and own is not None:
        remarks.append(
            f"{export.file}: its name says {said}, but the TFTP server in it is {own}: it is taken as {own}'s"
        )
        return attrs.evolve(export, node=own)
    whom = f"it is taken as that of {own}, its TFTP server" if own else "of which node it is, is not known"
    if not own and export.kind is ListKind.CTL:
        whom = "it is taken as that of all nodes"
    remarks.append(f"{export.file}: no export knows a node `{export.node}`, as its name says: {whom}")
    return attrs.evolve(export, node=own or "")


def _own(export: ListExport, names: Mapping[str, str]) -> str | None:
    """The one node whose TFTP an ITL names; a CTL names them all."""
    if export.kind is ListKind.CTL or export.listed is None:
        return None
    servers = {node_of(server, names) for server in export.listed.tftp_servers}
    return servers.pop() if len(servers) == 1 else None


def _said(name: str, names: Mapping[str, str]) -> str | None:
    """The node that a file's name means: as a whole, or with a date or a word behind it."""
    whole = node_of(name, names)
    if whole is not None:
        return whole
    lowered = name.lower()
    labels = {known.partition(".")[0]: node for known, node in names.items() if not known[:1].isdigit()}
    for known, node in sorted({**labels, **names}.items(), key=lambda each: -len(each[0])):
        if lowered.startswith(known) and _BEHIND.match(lowered, len(known)):
            return node
    return None


def _known(
    exports: Sequence[ListExport], file: ClusterFile, entries: Sequence[CertEntry]
) -> Mapping[str, str]:
    """Every name and address that something else than a file's name says, and the node that it means."""
    found: dict[str, str] = {}
    for each in file.nodes or file.seen:
        found[each.name.lower()] = each.name
        if each.address:
            found[each.address.lower()] = each.name
    if not file.nodes:
        for name in _named(exports, file, entries):
            if node_of(name, found) is None and not why_no_node_name(name):
                found[name.lower()] = name
    for address, name in addresses_said(exports, entries):
        node = node_of(name, found)
        if node is not None:
            found.setdefault(address.lower(), node)
    return found


def _named(exports: Sequence[ListExport], file: ClusterFile, entries: Sequence[CertEntry]) -> Iterator[str]:
    for export in exports:
        for record in export.listed.records if export.listed is not None else ():
            if record.dns_name and record.role is not None:
                yield record.dns_name
    yield from certplacing.servers_of(entries)
    for members in file.groups.values():
        yield from (member for member in members if not member[:1].isdigit())


def addresses_said(exports: Sequence[ListExport], entries: Sequence[CertEntry]) -> Iterator[tuple[str, str]]:
    """(address, node in the export's words) as certificate exports and lists say."""
    for entry in entries:
        if entry.address and entry.server:
            yield entry.address, entry.server
    for export in exports:
        for record in export.listed.records if export.listed is not None else ():
            if len(record.ip_address) in (4, 16) and any(record.ip_address):
                yield str(ipaddress.ip_address(record.ip_address)), record.dns_name
