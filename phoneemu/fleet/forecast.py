"""Forecast: what a prediction says, as values.

How it reads is in report and export; how it is made, in predict.
"""

import enum
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import attrs
import polars as pl

from phoneemu.cluster.drive import Boot, World
from phoneemu.core.evidence import Standing
from phoneemu.fleet.assumptions import KNOWN, Assumption
from phoneemu.fleet.listed import Listed
from phoneemu.fleet.outcome import WORST_FIRST, Ending, Outcome, Service, Trust, TrustPath
from phoneemu.fleet.roster import SITE, Roster, as_roster, joined

WHEN_IT_RETURNS = "when it returns"
"""The occasion of a prediction about a phone without power."""
WHEN_SERVICES_RESTART = "when its services restart"
"""The occasion of a prediction about the day on which services restart that the plan left as they were."""


class RemedyKind(enum.Enum):
    """What brings a phone back, from cheapest to dearest."""

    NONE = "none"
    RESET = "reset"
    RESTART_SERVICES = "restart-services"
    UPDATE_CTL = "update-ctl"
    RESET_CTL = "reset-ctl"
    RESET_ITL = "reset-itl"
    IMPORT_SIGNER = "import-signer"
    POINT_TO = "point-to"
    ERASE_CTL = "erase-ctl"
    ERASE_ITL = "erase-itl"
    ERASE_SECURITY = "erase-security"
    FACTORY_RESET = "factory-reset"
    REPLACE_LSC = "replace-lsc"


@attrs.frozen(kw_only=True)
class Remedy:
    """One remedy that was tried on the emulated phone and worked, and how it is done.

    `keys` are the key presses or the commands; "" for none. `standing` is that of the weakest of the key
    presses and of the rulings by which it worked.
    `found` is False when nothing that was tried brought the phone back.
    """

    kind: RemedyKind = RemedyKind.NONE
    keys: str = ""
    standing: Standing = Standing.CAPTURED
    source: str = ""
    found: bool = True


@attrs.frozen(kw_only=True)
class Episode:
    """One boot within the story of a phone. `step` is 1-based, None for the probe after the last step."""

    step: int | None
    occasion: str
    boot: Boot
    world: World
    ending: Ending


@attrs.frozen(kw_only=True)
class Fate:
    """What becomes of every phone of one class, whatever its site.

    `reason` is the kebab-case name of what decided. `lost_at_step` is 1-based, None when the phone is not
    lost; 0 when it was lost before the first step; the step that made it so where its services are to restart
    first. `basis` are ids of assumptions. `note` is one line for
    a person, such as what each candidate load would do.
    """

    model: str
    outcome: Outcome
    trust: Trust
    path: TrustPath
    service: Service
    registered_to: str | None
    secure: bool
    reason: str
    remedy: Remedy
    lost_at_step: int | None
    standing: Standing
    occasion: str
    basis: frozenset[str]
    note: str = ""
    episodes: tuple[Episode, ...] = attrs.field(default=(), repr=False, eq=False)
    cause: Ending | None = attrs.field(default=None, repr=False, eq=False)
    """The end of the start that says why."""

    @property
    def when(self) -> str:
        """Since when it is lost, as it is printed: ` at step 5`; "" when it is not."""
        step, later = self.lost_at_step, ", once services restart" if self.late else ""
        if step is None:
            return later
        return (" before the first step" if step == 0 else f" at step {step}") + self.by + later

    @property
    def by(self) -> str:
        """By which reset, where the step at which it was lost only came before its phones had reset."""
        lost = next((each for each in self.episodes if each.step and each.step == self.lost_at_step), None)
        return "" if lost is None else lost.occasion.removeprefix(f"at step {lost.step}")

    @property
    def late(self) -> bool:
        """Whether this comes true once services restart that the plan left as they were."""
        return self.occasion == WHEN_SERVICES_RESTART


@attrs.frozen(kw_only=True)
class Group:
    """Phones of one class, which share a fate, by site and then as they stand in the exports.

    `example` is one of them: the phone that was emulated, whose story the fate tells.
    """

    fate: Fate
    phones: Roster = attrs.field(repr=False, converter=as_roster)
    example: Listed = attrs.field(default=attrs.Factory(lambda self: self.phones[0], takes_self=True))


def assumed(groups: Iterable[Group]) -> tuple[Assumption, ...]:
    """The assumptions that these phones stand on, those of the most phones first."""
    counted: Counter[str] = Counter()
    for group in groups:
        for known in group.fate.basis:
            counted[known] += len(group.phones)
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return tuple(attrs.evolve(KNOWN[known], phones=count) for known, count in ranked)


@attrs.frozen(kw_only=True)
class Cause:
    """One thing that goes wrong: how phones end, why, since which step, and what helps.

    `because` is a sentence for the reason: the title of the rule that decided, or a note. `example` is the
    first group.
    """

    outcome: Outcome
    reason: str
    step: int | None
    remedy: Remedy
    models: Counter[str]
    example: Group

    @property
    def phones(self) -> int:
        """How many phones it concerns."""
        return self.models.total()

    @property
    def because(self) -> str:
        """Why, as a sentence."""
        fate = self.example.fate
        decisive = fate.cause.decisive if fate.cause is not None else None
        if fate.note or decisive is None:
            return fate.note
        title = decisive.ruling.rule.title
        return f"it is not known whether {title}" if self.outcome is Outcome.CANNOT_SAY else title


