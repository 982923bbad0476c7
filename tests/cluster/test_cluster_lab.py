"""With real keys the same stories happen, over real bytes and real signatures."""

from itertools import count

import attrs
import pytest
from listmaking import rsa_key
from office import Office

from phoneemu.cluster import lab
from phoneemu.core import listcheck
from phoneemu.core.flash import DeviceSecurity
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.trustlist import SignatureStatus, TrustList

LINES = {
    "renew": ("pub set cert regen CallManager", "pub utils ctl update CTLFile"),
    "restart": ("* utils service restart Cisco Tftp", "* utils service restart Cisco CallManager"),
    "tokens": (
        "pub upload Phone-SAST-trust a",
        "pub upload Phone-SAST-trust b",
        "pub file delete tftp CTLFile.tlv",
        "sub file delete tftp CTLFile.tlv",
        "cluster ctl-client sign-with a tokens a b",
    ),
    "reset": ("pub utils itl reset localkey",),
    "rollback": ('cluster parameter "Prepare Cluster for Rollback to pre 8.0" = True',),
    "signed": ('pub upload CallManager signed-by "Example CA"', "* utils service restart Cisco Tftp"),
    "non-secure": ("pub utils ctl set-cluster non-secure-mode",),
    "recovery": (
        "pub set cert regen ITLRecovery",
        "pub utils ctl update CTLFile",
        "* utils service restart Cisco Tftp",
    ),
    "sha-512": (
        'cluster parameter "TFTP File Signature Algorithm" = SHA-512',
        "pub utils ctl update CTLFile",
        "* utils service restart Cisco Tftp",
    ),
}


def with_keys(release: str) -> Office:
    """A mixed cluster with real, small keys; each certificate gets the next of eight."""
    numbers = count()
    return Office(release, mixed=True, maker=lab.maker(lambda: rsa_key(1024, next(numbers) % 8)))


def published(office: Office) -> list[TrustList]:
    return [served for node in office.cluster.nodes for served in (node.ctl, node.itl) if served is not None]


@pytest.mark.parametrize("release", ["10.5(1)", "10.5(2)", "12.5(1)"])
@pytest.mark.parametrize("what", LINES)
@pytest.mark.parametrize("model", ["7975", "8861", "7960"])
def test_the_story_is_the_same_with_and_without_keys(release: str, what: str, model: str) -> None:
    if (what == "sha-512" and release != "12.5(1)") or (what == "recovery" and release == "10.5(1)"):
        what = "renew"
    stories = []
    for office in (with_keys(release), Office(release, mixed=True)):
        security = DeviceSecurity.ENCRYPTED if model == "8861" else DeviceSecurity.NON_SECURE
        phone = office.phone(model, security=security)
        office.does(*LINES[what])
        first = phone.restarts().story
        office.does(*LINES["restart"])
        stories.append((first, phone.restarts().story, phone.messages, phone.alarm))
    assert stories[0] == stories[1]


@pytest.mark.parametrize("what", LINES)
def test_every_list_that_is_written_verifies_with_its_signer(what: str) -> None:
    office = with_keys("12.5(1)")
    office.does(*LINES[what])
    keys = {
        certificate.identity: certificate.der
        for node in office.cluster.nodes
        for certificate in node.own.values()
    }
    keys |= {token.identity: token.der for token in office.cluster.etokens.values()}
    lists = published(office)
    assert len(lists) == 4
    for served in lists:
        assert served.signer is not None
        assert listcheck.check(served, keys[served.signer]) is SignatureStatus.VALID


def test_the_names_of_a_lab_say_that_it_is_one() -> None:
    office = with_keys("12.5(1)")
    for node in office.cluster.nodes:
        for certificate in node.own.values():
            assert "O=phoneemu lab" in certificate.identity.subject
    assert "O=phoneemu lab" not in Office().cluster.publisher.own["CallManager"].identity.subject


def test_tokens_are_written_as_the_ctl_client_writes_them() -> None:
    office = with_keys("10.5(1)")
    office.does(*LINES["tokens"])
    ctl = office.cluster.publisher.ctl
    assert ctl is not None
    assert all(record.signature == b"" for record in ctl.records)
    assert ctl.records[0].dns_name == ""
    assert ctl.records[0].identity is not None
    assert ctl.records[0].identity.subject == 'cn="SAST-a        ";ou=IPCBU;o="Cisco Systems'


def test_configuration_is_really_signed_and_a_forged_one_is_refused() -> None:
    office = with_keys("10.5(1)")
    phone = office.phone("8861")
    content = office.world.offer("pub", "{name}.cnf.xml.sgn", phone.station.name, phone.station)
    assert isinstance(content, SignedFile)
    certificate = office.cluster.publisher.own["CallManager"].der
    assert listcheck.check(content, certificate) is SignatureStatus.VALID
    assert content.config == phone.flash.config


def test_a_forged_list_of_a_lab_is_refused() -> None:
    office = with_keys("12.5(1)")
    phone = office.phone("8861")
    node = office.cluster.publisher
    assert node.ctl is not None
    office.does("pub utils ctl update CTLFile")
    node = office.cluster.publisher
    assert node.ctl is not None
    assert node.ctl.raw is not None
    forged = bytearray(node.ctl.raw)
    forged[-20] ^= 1
    office.cluster = office.cluster.with_node(
        attrs.evolve(node, ctl=attrs.evolve(node.ctl, raw=bytes(forged)))
    )
    phone.restarts()
    assert ("ruled", "ctl", "refuse", "signature-bad") in phone.story


def test_a_fresh_key_is_an_rsa_2048_key() -> None:
    assert lab.fresh_key().key_size == 2048
