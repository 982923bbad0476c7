"""`phoneemu models`: the catalogue, one model, or what nobody has measured yet."""

import argparse
import json
from collections.abc import Mapping

from phoneemu.catalogue import Catalogue, Title
from phoneemu.core.evidence import Fact, Standing
from phoneemu.core.modelfile import ModelFile, load_text, parse_load
from phoneemu.core.profile import Profile
from phoneemu.errors import BadInput
from phoneemu.replay import modeldiff

HELP = "show the model catalogue: what each phone type does, how well that is known, and from where"
SCHEMA = 1
DIFF = "diff"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "model",
        nargs="*",
        metavar="MODEL",
        help="a model such as 7960; or `diff MODEL@LOAD MODEL@LOAD`, the second may be a load alone",
    )
    parser.add_argument("--load", default="", help="show the facts for this firmware load")
    parser.add_argument("--protocol", default="", choices=["", "SIP", "SCCP"], help="for this call control")
    parser.add_argument(
        "--assumed", action="store_true", help="only what is assumed, and what would settle it"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, schema in docs/json-models.md")


def run(arguments: argparse.Namespace) -> int:
    """Print what was asked for."""
    catalogue = Catalogue()
    words: list[str] = arguments.model
    if words[:1] == [DIFF]:
        return _diff(words[1:], catalogue, arguments)
    if len(words) > 1:
        raise BadInput("one model at a time, or `diff` and two")
    titles = _wanted(catalogue, words[0] if words else None)
    profiles = [
        catalogue.profile(title.model, arguments.load or None, arguments.protocol or None) for title in titles
    ]
    if arguments.json:
        print(json.dumps({"schema": SCHEMA, "models": [_as_json(p) for p in profiles]}, indent=1))
    elif arguments.assumed:
        _print_assumed(profiles)
    elif words:
        _print_one(profiles[0], catalogue)
    else:
        _print_table(profiles)
    return 0


def _wanted(catalogue: Catalogue, text: str | None) -> list[Title]:
    if text is None:
        return list(catalogue.titles)
    found = catalogue.find(text)
    if found is None:
        near = catalogue.nearest(text)
        hint = f"; near are {', '.join(near)}" if near else ""
        raise BadInput(f"no model `{text}` in the catalogue{hint}")
    return [found]


def _diff(words: list[str], catalogue: Catalogue, arguments: argparse.Namespace) -> int:
    if len(words) != 2:
        raise BadInput("diff compares two: MODEL@LOAD MODEL@LOAD, or MODEL@LOAD LOAD")
    if arguments.load or arguments.assumed:
        raise BadInput("diff takes its loads behind an @, and shows every fact")
    protocol = arguments.protocol or None
    old = modeldiff.profile_at(words[0], catalogue, protocol)
    new = modeldiff.profile_at(words[1], catalogue, protocol, beside=words[0])
    found = modeldiff.differing(old, new)
    if arguments.json:
        sides = {"old": _side(old), "new": _side(new)}
        facts = {each.name: {"old": _fact_json(each.old), "new": _fact_json(each.new)} for each in found}
        print(json.dumps({"schema": SCHEMA, "diff": {**sides, "facts": facts}}, indent=1))
        return 0
    print(f"- {_head(old)}")
    print(f"+ {_head(new)}")
    for each in found:
        print(f"{each.name}")
        for mark, fact in (("-", each.old), ("+", each.new)):
            said = f"{_value(fact)}  [{fact.standing.label}, {fact.source}]" if fact else "not stated"
            print(f"  {mark} {said}")
    print(f"{len(found)} facts differ" if len(found) != 1 else "1 fact differs")
    if not found and old.model == new.model:
        print("the catalogue knows no border between these loads")
    return 0


def _side(profile: Profile) -> dict[str, object]:
    return {"model": profile.model, "load": profile.load, "protocol": profile.protocol}


def _head(profile: Profile) -> str:
    load = profile.load or "newest load"
    if profile.load and parse_load(profile.load) is None:
        load = f"{profile.load} (no numbers to compare: taken as the newest)"
    return f"{profile.name}, {load}"


def _fact_json(fact: Fact[object] | None) -> dict[str, object] | None:
    if fact is None:
        return None
    value = list(fact.value) if isinstance(fact.value, tuple) else fact.value
    return {"value": value, "standing": fact.standing.label, "source": fact.source}


def _value(fact: Fact[object]) -> str:
    value = fact.value
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value)


