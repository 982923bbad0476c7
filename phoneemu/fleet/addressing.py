"""The addresses that stand in a CTL's records, which `show ctl` prints without their values.

What nobody printed is taken as the address that the node has in the same exports: phones believe their TFTP
servers today. What a raw file says is kept.
"""

from collections.abc import Iterable, Iterator

import attrs

from phoneemu.cluster.publish import packed
from phoneemu.cluster.state import Cluster, Node
from phoneemu.core.names import address_of
from phoneemu.core.trustlist import FILE_SIGNER_ROLES, ListKind, Record, TrustList
from phoneemu.fleet.certificates import node_of
from phoneemu.fleet.listexports import ListExport


def addressed(listed: TrustList, cluster: Cluster) -> TrustList:
    """The list with the addresses of servers that its records do not tell; an ITL as it is."""
    if listed.kind is not ListKind.CTL:
        return listed
    records = tuple(_addressed(record, cluster) for record in listed.records)
    return listed if records == tuple(listed.records) else attrs.evolve(listed, records=records)


def _addressed(record: Record, cluster: Cluster) -> Record:
    if record.role not in FILE_SIGNER_ROLES or record.address:
        return record
    node = _node_of(record, cluster)
    return record if node is None else attrs.evolve(record, ip_address=packed(node.address))


def _node_of(record: Record, cluster: Cluster) -> Node | None:
    names = {known: node.name for known, node in cluster.by_name.items()}
    name = node_of(record.dns_name, names)
    return None if name is None else cluster.node(name)


def misplaced(exports: Iterable[ListExport], cluster: Cluster) -> Iterator[str]:
    """Servers for which a CTL has another address than the other exports: phones go by the CTL."""
    for export in exports:
        of_ctl = export.listed is not None and export.kind is ListKind.CTL
        for number, record in enumerate(export.listed.records if export.listed and of_ctl else (), 1):
            if record.role not in FILE_SIGNER_ROLES or not record.address:
                continue
            node = _node_of(record, cluster)
            if node is not None and address_of(node.address) not in ("", record.address):
                yield (
                    f"{export.place(number)} has the address {record.address} for {node.name}, and other "
                    f"exports say {node.address}: phones believe a TFTP server at the former alone"
                )
