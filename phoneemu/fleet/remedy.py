"""What brings a lost phone back: candidates from cheapest to dearest, each tried on the emulated phone.

Nothing is looked up in a table of symptoms. An administrator's candidate is a few runbook lines performed on
the cluster as it stands in the end; a candidate at the phone is what hands can do on that model. The first
after which the phone ends well is the remedy.
"""

import itertools
from collections.abc import Iterator, Mapping

import attrs

from phoneemu.cluster import drive
from phoneemu.cluster.drive import Station, World
from phoneemu.cluster.state import TFTP
from phoneemu.core.evidence import Fact, Standing
from phoneemu.core.profile import Profile
from phoneemu.core.vocabulary import EraseTarget
from phoneemu.fleet.forecast import Remedy, RemedyKind
from phoneemu.fleet.outcome import Ending, Outcome, ending, serving_node, standing_of
from phoneemu.fleet.story import with_new_lsc


@attrs.frozen(kw_only=True)
class Administered:
    """An administrator's remedy, already performed: the world after it, and its commands in one line."""

    kind: RemedyKind
    world: World
    now: float
    commands: str


_HANDS: Mapping[str, tuple[tuple[RemedyKind, EraseTarget], ...]] = {
    "separate": (
        (RemedyKind.ERASE_CTL, EraseTarget.CTL),
        (RemedyKind.ERASE_ITL, EraseTarget.ITL),
        (RemedyKind.ERASE_SECURITY, EraseTarget.SECURITY),
        (RemedyKind.FACTORY_RESET, EraseTarget.FACTORY),
    ),
    "ctl": (
        (RemedyKind.ERASE_CTL, EraseTarget.CTL),
        (RemedyKind.FACTORY_RESET, EraseTarget.FACTORY),
    ),
    "combined": (
        (RemedyKind.ERASE_SECURITY, EraseTarget.SECURITY),
        (RemedyKind.FACTORY_RESET, EraseTarget.FACTORY),
    ),
    "factory": ((RemedyKind.FACTORY_RESET, EraseTarget.FACTORY),),
    "none": (),
}
"""What a person can erase, by the model's erase.scope."""

_UNKNOWN_SCOPE = ((RemedyKind.FACTORY_RESET, EraseTarget.FACTORY),)
"""Every phone has some factory reset; nothing finer is promised when nobody knows the menu [assumed]."""


def find(
    station: Station, world: World, now: float, outcome: Outcome, administered: tuple[Administered, ...]
) -> Remedy:
    """The first remedy after which this phone ends ok.

    Where there is none, the first after which a lost phone is at least in service, which its text says;
    `Remedy(found=False)` when there is none of these either.
    """
    if outcome is Outcome.OK or outcome is Outcome.CANNOT_SAY:
        return Remedy()
    second_best: Remedy | None = None
    candidates = (_candidates(station, world, now, administered), _both(station, administered))
    for remedy, tried, place, when in itertools.chain.from_iterable(candidates):
        boots, ended = _tried(tried, place, when)
        twice = "; and reset it a second time" if len(boots) > 1 else ""
        standing = min(remedy.standing, standing_of(boots, ()))
        if ended.outcome is Outcome.OK:
            return attrs.evolve(remedy, keys=remedy.keys + twice, standing=standing)
        if ended.outcome is Outcome.DEGRADED and outcome in _LOST and second_best is None:
            keys = f"{remedy.keys}{twice}; it is then degraded: {ended.reason.value}"
            second_best = attrs.evolve(remedy, keys=keys, standing=standing)
    return second_best or Remedy(found=False)


_LOST = (Outcome.STUCK, Outcome.OUT_OF_SERVICE)


def _tried(station: Station, world: World, now: float) -> tuple[list[drive.Boot], Ending]:
    """The starts until the phone ends ok, at most two, and how the last ended.

    The second matters: a list taken at the first may vouch for what comes before it in the order of files.
    """
    boots = [drive.start(station, world, now)]
    ended = ending(boots[0], world)
    changed = boots[0].station.flash != station.flash  # else it would be the same start
    if ended.outcome is not Outcome.OK and changed:
        again = drive.start(boots[0].station, world, now)
        after = ending(again, world)
        if after.outcome is Outcome.OK or ended.outcome is not Outcome.DEGRADED:
            return [*boots, again], after
    return boots, ended