def _lists(profile: Profile) -> str:
    read = [
        name
        for name, fact in (("CTL", profile.reads_ctl), ("ITL", profile.reads_itl))
        if fact.value is not False
    ]
    unsure = "?" if None in (profile.reads_ctl.value, profile.reads_itl.value) else ""
    return "+".join(read) + unsure if read else "none"


def _print_table(profiles: list[Profile]) -> None:
    rows = [("model", "name", "family", "lists", "TVS", "CTL on screen", "assumed")]
    for profile in profiles:
        assumed = sum(fact.standing is Standing.ASSUMED for fact in profile.facts.values())
        rows.append(
            (
                profile.model,
                profile.name,
                profile.family,
                _lists(profile),
                _value(profile.asks_tvs),
                _value(profile.ctl_screen),
                f"{assumed} of {len(profile.facts)}",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print(f"{len(profiles)} models; `phoneemu models MODEL` shows one, with sources")


def _print_one(profile: Profile, catalogue: Catalogue) -> None:
    title = f"{profile.name} (model {profile.model}, family {profile.family}"
    numbers = ", ".join(str(number) for number in profile.enums)
    print(f"{title}, typemodel {numbers})" + (f", load {profile.load}" if profile.load else ", newest load"))
    for name, fact in profile.facts.items():
        print(f"  {name:28} {_value(fact)}  [{fact.standing.label}, {fact.source}]")
        if fact.note:
            print(f"  {'':28}   {fact.note}")
        if fact.against:
            print(f"  {'':28}   against it: {fact.against}")
    for own in catalogue.files(profile.model):
        if own is not None:
            _print_blocks(own)


def _print_blocks(own: ModelFile) -> None:
    for block in own.firmware:
        since = f"from {load_text(block.since)} " if block.since else ""
        before = f"before {load_text(block.before)} " if block.before else ""
        below = (
            f"(taken to be in use only below release {block.below_release})" if block.below_release else ""
        )
        print(f"  loads {since}{before}{below}".rstrip())
        _print_block(block.facts)
    for block in own.protocols:
        print(f"  with {block.protocol}")
        _print_block(block.facts)


def _print_block(facts: Mapping[str, Fact[object]]) -> None:
    for name, fact in facts.items():
        print(f"    {name:26} {_value(fact)}  [{fact.standing.label}, {fact.source}]")


def _print_assumed(profiles: list[Profile]) -> None:
    """Each assumption once, with the models it is made for."""
    found: dict[tuple[str, str, str], list[str]] = {}
    total = 0
    for profile in profiles:
        for name, fact in profile.facts.items():
            if fact.standing is Standing.ASSUMED:
                total += 1
                found.setdefault((name, _value(fact), fact.note), []).append(profile.model)
    for (name, value, note), models in sorted(found.items()):
        print(f"{name} = {value}")
        print(f"    {note}")
        print(f"    {len(models)} models: {', '.join(models)}")
    print(f"{total} assumed or unknown facts of {len(profiles)} models, {len(found)} distinct")


def _as_json(profile: Profile) -> dict[str, object]:
    return {
        "model": profile.model,
        "name": profile.name,
        "enum": list(profile.enums),
        "family": profile.family,
        "facts": {
            name: {
                "value": list(fact.value) if isinstance(fact.value, tuple) else fact.value,
                "standing": fact.standing.label,
                "source": fact.source,
                **({"note": fact.note} if fact.note else {}),
                **({"against": fact.against} if fact.against else {}),
            }
            for name, fact in profile.facts.items()
        },
    }
