"""A server of the services on loopback, and a wire to it that never really waits."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from cucm import OS_PASSWORD, OS_USER, PASSWORD, USER, Cucm, certificate, serving

from phoneemu.collect.credentials import Credential
from phoneemu.collect.readings import Realm
from phoneemu.collect.wire import Patience, Wire


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
