"""Chapters A, T and R of the rule book: files that do not come, TVS servers, CallManagers.

A TVS itself is judged here before a byte of the question is sent: the driver completes TLS without
verifying and hands over the certificate.
"""

import attrs

from phoneemu.core.evidence import Fact, Standing
from phoneemu.core.flash import DeviceSecurity
from phoneemu.core.names import address_of, is_address
from phoneemu.core.question import Absence, Question, Subject
from phoneemu.core.rules_lists import accepted, has_expired, list_signer_roles
from phoneemu.core.ruling import Reason, Rule, Ruling, Verdict
from phoneemu.core.trustlist import Role, SignatureStatus, TrustList
from phoneemu.core.vocabulary import (
    CallManagerAnswered,
    CallManagerFailed,
    RegistrationTrouble,
    TvsAnswered,
    TvsConnected,
    TvsFailed,
    TvsTrouble,
)

A1 = Rule(
    number="A1",
    title="another name, transport or server is left",
    standing=Standing.REPORTED,
    source="EMCC214535, BOOTLOG",
)
A2 = Rule(
    number="A2",
    title="a secure phone without a CTL asks again",
    standing=Standing.DOCUMENTED,
    source="AG7931-8.5, AG7961-start",
)
A3 = Rule(
    number="A3",
    title="the server has no such file: keep what is installed",
    standing=Standing.DOCUMENTED,
    source="AG8800-status, SG1251SU2-ctl",
)
A4 = Rule(
    number="A4",
    title="no server answers: keep what is installed",
    standing=Standing.DOCUMENTED,
    source="CCNPV-CME, AG8800-status",
)
T1 = Rule(
    number="T1",
    title="the TVS shows a certificate the installed ITL lists as TVS",
    standing=Standing.DOCUMENTED,
    source="MIG213407, BULK215539",
)
T2 = Rule(
    number="T2",
    title="the TVS shows a certificate the installed ITL does not list: its handshake is broken off",
    standing=Standing.DOCUMENTED,
    source="MIG213407",
)
T2M = Rule(
    number="T2",
    title="the TVS shows a certificate the installed ITL does not list: its handshake is broken off",
    standing=Standing.INFERRED,
    source="MIG213407, IPCHG-0100",
    note="the broken handshake is documented; that the next member is tried then, as after one that cannot "
    "be reached, is deduced",
)
T3 = Rule(
    number="T3",
    title="a TVS that cannot be reached: the next member is tried",
    standing=Standing.DOCUMENTED,
    source="IPCHG-0100, UCM-SEPXML",
)
T4 = Rule(
    number="T4",
    title="the TVS speaks no TLS version of this model",
    standing=Standing.DOCUMENTED,
    source="SG1251SU2-tls",
)
T5 = Rule(
    number="T5",
    title="the answer is about another certificate",
    standing=Standing.INFERRED,
    source="DIR118699",
    note="the server compares whole certificates; the phone's own check is deduced",
)
T6 = Rule(
    number="T6",
    title="the TVS does not know the signer",
    standing=Standing.DOCUMENTED,
    source="DIR118699",
)
T6M = Rule(
    number="T6",
    title="the TVS does not know the signer",
    standing=Standing.INFERRED,
    source="DIR118699",
    note="whether a phone then asks the next member is not known; it is taken not to, as members share a "
    "database",
)
T7 = Rule(
    number="T7",
    title="the TVS does not grant the role this file needs",
    standing=Standing.INFERRED,
    source="MIG213407, SEED118893",
    note="every logged answer about a list's signer holds role 0",
)
T8 = Rule(
    number="T8",
    title="the signature does not match the certificate the TVS returned",
    standing=Standing.DOCUMENTED,
    source="MIG213407",
)
T9 = Rule(number="T9", title="the TVS vouches", standing=Standing.DOCUMENTED, source="SEED118893, MIG213407")
T10 = Rule(
    number="T10",
    title="no TVS is left to ask: the file is refused",
    standing=Standing.DOCUMENTED,
    source="REGEN214231, AG8800-status",
)
T11 = Rule(
    number="T11",
    title="the TVS shows a certificate that has expired",
    standing=Standing.DOCUMENTED,
    source="CASIGN217138",
)
R1 = Rule(
    number="R1",
    title="signalling without TLS shows no certificate",
    standing=Standing.DOCUMENTED,
    source="SG1251SU2-ctl",
)
R2 = Rule(
    number="R2",
    title="a secure phone without a CTL cannot judge a CallManager",
    standing=Standing.DOCUMENTED,
    source="AG7931-8.5",
)
R3 = Rule(
    number="R3",
    title="the CallManager's certificate is in the installed CTL",
    standing=Standing.DOCUMENTED,
    source="SG1251SU2-ctl",
)
R4 = Rule(
    number="R4",
    title="the CallManager's certificate is not in the installed CTL",
    standing=Standing.DOCUMENTED,
    source="SG1251SU2-ctl",
)
R5 = Rule(
    number="R5",
    title="this CallManager does not answer: the next is tried",
    standing=Standing.DOCUMENTED,
    source="CVD14",
)
R6 = Rule(
    number="R6",
    title="the CallManager speaks no TLS version of this phone",
    standing=Standing.DOCUMENTED,
    source="SG1251SU2-tls",
)
R7 = Rule(
    number="R7",
    title="the CallManager does not trust the phone's certificate",
    standing=Standing.DOCUMENTED,
    source="TS225746, SG15-capf",
)
R8 = Rule(
    number="R8",
    title="no CallManager is left to try",
    standing=Standing.DOCUMENTED,
    source="SG1251SU2-ctl",
)
R9 = Rule(
    number="R9",
    title="the CallManager confirms the registration",
    standing=Standing.DOCUMENTED,
    source="CVD14",
)
R10 = Rule(
    number="R10",
    title="the installed CTL is known only in part",
    standing=Standing.ASSUMED,
    source="phoneemu",
    note="settled by the complete `show ctl` text, or the .tlv file",
)
R11 = Rule(
    number="R11",
    title="no export says which CAPF issued this phone's certificate",
    standing=Standing.ASSUMED,
    source="phoneemu",
    note="settled by the LSC columns of the device table, or the phone's LSC status",
)
R12 = Rule(
    number="R12",
    title="the CallManager expects the other kind of signalling",
    standing=Standing.INFERRED,
    source="SEC2NON221657",
    note="the phone's configuration and the cluster's security mode must agree",
)
R13 = Rule(
    number="R13",
    title="the server has a TLS floor and this model's versions are not known",
    standing=Standing.ASSUMED,
    source="phoneemu",
    note="settled by a capture of the phone's ClientHello",
)
R14 = Rule(
    number="R14",
    title="the CallManager rejects the registration for a cause of its own",
    standing=Standing.ASSUMED,
    source="phoneemu",
    note="a device unknown to the database, or a password; the phone is taken to try the next member",
)
R15 = Rule(
    number="R15",
    title="the CallManager shows a certificate that has expired",
    standing=Standing.DOCUMENTED,
    source="REGEN214231",
)
R16 = Rule(
    number="R16",
    title="the CAPF that issued the phone's certificate has expired",
    standing=Standing.ASSUMED,
    source="phoneemu",
    note="settled by one secure phone with an LSC of an expired CAPF: does it register",
)

