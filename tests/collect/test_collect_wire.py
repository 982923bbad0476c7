"""What the wire does with servers that are wrong, slow, busy, hostile or not who they should be."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
from collectmaking import Bench, trusting, wire_to
from cucm import PASSWORD, USER, Cucm, Handler, Request, certificate, serving

from phoneemu.collect import soap, wire
from phoneemu.collect.credentials import Credential
from phoneemu.collect.failures import Kind, NotCollected
from phoneemu.collect.readings import AXL_PATH, RIS_PATH, Reading, Realm, Statement

QUESTION = soap.ask_version("14.0")


def ask(to: wire.Wire, host: str = "127.0.0.1", reading: Reading = Reading.VERSION) -> wire.Answer:
    body = QUESTION if reading is Reading.VERSION else soap.ask_seen(["*"], "")
    return to.ask(reading, host, body, "14.0")


def missed(to: wire.Wire, host: str = "127.0.0.1", reading: Reading = Reading.VERSION) -> NotCollected:
    with pytest.raises(NotCollected) as caught:
        ask(to, host, reading)
    text = str(caught.value)
    assert PASSWORD not in text
    assert "\n" not in text
    return caught.value


@contextmanager
def tcp(serve: Any) -> Iterator[int]:
    """A server of one connection that does as it likes."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def run() -> None:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with closing(connection):
                serve(connection)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.close()
            thread.join(5)


def test_an_answer_comes_with_the_version_in_the_question(bench: Bench) -> None:
    assert ask(bench.wire).status == 200
    assert bench.cucm.requests[0].action == "CUCM:DB ver=14.0 getCCMVersion"


@pytest.mark.parametrize("forged", ["executeSQLUpdate", "POST", None, Realm.NOBODY])
def test_what_is_no_reading_is_never_sent(bench: Bench, forged: Any) -> None:
    with pytest.raises(TypeError):
        bench.wire.ask(forged, "127.0.0.1", "<x/>")
    with pytest.raises(TypeError):
        bench.wire.page(forged, "127.0.0.1", 80)
    assert bench.cucm.requests == []


WRITES = [
    (Reading.VERSION, QUESTION.replace("getCCMVersion", "executeSQLUpdate")),
    (
        Reading.QUERY,
        soap.ask_rows("14.0", Statement.PHONES, 0, 9).replace("executeSQLQuery", "executeSQLUpdate"),
    ),
    (Reading.QUERY, soap.ask_rows("14.0", Statement.PHONES, 0, 9).replace("tkclass=1", "tkclass=2")),
    (
        Reading.QUERY,
        soap.ask_rows("14.0", Statement.PHONES, 0, 9).replace("</sql>", ";delete from device</sql>"),
    ),
    (Reading.QUERY, soap.ask_rows("14.0", Statement.GROUPS, 0, 9).replace("<sql>", "<sql>x</sql><sql>")),
    (Reading.PHONES, soap.ask_phones("14.0", 0, 9).replace("listPhone", "removePhone")),
    (
        Reading.PHONES,
        soap.ask_phones("14.0", 0, 9).replace("</searchCriteria>", "</searchCriteria><sql>x</sql>"),
    ),
    (Reading.SEEN, soap.ask_phones("14.0", 0, 9)),
    (Reading.VERSION, QUESTION.replace("</ns:", "</ns:getCCMVersion><ns:doDeviceReset/></ns:", 1)),
    (Reading.VERSION, QUESTION + QUESTION),
    (Reading.VERSION, QUESTION.replace("<soapenv:Body>", "<soapenv:Body><ns:doLdapSync/>")),
    (Reading.VERSION, ""),
    (Reading.CERTIFICATES, "{}"),
]


@pytest.mark.parametrize(("reading", "body"), WRITES)
def test_a_body_that_is_not_what_the_list_says_is_never_sent(
    bench: Bench, reading: Reading, body: str
) -> None:
    with pytest.raises(ValueError):
        bench.wire.ask(reading, "127.0.0.1", body, "14.0")
    assert bench.cucm.requests == []


