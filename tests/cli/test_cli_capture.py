import csv
import json
import random
import re
from pathlib import Path

import packetmaking as make
import pytest
from jsonschema import Draft202012Validator
from making import a_config

from phoneemu.cli import main
from phoneemu.core import limits, phoneconfig
from phoneemu.core.question import Subject
from phoneemu.replay import casefile
from phoneemu.replay.case import Case, Chapter, FileExchange, Origin, TvsExchange

PHONE = "SEP001122334455"
CONFIG = phoneconfig.render(a_config())


def started(line: make.Line, device: str = PHONE, config: bytes = CONFIG) -> make.Line:
    line.tftp(f"CTL{device}.tlv", b"a list that is none")
    line.refused(2445)
    line.http(f"ITL{device}.tlv", bytes(3000))
    line.tftp(f"{device}.cnf.xml", config, "blksize=1428", size=1428)
    return line


def written(tmp_path: Path, line: make.Line, content: bytes | None = None) -> str:
    path = tmp_path / "boot.pcap"
    path.write_bytes(make.pcap(line.frames) if content is None else content)
    return str(path)


def capture(tmp_path: Path, file: str, *words: str) -> int:
    return main(["capture", file, "-o", str(tmp_path / "captures"), "--origin", "hardware", *words])


def only(tmp_path: Path) -> Case:
    [folder] = casefile.walk(tmp_path / "captures")
    return casefile.load(folder)


def test_a_capture_becomes_a_case_that_can_be_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        capture(tmp_path, written(tmp_path, started(make.Line())), "--model", "8861", "--load", "12-8-1") == 0
    )
    [folder] = casefile.walk(tmp_path / "captures")
    assert folder.relative_to(tmp_path / "captures").as_posix() == f"8861/12-8-1/{PHONE.lower()}"
    case = casefile.load(folder)
    assert (case.device, case.model, case.load, case.origin) == (PHONE, "8861", "12-8-1", Origin.HARDWARE)
    assert (case.tftp, case.clock.timestamp()) == ((make.SERVER,), make.START + 0.01)
    assert case.before.unknown == (Subject.CTL, Subject.ITL, Subject.CONFIG)
    assert case.whole == ()
    kinds = [type(each) for each in case.exchanges]
    assert kinds == [FileExchange, TvsExchange, FileExchange, FileExchange]
    config = case.exchanges[3]
    assert isinstance(config, FileExchange)
    assert (config.options, config.agreed, config.body) == (
        ("blksize=1428",),
        ("blksize=1428",),
        f"served/{PHONE}.cnf.xml",
    )
    assert (folder / str(config.body)).read_bytes() == CONFIG
    assert PHONE in capsys.readouterr().out


def test_passwords_do_not_leave_the_capture(tmp_path: Path) -> None:
    secret = CONFIG.replace(b"</device>", b"<sshPassword>geheim</sshPassword><pin a='b'>1234</pin></device>")
    assert capture(tmp_path, written(tmp_path, started(make.Line(), config=secret)), "--model", "8861") == 0
    [folder] = casefile.walk(tmp_path / "captures")
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert [path for path, content in kept.items() if b"geheim" in content or b"1234<" in content] == []
    assert kept[folder / "served" / f"{PHONE}.cnf.xml"] == CONFIG
    assert b"sshPassword, pin" in kept[folder / "notes.md"]


@pytest.mark.parametrize(
    "config", [b"<device><userPassword>geheim</userPassword>", b"\x01 <x><password>geheim</password></x>"]
)
def test_a_broken_file_with_secrets_is_not_kept(tmp_path: Path, config: bytes) -> None:
    assert capture(tmp_path, written(tmp_path, started(make.Line(), config=config)), "--model", "8861") == 0
    case = only(tmp_path)
    assert not any(
        isinstance(each, FileExchange) and each.body and "cnf" in each.body for each in case.exchanges
    )


def test_a_thousand_phones_in_one_file_are_a_thousand_cases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = make.Line()
    for number in range(1000):
        line.phone = f"10.0.{number // 200}.{10 + number % 200}"
        line.missing(f"CTLSEP{number:012X}.tlv")
    models = ["--model", "8861", "--model", "SEP000000000007=7960"]
    assert capture(tmp_path, written(tmp_path, line), *models, "--list", "--json") == 0
    cases = json.loads(capsys.readouterr().out)["cases"]
    assert len({case["folder"] for case in cases}) == 1000
    assert [case["device"] for case in cases if case["model"] == "7960"] == ["SEP000000000007"]


