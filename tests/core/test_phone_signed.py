"""The phone over real bytes: a signature that does not verify never installs anything."""

import attrs
import pytest
from listmaking import PUB, SUB, make, rsa_key
from making import a_config, a_profile

from phoneemu.core import listbuild, listparse, phoneconfig, signedfile
from phoneemu.core.flash import Flash
from phoneemu.core.journal import Ruled
from phoneemu.core.listbuild import Entry, Signing
from phoneemu.core.phone import Phone
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.trustlist import ListKind, Role, TrustList
from phoneemu.core.vocabulary import FileArrived, FileMissing, PoweredOn, Save, TvsAnswered, TvsConnected

TVS = make(SUB, serial=9)


def itl(which: int, serial: int, timestamp: int) -> TrustList:
    """An ITL of a node whose key is `which`; the TVS stays."""
    own = Entry(role=Role.SAST, certificate=make(PUB, which=which, serial=serial), dns_name="pub")
    entries = [
        own,
        attrs.evolve(own, role=Role.TFTP),
        Entry(role=Role.TVS, certificate=TVS, dns_name="pub"),
    ]
    return listbuild.build(
        ListKind.ITL, entries, Signing(key=rsa_key(which=which), entry=own, timestamp=timestamp)
    )


OLD, AGAIN, NEW = itl(0, 5, 1), itl(0, 5, 2), itl(1, 6, 3)


def raw(trust_list: TrustList) -> bytes:
    assert trust_list.raw is not None
    return trust_list.raw


def forged(trust_list: TrustList) -> bytes:
    """The same list with one byte of its last record's certificate changed."""
    data = bytearray(raw(trust_list))
    data[-30] ^= 1
    return bytes(data)


def offered(data: bytes, flash: Flash | None = None) -> Phone:
    phone = Phone(a_profile(reads_ctl=False), "SEP1", flash or Flash(itl=OLD, config=a_config()))
    phone.receive(PoweredOn(now=0, tftp_servers=("pub",)))
    phone.receive(FileArrived(name="ITLSEP1.tlv", server="pub", content=data))
    return phone


def last(phone: Phone) -> tuple[Verdict, Reason]:
    entry = [entry for entry in phone.journal if isinstance(entry, Ruled)][-1]
    return entry.verdict, entry.reason


def test_a_list_by_the_listed_signer_is_checked_and_installed_byte_for_byte() -> None:
    phone = offered(raw(AGAIN))
    assert last(phone) == (Verdict.ACCEPT, Reason.LISTED_SIGNER)
    assert phone.flash.itl is not None
    assert phone.flash.itl.raw == raw(AGAIN)


def test_a_first_list_is_checked_by_its_own_record() -> None:
    assert last(offered(raw(NEW), Flash())) == (Verdict.ACCEPT, Reason.FIRST_TRUST)
    assert last(offered(forged(NEW), Flash())) == (Verdict.CANNOT_SAY, Reason.SIGNATURE_BAD)


def test_a_forged_list_by_the_listed_signer_is_refused() -> None:
    phone = offered(forged(AGAIN))
    assert last(phone) == (Verdict.REFUSE, Reason.SIGNATURE_BAD)
    assert phone.flash.itl is OLD


def answer(data: bytes, certificate: bytes) -> Phone:
    """A list of an unknown signer, and a TVS that vouches with this certificate."""
    phone = offered(data)
    signer = listparse.parse(data).signer
    phone.receive(TvsConnected(server="pub", peer=OLD.records[2].identity))  # type: ignore[arg-type]
    phone.receive(
        TvsAnswered(
            server="pub",
            session=1001,
            found=True,
            identity=signer,
            roles=frozenset({0, 2}),
            ttl=60,
            certificate=certificate,
        )
    )
    return phone


def test_a_list_the_tvs_vouches_for_is_checked_with_the_returned_certificate() -> None:
    phone = answer(raw(NEW), NEW.records[0].certificate)
    assert last(phone) == (Verdict.ACCEPT, Reason.TVS_VOUCHES)
    assert phone.flash.itl is not None
    assert phone.flash.itl.sha1 == NEW.sha1


@pytest.mark.parametrize(
    ("data", "certificate"),
    [(forged(NEW), NEW.records[0].certificate), (raw(NEW), OLD.records[0].certificate)],
)
def test_a_forged_list_or_a_wrong_certificate_does_not_verify(data: bytes, certificate: bytes) -> None:
    phone = answer(data, certificate)
    assert last(phone) == (Verdict.REFUSE, Reason.SIGNATURE_BAD)
    assert phone.flash.itl is OLD


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (raw(NEW), (Verdict.ACCEPT, Reason.TVS_CACHED)),
        (forged(NEW), (Verdict.REFUSE, Reason.SIGNATURE_BAD)),
    ],
)
def test_a_cached_certificate_checks_the_next_list_too(data: bytes, expected: tuple[Verdict, Reason]) -> None:
    vouched = answer(forged(NEW), NEW.records[0].certificate).flash
    assert vouched.tvs_cache
    assert last(offered(data, vouched)) == expected


def test_a_signed_configuration_is_checked_with_the_listed_certificate() -> None:
    own = Entry(role=Role.SAST, certificate=make(PUB, serial=5))
    signing = Signing(key=rsa_key(), entry=own, version=(1, 0))
    body = phoneconfig.render(a_config(stamp="new"))
    good = signedfile.build("SEP1.cnf.xml.sgn", body, signing).raw or b""
    for data, verdict in ((good, Verdict.ACCEPT), (good.replace(b">new<", b">bad<"), Verdict.REFUSE)):
        phone = offered(raw(OLD))
        commands = phone.receive(FileArrived(name="SEP1.cnf.xml.sgn", server="pub", content=data))
        ruled = [entry for entry in phone.journal if isinstance(entry, Ruled)][-1]
        assert ruled.verdict is verdict
        saved = any(isinstance(command, Save) for command in commands)
        assert saved is (verdict is Verdict.ACCEPT)


def test_an_offer_that_never_comes_changes_nothing() -> None:
    phone = Phone(a_profile(reads_ctl=False), "SEP1", Flash(itl=OLD, config=a_config()))
    phone.receive(PoweredOn(now=0, tftp_servers=("pub",)))
    phone.receive(FileMissing(name="ITLSEP1.tlv", server="pub"))
    assert phone.flash.itl is OLD
