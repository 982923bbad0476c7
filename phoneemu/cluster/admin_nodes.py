"""Commands that change what a node is: its name, its domain, FIPS mode, a new node, a fresh installation.

Each of them gives a node new certificates [SG15-fips, IPCHG-010, SG125-ctl]. Which lists follow, and when, is
the same as after any renewal. This is not about one certificate at a time: that is admin_certs.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import attrs

from phoneemu.cluster import publish
from phoneemu.cluster import release as since
from phoneemu.cluster.admin_certs import phones_reset, renewed, replaced
from phoneemu.cluster.admin_services import UNCHECKED, risen
from phoneemu.cluster.certs import add_to_stores, bare_node, copies_of
from phoneemu.cluster.nodenames import check_node_name
from phoneemu.cluster.performing import Office, Performed
from phoneemu.cluster.runbook import Step
from phoneemu.cluster.state import (
    CALLMANAGER,
    CAPF,
    ITL_RECOVERY,
    TFTP,
    TVS,
    Cluster,
    Node,
)
from phoneemu.core import limits
from phoneemu.core.names import is_address
from phoneemu.errors import BadInput

_ROLES: Mapping[str, frozenset[str]] = {
    "callmanager": frozenset({CALLMANAGER, TVS}),  # TVS runs wherever CallManager does [SERV125]
    "tftp": frozenset({TFTP}),
    "tvs": frozenset({TVS}),
    "capf": frozenset({CAPF}),
}
_STARS = "*" * 56


def _name_free(office: Office, name: str, step: Step, but: Node | None = None) -> None:
    """Two nodes of one name could not be told apart; a node may have back what was its own.

    Raises:
        BadInput: a node or cluster has this name already.
    """
    for known in (office.cluster, *office.others.values()):
        if known.node(name) not in (None, but):
            raise BadInput(f"cluster {known.name} has a node `{name}` already", place=step.place)


def _all_renewed(office: Office, node: Node, units: Iterable[str], step: Step, host: str = "") -> Cluster:
    """The cluster after these own certificates of a node were made anew, self-signed.

    `host` is the name they bear now, where that changed.
    """
    cluster = office.cluster
    for unit in units:
        old = node.own[unit]
        there = attrs.evolve(office, cluster=cluster)
        subject = f"CN={host}{cluster.organisation}" if host and unit not in (CAPF, ITL_RECOVERY) else ""
        cluster = replaced(cluster, old, renewed(there, node, old, step, subject))
    return cluster


def _published_after(cluster: Cluster, name: str) -> Cluster:
    """The node restarts and writes its ITL; from 14 every other node does so too [SG15-tftp]."""
    cluster = risen(cluster, cluster.by_name[name.lower()])
    return publish.with_all_itls(cluster) if since.NO_TFTP_RESTART_NEEDED.holds(cluster.release) else cluster


# ---------------------------------------------------------------- names


def hostname(office: Office, node: Node, step: Step) -> Performed:
    """`set network hostname`: every certificate of the node but ITLRecovery; all phones reset [IPCHG-010].

    Raises:
        BadInput: the name is taken, or cannot be a node's.
    """
    new = step.args[0]
    check_node_name(new, step.place)
    _name_free(office, new, step, node)
    named = attrs.evolve(node, name=new, aliases=node.aliases | ({node.name.lower()} - node.formerly))
    named = attrs.evolve(named, aliases=named.aliases | ({named.listed_as.lower()} - {new.lower()}))
    nodes = tuple(named if each.name == node.name else each for each in office.cluster.nodes)
    there = attrs.evolve(office, cluster=attrs.evolve(office.cluster, nodes=nodes))
    units = sorted(set(node.own) - {ITL_RECOVERY})
    cluster = _all_renewed(there, named, units, step, host=new)
    cluster = publish.with_all_itls(risen(cluster, cluster.by_name[new.lower()]))
    return Performed(
        cluster=cluster,
        lines=(
            "Security Warning : This operation will regenerate",
            "       all CUCM Certificates including any third party",
            "       signed Certificates that have been uploaded. ",
            "",
            f"Enter the hostname:: {new}",
            "Do you want to continue [yes/no]? yes",
            f"updating server table from:'{node.name}', to: '{new}'",
            "calling 4 of 5 component notification script: regenerate_all_certs.sh",
        ),
        resets=True,
        remarks=(
            "ITLRecovery is kept, all other certificates of the node are new [IPCHG-010]",
            f"phones are taken to reach {new} by the address they have [assumed]",
            *_ctl_is_stale(cluster),
        ),
    )


def address(office: Office, node: Node, step: Step) -> Performed:
    """`set network ip`: the node's certificates stay, all phones reset to fetch new lists [IPCHG-010].

    Raises:
        BadInput: another node has this address.
    """
    new = step.args[0]
    _name_free(office, new, step, node)
    left = {each for each in (*node.known_as, *node.formerly) if is_address(each)} - {new.lower()}
    moved = attrs.evolve(node, address=new, aliases=node.aliases - left, formerly=frozenset(left))
    cluster = publish.with_all_itls(office.cluster.with_node(moved))
    return Performed(cluster=cluster, resets=True, remarks=tuple(_remarks_on_address(cluster, node, new)))


def _remarks_on_address(cluster: Cluster, node: Node, new: str) -> Iterator[str]:
    yield "certificates are not renewed by the command line; the page's text says they are [IPCHG-010]"
    yield f"phones that know {node.name} by its old address find nobody there until DHCP names the new one"
    if not any(is_address(each) for each in node.known_as):
        yield (
            f"nothing says which address {node.name} had, so all phones are taken to know it by name; say "
            "`address` of each [[node]], and under [phones] the addresses that DHCP gives them as `tftp`"
        )
    if cluster.mixed and not (
        node.ctl is not None and new in node.ctl.tftp_addresses | node.ctl.tftp_servers
    ):
        yield (
            f"the CTL has the old address of {node.name} until `utils ctl update CTLFile`: phones believe no "
            "file from the new one, and secure connections to it fail [IPCHG-01, IPCHG-010]"
        )


def domain(office: Office, node: Node, step: Step) -> Performed:
    """`set network domain`: the node's certificates under its full name, and a restart [IPCHG-011]."""
    said = step.args[0]
    host = f"{node.name.partition('.')[0]}.{said}"
    units = sorted(set(node.own) - {ITL_RECOVERY})
    renewed_ones = _all_renewed(office, node, units, step, host=host)
    cluster = _published_after(_marked_by_domain(renewed_ones, node.name), node.name)
    return Performed(
        cluster=cluster,
        lines=(
            "         ***   W A R N I N G   ***",
            "Adding/deleting or changing domain name on this server will break",
            "database replication. Once you have completed domain modification",
            "on all systems that you intend to modify, please reboot all the",
            "servers in the cluster.",
            "The server will now be rebooted. Do you wish to continue.",
            "Continue (y/n)?y",
        ),
        resets=_resets(cluster, cluster.by_name[node.name.lower()], units),
        remarks=(
            _KEPT_BY_DOMAIN,
            *_ctl_is_stale(cluster),
        ),
    )


