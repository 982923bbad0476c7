"""Chapter L of the rule book: a CTL or an ITL is offered. Rules in the order of evaluation.

Each rule looks at the Question and answers, or lets the next one look. Sources are keys
of docs/sources.md. The chapter does not know what happens after its answer: see phone.TRANSITIONS.
"""

import attrs

from phoneemu.core import limits
from phoneemu.core.evidence import Fact, Standing
from phoneemu.core.names import Identity, address_of, is_address
from phoneemu.core.profile import Profile
from phoneemu.core.question import Question, Subject
from phoneemu.core.ruling import Reason, Rule, Ruling, Verdict
from phoneemu.core.tlv import EmptyFile, MalformedFile
from phoneemu.core.trustlist import ListKind, Role, SignatureStatus, TrustList

MOST_CERTIFICATES = 39
"""More certificates than this make an ITL of over 64 KB [SG14-sbd]."""

L1 = Rule(
    number="L1",
    title="the bytes are not a trust list",
    standing=Standing.INFERRED,
    source="C214535",
    note="the parser of a real phone skips unknown elements; what it does on broken ones was not seen",
)
L1E = Rule(
    number="L1",
    title="an empty file stands for no list",
    standing=Standing.REPORTED,
    source="VOIPINFO",
)
L2 = Rule(
    number="L2",
    title="the other kind of list under this name",
    standing=Standing.ASSUMED,
    source="update-attacks",
    note="settled by serving a CTL as ITLSEP<mac>.tlv to a phone",
)
L3 = Rule(number="L3", title="this model reads no such list", standing=Standing.DOCUMENTED, source="CVD14")
L4 = Rule(
    number="L4",
    title="the same list as installed",
    standing=Standing.DOCUMENTED,
    source="SG14-sbd",
    note="the checksum changes only when the content does",
)
L5 = Rule(number="L5", title="larger than the phone loads", standing=Standing.DOCUMENTED, source="SG14-sbd")
L5S = Rule(
    number="L5",
    title="its large keys may make it larger than the phone loads",
    standing=Standing.INFERRED,
    source="SG14-sbd, SEED118893",
    note="settled by the length that `show itl` prints once the list is written",
)
L6 = Rule(
    number="L6",
    title="signed with a digest this model lacks",
    standing=Standing.DOCUMENTED,
    source="SG1251SU2-enc, FIPS15",
)
L7 = Rule(number="L7", title="signer's key too large", standing=Standing.DOCUMENTED, source="SG15-cert")
L8 = Rule(
    number="L8",
    title="a changed CTL is never taken while one is installed",
    standing=Standing.DOCUMENTED,
    source="ATA191-trouble, RN6901SR3",
)
L9 = Rule(
    number="L9",
    title="the TFTP server is not in the installed CTL",
    standing=Standing.DOCUMENTED,
    source="AG8800-secprob, IPCHG-010",
)
L9N = Rule(
    number="L9",
    title="the installed CTL lists servers by address and the phone knows its own by name, or the reverse",
    standing=Standing.ASSUMED,
    source="phoneemu",
    note="a phone would compare addresses; settled by `address` of each [[node]] in cluster.toml",
)
L10 = Rule(
    number="L10",
    title="nothing installed: the first list is taken on trust",
    standing=Standing.DOCUMENTED,
    source="CVD14, SG14-sbd",
)
L10B = Rule(
    number="L10",
    title="the first list does not verify by its own record of its signer",
    standing=Standing.ASSUMED,
    source="update-attacks",
    note="settled by serving a new phone a list with one byte of a record changed",
)
L11 = Rule(
    number="L11",
    title="the installed ITL is empty: any list is taken",
    standing=Standing.DOCUMENTED,
    source="SG14-sbd, SEC2NON221657",
)
L12 = Rule(
    number="L12",
    title="signed by a certificate the installed lists name for it",
    standing=Standing.DOCUMENTED,
    source="SEED118893, MIG213407, SG14-sbd",
)
L12I = Rule(
    number="L12",
    title="CTL signed by a SAST certificate of the installed ITL",
    standing=Standing.INFERRED,
    source="SG14-sbd",
    note="both lists are named as trust anchors; a CTL checked against the ITL alone is not printed",
)
L13 = Rule(
    number="L13",
    title="the installed list is known only in part",
    standing=Standing.ASSUMED,
    source="phoneemu",
    note="settled by the complete `show ctl` or `show itl` text, or the .tlv file",
)
L14 = Rule(
    number="L14",
    title="this model asks no TVS about an unknown signer",
    standing=Standing.DOCUMENTED,
    source="SEED118893",
)
L15 = Rule(
    number="L15",
    title="a TVS vouched for this signer before",
    standing=Standing.DOCUMENTED,
    source="MIG213407",
)
L16 = Rule(
    number="L16",
    title="no ITL, or no TVS in it: no TVS can be trusted",
    standing=Standing.DOCUMENTED,
    source="MIG213407",
)
L17 = Rule(
    number="L17",
    title="the installed configuration names no TVS",
    standing=Standing.DOCUMENTED,
    source="DIR118699",
)
L18 = Rule(number="L18", title="ask the TVS", standing=Standing.DOCUMENTED, source="SEED118893, MIG213407")
L19 = Rule(
    number="L19",
    title="its signer's certificate has expired, and nobody says whether phones look at the date",
    standing=Standing.ASSUMED,
    source="phoneemu",
    note="settled by serving one phone a list whose signer's certificate has expired",
)

