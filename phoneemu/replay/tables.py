"""TOML of capture cases: read with errors that name file and key, written in exactly one way.

The writer knows what a case needs and no more: sections at the top, inline tables inside them. The same
table always gives the same bytes.
"""

import datetime
import enum
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, TypeVar

from phoneemu.core import limits
from phoneemu.core.names import Identity, serial_text
from phoneemu.errors import BadInput
from phoneemu.structured import from_toml

E = TypeVar("E", bound=enum.Enum)

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}

# ---------------------------------------------------------------- writing


def _text(value: str) -> str:
    plain = (
        _ESCAPES.get(letter) or (f"\\u{ord(letter):04x}" if ord(letter) < 32 or letter == "\x7f" else letter)
        for letter in value
    )
    return f'"{"".join(plain)}"'


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def value_text(value: object) -> str:
    """One value as TOML has it."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return _text(value)
        case datetime.datetime():
            return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
        case Mapping():
            return f"{{ {', '.join(f'{_key(key)} = {value_text(each)}' for key, each in value.items())} }}"
        case Sequence():
            return f"[{', '.join(value_text(each) for each in value)}]"
    raise TypeError(f"a case holds no {type(value).__name__}")


def _lines(table: Mapping[str, object]) -> list[str]:
    return [f"{_key(name)} = {value_text(value)}" for name, value in table.items()]


def _is_sections(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def write(table: Mapping[str, Any]) -> str:
    """The table as TOML: plain keys first, then sections, each in the order given."""
    plain = {
        name: value
        for name, value in table.items()
        if not isinstance(value, Mapping) and not _is_sections(value)
    }
    lines = _lines(plain)
    for name, value in table.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{_key(name)}]", *_lines(value)]
        elif _is_sections(value):
            for each in value:
                lines += ["", f"[[{_key(name)}]]", *_lines(each)]
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- reading


def parse(text: str, place: str) -> "Table":
    """The top table of a TOML text.

    Raises:
        BadInput: it is no TOML, or too long; names the line.
    """
    if len(text) > limits.CASE_TEXT_BYTES:
        raise BadInput(f"longer than {limits.CASE_TEXT_BYTES:,} characters", place=place)
    return Table(from_toml(text, place), place)


class Table:
    """One table that is read key by key; what is left over at the end is an error.

    Every method raises BadInput that names the file and the key when the value is not what it must be.
    """

    def __init__(self, values: Mapping[str, Any], place: str, prefix: str = "") -> None:
        self._left = dict(values)
        self._place = place
        self._prefix = prefix

    def wrong(self, key: str, wanted: str) -> BadInput:
        """The error for a key."""
        return BadInput(f"`{self._prefix}{key}` {wanted}", place=self._place)

    def _take(self, key: str, kinds: tuple[type, ...], wanted: str) -> Any:  # noqa: ANN401 - a checked value
        value = self._left.pop(key, None)
        if value is None:
            return None
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise self.wrong(key, f"must be {wanted}")
        return value

    def needed(self, key: str, value: Any) -> Any:  # noqa: ANN401 - whatever was read
        """The value, which must be there."""
        if value is None:
            raise self.wrong(key, "is missing")
        return value

    def text(self, key: str) -> str | None:
        """A text."""
        found: str | None = self._take(key, (str,), "a text")
        return found

    def number(self, key: str) -> int | None:
        """A whole number that is not negative."""
        found: int | None = self._take(key, (int,), "a number")
        if found is not None and found < 0:
            raise self.wrong(key, "must not be negative")
        return found

    def seconds(self, key: str) -> float | None:
        """Seconds, whole or not."""
        found = self._take(key, (int, float), "a number of seconds")
        if found is not None and not 0 <= found < 1e12:
            raise self.wrong(key, "must be a number of seconds")
        return None if found is None else float(found)

    def flag(self, key: str) -> bool | None:
        """True or false."""
        found: bool | None = self._take(key, (bool,), "true or false")
        return found

    def time(self, key: str) -> datetime.datetime | None:
        """A moment in UTC."""
        found: datetime.datetime | None = self._take(
            key, (datetime.datetime,), "a time such as 2015-03-06T17:21:51Z"
        )
        if found is not None and found.utcoffset() != datetime.timedelta(0):
            raise self.wrong(key, "must be a time in UTC, with a Z at its end")
        return None if found is None else found.astimezone(datetime.UTC)

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of texts."""
        found = self._take(key, (list,), "a list of texts")
        if found is not None and not all(isinstance(each, str) for each in found):
            raise self.wrong(key, "must be a list of texts")
        return None if found is None else tuple(found)

    def numbers(self, key: str) -> tuple[int, ...] | None:
        """A list of whole numbers."""
        found = self._take(key, (list,), "a list of numbers")
        if found is not None and not all(
            isinstance(each, int) and each is not True and each >= 0 for each in found
        ):
            raise self.wrong(key, "must be a list of numbers that are not negative")
        return None if found is None else tuple(found)

    def choice(self, key: str, kind: type[E]) -> E | None:
        """A member of this enum, by its value."""
        found = self.text(key)
        return None if found is None else self._member(key, found, kind)

    def choices(self, key: str, kind: type[E]) -> tuple[E, ...] | None:
        """Members of this enum, by their values."""
        found = self.texts(key)
        return None if found is None else tuple(self._member(key, each, kind) for each in found)

    def _member(self, key: str, value: str, kind: type[E]) -> E:
        try:
            return kind(value)
        except ValueError:
            words = ", ".join(str(member.value) for member in kind)
            raise self.wrong(key, f"is one of {words}, not {value!r}") from None

    def path(self, key: str) -> str | None:
        """A path inside the case's folder."""
        found = self.text(key)
        if found is not None and not is_inside(found):
            raise self.wrong(key, "must be a path inside the case's folder")
        return found

    def identity(self, key: str) -> Identity | None:
        """Which certificate: a table of subject, issuer and serial."""
        table = self.table(key)
        if table is None:
            return None
        found = table.certificate()
        table.done()
        return found

    def certificate(self) -> Identity:
        """The certificate this table itself names, by subject, issuer and serial."""
        serial = self.needed("serial", self.text("serial"))
        issuer = self.needed("issuer", self.text("issuer"))
        digits = serial.replace(":", "")
        if not re.fullmatch("[0-9A-Fa-f]{1,128}", digits):
            raise self.wrong("serial", "must be hexadecimal digits, pairs joined by : or not")
        return Identity(self.text("subject") or "", issuer, int(digits, 16))

    def table(self, key: str) -> "Table | None":
        """A table inside."""
        found = self._take(key, (dict,), "a table")
        return None if found is None else Table(found, self._place, f"{self._prefix}{key}.")

    def tables(self, key: str) -> list["Table"]:
        """A list of tables inside; empty when there is none."""
        found = self._take(key, (list,), "a list of tables") or []
        if not all(isinstance(each, dict) for each in found):
            raise self.wrong(key, "must be a list of tables")
        return [
            Table(each, self._place, f"{self._prefix}{key}[{number}].") for number, each in enumerate(found)
        ]

    def mapping(self, key: str) -> dict[str, str]:
        """A table of texts; empty when there is none."""
        found = self._take(key, (dict,), "a table of texts") or {}
        for name, value in found.items():
            if not isinstance(value, str):
                raise self.wrong(f"{key}.{name}", "must be a text")
        return found

    def done(self) -> None:
        """Everything was read."""
        for key in self._left:
            raise self.wrong(key, "is no key of a case")


def is_inside(path: str) -> bool:
    """Whether a path names a place below the folder it stands in, in one spelling only."""
    parts = PurePosixPath(path).parts
    return bool(parts) and ".." not in parts and not path.startswith("/") and path == "/".join(parts)


def as_table(identity: Identity) -> dict[str, str]:
    """A certificate's identity as a table of a case."""
    subject = {"subject": identity.subject} if identity.subject else {}
    return {**subject, "issuer": identity.issuer, "serial": serial_text(identity.serial)}
