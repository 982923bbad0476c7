"""Phone web pages and status messages, saved as HTML, XML or text: what a phone itself says of its lists.

Labels differ by model, load and letter case [WEBPAGES, AG8821-web], so they are compared without blanks and
marks. A page that shows no checksum says nothing; a ring of messages is short, so neither does a message that
is not there.
"""

import enum
import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import attrs

from phoneemu.core import limits
from phoneemu.core.modelfile import parse_load
from phoneemu.fleet import textfile
from phoneemu.fleet.columns import first_said
from phoneemu.fleet.holding import NONE, UNREADABLE, UNSAID, lists_apart, said
from phoneemu.fleet.pagerows import Row, rows
from phoneemu.fleet.remarks import Remark

_DEVICE = re.compile(r"(?<![A-Za-z0-9])(SEP|ATA|BAT|TCT|CSF|CIPC)[0-9A-Fa-f]{12}(?![0-9A-Za-z])")
_TITLE = re.compile(r"\bCP-[A-Za-z0-9-]+|\bCisco (?:ATA|IP Phone|Desk Phone)? ?\d{3,4}[A-Z]*\b")
_MAC = re.compile(r"[0-9A-Fa-f]{12}")

_LOADS = (
    "apploadid",
    "activeloadid",
    "activeload",
    "firmwareversion",
    "softwareversion",
    "version",
    "loadid",
)
_NAMES = ("hostname", "devicename", "phonename")
_MODELS = ("modelnumber", "productid", "model")


class Told(enum.Enum):
    """What a status message tells of the lists [AG8800-status]."""

    FAILED = "the last update failed"
    CTL_FAILED = "the last update of the CTL failed"
    NO_LIST = "no list is installed"
    UPDATED = "a list was installed"
    ERASED = "the lists were erased"


MESSAGES: tuple[tuple[str, Told], ...] = (
    ("trust list update failed", Told.FAILED),
    ("ctl update failed", Told.CTL_FAILED),
    ("no trust list installed", Told.NO_LIST),
    ("erasing ctl and itl files", Told.ERASED),
    ("trust list updated", Told.UPDATED),
    ("ctl and itl installed", Told.UPDATED),
    ("ctl installed", Told.UPDATED),
    ("itl installed", Told.UPDATED),
)
"""Status messages about trust lists, lower-case [AG8800-status, AG7800-status, DX1025-status]."""


@attrs.frozen(kw_only=True)
class Page:
    """What one phone's pages say; "" where they do not. `ctl` and `itl` are as holding.said gives them."""

    name: str
    file: str
    line: int
    model: str = ""
    load: str = ""
    mode: str = ""
    ctl: str = UNSAID
    itl: str = UNSAID
    tftp: tuple[str, ...] = ()
    tvs: tuple[str, ...] = ()
    told: frozenset[Told] = frozenset()
    told_at: str = ""
    doubts: tuple[str, ...] = ()
    """What stands where a checksum should and is none, as remarks word it."""

    def with_other(self, other: "Page") -> "Page":
        """This phone with another of its pages; what this one says counts."""
        return attrs.evolve(
            self,
            model=self.model or other.model,
            load=self.load or other.load,
            mode=self.mode or other.mode,
            ctl=first_said((self.ctl, other.ctl)),
            itl=first_said((self.itl, other.itl)),
            tftp=self.tftp or other.tftp,
            tvs=self.tvs or other.tvs,
            told=self.told | other.told,
            told_at=self.told_at or other.told_at,
        )

    def apart(self, other: "Page") -> Iterator[str]:
        """Where another of its pages says something else, in words."""
        for name, mine, theirs in (
            ("CTL", self.ctl, other.ctl),
            ("ITL", self.itl, other.itl),
            ("load", self.load, other.load),
        ):
            if mine and theirs and (lists_apart(mine, theirs) if name != "load" else mine != theirs):
                yield f"{name} {theirs} here and {mine} in {self.file}"

    @property
    def refused(self) -> Told | None:
        """The failure its messages tell of, unless another message may be later: they bear no order."""
        failures = self.told & {Told.FAILED, Told.CTL_FAILED}
        return min(failures, key=lambda each: each.value) if failures == self.told and failures else None

    @property
    def empty(self) -> bool:
        """Whether its messages tell that it holds no list, and nothing else of lists."""
        return self.told == {Told.NO_LIST}


