"""What RISPort70 saw: running load, protocol and registration of each phone, from an answer that was saved.

XML as the SOAP service answers selectCmDevice, or JSON as common clients dump it. A phone that moved stands
under several nodes: of its registrations the newest counts, and any registration before none [INVENTORY 1.3].
No entity is ever expanded.
"""

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

from phoneemu.errors import BadInput

REGISTERED = "registered"


@attrs.frozen(kw_only=True)
class Sighting:
    """One phone as one node saw it; `moment` in seconds since the epoch, 0 when not said."""

    name: str
    model: str = ""
    protocol: str = ""
    load: str = ""
    status: str = ""
    moment: float = 0.0
    node: str = ""
    file: str = ""

    @property
    def registered(self) -> bool:
        """Whether it was registered there."""
        return self.status.lower() == REGISTERED

    @property
    def weight(self) -> tuple[bool, float]:
        """What makes one sighting count before another."""
        return self.registered, self.moment


def read(path: Path) -> dict[str, Sighting]:
    """The best sighting of each phone, by upper-case name.

    Raises:
        BadInput: the file is no such answer; names file and line.
        OSError: the file cannot be read.
    """
    found: dict[str, Sighting] = {}
    devices = _from_json(path) if path.suffix.lower() == ".json" else _from_xml(path)
    for node, cells in devices:
        sighting = _sighting(node, cells, path.name)
        if sighting is not None:
            keep(found, sighting)
    if not found:
        raise BadInput("no phone in it: an answer of selectCmDevice names some", place=path.name)
    return found


def keep(found: dict[str, Sighting], sighting: Sighting) -> None:
    """Keep a sighting if it counts before the one that is there."""
    name = sighting.name.upper()
    before = found.get(name)
    if before is None or sighting.weight > before.weight:
        found[name] = sighting


def _sighting(node: str, cells: Mapping[str, str], file: str) -> Sighting | None:
    name = cells.get("name", "").strip()
    if not name or cells.get("deviceclass", "Phone").strip() not in ("Phone", ""):
        return None
    stamp = cells.get("timestamp", "").strip()
    return Sighting(
        name=name,
        model=cells.get("model", "").strip(),
        protocol=cells.get("protocol", "").strip().upper(),
        load=cells.get("activeloadid", "").strip(),
        status=cells.get("status", "").strip(),
        moment=float(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) < 12 else 0.0,
        node=node,
        file=file,
    )


# ---------------------------------------------------------------- XML


class _NoDeclarations(ET.TreeBuilder):
    """Refuses a DOCTYPE, in which alone entities can be declared."""

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise ET.ParseError("it declares a document type")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()


def _from_xml(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        root = ET.fromstring(path.read_bytes(), ET.XMLParser(target=_NoDeclarations()))  # noqa: S314 - see above
    except (ET.ParseError, LookupError, ValueError) as error:
        line = getattr(error, "position", (1, 0))[0]
        raise BadInput(f"no well-formed XML ({error})", place=f"{path.name}:{line}") from None
    for node in root.iter():
        devices = next((child for child in node if _local(child.tag) == "cmdevices"), None)
        if devices is None:
            continue
        name = next((child.text or "" for child in node if _local(child.tag) == "name"), "")
        for device in devices:
            yield name.strip(), {_local(child.tag): child.text or "" for child in device}


# ---------------------------------------------------------------- JSON


def _from_json(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise BadInput(f"no JSON ({error})", place=f"{path.name}:{line}") from None
    waiting: list[tuple[str, object]] = [("", content)]
    while waiting:
        node, value = waiting.pop()
        if isinstance(value, list):
            waiting += ((node, each) for each in value)
        elif isinstance(value, dict):
            lowered = {str(key).lower(): each for key, each in value.items()}
            if "status" in lowered and "name" in lowered and "cmdevices" not in lowered:
                yield (
                    node,
                    {key: str(each) for key, each in lowered.items() if isinstance(each, str | int | float)},
                )
                continue
            here = str(lowered["name"]) if "cmdevices" in lowered and "name" in lowered else node
            waiting += ((here, each) for each in lowered.values())
