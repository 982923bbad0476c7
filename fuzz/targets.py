"""What is fuzzed: every reader of bytes or text that somebody else may have written.

A target takes bytes and returns; the errors that a reader promises are no finding, everything else is. Each
names a few good inputs to begin from: small ones, made here.
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import attrs

from phoneemu import example
from phoneemu.catalogue import catalogue
from phoneemu.cluster import runbook, session
from phoneemu.collect import soap
from phoneemu.collect.failures import NotCollected
from phoneemu.core import listparse, modelfile, phoneconfig, showparse, signedfile, tvs
from phoneemu.core.names import Identity
from phoneemu.core.tlv import MalformedFile, read_tlvs
from phoneemu.errors import BadInput
from phoneemu.fleet import (
    certjson,
    certtexts,
    clusterfile,
    inventory,
    kept,
    listphone,
    phonepages,
    risport,
    sheets,
    sqlanswers,
    sqltext,
    terminal,
)
from phoneemu.fleet.listexports import read_lists
from phoneemu.fleet.snapshot import read_snapshot
from phoneemu.net import book, tftpwire
from phoneemu.replay import casefile, importing, loglines, phonelog, results, suite, tvslog
from phoneemu.replay.case import Origin
from phoneemu.replay.casemaking import Terms
from phoneemu.testing import conformance
from phoneemu.testing.office import Office

PROMISED = (BadInput, MalformedFile, modelfile.ModelFileError)
"""What a reader may raise: one line that names the place."""


@attrs.frozen(kw_only=True)
class Target:
    """One reader, and inputs to begin from."""

    read: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]] = list

    def __call__(self, data: bytes) -> None:
        """Read it.

        Raises:
            Exception: the reader broke its promise.
        """
        try:
            self.read(data)
        except PROMISED:
            return


def _text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: read(data.decode("utf-8", "replace"))


def _file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """A reader of files: the bytes come from a file of this name."""
    folder = Path(tempfile.mkdtemp(prefix="phoneemu-fuzz-"))

    def from_file(data: bytes) -> object:
        path = folder / name
        path.write_bytes(data)
        return read(path)

    return from_file


def _snapshot(name: str) -> Callable[[bytes], object]:
    """A snapshot of the example in which one file is the fuzzer's."""
    folder = Path(tempfile.mkdtemp(prefix="phoneemu-fuzz-"))
    example.write(folder)
    phones = folder / "snapshot" / "phones.csv"
    phones.write_text(
        "".join(phones.read_text(encoding="utf-8").splitlines(keepends=True)[:4]), encoding="utf-8"
    )

    def read(data: bytes) -> object:
        (folder / "snapshot" / name).write_bytes(data)
        return read_snapshot(folder / "snapshot")

    return read


# ---------------------------------------------------------------- what to begin from


def _office() -> Office:
    return Office("12.5(1)", mixed=True, sockets=True)


def _lists() -> list[bytes]:
    node = _office().cluster.publisher
    return [each.raw for each in (node.ctl, node.itl) if each is not None and each.raw is not None]


def _configs() -> list[bytes]:
    office = _office()
    config = office.phone("8861").flash.config
    assert config is not None  # noqa: S101 - it has booted
    return [phoneconfig.render(config)]


def _signed() -> list[bytes]:
    from phoneemu.cluster.serve import file_bytes
    from phoneemu.cluster.state import Device

    office = _office()
    served = file_bytes(
        office.cluster, office.cluster.publisher, "SEP001122AABBCC.cnf.xml.sgn", Device(group=("pub",))
    )
    return [served] if served is not None else []


def _tvs() -> list[bytes]:
    query = tvs.Query(session=1001, device="CP-1-SEP001122AABBCC", signer=Identity("CN=a", "CN=a", 7))
    return [tvs.encode(query)]


def _example(*names: str) -> Callable[[], list[bytes]]:
    def seeds() -> list[bytes]:
        with tempfile.TemporaryDirectory() as name:
            example.write(Path(name))
            return [(Path(name) / each).read_bytes()[:6000] for each in names]

    return seeds


def _said(*texts: str) -> Callable[[], list[bytes]]:
    return lambda: [text.encode() for text in texts]


