"""The folder that collection writes: whole files only, and a note of which parts are done.

The note, `.collected.json`, lets a second run go on where the first stopped. It holds names, checksums and
times, nothing else. What somebody put there or changed by hand is never replaced.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs

from phoneemu import files
from phoneemu.core import limits
from phoneemu.errors import BadInput
from phoneemu.files import read_bytes, read_text

NOTE = ".collected.json"
HISTORY = "history"
"""The folder of lists that were served before."""
PAGES = "pages"
"""The one folder inside: phones' pages."""
SCHEMA = 1
FRESH = timedelta(hours=24)
"""How long a collection may be gone on with: what is older describes another day [assumed]."""


@attrs.define(kw_only=True)
class Part:
    """One part: whether all of it came, and the SHA-256 of its files, "" before they are whole."""

    whole: bool
    files: dict[str, str] = attrs.field(factory=dict)


@attrs.define(kw_only=True)
class Folder:
    """A snapshot folder in the making."""

    path: Path
    source: str
    begun: datetime
    fresh: bool = False
    parts: dict[str, Part] = attrs.field(factory=dict)

    @classmethod
    def open(cls, path: Path, source: str, now: datetime, *, fresh: bool) -> "Folder":
        """Begin, or go on with what is there; `fresh` forgets what was collected before.

        Raises:
            BadInput: it holds a collection of another cluster, or one that is too old to go on with.
            OSError: its note cannot be read.
        """
        folder = cls(path=path, source=source, begun=now, fresh=fresh)
        note = path / NOTE
        if not note.exists():
            return folder
        try:
            said = json.loads(read_text(note, limits.NAMES_BYTES))
            begun = datetime.fromisoformat(said["begun"])
            before = str(said["source"])
            parts = {
                str(name): Part(
                    whole=bool(each["whole"]),
                    files={str(file): str(mark) for file, mark in each["files"].items() if _plain(str(file))},
                )
                for name, each in said["parts"].items()
            }
            age = now - begun
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise BadInput("not a note of `phoneemu collect`; remove it", place=str(note)) from None
        if before != source:
            raise BadInput(f"holds a collection from {before}, not from {source}", place=str(path))
        if fresh:
            folder.parts = {name: attrs.evolve(part, whole=False) for name, part in parts.items()}
        elif age > FRESH:
            what = f"its collection began {begun:%Y-%m-%d %H:%M}: too old to go on with"
            raise BadInput(f"{what}; take another folder, or --fresh", place=str(path))
        else:
            folder.parts, folder.begun = parts, begun
        folder._sweep()
        return folder

    def _sweep(self) -> None:
        """Remove what an interrupted write of an announced file left beside it."""
        names = {NOTE, *(name for part in self.parts.values() for name in part.files)}
        for inside in (self.path, self.path / PAGES):
            for path in inside.glob(".*") if inside.is_dir() else ():
                meant = path.name[1:].rpartition(".")[0]
                if meant and path.relative_to(self.path).with_name(meant).as_posix() in names:
                    path.unlink(missing_ok=True)

    def done(self, part: str) -> bool:
        """Whether all of a part is there."""
        found = self.parts.get(part)
        return found is not None and found.whole and all((self.path / file).exists() for file in found.files)

    def mine(self, name: str) -> bool:
        """Whether collection wrote it and nobody changed it since, or nobody wrote it at all."""
        path = self.path / name
        if not path.exists():
            return True
        marks = [part.files[name] for part in self.parts.values() if name in part.files]
        return any(not mark or mark == _mark(read_bytes(path, limits.TABLE_BYTES)) for mark in marks)

    def announce(self, part: str, names: Iterable[str]) -> None:
        """Note the names of files that a part will have, before the first is written.

        Raises:
            BadInput: somebody else's file of that name is there.
            OSError: the note cannot be written.
        """
        known = self.parts.setdefault(part, Part(whole=False))
        fresh = []
        for name in names:
            if not _plain(name):
                raise ValueError(f"{name!r} is no plain file name")
            if not self.mine(name):
                what = "is there already and was not collected, or was changed since; move it away"
                raise BadInput(what, place=str(self.path / name))
            fresh += [name] if name not in known.files else []
        if fresh:
            known.files |= dict.fromkeys(fresh, "")
            self._note()

    def write(self, part: str, name: str, content: bytes) -> None:
        """Write one announced file, whole or not at all.

        Raises:
            OSError: it cannot be written; what was there stays.
        """
        (self.path / name).parent.mkdir(exist_ok=True)
        with files.replacing(self.path / name) as stream:
            stream.write(content)
        self.parts[part].files[name] = _mark(content)

    def retire(self, name: str, content: bytes) -> str:
        """Keep a list that another will take the place of, under history/; "" where there is none to keep.

        Raises:
            OSError: it cannot be written.
        """
        path = self.path / name
        before = read_bytes(path, limits.TABLE_BYTES) if path.is_file() else content
        if before == content:
            return ""
        when = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        kept = self.path / HISTORY / f"{path.stem}_{when:%Y%m%dT%H%M%SZ}{path.suffix}"
        kept.parent.mkdir(exist_ok=True)
        with files.replacing(kept) as stream:
            stream.write(before)
        return f"{HISTORY}/{kept.name}"

    def finish(self, part: str, written: Iterable[str], *, whole: bool) -> None:
        """Note what a part consists of; what an earlier run wrote for it and this one did not is removed."""
        before = self.parts.get(part, Part(whole=False))
        names = set(written)
        for name in before.files:
            if name not in names and self.mine(name):
                (self.path / name).unlink(missing_ok=True)
        self.parts[part] = Part(
            whole=whole, files={name: before.files.get(name, "") for name in sorted(names)}
        )
        self._note()

    def _note(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        said = {
            "schema": SCHEMA,
            "source": self.source,
            "begun": self.begun.isoformat(timespec="seconds"),
            "parts": {name: attrs.asdict(part) for name, part in self.parts.items()},
        }
        files.write_text(self.path / NOTE, json.dumps(said, indent=1) + "\n")


def _plain(name: str) -> bool:
    """Whether it is a name right here, or right in the folder of pages."""
    plain = name.removeprefix(f"{PAGES}/")
    return Path(plain).name == plain and not plain.startswith(".") and "\\" not in plain


def _mark(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
