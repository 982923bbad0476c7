"""What was collected, written as the files that docs/snapshot.md names.

An answer of the database becomes the text that `run sql` would have shown; RISPort and listPhone keep the
shape of their answers, with only the fields that were asked for; certificate JSON loses whatever looks like a
secret.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

from phoneemu.collect import soap
from phoneemu.collect.axl import NodeSeen, Row
from phoneemu.collect.failures import Kind, NotCollected
from phoneemu.collect.readings import PHONE_TAGS
from phoneemu.collect.ris import Device

_PEM = "-----BEGIN "
_SECRET_KEY = re.compile(r"pass(word|phrase|wd)|secret|private|token|credential", re.IGNORECASE)
_PRIVATE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_JSON_DEPTH = 32
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What a server may contribute to the name of a file: no slash, no leading dot, no other surprise."""


def run_sql(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Rows as a terminal shows them; an empty cell is NULL, and only a certificate keeps its lines."""
    table = [[_cell(row.get(column, "")) for column in columns] for row in rows]
    widths = [
        max(len(line) for cell in cells for line in cell.split("\n"))
        for cells in zip(columns, *table, strict=True)
    ]
    lines = [list(columns), ["=" * width for width in widths], *table]
    return "".join(
        " ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
        for line in lines
    )


def _cell(value: str) -> str:
    if value.startswith(_PEM):
        return "\n".join(line.strip() for line in value.splitlines() if line.strip())
    return " ".join(value.split()) or "NULL"


def column(text: str, name: str) -> list[str]:
    """The cells of one column of what `run_sql` wrote; none of its values has a line break."""
    names, rule, *rows = text.splitlines() or ["", ""]
    at = names.split().index(name)
    spans = [match.span() for match in re.finditer(r"=+", rule)]
    return [row[spans[at][0] : spans[at][1]].strip() for row in rows]


def phones_xml(rows: Iterable[Row]) -> str:
    """An answer of listPhone, its pages put together."""
    phones = "".join(
        "<phone>" + "".join(f"<{tag}>{escape(row[tag])}</{tag}>" for tag in PHONE_TAGS) + "</phone>\n"
        for row in rows
    )
    return _answer("listPhoneResponse", f"<return>\n{phones}</return>")


def seen_xml(devices: Iterable[Device]) -> str:
    """An answer of selectCmDevice, its pages put together."""
    nodes: dict[str, list[str]] = {}
    for device in devices:
        fields = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in device.fields)
        addresses = "".join(f"<item><IP>{escape(each)}</IP></item>" for each in device.addresses)
        nodes.setdefault(device.node, []).append(f"<item>{fields}<IPAddress>{addresses}</IPAddress></item>\n")
    total = sum(len(each) for each in nodes.values())
    items = "".join(
        f"<item><ReturnCode>Ok</ReturnCode><Name>{escape(node)}</Name>"
        f"<CmDevices>\n{''.join(each)}</CmDevices></item>\n"
        for node, each in nodes.items()
    )
    result = (
        f"<SelectCmDeviceResult><TotalDevicesFound>{total}</TotalDevicesFound>"
        f"<CmNodes>\n{items}</CmNodes></SelectCmDeviceResult>"
    )
    return _answer("selectCmDeviceResponse", f"<selectCmDeviceReturn>{result}</selectCmDeviceReturn>")


def _answer(name: str, inner: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>\n'
        f"<{name}>{inner}</{name}>\n</soapenv:Body></soapenv:Envelope>\n"
    )


def seen_devices(text: bytes) -> Iterator[Device]:
    """What `seen_xml` wrote.

    Raises:
        NotCollected: it is not that.
    """
    for nodes in soap.every(soap.parsed(text), "CmNodes"):
        for node in nodes:
            for device in soap.every(node, "CmDevices"):
                for item in device:
                    fields = tuple(
                        (soap.local(each), (each.text or "").strip())
                        for each in item
                        if soap.local(each) != "IPAddress"
                    )
                    addresses = tuple(each.text or "" for each in soap.every(item, "IP"))
                    yield Device(node=soap.text(node, "Name"), fields=fields, addresses=addresses)


def certificates_json(body: bytes) -> str:
    """The certificates of a node as its REST service answers them, without what looks like a secret.

    Raises:
        NotCollected: it is no JSON, or there is no certificate in it.
    """
    try:
        content = json.loads(body.decode("utf-8-sig"))
        text = json.dumps(_without_secrets(content, 0), indent=1) + "\n"
    except (ValueError, RecursionError):
        raise NotCollected(Kind.MALFORMED, "an answer that is no whole JSON") from None
    if _PEM not in text and "issuer" not in text.lower():
        raise NotCollected(Kind.MALFORMED, "an answer without a certificate")
    return text


def _without_secrets(value: object, depth: int) -> object:
    if depth > _JSON_DEPTH:
        raise ValueError("nested too deep")
    if isinstance(value, dict):
        return {
            key: _without_secrets(each, depth + 1)
            for key, each in value.items()
            if not _SECRET_KEY.search(key)
        }
    if isinstance(value, list):
        return [_without_secrets(each, depth + 1) for each in value]
    return "[dropped]" if isinstance(value, str) and _PRIVATE.search(value) else value


# ---------------------------------------------------------------- cluster.toml


def release_of(version: str) -> str | None:
    """The release with its build, which tells the service update too; None where it is no version."""
    found = re.fullmatch(r"(\d{1,2}(?:\.\d{1,5}){3})(?:[-(](\d{1,5})\)?)?", version)
    return None if found is None else found.group(1) + (f"-{found.group(2)}" if found.group(2) else "")


def cluster_toml(
    *,
    name: str,
    release: str | None,
    taken: str,
    nodes: Sequence[NodeSeen],
    addresses: Mapping[str, str],
    services: Mapping[str, Sequence[str]],
) -> str:
    """What a snapshot's cluster.toml says, as far as it was collected; names are quoted."""
    lines = [
        "# Written by `phoneemu collect`. Add what no service tells: sites, phones without power.",
        f"name    = {_quoted(name)}",
        *([f"release = {_quoted(release)}"] if release else []),
        f"taken   = {taken}",
    ]
    for node in nodes:
        lines += ["", "[[node]]", f"name      = {_quoted(node.name)}"]
        if node.name in addresses:
            lines.append(f"address   = {_quoted(addresses[node.name])}")
        lines += ["publisher = true"] if node.publisher else []
        if services.get(node.name):
            lines.append(f"services  = [{', '.join(_quoted(each) for each in services[node.name])}]")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text)  # a JSON string is a TOML string