def read_pages(paths: Iterable[Path]) -> tuple[dict[str, Page], list[Remark], list[str]]:
    """(page by upper-case device name, what was not understood, a line of what each file says).

    Raises:
        BadInput: a file is no text, or is XML that is cut off.
        OSError: a file cannot be read.
    """
    pages: dict[str, Page] = {}
    remarks: list[Remark] = []
    notes: list[str] = []
    for path in paths:
        found = pages_in(textfile.read(path, limits.CONFIG_BYTES), path.name)
        if not found:
            remarks.append(Remark(place=path.name, text="a page that does not say which phone it is of"))
        if len(found) > 1:
            text = f"pages of {len(found)} phones: each is taken to begin where its name stands"
            remarks.append(Remark(place=path.name, text=text))
        for page in found:
            _add(page, pages, remarks, notes)
    return pages, remarks, notes


def _add(page: Page, pages: dict[str, Page], remarks: list[Remark], notes: list[str]) -> None:
    remarks += (Remark(place=f"{page.file}:{page.line}", text=text) for text in page.doubts)
    before = pages.get(page.name.upper())
    if before is not None:
        remarks += (
            Remark(place=f"{page.file}:{page.line}", text=f"{page.name}: {words}; that is taken")
            for words in before.apart(page)
        )
    pages[page.name.upper()] = page if before is None else before.with_other(page)
    notes.append(f"{page.file}: {page.name}: {', '.join(_words(page)) or 'nothing of its lists'}")


def _words(page: Page) -> Iterator[str]:
    if page.model:
        yield page.model
    if page.load:
        yield page.load
    for name, words in (("CTL", page.ctl), ("ITL", page.itl)):
        if words:
            yield f"{name} {words}"
    yield from sorted(each.value for each in page.told)


def of_text(text: str, file: str) -> Page | None:
    """What a page says; None when it names no phone.

    Raises:
        BadInput: it is XML, and not well-formed.
    """
    return _page(rows(text, file), file)


def pages_in(text: str, file: str) -> list[Page]:
    """What a file says of each phone whose pages stand in it, one after the other.

    Raises:
        BadInput: it is XML, and not well-formed.
    """
    found = rows(text, file)
    marked = text.lstrip().startswith("<")  # then a label is one; in text any two lines may look like it
    others = {
        row.value
        for row in found
        if row.label and (_NEIGHBOUR.search(row.label) or (marked and _plain(row.label) not in _NAMES))
    }
    parts = list(_by_phone(found, others))
    pages = (_page(part, file, named=len(parts) == 1) for part in parts)
    return [page for page in pages if page is not None]


def _by_phone(found: Sequence[Row], others: AbstractSet[str]) -> Iterator[Sequence[Row]]:
    """The rows from where a phone is named to where another one is; what stands before is of the first.

    `others` are values that may name a neighbour.
    """
    start, of = 0, ""
    for at, row in enumerate(found):
        named = "" if not row.label and row.value in others else _names_itself(row)
        if named and of and named != of:
            yield found[start:at]
            start = at
        of = named or of
    yield found[start:]


def _names_itself(row: Row) -> str:
    """The address in the name of the phone that a row says a page is of; neighbours are named, too."""
    label = _plain(row.label)
    if label == "macaddress":
        digits = re.sub(r"[^0-9A-Fa-f]", "", row.value).upper()
        return digits if _MAC.fullmatch(digits) else ""
    if label and label not in _NAMES:
        return ""
    match = _DEVICE.search(row.value)
    if match is None or _NEIGHBOUR.search(row.value):
        return ""
    return match.group(0)[-12:].upper()