def test_what_the_phone_held_may_be_given(tmp_path: Path) -> None:
    held = tmp_path / "held"
    held.mkdir()
    (held / "itl.tlv").write_bytes(b"held")
    (held / "config.xml").write_bytes(
        CONFIG.replace(b"</device>", b"<sshPassword>geheim</sshPassword></device>")
    )
    file = written(tmp_path, started(make.Line()))
    assert capture(tmp_path, file, "--model", "8861", "--before", str(held), "--complete", "--by", "me") == 0
    case = only(tmp_path)
    assert (case.before.ctl, case.before.itl, case.before.config, case.before.unknown) == (
        None,
        "before/ITL.tlv",
        "before/config.xml",
        (),
    )
    assert case.whole == (Chapter.FILES, Chapter.TVS, Chapter.CALLMANAGER)
    assert case.taken["by"] == "me"


def test_a_folder_of_what_was_held_that_is_no_such_thing_is_refused(tmp_path: Path) -> None:
    held = tmp_path / "held" / PHONE
    held.mkdir(parents=True)
    file = written(tmp_path, started(make.Line()))
    (held / "config.xml").write_bytes(b"<broken")
    assert capture(tmp_path, file, "--model", "8861", "--before", str(tmp_path / "held")) == 2
    (held / "config.xml").write_bytes(bytes(limits.DOWNLOAD_BYTES + 1))
    assert capture(tmp_path, file, "--model", "8861", "--before", str(tmp_path / "held")) == 2
    assert capture(tmp_path, file, "--model", "8861", "--before", str(tmp_path / "none")) == 2


def test_what_an_emulated_cluster_served_is_synthetic_whatever_is_said(tmp_path: Path) -> None:
    config = CONFIG.replace(b"</device>", b"<!-- phoneemu lab --></device>")
    file = written(tmp_path, started(make.Line(), config=config))
    assert capture(tmp_path, file, "--model", "8861") == 2
    assert main(["capture", file, "-o", str(tmp_path / "captures"), "--model", "8861"]) == 0
    assert (only(tmp_path).origin, only(tmp_path).script) == (Origin.SYNTHETIC, "phoneemu lab")


