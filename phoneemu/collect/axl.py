"""AXL: release, nodes, phones, groups, parameters and certificates, page by page.

It begins with one version of the interface and takes the best of those the server names when it lacks that
one. A page that the server calls too large is asked again in smaller ones.
"""

import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from phoneemu.collect import soap
from phoneemu.collect.failures import Kind, NotCollected
from phoneemu.collect.readings import NODE_TAGS, PHONE_TAGS, ROWS, Reading, Statement
from phoneemu.collect.wire import Wire

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FIRST_VERSION = "14.0"
MOST_ROWS = 1_000_000
"""Most rows of one query; far above any cluster, which has 40,000 phones at most [assumed]."""
FEWEST = 10
"""Rows below which a page is not made smaller."""

_ALL_NODES = "EnterpriseWideData"
"""The row of the nodes' table that is no node [AXL-DEV]."""
_INCORRECT = re.compile(r"incorrect axl version", re.IGNORECASE)
_SUPPORTED = re.compile(r"supported\s+axl\s+versions\s+are([^<\r\n]*)", re.IGNORECASE)
_TOO_LARGE = re.compile(r"too large.*?(?:row fetch: less than (\d+) rows|$)", re.IGNORECASE | re.DOTALL)

Row = dict[str, str]
Page = Callable[[int, int], list[Row]]


@attrs.frozen(kw_only=True)
class NodeSeen:
    """One server of the cluster, as AXL names it."""

    name: str
    publisher: bool = False


class TooLarge(NotCollected):
    """The server finds a page too large; `rows` is what it suggests, or 0."""

    def __init__(self, text: str, rows: int) -> None:
        super().__init__(Kind.FAULT, text)
        self.rows = rows


@attrs.define(kw_only=True)
class Axl:
    """AXL of one publisher."""

    wire: Wire
    host: str
    version: str = FIRST_VERSION
    tell: Callable[[str], None] = lambda _: None

    def release(self) -> str:
        """The release, such as 12.5.1.11900-146.

        Raises:
            NotCollected: no answer that says it.
        """
        root = self._asked(Reading.VERSION, soap.ask_version)
        found = next((soap.text(each, "version") for each in soap.every(root, "componentVersion")), "")
        if not found:
            raise NotCollected(Kind.MALFORMED, "an answer without a version")
        return found

    def nodes(self) -> tuple[NodeSeen, ...]:
        """The call-processing nodes, the publisher first.

        Raises:
            NotCollected: no answer that names any.
        """
        root = self._asked_for_nodes()
        found: dict[str, NodeSeen] = {}
        for each in soap.every(root, "processNode"):
            name = soap.text(each, "name")
            if name and name != _ALL_NODES and "presence" not in soap.text(each, "processNodeRole").lower():
                publisher = soap.text(each, "nodeUsage") == "Publisher"
                found.setdefault(name.lower(), NodeSeen(name=name, publisher=publisher))
        if not found:
            raise NotCollected(Kind.MALFORMED, "an answer without nodes")
        return tuple(sorted(found.values(), key=lambda node: not node.publisher))

    def _asked_for_nodes(self) -> "Element":
        refused: NotCollected | None = None
        for tags in NODE_TAGS:
            try:
                return self._asked(Reading.NODES, functools.partial(soap.ask_nodes, wanted=tags))
            except NotCollected as failure:
                if failure.kind is not Kind.FAULT:
                    raise
                refused = failure
        raise refused or NotCollected(Kind.FAULT, "no question")

    def rows(self, statement: Statement) -> list[Row]:
        """Every row of a query, by the statement's columns.

        Raises:
            NotCollected: no answer, or not all of it.
        """

        def page(skip: int, first: int) -> list[Row]:
            root = self._asked(Reading.QUERY, lambda version: soap.ask_rows(version, statement, skip, first))
            return [
                {soap.local(cell).lower(): (cell.text or "").strip() for cell in row}
                for row in soap.every(root, "row")
            ]

        found = self._every_page(page, statement.name.lower())
        first = statement.columns[0]  # the others may be NULL, and an answer may leave NULL out
        if not all(row.get(first) for row in found):
            raise NotCollected(Kind.MALFORMED, f"rows without {first}")
        return found

    def phones(self) -> list[Row]:
        """Every phone by listPhone, by the tags asked for.

        Raises:
            NotCollected: no answer, or not all of it.
        """

        def page(skip: int, first: int) -> list[Row]:
            root = self._asked(Reading.PHONES, lambda version: soap.ask_phones(version, skip, first))
            return [{tag: soap.text(phone, tag) for tag in PHONE_TAGS} for phone in soap.every(root, "phone")]

        return self._every_page(page, "phones")

    def _every_page(self, page: Page, what: str) -> list[Row]:
        """Page after page until one is not full; a server that ignores the paging says nothing new."""
        found: list[Row] = []
        before: set[tuple[str, ...]] = set()
        size = ROWS
        skip = 0
        while True:
            try:
                rows = page(skip, size)
            except TooLarge as large:
                if size <= FEWEST:
                    raise
                size = max(FEWEST, min(size // 2, large.rows // 2 or size))
                continue
            fresh = [row for row in rows if tuple(row.values()) not in before]
            before = {tuple(row.values()) for row in rows}
            found += fresh
            skip += len(rows)
            self.tell(f"{what}: {len(found):,}")
            if len(rows) < size or not fresh:
                return found
            if len(found) > MOST_ROWS:
                raise NotCollected(Kind.TOO_LARGE, f"more than {MOST_ROWS:,} rows")

    def _asked(self, reading: Reading, question: Callable[[str], str]) -> "Element":
        """The answer, in a version that the server has.

        Raises:
            NotCollected: no answer, or a fault.
        """
        tried = {self.version}
        while True:
            answer = self.wire.ask(reading, self.host, question(self.version), self.version)
            words = answer.body.decode("utf-8", errors="replace") if answer.status != 200 else ""
            if not _INCORRECT.search(words):
                break
            better = next((each for each in _versions(words) if each not in tried), None)
            if better is None:
                raise NotCollected(Kind.FAULT, self.wire.said(f"no version of AXL suits both: {words}"))
            self.version = better
            tried.add(better)
        try:
            root = soap.parsed(answer.body)
        except NotCollected:
            if answer.status == 200:
                raise
            raise NotCollected(Kind.FAULT, f"HTTP {answer.status}") from None
        fault = soap.fault_of(root)
        if fault:
            large = _TOO_LARGE.search(fault)
            if large:
                raise TooLarge(self.wire.said(fault), int(large.group(1) or 0))
            raise NotCollected(Kind.FAULT, self.wire.said(fault))
        if answer.status != 200:
            raise NotCollected(Kind.FAULT, f"HTTP {answer.status}")
        return root


def _versions(words: str) -> list[str]:
    """The versions that a server names, the newest first; `12.x` may be any of 12 [AXL-DEV]."""
    listed = _SUPPORTED.search(words)
    found: set[tuple[int, int]] = set()
    for major, minor in re.findall(r"\b(\d{1,2})\.(\d{1,2}|x)\b", listed.group(1) if listed else ""):
        found |= {(int(major), each) for each in ((5, 0) if minor == "x" else (int(minor),))}
    return [f"{major}.{minor}" for major, minor in sorted(found, reverse=True)]
