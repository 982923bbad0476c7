"""Reading `show ctl` and `show itl` text back, from a terminal or from a web page.

Copies lose columns, wrap names, glue lines together and leave parts out with "[...]". So the text is read
as one stream in which rows and markers are found by their words; a name's printed LENGTH tells how a
wrapped or squeezed copy must have looked. What could not be read is a remark with its line.
"""

import bisect
import re
from collections.abc import Iterator, Mapping
from itertools import chain, pairwise

import attrs

from phoneemu.core import limits
from phoneemu.core.names import Identity
from phoneemu.core.printeddate import PrintedDate, read_date
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.trustlist import ROLE_TEXT, ListKind, Record, Role, TrustList

_NAMES = (
    "RECORDLENGTH|DNSNAME|SUBJECTNAME|FUNCTION|ISSUERNAME|SERIAL ?NUMBER|PUBLICKEY|CERTIFICATE|IPADDRESS|"
    "CERTHASH|HASH ALGORITHM|SIGNERID|SIGNERNAME|CANAME|SIGNATUREINFO|SIGNATUREALGOINFO|SIGNATUREMODULUS|"
    "DIGESTALGO[A-Z]*|SIGNATUREALGO[A-Z]*|SIGNATURE|FILENAME|TIMESTAMP"
)
_MARK = re.compile(
    rf"(?P<row>(?<!\S)(?P<number>\d{{1,2}})\s(?P<name>{_NAMES})\s(?P<length>\d{{1,6}})(?!\S))"
    r"|(?P<record>(?P<kind>CTL|ITL)\sRecord\s#:\s?(?P<index>\d{1,5}))"
    r"|(?P<used>This\setoken\swas\s(?P<no>not\s)?used\sto\ssign\sthe\s(?:CTL|ITL)\sfile)"
    r"|(?P<closing>(?:The\s)?(?:CTL|ITL)\sfile\swas\sverified\ssuccessfully)"
    r"|(?P<failed>Error\sparsing\sthe\s(?:CTL|ITL)\sFile|Verification\sof\sthe\s(?:CTL|ITL)\sfile\sfailed)"
    r"|(?P<elided>\[\.{2,3}\])"
    r"|(?P<table>BYTEPOS\sTAG\sLENGTH\sVALUE(?:\s-+)*|Start\s(?:CTL|ITL)\sRecords(?:\s-+)*|(?<!\S)-{4,})"
    r"|(?P<prompt>(?<!\S)admin:)",
    re.IGNORECASE,
)
_START = re.compile(
    r"admin:\s?show\s(?:ctl|itl)\b|The\schecksum\svalue\sof\sthe\s(?:CTL|ITL)\sfile", re.IGNORECASE
)
_KIND = re.compile(
    r"\b(CTL|ITL)\sFile\swas\slast|\b(CTL|ITL)\sfile:|Parse\s(CTL|ITL)\sFile|\b(CTL|ITL)\sRecord\s#",
    re.IGNORECASE,
)
_MD5 = re.compile(r"\b([0-9a-f]{32})\s?\(MD5\)", re.IGNORECASE)
_SHA1 = re.compile(r"\b([0-9a-f]{40})\s?\(SHA1\)", re.IGNORECASE)
_LENGTH = re.compile(r"Length\sof\s(?:CTL|ITL)\sfile:\s?(\d{1,9})", re.IGNORECASE)
_MISSING = re.compile(r"(?:CTL|ITL)\sFile\snot\sfound", re.IGNORECASE)
_VERSION = re.compile(r"\bVersion:\s?(\d{1,3})\.(\d{1,3})", re.IGNORECASE)
_HEADER_LENGTH = re.compile(r"HeaderLength:\s?(\d{1,6})", re.IGNORECASE)
_MODIFIED = re.compile(r"last\smodified\son\s(?P<when>\S{1,12}(?:\s\S{1,12}){2,5}?\s\d{4}(?!\S)|\S{1,40})")
_ROLES = {text.lower().replace(" ", ""): role for role, text in ROLE_TEXT.items()} | {
    "securitytoken": Role.SAST
}
"""Roles by their words without blanks: a narrow terminal breaks lines inside words."""
_PAGER = re.compile(
    r"^[^\S\n]*(?:Press <enter> for 1 line, <space> for one page, or <q> to quit|-- ?More ?--)[^\S\n]*",
    re.IGNORECASE | re.MULTILINE,
)
_MARGIN = re.compile(r"(?:>|\[[0-9][0-9 T:.,/-]*\])[^\S\n]?")
"""What a quoted mail or a terminal's log puts before every line."""
_KEY_BITS: Mapping[int, int] = {
    74: 512, 140: 1024, 270: 2048, 398: 3072, 526: 4096,  # PKCS#1
    65: 256, 97: 384, 133: 521,  # points of a curve
}  # fmt: skip
"""Key size by the length of the PUBLICKEY row."""


