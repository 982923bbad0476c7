"""Where a phone stands, and what of it is assumed."""

import attrs
import pytest

from phoneemu.cluster.founding import make_cluster
from phoneemu.cluster.state import CAPF
from phoneemu.core.flash import DeviceSecurity
from phoneemu.fleet.clusterfile import parse
from phoneemu.fleet.listed import Traits
from phoneemu.fleet.placing import place_of

OFFICE = make_cluster("office", "10.5(1)", ("pub", "sub"), mixed=True)
FILE = parse("""
[[node]]
name = "pub"
address = "192.0.2.1"
[[node]]
name = "sub"
[groups]
"A" = ["sub", "pub"]
"B" = ["pub"]
[sites."Depot"]
group = "B"
tftp = ["sub"]
[phones]
group = "A"
tftp = ["pub", "192.0.2.1"]
security = "Authenticated"
lsc = "none"
""")
BARE = parse("")


def test_the_site_speaks_before_the_defaults() -> None:
    place = place_of(Traits(site="Depot"), FILE, OFFICE)
    assert place.tftp == ("sub",)
    assert place.device.group == ("pub",)
    assert place.basis == frozenset()


def test_the_row_speaks_before_its_site() -> None:
    place = place_of(Traits(site="Depot", group="A", mode="1"), FILE, OFFICE)
    assert place.device.group == ("sub", "pub")
    assert place.device.security is DeviceSecurity.NON_SECURE


def test_the_defaults_speak_for_the_rest_and_unknown_addresses_stay_as_written() -> None:
    place = place_of(Traits(site="Elsewhere"), FILE, OFFICE)
    assert place.tftp == ("pub", "192.0.2.1")
    assert place.device.security is DeviceSecurity.AUTHENTICATED
    assert (place.device.lsc_issuer, place.device.lsc_known) == (None, True)


def test_an_address_stays_one_and_a_name_becomes_the_nodes_own() -> None:
    """DHCP gave the phone that address: when the node gets another, nobody answers there [IPCHG-010]."""
    cluster = OFFICE.with_node(attrs.evolve(OFFICE.publisher, address="192.0.2.1"))
    assert place_of(Traits(), FILE, cluster).tftp == ("pub", "192.0.2.1")
    assert place_of(Traits(tftp="192.0.2.1 SUB"), FILE, cluster).tftp == ("192.0.2.1", "sub")


def test_what_nobody_says_is_assumed_by_name() -> None:
    place = place_of(Traits(), BARE, OFFICE)
    assert place.basis == {"tftp-order", "callmanager-group", "non-secure"}
    assert place.tftp == place.device.group == ("pub", "sub")


def test_a_group_nobody_declared_is_assumed() -> None:
    assert "callmanager-group" in place_of(Traits(site="Depot", group="Z"), FILE, OFFICE).basis


@pytest.mark.parametrize(
    ("profile", "mode", "counted"),
    [
        ("Cisco 8861 - Standard SIP Non-Secure Profile", DeviceSecurity.NON_SECURE, False),
        ("Ours nonsecure", DeviceSecurity.NON_SECURE, True),
        ("Encrypted phones", DeviceSecurity.ENCRYPTED, True),
        ("Secure phones", DeviceSecurity.ENCRYPTED, True),
        ("Authenticated only", DeviceSecurity.AUTHENTICATED, True),
    ],
)
def test_a_profile_name_tells_the_mode_and_only_the_systems_own_is_not_counted(
    profile: str, mode: DeviceSecurity, *, counted: bool
) -> None:
    place = place_of(Traits(profile=profile), BARE, OFFICE)
    assert place.device.security is mode
    assert ("mode-from-name" in place.basis) is counted


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("2", DeviceSecurity.AUTHENTICATED),
        ("Encrypted", DeviceSecurity.ENCRYPTED),
        ("non secure", DeviceSecurity.NON_SECURE),
        ("Non-Secure", DeviceSecurity.NON_SECURE),
    ],
)
def test_a_mode_column_speaks_before_the_profile(text: str, mode: DeviceSecurity) -> None:
    place = place_of(Traits(mode=text, profile="Encrypted phones"), BARE, OFFICE)
    assert place.device.security is mode
    assert "mode-from-name" not in place.basis


def test_a_secure_phone_is_assumed_to_hold_a_certificate_of_todays_capf() -> None:
    place = place_of(Traits(mode="3"), BARE, OFFICE)
    assert place.device.lsc_issuer == OFFICE.publisher.own[CAPF].identity
    assert "lsc-of-cluster" in place.basis


def test_an_lsc_column_that_says_none_is_believed() -> None:
    place = place_of(Traits(mode="3", lsc="None"), BARE, OFFICE)
    assert (place.device.lsc_issuer, place.device.lsc_known) == (None, True)
    assert "lsc-of-cluster" not in place.basis


def test_an_lsc_nobody_knows_stays_unknown() -> None:
    place = place_of(Traits(mode="3"), parse('[phones]\nlsc = "unknown"'), OFFICE)
    assert not place.device.lsc_known


@pytest.mark.parametrize(
    ("status", "issuer", "known"),
    [
        ("Upgrade Success", True, True),
        ("None", False, True),
        ("Delete Success", False, True),
        ("Upgrade Failed: Invalid LSC", True, False),
        ("Operation Pending", True, False),
    ],
)
def test_a_certificate_status_tells_an_lsc_only_when_it_is_sure(
    status: str, *, issuer: bool, known: bool
) -> None:
    device = place_of(Traits(mode="3", lsc=status), BARE, OFFICE).device
    assert ((device.lsc_issuer is not None), device.lsc_known) == (issuer, known)
