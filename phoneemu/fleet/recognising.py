"""What each file of a snapshot is: by its name where the grammar knows it, else by what is in it.

An administrator need not rename twelve files. A name of the grammar is a promise: the file is read as that
and is an error when it is not. Any other file is looked into, and left aside, by name, when nothing is
recognised.
"""

import enum
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import attrs

from phoneemu.core import limits
from phoneemu.errors import BadInput
from phoneemu.files import why_unreadable
from phoneemu.fleet import terminal, textfile
from phoneemu.fleet.certentries import PEM_BEGIN
from phoneemu.fleet.columns import of_checksums, of_phones
from phoneemu.fleet.inventory import header_of
from phoneemu.fleet.listexports import RAW
from phoneemu.fleet.sqltext import is_rule


class Kind(enum.Enum):
    """What a file is; the value is what a person reads."""

    CLUSTER = "cluster.toml"
    PHONES = "table of phones"
    SHEET = "spreadsheet"
    SHOWN = "table of checksums"
    SQL = "text of run sql"
    SQL_ANSWER = "AXL answer of executeSQLQuery"
    RIS = "RISPort answer"
    LIST_PHONE = "AXL answer of listPhone"
    LISTS = "text of show ctl or show itl"
    RAW_LIST = "raw trust list"
    TERMINAL = "text of show version or show network cluster"
    CERT_TEXT = "text of certificates"
    CERT_JSON = "certificates in JSON"
    PAGE = "phone web page or status messages"


NAMES: Mapping[str, Kind] = {
    "cluster.toml": Kind.CLUSTER,
    "phones*.csv": Kind.PHONES,
    "phones*.xlsx": Kind.SHEET,
    "phones*.parquet": Kind.SHEET,
    "phones*.xls": Kind.SHEET,
    "phones*.ods": Kind.SHEET,
    "*.sql.txt": Kind.SQL,
    "phones*.xml": Kind.LIST_PHONE,
    "certs*.txt": Kind.CERT_TEXT,
    "certs*.json": Kind.CERT_JSON,
    "checksums*.csv": Kind.SHOWN,
    "ris*.xml": Kind.RIS,
    "ris*.json": Kind.RIS,
    "show_ctl*.txt": Kind.LISTS,
    "show_itl*.txt": Kind.LISTS,
    "*.tlv": Kind.RAW_LIST,
}
"""The grammar of names; docs/snapshot.md tells it to people."""

SEVERAL = frozenset({Kind.CERT_TEXT, Kind.LIST_PHONE})
"""Kinds whose names stand for several forms: what is in the file tells which."""

LOGS = (Kind.TERMINAL, Kind.LISTS, Kind.CERT_TEXT, Kind.SQL)
"""Kinds of text that come out of a terminal; one log may hold several."""

PASTED = frozenset({Kind.SQL, Kind.LISTS})
"""Kinds that are saved from a terminal under a name for one of its outputs; there may be others beside."""

HISTORY = "history"
"""The folder of older trust lists."""
PAGES = "pages"
"""The folder of phone web pages and status messages."""


@attrs.frozen(kw_only=True)
class Recognised:
    """One file and what it is. `kinds` has several where one text holds several outputs.

    `named` tells whether its name said so. `why` says of a file without a kind why it is left aside.
    """

    path: Path
    kinds: tuple[Kind, ...] = ()
    named: bool = False
    why: str = ""

    @property
    def words(self) -> str:
        """What it is, for a person."""
        return " and ".join(kind.value for kind in self.kinds)


def recognise(folder: Path) -> tuple[Recognised, ...]:
    """Every file of a snapshot, in the order of their names; those of `pages/` after them.

    Raises:
        BadInput: a name of the grammar is that of no file.
        OSError: a file cannot be read.
    """
    found: list[Recognised] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.name not in (HISTORY, PAGES):
            found.append(recognised(path))
        elif not path.is_dir():
            raise BadInput("not a folder, as its name promises", place=path.name)
    if (folder / PAGES).is_dir():
        inside = (path for path in sorted((folder / PAGES).rglob("*")) if not path.name.startswith("."))
        every = (recognised(path) for path in inside if not path.is_dir())
        found += (attrs.evolve(each, named=True) if each.kinds == (Kind.PAGE,) else each for each in every)
    return tuple(found)


def promised(path: Path, kind: Kind) -> bool:
    """Whether a file's name promises this kind; one that stands for several forms promises what is there."""
    said = next((named for pattern, named in NAMES.items() if path.match(pattern)), None)
    return said is kind or said in SEVERAL


def recognised(path: Path) -> Recognised:
    """What one file is.

    Raises:
        BadInput: a name of the grammar is that of no file.
        OSError: it cannot be read.
    """
    why = "a folder that is not looked into" if path.is_dir() else why_unreadable(path)
    for pattern, kind in NAMES.items():
        if path.match(pattern):
            if why:
                raise BadInput(f"its name promises a file ({kind.value}), but it is {why}", place=path.name)
            several = _inside(path) if kind in SEVERAL else ()
            beside = (each for each in _inside(path) if each in LOGS) if kind in PASTED else ()
            return Recognised(path=path, kinds=several or tuple(dict.fromkeys((kind, *beside))), named=True)
    if why:
        return Recognised(path=path, why=why)
    kinds = _inside(path)
    why = "" if kinds else "not recognised, neither by its name nor by what is in it"
    return Recognised(path=path, kinds=kinds, why=why)


