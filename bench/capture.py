"""Importing a capture of 1 GB with 1,000 phone starts, against `tshark -T fields` reading the same file.

The capture is made here, from a seed: half of the phones fetch by TFTP, half by HTTP, each its lists, its
configuration and files of firmware; each asks a TVS over real TLS; other traffic lies between. Both programs
start from the command line and read the file in turn, in one run; the import writes all its cases. Asked are
at least tshark's speed and less than 500 MiB of memory.
"""

import contextlib
import os
import random
import shutil
import ssl
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from phoneemu.cluster.founding import make_cluster
from phoneemu.cluster.lab import maker
from phoneemu.cluster.state import TVS
from phoneemu.net import tls

SIZE = int(os.environ.get("PHONEEMU_BENCH_BYTES", 1_000_000_000))
PHONES = 1_000
AT_ONCE = 50
ROUNDS = 2
MEMORY = 500 * 1024
"""KiB that the import may take."""
SEED = 5
SERVER, SERVER_MAC = b"\x0a\0\0\1", b"\2\0\0\0\0\1"
FIELDS = (
    "frame.time_epoch",
    "ip.src",
    "ip.dst",
    "tftp.opcode",
    "tftp.source_file",
    "http.request.uri",
    "http.response.code",
    "tls.handshake.type",
)


def handshake() -> list[tuple[bool, bytes]]:
    """A real TLS 1.2 conversation with a TVS: (by the phone, bytes) in turn."""
    cluster = make_cluster("bench", "12.5(1)", ("pub",), mixed=True, maker=maker())
    shown = cluster.publisher.running[TVS]
    assert shown.key is not None
    ends = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in range(2)]
    phone = tls.client_context("1.2").wrap_bio(*ends[0])
    server = tls.server_context(shown.der, shown.key, "1.0").wrap_bio(*ends[1], server_side=True)
    said: list[tuple[bool, bytes]] = []

    def pass_on() -> None:
        for by_phone in (True, False):
            content = ends[not by_phone][1].read()
            if content:
                said.append((by_phone, content))
                ends[by_phone][0].write(content)

    for _ in range(4):
        for side in (phone, server):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
            pass_on()
    phone.write(b"q" * 170)
    pass_on()
    server.write(b"a" * 1470)
    pass_on()
    return said


class Phone:
    """The frames of one start."""

    def __init__(self, number: int, size: int, talk: list[tuple[bool, bytes]], lists: list[bytes]) -> None:
        self.name = f"SEP{number:012X}"
        self._address = struct.pack(">BBH", 10, 1, number)
        self._mac = b"\2\1" + struct.pack(">I", number)
        self._chance = random.Random(SEED + number)
        self._size = size
        self._talk = talk
        self._lists = lists
        self._port = 20000
        self._by_http = number % 2 == 1

    def frames(self) -> Iterator[bytes]:
        """All of them, in order."""
        get = self._http if self._by_http else self._tftp
        config = f"<device><versionStamp>{self.name}</versionStamp></device>\n".encode() + b" " * 12_000
        yield from get(f"CTL{self.name}.tlv", self._lists[0])
        yield from self._tls()
        yield from get(f"ITL{self.name}.tlv", self._lists[1])
        yield from get(f"{self.name}.cnf.xml.sgn", config)
        left = self._size
        for number in range(8):
            load = self._chance.randbytes(1000) * (max(left, 8000) // 8000)
            yield from get(f"part{number}.load", load)

    def _frame(self, protocol: int, content: bytes, *, up: bool) -> bytes:
        source, target = (self._address, SERVER) if up else (SERVER, self._address)
        macs = SERVER_MAC + self._mac if up else self._mac + SERVER_MAC
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(content), 1, 0, 64, protocol, 0)
        return macs + b"\x08\0" + head + source + target + content

    def _udp(self, mine: int, other: int, content: bytes, *, up: bool) -> bytes:
        ports = (mine, other) if up else (other, mine)
        head = struct.pack(">HHHH", *ports, 8 + len(content), 0)
        return self._frame(17, head + content, up=up)

    def _tcp(
        self, mine: int, other: int, at: tuple[int, int], flags: int, content: bytes, *, up: bool
    ) -> bytes:
        ports, numbers = ((mine, other), at) if up else ((other, mine), at[::-1])
        head = struct.pack(">HHIIBBHHH", *ports, *numbers, 0x50, flags, 65535, 0, 0)
        return self._frame(6, head + content, up=up)

    def _tftp(self, name: str, content: bytes) -> Iterator[bytes]:
        self._port += 1
        mine, other = self._port, 40000 + self._port % 20000
        yield self._udp(mine, 69, b"\0\1" + name.encode() + b"\0octet\0", up=True)
        for number, start in enumerate(range(0, len(content) + 1, 512), 1):
            mark = struct.pack(">H", number & 0xFFFF)
            yield self._udp(mine, other, b"\0\3" + mark + content[start : start + 512], up=False)
            yield self._udp(mine, other, b"\0\4" + mark, up=True)

    def _http(self, name: str, content: bytes) -> Iterator[bytes]:
        head = f"HTTP/1.1 200 OK\r\nContent-length: {len(content)}\r\n\r\n".encode()
        request = f"GET /{name} HTTP/1.1\r\nHost: cucm:6970\r\n\r\n".encode()
        yield from self._connection(6970, [(True, request), (False, head + content)])

    def _tls(self) -> Iterator[bytes]:
        yield from self._connection(2445, self._talk)

    def _connection(self, other: int, said: list[tuple[bool, bytes]]) -> Iterator[bytes]:
        self._port += 1
        mine, up, down = self._port, 1000, 5000
        yield self._tcp(mine, other, (up, 0), 2, b"", up=True)
        yield self._tcp(mine, other, (up + 1, down), 18, b"", up=False)
        up, down = up + 1, down + 1
        for by_phone, content in said:
            for count, start in enumerate(range(0, len(content), 1448)):
                part = content[start : start + 1448]
                yield self._tcp(mine, other, (up, down), 24, part, up=by_phone)
                up, down = (up + len(part), down) if by_phone else (up, down + len(part))
                if count % 2:
                    yield self._tcp(mine, other, (up, down), 16, b"", up=not by_phone)
        yield self._tcp(mine, other, (up, down), 17, b"", up=False)
        yield self._tcp(mine, other, (up, down + 1), 17, b"", up=True)


