"""Keys as lists carry them; hostile ones verify nothing and raise nothing."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from listmaking import PUB, ec_key, make, rsa_key

from phoneemu.core import keys, limits
from phoneemu.core.trustlist import Digest

CERTIFICATE = make(PUB)
DER = CERTIFICATE.public_bytes(Encoding.DER)
PKCS1 = rsa_key().public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)


def test_an_rsa_key_is_found_in_a_certificate_and_alone() -> None:
    assert keys.rsa_key(DER) == keys.rsa_key(PKCS1) == rsa_key().public_key()


def test_a_key_seen_before_is_shared_and_may_be_forgotten() -> None:
    first = keys.rsa_key(DER)
    assert keys.rsa_key(DER) is first
    keys.forget()
    assert keys.rsa_key(DER) is not first
    assert keys.rsa_key(DER) == first


def test_a_certificate_says_when_it_expires_and_nothing_else_does() -> None:
    assert keys.expires(DER) == CERTIFICATE.not_valid_after_utc.timestamp()
    for material in (b"", b"junk", PKCS1, b"0" * (limits.CERTIFICATE_BYTES + 1)):
        assert keys.expires(material) is None


def test_no_key_is_found_in_anything_else() -> None:
    point = ec_key().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    ec_certificate = make(PUB, elliptic=True).public_bytes(Encoding.DER)
    for material in (b"", b"junk", point, ec_certificate, b"0" * (limits.CERTIFICATE_BYTES + 1)):
        assert keys.rsa_key(material) is None


@given(st.binary(max_size=300))
def test_hostile_material_verifies_nothing_and_raises_nothing(material: bytes) -> None:
    assert keys.verifies(material, Digest.SHA1, b"signature", (b"bytes",)) is False
    bits = keys.key_bits(material)
    assert bits is None or 0 <= bits <= limits.KEY_BITS + 8


@pytest.mark.parametrize("flip", [1, 0x80, 0xFF])
def test_a_certificate_with_any_byte_changed_raises_nothing(flip: int) -> None:
    signature = keys.sign(rsa_key(), Digest.SHA1, b"bytes")
    verdicts = [
        keys.verifies(DER[:at] + bytes([DER[at] ^ flip]) + DER[at + 1 :], Digest.SHA1, signature, (b"bytes",))
        for at in range(len(DER))
    ]
    assert any(verdicts)  # a change outside the key, such as in a name, leaves it usable
    assert not all(verdicts)


def test_a_signature_is_checked_over_the_joined_parts() -> None:
    for digest in Digest:
        signature = keys.sign(rsa_key(), digest, b"one two")
        assert keys.verifies(DER, digest, signature, (b"one ", b"two"))
        assert not keys.verifies(DER, digest, signature, (b"one", b"two"))
        assert not keys.verifies(DER, digest, b"short", (b"one two",))


@pytest.mark.parametrize("bits", [1024, 2048, 3072])
def test_the_size_of_a_pkcs1_key_is_its_modulus(bits: int) -> None:
    public = rsa_key(bits).public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    assert keys.key_bits(public) == bits


def test_the_size_of_a_point_is_its_curve_and_junk_has_none() -> None:
    point = ec_key().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert keys.key_bits(point) == 256
    for junk in (
        b"",
        b"0",
        b"\x30\x03\x02",
        b"\x31\x03\x02\x01\x05",
        b"\x30\x03\x04\x01\x05",
        b"\x30\x04\x02\x09\x05",
    ):
        assert keys.key_bits(junk) is None
    assert keys.key_bits(b"\x30\x06\x02\x82\xff\xff\x01\x01") is None


def test_a_certificate_gives_its_publickey_element() -> None:
    assert keys.pkcs1_public(CERTIFICATE) == PKCS1
    assert len(keys.pkcs1_public(make(PUB, elliptic=True))) == 65


def test_other_kinds_of_key_go_into_no_list() -> None:
    class Odd:
        """A certificate with an Edwards key."""

        @staticmethod
        def public_key() -> ed25519.Ed25519PublicKey:
            return ed25519.Ed25519PrivateKey.generate().public_key()

    with pytest.raises(ValueError, match="RSA and EC"):
        keys.pkcs1_public(Odd())  # type: ignore[arg-type]
