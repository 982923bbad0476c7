"""predict: a snapshot and a runbook in, a Forecast out.

The runbook is performed once on the emulated cluster; each class of identical phones is then walked along
the states it passes, by the one engine there is. What the phone's model or load does not tell is answered
cannot-say with what would settle it, never dropped.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import attrs

from phoneemu.catalogue import Catalogue, catalogue
from phoneemu.cluster import publish
from phoneemu.cluster.drive import EACH, Station
from phoneemu.cluster.state import Device, Node
from phoneemu.core.evidence import Standing
from phoneemu.core.flash import DeviceSecurity, Flash, PhoneConfig
from phoneemu.core.modelfile import load_words, parse_load
from phoneemu.core.profile import Profile
from phoneemu.core.trustlist import ListKind, TrustList
from phoneemu.fleet import forewarning, releases
from phoneemu.fleet.assumptions import HELD_THEN, HOLDS_SERVED, KNOWN
from phoneemu.fleet.classes import Kind, classify
from phoneemu.fleet.forecast import WHEN_SERVICES_RESTART, Fate, Forecast, Remedy, assumed
from phoneemu.fleet.granted import granted
from phoneemu.fleet.grouping import grouped
from phoneemu.fleet.holding import UNSAID, too_large_words, unnamed
from phoneemu.fleet.listed import Listed, Traits
from phoneemu.fleet.outcome import (
    FleetReason,
    Outcome,
    Service,
    Trust,
    TrustPath,
    missing,
    path_of,
    standing_of,
    unsaid,
)
from phoneemu.fleet.plan import Plan, make_plan
from phoneemu.fleet.remedy import find
from phoneemu.fleet.roster import as_roster
from phoneemu.fleet.snapshot import Snapshot, read_snapshot
from phoneemu.fleet.story import Story, tell


def predict_files(snapshot: Path, runbook: Path, others: Sequence[Path] = ()) -> Forecast:
    """Read a snapshot folder and a runbook file, and predict.

    Raises:
        BadInput: one of them cannot be used.
        OSError: one of them cannot be read.
    """
    main, plan = prepare(snapshot, runbook, others)
    return predict(main, plan)


def prepare(snapshot: Path, runbook: Path, others: Sequence[Path] = ()) -> tuple[Snapshot, Plan]:
    """Read the inputs and perform the runbook on the emulated cluster.

    Raises:
        BadInput: one of them cannot be used.
        OSError: one of them cannot be read.
    """
    main = read_snapshot(snapshot)
    return main, plan_for(main, runbook, others)


def plan_for(snapshot: Snapshot, runbook: Path, others: Sequence[Path] = ()) -> Plan:
    """Perform a runbook on the snapshot's cluster.

    Raises:
        BadInput: the runbook, or a snapshot of another cluster, cannot be used.
        OSError: one of them cannot be read.
    """
    beside = tuple(read_snapshot(folder, phones_needed=False) for folder in others)
    return make_plan(snapshot, beside, runbook)


def predict(
    snapshot: Snapshot,
    plan: Plan,
    phones: Sequence[Listed] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Forecast:
    """Predict every phone of the snapshot, or only those given.

    `progress` is told how many of how many classes are done.
    """
    file = snapshot.file
    loads = {model.lower(): load for model, load in file.phones.loads.items()}

    def load_of(traits: Traits) -> str:
        return traits.load or loads.get(traits.model.lower(), "")

    shipped = catalogue()

    def model_of(text: str) -> str:
        known = shipped.find(text) if text else None
        return text if known is None else known.model

    pairs = ((snapshot, plan), *plan.alternatives)
    tellers = [(each.cluster.release.text, Teller(each, its, shipped)) for each, its in pairs]
    roster = as_roster(snapshot.inventory.phones if phones is None else phones)
    classes = classify(
        roster,
        file,
        snapshot.cluster,
        plan.filters,
        snapshot.off_filters,
        load_of,
        model_of,
        snapshot.lists,
    )
    fates: list[Fate] = []
    for kind in classes.kinds:
        if progress is not None:
            progress(len(fates), len(classes.kinds))
        told = [(release, teller.fate(kind)) for release, teller in tellers]
        fates.append(releases.agreed(told))
    groups = grouped(classes, fates, roster)
    return Forecast(
        cluster=snapshot.cluster.name,
        release=snapshot.release,
        mixed=snapshot.cluster.mixed,
        steps=plan.steps,
        groups=groups,
        assumptions=assumed(groups),
        refused=plan.refused,
        remarks=(
            # those of the plan first: of the exports there may be any number
            *forewarning.left_undone(plan, fates, classes.sizes),
            *(forewarning.unmeant(plan, classes.kinds) if phones is None else ()),
            *forewarning.of_fates(fates, classes.sizes),
            *plan.remarks,
            *snapshot.remarks,
            *(f"{remark.place}: {remark.text}" for remark in snapshot.inventory.remarks),
        ),
    )


class Teller:
    """Finds the fate of each kind of phone, once."""

    def __init__(self, snapshot: Snapshot, plan: Plan, models: Catalogue) -> None:
        self._snapshot = snapshot
        self._plan = plan
        self._catalogue = models
        self._fates: dict[Kind, Fate] = {}
        self._configs: dict[Device, PhoneConfig] = {}

    def fate(self, kind: Kind) -> Fate:
        """What becomes of phones of this kind."""
        if kind not in self._fates:
            self._fates[kind] = self._find(kind)
        return self._fates[kind]

    def _find(self, kind: Kind) -> Fate:
        basis = self._basis(kind)
        known = self._catalogue.find(kind.model) if kind.model else None
        if known is None:
            note = f"the catalogue has no model {kind.model!r}" if kind.model else "no export says the model"
            return _cannot_say(kind.model or "(unknown)", FleetReason.UNKNOWN_MODEL, basis, note)
        model: str = known.model
        unreadable = self._unreadable_load(kind, model)
        if unreadable is not None:
            return _cannot_say(model, FleetReason.LOAD_UNKNOWN, basis, unreadable)
        world = self._plan.stages[0].world
        if all(world.find(server) is None for server in kind.place.tftp):
            servers = ", ".join(kind.place.tftp) or "none"
            note = (
                f"no snapshot has its TFTP servers ({servers}); give that of the other cluster with --other"
            )
            return _cannot_say(model, FleetReason.TFTP_UNKNOWN, basis, note)
        if kind.place.unread_mode and any(stage.world.clusters[0].mixed for stage in self._plan.stages):
            words = ", ".join(each.value for each in DeviceSecurity)
            note = f"its security mode {kind.place.unread_mode!r} is none of {words}"
            return _cannot_say(model, FleetReason.SECURITY_UNKNOWN, basis, note)
        profiles = self._catalogue.candidates(
            model, kind.load, kind.protocol, self._snapshot.cluster.release.text
        )
        stations = [self._station(kind, profile) for profile in profiles]
        shown = _shown(kind, profiles[0])
        unknown_list = (
            unnamed(shown) or _held_unknown(kind, stations[0]) or _held_too_large(shown, stations[0])
        )
        if unknown_list is not None:
            return _cannot_say(model, FleetReason.HELD_LIST_UNKNOWN, basis, unknown_list)
        if all(words != UNSAID for _, words in shown):
            basis -= {HOLDS_SERVED.id}
        elif any(self._older(which, kind) for which in ListKind):
            basis |= {HELD_THEN.id}
        return _agreed([(each.profile, self._run(kind, each, basis)) for each in stations])

    def _unreadable_load(self, kind: Kind, model: str) -> str | None:
        """Why nobody knows what these phones do on a load that the runbook gives them."""
        moves = (stage.move for stage in self._plan.stages if stage.move is not None)
        given = [move.load for move in moves if move.filter is None or move.filter in kind.matches]
        odd = next((load for load in given if load is not None and parse_load(load) is None), None)
        release = self._snapshot.cluster.release.text
        if odd is None or len(self._catalogue.variants(model, None, release)) == 1:
            return None
        return f"loads of this model differ, and {odd!r} is no load such as 14-2-1SR1"

    def _basis(self, kind: Kind) -> frozenset[str]:
        place = kind.place
        named = {*place.tftp[:1], *place.device.group}
        nodes = (self._snapshot.cluster.node(name) for name in named)
        known = self._snapshot.node_basis
        of_nodes = (known.get(node.name, frozenset()) for node in nodes if node is not None)
        return place.basis.union(self._snapshot.basis, *of_nodes)

    def _station(self, kind: Kind, profile: Profile) -> Station:
        """The phone as it stands today: it holds what it showed, else what its first TFTP node serves."""
        cluster = self._snapshot.cluster
        place = kind.place
        node = next(filter(None, (self._source(name) for name in place.tftp)), None)
        if place.device not in self._configs:
            self._configs[place.device] = publish.config_for(cluster, place.device)
        flash = Flash(config=self._configs[place.device])
        if node is not None:
            reads_ctl, reads_itl = profile.reads_ctl.value, profile.reads_itl.value
            flash = attrs.evolve(
                flash,
                ctl=self._held(ListKind.CTL, kind, node) if reads_ctl is not False else None,
                itl=self._held(ListKind.ITL, kind, node) if reads_itl is not False else None,
            )
        return Station(
            profile=profile,
            name=EACH,
            device=place.device,
            tftp_servers=place.tftp,
            flash=flash,
            elsewhere=self._plan.elsewhere(place.device),
        )

    def _held(self, which: ListKind, kind: Kind, node: Node) -> TrustList | None:
        """What the phone showed, else what its node serves, or served when the phone last started."""
        older = self._older(which, kind)
        words = kind.ctl if which is ListKind.CTL else kind.itl
        return older or self._snapshot.lists.held(which, words, node)

    def _older(self, which: ListKind, kind: Kind) -> TrustList | None:
        """The older list that a phone is taken to hold which has not started since its node's was written."""
        since = kind.off.since if kind.off is not None else None
        node = next(filter(None, (self._source(name) for name in kind.place.tftp)), None)
        if node is None or since is None or (kind.ctl if which is ListKind.CTL else kind.itl) != UNSAID:
            return None
        served = node.ctl if which is ListKind.CTL else node.itl
        if served is None or (served.timestamp or 0) <= since:
            return None
        known = self._snapshot.lists.before(which, node, since)
        return None if known is None else known.listed

    def _source(self, server: str) -> Node | None:
        """The node of its cluster whose lists a phone holds that asks this TFTP server, or a proxy."""
        node = self._snapshot.cluster.node(server)
        if node is not None:
            return node
        place = self._plan.stages[0].world.behind(server)
        return None if place is None else place[1]

    def _run(self, kind: Kind, station: Station, basis: frozenset[str]) -> Fate:
        profile = station.profile
        moved = {
            stage.move.load: attrs.evolve(
                station, profile=self._catalogue.profile(profile.model, stage.move.load, profile.protocol)
            )
            for stage in self._plan.stages
            if stage.move is not None and stage.move.load is not None
        }
        powered = kind.off is None or kind.off.powered
        story = tell(
            station, self._plan.stages, kind.matches, powered=powered, loads=moved, late=self._plan.late
        )
        return self._fate(story, basis | granted(story, self._snapshot.file))

    def _fate(self, story: Story, basis: frozenset[str]) -> Fate:
        last = story.episodes[-1]
        boots = [episode.boot for episode in story.episodes]
        profile = story.station.profile
        plan, later = self._plan, last.occasion == WHEN_SERVICES_RESTART
        administered = plan.administered_late if later else plan.administered
        remedy = find(last.boot.station, last.world, plan.now, last.ending.outcome, administered)
        used = (profile.reads_ctl.standing, profile.reads_itl.standing)
        assumed = (KNOWN[known].standing for known in basis)
        return Fate(
            model=profile.model,
            outcome=last.ending.outcome,
            trust=last.ending.trust,
            path=path_of(boots),
            service=last.ending.service,
            registered_to=last.ending.registered_to,
            secure=last.ending.secure,
            reason=story.cause.reason.value,
            remedy=remedy,
            lost_at_step=story.lost_at,
            standing=standing_of(boots, (*used, *assumed)),
            occasion=last.occasion,
            basis=basis,
            note=missing(last.ending, profile) or unsaid(last.ending, last.boot),
            episodes=story.episodes,
            cause=story.cause,
        )