SQL = """admin:run sql select d.name,tm.name as model from device
name            model
=============== ==========
SEP001122AABBCC Cisco 8861
SEP001122AABBCD Cisco 7960
"""
GROUPS = """cmgname servername priority
======= ================ ========
CMG-1   cucm-1051-a-pub  0
CMG-1   cucm-1051-a-sub1 1
"""
RIS = """<r><CmNodes><item><Name>pub</Name><CmDevices><item><Name>SEP001122AABBCC</Name>
<Status>Registered</Status><TimeStamp>1704067200</TimeStamp><Model>685</Model><Protocol>SIP</Protocol>
<ActiveLoadID>sip88xx.14-2-1</ActiveLoadID></item></CmDevices></item></CmNodes></r>"""
RIS_JSON = (
    '{"CmNodes": [{"Name": "pub", "CmDevices": [{"Name": "SEP001122AABBCC", "Status": "Registered"}]}]}'
)
PHONE_LOG = """2782: NOT 17:21:51.794615 SECD: setupSocketToTvsProxy: Connected to TVS proxy server
2783: NOT 17:21:51.796021 SECD: tvsReqFlushTvsCertCache: Sent Request to TVS proxy, len: 3708
"""
TVS_TRACE = """17:21:51.832 | debug tvsHandleQueryCertReq : Subject Name is: CN=pub;O=Test
17:21:51.832 | debug tvsHandleQueryCertReq : Issuer Name is: CN=pub;O=Test
17:21:51.832 | debug tvsHandleQueryCertReq : Serial Number is: 6B1D357B
17:21:51.832 | debug CertificateDBCache::getCertificateInformation - Found entry {rolecount : 2}
17:21:51.832 | debug CertificateDBCache::getCertificateInformation - {role : 0}
"""
CERTIFICATES = (
    '{"certificates": [{"service": "CallManager", "serialNumber": "70CA", "issuer": "CN=pub;O=T"}]}'
)
LIST_PHONE = """<ns:listPhoneResponse xmlns:ns="http://example/AXL"><return>
<phone uuid="{1}"><name>SEP001122AABBCC</name>
<model>Cisco 8861</model><devicePoolName>Depot</devicePoolName></phone></return></ns:listPhoneResponse>"""
PAGE = """<html><title>Phone</title><table><tr><td>Host name</td><td>SEP001122AABBCC</td></tr>
<tr><td>Model number</td><td>CP-8861</td></tr>
<tr><td>ITL signature</td><td>00 11 22 33</td></tr></table></html>"""
CERTIFICATE_TEXT = """admin:show cert list own
TVS/TVS.pem: Self-signed certificate generated by system
admin:show cert own CallManager
  Serial Number: 70CAF64E0907
  Issuer Name: CN=cucm-1051-a-pub, O=Cisco
  Validity From: Fri Mar 06 19:45:13 CET 2015
           To:   Thu Mar 05 19:45:12 CET 2020
-----BEGIN CERTIFICATE-----
MIIB
-----END CERTIFICATE-----
"""
TERMINAL = (
    "admin:show version active\nActive Master Version: 12.5.1.14900-63\nadmin:show network cluster\n"
    "192.0.2.11 pub.example.com pub Publisher callmanager DBPub authenticated\n"
    "192.0.2.12 sub.example.com Subscriber callmanager DBSub authenticated using TCP since Mon\n"
)
SQL_PEM = """servername      name        certificate
=============== =========== ===========
cucm-1051-a-pub CallManager -----BEGIN CERTIFICATE-----
MIIB
-----END CERTIFICATE-----
"""
SQL_ROWS = "<return><row><name>SEP001122AABBCC</name><model>Cisco 8861</model></row></return>"
MODEL = """schema = 1
model = "x"
name = "X"
enum = [1]
family = "none"
[trust]
asks_tvs = { value = true, standing = "assumed", source = "S", note = "n" }
[[firmware]]
from = "14-2-1"
[firmware.trust]
reads_itl = { value = true, standing = "inferred", source = "S" }
"""
CASE = """schema = 1
case = "c"
origin = "synthetic"
script = "captures/make.py"
model = "8861"
device = "SEP001122AABBCC"
clock = 2026-03-09T17:00:00Z
[[exchange]]
kind = "file"
server = "pub"
transport = "tftp"
name = "CTLFile.tlv"
outcome = "missing"
"""


def _pcap() -> list[bytes]:
    import packetmaking as make

    phone, server = make.PHONE, make.SERVER
    asked = b"\0\x01CTLSEP001122AABBCC.tlv\0octet\0"
    head = b"GET /ITLFile.tlv HTTP/1.1\r\n\r\n"
    packets = [
        make.udp(phone, server, 40000, 69, asked),
        make.udp(server, phone, 50000, 40000, b"\0\x03\0\x01" + b"x" * 40),
        make.tcp(phone, server, (40001, 6970), (1, 0), make.SYN),
        make.tcp(phone, server, (40001, 6970), (2, 1), make.PSH | make.ACK, head),
        make.tcp(server, phone, (6970, 40001), (1, 40), make.PSH | make.ACK, b"HTTP/1.1 200 OK\r\n\r\nx"),
        make.tcp(phone, server, (40002, 2445), (2, 1), make.PSH | make.ACK, b"\x16\x03\x01\0\x04\x01\0\0\0"),
    ]
    frames = [(make.START + at, make.ethernet(each)) for at, each in enumerate(packets)]
    return [make.pcap(frames), make.pcapng(frames)]


def _imported(path: Path) -> object:
    terms = Terms(models={"": "8861"}, origin=Origin.SYNTHETIC, script="fuzz")
    return importing.read(path, terms, catalogue())


def _collected(read: Callable[[bytes], object]) -> Callable[[bytes], object]:
    """A reader of what a server answered; that it cannot be used is a promised error there."""

    def quietly(data: bytes) -> object:
        with contextlib.suppress(NotCollected):
            return read(data)
        return None

    return quietly