@attrs.frozen(kw_only=True)
class ShowText:
    """What a text says.

    `found` is False when the node had no such file; `list` is None then. `verified` is None when the text
    ends before it says. `lines` maps a record's number to its line, 1-based; `remarks` tell what was not
    understood or had to be assumed.
    """

    kind: ListKind
    found: bool
    list: TrustList | None
    modified: str = ""
    verified: bool | None = None
    lines: Mapping[int, int] = attrs.field(factory=dict)
    remarks: tuple[str, ...] = ()
    doubts: tuple[tuple[int, str], ...] = ()
    """(line, what) of every gap that a prediction would stand on."""


class _Stream:
    """The text with every run of blanks as one sign, and where each sign stood.

    A run with a line break becomes a newline, so that a wrapped name can be told from a spaced one.
    """

    def __init__(self, text: str) -> None:
        signs: list[str] = []
        self._starts: list[int] = []
        self._lines: list[int] = []
        line, at = 1, 0
        for part in re.split(r"(\s+)", _bare(text.lstrip("\ufeff"))):
            breaks = part.count("\n")
            blank = part.isspace()
            shown = ("\n" if breaks else " ") if blank else part
            self._starts.append(at)
            self._lines.append(line)
            signs.append(shown)
            at += len(shown)
            line += breaks
        self.flat = "".join(signs)

    def line_at(self, position: int) -> int:
        """The 1-based line of a position in the flat text."""
        return self._lines[bisect.bisect_right(self._starts, position) - 1]


def _bare(text: str) -> str:
    """The text without a pager's prompts, and without what stands before every line of it."""
    lines = _PAGER.sub("", text).split("\n")
    if all(_MARGIN.match(line) for line in lines if line.strip()):
        lines = [_MARGIN.sub("", line, count=1) for line in lines]
    return "\n".join(lines)


def parse(text: str, *, origin: str = "") -> ShowText:
    """Read the first output in a text.

    Raises:
        MalformedFile: there is none; the byte is the place in the text.
    """
    return parse_all(text, origin=origin)[0]


def parse_all(text: str, *, origin: str = "") -> tuple[ShowText, ...]:
    """Read every output in a text, in order.

    Raises:
        MalformedFile: there is none, or the text is too large.
    """
    if len(text) > limits.SHOW_TEXT_BYTES:
        raise MalformedFile("the text is too large to be a trust list", offset=limits.SHOW_TEXT_BYTES)
    stream = _Stream(text)
    found = [
        output
        for start, end in _segments(stream.flat)
        if (output := _output(stream, start, end, origin)) is not None
    ]
    if not found:
        raise MalformedFile("no `show ctl` or `show itl` output found", offset=0)
    return tuple(found)


def _segments(flat: str) -> Iterator[tuple[int, int]]:
    """Where each output begins and ends; a prompt and the checksum line behind it are one beginning."""
    starts: list[int] = []
    last_end = -2
    for match in _START.finditer(flat):
        if match.start() - last_end > 1:
            starts.append(match.start())
        last_end = match.end()
    if not starts:
        starts = [0]
    yield from zip(starts, [*starts[1:], len(flat)], strict=True)


def _output(stream: _Stream, start: int, end: int, origin: str) -> ShowText | None:
    flat = stream.flat[start:end]
    named = _KIND.search(flat)
    if named is None:
        return None
    kind = ListKind[next(group for group in named.groups() if group).upper()]
    length = _LENGTH.search(flat)
    if _MISSING.search(flat) or (length and int(length.group(1)) == 0):
        return ShowText(kind=kind, found=False, list=None, verified=False)
    reader = _Reader(stream, start)
    reader.read(flat)
    if not reader.records and not reader.header:
        return None
    return reader.result(flat, kind, origin)


@attrs.define
class _RecordRows:
    """The rows of one record as they were printed: tag number -> (length, value)."""

    index: int
    line: int
    rows: dict[int, tuple[int, str]] = attrs.field(factory=dict)
    signs: bool | None = None


