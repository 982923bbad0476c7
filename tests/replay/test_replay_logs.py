import datetime
from pathlib import Path

import attrs
import pytest

from phoneemu.catalogue import catalogue
from phoneemu.core import limits
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.vocabulary import Transport
from phoneemu.errors import BadInput
from phoneemu.replay import loglines, logmerge, phonelog, tvslog
from phoneemu.replay.case import ExpectedRuling, FileExchange, FileOutcome, Origin, TvsExchange, TvsOutcome
from phoneemu.replay.casemaking import Draft, Terms
from phoneemu.replay.phonelog import PhoneLog

PHONE = "SEP001122334455"
CLOCK = datetime.datetime(2026, 3, 9, 18, 32, 37, tzinfo=datetime.UTC)


def log_of(*texts: str) -> PhoneLog:
    lines = [f"{4800 + at} NOT Mar 09 18:32:{at:02}.5 (339:1) {text}" for at, text in enumerate(texts)]
    return phonelog.read(loglines.lines(iter(lines)))


def requested(name: str) -> str:
    return f"downd-GETXXTP [GT339][src={name}][dest=/tmp/x][serv=][serv6=][sec=0]"


# ---------------------------------------------------------------- lines


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("8074: NOT 23:00:22.335499 SECD: x", 82822.335499),
        ("4849 NOT Mar 09 18:32:37.594689 (339:1) x", 66757.594689),
        ("23:00:22.052 | debug x", 82822.052),
        ("17:21:51 x", 62511.0),
        ("0001: NOT SECUREAPP-x", None),
        ("no time at all", None),
    ],
)
def test_the_time_of_a_line_is_found(text: str, at: float | None) -> None:
    [line] = loglines.lines(iter([text]))
    assert line.at == at


def test_wrapped_lines_are_joined_and_midnight_is_passed() -> None:
    raw = ["", "23:59:59.5 | debug Subject Name is: CN=a;", "OU=b", "", "00:00:00.5 | debug next"]
    found = list(loglines.lines(iter(raw)))
    assert [(line.number, line.text[-6:]) for line in found] == [(2, "; OU=b"), (5, "g next")]
    assert found[1].at == loglines.DAY + 0.5


def test_a_log_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LOG_BYTES", 10)
    (tmp_path / "log").write_text("more than ten bytes")
    with pytest.raises(BadInput):
        list(loglines.read(tmp_path / "log"))


# ---------------------------------------------------------------- SECUREAPP


def test_http_and_then_tftp_are_two_requests_for_one_file() -> None:
    log = log_of(
        requested(f"CTL{PHONE}.tlv"),
        "downd-XXTP start request, server 1 - 192.168.7.200 ",
        "downd-XXX arg[0] /usr/sbin/gethtp",
        "GHTTP-http get [HTTP/1.1 503 Service Unavailab]",
        "downd-XXX arg[0] /usr/sbin/tftpd",
        f"TFTPD-Requesting CTL{PHONE}.tlv from 192.168.7.200 ",
        "TFTPD-Timeout: retransmit the last packet (1)",
        "TFTPD-Error: (1+1)File not found ",
        "downd-XXTP complete - status = 2 ",
    )
    assert (log.device, log.dialect) == (PHONE, "")
    first, second = log.exchanges
    assert isinstance(first, FileExchange)
    assert isinstance(second, FileExchange)
    assert (first.transport, first.outcome, first.error, first.at) == (
        Transport.HTTP,
        FileOutcome.ERROR,
        "HTTP status 503",
        0.0,
    )
    assert (second.transport, second.outcome, second.retries, second.server) == (
        Transport.TFTP,
        FileOutcome.MISSING,
        1,
        "192.168.7.200",
    )


def test_a_list_that_a_tvs_vouched_for_is_told_with_its_question() -> None:
    log = log_of(
        requested(f"ITL{PHONE}.tlv"),
        "GHTTP-hdr->HTTP/1.1 200 OK",
        "GHTTP-hdr->Content-length: 7879",
        "SECUREAPP-No match found in trust list against the item",
        "SECUREAPP-Attempting connect to TVS server addr [10.0.0.1], mode [IPv4]",
        "SECUREAPP-Sec SSL Connection - Handshake successful.",
        "SECUREAPP-Successfully sent the TVS request to TVS server, bytes written : 180",
        "SECUREAPP-TVS added cert to TVS cache - expires in 24 hours",
        "SECUREAPP-Hashes match... authentication successful.",
        '<Alarm Name="DeviceTLInfo"><String name="StatusCode">3</String></Alarm>',
    )
    file, tvs = log.exchanges
    assert isinstance(file, FileExchange)
    assert (file.outcome, file.size, file.transport) == (FileOutcome.ARRIVED, 7879, Transport.HTTP)
    assert isinstance(tvs, TvsExchange)
    assert (tvs.server, tvs.outcome, tvs.valid, tvs.ttl) == ("10.0.0.1", TvsOutcome.ANSWERED, True, 86400)
    assert log.rulings == [
        ExpectedRuling(subject=Subject.ITL, verdict=Verdict.ACCEPT, reason=Reason.TVS_VOUCHES)
    ]
    assert log.alarm == 3


