"""Signatures over exactly the signed bytes."""

import attrs
from listmaking import PUB, make, published_ctl, rsa_key, signed_itl

from phoneemu.core import listcheck, listparse, signedfile
from phoneemu.core.listbuild import Entry, Signing
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.trustlist import Role, SignatureStatus

ITL = signed_itl()
CERTIFICATE = ITL.records[0].certificate
VALID, BAD, ASSUMED = SignatureStatus.VALID, SignatureStatus.BAD, SignatureStatus.ASSUMED


def test_the_signers_certificate_or_bare_key_verifies() -> None:
    assert listcheck.check(ITL, CERTIFICATE) is VALID
    assert listcheck.check(ITL, ITL.records[0].public_key) is VALID


def test_another_key_or_no_key_does_not_verify() -> None:
    other = signed_itl(which=1).records[0].certificate
    assert listcheck.check(ITL, other) is BAD
    assert listcheck.check(ITL, b"no key") is BAD
    assert listcheck.check(ITL, ITL.records[3].certificate) is BAD  # an EC key signs no list


def test_every_byte_outside_the_signature_element_is_signed() -> None:
    assert ITL.raw is not None
    start, end = ITL.signature_at
    for at in range(0, len(ITL.raw), 7):
        if start <= at < end:
            continue
        changed = bytearray(ITL.raw)
        changed[at] ^= 1
        try:
            read = listparse.parse(bytes(changed))
        except MalformedFile:
            continue
        assert listcheck.check(read, CERTIFICATE) is BAD, at


def test_without_bytes_or_certificate_nothing_can_be_checked() -> None:
    assert listcheck.check(attrs.evolve(ITL, raw=None), CERTIFICATE) is ASSUMED
    assert listcheck.check(ITL, b"") is ASSUMED


def test_a_digest_nobody_knows_or_a_missing_signature_is_bad() -> None:
    assert listcheck.check(attrs.evolve(ITL, digest=None), CERTIFICATE) is BAD
    assert listcheck.check(attrs.evolve(ITL, signature=b""), CERTIFICATE) is BAD


def test_a_signed_file_is_checked_the_same_way() -> None:
    entry = Entry(role=Role.SAST, certificate=make(PUB))
    signing = Signing(key=rsa_key(), entry=entry, version=(1, 0))
    signed = signedfile.build("SEP1.cnf.xml.sgn", b"<device/>", signing)
    assert listcheck.check(signed, CERTIFICATE) is VALID
    assert signed.raw is not None
    tampered = signedfile.parse(signed.raw.replace(b"<device/>", b"<Device/>"))
    assert listcheck.check(tampered, CERTIFICATE) is BAD


def test_checksums_are_those_of_the_file() -> None:
    ctl = published_ctl()
    assert (listcheck.md5(ctl.raw or b""), listcheck.sha1(ctl.raw or b"")) == (ctl.md5, ctl.sha1)
    assert listcheck.md5(b"") == "d41d8cd98f00b204e9800998ecf8427e"
