"""Plan: a runbook performed once on the emulated cluster, ready for every class of phones to walk along.

It holds the world after each step, what each step does to phones, where new certificates and lists came
from, and the administrator's remedies performed on the final state.
"""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

import attrs

from phoneemu.catalogue import Catalogue, catalogue
from phoneemu.cluster import admin, runbook
from phoneemu.cluster.drive import World
from phoneemu.cluster.runbook import PhoneFilter, Step
from phoneemu.cluster.state import CALLMANAGER, TFTP, Cluster, Device
from phoneemu.core import limits
from phoneemu.core.names import Identity, is_address
from phoneemu.core.vocabulary import EraseTarget
from phoneemu.errors import BadInput
from phoneemu.fleet import administering
from phoneemu.fleet.filters import normalised
from phoneemu.fleet.pending import Pending, late, pending
from phoneemu.fleet.remedy import Administered
from phoneemu.fleet.snapshot import Snapshot
from phoneemu.fleet.story import Late, Move, Stage
from phoneemu.fleet.textfile import unicode_text

_ERASES = {"ctl": EraseTarget.CTL, "itl": EraseTarget.ITL, "security": EraseTarget.SECURITY}

REFUSED = "is refused by the cluster"
"""In every remark about a step that the cluster does not do."""


@attrs.frozen(kw_only=True)
class Plan:
    """The performed runbook. `made_at` and `served_at` tell at which step a certificate or list appeared.

    `pending` are the restarts of services that the steps made needed and none performed; `late` is what comes
    of them, with the remedies performed on that state in `administered_late`.
    """

    steps: tuple[str, ...]
    stages: tuple[Stage, ...]
    filters: tuple[PhoneFilter, ...]
    administered: tuple[Administered, ...]
    made_at: Mapping[Identity, int]
    served_at: Mapping[str, int]
    remarks: tuple[str, ...] = ()
    alternatives: tuple[tuple[Snapshot, "Plan"], ...] = attrs.field(default=(), repr=False, eq=False)
    """The same steps performed on the other releases that the cluster may be of."""
    pending: tuple[Pending, ...] = ()
    late: Late | None = None
    administered_late: tuple[Administered, ...] = ()

    @property
    def refused(self) -> tuple[str, ...]:
        """Steps that the cluster refuses, and why: they change nothing."""
        return tuple(remark for remark in self.remarks if REFUSED in remark)

    @property
    def now(self) -> float:
        """The time after the last step, in seconds since the epoch."""
        return self.stages[-1].now

    def elsewhere(self, device: Device) -> dict[str, Device]:
        """How other clusters know a phone: as one of theirs, with every call server in their order."""
        return {
            cluster.name: attrs.evolve(
                device, group=tuple(node.name for node in cluster.nodes if CALLMANAGER in node.services)
            )
            for cluster in self.stages[0].world.clusters[1:]
        }


def make_plan(main: Snapshot, beside: Sequence[Snapshot], file: Path) -> Plan:
    """Read a runbook file and perform it.

    Raises:
        BadInput: a line is no command, names nobody known, or is not emulated.
        OSError: the file cannot be read.
    """
    text = unicode_text(file, limits.RUNBOOK_BYTES, place=file.name)
    steps = runbook.parse(text, file.name)
    others = tuple(each.cluster for each in beside)
    unsaid = [each.cluster for each in beside if each.alternatives]
    plan = with_alternatives(main, steps, others)
    told = (
        f"{each.name}: no export says its release, and {each.release.text} is taken; say `release` in its "
        "cluster.toml"
        for each in unsaid
    )
    idle = () if steps else (f"{file.name}: there is no step in it",)
    return attrs.evolve(plan, remarks=(*told, *plan.remarks, *idle))


def with_alternatives(main: Snapshot, steps: Sequence[Step], others: tuple[Cluster, ...] = ()) -> Plan:
    """Perform steps on the snapshot's cluster, and on each other release that it may be of.

    A release that does not have a step at all is none that this plan was written for, and is left out.

    Raises:
        BadInput: a step names nobody known, or is not emulated.
    """
    try:
        plan = perform_all((main.cluster, *others), steps, catalogue())
    except BadInput as bad:
        if not main.alternatives:
            raise
        what = f"{bad.what} (no export says the release; {main.cluster.release.text} was tried)"
        raise BadInput(what, place=bad.place) from None
    found: list[tuple[Snapshot, Plan]] = []
    remarks = list(plan.remarks)
    for each in main.alternatives:
        try:
            other = perform_all((each.cluster, *others), steps, catalogue())
        except BadInput:
            continue
        found.append((each, other))
        refused = (remark for remark in other.remarks if REFUSED in remark and remark not in plan.remarks)
        remarks += (f"on {each.cluster.release.text}: {remark}" for remark in refused)
    return attrs.evolve(plan, alternatives=tuple(found), remarks=tuple(remarks))


