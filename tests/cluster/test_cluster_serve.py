"""A lab on sockets: what it serves, what its faults do, and that no fault makes a phone take a wrong list."""

import contextlib
import socket
import ssl
import time
import urllib.request
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from urllib.error import HTTPError

import attrs
import loopback
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from office import Office, StoryPhone

from phoneemu.cluster import faults
from phoneemu.cluster.serve import Lab, Spot, Terms, device_named
from phoneemu.cluster.state import Cluster, Device
from phoneemu.core import tvs as messages
from phoneemu.core.flash import DeviceSecurity, Flash
from phoneemu.core.journal import Installed, Journal, Ruled
from phoneemu.core.phone import Phone
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.states import RESTING, State
from phoneemu.core.tlv import MalformedFile
from phoneemu.errors import BadInput
from phoneemu.net import drive as live
from phoneemu.net import tftp, tls, tvs, web
from phoneemu.net.book import Service
from phoneemu.net.tftp import NoAnswer, NoSuchFile, Patience

PATIENT = Patience(waits=(15.0, 15.0), total=120.0)
SECONDS = 60.0
"""A slow machine has time; where silence is the point, a test says how long."""
NAME = "SEP001122AABBCC"


def office(release: str = "12.5(1)", **more: object) -> Office:
    return Office(release, maker=loopback.maker(), **more)  # type: ignore[arg-type]


OFFICE = office(mixed=True)
HELD = OFFICE.phone("8861").flash
RENEWED = office(mixed=True)
BEFORE = RENEWED.phone("8861").flash
RENEWED.does(
    "pub set cert regen ITLRecovery", "pub utils ctl update CTLFile", "* utils service restart Cisco Tftp"
)


def device_of(cluster: Cluster, _name: str) -> Device:
    return Device(group=tuple(node.name for node in cluster.nodes))


def serving(*words: str, of: Office = OFFICE, seed: int = 0, **more: object) -> Lab:
    terms = Terms(device_of=device_of, faults=faults.parse(words, seed), **more)  # type: ignore[arg-type]
    return Lab((of.cluster,), terms)


def boots(lab: Lab, flash: Flash = HELD, model: str = "8861", **more: object) -> tuple[Phone, Journal]:
    phone = Phone(StoryPhone(OFFICE, model).profile, NAME, flash)
    wire = live.Wire(
        book=lab.book,
        **{"waits": PATIENT.waits, "answer_seconds": SECONDS, "file_seconds": PATIENT.total, **more},  # type: ignore[arg-type]
    )
    return phone, live.boot(phone, wire, ("pub",), OFFICE.cluster.clock)


def ruled(journal: Journal) -> list[tuple[Subject, Verdict, Reason]]:
    return [(each.subject, each.verdict, each.reason) for each in journal.rulings()]


# ---------------------------------------------------------------- what it serves


def test_the_same_files_come_by_tftp_http_and_https() -> None:
    ctl = OFFICE.cluster.publisher.ctl
    assert ctl is not None
    with serving() as lab:
        assert tftp.fetch(*lab.book.find("pub", Service.TFTP), f"CTL{NAME}.tlv", patience=PATIENT) == ctl.raw
        assert web.fetch(*lab.book.find("pub", Service.HTTP), f"CTL{NAME}.tlv", patience=PATIENT) == ctl.raw
        host, port = lab.book.find("sub", Service.HTTPS)
        context = tls.client_context("1.2")
        with urllib.request.urlopen(f"https://{host}:{port}/CTLFile.tlv", context=context) as answer:
            assert answer.read() == ctl.raw
            assert answer.headers["Cache-Control"] == "no-store"
        assert lab.requests == {"tftp": 1, "http": 1, "https": 1}


@pytest.mark.parametrize(
    "name", ["CTLFile.xml", "SEP1.cnf.xml.enc.sgn", "", "../x.tlv", "%2e%2e/", "ring list"]
)
def test_a_file_that_is_not_there_is_said_to_be_missing(name: str) -> None:
    with serving() as lab:
        if name:
            with pytest.raises(NoSuchFile):
                tftp.fetch(*lab.book.find("pub", Service.TFTP), name, patience=PATIENT)
        with pytest.raises(NoSuchFile):
            web.fetch(*lab.book.find("pub", Service.HTTP), name, patience=PATIENT)


