"""Chapter C of the rule book: a configuration file is offered. Rules in the order of evaluation."""

from phoneemu.core.evidence import Standing
from phoneemu.core.names import Identity
from phoneemu.core.question import Question
from phoneemu.core.rules_lists import (
    digest_ruling,
    has_expired,
    key_ruling,
    tftp_ruling,
    tvs_ruling,
)
from phoneemu.core.ruling import Reason, Rule, Ruling, Verdict
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.trustlist import Role, SignatureStatus

C1 = Rule(
    number="C1",
    title="the bytes are not a configuration file",
    standing=Standing.INFERRED,
    source="AG7961-6.1",
    note="files that fail are not written; broken structure in particular was not described",
)
C2 = Rule(
    number="C2",
    title="no installed list names a signer of files: any file is taken",
    standing=Standing.DOCUMENTED,
    source="SG1251SU2-ctl, SG14-sbd",
)
C3 = Rule(
    number="C3",
    title="this model ignores the signature of its configuration",
    standing=Standing.DOCUMENTED,
    source="SG1251SU2-enc",
)
C4 = Rule(
    number="C4",
    title="an unsigned file while the phone knows who signs",
    standing=Standing.DOCUMENTED,
    source="CVD14, CCNPV-CME",
)
C5 = Rule(
    number="C5", title="signed with a digest this model lacks", standing=Standing.DOCUMENTED, source="JTAPI14"
)
C6 = Rule(number="C6", title="signer's key too large", standing=Standing.DOCUMENTED, source="SG15-cert")
C7 = Rule(
    number="C7",
    title="the TFTP server is not in the installed CTL",
    standing=Standing.DOCUMENTED,
    source="AG8800-secprob, AG6901-status",
)
C7N = Rule(
    number="C7",
    title="the installed CTL lists servers by address and the phone knows its own by name, or the reverse",
    standing=Standing.ASSUMED,
    source="phoneemu",
    note="a phone would look the name up; settled by `address` of each [[node]] in cluster.toml",
)
C8 = Rule(
    number="C8",
    title="this load does not find its TFTP server behind tomcat's multi-server certificate",
    standing=Standing.INFERRED,
    source="RN8800-1421SR1",
    note="the fix is documented; what older loads do is deduced from it",
)
C8N = Rule(
    number="C8",
    title="whether its multi-server signer is tomcat's certificate, reused for CallManager, is not known",
    standing=Standing.ASSUMED,
    source="phoneemu",
    note="settled by an export of certificates: reused, tomcat and CallManager have one serial number",
)
C9 = Rule(
    number="C9",
    title="signed by a certificate listed as TFTP or CCM+TFTP",
    standing=Standing.DOCUMENTED,
    source="MIGITL8, SG14-sbd",
)
C10 = Rule(
    number="C10",
    title="the installed list is known only in part",
    standing=Standing.ASSUMED,
    source="phoneemu",
    note="settled by the complete `show ctl` or `show itl` text, or the .tlv file",
)
C11 = Rule(
    number="C11",
    title="whether this model checks its configuration is not known",
    standing=Standing.ASSUMED,
    source="phoneemu",
    note="settled by serving one phone a configuration with a wrong signature",
)
C12 = Rule(
    number="C12",
    title="this model asks no TVS about an unknown signer",
    standing=Standing.DOCUMENTED,
    source="SEED118893",
)
C13 = Rule(
    number="C13",
    title="a TVS vouched for this signer before",
    standing=Standing.DOCUMENTED,
    source="MIG213407",
)
C14 = Rule(
    number="C14",
    title="no ITL, or no TVS in it: no TVS can be trusted",
    standing=Standing.DOCUMENTED,
    source="MIG213407",
)
C15 = Rule(
    number="C15",
    title="the installed configuration names no TVS",
    standing=Standing.DOCUMENTED,
    source="DIR118699",
)
C16 = Rule(number="C16", title="ask the TVS", standing=Standing.DOCUMENTED, source="SG14-sbd")
C17 = Rule(
    number="C17",
    title="its signer's certificate has expired: the TFTP server is not trusted",
    standing=Standing.DOCUMENTED,
    source="REGEN214231",
    note="the vendor tells what an expired certificate does; that phones look at the date is not printed",
)

