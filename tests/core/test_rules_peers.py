"""Chapters A, T and R: absences, TVS servers, CallManagers."""

import attrs
import pytest
from making import (
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
from phoneemu.core.flash import DeviceSecurity, Flash
from phoneemu.core.names import Identity
from phoneemu.core.profile import Profile
from phoneemu.core.question import Absence, Stage, Subject
from phoneemu.core.rules import judge
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.trustlist import ListKind, Role, SignatureStatus
from phoneemu.core.vocabulary import (
    CallManagerAnswered,
    CallManagerFailed,
    Registered,
    RegistrationTrouble,
    TvsAnswered,
    TvsConnected,
    TvsFailed,
    TvsTrouble,
)

HELD = Flash(ctl=a_ctl(), itl=an_itl(), config=a_config())
SECURE = Flash(config=a_config(security=DeviceSecurity.ENCRYPTED))


def absent(
    *,
    silent: bool = False,
    more: bool = False,
    attempts: int = 1,
    flash: Flash = HELD,
    subject: Subject = Subject.CTL,
    profile: Profile | None = None,
) -> tuple[Verdict, Reason]:
    absence = Absence(silent=silent, more=more, attempts=attempts)
    profile = profile or a_profile()
    ruling = judge(asked(subject, None, flash, stage=Stage.ABSENCE, answer=absence, profile=profile))
    return ruling.verdict, ruling.reason


def test_the_next_place_is_tried_while_there_is_one() -> None:
    assert absent(more=True) == (Verdict.NEXT, Reason.NOT_OFFERED)
    assert absent(silent=True, more=True) == (Verdict.NEXT, Reason.SERVER_SILENT)


def test_without_another_place_the_phone_keeps_what_it_has() -> None:
    assert absent() == (Verdict.UNCHANGED, Reason.NOT_OFFERED)
    assert absent(silent=True) == (Verdict.UNCHANGED, Reason.SERVER_SILENT)


def test_a_secure_phone_asks_for_its_first_ctl_four_times() -> None:
    assert absent(flash=SECURE, attempts=3) == (Verdict.NEXT, Reason.CTL_WANTED)
    assert absent(flash=SECURE, attempts=4) == (Verdict.UNCHANGED, Reason.NOT_OFFERED)
    assert absent(flash=SECURE, attempts=4, silent=True) == (Verdict.UNCHANGED, Reason.SERVER_SILENT)


def test_an_old_secure_phone_asks_for_ever() -> None:
    profile = a_profile(ctl_retries=-1)
    assert absent(flash=SECURE, profile=profile) == (Verdict.HALT, Reason.CTL_WANTED)


def test_a_model_whose_retries_nobody_knows_asks_once() -> None:
    profile = a_profile(ctl_retries=None)
    assert absent(flash=SECURE, profile=profile) == (Verdict.UNCHANGED, Reason.NOT_OFFERED)


def test_a_missing_itl_is_not_asked_for_again() -> None:
    assert absent(flash=SECURE, subject=Subject.ITL) == (Verdict.UNCHANGED, Reason.NOT_OFFERED)


def peer(answer: object, flash: Flash = HELD, stage: Stage = Stage.TVS_PEER) -> tuple[Verdict, Reason]:
    ruling = judge(asked(Subject.CTL, a_ctl(CM_NEW), flash, stage=stage, answer=answer))
    return ruling.verdict, ruling.reason


def test_a_tvs_is_believed_only_by_the_installed_itl() -> None:
    listed = TvsConnected(server="pub", peer=TVS_CERT)
    stranger = TvsConnected(server="pub", peer=certificate("other tvs"))
    assert peer(listed) == (Verdict.ACCEPT, Reason.LISTED_PEER)
    assert peer(stranger) == (Verdict.NEXT, Reason.TVS_NOT_TRUSTED)
    assert peer(listed, Flash(ctl=a_ctl())) == (Verdict.NEXT, Reason.TVS_NOT_TRUSTED)


@pytest.mark.parametrize("stage", [Stage.TVS_PEER, Stage.TVS_ANSWER])
@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (TvsTrouble.UNREACHABLE, (Verdict.NEXT, Reason.TVS_SILENT)),
        (TvsTrouble.NO_ANSWER, (Verdict.NEXT, Reason.TVS_SILENT)),
        (TvsTrouble.HANDSHAKE, (Verdict.NEXT, Reason.TVS_NOT_TRUSTED)),
        (TvsTrouble.TLS_VERSION, (Verdict.NEXT, Reason.TVS_TLS_VERSION)),
        (TvsTrouble.TLS_UNKNOWN, (Verdict.CANNOT_SAY, Reason.TLS_SUPPORT_UNKNOWN)),
    ],
)
def test_a_tvs_in_trouble_sends_the_phone_to_the_next(
    stage: Stage, trouble: TvsTrouble, expected: tuple[Verdict, Reason]
) -> None:
    assert peer(TvsFailed(server="pub", trouble=trouble), stage=stage) == expected


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (None, Reason.TVS_SILENT),
        (TvsFailed(server="pub", trouble=TvsTrouble.UNREACHABLE), Reason.TVS_SILENT),
        (TvsFailed(server="pub", trouble=TvsTrouble.TLS_VERSION), Reason.TVS_TLS_VERSION),
        (TvsFailed(server="pub", trouble=TvsTrouble.HANDSHAKE), Reason.TVS_NOT_TRUSTED),
        (TvsConnected(server="pub", peer=CM), Reason.TVS_NOT_TRUSTED),
    ],
)
def test_when_no_tvs_is_left_the_last_trouble_is_the_reason(last: object, reason: Reason) -> None:
    assert peer(last, stage=Stage.TVS_EXHAUSTED) == (Verdict.REFUSE, reason)