_NEIGHBOUR = re.compile(r"\b(?:CDP|LLDP|neighbou?r)\b", re.IGNORECASE)


def _page(found: Sequence[Row], file: str, *, named: bool = True) -> Page | None:
    """What these rows say of one phone; `named`: the file's name may tell which."""
    labelled: dict[str, list[Row]] = {}
    for row in found:
        if row.label:
            labelled.setdefault(_plain(row.label), []).append(row)
    name = _name(labelled, found, file if named else "")
    if not name:
        return None
    told = [(row, each) for row in found for each in _told(row.value)]
    page = Page(
        name=name,
        file=file,
        line=_line(labelled),
        model=_model(labelled, found),
        load=next((each for each in _values(labelled, _LOADS) if parse_load(each) is not None), ""),
        mode=next(_values(labelled, ("securitymode",)), ""),
        ctl=_shown(labelled, "ctl"),
        itl=_shown(labelled, "itl"),
        tftp=tuple(each for each in _values(labelled, ("tftpserver1", "tftpserver2")) if each.strip(":")),
        tvs=tuple(_values(labelled, ("tvs",))),
        told=frozenset(each for _, each in told),
        told_at=f"{file}:{told[0][0].line}" if told else "",
        doubts=tuple(
            f"{name}: `{value}` is no checksum of the {kind.upper()}: nothing is taken from it"
            for kind in ("ctl", "itl")
            for value in _damaged(labelled, kind)
        ),
    )
    if page.empty and not page.ctl and not page.itl:
        page = attrs.evolve(page, ctl=NONE, itl=NONE)
    return page


def _plain(label: str) -> str:
    return re.sub(r"[^a-z0-9]", "", label.lower())


def _values(labelled: dict[str, list[Row]], labels: Sequence[str]) -> Iterator[str]:
    for label in labels:
        yield from (row.value for row in labelled.get(label, ()) if row.value)


def _line(labelled: dict[str, list[Row]]) -> int:
    """Where the page speaks of the lists, else where it names the phone."""
    for label in ("itlsignature", "ctlsignature", "itlfile", "ctlfile", *_NAMES, *_MODELS):
        if label in labelled:
            return labelled[label][0].line
    return 1


def _name(labelled: dict[str, list[Row]], found: Sequence[Row], file: str) -> str:
    """The device name: as the page says, as its title does, as its address does, as its file is named."""
    for value in (*_values(labelled, _NAMES), *(row.value for row in found[:40]), file):
        match = _DEVICE.search(value)
        if match is not None:
            return match.group(0).upper()
    mac = next((value for value in _values(labelled, ("macaddress",)) if _MAC.fullmatch(value)), "")
    return f"SEP{mac.upper()}" if mac else ""


def _model(labelled: dict[str, list[Row]], found: Sequence[Row]) -> str:
    said = next(_values(labelled, _MODELS), "")
    if said:
        return said
    titles = (_TITLE.search(row.value) for row in found[:40])
    return next((title.group(0) for title in titles if title is not None), "")


def _shown(labelled: dict[str, list[Row]], kind: str) -> str:
    """Its checksum; else whether the page says that there is none, or shows what is no checksum."""
    for label in (f"{kind}signature", f"{kind}file"):
        for value in _values(labelled, (label,)):
            words = said(value)
            if words:
                return words
    return UNREADABLE if any(_damaged(labelled, kind)) else UNSAID


def _damaged(labelled: dict[str, list[Row]], kind: str) -> Iterator[str]:
    """Signatures that look like a checksum and are none: cut, or of another length."""
    for value in _values(labelled, (f"{kind}signature",)):
        if said(value) is None and _HEX_LIKE.fullmatch(value):
            yield value


_HEX_LIKE = re.compile(r"(?:0x)?(?:[\s:.-]*[0-9A-Fa-f]){6,}[\s:.-]*(?:\u2026|\(.*)?")


def _told(text: str) -> Iterator[Told]:
    lowered = " ".join(text.lower().split())
    for message, told in MESSAGES:
        if message in lowered:
            yield told
            return