@attrs.frozen(kw_only=True)
class Forecast:
    """A whole prediction, worst groups first. `steps` are the runbook's lines as written.

    `refused` names the steps that the cluster refuses, and why; they are among the remarks, too.
    """

    cluster: str
    release: str
    mixed: bool
    steps: tuple[str, ...]
    groups: tuple[Group, ...]
    assumptions: tuple[Assumption, ...] = ()
    remarks: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @cached_property
    def whole(self) -> Roster:
        """The phones of all groups, one group after the other."""
        return joined([each.phones for each in self.groups])

    @cached_property
    def summary(self) -> Mapping[Outcome, int]:
        """Phones by outcome, worst first; every outcome is named."""
        counted: Counter[Outcome] = Counter()
        for group in self.groups:
            counted[group.fate.outcome] += len(group.phones)
        return {outcome: counted[outcome] for outcome in WORST_FIRST}

    @cached_property
    def standings(self) -> Mapping[Standing, int]:
        """Phones by the standing of their prediction, strongest first."""
        counted: Counter[Standing] = Counter()
        for group in self.groups:
            counted[group.fate.standing] += len(group.phones)
        return {standing: counted[standing] for standing in sorted(Standing, reverse=True)}

    @cached_property
    def first_bad_step(self) -> int | None:
        """The first step at which a phone was lost, 0 for before the first; None when none is lost."""
        steps = (group.fate.lost_at_step for group in self.groups)
        return min((step for step in steps if step is not None), default=None)

    @cached_property
    def causes(self) -> tuple[Cause, ...]:
        """What goes wrong: the worst outcomes first, of each the most phones first."""
        found: dict[tuple[Outcome, str, int | None, Remedy, bool], Cause] = {}
        for group in self.groups:
            fate = group.fate
            if fate.outcome is not Outcome.OK:
                key = (fate.outcome, fate.reason, fate.lost_at_step, fate.remedy, fate.late)
                if key not in found:
                    outcome, reason, step, remedy, _ = key
                    found[key] = Cause(
                        outcome=outcome,
                        reason=reason,
                        step=step,
                        remedy=remedy,
                        models=Counter(),
                        example=group,
                    )
                found[key].models[fate.model] += len(group.phones)
        ranked = sorted(found.values(), key=lambda each: (WORST_FIRST.index(each.outcome), -each.phones))
        return tuple(ranked)

    @cached_property
    def by_model(self) -> Mapping[str, Counter[Outcome]]:
        """Phones by model and outcome, the worst models first."""
        counted: dict[str, Counter[Outcome]] = {}
        for group in self.groups:
            counted.setdefault(group.fate.model, Counter())[group.fate.outcome] += len(group.phones)
        return _worst_first(counted)

    @cached_property
    def by_site(self) -> Mapping[str, Counter[Outcome]]:
        """Phones by site and outcome, the worst sites first."""
        outcomes = pl.Series(
            [WORST_FIRST.index(group.fate.outcome) for group in self.groups], dtype=pl.UInt32
        )
        frame = pl.DataFrame({"outcome": outcomes[self.group_of_each], "site": self.whole.frame[SITE]})
        counted: dict[str, Counter[Outcome]] = {}
        for outcome, site, phones in frame.group_by("outcome", "site").len().iter_rows():
            counted.setdefault(self.whole.sites[site], Counter())[WORST_FIRST[outcome]] += phones
        return _worst_first(counted)

    @cached_property
    def remedies(self) -> Mapping[RemedyKind | None, int]:
        """Lost and degraded phones by what brings them back, cheapest first; None: nothing that was tried."""
        counted: Counter[RemedyKind | None] = Counter()
        for group in self.groups:
            fate = group.fate
            if fate.outcome.bad or fate.outcome is Outcome.DEGRADED:
                counted[fate.remedy.kind if fate.remedy.found else None] += len(group.phones)
        return {kind: counted[kind] for kind in (*RemedyKind, None) if counted[kind]}

    @cached_property
    def paths(self) -> Mapping[TrustPath, int]:
        """Phones that are not lost by how their lists were let in."""
        counted: Counter[TrustPath] = Counter()
        for group in self.groups:
            if group.fate.outcome in (Outcome.OK, Outcome.DEGRADED):
                counted[group.fate.path] += len(group.phones)
        return {path: counted[path] for path in TrustPath if counted[path]}

    @property
    def total(self) -> int:
        """How many phones there are."""
        return len(self.whole)

    @property
    def group_of_each(self) -> pl.Series:
        """The number of its group, for each phone of `whole`."""
        sizes = pl.Series([len(group.phones) for group in self.groups], dtype=pl.UInt32)
        numbers = pl.int_range(sizes.len(), dtype=pl.UInt32, eager=True)
        return pl.select(numbers.repeat_by(sizes).explode()).to_series()

    def each(self) -> Iterator[tuple[Listed, Fate]]:
        """Every phone with its fate, worst first."""
        for group in self.groups:
            for phone in group.phones:
                yield phone, group.fate

    def closing_line(self) -> str:
        """`412 phones: 37 out-of-service, ...`."""
        counts = ", ".join(f"{count} {outcome.value}" for outcome, count in self.summary.items())
        return f"{self.total} {'phone' if self.total == 1 else 'phones'}: {counts}"


def _worst_first(counted: Mapping[str, Counter[Outcome]]) -> dict[str, Counter[Outcome]]:
    def badness(item: tuple[str, Counter[Outcome]]) -> tuple[list[int], str]:
        return [-item[1][outcome] for outcome in WORST_FIRST], item[0]

    return dict(sorted(counted.items(), key=badness))