GOOD = TvsAnswered(server="pub", session=1001, found=True, identity=CM_NEW, roles=frozenset({0, 2}), ttl=60)


def answered(
    answer: TvsAnswered,
    subject: Subject = Subject.CTL,
    signature: SignatureStatus = SignatureStatus.ASSUMED,
    profile: Profile | None = None,
) -> tuple[Verdict, Reason]:
    offered = a_file(CM_NEW) if subject is Subject.CONFIG else a_ctl(CM_NEW)
    more = {"answer": answer, "signature": signature, "profile": profile or a_profile()}
    ruling = judge(asked(subject, offered, HELD, stage=Stage.TVS_ANSWER, **more))
    return ruling.verdict, ruling.reason


def test_an_answer_with_the_right_certificate_and_role_vouches() -> None:
    assert answered(GOOD) == (Verdict.ACCEPT, Reason.TVS_VOUCHES)
    assert answered(GOOD, Subject.CONFIG) == (Verdict.ACCEPT, Reason.TVS_VOUCHES)


def test_an_answer_that_knows_nothing_refuses() -> None:
    nothing = TvsAnswered(server="pub", session=1001, found=False)
    assert answered(nothing) == (Verdict.REFUSE, Reason.TVS_DOES_NOT_KNOW)


@pytest.mark.parametrize(
    ("members", "standing"), [(("pub",), Standing.DOCUMENTED), (("pub", "sub"), Standing.INFERRED)]
)
def test_that_no_other_member_is_asked_is_only_inferred(members: tuple[str, ...], standing: Standing) -> None:
    nothing = TvsAnswered(server="pub", session=1001, found=False)
    flash = attrs.evolve(HELD, config=a_config(tvs=members))
    ruling = judge(asked(Subject.CTL, a_ctl(CM_NEW), flash, stage=Stage.TVS_ANSWER, answer=nothing))
    assert (ruling.reason, ruling.standing) == (Reason.TVS_DOES_NOT_KNOW, standing)
    stranger = TvsConnected(server="pub", peer=CM_NEW)
    ruling = judge(asked(Subject.CTL, a_ctl(CM_NEW), flash, stage=Stage.TVS_PEER, answer=stranger))
    assert (ruling.reason, ruling.standing) == (Reason.TVS_NOT_TRUSTED, standing)


def test_an_answer_about_another_certificate_refuses() -> None:
    other = attrs.evolve(GOOD, identity=CM)
    assert answered(other) == (Verdict.REFUSE, Reason.TVS_WRONG_CERTIFICATE)


