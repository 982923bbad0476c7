import struct

import packetmaking as make
import pytest

from phoneemu.core import limits
from phoneemu.replay.wire import frames
from phoneemu.replay.wire.frames import Datagram, Fragments

V4 = make.udp("10.0.0.9", "10.0.0.1", 50000, 69, b"hello")
V6 = make.udp("2001:db8::9", "2001:db8::1", 50000, 69, b"hello")
SNAP = b"\xaa\xaa\x03\0\0\0\x08\0"


def datagram(link: int, frame: bytes, fragments: Fragments | None = None) -> Datagram | None:
    kind, at = frames.network(link, frame)
    return (fragments or Fragments()).datagram(kind, frame, at)


@pytest.mark.parametrize(
    ("link", "frame"),
    [
        (1, make.ethernet(V4)),
        (1, make.ethernet(V6)),
        (1, make.ethernet(V4, (0x8100, 20))),
        (1, make.ethernet(V6, (0x88A8, 7), (0x8100, 20))),
        (1, make.ethernet(V4) + bytes(12)),
        (1, bytes(12) + struct.pack(">H", len(SNAP) + len(V4)) + SNAP + V4),
        (113, make.cooked(V4)),
        (113, make.cooked(V6)),
        (276, make.cooked(V4, second=True)),
        (276, make.cooked(V6, second=True)),
        (101, V4),
        (228, V4),
        (229, V6),
        (0, b"\2\0\0\0" + V4),
        (108, b"\0\0\0\x18" + V6),
    ],
)
def test_the_ip_packet_is_found_behind_every_link_layer(link: int, frame: bytes) -> None:
    found = datagram(link, frame)
    assert found is not None
    assert (found.protocol, found.content[8:], found.whole) == (17, b"hello", True)


@pytest.mark.parametrize("frame", [b"", bytes(13), make.ethernet(V4)[:30], bytes(12) + b"\0\x40" + bytes(70)])
def test_what_is_no_ip_gives_nothing(frame: bytes) -> None:
    for link in (*sorted(frames.LINKS), 147):
        found = datagram(link, frame)
        assert found is None or not found.whole


def test_options_and_extension_headers_are_passed_over() -> None:
    body = V4[20:]
    with_options = make.ip("10.0.0.9", "10.0.0.1", 17, body, head=b"\x94\x04\0\0")
    chain = bytes([0]) + bytes([60, 0]) + bytes(6) + bytes([51, 0]) + bytes(6) + bytes([17, 1]) + bytes(10)
    extended = make.ip("2001:db8::9", "2001:db8::1", 17, body, head=chain[:1] + chain[1:])
    for packet in (with_options, extended):
        found = datagram(1, make.ethernet(packet))
        assert found is not None
        assert (found.protocol, found.content) == (17, body)


def test_a_packet_that_the_capture_cut_says_so() -> None:
    found = datagram(1, make.ethernet(V4)[:-2])
    assert found is not None
    assert not found.whole


def test_a_length_of_nothing_means_all_there_is() -> None:
    packet = V4[:2] + b"\0\0" + V4[4:]
    found = datagram(1, make.ethernet(packet))
    assert found is not None
    assert found.content[8:] == b"hello"


def pieces(content: bytes, size: int = 16) -> list[bytes]:
    made = []
    for at in range(0, len(content), size):
        place = at // 8 | (0x2000 if at + size < len(content) else 0)
        made.append(make.ip("10.0.0.9", "10.0.0.1", 17, content[at : at + size], name=77, place=place))
    return made


def pieces6(content: bytes, size: int = 16) -> list[bytes]:
    made = []
    for at in range(0, len(content), size):
        more = int(at + size < len(content))
        head = bytes([44]) + struct.pack(">BBHI", 17, 0, at | more, 77)
        made.append(make.ip("2001:db8::9", "2001:db8::1", 17, content[at : at + size], head=head))
    return made


CONTENT = bytes(range(100))


@pytest.mark.parametrize("cut", [pieces, pieces6])
@pytest.mark.parametrize("order", [1, -1])
def test_fragments_become_one_packet_in_any_order(cut: object, order: int) -> None:
    assert callable(cut)
    fragments = Fragments()
    found = [datagram(1, make.ethernet(each), fragments) for each in cut(CONTENT)[::order]]
    assert found[:-1] == [None] * (len(found) - 1)
    assert found[-1] is not None
    assert (found[-1].content, found[-1].whole) == (CONTENT, True)


def test_of_fragments_that_overlap_the_first_counts() -> None:
    fragments = Fragments()
    first, *_ = pieces(CONTENT[:48], 32)
    other = make.ip("10.0.0.9", "10.0.0.1", 17, bytes(32), name=77, place=16 // 8)
    assert datagram(1, make.ethernet(first), fragments) is None
    found = datagram(1, make.ethernet(other), fragments)
    assert found is not None
    assert found.content == CONTENT[:32] + bytes(16)


def test_a_fragment_that_was_cut_or_runs_over_the_end_spoils_its_packet() -> None:
    fragments = Fragments()
    first, *rest = pieces(CONTENT)
    assert datagram(1, make.ethernet(first)[:-3], fragments) is None
    assert [datagram(1, make.ethernet(each), fragments) for each in rest] == [None] * len(rest)
    far = make.ip("10.0.0.9", "10.0.0.1", 17, bytes(64), name=78, place=0x1FFF)
    assert datagram(1, make.ethernet(far), fragments) is None


def test_what_is_held_of_unfinished_packets_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CAPTURE_FRAGMENT_BYTES", 5000)
    fragments = Fragments()
    for name in range(60):
        part = make.ip("10.0.0.9", "10.0.0.1", 17, bytes(800), name=name, place=0x2000)
        assert datagram(1, make.ethernet(part), fragments) is None
    assert fragments.dropped > 50