def test_a_signer_in_no_list_and_nobody_asked_is_a_refusal_without_a_reason() -> None:
    log = log_of(
        requested(f"CTL{PHONE}.tlv"),
        "SECUREAPP-No match found in trust list against the item",
        requested(f"{PHONE}.cnf.xml"),
        f"downd-XXTP authenticated file approved - add .sgn if necessary -- {PHONE}.cnf.xml.sgn  ",
        "SECUREAPP-Hashes match... authentication successful.",
        requested("g3-tones.xml"),
        "SECUREAPP-No match found in trust list against the item",
    )
    assert [(each.subject, each.verdict, each.reason) for each in log.rulings] == [
        (Subject.CTL, Verdict.REFUSE, None),
        (Subject.CONFIG, Verdict.ACCEPT, None),
    ]
    [config] = log.exchanges
    assert isinstance(config, FileExchange)
    assert config.name == f"{PHONE}.cnf.xml.sgn"
    assert len(log.notes) == 2


def test_a_tvs_that_never_answers_and_one_that_is_not_trusted() -> None:
    log = log_of(
        "SECUREAPP-Attempting connect to TVS server addr [10.0.0.1], mode [IPv4]",
        "SECUREAPP-Sec SSL Connection - Handshake failed.",
        "SECUREAPP-Attempting connect to TVS server addr [10.0.0.2], mode [IPv4]",
        "SECUREAPP-Successfully sent the TVS request to TVS server, bytes written : 180",
        "SECUREAPP-Attempting connect to TVS server addr [10.0.0.3], mode [IPv4]",
    )
    assert [(each.server, each.outcome) for each in log.exchanges] == [
        ("10.0.0.1", TvsOutcome.HANDSHAKE),
        ("10.0.0.2", TvsOutcome.NO_ANSWER),
    ]
    assert len(log.notes) == 1


def test_a_request_without_a_server_went_where_the_one_before_did() -> None:
    log = log_of(
        requested(f"CTL{PHONE}.tlv"),
        f"TFTPD-Requesting CTL{PHONE}.tlv from 192.168.7.200 ",
        "TFTPD-Error: (1+1)File not found ",
        requested(f"ITL{PHONE}.tlv"),
        "GHTTP-hdr->HTTP/1.1 200 OK",
    )
    assert [each.server for each in log.exchanges] == ["192.168.7.200"] * 2
    assert len(log.notes) == 1


def test_files_that_complete_or_fail_otherwise_are_told() -> None:
    log = log_of(
        requested("one.xml"),
        "downd-XXTP complete - status = 100 ",
        f"downd-XXTP authenticated file approved - add .sgn if necessary -- {PHONE}.cnf.xml.sgn",
        "GHTTP-hdr->HTTP/1.1 404 Not Found",
        requested("two.xml"),
        "TFTPD-Error: (1+2)Access violation",
    )
    assert [(each.outcome, each.at) for each in log.exchanges] == [
        (FileOutcome.ARRIVED, 0.0),
        (FileOutcome.MISSING, 2.0),
        (FileOutcome.ERROR, 4.0),
    ]


def test_lines_without_their_beginning_are_borne() -> None:
    log = log_of(
        "downd-XXTP start request, server 1 - 192.168.7.200 ",
        "downd-XXX arg[0] /usr/sbin/gethtp",
        "GHTTP-hdr->HTTP/1.1 200 OK",
        "GHTTP-hdr->Content-length: 7879",
        "TFTPD-Timeout: retransmit the last packet (1)",
        "TFTPD-Error: (1+1)File not found ",
        "downd-XXTP complete - status = 100 ",
        "SECUREAPP-Hashes match... authentication successful.",
        "SECUREAPP-TVS added cert to TVS cache - expires in 24 hours",
        "SECUREAPP-Sec SSL Connection - Handshake failed.",
        "SECD: EROR:clpState: SSL3 alert read:fatal:handshake failure:<10.0.0.1>",
        "SECD: -Authentication Response received, status : 0",
    )
    assert (log.exchanges, log.rulings, log.dialect) == ([], [], "SECUREAPP")


