import gzip
import io
import struct
from pathlib import Path

import packetmaking as make
import pytest
from dpkt import pcap, pcapng

from phoneemu.core import limits
from phoneemu.errors import BadInput
from phoneemu.replay.wire import framing
from phoneemu.replay.wire.framing import Packet, Reader

FRAMES = [(make.START + at, bytes([at]) * (20 + at)) for at in range(9)]


def read(tmp_path: Path, content: bytes) -> tuple[list[Packet], int | None]:
    path = tmp_path / "some.pcap"
    path.write_bytes(content)
    reader = Reader(path)
    return list(reader), reader.cut


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("clock", ["micro", "nano"])
def test_a_pcap_of_any_byte_order_and_clock_is_read(tmp_path: Path, order: str, clock: str) -> None:
    packets, cut = read(tmp_path, make.pcap(FRAMES, order=order, nano=clock == "nano"))
    assert ([(packet.when, packet.frame) for packet in packets], cut) == (FRAMES, None)


def test_a_packed_capture_is_read_like_a_plain_one(tmp_path: Path) -> None:
    assert [each.frame for each in read(tmp_path, gzip.compress(make.pcap(FRAMES)))[0]] == [
        frame for _, frame in FRAMES
    ]


def test_a_packed_capture_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    noise = [(make.START, bytes(at * 7 % 251 for at in range(seed, seed + 900))) for seed in range(40)]
    packets, _ = read(tmp_path, gzip.compress(make.pcap(noise))[:-400])
    assert [each.frame for each in packets] == [frame for _, frame in noise[: len(packets)]]


def test_both_readers_of_the_library_see_the_same_packets(tmp_path: Path) -> None:
    for content, theirs in ((make.pcap(FRAMES), pcap.Reader), (make.pcapng(FRAMES), pcapng.Reader)):
        ours = [(round(each.when, 6), each.frame) for each in read(tmp_path, content)[0]]
        assert ours == [(round(float(when), 6), frame) for when, frame in theirs(io.BytesIO(content))]


def test_interfaces_have_their_own_link_type_and_clock(tmp_path: Path) -> None:
    nano = make.option(9, b"\x09") + make.option(14, struct.pack("<q", 5))
    halves = make.option(9, b"\x81")
    content = (
        make.section()
        + make.interface(1)
        + make.interface(113, options=nano)
        + make.interface(276, options=halves)
        + make.packet(b"a", 10.0)
        + make.packet(b"b", 10.0, 1, parts=1e9)
        + make.packet(b"c", 10.5, 2, parts=2)
        + make.section(">")
        + make.interface(101, order=">")
        + make.packet(b"d", 12.0, order=">")
    )
    assert read(tmp_path, content)[0] == [
        Packet(10.0, 1, b"a"),
        Packet(15.0, 113, b"b"),
        Packet(10.5, 276, b"c"),
        Packet(12.0, 101, b"d"),
    ]


def test_simple_and_old_packets_and_unknown_blocks_are_understood(tmp_path: Path) -> None:
    old = struct.pack("<HHIIII", 0, 7, 0, 3_000_000, 3, 3) + b"old"
    content = (
        make.section()
        + make.interface(1, longest=4)
        + make.block(0x0BAD, b"whatever")
        + make.block(3, struct.pack("<I", 6) + b"simp")
        + make.block(2, old)
    )
    assert read(tmp_path, content)[0] == [Packet(0.0, 1, b"simp"), Packet(3.0, 1, b"old")]


@pytest.mark.parametrize("make_file", [make.pcap, make.pcapng])
def test_a_capture_cut_at_any_byte_gives_the_packets_before_it(tmp_path: Path, make_file: object) -> None:
    assert callable(make_file)
    whole = make_file(FRAMES[:4])
    complete = [frame for _, frame in FRAMES[:4]]
    seen = 0
    for end in range(4, len(whole)):
        packets, cut = read(tmp_path, whole[:end])
        assert [each.frame for each in packets] == complete[: len(packets)]
        assert len(packets) >= seen
        assert cut is None or cut <= end
        seen = len(packets)
    assert seen == 3


def test_packets_are_read_over_the_border_of_what_is_read_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(framing, "CHUNK", 37)
    for content in (make.pcap(FRAMES), make.pcapng(FRAMES)):
        assert [each.frame for each in read(tmp_path, content)[0]] == [frame for _, frame in FRAMES]


HUGE = limits.CAPTURE_FRAME_BYTES + 1


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "byte 0"),
        (b"GIF89a", "byte 0"),
        (make.pcap(FRAMES[:1]) + struct.pack("<IIII", 0, 0, HUGE, HUGE), "byte 60"),
        (make.pcap(FRAMES[:1]) + struct.pack("<IIII", 0, 0, 0xFFFFFFFF, 1) + bytes(99), "byte 60"),
        (make.section()[:8] + b"\1\2\3\4" + bytes(16), "byte 0"),
        (make.section() + struct.pack("<III", 6, 8, 0), "byte 28"),
        (make.section() + struct.pack("<III", 6, 33, 0) + bytes(40), "byte 28"),
        (make.section() + struct.pack("<III", 0x99, 0x7FFFFFFC, 0), "byte 28"),
        (make.section() + make.packet(b"x", 1.0), "byte 28"),
        (make.section() + make.interface() + make.packet(b"x", 1.0, 7), "byte 48"),
        (make.section() + make.interface() + make.block(6, struct.pack("<5I", 0, 0, 0, 99, 99)), "byte 48"),
        (make.section() + make.block(1, b"\1\0\0\0"), "byte 28"),
    ],
)
def test_what_cannot_be_is_one_error_that_names_the_byte(tmp_path: Path, content: bytes, place: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(tmp_path, content)
    assert str(tmp_path / "some.pcap") in str(caught.value)
    assert f"{place}:" in str(caught.value)


def test_more_interfaces_than_anybody_has_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        read(tmp_path, make.section() + make.interface() * (limits.CAPTURE_INTERFACES + 1))
