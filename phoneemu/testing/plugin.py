"""A pytest plugin: fixtures and markers for suites that say what they expect of phones.

    @pytest.mark.office(release="12.5(1)", mixed=True)
    @pytest.mark.phones("8861@12-8-1", "8861@14-2-1", "7960")
    def test_a_renewed_signer(office, phone): ...

`office` is a cluster in memory, `phone` one phone in it that has booted once, `lab` serves the office on
loopback, `endpoint` is an endpoint behind the conformance door. docs/testing.md is the whole of it. It comes
with the package (entry point pytest11) and does nothing until one of its names is used.
"""

import os
import shlex
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # the package is loaded when a fixture is first used, so that other suites start quickly
    from phoneemu.cluster.serve import Lab
    from phoneemu.testing.endpoint import Endpoint
    from phoneemu.testing.office import Office, OfficePhone

OFFICE = 'office(release, nodes, mixed, ...): the cluster of the `office` fixture; "10.5(1)", two nodes'
PHONES = 'phones("MODEL" or "MODEL@LOAD", ..., fresh=False): run the test once for each, as `phone`'
SOCKETS = "loopback: every start of this test is done over sockets as well; the journals must be equal"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("phoneemu", "emulated phones")
    parser.addini("phoneemu_phones", "MODEL or MODEL@LOAD of tests without the phones marker", type="args")
    group.addoption(
        "--phoneemu-loopback",
        action="store_true",
        help="tell every story over loopback sockets as well; the journals must be equal",
    )
    group.addoption(
        "--phoneemu-endpoint",
        metavar="COMMAND",
        help="what the `endpoint` fixture starts, in place of this project's own phone; docs/conformance.md",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers."""
    for marker in (OFFICE, PHONES, SOCKETS):
        config.addinivalue_line("markers", marker)


def _phones(marker: pytest.Mark | None, config: pytest.Config) -> list[str]:
    """Which phones a test is for: its marker's, else those of the ini file."""
    return [str(each) for each in (marker.args if marker is not None else config.getini("phoneemu_phones"))]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each phone of the marker, or of the ini file."""
    if "phone_kind" in metafunc.fixturenames:
        kinds = _phones(metafunc.definition.get_closest_marker("phones"), metafunc.config)
        if not kinds:
            raise pytest.UsageError(f"{metafunc.definition.nodeid}: which phone? Mark it: {PHONES}")
        metafunc.parametrize("phone_kind", kinds, indirect=True)


def _over_sockets(request: pytest.FixtureRequest) -> bool:
    asked = request.config.getoption("--phoneemu-loopback") or os.environ.get("PHONEEMU_LOOPBACK")
    needed = request.node.get_closest_marker("loopback") is not None
    return bool(asked) or needed or bool({"lab", "endpoint"} & set(request.fixturenames))


@pytest.fixture
def office(request: pytest.FixtureRequest) -> "Office":
    """A cluster and its administrator; the `office` marker says which."""
    from phoneemu.testing.office import Office

    marker = request.node.get_closest_marker("office")
    words: dict[str, Any] = dict(marker.kwargs) if marker is not None else {}
    if "endpoint" in request.fixturenames:  # it has a clock of its own, and certificates have dates
        words.setdefault("clock", float(int(time.time()) - 3600))
    return Office(
        *(marker.args if marker is not None else ()), **{"sockets": _over_sockets(request), **words}
    )


@pytest.fixture
def phone_kind(request: pytest.FixtureRequest) -> str:
    """Which phone `phone` is: MODEL or MODEL@LOAD, by the `phones` marker or the ini file."""
    return str(request.param)


@pytest.fixture
def phone(request: pytest.FixtureRequest, office: "Office", phone_kind: str) -> "OfficePhone":
    """A phone in the office that has booted once; with phones(..., fresh=True) it has not."""
    marker = request.node.get_closest_marker("phones")
    model, _, load = phone_kind.partition("@")
    fresh = bool(marker is not None and marker.kwargs.get("fresh"))
    return office.phone(model, load=load or None, fresh=fresh)


@pytest.fixture
def lab(office: "Office") -> Iterator["Lab"]:
    """The office on loopback: TFTP, HTTP, HTTPS, TVS and registration on free ports; see its `book`."""
    from phoneemu.cluster.serve import Lab, Terms
    from phoneemu.cluster.state import Device

    device = Device(group=tuple(node.name for node in office.cluster.nodes))
    with Lab((office.cluster,), Terms(device_of=lambda _cluster, _name: device)) as served:
        yield served


@pytest.fixture
def endpoint(request: pytest.FixtureRequest, office: "Office", phone_kind: str, tmp_path: Path) -> "Endpoint":
    """An endpoint behind the door: --phoneemu-endpoint, or this project's own phone of the marker's model."""
    from phoneemu.testing.endpoint import Endpoint, own_command

    said = request.config.getoption("--phoneemu-endpoint")
    model, _, load = phone_kind.partition("@")
    command = tuple(shlex.split(said)) if said else own_command(model, load or None)
    return Endpoint(command=command, office=office, folder=tmp_path)


@pytest.fixture
def assert_story() -> Callable[..., None]:
    """telling.assert_story, for suites that import nothing."""
    from phoneemu.testing.telling import assert_story as told

    return told