UNCHANGED = Ruling(verdict=Verdict.UNCHANGED, reason=Reason.SAME_AS_INSTALLED, rule=L4)
EMPTY = Ruling(verdict=Verdict.UNCHANGED, reason=Reason.EMPTY_FILE, rule=L1E)


def judge_list(question: Question) -> Ruling:
    """Answer for an offered CTL or ITL; always exactly one ruling."""
    offered = question.offered
    is_ctl = question.subject is Subject.CTL
    if isinstance(offered, EmptyFile):
        return EMPTY
    if isinstance(offered, MalformedFile):
        return Ruling(verdict=Verdict.REFUSE, reason=Reason.MALFORMED_FILE, rule=L1)
    if not isinstance(offered, TrustList) or offered.kind is not (ListKind.CTL if is_ctl else ListKind.ITL):
        return Ruling(verdict=Verdict.REFUSE, reason=Reason.WRONG_KIND, rule=L2)
    profile = question.profile
    reads = profile.reads_ctl if is_ctl else profile.reads_itl
    if reads.value is False:
        return Ruling(verdict=Verdict.REFUSE, reason=Reason.NOT_READ_BY_MODEL, rule=L3, facts=(reads,))
    installed = question.flash.ctl if is_ctl else question.flash.itl
    if offered is installed or offered.same_as(installed):
        return UNCHANGED
    ruling = (
        _unfit(question, offered)
        or _unanchored(question)
        or _listed(question, offered)
        or _by_tvs(question, offered)
    )
    return ruling if reads.value else _perhaps_unread(ruling, reads)


def _perhaps_unread(ruling: Ruling, reads: Fact[bool | None]) -> Ruling:
    """L3 for a model of which nobody knows whether it reads such a list.

    A list that it would take does no harm to a phone that never asks for it: the ruling stands, by that
    unknown fact. Whatever else a reader would do, a phone that reads no such list does not.
    """
    if ruling.verdict is Verdict.ACCEPT:
        return attrs.evolve(ruling, facts=(*ruling.facts, reads))
    if ruling.verdict is Verdict.CANNOT_SAY and ruling.reason is not Reason.TVS_SUPPORT_UNKNOWN:
        return ruling
    return Ruling(verdict=Verdict.CANNOT_SAY, reason=Reason.LIST_SUPPORT_UNKNOWN, rule=L3, facts=(reads,))


def _unfit(question: Question, offered: TrustList) -> Ruling | None:
    """L5-L9: what stops a list before anybody looks at its signer."""
    return (
        size_ruling(question.subject, question.profile, offered)
        or digest_ruling(question, offered.digest.label if offered.digest else "", L6)
        or key_ruling(question, offered.key_bits, L7)
        or _never_replaced(question)
        or tftp_ruling(question, question.subject.value, (L9, L9N, L13))
    )