class _Reader:
    """Collects the rows of one output."""

    def __init__(self, stream: _Stream, base: int) -> None:
        self._stream = stream
        self._base = base
        self.header: dict[int, tuple[int, str]] = {}
        self.records: list[_RecordRows] = []
        self.remarks: list[str] = []
        self.doubts: list[tuple[int, str]] = []
        self.elided = False
        self.verified: bool | None = None

    def read(self, flat: str) -> None:
        """Go through the markers; what stands between one row and the next marker is its value."""
        for match, following in pairwise(chain(_MARK.finditer(flat), [None])):
            assert match is not None  # noqa: S101 - only the last of a pair can be missing
            end = len(flat) if following is None else following.start()
            line = self._stream.line_at(self._base + match.start())
            if match.group("record"):
                self.records.append(_RecordRows(index=int(match.group("index")), line=line))
            elif match.group("row"):
                rows = self.records[-1].rows if self.records else self.header
                value = flat[match.end() : end].strip()
                rows.setdefault(int(match.group("number")), (int(match.group("length")), value))
            elif match.group("used") and self.records:
                self.records[-1].signs = match.group("no") is None
            elif match.group("elided"):
                self.elided = self.elided or bool(self.records)
            elif match.group("closing") or match.group("failed"):
                self.verified = bool(match.group("closing"))

    def result(self, flat: str, kind: ListKind, origin: str) -> ShowText:
        """The output as a value."""
        records = tuple(self._record(rows) for rows in self.records)
        signer, serial_known = self._signer(records)
        lost = self._lost_rows()
        when, written = self._written(flat)
        self.remarks.append("the digest is not printed; SHA-1 is assumed")
        length = _number(_LENGTH, flat)
        header_length = _number(_HEADER_LENGTH, flat)
        version = _VERSION.search(flat)
        trust_list = TrustList(
            kind=kind,
            signer=signer,
            key_bits=self._key_bits(records, signer),
            version=(int(version.group(1)), int(version.group(2))) if version else (1, 2),
            header_length=header_length,
            signature=_hex_bytes(self.header.get(12, (0, ""))[1], self.header.get(12, (0, ""))[0]),
            filename=f"{kind.name}File.tlv",
            timestamp=None if written is None else written.seconds,
            records=records,
            length=length,
            md5=_text(_MD5, flat),
            sha1=_text(_SHA1, flat),
            complete=self._complete() and serial_known and not lost,
            origin=origin,
        )
        return ShowText(
            kind=kind,
            found=True,
            list=trust_list,
            modified=when,
            verified=self.verified,
            lines={rows.index: rows.line for rows in self.records},
            remarks=tuple(self.remarks),
            doubts=tuple(self.doubts),
        )

    def _written(self, flat: str) -> tuple[str, PrintedDate | None]:
        """When the list was written, as printed and as a date."""
        modified = _MODIFIED.search(flat)
        if modified is None:
            what = "no line says when the list was last modified: how old it is, is not known"
            self.doubts.append((self._stream.line_at(self._base), what))
            return "", None
        when = " ".join(modified["when"].split())
        found = read_date(when)
        line = self._stream.line_at(self._base + modified.start("when"))
        if found is None:
            what = f"`{when}` cannot be read as a date: how old the list is, is not known"
            self.doubts.append((line, what))
        elif not found.zone_known:
            zone = (
                f"the zone {found.zone} of `{when}` is not known" if found.zone else f"`{when}` has no zone"
            )
            self.doubts.append((line, f"{zone}: the date is taken as UTC, and may be up to 14 hours off"))
        return when, found

    def _complete(self) -> bool:
        """Whether every record of the file is here: numbered from 1, nothing left out, an end seen."""
        numbers = [rows.index for rows in self.records]
        if self.elided or numbers != list(range(1, len(numbers) + 1)):
            self.remarks.append("the copy leaves records out")
            return False
        if self.verified is None:
            self.remarks.append("the copy ends before the closing line; records may be missing")
            return False
        return True

    def _lost_rows(self) -> bool:
        """Whether a record lacks rows that nothing in the copy says it leaves out."""
        if self.elided:
            return False
        cut = self.records[-1:] if self.verified is None else []
        lost = [
            (rows, why) for rows in self.records if rows not in cut and (why := _lost(rows.rows)) is not None
        ]
        self.doubts += (
            (rows.line, f"record {rows.index} {why}: rows are lost, and what the list says is not all known")
            for rows, why in lost
        )
        return bool(lost)

    def _record(self, found: _RecordRows) -> Record:
        rows = found.rows
        subject, issuer = _name(rows.get(3)), _name(rows.get(5))
        serial = _serial(rows.get(6))
        if (
            self.verified is None
            and found is self.records[-1]
            and len(serial or b"") < rows.get(6, (0, ""))[0]
        ):
            serial = None  # the copy ends in the middle of it
        identity = None
        if subject and issuer:
            if serial is None:
                self.remarks.append(f"line {found.line}: record {found.index} has no serial number")
            identity = Identity(subject, issuer, int.from_bytes(serial or b"", "big"))
        digits = _pairs(rows.get(9, (0, ""))[1].partition("(")[0], 20)
        return Record(
            role=self._role(found),
            dns_name=rows.get(2, (0, ""))[1],
            identity=identity,
            serial=serial or b"",
            certificate_sha1=digits.hex(),
            certificate_hash=_hex_bytes(rows.get(11, (0, ""))[1], rows.get(11, (0, ""))[0]),
            hash_algorithm=_int(rows.get(12, (0, ""))[1]),
            key_bits=_KEY_BITS.get(rows.get(7, (0, ""))[0]),
            length=_int(rows.get(1, (0, ""))[1]),
            printed=tuple(sorted((number, length) for number, (length, _) in rows.items())),
        )

    def _role(self, found: _RecordRows) -> int | None:
        said = " ".join(found.rows.get(4, (0, ""))[1].split())
        if not said:
            return None
        role = _ROLES.get(said.lower().replace(" ", ""), _int(said))
        if role is None:
            self.remarks.append(f"line {found.line}: record {found.index} has an unknown function `{said}`")
        return role

    def _signer(self, records: tuple[Record, ...]) -> tuple[Identity | None, bool]:
        """The signer, and whether every serial number that identifies is printed."""
        serials = all(record.serial or record.identity is None for record in records)
        subject, issuer = _name(self.header.get(4)), _name(self.header.get(6))
        serial = _serial(self.header.get(5))
        if subject and issuer and serial:
            return Identity(subject, issuer, int.from_bytes(serial, "big")), serials
        for rows, record in zip(self.records, records, strict=True):
            if rows.signs and record.identity is not None:
                return record.identity, serials
        self.remarks.append("the copy does not show who signed the file")
        return None, False

    def _key_bits(self, records: tuple[Record, ...], signer: Identity | None) -> int | None:
        if 12 in self.header:
            return self.header[12][0] * 8
        return next((record.key_bits for record in records if record.identity == signer), None)


