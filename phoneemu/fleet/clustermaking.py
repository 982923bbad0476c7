"""The cluster as its exports show it: nodes, certificates, stores and the lists each node serves.

What an export says is taken; what none says is made as a cluster of that release would have it, and named as
an assumption. Lists that were exported are served as they are, even where they contradict the certificates.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import attrs

from phoneemu.cluster import certs, publish, tvs
from phoneemu.cluster import release as since
from phoneemu.cluster.nodenames import why_no_node_name
from phoneemu.cluster.release import parse_release
from phoneemu.cluster.state import (
    CALLMANAGER,
    CAPF,
    SIGNATURE_ALGORITHM,
    TFTP,
    TOMCAT,
    TVS,
    Certificate,
    Cluster,
    Node,
)
from phoneemu.core import limits
from phoneemu.core.trustlist import FILE_SIGNER_ROLES, ListKind, Role, TrustList
from phoneemu.errors import BadInput
from phoneemu.fleet import assumptions, certplacing
from phoneemu.fleet.addressing import addressed, misplaced
from phoneemu.fleet.certentries import CertEntry
from phoneemu.fleet.certificates import Found, find_certificates, node_of
from phoneemu.fleet.certplacing import Placed
from phoneemu.fleet.clusterfile import ClusterFile, NodeEntry
from phoneemu.fleet.listexports import ListExport, nodes_named, odd_names, sightings
from phoneemu.fleet.owners import addresses_said
from phoneemu.fleet.terminal import label

NEWEST_COMMON = "12.5(1)"
"""Release taken when nothing tells: the oldest whose lists are like those of every later one [assumed]."""


@attrs.frozen(kw_only=True)
class Made:
    """The cluster, what was assumed for all phones and for those of some nodes, and what contradicts.

    `placed` are the certificates that exports of certificates gave it.
    """

    cluster: Cluster
    placed: Placed
    basis: frozenset[str]
    node_basis: Mapping[str, frozenset[str]]
    remarks: tuple[str, ...]


def make_cluster(
    file: ClusterFile, exports: Sequence[ListExport], entries: Sequence[CertEntry] = (), clock: float = 0.0
) -> Made:
    """Build the cluster as it was at this moment; `entries` are certificates that were exported as such.

    Raises:
        BadInput: an export is named after a node nobody declared, no node is known at all, or too many are.
    """
    basis: set[str] = set()
    nodes_said = _not_too_many(_entries(file, exports, entries, basis), file)
    names = {entry.name.lower(): entry.name for entry in nodes_said}
    names |= {entry.address.lower(): entry.name for entry in nodes_said if entry.address}
    _check_owners(exports, names, file)
    exports = [  # a CTL is the same on every node, so a mere word in a name makes it no single node's
        each
        if each.node or each.kind is ListKind.CTL
        else attrs.evolve(each, node=certplacing.node_in(each.file, names) or "")
        for each in exports
    ]
    publisher = next((entry.name for entry in nodes_said if entry.publisher), nodes_said[0].name)
    placed = certplacing.place(entries, names, publisher, sightings(exports))
    listed = find_certificates(exports, names, publisher)
    found = _with_placed(listed, placed)
    loaded = _loaded(exports, names, listed, placed)
    ctl = next((each for each in exports if each.kind is ListKind.CTL and each.listed is not None), None)
    cluster = attrs.evolve(_bare(file, exports, ctl, basis), clock=clock)
    addresses = _addresses(exports, entries, names)
    aliases = _aliases(exports, names)
    nodes = tuple(
        attrs.evolve(
            _node(cluster, entry, entry.name == publisher, found, loaded),
            aliases=aliases[entry.name],
            address=entry.address or addresses.get(entry.name, ""),
        )
        for entry in nodes_said
    )
    tokens = found.tokens or _made_tokens(cluster, ctl)
    cluster = attrs.evolve(cluster, nodes=nodes, etokens=MappingProxyType(dict(tokens)))
    cluster = certs.add_to_stores(certs.with_stores(cluster), placed.stores)
    missing = {
        name: _missing(found, name, cluster.by_name[name.lower()])
        | (frozenset({assumptions.NOT_RESTARTED.id}) if name in loaded else frozenset())
        for name in names.values()
    }
    cluster, unlisted = _with_lists(cluster, exports, names)
    return Made(
        cluster=cluster,
        placed=placed,
        basis=frozenset(basis),
        node_basis={name: missing[name] | unlisted.get(name, frozenset()) for name in missing},
        remarks=(
            *found.remarks,
            *placed.remarks,
            *_uncounted(cluster, file),
            *_contradictions(cluster, exports),
            *_strangers(exports, names, file),
        ),
    )


def _with_addresses(export: ListExport, cluster: Cluster) -> ListExport:
    listed = export.listed
    return export if listed is None else attrs.evolve(export, listed=addressed(listed, cluster))


def _with_placed(found: Found, placed: Placed) -> Found:
    """What the lists say, with exported certificates in the place of those that lists name."""
    return attrs.evolve(
        found, own={name: {**units, **placed.own.get(name, {})} for name, units in found.own.items()}
    )


def _made_tokens(cluster: Cluster, ctl: ListExport | None) -> Mapping[str, Certificate]:
    """Two tokens of made-up names, where a CTL that nobody exported cannot be without any."""
    if ctl is not None or not cluster.mixed or since.TOKENLESS_CTL.holds(cluster.release):
        return {}
    return {name: certs.etoken(name) for name in ("token-1", "token-2")}


def _entries(
    file: ClusterFile, exports: Sequence[ListExport], entries: Sequence[CertEntry], basis: set[str]
) -> tuple[NodeEntry, ...]:
    if file.nodes:
        return file.nodes
    named = nodes_named(exports)
    beside = _beside(file, exports, entries)
    if not named and not beside and not file.seen:
        raise BadInput(
            "no node is known, and phones alone cannot be predicted: declare each server as [[node]], or add "
            "`show itl` of the TFTP nodes, `show network cluster`, certificates or CallManager groups",
            place=file.file if file.present else f"{file.file} (not there)",
        )
    basis.add(assumptions.NODES.id)
    without_tftp = frozenset({CALLMANAGER, TVS}) if named else NodeEntry(name="").services
    found = [NodeEntry(name=name) for name in named]
    found += (NodeEntry(name=name, services=without_tftp) for name in beside)
    seen = {label(each.name): each for each in file.seen}
    found = [_as_seen(each, seen.pop(label(each.name), None)) for each in found]
    found += (attrs.evolve(each, services=without_tftp) for each in seen.values())
    if any(each.publisher for each in found):
        return tuple(found)
    return tuple(attrs.evolve(entry, publisher=number == 0) for number, entry in enumerate(found))


def _not_too_many(nodes: tuple[NodeEntry, ...], file: ClusterFile) -> tuple[NodeEntry, ...]:
    if len(nodes) > limits.NODES:
        raise BadInput(f"{len(nodes):,} nodes; at most {limits.NODES} are worked with", place=file.file)
    return nodes


def _as_seen(entry: NodeEntry, seen: NodeEntry | None) -> NodeEntry:
    """A node with the address and the role that `show network cluster` gives it."""
    if seen is None:
        return entry
    address = "" if entry.name == seen.address else seen.address
    return attrs.evolve(entry, address=address, publisher=seen.publisher)


def _beside(file: ClusterFile, exports: Sequence[ListExport], entries: Sequence[CertEntry]) -> list[str]:
    """Nodes that certificates or groups name and no list does; an address alone names none."""
    known = {name.lower(): name for name in nodes_named(exports)}
    found: list[str] = []
    members = (member for group in file.groups.values() for member in group)
    for server in (*certplacing.servers_of(entries), *members):
        if node_of(server, known) is None and not server[:1].isdigit() and not why_no_node_name(server):
            known[server.lower()] = server
            found.append(server)
    return found


def _addresses(
    exports: Sequence[ListExport], entries: Sequence[CertEntry], names: Mapping[str, str]
) -> dict[str, str]:
    """The address of each node for which certificate exports or lists say one that nobody declared."""
    found: dict[str, str] = {}
    for address, said in addresses_said(exports, entries):
        node = node_of(said, names)
        if node is not None and address not in names:
            found.setdefault(node, address)
    return found


def _check_owners(exports: Sequence[ListExport], names: Mapping[str, str], file: ClusterFile) -> None:
    for export in exports:
        if export.node and node_of(export.node, names) is None:
            raise BadInput(
                f"named after node {export.node!r}, which {file.file} does not declare; "
                f"it has {', '.join(dict.fromkeys(names.values()))}",
                place=export.file,
            )


def _bare(
    file: ClusterFile, exports: Sequence[ListExport], ctl: ListExport | None, basis: set[str]
) -> Cluster:
    """The cluster without nodes."""
    release = file.release
    if release is None:
        basis.add(assumptions.RELEASE.id)
        release = _release_by_lists(exports)
    mixed = file.mixed
    if mixed is None:
        basis.add(assumptions.MIXED.id)
        mixed = ctl is not None and ctl.listed is not None and bool(ctl.listed.file_signers)
    has_capf = any(Role.CAPF in _roles(each) for each in exports)
    says_capf = any(CAPF in entry.services for entry in file.nodes)
    return Cluster(
        name=file.name or "cluster",
        release=parse_release(release, place=f"{file.file}: release"),
        nodes=(),
        mixed=mixed,
        parameters=MappingProxyType(dict(file.parameters)),
        min_tls=file.min_tls or "1.0",
        export_allowed=file.export_allowed,
        capf_active=has_capf or says_capf or not exports,
        organisation=_organisation(exports),
    )


def _roles(export: ListExport) -> frozenset[int]:
    records = export.listed.records if export.listed is not None else ()
    return frozenset(record.role for record in records if record.role is not None)


def _release_by_lists(exports: Sequence[ListExport]) -> str:
    """The oldest release that writes such lists: ITLRecovery signs from 12.0, is listed from 10.0."""
    itls = [each.listed for each in exports if each.kind is ListKind.ITL and each.listed is not None]
    if not itls or any(
        itl.signer is not None and itl.signer.common_name.upper().startswith("ITLRECOVERY") for itl in itls
    ):
        return NEWEST_COMMON
    if any(signer.common_name.upper().startswith("ITLRECOVERY") for itl in itls for signer in itl.sast):
        return "11.5(1)"
    return "9.1(2)"


def _organisation(exports: Sequence[ListExport]) -> str:
    """What follows the CN in this cluster's own names, so that a renewed certificate keeps its name."""
    for export in exports:
        for signer in sorted(export.listed.file_signers, key=str) if export.listed is not None else ():
            head, separator, rest = signer.subject.partition(";")
            if head.upper().startswith("CN="):
                return separator + rest
    return ";O=unknown"


