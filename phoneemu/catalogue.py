"""The catalogue: models/*.toml as shipped, found by any name an export uses.

Only the files asked for are read whole; a light index of names and numbers is made from their first lines.
"""

import difflib
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import attrs

from phoneemu.core import modelfile
from phoneemu.core.evidence import Standing
from phoneemu.core.modelfile import ModelFile, captures_of
from phoneemu.core.profile import ENGINE_FACTS, Profile
from phoneemu.errors import BadInput

_HEAD = re.compile(r"^(model|name|aliases|enum)\s*=\s*(.+)$", re.MULTILINE)
_NOISE = re.compile(r"^(cisco|cp[- ])\s*|\s+(sip|sccp)$", re.IGNORECASE)


def shipped() -> Path:
    """The folder of model files: inside an installed package, else beside it in a checkout.

    Raises:
        BadInput: neither is there.
    """
    package = Path(__file__).parent
    for folder in (package / "_models", package.parent / "models"):
        if (folder / "families").is_dir():
            return folder
    raise BadInput("the model catalogue is missing from this installation")


def file_name(model: str) -> str:
    """The file a model lies in: blanks become "-", "+" becomes "plus"."""
    return model.replace(" ", "-").replace("+", "plus") + ".toml"


def plain(text: str) -> str:
    """A product name without maker, prefix, case and blanks, for finding."""
    return re.sub(r"[\s_-]+", "", _NOISE.sub("", text.strip()).lower())


@attrs.frozen(kw_only=True)
class Title:
    """What the index knows of a model without reading its facts."""

    model: str
    name: str
    enums: tuple[int, ...]


_ENUM_DIGITS = 9
"""No typemodel number is longer; the longest today has five digits [assumed]."""


