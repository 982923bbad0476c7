"""An endpoint behind the door, in an office: this project's own phone, another emulator, or a bench phone.

    endpoint.boots()                  # the office is served on loopback meanwhile
    endpoint.erases("ctl")
    assert endpoint.agrees_with(phone)

What can be seen of it is its exit code and the lists it holds, byte for byte (testing.door).
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import attrs

from phoneemu.cluster import faults
from phoneemu.cluster.serve import Lab, Terms
from phoneemu.cluster.state import Device
from phoneemu.core.trustlist import TrustList
from phoneemu.files import write_text
from phoneemu.testing.door import Door, Held
from phoneemu.testing.office import DEVICE, Office, OfficePhone


def own_command(model: str, load: str | None = None) -> tuple[str, ...]:
    """The command of this project's own live phone, as a phone of this model."""
    words = (sys.executable, "-m", "phoneemu", "phone", "--model", model, "--name", DEVICE)
    return (*words, *(("--load", load) if load else ()), "--answer-seconds", "2")


@attrs.define(kw_only=True)
class Endpoint:
    """One endpoint and the office it stands in; the office needs real keys (`sockets=True`).

    `command` starts it, `folder` is where its state lies. `device` is the name its files bear.
    """

    command: Sequence[str]
    office: Office
    folder: Path
    device: str = DEVICE
    code: int | None = None
    """The exit code of its last start: 0 trusted, 1 refused."""

    def boots(self, *named: str, seed: int = 0) -> Self:
        """Start it while the office is served; `named` are faults in force, such as tvs-silent.

        Raises:
            BrokenDoor: the command does not do what the door asks.
            BadInput: there is no such fault.
            OSError: no port can be had.
        """
        device = Device(group=tuple(node.name for node in self.office.cluster.nodes))
        held = self.held.ctl is not None
        terms = Terms(
            device_of=lambda _cluster, _name: device,
            faults=faults.parse(named, seed),
            vouches=lambda _name: not held,
        )
        hosts = self.folder / "hosts"
        with Lab((self.office.cluster,), terms) as served:
            write_text(hosts, served.book.render())
            self.code = self._door.boot(self.office.publisher, hosts)
        return self

    def erases(self, what: str) -> Self:
        """A person stands at it and erases ctl, itl or security.

        Raises:
            BrokenDoor: the command does not do what the door asks.
        """
        self._door.erase(what)
        return self

    @property
    def held(self) -> Held:
        """The bytes of the lists it holds, None for none."""
        return self._door.held()

    def agrees_with(self, phone: OfficePhone) -> bool:
        """Whether it holds what this emulated phone holds, and its last start ended alike."""
        wanted = Held(ctl=_raw(phone.flash.ctl), itl=_raw(phone.flash.itl))
        trusted = phone.last is None or phone.last.journal.trusted
        return self.held == wanted and self.code == int(not trusted)

    @property
    def _door(self) -> Door:
        return Door(command=self.command, state=self.folder / "state")


def _raw(held: TrustList | None) -> bytes | None:
    return None if held is None else held.raw
