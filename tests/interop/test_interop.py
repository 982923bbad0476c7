"""Other people's programs on the other end of the wire.

A test whose program is missing skips and says so; with PHONEEMU_TOOLS=required, as continuous integration
sets it, that is a failure.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import loopback
import packetmaking as make
import pytest
from office import Office, StoryPhone

from phoneemu.cli import main
from phoneemu.cli._recording import Recording
from phoneemu.cluster.serve import Lab, Terms, file_bytes
from phoneemu.cluster.state import Cluster, Device
from phoneemu.core import tvs as messages
from phoneemu.core.flash import Flash
from phoneemu.core.journal import Fetched, Journal
from phoneemu.core.phone import Phone
from phoneemu.core.states import State
from phoneemu.core.vocabulary import Transport
from phoneemu.net import book as books
from phoneemu.net import drive as live
from phoneemu.net import tftp, tls
from phoneemu.net.book import Book, Service
from phoneemu.net.flash import FlashFolder
from phoneemu.replay import casefile
from phoneemu.replay.case import FileExchange, TvsExchange

HOST, NAME = "127.0.0.1", "SEP001122AABBCC"
OFFICE = Office("12.5(1)", mixed=True, maker=loopback.maker())
PATIENT: Any = {"waits": (15.0, 15.0), "answer_seconds": 60.0}
"""A request that a slow machine lets a phone repeat would be one more than is expected."""
PATHS = "/usr/sbin:/sbin:" + os.environ.get("PATH", "")


def need(program: str) -> str:
    """The program's path; its absence skips, or fails where all must be there."""
    found = shutil.which(program, path=PATHS)
    if found is None:
        _without(f"{program} is not installed")
    return str(found)


def _without(why: str) -> None:
    if os.environ.get("PHONEEMU_TOOLS") == "required":
        pytest.fail(f"{why}, and every program is required here")
    pytest.skip(why)


def device_of(cluster: Cluster, _name: str) -> Device:
    return Device(group=tuple(node.name for node in cluster.nodes))


def serving() -> Lab:
    return Lab((OFFICE.cluster,), Terms(device_of=device_of))


def run(*words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(words, input=stdin, capture_output=True, timeout=600)  # noqa: S603


def ctl() -> bytes:
    held = OFFICE.cluster.publisher.ctl
    assert held is not None
    return held.raw or b""


# ---------------------------------------------------------------- they fetch from the lab


@pytest.mark.parametrize("options", [(), ("--tftp-no-options",), ("--tftp-blksize", "1428")])
def test_curl_fetches_by_tftp(options: tuple[str, ...]) -> None:
    with serving() as lab:
        host, port = lab.book.find("pub", Service.TFTP)
        done = run(need("curl"), "-sS", *options, f"tftp://{host}:{port}/CTL{NAME}.tlv")
    assert done.stdout == ctl(), done.stderr


def test_curl_fetches_by_http_and_https() -> None:
    with serving() as lab:
        for service, scheme in ((Service.HTTP, "http"), (Service.HTTPS, "https")):
            host, port = lab.book.find("pub", service)
            done = run(need("curl"), "-sSk", f"{scheme}://{host}:{port}/CTL{NAME}.tlv")
            assert done.stdout == ctl(), done.stderr
            missing = run(need("curl"), "-sSkf", f"{scheme}://{host}:{port}/none")
            assert missing.returncode == 22


def test_tftp_hpa_fetches_and_is_told_what_is_missing(tmp_path: Path) -> None:
    with serving() as lab:
        host, port = lab.book.find("pub", Service.TFTP)
        got = tmp_path / "got"
        for name in (f"CTL{NAME}.tlv", "none"):
            words = ("-m", "binary", host, str(port), "-c", "get", name, str(got))
            done = run(need("tftp"), *words)
            assert (b"File not found" in done.stdout + done.stderr) is (name == "none")
            if name != "none":
                assert got.read_bytes() == ctl()


# ---------------------------------------------------------------- the phone boots from them


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """What a cluster's TFTP folder holds for one phone, readable by any server."""
    cluster = OFFICE.cluster
    device = device_of(cluster, NAME)
    with tempfile.TemporaryDirectory(prefix="phoneemu-") as name:
        path = Path(name)
        path.chmod(0o755)
        for file in (f"CTL{NAME}.tlv", f"ITL{NAME}.tlv", f"{NAME}.cnf.xml", f"{NAME}.cnf.xml.sgn"):
            data = file_bytes(cluster, cluster.publisher, file, device)
            assert data is not None
            (path / file).write_bytes(data)
            (path / file).chmod(0o644)
        yield path


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind((HOST, 0))
        port: int = sock.getsockname()[1]
        return port


def connects(port: int) -> bool:
    """Whether a TCP server answers at this port."""
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), 60):
        return True
    return False