# ---------------------------------------------------------------- SECD


def test_secd_tells_of_refusals_and_of_broken_handshakes() -> None:
    log = log_of(
        "SECD: clpSetupSsl: Trying to connect to IPV4, IP: 10.0.0.1, Port : 2445",
        "SECD: EROR:clpState: SSL3 alert read:fatal:handshake failure:<10.0.0.1>",
        "SECD: EROR:clpSetupSsl: ** SSL handshake failed, <10.0.0.1> c:14 s:15",
        "SECD: clpSetupSsl: Trying to connect to IPV4, IP: 10.0.0.2, Port : 2445",
        "SECD: EROR:clpState: SSL3 alert read:fatal:protocol version:<10.0.0.2>",
        "SECD: EROR:verifyFile: sgn verify file failed </tmp/CTLFile.tlv>, errclass 8, errcode 19",
        f"SECD: EROR:verifyFile: sgn verify file failed <{PHONE}.cnf.xml.sgn>, errclass 8, errcode 19",
    )
    assert log.dialect == "SECD"
    assert [(each.outcome, each.ended) for each in log.exchanges if isinstance(each, TvsExchange)] == [
        (TvsOutcome.HANDSHAKE, "handshake_failure by the server"),
        (TvsOutcome.TLS_VERSION, "protocol_version by the server"),
    ]
    assert [(each.subject, each.verdict) for each in log.rulings] == [
        (Subject.CTL, Verdict.REFUSE),
        (Subject.CONFIG, Verdict.REFUSE),
    ]


def test_what_was_asked_about_an_https_server_is_left_out() -> None:
    log = log_of(
        "SECD: -HTTPS cert not in CTL, <10.0.0.5:8443>",
        "SECD: -Successfully sent the certificate Authentication request to TVS server, bytes written : 962",
        "SECD: -Authentication Response received, status : 0",
        "SECD: -Authenticated the HTTPS conn via TVS",
        "SECD: -Successfully sent the certificate Authentication request to TVS server, bytes written : 162",
        "SECD: -Authentication Response received, status : 1",
    )
    assert len(log.notes) == 1


# ---------------------------------------------------------------- the trace of a TVS

TRACE = """\
17:21:51.830 | debug MsgType : TVS_MSG_QUERY_CERT_REQ
17:21:51.831 | debug tvsHandleQueryCertReq
17:21:51.832 | debug tvsHandleQueryCertReq : Subject Name is: CN=pub;
OU=Test
17:21:51.832 | debug tvsHandleQueryCertReq : Issuer Name is: CN=pub;OU=Test
17:21:51.832 | debug tvsHandleQueryCertReq : Serial Number is:
70CAF64E
17:21:51.832 | debug CertificateCTLCache::getCertificateInformation - Found entry
{rolecount : 2}
17:21:51.832 | debug CertificateCTLCache::getCertificateInformation - {role : 0}
17:21:51.832 | debug CertificateCTLCache::getCertificateInformation - {role : 2}
17:21:51.833 | debug Status : 0
17:21:51.833 | debug PublicKey : 86400
17:21:52.000 | debug tvsSSLHandShake Session ciphers - AES256-SHA
17:21:52.001 | debug tvsHandleQueryCertReq : Subject Name is: CN=other
17:21:52.001 | debug tvsHandleQueryCertReq : Issuer Name is: CN=other
17:21:52.001 | debug tvsHandleQueryCertReq : Serial Number is: 01
17:21:52.001 | debug getCertificateInformation(cert) : certificate not found
17:21:52.002 | debug Status : 0
17:21:53.000 | debug MsgType : TVS_MSG_CERT_VERIFICATION_REQ
17:21:53.001 | debug tvsHandleQueryCertReq
"""


def trace() -> list[tvslog.Asked]:
    return tvslog.read(loglines.lines(iter(TRACE.splitlines())))


def test_a_trace_tells_questions_and_answers() -> None:
    first, second, third = trace()
    assert first.signer is not None
    assert (first.signer.subject, first.signer.serial) == ("CN=pub; OU=Test", 0x70CAF64E)
    assert (first.valid, first.roles, first.ttl, first.cipher) == (True, [0, 2], 86400, "")
    assert (second.valid, second.cipher) == (False, "AES256-SHA")
    assert (third.verify, third.signer) == (True, None)


def test_an_empty_trace_holds_no_question() -> None:
    assert tvslog.read(loglines.lines(iter(["17:21:52.000 | debug Status : 0"]))) == []


