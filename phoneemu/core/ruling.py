"""The outcome of judging one question: Verdict, Reason, Ruling.

Refusal is a value. A Reason is an enum member with a stable kebab-case name: tests, JSON and the captures
compare members; people read the text that is rendered from a Ruling and the question it answers.
"""

import enum

import attrs

from phoneemu.core.evidence import Fact, Standing, weakest


class Verdict(enum.Enum):
    """What the phone does with what it was offered."""

    __hash__ = object.__hash__  # by identity: enum's own hashes the name in Python, at every step
    ACCEPT = "accept"
    """Install it, or go on with this TVS or CallManager."""
    UNCHANGED = "unchanged"
    """The same as installed: nothing to do."""
    REFUSE = "refuse"
    """Keep what is installed."""
    ASK = "ask"
    """Ask the Trust Verification Service."""
    NEXT = "next"
    """Not this name or server: try the next one."""
    HALT = "halt"
    """It cannot go on with this: it does not come into service."""
    CANNOT_SAY = "cannot-say"
    """A fact about this model is missing, so the phone's decision is not known."""


class Reason(enum.Enum):
    """Why. Removing a member or changing its value is a breaking change."""

    SAME_AS_INSTALLED = "same-as-installed"
    FIRST_TRUST = "first-trust"
    NOTHING_TO_VERIFY_WITH = "nothing-to-verify-with"
    ITL_EMPTIED = "itl-emptied"
    LISTED_SIGNER = "listed-signer"
    TVS_VOUCHES = "tvs-vouches"
    TVS_CACHED = "tvs-cached"
    SIGNATURE_IGNORED = "signature-ignored"
    LISTED_PEER = "listed-peer"
    SIGNER_UNKNOWN = "signer-unknown"
    SIGNER_UNKNOWN_NO_TVS = "signer-unknown-no-tvs"
    UNSIGNED_FILE = "unsigned-file"
    MALFORMED_FILE = "malformed-file"
    EMPTY_FILE = "empty-file"
    WRONG_KIND = "wrong-kind"
    NOT_READ_BY_MODEL = "not-read-by-model"
    NEVER_REPLACES_CTL = "never-replaces-ctl"
    LIST_TOO_LARGE = "list-too-large"
    LIST_SIZE_UNKNOWN = "list-size-unknown"
    DIGEST_UNSUPPORTED = "digest-unsupported"
    DIGEST_SUPPORT_UNKNOWN = "digest-support-unknown"
    KEY_TOO_LARGE = "key-too-large"
    KEY_SUPPORT_UNKNOWN = "key-support-unknown"
    SIGNATURE_BAD = "signature-bad"
    SIGNER_EXPIRED = "signer-expired"
    TFTP_NOT_AUTHORISED = "tftp-not-authorised"
    TFTP_NAME_UNKNOWN = "tftp-name-unknown"
    LIST_SUPPORT_UNKNOWN = "list-support-unknown"
    TVS_SUPPORT_UNKNOWN = "tvs-support-unknown"
    VERIFICATION_UNKNOWN = "verification-unknown"
    LIST_INCOMPLETE = "list-incomplete"
    LOAD_MAY_NOT_UPDATE = "load-may-not-update"
    MULTI_SAN_UNSUPPORTED = "multi-san-unsupported"
    NO_TVS_IN_ITL = "no-tvs-in-itl"
    NO_TVS_SERVERS = "no-tvs-servers"
    TVS_SILENT = "tvs-silent"
    TVS_NOT_TRUSTED = "tvs-not-trusted"
    TVS_TLS_VERSION = "tvs-tls-version"
    TVS_EXPIRED = "tvs-expired"
    TVS_DOES_NOT_KNOW = "tvs-does-not-know"
    TVS_WRONG_ROLE = "tvs-wrong-role"
    TVS_WRONG_CERTIFICATE = "tvs-wrong-certificate"
    NOT_OFFERED = "not-offered"
    SERVER_SILENT = "server-silent"
    CTL_WANTED = "ctl-wanted"
    CALLMANAGER_SILENT = "callmanager-silent"
    CALLMANAGER_TLS_VERSION = "callmanager-tls-version"
    NULL_CIPHER_REFUSED = "null-cipher-refused"
    """Authenticated signalling, which encrypts nothing, meets a server that takes TLS 1.3 alone."""
    DEVICE_CERTIFICATE_REFUSED = "device-certificate-refused"
    DEVICE_CERTIFICATE_UNKNOWN = "device-certificate-unknown"
    SIGNALLING_MODE = "signalling-mode"
    REGISTRATION_REJECTED = "registration-rejected"
    TLS_SUPPORT_UNKNOWN = "tls-support-unknown"
    NO_CALLMANAGER = "no-callmanager"
    CONFIRMED = "confirmed"
    PLAIN_SIGNALLING = "plain-signalling"
    CALLMANAGER_NOT_IN_CTL = "callmanager-not-in-ctl"
    CALLMANAGER_EXPIRED = "callmanager-expired"
    CAPF_EXPIRED = "capf-expired"
    NO_CTL_FOR_TLS = "no-ctl-for-tls"


@attrs.frozen(kw_only=True)
class Rule:
    """One numbered rule of the book; `number` is its place in the order of evaluation, such as `L7`."""

    number: str
    title: str
    standing: Standing
    source: str
    note: str = ""


@attrs.frozen(kw_only=True)
class Ruling:
    """A verdict, why, by which rule and on which model facts."""

    verdict: Verdict
    reason: Reason
    rule: Rule
    facts: tuple[Fact[object], ...] = ()

    @property
    def standing(self) -> Standing:
        """As strong as the weakest of the rule and the facts it stands on."""
        return weakest((self.rule.standing, *(fact.standing for fact in self.facts)))
