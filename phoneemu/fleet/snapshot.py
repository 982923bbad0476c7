"""Snapshot: a folder of exports, read and understood, with what was not.

The folder's grammar is docs/snapshot.md. Reading contacts nobody and changes nothing.
"""

from collections.abc import Mapping
from pathlib import Path

import attrs

from phoneemu.catalogue import catalogue
from phoneemu.cluster.runbook import PhoneFilter
from phoneemu.cluster.state import Cluster
from phoneemu.core.names import Identity
from phoneemu.errors import BadInput
from phoneemu.fleet import assumptions, clusterfile, filters, inventory
from phoneemu.fleet.clusterfile import ClusterFile, OffEntry
from phoneemu.fleet.clustermaking import make_cluster
from phoneemu.fleet.inventory import Inventory
from phoneemu.fleet.listexports import ListExport, read_lists, sightings

PLANNED = (
    "phones*.sql.txt",
    "ris*.xml",
    "ris*.json",
    "certs*.txt",
    "certs*.json",
    "cmgroups.sql.txt",
    "parameters.sql.txt",
    "checksums*.csv",
    "history",
)
"""Names the design gives a meaning that is not read yet."""


@attrs.frozen(kw_only=True)
class Snapshot:
    """Everything a prediction starts from.

    `basis` are assumptions every phone stands on, `node_basis` those of phones that depend on a node.
    `seen` tells where each certificate was read. `unread` are files with the reason they were not read.
    """

    folder: str
    file: ClusterFile
    inventory: Inventory
    cluster: Cluster
    exports: tuple[ListExport, ...]
    off_filters: Mapping[OffEntry, PhoneFilter]
    basis: frozenset[str]
    node_basis: Mapping[str, frozenset[str]]
    seen: Mapping[Identity, tuple[str, ...]]
    remarks: tuple[str, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()


def read_snapshot(folder: Path, *, phones_needed: bool = True) -> Snapshot:
    """Read a snapshot folder.

    Raises:
        BadInput: it is no folder, has no phones (when they are needed), or an export cannot be used.
        OSError: a file cannot be read.
    """
    if not folder.is_dir():
        raise BadInput("not a folder of exports", place=str(folder))
    phones = sorted(folder.glob("phones*.csv"))
    if not phones and phones_needed:
        raise BadInput("no phones*.csv in it; see docs/snapshot.md", place=str(folder))
    lists = sorted(
        path for pattern in ("show_ctl*.txt", "show_itl*.txt", "*.tlv") for path in folder.glob(pattern)
    )
    file = clusterfile.read(folder / "cluster.toml")
    exports = read_lists(lists)
    made = make_cluster(file, exports)
    basis = set(made.basis)
    if not file.phones.holds_served:
        basis.add(assumptions.HOLDS_SERVED.id)
    if not file.off_said:
        basis.add(assumptions.POWER.id)
    read = {"cluster.toml", *(path.name for path in (*phones, *lists))}
    return Snapshot(
        folder=str(folder),
        file=file,
        inventory=inventory.read_inventory(phones),
        cluster=made.cluster,
        exports=exports,
        off_filters={
            entry: filters.parse(entry.where, entry.place, catalogue()) for entry in file.off if entry.where
        },
        basis=frozenset(basis),
        node_basis=made.node_basis,
        seen=sightings(exports),
        remarks=made.remarks,
        unread=_unread(folder, read),
    )


def _unread(folder: Path, read: set[str]) -> tuple[tuple[str, str], ...]:
    found = []
    for path in sorted(folder.iterdir()):
        if path.name in read or path.name.startswith("."):
            continue
        planned = any(path.match(pattern) for pattern in PLANNED)
        found.append((path.name, "not read yet" if planned else "not a name of the snapshot's grammar"))
    return tuple(found)
