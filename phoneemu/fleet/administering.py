"""What an administrator could do about lost phones after a plan: commands performed on the state it ends in.

Nothing here is tried on a phone; remedy does that. The order is that of the trouble they make.
"""

from collections.abc import Iterator, Sequence

from phoneemu.cluster import admin, publish, runbook
from phoneemu.cluster.drive import World
from phoneemu.cluster.state import ROLLBACK, Cluster
from phoneemu.errors import BadInput
from phoneemu.fleet.forecast import RemedyKind
from phoneemu.fleet.pending import Pending, commands
from phoneemu.fleet.remedy import Administered
from phoneemu.fleet.story import Late, Stage

_LIST_WRITERS = ("Cisco Trust Verification Service", "Cisco Tftp")


def remedies(
    last: Stage, waiting: Sequence[Pending] = (), late: Late | None = None
) -> Iterator[Administered]:
    """The remedies of a plan that ended at this stage.

    The restarts that the plan left undone come first, in whatever cluster they are: what was renewed takes
    effect only by them, and lists are written by them [SG15-cert, SG15-sbd].
    """
    if late is not None:
        yield Administered(
            kind=RemedyKind.RESTART_SERVICES,
            world=late.stage.world,
            now=late.stage.now,
            commands=commands(waiting),
        )
    clusters = last.world.clusters
    for kind, lines in _candidates(clusters):
        done = _remedied(clusters, kind, lines)
        if done is not None:
            yield done


def _candidates(clusters: tuple[Cluster, ...]) -> Iterator[tuple[RemedyKind, list[str]]]:
    main, others = clusters[0], clusters[1:]
    publisher = main.publisher.name
    if publish.rollback(main):
        ends = [f'cluster parameter "{ROLLBACK}" = False']
        ends += [f"* utils service restart {name}" for name in _LIST_WRITERS]
        yield RemedyKind.RESET, ends
    if main.mixed:
        restarts = [f"* utils service restart {name}" for name in ("Cisco Tftp", "Cisco CallManager")]
        yield RemedyKind.UPDATE_CTL, [f"{publisher} utils ctl update CTLFile", *restarts]
        if main.etokens:  # the CTL client writes it anew there, signed by the token that phones know
            tokens = list(main.etokens)
            client = f"cluster ctl-client sign-with {tokens[0]} tokens {' '.join(tokens)}"
            yield RemedyKind.UPDATE_CTL, [client, *restarts]
    yield RemedyKind.RESET_ITL, [f"{publisher} utils itl reset localkey"]
    for other in others:
        uploads = [
            f"{publisher} upload Phone-SAST-trust {unit}@{other.name}"
            for unit in ("CallManager", "ITLRecovery")
            if unit in other.publisher.own
        ]
        yield RemedyKind.IMPORT_SIGNER, uploads


def _remedied(clusters: tuple[Cluster, ...], kind: RemedyKind, lines: list[str]) -> Administered | None:
    """The final state after these commands; None when the cluster refuses one or nothing changes."""
    cluster = clusters[0]
    others = {each.name: each for each in clusters[1:]}
    for number, line in enumerate(lines, 1):
        step = runbook.parse_line(line, place="remedy", number=number)
        try:
            done = admin.perform(cluster, step, others)
        except BadInput:  # not emulated for this release or this cluster: then it is no remedy
            return None
        if done.refused:
            return None
        cluster = done.cluster
    if cluster == clusters[0]:
        return None
    world = World(clusters=(cluster, *clusters[1:]))
    return Administered(kind=kind, world=world, now=cluster.clock, commands="; ".join(lines))
