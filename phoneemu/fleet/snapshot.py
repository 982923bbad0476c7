"""Snapshot: a folder of exports, read and understood, with what was not.

The folder's grammar is docs/snapshot.md. Reading contacts nobody and changes nothing.
"""

import bisect
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import attrs

from phoneemu.catalogue import catalogue
from phoneemu.cluster.runbook import PhoneFilter
from phoneemu.cluster.state import Cluster
from phoneemu.core.names import Identity
from phoneemu.errors import BadInput
from phoneemu.fleet import (
    assumptions,
    clusterfile,
    competing,
    dating,
    filters,
    holding,
    owners,
    releases,
    sqlexports,
    terminal,
    unmatched,
)
from phoneemu.fleet.addressing import addressed
from phoneemu.fleet.certificates import node_of
from phoneemu.fleet.certplacing import Placed
from phoneemu.fleet.clusterfile import ClusterFile, OffEntry
from phoneemu.fleet.clustermaking import make_cluster
from phoneemu.fleet.gathering import Gathered, gather
from phoneemu.fleet.history import read_history
from phoneemu.fleet.holding import Library
from phoneemu.fleet.listed import Inventory, rows_left_out
from phoneemu.fleet.listexports import ListExport, sightings
from phoneemu.fleet.mixture import refuse_lists_apart, refuse_mixtures
from phoneemu.fleet.recognising import HISTORY, Kind, Recognised, recognise
from phoneemu.fleet.risport import Sighting
from phoneemu.fleet.roster import as_roster

OF_PHONES = frozenset(
    {Kind.PHONES, Kind.SHEET, Kind.SHOWN, Kind.SQL, Kind.SQL_ANSWER, Kind.RIS, Kind.LIST_PHONE, Kind.PAGE}
)
"""Kinds of files in which phones stand."""


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
    placed: Placed = attrs.field(factory=Placed, repr=False)
    """Certificates that were exported as such."""
    remarks: tuple[str, ...] = ()
    evidence: Mapping[str, int] = attrs.field(factory=dict, repr=False)
    """Tables of what phones showed, and of how many phones each tells."""
    left_out: Mapping[str, int] = attrs.field(factory=dict)
    """How many rows of each table could not be read."""
    recognised: tuple[Recognised, ...] = attrs.field(default=(), repr=False)
    """Every file and what it is."""
    today: float = 0.0
    """When it was read, where nobody said when it was made; else 0. In seconds since the epoch."""
    notes: tuple[str, ...] = ()
    alternatives: tuple["Snapshot", ...] = attrs.field(default=(), repr=False, eq=False)
    """The same exports with the other releases it may be of; empty where the release is known."""

    @property
    def release(self) -> str:
        """The release, as a person reads it."""
        return releases.NOT_KNOWN if self.alternatives else self.cluster.release.text

    @property
    def by_content(self) -> tuple[tuple[str, str], ...]:
        """(file, what it is) of those whose names did not say so."""
        return tuple(
            (each.path.name, each.words) for each in self.recognised if each.kinds and not each.named
        )

    @property
    def unread(self) -> tuple[tuple[str, str], ...]:
        """(file, why) of those that were left aside."""
        return tuple((each.path.name, each.why) for each in self.recognised if not each.kinds)


def read_snapshot(folder: Path, *, phones_needed: bool = True) -> Snapshot:
    """Read a snapshot folder.

    Raises:
        BadInput: it is no folder, has no phones (when they are needed), or an export cannot be used.
        OSError: a file cannot be read.
    """
    files, found = _gathered(folder, phones_needed=phones_needed)
    file, disagreements = sqlexports.merged(
        clusterfile.read(folder / "cluster.toml"), found.groups, found.parameters
    )
    clusterfile.check_groups(file)
    file, more = terminal.merged(file, found.printed)
    disagreements = (*disagreements, *more)
    refuse_lists_apart(found.exports)
    owned, doubtful = owners.settled(found.exports, file, found.entries)
    lists = competing.newest(owned)
    found = attrs.evolve(found, exports=lists.counting)
    past, aside = read_history(folder)
    older = (*past, *lists.older)
    doubts = (doubt for each in (*lists.counting, *older) for doubt in each.doubts)
    remarked = (*disagreements, *doubtful, *lists.remarks, *doubts, *aside)
    read = _Read(str(folder), files, found, remarked, older, time.time())
    tried = releases.candidates(file, found.exports, found.entries)
    if not tried:
        return _understood(read, file)
    main, *others = (_understood(read, attrs.evolve(file, release=each)) for each in tried)
    return attrs.evolve(
        main,
        file=attrs.evolve(main.file, release=None),
        basis=main.basis | {assumptions.RELEASE_UNKNOWN.id},
        alternatives=tuple(others),
    )


