"""What a phone's console log shows of a start, in the SECUREAPP or the SECD dialect.

The lines are those of MIG213407, C214535 (SECUREAPP) and SEED118893, DIR118699, MIGITL8 (SECD). A log tells
of a ruling, seldom of its reason, and of many things nothing: what it does not tell is left out.
"""

import re
from collections.abc import Callable, Iterable, Sequence

import attrs

from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.vocabulary import Transport
from phoneemu.replay.case import ExpectedRuling, FileExchange, FileOutcome, TvsExchange, TvsOutcome
from phoneemu.replay.loglines import Line
from phoneemu.replay.wire.sorting import device_of

UNKNOWN = "unknown"
"""A server that the log does not name."""


@attrs.define(kw_only=True)
class _File:
    """A request as it grows; one a transport."""

    name: str
    at: float | None
    server: str = ""
    transport: Transport | None = None
    outcome: FileOutcome | None = None
    retries: int = 0
    size: int | None = None
    error: str = ""


@attrs.define(kw_only=True)
class _Tvs:
    """A connection to a TVS as it grows."""

    server: str
    at: float | None
    outcome: TvsOutcome | None = None
    valid: bool | None = None
    ttl: int | None = None
    sent: int | None = None
    cipher: str = ""
    ended: str = ""
    https: bool = False


@attrs.define(kw_only=True)
class PhoneLog:
    """What one log showed. `exchanges` are in order; times are those of the log."""

    dialect: str = ""
    device: str = ""
    begun: float | None = None
    exchanges: list[FileExchange | TvsExchange] = attrs.field(factory=list)
    rulings: list[ExpectedRuling] = attrs.field(factory=list)
    alarm: int | None = None
    notes: list[str] = attrs.field(factory=list)


@attrs.define
class _Reader:
    log: PhoneLog = attrs.field(factory=PhoneLog)
    going: list[_File | _Tvs] = attrs.field(factory=list)
    subject: Subject | None = None
    vouched: bool = False
    """A TVS vouched for the signer of the file in question."""
    asked: bool = False
    unmatched: bool = False
    """Its signer was found in no list, and nothing followed yet."""
    https: bool = False

    # ------------------------------------------------------------ what is going on

    def file(self) -> _File | None:
        return next((each for each in reversed(self.going) if isinstance(each, _File)), None)

    def tvs(self) -> _Tvs | None:
        return next((each for each in reversed(self.going) if isinstance(each, _Tvs)), None)

    def rule(self, verdict: Verdict, reason: Reason | None = None, subject: Subject | None = None) -> None:
        about = subject or self.subject
        if about is not None:
            self.log.rulings.append(ExpectedRuling(subject=about, verdict=verdict, reason=reason))
        self.unmatched = False

    def settle(self) -> None:
        """The file in question is done with: a signer that nothing was found for was refused."""
        if self.unmatched:
            self.rule(Verdict.REFUSE)
        self.vouched = self.asked = self.unmatched = False


# ---------------------------------------------------------------- what lines mean

Meaning = Callable[["_Reader", Line, "re.Match[str]"], None]


def _requested(reader: _Reader, line: Line, found: re.Match[str]) -> None:
    reader.settle()
    name = found[1].strip()
    reader.going.append(_File(name=name, at=line.at))
    reader.subject = subject_of(name)
    reader.log.device = reader.log.device or device_of(name)


def subject_of(name: str) -> Subject | None:
    """What a file is, from its name; None for what trust does not turn on."""
    last = name.rpartition("/")[2]
    if last.endswith(".tlv"):
        return {"CTL": Subject.CTL, "ITL": Subject.ITL}.get(last[:3])
    return Subject.CONFIG if ".cnf" in last else None


def _secured(reader: _Reader, line: Line, found: re.Match[str]) -> None:
    file, name = reader.file(), found[1]
    if file is None or not name.startswith(file.name):  # the line before is not in this log
        reader.settle()
        reader.subject = subject_of(name)
        file = _File(name=name, at=line.at)
        reader.going.append(file)
    file.name = name
    reader.log.device = reader.log.device or device_of(name)


def _served_by(reader: _Reader, _line: Line, found: re.Match[str]) -> None:
    file = reader.file()
    if file is not None:
        file.server = found[1]


def _transport(reader: _Reader, line: Line, found: re.Match[str]) -> None:
    file = reader.file()
    if file is None:
        return
    kind = Transport.HTTP if found[1] == "gethtp" else Transport.TFTP
    if file.transport is not None and file.outcome is not None:  # the next transport, for the same file
        reader.going.append(_File(name=file.name, at=line.at, server=file.server, transport=kind))
    else:
        file.transport = kind


