"""One class of phones through a whole runbook: which boots happen, against which world, and how each ends.

The runbook is performed once for all phones, giving a list of stages; a story walks one station along it. The
phone itself is the engine's: this module only says when it starts, and what hands do to it.
"""

import itertools
from collections.abc import Mapping, Sequence

import attrs

from phoneemu.cluster import drive, publish
from phoneemu.cluster.drive import Station, World
from phoneemu.cluster.state import CAPF, Cluster, Device
from phoneemu.core.names import Identity
from phoneemu.core.profile import Profile
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Verdict
from phoneemu.core.vocabulary import EraseTarget
from phoneemu.fleet.doubt import Doubt, after_start
from phoneemu.fleet.forecast import WHEN_IT_RETURNS, WHEN_SERVICES_RESTART, Episode
from phoneemu.fleet.outcome import WORST_FIRST, Ending, Outcome, ending


@attrs.frozen(kw_only=True)
class Move:
    """What a runbook step does to the phones it is meant for; every field that is None does nothing.

    `filter` is the number of its phone filter; None when it is meant for every phone.
    """

    filter: int | None = None
    boots: bool = False
    applies: bool = False
    """The phone reads its configuration again, and starts only when that differs [ADM125-entparam]."""
    power: bool | None = None
    erases: EraseTarget | None = None
    tftp: tuple[str, ...] | None = None
    load: str | None = None
    lsc: str | None = None
    """ "install" or "delete"."""


@attrs.frozen(kw_only=True)
class Stage:
    """The world after one step. `number` is the step's, 0 for the state before the first.

    `resets` tells whose phones a cluster itself resets at this step: (cluster, ""), or (cluster, node) for
    those whose CallManager group has that node.
    """

    number: int
    text: str
    world: World
    now: float
    move: Move | None = None
    resets: frozenset[tuple[str, str]] = frozenset()
    resets_by: int = 0
    """The first step that set these resets off, where it is an earlier one; else 0."""


@attrs.frozen(kw_only=True)
class Late:
    """What comes after the last step where a plan leaves services to be restarted, as some day they are.

    `earlier` is what the world would be had they restarted already at the steps that made it needed.
    """

    stage: Stage
    earlier: tuple[Stage, ...]


@attrs.frozen(kw_only=True)
class Orders:
    """What a phone learns of by its configuration alone: the load it is to run, and a CAPF operation.

    A phone that refuses the configuration keeps its load and its LSC [AG8800-start, TN117598].
    """

    profile: Profile | None = None
    lsc: str | None = None
    """ "install" or "delete"."""

    def reach(self, boot: drive.Boot) -> bool:
        """Whether the phone took the configuration in this start."""
        ruling = boot.ruling(Subject.CONFIG)
        return ruling is not None and ruling.verdict is Verdict.ACCEPT

    def obeyed(self, station: Station, world: World) -> Station:
        """The station after it did as told; the same one where there is nothing to do."""
        if self.profile is not None and self.profile is not station.profile:
            station = attrs.evolve(station, profile=self.profile)
        if self.lsc is not None:
            station = with_new_lsc(station, world) if self.lsc == "install" else without_lsc(station)
        return station


@attrs.frozen(kw_only=True)
class Story:
    """How it went for one station. `lost_at` as in Fate.lost_at_step.

    A phone that is lost already before the first step begins with a start of that day: it is what lost it.
    """

    episodes: tuple[Episode, ...]
    station: Station
    powered: bool
    lost_at: int | None

    @property
    def cause(self) -> Ending:
        """The end that says why: of a lost phone the first with this outcome since it went wrong for good."""
        last = self.episodes[-1].ending
        ends = [each.ending for each in reversed(self.episodes)]
        lost = itertools.takewhile(lambda end: end.outcome.bad, ends)
        return [end for end in lost if end.outcome is last.outcome][-1] if last.outcome.bad else last