def perform_all(clusters: tuple[Cluster, ...], steps: Sequence[Step], models: Catalogue) -> Plan:
    """Perform steps one after the other.

    Raises:
        BadInput: a step names nobody known, or is not emulated.
    """
    performer = _Performer(clusters, models)
    for number, step in enumerate(steps, 1):
        performer.perform(number, step)
    return performer.plan(tuple(" ".join(step.text.split()) for step in steps))


class _Performer:
    """The clusters as they pass through the steps, and everything noted on the way."""

    def __init__(self, clusters: tuple[Cluster, ...], models: Catalogue) -> None:
        names = [name for cluster in clusters for name in cluster.by_name]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise BadInput(f"node {twice!r} is in two clusters; phones could not tell them apart")
        self._clusters = clusters
        self._catalogue = models
        self._pauses: dict[int, bool] = {}
        self._belongs: set[int] = set()
        """Steps that belong right behind a renewal, before phones reset: nobody is told to wait."""
        self._filters: list[PhoneFilter] = []
        self._remarks: list[str] = []
        self._made: dict[Identity, int] = {}
        self._served: dict[str, int] = {}
        self._stages = [Stage(number=0, text="", world=World(clusters=clusters), now=clusters[0].clock)]
        self._note(0)

    def perform(self, number: int, step: Step) -> None:
        """One step: on phones, or on the cluster it names."""
        self._pauses[number] = step.verb == "wait" or step.who == "phones"
        if step.verb == "update-ctl" or (step.verb == "service" and step.args[0].lower() == "restart"):
            self._belongs.add(number)
        move: Move | None = None
        resets: frozenset[tuple[str, str]] = frozenset()
        if step.who == "phones":
            move = self._move(step)
        else:
            resets = self._administer(number, step)
        if step.who == "phones" and step.verb == "wait":
            self._clusters = tuple(
                attrs.evolve(cluster, clock=cluster.clock + runbook.seconds(step.args[0]))
                for cluster in self._clusters
            )
        before = self._stages[-1].world
        same = all(
            now is then or (attrs.evolve(now, clock=then.clock) == then and now.expired == then.expired)
            for now, then in zip(self._clusters, before.clusters, strict=True)
        )
        self._stages.append(
            Stage(
                number=number,
                text=step.text,
                world=before if same else World(clusters=self._clusters),
                now=self._clusters[0].clock,
                move=move,
                resets=resets,
            )
        )
        self._note(number)

    def _administer(self, number: int, step: Step) -> frozenset[tuple[str, str]]:
        """A step on a cluster; whose phones now reset by themselves, as a Stage has it."""
        at = self._cluster_of(step)
        others = {each.name: each for each in self._clusters if each is not self._clusters[at]}
        cluster = self._clusters[at]
        if step.who.lower() in {cluster.name.lower(), "other-cluster"} and cluster.node(step.who) is None:
            step = attrs.evolve(step, who="cluster")
        done = admin.perform(cluster, step, others)
        if done.refused:
            why = " ".join(line for line in done.lines if line)
            self._remarks.append(f"step {number} ({step.place}) {REFUSED}: {why}")
        else:
            self._remarks += [f"step {number} ({step.place}): {remark}" for remark in done.remarks]
        now = (*self._clusters[:at], done.cluster, *self._clusters[at + 1 :])
        self._clusters = tuple(done.others.get(each.name, each) for each in now)
        everybody = (done.cluster.name, *done.others) if done.resets else ()
        return frozenset(
            (*((name, "") for name in everybody), *((done.cluster.name, node) for node in done.resets_with))
        )

    def _cluster_of(self, step: Step) -> int:
        """The cluster a step is for: the one with that node or name, else the first."""
        who = step.who.lower()
        for at, cluster in enumerate(self._clusters):
            if who == cluster.name.lower() or cluster.node(who) is not None:
                return at
        return 1 if who == "other-cluster" and len(self._clusters) > 1 else 0

    def _move(self, step: Step) -> Move:
        chosen = None
        if step.where is not None:
            chosen = len(self._filters)
            self._filters.append(normalised(step.where, self._catalogue))
        move = Move(filter=chosen)
        if step.verb == "reset":
            return attrs.evolve(move, boots=True)
        if step.verb == "apply-config":
            return attrs.evolve(move, applies=True)
        if step.verb == "power":
            return attrs.evolve(move, power=step.args[0].lower() == "on")
        if step.verb == "erase":
            return attrs.evolve(move, erases=_ERASES[step.args[0].lower()])
        if step.verb == "factory-reset":
            return attrs.evolve(move, erases=EraseTarget.FACTORY)
        if step.verb == "point-to":
            return attrs.evolve(move, tftp=self._tftp_of(step.args[0], step.place))
        if step.verb == "load":
            return attrs.evolve(move, load=step.args[0])
        if step.verb == "lsc":
            return attrs.evolve(move, lsc=step.args[0].lower(), boots=True)
        return move

    def _tftp_of(self, target: str, place: str) -> tuple[str, ...]:
        """The TFTP servers a phone asks after `point-to CLUSTER | NODE | ADDRESS`."""
        for cluster in self._clusters:
            node = cluster.node(target)
            if node is not None:  # an address is followed by address, a name by whatever it leads to then
                return (target.lower() if is_address(target) else node.called,)
        wanted = [cluster for cluster in self._clusters if cluster.name.lower() == target.lower()]
        if target.lower() == "other-cluster":
            wanted = list(self._clusters[1:2])
        if not wanted:
            known = ", ".join(cluster.name for cluster in self._clusters)
            raise BadInput(
                f"`{target}` is no node or cluster; known clusters are {known} (see --other)", place=place
            )
        return tuple(node.called for node in wanted[0].nodes if TFTP in node.services)

    def _note(self, number: int) -> None:
        """Remember at which step each certificate and each served list first appeared."""
        for cluster in self._clusters:
            for node in cluster.nodes:
                for certificate in (*node.own.values(), *node.running.values()):
                    self._made.setdefault(certificate.identity, number)
                for served in (node.ctl, node.itl):
                    if served is not None:
                        self._served.setdefault(served.fingerprint, number)

    def plan(self, texts: tuple[str, ...]) -> Plan:
        """Everything noted, with the administrator's remedies performed on the final state."""
        stages = self._with_late_resets()
        first = stages[0].world
        waiting = pending(stages)
        after = late(stages, waiting) if waiting else None
        return Plan(
            steps=texts,
            stages=stages,
            filters=tuple(self._filters),
            administered=tuple(administering.remedies(first, stages[-1], waiting, after)),
            pending=waiting,
            late=after,
            administered_late=() if after is None else tuple(administering.remedies(first, after.stage)),
            made_at=self._made,
            served_at=self._served,
            remarks=tuple(dict.fromkeys(self._remarks)),
        )

    def _with_late_resets(self) -> tuple[Stage, ...]:
        """The stages with each automatic reset where it can be relied on.

        A cluster that resets its phones by itself does not wait for them; the next change may overtake them
        [REL14, SG1251SU2-sbd]. So the reset is taken to happen before the next `wait` or phone step, or at
        the end, which is the worse of the two cases. The advice to wait is about a second change: the CTL
        update and the restarts come right behind the renewal, and then the phones [REGEN214231].
        """
        settled: list[Stage] = []
        here = {self._stages[0].world.clusters[0].name}
        pending: frozenset[tuple[str, str]] = frozenset()
        since = last = 0
        for stage, later in zip_longest(self._stages, self._stages[1:]):
            since = since if pending else stage.number
            last = stage.number if stage.resets else last
            pending |= stage.resets
            if stage.move is not None and stage.move.tftp is not None:  # phones may be anywhere now
                here = {cluster.name for cluster in stage.world.clusters}
            overtaken = bool(pending) and later is not None and not self._pauses[later.number]
            belongs = later is not None and later.number in self._belongs
            resets = any(name in here for name, _ in pending)
            if overtaken and resets and not belongs and later.world is not stage.world:
                self._remarks.append(
                    f"step {last}: phones reset by themselves, but step {later.number} does not wait "
                    "for them and is taken to overtake them; put `phones wait 30m` between"
                )
            by = since if pending and since < stage.number and not overtaken else 0
            settled.append(attrs.evolve(stage, resets=frozenset() if overtaken else pending, resets_by=by))
            pending = pending if overtaken else frozenset()
        return tuple(settled)