R17 = Rule(
    number="R17",
    title="a TFTP server is taken for the CallManager, as none that the configuration names took the phone",
    standing=Standing.REPORTED,
    source="MIGITL8",
    note="its author tells it of phones with a wrong ITL, as very likely",
)
R18 = Rule(
    number="R18",
    title="no TFTP server is taken for the CallManager when one that the configuration names answered and "
    "TLS with it failed",
    standing=Standing.INFERRED,
    source="SG1251SU2-ctl, MIGITL8",
    note="that such a phone is locked out is documented; the way to a TFTP server is told only of a phone "
    "whose CallManagers do not answer",
)
R19 = Rule(
    number="R19",
    title="authenticated signalling is NULL-SHA, which TLS 1.3 lacks; the CallManager takes nothing lower",
    standing=Standing.DOCUMENTED,
    source="SG15-tls",
)
R20 = Rule(
    number="R20",
    title="the installed CTL has another address for this CallManager",
    standing=Standing.DOCUMENTED,
    source="IPCHG-010",
    note="printed: secure connections to a node with a new address fail until the CTL is updated",
)

_NEXT_FILE = Ruling(verdict=Verdict.NEXT, reason=Reason.NOT_OFFERED, rule=A1)
_NEXT_SERVER = Ruling(verdict=Verdict.NEXT, reason=Reason.SERVER_SILENT, rule=A1)
_NOT_OFFERED = Ruling(verdict=Verdict.UNCHANGED, reason=Reason.NOT_OFFERED, rule=A3)
_SILENT = Ruling(verdict=Verdict.UNCHANGED, reason=Reason.SERVER_SILENT, rule=A4)
_PLAIN = Ruling(verdict=Verdict.ACCEPT, reason=Reason.PLAIN_SIGNALLING, rule=R1)
_CONFIRMED = Ruling(verdict=Verdict.ACCEPT, reason=Reason.CONFIRMED, rule=R9)
_TVS_TROUBLE = {
    TvsTrouble.UNREACHABLE: Ruling(verdict=Verdict.NEXT, reason=Reason.TVS_SILENT, rule=T3),
    TvsTrouble.NO_ANSWER: Ruling(verdict=Verdict.NEXT, reason=Reason.TVS_SILENT, rule=T3),
}


