"""From what a capture showed of one start to a case: names, times, files, and what was left out and why.

Nothing is guessed: what the capture does not show is not in the case, and the notes say so.
"""

import csv
import datetime
import io
import ipaddress
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import attrs

from phoneemu import __version__
from phoneemu.catalogue import Catalogue
from phoneemu.core import limits, phoneconfig
from phoneemu.core.question import Subject
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.vocabulary import Transport
from phoneemu.errors import BadInput
from phoneemu.files import read_bytes
from phoneemu.replay import secrets
from phoneemu.replay.case import (
    CallManagerExchange,
    Case,
    Chapter,
    Exchange,
    FileExchange,
    Held,
    Origin,
    TvsExchange,
)
from phoneemu.replay.wire.sights import Ends, SeenFile, SeenSignalling, SeenTls, trusted_kind
from phoneemu.replay.wire.sorting import Boot
from phoneemu.replay.wire.witness import Place

LAB = b"phoneemu lab"
"""What the certificates of an emulated cluster say of themselves."""

_LISTS = {"ctl": ("CTL.tlv", Subject.CTL), "itl": ("ITL.tlv", Subject.ITL)}
UNKNOWN_LOAD = "unknown"
OTHERS = "others.csv"
"""Transfers that trust does not turn on: firmware, tones, dial rules; the emulated phone asks for none."""

_COLUMNS = (
    "name",
    "server",
    "transport",
    "outcome",
    "size",
    "sha256",
    "at",
    "seconds",
    "retries",
    "error",
    "body",
)


@attrs.frozen(kw_only=True)
class Terms:
    """What a person says beside a capture.

    `models` maps a device to its model, "" stands for all others. `nodes` names the services of a lab.
    `complete`: the capture was taken at the phone and shows everything it did.
    """

    models: Mapping[str, str] = attrs.field(factory=dict)
    load: str = ""
    protocol: str = ""
    origin: Origin | None = None
    source: str = ""
    standing: str = ""
    script: str = ""
    by: str = ""
    name: str = ""
    before: Path | None = None
    complete: bool = False
    nodes: Mapping[Place, str] = attrs.field(factory=dict)


@attrs.define(kw_only=True)
class Draft:
    """A case in the making: its files and what is to be said about it."""

    case: Case
    files: dict[str, bytes] = attrs.field(factory=dict)
    notes: dict[str, None] = attrs.field(factory=dict)
    others: list[tuple[object, ...]] = attrs.field(factory=list)

    @property
    def folder(self) -> Path:
        """Where it belongs, below the folder of all cases."""
        return Path(safe(self.case.model)) / safe(self.case.load or UNKNOWN_LOAD) / self.case.name

    def keep(self, path: str, data: bytes) -> str | None:
        """Keep a file; the path it got: that of the same bytes if they are kept already, or a free one.

        None when there is no room: nobody asks for so many files in a start.
        """
        head, _, name = path.rpartition("/")
        for number in range(limits.CASE_NAMESAKES):
            tried = path if number == 0 else f"{head}/{number}-{name}"
            if len(self.files) >= limits.CASE_FILES and tried not in self.files:
                break
            if self.files.setdefault(tried, data) == data:
                return tried
        self.note(f"{path} is not kept: too many files")
        return None

    def note(self, remark: str) -> None:
        """Say something, once; after a thousand remarks nobody reads on."""
        if len(self.notes) < limits.CASE_FILES:
            self.notes[remark] = None

    def finished(self) -> "Draft":
        """With its notes as a file."""
        lines = [f"# {self.case.name}", "", self.case.title, ""]
        lines += [f"- {_one_line(note)}" for note in self.notes]
        if self.others:
            table = io.StringIO()
            csv.writer(table, lineterminator="\n").writerows((_COLUMNS, *self.others))
            self.files[OTHERS] = table.getvalue().encode()
        self.files["notes.md"] = ("\n".join(lines).rstrip() + "\n").encode()
        return self


