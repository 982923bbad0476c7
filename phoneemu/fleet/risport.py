"""What RISPort70 saw: running load, protocol and registration of each phone, from an answer that was saved.

XML as the SOAP service answers selectCmDevice, or JSON as common clients dump it. A phone that moved stands
under several nodes: of its registrations the newest counts, and any registration before none [RISPORT70].
No entity is ever expanded (xmlreading).
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from phoneemu.core.plaintext import shown
from phoneemu.errors import NothingInIt
from phoneemu.files import read_head
from phoneemu.fleet import certjson, xmlreading
from phoneemu.fleet.remarks import Remark

REGISTERED = "registered"
_TOTAL = "totaldevicesfound"


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
    line: int = 0
    """0 where the file has no lines, as in JSON."""

    @property
    def registered(self) -> bool:
        """Whether it was registered there."""
        return self.status.lower() == REGISTERED

    @property
    def weight(self) -> tuple[bool, float]:
        """What makes one sighting count before another."""
        return self.registered, self.moment


@attrs.frozen(kw_only=True)
class Answer:
    """One answer: the best sighting of each phone by upper-case name, and how it counts its devices.

    `total` is how many devices the service found, 0 when it does not say; `named` how many stand here.
    """

    file: str
    seen: Mapping[str, Sighting]
    total: int
    named: int


def read(path: Path) -> Mapping[str, Sighting]:
    """The best sighting of each phone, by upper-case name.

    Raises:
        BadInput: the file is no such answer; names file and line.
        OSError: the file cannot be read.
    """
    return answer(path).seen


def answer(path: Path) -> Answer:
    """What an answer says.

    Raises:
        BadInput: the file is no such answer; names file and line.
        OSError: the file cannot be read.
    """
    found: dict[str, Sighting] = {}
    named = 0
    totals: list[str] = []
    devices = _from_xml(path, totals) if _is_marked(path) else _from_json(path, totals)
    for node, line, cells in devices:
        named += 1
        sighting = _sighting(node, cells, path.name, line)
        if sighting is not None:
            keep(found, sighting)
    if not found and not totals:  # an answer that counts its devices may count none
        raise NothingInIt("no phone in it: an answer of selectCmDevice names some", place=path.name)
    numbers = (int(each) for each in totals if each.isascii() and each.isdigit() and len(each) < 9)
    return Answer(file=path.name, seen=found, total=max(numbers, default=0), named=named)


def missing(answers: Sequence[Answer]) -> Iterator[Remark]:
    """Answers that tell of more devices than all of them together name: pages of them are not here."""
    together = sum(each.named for each in answers)
    for each in answers:
        if each.total > max(each.named, together):
            text = (
                f"the service found {each.total:,} devices, and {together:,} stand in the answers: "
                "of the others nothing is known"
            )
            yield Remark(place=each.file, text=text)


def _is_marked(path: Path) -> bool:
    """Whether the file is XML, whatever its name."""
    head = read_head(path, 256, place=path.name)
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<")


def keep(found: dict[str, Sighting], sighting: Sighting) -> None:
    """Keep a sighting if it counts before the one that is there."""
    name = sighting.name.upper()
    before = found.get(name)
    if before is None or sighting.weight > before.weight:
        found[name] = sighting


def _sighting(node: str, cells: Mapping[str, str], file: str, line: int) -> Sighting | None:
    name = cells.get("name", "").strip()
    if not name or cells.get("deviceclass", "Phone").strip() not in ("Phone", ""):
        return None
    cells = {key: shown(cell.strip()) for key, cell in cells.items()}
    stamp = cells.get("timestamp", "")
    return Sighting(
        name=name,
        model=cells.get("model", "").strip(),
        protocol=cells.get("protocol", "").strip().upper(),
        load=cells.get("activeloadid", "").strip(),
        status=cells.get("status", "").strip(),
        moment=float(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) < 12 else 0.0,
        node=node,
        file=file,
        line=line,
    )


# ---------------------------------------------------------------- XML


def _from_xml(path: Path, totals: list[str]) -> Iterator[tuple[str, int, dict[str, str]]]:
    for node in xmlreading.answer(path).walk():
        if node.tag == _TOTAL:
            totals.append(node.text.strip())
        devices = node.child("cmdevices")
        if devices is None:
            continue
        name = node.child("name")
        for device in devices.children:
            yield "" if name is None else name.text.strip(), device.line, device.cells()


# ---------------------------------------------------------------- JSON


def _from_json(path: Path, totals: list[str]) -> Iterator[tuple[str, int, dict[str, str]]]:
    """Every object with a name and a status, however deep; the node is the nearest around it that says so."""
    waiting: list[tuple[str, object]] = [("", certjson.load(path))]
    while waiting:
        node, value = waiting.pop()
        if isinstance(value, list):
            waiting += ((node, each) for each in value)
        elif isinstance(value, dict):
            said = {_plain(key): _single(each) for key, each in value.items()}
            if "status" in said and "name" in said and "cmdevices" not in said:
                texts = {key: str(each) for key, each in said.items() if isinstance(each, str | int | float)}
                yield texts.get("nodename", texts.get("node", node)), 0, texts
                continue
            if _TOTAL in said:
                totals.append(str(said[_TOTAL]))
            here = str(said["name"]) if "cmdevices" in said and "name" in said else node
            waiting += ((here, each) for each in said.values())


def _plain(key: object) -> str:
    """A key without its namespace, lower-case: `ns1:Name` and `Name` are one."""
    return str(key).rpartition(":")[2].lower()


def _single(value: object) -> object:
    """The value that converters of XML wrap: `["SEP1"]`, `{"_": "SEP1"}`, `{"#text": "SEP1"}`."""
    if isinstance(value, list) and len(value) == 1:
        inside = _single(value[0])
        return value if isinstance(inside, dict | list) else inside
    if isinstance(value, dict):
        for key in ("_", "#text", "$value"):
            if isinstance(value.get(key), str):
                return value[key]
    return value
