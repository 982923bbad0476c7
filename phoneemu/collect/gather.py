"""One collection: part after part, each written when it is there, none lost because another failed.

A part that is whole is not fetched again by a second run; the closing summary names every part with what came
of it. What is asked, and how, is not known here.
"""

import enum
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice

import attrs

from phoneemu.collect import lists, pages, soap, texts
from phoneemu.collect.axl import Axl, NodeSeen
from phoneemu.collect.failures import Kind, NotCollected
from phoneemu.collect.folder import PAGES as FOLDER
from phoneemu.collect.folder import Folder
from phoneemu.collect.nodes import Known, is_address, with_publisher
from phoneemu.collect.readings import Reading, Realm, Statement
from phoneemu.collect.ris import Device, Ris
from phoneemu.collect.wire import Wire
from phoneemu.core import limits
from phoneemu.core.trustlist import ListKind
from phoneemu.errors import BadInput
from phoneemu.files import read_bytes, read_text
from phoneemu.net.book import Book, Place, Service
from phoneemu.net.tftp import Patience


class Part(enum.Enum):
    """What can be collected, by the word on the command line, in the order in which it is."""

    PHONES = "phones"
    GROUPS = "groups"
    PARAMETERS = "parameters"
    CERTIFICATES = "certificates"
    MODELS = "models"
    SEEN = "ris"
    NODE_CERTIFICATES = "node-certificates"
    LISTS = "lists"
    PAGES = "pages"


USUAL = tuple(part for part in Part if part is not Part.PAGES)
"""What is collected unless somebody says otherwise: nothing from the phones themselves."""
REALMS = {
    Part.PHONES: Realm.APPLICATION,
    Part.GROUPS: Realm.APPLICATION,
    Part.PARAMETERS: Realm.APPLICATION,
    Part.CERTIFICATES: Realm.APPLICATION,
    Part.MODELS: Realm.APPLICATION,
    Part.SEEN: Realm.APPLICATION,
    Part.NODE_CERTIFICATES: Realm.PLATFORM,
    Part.LISTS: Realm.NOBODY,
    Part.PAGES: Realm.APPLICATION,
}
"""Whose password each part needs; phones' pages need RISPort to know where they are."""
FILES = {
    Part.PHONES: "phones.sql.txt",
    Part.GROUPS: "cmgroups.sql.txt",
    Part.PARAMETERS: "parameters.sql.txt",
    Part.CERTIFICATES: "certs.sql.txt",
    Part.MODELS: "models.sql.txt",
    Part.SEEN: "ris.xml",
}
PHONES_XML = "phones.axl.xml"
CLUSTER = "cluster.toml"
TOLD = 20
"""Most failures of one kind that are told."""
REST_SINCE = 14
"""The first release whose nodes answer for their certificates [CERTMGR]."""


class Outcome(enum.Enum):
    """What came of a part."""

    DONE = "done"
    KEPT = "kept"
    """An earlier run collected it."""
    LEFT_OUT = "left out"
    """There is nothing to ask, or nobody may."""
    PARTIAL = "partial"
    FAILED = "failed"


WHOLE = frozenset({Outcome.DONE, Outcome.KEPT, Outcome.LEFT_OUT})


@attrs.frozen(kw_only=True)
class Result:
    """One line of the summary; `failures` are what was missed, in a few words each."""

    name: str
    outcome: Outcome
    files: int = 0
    notes: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()


@attrs.frozen(kw_only=True)
class Piece:
    """Something that came: a file, or only a note about it."""

    note: str = ""
    file: str = ""
    content: bytes = attrs.field(default=b"", repr=False)
    kept: tuple[str, ...] = ()
    """Files of an earlier run that belong to it still."""
    failure: NotCollected | None = None
    """Something beside it that did not come."""


Pieces = Iterator[Piece]


