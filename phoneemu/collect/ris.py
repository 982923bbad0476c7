"""RISPort70: which phones are registered where, with which load and address.

It gives at most 1,000 devices an answer and does not always say that it cut one, so an answer in which asked
phones are missing while it is full, or which counts more than it holds, is asked on by its StateInfo and then
in halves [RISPORT70]. Only what decides something is kept: nobody's name, number or description.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import attrs

from phoneemu.collect import soap
from phoneemu.collect.failures import Kind, NotCollected
from phoneemu.collect.readings import ROWS, Reading
from phoneemu.collect.wire import Wire

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FIELDS = (
    "Name",
    "DeviceClass",
    "Model",
    "Product",
    "Httpd",
    "Status",
    "StatusReason",
    "TimeStamp",
    "Protocol",
    "ActiveLoadID",
    "InactiveLoadID",
    "DownloadStatus",
    "DownloadFailureReason",
    "DownloadServer",
)
"""All that is kept of a device, beside its addresses."""


STATE_BYTES = 64 * 1024
"""Longest StateInfo that is said back; real ones have a line a node [assumed]."""


@attrs.frozen(kw_only=True)
class Device:
    """One phone as one node knows it."""

    node: str
    fields: tuple[tuple[str, str], ...]
    addresses: tuple[str, ...] = ()

    def field(self, name: str) -> str:
        """One of FIELDS, "" when the node did not say."""
        return dict(self.fields).get(name, "")

    @property
    def name(self) -> str:
        """The device's name."""
        return self.field("Name")


@attrs.define(kw_only=True)
class Ris:
    """RISPort of one node, which speaks for the cluster; `silent` are nodes that did not answer it."""

    wire: Wire
    host: str
    tell: Callable[[str], None] = lambda _: None
    found: dict[tuple[str, str], Device] = attrs.field(factory=dict)
    silent: dict[str, str] = attrs.field(factory=dict)

    def every_phone(self) -> None:
        """Ask without names, where nobody knows them.

        Raises:
            NotCollected: no answer, or more phones than it gives; what came is in `found`.
        """
        if not self._whole(("*",)):
            raise NotCollected(
                Kind.INCOMPLETE, "there are more phones than RISPort gives without their names from AXL"
            )

    def phones(self, names: Sequence[str]) -> None:
        """Ask for these phones.

        Raises:
            NotCollected: no answer to a request; what came before is in `found`.
        """
        waiting = [tuple(names[at : at + ROWS]) for at in range(0, len(names), ROWS)]
        asked = 0
        while waiting:
            chunk = waiting.pop(0)
            if not self._whole(chunk):
                if len(chunk) == 1:
                    raise NotCollected(Kind.INCOMPLETE, f"an answer about {chunk[0]} that is not whole")
                half = len(chunk) // 2
                waiting[:0] = [chunk[:half], chunk[half:]]
                continue
            asked += len(chunk)
            self.tell(f"RISPort: {asked:,} of {len(names):,} phones")

    def _whole(self, names: Sequence[str]) -> bool:
        """Ask for these, following StateInfo while it brings more; whether all came."""
        here: dict[tuple[str, str], Device] = {}
        state = ""
        asked = {name.upper() for name in names}
        while True:
            root = self._asked(names, state)
            before = len(here)
            given = self._devices(root)
            here |= {(each.node.lower(), each.name.upper()): each for each in given}
            self.found |= here
            counted = next((soap.text(each, "TotalDevicesFound") for each in soap.every(root, _RESULT)), "")
            total = int(counted) if counted.isascii() and counted.isdigit() else 0
            all_seen = asked <= {name for _, name in here}
            if total <= len(here) and (all_seen or len(given) < ROWS):
                return True
            came = next((soap.text(each, "StateInfo") for each in soap.every(root, _RETURN)), "")
            if not came or came == state or len(here) == before or len(came) > STATE_BYTES:
                return False
            state = came

    def _asked(self, names: Sequence[str], state: str) -> "Element":
        answer = self.wire.ask(Reading.SEEN, self.host, soap.ask_seen(names, state))
        root = soap.parsed(answer.body)
        fault = soap.fault_of(root)
        if fault:
            raise NotCollected(Kind.FAULT, self.wire.said(fault))
        if answer.status != 200:
            raise NotCollected(Kind.FAULT, f"HTTP {answer.status}")
        if next(soap.every(root, _RESULT), None) is None:
            raise NotCollected(Kind.MALFORMED, "no answer of selectCmDevice")
        return root

    def _devices(self, root: "Element") -> list[Device]:
        found: list[Device] = []
        for nodes in soap.every(root, "CmNodes"):
            for node in nodes:
                name = soap.text(node, "Name")
                said = soap.text(node, "ReturnCode")
                if said and said.lower() not in ("ok", "notfound"):
                    self.silent[self.wire.said(name)] = self.wire.said(said)
                found += (_device(name, item) for each in _children(node, "CmDevices") for item in each)
        return [each for each in found if each.name]


_RESULT = "SelectCmDeviceResult"
_RETURN = "selectCmDeviceReturn"


def _children(element: "Element", name: str) -> list["Element"]:
    return [child for child in element if soap.local(child) == name]


def _device(node: str, item: "Element") -> Device:
    addresses = [
        soap.text(each, "IP") for group in _children(item, "IPAddress") for each in group if len(each)
    ]
    return Device(
        node=node,
        fields=tuple((name, soap.text(item, name)) for name in FIELDS if soap.text(item, name)),
        addresses=tuple(address for address in addresses if address),
    )
