"""Lists as the cluster writes them: the published lengths come out exactly, and reading gives them back."""

import pytest
from listmaking import CAPF, PUB, SUB, make, name_of, published_ctl, rsa_key, signed_itl, sized

from phoneemu.core import listbuild, listcheck, listparse
from phoneemu.core.listbuild import Entry, Signing
from phoneemu.core.trustlist import Digest, ListKind, Role, SignatureStatus, TrustList


def lengths(trust_list: TrustList) -> list[int | None]:
    return [record.length for record in trust_list.records]


def test_the_tokenless_list_of_the_first_listing_has_its_published_lengths() -> None:
    ctl = published_ctl()
    assert (ctl.header_length, lengths(ctl), ctl.length) == (336, [1156, 1156, 1138, 1161], 4947)


def test_the_list_after_the_renewal_has_its_published_lengths() -> None:
    ctl = published_ctl(bits=2048)
    assert (ctl.header_length, lengths(ctl), ctl.length) == (464, [1675, 1675, 1138, 1161], 6113)


def test_a_certificate_names_itself_as_lists_do_and_junk_names_nobody() -> None:
    record = published_ctl().records[0]
    assert listbuild.identity_of(record.certificate) == record.identity
    assert listbuild.identity_of(b"junk") is None


TOKENS = {
    "ADN0054f509": bytes.fromhex("3CF927000000AFA2DA45"),
    "ADN008580ef": bytes.fromhex("83E9080000005545AF31"),
}


def token(name: str) -> Entry:
    """A hardware token as the CTL client writes it: padded lower-case name, a lost quote, no SIGNATURE."""
    return Entry(
        role=Role.SAST,
        certificate=sized(f"CN=SAST-{name}", 902),
        subject=f'cn="SAST-{name}        ";ou=IPCBU;o="Cisco Systems',
        issuer="cn=Cisco Manufacturing CA;o=Cisco Systems",
        serial=TOKENS[name],
        signature=False,
    )


def token_list(servers: list[Entry]) -> TrustList:
    first, last = (token(name) for name in TOKENS)
    signing = Signing(key=rsa_key(), entry=last, timestamp=1425674928)
    return listbuild.build(ListKind.CTL, [first, *servers, last], signing)


def server(role: Role, subject: str, length: int, address: str) -> Entry:
    return Entry(role=role, certificate=sized(subject, length), dns_name=address, signature=False)


CAPF_RECORD = ("10.48.47.153", 680)


def test_the_token_list_of_the_listing_has_its_published_lengths() -> None:
    servers = [
        server(Role.CCM_TFTP, PUB, 694, "10.48.47.153"),
        server(Role.CAPF, CAPF, 680, "10.48.47.153"),
        server(Role.CCM_TFTP, SUB, 696, "10.48.47.154"),
    ]
    ctl = token_list(servers)
    assert (ctl.header_length, lengths(ctl), ctl.length) == (304, [1186, 1022, 1004, 1026, 1186], 5728)
    assert ctl.records[0].dns_name == ""
    assert ctl.records[0].signature == b""
    assert ctl.signer is not None
    assert ctl.signer.serial == int.from_bytes(TOKENS["ADN008580ef"], "big")


def test_the_non_secure_token_list_has_its_published_lengths() -> None:
    servers = [
        Entry(role=Role.CCM_TFTP, dns_name="10.48.47.153"),
        server(Role.CAPF, CAPF, 680, "10.48.47.153"),
        Entry(role=Role.CCM_TFTP, dns_name="10.48.47.154"),
    ]
    ctl = token_list(servers)
    assert (lengths(ctl), ctl.length) == ([1186, 33, 1004, 33, 1186], 3746)
    assert ctl.records[1].identity is None
    assert ctl.file_signers == frozenset()


