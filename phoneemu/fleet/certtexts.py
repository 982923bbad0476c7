"""Certificates in text: `run sql` answers with PEM, `show cert list`, `show cert own NAME`, and bare PEM.

The wording differs by release [CLI15-show]; what is not understood is left out with its line.
Which node a text is of, its file's name or the answer's own column says.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import attrs

from phoneemu.core import limits
from phoneemu.core.keys import key_bits
from phoneemu.core.names import Identity, canonical_name
from phoneemu.core.printeddate import read_date
from phoneemu.errors import NothingInIt
from phoneemu.fleet import textfile
from phoneemu.fleet.certentries import (
    PEM_BEGIN,
    PEM_END,
    CertEntry,
    from_der,
    pem_blocks,
    service_named,
    service_numbered,
)
from phoneemu.fleet.remarks import Remark
from phoneemu.fleet.sqltext import SqlTable

_LISTED = re.compile(r"^\s*(?P<name>[\w-]+/\S.*?\.(?:pem|der))\s*:\s*(?P<text>.*\S)?\s*$")
_ASKED = re.compile(r"admin:\s*show\s+cert\s+(?:own|trust)\s+(?P<name>\S.*?)\s*$", re.IGNORECASE)
_FIELD = re.compile(r"^\s*(?P<key>[A-Za-z][A-Za-z ]*?)\s*(?::|=)\s*(?P<value>.*\S)\s*$")
_HEX = re.compile(r"[0-9a-f]+")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d))?")

_KEYS = {
    "serial number": "serial",
    "serialnumber": "serial",
    "issuer name": "issuer",
    "issuerdn": "issuer",
    "issuer": "issuer",
    "subject name": "subject",
    "subjectdn": "subject",
    "subject": "subject",
    "validity from": "from",
    "from": "from",
    "start date": "from",
    "to": "to",
    "final date": "to",
    "expires": "to",
    "expiration": "to",
    "unit": "unit",
    "type": "type",
    "name": "name",
    "key value": "key",
    "modulus": "key",
}
"""What a line's label means, in every wording known."""


def of_tables(tables: Iterable[SqlTable], file: str) -> tuple[list[CertEntry], list[Remark]]:
    """The certificates of `run sql` answers that have a column `certificate`."""
    entries: list[CertEntry] = []
    remarks: list[Remark] = []
    for table in tables:
        for line, row in table.dicts():
            place = f"{file}:{line}"
            der = next((der for _, der in pem_blocks(row.get("certificate", ""))), None)
            entry = None
            if der is not None:
                entry = from_der(der, place=place, service=_service(row), server=row.get("servername", ""))
            if entry is None:
                remarks.append(Remark(place=place, text="row left out: no certificate can be read in it"))
            else:
                entries.append(attrs.evolve(entry, address=row.get("ipv4address", "")))
    return entries, remarks


def _service(row: Mapping[str, str]) -> str:
    """The unit or store of a row, by its name or its number."""
    said = [row.get(column, "") for column in ("name", "service", "tkcertificateservice")]
    return next((found for each in said if (found := service_named(each) or service_numbered(each))), "")


def read(path: Path) -> tuple[list[CertEntry], list[Remark]]:
    """The certificates of a file, tables of `run sql` aside.

    Raises:
        BadInput: there is none, or it is no text.
        OSError: it cannot be read.
    """
    entries, remarks = of_text(textfile.read(path, limits.SQL_TEXT_BYTES), path.name)
    if not entries and not remarks:
        raise NothingInIt("no certificate in it, and no list of them", place=path.name)
    return entries, remarks


def of_text(text: str, file: str) -> tuple[list[CertEntry], list[Remark]]:
    """The certificates of everything else: lists, single certificates, PEM."""
    lines = text.splitlines()
    entries: list[CertEntry] = []
    remarks: list[Remark] = []
    asked = ""
    block: dict[str, str] = {}
    began = 0
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        question = _ASKED.search(line)
        listed = _LISTED.match(line)
        if question or "admin:" in line.lower() or listed or PEM_BEGIN in line:
            entries += _single(block, asked, f"{file}:{began}", remarks)
            block = {}
        if question:
            asked = question.group("name")
        elif "admin:" in line.lower():
            asked = ""
        elif PEM_BEGIN in line:
            end = next((up for up in range(at - 1, len(lines)) if PEM_END in lines[up]), None)
            entry = None if end is None else _of_pem(lines[at - 1 : end + 1], asked, f"{file}:{at}")
            if entry is None:
                remarks.append(Remark(place=f"{file}:{at}", text="a certificate that cannot be read"))
            else:
                entries.append(entry)
            at = at if end is None else end + 1
        elif listed:
            entries.append(_of_line(listed, f"{file}:{at}"))
        else:
            field = _FIELD.match(line)
            key = _KEYS.get(field.group("key").lower()) if field else None
            if field is not None and key is not None:
                if key in ("serial", "unit") and key in block:
                    entries += _single(block, asked, f"{file}:{began}", remarks)
                    block = {}
                began = began if block else at
                block.setdefault(key, field.group("value"))
    entries += _single(block, asked, f"{file}:{began}", remarks)
    return entries, remarks


