"""`--capture` of `phoneemu phone` and `phoneemu lab`: what runs here is written down as cases."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import loopback
import pytest
from office import Office, StoryPhone

from phoneemu.cli import main
from phoneemu.cli._recording import LabRecording, Recording
from phoneemu.cluster import faults
from phoneemu.cluster.serve import Lab, Terms
from phoneemu.cluster.state import Cluster, Device
from phoneemu.core.flash import DeviceSecurity, Flash
from phoneemu.core.journal import Journal
from phoneemu.core.phone import Phone
from phoneemu.core.states import State
from phoneemu.core.vocabulary import Fetch, FileArrived, Transport
from phoneemu.net import drive as live
from phoneemu.net.book import Book
from phoneemu.replay import casefile
from phoneemu.replay.case import (
    CallManagerExchange,
    CallManagerOutcome,
    Case,
    Chapter,
    FileExchange,
    FileOutcome,
    Origin,
    TvsExchange,
    TvsOutcome,
)

if TYPE_CHECKING:
    from phoneemu.cluster.served import Served

NAME, LOAD = "SEP001122AABBCC", "SIP75.9-4-2SR3-1S"
OFFICE = Office("12.5(1)", mixed=True, maker=loopback.maker())


def terms(security: DeviceSecurity = DeviceSecurity.NON_SECURE, **more: object) -> Terms:
    def device_of(cluster: Cluster, _name: str) -> Device:
        return Device(group=tuple(node.name for node in cluster.nodes), security=security)

    return Terms(device_of=device_of, **more)  # type: ignore[arg-type]  # fields of Terms


@pytest.fixture
def recording() -> LabRecording:
    return LabRecording([f"{NAME}=8861"])


def renewed() -> Cluster:
    at = Office("12.5(1)", mixed=True, maker=loopback.maker())
    at.cluster = OFFICE.cluster
    at.does(
        "pub set cert regen ITLRecovery", "pub utils ctl update CTLFile", "* utils service restart Cisco Tftp"
    )
    return at.cluster


def boots(lab: Lab, flash: Flash, model: str = "8861") -> Phone:
    phone = Phone(StoryPhone(OFFICE, model).profile, NAME, flash)
    live.boot(phone, live.Wire(book=lab.book, waits=(5.0, 5.0)), ("pub",), OFFICE.cluster.clock)
    return phone


def rested(recording: LabRecording) -> LabRecording:
    """The recording once the threads of the lab have noted what they served a moment ago."""
    noted, until = -1, time.monotonic() + 10
    while noted != len(vars(recording)["_served"]) and time.monotonic() < until:
        noted = len(vars(recording)["_served"])
        time.sleep(0.25)
    return recording


def hosts(lab: Lab) -> dict[str, str]:
    return {name: place.host for name, place in lab.book.places.items()}


def only(root: Path) -> Case:
    [folder] = casefile.walk(root)
    return casefile.load(folder)


# ---------------------------------------------------------------- a phone


def test_a_phone_records_its_boot_and_its_replay_agrees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: OFFICE.cluster.clock)
    words = ["--model", "7975", "--load", LOAD, "--name", NAME, "--tftp", "pub"]
    words += ["--hosts", str(tmp_path / "hosts"), "--capture", str(tmp_path / "captures")]
    with Lab((OFFICE.cluster,), terms()) as lab:
        (tmp_path / "hosts").write_text(lab.book.render())
        assert main(["phone", *words]) == 0
    case = only(tmp_path / "captures")
    assert (case.origin, case.script, case.whole) == (Origin.SYNTHETIC, "phoneemu phone", tuple(Chapter))
    first = case.exchanges[0]
    assert isinstance(first, FileExchange)
    assert (first.transport, first.retries, first.agreed) == (Transport.TFTP, 0, None)
    assert first.port is not None
    [folder] = casefile.walk(tmp_path / "captures")
    assert main(["replay", str(folder)]) == 0


def test_two_boots_of_a_second_are_two_cases(tmp_path: Path) -> None:
    phone = Phone(StoryPhone(OFFICE, "8861").profile, NAME, Flash())
    written = [
        Recording(phone, Book(), ("pub",), 1.0).write(tmp_path, phone, Journal([])).name for _ in range(3)
    ]
    stem = f"{NAME.lower()}-19700101-000001"
    assert written == [stem, f"{stem}-2", f"{stem}-3"]
    assert len(list(casefile.walk(tmp_path))) == 3


def test_passwords_of_a_real_cluster_are_not_recorded(tmp_path: Path) -> None:
    phone = Phone(StoryPhone(OFFICE, "8861").profile, NAME, Flash())
    recording = Recording(phone, Book(), ("pub",), 1.0)
    config = b"<device><versionStamp>1</versionStamp><sshPassword>geheim</sshPassword></device>"
    fetch = Fetch(name=f"{NAME}.cnf.xml", server="pub", transport=Transport.HTTP)
    event = FileArrived(name=fetch.name, server="pub", content=config)
    recording.hear(live.Heard(command=fetch, event=event, at=0.0, seconds=0.1))
    folder = recording.write(tmp_path, phone, Journal([]))
    assert not any(b"geheim" in path.read_bytes() for path in folder.rglob("*") if path.is_file())


# ---------------------------------------------------------------- a lab


def test_a_lab_records_what_it_served(tmp_path: Path, recording: LabRecording) -> None:
    before = StoryPhone(OFFICE, "8861").restarts().flash
    with Lab((renewed(),), terms(hear=recording.hear)) as lab:
        assert boots(lab, before).state is State.IN_SERVICE
        [folder] = rested(recording).write(tmp_path, hosts(lab))
    case = casefile.load(folder)
    assert (case.model, case.script, case.tftp, case.whole) == ("8861", "phoneemu lab", ("pub",), ())
    lists = [each for each in case.exchanges if isinstance(each, FileExchange)]
    assert [(each.name, each.outcome, each.body is not None) for each in lists] == [
        (f"CTL{NAME}.tlv", FileOutcome.ARRIVED, True),
        (f"ITL{NAME}.tlv", FileOutcome.ARRIVED, True),
        (f"{NAME}.cnf.xml.sgn", FileOutcome.ARRIVED, True),
    ]
    [asked] = [each for each in case.exchanges if isinstance(each, TvsExchange)]
    assert (asked.outcome, asked.tls, asked.question, asked.answer, asked.peer) == (
        TvsOutcome.ANSWERED,
        "1.2",
        "tvs/0-question.bin",
        "tvs/0-answer.bin",
        "tvs/0-peer.der",
    )
    [end] = [each for each in case.exchanges if isinstance(each, CallManagerExchange)]
    assert (end.outcome, end.secure, end.node) == (CallManagerOutcome.REGISTERED, False, "pub")


def test_a_model_that_a_phone_says_need_not_be_told(tmp_path: Path) -> None:
    recording = LabRecording([])
    before = StoryPhone(OFFICE, "8861").restarts().flash
    with Lab((renewed(),), terms(hear=recording.hear)) as lab:
        boots(lab, before)
        rested(recording).write(tmp_path, hosts(lab))
    assert only(tmp_path).model == "8861"


def test_a_phone_whose_model_nobody_tells_is_named_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = LabRecording([])
    with Lab((OFFICE.cluster,), terms(hear=recording.hear)) as lab:
        boots(lab, Flash())
        assert rested(recording).write(tmp_path, hosts(lab)) == []
    assert NAME in capsys.readouterr().err


def test_a_lab_records_tls_registrations_and_both_boots_of_a_phone(
    tmp_path: Path, recording: LabRecording
) -> None:
    with Lab((OFFICE.cluster,), terms(DeviceSecurity.ENCRYPTED, hear=recording.hear)) as lab:
        flash = boots(lab, Flash()).flash
        boots(lab, flash, "8861")
        first, second = rested(recording).write(tmp_path, hosts(lab))
    assert (first.name, second.name) == (NAME.lower(), f"{NAME.lower()}-2")
    end = casefile.load(second).exchanges[-1]
    assert isinstance(end, CallManagerExchange)
    assert (end.outcome, end.secure) == (CallManagerOutcome.REGISTERED, True)


def test_what_is_noted_late_is_told_where_it_belongs(tmp_path: Path, recording: LabRecording) -> None:
    heard: list[Served] = []
    with Lab((OFFICE.cluster,), terms(hear=heard.append)) as lab:
        boots(lab, Flash())
        for each in reversed(heard):
            recording.hear(each)
        rested(recording).write(tmp_path, hosts(lab))
    names = [each.name for each in only(tmp_path).exchanges if isinstance(each, FileExchange)]
    assert names[0].startswith("CTL")
    assert names[-1].startswith("SEP")


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("http-404", FileOutcome.MISSING),
        ("http-503", FileOutcome.ERROR),
        ("http-truncate", FileOutcome.ERROR),
    ],
)
def test_a_lab_records_the_fault_that_it_served(
    tmp_path: Path, recording: LabRecording, fault: str, outcome: FileOutcome
) -> None:
    with Lab((OFFICE.cluster,), terms(hear=recording.hear, faults=faults.parse([fault], 1))) as lab:
        boots(lab, Flash())
        rested(recording).write(tmp_path, hosts(lab))
    files = [each for each in only(tmp_path).exchanges if isinstance(each, FileExchange)]
    by_http = [each for each in files if each.transport is Transport.HTTP]
    assert by_http
    assert {each.outcome for each in by_http} == {outcome}
    assert {each.body for each in by_http} == {None}


def test_a_lab_records_questions_that_it_did_not_answer(tmp_path: Path, recording: LabRecording) -> None:
    before = StoryPhone(OFFICE, "8861").restarts().flash
    dropping = faults.parse(["tvs-drops-question"], 1)
    with Lab((renewed(),), terms(hear=recording.hear, faults=dropping)) as lab:
        boots(lab, before)
        rested(recording).write(tmp_path, hosts(lab))
    asked = [each for each in only(tmp_path).exchanges if isinstance(each, TvsExchange)]
    assert asked
    assert {(each.outcome, each.answer) for each in asked} == {(TvsOutcome.NO_ANSWER, None)}


def test_the_lab_command_writes_cases_when_it_ends(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("# nothing to do\n")
    words = ["lab", "--mixed", "--script", str(script), "--capture", str(tmp_path / "captures")]
    assert main(words) == 0
    assert list(casefile.walk(tmp_path)) == []