def test_a_question_to_a_service_is_no_page(bench: Bench) -> None:
    with pytest.raises(ValueError):
        bench.wire.page(Reading.CERTIFICATES, "127.0.0.1", 80)


# ---------------------------------------------------------------- who gets the password


def test_a_certificate_that_nobody_trusts_gets_no_password(bench: Bench, tmp_path: Path) -> None:
    bench.wire.context = trusting(certificate(tmp_path))
    assert missed(bench.wire).kind is Kind.UNTRUSTED
    assert bench.cucm.requests == []


def test_an_expired_certificate_gets_no_password(tmp_path: Path) -> None:
    cucm, pem = Cucm(), certificate(tmp_path, days=-1)
    with serving(cucm, pem) as port:
        failure = missed(wire_to(port, trusting(pem), []))
    assert (failure.kind, cucm.requests) == (Kind.UNTRUSTED, [])
    assert "expired" in str(failure)


def test_a_certificate_for_another_host_gets_no_password(tmp_path: Path) -> None:
    cucm, pem = Cucm(), certificate(tmp_path, hosts=["192.0.2.1"])
    with serving(cucm, pem) as port:
        failure = missed(wire_to(port, trusting(pem), []))
    assert (failure.kind, cucm.requests) == (Kind.UNTRUSTED, [])


def test_a_server_without_tls_gets_no_password() -> None:
    cucm = Cucm()
    with serving(cucm, None) as port:
        failure = missed(wire_to(port, ssl.create_default_context(), []))
    assert (failure.kind, cucm.requests) == (Kind.UNTRUSTED, [])