_KEPT_BY_DOMAIN = (
    "ITLRecovery is taken to be kept, as after a new host name [inferred from IPCHG-010]; against it: all "
    "certificates of the node are made anew [CLI15-set]"
)


def _marked_by_domain(cluster: Cluster, name: str) -> Cluster:
    """The cluster that remembers which certificates sources differ about after a new domain name.

    The prompt says of both commands that all certificates are made anew, and of a new host name it is known
    that ITLRecovery is not [IPCHG-010, IPCHG-011]; so the same is inferred of a domain.
    """
    own = cluster.by_name[name.lower()].own
    kept, made = (
        frozenset({own[unit].identity} if unit in own else ()) for unit in (ITL_RECOVERY, CALLMANAGER)
    )
    return attrs.evolve(
        cluster,
        kept_by_domain=cluster.kept_by_domain | kept,
        made_by_domain=cluster.made_by_domain | made,
    )


def _ctl_is_stale(cluster: Cluster) -> tuple[str, ...]:
    if not cluster.mixed:
        return ()
    return ("the CTL names the old certificates until `utils ctl update CTLFile` [IPCHG-0100]",)


def _resets(cluster: Cluster, node: Node, units: Iterable[str]) -> bool:
    return any(phones_reset(cluster, node, unit) for unit in units)


# ---------------------------------------------------------------- FIPS


def fips(office: Office, node: Node, step: Step) -> Performed:
    """`utils fips enable|disable`: new certificates on this node and a restart [SG15-fips]."""
    enables = step.args[0].lower() == "enable"
    cluster = office.cluster
    kept = {ITL_RECOVERY} if since.FIPS_KEEPS_ITL_RECOVERY.holds(cluster.release) else set()
    units = sorted(set(node.own) - kept)
    cluster = _published_after(_all_renewed(office, node, units, step), node.name)
    return Performed(
        cluster=cluster,
        lines=(
            f"This will change the system to {'FIPS' if enables else 'NON-FIPS'} mode and will reboot.",
            "Do you want to continue (yes/no)? yes",
            "",
            "Generating certificates...Setting FIPS mode in operating system.",
            f"FIPS mode {'enabled' if enables else 'disabled'} successfully.",
            _STARS,
            "It is highly recommended that after your system restarts",
            "that a system backup is performed.",
            _STARS,
            "The system will reboot in a few minutes.",
        ),
        resets=_resets(cluster, cluster.by_name[node.name.lower()], units),
        remarks=(
            f"new on {node.name}: {', '.join(units)} [SG15-fips]",
            "change one node at a time, so that the other TVS can vouch [SG15-fips]",
            *_ctl_is_stale(cluster),
        ),
    )


