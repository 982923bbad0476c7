"""Real keys for stories that are told over sockets as well (testing.wire).

With PHONEEMU_LOOPBACK=1 every boot of every story is done twice, in memory and over sockets, and the two
journals must be equal.
"""

import functools
import itertools
import os

from listmaking import rsa_key

from phoneemu.cluster import lab
from phoneemu.cluster.certs import Maker

WANTED = bool(os.environ.get("PHONEEMU_LOOPBACK"))
KEYS = 12


@functools.cache
def turns(keys: int) -> "itertools.cycle[int]":
    """Whose turn it is among the keys; it does not begin anew with each story."""
    return itertools.cycle(range(keys))


def maker(bits: int = 2048) -> Maker:
    """Real certificates over a few real keys; fewer where they are slow to make."""
    next_of = turns(KEYS if bits <= 2048 else KEYS // 3)
    return lab.maker(lambda: rsa_key(bits, next(next_of)))