@pytest.mark.parametrize(
    ("file", "device"),
    [
        ("CTLSEP1.tlv", "SEP1"),
        ("ITLFile.tlv", ""),
        ("SEP1.cnf.xml.sgn", "SEP1"),
        ("CSFANNA.cnf.xml", "CSFANNA"),
        ("odd.tlv", "odd"),
    ],
)
def test_a_file_name_says_which_device_asks(file: str, device: str) -> None:
    assert device_named(file) == device


def test_stopped_services_no_longer_listen_and_come_back_at_their_port() -> None:
    at = office()
    with serving(of=at) as lab:
        place = lab.book.find("pub", Service.TVS)
        socket.create_connection(place, SECONDS).close()
        tvs = "pub utils service stop Cisco Trust Verification Service"
        at.does(tvs, "pub block 6970", "pub utils service stop Cisco Tftp")
        lab.become((at.cluster,))
        for service in (Service.TVS, Service.HTTP):
            with pytest.raises(OSError, match="refused"):
                socket.create_connection(lab.book.find("pub", service), SECONDS)
        with pytest.raises(NoAnswer):
            tftp.fetch(*lab.book.find("pub", Service.TFTP), "CTLFile.tlv", patience=Patience(waits=(0.3,)))
        at.does(tvs.replace("stop", "start"))
        lab.become((at.cluster,))
        assert lab.book.find("pub", Service.TVS) == place
        socket.create_connection(place, SECONDS).close()


def test_ports_may_be_chosen_and_a_taken_one_is_an_error() -> None:
    with serving() as lab, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
        probe.close()
        terms = Terms(device_of=device_of, ports={Spot("pub", Service.TVS): free})
        with Lab((OFFICE.cluster,), terms) as other:
            assert other.book.find("pub", Service.TVS) == ("127.0.0.1", free)
        taken = Terms(
            device_of=device_of, ports={Spot("pub", Service.SIP): lab.book.find("pub", Service.SIP)[1]}
        )
        with pytest.raises(OSError, match="in use"), Lab((OFFICE.cluster,), taken):
            pass


# ---------------------------------------------------------------- the trust verification service


def asks(lab: Lab, request: messages.Query | messages.Verify) -> messages.Answer:
    return tvs.ask(*lab.book.find("pub", Service.TVS), request, seconds=SECONDS)[0]


def test_the_client_hands_over_who_answered_and_gives_up_on_silence() -> None:
    query = messages.Query(session=7, device="CP-1-SEP1", signer=OFFICE.cluster.publisher.own["TVS"].identity)
    with serving() as lab:
        answer, shown = tvs.ask(*lab.book.find("sub", Service.TVS), query, seconds=SECONDS)
        assert (answer.valid, shown) == (True, OFFICE.cluster.by_name["sub"].own["TVS"].der)
    with serving("tvs-silent") as lab, pytest.raises(TimeoutError):
        tvs.ask(*lab.book.find("sub", Service.TVS), query, seconds=0.3)
    with serving("tvs-garbage") as lab, pytest.raises((OSError, MalformedFile)):
        tvs.ask(*lab.book.find("sub", Service.TVS), query, seconds=SECONDS)


def test_every_question_leaves_its_trace() -> None:
    told: list[Sequence[str]] = []
    query = messages.Query(session=7, device="CP-1-SEP1", signer=OFFICE.cluster.publisher.own["TVS"].identity)
    with serving(trace=told.append) as lab:
        asks(lab, query)
    assert len(told) == 1
    assert "MsgType : TVS_MSG_QUERY_CERT_REQ" in told[0]
    assert "PublicKey : 86400" in told[0]