@attrs.define(kw_only=True)
class Gathering:
    """One run."""

    wire: Wire
    folder: Folder
    host: str
    now: datetime
    parts: Sequence[Part] = USUAL
    named: Sequence[str] = ()
    """Nodes as somebody named them, in place of those that AXL names."""
    book: Book = attrs.field(factory=Book)
    file_patience: Patience = attrs.field(factory=Patience)
    page_port: int = 80
    tell: Callable[[str], None] = lambda _: None
    results: list[Result] = attrs.field(factory=list)
    _nodes: tuple[NodeSeen, ...] = ()
    _nodes_known: bool = False
    _release: str | None = None
    _serving: dict[str, bool] = attrs.field(factory=dict)

    def run(self) -> list[Result]:
        """Collect, and say what came of each part."""
        self._look_around()
        gatherers: dict[Part, Callable[[], Pieces]] = {
            Part.PHONES: self._phones,
            Part.GROUPS: lambda: self._query(Part.GROUPS, Statement.GROUPS, "group members"),
            Part.PARAMETERS: lambda: self._query(Part.PARAMETERS, Statement.PARAMETERS, "parameters"),
            Part.CERTIFICATES: lambda: self._query(Part.CERTIFICATES, Statement.CERTIFICATES, "certificates"),
            Part.MODELS: lambda: self._query(Part.MODELS, Statement.MODELS, "model numbers"),
            Part.SEEN: self._seen,
            Part.NODE_CERTIFICATES: self._node_certificates,
            Part.LISTS: self._lists,
            Part.PAGES: self._pages,
        }
        for part in Part:
            if part in self.parts:
                self._part(part.value, gatherers[part])
        self._part(CLUSTER, self._cluster, always=True)
        return self.results

    def _part(self, name: str, gatherer: Callable[[], Pieces], *, always: bool = False) -> None:
        if self.folder.done(name) and not always:
            kept = self.folder.parts[name].files
            self.results.append(Result(name=name, outcome=Outcome.KEPT, files=len(kept)))
            return
        self.tell(f"{name} ...")
        written: list[str] = []
        notes: list[str] = []
        failures: list[NotCollected] = []
        refused = ""
        try:
            for piece in gatherer():
                if piece.file:
                    self.folder.announce(name, [piece.file])
                    self.folder.write(name, piece.file, piece.content)
                    written.append(piece.file)
                written += piece.kept
                notes += [piece.note] if piece.note else []
                failures += [piece.failure] if piece.failure is not None else []
        except NotCollected as failure:
            failures.append(failure)
        except BadInput as unusable:
            refused = str(unusable)
        missed = (*(f"{each}" for each in failures), *([refused] if refused else []))
        before = self.folder.parts.get(name)
        if written or before is None or self.folder.fresh or not missed:
            kept_too = [] if self.folder.fresh or before is None or not missed else list(before.files)
            self.folder.finish(name, {*written, *self._there(kept_too)}, whole=bool(written) and not missed)
        outcome = Outcome.PARTIAL if missed and written else Outcome.FAILED if missed else None
        self.results.append(
            Result(
                name=name,
                outcome=outcome or (Outcome.DONE if written else Outcome.LEFT_OUT),
                files=len(written),
                notes=tuple(notes),
                failures=missed,
                kinds=tuple(each.kind for each in failures),
            )
        )

    def _there(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if (self.folder.path / name).exists()]

    # ------------------------------------------------------------ AXL

    @property
    def _axl(self) -> Axl:
        if self._known_axl is None:
            self._known_axl = Axl(wire=self.wire, host=self._at(self.host), tell=self.tell)
        return self._known_axl

    _known_axl: Axl | None = None

    def _at(self, node: str) -> str:
        return self.book.find(node, Service.HTTPS)[0]

    def _look_around(self) -> None:
        """Release and nodes. Without them the rest goes on with the nodes that somebody named."""
        failures: list[NotCollected] = []
        if Realm.APPLICATION in self.wire.credentials:
            try:
                self._release = texts.release_of(self._axl.release())
            except NotCollected as failure:
                failures.append(failure)
            if not self.named:
                try:
                    self._nodes = self._axl.nodes()
                except NotCollected as failure:
                    failures.append(failure)
        self._nodes_known = bool(self.named or self._nodes)
        if self.named or not self._nodes:
            names = tuple(self.named) or (self.host,)
            self._nodes = tuple(NodeSeen(name=name, publisher=not at) for at, name in enumerate(names))
        self._nodes = with_publisher(self._nodes, self.host)
        self._place_publisher()
        unusable = [node.name for node in self._nodes if not texts.FILE_NAME.fullmatch(node.name)]
        self._nodes = tuple(node for node in self._nodes if node.name not in unusable)
        self._nodes_known = self._nodes_known and bool(self._nodes)
        missed = [str(each) for each in failures]
        missed += [f"node {self.wire.said(name)!r}: no file can have its name" for name in unusable]
        if missed:
            kinds = tuple(each.kind for each in failures)
            self.results.append(
                Result(name="nodes", outcome=Outcome.FAILED, failures=tuple(missed), kinds=kinds)
            )

    def _place_publisher(self) -> None:
        """The publisher is where it was asked, by whatever name the cluster knows it."""
        name = next((node.name.lower() for node in self._nodes if node.publisher), self.host.lower())
        if name not in self.book.places:
            there = self.book.places.get(self.host.lower()) or Place(host=self.host)
            self.book = Book(places={**self.book.places, name: there})

    def _query(self, part: Part, statement: Statement, what: str) -> Pieces:
        rows = self._axl.rows(statement)
        if not rows:
            yield Piece(note=f"the database has no {what}")
            return
        text = texts.run_sql(statement.columns, rows)
        yield Piece(note=f"{len(rows):,} {what}", file=FILES[part], content=text.encode())

    def _phones(self) -> Pieces:
        """By query; where this release lacks a column, without it; else by listPhone."""
        refusals: list[NotCollected] = []
        for statement in (Statement.PHONES, Statement.PHONES_WITHOUT_LOADS):
            try:
                yield from self._query(Part.PHONES, statement, "phones")
                return
            except NotCollected as failure:
                if failure.kind is not Kind.FAULT:
                    raise
                refusals.append(failure)
        rows = self._axl.phones()
        note = f"{len(rows):,} phones by listPhone, for the query was refused ({refusals[-1]})"
        yield Piece(note=note, file=PHONES_XML, content=texts.phones_xml(rows).encode())

    def _cluster(self) -> Pieces:
        if not self.folder.mine(CLUSTER):
            yield Piece(note=f"{CLUSTER} is there already and stays as it is")
            return
        earlier = () if self.folder.fresh else tuple(self._there([CLUSTER]))
        if not self._nodes_known or (self._release is None and earlier):
            yield Piece(note="stays as it was" if earlier else "nothing is known to say in it", kept=earlier)
            return
        known = Known(
            nodes=self._nodes,
            places={node.name: self._at(node.name) for node in self._nodes},
            own={node.name: self._host_name(node) for node in self._nodes},
            serving=self._who_serves(),
            callers={name.lower() for name in self._column(Part.GROUPS, "servername")},
        )
        text = known.text(self._release, f"{self.folder.begun:%Y-%m-%dT%H:%M:%SZ}")
        note = f"release {self._release or 'not known'}, {len(self._nodes)} nodes"
        if not any(node.publisher for node in self._nodes):
            note += f"; nobody says which is the publisher: {known.publisher} is taken"
        yield Piece(note=note, file=CLUSTER, content=text.encode())

    def _host_name(self, node: NodeSeen) -> str:
        """Its name; of a node that the cluster knows by an address, the one that its own ITL has.

        Lists and certificates name nodes by host name, so the address alone would be nobody there.
        """
        path = self.folder.path / lists.file_name(ListKind.ITL, node.name)
        if not is_address(node.name) or not path.is_file():
            return node.name
        own = lists.own_name(read_bytes(path, limits.TABLE_BYTES))
        others = {each.name.lower() for each in self._nodes if each is not node}
        return own if texts.FILE_NAME.fullmatch(own) and own.lower() not in others else node.name

    def _who_serves(self) -> dict[str, bool]:
        """Which nodes serve files and which do not, as this run saw it, or an earlier one that saw all."""
        if not self.folder.done(Part.LISTS.value):
            return self._serving
        listed = self.folder.parts[Part.LISTS.value].files
        kept = {
            node.name: any(lists.file_name(kind, node.name) in listed for kind in lists.NAMES)
            for node in self._nodes
        }
        return {**kept, **self._serving}

    def _phone_names(self) -> list[str]:
        """The phones that AXL named, now or in an earlier run."""
        if not self.folder.done(Part.PHONES.value):
            return []
        listed = self.folder.path / PHONES_XML
        if PHONES_XML in self.folder.parts[Part.PHONES.value].files:
            return [
                soap.text(each, "name")
                for each in soap.every(soap.parsed(read_bytes(listed, limits.TABLE_BYTES)), "phone")
            ]
        return self._column(Part.PHONES, "name")

    def _column(self, part: Part, name: str) -> list[str]:
        """A column of what was collected, now or by an earlier run."""
        path = self.folder.path / FILES[part]
        if part.value not in self.folder.parts or not path.exists():
            return []
        return texts.column(read_text(path, limits.TABLE_BYTES), name)

    # ------------------------------------------------------------ RISPort

    def _seen(self) -> Pieces:
        names = self._phone_names()
        ris = Ris(wire=self.wire, host=self._at(self.host), tell=self.tell)
        failure: NotCollected | None = None
        try:
            if names:
                ris.phones(names)
            else:
                ris.every_phone()
        except NotCollected as missed:
            failure = missed
        if not ris.found and failure is not None:
            raise failure
        devices = list(ris.found.values())
        registered = sum(each.field("Status") == "Registered" for each in devices)
        note = f"{len({each.name.upper() for each in devices}):,} phones seen, {registered:,} registered"
        if devices:
            text = texts.seen_xml(devices)
            yield Piece(note=note, file=FILES[Part.SEEN], content=text.encode(), failure=failure)
        else:
            yield Piece(note="no phone was seen")
        for node, said in islice(ris.silent.items(), TOLD):
            yield Piece(failure=NotCollected(Kind.INCOMPLETE, f"RISPort says of node {node}: {said}"))

    # ------------------------------------------------------------ each node

    def _node_certificates(self) -> Pieces:
        if Realm.PLATFORM not in self.wire.credentials:
            yield Piece(note="not asked: it needs an OS administrator")
            return
        release = int(self._release.partition(".")[0]) if self._release else None
        if release is not None and release < REST_SINCE:
            yield Piece(note=f"not asked: release {self._release} has no such service")
            return
        for node in self._nodes:
            self.tell(f"certificates of {node.name}")
            try:
                answer = self.wire.ask(Reading.CERTIFICATES, self._at(node.name))
                text = texts.certificates_json(answer.body)
            except NotCollected as failure:
                yield Piece(failure=NotCollected(failure.kind, f"{node.name}: {failure}"))
            else:
                yield Piece(note=node.name, file=f"certs_{node.name}.json", content=text.encode())

    def _lists(self) -> Pieces:
        found = 0
        for node in self._nodes:
            for kind in (ListKind.ITL, ListKind.CTL):
                self.tell(f"{kind.name} of {node.name}")
                try:
                    served = lists.fetch(self.book, node.name, kind, self.file_patience)
                except NotCollected as failure:
                    if failure.kind is Kind.NOT_THERE:
                        self._serving[node.name] = False
                        yield Piece(note=f"{node.name} {failure}")
                        break
                    yield Piece(failure=NotCollected(failure.kind, f"{node.name}: {failure}"))
                    if failure.kind is Kind.UNREACHABLE:
                        break
                    continue
                self._serving[node.name] = True
                if served.content is None:
                    yield Piece(note=f"{node.name} has no {kind.name}")
                    continue
                found += 1
                name = lists.file_name(kind, node.name)
                retired = self.folder.retire(name, served.content)
                if retired:
                    yield Piece(note=f"the one before is kept as {retired}")
                yield Piece(note=f"{kind.name} of {node.name}", file=name, content=served.content)
        if not found:
            raise NotCollected(Kind.INCOMPLETE, "no node gave a trust list")

    # ------------------------------------------------------------ phones

    def _pages(self) -> Pieces:
        path = self.folder.path / FILES[Part.SEEN]
        if Part.SEEN.value not in self.folder.parts or not path.exists():
            raise NotCollected(Kind.INCOMPLETE, "without RISPort nobody knows which phones have a page")
        devices: list[Device] = list(texts.seen_devices(read_bytes(path, limits.TABLE_BYTES)))
        wanted = pages.worth_asking(devices)
        before = self.folder.parts.get(Part.PAGES.value)
        have = [] if before is None or self.folder.fresh else self._there(list(before.files))
        yield Piece(kept=tuple(have))
        waiting = {name: device for name, device in wanted.items() if page_file(name) not in have}
        both = [page_file(name, status=status) for name in waiting for status in (False, True)]
        self.folder.announce(Part.PAGES.value, both)
        missed: dict[Kind, list[str]] = {}
        shown = 0
        pager = pages.Pager(wire=self.wire, port=self.page_port, sleep=self.wire.sleep)
        for page in pager.every(waiting.values()):
            shown += 1
            self.tell(f"phone pages: {shown:,} of {len(waiting):,}")
            if page.failure is not None:
                missed.setdefault(page.failure.kind, []).append(page.name)
                continue
            yield Piece(file=page_file(page.name), content=page.setup or b"")
            if page.status is not None:
                yield Piece(file=page_file(page.name, status=True), content=page.status)
        for kind, names in missed.items():
            text = f"{len(names):,} phones {kind.value}, such as {min(names)}"
            yield Piece(failure=NotCollected(kind, text))
        without = len({each.name for each in devices}) - len(wanted)
        read = len(waiting) - sum(map(len, missed.values()))
        earlier = len(wanted) - len(waiting)
        yield Piece(note=f"{read:,} phones read, {earlier:,} read before, {without:,} without a page")


def page_file(name: str, *, status: bool = False) -> str:
    """The file of a phone's network setup, or of its status messages."""
    return f"{FOLDER}/{name}_status.html" if status else f"{FOLDER}/{name}.html"