def _loaded(
    exports: Sequence[ListExport], names: Mapping[str, str], listed: Found, placed: Placed
) -> dict[str, Certificate]:
    """Nodes whose own ITL names another CallManager certificate than was exported, with the one it names.

    With the exported one loaded, TFTP would have written another ITL; so neither service was restarted since.
    """
    found: dict[str, Certificate] = {}
    for export in exports:
        node = node_of(export.node, names) if export.kind is ListKind.ITL else None
        named = None if node is None else listed.own[node].get(CALLMANAGER)
        signs = export.listed.file_signers if export.listed is not None else frozenset()
        has = None if node is None else placed.own.get(node, {}).get(CALLMANAGER)
        if node is None or named is None or has is None or named.identity not in signs:
            continue
        if has.identity != named.identity:
            found[node] = named
    return found


def _node(
    cluster: Cluster,
    entry: NodeEntry,
    publisher: bool,  # noqa: FBT001
    found: Found,
    loaded: Mapping[str, Certificate],
) -> Node:
    bare = certs.bare_node(
        cluster, entry.name, publisher=publisher, services=entry.services, address=entry.address
    )
    own: dict[str, Certificate] = {**bare.own, **found.own[entry.name]}
    own[CALLMANAGER] = _compared(own[CALLMANAGER], own[TOMCAT], cluster)
    running = certs.running_of(own)
    if entry.name in loaded:
        running |= dict.fromkeys((TFTP, CALLMANAGER), _compared(loaded[entry.name], own[TOMCAT], cluster))
    return attrs.evolve(
        bare,
        own=MappingProxyType(own),
        running=MappingProxyType(running),
        up=entry.up,
        proxy_for=frozenset(name.lower() for name in entry.proxy_for),
        blocked_ports=frozenset({tvs.PORT}) if entry.tvs_reachable is False else frozenset(),
    )


