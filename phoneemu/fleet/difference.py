"""What differs between two predictions: the phones whose outcome, reason or remedy is another.

The baseline is a forecast of another runbook on the same snapshot, or the JSON of an earlier prediction.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

from phoneemu.core import limits
from phoneemu.errors import BadInput
from phoneemu.files import read_head, read_text
from phoneemu.fleet.export import SCHEMA
from phoneemu.fleet.forecast import WHEN_IT_RETURNS, Fate, Forecast
from phoneemu.fleet.outcome import WORST_FIRST, Outcome

NAMED = 3
"""Devices named for each kind of change."""


@attrs.frozen(order=True)
class Verdict:
    """What is compared of one phone."""

    outcome: str
    reason: str
    remedy: str
    standing: str = attrs.field(default="", eq=False)
    """How well it was known; not compared."""
    returns: bool = attrs.field(default=False, eq=False)
    """Whether it speaks of the day a phone without power comes back; not compared."""

    @property
    def text(self) -> str:
        """As a person reads it."""
        helps = "" if self.remedy in ("none", "") else f", {self.remedy}"
        return f"{self.outcome} ({self.reason}{helps})"


Verdicts = Mapping[str, Verdict]
_RANK = {outcome.value: rank for rank, outcome in enumerate(WORST_FIRST)}


@attrs.frozen(kw_only=True)
class Difference:
    """Phones that changed, by (before, after, model); and those that stand in one prediction only."""

    changed: Mapping[tuple[Verdict, Verdict, str], tuple[str, ...]]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    same: int

    @property
    def worse(self) -> int:
        """How many phones end worse than before."""
        return sum(
            len(devices)
            for (before, after, _), devices in self.changed.items()
            if _RANK[after.outcome] < _RANK[before.outcome]
        )

    @property
    def better(self) -> int:
        """How many phones end better than before."""
        return sum(
            len(devices)
            for (before, after, _), devices in self.changed.items()
            if _RANK[after.outcome] > _RANK[before.outcome]
        )


def verdict_of(fate: Fate) -> Verdict:
    """What is compared of phones with this fate."""
    remedy = fate.remedy.kind.value if fate.remedy.found else "not-found"
    returns = fate.occasion == WHEN_IT_RETURNS
    return Verdict(fate.outcome.value, fate.reason, remedy, fate.standing.label, returns)


def verdicts_of(forecast: Forecast) -> dict[str, Verdict]:
    """Each phone's verdict by upper-case name."""
    found: dict[str, Verdict] = {}
    for group in forecast.groups:
        verdict = verdict_of(group.fate)
        found.update((phone.name.upper(), verdict) for phone in group.phones)
    return found


@attrs.frozen(kw_only=True)
class Kept:
    """An earlier prediction; `cluster` "" when it does not say of which."""

    cluster: str
    verdicts: Mapping[str, Verdict]

    def strange_to(self, cluster: str) -> str:
        """What to tell when it is of a cluster of another name; "" when it is not."""
        if not self.cluster or self.cluster.lower() == cluster.lower():
            return ""
        return f"the prediction is of cluster {self.cluster}, and this snapshot is of {cluster}"


def read_verdicts(path: Path) -> Mapping[str, Verdict]:
    """The verdicts of an earlier `predict --json`, as `read_prediction`."""
    return read_prediction(path).verdicts


def read_prediction(path: Path) -> Kept:
    """What an earlier `predict --json` says.

    Raises:
        BadInput: it is none, or of another schema.
        OSError: it cannot be read.
    """
    try:
        said = json.loads(read_text(path, limits.PREDICTION_BYTES))
        schema = said["schema"]
        if schema != SCHEMA:
            raise BadInput(
                f"schema {schema} of a prediction is not known; this reads {SCHEMA}", place=str(path)
            )
        verdicts = {str(each["device"]).upper(): _verdict(each) for each in said["phones"]}
        return Kept(cluster=str(said.get("cluster", "")), verdicts=verdicts)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadInput("not the JSON of a prediction", place=str(path)) from error


def _verdict(phone: Mapping[str, object]) -> Verdict:
    outcome = Outcome(str(phone["outcome"])).value
    remedy = "not-found" if phone.get("remedy_found") is False else str(phone["remedy"])
    returns = phone.get("occasion") == WHEN_IT_RETURNS
    return Verdict(outcome, str(phone["reason"]), remedy, str(phone.get("standing", "")), returns)


def is_prediction(path: Path) -> bool:
    """Whether a file is the JSON of a prediction rather than a runbook.

    Raises:
        BadInput: it is empty, and so neither; what wrote it has failed.
        OSError: it cannot be read.
    """
    start = read_head(path, 64)
    if not start:
        raise BadInput("the file is empty: neither a runbook nor a prediction", place=str(path))
    return start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def compare(before: Verdicts, after: Forecast) -> Difference:
    """The phones that are predicted otherwise now."""
    changed: dict[tuple[Verdict, Verdict, str], list[str]] = {}
    only_after: list[str] = []
    seen: set[str] = set()
    same = 0
    for group in after.groups:
        now = verdict_of(group.fate)
        for phone in group.phones:
            name = phone.name.upper()
            seen.add(name)
            was = before.get(name)
            if was is None:
                only_after.append(phone.name)
            elif was == now:
                same += 1
            else:
                changed.setdefault((was, now, group.fate.model), []).append(phone.name)
    return Difference(
        changed={key: tuple(devices) for key, devices in changed.items()},
        only_before=tuple(name for name in before if name not in seen),
        only_after=tuple(only_after),
        same=same,
    )


def lines(difference: Difference) -> Iterator[str]:
    """The differences for a person, the worst changes first."""
    yield "against the baseline"
    by_change: dict[tuple[Verdict, Verdict], dict[str, tuple[str, ...]]] = {}
    for (before, after, model), devices in difference.changed.items():
        by_change.setdefault((before, after), {})[model] = devices
    ranked = sorted(
        by_change.items(), key=lambda item: (_RANK[item[0][1].outcome], -_count(item[1]), item[0])
    )
    for (before, after), models in ranked:
        yield f"{_count(models):>6}  {before.text} -> {after.text}"
        named = [device for devices in models.values() for device in devices][:NAMED]
        told = ", ".join(f"{len(devices)} x {model}" for model, devices in sorted(models.items()))
        yield f"        {told}; such as {', '.join(named)}"
    for what, names in (("in the baseline only", difference.only_before), ("new", difference.only_after)):
        if names:
            yield f"{len(names):>6}  {what}: {', '.join(names[:NAMED])}{' ...' if len(names) > NAMED else ''}"
    yield f"{difference.worse} phones worse, {difference.better} better, {difference.same} as in the baseline"
    yield ""


def _count(models: Mapping[str, tuple[str, ...]]) -> int:
    return sum(len(devices) for devices in models.values())
