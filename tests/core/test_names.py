"""One certificate, many spellings."""

import pytest

from phoneemu.core.names import (
    Identity,
    address_of,
    address_text,
    canonical_name,
    common_name,
    is_address,
    serial_text,
)

CLUSTER = "CN=pub;OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL"


@pytest.mark.parametrize(
    "other",
    [
        "CN=pub,OU=TAC,O=Cisco,L=Krakow,ST=Malopolska,C=PL",
        "C=PL,O=Cisco,OU=TAC,CN=pub,ST=Malopolska,L=Krakow",
        "cn=pub;ou=TAC;o=Cisco; l=Krakow;\nst=Malopolska;c=PL",
        "CN=pub ;OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL",
    ],
)
def test_order_separator_case_of_keys_and_blanks_do_not_count(other: str) -> None:
    assert Identity(CLUSTER, CLUSTER, 5) == Identity(other, other, 5)
    assert hash(Identity(CLUSTER, CLUSTER, 5)) == hash(Identity(other, other, 5))


def test_issuer_and_serial_make_the_identity_and_the_subject_does_not() -> None:
    one = Identity("CN=a", CLUSTER, 5)
    assert one == Identity("CN=b", CLUSTER, 5)
    assert one != Identity("CN=a", CLUSTER, 6)
    assert one != Identity("CN=a", "CN=other", 5)


def test_a_squeezed_token_name_is_the_same_name() -> None:
    padded = 'cn="SAST-ADN008580ef        ";ou=IPCBU;o="Cisco Systems'
    squeezed = 'cn="SAST-ADN008580ef ";ou=IPCBU;o="Cisco Systems'
    assert canonical_name(padded) == canonical_name(squeezed)
    assert common_name(padded) == "SAST-ADN008580ef"


def test_a_separator_inside_a_value_is_glued_back() -> None:
    assert canonical_name("CN=a,O=Cisco, Inc.") == (("CN", "a"), ("O", "Cisco,Inc."))
    assert canonical_name("no name") == (("", "no name"),)
    assert canonical_name(";;") == ()
    assert common_name("O=Cisco") == "O=Cisco"


def test_serials_read_as_the_cluster_prints_them() -> None:
    assert serial_text(0x70CAF6) == "70:CA:F6"
    assert serial_text(0x70, 2) == "00:70"
    assert serial_text(0) == "00"
    assert Identity("CN=a", "CN=a", 0x6B1D357B68).short == "CN=a, serial 6B:1D:35:7B…"
    assert Identity("CN=a", "CN=a", 0x6B).short == "CN=a, serial 6B"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.11", "192.0.2.11"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("pub", ""),
        ("2024", ""),
        ("10.0.0", ""),
        ("", ""),
    ],
)
def test_an_address_is_told_from_a_name_and_spelt_in_one_way(text: str, address: str) -> None:
    assert address_of(text) == address
    assert is_address(text) is bool(address)


@pytest.mark.parametrize(
    ("packed", "text"),
    [(b"\x0a\x23\x30\x6a", "10.35.48.106"), (b"\0\0\0\0", ""), (b"", ""), (b"\1", "")],
)
def test_a_blank_address_element_tells_none(packed: bytes, text: str) -> None:
    assert address_text(packed) == text
