"""The phone's configuration XML, as far as trust and registration go.

Real files of the cluster use an unbound `xsi:` prefix, which strict parsers refuse; it is bound here. A
DOCTYPE or an entity declaration is refused: nothing is ever expanded.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from xml.sax.saxutils import escape

from phoneemu.core import limits
from phoneemu.core.flash import DeviceSecurity, PhoneConfig
from phoneemu.core.tlv import MalformedFile

_MODES = {
    "1": DeviceSecurity.NON_SECURE,
    "2": DeviceSecurity.AUTHENTICATED,
    "3": DeviceSecurity.ENCRYPTED,
}
_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


class _Plain(ET.TreeBuilder):
    """A tree without declarations: they are refused in every encoding, before anything is expanded.

    The search for their bytes in `parse` names the byte, but sees only encodings that extend ASCII.
    """

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        """The parser met a DOCTYPE, in which alone entities can be declared."""
        raise MalformedFile("a configuration must not declare entities", offset=0)


def parse(data: bytes) -> PhoneConfig:
    """Read what a configuration says.

    Raises:
        MalformedFile: too large, declares entities, or is no well-formed XML.
    """
    if len(data) > limits.CONFIG_BYTES:
        raise MalformedFile("the configuration is too large", offset=limits.CONFIG_BYTES)
    for forbidden in (b"<!DOCTYPE", b"<!ENTITY"):
        at = data.upper().find(forbidden)
        if at >= 0:
            raise MalformedFile("a configuration must not declare entities", offset=at)
    if b"xsi:" in data and b"xmlns:xsi" not in data:
        data = data.replace(b"<device", f"<device {_XSI}".encode(), 1)
    try:
        root = ET.fromstring(data, ET.XMLParser(target=_Plain()))  # noqa: S314 - see _Plain
    except (ET.ParseError, LookupError, ValueError) as error:
        line, column = getattr(error, "position", (1, 0))
        offset = sum(len(part) for part in data.splitlines(keepends=True)[: line - 1]) + column
        raise MalformedFile(f"the configuration is no well-formed XML ({error})", offset=offset) from None
    callmanagers = _members(root, "devicePool/callManagerGroup/members", "callManager/processNodeName")
    tvs = _members(root, "TVS/members", "address")
    mode = (root.findtext("deviceSecurityMode") or "1").strip()
    return PhoneConfig(
        stamp=(root.findtext("versionStamp") or "").strip(),
        callmanagers=tuple(callmanagers),
        tvs_servers=tuple(tvs)[: limits.TVS_SERVERS],
        security=_MODES.get(mode, DeviceSecurity.NON_SECURE),
    )


def _members(root: ET.Element, path: str, leaf: str) -> Iterator[str]:
    """The members of a group by their priority attribute; without one the order of the file counts."""
    members = root.find(path)
    if members is None:
        return
    for member in sorted(members.findall("member"), key=_priority):
        name = (member.findtext(leaf) or "").strip()
        if name:
            yield name


def _priority(member: ET.Element) -> int:
    text = member.get("priority", "0").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def render(config: PhoneConfig) -> bytes:
    """Write a configuration in the element order of real ones."""
    mode = next(number for number, security in _MODES.items() if security is config.security)
    callmanagers = "".join(
        f'<member priority="{priority}"><callManager><processNodeName>{escape(name)}</processNodeName>'
        "</callManager></member>"
        for priority, name in enumerate(config.callmanagers)
    )
    tvs = "".join(
        f'<member priority="{priority}"><port>2445</port><address>{escape(name)}</address></member>'
        for priority, name in enumerate(config.tvs_servers)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<device>\n'
        f"<versionStamp>{escape(config.stamp)}</versionStamp>\n"
        f"<devicePool><callManagerGroup><members>{callmanagers}</members></callManagerGroup></devicePool>\n"
        f"<TVS><members>{tvs}</members></TVS>\n"
        f"<deviceSecurityMode>{mode}</deviceSecurityMode>\n</device>\n"
    ).encode()
