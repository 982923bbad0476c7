"""Web pages of phones that say they have one: the network setup with its trust fields, and status messages.

Which address a phone's pages have differs by its family and is not said anywhere, so the usual ones are tried
in turn, and what worked for one phone is tried first for the next of the same model number.
"""

import contextlib
import ipaddress
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

import attrs

from phoneemu.collect import soap
from phoneemu.collect.failures import Kind, NotCollected
from phoneemu.collect.readings import PAGES, Reading
from phoneemu.collect.ris import Device
from phoneemu.collect.texts import FILE_NAME
from phoneemu.collect.wire import Wire

AT_ONCE = 4
"""Phones asked at the same time [assumed]."""
BETWEEN = 0.1
"""Least time between two phones, in seconds: ten a second [assumed]."""

Pages = tuple[Reading, Reading | None]


@attrs.frozen(kw_only=True)
class Shown:
    """What one phone showed, or why it did not."""

    name: str
    setup: bytes | None = attrs.field(default=None, repr=False)
    status: bytes | None = attrs.field(default=None, repr=False)
    failure: NotCollected | None = None


def worth_asking(devices: Iterable[Device]) -> dict[str, Device]:
    """The phones that are registered, say Httpd=Yes and have an address and a usable name, by that name."""
    return {
        device.name: device
        for device in devices
        if device.field("Httpd").lower() == "yes"
        and device.field("Status").lower() == "registered"
        and FILE_NAME.fullmatch(device.name)
        and address_of(device) is not None
    }


def address_of(device: Device) -> str | None:
    """The first address that can be a phone's."""
    for text in device.addresses:
        with contextlib.suppress(ValueError):
            address = ipaddress.ip_address(text)
            if not (address.is_unspecified or address.is_multicast or address.is_reserved):
                return str(address)
    return None


@attrs.define(kw_only=True)
class Pager:
    """Asks phones, a few at a time."""

    wire: Wire
    port: int = 80
    sleep: Callable[[float], None] = time.sleep
    _known: dict[str, Pages] = attrs.field(factory=dict)
    _turn: threading.Lock = attrs.field(factory=threading.Lock)
    _stopping: threading.Event = attrs.field(factory=threading.Event)

    def every(self, devices: Iterable[Device]) -> Iterator[Shown]:
        """What each phone shows, in the order in which they answer."""
        with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="pages") as pool:
            running = [pool.submit(self._one, device) for device in devices]
            try:
                for done in as_completed(running):
                    yield done.result()
            finally:
                self._stopping.set()
                pool.shutdown(wait=True, cancel_futures=True)

    def _one(self, device: Device) -> Shown:
        with self._turn:
            self.sleep(BETWEEN)
        address = address_of(device) or ""
        model = device.field("Model")
        known = self._known.get(model)
        failure = NotCollected(Kind.NOT_THERE, "no page at any usual address")
        for pages in ([known] if known is not None else []) + [each for each in PAGES if each != known]:
            if self._stopping.is_set():
                return Shown(name=device.name, failure=NotCollected(Kind.INCOMPLETE, "stopped"))
            try:
                setup = self.wire.page(pages[0], address, self.port)
            except NotCollected as error:
                failure = error
                if error.kind is not Kind.NOT_THERE:
                    break
                continue
            if not fit(setup):
                failure = NotCollected(Kind.MALFORMED, "a page that is no text")
                break
            self._known[model] = pages
            return Shown(name=device.name, setup=setup, status=self._status(pages[1], address))
        return Shown(name=device.name, failure=failure)

    def _status(self, reading: Reading | None, address: str) -> bytes | None:
        if reading is None:
            return None
        with contextlib.suppress(NotCollected):
            page = self.wire.page(reading, address, self.port)
            return page if fit(page) else None
        return None


def fit(page: bytes) -> bool:
    """Whether a page is text that is whole, as far as its form tells."""
    if not page.strip() or b"\0" in page:
        return False
    if page.lstrip().startswith(b"<?xml"):
        try:
            soap.parsed(page)
        except NotCollected:
            return False
    return True
