import contextlib
import ssl
import struct

import packetmaking as make
import pytest

from phoneemu.cluster.founding import make_cluster
from phoneemu.cluster.lab import maker
from phoneemu.cluster.state import TVS as TVS_UNIT
from phoneemu.cluster.state import Certificate
from phoneemu.core import limits
from phoneemu.net import tls
from phoneemu.replay.case import CallManagerOutcome, TvsOutcome
from phoneemu.replay.wire.framing import Packet
from phoneemu.replay.wire.sights import SeenTls
from phoneemu.replay.wire.tlswatch import cipher_name
from phoneemu.replay.wire.witness import PATIENCE, Witness

TVS, SIPS = 2445, 5061
Said = list[tuple[str, bytes]]


@pytest.fixture(scope="module")
def shown() -> Certificate:
    cluster = make_cluster("wire", "12.5(1)", ("pub",), maker=maker())
    return cluster.publisher.running[TVS_UNIT]


class Talk:
    """A conversation of two ends of the library, without sockets."""

    def __init__(self, shown: Certificate, *, highest: str, lowest: str = "1.0") -> None:
        assert shown.key is not None
        self.ends = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in range(2)]
        self.phone = tls.client_context(highest).wrap_bio(*self.ends[0])
        context = tls.server_context(shown.der, shown.key, lowest)
        self.server = context.wrap_bio(*self.ends[1], server_side=True)
        self.said: Said = []
        for _ in range(4):
            for side in (self.phone, self.server):
                with contextlib.suppress(ssl.SSLError):
                    side.do_handshake()
                self.pass_on()

    def pass_on(self) -> None:
        for at, who in ((0, "phone"), (1, "server")):
            content = self.ends[at][1].read()
            if content:
                self.said.append((who, content))
                self.ends[1 - at][0].write(content)

    def asks(self, question: bytes, answer: bytes = b"") -> Said:
        self.phone.write(question)
        self.pass_on()
        if answer:
            self.server.write(answer)
            self.pass_on()
        return self.said


def seen(line: make.Line) -> SeenTls:
    found = Witness().watch([Packet(when, 1, frame) for when, frame in line.frames]).exchanges
    [only] = found
    assert isinstance(only, SeenTls)
    return only


def talked(said: Said, port: int = TVS, ending: int = make.FIN | make.ACK, step: int = 1400) -> SeenTls:
    line = make.Line()
    parts = [(who, content[at : at + step]) for who, content in said for at in range(0, len(content), step)]
    line.talk(port, parts, ending=ending)
    return seen(line)


@pytest.mark.parametrize("highest", ["1.0", "1.1", "1.2"])
@pytest.mark.parametrize("step", [7, 1400])
def test_a_question_up_to_tls_1_2_shows_versions_cipher_and_certificate(
    shown: Certificate, highest: str, step: int
) -> None:
    found = talked(Talk(shown, highest=highest).asks(b"q" * 150, b"a" * 900), step=step)
    assert found.tvs is TvsOutcome.ANSWERED
    assert (found.hello.offered, found.hello.chosen) == ((f"up to {highest}",), highest)
    assert found.hello.certificate == shown.der
    assert found.hello.cipher.startswith("ECDHE-RSA-AES256")
    assert found.remarks == []


def test_a_question_in_tls_1_3_hides_the_certificate_and_the_answer(shown: Certificate) -> None:
    found = talked(Talk(shown, highest="1.3").asks(b"q" * 150, b"a" * 900))
    assert (found.hello.chosen, found.hello.offered[-1]) == ("1.3", "1.3")
    assert (found.hello.certificate, found.hello.done, found.tvs) == (b"", True, None)
    assert found.remarks == ["the server's certificate is not visible: TLS 1.3 hides it"]


def test_a_phone_that_hangs_up_in_tls_1_3_asked_nothing(shown: Certificate) -> None:
    found = talked(Talk(shown, highest="1.3").said)
    assert found.tvs is TvsOutcome.HANDSHAKE


def test_a_question_that_is_not_answered(shown: Certificate) -> None:
    assert talked(Talk(shown, highest="1.2").asks(b"q" * 150)).tvs is TvsOutcome.NO_ANSWER
    assert talked(Talk(shown, highest="1.2").asks(b"q" * 150), ending=0).tvs is None


def test_a_phone_that_asks_nothing_broke_off(shown: Certificate) -> None:
    found = talked(Talk(shown, highest="1.2").said)
    assert (found.tvs, found.hello.done, found.hello.certificate) == (TvsOutcome.HANDSHAKE, True, shown.der)


def test_an_alert_of_the_phone_is_told_with_the_certificate_it_refused(shown: Certificate) -> None:
    said = Talk(shown, highest="1.2").said[:2]
    found = talked([*said, ("phone", b"\x15\x03\x03\0\x02\x02\x30")])
    assert (found.tvs, found.hello.alert, found.hello.by_client) == (TvsOutcome.HANDSHAKE, "unknown_ca", True)
    assert found.hello.certificate == shown.der


def test_no_common_version_is_told(shown: Certificate) -> None:
    found = talked(Talk(shown, highest="1.1", lowest="1.2").said)
    assert (found.tvs, found.hello.alert, found.hello.by_client) == (
        TvsOutcome.TLS_VERSION,
        "protocol_version",
        False,
    )


