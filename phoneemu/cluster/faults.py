"""Faults of a lab, by name: what goes wrong between a phone and its cluster, and how often.

A fault is drawn from a seeded generator, so a run can be repeated by its seed. None of them decides anything
for the phone; they change bytes, times and sources.
"""

import random
import threading
from collections.abc import Iterator, Mapping, Sequence

import attrs

from phoneemu.errors import BadInput

PAUSE = 0.5
"""Seconds between two pieces of a slow file."""

FAULTS: Mapping[str, str] = {
    "tftp-drop": "a datagram of the server is lost",
    "tftp-duplicate": "a datagram arrives twice",
    "tftp-reorder": "a datagram arrives after its repetition",
    "tftp-delay": "a datagram comes a little late",
    "tftp-truncate": "a datagram loses its end",
    "tftp-wrong-port": "a datagram comes from another port",
    "tftp-error": "the server answers with an error, of any code but that of a missing file",
    "tftp-not-found": "the file is said to be missing",
    "tftp-silent": "the server does not answer",
    "http-404": "the file is said to be missing",
    "http-503": "the service is said to be unavailable",
    "http-truncate": "the answer breaks off",
    "http-silent": "nothing is answered",
    "endless-file": "the file never ends",
    "slow-file": "the file comes in pieces, half a second apart",
    "flipped-bytes": "a byte of the file is another one",
    "truncated-file": "the file is cut, and the transport does not notice",
    "wrong-file": "another file comes under the name",
    "stale-node": "the node keeps serving the first file it ever served under a name",
    "tvs-silent": "the TVS takes the question and says nothing",
    "tvs-hangs-up": "the TVS hangs up in the handshake",
    "tvs-drops-question": "the TVS hangs up after the question",
    "tvs-new-certificate": "the TVS shows a certificate no list knows",
    "tvs-other-session": "the TVS answers about another session first",
    "tvs-garbage": "the TVS answers with bytes that are no message",
}
"""Every knob and what it does."""


@attrs.frozen(kw_only=True)
class Datagram:
    """What is sent: the bytes, after how many seconds, and whether from a stranger's port."""

    data: bytes
    delay: float = 0.0
    stranger: bool = False


@attrs.define(kw_only=True)
class Faults:
    """The faults in force: how often each happens, from 0 to 1, and the seed of chance."""

    rates: Mapping[str, float] = attrs.field(factory=dict)
    seed: int = 0
    _random: random.Random = attrs.field(init=False, repr=False)
    _lock: threading.Lock = attrs.field(init=False, factory=threading.Lock, repr=False)
    _first: dict[tuple[str, str], bytes] = attrs.field(init=False, factory=dict, repr=False)

    @_random.default
    def _seeded(self) -> random.Random:
        return random.Random(self.seed)  # noqa: S311 - a fault plan that can be repeated, no secret

    def happens(self, name: str) -> bool:
        """Whether this fault strikes now."""
        rate = self.rates.get(name, 0.0)
        if rate <= 0.0:
            return False
        with self._lock:
            return self._random.random() < rate

    def _below(self, limit: int) -> int:
        with self._lock:
            return self._random.randrange(limit)

    def datagrams(self, data: bytes) -> Sequence[Datagram]:
        """What reaches the wire in place of one datagram of the TFTP server."""
        sent = Datagram(data=data, delay=PAUSE if self.happens("slow-file") else 0.0)
        if self.happens("tftp-silent") or self.happens("tftp-drop"):
            return ()
        if self.happens("tftp-not-found"):
            return (_error(_NOT_FOUND),)
        if self.happens("tftp-error"):
            return (_error(_ERRORS[self._below(len(_ERRORS))]),)
        if self.happens("tftp-truncate") and len(data) > 4:
            sent = attrs.evolve(sent, data=data[: 4 + self._below(len(data) - 4)])
        if self.happens("tftp-wrong-port"):
            return (attrs.evolve(sent, stranger=True), attrs.evolve(sent, delay=0.01))
        if self.happens("tftp-duplicate"):
            return (sent, sent)
        if self.happens("tftp-reorder"):
            return (attrs.evolve(sent, delay=0.03), attrs.evolve(sent, delay=0.01))
        return (attrs.evolve(sent, delay=0.02),) if self.happens("tftp-delay") else (sent,)

    def content(self, node: str, name: str, data: bytes, other: bytes | None) -> bytes | Iterator[bytes]:
        """What a node serves in place of a file; `other` is another file it has, if any."""
        first = self._first.setdefault((node, name), data)
        if self.happens("stale-node"):
            data = first
        if self.happens("wrong-file") and other is not None:
            data = other
        if self.happens("truncated-file") and data:
            data = data[: self._below(len(data))]
        if self.happens("flipped-bytes") and data:
            at = self._below(len(data))
            data = data[:at] + bytes([data[at] ^ (1 + self._below(255))]) + data[at + 1 :]
        return _endless(data) if self.happens("endless-file") else data


_NOT_FOUND = 1
_ERRORS = (0, 2, 3, 4, 5, 6, 7, 8)
"""The other codes there are [RFC 1350, RFC 2347]."""


def _error(code: int) -> Datagram:
    return Datagram(data=bytes([0, 5, 0, code]) + b"lab fault\0")


def _endless(data: bytes) -> Iterator[bytes]:
    while True:
        yield data or b"\0"


def parse(words: Sequence[str], seed: int = 0) -> Faults:
    """`tvs-silent`, `tftp-drop=0.2` as faults; without a number a fault always happens, lossy ones often.

    Raises:
        BadInput: there is no such fault, or the number is none.
    """
    rates: dict[str, float] = {}
    for word in words:
        name, equals, number = word.partition("=")
        if name not in FAULTS:
            raise BadInput(f"no fault `{name}`; there are {', '.join(FAULTS)}")
        try:
            rate = float(number) if equals else _USUAL.get(name, 1.0)
        except ValueError:
            rate = -1.0
        if not 0 <= rate <= 1:
            raise BadInput(f"`{word}`: how often is a number from 0 to 1")
        rates[name] = rate
    return Faults(rates=rates, seed=seed)


_USUAL: Mapping[str, float] = {
    "tftp-drop": 0.2,
    "tftp-duplicate": 0.3,
    "tftp-reorder": 0.3,
    "tftp-delay": 0.5,
    "tftp-truncate": 0.2,
    "tftp-wrong-port": 0.3,
}
"""How often a lossy fault happens unless said otherwise; always would be plain silence."""