def generate(path: Path) -> int:
    """Write the capture; the number of its packets."""
    talk, chance = handshake(), random.Random(SEED)
    lists = [chance.randbytes(7600), chance.randbytes(9016)]
    noise = bytes(12) + b"\x08\x06" + bytes(46)
    count, when = 0, 1_700_000_000_000_000
    share = int((SIZE / PHONES - 45_000) * 0.86)
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for first in range(0, PHONES, AT_ONCE):
            group = [
                Phone(at, share, talk, lists).frames() for at in range(first, min(first + AT_ONCE, PHONES))
            ]
            while group:
                out = []
                for frames in list(group):
                    frame = next(frames, None)
                    if frame is None:
                        group.remove(frames)
                        frame = noise
                    when += 97
                    out.append(struct.pack("<IIII", *divmod(when, 1_000_000), len(frame), len(frame)))
                    out.append(frame)
                count += len(out) // 2
                file.write(b"".join(out))
    return count


def measured(words: list[str]) -> tuple[float, int]:
    """Seconds and peak memory in KiB of one program."""
    begun = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, words
    return time.perf_counter() - begun, usage.ru_maxrss


def main() -> int:
    """Measure in turn and compare; 1 when a target is missed."""
    tshark = shutil.which("tshark")
    with tempfile.TemporaryDirectory(prefix="phoneemu-bench-") as name:
        folder = Path(name)
        capture = folder / "boots.pcap"
        packets = generate(capture)
        size = capture.stat().st_size / 1e6
        print(f"capture: {size:,.0f} MB, {packets:,} packets, {PHONES:,} phone starts")
        ours, theirs, memory = [], [], 0
        reading = [
            str(tshark),
            "-n",
            "-r",
            str(capture),
            "-d",
            "tcp.port==6970,http",
            "-d",
            "tcp.port==2445,tls",
        ]
        reading += ["-T", "fields", *(word for field in FIELDS for word in ("-e", field))]
        for number in range(ROUNDS):
            out = folder / f"cases-{number}"
            words = ["capture", str(capture), "-o", str(out), "--model", "8861", "--origin", "synthetic"]
            seconds, peak = measured(
                [sys.executable, "-m", "phoneemu", *words, "--script", "bench/capture.py"]
            )
            assert sum(1 for _ in out.glob("*/*/*/capture.toml")) == PHONES
            ours.append(seconds)
            memory = max(memory, peak)
            shutil.rmtree(out)
            if tshark is not None:
                theirs.append(measured(reading)[0])
    rate = size / min(ours)
    print(f"capture: import {rate:,.0f} MB/s, all {PHONES:,} cases written")
    wanted = f"wanted {MEMORY / 1024:,.0f}, ratio {memory / MEMORY:.2f}"
    print(f"capture: peak memory {memory / 1024:,.0f} MiB, {wanted}")
    if not theirs:
        print("capture: tshark is not installed, nothing to compare with")
        return 1
    floor = size / min(theirs)
    print(f"capture: tshark -T fields {floor:,.0f} MB/s; ratio {floor / rate:.2f}")
    return int(rate < floor or memory > MEMORY)


if __name__ == "__main__":
    sys.exit(main())