@pytest.mark.parametrize(("ending", "outcome"), [(make.RST, TvsOutcome.UNREACHABLE), (0, None)])
def test_a_server_that_says_nothing_is_not_reached(
    shown: Certificate, ending: int, outcome: TvsOutcome | None
) -> None:
    assert talked(Talk(shown, highest="1.2").said[:1], ending=ending).tvs is outcome


def test_a_certificate_and_then_silence_is_a_broken_handshake(shown: Certificate) -> None:
    assert talked(Talk(shown, highest="1.2").said[:2], ending=make.RST).tvs is TvsOutcome.HANDSHAKE


def test_refused_and_unanswered_connections_are_unreachable() -> None:
    line = make.Line()
    line.refused(TVS)
    assert (seen(line).tvs, seen(line).ending) == (TvsOutcome.UNREACHABLE, "refused")
    line = make.Line()
    line.segment(40000, TVS, 1, 0, make.SYN)
    line.when += 2 * PATIENCE
    line.segment(40001, 9, 1, 0, make.SYN)
    assert (seen(line).tvs, seen(line).ending) == (TvsOutcome.UNREACHABLE, "unanswered")


def test_a_connection_that_began_before_the_capture_is_not_judged(shown: Certificate) -> None:
    line = make.Line()
    line.talk(TVS, Talk(shown, highest="1.2").asks(b"q" * 150, b"a"))
    line.frames = line.frames[4:]
    assert (seen(line).tvs, len(seen(line).remarks) > 0) == (None, True)


def test_a_handshake_with_a_hole_says_so(shown: Certificate) -> None:
    line = make.Line()
    said = Talk(shown, highest="1.2").asks(b"q" * 150, b"a")
    line.talk(TVS, [(who, part[at : at + 300]) for who, part in said for at in range(0, len(part), 300)])
    frames = [each for each in line.frames if len(each[1]) == 354]
    line.frames.remove(frames[1])
    assert "bytes of the server's handshake are missing in the capture" in seen(line).remarks[0]
    assert seen(line).hello.certificate == b""


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ([("phone", b"\x16\x03\x01\0\x02\x01\x02"), ("server", b"HTTP/1.1 400 Bad\r\n\r\n")], None),
        ([("phone", b"GET / HTTP/1.1\r\n\r\n")], None),
        ([("phone", b"\x80\x2e\x01\x03\x01" + bytes(43))], "SSL 2 hello"),
        ([("phone", b"\x80")], None),
        ([("server", b"\x16\x03\x03\0\x06\x0b\0\0\x02\0\0")], None),
        ([("server", b"\x16\x03\x03\0\x0a\x0b\0\0\x06\0\0\x03\0\0\x99")], None),
    ],
)
def test_what_is_no_handshake_is_borne(said: Said, outcome: str | None) -> None:
    found = talked(said)
    assert found.tvs is TvsOutcome.UNREACHABLE
    assert ("1.0" in found.hello.offered) is (outcome is not None)


@pytest.mark.parametrize("cut", range(0, 200, 3))
def test_hellos_cut_or_broken_anywhere_are_borne(shown: Certificate, cut: int) -> None:
    who, hello = Talk(shown, highest="1.3").said[0]
    shorter = hello[5 : 5 + cut]
    framed = (
        b"\x16\x03\x01"
        + struct.pack(">H", 4 + len(shorter[4:]))
        + b"\1\0"
        + struct.pack(">H", len(shorter[4:]))
    )
    talked([(who, framed + shorter[4:]), ("server", b"\x16\x03\x03\0\x04\x02\0\0\0")])


def test_a_handshake_without_end_is_given_up() -> None:
    endless = b"\x16\x03\x03\x40\0" + b"\x0b\xff\xff\xff" + bytes(0x4000 - 4)
    more = b"\x16\x03\x03\x40\0" + bytes(0x4000)
    said = [("server", endless), *[("server", more)] * (limits.HANDSHAKE_BYTES // 0x4000 + 2)]
    assert any("handshake of more than" in each for each in talked(said, step=0x5000).remarks)


@pytest.mark.parametrize(
    ("alert", "outcome"),
    [
        (48, CallManagerOutcome.DEVICE_CERTIFICATE),
        (42, CallManagerOutcome.DEVICE_CERTIFICATE),
        (70, CallManagerOutcome.TLS_VERSION),
        (40, CallManagerOutcome.UNREACHABLE),
    ],
)
def test_a_callmanager_refuses_by_an_alert(
    shown: Certificate, alert: int, outcome: CallManagerOutcome
) -> None:
    said = Talk(shown, highest="1.2").said[:2]
    found = talked([*said, ("server", b"\x15\x03\x03\0\x02\x02" + bytes([alert]))], SIPS)
    assert found.callmanager is outcome


def test_a_callmanager_that_completes_tls_is_connected_and_one_that_refuses_is_not(
    shown: Certificate,
) -> None:
    assert talked(Talk(shown, highest="1.2").said, SIPS).callmanager is CallManagerOutcome.CONNECTED
    line = make.Line()
    line.refused(SIPS)
    assert seen(line).callmanager is CallManagerOutcome.UNREACHABLE


def test_a_cipher_without_a_name_is_told_by_its_number() -> None:
    assert (cipher_name(0x0035), cipher_name(0xABCD)) == ("AES256-SHA", "0xABCD")