def test_a_real_clusters_list_of_six_records_has_its_length() -> None:
    """The figures of a list a cluster wrote in 2015: 312 + six records = 7166 [SCF]."""
    pub = "CN=gigantic-6.cisco.com;OU=VTG;O=Alpha;L=SJ;ST=CA;C=US"
    rows = [
        (Role.SAST, "gigantic-6", pub, 1147),
        (Role.CCM_TFTP, "gigantic-6", pub, 1147),
        (Role.CCM_TFTP, "gigantic-7", "CN=gigantic-7.cisco.com;OU=vtg;O=cisco;L=san jose;ST=ca;C=US", 1171),
        (Role.CAPF, "gigantic-6", "CN=CAPF-2076a1a2;OU=VTG;O=Alpha;L=SJ;ST=CA;C=US", 1085),
        (Role.SAST, "gigantic-6", "CN=ITLRECOVERY_gigantic-6.cisco.com;OU=CTG;O=Alpha;L=SJ;ST=CA;C=US", 1161),
        (Role.CCM_TFTP, "ccm-sjcctg-013", "CN=ccm-sjcctg-013.cisco.com;OU=CTG;O=Alpha;L=SJ;ST=CA;C=US", 1143),
    ]
    entries = []
    for role, node, subject, length in rows:
        fixed = 5 + (4 + len(node)) + 2 * (4 + len(subject)) + 5 + 11 + 143 + 131 + 3 + 7
        certificate = sized(subject, length - fixed, serial=0x24491F10703FEA9B)
        entries.append(Entry(role=role, certificate=certificate, dns_name=node))
    ctl = listbuild.build(ListKind.CTL, entries, Signing(key=rsa_key(), entry=entries[0], timestamp=1))
    assert (ctl.header_length, ctl.length) == (312, 7166)
    assert len(ctl.sast) == 2
    assert [record.key_bits for record in ctl.records] == [1024] * 6


@pytest.mark.parametrize("digest", list(Digest))
@pytest.mark.parametrize("bits", [1024, 2048, 3072, 4096])
def test_every_digest_and_key_size_signs_and_verifies(digest: Digest, bits: int) -> None:
    itl = signed_itl(digest=digest, bits=bits)
    certificate = itl.records[0].certificate
    assert listcheck.check(itl, certificate) is SignatureStatus.VALID
    assert (itl.digest, itl.key_bits) == (digest, bits)


def test_a_key_size_without_a_code_is_refused() -> None:
    with pytest.raises(ValueError, match="1536 bits"):
        signed_itl(bits=1536)


def test_reading_gives_back_what_was_written() -> None:
    itl = signed_itl()
    assert [(record.role, record.dns_name) for record in itl.records] == [
        (0, "pub"),
        (3, "pub"),
        (21, "sub"),
        (7, "pub"),
    ]
    tvs, https = itl.records[2], itl.records[3]
    assert (len(tvs.certificate_hash), tvs.hash_algorithm, tvs.certificate) == (20, 1, b"")
    assert https.key_bits == 256
    assert itl.records[0].identity == itl.signer
    assert itl.records[0].identity is not None
    assert itl.records[0].identity.subject == PUB
    assert listbuild.encode(itl) == itl.raw


def test_names_are_written_in_the_clusters_order_or_the_certificates() -> None:
    name = name_of(PUB)
    assert listbuild.cluster_name(name) == PUB
    assert listbuild.comma_name(name) == "C=PL,O=Cisco,OU=TAC,CN=cucm-1051-a-pub,ST=Malopolska,L=Krakow"
    entry = Entry(role=Role.SAST, certificate=make(PUB), commas=True)
    assert entry.names[0].startswith("C=PL,O=Cisco")


def test_a_signer_version_and_a_missing_timestamp_are_written() -> None:
    entry = Entry(role=Role.SAST, certificate=make(PUB), dns_name="pub")
    signing = Signing(key=rsa_key(), entry=entry, timestamp=None, signer_version=(1, 1))
    itl = listbuild.build(ListKind.ITL, [entry], signing)
    assert (itl.signer_version, itl.timestamp) == ((1, 1), None)
    assert listbuild.encode(itl) == itl.raw


def test_a_record_may_lack_role_and_address() -> None:
    entry = Entry(role=None, certificate=make(PUB), ip_address=b"")
    read = listbuild.build(ListKind.ITL, [entry], Signing(key=rsa_key(), entry=entry))
    assert (read.records[0].role, read.records[0].ip_address) == (None, b"")


def test_a_list_without_bytes_cannot_be_encoded() -> None:
    with pytest.raises(ValueError, match="no bytes"):
        listbuild.encode(TrustList(kind=ListKind.CTL, signer=None))


def test_pads_between_records_survive() -> None:
    itl = signed_itl()
    assert itl.raw is not None
    at = itl.header_length or 0
    first = itl.records[0].length or 0
    padded = itl.raw[: at + first] + b"\x0d\x0d" + itl.raw[at + first :] + b"\x0d"
    read = listparse.parse(padded)
    assert len(read.records) == 4
    assert listbuild.encode(read) == padded
