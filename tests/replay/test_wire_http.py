from collections.abc import Iterator

import packetmaking as make
import pytest

from phoneemu.core import limits
from phoneemu.core.vocabulary import Transport
from phoneemu.replay.case import FileOutcome
from phoneemu.replay.wire import witness as witnessing
from phoneemu.replay.wire.framing import Packet
from phoneemu.replay.wire.sights import SeenFile
from phoneemu.replay.wire.witness import PATIENCE, Witness

ITL = "ITLSEP001122334455.tlv"
GET = f"GET /{ITL} HTTP/1.1\r\nHost: cucm:6970\r\n\r\n".encode()

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def files(line: make.Line) -> list[SeenFile]:
    found = Witness().watch([Packet(when, 1, frame) for when, frame in line.frames]).exchanges
    return [each for each in found if isinstance(each, SeenFile)]


def only(line: make.Line) -> SeenFile:
    [seen] = files(line)
    return seen


def test_a_file_by_http_is_put_together() -> None:
    line, content = make.Line(), bytes(7879)
    line.http(ITL, content)
    seen = only(line)
    assert (seen.name, seen.transport, seen.outcome) == (ITL, Transport.HTTP, FileOutcome.ARRIVED)
    assert (seen.body, seen.size) == (content, 7879)


@pytest.mark.parametrize(
    ("answer", "outcome", "error", "body"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", FileOutcome.MISSING, "", None),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", FileOutcome.ERROR, "HTTP status 503", None),
        (b"HTTP/1.1 503 Busy\r\n\r\nuntil the end", FileOutcome.ERROR, "HTTP status 503", None),
        (b"HTTP/1.0 200 OK\r\n\r\nup to the end", FileOutcome.ARRIVED, "", b"up to the end"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", FileOutcome.ARRIVED, "", b""),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc",
            FileOutcome.ARRIVED,
            "",
            b"abc",
        ),
        (
            CHUNKED + b"3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: x\r\n\r\n",
            FileOutcome.ARRIVED,
            "",
            b"abc0123456789",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
            FileOutcome.ERROR,
            "broke off after 3 bytes",
            None,
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc",
            FileOutcome.ERROR,
            "broke off after 3 bytes",
            None,
        ),
        (b"", FileOutcome.ERROR, "no answer: closed", None),
        (b"nothing like it\r\n\r\n", None, "", None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc", None, "", None),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * limits.HTTP_HEAD_BYTES, None, "", None),
    ],
)
@pytest.mark.parametrize("step", [1, 1400])
def test_answers_of_every_form_are_understood(
    answer: bytes, outcome: FileOutcome | None, error: str, body: bytes | None, step: int
) -> None:
    step = 1400 if len(answer) > 1000 else step
    line = make.Line()
    line.talk(
        6970, [("phone", GET), *(("server", answer[at : at + step]) for at in range(0, len(answer), step))]
    )
    seen = only(line)
    assert (seen.outcome, seen.error, seen.body) == (outcome, error, body)


def test_requests_of_one_connection_are_answered_in_turn() -> None:
    line = make.Line()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    other = GET.replace(b"ITLSEP", b"CTLSEP")
    line.talk(6970, [("phone", GET + other), ("server", answer + b"ab" + answer + b"cd")])
    assert [(seen.name[:3], seen.body) for seen in files(line)] == [("ITL", b"ab"), ("CTL", b"cd")]


def test_an_encoded_name_is_the_plain_one() -> None:
    line = make.Line()
    line.http("Ring%20List%2exml", b"x")
    assert only(line).name == "Ring List.xml"


def test_a_request_for_nothing_has_a_name_too() -> None:
    line = make.Line()
    line.http("", b"a page")
    assert only(line).name == "/"


