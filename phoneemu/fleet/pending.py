"""What a plan leaves undone: services that do not yet run with what is on their node's disk.

A renewed certificate is shown, and a list or file written with it, only once its service restarts; until then
phones meet the old one. Services restart some day, as phones do, so a prediction goes on to that day.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from phoneemu.cluster import admin_services, publish
from phoneemu.cluster.certs import running_of
from phoneemu.cluster.drive import World
from phoneemu.cluster.state import TFTP, TVS, Certificate, Cluster, Node
from phoneemu.core.trustlist import TrustList
from phoneemu.fleet.story import Late, Stage

_NAMES: Mapping[str, str] = {unit: name for name, unit in admin_services.NAMED.items()}


@attrs.frozen(kw_only=True)
class Pending:
    """One service of one node whose restart is left undone, and the step that made it needed."""

    step: int
    node: str
    unit: str


def pending(stages: Sequence[Stage]) -> tuple[Pending, ...]:
    """The restarts that the steps made needed and no later step performed, in the order of the steps."""
    found: dict[tuple[str, str], Pending] = {}
    first = world = stages[0].world
    for stage in stages[1:]:
        if stage.world is world:
            continue
        world = stage.world
        now = {(node.name, unit) for cluster in world.clusters for node, unit in _of_cluster(cluster, first)}
        found = {place: each for place, each in found.items() if place in now}
        for place in sorted(now - set(found)):
            found[place] = Pending(step=stage.number, node=place[0], unit=place[1])
    return tuple(sorted(found.values(), key=lambda each: each.step))


def late(stages: Sequence[Stage], waiting: Sequence[Pending]) -> Late:
    """The world once those services restarted; and what it would have been earlier, by step."""
    last = stages[-1]
    earlier = {each.step: stages[each.step] for each in waiting}
    of_steps = (
        attrs.evolve(stage, world=_restarted(stage.world, [each for each in waiting if each.step <= step]))
        for step, stage in sorted(earlier.items())
    )
    return Late(stage=attrs.evolve(last, world=_restarted(last.world, waiting)), earlier=tuple(of_steps))


def words(waiting: Iterable[Pending]) -> str:
    """`Cisco CallManager and Cisco Tftp on cm-pub (step 1)`; and so on for other nodes."""
    services: dict[tuple[str, int], list[str]] = {}
    for each in waiting:
        services.setdefault((each.node, each.step), []).append(_NAMES[each.unit])
    return "; ".join(
        f"{' and '.join(sorted(names))} on {node} (step {step})" for (node, step), names in services.items()
    )


def commands(waiting: Iterable[Pending]) -> str:
    """`cm-pub utils service restart Cisco Tftp; ...`: what an administrator types to make up for it."""
    typed = (f"{each.node} utils service restart {_NAMES[each.unit]}" for each in waiting)
    return "; ".join(typed)


def _restarted(world: World, waiting: Iterable[Pending]) -> World:
    """The same world after these services started anew."""
    clusters = list(world.clusters)
    for each in waiting:
        for at, cluster in enumerate(clusters):
            node = cluster.by_name.get(each.node.lower())
            if node is not None:
                clusters[at] = admin_services.started(cluster, node, each.unit)
    return World(clusters=tuple(clusters))


def _of_cluster(cluster: Cluster, first: World) -> Iterator[tuple[Node, str]]:
    """(node, service) of every running service that would start with something else than it runs with."""
    for node in cluster.nodes:
        before, was = first.find(node.name) or (None, None)
        for unit in sorted(node.services):
            if node.runs(unit) and (
                _another_certificate(node, was, unit)
                or (unit == TFTP and _other_files(cluster, node, before, was))
                or (unit == TVS and not _same(node.tvs_ctl, node.ctl))
            ):
                yield node, unit


def _another_certificate(node: Node, was: Node | None, unit: str) -> bool:
    """Whether it would load another certificate, which the exports did not already show."""
    loads, shows = running_of(node.own).get(unit), node.running.get(unit)
    if _identity(loads) == _identity(shows):
        return False
    if was is None:
        return True
    loaded, showed = running_of(was.own).get(unit), was.running.get(unit)
    return (_identity(loaded), _identity(showed)) != (_identity(loads), _identity(shows))


def _identity(certificate: Certificate | None) -> object:
    return None if certificate is None else certificate.identity


def _other_files(cluster: Cluster, node: Node, before: Cluster | None, was: Node | None) -> bool:
    """Whether its TFTP would write another ITL, or sign with another digest.

    What is exported may differ from what is planned here for reasons that no step has to do with: then
    neither changed since.
    """
    if node.loaded_digest not in (None, publish.digest_of(cluster)):
        return True
    written = publish.itl_of(cluster, node)
    if publish.says_the_same(node.itl, written):
        return False
    if before is None or was is None:
        return True
    unchanged = _same(node.itl, was.itl) and publish.says_the_same(publish.itl_of(before, was), written)
    return not unchanged


def _same(one: TrustList | None, other: TrustList | None) -> bool:
    return one is other or (one is not None and other is not None and one.same_as(other))
