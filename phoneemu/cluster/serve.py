"""The lab: emulated clusters on sockets. The only door of this room to the network.

Files by TFTP, HTTP 6970 and HTTPS 6971, the TVS, and as much of a CallManager as takes a registration. What
is served is asked of the same functions that answer a phone in memory, at the moment it is asked for.
"""

import contextlib
import functools
import http.server
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Self
from urllib.parse import unquote

import attrs

from phoneemu.cluster import publish, tvs, tvstrace
from phoneemu.cluster import release as since
from phoneemu.cluster.drive import registration_trouble
from phoneemu.cluster.faults import PAUSE, Faults
from phoneemu.cluster.lab import maker
from phoneemu.cluster.served import Served
from phoneemu.cluster.state import CALLMANAGER, TFTP, TVS, Certificate, Cluster, Device, Node
from phoneemu.core import phoneconfig
from phoneemu.core import tvs as messages
from phoneemu.core.names import Identity
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.trustlist import TrustList
from phoneemu.core.vocabulary import RegistrationTrouble
from phoneemu.net import sip, tls
from phoneemu.net import tvs as lines
from phoneemu.net.address import family_of
from phoneemu.net.book import USUAL, Book, Place, Service
from phoneemu.net.tcpserver import SECONDS, TcpServer
from phoneemu.net.tftpserver import Outgoing, TftpServer

DeviceOf = Callable[[Cluster, str], Device]
Vouches = Callable[[str], bool]

TVS_LINGER = 0.02
"""Seconds from a TVS's answer to its closing the connection [C214535]."""


class Spot(NamedTuple):
    """One listening service of one node."""

    node: str
    service: Service


@attrs.frozen(kw_only=True)
class Terms:
    """How a lab serves.

    `device_of` is the database: how a cluster knows a phone by its name. `host` is the address it listens on,
    `hosts` the addresses of nodes that have one of their own; `ports` fixes ports by node and service, others
    are any free ones. `vouches` tells whether the TVS answers
    this phone about a signer that only the CTL itself names; sources differ, see cluster.drive.
    """

    device_of: DeviceOf
    host: str = "127.0.0.1"
    hosts: Mapping[str, str] = attrs.field(factory=lambda: MappingProxyType({}))
    ports: Mapping[Spot, int] = attrs.field(factory=lambda: MappingProxyType({}))
    faults: Faults = attrs.field(factory=Faults)
    vouches: Vouches = lambda _: True
    log: Callable[[str], None] = lambda _: None
    trace: Callable[[Sequence[str]], None] = lambda _: None
    """Gets what the TVS would write to its trace, request by request."""
    hear: Callable[[Served], None] = lambda _: None
    """Gets everything that is served."""


def available(cluster: Cluster, node: Node, service: Service) -> bool:
    """Whether this service of the node answers at all, as in memory."""
    if service in (Service.TFTP, Service.HTTP, Service.HTTPS):
        return node.runs(TFTP) and USUAL[service] not in node.blocked_ports
    if service is Service.TVS:
        return tvs.peer(cluster, node) is not None
    return node.runs(CALLMANAGER)


def file_bytes(cluster: Cluster, node: Node, name: str, device: Device) -> bytes | None:
    """The bytes this node serves under a name; None: no such file."""
    offered = publish.offered_file(cluster, node, name, device)
    if isinstance(offered, TrustList | SignedFile) and offered.raw is not None:
        return offered.raw
    if isinstance(offered, SignedFile) and offered.signer is None and offered.config is not None:
        return phoneconfig.render(offered.config)
    return None


def device_named(file: str) -> str:
    """The device a file name is about: SEP001122AABBCC of CTLSEP001122AABBCC.tlv; "" when of all."""
    stem = file.partition(".")[0]
    if file.endswith(".tlv"):
        stem = stem[3:] if stem[:3] in ("CTL", "ITL") else stem
    return "" if stem == "File" else stem


