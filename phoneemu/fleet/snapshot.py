"""Snapshot: a folder of exports, read and understood, with what was not.

The folder's grammar is docs/snapshot.md. Reading contacts nobody and changes nothing.
"""

import bisect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from phoneemu.catalogue import catalogue
from phoneemu.cluster.runbook import PhoneFilter
from phoneemu.cluster.state import Cluster
from phoneemu.core.names import Identity
from phoneemu.errors import BadInput
from phoneemu.fleet import assumptions, clusterfile, filters, holding, inventory, risport, sqlexports, sqltext
from phoneemu.fleet.clusterfile import ClusterFile, OffEntry
from phoneemu.fleet.clustermaking import make_cluster
from phoneemu.fleet.holding import Library
from phoneemu.fleet.inventory import Inventory
from phoneemu.fleet.listexports import ListExport, read_lists, sightings
from phoneemu.fleet.risport import Sighting

PLANNED = ("certs*.txt", "certs*.json")
"""Names the design gives a meaning that is not read yet."""


@attrs.frozen(kw_only=True)
class Snapshot:
    """Everything a prediction starts from.

    `basis` are assumptions every phone stands on, `node_basis` those of phones that depend on a node.
    `lists` are those a checksum can be of: served, or under history/. `seen` tells where each certificate was
    read. `notes` say what was understood of exports beside phones and lists. `unread` are files with the
    reason they were not read.
    """

    folder: str
    file: ClusterFile
    inventory: Inventory
    cluster: Cluster
    exports: tuple[ListExport, ...]
    off_filters: Mapping[OffEntry, PhoneFilter]
    basis: frozenset[str]
    node_basis: Mapping[str, frozenset[str]]
    lists: Library
    seen: Mapping[Identity, tuple[str, ...]]
    presence: Mapping[str, Sighting] = attrs.field(factory=dict, repr=False)
    """What RISPort saw of each phone, by upper-case name."""
    remarks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()


def read_snapshot(folder: Path, *, phones_needed: bool = True) -> Snapshot:
    """Read a snapshot folder.

    Raises:
        BadInput: it is no folder, has no phones (when they are needed), or an export cannot be used.
        OSError: a file cannot be read.
    """
    if not folder.is_dir():
        raise BadInput("not a folder of exports", place=str(folder))
    found = {kind: _matching(folder, patterns) for kind, patterns in PHONES.items()}
    if not any(found.values()) and phones_needed:
        raise BadInput("no phones in it: phones*.csv, phones*.sql.txt or ris*.xml", place=str(folder))
    lists = _matching(folder, LISTS)
    file, database, notes, remarks = _with_database(clusterfile.read(folder / "cluster.toml"), folder)
    exports = read_lists(lists)
    made = make_cluster(file, exports)
    basis = set(made.basis)
    if not file.phones.holds_served:
        basis.add(assumptions.HOLDS_SERVED.id)
    history = read_lists(_matching(folder / HISTORY, LISTS))
    listed, seen = _phones(found)
    checksums = _matching(folder, ("checksums*.csv",))
    if checksums:
        listed = inventory.with_checksums(listed, inventory.read_inventory(checksums))
    if seen and not file.off_said:
        file = with_power(file, listed, seen, made.cluster)
        basis.add(assumptions.SEEN.id)
    if not file.off_said and not all(phone.name.upper() in seen for phone in listed.phones):
        basis.add(assumptions.POWER.id)
    every = (path for paths in (*found.values(), lists, database, checksums) for path in paths)
    read = {"cluster.toml", *(path.name for path in every), *([HISTORY] if history else [])}
    return Snapshot(
        folder=str(folder),
        file=file,
        inventory=listed,
        cluster=made.cluster,
        exports=exports,
        off_filters={
            entry: filters.parse(entry.where, entry.place, catalogue()) for entry in file.off if entry.where
        },
        basis=frozenset(basis),
        node_basis=made.node_basis,
        lists=holding.library(
            made.cluster,
            [(f"{HISTORY}/{each.file}", each.listed) for each in history if each.listed is not None],
        ),
        seen=sightings((*exports, *history)),
        presence=seen,
        remarks=(*made.remarks, *remarks),
        notes=(*notes, *_seen_notes(seen), *([f"{HISTORY}/: {len(history)} lists"] if history else [])),
        unread=_unread(folder, read),
    )