def test_the_role_must_fit_the_file() -> None:
    tftp = attrs.evolve(GOOD, roles=frozenset({3}))
    sast = attrs.evolve(GOOD, roles=frozenset({0}))
    assert answered(tftp) == (Verdict.REFUSE, Reason.TVS_WRONG_ROLE)
    assert answered(sast, Subject.CONFIG) == (Verdict.REFUSE, Reason.TVS_WRONG_ROLE)
    assert answered(tftp, Subject.CONFIG) == (Verdict.ACCEPT, Reason.TVS_VOUCHES)


def test_a_model_may_take_a_lists_signer_in_another_role_from_a_tvs() -> None:
    tftp = attrs.evolve(GOOD, roles=frozenset({3}))
    profile = a_profile(list_signers=("sast", "tftp"))
    assert answered(tftp, profile=profile) == (Verdict.ACCEPT, Reason.TVS_VOUCHES)


def test_a_vouched_signer_with_a_wrong_signature_is_refused() -> None:
    assert answered(GOOD, signature=SignatureStatus.BAD) == (Verdict.REFUSE, Reason.SIGNATURE_BAD)


def test_a_load_that_misses_updates_cannot_be_said_after_a_tvs_answer_either() -> None:
    profile = a_profile(updates_reliably=False)
    assert answered(GOOD, profile=profile) == (Verdict.CANNOT_SAY, Reason.LOAD_MAY_NOT_UPDATE)


def registering(answer: object, flash: Flash = HELD) -> tuple[Verdict, Reason]:
    stage = Stage.CALLMANAGER
    ruling = judge(asked(Subject.REGISTRATION, None, flash, stage=stage, answer=answer))
    return ruling.verdict, ruling.reason


HERE = bytes((192, 0, 2, 11))
SHARED = certificate("pub-ms")


@pytest.mark.parametrize(
    ("records", "node", "known_as", "verdict"),
    [
        ((("pub", HERE, CM),), "pub", {"pub", "192.0.2.11"}, Verdict.ACCEPT),
        ((("pub", HERE, CM),), "pub", {"pub", "192.0.2.77"}, Verdict.NEXT),
        ((("pub", b"\0\0\0\0", CM),), "pub", {"pub", "192.0.2.77"}, Verdict.NEXT),
        ((("pub", b"", CM),), "pub", {"pub", "192.0.2.77"}, Verdict.ACCEPT),
        ((("pub", HERE, CM),), "pub", {"pub"}, Verdict.ACCEPT),
        ((("pub", HERE, CM),), "sub", {"sub", "192.0.2.12"}, Verdict.ACCEPT),
        ((("pub", HERE, SHARED),), "pub", {"pub", "192.0.2.77"}, Verdict.ACCEPT),
        ((("192.0.2.11", b"", CM),), "192.0.2.77", {"pub", "192.0.2.77"}, Verdict.NEXT),
        ((("192.0.2.11", b"", CM),), "pub", {"pub", "192.0.2.11"}, Verdict.ACCEPT),
    ],
)
def test_a_callmanager_must_have_the_address_that_the_ctl_has_for_it(
    records: tuple[tuple[str, bytes, Identity], ...], node: str, known_as: set[str], verdict: Verdict
) -> None:
    listed = (
        attrs.evolve(entry(Role.CCM_TFTP, holder, name), ip_address=address)
        for name, address, holder in records
    )
    flash = attrs.evolve(HELD, ctl=a_list(ListKind.CTL, CM, *listed))
    answer = CallManagerAnswered(node=node, peer=records[0][2], known_as=frozenset(known_as))
    assert registering(answer, flash)[0] is verdict


def test_plain_signalling_needs_no_certificate() -> None:
    assert registering(CallManagerAnswered(node="pub")) == (Verdict.ACCEPT, Reason.PLAIN_SIGNALLING)


