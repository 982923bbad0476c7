"""How many whole phone starts per second one core does, in memory and without cryptography.

Every phone is another device of one healthy cluster: it asks for a CTL, an ITL and its configuration, finds
each unchanged, and registers. Cryptography is measured elsewhere: signatures of planned lists are assumed.
"""

import sys
import time

import attrs

from phoneemu.catalogue import catalogue
from phoneemu.cluster import publish
from phoneemu.cluster.drive import Station, World, boot
from phoneemu.cluster.founding import make_cluster
from phoneemu.cluster.state import Cluster, Device
from phoneemu.core.flash import Flash
from phoneemu.core.states import State

MODEL = "8861"
PHONES = 5_000
ROUNDS = 5
PER_SECOND = 20_000


def stations(cluster: Cluster, count: int) -> list[Station]:
    """Phones that hold what their node serves, as after a healthy start."""
    names = tuple(node.name for node in cluster.nodes)
    device = Device(group=names)
    first = cluster.nodes[0]
    flash = Flash(ctl=first.ctl, itl=first.itl, config=publish.config_for(cluster, device))
    profile = catalogue().profile(MODEL)
    one = Station(profile=profile, name="", device=device, tftp_servers=names, flash=flash)
    return [attrs.evolve(one, name=f"SEP{number:012X}") for number in range(count)]


def start_all(phones: list[Station], world: World, now: float) -> float:
    """Seconds that the starts took.

    Raises:
        AssertionError: a phone did not register; then its speed means nothing.
    """
    registered = rulings = 0
    started = time.perf_counter()
    for phone in phones:
        done = boot(phone, world, now)
        registered += done.state is State.IN_SERVICE
        rulings += len(done.journal.rulings())
    seconds = time.perf_counter() - started
    assert registered == len(phones)
    assert rulings >= 4 * len(phones), "a CTL, an ITL, a configuration and a registration each"
    return seconds


def main() -> int:
    """Start them and compare; 1 when the best round misses the target."""
    cluster = make_cluster("bench", "12.5(1)", ("pub", "sub"), mixed=True)
    phones = stations(cluster, PHONES)
    world = World(clusters=(cluster,))
    rate = PHONES / min(start_all(phones, world, cluster.clock) for _ in range(ROUNDS))
    print(f"boots: {rate:,.0f} whole starts/s, wanted {PER_SECOND:,}, ratio {PER_SECOND / rate:.2f}")
    return int(rate < PER_SECOND)


if __name__ == "__main__":
    sys.exit(main())