LISTS = ("show_ctl*.txt", "show_itl*.txt", "*.tlv")
"""Names of trust lists, of today and under history/."""
HISTORY = "history"

PHONES: Mapping[str, tuple[str, ...]] = {
    "csv": ("phones*.csv",),
    "sql": ("phones*.sql.txt",),
    "ris": ("ris*.xml", "ris*.json"),
}
"""Where phones stand, by kind of export."""


def _matching(folder: Path, patterns: Sequence[str]) -> list[Path]:
    return sorted(path for pattern in patterns for path in folder.glob(pattern))


def _phones(found: Mapping[str, list[Path]]) -> tuple[Inventory, dict[str, Sighting]]:
    """The inventory from every export of phones, and what RISPort saw of them."""
    listed = inventory.read_inventory(found["csv"])
    for path in found["sql"]:
        tables, remarks = sqltext.read(path)
        listed = attrs.evolve(listed, remarks=(*listed.remarks, *remarks))
        listed = inventory.with_tables(listed, tables, path.name)
    seen: dict[str, Sighting] = {}
    for path in found["ris"]:
        for sighting in risport.read(path).values():
            risport.keep(seen, sighting)
    return inventory.with_sightings(listed, seen) if seen else listed, seen


def _seen_notes(seen: Mapping[str, Sighting]) -> Iterator[str]:
    for file in sorted({each.file for each in seen.values()}):
        here = [each for each in seen.values() if each.file == file]
        registered = sum(each.registered for each in here)
        yield f"{file}: {len(here)} phones seen, {registered} of them registered"


def _with_database(
    file: ClusterFile, folder: Path
) -> tuple[ClusterFile, list[Path], tuple[str, ...], tuple[str, ...]]:
    """cluster.toml with what `run sql` on groups and parameters adds, the files, notes and remarks."""
    paths = [path for name in DATABASE for path in folder.glob(name)]
    groups: dict[str, tuple[str, ...]] = {}
    parameters: dict[str, tuple[str, str]] = {}
    notes: list[str] = []
    remarks: list[str] = []
    for path in paths:
        tables, unread = sqltext.read(path)
        remarks += (f"{each.place}: {each.text}" for each in unread)
        if path.name == DATABASE[0]:
            groups = sqlexports.groups_of(tables, path.name)
            notes.append(f"{path.name}: {len(groups)} CallManager groups")
        else:
            parameters = sqlexports.parameters_of(tables, path.name)
            used = sum(name in sqlexports.USED for name in parameters)
            notes.append(f"{path.name}: {len(parameters)} parameters, {used} of them used")
    merged, disagreements = sqlexports.merged(file, groups, parameters)
    return merged, paths, tuple(notes), (*remarks, *disagreements)


DATABASE = ("cmgroups.sql.txt", "parameters.sql.txt")


def with_power(
    file: ClusterFile, listed: Inventory, seen: Mapping[str, Sighting], cluster: Cluster
) -> ClusterFile:
    """The cluster file with phones that RISPort did not see registered as off since they were last seen.

    Of when, only the order to the served lists matters; so phones share a few entries.
    """
    stamps = sorted(
        {
            float(each.timestamp)
            for node in cluster.nodes
            for each in (node.ctl, node.itl)
            if each is not None and each.timestamp is not None
        }
    )
    off: dict[int, list[Sighting]] = {}
    for phone in listed.phones:
        sighting = seen.get(phone.name.upper())
        if sighting is not None and not sighting.registered:
            off.setdefault(bisect.bisect_right(stamps, sighting.moment), []).append(sighting)
    entries = tuple(
        OffEntry(
            devices=frozenset(each.name.upper() for each in sightings),
            since=max(each.moment for each in sightings),
            place=sightings[0].file,
        )
        for _, sightings in sorted(off.items())
    )
    return attrs.evolve(file, off=(*file.off, *entries))


def _unread(folder: Path, read: set[str]) -> tuple[tuple[str, str], ...]:
    found = []
    for path in sorted(folder.iterdir()):
        if path.name in read or path.name.startswith("."):
            continue
        planned = any(path.match(pattern) for pattern in PLANNED)
        found.append((path.name, "not read yet" if planned else "not a name of the snapshot's grammar"))
    return tuple(found)