def safe(name: str) -> str:
    """A name as one part of a path: nothing in it leads anywhere."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name.rpartition("/")[2])[:100].lstrip(".") or "unnamed"


def _one_line(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)[:500]


def moment(seconds: float) -> datetime.datetime:
    """A time of a capture in UTC, in whole milliseconds; the epoch when no calendar has it."""
    kept = round(seconds, 3) if 0 <= seconds < 253402300799 else 0.0
    return datetime.datetime.fromtimestamp(kept, tz=datetime.UTC)


def catalogued(told: str, catalogue: Catalogue) -> str:
    """The catalogue's name of a model that a person named.

    Raises:
        BadInput: it has no such model.
    """
    known = catalogue.find(told)
    if known is None:
        raise BadInput(f"no model {told!r} in the catalogue; see `phoneemu models`")
    return known.model


def model_of(boot: Boot, terms: Terms, catalogue: Catalogue) -> str:
    """The model of a phone: what a person says, else what the phone said of itself.

    Raises:
        BadInput: nobody said, or the catalogue has no such model.
    """
    told = terms.models.get(boot.device) or terms.models.get("")
    if told:
        return catalogued(told, catalogue)
    last = boot.product.rpartition(" ")[2]
    for tried in (boot.product, last, last.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")):
        known = catalogue.find(tried) if tried else None
        if known is not None:
            return known.model
    said = f"the capture does not tell the model of {boot.device}"
    raise BadInput(f"{said}; give --model MODEL, or --model {boot.device}=MODEL")


def draft(boot: Boot, terms: Terms, catalogue: Catalogue, names: Mapping[bytes, str]) -> Draft:
    """The case of one start.

    Raises:
        BadInput: its model or its origin is not known.
    """
    begun = boot.begun
    name = terms.name or f"{safe(boot.device.lower())}{f'-{boot.number}' if boot.number > 1 else ''}"
    case = Case(
        name=name,
        origin=terms.origin or Origin.HARDWARE,
        model=model_of(boot, terms, catalogue),
        load=terms.load or _one_line(boot.load) or None,
        protocol=terms.protocol or boot.protocol or None,
        device=boot.device,
        clock=moment(begun),
        source=terms.source,
        standing=terms.standing,
        script=terms.script,
        whole=tuple(_whole(boot, terms)),
        before=Held(unknown=(Subject.CTL, Subject.ITL, Subject.CONFIG)),
    )
    made = Draft(case=case)
    scribe = _Scribe(made, terms, begun)
    exchanges = [written for seen in boot.exchanges if (written := scribe.write(seen)) is not None]
    for remark in boot.remarks:
        made.note(remark)
    hosts = {name: _text(address) for address, name in names.items() if address in scribe.addresses}
    made.case = attrs.evolve(
        case,
        title=_title(exchanges, len(made.others)),
        tftp=scribe.file_servers(boot.tftp),
        hosts=MappingProxyType(dict(sorted((hosts | scribe.hosts).items()))),
        before=_held(made, boot, terms),
        exchanges=tuple(exchanges),
        taken=MappingProxyType(_taken(terms, begun)),
    )
    return attrs.evolve(made, case=_with_origin(made, terms))


def cleaned(made: Draft) -> Draft:
    """The draft without what must not leave a recording; the notes say what was removed."""
    exchanges: list[Exchange] = []
    files = dict(made.files)
    for each in made.case.exchanges:
        body = each.body if isinstance(each, FileExchange) else None
        if isinstance(each, FileExchange) and body is not None:
            found = secrets.clean(each.name, made.files[body])
            if found.removed:
                made.note(f"removed from {each.name}: {', '.join(found.removed)}")
                each = attrs.evolve(each, body=None if found.content is None else body, signer=found.signer)
                files[body] = found.content or b""
        exchanges.append(each)
    case = attrs.evolve(made.case, exchanges=tuple(exchanges))
    named = set(case.paths)
    kept = {path: data for path, data in files.items() if path in named or path not in made.case.paths}
    return attrs.evolve(made, case=case, files=kept)


def _whole(boot: Boot, terms: Terms) -> list[Chapter]:
    """Which chapters are seen from beginning to end: only a capture at the phone can show that."""
    seen_all = terms.complete or boot.at_phone
    holes = any(isinstance(each, SeenFile) and each.outcome is None for each in boot.exchanges)
    return [Chapter.FILES, Chapter.TVS, Chapter.CALLMANAGER] if seen_all and not holes else []


def _title(exchanges: list[Exchange], others: int) -> str:
    files = sum(isinstance(each, FileExchange) for each in exchanges)
    asked = sum(isinstance(each, TvsExchange) for each in exchanges)
    counted = ((files, "for lists and configuration"), (others, "for other files"), (asked, "to a TVS"))
    return "requests: " + ", ".join(f"{count} {what}" for count, what in counted if count)


def _taken(terms: Terms, begun: float) -> dict[str, str]:
    taken = {"on": f"{moment(begun):%Y-%m-%d}", "with": f"phoneemu capture {__version__}"}
    return taken | ({"by": terms.by} if terms.by else {})


def _with_origin(made: Draft, terms: Terms) -> Case:
    """The case with its origin: what an emulated cluster served is never taken for a real phone's.

    Raises:
        BadInput: nobody says where the capture comes from, or what is said cannot be.
    """
    emulated = any(LAB in data for data in made.files.values())
    if emulated and terms.origin in (Origin.HARDWARE, Origin.PUBLISHED):
        raise BadInput(f"{made.case.device} was served by an emulated cluster: its origin is synthetic")
    origin = Origin.SYNTHETIC if emulated else terms.origin
    if origin is None:
        raise BadInput(
            "say where the capture comes from: --origin hardware for a real phone, --origin synthetic for "
            "anything that a program made"
        )
    script = terms.script or ("phoneemu lab" if origin is Origin.SYNTHETIC else "")
    return attrs.evolve(made.case, origin=origin, script=script if origin is Origin.SYNTHETIC else "")


def _held(made: Draft, boot: Boot, terms: Terms) -> Held:
    """What the phone held before, from a folder that a person gives; without one it is not known."""
    if terms.before is None or boot.number > 1:
        made.note("what the phone held before is not known from a capture")
        return made.case.before
    own = terms.before / boot.device
    folder = own if own.is_dir() else terms.before
    found: dict[str, bytes] = {}
    for path in sorted(folder.iterdir()):
        if path.name.lower() in ("ctl.tlv", "itl.tlv", "config.xml"):
            found[path.stem.lower()] = read_bytes(path, limits.DOWNLOAD_BYTES)
    held = {key: made.keep(f"before/{name}", found[key]) for key, (name, _) in _LISTS.items() if key in found}
    config = None
    if "config" in found:
        try:
            kept = phoneconfig.render(phoneconfig.parse(found["config"]))
        except MalformedFile as error:
            raise BadInput(str(error), place=str(folder / "config.xml")) from error
        config = made.keep("before/config.xml", kept)
    return Held(ctl=held.get("ctl"), itl=held.get("itl"), config=config)


def _text(address: bytes) -> str:
    return str(ipaddress.ip_address(address))


class _Scribe:
    """Writes exchanges down, with the files they name."""

    def __init__(self, made: Draft, terms: Terms, begun: float) -> None:
        self.addresses: set[bytes] = set()
        self.hosts: dict[str, str] = {}
        self._made = made
        self._nodes = terms.nodes
        self._begun = begun
        self._servers: list[str] = []
        self._tvs = 0
        self._callmanagers = 0

    def file_servers(self, told: tuple[bytes, ...]) -> tuple[str, ...]:
        """The TFTP servers: as DHCP told them, else as they were asked."""
        return tuple(_text(each) for each in told) or tuple(dict.fromkeys(self._servers))

    def write(self, seen: SeenFile | SeenTls | SeenSignalling) -> Exchange | None:
        """One exchange, or None when the capture does not show enough of it; the notes tell which."""
        writers: Mapping[type, Callable[..., Exchange | None]] = {
            SeenFile: self._file,
            SeenTls: self._tls,
            SeenSignalling: self._signalling,
        }
        return writers[type(seen)](seen)

    def _server(self, ends: Ends) -> str:
        self.addresses.add(ends.server)
        address = _text(ends.server)
        name = self._nodes.get((ends.server, ends.port))
        if name is not None:
            self.hosts[name] = address
        return name or address

    def _at(self, when: float) -> float:
        return round(max(0.0, when - self._begun), 6)

    def _remark(self, remarks: list[str]) -> None:
        for remark in remarks:
            self._made.note(remark)

    def _file(self, seen: SeenFile) -> FileExchange | None:
        self._remark(seen.remarks)
        at = self._at(seen.begun)
        if not seen.name or seen.outcome is None:
            what = f"{seen.name or 'a file whose name was never said'}, asked for at {at:.3f} s, is left out"
            self._made.note(f"{what}: how that ended is not in the capture")
            return None
        server = self._server(seen.ends)
        self._servers.append(server)
        written = FileExchange(
            name=_one_line(seen.name),
            server=server,
            outcome=seen.outcome,
            transport=seen.transport,
            options=seen.options,
            agreed=seen.agreed,
            port=seen.transfer_port,
            retries=seen.retries if seen.transport is Transport.TFTP else None,
            resent=seen.resent if seen.transport is Transport.TFTP else None,
            size=seen.size,
            digest="" if seen.body is not None else seen.digest,
            error=_one_line(seen.error),
            at=at,
            seconds=round(max(0.0, seen.ended - seen.begun), 6),
        )
        if seen.body is not None:
            written = self._with_body(written, seen.body)
        if trusted_kind(written.name):
            return written
        self._other(written, seen.digest)
        return None

    def _other(self, written: FileExchange, digest: str) -> None:
        transport = written.transport.value if written.transport is not None else ""
        row = (written.name, written.server, transport, written.outcome.value, written.size, digest)
        more = (written.at, written.seconds, written.retries, written.error, written.body)
        self._made.others.append(tuple("" if each is None else each for each in (*row, *more)))

    def _with_body(self, written: FileExchange, body: bytes) -> FileExchange:
        cleaned = secrets.clean(written.name, body)
        if cleaned.removed:
            self._made.note(f"removed from {written.name}: {', '.join(cleaned.removed)}")
        if cleaned.content is None:
            self._made.note(f"{written.name} is not kept: {cleaned.why}")
            return written
        folder = "served" if trusted_kind(written.name) else "others"
        path = self._made.keep(f"{folder}/{safe(written.name)}", cleaned.content)
        return attrs.evolve(written, body=path, signer=cleaned.signer)

    def _tls(self, seen: SeenTls) -> Exchange | None:
        at = self._at(seen.begun)
        self._remark([f"{seen.service} at {at:.3f} s: {each}" for each in seen.remarks])
        server, hello = self._server(seen.ends), seen.hello
        by = "phone" if hello.by_client else "server"
        ended = f"{hello.alert} by the {by}" if hello.alert else seen.ending
        if seen.tvs is not None:
            number, self._tvs = self._tvs, self._tvs + 1
            peer = hello.certificate
            return TvsExchange(
                server=server,
                outcome=seen.tvs,
                peer=self._made.keep(f"tvs/{number}-peer.der", peer) if peer else None,
                offered=hello.offered or None,
                tls=hello.chosen,
                cipher=hello.cipher,
                question=self._message(number, "question", seen.question),
                answer=self._message(number, "answer", seen.answer),
                ended=ended,
                at=at,
                seconds=round(max(0.0, seen.ended - seen.begun), 6) if seen.ending else None,
            )
        if seen.callmanager is not None:
            self._callmanagers += 1
            name = f"callmanager/{self._callmanagers - 1}-peer.der"
            shown = self._made.keep(name, hello.certificate) if hello.certificate else None
            return CallManagerExchange(node=server, outcome=seen.callmanager, secure=True, peer=shown, at=at)
        why = "its content is encrypted" if seen.service == "https" else "how it ended is not in the capture"
        self._made.note(f"a connection to {server} for {seen.service} at {at:.3f} s is left out: {why}")
        return None

    def _message(self, number: int, which: str, content: bytes) -> str | None:
        return self._made.keep(f"tvs/{number}-{which}.bin", content) if content else None

    def _signalling(self, seen: SeenSignalling) -> CallManagerExchange | None:
        if seen.outcome is None:
            return None
        at = self._at(seen.begun)
        return CallManagerExchange(node=self._server(seen.ends), outcome=seen.outcome, secure=False, at=at)
