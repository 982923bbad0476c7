"""Certificates in JSON, as the certificate-management REST service of each node answers [CERTMGR].

The service's schema is not published: every object that holds a certificate in PEM, or an issuer with a
serial, is one, wherever it stands, and what it says beside that is found under any of the likely keys.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

from phoneemu.core import limits
from phoneemu.core.names import Identity
from phoneemu.errors import NothingInIt
from phoneemu.fleet import textfile
from phoneemu.fleet.certentries import (
    PEM_BEGIN,
    CertEntry,
    from_base64,
    from_der,
    pem_blocks,
    service_named,
    service_numbered,
)
from phoneemu.fleet.certtexts import moment, serials_of
from phoneemu.fleet.remarks import Remark
from phoneemu.structured import from_json

_SERVERS = ("server", "servername", "hostname", "node", "nodename", "host")
_FILES = ("filename", "file", "name", "certificatename", "certname", "commonname")
_SERVICES = ("service", "unit", "purpose", "certificatetype", "store", "type", *_FILES)
_SERIALS = ("serialnumber", "serial")
_UNTIL = ("notafter", "validto", "expiration", "expirationdate", "expires", "expiry")


def load(path: Path) -> object:
    """The content of a JSON file.

    Raises:
        BadInput: it is no JSON, cut off, or too large; names the line.
        OSError: it cannot be read.
    """
    return from_json(textfile.read(path, limits.SQL_TEXT_BYTES), path.name)


def read(path: Path) -> tuple[list[CertEntry], list[Remark]]:
    """Every certificate of a file, and those that cannot be read.

    Raises:
        BadInput: it is no JSON, or there is no certificate in it.
        OSError: it cannot be read.
    """
    entries: list[CertEntry] = []
    remarks: list[Remark] = []
    for number, (said, around) in enumerate(_objects(load(path)), 1):
        place = f"{path.name} certificate {number}"
        entry = _entry(said, around, place)
        if entry is None:
            remarks.append(Remark(place=place, text="a certificate that cannot be read"))
        else:
            entries.append(entry)
            until = _text(said, _UNTIL)
            if until and entry.not_after is None and not entry.trusted:
                text = f"`{until}` cannot be read as a date: when it ends is not known"
                remarks.append(Remark(place=place, text=text))
    if not entries and not remarks:
        raise NothingInIt("no certificate in it", place=path.name)
    return entries, remarks


Said = Mapping[str, object]


def _objects(content: object) -> Iterator[tuple[Said, Said]]:
    """(object, what the objects around it say) of every object that is a certificate."""
    waiting: list[tuple[object, Said]] = [(content, {})]
    while waiting:
        value, around = waiting.pop()
        if isinstance(value, list):
            waiting += ((each, around) for each in reversed(value))
        elif isinstance(value, dict):
            said = {str(key).lower().replace("_", ""): each for key, each in value.items()}
            if any(_is_pem(each) for each in said.values()) or _is_described(said):
                yield said, around
                continue
            texts = {key: each for key, each in said.items() if isinstance(each, str)}
            for key, each in reversed(said.items()):
                unit = {"unit": key} if service_named(key) else {}
                waiting.append((each, {**around, **texts, **unit}))
        elif _is_pem(value):
            yield {"certificate": value}, around


def _is_pem(value: object) -> bool:
    return isinstance(value, str) and (PEM_BEGIN in value or (value.startswith("MII") and len(value) > 256))


def _is_described(said: Said) -> bool:
    return any(key in said for key in _SERIALS) and any(key.startswith("issuer") for key in said)


def _text(said: Said, keys: tuple[str, ...]) -> str:
    return next((str(said[key]) for key in keys if isinstance(said.get(key), str | int) and said[key]), "")


def _entry(said: Said, around: Said, place: str) -> CertEntry | None:
    every = {**around, **said}
    words = [str(every.get(key, "")) for key in _SERVICES]
    service = next((found for each in words if (found := service_named(each))), "")
    service = service or next((found for each in words[:2] if (found := service_numbered(each))), "")
    kind = " ".join(
        str(every.get(key, "")).lower() for key in ("type", "certificatetype", "category", "unit")
    )
    if service and "trust" in kind.split("-")[0] and not service.endswith("-trust"):
        service = service_named(f"{service}-trust") or service
    server, name = _text(every, _SERVERS), _text(said, _FILES)
    pem = next((str(each) for each in said.values() if _is_pem(each)), None)
    if pem is not None:
        blocks = [der for _, der in pem_blocks(pem)] or [from_base64(pem)]
        der = blocks[0]
        return None if der is None else from_der(der, place=place, service=service, server=server, name=name)
    serials = serials_of(_text(said, _SERIALS))
    issuer = _text(said, ("issuerdn", "issuername", "issuer"))
    if not serials or "=" not in issuer:
        return None
    subject = _text(said, ("subjectdn", "subjectname", "subject")) or issuer
    return attrs.evolve(
        CertEntry(place=place, service=service, server=server, name=name),
        identity=Identity(subject, issuer, serials[0]),
        serials=serials,
        not_after=moment(_text(said, _UNTIL)),
    )