# ---------------------------------------------------------------- new nodes


def add_node(office: Office, step: Step) -> Performed:
    """`add-node NAME tftp callmanager tvs`: a subscriber joins with certificates of its own [SG125-ctl].

    Raises:
        BadInput: the name is taken, or the services are not named.
    """
    name, *words = step.args[0].split()
    check_node_name(name, step.place)
    _name_free(office, name, step)
    if len(office.cluster.nodes) >= limits.NODES:
        raise BadInput(f"a cluster of at most {limits.NODES} nodes is emulated", place=step.place)
    unknown = next((word for word in words if word.lower() not in _ROLES), None)
    if unknown is not None or not words:
        what = f"no service `{unknown}`" if unknown else f"say which services {name} runs"
        raise BadInput(f"{what}; known are {', '.join(_ROLES)}", place=step.place)
    services = frozenset[str]().union(*(_ROLES[word.lower()] for word in words))
    cluster = office.cluster
    node = bare_node(cluster, name, publisher=False, services=services, maker=office.maker)
    own = {unit: attrs.evolve(made, origin=f"{step.place} made it") for unit, made in node.own.items()}
    node = attrs.evolve(node, own=MappingProxyType(own))
    joined = attrs.evolve(cluster, nodes=(*cluster.nodes, node))
    joined = add_to_stores(joined, copies_of(node))
    remarks = ["the new node's TVS enters the other ITLs when their TFTP restarts [SG125-ctl]"]
    if since.NO_TFTP_RESTART_NEEDED.holds(cluster.release):
        remarks = ["the new node's TVS enters every ITL at once [SG15-tftp]"]
    if cluster.mixed:
        remarks.append(
            f"{name} has no CTL, and the CTL no {name}, until `utils ctl update CTLFile` [SG125-ctl]"
        )
    return Performed(cluster=_published_after(joined, name), remarks=tuple(remarks))


def reinstall(office: Office, node: Node, step: Step) -> Performed:
    """A fresh installation under the old name, without a backup: every certificate is new [REBUILD221069].

    The database comes from another node; a single server has none, so its trust stores and parameters go.
    """
    cluster = office.cluster
    alone = len(cluster.nodes) == 1
    if alone:
        empty: Mapping[str, str] = MappingProxyType({})
        cluster = attrs.evolve(cluster, mixed=False, parameters=empty, stores=MappingProxyType({}))
    there = attrs.evolve(office, cluster=cluster)
    cluster = _all_renewed(there, node, sorted(node.own), step)
    fresh = attrs.evolve(
        cluster.by_name[node.name.lower()], up=True, stopped=frozenset(), ctl=None, itl=None, tvs_ctl=None
    )
    cluster = cluster.with_node(attrs.evolve(fresh, replicated=None))
    remarks = [f"every certificate of {node.name} is new; its files were not in a backup [REBUILD221069]"]
    if alone:
        remarks.append(
            "a single server installed anew has no parameters or foreign certificates left [inferred]"
        )
    return Performed(
        cluster=_published_after(cluster, node.name), remarks=(*remarks, *_ctl_is_stale(cluster))
    )


def proxy(office: Office, node: Node, step: Step) -> Performed:
    """`proxy-tftp for CLUSTER`: this node's TFTP relays the files of that cluster's devices [PROXYTFTP].

    Raises:
        BadInput: no such cluster is known.
    """
    name = step.args[0].lower()
    others = {each.lower() for each in office.others}
    if name == "other-cluster" and office.others:
        name = next(iter(office.others)).lower()
    if name not in others:
        known = ", ".join(office.others) or "none is known (see --other)"
        raise BadInput(f"no other cluster `{step.args[0]}`; there is {known}", place=step.place)
    changed = attrs.evolve(node, proxy_for=node.proxy_for | {name})
    signed = "ring lists, locales and other common files bear this node's own signature [behaviour-more 35]"
    return Performed(
        cluster=office.cluster.with_node(changed),
        remarks=(signed, UNCHECKED) if publish.rollback(office.cluster) else (signed,),
    )