def gives(host: str, port: int, name: str) -> bool:
    """Whether a TFTP server has this file."""
    with contextlib.suppress(tftp.NoAnswer):
        return bool(tftp.fetch(host, port, name, patience=tftp.Patience(waits=(0.5,))))
    return False


@contextmanager
def program(*words: str, ready: Callable[[], bool]) -> Iterator[subprocess.Popen[bytes]]:
    """A server until the block ends; waits until `ready` says that it serves."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=said)  # noqa: S603
        try:
            until = time.monotonic() + 60
            while not ready():
                if process.poll() is not None:
                    said.seek(0)
                    _without(f"{Path(words[0]).name} does not run here: {said.read().decode().strip()}")
                assert time.monotonic() < until, f"{words[0]} does not begin to serve"
                time.sleep(0.05)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(60)
            finally:
                process.kill()


def boots(book: Book, server: str, model: str) -> Journal:
    """A new phone boots from this server; it holds both lists then, and has nobody to register with.

    The server goes by a node's name: in mixed mode a phone takes files only from servers its CTL lists.
    """
    phone = Phone(StoryPhone(OFFICE, model).profile, NAME, Flash())
    wire = live.Wire(book=book, **PATIENT)
    journal = live.boot(phone, wire, (server,), OFFICE.cluster.clock)
    assert phone.flash.ctl is not None
    assert phone.flash.ctl.raw == ctl()
    assert phone.flash.itl is not None
    assert phone.flash.config is not None
    assert phone.state is State.OUT_OF_SERVICE
    return journal


def by(journal: Journal) -> set[Transport]:
    return {entry.transport for entry in journal if isinstance(entry, Fetched)}


def test_a_phone_boots_from_tftpd_hpa(folder: Path) -> None:
    port = free_port(socket.SOCK_DGRAM)
    words = ("--foreground", "--address", f"127.0.0.1:{port}", "--secure", "--user", "nobody", str(folder))
    with program(need("in.tftpd"), *words, ready=lambda: gives(HOST, port, f"CTL{NAME}.tlv")):
        book = books.parse(f"pub 127.0.0.1 tftp={port} sip=9\nsub 127.0.0.1 sip=9\n")
        assert by(boots(book, "pub", "7975")) == {Transport.TFTP}


def test_a_phone_boots_from_dnsmasq(folder: Path) -> None:
    """dnsmasq knows no other TFTP port than 69, which takes a privilege."""
    dnsmasq = need("dnsmasq")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind(("127.0.0.69", 69))
        except OSError as error:
            _without(f"port 69 is not to be had: {error}")
    words = (
        "--keep-in-foreground",
        "--port=0",
        "--enable-tftp",
        f"--tftp-root={folder}",
        "--conf-file=/dev/null",
        "--bind-interfaces",
        "--listen-address=127.0.0.69",
        "--user=nobody",
        "--pid-file=",
    )
    with program(dnsmasq, *words, ready=lambda: gives("127.0.0.69", 69, f"CTL{NAME}.tlv")):
        book = books.parse("pub 127.0.0.69 sip=9\nsub 127.0.0.1 sip=9\n")
        assert by(boots(book, "pub", "7975")) == {Transport.TFTP}


NGINX = """
daemon off; pid {work}/pid; error_log stderr; worker_processes 1; {user}
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {work}/b; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f;
  uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


