"""What a list says, whichever way it is known."""

import attrs
from listmaking import published_ctl
from making import CAPF_CERT, CM, CM_NEW, TVS_CERT, a_ctl, a_list, an_itl, entry

from phoneemu.core.trustlist import Digest, ListKind, Record, Role


def test_a_certificate_has_all_the_roles_its_records_give_it() -> None:
    ctl = a_ctl()
    assert ctl.roles == {CM: frozenset({0, 2}), CAPF_CERT: frozenset({4})}
    assert ctl.sast == ctl.file_signers == frozenset({CM})
    assert ctl.holding(Role.CAPF, Role.TVS) == frozenset({CAPF_CERT})
    assert an_itl().tvs == frozenset({TVS_CERT})


def test_emptied_and_roleless_records_give_no_roles() -> None:
    ctl = a_list(ListKind.CTL, CM, entry(Role.CCM_TFTP, None, "pub"), entry(None, CM_NEW))
    assert ctl.roles == {}
    assert ctl.emptied
    assert not a_ctl().emptied


def test_tftp_servers_are_the_named_records_with_a_certificate() -> None:
    ctl = a_list(
        ListKind.CTL,
        CM,
        entry(Role.CCM_TFTP, CM, "PUB"),
        entry(Role.TFTP, CM_NEW, ""),
        entry(Role.CCM_TFTP, None, "sub"),
        entry(Role.CAPF, CAPF_CERT, "pub"),
    )
    assert ctl.tftp_servers == frozenset({"pub"})


def test_a_record_tells_the_address_of_its_server_by_an_element_or_by_its_name() -> None:
    told = attrs.evolve(entry(Role.CCM_TFTP, CM, "Pub"), ip_address=b"\x0a\x23\x30\x6a")
    named, blank = entry(Role.TFTP, CM_NEW, "192.0.2.11"), entry(Role.TFTP, CM_NEW, "Sub")
    ctl = a_list(ListKind.CTL, CM, told, named, blank, entry(Role.CCM_TFTP, None, "192.0.2.99"))
    assert ctl.tftp_addresses == {"10.35.48.106", "192.0.2.11"}
    assert ctl.tftp_unaddressed == {"sub"}


def test_lists_are_the_same_when_their_fingerprints_are() -> None:
    assert a_ctl().same_as(a_ctl())
    assert not a_ctl().same_as(a_ctl(timestamp=2))
    assert not a_ctl().same_as(None)
    printed = a_ctl(sha1="ab" * 20)
    assert printed.same_as(a_ctl(CM_NEW, sha1="ab" * 20))
    assert printed.fingerprint == "ab" * 20


def test_checksums_are_printed_or_computed_or_unknown() -> None:
    built = published_ctl()
    assert len(built.md5) == 32
    assert len(built.sha1) == 40
    assert attrs.evolve(built, md5="cd" * 16).md5 == "cd" * 16
    assert (a_ctl().md5, a_ctl().sha1) == ("", "")
    assert len(built.records[0].certificate_sha1) == 40
    assert Record(role=0, certificate_sha1="ef" * 20).certificate_sha1 == "ef" * 20
    assert Record(role=0).certificate_sha1 == ""


def test_a_record_is_found_by_its_certificate() -> None:
    ctl = a_ctl()
    assert ctl.record_of(CM) is ctl.records[0]
    assert ctl.record_of(CM_NEW) is None


def test_digests_have_the_names_of_model_files() -> None:
    assert [digest.label for digest in Digest] == ["sha1", "sha256", "sha512"]