def tell(
    station: Station,
    stages: Sequence[Stage],
    matches: frozenset[int],
    *,
    powered: bool,
    loads: Mapping[str, Station],
    late: Late | None = None,
) -> Story:
    """Walk the stages; a phone that has not started since the last change is started once more in the end.

    Where services are left to restart, it is started again after them; that counts where it is worse.

    Once a start could not be told, later ones cannot either, until the lists in doubt are erased by hand, or
    until a start ends alike whichever of them the phone holds.

    `loads` gives, by load name, a station with the profile the phone has on that load: for runbooks that
    change the firmware.
    """
    first = station
    episodes: list[Episode] = []
    since = stages[0]
    doubt: Doubt | None = None
    orders = Orders()
    for stage in stages[1:]:
        before = station
        starts, station, powered = _act(stage, station, matches, powered=powered)
        orders = _ordered(orders, stage, matches, loads)
        if doubt is not None:
            doubt = doubt.after_hands(before, station)
        if starts:
            itself = stage.resets_by and not (stage.move is not None and stage.move.boots)
            cause = f", by the reset that step {stage.resets_by} set off" if itself else ""
            occasion = f"at step {stage.number}{cause}"
            told, doubt = _starts(station, stage, stage.number, occasion, doubt, orders)
            episodes += told
            station, since = told[-1].boot.station, stage
            orders = Orders() if orders.reach(told[0].boot) else orders
    last = stages[-1]
    if not episodes or since.world is not last.world or not powered:
        occasion = "at its next restart" if powered else WHEN_IT_RETURNS
        told, doubt = _starts(station, last, None, occasion, doubt, orders)
        episodes += told
        station = episodes[-1].boot.station
    lost_at = _lost_at(first, episodes, stages)
    if late is not None:
        after, _ = _starts(station, late.stage, None, WHEN_SERVICES_RESTART, doubt, orders)
        if _rank(after[-1]) < _rank(episodes[-1]):
            episodes += after
            if lost_at is None and after[-1].ending.outcome.bad:
                lost_at = _late_step(station, late)
            station = after[-1].boot.station
    if lost_at == 0:
        today, _ = _boot(first, stages[0], None, "before the first step")
        episodes.insert(0, today)
    return Story(episodes=tuple(episodes), station=station, powered=powered, lost_at=lost_at)


def _rank(episode: Episode) -> int:
    """How bad its end is; less is worse."""
    return WORST_FIRST.index(episode.ending.outcome)


def _late_step(station: Station, late: Late) -> int:
    """The first step after which a restart of the services that it concerns loses the phone for good."""
    lost = late.earlier[-1].number
    for stage in reversed(late.earlier):
        if not _bad_at(station, stage):
            break
        lost = stage.number
    return lost


def _act(
    stage: Stage,
    station: Station,
    matches: frozenset[int],
    *,
    powered: bool,
) -> tuple[bool, Station, bool]:
    """(whether the phone starts now, the station after hands were laid on it, whether it has power)."""
    move = stage.move
    starts = powered and bool(stage.resets) and _reset_by_its_cluster(station, stage)
    if move is None or (move.filter is not None and move.filter not in matches):
        return starts, station, powered
    if move.erases is not None and powered:
        station, _ = drive.erase(station, move.erases)
        starts = True
    if move.tftp is not None:
        station = attrs.evolve(station, tftp_servers=move.tftp)
        starts = powered
    if move.load is not None:
        starts = powered
    if move.power is not None:
        starts = move.power and not powered
        powered = move.power
    asked = move.boots or (move.applies and _configured_otherwise(station, stage))
    return starts or (asked and powered), station, powered


def _home(station: Station, world: World) -> Cluster:
    """The cluster that serves the phone its files."""
    places = (world.behind(server) or world.find(server) for server in station.tftp_servers)
    return next((place[0] for place in places if place is not None), world.clusters[0])


def _configured_otherwise(station: Station, stage: Stage) -> bool:
    """Whether its cluster has another configuration for the phone than it holds."""
    home = _home(station, stage.world)
    return publish.config_for(home, station.device_in(home)) != station.flash.config