def test_names_that_would_lead_elsewhere_stay_inside(tmp_path: Path) -> None:
    line = started(make.Line())
    line.tftp("../../../evil.tlv", b"one")
    line.tftp("..\\..\\evil.tlv", b"two")
    line.tftp("/..", b"three")
    line.tftp("SEP001122334455.cnf.xml/../x.tlv", b"four\n\r")
    line.tftp("x" * 400 + ".tlv", b"five")
    line.tftp('"quoted" \x01\x7f.tlv', b"six")
    assert capture(tmp_path, written(tmp_path, line), "--model", "8861", "--all-files") == 0
    assert only(tmp_path).exchanges[-1].at is not None
    everything = sorted(path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*"))
    assert set(everything) == {"boot.pcap", "captures"}


@pytest.mark.parametrize(
    "words",
    [
        ["capture"],
        ["capture", "FILE"],
        ["capture", "FILE", "--list"],
        ["capture", "FILE", "--list", "--origin", "hardware"],
        ["capture", "FILE", "--list", "--origin", "published"],
        ["capture", "FILE", "--list", "--origin", "hardware", "--model", "9999"],
        ["capture", "FILE", "--list", "--origin", "hardware", "--source", "KEY"],
        ["capture", "FILE", "--list", "--origin", "hardware", "--standing", "reported"],
        ["capture", "FILE", "--list", "--origin", "hardware", "--model", "8861", "--case", "../x"],
        ["capture", "FILE", "--list", "--origin", "hardware", "--model", "8861", "--device", "SEPNONE"],
        ["capture", "FILE", "--list", "--origin", "hardware", "--model", "8861", "--hosts", "HOSTS"],
        ["capture", "TWO", "--list", "--origin", "hardware", "--model", "8861", "--case", "one"],
        ["capture", "TWO", "--list", "--origin", "hardware", "--model", "8861", "--tvs-log", "LOG"],
        ["capture", "--phone-log", "LOG", "--list", "--origin", "hardware", "--model", f"{PHONE}=8861"],
        ["capture", "--phone-log", "LOG", "--list", "--clock", "noon", "--model", f"{PHONE}=8861"],
        ["capture", "NONE", "--list", "--origin", "hardware"],
    ],
)
def test_what_cannot_be_done_is_one_line(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"FILE": written(tmp_path, started(make.Line())), "NONE": str(tmp_path / "none")}
    two = started(started(make.Line()), "SEP00AABBCCDDEE")
    (tmp_path / "two.pcap").write_bytes(make.pcapng(two.frames))
    (tmp_path / "hosts").write_text("pub somewhere tftp=69\n")
    (tmp_path / "log").write_text("17:21:51.832 | debug Status : 0\n")
    files |= {
        "TWO": str(tmp_path / "two.pcap"),
        "HOSTS": str(tmp_path / "hosts"),
        "LOG": str(tmp_path / "log"),
    }
    assert main([files.get(word, word) for word in words]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)


def test_a_case_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    file = written(tmp_path, started(make.Line()))
    assert capture(tmp_path, file, "--model", "8861") == 0
    assert capture(tmp_path, file, "--model", "8861") == 2
    assert capture(tmp_path, file, "--model", "8861", "--case", "second") == 0


def test_the_folder_of_a_case_may_be_named_whole(tmp_path: Path) -> None:
    file, root = written(tmp_path, started(make.Line())), tmp_path / "captures"
    words = ["capture", file, "--origin", "hardware", "--model", "8861"]
    assert main([*words, "-o", str(root / "8861" / "12-8-1" / "special")]) == 0
    assert main([*words, "-o", str(root / "8861" / "unknown" / "other")]) == 0
    assert main([*words, "-o", str(root / "8861" / "14-2-1" / "third"), "--load", "12-8-1"]) == 2
    cases = [casefile.load(folder) for folder in casefile.walk(root)]
    assert [(case.name, case.load) for case in cases] == [("special", "12-8-1"), ("other", None)]


def test_files_that_trust_does_not_turn_on_are_told_beside(tmp_path: Path) -> None:
    line = started(make.Line())
    line.tftp("g3-tones.xml", b"<tones/>")
    line.missing("dialplan.xml")
    assert capture(tmp_path, written(tmp_path, line), "--model", "8861", "--all-files") == 0
    [folder] = casefile.walk(tmp_path / "captures")
    assert len(casefile.load(folder).exchanges) == 4
    with (folder / "others.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert [(row["name"], row["outcome"], row["size"], row["body"]) for row in rows] == [
        ("g3-tones.xml", "arrived", "8", "others/g3-tones.xml"),
        ("dialplan.xml", "missing", "", ""),
    ]


def test_a_listing_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, started(make.Line()), make.pcapng(started(make.Line()).frames)[:-200])
    assert main(["capture", file, "--list", "--origin", "hardware", "--model", "8861"]) == 0
    said = capsys.readouterr()
    assert not (tmp_path / "captures").exists()
    assert "ends within a packet" in said.err
    assert "left out" in said.out


