import hashlib
import struct

import packetmaking as make
import pytest

from phoneemu.core import limits
from phoneemu.core.vocabulary import Transport
from phoneemu.errors import BadInput
from phoneemu.replay.case import FileOutcome
from phoneemu.replay.wire.framing import Packet
from phoneemu.replay.wire.sights import SeenFile
from phoneemu.replay.wire.witness import PATIENCE, Sightings, Witness

CTL = "CTLSEP001122334455.tlv"
LOAD = "term75.default.loads"


def watched(line: make.Line, *, everything: bool = False) -> Sightings:
    packets = [Packet(when, 1, frame) for when, frame in line.frames]
    return Witness(everything=everything).watch(packets)


def files(line: make.Line, *, everything: bool = False) -> list[SeenFile]:
    found = watched(line, everything=everything).exchanges
    assert all(isinstance(each, SeenFile) for each in found)
    return [each for each in found if isinstance(each, SeenFile)]


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 5000])
def test_a_transfer_is_put_together(size: int) -> None:
    line, content = make.Line(), bytes(at % 251 for at in range(size))
    line.tftp(CTL, content)
    [seen] = files(line)
    assert (seen.name, seen.transport, seen.outcome) == (CTL, Transport.TFTP, FileOutcome.ARRIVED)
    assert (seen.body, seen.size, seen.digest) == (content, size, hashlib.sha256(content).hexdigest())
    assert (seen.options, seen.agreed, seen.retries, seen.transfer_port) == ((), None, 0, 40001)
    assert (seen.begun, round(seen.ended, 6)) == (line.frames[0][0], line.frames[-1][0])


def test_options_that_were_agreed_change_the_size_of_blocks() -> None:
    line, content = make.Line(), bytes(3000)
    line.tftp(CTL, content, "blksize=1428", "tsize=3000", size=1428)
    [seen] = files(line)
    assert seen.options == ("blksize=1428", "tsize=3000")
    assert seen.agreed == ("blksize=1428", "tsize=3000")
    assert seen.body == content


def test_a_block_number_that_rolls_over_is_followed() -> None:
    line, content = make.Line(), bytes(8 * 65540 + 3)
    line.tftp(CTL, content, "blksize=8", size=8)
    assert files(line)[0].size == len(content)


def test_requests_and_blocks_that_are_repeated_are_counted() -> None:
    line = make.Line()
    line.asks(CTL, port=40000)
    line.when += 0.5
    line.asks(CTL, port=40000)
    line.when += 1
    port = line.asks(CTL, port=40000)
    for _ in range(3):
        line.when += 0.5
        line.down(50001, port, b"\0\3\0\1" + bytes(512))
    line.up(port, 50001, b"\0\4\0\1")
    line.down(50001, port, b"\0\3\0\2end")
    line.up(port, 50001, b"\0\4\0\2")
    [seen] = files(line)
    assert (seen.retries, seen.resent, seen.body) == (2, 2, bytes(512) + b"end")


def test_blocks_out_of_order_are_put_in_order() -> None:
    line = make.Line()
    port = line.asks(CTL, "windowsize=3")
    parts = {number: bytes([number]) * 512 for number in (1, 2, 3)} | {4: b"end"}
    for number in (2, 3, 1, 4):
        line.down(50001, port, struct.pack(">HH", 3, number) + parts[number])
    line.up(port, 50001, b"\0\4\0\4")
    assert files(line)[0].body == b"".join(parts.values())


@pytest.mark.parametrize(
    ("code", "text", "outcome"),
    [
        (1, b"", FileOutcome.MISSING),
        (0, b"File Not Found", FileOutcome.MISSING),
        (2, b"Access violation", FileOutcome.ERROR),
    ],
)
def test_an_error_says_missing_or_something_else(code: int, text: bytes, outcome: FileOutcome) -> None:
    line = make.Line()
    line.missing(CTL, code, text)
    [seen] = files(line)
    assert (seen.outcome, seen.error, seen.size) == (outcome, f"error {code}: {text.decode()}", None)


def test_nobody_answers_and_the_phone_asks_for_something_else() -> None:
    line = make.Line()
    port = line.asks(CTL, repeats=3, pause=0.5)
    line.asks("SEP001122334455.cnf.xml", port=port)
    line.when += 2 * PATIENCE
    line.missing("Other.cnf.xml")
    assert [(seen.name, seen.outcome, seen.retries) for seen in files(line)] == [
        (CTL, FileOutcome.SILENT, 3),
        ("SEP001122334455.cnf.xml", FileOutcome.SILENT, 0),
        ("Other.cnf.xml", FileOutcome.MISSING, 0),
    ]


def test_a_capture_that_ends_too_early_does_not_say_how_it_ended() -> None:
    line = make.Line()
    line.asks(CTL)
    [seen] = files(line)
    assert seen.outcome is None


def test_a_machine_without_a_server_says_so() -> None:
    line = make.Line()
    line.asks(CTL)
    line.put(make.ip(make.SERVER, make.PHONE, 1, b"\3\3" + bytes(6) + line.frames[-1][1][14:42]))
    [seen] = files(line)
    assert (seen.outcome, seen.error) == (FileOutcome.SILENT, "port unreachable")


def test_the_phone_breaks_off() -> None:
    line = make.Line()
    port = line.asks(CTL)
    line.down(50001, port, b"\0\3\0\1" + bytes(512))
    line.up(port, 50001, b"\0\5\0\3Disk full\0")
    [seen] = files(line)
    assert (seen.outcome, seen.error, seen.body) == (
        FileOutcome.ERROR,
        "the phone broke off: Disk full",
        None,
    )


