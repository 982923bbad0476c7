"""Everything that the files of a snapshot say, each read as what it is, before a cluster is made of it.

What several kinds of export say of one phone is put together in this order: a table first, then what the
database, AXL and spreadsheets add; what runs and what a phone itself showed counts before what is configured.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import attrs

from phoneemu.core import limits
from phoneemu.errors import BadInput, NothingInIt
from phoneemu.fleet import (
    certjson,
    certplacing,
    certtexts,
    combining,
    inventory,
    listphone,
    merging,
    naming,
    risport,
    sheets,
    sqlanswers,
    sqlexports,
    sqltext,
    terminal,
    textfile,
)
from phoneemu.fleet.certentries import CertEntry
from phoneemu.fleet.inventory import Inventory
from phoneemu.fleet.listexports import ListExport, read_lists, with_bytes
from phoneemu.fleet.phonepages import Page, read_pages
from phoneemu.fleet.recognising import LOGS, Kind, Recognised, promised
from phoneemu.fleet.remarks import Remark
from phoneemu.fleet.risport import Answer, Sighting
from phoneemu.fleet.sqlexports import Member
from phoneemu.fleet.sqltext import SqlTable
from phoneemu.fleet.terminal import Printed


@attrs.frozen(kw_only=True)
class Gathered:
    """What the files say.

    `evidence` counts the phones that each table of checksums tells of; `notes` is a line for each file beside
    tables of phones and lists.
    """

    inventory: Inventory
    exports: tuple[ListExport, ...] = ()
    entries: tuple[CertEntry, ...] = ()
    seen: Mapping[str, Sighting] = attrs.field(factory=dict)
    pages: Mapping[str, Page] = attrs.field(factory=dict)
    groups: Mapping[str, tuple[Member, ...]] = attrs.field(factory=dict)
    parameters: Mapping[str, tuple[str, str]] = attrs.field(factory=dict)
    evidence: Mapping[str, int] = attrs.field(factory=dict)
    notes: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    printed: tuple[Printed, ...] = ()


def gather(files: Sequence[Recognised]) -> Gathered:
    """Read every recognised file.

    Raises:
        BadInput: a file is broken as a whole; names it and the line.
        OSError: a file cannot be read.
    """
    reader = _Reader(files)
    listed = reader.phones()
    if not listed.phones:  # a list of checksums alone names phones too
        shown = combining.together([naming.with_device_names(each) for each in reader.shown()])
        listed = combining.with_more(listed, shown)
    return reader.gathered(listed)


Said = TypeVar("Said")


class _Reader:
    """Reads files by kind and collects what is beside the phones."""

    def __init__(self, files: Sequence[Recognised]) -> None:
        self._files = files
        self._entries: list[CertEntry] = []
        self._groups: dict[str, tuple[Member, ...]] = {}
        self._parameters: dict[str, tuple[str, str]] = {}
        self._models: dict[str, str] = {}
        self._shown: list[Inventory] = []
        self._notes: list[str] = []
        self._remarks: list[Remark] = []

    def paths(self, kind: Kind) -> list[Path]:
        """The files of a kind, those that are named so first."""
        found = [each for each in self._files if kind in each.kinds]
        return [each.path for each in sorted(found, key=lambda each: not each.named)]

    def phones(self) -> Inventory:
        """The phones of every table of phones, the database and AXL."""
        tables = inventory.read_each(self.paths(Kind.PHONES))
        listed = combining.together([naming.with_device_names(each) for each in tables])
        for file, table in self._tables():
            more = self._table(table, file)
            if more is not None:
                listed = combining.with_more(listed, naming.with_device_names(more))
        books = [book for _, book in self._read(Kind.SHEET, self._sheet)]
        self._shown = [table for book in books for table in book.shown]
        self._remarks += (remark for book in books for remark in book.remarks)
        asked = [more for _, more in self._read(Kind.LIST_PHONE, listphone.read)]
        for more in (*asked, *(table for book in books for table in book.phones)):
            listed = combining.with_more(listed, naming.with_device_names(more))
        return listed

    def shown(self) -> list[Inventory]:
        """What phones showed of their lists, in tables, then in sheets."""
        return [*inventory.read_each(self.paths(Kind.SHOWN)), *self._shown]

    def _sheet(self, path: Path) -> sheets.Book:
        """The tables of a spreadsheet; one of any name must look like phones, for many have names."""
        return sheets.read(path, named=any(each.named for each in self._files if each.path == path))

    def _read(self, kind: Kind, read: Callable[[Path], Said]) -> Iterator[tuple[str, Said]]:
        """(file, what it says) of a kind's files; one that only looked like it is left aside and told."""
        for path in self.paths(kind):
            try:
                said = read(path)
            except NothingInIt as nothing:
                if promised(path, kind):
                    raise
                self._notes.append(f"{path.name}: left aside: {nothing.what}")
            else:
                yield path.name, said

    def _tables(self) -> Iterator[tuple[str, SqlTable]]:
        """(file, table) of every answer of the database."""
        for file, (tables, remarks) in self._read(Kind.SQL, sqltext.read):
            self._remarks += remarks
            yield from ((file, table) for table in tables)
        for file, answered in self._read(Kind.SQL_ANSWER, sqlanswers.read):
            yield from ((file, table) for table in answered)

    def _table(self, table: SqlTable, file: str) -> Inventory | None:
        """What an answer of `run sql` is, by its columns; phones are given back."""
        columns = set(table.columns)
        if "certificate" in columns:
            entries, remarks = certtexts.of_tables((table,), file)
            self._certificates(file, entries, remarks)
        elif sqlexports.is_parameters(columns, file):
            found = sqlexports.parameters_of((table,), file)
            self._remarks += sqlexports.parameters_apart(self._parameters, found)
            self._parameters.update(
                (name, said)
                for name, said in found.items()
                if name not in self._parameters or sqlexports.usable(name, said[0])
            )
            used = sum(name in sqlexports.USED for name in found)
            self._notes.append(f"{file}: {len(found)} parameters, {used} of them used")
        elif sqlexports.is_groups(columns, file):
            groups = sqlexports.groups_of((table,), file)
            self._remarks += sqlexports.groups_apart(self._groups, groups)
            self._groups.update(groups)
            self._notes.append(f"{file}: {len(groups)} CallManager groups")
        elif columns == {"enum", "name"}:
            self._models.update((row["enum"], row["name"]) for _, row in table.dicts())
            self._notes.append(f"{file}: {len(table.rows)} names of phone models")
        elif sqlexports.is_phones(columns, file):
            return inventory.of_table(table, file)
        else:
            what = ", ".join(table.columns[:6])
            self._notes.append(f"{file}: a table of {what}: nothing is taken from it")
        return None

    def _certificates(self, file: str, entries: Sequence[CertEntry], remarks: Iterable[Remark]) -> None:
        entries, unknown = certplacing.with_units(file, entries)
        self._entries += entries
        self._remarks += (*remarks, *unknown)
        known = [each for each in entries if each.service]
        own = sum(not each.trusted for each in known)
        named = sum(each.identity is None for each in entries)
        short = f", {named} of them by name only" if named else ""
        of_none = f", {len(entries) - len(known)} of no known unit" if len(known) < len(entries) else ""
        self._notes.append(
            f"{file}: {own} own certificates, {len(known) - own} in trust stores{of_none}{short}"
        )

    def _lists(self) -> tuple[ListExport, ...]:
        """The trust lists; only a name of the grammar promises whose a list is."""
        named = {each.path.name for each in self._files if each.named}
        kinds = (Kind.RAW_LIST, Kind.LISTS)  # the bytes of a list say more than its text
        found = [self._read(kind, lambda path: read_lists([path])) for kind in kinds]
        exports = [each for read in found for _, several in read for each in several]
        return with_bytes(each if each.file in named else attrs.evolve(each, node="") for each in exports)

    def printed(self) -> Iterator[Printed]:
        """What terminal logs say of the cluster itself; a log may be named after something else in it."""
        paths = [path for kind in LOGS for path in self.paths(kind)]
        known = set(self.paths(Kind.TERMINAL))
        for path in dict.fromkeys(paths):
            most = limits.SQL_TEXT_BYTES if path in known else limits.SHOW_TEXT_BYTES
            try:
                found = terminal.parse(textfile.read(path, most), path.name)
            except BadInput:  # no text, or a large table: its own reader says so, or reads it
                continue
            if found.releases or found.nodes:
                said = [f"release {release}" for release, _ in found.releases[:1]]
                said += [f"{len(found.nodes)} nodes"] if found.nodes else []
                self._notes.append(f"{path.name}: {', '.join(said)}")
                yield found

    def gathered(self, listed: Inventory) -> Gathered:
        """Everything else of the files, and the phones with it."""
        answers = [answer for _, answer in self._read(Kind.RIS, risport.answer)]
        seen, apart = risport.together(answers)
        self._remarks += (*risport.missing(answers), *risport.doubts(answers), *apart)
        self._remarks += risport.odd_states(seen)
        listed = merging.with_sightings(listed, seen) if seen else listed
        pages, remarks, notes = read_pages(self.paths(Kind.PAGE))
        self._remarks += remarks
        self._notes += _seen_notes(answers)
        if pages:
            listed = merging.with_pages(listed, pages)
            self._remarks += merging.told(pages.values())
        tables = [naming.with_checked_names(each, listed.phones) for each in self.shown()]
        shown = combining.together(tables)
        listed = combining.with_checksums(listed, shown) if tables else listed
        listed = merging.with_refusals(merging.with_models(listed, self._models), pages)
        for kind, read in ((Kind.CERT_TEXT, certtexts.read), (Kind.CERT_JSON, certjson.read)):
            for file, (entries, odd) in self._read(kind, read):
                self._certificates(file, entries, odd)
        exports = self._lists()
        printed = tuple(self.printed())
        return Gathered(
            printed=printed,
            inventory=listed,
            exports=exports,
            entries=tuple(self._entries),
            seen=seen,
            pages=pages,
            groups=self._groups,
            parameters=self._parameters,
            evidence=combining.counted(shown) if tables else {},
            notes=(*self._notes, *_page_notes(notes, pages)),
            remarks=tuple(self._remarks),
        )


PAGES_TOLD = 20
"""Most pages that are told one by one."""


def _page_notes(notes: Sequence[str], pages: Mapping[str, Page]) -> Sequence[str]:
    """What each page says; of many, how many say something of the phone's lists."""
    if len(notes) <= PAGES_TOLD:
        return notes
    telling = sum(bool(page.ctl or page.itl or page.told) for page in pages.values())
    return (
        f"{len(notes):,} pages of {len(pages):,} phones; {telling:,} phones say something of their lists",
    )


def _seen_notes(answers: Sequence[Answer]) -> Iterator[str]:
    for answer in sorted(answers, key=lambda each: each.file):
        seen = answer.seen
        registered = sum(each.registered for each in seen.values())
        yield f"{answer.file}: {len(seen)} phones seen, {registered} of them registered"