def test_both_verbs_are_answered() -> None:
    certificate = OFFICE.cluster.by_name["sub"].own["CallManager"]
    other = OFFICE.cluster.by_name["pub"].own["CallManager"]
    forged = attrs.evolve(certificate.identity, serial=5)
    with serving() as lab:
        known = asks(lab, messages.Query(session=7, device="CP-1-SEP1", signer=certificate.identity))
        assert (known.session, known.valid, known.certificate) == (7, True, certificate.der)
        assert (known.command, known.roles, known.ttl) == (4, frozenset({0, 2}), 86400)
        unknown = asks(lab, messages.Query(session=8, device="CP-1-SEP1", signer=forged))
        assert (unknown.valid, unknown.certificate) == (False, b"")
        good = asks(lab, messages.Verify(session=9, device="CP-1-SEP1", certificate=other.der))
        assert (good.command, good.valid) == (2, True)
        bad = asks(lab, messages.Verify(session=9, device="CP-1-SEP1", certificate=b"\x30\x00"))
        assert (bad.command, bad.valid) == (2, False)


def test_a_silent_client_keeps_nobody_waiting() -> None:
    certificate = OFFICE.cluster.by_name["sub"].own["CallManager"]
    with serving() as lab:
        silent = [socket.create_connection(lab.book.find("pub", Service.TVS), SECONDS) for _ in range(20)]
        answer = asks(lab, messages.Query(session=7, device="CP-1-SEP1", signer=certificate.identity))
        assert answer.valid
        for each in silent:
            each.close()


@pytest.mark.parametrize("data", [b"GET / HTTP/1.0\r\n\r\n", b"\x57\x01\x04\0\0\0\0\1\0\0"])
def test_bytes_that_are_no_question_end_the_connection(data: bytes) -> None:
    with serving() as lab, socket.create_connection(lab.book.find("pub", Service.TVS), SECONDS) as plain:
        secure, _ = tls.connect(plain, "1.2")
        with secure:
            secure.sendall(data)
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                assert secure.recv(100) == b""


@pytest.mark.parametrize(("highest", "good"), [("1.0", False), ("1.1", False), ("1.2", True), ("1.3", True)])
def test_a_phone_of_old_tls_really_fails_against_a_newer_floor(highest: str, good: bool) -> None:  # noqa: FBT001
    at = office()
    at.does("* set tls min-version 1.2")
    with serving(of=at) as lab, socket.create_connection(lab.book.find("pub", Service.TVS), SECONDS) as plain:
        if good:
            tls.connect(plain, highest)[0].close()
        else:
            with pytest.raises(tls.Refused) as refused:
                tls.connect(plain, highest)
            assert refused.value.versions


def test_what_is_no_tls_is_told_from_a_wrong_version() -> None:
    with serving() as lab, socket.create_connection(lab.book.find("pub", Service.HTTP), SECONDS) as plain:
        with pytest.raises((tls.Refused, OSError)) as refused:
            tls.connect(plain, "1.2")
        assert isinstance(refused.value, ConnectionResetError | ssl.SSLError | tls.Refused)


def test_a_certificate_names_itself_as_lists_do_and_junk_names_nobody() -> None:
    own = OFFICE.cluster.publisher.own["TVS"]
    assert tls.identity_of(own.der) == own.identity
    assert tls.identity_of(b"junk") is None


# ---------------------------------------------------------------- registration


