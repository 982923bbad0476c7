"""Chapter C: each rule once where it applies and once where it does not."""

import attrs
import pytest
from making import (
    CAPF_CERT,
    CM,
    CM_NEW,
    a_config,
    a_ctl,
    a_file,
    a_list,
    a_profile,
    an_itl,
    asked,
    certificate,
    entry,
)

from phoneemu.core.flash import CachedAnswer, Flash
from phoneemu.core.names import Identity
from phoneemu.core.question import Subject
from phoneemu.core.rules import judge
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.trustlist import Digest, ListKind, Role, SignatureStatus

HELD = Flash(ctl=a_ctl(), itl=an_itl(), config=a_config())


def ruled(offered: object, flash: Flash = HELD, **more: object) -> tuple[Verdict, Reason]:
    ruling = judge(asked(Subject.CONFIG, offered, flash, **more))
    return ruling.verdict, ruling.reason


@pytest.mark.parametrize("offered", [MalformedFile("cut", offset=1), a_ctl()])
def test_what_is_no_configuration_file_is_refused(offered: object) -> None:
    assert ruled(offered) == (Verdict.REFUSE, Reason.MALFORMED_FILE)


@pytest.mark.parametrize("signer", [None, CM_NEW])
def test_any_file_is_taken_while_no_list_names_a_signer_of_files(signer: Identity | None) -> None:
    emptied = Flash(itl=a_list(ListKind.ITL, CM, entry(Role.CAPF, CAPF_CERT)))
    expected = (Verdict.ACCEPT, Reason.NOTHING_TO_VERIFY_WITH)
    assert ruled(a_file(signer), Flash()) == expected
    assert ruled(a_file(signer), emptied) == expected


def test_a_model_that_ignores_signatures_takes_any_file() -> None:
    profile = a_profile(verifies_config=False)
    expected = (Verdict.ACCEPT, Reason.SIGNATURE_IGNORED)
    assert ruled(a_file(CM_NEW), profile=profile) == expected
    assert ruled(a_file(None), profile=profile) == expected


def test_an_unsigned_file_is_refused_by_a_phone_that_knows_who_signs() -> None:
    assert ruled(a_file(None)) == (Verdict.REFUSE, Reason.UNSIGNED_FILE)
    unknown = a_profile(verifies_config=None)
    assert ruled(a_file(None), profile=unknown) == (Verdict.CANNOT_SAY, Reason.VERIFICATION_UNKNOWN)


def test_digest_and_key_count_for_configuration_too() -> None:
    sha512 = attrs.evolve(a_file(), digest=Digest.SHA512)
    odd = attrs.evolve(a_file(), digest=None)
    large = attrs.evolve(a_file(), key_bits=4096)
    assert ruled(sha512) == (Verdict.HALT, Reason.DIGEST_UNSUPPORTED)
    assert ruled(odd) == (Verdict.HALT, Reason.DIGEST_UNSUPPORTED)
    assert ruled(large) == (Verdict.REFUSE, Reason.KEY_TOO_LARGE)


def test_a_tftp_server_outside_the_ctl_is_not_authorised() -> None:
    assert ruled(a_file(), server="stranger") == (Verdict.REFUSE, Reason.TFTP_NOT_AUTHORISED)


def test_a_signer_listed_for_files_is_taken() -> None:
    assert ruled(a_file(CM)) == (Verdict.ACCEPT, Reason.LISTED_SIGNER)
    itl_only = attrs.evolve(HELD, ctl=None)
    assert ruled(a_file(CM), itl_only) == (Verdict.ACCEPT, Reason.LISTED_SIGNER)


def test_a_sast_certificate_alone_signs_no_file() -> None:
    token = certificate("token")
    ctl = a_list(ListKind.CTL, token, entry(Role.SAST, token), entry(Role.CCM_TFTP, CM, "pub"))
    flash = attrs.evolve(HELD, ctl=ctl)
    assert ruled(a_file(token), flash) == (Verdict.ASK, Reason.SIGNER_UNKNOWN)


def test_a_listed_signer_with_a_wrong_signature_is_refused() -> None:
    assert ruled(a_file(CM), signature=SignatureStatus.BAD) == (Verdict.REFUSE, Reason.SIGNATURE_BAD)


