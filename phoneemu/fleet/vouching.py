"""Whom a phone could ask: its TVS servers in order, and what each would be worth to it at the end of a plan.

The phone's own story says whom it asked; this says so of all of them, asked or not. Nothing is decided here:
each line compares what a TVS shows and knows with what the phone holds.
"""

from collections.abc import Iterator

from phoneemu.cluster import drive, tvs
from phoneemu.cluster import release as since
from phoneemu.cluster.drive import Station, World
from phoneemu.cluster.state import Cluster, Node
from phoneemu.core.trustlist import Role
from phoneemu.fleet.outcome import serving_node


def lines(station: Station, world: World) -> Iterator[str]:
    """Each TVS server of the phone's configuration with what it is worth; nothing for one that asks none."""
    config = station.flash.config
    if station.profile.asks_tvs.value is False or config is None:
        return
    if not config.tvs_servers:
        yield "  its configuration names no TVS"
        return
    yield "  its TVS servers in order, from its CallManager group"
    for server in config.tvs_servers:
        yield f"       {server}: {_worth(station, world, server)}"


def _worth(station: Station, world: World, server: str) -> str:
    place = world.find(server)
    if place is None:
        return "no such node is known"
    cluster, node = place
    peer = tvs.peer(cluster, node)
    if peer is None:
        return "cannot be reached"
    itl, highest = station.flash.itl, station.profile.tls_max.value
    if itl is None or peer.identity not in itl.tvs:
        return f"answers with {peer.identity.short}, which the phone's ITL does not list as TVS"
    if peer.identity in cluster.expired:
        return f"answers with {peer.identity.short}, which has expired"
    if highest is not None and highest < cluster.min_tls:
        return f"speaks TLS {cluster.min_tls} and later, the phone up to {highest}"
    spoken, lowest = since.highest_tls(cluster.release), station.profile.tls_min.value
    if lowest is not None and lowest > spoken:
        return f"speaks TLS up to {spoken}, the phone {lowest} and later"
    knows = _knowledge(station, world, cluster, node)
    return f"answers with {peer.identity.short}, which the ITL lists; {knows}"


def _knowledge(station: Station, world: World, cluster: Cluster, node: Node) -> str:
    """What it knows of the signers of the lists that the phone is offered."""
    serving = serving_node(station, world)
    offered = () if serving is None else (serving.ctl, serving.itl)
    said = []
    for served in offered:
        if served is not None and served.signer is not None:
            answer = drive.told_by_tvs(cluster, node, served.signer, station)
            known = Role.SAST in answer.roles
            verb = "vouches" if known else "does not vouch"
            how = " (inferred: no source tells the roles of ITLRecovery)" if answer.inferred else ""
            said.append(f"{verb} for the signer of the served {served.kind.name}{how}")
    return ", ".join(said) or "no list is offered to the phone"
