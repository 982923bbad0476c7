"""Signed configuration files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from listmaking import PUB, make, rsa_key

from phoneemu.core import limits, phoneconfig, signedfile
from phoneemu.core.flash import DeviceSecurity, PhoneConfig
from phoneemu.core.listbuild import Entry, Signing
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.trustlist import Digest, Role

CONFIG = PhoneConfig(
    stamp="7", callmanagers=("pub", "sub"), tvs_servers=("pub", "sub"), security=DeviceSecurity.ENCRYPTED
)
NAME = "SEP001122334455.cnf.xml.sgn"


def build(body: bytes, timestamp: int | None = 5) -> SignedFile:
    entry = Entry(role=Role.SAST, certificate=make(PUB))
    signing = Signing(key=rsa_key(), entry=entry, version=(1, 0), timestamp=timestamp, digest=Digest.SHA512)
    return signedfile.build(NAME, body, signing)


def test_a_signed_configuration_is_read_back() -> None:
    signed = build(phoneconfig.render(CONFIG))
    assert signed.config == CONFIG
    assert (signed.filename, signed.version, signed.timestamp) == (NAME, (1, 0), 5)
    assert (signed.digest, signed.digest_number, signed.key_bits) == (Digest.SHA512, 3, 1024)
    assert signed.signer is not None
    assert signed.signer.subject == PUB
    assert signed.raw is not None
    assert signed.raw[signed.header_length :] == signed.body


def test_a_body_that_is_no_configuration_says_nothing() -> None:
    manifest = build(b"SIP45.9-3-1.loads\r\n", timestamp=None)
    assert (manifest.config, manifest.timestamp) == (None, None)


def test_plain_xml_is_an_unsigned_file() -> None:
    plain = signedfile.parse(b"\xef\xbb\xbf\n<device><versionStamp>3</versionStamp></device>", origin="x")
    assert plain.signer is None
    assert plain.config == PhoneConfig(stamp="3")


def outcome(data: bytes) -> SignedFile | MalformedFile:
    try:
        return signedfile.parse(data)
    except MalformedFile as malformed:
        return malformed


def test_a_signed_file_cut_or_flipped_anywhere_is_a_file_or_malformed() -> None:
    raw = build(phoneconfig.render(CONFIG)).raw or b""
    for at in range(len(raw)):
        outcome(raw[:at])
        flipped = bytearray(raw)
        flipped[at] ^= 0xFF
        outcome(bytes(flipped))
    assert isinstance(outcome(raw[:20]), MalformedFile)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_file_or_one_error(data: bytes) -> None:
    read = outcome(data)
    assert isinstance(read, SignedFile | MalformedFile)


def test_a_file_beyond_the_download_limit_is_refused() -> None:
    with pytest.raises(MalformedFile, match="larger than any phone"):
        signedfile.parse(b"<" * (limits.DOWNLOAD_BYTES + 1))
