"""Chapter L: each rule once where it applies and once where it does not."""

from collections.abc import Collection

import attrs
import pytest
from making import (
    CAPF_CERT,
    CM,
    CM_NEW,
    TVS_CERT,
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

from phoneemu.core.evidence import Standing
from phoneemu.core.flash import CachedAnswer, Flash
from phoneemu.core.question import Subject
from phoneemu.core.rules import judge
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.tlv import EmptyFile, MalformedFile
from phoneemu.core.trustlist import Digest, ListKind, Record, Role, SignatureStatus

HELD = Flash(ctl=a_ctl(), itl=an_itl(), config=a_config())
NEW_CTL = a_ctl(CM_NEW, timestamp=2)
NEW_ITL = an_itl(CM_NEW, timestamp=2)


def ruled(subject: Subject, offered: object, flash: Flash = HELD, **more: object) -> tuple[Verdict, Reason]:
    ruling = judge(asked(subject, offered, flash, **more))
    return ruling.verdict, ruling.reason


def test_broken_bytes_are_refused() -> None:
    broken = MalformedFile("cut", offset=3)
    assert ruled(Subject.CTL, broken) == (Verdict.REFUSE, Reason.MALFORMED_FILE)


def test_an_empty_file_stands_for_no_list() -> None:
    assert ruled(Subject.CTL, EmptyFile()) == (Verdict.UNCHANGED, Reason.EMPTY_FILE)
    assert ruled(Subject.CTL, EmptyFile(), Flash()) == (Verdict.UNCHANGED, Reason.EMPTY_FILE)


@pytest.mark.parametrize("offered", [an_itl(), a_file()])
def test_another_kind_of_file_under_the_name_of_a_ctl_is_refused(offered: object) -> None:
    assert ruled(Subject.CTL, offered) == (Verdict.REFUSE, Reason.WRONG_KIND)


def test_a_ctl_under_the_name_of_an_itl_is_refused() -> None:
    assert ruled(Subject.ITL, a_ctl()) == (Verdict.REFUSE, Reason.WRONG_KIND)


def test_a_list_the_model_does_not_read_is_refused() -> None:
    profile = a_profile(reads_itl=False)
    assert ruled(Subject.ITL, NEW_ITL, profile=profile) == (Verdict.REFUSE, Reason.NOT_READ_BY_MODEL)


def test_the_same_list_changes_nothing() -> None:
    assert ruled(Subject.CTL, a_ctl()) == (Verdict.UNCHANGED, Reason.SAME_AS_INSTALLED)
    assert ruled(Subject.ITL, HELD.itl) == (Verdict.UNCHANGED, Reason.SAME_AS_INSTALLED)


def test_an_itl_over_the_limit_stops_the_phone_and_one_at_the_limit_does_not() -> None:
    over = an_itl(CM, timestamp=2, length=65537)
    at = an_itl(CM, timestamp=2, length=65536)
    assert ruled(Subject.ITL, over) == (Verdict.HALT, Reason.LIST_TOO_LARGE)
    assert ruled(Subject.ITL, at) == (Verdict.ACCEPT, Reason.LISTED_SIGNER)


def test_the_general_limit_counts_for_a_model_without_one_of_its_own() -> None:
    over = an_itl(CM, timestamp=2, length=65537)
    profile = a_profile(list_max_bytes=None)
    assert ruled(Subject.ITL, over, profile=profile) == (Verdict.HALT, Reason.LIST_TOO_LARGE)


def test_a_ctl_is_limited_only_by_the_download() -> None:
    assert ruled(Subject.CTL, a_ctl(CM, timestamp=2, length=70000))[0] is Verdict.ACCEPT
    too_large = a_ctl(CM, timestamp=2, length=2048 * 1024 + 1)
    assert ruled(Subject.CTL, too_large) == (Verdict.HALT, Reason.LIST_TOO_LARGE)


@pytest.mark.parametrize(("certificates", "verdict"), [(39, Verdict.ACCEPT), (40, Verdict.HALT)])
def test_a_planned_itl_is_too_large_from_forty_certificates(certificates: int, verdict: Verdict) -> None:
    records = [
        entry(Role.SAST, CM),
        *(entry(Role.TVS, certificate(f"t{n}")) for n in range(certificates - 1)),
    ]
    assert ruled(Subject.ITL, a_list(ListKind.ITL, CM, *records))[0] is verdict


def test_a_digest_the_model_lacks_stops_it() -> None:
    sha512 = attrs.evolve(NEW_CTL, digest=Digest.SHA512)
    assert ruled(Subject.CTL, sha512) == (Verdict.HALT, Reason.DIGEST_UNSUPPORTED)
    able = a_profile(digests=("sha1", "sha512"))
    assert ruled(Subject.CTL, sha512, profile=able)[0] is Verdict.ASK


def test_a_digest_nobody_knows_about_cannot_be_said() -> None:
    sha512 = attrs.evolve(NEW_CTL, digest=Digest.SHA512)
    maybe = a_profile(digests_unknown=("sha512",))
    nothing_known = a_profile(digests=None)
    expected = (Verdict.CANNOT_SAY, Reason.DIGEST_SUPPORT_UNKNOWN)
    assert ruled(Subject.CTL, sha512, profile=maybe) == expected
    assert ruled(Subject.CTL, sha512, profile=nothing_known) == expected
    assert ruled(Subject.CTL, NEW_CTL, profile=nothing_known)[0] is Verdict.ASK


def test_an_unknown_digest_number_is_one_the_model_lacks() -> None:
    odd = attrs.evolve(NEW_CTL, digest=None, digest_number=9)
    maybe = a_profile(digests_unknown=("sha512",))
    assert ruled(Subject.CTL, odd, profile=maybe) == (Verdict.HALT, Reason.DIGEST_UNSUPPORTED)


def test_a_key_above_the_known_limit_is_refused_or_cannot_be_said() -> None:
    large = attrs.evolve(a_ctl(CM, timestamp=2), key_bits=4096)
    assert ruled(Subject.CTL, large) == (Verdict.REFUSE, Reason.KEY_TOO_LARGE)
    unsure = a_profile(rsa_above_unknown=True)
    unknown = a_profile(rsa_max_bits=None)
    able = a_profile(rsa_max_bits=4096)
    expected = (Verdict.CANNOT_SAY, Reason.KEY_SUPPORT_UNKNOWN)
    assert ruled(Subject.CTL, large, profile=unsure) == expected
    assert ruled(Subject.CTL, large, profile=unknown) == expected
    assert ruled(Subject.CTL, large, profile=able)[0] is Verdict.ACCEPT


def test_some_models_never_replace_a_ctl_but_take_a_first_one() -> None:
    profile = a_profile(takes_changed_ctl=False, reads_itl=False)
    renewed = a_ctl(CM, timestamp=2)
    assert ruled(Subject.CTL, renewed, profile=profile) == (Verdict.REFUSE, Reason.NEVER_REPLACES_CTL)
    assert ruled(Subject.CTL, renewed, Flash(), profile=profile) == (Verdict.ACCEPT, Reason.FIRST_TRUST)


def test_a_tftp_server_outside_the_ctl_is_not_authorised() -> None:
    renewed = a_ctl(CM, timestamp=2)
    assert ruled(Subject.CTL, renewed, server="stranger") == (Verdict.REFUSE, Reason.TFTP_NOT_AUTHORISED)
    assert ruled(Subject.CTL, renewed, server="PUB.example.org")[0] is Verdict.ACCEPT
    lenient = a_profile(authorises_tftp=("config",))
    assert ruled(Subject.CTL, renewed, server="stranger", profile=lenient)[0] is Verdict.ACCEPT


def test_a_tftp_server_whose_certificate_the_ctl_has_as_sast_is_authorised() -> None:
    """[behaviour-more 1, 36]: so a proxy TFTP of another cluster comes into a tokenless CTL."""
    proxy = certificate("proxy.example.org")
    ctl = a_list(
        ListKind.CTL, CM, entry(Role.SAST, CM), entry(Role.SAST, proxy), entry(Role.CCM_TFTP, CM, "pub")
    )
    held, renewed = attrs.evolve(HELD, ctl=ctl), a_ctl(CM, timestamp=2)
    assert ruled(Subject.CTL, renewed, held, server="proxy")[0] is Verdict.ACCEPT
    assert ruled(Subject.CTL, renewed, held, server="prox")[1] is Reason.TFTP_NOT_AUTHORISED
    by_address = ruled(Subject.CTL, renewed, held, server="192.0.2.9")
    assert by_address == (Verdict.CANNOT_SAY, Reason.TFTP_NAME_UNKNOWN)


def test_a_ctl_with_a_multi_server_certificate_authorises_every_node() -> None:
    shared = certificate("pub-ms.example.org")
    ctl = a_list(ListKind.CTL, CM, entry(Role.SAST, CM), entry(Role.CCM_TFTP, shared, "pub"))
    held = attrs.evolve(HELD, ctl=ctl)
    assert ruled(Subject.ITL, an_itl(timestamp=2), held, server="sub")[1] is Reason.LISTED_SIGNER


def test_a_tftp_server_that_a_partial_ctl_does_not_show_cannot_be_said() -> None:
    partial = attrs.evolve(HELD, ctl=a_ctl(complete=False))
    offered = a_ctl(timestamp=2)
    assert ruled(Subject.CTL, offered, partial, server="sub") == (Verdict.CANNOT_SAY, Reason.LIST_INCOMPLETE)
    assert ruled(Subject.CTL, offered, partial, server="pub")[0] is Verdict.ACCEPT


@pytest.mark.parametrize(
    ("listed", "server", "reason"),
    [
        ("192.0.2.11", "pub", Reason.TFTP_NAME_UNKNOWN),
        ("pub", "192.0.2.11", Reason.TFTP_NAME_UNKNOWN),
        ("pub", "2001:db8::1", Reason.TFTP_NAME_UNKNOWN),
        ("192.0.2.11", "192.0.2.12", Reason.TFTP_NOT_AUTHORISED),
        ("192.0.2.11", "192.0.2.11", Reason.LISTED_SIGNER),
    ],
)
def test_a_name_and_an_address_cannot_be_compared(listed: str, server: str, reason: Reason) -> None:
    ctl = a_list(ListKind.CTL, CM, entry(Role.SAST, CM, listed), entry(Role.CCM_TFTP, CM, listed))
    held = attrs.evolve(HELD, ctl=ctl)
    assert ruled(Subject.CTL, a_ctl(timestamp=2), held, server=server)[1] is reason


TOLD = attrs.evolve(entry(Role.CCM_TFTP, CM, "pub"), ip_address=bytes((192, 0, 2, 11)))
BLANK = entry(Role.CCM_TFTP, CM, "pub")
BY_ADDRESS = entry(Role.CCM_TFTP, CM, "192.0.2.11")
BESIDE = entry(Role.CCM_TFTP, CM, "sub")


@pytest.mark.parametrize(
    ("listed", "server", "known_as", "reason"),
    [
        (TOLD, "192.0.2.11", {"pub", "192.0.2.11"}, Reason.LISTED_SIGNER),
        (TOLD, "192.0.2.77", {"pub", "192.0.2.77"}, Reason.TFTP_NOT_AUTHORISED),
        (TOLD, "192.0.2.77", (), Reason.TFTP_NOT_AUTHORISED),
        (TOLD, "newpub", {"newpub", "192.0.2.11"}, Reason.LISTED_SIGNER),
        (TOLD, "newpub", {"newpub", "pub"}, Reason.LISTED_SIGNER),
        (TOLD, "stranger", {"stranger", "192.0.2.77"}, Reason.TFTP_NOT_AUTHORISED),
        (BLANK, "192.0.2.11", {"pub", "192.0.2.11"}, Reason.TFTP_NAME_UNKNOWN),
        (BLANK, "192.0.2.99", {"stranger", "192.0.2.99"}, Reason.TFTP_NOT_AUTHORISED),
        (BY_ADDRESS, "pub", {"pub", "192.0.2.11"}, Reason.LISTED_SIGNER),
        (BY_ADDRESS, "pub", {"pub"}, Reason.TFTP_NAME_UNKNOWN),
    ],
)
def test_a_server_given_by_name_counts_under_all_it_has_and_one_given_by_address_under_that(
    listed: Record, server: str, known_as: Collection[str], reason: Reason
) -> None:
    servers = (listed, BESIDE) if listed is not BY_ADDRESS else (listed,)
    ctl = a_list(ListKind.CTL, CM, entry(Role.SAST, CM), *servers)
    held = attrs.evolve(HELD, ctl=ctl)
    offered = a_ctl(timestamp=2)
    assert ruled(Subject.CTL, offered, held, server=server, known_as=frozenset(known_as))[1] is reason


def test_facts_nobody_knows_about_updates_cannot_be_said() -> None:
    offered, may_not = a_ctl(timestamp=2), (Verdict.CANNOT_SAY, Reason.LOAD_MAY_NOT_UPDATE)
    assert ruled(Subject.CTL, offered, profile=a_profile(takes_changed_ctl=None)) == may_not
    assert ruled(Subject.CTL, offered, profile=a_profile(updates_reliably=None)) == may_not
    unsure = a_profile(authorises_tftp=None)
    assert ruled(Subject.CTL, offered, profile=unsure, server="elsewhere") == (
        Verdict.CANNOT_SAY,
        Reason.TFTP_NOT_AUTHORISED,
    )


def test_a_ctl_without_tftp_certificates_authorises_any_server() -> None:
    emptied = a_list(ListKind.CTL, CM, entry(Role.SAST, CM, "pub"), entry(Role.CCM_TFTP, None, "pub"))
    flash = attrs.evolve(HELD, ctl=emptied)
    assert ruled(Subject.CTL, a_ctl(CM, timestamp=2), flash, server="stranger")[0] is Verdict.ACCEPT


def test_the_first_list_is_taken_on_trust() -> None:
    assert ruled(Subject.CTL, NEW_CTL, Flash()) == (Verdict.ACCEPT, Reason.FIRST_TRUST)
    assert ruled(Subject.ITL, NEW_ITL, Flash()) == (Verdict.ACCEPT, Reason.FIRST_TRUST)


def test_whether_a_first_list_that_contradicts_itself_is_taken_cannot_be_said() -> None:
    ruling = judge(asked(Subject.CTL, NEW_CTL, Flash(), signature=SignatureStatus.BAD))
    assert (ruling.verdict, ruling.reason) == (Verdict.CANNOT_SAY, Reason.SIGNATURE_BAD)


def test_an_emptied_itl_takes_any_list() -> None:
    emptied = a_list(ListKind.ITL, CM, entry(Role.CAPF, CAPF_CERT))
    flash = Flash(itl=emptied, config=a_config())
    assert ruled(Subject.ITL, NEW_ITL, flash) == (Verdict.ACCEPT, Reason.ITL_EMPTIED)
    assert ruled(Subject.CTL, NEW_CTL, flash) == (Verdict.ACCEPT, Reason.ITL_EMPTIED)


def test_an_emptied_itl_beside_a_secure_ctl_helps_nobody() -> None:
    emptied = a_list(ListKind.ITL, CM, entry(Role.CAPF, CAPF_CERT))
    flash = Flash(ctl=a_ctl(), itl=emptied, config=a_config())
    assert ruled(Subject.ITL, NEW_ITL, flash) == (Verdict.REFUSE, Reason.NO_TVS_IN_ITL)


def test_an_emptied_itl_beside_a_non_secure_ctl_takes_any_itl_but_not_any_ctl() -> None:
    emptied = a_list(ListKind.ITL, CM, entry(Role.CAPF, CAPF_CERT))
    non_secure = a_list(ListKind.CTL, CM, entry(Role.SAST, CM), entry(Role.CCM_TFTP, None, "pub"))
    flash = Flash(ctl=non_secure, itl=emptied, config=a_config())
    assert ruled(Subject.ITL, NEW_ITL, flash) == (Verdict.ACCEPT, Reason.ITL_EMPTIED)
    assert ruled(Subject.CTL, NEW_CTL, flash) == (Verdict.REFUSE, Reason.NO_TVS_IN_ITL)


def test_a_sast_of_either_list_signs_the_next_ctl_and_the_itl_alone_is_inferred() -> None:
    from_ctl = judge(asked(Subject.CTL, a_ctl(CM, timestamp=2), HELD))
    other = certificate("other")
    itl = a_list(ListKind.ITL, CM, entry(Role.SAST, other), entry(Role.TFTP, CM), entry(Role.TVS, TVS_CERT))
    from_itl = judge(asked(Subject.CTL, a_ctl(other, timestamp=2), attrs.evolve(HELD, itl=itl)))
    assert (from_ctl.reason, from_ctl.standing) == (Reason.LISTED_SIGNER, Standing.DOCUMENTED)
    assert (from_itl.reason, from_itl.standing) == (Reason.LISTED_SIGNER, Standing.INFERRED)


def test_a_ccm_tftp_record_of_the_ctl_signs_an_itl_but_no_ctl() -> None:
    token, node = certificate("token"), certificate("node")
    ctl = a_list(ListKind.CTL, token, entry(Role.SAST, token), entry(Role.CCM_TFTP, node, "pub"))
    flash = Flash(ctl=ctl, config=a_config())
    assert ruled(Subject.ITL, an_itl(node), flash) == (Verdict.ACCEPT, Reason.LISTED_SIGNER)
    assert ruled(Subject.CTL, a_ctl(node), flash) == (Verdict.REFUSE, Reason.NO_TVS_IN_ITL)


def test_a_certificate_listed_only_as_tftp_signs_no_list() -> None:
    itl = a_list(
        ListKind.ITL, CM, entry(Role.SAST, CM), entry(Role.TFTP, CM_NEW, "pub"), entry(Role.TVS, TVS_CERT)
    )
    flash = Flash(itl=itl, config=a_config())
    assert ruled(Subject.ITL, NEW_ITL, flash) == (Verdict.ASK, Reason.SIGNER_UNKNOWN)


def test_a_model_may_take_a_list_signed_by_another_role() -> None:
    itl = a_list(ListKind.ITL, CM, entry(Role.SAST, CM), entry(Role.TFTP, CM_NEW))
    profile = a_profile(list_signers=("tftp",))
    assert ruled(Subject.ITL, NEW_ITL, Flash(itl=itl), profile=profile)[1] is Reason.LISTED_SIGNER
    assert ruled(Subject.ITL, an_itl(CM, timestamp=3), Flash(itl=itl), profile=profile)[0] is Verdict.REFUSE


def test_a_model_whose_signers_nobody_states_takes_those_of_every_other() -> None:
    profile = a_profile(list_signers=None)
    assert ruled(Subject.CTL, a_ctl(timestamp=2), profile=profile) == (Verdict.ACCEPT, Reason.LISTED_SIGNER)


def test_one_certificate_in_two_roles_does_not_confuse_the_check() -> None:
    ctl = a_list(ListKind.CTL, CM, entry(Role.CCM_TFTP, CM, "pub"), entry(Role.SAST, CM, "pub"))
    flash = attrs.evolve(HELD, ctl=ctl)
    assert ruled(Subject.CTL, a_ctl(CM, timestamp=2), flash) == (Verdict.ACCEPT, Reason.LISTED_SIGNER)


def test_a_list_signed_by_the_old_signer_that_names_only_the_new_one_is_taken() -> None:
    offered = a_list(ListKind.CTL, CM, entry(Role.SAST, CM_NEW), entry(Role.CCM_TFTP, CM_NEW, "pub"))
    assert ruled(Subject.CTL, offered) == (Verdict.ACCEPT, Reason.LISTED_SIGNER)


def test_a_listed_signer_with_a_wrong_signature_is_refused() -> None:
    renewed = a_ctl(CM, timestamp=2)
    bad = SignatureStatus.BAD
    assert ruled(Subject.CTL, renewed, signature=bad) == (Verdict.REFUSE, Reason.SIGNATURE_BAD)


def test_a_load_that_misses_updates_cannot_be_said() -> None:
    profile = a_profile(updates_reliably=False)
    expected = (Verdict.CANNOT_SAY, Reason.LOAD_MAY_NOT_UPDATE)
    assert ruled(Subject.CTL, a_ctl(CM, timestamp=2), profile=profile) == expected


def test_an_older_timestamp_is_not_looked_at() -> None:
    older = a_ctl(CM, timestamp=0)
    assert ruled(Subject.CTL, older) == (Verdict.ACCEPT, Reason.LISTED_SIGNER)


def test_a_list_that_names_no_signer_is_asked_about_by_nobody() -> None:
    nameless = a_list(ListKind.CTL, None, entry(Role.SAST, CM))
    profile = a_profile(asks_tvs=False)
    assert ruled(Subject.CTL, nameless, profile=profile) == (Verdict.REFUSE, Reason.SIGNER_UNKNOWN_NO_TVS)


def test_an_unknown_signer_cannot_be_judged_against_a_list_known_in_part() -> None:
    flash = attrs.evolve(HELD, ctl=attrs.evolve(a_ctl(), complete=False))
    assert ruled(Subject.CTL, NEW_CTL, flash) == (Verdict.CANNOT_SAY, Reason.LIST_INCOMPLETE)


def test_an_unknown_signer_and_a_model_nobody_knows_cannot_be_said() -> None:
    unread = a_profile(reads_ctl=None)
    unasked = a_profile(asks_tvs=None)
    assert ruled(Subject.CTL, NEW_CTL, profile=unread) == (Verdict.CANNOT_SAY, Reason.LIST_SUPPORT_UNKNOWN)
    assert ruled(Subject.CTL, NEW_CTL, profile=unasked) == (Verdict.CANNOT_SAY, Reason.TVS_SUPPORT_UNKNOWN)


def test_what_would_stop_a_reader_cannot_be_said_of_a_model_that_may_not_read() -> None:
    unread = a_profile(reads_itl=None)
    sha512 = a_list(ListKind.ITL, CM, entry(Role.SAST, CM), digest=Digest.SHA512)
    assert ruled(Subject.ITL, sha512, Flash(), profile=unread) == (
        Verdict.CANNOT_SAY,
        Reason.LIST_SUPPORT_UNKNOWN,
    )


def test_a_first_list_stands_on_the_unknown_fact_whether_the_model_reads_it() -> None:
    unread = a_profile(reads_itl=None)
    told = judge(asked(Subject.ITL, a_list(ListKind.ITL, CM), Flash(), profile=unread))
    assert (told.verdict, told.reason) == (Verdict.ACCEPT, Reason.FIRST_TRUST)
    assert unread.reads_itl in told.facts


def test_an_unknown_signer_is_refused_by_a_model_without_tvs() -> None:
    legacy = a_profile(asks_tvs=False)
    assert ruled(Subject.CTL, NEW_CTL, profile=legacy) == (Verdict.REFUSE, Reason.SIGNER_UNKNOWN_NO_TVS)


def cached(roles: frozenset[int], expires: float = 2000.0) -> Flash:
    answers = (
        CachedAnswer(identity=CM, roles=frozenset({0}), expires=2000.0),
        CachedAnswer(identity=CM_NEW, roles=roles, expires=expires),
    )
    return attrs.evolve(HELD, tvs_cache=answers)


def test_a_cached_answer_counts_for_its_role_and_its_time_only() -> None:
    assert ruled(Subject.CTL, NEW_CTL, cached(frozenset({0}))) == (Verdict.ACCEPT, Reason.TVS_CACHED)
    assert ruled(Subject.CTL, NEW_CTL, cached(frozenset({3})))[0] is Verdict.ASK
    assert ruled(Subject.CTL, NEW_CTL, cached(frozenset({0}), expires=1000.0))[0] is Verdict.ASK


def test_a_cached_signer_with_a_wrong_signature_is_refused() -> None:
    flash, bad = cached(frozenset({0})), SignatureStatus.BAD
    assert ruled(Subject.CTL, NEW_CTL, flash, signature=bad) == (Verdict.REFUSE, Reason.SIGNATURE_BAD)


def test_no_tvs_can_be_trusted_without_an_itl_that_names_one() -> None:
    without = attrs.evolve(HELD, itl=None)
    assert ruled(Subject.CTL, NEW_CTL, without) == (Verdict.REFUSE, Reason.NO_TVS_IN_ITL)
    nobody = a_list(ListKind.ITL, CM, entry(Role.SAST, CM), entry(Role.TFTP, CM, "pub"))
    flash = attrs.evolve(HELD, itl=nobody)
    assert ruled(Subject.CTL, NEW_CTL, flash) == (Verdict.REFUSE, Reason.NO_TVS_IN_ITL)


def test_no_tvs_can_be_asked_without_a_configuration_that_names_one() -> None:
    for config in (None, a_config(tvs=())):
        flash = attrs.evolve(HELD, config=config)
        assert ruled(Subject.CTL, NEW_CTL, flash) == (Verdict.REFUSE, Reason.NO_TVS_SERVERS)


def test_otherwise_the_tvs_is_asked() -> None:
    assert ruled(Subject.CTL, NEW_CTL) == (Verdict.ASK, Reason.SIGNER_UNKNOWN)
    assert ruled(Subject.ITL, NEW_ITL) == (Verdict.ASK, Reason.SIGNER_UNKNOWN)


def test_a_changed_list_of_an_expired_signer_cannot_be_told() -> None:
    """Nobody printed whether phones look at the date; an unchanged list is not judged again."""
    changed = a_ctl(timestamp=2, signer_expires=999.0)
    assert ruled(Subject.CTL, changed) == (Verdict.CANNOT_SAY, Reason.SIGNER_EXPIRED)
    assert ruled(Subject.CTL, attrs.evolve(changed, signer_expires=1001.0))[0] is Verdict.ACCEPT
    assert ruled(Subject.CTL, a_ctl(signer_expires=999.0))[0] is Verdict.UNCHANGED
    assert ruled(Subject.CTL, changed, Flash())[0] is Verdict.ACCEPT


def test_a_ctl_of_a_multi_server_certificate_authorises_every_tftp_server() -> None:
    shared = certificate("pub-ms")
    held = attrs.evolve(HELD, ctl=a_ctl(shared))
    assert ruled(Subject.CTL, a_ctl(shared, timestamp=2), held, server="sub")[0] is Verdict.ACCEPT
    refused = ruled(Subject.CTL, a_ctl(timestamp=2), server="sub")
    assert refused == (Verdict.REFUSE, Reason.TFTP_NOT_AUTHORISED)


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        (2048, (Verdict.ACCEPT, Reason.LISTED_SIGNER)),
        (3072, (Verdict.ACCEPT, Reason.LISTED_SIGNER)),
        (4096, (Verdict.CANNOT_SAY, Reason.LIST_SIZE_UNKNOWN)),
    ],
)
def test_large_keys_may_make_a_planned_itl_too_large_before_forty(
    bits: int, expected: tuple[Verdict, Reason]
) -> None:
    """28 certificates of 4096 bits take the room of 45, of 3072 bits that of 37."""
    more = [attrs.evolve(entry(Role.TVS, certificate(f"tvs-{n}")), key_bits=bits) for n in range(28)]
    itl = an_itl(timestamp=2)
    assert ruled(Subject.ITL, attrs.evolve(itl, records=(*itl.records[:2], *more))) == expected
    written = attrs.evolve(itl, records=(*itl.records[:2], *more), length=60_000)
    assert ruled(Subject.ITL, written) == (Verdict.ACCEPT, Reason.LISTED_SIGNER)
