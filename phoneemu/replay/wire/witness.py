"""Watching a capture from beginning to end: every packet to the connection or transfer it belongs to.

What comes out are `Seen` values in the order in which they ended; `sorting` says which phone and boot each is
of. This is the inner loop of an import: one dictionary look-up decides about nearly every packet.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping

import attrs

from phoneemu.core import limits
from phoneemu.errors import BadInput
from phoneemu.replay.case import CallManagerOutcome
from phoneemu.replay.wire import announce, frames
from phoneemu.replay.wire.announce import SignallingWatch
from phoneemu.replay.wire.frames import Datagram, Fragments
from phoneemu.replay.wire.framing import Packet
from phoneemu.replay.wire.httpwatch import HttpWatch
from phoneemu.replay.wire.sights import Announced, Ends, Larder, Seen, SeenSignalling, trusted_kind
from phoneemu.replay.wire.tcp import Connection, Half, Listener
from phoneemu.replay.wire.tftpwatch import TftpWatch, Transfer
from phoneemu.replay.wire.tlswatch import TlsWatch

TFTP, HTTP, HTTPS, TVS, SIP, SIPS, SCCP, SCCPS = (
    "tftp",
    "http",
    "https",
    "tvs",
    "sip",
    "sips",
    "sccp",
    "sccps",
)
PORTS: Mapping[int, str] = {
    69: TFTP,
    80: HTTP,
    6970: HTTP,
    6971: HTTPS,
    2445: TVS,
    5060: SIP,
    5061: SIPS,
    2000: SCCP,
    2443: SCCPS,
}
"""The usual ports and what they are for."""

PATIENCE = 10.0
"""Seconds after which no answer would have come, when the capture ends."""

_PLAIN = b"\x08\x00\x45"
"""EtherType of IPv4, then its version with a head of twenty bytes."""

_NOW_AND_THEN = 16 * 1024 * 1024
"""Bytes that pass between two looks at what is held."""

_REMEMBERED = 4096
"""Connections that are over and whose late packets are still known as such."""

Place = tuple[bytes, int]


@attrs.define(kw_only=True)
class Sightings:
    """All that a capture showed. `first` and `last` are the times of its packets."""

    exchanges: list[Seen] = attrs.field(factory=list)
    announced: list[tuple[float, Announced]] = attrs.field(factory=list)
    names: dict[bytes, str] = attrs.field(factory=dict)
    packets: int = 0
    first: float = 0.0
    last: float = 0.0
    cut_packets: int = 0
    """Packets that the capture kept only in part."""
    unknown_links: int = 0


class Witness:
    """Watches packets; `places` says what a port of one address is for, where that is not the usual."""

    def __init__(self, places: Mapping[Place, str] | None = None, *, everything: bool = False) -> None:
        self.seen = Sightings()
        self._places = dict(places or {})
        self._ports = {port for _, port in self._places} | set(PORTS)
        self._larder = Larder(wanted=(lambda _: True) if everything else trusted_kind)
        self._tftp = TftpWatch(self._larder, self._emit)
        self._fragments = Fragments()
        self._unwrapping = False
        self.given_up = 0
        """Connections and transfers that were closed because too much was held."""
        # the oldest of an ordered dictionary is found at once, that of a plain one only past its gaps
        self._tcp: OrderedDict[bytes, tuple[Connection, Half]] = OrderedDict()
        self._gone: OrderedDict[bytes, None] = OrderedDict()
        self._registering: dict[bytes, SeenSignalling] = {}
        self._said: set[Announced] = set()

    def _emit(self, seen: Seen) -> None:
        if len(self.seen.exchanges) >= limits.CAPTURE_EXCHANGES:
            raise BadInput(f"more than {limits.CAPTURE_EXCHANGES:,} exchanges; import it in parts")
        self.seen.exchanges.append(seen)

    @property
    def dropped(self) -> int:
        """Packets in fragments that never became whole."""
        return self._fragments.dropped + self._fragments.waiting

    @property
    def held(self) -> int:
        """Bytes that are held of what is unfinished."""
        flows = dict.fromkeys(connection for connection, _ in self._tcp.values())
        return sum(each.held for each in flows) + sum(each.held for each in self._tftp.asking.values())

    def watch(self, packets: Iterable[Packet]) -> Sightings:
        """Look at all packets.

        Raises:
            BadInput: there is more to be seen than a limit allows.
        """
        tcp, asking, slow = self._tcp, self._tftp.asking, self._slow
        segment, datagram = self._segment, self._udp
        count, passed, first, when = 0, 0, None, 0.0
        for when, link, frame in packets:
            count += 1
            passed += len(frame)
            if passed > _NOW_AND_THEN:
                self._relieve()
                passed = 0
            if first is None:
                first = when
            # the plain case: Ethernet, IPv4 without options and fragments, whole
            size = len(frame)
            if link != 1 or frame[12:15] != _PLAIN or size < 42 or frame[20] & 0x3F or frame[21]:
                slow(when, link, frame)
                continue
            end = 14 + (frame[16] << 8 | frame[17])
            if end > size or end < 34:
                slow(when, link, frame)
                continue
            protocol = frame[23]
            if protocol == 6:
                flow = frame[26:38]
                known = tcp.get(flow)
                if known is None or end < 54:
                    segment(when, frame[26:30], frame[30:34], frame[34:end])
                else:
                    self._follow(known, flow, when, frame[34:54], frame[34 + (frame[46] >> 4) * 4 : end])
            elif protocol == 17:
                if frame[26:30] + frame[34:36] in asking or frame[30:34] + frame[36:38] in asking:
                    self._transfer(when, frame[26:30], frame[30:34], frame[34:38], frame[42:end])
                else:
                    datagram(when, frame[26:30], frame[30:34], frame[34:end])
            else:
                slow(when, link, frame)
        self.seen.packets, self.seen.first, self.seen.last = count, first or 0.0, when
        self._end(when)
        return self.seen

    def _relieve(self) -> None:
        """Hold no more of what is unfinished than the limit: the oldest is given up."""
        flows = {connection: flow for flow, (connection, _) in self._tcp.items()}
        unfinished: list[Connection | Transfer] = [*flows, *self._tftp.asking.values()]
        limit = limits.CAPTURE_HELD_BYTES
        if sum(each.held for each in unfinished) <= limit:
            return
        for each in unfinished:
            each.settle()
        held = sum(each.held for each in unfinished)
        for connection, flow in flows.items():
            if held <= limit:
                return
            held -= connection.held
            connection.end(patient=False)
            self._drop(flow)
            self.given_up += 1
        while held > limit and self._tftp.asking:
            held -= next(iter(self._tftp.asking.values())).held
            self._tftp.oldest()
            self.given_up += 1

    # ------------------------------------------------------------ what is not plain

    def _slow(self, when: float, link: int, frame: bytes) -> None:
        if link not in frames.LINKS:
            self.seen.unknown_links += 1
            return
        if link == frames.ETHERNET and frame[:6] == announce.CDP:
            self._announced(when, announce.cdp(frame))
            return
        kind, at = frames.network(link, frame)
        found = self._fragments.datagram(kind, frame, at)
        if found is None:
            return
        if not found.whole:
            self.seen.cut_packets += 1
            self._cut(when, found)
        elif found.protocol == frames.TCP:
            self._segment(when, found.source, found.target, found.content)
        elif found.protocol == frames.UDP:
            self._udp(when, found.source, found.target, found.content)
        elif found.protocol == frames.GRE:
            inner = frames.mirrored(found.content)
            if inner[12:14] in (frames.V4, frames.V6, b"\x81\x00") and not self._unwrapping:
                self._unwrapping = True
                self._slow(when, frames.ETHERNET, inner)
                self._unwrapping = False
        elif found.protocol in (frames.ICMP, frames.ICMP6):
            self._unreachable(when, found.protocol, found.content)

    def _cut(self, when: float, found: Datagram) -> None:
        """A packet that was recorded in part: of TCP its beginning counts, of TFTP that there was a block."""
        content = found.content
        if found.protocol == frames.TCP:
            self._segment(when, found.source, found.target, content)
        elif found.protocol == frames.UDP and len(content) >= 12:
            client = found.target + content[2:4]
            lost = (content[4] << 8 | content[5]) - len(content)
            if client in self._tftp.asking and lost > 0:
                port = content[0] << 8 | content[1]
                self._tftp.server_says(client, found.source, port, when, content[8:], lost=lost)

    def _unreachable(self, when: float, protocol: int, content: bytes) -> None:
        """A machine says that nobody listens at a port: the head of the packet that found out is in it."""
        if protocol == frames.ICMP and content[:1] == b"\x03":
            if len(content) < 36:
                return
            at = 8 + (content[8] & 15) * 4
            source = content[20:24]
        elif protocol == frames.ICMP6 and content[:1] == b"\x01":
            at, source = 48, content[16:32]
        else:
            return
        client = source + content[at : at + 2]
        transfer = self._tftp.asking.get(client)
        if transfer is not None and not transfer.sessions:
            transfer.unreachable(when)
            self._tftp.finish(client, transfer, ended=True)

    def _announced(self, when: float, said: Announced | None) -> None:
        if said is not None and said not in self._said and len(self._said) < limits.CAPTURE_FLOWS:
            self._said.add(said)
            self.seen.announced.append((when, said))

    def _service(self, address: bytes, port: int) -> str | None:
        """What this port is for; the usual meaning of a port counts only where nothing else is said."""
        if port not in self._ports:
            return None
        return self._places.get((address, port)) or PORTS.get(port)

    # ------------------------------------------------------------ UDP

    def _udp(self, when: float, source: bytes, target: bytes, content: bytes) -> None:
        if len(content) < 8:
            return
        ports, payload = content[:4], content[8:]
        if source + ports[:2] in self._tftp.asking or target + ports[2:] in self._tftp.asking:
            self._transfer(when, source, target, ports, payload)
            return
        source_port, target_port = ports[0] << 8 | ports[1], ports[2] << 8 | ports[3]
        service = self._service(target, target_port)
        if service == TFTP:
            self._request(when, source, target, ports, payload)
        elif source_port == 53:
            for name, address in announce.names(payload):
                if len(self.seen.names) < limits.CAPTURE_FLOWS:
                    self.seen.names.setdefault(address, name)
        elif target_port in (67, 68):
            self._announced(when, announce.dhcp_says(payload))
        elif service == SIP and payload.startswith(b"REGISTER "):
            self._announced(when, announce.sip_says(payload))
            if len(self._registering) < limits.CAPTURE_FLOWS:
                ends = Ends(client=source, server=target, port=target_port)
                seen = SeenSignalling(ends=ends, begun=when, ended=when, protocol="SIP")
                self._registering.setdefault(source + target, seen)
        elif target + source in self._registering:
            self._sip_answer(when, target + source, payload)

    def _sip_answer(self, when: float, key: bytes, payload: bytes) -> None:
        """What may be an answer to a REGISTER by UDP."""
        outcome = announce.judge_sip(payload)
        if outcome is not None:
            seen = self._registering.pop(key)
            seen.outcome, seen.ended = outcome, when
            self._emit(seen)

    def _request(self, when: float, source: bytes, target: bytes, ports: bytes, payload: bytes) -> None:
        if len(self._tftp.asking) >= limits.CAPTURE_FLOWS:
            self._tftp.oldest()
        ends = Ends(client=source, server=target, port=ports[2] << 8 | ports[3])
        self._tftp.request(source + ports[:2], ends, when, payload)

    def _transfer(self, when: float, source: bytes, target: bytes, ports: bytes, payload: bytes) -> None:
        """A datagram from, or to, a phone's port that asks for a file."""
        client = target + ports[2:]
        if client in self._tftp.asking:
            self._tftp.server_says(client, source, ports[0] << 8 | ports[1], when, payload)
            return
        port = ports[2] << 8 | ports[3]
        if self._service(target, port) == TFTP and payload[:2] in (b"\0\1", b"\0\2"):
            self._request(when, source, target, ports, payload)
        else:
            self._tftp.client_says(source + ports[:2], target, port, when, payload)

    # ------------------------------------------------------------ TCP

    def _segment(self, when: float, source: bytes, target: bytes, content: bytes) -> None:
        if len(content) < 20:
            return
        flow = source + target + content[:4]
        known = self._tcp.get(flow)
        if known is None:
            known = self._open(when, source, target, content)
            if known is None:
                return
        start = (content[12] >> 4) * 4
        if 20 <= start <= len(content):
            self._follow(known, flow, when, content[:20], content[start:])

    def _follow(
        self, known: tuple[Connection, Half], flow: bytes, when: float, head: bytes, content: bytes
    ) -> None:
        connection, half = known
        if head[13] & 0x06 == 0x02 and half.by_client and half.following is not None and not head[13] & 0x10:
            first = (half.following - 1) & 0xFFFFFFFF
            if int.from_bytes(head[4:8], "big") != first:  # the same ports again, for another connection
                self._drop(flow)
                connection.end(patient=True)
                size = len(flow) // 2 - 2
                again = head[:12] + b"\x50" + head[13:]  # its options do not matter
                self._segment(when, flow[:size], flow[size : 2 * size], again)
                return
        if connection.segment(half, when, head, content):
            self._drop(flow)

    def _drop(self, flow: bytes) -> None:
        """Forget a connection, but not at once that it was: its last packets are no new one."""
        for each in (flow, _reverse(flow)):
            self._tcp.pop(each, None)
            self._gone[each] = None
        while len(self._gone) > _REMEMBERED:
            del self._gone[next(iter(self._gone))]

    def _open(
        self, when: float, source: bytes, target: bytes, content: bytes
    ) -> tuple[Connection, Half] | None:
        """A connection that was not known, if it is one to a watched service and something is said on it."""
        source_port, target_port = content[0] << 8 | content[1], content[2] << 8 | content[3]
        service, by_client = self._service(target, target_port), True
        if service is None:
            service, by_client = self._service(source, source_port), False
        flags = content[13]
        if service is None or service == TFTP or flags & 0x05:
            return None
        opens = bool(flags & 0x02)
        if not opens and (
            len(content) <= (content[12] >> 4) * 4 or source + target + content[:4] in self._gone
        ):
            return None  # a bare acknowledgement, or a late packet of what is over
        while len(self._tcp) >= 2 * limits.CAPTURE_FLOWS:
            oldest = next(iter(self._tcp))
            connection = self._tcp[oldest][0]
            self._drop(oldest)
            connection.end(patient=True)
        ends = Ends(client=source, server=target, port=target_port)
        flow = source + target + content[:4]
        if not by_client:
            ends, flow = Ends(client=target, server=source, port=source_port), _reverse(flow)
        connection = Connection(ends, self._listener(service, ends, when, opens=opens), when)
        self._tcp[flow] = (connection, connection.up)
        self._tcp[_reverse(flow)] = (connection, connection.down)
        return (connection, connection.up) if by_client else (connection, connection.down)

    def _listener(self, service: str, ends: Ends, when: float, *, opens: bool) -> Listener:
        if service == HTTP:
            return HttpWatch(ends, self._larder, self._emit, when)
        if service in (SIP, SCCP):
            protocol = "SIP" if service == SIP else "SCCP"
            return SignallingWatch(ends, self._emit, self._announced, protocol, when)
        kind = {TVS: "tvs", HTTPS: "https"}.get(service, "callmanager")
        return TlsWatch(ends, self._emit, kind, when, opens=opens)

    # ------------------------------------------------------------ the end

    def _end(self, when: float) -> None:
        for connection in dict.fromkeys(connection for connection, _ in self._tcp.values()):
            connection.end(patient=when - connection.last > PATIENCE)
        self._tcp.clear()
        self._tftp.end(when, PATIENCE)
        for seen in self._registering.values():
            if when - seen.begun > PATIENCE:
                seen.outcome = CallManagerOutcome.UNREACHABLE
            self._emit(seen)
        self.seen.exchanges.sort(key=lambda each: each.begun)


def _reverse(flow: bytes) -> bytes:
    """The flow of the other direction."""
    size = len(flow) // 2 - 2
    return flow[size : 2 * size] + flow[:size] + flow[-2:] + flow[-4:-2]