def test_a_phone_that_asks_by_http_first_boots_from_nginx(folder: Path, tmp_path: Path) -> None:
    nginx, port = need("nginx"), free_port(socket.SOCK_STREAM)
    config = tmp_path / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(NGINX.format(work=tmp_path, port=port, folder=folder, user=user))
    with program(nginx, "-c", str(config), "-p", str(tmp_path), ready=lambda: connects(port)):
        book = books.parse(f"pub 127.0.0.1 http={port} tftp=9 sip=9\nsub 127.0.0.1 sip=9\n")
        assert by(boots(book, "pub", "8861")) == {Transport.HTTP}


# ---------------------------------------------------------------- TLS and the wire


def test_openssl_talks_to_the_tvs() -> None:
    signer = OFFICE.cluster.by_name["sub"].own["CallManager"]
    query = messages.encode(messages.Query(session=1001, device="CP-1-SEP1", signer=signer.identity))
    with serving() as lab:
        host, port = lab.book.find("pub", Service.TVS)
        words = ("s_client", "-connect", f"{host}:{port}", "-tls1_2", "-ign_eof")
        shown = run(need("openssl"), *words, stdin=query)
        answered = run(need("openssl"), *words, "-quiet", stdin=query)
    assert b"CN = pub" in shown.stdout
    assert b"Cipher is" in shown.stdout
    answer = messages.parse(answered.stdout)
    assert isinstance(answer, messages.Answer)
    assert (answer.valid, answer.certificate) == (True, signer.der)


