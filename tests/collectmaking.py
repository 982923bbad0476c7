"""A server of the services on loopback, and a wire to it that never really waits."""

import functools
import ssl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest
from cucm import OS_PASSWORD, OS_USER, PASSWORD, USER, Cucm, Seen, certificate, phone_rows, serving
from listmaking import published_ctl, signed_itl

from phoneemu.collect.credentials import Credential
from phoneemu.collect.readings import Realm
from phoneemu.collect.wire import Patience, Wire
from phoneemu.net import tftp
from phoneemu.net.book import Book, Place, Service, parse

if TYPE_CHECKING:
    from phoneemu.collect.gather import Part, Result


def trusting(pem: Path) -> ssl.SSLContext:
    """A context that trusts this certificate alone."""
    return ssl.create_default_context(cafile=str(pem))


@attrs.define
class Bench:
    """The server, the wire to it, and how long the wire would have waited."""

    cucm: Cucm
    wire: Wire
    pem: Path
    waited: list[float]


@pytest.fixture(scope="session")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's key and certificate."""
    return certificate(tmp_path_factory.mktemp("tls"))


def wire_to(port: int, context: ssl.SSLContext, waited: list[float], **more: float) -> Wire:
    """A wire with the right passwords."""
    return Wire(
        context=context,
        credentials={
            Realm.APPLICATION: Credential(user=USER, password=PASSWORD),
            Realm.PLATFORM: Credential(user=OS_USER, password=OS_PASSWORD),
        },
        port=port,
        patience=Patience(**{"connect": 5.0, "whole": 10.0, "page": 5.0, **more}),  # type: ignore[arg-type]
        sleep=waited.append,
    )


@pytest.fixture
def bench(pem: Path) -> Iterator[Bench]:
    """A cluster of two nodes without phones."""
    cucm = Cucm()
    waited: list[float] = []
    with serving(cucm, pem) as port:
        yield Bench(cucm, wire_to(port, trusting(pem), waited), pem, waited)


NOW = datetime(2026, 3, 9, 17, 0, tzinfo=UTC)


@functools.cache
def itl() -> bytes:
    """The ITL that every node serves."""
    return signed_itl().raw or b""


@functools.cache
def ctl() -> bytes:
    """The CTL, too."""
    return published_ctl().raw or b""


@attrs.define
class Site:
    """A cluster with its file servers; `files` is what each node serves by HTTP."""

    bench: Bench
    folder: Path
    book: Book
    files: dict[str, Cucm]

    def collect(self, *parts: "Part", fresh: bool = False, **more: object) -> "dict[str, Result]":
        """One run; the results by name."""
        from phoneemu.collect.folder import Folder  # late: without the extra other tests must still run
        from phoneemu.collect.gather import USUAL, Gathering

        self.bench.wire.given_up.clear()  # as each run has a wire of its own
        gathering = Gathering(
            wire=self.bench.wire,
            folder=Folder.open(self.folder, "127.0.0.1", NOW, fresh=fresh),
            host="127.0.0.1",
            now=NOW,
            parts=parts or USUAL,
            book=self.book,
            file_patience=tftp.Patience(waits=(5.0,), total=20.0),
            **more,  # type: ignore[arg-type]
        )
        return {result.name: result for result in gathering.run()}

    def written(self) -> list[str]:
        """The files of the snapshot."""
        return sorted(path.name for path in self.folder.iterdir() if not path.name.startswith("."))


@pytest.fixture
def site(bench: Bench, tmp_path: Path) -> Iterator[Site]:
    """Two nodes with lists, 12 phones, all of them seen."""
    bench.cucm.tables = {
        "device": phone_rows(12),
        "callmanagergroup": [{"cmgname": "CMG-1", "servername": "pub", "priority": "0"}],
        "processconfig": [{"paramname": "ClusterSecurityMode", "paramvalue": "0"}],
        "typemodel": [{"enum": "685", "name": "Cisco 8861"}],
        "certificate": [
            {
                "servername": "pub",
                "name": "CallManager",
                "moniker": "own",
                "ipv4address": "",
                "certificate": "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----",
            }
        ],
    }
    bench.cucm.seen = [Seen(name=row["name"]) for row in phone_rows(12)]
    listed = [{"service": "tomcat", "certificate": "-----BEGIN CERTIFICATE-----"}]
    bench.cucm.certificates = {host: {"identities": listed} for host in ("127.0.0.1", "localhost")}
    files = {name: Cucm(pages={"/ITLFile.tlv": itl(), "/CTLFile.tlv": ctl()}) for name in ("pub", "sub")}
    with ExitStack() as stack:
        ports = {name: stack.enter_context(serving(files[name], None)) for name in files}
        hosts = {"pub": "127.0.0.1", "sub": "localhost"}
        lines = [f"{name} {hosts[name]} http={port} tftp=9" for name, port in ports.items()]
        yield Site(bench, tmp_path / "snapshot", parse("\n".join(lines)), files)


def without_files(site: Site, node: str) -> None:
    """Nobody listens for files there any more."""
    nobody = Place(host="127.0.0.1", ports={Service.HTTP: 9, Service.TFTP: 9})
    site.book = Book(places={**site.book.places, node: nobody})


def short(results: "dict[str, Result]") -> list[str]:
    """The parts that are not whole."""
    return [name for name, each in results.items() if each.outcome.value in ("partial", "failed")]


def with_pages(site: Site, ips: Sequence[str]) -> list[str]:
    """One phone at each address, all saying that they have a page."""
    site.bench.cucm.seen = [
        Seen(name=f"SEP0200{number:08X}", httpd="Yes", ip=ip) for number, ip in enumerate(ips)
    ]
    return [seen.name for seen in site.bench.cucm.seen]


SETUP = "/CGI/Java/Serviceability?adapter=device.statistics.configuration"
STATUS = "/CGI/Java/Serviceability?adapter=device.settings.status.messages"
