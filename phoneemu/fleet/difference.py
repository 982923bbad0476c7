"""What differs between two predictions: the phones whose outcome, reason or remedy is another.

The baseline is a forecast of another runbook on the same snapshot, or an earlier prediction that was kept.
Phones are compared in bulk, by their names in upper case.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

import attrs
import polars as pl

from phoneemu.fleet import report
from phoneemu.fleet.forecast import WHEN_IT_RETURNS, Fate, Forecast, Group, assumed
from phoneemu.fleet.outcome import WORST_FIRST
from phoneemu.fleet.roster import NAME, encodable

NAMED = 3
"""Devices named for each kind of change; the exports have all."""
NOT_FOUND = "not-found"
"""The remedy of a phone that nothing which was tried brought back."""


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


@attrs.frozen(kw_only=True, eq=False)
class Baseline:
    """What a prediction is held against.

    `frame` has a phone's name in upper case, once, and the number of its verdict in `kinds`, which are
    distinct. `note` is to be told where it hardly compares.
    """

    title: str
    frame: pl.DataFrame = attrs.field(repr=False)
    kinds: Sequence[Verdict]
    remarks: frozenset[str] = frozenset()
    note: str = ""


def verdict_of(fate: Fate) -> Verdict:
    """What is compared of phones with this fate."""
    remedy = fate.remedy.kind.value if fate.remedy.found else NOT_FOUND
    returns = fate.occasion == WHEN_IT_RETURNS
    return Verdict(fate.outcome.value, fate.reason, remedy, fate.standing.label, returns)


_WAS, _NOW, _GROUP, _ROW = "was", "now", "group", "row"


def baseline_of(forecast: Forecast, title: str, note: str = "") -> Baseline:
    """Another forecast as a baseline."""
    kinds: dict[Verdict, int] = {}
    codes = [kinds.setdefault(verdict_of(group.fate), len(kinds)) for group in forecast.groups]
    frame = _frame(forecast.whole.frame[NAME], pl.Series(codes, dtype=pl.Int64)[forecast.group_of_each])
    remarks = frozenset(forecast.remarks)
    return Baseline(title=title, frame=frame, kinds=tuple(kinds), remarks=remarks, note=note)


def baseline_from(
    verdicts: Verdicts, title: str, remarks: frozenset[str] = frozenset(), note: str = ""
) -> Baseline:
    """Verdicts by name as a baseline."""
    kinds: dict[Verdict, int] = {}
    codes = [kinds.setdefault(verdict, len(kinds)) for verdict in verdicts.values()]
    names = pl.Series([encodable(name) for name in verdicts], dtype=pl.String)
    frame = _frame(names, pl.Series(codes, dtype=pl.Int64))
    return Baseline(title=title, frame=frame, kinds=tuple(kinds), remarks=remarks, note=note)


def _frame(names: pl.Series, codes: pl.Series) -> pl.DataFrame:
    frame = pl.DataFrame({NAME: names.str.to_uppercase(), _WAS: codes})
    return frame.unique(NAME, keep="first", maintain_order=True)


@attrs.frozen(kw_only=True)
class Change:
    """Phones of one class of which the baseline says one thing, and not what is said now.

    `was` is None where it has none of them.
    """

    group: Group
    was: Verdict | None

    @cached_property
    def now(self) -> Verdict:
        """What is said of them now."""
        return verdict_of(self.group.fate)

    @property
    def was_text(self) -> str:
        """What the baseline says, as a person reads it."""
        return "not in the baseline" if self.was is None else self.was.text

    @property
    def turn(self) -> int:
        """Below 0 where they end worse than in the baseline, above it where better."""
        return 0 if self.was is None else _RANK[self.now.outcome] - _RANK[self.was.outcome]


@attrs.frozen(kw_only=True)
class Difference:
    """A forecast against a baseline: what changed, worst first, and the names that only the baseline has."""

    baseline: Baseline
    whole: Forecast
    changes: tuple[Change, ...]
    gone: tuple[str, ...]

    @cached_property
    def told(self) -> Forecast:
        """The forecast with none but the phones that differ; its groups are those of the changes."""
        groups = tuple(each.group for each in self.changes)
        return attrs.evolve(self.whole, groups=groups, assumptions=assumed(groups))

    @property
    def worse(self) -> int:
        """How many phones end worse than before."""
        return self._count(lambda each: each.turn < 0)

    @property
    def better(self) -> int:
        """How many phones end better than before."""
        return self._count(lambda each: each.turn > 0)

    @property
    def otherwise(self) -> int:
        """How many phones end as before, for another reason or with another remedy."""
        return self._count(lambda each: each.was is not None and not each.turn)

    @property
    def new(self) -> int:
        """How many phones the baseline does not have."""
        return self._count(lambda each: each.was is None)

    @property
    def same(self) -> int:
        """How many phones are predicted as in the baseline."""
        return self.whole.total - self.told.total

    def _count(self, wanted: Callable[[Change], bool]) -> int:
        return sum(len(each.group.phones) for each in self.changes if wanted(each))

    @property
    def counts(self) -> str:
        """Every phone once: the numbers add up to the fleet, and those that have left it stand behind."""
        phones = "phone" if self.worse == 1 else "phones"
        new = f", {self.new} new" if self.new else ""
        gone = f"; {len(self.gone)} in the baseline only" if self.gone else ""
        told = f"{self.worse} {phones} worse, {self.better} better, {self.otherwise} otherwise"
        return f"{told}, {self.same} as in the baseline{new}{gone}"

    @property
    def by_verdict(self) -> Sequence[tuple[Sequence[Change], Counter[str]]]:
        """The changes from one verdict to one other with their phones by model, the worst first."""
        found: dict[tuple[Verdict | None, Verdict], list[Change]] = {}
        for each in self.changes:
            found.setdefault((each.was, each.now), []).append(each)
        counted = []
        for those in found.values():
            models: Counter[str] = Counter()
            for each in those:
                models[each.group.fate.model] += len(each.group.phones)
            counted.append((those, models))
        return sorted(counted, key=_badness)


def _badness(alike: tuple[Sequence[Change], Counter[str]]) -> tuple[int, int, str, Verdict]:
    first = alike[0][0]
    return _RANK[first.now.outcome], -alike[1].total(), first.was_text, first.now


def compare(before: Baseline, after: Forecast) -> Difference:
    """The phones that are predicted otherwise now."""
    codes = {verdict: code for code, verdict in enumerate(before.kinds)}
    agreed = pl.Series([codes.get(verdict_of(each.fate), -1) for each in after.groups], dtype=pl.Int64)
    group, names = after.group_of_each, after.whole.frame[NAME].str.to_uppercase()
    rows = pl.DataFrame({NAME: names, _GROUP: group, _NOW: agreed[group]}).with_row_index(_ROW)
    both = rows.join(before.frame, on=NAME, how="left", maintain_order="left")
    differ = both.filter(pl.col(_WAS).is_null() | (pl.col(_WAS) != pl.col(_NOW)))
    changes = []
    for (at, was), part in differ.select(_GROUP, _WAS, _ROW).group_by(_GROUP, _WAS, maintain_order=True):
        phones = after.whole.ordered(part[_ROW])
        fate = after.groups[int(str(at))].fate
        verdict = None if was is None else before.kinds[int(str(was))]
        changes.append(Change(group=Group(fate=fate, phones=phones), was=verdict))
    gone: list[str] = []
    if both[_WAS].len() - both[_WAS].null_count() < before.frame.height:
        gone = before.frame.join(rows, on=NAME, how="anti", maintain_order="left")[NAME].to_list()
    return Difference(baseline=before, whole=after, changes=tuple(changes), gone=tuple(gone))


def lines(difference: Difference) -> Iterator[str]:
    """The differences for a person, the worst changes first, and nothing of what is as in the baseline."""
    whole = difference.whole
    yield f"against the baseline {difference.baseline.title}"
    for those, models in difference.by_verdict:
        first = those[0]
        before = "new:" if first.was is None else f"{first.was.text} ->"
        yield f"{models.total():>6}  {before} {first.now.text}"
        named = [phone.name for each in those for phone in each.group.phones[:NAMED]][:NAMED]
        counted = ", ".join(f"{count} x {model}" for model, count in sorted(models.items()))
        yield f"        {counted}; such as {', '.join(named)}"
    if difference.gone:
        more = " ..." if len(difference.gone) > NAMED else ""
        names = ", ".join(difference.gone[:NAMED])
        yield f"{len(difference.gone):>6}  in the baseline only: {names}{more}"
    yield difference.counts
    yield ""
    yield "what is as in the baseline is not told; --csv, --json and --html name every phone that differs"
    yield ""
    yield from report.refused(whole)
    yield from report.remarks([each for each in whole.remarks if each not in difference.baseline.remarks])
    yield whole.closing_line()
