import struct

import packetmaking as make
import pytest

from phoneemu.core.vocabulary import Transport
from phoneemu.replay.case import CallManagerOutcome, FileOutcome
from phoneemu.replay.wire import announce
from phoneemu.replay.wire.framing import Packet
from phoneemu.replay.wire.sights import SeenFile, SeenSignalling
from phoneemu.replay.wire.sorting import Boot, device_of, sort
from phoneemu.replay.wire.witness import PATIENCE, Sightings, Witness

PHONE, MAC = "SEP001122334455", bytes.fromhex("001122334455")


def watched(*lines: make.Line) -> Sightings:
    frames = sorted(frame for line in lines for frame in line.frames)
    return Witness().watch([Packet(when, 1, frame) for when, frame in frames])


def boots(*lines: make.Line) -> list[Boot]:
    return sort(watched(*lines))[0]


def start(line: make.Line, device: str = PHONE) -> make.Line:
    line.tftp(f"CTL{device}.tlv", b"ctl")
    line.tftp(f"ITL{device}.tlv", b"itl")
    line.tftp(f"{device}.cnf.xml.sgn", b"<device/>")
    line.missing("g3-tones.xml")
    return line


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("CTLSEP001122334455.tlv", PHONE),
        ("ITLSEP00aabbccddee.tlv", "SEP00AABBCCDDEE"),
        ("ext_ITLSEP001122334455.tlv", PHONE),
        ("SEP001122334455.cnf.xml", PHONE),
        ("SEP001122334455.cnf.xml.enc.sgn", PHONE),
        ("/SEP001122334455.cnf.xml.sgn", PHONE),
        ("ATA001122334455.cnf.xml", "ATA001122334455"),
        ("CTLCSFJANE.tlv", "CSFJANE"),
        ("ITLFile.tlv", ""),
        ("XMLDefault.cnf.xml", ""),
        ("SEPDefault.cnf", ""),
        ("term75.default.loads", ""),
        ("../../etc/passwd", ""),
    ],
)
def test_a_file_name_tells_the_device(name: str, device: str) -> None:
    assert device_of(name) == device


def test_phones_are_told_apart_by_names_and_addresses() -> None:
    one, two = start(make.Line()), start(make.Line(phone="10.0.0.10"), "SEP00AABBCCDDEE")
    found = boots(one, two)
    assert [(boot.device, len(boot.exchanges)) for boot in found] == [(PHONE, 4), ("SEP00AABBCCDDEE", 4)]


def test_what_came_before_a_name_belongs_to_the_phone_too() -> None:
    line = make.Line()
    line.missing("ringlist.xml")
    [boot] = boots(start(line))
    assert next(each.name for each in boot.exchanges if isinstance(each, SeenFile)) == "ringlist.xml"


def test_two_phones_behind_one_address_are_told_apart_by_names() -> None:
    line = start(start(make.Line()), "SEP00AABBCCDDEE")
    assert [(boot.device, len(boot.exchanges)) for boot in boots(line)] == [
        (PHONE, 4),
        ("SEP00AABBCCDDEE", 4),
    ]


def test_a_list_behind_a_configuration_begins_another_start() -> None:
    found = boots(start(start(make.Line())))
    assert [(boot.number, len(boot.exchanges), len(boot.remarks)) for boot in found] == [(1, 4, 0), (2, 4, 1)]


def test_a_refused_connection_was_for_the_file_asked_for_next() -> None:
    line = make.Line()
    line.refused(6970)
    line.missing(f"CTL{PHONE}.tlv")
    [boot] = boots(line)
    first, second = boot.exchanges
    assert isinstance(first, SeenFile)
    assert (first.name, first.transport, first.outcome) == (
        f"CTL{PHONE}.tlv",
        Transport.HTTP,
        FileOutcome.SILENT,
    )
    assert isinstance(second, SeenFile)


def test_who_asks_for_no_phones_file_is_left_out_and_counted() -> None:
    line = make.Line()
    line.missing("firmware.bin")
    found, remarks = sort(watched(line))
    assert (found, len(remarks)) == ([], 1)


# ---------------------------------------------------------------- what phones say of themselves


def cdp(device: str, platform: str, load: str) -> bytes:
    fields = ((1, device), (5, load), (6, platform))
    body = b"".join(struct.pack(">HH", kind, 4 + len(text)) + text.encode() for kind, text in fields)
    content = bytes.fromhex("aaaa0300000c2000") + b"\2\xb4\0\0" + body
    return announce.CDP + MAC + struct.pack(">H", len(content)) + content


def dhcp(kind: int, options: bytes, given: str = "0.0.0.0") -> bytes:  # noqa: S104 - no address
    head = struct.pack(">BBBBIHH", kind, 1, 6, 0, 1, 0, 0) + bytes(4) + make.address(given) + bytes(8)
    return head + MAC + bytes(10 + 64 + 128) + b"\x63\x82\x53\x63" + options + b"\xff"