def _shown(kind: Kind, profile: Profile) -> list[tuple[ListKind, str]]:
    """What phones of this kind showed of each list that they read."""
    lists = ((ListKind.CTL, kind.ctl, profile.reads_ctl), (ListKind.ITL, kind.itl, profile.reads_itl))
    return [(which, words) for which, words, reads in lists if reads.value is not False]


def _held_too_large(shown: Sequence[tuple[ListKind, str]], station: Station) -> str | None:
    """Why nobody knows what a phone holds: it cannot have loaded the list that its node serves."""
    held = {ListKind.CTL: station.flash.ctl, ListKind.ITL: station.flash.itl}
    said = (too_large_words(held[kind], station.profile) for kind, words in shown if words == UNSAID)
    found = next(filter(None, said), "")
    return f"{found}, so it holds another, if any; a checksum read from the phone tells" if found else None


def _held_unknown(kind: Kind, station: Station) -> str | None:
    """Why nobody knows what a phone holds: its list was written after it went off, or last started."""
    if kind.off is None or kind.off.since is None:
        return None
    since, how = kind.off.since, "it has not started since" if kind.off.powered else "it went off before"
    for held, words in ((station.flash.ctl, kind.ctl), (station.flash.itl, kind.itl)):
        if words != UNSAID:  # it was seen to hold this
            continue
        if held is not None and held.timestamp is not None and held.timestamp > since:
            return f"{how} the {held.kind.name} that its node serves was written"
        if held is not None and held.timestamp is None and held.origin != publish.PLANNED:
            return f"nobody knows whether {how} the undated {held.kind.name} that its node serves was written"
    return None


