"""The trace of a TVS reads as the published ones do."""

from office import Office

from phoneemu.cluster import tvs, tvstrace
from phoneemu.core import tvs as messages
from phoneemu.core.names import Identity, serial_text

WHERE = "CertificateDBCache::getCertificateInformation"
CACHE = "CertificateCTLCache::getCertificateInformation"
DEVICE = "CP-8861-SEP001122AABBCC"


def traced(office: Office, signer: Identity) -> list[str]:
    found = tvs.answer(office.cluster, office.cluster.publisher, signer)
    answer = messages.Answer(
        session=1001,
        valid=found.found,
        certificate=b"\x30" * 900 if found.found else b"",
        roles=frozenset(int(role) for role in found.roles),
        ttl=found.ttl if found.found else None,
    )
    query = messages.Query(session=1001, device=DEVICE, signer=signer)
    return tvstrace.lines(query, answer, found.trace)


def test_a_known_callmanager_reads_as_in_the_published_trace() -> None:
    office = Office(mixed=True)
    signer = office.cluster.by_name["sub"].own["CallManager"].identity
    serial = serial_text(signer.serial).replace(":", "")
    length = 27 + 2 * (3 + len(signer.subject) + 1) + 3 + 16
    assert traced(office, signer) == [
        "MsgType : TVS_MSG_QUERY_CERT_REQ",
        "Protocol Discriminator: 57",
        "Session Id : 0",
        f"Length : {length}",
        "tvsHandleQueryCertReq",
        f"tvsHandleQueryCertReq : Subject Name is: {signer.subject}",
        f"tvsHandleQueryCertReq : Issuer Name is: {signer.issuer}",
        f"tvsHandleQueryCertReq : Serial Number is: {serial}",
        f"{WHERE} - Looking up the certificate cache using Unique MAP ID : {serial}{signer.issuer}",
        f"{WHERE} - Found entry {{rolecount : 2}}",
        f"{WHERE} - {{role : 0}}",
        f"{WHERE} - {{role : 2}}",
        "Sending QUERY_CERT_RES msg",
        "MsgType : TVS_MSG_QUERY_CERT_RES",
        "Protocol Discriminator: 57",
        "Session Id : 0",
        f"Length : {4 + 903 + 5 + 7}",
        "Status : 0",
        "Number of Certs : 1",
        "Cert Type : 0",
        "PublicKey : 86400",
    ]


def test_a_token_is_found_in_the_cache_of_the_ctl() -> None:
    office = Office(mixed=True, tokens=("a", "b"))
    signer = office.cluster.etokens["a"].identity
    said = traced(office, signer)
    key = f"{serial_text(signer.serial).replace(':', '')}{signer.issuer}"
    assert "tvsHandleQueryCertReq : This is SAST eToken cert" in said
    assert f"ERROR:{WHERE} - Cannot find the certificate in the cache" in said
    looked = f"{CACHE} - Looking up the certificate cache using Unique MAP ID : {key}, len : {len(key)}"
    at = said.index(looked)
    assert said[at + 1 : at + 3] == [f"{CACHE} - Found entry {{rolecount : 1}}", f"{CACHE} - {{role : 0}}"]


def test_an_unknown_signer_is_found_nowhere() -> None:
    said = traced(Office(), Identity("CN=x", "CN=x", 5))
    assert f"ERROR:{CACHE} - Cannot find the certificate in the cache" in said
    assert "getCertificateInformation(cert) : certificate not found" in said
    assert said[-1] == "Status : 1"


def test_a_verification_has_its_own_words() -> None:
    request = messages.Verify(session=1, device=DEVICE, certificate=b"\x30" * 920)
    answer = messages.Answer(session=1, command=messages.Command.VERIFY_ANSWER, valid=True)
    said = tvstrace.lines(request, answer, ())
    assert said[0] == "MsgType : TVS_MSG_CERT_VERIFICATION_REQ"
    assert said[3] == "Length : 950"
    assert said[4:6] == ["Sending CERT_VERIF_RES msg", "MsgType : TVS_MSG_CERT_VERIFICATION_RES"]