def size_ruling(subject: Subject, profile: Profile, offered: TrustList) -> Ruling | None:
    """Why this list is more than the phone loads, or why that cannot be said; None when it is not."""
    limit = profile.list_max_bytes
    refusal = Ruling(verdict=Verdict.HALT, reason=Reason.LIST_TOO_LARGE, rule=L5, facts=(limit,))
    if offered.length is not None and offered.length > limits.DOWNLOAD_BYTES:
        return refusal
    if subject is Subject.CTL:  # only the ITL's limit is documented
        return None
    if offered.length is None:
        if len(offered.roles) > MOST_CERTIFICATES:
            return refusal
        full = certificates_worth(offered) > MOST_CERTIFICATES
        return Ruling(verdict=Verdict.CANNOT_SAY, reason=Reason.LIST_SIZE_UNKNOWN, rule=L5S) if full else None
    return refusal if offered.length > (limit.value or limits.ITL_BYTES) else None


def certificates_worth(offered: TrustList) -> float:
    """How many certificates of 2048 bits take the room that these do.

    Records of 1024 and 2048 bits are 1156 and 1675 bytes long in the published listings, so each further
    1024 bits take 519 bytes more [SEED118893].
    """
    bits = {record.identity: record.key_bits or 2048 for record in offered.records if record.identity}
    return sum(max(1.0, 1 + (each - 2048) / 1024 * 519 / 1675) for each in bits.values())


def digest_ruling(question: Question, digest: str, rule: Rule) -> Ruling | None:
    """A digest the model lacks stops it: it does not register [SG1251SU2-enc]."""
    known = question.profile.digests
    if known.value is None or digest in known.value:
        return None if known.value is not None else _unless_sha1(digest, known, rule)
    maybe = question.profile.digests_unknown
    if maybe.value is not None and digest in maybe.value:
        return Ruling(
            verdict=Verdict.CANNOT_SAY, reason=Reason.DIGEST_SUPPORT_UNKNOWN, rule=rule, facts=(maybe,)
        )
    return Ruling(verdict=Verdict.HALT, reason=Reason.DIGEST_UNSUPPORTED, rule=rule, facts=(known,))


def _unless_sha1(digest: str, known: Fact[tuple[str, ...] | None], rule: Rule) -> Ruling | None:
    if digest == "sha1":  # every phone that reads lists began with it
        return None
    return Ruling(verdict=Verdict.CANNOT_SAY, reason=Reason.DIGEST_SUPPORT_UNKNOWN, rule=rule, facts=(known,))


def key_ruling(question: Question, bits: int | None, rule: Rule) -> Ruling | None:
    """A signer's key above what the model is known to take."""
    limit = question.profile.rsa_max_bits
    if bits is None or bits <= (limit.value or 2048):
        return None
    above = question.profile.rsa_above_unknown
    if limit.value is None or above.value:
        facts = (limit, above)
        return Ruling(verdict=Verdict.CANNOT_SAY, reason=Reason.KEY_SUPPORT_UNKNOWN, rule=rule, facts=facts)
    return Ruling(verdict=Verdict.REFUSE, reason=Reason.KEY_TOO_LARGE, rule=rule, facts=(limit,))


def _never_replaced(question: Question) -> Ruling | None:
    takes = question.profile.takes_changed_ctl
    if question.subject is not Subject.CTL or question.flash.ctl is None or takes.value is True:
        return None
    if takes.value is None:
        return Ruling(verdict=Verdict.CANNOT_SAY, reason=Reason.LOAD_MAY_NOT_UPDATE, rule=L8, facts=(takes,))
    return Ruling(verdict=Verdict.REFUSE, reason=Reason.NEVER_REPLACES_CTL, rule=L8, facts=(takes,))