def judge_absence(question: Question) -> Ruling:
    """Chapter A: a file was asked for and did not come."""
    absence = question.answer
    assert isinstance(absence, Absence)  # noqa: S101 - the phone asks this only with an Absence
    if absence.more:
        return _NEXT_SERVER if absence.silent else _NEXT_FILE
    config = question.flash.config
    wanted = question.subject is Subject.CTL and question.flash.ctl is None
    if wanted and config is not None and config.security.uses_tls:
        return _wanted_ctl(question, absence)
    return _SILENT if absence.silent else _NOT_OFFERED


def _wanted_ctl(question: Question, absence: Absence) -> Ruling:
    retries = question.profile.ctl_retries
    if retries.value == -1:
        return Ruling(verdict=Verdict.HALT, reason=Reason.CTL_WANTED, rule=A2, facts=(retries,))
    if absence.attempts < (retries.value or 1):
        return Ruling(verdict=Verdict.NEXT, reason=Reason.CTL_WANTED, rule=A2, facts=(retries,))
    return _SILENT if absence.silent else _NOT_OFFERED


def judge_tvs_peer(question: Question) -> Ruling:
    """Chapter T, before the question is sent: is this TVS to be believed?"""
    answer = question.answer
    if isinstance(answer, TvsFailed):
        return _tvs_failed(question, answer)
    assert isinstance(answer, TvsConnected)  # noqa: S101 - the phone asks this only of a TVS
    itl = question.flash.itl
    if has_expired(answer.expires, question.now):
        return Ruling(verdict=Verdict.NEXT, reason=Reason.TVS_EXPIRED, rule=T11)
    if itl is not None and answer.peer in itl.tvs:
        return Ruling(verdict=Verdict.ACCEPT, reason=Reason.LISTED_PEER, rule=T1)
    return _not_trusted(question)


def _not_trusted(question: Question) -> Ruling:
    rule = T2M if _several_tvs(question) else T2
    return Ruling(verdict=Verdict.NEXT, reason=Reason.TVS_NOT_TRUSTED, rule=rule)


def _several_tvs(question: Question) -> bool:
    """Whether the installed configuration names more than one TVS."""
    config = question.flash.config
    return config is not None and len(config.tvs_servers) > 1


def _tvs_failed(question: Question, answer: TvsFailed) -> Ruling:
    if answer.trouble is TvsTrouble.TLS_VERSION:
        return Ruling(
            verdict=Verdict.NEXT, reason=Reason.TVS_TLS_VERSION, rule=T4, facts=_tls_facts(question)
        )
    if answer.trouble is TvsTrouble.TLS_UNKNOWN:
        fact = question.profile.tls_max
        return Ruling(verdict=Verdict.CANNOT_SAY, reason=Reason.TLS_SUPPORT_UNKNOWN, rule=R13, facts=(fact,))
    if answer.trouble is TvsTrouble.HANDSHAKE:
        return _not_trusted(question)
    return _TVS_TROUBLE[answer.trouble]