@attrs.frozen
class _Read:
    """What was read of a folder, before it is known of which release the cluster is."""

    folder: str
    files: tuple[Recognised, ...]
    found: Gathered
    disagreements: tuple[str, ...]
    history: tuple[ListExport, ...]
    today: float


def _understood(read: _Read, file: ClusterFile) -> Snapshot:
    """The snapshot of what was read, with what the cluster file says."""
    found, history = read.found, read.history
    left_out = rows_left_out((*found.inventory.remarks, *found.remarks))
    clock = dating.moment(file, read.today, found.exports, found.entries, found.seen.values())
    made = make_cluster(file, found.exports, found.entries, clock)
    refuse_mixtures(found, made.cluster, file)
    roster = as_roster(found.inventory.phones)
    file = unmatched.with_devices(_with_members(file, found, made.cluster), roster)
    said, off_filters = file, _off_filters(file)
    basis = set(made.basis)
    ended = dating.ended_since(made.cluster, read.today) if file.taken is None else ()
    if ended:
        basis.add(assumptions.DATE.id)
    if not file.phones.holds_served:
        basis.add(assumptions.HOLDS_SERVED.id)
    if found.seen:
        written = [each.listed.timestamp for each in history if each.listed is not None]
        file = with_power(file, found.inventory, found.seen, made.cluster, written)
        if not file.off_said:
            basis.add(assumptions.SEEN.id)
    if not file.off_said and not all(phone.name.upper() in found.seen for phone in found.inventory.phones):
        basis.add(assumptions.POWER.id)
    return Snapshot(
        folder=read.folder,
        file=file,
        inventory=found.inventory,
        cluster=made.cluster,
        exports=found.exports,
        off_filters=off_filters if file is said else _off_filters(file),
        basis=frozenset(basis),
        node_basis=made.node_basis,
        lists=holding.library(
            made.cluster,
            [
                (each.file, addressed(each.listed, made.cluster))
                for each in history
                if each.listed is not None
            ],
        ),
        seen=_seen_at(sightings((*found.exports, *history)), made.placed),
        presence=found.seen,
        placed=made.placed,
        today=read.today if file.taken is None else 0.0,
        remarks=(
            *dating.remarks(made.cluster, ended),
            *_left_out(left_out),
            *made.remarks,
            *read.disagreements,
            *(unmatched.remarks(said, roster, off_filters) if len(roster) else ()),
            *_unknown_servers(found.inventory, made.cluster),
            *_elsewhere(found.seen, made.cluster),
            *(f"{each.place}: {each.text}" for each in found.remarks),
        ),
        notes=(*found.notes, *([f"{HISTORY}/: {len(history)} lists"] if history else [])),
        evidence=found.evidence,
        left_out=left_out,
        recognised=read.files,
    )


def _off_filters(file: ClusterFile) -> dict[OffEntry, PhoneFilter]:
    return {entry: filters.parse(entry.where, entry.place, catalogue()) for entry in file.off if entry.where}


def _gathered(folder: Path, *, phones_needed: bool) -> tuple[tuple[Recognised, ...], Gathered]:
    """Every file, and what they say."""
    if not folder.is_dir():
        raise BadInput("not a folder of exports", place=str(folder))
    files = recognise(folder)
    if phones_needed and not any(OF_PHONES & set(each.kinds) for each in files):
        aside = ", ".join(each.path.name for each in files if not each.kinds)
        what = "no phones in it: a table such as phones.csv, text of `run sql`, or an answer of RISPort"
        raise BadInput(what + (f"; not recognised: {aside[:200]}" if aside else ""), place=str(folder))
    found = gather(files)
    if phones_needed and not found.inventory.phones:
        first = next((f"; {each.place}: {each.text}" for each in found.inventory.remarks), "")
        raise BadInput(f"no phone that can be read in any file of it{first}", place=str(folder))
    return files, found


