"""What a phone says of itself beside files and TLS: CDP, DHCP, names in DNS, plain signalling.

A capture at the phone's port shows its model and load this way. dpkt reads DHCP and DNS; whatever is broken
gives nothing.
"""

import re
import struct
from collections.abc import Callable, Iterator

from dpkt import dhcp, dns

from phoneemu.replay.case import CallManagerOutcome
from phoneemu.replay.wire.sights import Announced, Emit, Ends, SeenSignalling

CDP = b"\x01\x00\x0c\xcc\xcc\xcc"
_CDP_SNAP = bytes.fromhex("aaaa0300000c2000")
_DEVICE, _VERSION, _PLATFORM = 1, 5, 6
_HOST_NAME, _VENDOR, _TFTP_NAME, _TFTP_SERVERS = 12, 60, 66, 150


def cdp(frame: bytes) -> Announced | None:
    """What a CDP frame says of a phone, None when it is something else."""
    if frame[14:22] != _CDP_SNAP:
        return None
    said: dict[int, str] = {}
    at = 26
    while at + 4 <= len(frame):
        kind, length = struct.unpack_from(">HH", frame, at)
        if length < 4:
            break
        said.setdefault(kind, frame[at + 4 : at + length].decode("utf-8", "replace").strip("\0 \r\n"))
        at += length
    device = said.get(_DEVICE, "").upper()
    if not is_device(device):
        return None
    load = said.get(_VERSION, "").partition(" ")[0]
    return Announced(device=device, hardware=frame[6:12], product=said.get(_PLATFORM, ""), load=load)


_DEVICE_NAME = re.compile(r"(SEP|ATA|SKIGW|VGC|AN)[0-9A-F]{9,12}")


def is_device(name: str) -> bool:
    """Whether this is the name of a device with a MAC address in it."""
    return _DEVICE_NAME.fullmatch(name) is not None


def dhcp_says(message: bytes) -> Announced | None:
    """What a DHCP message says of the phone it is from, or for."""
    try:
        read = dhcp.DHCP(message)
        options = {int(kind): bytes(value) for kind, value in read.opts}
        given = int(read.yiaddr or read.ciaddr).to_bytes(4, "big")
        hardware = bytes(read.chaddr)[:6]
    except Exception:  # whatever the library says of it: it tells nothing
        return None
    servers = options.get(_TFTP_SERVERS, b"")
    if not servers and len(options.get(_TFTP_NAME, b"")) == 4:
        servers = options[_TFTP_NAME]
    vendor = options.get(_VENDOR, b"").decode("utf-8", "replace")
    name = options.get(_HOST_NAME, b"").decode("utf-8", "replace").upper().strip("\0")
    return Announced(
        device=name if is_device(name) else "",
        address=given if any(given) else b"",
        hardware=hardware,
        product=vendor.rpartition(" ")[2] if "ip phone" in vendor.lower() else "",
        tftp=tuple(servers[at : at + 4] for at in range(0, len(servers) - 3, 4)),
    )


def names(message: bytes) -> Iterator[tuple[str, bytes]]:
    """Host names and their addresses in an answer of DNS."""
    if len(message) > _DNS_BYTES:
        return
    try:
        read = dns.DNS(message)
        if read.qr != dns.DNS_R or not read.qd:
            return
        asked = str(read.qd[0].name)
        found = [bytes(each.rdata) for each in read.an if each.type in (dns.DNS_A, dns.DNS_AAAA)]
    except Exception:  # as above
        return
    if asked and asked.isascii() and asked.isprintable():
        for address in found:
            yield asked.rstrip("."), address


_STATUS = re.compile(rb"SIP/2\.0 (\d{3})\b")
_OF_REGISTER = re.compile(rb"^CSeq:\s*\d+\s+REGISTER", re.IGNORECASE | re.MULTILINE)
_REGISTER = re.compile(rb"REGISTER sip")
_AGENT = re.compile(rb"User-Agent:\s*Cisco[-/](?:CP)?([\w-]{3,16})/([\w.()-]{3,32})", re.IGNORECASE)
_NAMED = re.compile(rb"\b((?:SEP|ATA)[0-9A-F]{12})\b")
_SCCP_ACK, _SCCP_REJECT = 0x81, 0x9D
_HELD = 16 * 1024
_ENDS_HEAD = b"\r\n\r\n"
_DNS_BYTES = 2048
"""Largest answer of DNS that is looked at."""