def _cannot_say(model: str, reason: FleetReason, basis: frozenset[str], note: str) -> Fate:
    dropped = {HOLDS_SERVED.id} if reason is FleetReason.HELD_LIST_UNKNOWN else set(basis)
    return Fate(
        model=model,
        outcome=Outcome.CANNOT_SAY,
        trust=Trust.UNKNOWN,
        path=TrustPath.UNCHANGED,
        service=Service.UNKNOWN,
        registered_to=None,
        secure=False,
        reason=reason.value,
        remedy=Remedy(),
        lost_at_step=None,
        standing=Standing.ASSUMED,
        occasion="",
        basis=basis - dropped,
        note=note,
    )


def _agreed(told: Sequence[tuple[Profile, Fate]]) -> Fate:
    """One fate for a phone of unknown load: what all its loads do, or cannot-say with what each does."""
    newest = told[0][1]
    if len({fate.outcome for _, fate in told}) == 1:
        weakest = min(fate.standing for _, fate in told)
        causes = list(dict.fromkeys(f"{fate.reason}, {fate.remedy.kind.value}" for _, fate in told))
        note = f"its load is not known; by load: {'; '.join(causes)}" if len(causes) > 1 else newest.note
        return attrs.evolve(newest, standing=weakest, note=note)
    each = "; ".join(f"{load_words(profile)}: {fate.outcome.value}" for profile, fate in told)
    note = f"its load is not known, and loads differ: {each}"
    return attrs.evolve(
        _cannot_say(newest.model, FleetReason.LOAD_UNKNOWN, newest.basis, note),
        basis=newest.basis,
        episodes=newest.episodes,
        occasion=newest.occasion,
    )