def tftp_ruling(question: Question, kind: str, rules: tuple[Rule, Rule, Rule]) -> Ruling | None:
    """In mixed mode the installed CTL says which TFTP servers may be believed.

    A server that the phone was given by name counts under every name and address that it has now; one that it
    was given by address only under that, so a new address must be in the CTL first [IPCHG-01, behaviour-more
    4]. A CTL with a multi-server certificate names one node for all of them: such clusters are exempt in one
    of two copies of the note [IPCHG-01]. A proxy TFTP is believed once its certificate is in the CTL, where a
    tokenless update can list it as SAST alone [behaviour-more 1, 36]; that its role does not count is
    inferred.

    `rules` are (not listed, listed in another form, known only in part).
    """
    unlisted, incomparable, partial = rules
    authorises = question.profile.authorises_tftp
    ctl = question.flash.ctl
    if ctl is None or (authorises.value is not None and kind not in authorises.value):
        return None
    servers, server = ctl.tftp_servers, question.server.lower()
    if server in servers or server.partition(".")[0] in servers:
        return None
    by_address = is_address(server)
    names = {server} if by_address else {server, *question.known_as}
    here = {address for each in names if (address := address_of(each))}
    if names & servers or here & ctl.tftp_addresses:
        return None
    if any(signer.is_multi_server for signer in ctl.file_signers):
        return None
    if not ctl.complete:
        return Ruling(verdict=Verdict.CANNOT_SAY, reason=Reason.LIST_INCOMPLETE, rule=partial)
    if not servers:
        return None
    if not _comparable(question, ctl):
        return Ruling(verdict=Verdict.CANNOT_SAY, reason=Reason.TFTP_NAME_UNKNOWN, rule=incomparable)
    if server.partition(".")[0] in ctl.servers_without_role:
        return None
    verdict = Verdict.CANNOT_SAY if authorises.value is None else Verdict.REFUSE
    return Ruling(verdict=verdict, reason=Reason.TFTP_NOT_AUTHORISED, rule=unlisted, facts=(authorises,))


def _comparable(question: Question, ctl: TrustList) -> bool:
    """Whether a server that the CTL does not show is certainly none that it names in another form.

    A name cannot be held against addresses alone, nor an address against records that tell none; unless it
    is known which names lead to it, and the CTL has none of them.
    """
    names = {each for each in question.known_as if not is_address(each)}
    if not is_address(question.server):
        return any(not is_address(each) for each in ctl.tftp_servers) or len(names) < len(question.known_as)
    if names:
        return not names & ctl.tftp_unaddressed
    return bool(ctl.tftp_addresses)


def _unanchored(question: Question) -> Ruling | None:
    """L10, L11: there is nothing to check a signer against."""
    ctl, itl = question.flash.ctl, question.flash.itl
    if ctl is None and itl is None and question.signature is SignatureStatus.BAD:
        return Ruling(verdict=Verdict.CANNOT_SAY, reason=Reason.SIGNATURE_BAD, rule=L10B)
    if ctl is None and itl is None:
        return Ruling(verdict=Verdict.ACCEPT, reason=Reason.FIRST_TRUST, rule=L10)
    if itl is None or not itl.emptied or not itl.complete:
        return None
    # a CTL whose CCM+TFTP records are empty (non-secure mode) authenticates no ITL: case C08
    if ctl is None or (question.subject is Subject.ITL and ctl.complete and not ctl.file_signers):
        return Ruling(verdict=Verdict.ACCEPT, reason=Reason.ITL_EMPTIED, rule=L11)
    return None


def _listed(question: Question, offered: TrustList) -> Ruling | None:
    rule = _rule_naming(question, offered.signer)
    if rule is None:
        return None
    if question.signature is SignatureStatus.BAD:
        return Ruling(verdict=Verdict.REFUSE, reason=Reason.SIGNATURE_BAD, rule=rule)
    return accepted(question, Reason.LISTED_SIGNER, rule)


_ROLES = {"sast": Role.SAST, "ccm+tftp": Role.CCM_TFTP, "tftp": Role.TFTP}
_SAST = frozenset({Role.SAST})


def list_signer_roles(question: Question) -> frozenset[Role]:
    """The roles whose certificate may sign a list: SAST, unless the model file says otherwise."""
    words = question.profile.list_signers.value
    return _SAST if words in (None, ("sast",)) else frozenset(_ROLES[word] for word in words or ())