def _reset_by_its_cluster(station: Station, stage: Stage) -> bool:
    """Whether the cluster that serves the phone its files resets it."""
    home = _home(station, stage.world)
    group = station.device_in(home).group
    members = {node.name for name in group if (node := home.node(name)) is not None}
    return any(name == home.name and (not node or node in members) for name, node in stage.resets)


def _ordered(before: Orders, stage: Stage, matches: frozenset[int], loads: Mapping[str, Station]) -> Orders:
    """What the phone is still to be told by its configuration, after this step."""
    move = stage.move
    if move is None or (move.filter is not None and move.filter not in matches):
        return before
    load = loads.get(move.load) if move.load is not None else None
    return Orders(profile=load.profile if load is not None else before.profile, lsc=move.lsc or before.lsc)


def _starts(
    station: Station,
    stage: Stage,
    step: int | None,
    occasion: str,
    doubt: Doubt | None,
    orders: Orders,
) -> tuple[list[Episode], Doubt | None]:
    """One start, and another after the phone took the configuration that orders a load or an LSC.

    With them comes what is in doubt after them.
    """
    first, doubt = _boot(station, stage, step, occasion, doubt)
    changed = orders.obeyed(first.boot.station, stage.world)
    if changed is first.boot.station or not orders.reach(first.boot):
        return [first], doubt
    again, doubt = _boot(changed, stage, step, occasion, doubt)
    return [first, again], doubt


def with_new_lsc(station: Station, world: World) -> Station:
    """The station after the CAPF of its cluster issued it a certificate; unchanged when that has none."""
    capf = _home(station, world).publisher.own.get(CAPF)
    return station if capf is None else _with_lsc(station, capf.identity)


def without_lsc(station: Station) -> Station:
    """The station after its LSC was deleted: it shows its factory certificate."""
    return _with_lsc(station, None)


def _with_lsc(station: Station, issuer: Identity | None) -> Station:
    """A phone has one LSC, whichever cluster it then shows it to."""

    def holding(device: Device) -> Device:
        return attrs.evolve(device, lsc_issuer=issuer, lsc_known=True)

    elsewhere = {name: holding(device) for name, device in station.elsewhere.items()}
    return attrs.evolve(station, device=holding(station.device), elsewhere=elsewhere)


def _boot(
    station: Station, stage: Stage, step: int | None, occasion: str, doubt: Doubt | None = None
) -> tuple[Episode, Doubt | None]:
    boot = drive.start(station, stage.world, stage.now)
    end = ending(boot, stage.world)
    left = after_start(doubt, station, end, stage.world, stage.now)
    if left is not None and end.outcome is not Outcome.CANNOT_SAY:
        end = left.ending
    return Episode(step=step, occasion=occasion, boot=boot, world=stage.world, ending=end), left


def _lost_at(first: Station, episodes: Sequence[Episode], stages: Sequence[Stage]) -> int | None:
    """The step at which it went wrong for good; 0 when it was wrong before the first, None when it is not."""
    if not episodes[-1].ending.outcome.bad:
        return None
    good = [number for number, each in enumerate(episodes) if not each.ending.outcome.bad]
    if not good and _bad_at(first, stages[0]):
        return 0
    turned = good[-1] + 1 if good else 0
    bad_from = episodes[turned].step
    if bad_from is not None:
        return bad_from
    # it never started since: the first step after which every start would have gone wrong
    station = episodes[turned - 1].boot.station if turned else first
    earliest = (episodes[turned - 1].step or 0) + 1 if turned else 1
    lost = stages[-1].number
    seen: dict[int, bool] = {}
    for stage in reversed(stages[earliest:]):
        key = id(stage.world)
        if key not in seen:
            seen[key] = _bad_at(station, stage)
        if not seen[key]:
            break
        lost = stage.number
    return lost


def _bad_at(station: Station, stage: Stage) -> bool:
    return ending(drive.start(station, stage.world, stage.now), stage.world).outcome.bad