def test_a_packet_that_a_mirrored_port_shows_twice_is_no_repetition() -> None:
    line = make.Line()
    line.tftp(CTL, bytes(3000))
    line.frames = [(when + twice, frame) for when, frame in line.frames for twice in (0.0, 0.0001)]
    [seen] = files(line)
    assert (seen.retries, seen.resent, seen.body) == (0, 0, bytes(3000))


@pytest.mark.parametrize("kept", [60, 96, 128])
def test_a_capture_of_the_beginnings_of_packets_knows_sizes_and_outcomes(kept: int) -> None:
    line = make.Line()
    line.missing(CTL)
    line.tftp("ITLSEP001122334455.tlv", bytes(3000))
    line.frames = [(when, frame if len(frame) < 100 else frame[:kept]) for when, frame in line.frames]
    assert [(seen.outcome, seen.size, seen.body, seen.digest) for seen in files(line)] == [
        (FileOutcome.MISSING, None, None, ""),
        (FileOutcome.ARRIVED, 3000, None, ""),
    ]


def test_a_transfer_that_stands_still_broke_off() -> None:
    line = make.Line()
    port = line.asks(CTL)
    line.down(50001, port, b"\0\3\0\1" + bytes(512))
    line.up(port, 50001, b"\0\4\0\1")
    line.when += 2 * PATIENCE
    line.missing("Other.cnf.xml")
    assert files(line)[0].error == "broke off after 512 bytes"
    assert files(line)[0].outcome is FileOutcome.ERROR


def test_of_two_ports_that_answer_the_one_the_phone_takes_up_counts() -> None:
    line = make.Line()
    port = line.asks(CTL, repeats=1)
    line.down(50001, port, b"\0\3\0\1wrong")
    line.down(50002, port, b"\0\3\0\1right")
    line.up(port, 50001, b"\0\5\0\5Unknown transfer ID\0")
    line.up(port, 50002, b"\0\4\0\1")
    [seen] = files(line)
    assert (seen.body, seen.transfer_port) == (b"right", 50002)


def test_a_stranger_who_answers_is_told() -> None:
    line = make.Line()
    port = line.asks(CTL)
    line.put(make.udp("10.0.0.66", make.PHONE, 50001, port, b"\0\3\0\1evil"))
    line.down(50002, port, b"\0\3\0\1right")
    line.up(port, 50002, b"\0\4\0\1")
    [seen] = files(line)
    assert (seen.body, seen.remarks) == (b"right", [f"{CTL}: port 50001 answered too, and was not taken up"])


def test_blocks_that_only_the_capture_lacks_spoil_the_body_and_not_the_outcome() -> None:
    line = make.Line()
    line.tftp(CTL, bytes(3000))
    lacking = [each for at, each in enumerate(line.frames) if at not in (3, 5)]  # blocks 2 and 3
    line.frames = lacking
    [seen] = files(line)
    assert (seen.outcome, seen.body, seen.digest, seen.size) == (FileOutcome.ARRIVED, None, "", 3000)
    assert len(seen.remarks) == 2


def test_an_acknowledgement_that_stands_before_its_block_is_borne() -> None:
    line = make.Line()
    line.tftp(CTL, bytes(1500))
    line.frames[3], line.frames[4] = line.frames[4], line.frames[3]
    assert files(line)[0].body == bytes(1500)


def test_a_capture_of_one_direction_knows_no_outcome() -> None:
    line = make.Line()
    line.tftp(CTL, bytes(3000))
    line.frames = [(when, frame) for when, frame in line.frames if frame[26:30] == make.address(make.PHONE)]
    line.when += 2 * PATIENCE
    line.asks("Other.cnf.xml")
    seen = files(line)[0]
    assert (seen.outcome, seen.body) == (None, None)


def test_only_files_of_trust_are_kept_unless_all_are_wanted() -> None:
    line, content = make.Line(), b"vendor code" * 9
    line.tftp(LOAD, content)
    assert files(line)[0].body is None
    assert files(line)[0].digest == hashlib.sha256(content).hexdigest()
    assert files(line, everything=True)[0].body == content


def test_a_transfer_that_never_ends_keeps_nothing() -> None:
    line = make.Line()
    line.tftp(CTL, bytes(limits.DOWNLOAD_BYTES + 8192), "blksize=8192", size=8192)
    [seen] = files(line)
    assert (seen.body, seen.size) == (None, limits.DOWNLOAD_BYTES + 8192)
    assert len(seen.remarks) == 1


def test_what_is_held_of_all_files_is_limited_and_equal_contents_count_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "CAPTURE_BODY_BYTES", 9000)
    line = make.Line()
    for _ in range(3):
        line.tftp(CTL, bytes(4000))
    line.tftp(CTL, b"x" * 4000)
    line.tftp(CTL, b"y" * 4000)
    kept = [seen.body is not None for seen in files(line)]
    assert kept == [True, True, True, True, False]


def test_requests_without_end_are_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CAPTURE_FLOWS", 5)
    monkeypatch.setattr(limits, "CAPTURE_EXCHANGES", 20)
    line = make.Line()
    for number in range(40):
        line.asks(f"SEP{number:012}.cnf.xml")
    with pytest.raises(BadInput):
        watched(line)


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\0",
        b"\0\1",
        b"\0\1\0",
        b"\0\2name\0octet\0",
        b"\0\1" + b"\xff" * 600 + b"\0octet\0",
        b"\0\1a\0o\0b\0",
    ],
)
def test_requests_of_any_form_are_borne(datagram: bytes) -> None:
    line = make.Line()
    line.up(40000, 69, datagram)
    line.down(50000, 40000, b"\0\6blksize\0abc\0\0\0")
    line.down(50000, 40000, b"\0\7\0\0")
    line.down(50000, 40000, b"\0\3")
    assert len(watched(line).exchanges) <= 1
