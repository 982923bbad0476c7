"""Reading models/*.toml: text to ModelFile, and a ModelFile resolved for a load and a protocol to a Profile.

Errors name file and key. Files are read in phoneemu.catalogue; this module sees text only.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import attrs

from phoneemu.core.evidence import Fact, Standing
from phoneemu.core.profile import ENGINE_FACTS, USUAL, Profile

SCHEMA = 1
SECTIONS = ("trust", "files", "config", "tls", "display", "erase", "status", "console", "device")
UNKNOWN = "unknown"
_STANDINGS = {standing.label: standing for standing in Standing}
_FACT_KEYS = frozenset({"value", "standing", "source", "note", "against"})
_TOP = frozenset({"schema", "model", "name", "aliases", "enum", "family", "firmware", "protocol", *SECTIONS})
_WORDS: Mapping[str, frozenset[str]] = {
    "trust.authorises_tftp": frozenset({"ctl", "itl", "config"}),
    "trust.list_signers": frozenset({"sast", "ccm+tftp", "tftp"}),
    "trust.digests": frozenset({"sha1", "sha256", "sha512"}),
    "trust.digests_unknown": frozenset({"sha1", "sha256", "sha512"}),
    "files.transports": frozenset({"http", "tftp"}),
    "tls.min": frozenset({"1.0", "1.1", "1.2", "1.3"}),
    "tls.max": frozenset({"1.0", "1.1", "1.2", "1.3"}),
    "display.ctl_screen": frozenset({"md5", "sha1", "none"}),
    "display.itl_screen": frozenset({"md5", "sha1", "none"}),
    "display.ctl_web": frozenset({"md5", "sha1", "none"}),
    "display.itl_web": frozenset({"md5", "sha1", "none"}),
    "erase.scope": frozenset({"separate", "ctl", "combined", "factory", "none"}),
    "console.dialect": frozenset({"SECD", "SECUREAPP"}),
}
"""Words an engine fact may have; facts not named here and not typed below are free text."""

_BOOLEANS = frozenset(
    f"trust.{name}"
    for name in (
        "reads_ctl", "reads_itl", "asks_tvs", "verifies_config", "takes_changed_ctl", "updates_reliably",
        "keeps_itl", "finds_multi_san", "rsa_above_unknown",
    )
)  # fmt: skip
_NUMBERS = frozenset({"trust.rsa_max_bits", "trust.list_max_bytes", "files.ctl_retries"})
_LISTS = frozenset(
    {
        "trust.authorises_tftp", "trust.list_signers", "trust.digests", "trust.digests_unknown",
        "files.order", "files.transports", "files.tftp_options", "files.tftp_waits",
    }
)  # fmt: skip


_FORMS: Mapping[str, str] = {
    "files.tftp_options": r"tsize|blksize=[1-9]\d{0,4}",
    "files.tftp_waits": r"\d{1,4}(\.\d+)?",
}
_FORM_NAMES = {"files.tftp_options": "tsize, blksize=BYTES", "files.tftp_waits": "seconds as texts"}


CAPTURE = "capture:"
"""Begins a source that is a case below captures/."""


def captures_of(source: str) -> tuple[str, ...]:
    """The cases that a source names, by their paths."""
    return tuple(key.removeprefix(CAPTURE) for key in source.split(", ") if key.startswith(CAPTURE))


class ModelFileError(ValueError):
    """A model file is wrong; the text names file and key."""


@attrs.frozen(order=True)
class Load:
    """A firmware load by its numbers: (major, minor, maintenance, service release, its letter)."""

    parts: tuple[int, int, int, int, str]


_LOAD = re.compile(
    r"(?:^|[._])(\d{1,2})-(\d{1,2})-(\d{1,2})(?:-?SR(\d{1,2})([a-z]?))?(?![0-9])"
    r"|(?<![0-9.])(\d{1,2})\.(\d{1,2})(?:\.(\d{1,2})(?![0-9])|\((\d{1,2})\)(?:SR(\d{1,2})([a-z]?))?)",
    re.IGNORECASE,
)
"""`14-2-1SR1` as phones name loads, `9.15.3` as video endpoints and clients do, `14.2(1)SR1` as guides do."""


def parse_load(text: str) -> Load | None:
    """The numbers in a load name such as `sip88xx.14-2-1-0001-34`, `SCCP75.9-4-2SR4-3S` or `ce9.15.3.18`.

    None when there are none: loads of the oldest phones are not compared.
    """
    match = _LOAD.search(text.strip())
    if not match:
        return None
    dashed, dotted = match.groups()[:5], match.groups()[5:]
    if dashed[0] is not None:
        major, minor, maintenance, service, letter = dashed
    else:
        major, minor, third, maintenance, service, letter = dotted
        maintenance = third or maintenance
    return Load((int(major), int(minor), int(maintenance), int(service or 0), (letter or "").lower()))


@attrs.frozen(kw_only=True)
class Overlay:
    """Facts that hold for some loads, or for one protocol."""

    facts: Mapping[str, Fact[object]]
    since: Load | None = None
    before: Load | None = None
    below_release: str = ""
    protocol: str = ""

    def covers(self, load: Load | None) -> bool:
        """Whether it holds for this load; None stands for the newest."""
        if load is None:
            return self.before is None
        return (self.since is None or load >= self.since) and (self.before is None or load < self.before)


@attrs.frozen(kw_only=True)
class ModelFile:
    """One file of the catalogue."""

    model: str
    name: str
    aliases: tuple[str, ...]
    enums: tuple[int, ...]
    family: str
    facts: Mapping[str, Fact[object]]
    firmware: tuple[Overlay, ...]
    protocols: tuple[Overlay, ...]
    where: str


# ---------------------------------------------------------------- reading


def parse(text: str, where: str) -> ModelFile:
    """Read one file; `where` is its name for messages, such as `models/8861.toml`.

    Raises:
        ModelFileError: anything is wrong; names file and key.
    """
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{where}: {error}") from None
    unknown = sorted(set(table) - _TOP)
    if unknown:
        raise ModelFileError(f"{where}: unknown key `{unknown[0]}`")
    if table.get("schema") != SCHEMA:
        raise ModelFileError(f"{where}: schema must be {SCHEMA}")
    _expect(where, "model", table.get("model"), str)
    _expect(where, "name", table.get("name"), str)
    _expect(where, "family", table.get("family"), str)
    enums = _expect(where, "enum", table.get("enum"), list)
    aliases = _expect(where, "aliases", table.get("aliases", []), list)
    return ModelFile(
        model=table["model"],
        name=table["name"],
        aliases=tuple(_expect(where, "aliases", alias, str) for alias in aliases),
        enums=tuple(_expect(where, "enum", number, int) for number in enums),
        family=table["family"],
        facts=_facts(table, where, ""),
        firmware=tuple(_overlay(block, where, "firmware") for block in _blocks(table, where, "firmware")),
        protocols=tuple(_overlay(block, where, "protocol") for block in _blocks(table, where, "protocol")),
        where=where,
    )


def _expect(where: str, key: str, value: object, kind: type) -> Any:  # noqa: ANN401 - a checked value
    if not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool):
        raise ModelFileError(f"{where}: `{key}` must be a {kind.__name__}")
    return value


def _blocks(table: Mapping[str, Any], where: str, key: str) -> Iterable[Mapping[str, Any]]:
    blocks = _expect(where, key, table.get(key, []), list)
    return [_expect(where, key, block, dict) for block in blocks]


def _overlay(block: Mapping[str, Any], where: str, kind: str) -> Overlay:
    allowed = {"from", "before", "below_release"} if kind == "firmware" else {"name"}
    unknown = sorted(set(block) - allowed - set(SECTIONS))
    if unknown:
        raise ModelFileError(f"{where}: unknown key `{kind}.{unknown[0]}`")
    if kind == "protocol":
        name = _expect(where, "protocol.name", block.get("name"), str)
        return Overlay(facts=_facts(block, where, "protocol."), protocol=name)
    since, before = (_bound(block, where, key) for key in ("from", "before"))
    if since is None and before is None:
        raise ModelFileError(f"{where}: `firmware` needs `from` or `before`")
    release = _expect(where, "firmware.below_release", block.get("below_release", ""), str)
    facts = _facts(block, where, "firmware.")
    return Overlay(facts=facts, since=since, before=before, below_release=release)


def _bound(block: Mapping[str, Any], where: str, key: str) -> Load | None:
    if key not in block:
        return None
    load = parse_load(_expect(where, f"firmware.{key}", block[key], str))
    if load is None:
        raise ModelFileError(f"{where}: `firmware.{key}` is no load such as 14-2-1SR1")
    return load


def _facts(table: Mapping[str, Any], where: str, prefix: str) -> Mapping[str, Fact[object]]:
    found: dict[str, Fact[object]] = {}
    for section in SECTIONS:
        for key, entry in _expect(where, prefix + section, table.get(section, {}), dict).items():
            name = f"{section}.{key}"
            found[name] = _fact(entry, name, where, prefix)
    return MappingProxyType(found)


def _fact(entry: object, name: str, where: str, prefix: str) -> Fact[object]:
    place = f"{where}: `{prefix}{name}`"
    if not isinstance(entry, dict):
        raise ModelFileError(f"{place} must be a table with value, standing and source")
    unknown = sorted(set(entry) - _FACT_KEYS)
    if unknown:
        raise ModelFileError(f"{place} has an unknown key `{unknown[0]}`")
    for key in ("value", "standing", "source"):
        if entry.get(key, "") == "":
            raise ModelFileError(f"{place} has no {key}")
    if entry["standing"] not in _STANDINGS:
        raise ModelFileError(f"{place}: standing is one of {', '.join(_STANDINGS)}")
    standing = _STANDINGS[entry["standing"]]
    for key in ("source", "note", "against"):
        if not isinstance(entry.get(key, ""), str):
            raise ModelFileError(f"{place}: {key} must be a text")
    if standing is Standing.ASSUMED and not entry.get("note"):
        raise ModelFileError(f"{place} is assumed and has no note saying what would settle it")
    if standing is Standing.CAPTURED and not captures_of(entry["source"]):
        raise ModelFileError(f"{place} is captured and names no capture ({CAPTURE}MODEL/LOAD/CASE)")
    return Fact(
        name=name,
        value=_value(entry["value"], name, place),
        standing=standing,
        source=entry["source"],
        note=entry.get("note", ""),
        where=f"{where} {prefix}{name}",
        against=entry.get("against", ""),
    )


def _value(value: object, name: str, place: str) -> object:
    """The value as the engine reads it; None for unknown."""
    if value == UNKNOWN:
        return None
    words = _WORDS.get(name)
    if name in _LISTS:
        form = _FORMS.get(name)
        if isinstance(value, list) and all(
            isinstance(word, str)
            and (words is None or word in words)
            and (form is None or re.fullmatch(form, word))
            for word in value
        ):
            return tuple(value)
        wanted = f"a list of {', '.join(sorted(words)) if words else _FORM_NAMES.get(name, 'texts')}"
    elif name in _BOOLEANS:
        wanted = "true, false"
        if isinstance(value, bool):
            return value
    elif name in _NUMBERS:
        wanted = "a number"
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    else:
        wanted = f"one of {', '.join(sorted(words))}" if words else "a text"
        if isinstance(value, str) and (words is None or value in words):
            return value
    raise ModelFileError(f'{place} must be {wanted}, or "{UNKNOWN}"')


# ---------------------------------------------------------------- resolving


def facts_for(
    model: ModelFile, family: ModelFile | None, load: Load | None, protocol: str | None
) -> Mapping[str, Fact[object]]:
    """Every fact for this load and protocol: the family's, the model's, then overlays in that order.

    `load` None stands for the newest load.
    """
    files = [model] if family is None else [family, model]
    found: dict[str, Fact[object]] = {}
    for each in files:
        found.update(each.facts)
    for each in files:
        for overlay in each.firmware:
            if overlay.covers(load):
                found.update(overlay.facts)
        for overlay in each.protocols:
            if protocol is not None and overlay.protocol.upper() == protocol.upper():
                found.update(overlay.facts)
    return MappingProxyType(found)


def resolve(model: ModelFile, family: ModelFile | None, load: str | None, protocol: str | None) -> Profile:
    """The profile of a model on a load; a load that cannot be read counts as the newest.

    Raises:
        ModelFileError: a fact the engine needs is missing from the model and its family.
    """
    parsed = parse_load(load) if load else None
    return _profile(model, facts_for(model, family, parsed, protocol), load, protocol)


def _profile(
    model: ModelFile, facts: Mapping[str, Fact[object]], load: str | None, protocol: str | None
) -> Profile:
    engine: dict[str, Any] = {}
    for attribute, name in ENGINE_FACTS.items():
        fact = facts.get(name) or USUAL.get(name)
        if fact is None:
            raise ModelFileError(f"{model.where}: neither it nor its family has `{name}`")
        engine[attribute] = fact
    return Profile(
        model=model.model,
        name=model.name,
        enums=model.enums,
        family=model.family,
        load=load,
        protocol=protocol,
        facts=facts,
        **engine,
    )


def variants(
    model: ModelFile, family: ModelFile | None, protocol: str | None, release: str = ""
) -> tuple[Profile, ...]:
    """The distinct profiles a phone of unknown load may have, the newest first.

    `release` is the cluster's: a block marked `below_release` counts only for an older one, and for a
    release that is not known.
    """
    files = [each for each in (family, model) if each is not None]
    overlays = [overlay for each in files for overlay in each.firmware]
    ruled_out = [overlay for overlay in overlays if not _plausible(overlay, release)]
    borders = {border for overlay in overlays for border in (overlay.since, overlay.before) if border}
    found: dict[tuple[object, ...], Profile] = {}
    for load in (None, *_inside(borders)):
        if load is not None and any(overlay.covers(load) for overlay in ruled_out):
            continue
        facts = facts_for(model, family, load, protocol)
        key = tuple(facts[name].value if name in facts else None for name in ENGINE_FACTS.values())
        if key not in found:
            found[key] = _profile(model, facts, None if load is None else load_text(load), protocol)
    return tuple(found.values())


def _plausible(overlay: Overlay, release: str) -> bool:
    """Whether a cluster of this release may well leave a phone on such a load."""
    if not overlay.below_release or not release:
        return True
    return _numbers(release) < _numbers(overlay.below_release)


def _numbers(release: str) -> tuple[int, ...]:
    """The first three numbers of a release text: 10.5(2)SU3 is (10, 5, 2)."""
    found = [int(number) for number in re.findall(r"\d+", release.upper().partition("SU")[0])[:3]]
    return (*found, 0, 0, 0)[:3]


def _inside(borders: Iterable[Load]) -> list[Load]:
    """One load inside each interval the borders cut, the newest first: each border, and one before all."""
    ordered = sorted(borders, reverse=True)
    return [*ordered, Load((0, 0, 0, 0, ""))] if ordered else []


def load_words(profile: Profile) -> str:
    """Which loads a profile of variants() stands for, in words."""
    protocol = f"{profile.protocol} " if profile.protocol else ""
    if profile.load is None:
        return f"newest {protocol}load"
    if profile.load.startswith("0-"):
        return f"oldest {protocol}load"
    return f"{protocol}from {profile.load}"


def load_text(load: Load) -> str:
    """A load as it is written in the catalogue."""
    major, minor, maintenance, service, letter = load.parts
    return f"{major}-{minor}-{maintenance}" + (f"SR{service}{letter}" if service else "")