def _tls_facts(question: Question) -> tuple[Fact[object], ...]:
    """The versions of this model; its lowest only where it is above that of every server."""
    highest, lowest = question.profile.tls_max, question.profile.tls_min
    return (highest, lowest) if (lowest.value or "1.0") > "1.0" else (highest,)


def judge_tvs_answer(question: Question) -> Ruling:
    """Chapter T, after the answer: does it vouch for this signer in the role this file needs?"""
    answer = question.answer
    if isinstance(answer, TvsFailed):
        return _tvs_failed(question, answer)
    assert isinstance(answer, TvsAnswered)  # noqa: S101 - the phone asks this only with an answer
    if not answer.found:
        rule = T6M if _several_tvs(question) else T6
        return Ruling(verdict=Verdict.REFUSE, reason=Reason.TVS_DOES_NOT_KNOW, rule=rule)
    if answer.identity != question.signer:
        return Ruling(verdict=Verdict.REFUSE, reason=Reason.TVS_WRONG_CERTIFICATE, rule=T5)
    for_config = question.subject is Subject.CONFIG
    needed = frozenset({Role.CCM_TFTP, Role.TFTP}) if for_config else list_signer_roles(question)
    if not answer.roles & needed:
        facts = () if for_config else (question.profile.list_signers,)
        return Ruling(verdict=Verdict.REFUSE, reason=Reason.TVS_WRONG_ROLE, rule=T7, facts=facts)
    if question.signature is SignatureStatus.BAD:
        return Ruling(verdict=Verdict.REFUSE, reason=Reason.SIGNATURE_BAD, rule=T8)
    return accepted(question, Reason.TVS_VOUCHES, T9)


def judge_tvs_exhausted(question: Question) -> Ruling:
    """Chapter T, the end: every member was tried. `answer` is the last trouble."""
    last = question.answer
    reason = Reason.TVS_SILENT
    if isinstance(last, TvsConnected):
        expired = has_expired(last.expires, question.now)
        reason = Reason.TVS_EXPIRED if expired else Reason.TVS_NOT_TRUSTED
    elif isinstance(last, TvsFailed) and last.trouble is TvsTrouble.TLS_VERSION:
        reason = Reason.TVS_TLS_VERSION
    elif isinstance(last, TvsFailed) and last.trouble is TvsTrouble.HANDSHAKE:
        reason = Reason.TVS_NOT_TRUSTED
    return Ruling(verdict=Verdict.REFUSE, reason=reason, rule=T10)


_REGISTRATION = {
    RegistrationTrouble.UNREACHABLE: (Verdict.NEXT, Reason.CALLMANAGER_SILENT, R5),
    RegistrationTrouble.SIGNALLING_MODE: (Verdict.NEXT, Reason.SIGNALLING_MODE, R12),
    RegistrationTrouble.REJECTED: (Verdict.NEXT, Reason.REGISTRATION_REJECTED, R14),
    RegistrationTrouble.TLS_UNKNOWN: (Verdict.CANNOT_SAY, Reason.TLS_SUPPORT_UNKNOWN, R13),
    RegistrationTrouble.TLS_VERSION: (Verdict.NEXT, Reason.CALLMANAGER_TLS_VERSION, R6),
    RegistrationTrouble.DEVICE_CERTIFICATE: (Verdict.NEXT, Reason.DEVICE_CERTIFICATE_REFUSED, R7),
    RegistrationTrouble.CAPF_EXPIRED: (Verdict.CANNOT_SAY, Reason.CAPF_EXPIRED, R16),
    RegistrationTrouble.UNKNOWN_DEVICE_CERTIFICATE: (
        Verdict.CANNOT_SAY,
        Reason.DEVICE_CERTIFICATE_UNKNOWN,
        R11,
    ),
}


