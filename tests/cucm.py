"""A server on loopback that behaves like AXL, RISPort70, certificates' REST and phones, as far as is asked.

Its wordings are those that public clients of the real services have to understand
[AXL-DEV, RISPORT70, CERTMGR].
"""

import base64
import datetime
import http.server
import ipaddress
import json
import re
import ssl
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import escape

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

USER, PASSWORD = "axlreader", "Gr8-secret-0x7f"
OS_USER, OS_PASSWORD = "osadmin", "pl4tform-secret"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def certificate(folder: Path, *, days: int = 30, hosts: Sequence[str] = ("127.0.0.1", "127.0.0.2")) -> Path:
    """A PEM file with a new key and a self-signed certificate for these hosts; negative days: expired."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cucm-pub (test)")])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(host)) for host in hosts]
    names.append(x509.DNSName("localhost"))
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=60))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / f"server-{built.serial_number:x}.pem"
    path.write_bytes(secret + built.public_bytes(Encoding.PEM))
    return path


@attrs.frozen
class Request:
    """What the server was asked."""

    verb: str
    path: str
    action: str
    body: str
    host: str
    authorization: str


@attrs.define
class Seen:
    """One phone as one node's RISPort knows it."""

    name: str
    node: str = "pub"
    status: str = "Registered"
    stamp: int = 1704067200
    httpd: str = "No"
    ip: str = "10.0.1.100"
    model: str = "685"


Special = Callable[["Handler", Request], bool]
"""Answers in place of the server; whether it did."""


@attrs.define
class Cucm:
    """The cluster behind the server; a test changes what it needs."""

    release: str = "14.0.1.10000-20"
    versions: tuple[str, ...] = ("12.5", "14.0")
    advertised: str = "12.x and 14.0"
    nodes: list[tuple[str, str, str]] = attrs.field(
        factory=lambda: [
            ("EnterpriseWideData", "Subscriber", ""),
            ("sub", "Subscriber", "CUCM Voice/Video"),
            ("pub", "Publisher", "CUCM Voice/Video"),
            ("imp", "Subscriber", "CUCM IM and Presence"),
        ]
    )
    tables: dict[str, list[dict[str, str]]] = attrs.field(factory=dict)
    """Rows by a word of the query: device, callmanagergroup, processconfig, certificate."""
    unknown_tags: set[str] = attrs.field(factory=set)
    unknown_columns: set[str] = attrs.field(factory=set)
    largest_page: int = 10_000
    seen: list[Seen] = attrs.field(factory=list)
    ris_most: int = 1000
    ris_total: bool = True
    """Whether it says how many it found in all, where it cut an answer."""
    node_codes: dict[str, str] = attrs.field(factory=dict)
    certificates: dict[str, object] = attrs.field(factory=dict)
    busy: dict[str, int] = attrs.field(factory=dict)
    """Path -> how many times it is busy first."""
    throttled: int = 0
    """How many times RISPort says that its rate was exceeded."""
    pages: dict[str, bytes] = attrs.field(factory=dict)
    special: Special = lambda _handler, _request: False
    requests: list[Request] = attrs.field(factory=list)

    def asked(self, action: str) -> list[Request]:
        """The requests with this SOAP action."""
        return [each for each in self.requests if each.action.endswith(action)]


