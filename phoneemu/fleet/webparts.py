"""The parts of the web page that show numbers: tiles, bars and tables, as text of HTML.

Every text that comes from an export passes through `escape`; nothing sets a style, so that the page's policy
can forbid styles and scripts other than its own. A bar is drawn as SVG, whose sizes are attributes.
"""

import html
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from phoneemu.core.evidence import Standing
from phoneemu.core.plaintext import shown
from phoneemu.fleet import report
from phoneemu.fleet.assumptions import Assumption
from phoneemu.fleet.difference import Change, Difference
from phoneemu.fleet.forecast import Cause, Forecast, Remedy
from phoneemu.fleet.outcome import WORST_FIRST, Outcome
from phoneemu.fleet.prechecks import Problem
from phoneemu.fleet.remarks import told

ROWS = 15
"""Rows of a chart that are seen at once; more unfold."""
MOST_ROWS = 200
"""Most rows of a chart; the exports have all."""
CAUSES = 100
REMARKS = 40
_UNITS = 1_000
"""How wide a bar is, in its own units."""

MEANINGS: Mapping[Outcome, str] = {
    Outcome.OUT_OF_SERVICE: "cannot register",
    Outcome.STUCK: "refuses every new list and configuration until somebody helps it; registered somewhere, "
    "unless it says that this is not known",
    Outcome.CANNOT_SAY: "a fact is missing; it is named, with what would settle it",
    Outcome.DEGRADED: "registered, but a named function is broken",
    Outcome.OK: "follows the change and is registered",
}
STANDINGS: Mapping[Standing, str] = {
    Standing.CAPTURED: "a recording of a real phone shows it",
    Standing.DOCUMENTED: "a manual, technical note or release note says it",
    Standing.REPORTED: "a post, blog, lab note or tool says it",
    Standing.INFERRED: "deduced from documented facts, with the reason",
    Standing.ASSUMED: "nobody says it; what would settle it is named",
}


def escape(text: str) -> str:
    """Text of an export as text of HTML: it neither marks up nor controls anything; its lines stay lines."""
    return html.escape("\n".join(map(shown, text.split("\n"))))


def word(text: str, kind: str = "") -> str:
    """A coloured word with its sign; `kind` is its class, the text itself unless given."""
    return f'<span class="word {escape(kind or text)}">{escape(text)}</span>'


def tiles(forecast: Forecast) -> str:
    """One tile an outcome: how many phones, what share, and what it means."""
    return "".join(
        f'<li class="{outcome.value}"><b>{count:,}</b>{word(outcome.value)}'
        f"<span>{_share(count, forecast.total)}: {escape(MEANINGS[outcome])}</span></li>"
        for outcome, count in forecast.summary.items()
    )


def _share(count: int, total: int) -> str:
    if not count or not total:
        return "none"
    share = 100 * count / total
    return "less than 0.1%" if share < 0.1 else f"{share:.1f}%".replace(".0%", "%")


def bar(counts: Mapping[Outcome, int], most: int, *, whole: bool = False) -> str:
    """Phones by outcome as a bar; `most` phones are its full width."""
    named = [f"{counts[each]:,} {each.value}" for each in WORST_FIRST if counts.get(each)]
    said = ", ".join(named) or "no phone"
    parts, at = [], 0.0
    for outcome in WORST_FIRST:
        if counts.get(outcome):
            width = max(counts[outcome] / most * _UNITS, 3)
            parts.append(f'<rect class="{outcome.value}" x="{at:.0f}" width="{width:.0f}" height="10"/>')
            at += width
    size = f'viewBox="0 0 {max(_UNITS, round(at))} 10" preserveAspectRatio="none"'
    attributes = ' class="whole"' if whole else ""
    return (
        f'<svg{attributes} {size} role="img" aria-label="{said}"><title>{said}</title>{"".join(parts)}</svg>'
    )


def legend() -> str:
    """What the colours of the bars mean."""
    square = '<svg viewBox="0 0 10 10" aria-hidden="true"><rect class="{}" width="10" height="10"/></svg>'
    items = "".join(f"<li>{square.format(each.value)}{each.value}</li>" for each in WORST_FIRST)
    return f'<ul class="legend">{items}</ul>'