def judge_callmanager(question: Question) -> Ruling:
    """Chapter R: may the phone register here?"""
    ruling = _callmanager(question)
    if question.beside and ruling.verdict is Verdict.ACCEPT:
        return attrs.evolve(ruling, rule=R17)
    return ruling


DISTRUST = frozenset(
    {
        Reason.NO_CTL_FOR_TLS,
        Reason.CALLMANAGER_NOT_IN_CTL,
        Reason.CALLMANAGER_EXPIRED,
        Reason.CALLMANAGER_TLS_VERSION,
        Reason.NULL_CIPHER_REFUSED,
        Reason.DEVICE_CERTIFICATE_REFUSED,
    }
)
"""Why TLS with a CallManager that answers comes to nothing."""


def distrusts(question: Question) -> bool:
    """Whether TLS with this CallManager, which answers, comes to nothing."""
    return _callmanager(question).reason in DISTRUST


def _callmanager(question: Question) -> Ruling:
    answer = question.answer
    if isinstance(answer, CallManagerFailed):
        verdict, reason, rule = _REGISTRATION[answer.trouble]
        if rule is R6 and _lacks_null(question):
            return Ruling(verdict=verdict, reason=Reason.NULL_CIPHER_REFUSED, rule=R19)
        facts = _tls_facts(question) if rule in (R6, R13) else ()
        return Ruling(verdict=verdict, reason=reason, rule=rule, facts=facts)
    if not isinstance(answer, CallManagerAnswered):
        return _CONFIRMED
    if answer.peer is None:
        return _PLAIN
    ctl = question.flash.ctl
    if ctl is None:
        return Ruling(verdict=Verdict.NEXT, reason=Reason.NO_CTL_FOR_TLS, rule=R2)
    if has_expired(answer.expires, question.now):
        return Ruling(verdict=Verdict.NEXT, reason=Reason.CALLMANAGER_EXPIRED, rule=R15)
    if answer.peer in ctl.holding(Role.CCM, Role.CCM_TFTP):
        if _has_moved(answer, ctl):
            return Ruling(verdict=Verdict.NEXT, reason=Reason.CALLMANAGER_NOT_IN_CTL, rule=R20)
        return Ruling(verdict=Verdict.ACCEPT, reason=Reason.LISTED_PEER, rule=R3)
    if not ctl.complete:
        return Ruling(verdict=Verdict.CANNOT_SAY, reason=Reason.LIST_INCOMPLETE, rule=R10)
    return Ruling(verdict=Verdict.NEXT, reason=Reason.CALLMANAGER_NOT_IN_CTL, rule=R4)


def _has_moved(answer: CallManagerAnswered, ctl: TrustList) -> bool:
    """Whether the CTL's record of this CallManager has another address than the one it has now.

    A multi-server certificate stands there once for all servers, and tells nothing of the others.
    """
    here = {address for each in answer.known_as if (address := address_of(each))}
    if not here or answer.peer is None or answer.peer.is_multi_server:
        return False
    names = {answer.node.lower(), *answer.known_as}
    records = [
        record
        for record in ctl.records
        if record.identity == answer.peer
        and record.role in (Role.CCM, Role.CCM_TFTP)
        and (record.dns_name.lower() in names or is_address(record.dns_name))
    ]
    told = all(record.ip_address or record.address for record in records)
    return bool(records) and told and not any(record.address in here for record in records)


def _lacks_null(question: Question) -> bool:
    """Whether the model speaks a version above those that authenticated signalling can offer.

    A server that takes none of the others asks for that one; the phone cannot see it in the refusal.
    """
    config, highest = question.flash.config, question.profile.tls_max.value
    authenticated = config is not None and config.security is DeviceSecurity.AUTHENTICATED
    return authenticated and (highest or "") > "1.2"


def judge_callmanager_exhausted(question: Question) -> Ruling:
    """Chapter R, the end: nobody took the phone."""
    rule = R18 if question.beside else R8
    return Ruling(verdict=Verdict.REFUSE, reason=Reason.NO_CALLMANAGER, rule=rule)
