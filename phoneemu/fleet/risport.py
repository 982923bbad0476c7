"""What RISPort70 saw: running load, protocol and registration of each phone, from an answer that was saved.

XML as the SOAP service answers selectCmDevice, or JSON as common clients dump it. A phone that moved stands
under several nodes: of its registrations the newest counts, and any registration before none [RISPORT70].
Of two answers about one node the newer time stamp counts. No entity is ever expanded (xmlreading).
"""

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from phoneemu.core.plaintext import shown
from phoneemu.errors import NothingInIt
from phoneemu.files import read_head
from phoneemu.fleet import certjson, xmlreading
from phoneemu.fleet.remarks import Remark

REGISTERED = "registered"
IN_PART = "partiallyregistered"
"""Some of its lines are registered, so the phone is there [RISPORT70]."""
REJECTED = "rejected"
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
    stamp: str = ""
    """The time stamp, where it cannot be read."""
    node: str = ""
    file: str = ""
    line: int = 0
    """0 where the file has no lines, as in JSON."""

    @property
    def registered(self) -> bool:
        """Whether it was registered there, if only in part."""
        return self.status.lower() in (REGISTERED, IN_PART)

    @property
    def weight(self) -> tuple[bool, float]:
        """What makes one sighting count before that of another node."""
        return self.registered, self.moment


@attrs.frozen(kw_only=True)
class Answer:
    """One answer: what each node saw of each phone, and how it counts its devices.

    `sightings` are by upper-case name and node. `total` is how many devices the service found, 0 when it does
    not say; `names` are those that stand here, upper-case.
    """

    file: str
    sightings: Mapping[tuple[str, str], Sighting]
    total: int
    names: frozenset[str]

    @property
    def seen(self) -> Mapping[str, Sighting]:
        """The best sighting of each phone, by upper-case name."""
        return _best(self.sightings.values())


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
    found: dict[tuple[str, str], Sighting] = {}
    names: set[str] = set()
    totals: list[str] = []
    devices = _from_xml(path, totals) if _is_marked(path) else _from_json(path, totals)
    for node, line, cells in devices:
        names.add(cells.get("name", "").strip().upper())
        sighting = _sighting(node, cells, path.name, line)
        if sighting is not None:
            _keep_newest(found, sighting)
    if not found and not totals:  # an answer that counts its devices may count none
        raise NothingInIt("no phone in it: an answer of selectCmDevice names some", place=path.name)
    numbers = (int(each) for each in totals if each.isascii() and each.isdigit() and len(each) < 9)
    total = max(numbers, default=0)
    return Answer(file=path.name, sightings=found, total=total, names=frozenset(names - {""}))


def missing(answers: Sequence[Answer]) -> Iterator[Remark]:
    """Answers that tell of more devices than all of them together name: pages of them are not here."""
    together = len(frozenset[str]().union(*(each.names for each in answers)))
    for each in answers:
        if each.total > together:
            text = (
                f"the service found {each.total:,} devices, and {together:,} stand in the answers: "
                "of the others nothing is known"
            )
            yield Remark(place=each.file, text=text)


def together(answers: Sequence[Answer]) -> tuple[Mapping[str, Sighting], tuple[Remark, ...]]:
    """The best sighting of each phone by upper-case name, and where answers contradict each other."""
    found: dict[tuple[str, str], Sighting] = {}
    apart: dict[tuple[str, str], list[str]] = {}
    for answer in answers:
        for key, sighting in answer.sightings.items():
            before = found.get(key)
            if before is not None and _contradict(before, sighting):
                apart.setdefault((before.file, sighting.file), []).append(sighting.name)
            _keep_newest(found, sighting)
    seen = _best(found.values())
    for sighting in found.values():
        best = seen[sighting.name.upper()]
        later = best.file != sighting.file and sighting.moment > best.moment
        if later and best.registered and not sighting.registered:  # it may have left that node since
            apart.setdefault((best.file, sighting.file), []).append(sighting.name)
    remarks = (
        Remark(
            place=second,
            text=f"{len(names):,} phones are registered in one of this file and {first}, not in the other, "
            f"such as {names[0]}, and nothing tells which is of now: they are taken as registered",
        )
        for (first, second), names in apart.items()
    )
    return seen, tuple(remarks)


