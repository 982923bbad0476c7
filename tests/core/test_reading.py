"""Bytes to values, and which certificate checks a signature. Real signatures are in test_phone_signed."""

import datetime

import attrs
from cryptography.hazmat.primitives.serialization import Encoding
from listmaking import PUB, make
from making import CM, CM_NEW, a_ctl, a_file, an_itl

from phoneemu.core.flash import CachedAnswer, Flash
from phoneemu.core.question import Subject
from phoneemu.core.reading import check, dated, read, signature_of
from phoneemu.core.tlv import EmptyFile, MalformedFile
from phoneemu.core.trustlist import SignatureStatus, TrustList

HELD = Flash(ctl=a_ctl(), itl=an_itl())


def test_values_pass_as_they_are() -> None:
    assert read(Subject.CTL, "CTLSEP1.tlv", HELD.ctl) is HELD.ctl  # type: ignore[arg-type]


def test_broken_bytes_become_the_error_itself() -> None:
    assert isinstance(read(Subject.CTL, "CTLSEP1.tlv", b"\x01\x00"), MalformedFile)
    assert isinstance(read(Subject.CONFIG, "SEP1.cnf.xml.sgn", b"\x01\x00"), MalformedFile)


def test_no_bytes_at_all_are_an_empty_file() -> None:
    assert isinstance(read(Subject.ITL, "ITLSEP1.tlv", b""), EmptyFile)


def test_without_bytes_a_signature_is_assumed() -> None:
    assert signature_of(a_ctl(), CM, HELD) is SignatureStatus.ASSUMED
    assert check(a_ctl(), b"certificate") is SignatureStatus.ASSUMED
    assert check(MalformedFile("x", offset=0), b"certificate") is SignatureStatus.ASSUMED


def test_bytes_of_an_unknown_signer_or_a_text_only_list_cannot_be_checked() -> None:
    offered = attrs.evolve(a_ctl(), raw=b"bytes")
    assert signature_of(offered, CM_NEW, HELD) is SignatureStatus.ASSUMED
    assert signature_of(offered, CM, HELD) is SignatureStatus.ASSUMED
    assert signature_of(offered, None, HELD) is SignatureStatus.ASSUMED
    assert signature_of(attrs.evolve(a_file(), raw=b"bytes"), CM_NEW, Flash()) is SignatureStatus.ASSUMED


def test_the_date_of_a_signer_is_read_from_the_certificate_at_hand() -> None:
    certificate = make(PUB).public_bytes(Encoding.DER)
    served = attrs.evolve(a_ctl(), raw=b"bytes", records=())
    listing = attrs.evolve(a_ctl(), records=(attrs.evolve(a_ctl().records[0], certificate=certificate),))
    answer = CachedAnswer(identity=CM, roles=frozenset({0}), expires=9.0, certificate=certificate)
    five_years = datetime.datetime(2020, 3, 4, tzinfo=datetime.UTC).timestamp()
    for flash in (Flash(ctl=listing), Flash(itl=listing), Flash(tvs_cache=(answer,))):
        found = dated(served, CM, flash)
        assert isinstance(found, TrustList)
        assert found.signer_expires == five_years
    found = dated(attrs.evolve(listing, raw=b"bytes"), CM, Flash())
    assert isinstance(found, TrustList)
    assert found.signer_expires == five_years


def test_where_no_certificate_is_at_hand_no_date_is_known() -> None:
    offered = attrs.evolve(a_ctl(), raw=b"bytes")
    assert dated(offered, CM_NEW, Flash()) is offered
    assert dated(offered, None, HELD) is offered
    assert dated(a_ctl(), CM, HELD) == a_ctl()
    malformed = MalformedFile("x", offset=0)
    assert dated(malformed, None, HELD) is malformed


def test_only_the_answer_about_this_signer_counts_in_the_cache() -> None:
    other = CachedAnswer(identity=CM, roles=frozenset({0}), expires=9.0, certificate=b"certificate")
    offered = attrs.evolve(a_ctl(), raw=b"bytes")
    flash = Flash(tvs_cache=(other,))
    assert signature_of(offered, CM_NEW, flash) is SignatureStatus.ASSUMED
    assert signature_of(offered, CM, flash) is SignatureStatus.BAD