def test_a_callmanager_is_believed_only_by_the_installed_ctl() -> None:
    listed, renewed = CallManagerAnswered(node="pub", peer=CM), CallManagerAnswered(node="pub", peer=CM_NEW)
    partial = attrs.evolve(HELD, ctl=attrs.evolve(a_ctl(), complete=False))
    assert registering(listed) == (Verdict.ACCEPT, Reason.LISTED_PEER)
    assert registering(renewed) == (Verdict.NEXT, Reason.CALLMANAGER_NOT_IN_CTL)
    assert registering(renewed, partial) == (Verdict.CANNOT_SAY, Reason.LIST_INCOMPLETE)
    assert registering(listed, Flash(itl=an_itl())) == (Verdict.NEXT, Reason.NO_CTL_FOR_TLS)


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (RegistrationTrouble.UNREACHABLE, (Verdict.NEXT, Reason.CALLMANAGER_SILENT)),
        (RegistrationTrouble.TLS_VERSION, (Verdict.NEXT, Reason.CALLMANAGER_TLS_VERSION)),
        (RegistrationTrouble.TLS_UNKNOWN, (Verdict.CANNOT_SAY, Reason.TLS_SUPPORT_UNKNOWN)),
        (RegistrationTrouble.DEVICE_CERTIFICATE, (Verdict.NEXT, Reason.DEVICE_CERTIFICATE_REFUSED)),
        (RegistrationTrouble.SIGNALLING_MODE, (Verdict.NEXT, Reason.SIGNALLING_MODE)),
        (RegistrationTrouble.CAPF_EXPIRED, (Verdict.CANNOT_SAY, Reason.CAPF_EXPIRED)),
        (
            RegistrationTrouble.UNKNOWN_DEVICE_CERTIFICATE,
            (Verdict.CANNOT_SAY, Reason.DEVICE_CERTIFICATE_UNKNOWN),
        ),
    ],
)
def test_each_trouble_of_a_callmanager_has_its_reason(
    trouble: RegistrationTrouble, expected: tuple[Verdict, Reason]
) -> None:
    assert registering(CallManagerFailed(node="pub", trouble=trouble)) == expected


@pytest.mark.parametrize(
    ("security", "highest", "reason"),
    [
        (DeviceSecurity.AUTHENTICATED, "1.3", Reason.NULL_CIPHER_REFUSED),
        (DeviceSecurity.AUTHENTICATED, "1.2", Reason.CALLMANAGER_TLS_VERSION),
        (DeviceSecurity.AUTHENTICATED, None, Reason.CALLMANAGER_TLS_VERSION),
        (DeviceSecurity.ENCRYPTED, "1.3", Reason.CALLMANAGER_TLS_VERSION),
    ],
)
def test_authenticated_signalling_alone_is_what_a_tls_1_3_floor_refuses(
    security: DeviceSecurity, highest: str | None, reason: Reason
) -> None:
    flash = attrs.evolve(HELD, config=a_config(security=security))
    answer = CallManagerFailed(node="pub", trouble=RegistrationTrouble.TLS_VERSION)
    profile = a_profile(tls_max=highest)
    stage = Stage.CALLMANAGER
    assert (
        judge(asked(Subject.REGISTRATION, None, flash, profile=profile, stage=stage, answer=answer)).reason
        is reason
    )


def test_a_confirmed_registration_is_the_end() -> None:
    assert registering(Registered(node="pub")) == (Verdict.ACCEPT, Reason.CONFIRMED)


def test_with_no_callmanager_left_the_phone_is_out() -> None:
    ruling = judge(asked(Subject.REGISTRATION, None, HELD, stage=Stage.CALLMANAGER_EXHAUSTED))
    assert (ruling.verdict, ruling.reason) == (Verdict.REFUSE, Reason.NO_CALLMANAGER)


def test_a_peer_counts_no_more_once_its_date_has_passed() -> None:
    gone, ahead = 999.0, 1001.0
    old_tvs = TvsConnected(server="pub", peer=TVS_CERT, expires=gone)
    assert peer(old_tvs) == (Verdict.NEXT, Reason.TVS_EXPIRED)
    assert peer(old_tvs, stage=Stage.TVS_EXHAUSTED) == (Verdict.REFUSE, Reason.TVS_EXPIRED)
    assert peer(attrs.evolve(old_tvs, expires=ahead)) == (Verdict.ACCEPT, Reason.LISTED_PEER)
    old_cm = CallManagerAnswered(node="pub", peer=CM, expires=gone)
    assert registering(old_cm) == (Verdict.NEXT, Reason.CALLMANAGER_EXPIRED)
    assert registering(attrs.evolve(old_cm, expires=ahead)) == (Verdict.ACCEPT, Reason.LISTED_PEER)