def field(number: int, value: bytes) -> bytes:
    return bytes([number, len(value)]) + value


def test_cdp_tells_model_and_load() -> None:
    line = make.Line()
    line.frames.append((make.START, cdp(PHONE, "Cisco IP Phone 8861", "sip88xx.12-8-1")))
    [boot] = boots(start(line))
    assert (boot.product, boot.load, boot.at_phone) == ("Cisco IP Phone 8861", "sip88xx.12-8-1", True)


def test_dhcp_tells_the_model_and_the_servers() -> None:
    line = make.Line()
    asked = field(60, b"Cisco Systems, Inc. IP Phone CP-8861\0") + field(12, PHONE.encode())
    line.up(68, 67, dhcp(1, asked))
    line.down(67, 68, dhcp(2, field(150, make.address("10.0.0.1") + make.address("10.0.0.2")), make.PHONE))
    [boot] = boots(start(line))
    assert boot.product.startswith("CP-8861")
    assert boot.tftp == (make.address("10.0.0.1"), make.address("10.0.0.2"))


def test_a_host_name_that_the_phone_asked_for_is_known() -> None:
    answer = (
        b"\0\1\x81\x80\0\1\0\1\0\0\0\0"
        b"\4cucm\3lab\0\0\1\0\1"
        b"\xc0\x0c\0\1\0\1\0\0\0\x0a\0\4" + make.address(make.SERVER)
    )
    line = make.Line()
    line.down(53, 5353, answer)
    assert watched(line).names == {make.address(make.SERVER): "cucm.lab"}


@pytest.mark.parametrize("content", [b"", b"\0" * 11, b"\xff" * 300, b"\0\1\x81\x80\0\1\0\1\0\0\0\0\xc0\x0c"])
def test_broken_announcements_tell_nothing(content: bytes) -> None:
    line = make.Line()
    line.down(53, 5353, content)
    line.up(68, 67, content)
    line.up(5060, 5060, content)
    line.frames.append((line.when, announce.CDP + MAC + b"\0\0" + content))
    snapped = bytes.fromhex("aaaa0300000c2000") + b"\2\xb4\0\0\0\1\0\3"
    line.frames.append((line.when, announce.CDP + MAC + b"\0\0" + snapped))
    found = watched(line)
    assert (found.names, [said for _, said in found.announced if said.product or said.device]) == ({}, [])


REGISTER = (
    f"REGISTER sip:cucm SIP/2.0\r\nFrom: <sip:1@cucm>\r\nCSeq: 101 REGISTER\r\n"
    f'User-Agent: Cisco-CP8861/12.8.1\r\nContact: <sip:x>;+u.sip!devicename="{PHONE}"\r\n\r\n'
).encode()


def answered(status: str) -> bytes:
    return f"SIP/2.0 {status}\r\nVia: x\r\nCSeq: 101 REGISTER\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        (["100 Trying", "200 OK"], CallManagerOutcome.REGISTERED),
        (["401 Unauthorized", "200 OK"], CallManagerOutcome.REGISTERED),
        (["403 Forbidden"], CallManagerOutcome.REJECTED),
        (["100 Trying"], CallManagerOutcome.CONNECTED),
    ],
)
def test_a_registration_by_sip_is_judged(answers: list[str], outcome: CallManagerOutcome) -> None:
    line = start(make.Line())
    line.talk(5060, [("phone", REGISTER), *(("server", answered(each)) for each in answers)])
    [boot] = boots(line)
    last = boot.exchanges[-1]
    assert isinstance(last, SeenSignalling)
    assert (last.outcome, last.protocol) == (outcome, "SIP")
    assert (boot.product, boot.load, boot.protocol) == ("8861", "12.8.1", "SIP")


def test_a_registration_by_udp_is_judged() -> None:
    line = start(make.Line())
    line.up(5060, 5060, REGISTER)
    line.down(5060, 5060, b"noise")
    line.down(5060, 5060, answered("200 OK"))
    other = start(make.Line(phone="10.0.0.10", when=line.when), "SEP00AABBCCDDEE")
    other.up(5060, 5060, REGISTER)
    other.when += 2 * PATIENCE
    other.missing("late.xml")
    found = [each for each in watched(line, other).exchanges if isinstance(each, SeenSignalling)]
    assert [each.outcome for each in found] == [
        CallManagerOutcome.REGISTERED,
        CallManagerOutcome.UNREACHABLE,
    ]


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (struct.pack("<III", 4, 0, 0x9B) + struct.pack("<III", 4, 0, 0x81), CallManagerOutcome.REGISTERED),
        (struct.pack("<III", 4, 0, 0x9D), CallManagerOutcome.REJECTED),
        (struct.pack("<III", 0xFFFFFFFF, 0, 0), CallManagerOutcome.CONNECTED),
        (b"\0", CallManagerOutcome.CONNECTED),
    ],
)
def test_a_registration_by_sccp_is_judged(said: bytes, outcome: CallManagerOutcome) -> None:
    line = start(make.Line())
    line.talk(2000, [("phone", b"register"), ("server", said)])
    last = boots(line)[0].exchanges[-1]
    assert isinstance(last, SeenSignalling)
    assert last.outcome is outcome