_NOTHING = Ruling(verdict=Verdict.ACCEPT, reason=Reason.NOTHING_TO_VERIFY_WITH, rule=C2)
_LISTED = Ruling(verdict=Verdict.ACCEPT, reason=Reason.LISTED_SIGNER, rule=C9)


def judge_config(question: Question) -> Ruling:
    """Answer for an offered configuration file; always exactly one ruling."""
    offered = question.offered
    if not isinstance(offered, SignedFile) or isinstance(offered, MalformedFile):
        return Ruling(verdict=Verdict.REFUSE, reason=Reason.MALFORMED_FILE, rule=C1)
    ctl, itl = question.flash.ctl, question.flash.itl
    in_ctl = ctl.file_signers if ctl is not None else frozenset()
    in_itl = itl.file_signers if itl is not None else frozenset()
    partial = (ctl is not None and not ctl.complete) or (itl is not None and not itl.complete)
    if not in_ctl and not in_itl and not partial:
        return _NOTHING
    verifies = question.profile.verifies_config
    if verifies.value is False:
        return Ruling(verdict=Verdict.ACCEPT, reason=Reason.SIGNATURE_IGNORED, rule=C3, facts=(verifies,))
    signer = offered.signer
    if signer is None:
        return _unsigned(question)
    return (
        _unfit(question, offered)
        or expired_ruling(question)
        or (_listed(question, signer) if signer in in_ctl or signer in in_itl else None)
        or _by_tvs(question, signer, partial=partial)
    )


def _unsigned(question: Question) -> Ruling:
    verifies = question.profile.verifies_config
    if verifies.value is None:
        return Ruling(
            verdict=Verdict.CANNOT_SAY, reason=Reason.VERIFICATION_UNKNOWN, rule=C11, facts=(verifies,)
        )
    return Ruling(verdict=Verdict.REFUSE, reason=Reason.UNSIGNED_FILE, rule=C4, facts=(verifies,))


def _unfit(question: Question, offered: SignedFile) -> Ruling | None:
    return (
        digest_ruling(question, offered.digest.label if offered.digest else "", C5)
        or key_ruling(question, offered.key_bits, C6)
        or tftp_ruling(question, "config", (C7, C7N, C10))
    )


def expired_ruling(question: Question) -> Ruling | None:
    """C17; looked at before anybody asks whether the signer is known."""
    offered = question.offered
    if isinstance(offered, SignedFile) and has_expired(offered.signer_expires, question.now):
        return Ruling(verdict=Verdict.REFUSE, reason=Reason.SIGNER_EXPIRED, rule=C17)
    return None


def _listed(question: Question, signer: Identity) -> Ruling:
    if question.signature is SignatureStatus.BAD:
        return Ruling(verdict=Verdict.REFUSE, reason=Reason.SIGNATURE_BAD, rule=C9)
    return _behind_tomcat(question, signer) or _LISTED


def _behind_tomcat(question: Question, signer: Identity) -> Ruling | None:
    """C8. A multi-server certificate of CallManager's own is as any other: the fix names tomcat's alone."""
    offered, finds = question.offered, question.profile.finds_multi_san
    reused = offered.of_tomcat if isinstance(offered, SignedFile) else None
    if finds.value is True or reused is False or not (reused or signer.is_multi_server):
        return None
    verdict = Verdict.CANNOT_SAY if reused is None or finds.value is None else Verdict.REFUSE
    rule = C8 if reused else C8N
    return Ruling(verdict=verdict, reason=Reason.MULTI_SAN_UNSUPPORTED, rule=rule, facts=(finds,))


def _by_tvs(question: Question, signer: Identity, *, partial: bool) -> Ruling:
    if partial:
        return Ruling(verdict=Verdict.CANNOT_SAY, reason=Reason.LIST_INCOMPLETE, rule=C10)
    verifies = question.profile.verifies_config
    if verifies.value is None:
        return Ruling(
            verdict=Verdict.CANNOT_SAY, reason=Reason.VERIFICATION_UNKNOWN, rule=C11, facts=(verifies,)
        )
    return tvs_ruling(question, signer, frozenset({Role.CCM_TFTP, Role.TFTP}), (C12, C13, C14, C15, C16))