def _rule_naming(question: Question, signer: Identity | None) -> Rule | None:
    """The rule by which the installed lists name this signer for this kind of list, or None.

    A certificate listed only as TFTP may not sign a list [CVD14, UCM-SEC]. A CCM+TFTP certificate of the
    CTL may sign an ITL: that is how a phone with an eToken CTL takes its node's ITL [MIGITL8].
    """
    if signer is None:
        return None
    ctl, itl = question.flash.ctl, question.flash.itl
    wanted = list_signer_roles(question)
    if ctl is not None:
        roles = ctl.roles.get(signer, frozenset())
        if roles & wanted or (question.subject is Subject.ITL and Role.CCM_TFTP in roles):
            return L12
    if itl is not None and itl.roles.get(signer, frozenset()) & wanted:
        return L12I if question.subject is Subject.CTL else L12
    return None


def accepted(question: Question, reason: Reason, rule: Rule) -> Ruling:
    """Accept, unless its signer has expired, or this load may miss updates it should take."""
    offered = question.offered
    if isinstance(offered, TrustList) and has_expired(offered.signer_expires, question.now):
        return Ruling(verdict=Verdict.CANNOT_SAY, reason=Reason.SIGNER_EXPIRED, rule=L19)
    reliable = question.profile.updates_reliably
    if reliable.value is not True:
        return Ruling(
            verdict=Verdict.CANNOT_SAY, reason=Reason.LOAD_MAY_NOT_UPDATE, rule=rule, facts=(reliable,)
        )
    return Ruling(verdict=Verdict.ACCEPT, reason=reason, rule=rule)


def has_expired(expires: float | None, now: float) -> bool:
    """Whether a certificate of that date counts no more; False when the date is not known."""
    return expires is not None and expires <= now


def _by_tvs(question: Question, offered: TrustList) -> Ruling:
    """L13-L18: the signer is unknown."""
    flash = question.flash
    if any(installed is not None and not installed.complete for installed in (flash.ctl, flash.itl)):
        return Ruling(verdict=Verdict.CANNOT_SAY, reason=Reason.LIST_INCOMPLETE, rule=L13)
    return tvs_ruling(question, offered.signer, list_signer_roles(question), (L14, L15, L16, L17, L18))


def tvs_ruling(
    question: Question,
    signer: Identity | None,
    roles: frozenset[Role],
    rules: tuple[Rule, Rule, Rule, Rule, Rule],
) -> Ruling:
    """What becomes of an unknown signer, for lists and configuration alike.

    `roles` are those a TVS must grant; `rules` are (no TVS on this model, cached, no TVS in the ITL, no TVS
    in the configuration, ask).
    """
    no_tvs, cached, no_anchor, no_server, ask = rules
    asks = question.profile.asks_tvs
    if asks.value is None:
        return Ruling(
            verdict=Verdict.CANNOT_SAY, reason=Reason.TVS_SUPPORT_UNKNOWN, rule=no_tvs, facts=(asks,)
        )
    if not asks.value:
        reason = Reason.SIGNER_UNKNOWN_NO_TVS
        return Ruling(verdict=Verdict.REFUSE, reason=reason, rule=no_tvs, facts=(asks,))
    flash = question.flash
    for answer in flash.tvs_cache:
        if answer.identity == signer and answer.expires > question.now and answer.roles & roles:
            if question.signature is SignatureStatus.BAD:
                return Ruling(verdict=Verdict.REFUSE, reason=Reason.SIGNATURE_BAD, rule=cached)
            return accepted(question, Reason.TVS_CACHED, cached)
    if flash.itl is None or not flash.itl.tvs:
        return Ruling(verdict=Verdict.REFUSE, reason=Reason.NO_TVS_IN_ITL, rule=no_anchor)
    if flash.config is None or not flash.config.tvs_servers:
        return Ruling(verdict=Verdict.REFUSE, reason=Reason.NO_TVS_SERVERS, rule=no_server)
    return Ruling(verdict=Verdict.ASK, reason=Reason.SIGNER_UNKNOWN, rule=ask, facts=(asks,))