def test_a_callmanager_that_refuses_the_connection_is_unreachable() -> None:
    line = start(make.Line())
    line.refused(5060)
    last = boots(line)[0].exchanges[-1]
    assert isinstance(last, SeenSignalling)
    assert last.outcome is CallManagerOutcome.UNREACHABLE


# ---------------------------------------------------------------- other lines


SPANNED = {
    "erspan1": b"\0\0\x88\xbe",
    "erspan2": b"\x10\0\x88\xbe" + bytes(4) + bytes(8),
    "erspan3": b"\x10\0\x22\xeb" + bytes(4) + bytes(11) + b"\1" + bytes(8),
}


@pytest.mark.parametrize("kind", ["vlan", "cooked", "cooked2", "raw", "v6", "fragments", *SPANNED])
def test_a_start_is_seen_on_every_kind_of_line(kind: str) -> None:
    v6 = kind == "v6"
    line = start(make.Line(phone="2001:db8::9", server="2001:db8::1") if v6 else make.Line())
    line.http(f"ITL{PHONE}.tlv", bytes(3000))
    packets: list[Packet] = []
    for when, frame in line.frames:
        inner = frame[14:]
        if kind == "vlan":
            packets.append(Packet(when, 1, make.ethernet(inner, (0x88A8, 5), (0x8100, 7))))
        elif kind == "cooked":
            packets.append(Packet(when, 113, make.cooked(inner)))
        elif kind == "cooked2":
            packets.append(Packet(when, 276, make.cooked(inner, second=True)))
        elif kind in SPANNED:
            packets.append(
                Packet(when, 1, make.ethernet(make.ip("1.1.1.1", "2.2.2.2", 47, SPANNED[kind] + frame)))
            )
        elif kind == "raw":
            packets.append(Packet(when, 101, inner))
        elif kind == "fragments":
            body = inner[20:]
            for at in range(0, len(body), 16):
                place = at // 8 | (0x2000 if at + 16 < len(body) else 0)
                sender, target = (".".join(map(str, inner[at : at + 4])) for at in (12, 16))
                piece = make.ip(sender, target, inner[9], body[at : at + 16], name=len(packets), place=place)
                packets.append(Packet(when, 1, make.ethernet(piece)))
        else:
            packets.append(Packet(when, 1, frame))
    if kind == "fragments":
        packets = renumbered(packets)
    expected = [(each.name, each.outcome) for each in boots_files(Witness().watch(packets))]
    assert expected == [
        (f"CTL{PHONE}.tlv", FileOutcome.ARRIVED),
        (f"ITL{PHONE}.tlv", FileOutcome.ARRIVED),
        (f"{PHONE}.cnf.xml.sgn", FileOutcome.ARRIVED),
        ("g3-tones.xml", FileOutcome.MISSING),
        (f"ITL{PHONE}.tlv", FileOutcome.ARRIVED),
    ]


@pytest.mark.parametrize("gre", [b"", b"\0\0\x88", b"\0\1\x88\xbe", b"\0\0\x08\0", b"\0\0\x22\xeb\0"])
def test_what_is_mirrored_in_no_known_way_is_passed_over(gre: bytes) -> None:
    packet = make.ethernet(make.ip("1.1.1.1", "2.2.2.2", 47, gre))
    nested = make.ethernet(make.ip("1.1.1.1", "2.2.2.2", 47, SPANNED["erspan1"] + packet))
    assert Witness().watch([Packet(1.0, 1, packet), Packet(1.0, 1, nested)]).exchanges == []


def renumbered(packets: list[Packet]) -> list[Packet]:
    """All fragments of a packet, which came at one time, with one number."""
    numbers: dict[float, int] = {}
    made = []
    for when, link, frame in packets:
        number = numbers.setdefault(when, len(numbers))
        made.append(Packet(when, link, frame[:18] + struct.pack(">H", number) + frame[20:]))
    return made


def boots_files(found: Sightings) -> list[SeenFile]:
    return [each for boot in sort(found)[0] for each in boot.exchanges if isinstance(each, SeenFile)]


def test_packets_of_unknown_links_and_cut_ones_are_counted() -> None:
    line = make.Line()
    line.missing(f"CTL{PHONE}.tlv")
    packets = [Packet(when, 1, frame[:-3]) for when, frame in line.frames] + [Packet(1.0, 147, b"odd")]
    found = Witness().watch(packets)
    assert (found.cut_packets, found.unknown_links, found.packets) == (2, 1, 3)
