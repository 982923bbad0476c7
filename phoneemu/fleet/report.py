"""A forecast for a person at a terminal: worst first, few words, every assumption counted."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from phoneemu.fleet.forecast import Cause, Fate, Forecast, RemedyKind
from phoneemu.fleet.outcome import WORST_FIRST, Outcome, TrustPath
from phoneemu.fleet.remarks import told

REASONS_SHOWN = 12
ROWS_SHOWN = 25

Paint = Callable[[str, Outcome], str]

_COLOURS = {
    Outcome.OUT_OF_SERVICE: "31;1",
    Outcome.STUCK: "31",
    Outcome.CANNOT_SAY: "35",
    Outcome.DEGRADED: "33",
    Outcome.OK: "32",
}


def plain(text: str, _outcome: Outcome) -> str:
    """No colours: for files, pipes and tests."""
    return text


def coloured(text: str, outcome: Outcome) -> str:
    """ANSI colours, for a terminal only."""
    return f"\x1b[{_COLOURS[outcome]}m{text}\x1b[0m"


def lines(forecast: Forecast, paint: Paint = plain) -> Iterator[str]:
    """The whole report, line by line."""
    mode = "mixed mode" if forecast.mixed else "non-secure mode"
    yield f"{forecast.cluster}, release {forecast.release}, {mode}, {forecast.total} phones"
    yield ""
    yield "runbook"
    for number, step in enumerate(forecast.steps, 1):
        yield f"  {number:>2}  {step}"
    yield from refused(forecast)
    yield from _first_bad(forecast)
    yield ""
    yield from _causes(forecast, paint)
    yield from _ways(forecast)
    yield from _table("by model", forecast.by_model, paint)
    yield from _table("by site", forecast.by_site, paint)
    yield from _assumptions(forecast)
    yield from remarks(forecast.remarks)
    yield (
        ", ".join(f"{count} {standing.label}" for standing, count in forecast.standings.items() if count)
        + ": how well each prediction is known, by its weakest fact"
    )
    yield ""
    yield forecast.closing_line()


def refused(forecast: Forecast) -> Iterator[str]:
    """Steps that come to nothing: the prediction is of the others."""
    if forecast.refused:
        yield f"{len(forecast.refused)} of {len(forecast.steps)} steps refused: nothing is changed by"
        yield from (f"  {each}" for each in forecast.refused)


def _first_bad(forecast: Forecast) -> Iterator[str]:
    first = forecast.first_bad_step
    if first == 0:
        yield "some phones are lost before the first step"
    elif first is not None:
        those = [group.fate.late for group in forecast.groups if group.fate.lost_at_step == first]
        when = ", once services restart" if all(those) else ""
        yield f"the first phones are lost at step {first}{when}: {forecast.steps[first - 1]}"


def _causes(forecast: Forecast, paint: Paint) -> Iterator[str]:
    """What goes wrong, by reason, with one phone to look at and what helps."""
    if not forecast.causes:
        return
    yield "what goes wrong, worst first"
    width = max(6, len(str(forecast.total)))
    shown, left = chosen(forecast.causes, REASONS_SHOWN)
    for cause in shown:
        fate = cause.example.fate
        counted = f"{cause.phones:>{width}}"
        yield f"{paint(f'{counted} {cause.outcome.value}', cause.outcome)}{fate.when}: {cause.reason}"
        yield f"         {_models(cause.models)}"
        yield f"         such as {cause.example.example.name}; remedy: {_remedy(fate)}"
        if fate.note:
            yield f"         {fate.note}"
    if left:
        yield f"         and {left_words(left)}; --json and --csv have them all"
    yield ""


def chosen(causes: Sequence[Cause], most: int) -> tuple[Sequence[Cause], Sequence[Cause]]:
    """The worst causes, but the first of each outcome always; and those that are left."""
    firsts = {cause.outcome: number for number, cause in reversed(list(enumerate(causes)))}
    others = (number for number in range(len(causes)) if number not in firsts.values())
    taken = {*firsts.values(), *islice(others, max(most - len(firsts), 0))}
    numbered = list(enumerate(causes))
    return [each for at, each in numbered if at in taken], [each for at, each in numbered if at not in taken]


def left_words(left: Sequence[Cause]) -> str:
    """How many kinds, and phones by outcome, a report leaves out."""
    counted: Counter[Outcome] = Counter()
    for cause in left:
        counted[cause.outcome] += cause.phones
    phones = ", ".join(f"{counted[outcome]:,} {outcome.value}" for outcome in WORST_FIRST if counted[outcome])
    kinds, total = "kind" if len(left) == 1 else "kinds", counted.total()
    return f"{len(left):,} more {kinds} with {total:,} {'phone' if total == 1 else 'phones'} ({phones})"


WAYS: Sequence[tuple[str, tuple[RemedyKind | None, ...]]] = (
    ("by a reset alone", (RemedyKind.RESET,)),
    ("by the services that the plan left to be restarted", (RemedyKind.RESTART_SERVICES,)),
    ("by the CTL, written anew", (RemedyKind.UPDATE_CTL,)),
    ("by the other key of the CTL (utils ctl reset)", (RemedyKind.RESET_CTL,)),
    ("by the other key of the ITL (utils itl reset)", (RemedyKind.RESET_ITL,)),
    ("by a certificate that their TVS learns", (RemedyKind.IMPORT_SIGNER,)),
    ("by a TFTP server that answers", (RemedyKind.POINT_TO,)),
    ("by a new LSC", (RemedyKind.REPLACE_LSC,)),
    (
        "only by hand at the phone: erase or factory reset",
        (
            RemedyKind.ERASE_CTL,
            RemedyKind.ERASE_ITL,
            RemedyKind.ERASE_SECURITY,
            RemedyKind.FACTORY_RESET,
        ),
    ),
    ("by nothing that was tried", (None, RemedyKind.NONE)),
)
"""What brings phones back, in words, and the remedies meant."""
LET_IN: Mapping[TrustPath, str] = {
    TrustPath.TVS: "by the word of a TVS",
    TrustPath.LISTED_SIGNER: "by a signer that they knew",
    TrustPath.FIRST_TRUST: "by first trust, because they held none",
    TrustPath.UNCHANGED: "not at all: the lists they hold did not change",
}
"""How lists were let in, in words."""


def ways(forecast: Forecast) -> Iterator[tuple[str, int]]:
    """What brings phones back, in words, and how many."""
    for words, kinds in WAYS:
        count = sum(forecast.remedies.get(kind, 0) for kind in kinds)
        if count:
            yield words, count


def _ways(forecast: Forecast) -> Iterator[str]:
    """What brings phones back, and how the others came to hold what they hold."""
    if forecast.remedies:
        yield "what brings back those that are lost or degraded"
        yield from (f"{count:>6}  {words}" for words, count in ways(forecast))
        yield ""
    if forecast.paths:
        yield "how the others took their lists"
        yield from (f"{count:>6}  {LET_IN[path]}" for path, count in forecast.paths.items())
        yield ""


def _models(counted: Counter[str]) -> str:
    named = [f"{count} x {model}" for model, count in counted.most_common(6)]
    return ", ".join(named) + (f" and {len(counted) - 6} more models" if len(counted) > 6 else "")


def _remedy(fate: Fate) -> str:
    if not fate.remedy.found:
        return "none of those tried brought it back"
    return fate.remedy.kind.value + (f" ({fate.remedy.keys})" if fate.remedy.keys else "")


def _table(title: str, counts: Mapping[str, Counter[Outcome]], paint: Paint) -> Iterator[str]:
    width = min(max([len(name) for name in counts] + [len(title)]), 44)
    columns = [outcome.value for outcome in WORST_FIRST]
    yield f"{title:<{width}}  " + "  ".join(columns)
    ranked = list(counts.items())
    for name, counted in ranked[:ROWS_SHOWN]:
        cells = []
        for outcome in WORST_FIRST:
            text = f"{counted[outcome] or '.':>{len(outcome.value)}}"
            cells.append(paint(text, outcome) if counted[outcome] else text)
        yield f"{_clipped(name or '(none)', width):<{width}}  " + "  ".join(cells)
    if len(ranked) > ROWS_SHOWN:
        yield f"and {len(ranked) - ROWS_SHOWN} more rows; --json and --csv have them all"
    yield ""


def _clipped(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _assumptions(forecast: Forecast) -> Iterator[str]:
    if not forecast.assumptions:
        return
    yield "assumed, because no export says"
    width = max(6, len(str(forecast.total)))
    for each in forecast.assumptions:
        yield f"{each.phones:>{width}} phones  {each.text}"
        yield f"               settled by {each.settles}"
    yield ""


def remarks(said: Sequence[str]) -> Iterator[str]:
    """What exports and steps gave reason to say, up to a number."""
    if not said:
        return
    yield "remarks"
    yield from (f"  {remark}" for remark in told(said, ROWS_SHOWN))
    yield ""
