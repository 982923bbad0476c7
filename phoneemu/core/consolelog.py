"""The phone's console log: what its security process prints, in SECD or SECUREAPP dialect.

The strings are those of the published logs MIG213407, C214535 (SECUREAPP) and SEED118893, DIR118699, MIGITL8
(SECD). A journal has no time, so lines are numbered and the clock is left out rather than invented.
"""

from collections.abc import Mapping

from phoneemu.core.journal import AskedTvs, Delivery, Entry, Fetched, Installed, Journal, ReachedForTvs, Ruled
from phoneemu.core.journaltext import WHAT
from phoneemu.core.profile import Profile
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.vocabulary import Transport, TvsAnswered, TvsConnected, TvsFailed


def console_log(journal: Journal, profile: Profile, device: str) -> list[str]:
    """The lines of the phone's security process in its dialect, numbered, without a clock.

    A model whose dialect nobody knows gets one line that says so.
    """
    dialect = profile.console.value
    if dialect is None:
        return ["(the console log dialect of this model is not known)"]
    speak = _speak_secd if dialect == "SECD" else _speak_secureapp
    spoken = [said for entry in journal for said in speak(entry, profile, device)]
    return [f"{number:04}: {said}" for number, said in enumerate(spoken, start=1)]


def _query_length(entry: AskedTvs, profile: Profile, device: str) -> int:
    """Bytes of the TVS query: a 10-byte head and four elements [C213407]."""
    serial = max(1, (entry.signer.serial.bit_length() + 7) // 8)
    names = len(entry.signer.subject) + len(entry.signer.issuer) + 2
    return 10 + 4 * 3 + 1 + len(f"CP-{profile.model}-{device}") + names + serial


def _speak_secureapp(entry: Entry, profile: Profile, device: str) -> list[str]:
    match entry:
        case Fetched():
            place = _place(entry.name)
            said = f"NOT dgetfile-GETXXTP [src={entry.name}][dest={place}][serv=][serv6=][sec=0]"
            return [said, *_NO_FILE.get((entry.transport, entry.delivery), ())]
        case ReachedForTvs():
            return [f"NOT SECUREAPP-Attempting connect to TVS server addr [{entry.server}], mode [IPv4]"]
        case AskedTvs():
            sent = _query_length(entry, profile, device)
            return [
                "NOT SECUREAPP-TVS process request - processing TVS Query Certificate request.",
                f"{_SENT}, bytes written : {sent}",
            ]
        case Ruled():
            return [f"NOT SECUREAPP-{said}" for said in _secureapp_ruled(entry)]
        case Installed() if entry.subject in (Subject.CTL, Subject.ITL):
            return [f"NOT SECUREAPP-{said}" for said in _SECUREAPP_INSTALLED]
    return []


_NO_FILE: Mapping[tuple[Transport, Delivery], tuple[str, ...]] = {
    (Transport.TFTP, Delivery.MISSING): ("WRN TFTPD-Error: (1+1)File not found",),
    (Transport.TFTP, Delivery.SILENT): ("NOT TFTPD-Timeout: retransmit the last packet (1)",),
    # the published line is of an answer 503 [EMCC214535]; of a 404 it is inferred
    (Transport.HTTP, Delivery.MISSING): ("ERR GHTTP-http get [HTTP/1.1 404 Not Found]",),
}
"""What the downloader adds when no file came."""

_SENT = "NOT SECUREAPP-TVS process request - Successfully sent the TVS request to TVS server"

_SECUREAPP_INSTALLED = (
    "updateFromFile: TL parse to table: CTL_SUCCESS",
    "updateFromFile: Updating master TL table",
    "TL file verified successfully.",
    "TL file updated.",
)

_MATCH = "Hashes match... authentication successful."

_SECUREAPP_RULED: Mapping[Reason, tuple[str, ...]] = {
    Reason.LISTED_PEER: (
        "SSL session setup Cert Verification - Role is = 21",
        "SSL session setup Cert Verification - Certificate is valid.",
        "Sec SSL Connection - Handshake successful.",
    ),
    Reason.TVS_NOT_TRUSTED: (
        "No match found in trust list against the item",
        "Sec SSL Connection - Handshake failed.",
    ),
    Reason.LISTED_SIGNER: (_MATCH,),
    Reason.TVS_CACHED: (_MATCH,),
    Reason.SIGNER_UNKNOWN_NO_TVS: ("No match found in trust list against the item",),
    Reason.NO_TVS_IN_ITL: ("No match found in trust list against the item",),
}


def _secureapp_ruled(entry: Ruled) -> tuple[str, ...]:
    answer = entry.question.answer
    if entry.reason is Reason.TVS_VOUCHES and isinstance(answer, TvsAnswered):
        return f"TVS added cert to TVS cache - expires in {answer.ttl // 3600} hours", _MATCH
    return _SECUREAPP_RULED.get(entry.reason, ())


def _speak_secd(entry: Entry, _profile: Profile, _device: str) -> list[str]:
    match entry:
        case ReachedForTvs():
            return [f"NOT SECD: clpSetupSsl: Trying to connect to IPV4, IP: {entry.server}, Port : 2445"]
        case AskedTvs():
            return [
                "NOT SECD: -Successfully obtained a TLS connection to the TVS server",
                "NOT SECD: setupSocketToTvsProxy: Connected to TVS proxy server",
            ]
        case Ruled():
            return _secd_ruled(entry)
    return []


def _secd_ruled(entry: Ruled) -> list[str]:
    answer = entry.question.answer
    if entry.reason is Reason.TVS_VOUCHES:
        return ["NOT SECD: -Authentication Response received, status : 0"]
    if entry.verdict is Verdict.NEXT and isinstance(answer, TvsConnected | TvsFailed):
        if entry.reason in (Reason.TVS_NOT_TRUSTED, Reason.TVS_TLS_VERSION):
            return [f"ERR SECD: EROR:clpSetupSsl: ** SSL handshake failed, <{answer.server}> c:14 s:15"]
        return [f"ERR SECD: EROR:clpSetupSsl: SSL/TLS setup failed, <{answer.server}> c:14"]
    if entry.verdict is not Verdict.REFUSE or entry.subject is Subject.REGISTRATION:
        return []
    offered = entry.question.offered
    name = offered.filename if isinstance(offered, SignedFile) else WHAT[entry.subject]
    failed = f"ERR SECD: EROR:verifyFile: sgn verify file failed <{_place(name)}>"
    unknown = entry.reason not in _OTHER_FAULTS
    return [f"{failed}, errclass 8, errcode 19 (signer not in CTL)" if unknown else failed]


_OTHER_FAULTS = frozenset(
    {
        Reason.MALFORMED_FILE, Reason.WRONG_KIND, Reason.SIGNATURE_BAD, Reason.TFTP_NOT_AUTHORISED,
        Reason.KEY_TOO_LARGE, Reason.NEVER_REPLACES_CTL, Reason.UNSIGNED_FILE, Reason.MULTI_SAN_UNSUPPORTED,
    }
)  # fmt: skip
"""Refusals of another kind than an unknown signer; their error codes were never printed."""


def _place(name: str) -> str:
    """Where the phone keeps the file while it checks it [MIG213407]."""
    if name.startswith("CTL"):
        return "/tmp/CTLFile.tlv"  # noqa: S108 - the phone's path, printed
    if name.startswith("ITL"):
        return "/tmp/ITLFile.tlv"  # noqa: S108 - the phone's path, printed
    return f"/tmp/ram/{name}"  # noqa: S108 - the phone's path, printed