def _lines(read: Callable[[Iterator[loglines.Line]], object]) -> Callable[[bytes], object]:
    return _text(lambda text: read(loglines.lines(iter(text.splitlines(keepends=True)))))


TARGETS: Mapping[str, Target] = {
    "tlv": Target(read=lambda data: list(read_tlvs(data, 0, len(data))), seeds=_lists),
    "trust-list": Target(read=listparse.parse, seeds=_lists),
    "signed-file": Target(read=signedfile.parse, seeds=_signed),
    "phone-config": Target(read=phoneconfig.parse, seeds=_configs),
    "tvs-message": Target(read=tvs.parse, seeds=_tvs),
    "show-text": Target(read=_text(showparse.parse_all), seeds=_example("snapshot/show_ctl.txt")),
    "model-file": Target(read=_text(lambda text: modelfile.parse(text, "x.toml")), seeds=_said(MODEL)),
    "load-name": Target(
        read=_text(modelfile.parse_load), seeds=_said("sip88xx.14-2-1-0101-2", "SCCP75.9-4-2SR4-3S")
    ),
    "runbook": Target(read=_text(runbook.parse), seeds=_example("runbook.txt")),
    "history": Target(
        read=_text(lambda text: session.read_history(text, "h")), seeds=_said("1.000 pub reinstall\n")
    ),
    "cluster-file": Target(read=_text(clusterfile.parse), seeds=_example("snapshot/cluster.toml")),
    "inventory": Target(
        read=_file("phones.csv", lambda path: inventory.read_inventory([path])),
        seeds=_example("snapshot/phones.csv"),
    ),
    "sql-text": Target(read=_file("phones.sql.txt", sqltext.read), seeds=_said(SQL)),
    "ris-xml": Target(read=_file("ris.xml", risport.read), seeds=_said(RIS)),
    "ris-json": Target(read=_file("ris.json", risport.read), seeds=_said(RIS_JSON)),
    "list-export": Target(
        read=_file("show_itl_pub.txt", lambda path: read_lists([path])),
        seeds=_example("snapshot/show_ctl.txt"),
    ),
    "certificate-text": Target(
        read=_text(lambda text: certtexts.of_text(text, "x")), seeds=_said(CERTIFICATE_TEXT)
    ),
    "certificate-sql": Target(
        read=_text(lambda text: certtexts.of_tables(sqltext.parse(text, "x")[0], "x")), seeds=_said(SQL_PEM)
    ),
    "terminal": Target(read=_text(lambda text: terminal.parse(text, "x")), seeds=_said(TERMINAL)),
    "snapshot-groups": Target(read=_snapshot("cmgroups.sql.txt"), seeds=_said(GROUPS)),
    "prediction-json": Target(
        read=_file("old.json", kept.read_verdicts), seeds=_said('{"schema": 1, "phones": []}')
    ),
    "hosts-book": Target(read=_text(book.parse), seeds=_said("pub 127.0.0.1 tftp=6969\n")),
    "tftp-datagram": Target(read=tftpwire.decode, seeds=_said("\0\x01name\0octet\0", "\0\x03\0\x01block")),
    "expected-failures": Target(read=_text(lambda text: conformance.read_expected(text, "x"))),
    "packet-capture": Target(read=_file("boot.pcap", _imported), seeds=_pcap),
    "phone-log": Target(read=_lines(phonelog.read), seeds=_said(PHONE_LOG)),
    "tvs-trace": Target(read=_lines(tvslog.read), seeds=_said(TVS_TRACE)),
    "replay-results": Target(
        read=_text(lambda text: results.loads(text, "old.json")), seeds=_said('{"schema": 1, "cases": {}}')
    ),
    "known-gaps": Target(
        read=_text(lambda text: suite.parse_gaps(text, "known-gaps.toml")),
        seeds=_said('schema = 1\n[gaps]\n"8861/x/y" = "why"'),
    ),
    "certificate-json": Target(read=_file("certs.json", certjson.read), seeds=_said(CERTIFICATES)),
    "sql-answer": Target(read=_file("rows.xml", sqlanswers.read), seeds=_said(SQL_ROWS)),
    "listphone-xml": Target(read=_file("phones.xml", listphone.read), seeds=_said(LIST_PHONE)),
    "phone-page": Target(
        read=_file("page.html", lambda path: phonepages.read_pages([path])), seeds=_said(PAGE)
    ),
    "spreadsheet": Target(read=_file("phones.xlsx", sheets.read)),
    "parquet": Target(read=_file("phones.parquet", sheets.read)),
    "snapshot-any": Target(
        read=_snapshot("export.txt"),
        seeds=_said(
            SQL, GROUPS, RIS.replace(">pub<", ">cucm-1051-a-pub<"), CERTIFICATE_TEXT, LIST_PHONE, PAGE
        ),
    ),
    "soap-answer": Target(read=_collected(soap.parsed), seeds=_said(RIS)),
    "capture-case": Target(read=_text(lambda text: casefile.parse(text, "capture.toml")), seeds=_said(CASE)),
}
"""Every target by its name."""