def chart(counts: Mapping[str, Counter[Outcome]], key: str, linked: frozenset[str]) -> str:
    """Bars of phones by outcome, worst first; those whose phones the table has lead there by `key`."""
    if not counts:
        return "<p>No phones.</p>"
    most = max(count.total() for count in counts.values())
    rows = [_row(name, count, most, key if name in linked else "") for name, count in counts.items()]
    shown, unfolded = rows[:ROWS], rows[ROWS:MOST_ROWS]
    head = f"<thead><tr><th>{key}</th><th>phones</th><th class=number>need attention</th></tr></thead>"
    table = f'<table class="bars">{head}<tbody>{"".join(shown)}</tbody></table>'
    if unfolded:
        left = len(rows) - MOST_ROWS
        more = f"<p class=soft>and {left:,} more; the CSV and the JSON have them all</p>" if left > 0 else ""
        table += (
            f'<details class="more"><summary>{len(unfolded):,} more of {len(rows):,} {key}s</summary>'
            f'<table class="bars">{"".join(unfolded)}</table>{more}</details>'
        )
    return table


def _row(name: str, counts: Counter[Outcome], most: int, key: str) -> str:
    said = escape(name or "(none)")
    shown = f'<a href="#{key}={quote(name, safe="")}">{said}</a>' if key else said
    lost = counts.total() - counts[Outcome.OK]
    number = f"{lost:,} of {counts.total():,}" if lost else f"none of {counts.total():,}"
    return (
        f'<tr><td class="name">{shown}</td><td class="bar">{bar(counts, most)}</td>'
        f'<td class="number">{number}</td></tr>'
    )


def plan(forecast: Forecast) -> str:
    """The steps, and at each the phones that it loses."""
    lost: dict[int | None, Counter[Outcome]] = {}
    for group in forecast.groups:
        if group.fate.outcome is not Outcome.OK:
            at = group.fate.lost_at_step if group.fate.outcome.bad else None
            lost.setdefault(at, Counter())[group.fate.outcome] += len(group.phones)
    most = max((count.total() for count in lost.values()), default=1)
    steps: list[tuple[str, str, int | None]] = (
        [("", "<em>before the first step</em>", 0)] if 0 in lost else []
    )
    steps += [(str(at), f"<code>{escape(text)}</code>", at) for at, text in enumerate(forecast.steps, 1)]
    if None in lost:
        steps.append(("", "<em>at no step: degraded, or nothing can be said</em>", None))
    rows = []
    for number, text, at in steps:
        counts = lost.get(at, Counter())
        first = ' class="first"' if at is not None and at == forecast.first_bad_step else ""
        said = f"{counts.total():,}" + (" lost" if at is not None else "") if counts else "–"
        shown = bar(counts, most) if counts else ""
        rows.append(
            f'<tr{first}><td class="name">{number}{". " if number else ""}{text}</td>'
            f'<td class="bar">{shown}</td><td class="number">{said}</td></tr>'
        )
    head = "<thead><tr><th>step</th><th>phones lost at it</th><th class=number></th></tr></thead>"
    return f'<table class="bars plan">{head}<tbody>{"".join(rows)}</tbody></table>'


def remedy_words(remedy: Remedy) -> str:
    """What helps, in words."""
    if not remedy.found:
        return "none of those tried brought it back"
    return remedy.kind.value + (f" ({remedy.keys})" if remedy.keys else "")


def step_words(step: int | None) -> str:
    """When phones are lost, in words."""
    return "at no step" if step is None else "before the first step" if step == 0 else f"step {step}"


def causes(found: Sequence[Cause]) -> str:
    """A table of what goes wrong, worst first."""
    if not found:
        return "<p>Nothing: every phone follows the change.</p>"
    heads = ("outcome", "why", "lost", "models", "what helps")
    head = '<th class="number phones">phones</th>'
    head += "".join(f'<th class="{each.split()[-1]}">{each}</th>' for each in heads)
    those, left = report.chosen(found, CAUSES)
    rows = "".join(_cause(each) for each in those)
    more = f"<p class=soft>and {report.left_words(left)}</p>" if left else ""
    return f'<table class="stack causes"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}'


def _cause(cause: Cause) -> str:
    remedy = escape(remedy_words(cause.remedy))
    if cause.remedy.found and cause.remedy.keys:
        remedy += f' <span class="soft small">[{cause.remedy.standing.label}]</span>'
    because = f'<br><span class="soft small">{escape(cause.because)}</span>' if cause.because else ""
    return (
        f'<tr><td class="number head" data-label="phones">{cause.phones:,}</td>'
        f'<td data-label="outcome">{word(cause.outcome.value)}</td>'
        f'<td data-label="why"><span><code>{escape(cause.reason)}</code>{because}</span></td>'
        f'<td class="whole-word" data-label="lost">{step_words(cause.step)}</td>'
        f'<td data-label="models">{escape(_named(cause.models))}</td>'
        f'<td data-label="what helps"><span>{remedy}</span></td></tr>'
    )