@contextmanager
def recorded(capture: Path, address: str, *words: str) -> Iterator[None]:
    """A program of Wireshark records what concerns this address of the loopback, until the block ends.

    A packet of ours is seen to be in the file before and after, so nothing between is missing.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as marking:
        marking.bind((address, 0))

        def has(mark: bytes) -> bool:
            marking.sendto(mark, marking.getsockname())
            return capture.exists() and mark in capture.read_bytes()

        asked = ("-q", "-i", "lo", "-w", str(capture), "-f", f"host {address}")
        with program(*words, *asked, ready=lambda: has(b"it begins")):
            yield
            until = time.monotonic() + 60
            while not has(b"it ended"):
                assert time.monotonic() < until
                time.sleep(0.05)


def renewed() -> Office:
    """The office with a new signer of its lists, about whom only a TVS can tell."""
    at = Office("12.5(1)", mixed=True, maker=loopback.maker())
    at.cluster = OFFICE.cluster
    at.does(
        "pub set cert regen ITLRecovery", "pub utils ctl update CTLFile", "* utils service restart Cisco Tftp"
    )
    return at


def test_tshark_finds_nothing_malformed_in_a_boot(tmp_path: Path) -> None:
    tshark = need("tshark")
    capture = tmp_path / "boot.pcapng"
    before = StoryPhone(OFFICE, "7975").restarts().flash
    with Lab((renewed().cluster,), Terms(device_of=device_of, host="127.0.0.77")) as lab:
        places = {service: lab.book.find("pub", service)[1] for service in Service}
        with recorded(capture, "127.0.0.77", tshark):
            phone = Phone(StoryPhone(OFFICE, "7975").profile, NAME, before)
            live.boot(phone, live.Wire(book=lab.book, **PATIENT), ("pub",), OFFICE.cluster.clock)
            assert phone.state is State.IN_SERVICE
    reads = [tshark, "-n", "-r", str(capture)]
    reads += ["-d", f"udp.port=={places[Service.TFTP]},tftp", "-d", f"tcp.port=={places[Service.TVS]},tls"]
    reads += ["-d", f"tcp.port=={places[Service.SIP]},sip"]
    assert run(*reads, "-Y", "_ws.malformed").stdout == b""
    asked = run(*reads, "-Y", "tftp.opcode==1", "-T", "fields", "-e", "tftp.source_file").stdout.split()
    assert asked == [f"CTL{NAME}.tlv".encode(), f"ITL{NAME}.tlv".encode(), f"{NAME}.cnf.xml.sgn".encode()]
    assert run(*reads, "-Y", "tls.handshake.type==1").stdout.count(b"Client Hello") >= 1
    assert b"200 OK" in run(*reads, "-Y", "sip").stdout


# ---------------------------------------------------------------- captures of others, and ours


@pytest.mark.parametrize(
    ("model", "words", "address"),
    [("7975", ("tshark",), "127.0.0.78"), ("8861", ("dumpcap", "-P"), "127.0.0.79")],
)
def test_a_boot_that_others_record_is_the_case_that_the_phone_records(
    tmp_path: Path, model: str, words: tuple[str, ...], address: str
) -> None:
    need("tshark")
    capture, hosts, held = tmp_path / "boot.pcap", tmp_path / "hosts", tmp_path / "held"
    profile = StoryPhone(OFFICE, model).profile
    phone = Phone(profile, NAME, StoryPhone(OFFICE, model).restarts().flash)
    FlashFolder(held).save(phone.flash, Flash())
    with Lab((renewed().cluster,), Terms(device_of=device_of, host=address)) as lab:
        hosts.write_text(lab.book.render())
        recording = Recording(phone, lab.book, ("pub",), OFFICE.cluster.clock)
        with recorded(capture, address, need(words[0]), *words[1:]):
            wire = live.Wire(book=lab.book, hear=recording.hear, **PATIENT)
            journal = live.boot(phone, wire, ("pub",), OFFICE.cluster.clock)
        own = recording.write(tmp_path / "own", phone, journal)
    asked = ["capture", str(capture), "--hosts", str(hosts), "--before", str(held), "--model", model]
    assert main([*asked, "--complete", "-o", str(tmp_path / "theirs")]) == 0
    [theirs] = casefile.walk(tmp_path / "theirs")
    for case, other in zip(told(own), told(theirs), strict=True):
        assert case == other
    assert main(["replay", str(theirs), str(own)]) == 0


def told(folder: Path) -> list[object]:
    """What a case tells of a boot, without times and paths: the bytes in place of their names."""
    case = casefile.load(folder)

    def content(path: object) -> bytes | None:
        return (folder / path).read_bytes() if isinstance(path, str) else None

    found: list[object] = [case.tftp, case.origin, content(case.before.ctl), content(case.before.itl)]
    for each in case.exchanges:
        if isinstance(each, FileExchange):
            options = each.options if each.transport is Transport.TFTP else None
            what = (each.name, each.server, each.outcome, each.transport, options, each.port, each.size)
            found += [*what, content(each.body)]
        elif isinstance(each, TvsExchange):
            found += [each.server, each.outcome, each.tls, each.cipher, content(each.peer)]
        else:
            found += [each.node, each.outcome, each.secure]
    return found


@pytest.mark.parametrize("form", [make.pcap, make.pcapng])
def test_tshark_reads_the_captures_that_tests_make(
    tmp_path: Path, form: Callable[[list[make.Timed]], bytes]
) -> None:
    line = make.Line()
    line.tftp(f"CTL{NAME}.tlv", bytes(3000), "blksize=1428", size=1428)
    line.http(f"ITL{NAME}.tlv", bytes(3000))
    capture = tmp_path / "made"
    capture.write_bytes(form(line.frames))
    reads = [need("tshark"), "-n", "-r", str(capture), "-d", "tcp.port==6970,http"]
    assert run(*reads, "-Y", "_ws.malformed").stdout == b""
    times = run(*reads, "-T", "fields", "-e", "frame.time_epoch").stdout.split()
    assert [round(float(time_), 6) for time_ in times] == [when for when, _ in line.frames]
    fields = ("-T", "fields", "-e", "tftp.source_file", "-e", "http.request.uri")
    assert run(*reads, *fields).stdout.split() == [f"CTL{NAME}.tlv".encode(), f"/ITL{NAME}.tlv".encode()]


def test_openssl_sees_the_floor_of_tls() -> None:
    at = Office("12.5(1)", maker=loopback.maker())
    at.does("* set tls min-version 1.2")
    with Lab((at.cluster,), Terms(device_of=device_of)) as lab:
        host, port = lab.book.find("pub", Service.TVS)
        old = ("-tls1_1", "-cipher", tls.OLD_CIPHERS)
        refused = run(need("openssl"), "s_client", "-connect", f"{host}:{port}", *old)
        taken = run(need("openssl"), "s_client", "-connect", f"{host}:{port}", "-tls1_2")
    assert b"protocol version" in refused.stderr
    assert b"CN = pub" in taken.stdout
