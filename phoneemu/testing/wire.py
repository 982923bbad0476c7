"""The same start over sockets: a lab on loopback serves what a story's world holds, and a live phone boots.

This is the proof that there is one engine: the journal over sockets equals the one in memory.
"""

from phoneemu.cluster import drive
from phoneemu.cluster.drive import Boot, Station, World
from phoneemu.cluster.serve import Lab, Terms
from phoneemu.core.flash import Flash
from phoneemu.core.journal import Journal
from phoneemu.core.journaltext import lines
from phoneemu.core.phone import Phone
from phoneemu.core.trustlist import TrustList
from phoneemu.net import drive as live

WAITS = (2.0, 2.0)
"""Seconds before a phone of a test repeats a request. A lab's stopped service is refused at once, so no story
waits for them; a machine that is busy may."""

ANSWER_SECONDS = 60.0


def boot_live(station: Station, world: World, now: float) -> tuple[Journal, Flash]:
    """Boot a live phone against a lab that serves this world.

    Raises:
        OSError: no port can be had.
    """
    terms = Terms(
        device_of=lambda cluster, _name: station.device_in(cluster),
        vouches=lambda _name: station.flash.ctl is None,
    )
    phone = Phone(station.profile, station.name, station.flash)
    with Lab(world.clusters, terms) as served:
        wire = live.Wire(book=served.book, waits=WAITS, answer_seconds=ANSWER_SECONDS)
        journal = live.boot(phone, wire, station.tftp_servers, now)
    return journal, phone.flash


def boot_both(station: Station, world: World, now: float) -> Boot:
    """Boot in memory, then over sockets; what happened in memory is returned.

    The clusters need real keys.

    Raises:
        AssertionError: the journals differ, or what the phone keeps does; both are shown.
        OSError: no port can be had.
    """
    done = drive.boot(station, world, now)
    journal, flash = boot_live(station, world, now)
    if journal != done.journal:
        told = ("over sockets:", *lines(journal), "in memory:", *lines(done.journal))
        raise AssertionError("\n".join(told))
    kept = done.station.flash
    if not (_same(flash.ctl, kept.ctl) and _same(flash.itl, kept.itl) and flash.config == kept.config):
        raise AssertionError(f"the phone keeps something else over sockets: {flash} instead of {kept}")
    return done


def _same(one: TrustList | None, other: TrustList | None) -> bool:
    return one == other or (one is not None and one.same_as(other))