@pytest.mark.parametrize(
    ("security", "state"),
    [(DeviceSecurity.ENCRYPTED, State.IN_SERVICE), (DeviceSecurity.AUTHENTICATED, State.IN_SERVICE)],
)
def test_a_secure_phone_registers_with_tls(security: DeviceSecurity, state: State) -> None:
    terms = Terms(device_of=lambda cluster, name: attrs.evolve(device_of(cluster, name), security=security))
    with Lab((OFFICE.cluster,), terms) as lab:
        phone, journal = boots(lab)
        assert phone.state is state
        assert (Subject.REGISTRATION, Verdict.ACCEPT, Reason.LISTED_PEER) in ruled(journal)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (b"OPTIONS sip:pub SIP/2.0\r\nFrom: <sip:a@b>\r\n\r\n", b"SIP/2.0 405"),
        (b"REGISTER sip:pub SIP/2.0\r\n\r\n", b"SIP/2.0 200"),
        (b"\xff\xfe\r\n\r\n", b"SIP/2.0 405"),
    ],
)
def test_any_request_gets_an_answer(request_: bytes, answer: bytes) -> None:
    with serving() as lab, socket.create_connection(lab.book.find("pub", Service.SIP), SECONDS) as plain:
        plain.sendall(request_)
        assert plain.recv(1000).startswith(answer)


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("tvs-silent", Reason.TVS_SILENT),
        ("tvs-hangs-up", Reason.TVS_SILENT),
        ("tvs-drops-question", Reason.TVS_SILENT),
        ("tvs-garbage", Reason.TVS_SILENT),
        ("tvs-new-certificate", Reason.TVS_NOT_TRUSTED),
        ("tvs-other-session", Reason.TVS_VOUCHES),
    ],
)
def test_a_tvs_that_fails_vouches_for_nobody(fault: str, expected: Reason) -> None:
    with serving(fault, of=RENEWED) as lab:
        phone, journal = boots(lab, BEFORE, answer_seconds=0.5 if fault == "tvs-silent" else SECONDS)
    last = journal.last_ruling(Subject.CTL)
    assert last is not None
    assert last.reason is expected
    took = phone.flash.ctl is not None and phone.flash.ctl.same_as(RENEWED.cluster.publisher.ctl)
    assert took is (expected is Reason.TVS_VOUCHES)


@pytest.mark.parametrize("model", ["8861", "7975"])
@pytest.mark.parametrize(
    "fault",
    ["tftp-silent", "tftp-error", "endless-file", "slow-file", "http-silent", "http-503", "http-truncate"],
)
def test_a_phone_keeps_what_it_has_when_files_do_not_come_whole(fault: str, model: str) -> None:
    words = [fault] if "file" in fault else [fault, "tftp-silent", "http-503"]
    with serving(*words, of=RENEWED) as lab:
        phone, _ = boots(lab, BEFORE, model, waits=(0.1,), file_seconds=0.5)
    assert phone.flash.ctl is BEFORE.ctl
    assert phone.flash.itl is BEFORE.itl
    assert phone.state is State.IN_SERVICE


@pytest.mark.parametrize("fault", ["flipped-bytes", "truncated-file", "wrong-file"])
@pytest.mark.parametrize("seed", range(5))
def test_a_spoilt_file_replaces_nothing(fault: str, seed: int) -> None:
    with serving(fault, of=RENEWED, seed=seed) as lab:
        phone, _ = boots(lab, BEFORE)
    for held, old, served in (
        (phone.flash.ctl, BEFORE.ctl, RENEWED.cluster.publisher.ctl),
        (phone.flash.itl, BEFORE.itl, RENEWED.cluster.publisher.itl),
    ):
        assert held is not None
        assert held.same_as(old) or held.same_as(served), "neither the old list nor the one that was signed"


def test_a_stale_node_keeps_serving_what_it_served_first() -> None:
    at = office()
    with serving("stale-node", of=at) as lab:
        place = lab.book.find("pub", Service.HTTP)
        first = web.fetch(*place, "ITLFile.tlv", patience=PATIENT)
        at.does("pub set cert regen TVS", "* utils service restart Cisco Tftp")
        lab.become((at.cluster,))
        assert web.fetch(*place, "ITLFile.tlv", patience=PATIENT) == first
        itl = at.cluster.publisher.itl
        assert itl is not None
        assert itl.raw != first


@pytest.mark.parametrize("word", ["no-such-fault", "tvs-silent=2", "tvs-silent=", "tvs-silent=often"])
def test_a_fault_that_is_none_is_refused(word: str) -> None:
    with pytest.raises(BadInput):
        faults.parse([word])


def test_the_same_seed_gives_the_same_faults() -> None:
    def drawn(seed: int) -> list[Sequence[faults.Datagram]]:
        plan = faults.parse(["tftp-drop=0.4", "tftp-truncate", "tftp-reorder"], seed)
        return [plan.datagrams(bytes(100)) for _ in range(50)]

    assert drawn(3) == drawn(3)
    assert drawn(3) != drawn(4)