class Lab:
    """Clusters on sockets; a context manager. `become` shows a later state of them."""

    def __init__(self, clusters: Sequence[Cluster], terms: Terms) -> None:
        self.requests: Counter[str] = Counter()
        self._terms = terms
        self._clusters = tuple(clusters)
        self._ports = dict(terms.ports)
        self._open: dict[Spot, TftpServer | int] = {}
        self._reserved: dict[Spot, socket.socket] = {}
        self._contexts: dict[tuple[Identity, str, str], ssl.SSLContext] = {}
        self._lock = threading.RLock()
        self._tcp: TcpServer | None = None

    def __enter__(self) -> Self:
        self._tcp = TcpServer()
        try:
            self._follow()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            for spot in list(self._open):
                if isinstance(self._open[spot], TftpServer):
                    self._shut(spot)
            self._open.clear()
            for reserved in self._reserved.values():
                reserved.close()
            self._reserved.clear()
            if self._tcp is not None:
                self._tcp.stop()
            self._tcp = None

    def become(self, clusters: Sequence[Cluster]) -> None:
        """Serve this state from now on; services that stopped no longer listen.

        Raises:
            OSError: a port that is needed again was taken by another program meanwhile.
        """
        with self._lock:
            self._clusters = tuple(clusters)
            self._follow()

    @property
    def book(self) -> Book:
        """Where every node's services are, those too that do not listen now."""
        places: dict[str, Place] = {}
        for cluster in self._clusters:
            for node in cluster.nodes:
                ports = {spot.service: port for spot, port in self._ports.items() if spot.node == node.name}
                place = Place(host=self._host(node.name), ports=MappingProxyType(ports))
                places |= dict.fromkeys(node.known_as, place)
        return Book(places=MappingProxyType(places))

    def _host(self, node: str) -> str:
        return self._terms.hosts.get(node, self._terms.host)

    def find(self, name: str) -> tuple[Cluster, Node] | None:
        """The node of this name as it is now."""
        for cluster in self._clusters:
            node = next((each for each in cluster.nodes if each.name == name), None)
            if node is not None:
                return cluster, node
        return None

    # ------------------------------------------------------------ listening

    def _follow(self) -> None:
        """Open and close sockets until they are what the clusters say."""
        wanted = {
            Spot(node.name, service)
            for cluster in self._clusters
            for node in cluster.nodes
            for service in Service
            if available(cluster, node, service)
        }
        known = {
            Spot(node.name, service)
            for cluster in self._clusters
            for node in cluster.nodes
            for service in Service
        }
        for spot in set(self._open) - wanted:
            self._shut(spot)
        for spot in set(self._reserved) - (known - wanted):
            self._reserved.pop(spot).close()
        for spot in sorted(wanted - set(self._open), key=str):
            self._listen(spot)
        for spot in sorted(known - wanted - set(self._reserved), key=str):
            self._reserve(spot)

    def _reserve(self, spot: Spot) -> None:
        """Hold the port of a service that does not answer now, or another program might answer for it."""
        host = self._host(spot.node)
        kind = socket.SOCK_DGRAM if spot.service is Service.TFTP else socket.SOCK_STREAM
        sock = socket.socket(family_of(host), kind)
        port = self._ports.get(spot, 0)
        if port and spot.service is not Service.TFTP:  # its old connections may linger
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            with _named(host, port):
                sock.bind((host, port))
            if spot.service is Service.TFTP:  # it hears nobody but itself: the system tells others at once
                sock.connect(sock.getsockname())
        except OSError:
            sock.close()
            raise
        self._reserved[spot] = sock
        self._ports[spot] = sock.getsockname()[1]

    def _listen(self, spot: Spot) -> None:
        host, port = self._host(spot.node), self._ports.get(spot, 0)
        if spot.service is Service.TFTP:
            server = TftpServer(host, port, self._offer(spot), tamper=self._tamper)
            with _named(host, port):
                server.start()
            self._ports[spot], self._open[spot] = server.port, server
            return
        assert self._tcp is not None  # noqa: S101 - entered
        with _named(host, port):
            bound = self._tcp.listen(host, port, self._handler(spot))
        self._ports[spot] = self._open[spot] = bound

    def _shut(self, spot: Spot) -> None:
        server = self._open.pop(spot, None)
        if isinstance(server, TftpServer):
            server.stop()
        elif server is not None and self._tcp is not None:
            self._tcp.close(self._host(spot.node), server)

    def _handler(self, spot: Spot) -> Callable[[socket.socket, str], None]:
        handlers: Mapping[Service, Callable[[Spot, socket.socket, str], None]] = {
            Service.HTTP: self._http,
            Service.HTTPS: self._https,
            Service.TVS: self._tvs,
            Service.SIP: self._sip,
            Service.SIPS: self._sips,
        }
        handler = handlers[spot.service]
        return lambda connection, client: handler(spot, connection, client)

    def _count(self, spot: Spot, what: str) -> None:
        with self._lock:
            self.requests[spot.service.value] += 1
        self._terms.log(f"{spot.service.value} {spot.node}: {what}")

    # ------------------------------------------------------------ files

    def _served(self, spot: Spot, device: str, **what: Any) -> None:  # noqa: ANN401 - fields of Served
        what.setdefault("when", time.time())
        served = Served(service=spot.service.value, node=spot.node, device=device, **what)
        with self._lock:
            self._terms.hear(served)

    def _content(self, spot: Spot, name: str) -> bytes | Iterator[bytes] | None:
        place = self.find(spot.node)
        if place is None:
            return None
        cluster, node = place
        device = self._terms.device_of(cluster, device_named(name))
        data = file_bytes(cluster, node, name, device)
        self._count(spot, f"{name}: {'no such file' if data is None else f'{len(data):,} bytes'}")
        if data is None:
            return None
        other = next(
            (each.raw for each in (node.itl, node.ctl) if each is not None and each.raw != data), None
        )
        return self._terms.faults.content(node.name, name, data, other)

    def _offer(self, spot: Spot) -> Callable[[str, str], bytes | Iterator[bytes] | None]:
        def offer(name: str, _client: str) -> bytes | Iterator[bytes] | None:
            content = self._content(spot, name)
            kept = content if isinstance(content, bytes) else None
            error = "a file without end" if content is not None and kept is None else ""
            self._served(spot, device_named(name), name=name, content=kept, error=error)
            return content

        return offer

    def _tamper(self, _name: str, sent: Outgoing) -> Sequence[Outgoing]:
        return [
            attrs.evolve(sent, data=each.data, delay=each.delay, stranger=each.stranger)
            for each in self._terms.faults.datagrams(sent.data)
        ]

    def _http(self, spot: Spot, connection: socket.socket, client: str) -> None:
        faults = self._terms.faults
        lab = self

        class Request(http.server.BaseHTTPRequestHandler):
            """One connection; the library reads the request and writes the head."""

            def do_GET(self) -> None:
                """Answer with a file, or with the fault in force."""
                if faults.happens("http-silent"):
                    return
                begun = time.time()  # the phone may ask for the next thing before this one is noted
                name = unquote(self.path.lstrip("/").partition("?")[0])
                content, error = lab._content(spot, name), ""
                if content is None or faults.happens("http-404"):
                    content = None
                    self.send_error(404)
                elif faults.happens("http-503"):
                    error = "HTTP status 503"
                    self.send_error(503)
                else:
                    error = "" if self._send(content) else "broke off"
                kept = content if isinstance(content, bytes) else None
                lab._served(spot, device_named(name), when=begun, name=name, content=kept, error=error)

            def _send(self, content: bytes | Iterator[bytes]) -> bool:
                """Send it; whether it is a whole file that was sent."""
                whole = isinstance(content, bytes)
                self.send_response(200)
                self.send_header("Cache-Control", "no-store")  # as the cluster answers [formats 5]
                self.send_header("Content-type", "*/*")
                if isinstance(content, bytes):
                    self.send_header("Content-length", str(len(content)))
                self.end_headers()
                if isinstance(content, bytes):
                    whole = not faults.happens("http-truncate")
                    content = iter((content,) if whole else (content[: len(content) // 2],))
                for chunk in content:
                    if faults.happens("slow-file"):
                        for at in range(0, len(chunk), 64):
                            time.sleep(PAUSE)
                            self.wfile.write(chunk[at : at + 64])
                    else:
                        self.wfile.write(chunk)
                return whole

            def log_message(self, *_: object) -> None:
                """Nothing is printed here; the lab has its own log."""

        Request(connection, (client, 0), self)  # type: ignore[arg-type]  # only kept, never used

    def _https(self, spot: Spot, connection: socket.socket, client: str) -> None:
        place = self.find(spot.node)
        shown = place[1].running.get(CALLMANAGER) if place is not None else None
        if place is not None and shown is not None:
            with self._secured(connection, shown, place[0]) as secure:
                self._http(spot, secure, client)

    # ------------------------------------------------------------ TLS services

    @contextlib.contextmanager
    def _secured(
        self, connection: socket.socket, shown: Certificate, cluster: Cluster
    ) -> Iterator[ssl.SSLSocket]:
        """The connection behind a handshake with this certificate, in the cluster's TLS versions."""
        lowest, highest = cluster.min_tls, since.highest_tls(cluster.release)
        key = (shown.identity, lowest, highest)
        with self._lock:
            if key not in self._contexts:
                assert shown.key is not None  # noqa: S101 - a lab's certificates have keys
                self._contexts[key] = tls.server_context(shown.der, shown.key, lowest, highest)
            context = self._contexts[key]
        secure = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        try:
            if self._tcp is not None:
                self._tcp.exchange(connection, secure)
            secure.do_handshake()
            yield secure
        finally:
            secure.close()

    def _tvs(self, spot: Spot, connection: socket.socket, _client: str) -> None:
        place = self.find(spot.node)
        shown = tvs.peer(*place) if place is not None else None
        faults = self._terms.faults
        if place is None or shown is None or faults.happens("tvs-hangs-up"):
            return
        if faults.happens("tvs-new-certificate"):
            shown = _stranger()
        with self._secured(connection, shown, place[0]) as secure:
            request = lines.read(secure, SECONDS)
            if isinstance(request, messages.Answer):
                return
            what = _spoken(secure, shown, request)
            if faults.happens("tvs-drops-question"):
                self._served(spot, request.device, **what)
                return
            answer = self._answered(place, request)
            self._count(spot, f"{request.device}: {'known' if answer.valid else 'not known'}")
            silent = faults.happens("tvs-silent")
            self._served(spot, request.device, **what, answer=b"" if silent else messages.encode(answer))
            if silent:
                secure.settimeout(60)
                secure.recv(1)  # until the phone gives up
                return
            if faults.happens("tvs-garbage"):
                secure.sendall(b"\x57\x01\x04\x00garbage that is no answer")
                return
            if faults.happens("tvs-other-session"):
                secure.sendall(messages.encode(attrs.evolve(answer, session=answer.session + 7)))
            secure.sendall(messages.encode(answer))
            time.sleep(TVS_LINGER)

    def _answered(
        self, place: tuple[Cluster, Node], request: messages.Query | messages.Verify
    ) -> messages.Answer:
        if isinstance(request, messages.Query):
            signer: Identity | None = request.signer
            command = messages.Command.QUERY_ANSWER
        else:
            signer = tls.identity_of(request.certificate)
            command = messages.Command.VERIFY_ANSWER
        found = tvs.answer(*place, signer) if signer is not None else tvs.TvsAnswer(found=False)
        answer = self._worded(place, request, signer, found, command)
        self._terms.trace(tvstrace.lines(request, answer, found.trace))
        return answer

    def _worded(
        self,
        place: tuple[Cluster, Node],
        request: messages.Query | messages.Verify,
        signer: Identity | None,
        found: tvs.TvsAnswer,
        command: messages.Command,
    ) -> messages.Answer:
        device = request.device.rpartition("-")[2]
        valid = found.found and (found.uploaded or self._terms.vouches(device))
        if not valid or signer is None:
            return messages.Answer(session=request.session, command=command, valid=False)
        held = found.certificate.der if found.certificate is not None else b""
        listed = place[1].tvs_ctl.record_of(signer) if place[1].tvs_ctl is not None else None
        certificate = held or (listed.certificate if listed is not None else b"")
        if isinstance(request, messages.Verify) and certificate != request.certificate:
            return messages.Answer(session=request.session, command=command, valid=False)
        return messages.Answer(
            session=request.session,
            command=command,
            valid=True,
            certificate=certificate,
            roles=frozenset(int(role) for role in found.roles),
            ttl=found.ttl,
        )

    # ------------------------------------------------------------ registration

    def _sip(self, spot: Spot, connection: socket.socket, _client: str) -> None:
        self._registrar(spot, connection, secure=False)

    def _sips(self, spot: Spot, connection: socket.socket, _client: str) -> None:
        place = self.find(spot.node)
        shown = place[1].running.get(CALLMANAGER) if place is not None else None
        if place is not None and shown is not None:
            with self._secured(connection, shown, place[0]) as tied:
                self._registrar(spot, tied, secure=True)

    def _registrar(self, spot: Spot, connection: socket.socket, *, secure: bool) -> None:
        def judge(device: str) -> RegistrationTrouble | None:
            place = self.find(spot.node)
            if place is None:
                return RegistrationTrouble.REJECTED
            trouble = registration_trouble(*place, self._terms.device_of(place[0], device), secure=secure)
            self._count(spot, f"{device}: {trouble.value if trouble else 'registered'}")
            self._served(spot, device, trouble=trouble)
            return trouble

        connection.sendall(sip.answer(next(sip.heads(connection, time.monotonic() + SECONDS)), judge))


def _spoken(secure: ssl.SSLSocket, shown: Certificate, request: messages.Message) -> dict[str, Any]:
    """What TLS and the phone said, as fields of Served."""
    cipher = secure.cipher()
    return {
        "shown": shown.der,
        "tls": tls.version_of(secure),
        "cipher": cipher[0] if cipher else "",
        "question": messages.encode(request),
    }


@contextlib.contextmanager
def _named(host: str, port: int) -> Iterator[None]:
    """Say which address cannot be had."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, f"{host} port {port}" if port else host) from error


@functools.cache
def _stranger() -> Certificate:
    """A certificate that no list knows, for a TVS that is somebody else."""
    name = "CN=stranger;OU=emulated;O=phoneemu lab"
    return maker()(Certificate(unit=TVS, node="", identity=Identity(name, name, 0x5EED), serial=b"\x5e\xed"))