# ---------------------------------------------------------------- put together


def terms(**more: object) -> Terms:
    return attrs.evolve(Terms(models={"": "8861"}, origin=Origin.PUBLISHED, source="KEY"), **more)  # type: ignore[arg-type]


def a_case(*exchanges: FileExchange | TvsExchange) -> Draft:
    log = PhoneLog(device=PHONE, exchanges=list(exchanges))
    return logmerge.from_log(log, terms(), catalogue(), CLOCK)


def connection(at: float, outcome: TvsOutcome = TvsOutcome.ANSWERED) -> TvsExchange:
    return TvsExchange(server="10.0.0.1", outcome=outcome, at=at)


def asked_of(made: Draft) -> list[tuple[bool | None, tuple[int, ...] | None, int | None]]:
    found = [each for each in made.case.exchanges if isinstance(each, TvsExchange)]
    return [(each.valid, each.roles, each.ttl) for each in found]


def test_a_log_alone_becomes_a_case() -> None:
    made = logmerge.from_log(
        log_of(requested(f"CTL{PHONE}.tlv"), "hdr->HTTP/1.1 404 Nay"), terms(), catalogue(), CLOCK
    )
    assert (made.case.device, made.case.model, made.case.clock) == (PHONE, "8861", CLOCK)
    assert made.case.before.unknown == (Subject.CTL, Subject.ITL, Subject.CONFIG)
    assert len(made.case.exchanges) == 1


@pytest.mark.parametrize(
    ("log", "more"),
    [
        (PhoneLog(), {}),
        (PhoneLog(device=PHONE), {"models": {}}),
        (PhoneLog(device=PHONE), {"origin": None}),
        (PhoneLog(device=PHONE), {"models": {"": "no such model"}}),
    ],
)
def test_a_log_that_lacks_something_says_what(log: PhoneLog, more: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        logmerge.from_log(log, terms(**more), catalogue(), CLOCK)


def test_a_device_may_be_named_where_the_log_does_not() -> None:
    made = logmerge.from_log(PhoneLog(), terms(models={PHONE: "8861"}), catalogue(), CLOCK)
    assert made.case.device == PHONE


def test_a_trace_without_connections_adds_them() -> None:
    made = a_case()
    logmerge.with_trace(made, trace(), timed=False)
    assert asked_of(made) == [(True, (0, 2), 86400), (False, None, None)]
    assert len(made.notes) == 1


def test_a_trace_goes_to_connections_by_order() -> None:
    made = a_case(connection(0), connection(1, TvsOutcome.UNREACHABLE), connection(2))
    logmerge.with_trace(made, trace(), timed=False)
    assert asked_of(made) == [(True, (0, 2), 86400), (None, None, None), (False, None, None)]


def test_a_trace_goes_to_connections_by_time_whatever_the_zones() -> None:
    # the case begins at 18:32:37; 18:36:52.5 is the trace's 17:21:51.8 in a zone 75 minutes away
    made = a_case(connection(4 * 60 + 15.5))
    logmerge.with_trace(made, trace(), timed=True)
    assert asked_of(made) == [(True, (0, 2), 86400)]
    assert any("fit no connection" in note for note in made.notes)


def test_a_trace_that_fits_nothing_is_said_to() -> None:
    made = a_case(connection(100))
    logmerge.with_trace(made, trace(), timed=True)
    assert asked_of(made) == [(None, None, None)]


def test_a_log_adds_rulings_and_answers_to_a_capture() -> None:
    made = a_case(connection(0))
    log = PhoneLog(
        device=PHONE,
        exchanges=[TvsExchange(server="x", outcome=TvsOutcome.ANSWERED, valid=True, ttl=5)],
        rulings=[ExpectedRuling(subject=Subject.CTL, verdict=Verdict.ACCEPT)],
        alarm=2,
        notes=["odd"],
    )
    logmerge.with_log(made, log)
    assert asked_of(made) == [(True, None, 5)]
    assert (len(made.case.expected), made.case.ending.alarm, "odd" in made.notes) == (1, 2, True)


def test_a_log_of_more_answers_than_were_seen_is_not_put_together() -> None:
    made = a_case()
    told = TvsExchange(server="x", outcome=TvsOutcome.ANSWERED, valid=True)
    logmerge.with_log(made, PhoneLog(device=PHONE, exchanges=[told]))
    assert (asked_of(made), len(made.notes)) == ([], 1)


def test_a_log_of_another_phone_is_refused() -> None:
    with pytest.raises(BadInput):
        logmerge.with_log(a_case(), PhoneLog(device="SEP00AABBCCDDEE"))