def test_a_tftp_server_may_answer_with_every_error_there_is() -> None:
    plan = faults.parse(["tftp-error"])
    drawn = [plan.datagrams(b"\x00\x03\x00\x01file") for _ in range(200)]
    assert {each.data[3] for (each,) in drawn} == {0, 2, 3, 4, 5, 6, 7, 8}
    with serving("tftp-not-found") as lab, pytest.raises(NoSuchFile):
        tftp.fetch(*lab.book.find("pub", Service.TFTP), "CTLFile.tlv", patience=PATIENT)


def test_http_that_breaks_off_redirects_or_never_ends_is_no_answer() -> None:
    with serving("http-truncate") as lab:
        place = lab.book.find("pub", Service.HTTP)
        with pytest.raises(NoAnswer):
            web.fetch(*place, "ITLFile.tlv", patience=PATIENT)
    with serving("endless-file") as lab:
        place = lab.book.find("pub", Service.HTTP)
        with pytest.raises(NoAnswer, match="larger than"):
            web.fetch(*place, "ITLFile.tlv", patience=PATIENT, limit=100_000)
    with serving("slow-file") as lab:
        place = lab.book.find("pub", Service.HTTP)
        with pytest.raises(NoAnswer):
            web.fetch(*place, "ITLFile.tlv", patience=Patience(waits=(2.0,), total=0.6))
    for fault, kind in (("http-404", HTTPError), ("http-silent", (HTTPException, OSError))):
        with serving(fault) as lab:
            host, port = lab.book.find("pub", Service.HTTP)
            with pytest.raises(kind):
                urllib.request.urlopen(f"http://{host}:{port}/ITLFile.tlv")


def test_an_answer_of_the_tvs_is_kept_though_nothing_is_installed_by_it() -> None:
    """The subscriber's CallManager signs what it serves; a phone that only knows the publisher's asks."""
    at = office("10.5(1)")
    held = at.phone("8861").flash
    kept: list[Flash] = []
    with serving(of=at) as lab:
        phone = Phone(StoryPhone(at, "8861").profile, NAME, attrs.evolve(held, tvs_cache=()))
        wire = live.Wire(book=lab.book, waits=PATIENT.waits, answer_seconds=SECONDS, keep=kept.append)
        live.boot(phone, wire, ("sub",), at.cluster.clock)
    assert phone.flash.tvs_cache
    assert kept[-1] == phone.flash


def accepted_before_installed(journal: Journal) -> Iterator[bool]:
    """For each thing installed: whether the ruling just before it, about the same thing, accepts it."""
    entries = journal.entries
    for at, entry in enumerate(entries):
        if isinstance(entry, Installed):
            before = next(each for each in reversed(entries[:at]) if isinstance(each, Ruled))
            yield before.subject is entry.subject and before.verdict is Verdict.ACCEPT


SIGNED = {
    each.raw
    for at in (OFFICE, RENEWED)
    for node in at.cluster.nodes
    for each in (BEFORE.ctl, BEFORE.itl, node.ctl, node.itl)
    if each is not None
}
"""Every list that the cluster ever signed."""

rates = st.dictionaries(st.sampled_from(sorted(faults.FAULTS)), st.sampled_from([0.1, 0.3, 1.0]), max_size=4)


@settings(max_examples=30, deadline=None)
@given(rates, st.integers(0, 999), st.sampled_from(["8861", "7975", "7960"]), st.booleans())
def test_whatever_the_faults_nothing_is_installed_unruled_and_the_phone_rests(
    wanted: dict[str, float],
    seed: int,
    model: str,
    holds: bool,  # noqa: FBT001 - drawn
) -> None:
    words = [f"{name}={rate}" for name, rate in wanted.items()]
    begun = time.monotonic()
    with serving(*words, of=RENEWED, seed=seed) as lab:
        phone, journal = boots(
            lab, BEFORE if holds else Flash(), model, waits=(0.05, 0.05), file_seconds=0.4, answer_seconds=0.2
        )
    assert phone.state in RESTING
    assert all(accepted_before_installed(journal))
    if holds:  # a first list is taken on trust, whatever came
        assert {phone.flash.ctl and phone.flash.ctl.raw, phone.flash.itl and phone.flash.itl.raw} <= SIGNED
    assert time.monotonic() - begun < 120, "its own limits add up to a few seconds"