def _seen_at(
    listed: Mapping[Identity, tuple[str, ...]], placed: Placed
) -> Mapping[Identity, tuple[str, ...]]:
    """Where each certificate was read: in lists, then in exports of certificates."""
    found = dict(listed)
    own = [each for units in placed.own.values() for each in units.values()]
    for each in (*own, *(each for held in placed.stores.values() for each in held)):
        if each.origin not in found.get(each.identity, ()):
            found[each.identity] = (*found.get(each.identity, ()), each.origin)
    return found


def _left_out(rows: Mapping[str, int]) -> list[str]:
    return [f"{name}: {count:,} rows are left out of everything that follows" for name, count in rows.items()]


def _with_members(file: ClusterFile, found: Gathered, cluster: Cluster) -> ClusterFile:
    """The cluster file with the members of its groups as the nodes are named.

    Raises:
        BadInput: the database names a member that is no node; names file and line.
    """
    names = {**{known: node.name for known, node in cluster.by_name.items()}}
    groups: dict[str, tuple[str, ...]] = {}
    places = {(group, each.name): each.place for group, members in found.groups.items() for each in members}
    for group, members in file.groups.items():
        nodes: list[str] = []
        for member in members:
            node = node_of(member, names)
            if node is None:
                known = ", ".join(each.name for each in cluster.nodes)
                why = f"{group} has a member {member!r}, which is no node that is known; known are {known}"
                place = places.get((group, member), f"{file.file}: groups.{group!r}")
                raise BadInput(f"{why}: declare it as [[node]] with its name and address", place=place)
            nodes.append(node)
        groups[group] = tuple(nodes)
    return attrs.evolve(file, groups=MappingProxyType(groups))


def _elsewhere(seen: Mapping[str, Sighting], cluster: Cluster) -> list[str]:
    """Phones that RISPort saw under a node that nobody declared."""
    names = {known: node.name for known, node in cluster.by_name.items()}
    count = Counter((each.file, each.node) for each in seen.values() if each.node)
    return [
        f"{file}: {number} phones stand under {node}, which no export names as a node of this cluster"
        for (file, node), number in count.items()
        if node_of(node, names) is None
    ]


def _unknown_servers(listed: Inventory, cluster: Cluster) -> list[str]:
    """TFTP servers that phones name and no node is: nothing is taken from them."""
    asked: Counter[str] = Counter()
    for traits, phones in as_roster(listed.phones).by_kind().items():
        for server in traits.tftp.split():
            asked[server] += phones
    return [
        f"{count} phones ask the TFTP server {server}, which no export names as a node: nothing is taken "
        "from that; an `address` under [[node]] would tell"
        for server, count in asked.items()
        if cluster.node(server) is None
    ]


def with_power(
    file: ClusterFile,
    listed: Inventory,
    seen: Mapping[str, Sighting],
    cluster: Cluster,
    written: Sequence[int | None] = (),
) -> ClusterFile:
    """The cluster file with what RISPort tells of power.

    A phone that is not registered is off since it was last seen, unless the file speaks of power itself. One
    that has been registered since before a list was written has not started since, and cannot hold that
    list; unless the file says that phones hold what is served. Of when, only the order to the lists served
    and to older ones (`written`) matters; so phones share a few entries.
    """
    served = [
        float(each.timestamp)
        for node in cluster.nodes
        for each in (node.ctl, node.itl)
        if each is not None and each.timestamp is not None
    ]
    stamps = sorted({*served, *(float(each) for each in written if each is not None)})
    newest = max(served, default=0.0)
    found: dict[tuple[bool, int], list[Sighting]] = {}
    for phone in listed.phones:
        sighting = seen.get(phone.name.upper())
        if sighting is None:
            continue
        place = bisect.bisect_right(stamps, sighting.moment)
        if sighting.registered:
            counts = 0.0 < sighting.moment < newest and not file.phones.holds_served
        else:
            counts = not file.off_said
        if counts:
            found.setdefault((sighting.registered, place), []).append(sighting)
    entries = tuple(
        OffEntry(
            devices=frozenset(each.name.upper() for each in sightings),
            since=max(each.moment for each in sightings),
            place=sightings[0].file,
            powered=registered,
        )
        for (registered, _), sightings in sorted(found.items(), key=lambda item: item[0])
    )
    return attrs.evolve(file, off=(*file.off, *entries))