def _both(
    station: Station, administered: tuple[Administered, ...]
) -> Iterator[tuple[Remedy, Station, World, float]]:
    """What hands can do after what an administrator can: neither alone was enough."""
    profile = station.profile
    for each in administered:
        for kind, target in _HANDS.get(profile.erase_scope.value or "", _UNKNOWN_SCOPE):
            erased, _ = drive.erase(station, target)
            hands = by_hand(profile, kind)
            yield (
                attrs.evolve(hands, keys=f"{each.commands}; then {hands.keys}"),
                erased,
                each.world,
                each.now,
            )


def _candidates(
    station: Station, world: World, now: float, administered: tuple[Administered, ...]
) -> Iterator[tuple[Remedy, Station, World, float]]:
    yield Remedy(kind=RemedyKind.RESET, keys="phones reset"), station, world, now
    for each in administered:
        remedy = Remedy(kind=each.kind, keys=f"{each.commands}; then reset the phone")
        yield remedy, station, each.world, each.now
    if serving_node(station, world) is None:  # its TFTP servers are gone, or have another address
        for node in world.clusters[0].nodes:
            if node.runs(TFTP):
                where = node.address or node.name
                keys = f"point it to {where}: DHCP option 150, or by hand; then reset the phone"
                moved = attrs.evolve(station, tftp_servers=(node.name,))
                yield Remedy(kind=RemedyKind.POINT_TO, keys=keys), moved, world, now
    profile = station.profile
    for kind, target in _HANDS.get(profile.erase_scope.value or "", _UNKNOWN_SCOPE):
        erased, _ = drive.erase(station, target)
        yield by_hand(profile, kind), erased, world, now
    renewed = with_new_lsc(station, world)
    if station.device.security.uses_tls and renewed is not station:
        keys = "install a new LSC: CAPF operation Install/Upgrade with a temporary non-secure profile"
        remedy = Remedy(kind=RemedyKind.REPLACE_LSC, keys=keys, standing=Standing.DOCUMENTED)
        yield attrs.evolve(remedy, source="TS225746"), renewed, world, now
        for kind, target in _HANDS.get(profile.erase_scope.value or "", _UNKNOWN_SCOPE):
            erased, _ = drive.erase(renewed, target)
            both = by_hand(profile, kind)
            keys = f"{both.keys}; then {remedy.keys}"
            yield attrs.evolve(both, kind=RemedyKind.REPLACE_LSC, keys=keys), erased, world, now


def by_hand(profile: Profile, kind: RemedyKind) -> Remedy:
    """The remedy at the phone with this model's own key presses, and how well they are known."""
    facts = _keys_facts(profile, kind)
    presses = [fact.value for fact in facts if fact.value is not None]
    if len(presses) < len(facts):
        return Remedy(kind=kind, keys="menu of this model not known", standing=Standing.ASSUMED)
    standing = min(profile.erase_scope.standing, *(fact.standing for fact in facts))
    source = ", ".join(dict.fromkeys(fact.source for fact in facts))
    return Remedy(kind=kind, keys="; then ".join(presses), standing=standing, source=source)


def _keys_facts(profile: Profile, kind: RemedyKind) -> tuple[Fact[str | None], ...]:
    """What tells the key presses, one after the other: without a reset for both, each list has an erase."""
    if kind is RemedyKind.ERASE_CTL:
        return (profile.erase_ctl,)
    if kind is RemedyKind.ERASE_ITL:
        return (profile.erase_itl,)
    if kind is RemedyKind.FACTORY_RESET:
        return (profile.factory_reset,)
    if profile.erase_scope.value == "separate":
        return profile.erase_ctl, profile.erase_itl
    # the menu's own words; tools that press keys differ in the digits from load to load
    return (profile.erase_ctl if profile.erase_ctl.value is not None else profile.erase_keys,)