# ---------------------------------------------------------------- by content

_SHOW = re.compile(
    r"checksum value of the (?:CTL|ITL)|(?:CTL|ITL) Record #|"
    r"Length of (?:CTL|ITL) file|(?:CTL|ITL) File not found",
    re.IGNORECASE,
)
_CERTIFICATE = re.compile(
    r"^\s*[\w-]+/\S.*?\.pem\s*:|^\s*(?:Issuer Name|IssuerDN)\s*[:=]|^\s*Unit:\s.*\n\s*Type:\s",
    re.IGNORECASE | re.MULTILINE,
)
_TABLE = re.compile(r"^=[=\s]{2,}$", re.MULTILINE)
_PAGE = re.compile(
    r"\b(?:CTL|ITL)[ _]?(?:File|Signature)\b|\bTrust List (?:updat|install)|No Trust List|"
    r"\b(?:TFTP|CUCM|Unified CM|CallManager) ?server ?1|App ?Load ?ID|device\.statistics|DeviceInformation|"
    r"Erasing CTL and ITL|File Not Found\s*:?\s*<?(?:CTL|ITL)File",
    re.IGNORECASE,
)


def _inside(path: Path) -> tuple[Kind, ...]:
    """What is in a file; a name like `certs.txt` may stand for several forms."""
    content, head = textfile.head(path, limits.SHOW_TEXT_BYTES)
    kinds = tuple(_kinds(content, head))
    larger = path.stat().st_size > limits.SHOW_TEXT_BYTES
    if not larger or not head or not set(kinds) <= set(LOGS) or head.lstrip().startswith(("<", "{", "[")):
        return kinds
    return tuple(dict.fromkeys((*kinds, *_further(path))))


def _further(path: Path) -> Iterator[Kind]:
    """What a terminal's log that is too large to be looked at as one holds anywhere."""
    for part in textfile.parts(path):
        lowered = part.lower()
        if ("ctl " in lowered or "itl " in lowered) and _SHOW.search(part):
            yield Kind.LISTS
        if (".pem" in lowered or "issuer" in lowered or "unit:" in lowered) and _CERTIFICATE.search(part):
            yield Kind.CERT_TEXT
        if any(
            word in lowered for word in ("active master", "subscriber", "publisher")
        ) and terminal.FOUND.search(part):
            yield Kind.TERMINAL
        if "===" in lowered and _TABLE.search(part):
            yield Kind.SQL


def _kinds(content: bytes, head: str) -> Iterator[Kind]:
    """What is in a file, by its first bytes and their text."""
    packed = content.startswith(b"PK\x03\x04") and any(mark in content for mark in _SHEETS)
    if packed or content.startswith(b"PAR1"):
        yield Kind.SHEET
    elif content.startswith(RAW):
        yield Kind.RAW_LIST
    elif head.lstrip().startswith("<"):
        yield from _marked(head)
    elif head.lstrip().startswith(("{", "[")):
        yield from _json(head)
    elif head:
        yield from _text(head)


def _marked(head: str) -> Iterator[Kind]:
    lowered = head.lower()
    if "selectcmdevice" in lowered or "cmdevices" in lowered:
        yield Kind.RIS
    elif "executesqlqueryresponse" in lowered or "<row>" in lowered:
        yield Kind.SQL_ANSWER
    elif "listphoneresponse" in lowered or ("<phone" in lowered and "devicepoolname" in lowered):
        yield Kind.LIST_PHONE
    elif _PAGE.search(head):
        yield Kind.PAGE


def _json(head: str) -> Iterator[Kind]:
    lowered = head.lower()
    if "cmdevice" in lowered or "cmnodes" in lowered or ('"status"' in lowered and "activeloadid" in lowered):
        yield Kind.RIS
    elif PEM_BEGIN in head or '"certificates"' in lowered or '"certificate"' in lowered:
        yield Kind.CERT_JSON


_SHEETS = (b"xl/", b"opendocument.spreadsheet")
"""What stands in the first part of a packed spreadsheet."""
_PREDICTION = {"outcome", "remedy", "key presses"}
"""Columns of a prediction's own table, which is no export."""


def _text(head: str) -> Iterator[Kind]:
    lines = head.splitlines()
    found = False
    if any(is_rule(line) and len(line.split()) == len(above.split()) for above, line in pairwise(lines)):
        found = True
        yield Kind.SQL
    if _SHOW.search(head):
        found = True
        yield Kind.LISTS
    if _CERTIFICATE.search(head) or (PEM_BEGIN in head and not found):
        found = True
        yield Kind.CERT_TEXT
    if terminal.FOUND.search(head):
        found = True
        yield Kind.TERMINAL
    if found:
        return
    header = header_of(head)
    if {word.lower() for word in header} >= _PREDICTION:
        return
    if of_phones(header):
        yield Kind.SHOWN if of_checksums(header) else Kind.PHONES
    elif _PAGE.search(head):
        yield Kind.PAGE