def test_a_wrong_password_is_tried_once_and_not_at_other_services(bench: Bench) -> None:
    bench.wire.credentials = {Realm.APPLICATION: Credential(user=USER, password=PASSWORD[1:])}
    assert missed(bench.wire).kind is Kind.DENIED
    assert missed(bench.wire, reading=Reading.SEEN).kind is Kind.DENIED
    assert len(bench.cucm.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(bench: Bench, status: int) -> None:
    other = Cucm()
    with serving(other, bench.pem) as elsewhere:

        def moved(handler: Handler, _request: Request) -> bool:
            handler.answer(status, "", location=f"https://127.0.0.1:{elsewhere}/axl/")
            return True

        bench.cucm.special = moved
        assert missed(bench.wire).kind is Kind.REDIRECTED
    assert other.requests == []


def test_neither_user_nor_password_is_shown_by_anything_that_holds_them(bench: Bench) -> None:
    shown = repr(bench.wire) + str(bench.wire) + repr(attrs.asdict(bench.wire.patience))
    assert PASSWORD not in shown
    assert "Basic" not in shown


def test_a_password_that_a_server_says_back_is_not_told(bench: Bench) -> None:
    assert PASSWORD not in bench.wire.said(f"no such user {USER}/{PASSWORD}\x1b[2J")
    assert "\x1b" not in bench.wire.said("\x1b[2J\r\nhello")


def test_a_password_may_have_any_letter() -> None:
    assert Credential(user="ü", password=PASSWORD + "äß€").header()["Authorization"].startswith("Basic ")


# ---------------------------------------------------------------- busy


def test_a_busy_server_is_asked_again_after_the_time_it_names(bench: Bench) -> None:
    bench.cucm.busy[AXL_PATH] = 2
    assert ask(bench.wire).status == 200
    assert [each for each in bench.waited if each >= 5] == [7.0, 10.0]


def test_a_server_that_stays_busy_ends_patience(bench: Bench) -> None:
    bench.cucm.busy[AXL_PATH] = 99
    assert missed(bench.wire).kind is Kind.BUSY
    assert len(bench.cucm.requests) == 1 + len(bench.wire.patience.waits)


def test_a_server_cannot_make_us_wait_for_hours(bench: Bench) -> None:
    def later(handler: Handler, _request: Request) -> bool:
        handler.answer(429, "", retry="99999")
        return True

    bench.cucm.special = later
    assert missed(bench.wire).kind is Kind.BUSY
    assert max(bench.waited) == 60.0


def test_the_fault_of_risports_rate_is_waited_out(bench: Bench) -> None:
    bench.cucm.throttled = 2
    answer = bench.wire.ask(Reading.SEEN, "127.0.0.1", soap.ask_seen(["*"], ""))
    assert answer.status == 200
    assert [each for each in bench.waited if each >= 5] == [5.0, 10.0]


def test_requests_to_one_service_keep_their_pace(bench: Bench) -> None:
    bench.wire.patience = attrs.evolve(bench.wire.patience, pace={RIS_PATH: 4.0})
    bench.wire.clock = lambda: 100.0
    for _ in range(3):
        bench.wire.ask(Reading.SEEN, "127.0.0.1", soap.ask_seen(["*"], ""))
    assert bench.waited == [4.0, 4.0]


# ---------------------------------------------------------------- slow, broken, too much


def answering(content: bytes, *, then: float = 0) -> Any:
    """Sends this and hangs up, or keeps silent for a while."""

    def serve(handler: Handler, _request: Request) -> bool:
        handler.wfile.write(content)
        handler.wfile.flush()
        if then:
            threading.Event().wait(then)
        return True

    return serve


def test_a_hanging_server_is_given_up_after_the_time(bench: Bench) -> None:
    bench.wire.patience = attrs.evolve(bench.wire.patience, whole=0.3)
    bench.cucm.special = answering(b"", then=1)
    assert missed(bench.wire).kind is Kind.SILENT


def test_a_service_that_hung_once_is_not_waited_for_again_and_others_are_asked(bench: Bench) -> None:
    def hangs(handler: Handler, request: Request) -> bool:
        if request.path == AXL_PATH:
            threading.Event().wait(0.6)
        return request.path == AXL_PATH

    bench.wire.patience = attrs.evolve(bench.wire.patience, whole=0.3)
    bench.cucm.special = hangs
    assert [missed(bench.wire).kind for _ in range(3)] == [Kind.SILENT] * 3
    assert len(bench.cucm.requests) == 1
    assert ask(bench.wire, reading=Reading.SEEN).status == 200


def test_a_host_that_is_not_trusted_is_asked_for_nothing_else(bench: Bench, tmp_path: Path) -> None:
    trusted, bench.wire.context = bench.wire.context, trusting(certificate(tmp_path))
    assert missed(bench.wire).kind is Kind.UNTRUSTED
    bench.wire.context = trusted
    assert missed(bench.wire, reading=Reading.SEEN).kind is Kind.UNTRUSTED
    assert ask(bench.wire, host="localhost").status == 200


def test_a_server_that_drips_headers_is_given_up_after_the_time(bench: Bench) -> None:
    def drips(handler: Handler, _request: Request) -> bool:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(100):
            try:
                handler.wfile.write(b"x")
            except OSError:
                break
            threading.Event().wait(0.05)
        return True

    bench.wire.patience = attrs.evolve(bench.wire.patience, whole=0.4)
    bench.cucm.special = drips
    assert missed(bench.wire).kind is Kind.SILENT


def test_a_server_that_never_shakes_hands_is_given_up(bench: Bench) -> None:
    with tcp(lambda connection: connection.recv(65536) and threading.Event().wait(1)) as port:
        bench.wire.port = port
        bench.wire.patience = attrs.evolve(bench.wire.patience, connect=0.3)
        assert missed(bench.wire).kind is Kind.SILENT


def test_a_truncated_answer_is_none(bench: Bench) -> None:
    bench.cucm.special = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<soapenv:Envelope")
    assert missed(bench.wire).kind is Kind.TRUNCATED


def test_a_truncated_answer_in_chunks_is_none(bench: Bench) -> None:
    bench.cucm.special = answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n<soapenv")
    assert missed(bench.wire).kind is Kind.TRUNCATED


@pytest.mark.parametrize("headers", [b"", b"Content-Length: 1000000000\r\n"])
def test_an_answer_beyond_the_limit_is_not_read(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, headers: bytes
) -> None:
    def endless(handler: Handler, _request: Request) -> bool:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n")
        sent = 0
        while sent < 1_000_000_000:
            try:
                handler.wfile.write(b"x" * 65536)
            except OSError:
                return True
            sent += 65536
        pytest.fail("all of it was read")

    monkeypatch.setattr(wire, "ANSWER_BYTES", 1_000_000)
    bench.cucm.special = endless
    assert missed(bench.wire).kind is Kind.TOO_LARGE


def test_a_packed_answer_is_not_unpacked(bench: Bench) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00"
    bench.cucm.special = answering(head)
    assert missed(bench.wire).kind is Kind.MALFORMED


def test_what_is_no_http_is_no_answer(bench: Bench) -> None:
    bench.cucm.special = answering(b"SSH-2.0-OpenSSH_9.9\r\n")
    assert missed(bench.wire).kind is Kind.TRUNCATED


def test_where_nobody_listens_nothing_is_reached(bench: Bench) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        bench.wire.port = taken.getsockname()[1]
    assert missed(bench.wire).kind is Kind.UNREACHABLE


def test_a_host_that_does_not_exist_is_not_reached(bench: Bench) -> None:
    failure = missed(bench.wire, host="no-such-host.invalid")
    assert failure.kind is Kind.UNREACHABLE
    assert "--hosts" in str(failure)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, Kind.DENIED), (404, Kind.NOT_THERE), (502, Kind.FAULT), (204, Kind.FAULT)],
)
def test_other_statuses_have_their_kind(bench: Bench, status: int, kind: Kind) -> None:
    def says(handler: Handler, _request: Request) -> bool:
        handler.answer(status, "")
        return True

    bench.cucm.special = says
    assert missed(bench.wire).kind is kind


