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
    first: World, last: Stage, waiting: Sequence[Pending] = (), late: Late | None = None
) -> Iterator[Administered]:
    """The remedies of a plan that began in the first world and ended at the last stage.

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
    before, after = (_tokens(world.clusters[0]) for world in (first, last.world))
    kept = after if after is not None and after != before else None
    for kind, lines in _candidates(clusters, after or before or ()):
        done = _remedied(clusters, kind, lines)
        if done is not None and (kept is None or _tokens(done.world.clusters[0]) == kept):
            yield done


def _tokens(cluster: Cluster) -> tuple[str, ...] | None:
    """The tokens that the CTL served names and is signed by one of; () when none signed it, None: no CTL.

    A remedy leaves them as a plan that changed them made them: it neither takes back that phones now believe
    tokens, or none, nor asks for a token that is lost [MIX118892, SEED118893, TROUBLE1251].
    """
    held = cluster.publisher.ctl
    if held is None:
        return None
    named = {name: token.identity for name, token in cluster.etokens.items() if token.identity in held.sast}
    return tuple(named) if held.signer in named.values() else ()


def _candidates(
    clusters: tuple[Cluster, ...], tokens: Sequence[str]
) -> Iterator[tuple[RemedyKind, list[str]]]:
    """What to try, as runbook lines; `tokens` are those that there still are to sign a CTL with."""
    main, others = clusters[0], clusters[1:]
    publisher = main.publisher.name
    update: list[str] = []
    if publish.rollback(main):
        ends = [f'cluster parameter "{ROLLBACK}" = False']
        ends += [f"* utils service restart {name}" for name in _LIST_WRITERS]
        yield RemedyKind.RESET, ends
    if main.mixed:
        restarts = [f"* utils service restart {name}" for name in ("Cisco Tftp", "Cisco CallManager")]
        if tokens:  # the CTL client writes it anew there, signed by the token that phones know
            client = f"cluster ctl-client sign-with {tokens[0]} tokens {' '.join(tokens)}"
            yield RemedyKind.UPDATE_CTL, [client, *restarts]
        update = [f"{publisher} utils ctl update CTLFile", *restarts]
        yield RemedyKind.UPDATE_CTL, update
        # CallManager signs it then, which phones know; after it a CTL update may bring a new recovery key
        yield RemedyKind.RESET_CTL, [f"{publisher} utils ctl reset localkey", *restarts]
    yield RemedyKind.RESET_ITL, [f"{publisher} utils itl reset localkey"]
    for token in tokens:  # then a TVS vouches for it [SEED118893]
        yield RemedyKind.IMPORT_SIGNER, [f"{publisher} set cert import trust Phone-SAST {token}"]
    for other in others:
        uploads = [
            f"{publisher} upload Phone-SAST-trust {unit}@{other.name}"
            for unit in ("CallManager", "ITLRecovery")
            if unit in other.publisher.own
        ]
        proxies = [node.name for node in other.nodes if main.name.lower() in node.proxy_for]
        relayed = [f"{publisher} upload Phone-SAST-trust CallManager@{name}" for name in proxies]
        yield RemedyKind.IMPORT_SIGNER, relayed or uploads
        if main.mixed and relayed:  # a proxy must be in the CTL, too [behaviour-more 36]
            yield RemedyKind.IMPORT_SIGNER, [*relayed, *update]


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
