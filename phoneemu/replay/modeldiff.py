"""What the catalogue says differs between two phones: two loads of a model, or two models."""

import attrs

from phoneemu.catalogue import Catalogue
from phoneemu.core.evidence import Fact
from phoneemu.core.modelfile import parse_load
from phoneemu.core.profile import USUAL, Profile
from phoneemu.errors import BadInput


@attrs.frozen(kw_only=True)
class FactDifference:
    """One fact that the two state otherwise; None on the side that does not state it."""

    name: str
    old: Fact[object] | None
    new: Fact[object] | None


def differing(old: Profile, new: Profile) -> list[FactDifference]:
    """The facts whose values differ, in the order of the files."""
    found = []
    for name in dict.fromkeys((*old.facts, *new.facts)):
        one, other = (each.facts.get(name) or USUAL.get(name) for each in (old, new))
        if (one and one.value) != (other and other.value) or (one is None) is not (other is None):
            found.append(FactDifference(name=name, old=one, new=other))
    return found


def profile_at(text: str, catalogue: Catalogue, protocol: str | None, beside: str = "") -> Profile:
    """The profile that `MODEL@LOAD`, `MODEL` or, for the model of `beside`, a load alone means.

    Raises:
        BadInput: no such model, or nothing that can be read as a load.
    """
    model, at, load = text.partition("@")
    found = catalogue.find(model)
    if found is None and beside and not at and parse_load(text) is not None:
        found, load = catalogue.find(beside.partition("@")[0]), text
    if found is None:
        near = catalogue.nearest(model)
        hint = f"; near are {', '.join(near)}" if near else ""
        raise BadInput(f"no model `{model}` in the catalogue{hint}")
    if at and not load:
        raise BadInput(f"`{text}` names no load behind the @")
    return catalogue.profile(found.model, load or None, protocol)