def _origin(path: Path) -> str | None:
    """The origin a capture case states; None when there is no such case."""
    if not path.is_file():
        return None
    stated = re.search(r'^origin = "(\w+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
    return stated[1] if stated else ""


class Catalogue:
    """The model files of one folder; the shipped ones unless told otherwise."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or shipped()
        self._names: dict[str, Title] = {}
        self._enums: dict[int, Title] = {}
        self._titles: list[Title] = []
        for path in sorted(self._folder.glob("*.toml")):
            self._index(path)
        self._read = functools.lru_cache(maxsize=None)(self._read_file)
        self.profile = functools.lru_cache(maxsize=None)(self._profile)
        self.candidates = functools.lru_cache(maxsize=None)(self._candidates)

    def _index(self, path: Path) -> None:
        head = path.read_text(encoding="utf-8").partition("\n[")[0]
        fields = dict(_HEAD.findall(head))
        texts = {key: re.findall(r'"([^"]*)"', value) for key, value in fields.items()}
        if not texts.get("model") or file_name(texts["model"][0]) != path.name:
            raise BadInput("the model's name does not equal the file name", place=f"models/{path.name}")
        model = texts["model"][0]
        enums = tuple(int(number) for number in re.findall(r"\d+", fields.get("enum", "")))
        title = Title(model=model, name=texts["name"][0], enums=enums)
        self._titles.append(title)
        for name in (model, title.name, *texts.get("aliases", [])):
            self._names.setdefault(plain(name), title)
        for number in enums:
            self._enums[number] = title

    @property
    def titles(self) -> tuple[Title, ...]:
        """Every model, in the order of the file names."""
        return tuple(self._titles)

    def find(self, text: str | int) -> Title | None:
        """The model meant by a product name, an alias or a typemodel number; None when unknown."""
        said = str(text).strip()
        found = self._names.get(plain(said))
        if found is None and said.isascii() and said.isdigit() and len(said) <= _ENUM_DIGITS:
            found = self._enums.get(int(said))
        return found

    def nearest(self, text: str) -> list[str]:
        """Models whose names are like this text, for a message."""
        names = difflib.get_close_matches(plain(text), self._names, n=3, cutoff=0.5)
        return list(dict.fromkeys(self._names[name].model for name in names))

    def files(self, model: str) -> tuple[ModelFile, ModelFile | None]:
        """A model's own file and its family's.

        Raises:
            BadInput: a file is wrong; names file and key.
        """
        own = self._read(file_name(model))
        return own, self._read(f"families/{own.family}.toml") if own.family else None

    def _read_file(self, name: str) -> ModelFile:
        where = f"models/{name}"
        try:
            found = modelfile.parse((self._folder / name).read_text(encoding="utf-8"), where)
            self._check_captures(found)
            return found
        except modelfile.ModelFileError as error:
            raise BadInput(str(error)) from None
        except OSError:
            raise BadInput("no such file", place=where) from None

    def _check_captures(self, found: ModelFile) -> None:
        """Every capture that a fact names exists, and a captured fact names one of hardware.

        An installed package ships no captures; there nothing can be checked.
        """
        folder = self._folder.parent / "captures"
        blocks = (found.facts, *(overlay.facts for overlay in (*found.firmware, *found.protocols)))
        for fact in (fact for facts in blocks for fact in facts.values()):
            names = captures_of(fact.source)
            if not names or not folder.is_dir():
                continue
            origins = {name: _origin(folder / name / "capture.toml") for name in names}
            gone = [name for name, origin in origins.items() if origin is None]
            if gone:
                raise BadInput(f"source names a capture that does not exist: {gone[0]}", place=fact.where)
            if fact.standing is Standing.CAPTURED and "hardware" not in origins.values():
                raise BadInput("is captured, but none of its captures is of hardware", place=fact.where)

    def _profile(self, model: str, load: str | None = None, protocol: str | None = None) -> Profile:
        """The profile of a model on a load (None: the newest) with a protocol; the same object each time.

        Raises:
            BadInput: a file is wrong.
        """
        own, family = self.files(model)
        try:
            return modelfile.resolve(own, family, load or None, protocol or None)
        except modelfile.ModelFileError as error:
            raise BadInput(str(error)) from None

    def variants(self, model: str, protocol: str | None = None, release: str = "") -> tuple[Profile, ...]:
        """What a phone of unknown load may be, the newest first; see modelfile.variants.

        Raises:
            BadInput: a file is wrong.
        """
        own, family = self.files(model)
        return modelfile.variants(own, family, protocol or None, release)

    def _candidates(
        self, model: str, load: str = "", protocol: str = "", release: str = ""
    ) -> tuple[Profile, ...]:
        """The one profile of a phone, or every one it may have, the newest load first.

        A load that is not known, or not written like one, may be any; so may the protocol.

        Raises:
            BadInput: a file is wrong.
        """
        found: list[Profile] = []
        for each in (self._protocol_of(model, load) if not protocol else ()) or _protocols(load, protocol):
            if load and modelfile.parse_load(load) is not None:
                found.append(self.profile(model, load, each))
            else:
                found += self.variants(model, each, release)
        distinct: dict[tuple[object, ...], Profile] = {}
        for profile in found:
            distinct.setdefault(tuple(getattr(profile, name).value for name in ENGINE_FACTS), profile)
        return tuple(distinct.values())

    def _protocol_of(self, model: str, load: str) -> tuple[str, ...]:
        """The protocol that a load's name tells, where the model's loads are named by it; else nothing."""
        files = [each for each in self.files(model) if each is not None] if load else []
        for file in files:
            for protocol in ("SIP", "SCCP"):
                fact = file.facts.get(f"device.{protocol.lower()}_loads")
                beginnings = tuple(str(fact.value).upper().split()) if fact is not None else ()
                if beginnings and load.strip().upper().startswith(beginnings):
                    return (protocol,)
        return ()

    def __iter__(self) -> Iterator[ModelFile]:
        return (self.files(title.model)[0] for title in self._titles)


def _protocols(load: str, protocol: str) -> tuple[str, ...]:
    """The protocols a phone may speak: as exported, as its load is named, else either."""
    for said in (protocol.upper(), load.upper()):
        for known in ("SIP", "SCCP"):
            if said.startswith(known):
                return (known,)
    return ("SIP", "SCCP")


@functools.cache
def catalogue() -> Catalogue:
    """The shipped catalogue."""
    return Catalogue()