def _of_pem(lines: Sequence[str], asked: str, place: str) -> CertEntry | None:
    der = next((der for _, der in pem_blocks("\n".join(lines))), None)
    return None if der is None else from_der(der, place=place, service=service_named(asked), name=asked)


def _of_line(listed: re.Match[str], place: str) -> CertEntry:
    """One line of `show cert list` on newer releases: file and description."""
    text = (listed.group("text") or "").lower()
    return CertEntry(
        place=place,
        service=service_named(listed.group("name")),
        name=listed.group("name"),
        ca_signed=False if "self-signed" in text else True if "signed by" in text else None,
    )


def _single(block: dict[str, str], asked: str, place: str, remarks: list[Remark]) -> Iterator[CertEntry]:
    """The certificate that a block of labelled lines describes."""
    service = (
        service_named(block.get("unit", "")) or service_named(asked) or service_named(block.get("name", ""))
    )
    if block.get("type", "").lower().startswith("trust") and service and not service.endswith("-trust"):
        service = service_named(f"{service}-trust")
    if not ({"serial", "issuer"} <= set(block) or ("unit" in block and "name" in block)):
        return
    entry = CertEntry(
        place=place,
        service=service,
        name=block.get("name", asked),
        not_before=moment(block.get("from", "")),
        not_after=moment(block.get("to", "")),
        key_bits=_bits(block.get("key", "")),
    )
    serials = serials_of(block.get("serial", ""))
    if serials and "issuer" in block:
        issuer = block["issuer"]
        subject = block.get("subject", issuer)
        entry = attrs.evolve(
            entry,
            identity=Identity(subject, issuer, serials[0]),
            serials=serials,
            serial=serials[0].to_bytes(max((serials[0].bit_length() + 7) // 8, 1), "big"),
            ca_signed=canonical_name(subject) != canonical_name(issuer),
        )
    yield entry
    remarks += (
        Remark(place=place, text=f"`{block[key]}` cannot be read as a date: {what} is not known")
        for key, what in (("from", "since when it is valid"), ("to", "when it ends"))
        if key in block and not entry.trusted and moment(block[key]) is None
    )


def serials_of(text: str) -> tuple[int, ...]:
    """What a serial may mean: hex, or decimal before hex where it has no letter [CERT210541: both occur]."""
    plain = re.sub(r"[\s:]", "", text.lower().removeprefix("0x"))
    if not plain or len(plain) > 80 or re.search(r"[^0-9a-f]", plain):
        return ()
    if plain.isdigit() and ":" not in text and not text.lower().startswith("0x"):
        return int(plain), int(plain, 16)
    return (int(plain, 16),)


def moment(text: str) -> float | None:
    """Seconds since the epoch of a date as certificates' texts write it; None for none.

    A bare number is taken as seconds or milliseconds since the epoch, by its length.
    """
    found = read_date(text)
    number = text.strip()
    if number.isascii() and number.isdigit() and len(number) in (10, 13):
        return float(number) / (1000 if len(number) == 13 else 1)
    if found is not None:
        return float(found.seconds)
    try:
        iso = _ISO.search(text)
        if iso is not None:
            said = f"{iso.group(1)}T{iso.group(2) or '00:00:00'}"
            return datetime.fromisoformat(said).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
    return None


def _bits(text: str) -> int | None:
    """The size of an RSA key printed in hex: a PKCS#1 key, or its modulus alone; None where it is cut off."""
    plain = re.sub(r"[\s:]", "", text).lower()
    if not plain or len(plain) % 2 or not _HEX.fullmatch(plain):
        return None
    size = key_bits(bytes.fromhex(plain)) if plain.startswith("30") else None
    modulus = int(plain, 16).bit_length()
    return size if size is not None or plain.startswith("30") else modulus if modulus % 512 == 0 else None