def _http_status(reader: _Reader, _line: Line, found: re.Match[str]) -> None:
    file = reader.file()
    if file is None:
        return
    file.transport = Transport.HTTP
    if found[1] == "200":
        file.outcome = FileOutcome.ARRIVED
    elif found[1] == "404":
        file.outcome = FileOutcome.MISSING
    else:
        file.outcome, file.error = FileOutcome.ERROR, f"HTTP status {found[1]}"


def _length(reader: _Reader, _line: Line, found: re.Match[str]) -> None:
    file = reader.file()
    if file is not None:
        file.size = int(found[1])


def _again(reader: _Reader, _line: Line, _found: re.Match[str]) -> None:
    file = reader.file()
    if file is not None:
        file.retries += 1


def _tftp_error(reader: _Reader, _line: Line, found: re.Match[str]) -> None:
    file = reader.file()
    if file is not None:
        missing = "not found" in found[1].lower()
        file.outcome = FileOutcome.MISSING if missing else FileOutcome.ERROR
        file.error = found[1].strip()


def _completed(reader: _Reader, _line: Line, found: re.Match[str]) -> None:
    file = reader.file()
    if file is not None and file.outcome is None and found[1] == "100":
        file.outcome = FileOutcome.ARRIVED


def _reached(reader: _Reader, line: Line, found: re.Match[str]) -> None:
    reader.going.append(_Tvs(server=found[1], at=line.at, https=reader.https))
    reader.unmatched = False


def _handshake(reader: _Reader, _line: Line, found: re.Match[str]) -> None:
    tvs = reader.tvs()
    if tvs is not None and tvs.outcome is None and found[1] == "failed":
        tvs.outcome = TvsOutcome.HANDSHAKE


def _alerted(reader: _Reader, _line: Line, found: re.Match[str]) -> None:
    tvs = reader.tvs()
    if tvs is not None:
        version = "protocol version" in found[1]
        tvs.outcome = TvsOutcome.TLS_VERSION if version else TvsOutcome.HANDSHAKE
        tvs.ended = f"{found[1].strip().replace(' ', '_')} by the server"


def _sent(reader: _Reader, line: Line, found: re.Match[str]) -> None:
    tvs = reader.tvs()
    if tvs is None:  # the log begins behind the connection
        tvs = _Tvs(server="", at=line.at, https=reader.https)
        reader.going.append(tvs)
    tvs.sent = int(found[1])
    tvs.outcome = TvsOutcome.NO_ANSWER
    reader.asked = True


def _vouched(reader: _Reader, _line: Line, found: re.Match[str]) -> None:
    tvs = reader.tvs()
    if tvs is not None:
        tvs.outcome, tvs.valid, tvs.ttl = TvsOutcome.ANSWERED, True, int(found[1]) * 3600
    reader.vouched = True


def _status(reader: _Reader, _line: Line, found: re.Match[str]) -> None:
    tvs = reader.tvs()
    if tvs is not None:
        tvs.outcome, tvs.valid = TvsOutcome.ANSWERED, found[1] == "0"


def _matched(reader: _Reader, _line: Line, _found: re.Match[str]) -> None:
    """The signature was good by a certificate that is trusted: a listed one, unless a TVS was asked."""
    file, tvs = reader.file(), reader.tvs()
    if file is not None and file.outcome is None:
        file.outcome = FileOutcome.ARRIVED
    if reader.asked and tvs is not None and tvs.outcome is TvsOutcome.NO_ANSWER:
        tvs.outcome, tvs.valid = TvsOutcome.ANSWERED, True
    by_tvs = reader.vouched or reader.asked
    reader.rule(Verdict.ACCEPT, Reason.TVS_VOUCHES if by_tvs else None)
    reader.vouched = reader.asked = False


def _unmatched(reader: _Reader, _line: Line, _found: re.Match[str]) -> None:
    reader.unmatched = reader.subject is not None


def _refused(reader: _Reader, _line: Line, found: re.Match[str]) -> None:
    reader.rule(Verdict.REFUSE, subject=subject_of(found[1]))


def _for_https(reader: _Reader, _line: Line, _found: re.Match[str]) -> None:
    reader.https = True


def _https_done(reader: _Reader, _line: Line, _found: re.Match[str]) -> None:
    reader.https = False