_IDENTITY = {3, 5, 6}
"""The rows that name a certificate: subject, issuer and serial; an emptied record has none of them."""


def _lost(rows: Mapping[int, tuple[int, str]]) -> str | None:
    """How a record shows that rows are lost; its length is that of all of them, each with 3 bytes more."""
    said = _int(rows.get(1, (0, ""))[1])
    shown = sum(3 + length for length, _ in rows.values())
    if said is not None and said != shown:
        return f"has {said:,} bytes by its RECORDLENGTH, and rows of {shown:,}"
    if _IDENTITY & set(rows) and not {3, 5} <= set(rows):
        return "names half a certificate"
    if 3 in rows and 4 not in rows:
        return "has no FUNCTION"
    return None


def _number(pattern: re.Pattern[str], flat: str) -> int | None:
    match = pattern.search(flat)
    return int(match.group(1)) if match else None


def _text(pattern: re.Pattern[str], flat: str) -> str:
    match = pattern.search(flat)
    return match.group(1).lower() if match else ""


def _int(text: str) -> int | None:
    word = text.split()[0] if text.split() else ""
    return int(word) if word.isascii() and word.isdigit() and len(word) < 7 else None


def _name(printed: tuple[int, str] | None) -> str:
    """A name as it was before wrapping and squeezing; LENGTH counts its closing NUL."""
    if printed is None:
        return ""
    length, text = printed[0] - 1, printed[1]
    for candidate in (text.replace("\n", ""), text.replace("\n", " ")):
        if len(candidate) == length:
            return candidate
    joined = text.replace("\n", "")
    missing = length - len(joined)
    if missing > 0 and joined.count(' "') == 1:  # a token's name is padded before its quote [SEED118893]
        return joined.replace(' "', " " * (missing + 1) + '"')
    return joined


def _serial(printed: tuple[int, str] | None) -> bytes | None:
    if printed is None:
        return None
    digits = re.sub(r"[:\s]", "", printed[1])
    if len(digits) % 2 or not digits or not re.fullmatch(r"[0-9A-Fa-f]+", digits):
        return None
    return bytes.fromhex(digits)


def _hex_bytes(text: str, count: int) -> bytes:
    """Bytes printed as hex pairs, unpadded or not; empty unless exactly `count` are there."""
    words = text.split()[: count + 1]
    if len(words) != count or not all(re.fullmatch(r"[0-9A-Fa-f]{1,2}", word) for word in words):
        return b""
    return bytes(int(word, 16) for word in words)


def _pairs(text: str, count: int) -> bytes:
    """Bytes printed as full pairs, wherever a line was broken; empty unless exactly `count` are there."""
    digits = "".join(text.split())
    return bytes.fromhex(digits) if re.fullmatch(rf"[0-9A-Fa-f]{{{2 * count}}}", digits) else b""