def _contradict(one: Sighting, other: Sighting) -> bool:
    """Whether two answers about one node cannot both be of now, and no time tells which is."""
    return one.registered is not other.registered and not _dated(one, other)


def _dated(one: Sighting, other: Sighting) -> bool:
    """Whether time tells which of two sightings is the newer."""
    return bool(one.moment and other.moment) and one.moment != other.moment


def odd_states(seen: Mapping[str, Sighting]) -> Iterator[Remark]:
    """What a registration tells that no emulated cluster says, by the file that says so."""
    texts = {
        IN_PART: "are registered in part, such as {name}: they are taken as registered",
        REJECTED: "are rejected by the cluster today, such as {name}: the emulated cluster would take them, "
        "so something that no export says is wrong with them; look at them before any change",
    }
    for status, text in texts.items():
        found: dict[str, list[str]] = {}
        for each in seen.values():
            if each.status.lower() == status:
                found.setdefault(each.file, []).append(each.name)
        for file, names in found.items():
            yield Remark(place=file, text=f"{len(names):,} phones {text.format(name=names[0])}")


def doubts(answers: Sequence[Answer]) -> Iterator[Remark]:
    """What of each answer could not be read."""
    for each in answers:
        odd = [sighting for sighting in each.sightings.values() if sighting.stamp]
        if odd:
            text = (
                f"{len(odd):,} time stamps cannot be read, such as `{odd[0].stamp}` of {odd[0].name}: "
                "it is not known since when these phones are registered or not"
            )
            yield Remark(place=each.file, text=text)


def _is_marked(path: Path) -> bool:
    """Whether the file is XML, whatever its name."""
    head = read_head(path, 256, place=path.name)
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<")


def _keep_newest(found: dict[tuple[str, str], Sighting], sighting: Sighting) -> None:
    """Of what one node saw of a phone, keep the newest; a registration where no time tells."""
    key = (sighting.name.upper(), sighting.node.lower())
    before = found.get(key)
    if before is None:
        found[key] = sighting
    elif _dated(before, sighting):
        found[key] = max(before, sighting, key=lambda each: each.moment)
    elif sighting.weight > before.weight:
        found[key] = sighting


def _best(sightings: Iterable[Sighting]) -> dict[str, Sighting]:
    """The sighting of each phone that counts, of those of all nodes, by upper-case name."""
    found: dict[str, Sighting] = {}
    for sighting in sightings:
        before = found.setdefault(sighting.name.upper(), sighting)
        if sighting.weight > before.weight:
            found[sighting.name.upper()] = sighting
    return found


def _sighting(node: str, cells: Mapping[str, str], file: str, line: int) -> Sighting | None:
    name = cells.get("name", "").strip()
    if not name or cells.get("deviceclass", "Phone").strip() not in ("Phone", ""):
        return None
    cells = {key: shown(cell.strip()) for key, cell in cells.items()}
    stamp = cells.get("timestamp", "")
    moment = moment_of(stamp)
    return Sighting(
        name=name,
        model=cells.get("model", "").strip(),
        protocol=cells.get("protocol", "").strip().upper(),
        load=cells.get("activeloadid", "").strip(),
        status=cells.get("status", "").strip(),
        moment=moment or 0.0,
        stamp=stamp if moment is None else "",
        node=node,
        file=file,
        line=line,
    )


def moment_of(stamp: str) -> float | None:
    """A time stamp as seconds since the epoch, 0 when there is none; None when it cannot be read.

    Converters make of the service's seconds a number with a fraction, milliseconds, or a date; one without a
    zone is taken as UTC.
    """
    if not stamp:
        return 0.0
    if _NUMBER.fullmatch(stamp):
        number = float(stamp)
        return number / 1000 if number >= _MILLISECONDS else number
    try:
        said = datetime.datetime.fromisoformat(stamp)
        moment = (said if said.tzinfo else said.replace(tzinfo=datetime.UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return moment if moment >= 0 else None


_NUMBER = re.compile(r"[0-9]{1,13}(?:\.[0-9]*)?")
_MILLISECONDS = 1e11
"""Seconds of the year 5138, milliseconds of 1973."""


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