def changes(against: Difference) -> str:
    """A table of what differs from a baseline, worst first."""
    found = against.by_verdict
    if not found:
        return "<p>Nothing: every phone ends as in the baseline.</p>"
    heads = "".join(f"<th>{each}</th>" for each in ("in the baseline", "now", "models"))
    rows = "".join(_change(those[0], models) for those, models in found[:CAUSES])
    left = sum(models.total() for _, models in found[CAUSES:])
    more = f"<p class=soft>and {len(found) - CAUSES:,} more kinds with {left:,} phones</p>" if left else ""
    head = f'<thead><tr><th class="number">phones</th>{heads}</tr></thead>'
    return f'<table class="stack">{head}<tbody>{rows}</tbody></table>{more}'


def _change(change: Change, models: Counter[str]) -> str:
    why = escape(change.now.text.removeprefix(change.now.outcome))
    return (
        f'<tr><td class="number head" data-label="phones">{models.total():,}</td>'
        f'<td data-label="in the baseline">{escape(change.was_text)}</td>'
        f'<td data-label="now"><span>{word(change.now.outcome)}{why}</span></td>'
        f'<td data-label="models">{escape(_named(models))}</td></tr>'
    )


def _named(models: Counter[str]) -> str:
    named = [f"{count:,}\u00a0×\u00a0{model}" for model, count in models.most_common(5)]
    return ", ".join(named + ([f"{len(models) - 5} more models"] if len(models) > 5 else []))


def ways(forecast: Forecast) -> str:
    """What brings phones back, and how the others came to hold what they hold."""
    back = list(report.ways(forecast))
    kept = [(report.LET_IN[path], count) for path, count in forecast.paths.items()]
    told = (
        ("What brings back those that are lost or degraded", back),
        ("How the others took their lists", kept),
    )
    return "".join(f"<h3>{title}</h3>{_counted(rows)}" for title, rows in told if rows)


def _counted(rows: Sequence[tuple[str, int]]) -> str:
    items = "".join(f"<li><strong>{count:,}</strong> {escape(words)}</li>" for words, count in rows)
    return f'<ul class="list">{items}</ul>'


def prechecks(found: Sequence[Problem]) -> str:
    """The findings, worst first."""
    if not found:
        return "<p>Nothing was found.</p>"
    items = "".join(
        f"<li>{word(each.severity.value)} <strong>{escape(each.rule)}</strong> {escape(each.text)}"
        f"{'' if each.phones is None else f' ({each.phones:,} phones)'}"
        f' <span class="soft small">[{escape(each.source)}]</span></li>'
        for each in found
    )
    return f'<ul class="list">{items}</ul>'


def standings(forecast: Forecast) -> str:
    """Phones by the standing of their prediction."""
    rows = "".join(
        f'<tr><td class="number head" data-label="phones">{count:,}</td>'
        f'<td data-label="share">{_share(count, forecast.total)}</td>'
        f'<td data-label="standing"><strong>{standing.label}</strong></td>'
        f'<td data-label="which means">{escape(STANDINGS[standing])}</td></tr>'
        for standing, count in forecast.standings.items()
        if count
    )
    heads = '<th class="number">phones</th><th>share</th><th>weakest fact</th><th>which means</th>'
    return f'<table class="stack"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def assumptions(found: Sequence[Assumption]) -> str:
    """What was taken for granted, by how many phones stand on it."""
    if not found:
        return "<p>Nothing.</p>"
    rows = "".join(
        f'<tr><td class="number head" data-label="phones">{each.phones:,}</td>'
        f'<td data-label="assumed">{escape(each.text)}</td>'
        f'<td data-label="settled by">{escape(each.settles)}</td></tr>'
        for each in found
    )
    heads = '<th class="number">phones</th><th>assumed</th><th>settled by</th>'
    return f'<table class="stack"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def remarks(found: Sequence[str]) -> str:
    """What the exports gave reason to say, up to a number."""
    if not found:
        return ""
    items = "".join(f"<li>{escape(each)}</li>" for each in told(found, REMARKS))
    return f'<h3>Remarks</h3><ul class="list small">{items}</ul>'


def meanings() -> str:
    """The words, explained."""
    said: Iterable[tuple[str, str]] = ((each.value, MEANINGS[each]) for each in WORST_FIRST)
    return "".join(f"<dt>{word(name)}</dt><dd>{escape(text)}</dd>" for name, text in said)
