"""Phone filters as a runbook writes them, made to match models however they are spelled.

`model = 7960`, `model = "Cisco 7960"` and `model = 7` (its number) all mean one model. A glob is compared
with the catalogue's name of the model, such as `79*`.
"""

import attrs

from phoneemu.catalogue import Catalogue
from phoneemu.cluster import runbook
from phoneemu.cluster.runbook import Condition, PhoneFilter
from phoneemu.errors import BadInput

OF_ONE_DEVICE = frozenset({"name", "percent"})
"""What phones that share everything but their name may differ by."""


def normalised(chosen: PhoneFilter, models: Catalogue) -> PhoneFilter:
    """The same filter with models named as in the catalogue."""
    return attrs.evolve(chosen, conditions=tuple(_named(each, models) for each in chosen.conditions))


def _named(condition: Condition, models: Catalogue) -> Condition:
    if condition.field != "model" or condition.operator == "matches":
        return condition
    known = models.find(condition.value)
    return condition if known is None else attrs.evolve(condition, value=known.model)


def parse(text: str, place: str, models: Catalogue) -> PhoneFilter:
    """Read a filter outside a runbook: what would follow `phones where`.

    Raises:
        BadInput: it is no filter; names `place`.
    """
    step = runbook.parse_line(f"phones where {text} reset", place=place, number=0)
    if step.where is None:
        raise BadInput(f"`{text}` is no filter", place=place)
    return normalised(step.where, models)