def phone_rows(count: int, *, first: int = 0) -> list[dict[str, str]]:
    """That many phones as the database has them."""
    return [
        {
            "name": f"SEP0200{number:08X}",
            "model": "Cisco 8861",
            "devicepool": "Main",
            "cmgroup": "CMG-1",
            "secprofile": "Cisco 8861 - Standard SIP Non-Secure Profile",
            "secmode": "Non Secure",
            "specialloadinformation": "",
        }
        for number in range(first, first + count)
    ]


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    cucm: Cucm
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_PUT(self) -> None:
        self._serve("PUT")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def _serve(self, verb: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            verb,
            self.path,
            (self.headers.get("SOAPAction") or "").strip('"'),
            self.rfile.read(length).decode(),
            (self.headers.get("Host") or "").rpartition(":")[0],
            self.headers.get("Authorization") or "",
        )
        cucm = self.cucm
        cucm.requests.append(request)
        self.close_connection = True
        if cucm.special(self, request):
            return
        if cucm.busy.get(self.path, 0) > 0:
            cucm.busy[self.path] -= 1
            self.answer(503, "<html>Service Unavailable</html>", "text/html", retry="7")
        elif self.path in cucm.pages:
            self.answer(200, cucm.pages[self.path], "text/html")
        elif self.path == "/axl/" and verb == "POST":
            self._authorized(request, USER, PASSWORD, self._axl)
        elif self.path == "/realtimeservice2/services/RISService70" and verb == "POST":
            self._authorized(request, USER, PASSWORD, self._ris)
        elif self.path == "/platformcom/api/v1/certmgr/config/snapshot/server" and verb == "GET":
            self._authorized(request, OS_USER, OS_PASSWORD, self._certificates)
        else:
            self.answer(404, "<html>404</html>", "text/html")

    def answer(
        self, status: int, body: str | bytes, kind: str = "text/xml", *, retry: str = "", location: str = ""
    ) -> None:
        """Answer, whole."""
        content = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if retry:
            self.send_header("Retry-After", retry)
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(content)

    def soap(self, inner: str, status: int = 200) -> None:
        """Answer with an envelope."""
        self.answer(
            status,
            f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Body>'
            f"{inner}</soapenv:Body></soapenv:Envelope>",
        )

    def fault(self, text: str) -> None:
        """Answer with a fault."""
        words = f"<faultcode>soapenv:Server</faultcode><faultstring>{escape(text)}</faultstring>"
        self.soap(f"<soapenv:Fault>{words}</soapenv:Fault>", 500)

    def _authorized(
        self, request: Request, user: str, password: str, serve: Callable[[Request], None]
    ) -> None:
        wanted = f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
        if request.authorization == wanted:
            serve(request)
        else:
            self.answer(401, "<html>HTTP Status 401</html>", "text/html")

    # ------------------------------------------------------------ AXL

    def _axl(self, request: Request) -> None:
        found = re.fullmatch(r"CUCM:DB ver=(\S+) (\w+)", request.action)
        version, operation = found.groups() if found else ("", "")
        if version not in self.cucm.versions:
            words = f"Incorrect axl version. Supported axl versions are {self.cucm.advertised}"
            page = f"<!-- custom Cisco error page --><html><div>HTTP Status 599 - {words}</div></html>"
            self.answer(599, page, "text/html")
            return
        namespace = f'xmlns:ns="http://www.cisco.com/AXL/API/{version}"'
        inner = {
            "getCCMVersion": self._version,
            "listProcessNode": self._nodes,
            "executeSQLQuery": self._rows,
            "listPhone": self._phones,
        }[operation](ET.fromstring(request.body))  # noqa: S314 - our own question
        if inner is not None:
            whole = f"<return>{inner}</return>"
            self.soap(f"<ns:{operation}Response {namespace}>{whole}</ns:{operation}Response>")

    def _version(self, _root: ET.Element) -> str:
        return f"<componentVersion><version>{self.cucm.release}</version></componentVersion>"

    def _nodes(self, root: ET.Element) -> str | None:
        wanted = [each.tag for tags in root.iter("returnedTags") for each in tags]
        for tag in self.cucm.unknown_tags & set(wanted):
            self.fault(f"unexpected element: {tag}")
            return None
        found = ""
        for name, usage, role in self.cucm.nodes:
            said = {"name": name, "nodeUsage": usage, "processNodeRole": role}
            cells = "".join(f"<{tag}>{escape(said[tag])}</{tag}>" for tag in wanted)
            found += f'<processNode uuid="{{1}}">{cells}</processNode>'
        return found

    def _rows(self, root: ET.Element) -> str | None:
        sql = next(each.text or "" for each in root.iter("sql"))
        paging = re.match(r"select skip (\d+) first (\d+) (.*) from (\w+)", sql)
        assert paging is not None, sql
        skip, first, columns, table = int(paging[1]), int(paging[2]), paging[3], paging[4]
        for column in self.cucm.unknown_columns:
            if column in columns:
                self.fault(f"Column ({column}) not found in any table in the query (or SLV is undefined).")
                return None
        if first > self.cucm.largest_page:
            total = len(self.cucm.tables.get(table, []))
            self.fault(
                f"Query request too large. Total rows matched: {total} rows. "
                f"Suggested row fetch: less than {self.cucm.largest_page} rows"
            )
            return None
        names = [each.split(" as ")[-1].rpartition(".")[2] for each in columns.split(",")]
        rows = self.cucm.tables.get(table, [])[skip : skip + first]
        return "".join(
            "<row>" + "".join(f"<{name}>{escape(row[name])}</{name}>" for name in names) + "</row>"
            for row in rows
        )

    def _phones(self, root: ET.Element) -> str:
        skip, first = (int(next(each.text or "" for each in root.iter(tag))) for tag in ("skip", "first"))
        return "".join(
            f"<phone uuid='{{2}}'><name>{row['name']}</name><model>{row['model']}</model>"
            f"<devicePoolName uuid='{{3}}'>{row['devicepool']}</devicePoolName></phone>"
            for row in self.cucm.tables.get("device", [])[skip : skip + first]
        )

    # ------------------------------------------------------------ RISPort

    def _ris(self, request: Request) -> None:
        cucm = self.cucm
        if cucm.throttled > 0:
            cucm.throttled -= 1
            self.fault(
                "AxisFault: Exceeded allowed rate for Reatime information. Current allowed rate for "
                "realtime information is 15 requests per minute."
            )
            return
        root = ET.fromstring(request.body)  # noqa: S314 - our own question
        items = [each.text or "" for each in root.iter() if each.tag.endswith("}Item")]
        state = next(each.text or "" for each in root.iter() if each.tag.endswith("}StateInfo"))
        wanted = {item.upper() for item in items}
        found = [each for each in cucm.seen if "*" in items or each.name.upper() in wanted]
        given = found[int(state or 0) :][: cucm.ris_most]
        nodes = dict.fromkeys([*cucm.node_codes, *(each.node for each in given)], "")
        listed = "".join(
            f"<ns1:item><ns1:ReturnCode>{cucm.node_codes.get(node, 'Ok')}</ns1:ReturnCode>"
            f"<ns1:Name>{node}</ns1:Name><ns1:NoChange>false</ns1:NoChange><ns1:CmDevices>"
            + "".join(_device(each) for each in given if each.node == node)
            + "</ns1:CmDevices></ns1:item>"
            for node in nodes
        )
        total = len(found) if cucm.ris_total else len(given)
        after = int(state or 0) + len(given)
        self.soap(
            '<ns1:selectCmDeviceResponse xmlns:ns1="http://schemas.cisco.com/ast/soap">'
            "<ns1:selectCmDeviceReturn><ns1:SelectCmDeviceResult>"
            f"<ns1:TotalDevicesFound>{total}</ns1:TotalDevicesFound><ns1:CmNodes>{listed}</ns1:CmNodes>"
            f"</ns1:SelectCmDeviceResult><ns1:StateInfo>{after}</ns1:StateInfo>"
            "</ns1:selectCmDeviceReturn></ns1:selectCmDeviceResponse>"
        )

    def _certificates(self, request: Request) -> None:
        self.answer(200, json.dumps(self.cucm.certificates.get(request.host, {})), "application/json")


def _device(seen: Seen) -> str:
    fields = {
        "Name": seen.name,
        "DirNumber": "4711-Registered",
        "DeviceClass": "Phone",
        "Model": seen.model,
        "Httpd": seen.httpd,
        "LoginUserId": "anna.example",
        "Status": seen.status,
        "StatusReason": "0",
        "Description": "Anna, room 12",
        "TimeStamp": str(seen.stamp),
        "Protocol": "SIP",
        "ActiveLoadID": "sip88xx.14-2-1-0001-14",
    }
    inner = "".join(f"<ns1:{name}>{value}</ns1:{name}>" for name, value in fields.items())
    address = f"<ns1:IPAddress><ns1:item><ns1:IP>{escape(seen.ip)}</ns1:IP></ns1:item></ns1:IPAddress>"
    return f"<ns1:item>{inner}{address}</ns1:item>"


@contextmanager
def serving(cucm: Cucm, pem: Path | None, host: str = "127.0.0.1") -> Iterator[int]:
    """Serve, over TLS with that certificate or plainly without one; gives the port."""
    handler = type("Bound", (Handler,), {"cucm": cucm})
    server = http.server.ThreadingHTTPServer((host, 0), handler)
    server.daemon_threads = True
    if pem is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