def test_a_head_has_no_body() -> None:
    line = make.Line()
    head = GET.replace(b"GET", b"HEAD")
    line.talk(6970, [("phone", head), ("server", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")])
    assert (only(line).outcome, only(line).size) == (FileOutcome.ARRIVED, 0)


def test_a_refused_connection_has_no_name() -> None:
    line = make.Line()
    line.refused(6970)
    seen = only(line)
    assert (seen.name, seen.outcome, seen.error) == ("", FileOutcome.SILENT, "connection refused")


def test_a_connection_that_nobody_answers_is_known_when_the_capture_goes_on() -> None:
    line = make.Line()
    line.segment(40000, 6970, 1, 0, make.SYN)
    assert files(line) == []
    line.when += 2 * PATIENCE
    line.segment(40009, 9, 1, 0, make.SYN)
    assert (only(line).outcome, only(line).error) == (FileOutcome.SILENT, "connection unanswered")


def test_a_file_whose_end_is_not_in_the_capture_has_no_outcome() -> None:
    line = make.Line()
    line.http(ITL, bytes(9000))
    line.frames = line.frames[:-3]
    assert only(line).outcome is None


def test_segments_in_disorder_and_twice_and_overlapping_are_put_in_order() -> None:
    line, content = make.Line(), bytes(at % 251 for at in range(5000))
    line.http(ITL, content)
    data = [at for at, (_, frame) in enumerate(line.frames) if len(frame) > 900]
    first, second, third = data[0], data[1], data[2]
    frames = line.frames
    frames[first], frames[third] = frames[third], frames[first]
    frames.insert(second + 1, frames[second])
    ahead = frames[third][1]
    number = int.from_bytes(ahead[38:42], "big") + 500
    overlapping = ahead[:38] + number.to_bytes(4, "big") + ahead[42:54] + ahead[554:]
    short = overlapping[:16] + (len(overlapping) - 14).to_bytes(2, "big") + overlapping[18:]
    frames.insert(first + 1, (frames[first][0], short))
    assert only(line).body == content


def test_segments_that_only_the_capture_lacks_spoil_the_body_and_not_the_outcome() -> None:
    line = make.Line()
    line.http(ITL, bytes(9000))
    frames = [frame for frame in line.frames if len(frame[1]) > 900]
    line.frames.remove(frames[4])
    seen = only(line)
    assert (seen.outcome, seen.size, seen.body) == (FileOutcome.ARRIVED, 9000, None)


def test_an_acknowledgement_tells_that_a_segment_is_missing_in_the_capture() -> None:
    line, mine = make.Line(), 40000
    line.segment(mine, 6970, 0, 0, make.SYN)
    line.segment(mine, 6970, 0, 1, make.SYN | make.ACK, by_phone=False)
    line.segment(mine, 6970, 1, 1, make.ACK, GET)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1500\r\n\r\n"
    line.segment(mine, 6970, 1, 1 + len(GET), make.ACK, head, by_phone=False)
    for _ in range(9):  # what was sent between was received
        line.segment(mine, 6970, 1 + len(GET), 1 + len(head) + 1500, make.ACK)
    line.segment(mine, 6970, 1 + len(head) + 1500, 0, make.ACK | make.FIN, by_phone=False)
    assert (only(line).outcome, only(line).body, only(line).size) == (FileOutcome.ARRIVED, None, 1500)


def test_a_capture_of_the_beginnings_of_packets_knows_size_and_outcome() -> None:
    line = make.Line()
    line.http(ITL, bytes(9000))
    line.frames = [(when, frame[:200]) for when, frame in line.frames]
    assert (only(line).outcome, only(line).size, only(line).body) == (FileOutcome.ARRIVED, 9000, None)


def test_an_end_that_stands_before_its_data_is_waited_for() -> None:
    line = make.Line()
    line.http(ITL, bytes(3000))
    line.frames[-1], line.frames[-2] = line.frames[-2], line.frames[-1]
    assert (only(line).outcome, only(line).body) == (FileOutcome.ARRIVED, bytes(3000))


def test_a_missing_head_is_not_made_up() -> None:
    line = make.Line()
    line.http(ITL, bytes(3000))
    line.frames = [each for each in line.frames if b"HTTP/1.1 200" not in each[1]]
    assert only(line).outcome is None


def test_a_reset_breaks_a_file_off() -> None:
    line = make.Line()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"
    line.talk(6970, [("phone", GET), ("server", answer)], ending=make.RST)
    assert (only(line).outcome, only(line).error) == (FileOutcome.ERROR, "broke off after 3 bytes")


def test_late_packets_of_a_connection_that_is_over_are_no_new_one() -> None:
    line = make.Line()
    line.http(ITL, bytes(2000))
    late = [frame for _, frame in line.frames if b"GET" in frame or len(frame) > 900]
    line.frames += [(line.when + 1, frame) for frame in late]
    assert len(files(line)) == 1


def test_the_same_ports_may_be_used_again() -> None:
    line = make.Line()
    line.segment(40000, 6970, 500, 0, make.SYN)
    line.http(ITL, b"abc")
    line.segment(40001, 6970, 900, 0, make.SYN)
    assert [seen.error for seen in files(line)] == ["connection unanswered", ""]


def test_a_flood_of_connections_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CAPTURE_FLOWS", 4)
    line = make.Line()
    for port in range(1000, 1020):
        line.segment(port, 6970, 1, 0, make.SYN)
    line.http(ITL, b"abc")
    assert [seen.outcome for seen in files(line)].count(FileOutcome.SILENT) == 17
    assert files(line)[-1].body == b"abc"


def test_a_direction_that_holds_too_much_goes_on_behind_the_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CAPTURE_SEGMENT_BYTES", 3000)
    line = make.Line()
    line.http(ITL, bytes(9000))
    data = [frame for frame in line.frames if len(frame[1]) > 900]
    line.frames.remove(data[2])
    assert (only(line).outcome, only(line).size) == (FileOutcome.ARRIVED, 9000)


def test_what_is_held_of_unfinished_connections_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CAPTURE_HELD_BYTES", 20_000)
    monkeypatch.setattr(witnessing, "_NOW_AND_THEN", 50_000)
    line = make.Line()
    for port in range(1000, 1040):  # heads without an end
        line.segment(port, 6970, 0, 0, make.SYN)
        line.segment(port, 6970, 1, 0, make.ACK, b"GET /x HTTP/1.1\r\n" + bytes(1000))
    for port in range(2000, 2040):  # a transfer of which the first block is missing
        line.asks("some.tlv", port=port)
        line.down(50000, port, b"\0\3\0\2" + bytes(512))
    line.frames += [(line.when, bytes(60_000))] * 2
    witness, most = Witness(), 0

    def watched() -> Iterator[Packet]:
        nonlocal most
        for when, frame in line.frames:  # what is held is looked at now and then
            yield Packet(when, 1, frame)
            most = max(most, witness.held)

    witness.watch(watched())
    assert most > 20_000
    assert witness.given_up > 40