# ---------------------------------------------------------------- pages


def test_a_page_is_asked_without_any_password(bench: Bench) -> None:
    bench.cucm.pages["/NetworkConfiguration"] = b"<html>TVS</html>"
    with serving(bench.cucm, None) as port:
        body = bench.wire.page(Reading.PAGE_NETWORK_CONFIGURATION, "127.0.0.1", port)
    assert body == b"<html>TVS</html>"
    assert [each.authorization for each in bench.cucm.requests] == [""]


def test_a_phone_may_move_its_page_to_its_own_tls_and_to_no_other_path(bench: Bench) -> None:
    bench.cucm.pages["/NetworkConfiguration"] = b"<html>secure</html>"
    plain = Cucm()

    def moved(handler: Handler, _request: Request) -> bool:
        handler.answer(302, "", location=f"https://127.0.0.1:{bench.wire.port}/CGI/Execute")
        return True

    plain.special = moved
    with serving(plain, None) as port:
        body = bench.wire.page(Reading.PAGE_NETWORK_CONFIGURATION, "127.0.0.1", port)
    assert body == b"<html>secure</html>"
    assert [(each.path, each.authorization) for each in bench.cucm.requests] == [
        ("/NetworkConfiguration", "")
    ]


@pytest.mark.parametrize(
    "location",
    [
        "https://127.0.0.9/",
        "http://127.0.0.1/x",
        "https://phone.example/",
        "https://[",
        "",
        "https://127.0.0.1:x/",
    ],
)
def test_a_phone_that_points_elsewhere_is_not_followed(bench: Bench, location: str) -> None:
    def moved(handler: Handler, _request: Request) -> bool:
        handler.answer(302, "", location=location)
        return True

    bench.cucm.special = moved
    with serving(bench.cucm, None) as port, pytest.raises(NotCollected) as caught:
        bench.wire.page(Reading.PAGE_NETWORK_CONFIGURATION, "127.0.0.1", port)
    assert caught.value.kind is Kind.REDIRECTED


def test_a_page_beyond_its_limit_is_not_read(bench: Bench) -> None:
    bench.cucm.pages["/NetworkConfiguration"] = b"x" * (wire.PAGE_BYTES + 1)
    with serving(bench.cucm, None) as port, pytest.raises(NotCollected) as caught:
        bench.wire.page(Reading.PAGE_NETWORK_CONFIGURATION, "127.0.0.1", port)
    assert caught.value.kind is Kind.TOO_LARGE
