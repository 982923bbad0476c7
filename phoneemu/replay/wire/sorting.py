"""Which phone, and which of its starts, everything in a capture belongs to.

A phone is known by the file names that bear its name, and from then on by its address. What an address did
before it asked for such a file counts for that phone too.
"""

import re
from collections.abc import Iterable

import attrs

from phoneemu.core.vocabulary import Transport
from phoneemu.replay.wire.sights import Announced, Seen, SeenFile
from phoneemu.replay.wire.witness import Sightings

_LIST = re.compile(r"(?:ext_)?(?:CTL|ITL)([A-Za-z0-9_-]{1,64})\.tlv")
_CONFIG = re.compile(r"([A-Za-z0-9_-]{1,64})\.cnf(?:\.xml(?:\.enc)?(?:\.sgn)?)?")
_NOBODYS = frozenset({"FILE", "XMLDEFAULT", "SEPDEFAULT", "GKDEFAULT", "DIALPLAN"})
_CTL, _ITL, _CONFIGURATION = range(3)


def device_of(name: str) -> str:
    """The device that a file is for, in capitals; "" when it is for all."""
    last = name.rpartition("/")[2]
    found = _LIST.fullmatch(last) or _CONFIG.fullmatch(last)
    device = found[1].upper() if found is not None else ""
    return "" if device in _NOBODYS else device


def _stage(name: str) -> int | None:
    """How far in a start a request stands: a phone asks for its CTL, its ITL, its configuration."""
    last = name.rpartition("/")[2].removeprefix("ext_")
    if last.endswith(".tlv"):
        return {"CTL": _CTL, "ITL": _ITL}.get(last[:3])
    return _CONFIGURATION if _CONFIG.fullmatch(last) else None


@attrs.define(kw_only=True)
class Boot:
    """One start of one phone. `number` counts its starts in the capture, from 1.

    `at_phone` tells that the capture shows what never leaves a phone's own line (CDP, DHCP).
    """

    device: str
    address: bytes
    number: int
    exchanges: list[Seen] = attrs.field(factory=list)
    product: str = ""
    load: str = ""
    protocol: str = ""
    tftp: tuple[bytes, ...] = ()
    at_phone: bool = False
    remarks: list[str] = attrs.field(factory=list)

    @property
    def begun(self) -> float:
        """When its first exchange began."""
        return min(each.begun for each in self.exchanges)


@attrs.define
class _Line:
    """One address: whose it is now, and what it did before that was known."""

    device: str = ""
    waiting: list[Seen] = attrs.field(factory=list)


@attrs.define
class _Sorter:
    boots: dict[str, list[Boot]] = attrs.field(factory=dict)
    lines: dict[bytes, _Line] = attrs.field(factory=dict)
    stages: dict[str, int] = attrs.field(factory=dict)
    nameless: dict[bytes, list[SeenFile]] = attrs.field(factory=dict)

    def take(self, seen: Seen) -> None:
        address = seen.ends.client
        line = self.lines.setdefault(address, _Line())
        if isinstance(seen, SeenFile):
            self._name(address, seen)
            named = device_of(seen.name)
            if named and named != line.device:
                line.device = named
            if named:
                self._start(named, seen)
        if not line.device:
            line.waiting.append(seen)
            return
        boot = self._boot(line.device, address)
        boot.exchanges += line.waiting
        line.waiting.clear()
        boot.exchanges.append(seen)

    def _name(self, address: bytes, seen: SeenFile) -> None:
        """A connection that was refused before anything was asked was for the file asked for next."""
        if not seen.name:
            self.nameless.setdefault(address, []).append(seen)
        elif seen.transport is Transport.TFTP:
            for refused in self.nameless.pop(address, ()):
                refused.name = seen.name
                refused.remarks.append(
                    f"{seen.name}: asked for by HTTP first, told from the request after it"
                )

    def _start(self, device: str, seen: SeenFile) -> None:
        """A list asked for behind a configuration begins another start."""
        stage = _stage(seen.name)
        if stage is None:
            return
        if stage < _CONFIGURATION and self.stages.get(device) == _CONFIGURATION:
            count = len(self.boots.get(device, ()))
            self.boots[device].append(Boot(device=device, address=seen.ends.client, number=count + 1))
        self.stages[device] = stage

    def _boot(self, device: str, address: bytes) -> Boot:
        known = self.boots.setdefault(device, [])
        if not known:
            known.append(Boot(device=device, address=address, number=1))
        return known[-1]


def sort(sightings: Sightings) -> tuple[list[Boot], list[str]]:
    """The starts in a capture, and what is to be said about the rest."""
    sorter = _Sorter()
    for seen in sightings.exchanges:
        sorter.take(seen)
    boots = [boot for known in sorter.boots.values() for boot in known if boot.exchanges]
    boots.sort(key=lambda boot: (boot.begun, boot.device))
    _introduce(boots, sightings.announced)
    for boot in boots:
        boot.exchanges.sort(key=lambda each: each.begun)
        if boot.number > 1:
            boot.remarks.append("it asked for its lists again: taken as another start")
    strangers = [seen for line in sorter.lines.values() for seen in line.waiting]
    remarks = []
    if strangers:
        count = len({seen.ends.client for seen in strangers})
        what = f"{len(strangers):,} exchanges of {count:,} addresses"
        remarks.append(f"{what} that asked for no file of a phone are left out")
    return boots, remarks


def _introduce(boots: Iterable[Boot], announced: Iterable[tuple[float, Announced]]) -> None:
    """Give each start what its phone said of itself: by name, hardware or address, in this order."""
    told: dict[str | bytes, Announced] = {}
    for _, said in announced:
        for key in (said.device, said.hardware.hex().upper(), said.address):
            if key:
                before = told.get(key, Announced())
                kept = {each.name: getattr(before, each.name) for each in attrs.fields(Announced)}
                told[key] = attrs.evolve(said, **{name: value for name, value in kept.items() if value})
    for boot in boots:
        for key in (boot.device, boot.device[-12:], boot.address):
            said = told.get(key, Announced())
            boot.product = boot.product or said.product
            boot.load = boot.load or said.load
            boot.protocol = boot.protocol or said.protocol
            boot.tftp = boot.tftp or said.tftp
            boot.at_phone = boot.at_phone or bool(said.hardware)