def _compared(callmanager: Certificate, tomcat: Certificate, cluster: Cluster) -> Certificate:
    """A CallManager certificate that says whether it is tomcat's, reused: unknown without tomcat's."""
    if not (callmanager.multi_san and since.TOMCAT_REUSE.holds(cluster.release)):
        return callmanager
    same = None if tomcat.origin == certs.MADE else tomcat.identity == callmanager.identity
    return attrs.evolve(callmanager, of_tomcat=same)


def _aliases(exports: Sequence[ListExport], names: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """The names of each node in the lists' records, where they are not its own."""
    found: dict[str, set[str]] = {name: set() for name in names.values()}
    for export in exports:
        for record in export.listed.records if export.listed is not None else ():
            node = node_of(record.dns_name, names)
            if node is not None and record.dns_name.lower() != node.lower():
                found[node].add(record.dns_name.lower())
    return {name: frozenset(aliases) for name, aliases in found.items()}


def _missing(found: Found, name: str, node: Node) -> frozenset[str]:
    wanted = {unit for unit in (CALLMANAGER, TVS) if unit in node.services or unit == CALLMANAGER}
    if wanted <= set(found.own[name]):
        return frozenset()
    return frozenset({assumptions.CERTIFICATE_MADE.id})


def _with_lists(
    cluster: Cluster, exports: Sequence[ListExport], names: Mapping[str, str]
) -> tuple[Cluster, dict[str, frozenset[str]]]:
    """Give every node the lists that were exported for it, and make those that were not."""
    made: dict[str, frozenset[str]] = {}
    exports = [_with_addresses(each, cluster) for each in exports]
    ctl, says_none = _ctl(exports, names)
    newest = max(ctl.values(), key=lambda each: each.timestamp or 0, default=None)
    tokens = tuple(cluster.etokens.values()) if not ctl else ()
    for node in cluster.nodes:
        listed = _itl(exports, node, names)
        served = ctl.get(node.name, ctl.get(""))
        if served is None and node.name not in says_none and "" not in says_none:
            served = newest
            if newest is not None:
                made[node.name] = frozenset({assumptions.CTL_SHARED.id})
            elif cluster.mixed:
                served = _undated(publish.ctl_of(cluster, next(iter(tokens), None), tokens))
                made[node.name] = frozenset({assumptions.LIST_MADE.id, assumptions.CTL_SIGNER.id})
        if listed is None and TFTP in node.services:
            listed = _undated(publish.itl_of(cluster, node))
            made[node.name] = made.get(node.name, frozenset()) | {assumptions.LIST_MADE.id}
        served_itl = listed if TFTP in node.services else None
        cluster = cluster.with_node(attrs.evolve(node, itl=served_itl, ctl=served, tvs_ctl=served))
    return cluster, made


def _undated(made: TrustList | None) -> TrustList | None:
    """A list that was made up: nobody knows when a cluster would have written it."""
    return None if made is None else attrs.evolve(made, timestamp=None)


def _ctl(
    exports: Sequence[ListExport], names: Mapping[str, str]
) -> tuple[dict[str, TrustList], frozenset[str]]:
    """(CTL by node name, "" for all nodes; the nodes, or "", of which a text says that there is none)."""
    found: dict[str, TrustList] = {}
    none: set[str] = set()
    for export in exports:
        if export.kind is ListKind.CTL:
            node = node_of(export.node, names) or ""
            if export.listed is None:
                none.add(node)
            else:
                found.setdefault(node, export.listed)
    return found, frozenset(none)


def _itl(exports: Sequence[ListExport], node: Node, names: Mapping[str, str]) -> TrustList | None:
    """The ITL exported for a node: by the file's name, else by the TFTP record in it."""
    itls = [each for each in exports if each.kind is ListKind.ITL and each.listed is not None]
    named = next((each.listed for each in itls if node_of(each.node, names) == node.name), None)
    if named is not None:
        return named
    for each in itls:
        if not each.node and each.listed is not None:
            servers = {node_of(server, names) for server in each.listed.tftp_servers}
            if node.name in servers:
                return each.listed
    return None


def _strangers(exports: Sequence[ListExport], names: Mapping[str, str], file: ClusterFile) -> list[str]:
    """Servers of lists that are no nodes: cluster.toml declares others, or the name can be none's."""
    if not file.nodes:
        return list(odd_names(exports))
    found: dict[str, str] = {}
    for export in exports:
        for number, record in enumerate(export.listed.records if export.listed is not None else (), 1):
            serves = record.role in SERVER_ROLES and record.dns_name and record.identity is not None
            if serves and node_of(record.dns_name, names) is None:
                found.setdefault(record.dns_name.lower(), export.place(number))
    return [
        f"{place} names the server {name}, which {file.file} does not declare: it is taken as not there"
        for name, place in found.items()
    ]


def _uncounted(cluster: Cluster, file: ClusterFile) -> list[str]:
    """Parameters that this release does not have."""
    set_in = next((name for name in file.parameters if name.lower() == SIGNATURE_ALGORITHM.lower()), None)
    if set_in is None or since.SHA512_OFFERED.holds(cluster.release):
        return []
    return [f"{file.file}: `{set_in}` exists from 11.5(1) on and does not count on {cluster.release.text}"]


SERVER_ROLES = frozenset({*FILE_SIGNER_ROLES, Role.TVS})
"""Roles of servers that phones ask."""


def _contradictions(cluster: Cluster, exports: Sequence[ListExport]) -> list[str]:
    found = list(misplaced(exports, cluster))
    for export in exports:
        listed = export.listed
        if export.kind is not ListKind.CTL:
            found += _said_absent(cluster, export) if listed is None else ()
            continue
        if cluster.mixed and listed is None:
            found.append(f"{export.file}: no CTL there, although the cluster is in mixed mode")
        if not cluster.mixed and listed is not None and listed.file_signers:
            found.append(
                f"{export.file}: a CTL that names call servers, although the cluster is not in mixed mode; "
                "phones that hold it go on judging by it"
            )
    return found


def _said_absent(cluster: Cluster, export: ListExport) -> Iterator[str]:
    """Where an ITL is made up of which a text says that there is none, or no node is known that lacks it."""
    node = cluster.node(export.node) if export.node else None
    if node is None:
        yield f"{export.file}: no ITL there, of which node is not known: nothing is taken from it"
    elif node.itl is not None and node.itl.origin == publish.PLANNED:
        yield (
            f"{export.file}: no ITL there, although {node.name} is taken to run TFTP: it is taken to serve "
            "the one that its certificates call for; `services` of its [[node]] says if it runs none"
        )
