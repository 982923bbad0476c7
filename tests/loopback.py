"""The same boot over sockets: a lab on loopback serves what the story's world holds, and a live phone boots.

With PHONEEMU_LOOPBACK=1 every boot of every story is done twice, in memory and over sockets, and the two
journals must be equal.
"""

import functools
import itertools
import os

from listmaking import rsa_key

from phoneemu.cluster import lab
from phoneemu.cluster.certs import Maker
from phoneemu.cluster.drive import Boot, Station, World
from phoneemu.cluster.serve import Lab, Terms
from phoneemu.core.flash import Flash
from phoneemu.core.journal import Journal
from phoneemu.core.journaltext import lines
from phoneemu.core.phone import Phone
from phoneemu.net import drive as live

WANTED = bool(os.environ.get("PHONEEMU_LOOPBACK"))
KEYS = 12
WAITS = (0.1, 0.1)
ANSWER_SECONDS = 5.0


@functools.cache
def turns(keys: int) -> "itertools.cycle[int]":
    """Whose turn it is among the keys; it does not begin anew with each story."""
    return itertools.cycle(range(keys))


def maker(bits: int = 2048) -> Maker:
    """Real certificates over a few real keys; fewer where they are slow to make."""
    next_of = turns(KEYS if bits <= 2048 else KEYS // 3)
    return lab.maker(lambda: rsa_key(bits, next(next_of)))


def boot(station: Station, world: World, now: float) -> tuple[Journal, Flash]:
    """Boot a live phone against a lab that serves this world."""
    terms = Terms(
        device_of=lambda cluster, _name: station.device_in(cluster),
        vouches=lambda _name: station.flash.ctl is None,
    )
    phone = Phone(station.profile, station.name, station.flash)
    with Lab(world.clusters, terms) as served:
        wire = live.Wire(book=served.book, waits=WAITS, answer_seconds=ANSWER_SECONDS)
        journal = live.boot(phone, wire, station.tftp_servers, now)
    return journal, phone.flash


def compare(station: Station, world: World, now: float, boot_in_memory: Boot) -> None:
    """The journal over sockets equals the one in memory, and the phone keeps the same.

    Raises:
        AssertionError: it does not; both journals are shown.
    """
    journal, flash = boot(station, world, now)
    if journal != boot_in_memory.journal:
        told = "\n".join(("over sockets:", *lines(journal), "in memory:", *lines(boot_in_memory.journal)))
        raise AssertionError(told)
    for one, other in (
        (flash.ctl, boot_in_memory.station.flash.ctl),
        (flash.itl, boot_in_memory.station.flash.itl),
    ):
        assert one == other or (one is not None and one.same_as(other))
    assert flash.config == boot_in_memory.station.flash.config
