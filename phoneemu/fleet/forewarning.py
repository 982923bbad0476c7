"""What a prediction says besides the outcomes: what a plan leaves undone, what phones that end well lean on.

Each line is counted over all phones; nothing here changes an outcome.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from phoneemu.fleet import pending
from phoneemu.fleet.assumptions import KNOWN, LSC_BEFORE
from phoneemu.fleet.classes import Kind
from phoneemu.fleet.forecast import Fate, RemedyKind
from phoneemu.fleet.outcome import WORST_FIRST, Outcome, serving_node
from phoneemu.fleet.plan import Plan


def of_fates(fates: Sequence[Fate], counts: Mapping[int, int]) -> Iterator[str]:
    """What the ends of all phones give cause to say; `counts` has how many phones share each fate."""
    yield from _left_behind(fates, counts)
    yield from _former_lscs(fates, counts)
    yield from _contradicted(fates, counts)


def unmeant(plan: Plan, kinds: Sequence[Kind]) -> Iterator[str]:
    """Steps that are for no phone at all: a filter with a typing error would pass in silence."""
    meant = frozenset[int]().union(*(kind.matches for kind in kinds))
    for stage in plan.stages:
        chosen = None if stage.move is None else stage.move.filter
        if chosen is not None and chosen not in meant:
            step = plan.steps[stage.number - 1]
            yield f"step {stage.number} is for no phone: nothing in the exports matches `{step}`"


def left_undone(plan: Plan, fates: Sequence[Fate], counts: Mapping[int, int]) -> Iterator[str]:
    """Services that the plan leaves to be restarted some day, and what becomes of phones then."""
    if not plan.pending:
        return
    worse: Counter[Outcome] = Counter()
    back = 0
    for number, fate in enumerate(fates):
        if fate.late:
            worse[fate.outcome] += counts[number]
        elif fate.remedy.kind is RemedyKind.RESTART_SERVICES:
            back += counts[number]
    told = ", ".join(f"{worse[outcome]} {outcome.value}" for outcome in WORST_FIRST if worse[outcome])
    ends = f"once they and then phones restart, {told}" if told else "no phone is worse off once they do"
    ends += f"; {back} phones are well again once they and then phones restart" if back else ""
    yield (
        f"the plan ends with services that do not yet run with what it changed, because no later step "
        f"restarts them: {pending.words(plan.pending)}; {ends}"
    )


def _left_behind(fates: Sequence[Fate], counts: Mapping[int, int]) -> Iterator[str]:
    """Phones that end well and keep a CTL that nobody serves: well until the next renewal [MIX118892]."""
    count = 0
    for number, fate in enumerate(fates):
        if fate.outcome in (Outcome.OK, Outcome.DEGRADED) and fate.episodes:
            last = fate.episodes[-1]
            node = serving_node(last.boot.station, last.world)
            if last.boot.station.flash.ctl is not None and node is not None and node.ctl is None:
                count += counts[number]
    if count:
        yield f"{count} phones keep a CTL that no node serves any more; later renewals break them [MIX118892]"


def _former_lscs(fates: Sequence[Fate], counts: Mapping[int, int]) -> Iterator[str]:
    """Secure phones that keep an LSC of the CAPF before: well as long as that is trusted [TS225746]."""
    kept = [number for number, fate in enumerate(fates) if LSC_BEFORE.id in fate.basis]
    if kept:
        count = sum(counts[number] for number in kept)
        yield (
            f"{count} secure phones keep an LSC of the CAPF before its renewal; give each a new one while "
            "that CAPF is still trusted [TS225746]"
        )


def _contradicted(fates: Sequence[Fate], counts: Mapping[int, int]) -> Iterator[str]:
    """Phones whose prediction stands on something that a source says otherwise."""
    counted: Counter[str] = Counter()
    for number, fate in enumerate(fates):
        for known in fate.basis:
            if KNOWN[known].against:
                counted[known] += counts[number]
    for known, count in sorted(counted.items()):
        yield f"{count} phones: {KNOWN[known].text}; against it: {KNOWN[known].against}"