def test_what_was_found_is_told_as_json_that_fits_its_schema(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = started(make.Line())
    line.frames.append((line.when, line.frames[0][1][:-2]))
    line.put(make.ip(make.PHONE, make.SERVER, 17, bytes(800), place=0x2000))
    assert capture(tmp_path, written(tmp_path, line), "--model", "8861", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert main(["schema", "capture"]) == 0
    Draft202012Validator(json.loads(capsys.readouterr().out)).validate(told)
    [case] = told["cases"]
    assert (case["device"], case["exchanges"]) == (PHONE, {"file": 3, "tvs": 1, "callmanager": 0})
    assert len(told["remarks"]) == 2


def test_a_labs_hosts_file_names_ports_and_servers(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text(f"pub {make.SERVER} tftp=1069 tvs=12445 http=8080\n")
    line = make.Line()
    port = 40000
    line.up(port, 1069, b"\0\1CTLSEP001122334455.tlv\0octet\0")
    line.down(50000, port, b"\0\3\0\1short")
    line.up(port, 50000, b"\0\4\0\1")
    line.refused(12445)
    assert (
        capture(tmp_path, written(tmp_path, line), "--model", "8861", "--hosts", str(tmp_path / "hosts")) == 0
    )
    case = only(tmp_path)
    assert (case.tftp, dict(case.hosts)) == (("pub",), {"pub": make.SERVER})
    servers = [each.server for each in case.exchanges if isinstance(each, FileExchange | TvsExchange)]
    assert servers == ["pub", "pub"]


def test_logs_are_added_to_a_capture(tmp_path: Path) -> None:
    log = [
        f"8861 NOT 22:13:20.0 downd-GETXXTP [GT1][src=CTL{PHONE}.tlv][dest=/tmp/CTLFile.tlv]",
        "8862 NOT 22:13:20.1 SECUREAPP-Hashes match... authentication successful.",
    ]
    (tmp_path / "phone.log").write_text("\n".join(log))
    (tmp_path / "tvs.log").write_text("22:13:20.100 | debug tvsHandleQueryCertReq : Subject Name is: CN=x\n")
    logs = ["--phone-log", str(tmp_path / "phone.log"), "--tvs-log", str(tmp_path / "tvs.log")]
    assert capture(tmp_path, written(tmp_path, started(make.Line())), "--model", "8861", *logs) == 0
    case = only(tmp_path)
    assert [(each.subject.value, each.verdict.value) for each in case.expected] == [("ctl", "accept")]


def test_a_log_alone_becomes_a_case(tmp_path: Path) -> None:
    (tmp_path / "phone.log").write_text(
        f"1 NOT 22:13:20.0 downd-GETXXTP [src=CTL{PHONE}.tlv]\n2 NOT 22:13:20.1 hdr->HTTP/1.1 404 None\n"
    )
    words = [
        "--phone-log",
        str(tmp_path / "phone.log"),
        "--model",
        "8861",
        "--clock",
        "2026-03-09T22:13:20+01:00",
    ]
    published = [
        "--origin",
        "published",
        "--source",
        "KEY",
        "--standing",
        "reported",
        "-o",
        str(tmp_path / "captures"),
    ]
    assert main(["capture", *words, *published]) == 0
    case = only(tmp_path)
    assert (case.source, case.standing, case.clock.hour) == ("KEY", "reported", 21)
    assert case.tftp == ("unknown",)


# ---------------------------------------------------------------- whatever comes


def imported(tmp_path: Path, content: bytes) -> int:
    """The exit code; anything but a case or one error is an exception."""
    path = tmp_path / "any.pcap"
    path.write_bytes(content)
    return main(["capture", str(path), "--list", "--origin", "hardware", "--model", "8861"])


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_a_capture_cut_anywhere_gives_cases_or_one_error(tmp_path: Path, form: str) -> None:
    line = started(make.Line())
    line.talk(5060, [("phone", b"REGISTER sip:x SIP/2.0\r\n\r\n")])
    whole = make.pcap(line.frames) if form == "pcap" else make.pcapng(line.frames)
    step = max(1, len(whole) // 150)
    assert {imported(tmp_path, whole[:end]) for end in range(0, len(whole), step)} == {0, 2}


def test_bytes_changed_by_chance_give_cases_or_one_error(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - the same every time
    line = started(make.Line())
    line.talk(5060, [("phone", b"REGISTER sip:x SIP/2.0\r\n\r\n"), ("server", b"SIP/2.0 200 OK\r\n\r\n")])
    for whole in (make.pcap(line.frames), make.pcapng(line.frames)):
        for _ in range(120):
            changed = bytearray(whole)
            for _ in range(chance.choice((1, 4, 40))):
                changed[chance.randrange(24, len(changed))] = chance.randrange(256)
            assert imported(tmp_path, bytes(changed)) in (0, 2)


def test_frames_of_every_size_are_borne(tmp_path: Path) -> None:
    frames = [(make.START, bytes([size % 251]) * size) for size in (0, 1, 13, 14, 33, 34, 65535, 262144)]
    line = started(make.Line())
    assert imported(tmp_path, make.pcap([*frames, *line.frames])) == 0


def test_a_datagram_of_65535_bytes_in_fragments_is_borne(tmp_path: Path) -> None:
    line = started(make.Line())
    body = b"\0\0\0\x45\0\0\0\0" + b"\0\1CTLSEP00000000FFFF.tlv\0octet\0" + bytes(65480)
    for at in range(0, len(body), 1480):
        place = at // 8 | (0x2000 if at + 1480 < len(body) else 0)
        line.put(make.ip(make.PHONE, make.SERVER, 17, body[at : at + 1480], name=9, place=place))
    assert imported(tmp_path, make.pcap(line.frames)) == 0


def test_more_than_anybody_has_is_one_error_that_names_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(limits, "CAPTURE_EXCHANGES", 3)
    assert imported(tmp_path, make.pcap(started(make.Line()).frames)) == 2
    assert re.search(r"any\.pcap: behind byte \d+: more than 3", capsys.readouterr().err)


def test_times_that_no_calendar_has_are_borne(tmp_path: Path) -> None:
    frames = [(frame, make.packet(frame, 0)) for _, frame in started(make.Line()).frames]
    odd = make.option(9, b"\0") + make.option(14, b"\xff" * 7 + b"\x7f")
    content = make.section() + make.interface(1, options=odd) + b"".join(block for _, block in frames)
    assert imported(tmp_path, content) == 0
