"""Small captures made in code: packets of phones and servers, in pcap and pcapng, with anything in front."""

import itertools
import struct
from collections.abc import Iterable, Sequence

import attrs

PHONE, SERVER = "10.0.0.9", "10.0.0.1"
START = 1_700_000_000.0
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

Timed = tuple[float, bytes]


def address(text: str) -> bytes:
    """The bytes of an IPv4 address, or of an IPv6 one."""
    import ipaddress

    return ipaddress.ip_address(text).packed


def ip(
    source: str,
    target: str,
    protocol: int,
    content: bytes,
    *,
    name: int = 1,
    place: int = 0,
    head: bytes = b"",
) -> bytes:
    """An IP packet; `place` is the field of the fragment, `head` are options or extension headers."""
    if ":" in source:
        following = head[0] if head else protocol
        rest = head[1:]
        return (
            struct.pack(">IHBB", 6 << 28, len(rest) + len(content), following, 64)
            + address(source)
            + address(target)
            + rest
            + content
        )
    words = 5 + len(head) // 4
    start = struct.pack(">BBHHHBBH", 0x40 | words, 0, words * 4 + len(content), name, place, 64, protocol, 0)
    return start + address(source) + address(target) + head + content


def udp(source: str, target: str, source_port: int, target_port: int, content: bytes) -> bytes:
    """An IP packet with a datagram."""
    head = struct.pack(">HHHH", source_port, target_port, 8 + len(content), 0)
    return ip(source, target, 17, head + content)


def tcp(
    source: str,
    target: str,
    ports: tuple[int, int],
    numbers: tuple[int, int],
    flags: int,
    content: bytes = b"",
) -> bytes:
    """An IP packet with a TCP segment."""
    number, acknowledged = (each & 0xFFFFFFFF for each in numbers)
    head = struct.pack(">HHIIBBHHH", *ports, number, acknowledged, 0x50, flags, 65535, 0, 0)
    return ip(source, target, 6, head + content)


def ethernet(packet: bytes, *tags: tuple[int, int]) -> bytes:
    """A frame; `tags` are pairs of a tag's EtherType and its number."""
    marks = b"".join(struct.pack(">HH", kind, number) for kind, number in tags)
    kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    return bytes(6) + b"\x02\0\0\0\0\1" + marks + struct.pack(">H", kind) + packet


def cooked(packet: bytes, *, second: bool = False) -> bytes:
    """A frame of a Linux cooked capture."""
    kind = struct.pack(">H", 0x86DD if packet[0] >> 4 == 6 else 0x0800)
    if second:
        return kind + bytes(18) + packet
    return bytes(14) + kind + packet


def pcap(frames: Iterable[Timed], *, link: int = 1, order: str = "<", nano: bool = False) -> bytes:
    """A pcap file."""
    parts = 1_000_000_000 if nano else 1_000_000
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    whole = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)]
    for when, frame in frames:
        seconds = int(when)
        part = round((when - seconds) * parts)
        whole.append(struct.pack(order + "IIII", seconds, part, len(frame), len(frame)) + frame)
    return b"".join(whole)


def block(kind: int, content: bytes, order: str = "<") -> bytes:
    """A block of a pcapng file."""
    content += bytes(-len(content) % 4)
    length = struct.pack(order + "I", 12 + len(content))
    return struct.pack(order + "I", kind) + length + content + length


def option(code: int, value: bytes, order: str = "<") -> bytes:
    """An option of a pcapng block."""
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order: str = "<") -> bytes:
    """The head of a section."""
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link: int = 1, *, options: bytes = b"", order: str = "<", longest: int = 0) -> bytes:
    """The description of an interface."""
    return block(1, struct.pack(order + "HHI", link, 0, longest) + options, order)


def packet(frame: bytes, when: float, number: int = 0, *, parts: float = 1e6, order: str = "<") -> bytes:
    """A packet block."""
    units = round(when * parts)
    head = struct.pack(order + "IIIII", number, units >> 32, units & 0xFFFFFFFF, len(frame), len(frame))
    return block(6, head + frame, order)


def pcapng(frames: Iterable[Timed], *, link: int = 1) -> bytes:
    """A pcapng file of one interface."""
    return section() + interface(link) + b"".join(packet(frame, when) for when, frame in frames)


# ---------------------------------------------------------------- what phones do


