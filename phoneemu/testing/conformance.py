"""Running the stories against an endpoint behind a door, beside the emulated phone in memory.

After every start the exit code and the installed lists are compared, byte for byte.
"""

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from phoneemu.cluster import drive, faults, lab
from phoneemu.cluster.drive import Station, World
from phoneemu.cluster.serve import Lab, Terms
from phoneemu.cluster.session import Session
from phoneemu.cluster.state import Cluster, Device
from phoneemu.core.profile import Profile
from phoneemu.core.states import State
from phoneemu.core.trustlist import TrustList
from phoneemu.core.vocabulary import EraseTarget
from phoneemu.errors import BadInput
from phoneemu.files import write_text
from phoneemu.testing.door import BrokenDoor, Door, Held
from phoneemu.testing.stories import STORIES, Boots, Does, Erases, Story

DEVICE = "SEP001122AABBCC"
KEYS = 12


@attrs.frozen(kw_only=True)
class Result:
    """How one story went; `failed` says at which start and how it differs, "" when it does not."""

    name: str
    failed: str = ""
    expected: str = ""
    """The reason from the file of expected failures, if there is one."""
    undecided: bool = False
    """A model fact is missing, so that nothing can be expected."""

    @property
    def word(self) -> str:
        """Its one word in the table."""
        if self.undecided:
            return "cannot-say"
        if self.failed:
            return "expected" if self.expected else "FAIL"
        return "UNEXPECTED PASS" if self.expected else "pass"

    @property
    def good(self) -> bool:
        """Whether it is as it should be: passed, or failed as the file says."""
        return self.undecided or bool(self.failed) is bool(self.expected)


@attrs.frozen(kw_only=True)
class Suite:
    """What is judged: a command, as a phone of this profile and name."""

    command: Sequence[str]
    profile: Profile
    device: str = DEVICE
    expected: Mapping[str, str] = attrs.field(factory=dict)
    keys: Callable[[], RSAPrivateKey] = attrs.field(factory=lambda: few_keys())

    def run(self, names: Sequence[str] = ()) -> Iterator[Result]:
        """Tell the stories, all or those named.

        Raises:
            BadInput: there is no story of this name.
        """
        for name in (*names, *self.expected):
            if name not in STORIES:
                raise BadInput(f"no story `{name}`; there are {', '.join(STORIES)}")
        for name in names or STORIES:
            with tempfile.TemporaryDirectory(prefix="phoneemu-conformance-") as folder:
                yield self._told(name, STORIES[name], Path(folder))

    def _told(self, name: str, story: Story, folder: Path) -> Result:
        telling = _Telling(self, story, folder)
        expected = self.expected.get(name, "")
        try:
            telling.tell()
        except _Undecided:
            return Result(name=name, undecided=True)
        except (_Differs, BrokenDoor) as difference:
            return Result(name=name, failed=str(difference), expected=expected)
        return Result(name=name, expected=expected)


class _Differs(Exception):  # noqa: N818 - what happened
    """The endpoint did not do what the emulated phone does."""


class _Undecided(Exception):  # noqa: N818 - as above
    """The emulated phone cannot say."""


class _Telling:
    """One story on its way: the cluster, the endpoint, and the emulated phone beside it."""

    def __init__(self, suite: Suite, story: Story, folder: Path) -> None:
        maker = lab.maker(suite.keys)
        founding = attrs.evolve(story.founding, clock=float(int(time.time())) - 3600)
        self._story = story
        self._session = Session(founding.cluster(maker), maker)
        self._door = Door(command=suite.command, state=folder / "state")
        self._hosts = folder / "hosts"
        nodes = self._session.cluster.nodes
        self._station = Station(
            profile=suite.profile,
            name=suite.device,
            device=_device(self._session.cluster, suite.device),
            tftp_servers=(nodes[0].name,),
        )
        self._starts = 0
        self._clock = founding.clock

    def tell(self) -> None:
        """Go through the acts; the first difference ends it."""
        for act in self._story.acts:
            if isinstance(act, Does):
                self._clock += 60
                self._session.adopt(self._session.consider(act.line, self._clock))
            elif isinstance(act, Erases):
                self._door.erase(act.what)
                self._station, _ = drive.erase(self._station, EraseTarget(act.what))
            else:
                self._boot(act)

    def _boot(self, act: Boots) -> None:
        self._starts += 1
        cluster = self._session.cluster
        before = self._door.held()
        holds_ctl = self._station.flash.ctl is not None
        terms = Terms(
            device_of=_device,
            faults=faults.parse(act.faults, self._starts),
            vouches=lambda _: not holds_ctl,
        )
        with Lab((cluster,), terms) as served:
            write_text(self._hosts, served.book.render())
            code = self._door.boot(cluster.publisher.name, self._hosts)
        now = self._door.held()
        if act.keeps:
            self._same("CTL", before.ctl, now.ctl)
            self._same("ITL", before.itl, now.itl)
            return
        done = drive.boot(self._station, World(clusters=(self._like(act),)), time.time())
        if done.state is State.UNDECIDED:
            raise _Undecided
        self._station = done.station
        wanted = Held(ctl=_raw(done.station.flash.ctl), itl=_raw(done.station.flash.itl))
        self._same("CTL", wanted.ctl, now.ctl)
        self._same("ITL", wanted.itl, now.itl)
        if code != int(not done.journal.trusted):
            raise _Differs(f"start {self._starts}: exit code {code}, expected {int(not code)}")

    def _like(self, act: Boots) -> Cluster:
        cluster = self._session.cluster
        beside = Session(cluster)
        for line in act.like:
            beside.adopt(beside.consider(line, self._clock))
        return beside.cluster

    def _same(self, what: str, wanted: bytes | None, found: bytes | None) -> None:
        if wanted == found:
            return
        if found is None or wanted is None:
            how = "is not installed" if found is None else "is installed and should not be"
        else:
            how = "is another one than expected"
        raise _Differs(f"start {self._starts}: the {what} {how}")


def _raw(held: TrustList | None) -> bytes | None:
    return None if held is None else held.raw


def _device(cluster: Cluster, _name: str) -> Device:
    return Device(group=tuple(node.name for node in cluster.nodes))


def few_keys(count: int = KEYS) -> Callable[[], RSAPrivateKey]:
    """A few real keys in turn: as many as one cluster has certificates, made when first needed."""
    made: list[RSAPrivateKey] = []
    turn = itertools.count()

    def key() -> RSAPrivateKey:
        at = next(turn) % count
        if at == len(made):
            made.append(lab.fresh_key())
        return made[at]

    return key


def read_expected(text: str, file: str) -> dict[str, str]:
    """Expected failures: lines `STORY reason`; `#` begins a comment.

    Raises:
        BadInput: a line gives no reason, or names no story; names file and line.
    """
    found: dict[str, str] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        name, _, reason = raw.partition("#")[0].strip().partition(" ")
        if not name:
            continue
        if name not in STORIES or not reason.strip():
            what = "gives no reason" if name in STORIES else "is no story"
            raise BadInput(f"`{name}` {what}", place=f"{file}:{number}")
        found[name] = reason.strip()
    return found