Announce = Callable[[float, Announced | None], None]


class SignallingWatch:
    """A connection to a CallManager without TLS; a listener of tcp.Connection."""

    def __init__(self, ends: Ends, emit: Emit, announce: Announce, protocol: str, when: float) -> None:
        self._seen = SeenSignalling(ends=ends, begun=when, ended=when, protocol=protocol)
        self._emit = emit
        self._announce = announce
        self._said = b""
        self._heard = b""
        self._connected = False

    @property
    def held(self) -> int:
        """Bytes that are held of unfinished messages."""
        return len(self._said) + len(self._heard)

    def settle(self) -> None:
        """Nothing here can be held in less."""

    def client(self, when: float, data: bytes) -> None:
        """The phone's bytes: the first thing it says is its registration."""
        if self._seen.protocol == "SIP" and (not self._connected or self._said):
            self._said = (self._said + data)[:_HELD]
            head, ended, _ = self._said.partition(_ENDS_HEAD)
            if ended or len(self._said) == _HELD:
                self._announce(when, sip_says(head))
                self._said = b""
        self._connected, self._seen.ended = True, when

    def server(self, when: float, data: bytes) -> None:
        """The CallManager's bytes: whether it took the registration."""
        self._connected = True
        if self._seen.outcome is not None:
            return
        self._seen.ended = when
        self._heard += data
        judge = _judge_heads if self._seen.protocol == "SIP" else _judge_frames
        self._seen.outcome, self._heard = judge(self._heard)
        if len(self._heard) > _HELD:
            self._heard = b""

    def hole(self, when: float, size: int, *, by_client: bool) -> None:
        """Bytes are missing; what follows is looked at all the same."""

    def closed(self, _when: float, ending: str) -> None:
        """The connection is over."""
        if self._seen.outcome is None:
            if self._connected:
                self._seen.outcome = CallManagerOutcome.CONNECTED
            elif ending != "unfinished":
                self._seen.outcome = CallManagerOutcome.UNREACHABLE
        if self._connected or ending in ("refused", "unanswered"):
            self._emit(self._seen)


Judged = tuple[CallManagerOutcome | None, bytes]
"""How it ended, if that is said; and the bytes that are not looked at yet."""


def _judge_heads(heard: bytes) -> Judged:
    while _ENDS_HEAD in heard:
        head, _, heard = heard.partition(_ENDS_HEAD)
        outcome = judge_sip(head)
        if outcome is not None:
            return outcome, b""
    return None, heard


def judge_sip(head: bytes) -> CallManagerOutcome | None:
    """What a final answer to a REGISTER says; None for a challenge, and for anything else."""
    status = _STATUS.match(head)
    if status is None or _OF_REGISTER.search(head) is None:
        return None
    number = int(status[1])
    if number == 200:
        return CallManagerOutcome.REGISTERED
    return CallManagerOutcome.REJECTED if number >= 300 and number not in (401, 407) else None


def _judge_frames(heard: bytes) -> Judged:
    at = 0
    while at + 12 <= len(heard):
        length, _, kind = struct.unpack_from("<III", heard, at)
        if kind == _SCCP_ACK:
            return CallManagerOutcome.REGISTERED, b""
        if kind == _SCCP_REJECT:
            return CallManagerOutcome.REJECTED, b""
        if length < 4 or length > _HELD:
            return None, b""
        at += 8 + length
    return None, heard[at:]


def sip_says(message: bytes) -> Announced | None:
    """The phone's name, model and load in a REGISTER of its own."""
    if _REGISTER.match(message) is None:
        return None
    name, agent = _NAMED.search(message), _AGENT.search(message)
    if name is None:
        return None
    product, load = (word.decode() for word in agent.groups()) if agent is not None else ("", "")
    return Announced(device=name[1].decode(), product=product, load=load, protocol="SIP")