@attrs.define
class Line:
    """A phone's line: packets one after the other, each a hundredth of a second later."""

    phone: str = PHONE
    server: str = SERVER
    when: float = START
    frames: list[Timed] = attrs.field(factory=list)
    ports: "itertools.count[int]" = attrs.field(factory=lambda: itertools.count(40000))

    def put(self, packet_bytes: bytes) -> None:
        """One packet."""
        self.when = round(self.when + 0.01, 6)
        self.frames.append((self.when, ethernet(packet_bytes)))

    def up(self, source_port: int, target_port: int, content: bytes) -> None:
        """A datagram of the phone."""
        self.put(udp(self.phone, self.server, source_port, target_port, content))

    def down(self, source_port: int, target_port: int, content: bytes) -> None:
        """A datagram of the server."""
        self.put(udp(self.server, self.phone, source_port, target_port, content))

    def asks(self, name: str, *options: str, port: int = 0, repeats: int = 0, pause: float = 0.0) -> int:
        """A read request, repeated after pauses; the port it came from."""
        port = port or next(self.ports)
        words = [name, "octet", *(part for each in options for part in each.split("="))]
        for _ in range(1 + repeats):
            self.when += pause
            self.up(port, 69, b"\0\1" + b"".join(word.encode() + b"\0" for word in words))
        return port

    def tftp(self, name: str, content: bytes, *options: str, size: int = 512, repeats: int = 0) -> None:
        """A whole transfer."""
        port, other = self.asks(name, *options, repeats=repeats), next(self.ports)
        if options:
            agreed = b"".join(part.encode() + b"\0" for each in options for part in each.split("="))
            self.down(other, port, b"\0\6" + agreed)
            self.up(port, other, b"\0\4\0\0")
        blocks = [content[at : at + size] for at in range(0, len(content) + 1, size)]
        for number, part in enumerate(blocks, 1):
            self.down(other, port, struct.pack(">HH", 3, number & 0xFFFF) + part)
            self.up(port, other, struct.pack(">HH", 4, number & 0xFFFF))

    def missing(self, name: str, code: int = 1, text: bytes = b"File not found") -> None:
        """A request that is answered with an error."""
        port = self.asks(name)
        self.down(next(self.ports), port, struct.pack(">HH", 5, code) + text + b"\0")

    def talk(
        self, port: int, said: Sequence[tuple[str, bytes]], *, ending: int = FIN | ACK, by: str = "server"
    ) -> None:
        """A connection: `said` are ("phone" or "server", bytes) in turn, each one segment."""
        mine = next(self.ports)
        up, down = 1000, 2000
        self.segment(mine, port, up, 0, SYN)
        self.segment(mine, port, down, up + 1, SYN | ACK, by_phone=False)
        up, down = up + 1, down + 1
        self.segment(mine, port, up, down, ACK)
        for who, content in said:
            if who == "phone":
                self.segment(mine, port, up, down, ACK | PSH, content)
                up += len(content)
            else:
                self.segment(mine, port, down, up, ACK | PSH, content, by_phone=False)
                down += len(content)
        if ending:
            if by == "phone":
                self.segment(mine, port, up, down, ending)
            else:
                self.segment(mine, port, down, up, ending, by_phone=False)

    def segment(
        self,
        mine: int,
        port: int,
        number: int,
        acknowledged: int,
        flags: int,
        content: bytes = b"",
        *,
        by_phone: bool = True,
    ) -> None:
        """One TCP segment, of the phone or of the server."""
        if by_phone:
            self.put(tcp(self.phone, self.server, (mine, port), (number, acknowledged), flags, content))
        else:
            self.put(tcp(self.server, self.phone, (port, mine), (number, acknowledged), flags, content))

    def refused(self, port: int) -> None:
        """A connection that is refused."""
        mine = next(self.ports)
        self.segment(mine, port, 1000, 0, SYN)
        self.segment(mine, port, 0, 1001, RST | ACK, by_phone=False)

    def http(self, name: str, content: bytes, status: str = "200 OK", head: str = "") -> None:
        """A file by HTTP on port 6970, in segments of 1,000 bytes."""
        fields = head or f"Content-length: {len(content)}\r\n"
        answer = f"HTTP/1.1 {status}\r\n{fields}Cache-Control: no-store\r\n\r\n".encode() + content
        parts = [("server", answer[at : at + 1000]) for at in range(0, len(answer), 1000)]
        request = f"GET /{name} HTTP/1.1\r\nHost: {self.server}:6970\r\n\r\n".encode()
        self.talk(6970, [("phone", request), *parts])