_LISTED = (Verdict.ACCEPT, Reason.LISTED_SIGNER)
_UNTOLD = (Verdict.CANNOT_SAY, Reason.MULTI_SAN_UNSUPPORTED)


@pytest.mark.parametrize(
    ("reused", "finds", "expected"),
    [
        (True, True, _LISTED),
        (True, False, (Verdict.REFUSE, Reason.MULTI_SAN_UNSUPPORTED)),
        (True, None, _UNTOLD),
        (False, False, _LISTED),
        (False, None, _LISTED),
        (None, True, _LISTED),
        (None, False, _UNTOLD),
        (None, None, _UNTOLD),
    ],
)
def test_a_multi_server_signer_counts_by_load_where_it_is_tomcats(
    reused: bool | None,  # noqa: FBT001 - a table value
    finds: bool | None,  # noqa: FBT001 - a table value
    expected: tuple[Verdict, Reason],
) -> None:
    """[RN8800-1421SR1] speaks of the tomcat certificate that CallManager reuses, and of no other."""
    shared = certificate("pub-ms.example.org")
    flash = Flash(itl=an_itl(shared), config=a_config())
    offered = attrs.evolve(a_file(shared), of_tomcat=reused)
    assert ruled(offered, flash, profile=a_profile(finds_multi_san=finds)) == expected


def test_a_reused_certificate_is_known_whatever_its_name() -> None:
    flash = Flash(itl=an_itl(CM), config=a_config())
    profile = a_profile(finds_multi_san=False)
    assert ruled(a_file(CM), flash, profile=profile) == _LISTED
    refused = ruled(attrs.evolve(a_file(CM), of_tomcat=True), flash, profile=profile)
    assert refused == (Verdict.REFUSE, Reason.MULTI_SAN_UNSUPPORTED)


def test_multi_server_names_are_told_by_their_default_form() -> None:
    assert certificate("pub-ms.example.org").is_multi_server
    assert certificate("pub-ms").is_multi_server
    assert not certificate("pub-msx").is_multi_server


def test_a_list_known_in_part_cannot_judge_an_unknown_signer() -> None:
    expected = (Verdict.CANNOT_SAY, Reason.LIST_INCOMPLETE)
    ctl = attrs.evolve(HELD, ctl=attrs.evolve(a_ctl(), complete=False))
    itl = Flash(itl=attrs.evolve(an_itl(), complete=False))
    assert ruled(a_file(CM_NEW), ctl) == expected
    assert ruled(a_file(CM_NEW), itl) == expected


def test_whether_a_model_verifies_matters_only_for_an_unknown_signer() -> None:
    unknown = a_profile(verifies_config=None)
    assert ruled(a_file(CM), profile=unknown) == (Verdict.ACCEPT, Reason.LISTED_SIGNER)
    assert ruled(a_file(CM_NEW), profile=unknown) == (Verdict.CANNOT_SAY, Reason.VERIFICATION_UNKNOWN)


def test_an_unknown_signer_goes_the_way_of_the_tvs() -> None:
    legacy = a_profile(asks_tvs=False)
    answer = CachedAnswer(identity=CM_NEW, roles=frozenset({3}), expires=2000.0)
    remembered = attrs.evolve(HELD, tvs_cache=(answer,))
    as_sast_only = attrs.evolve(HELD, tvs_cache=(attrs.evolve(answer, roles=frozenset({0})),))
    assert ruled(a_file(CM_NEW), profile=legacy) == (Verdict.REFUSE, Reason.SIGNER_UNKNOWN_NO_TVS)
    assert ruled(a_file(CM_NEW), remembered) == (Verdict.ACCEPT, Reason.TVS_CACHED)
    assert ruled(a_file(CM_NEW), as_sast_only) == (Verdict.ASK, Reason.SIGNER_UNKNOWN)
    assert ruled(a_file(CM_NEW)) == (Verdict.ASK, Reason.SIGNER_UNKNOWN)


def test_a_file_of_an_expired_signer_is_refused_known_or_not() -> None:
    expected = (Verdict.REFUSE, Reason.SIGNER_EXPIRED)
    assert ruled(a_file(CM, signer_expires=999.0)) == expected
    assert ruled(a_file(CM_NEW, signer_expires=999.0)) == expected
    assert ruled(a_file(CM, signer_expires=1001.0))[0] is Verdict.ACCEPT
