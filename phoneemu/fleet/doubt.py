"""After a start that could not be told: each state the phone may be in, walked until all are one again.

The emulated phone stays with its former lists; the real one may have taken the new. What a later start shows
of one of them is not told, unless it ends alike from all of them. Nothing here decides what a phone does.
"""

import itertools

import attrs

from phoneemu.cluster import drive, publish
from phoneemu.cluster.drive import Boot, Station, World
from phoneemu.core.flash import Flash
from phoneemu.core.question import Subject
from phoneemu.core.trustlist import TrustList
from phoneemu.fleet.outcome import Ending, Outcome, ending

MOST_STATES = 16
"""More states than this are not walked: the doubt stays until the lists are erased [assumed]."""


@attrs.frozen(kw_only=True)
class Doubt:
    """The ending that began it, and what the phone may hold now; no flash where that is not followed."""

    ending: Ending
    flashes: tuple[Flash, ...] = ()

    def after_hands(self, before: Station, after: Station) -> "Doubt | None":
        """The doubt after hands were laid on the phone; None where they erased every list in doubt."""
        if after.flash is before.flash:
            return self
        known_ctl = self.ending.decisive is not None and self.ending.decisive.subject is Subject.ITL
        if after.flash.itl is None and (known_ctl or after.flash.ctl is None):
            return None
        return attrs.evolve(self, flashes=())


def after_start(doubt: Doubt | None, station: Station, end: Ending, world: World, now: float) -> Doubt | None:
    """The doubt after a start that ended so; None when there is none, or when every state ends alike."""
    if doubt is None and not _of_a_list(end):
        return None
    if doubt is not None and not doubt.flashes:
        return doubt
    begun = (station.flash,) if doubt is None else doubt.flashes
    boots = [drive.start(attrs.evolve(station, flash=flash), world, now) for flash in begun]
    ends = [ending(boot, world) for boot in boots]
    held = {_told_by(flash): flash for boot in boots for flash in _may_hold(boot, world)}
    told = all(each.outcome is not Outcome.CANNOT_SAY for each in ends)
    if told and len(held) == 1 and len({_words(each) for each in ends}) == 1:
        return None
    first = end if doubt is None else doubt.ending
    return Doubt(ending=first, flashes=tuple(held.values()) if len(held) <= MOST_STATES else ())


def _of_a_list(end: Ending) -> bool:
    """Whether nobody knows after it which lists the phone really holds."""
    of_a_list = end.decisive is not None and end.decisive.subject in (Subject.CTL, Subject.ITL)
    return of_a_list and end.outcome is Outcome.CANNOT_SAY


def _words(end: Ending) -> tuple[object, ...]:
    return end.outcome, end.reason, end.trust, end.service, end.registered_to, end.secure


def _told_by(flash: Flash) -> tuple[object, ...]:
    """What tells one state from another; what a phone remembers of a TVS does not."""
    lists = (each.fingerprint if each is not None else None for each in (flash.ctl, flash.itl))
    return (*lists, flash.config)


def _may_hold(boot: Boot, world: World) -> list[Flash]:
    """What the phone may hold after this start: what it kept, or what it was served, file by file."""
    kept, station = boot.station.flash, boot.station
    server = next((each for each in station.tftp_servers if world.behind(each) is not None), None)
    place = None if server is None else world.behind(server)
    end = ending(boot, world)
    if place is None or not _of_a_list(end):
        return [kept]
    cluster, node = place
    ctl_known = end.decisive is not None and end.decisive.subject is Subject.ITL
    ctls = (kept.ctl,) if ctl_known else _either(kept.ctl, node.ctl)
    configs = (kept.config, publish.config_for(cluster, station.device_in(cluster)))
    return [
        attrs.evolve(kept, ctl=ctl, itl=itl, config=config)
        for ctl, itl, config in itertools.product(ctls, _either(kept.itl, node.itl), dict.fromkeys(configs))
    ]


def _either(kept: TrustList | None, served: TrustList | None) -> tuple[TrustList | None, ...]:
    return (kept,) if served is None or served.same_as(kept) else (kept, served)