def _alarm(reader: _Reader, _line: Line, found: re.Match[str]) -> None:
    reader.log.alarm = int(found[1])


_MEANINGS: Sequence[tuple[re.Pattern[str], Meaning]] = tuple(
    (re.compile(pattern), meaning)
    for pattern, meaning in (
        (r"GETXXTP\s*(?:\[GT\d*\])?\s*\[src=([^\]]+)\]", _requested),
        (r"add \.sgn if necessary\s*--\s*(\S+)", _secured),
        (r"XXTP start request, server \d+ - (\S+)", _served_by),
        (r"TFTPD-Requesting \S+ from (\S+)", _served_by),
        (r"arg\[0\] \S*/(gethtp|tftpd)\b", _transport),
        (r"(?:http get \[|hdr->)HTTP/1\.\d (\d{3})", _http_status),
        (r"hdr->Content-length: (\d{1,10})", _length),
        (r"TFTPD-Timeout: retransmit", _again),
        (r"TFTPD-Error: (?:\(\d+\+\d+\))?(.*)", _tftp_error),
        (r"XXTP complete - status = (\d+)", _completed),
        (r"Attempting connect to TVS server addr \[([^\]]+)\]", _reached),
        (r"clpSetupSsl: Trying to connect to IPV\d, IP: (\S+), Port : 2445", _reached),
        (r"SECUREAPP-Sec SSL Connection - Handshake (successful|failed)", _handshake),
        (r"clpSetupSsl: \*\* SSL handshake (failed)", _handshake),
        (r"SSL3 alert read:fatal:([^:<]+)", _alerted),
        (
            r"sent the (?:TVS|certificate Authentication) request to TVS server, bytes written : (\d{1,9})",
            _sent,
        ),
        (r"TVS added cert to TVS cache - expires in (\d{1,6}) hours", _vouched),
        (r"Authentication Response received, status : (\d{1,9})", _status),
        (r"Hashes match\.\.\. authentication successful", _matched),
        (r"SECUREAPP-No match found in trust list", _unmatched),
        (r"sgn verify file failed <([^>]*)>", _refused),
        (r"-HTTPS cert not in CTL", _for_https),
        (r"Authenticated the HTTPS conn", _https_done),
        (r"DeviceTLInfo.*\"StatusCode\">(\d{1,3})<", _alarm),
    )
)


def read(lines: Iterable[Line]) -> PhoneLog:
    """What a log shows, in its order."""
    reader = _Reader()
    for line in lines:
        if not reader.log.dialect:
            for dialect in ("SECUREAPP", "SECD"):
                if f"{dialect}-" in line.text or f"{dialect}:" in line.text:
                    reader.log.dialect = dialect
        for pattern, meaning in _MEANINGS:
            found = pattern.search(line.text)
            if found is not None:
                if reader.log.begun is None:
                    reader.log.begun = line.at
                meaning(reader, line, found)
    reader.settle()
    _write(reader)
    return reader.log


def _write(reader: _Reader) -> None:
    log = reader.log
    _same_server([each for each in reader.going if isinstance(each, _File)], log)
    for each in reader.going:
        at = None if each.at is None or log.begun is None else round(max(0.0, each.at - log.begun), 6)
        if isinstance(each, _File):
            if each.outcome is None:
                log.notes.append(f"{each.name} is left out: the log does not tell how that ended")
                continue
            log.exchanges.append(
                FileExchange(
                    name=each.name,
                    server=each.server or UNKNOWN,
                    outcome=each.outcome,
                    transport=each.transport,
                    retries=each.retries or None,
                    size=each.size,
                    error=each.error,
                    at=at,
                )
            )
        elif each.https:
            log.notes.append("a question to a TVS about an HTTPS server is left out")
        elif each.outcome is None:
            log.notes.append(f"a connection to the TVS {each.server} is left out: how that ended is not told")
        else:
            log.exchanges.append(
                TvsExchange(
                    server=each.server or UNKNOWN,
                    outcome=each.outcome,
                    valid=each.valid,
                    ttl=each.ttl,
                    ended=each.ended,
                    at=at,
                )
            )


def _same_server(files: list[_File], log: PhoneLog) -> None:
    """A request without a server went where the one before it did, if that is told; the notes say so."""
    last = ""
    for file in files:
        if not file.server and last and file.outcome is not None:
            file.server = last
            log.notes.append(f"{file.name}: the log names no server; that of the request before is taken")
        last = file.server or last
