"""A forecast as one self-contained web page: charts, the phones that need attention, why, and on what basis.

It asks no network for anything. At a million phones it stays small: totals and charts are of all of them, the
table holds the worst ones up to a limit, and the page says where the rest is.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib import resources
from string import Template

from phoneemu.fleet import explain
from phoneemu.fleet.forecast import Fate, Forecast, Group
from phoneemu.fleet.outcome import WORST_FIRST, Outcome
from phoneemu.fleet.plan import Plan
from phoneemu.fleet.prechecks import problems
from phoneemu.fleet.snapshot import Snapshot

DEVICES = 20_000
"""Most phones in the table; the CSV has all."""
STORIES = 60
"""Most kinds of phones that are explained."""
BARS = 40
"""Most rows of a chart."""
NAME_LENGTH = 28
_WIDTH, _ROW, _LEFT, _RIGHT = 900, 22, 210, 70


def render(forecast: Forecast, snapshot: Snapshot, plan: Plan) -> str:
    """The page."""
    attention = [group for group in forecast.groups if group.fate.outcome is not Outcome.OK]
    page = resources.files("phoneemu.fleet").joinpath("page.html").read_text(encoding="utf-8")
    mode = "mixed mode" if forecast.mixed else "non-secure mode"
    said = {
        "title": escape(f"{forecast.cluster}: what becomes of the phones"),
        "subtitle": escape(f"release {forecast.release}, {mode}, {forecast.total:,} phones"),
        "chips": "".join(_chip(outcome, count) for outcome, count in forecast.summary.items()),
        "verdict": escape(_verdict(forecast)),
        "steps": "".join(f"<li><code>{escape(step)}</code></li>" for step in forecast.steps),
        "causes": _causes(attention),
        "by_step": _chart(_by_step(attention)) or "<p>No phone is lost.</p>",
        "by_site": _chart(forecast.by_site),
        "by_model": _chart(forecast.by_model),
        "shown": escape(_shown(attention)),
        "stories": "".join(_stories(attention, snapshot, plan)) or "<p>Nothing to explain.</p>",
        "prechecks": _listed([problem.line for problem in problems(snapshot)], "Nothing was found."),
        "assumptions": _listed(
            [
                f"{each.phones:,} phones: {each.text}; settled by {each.settles}"
                for each in forecast.assumptions
            ],
            "Nothing.",
        ),
        "standings": escape(
            ", ".join(
                f"{count:,} {standing.label}" for standing, count in forecast.standings.items() if count
            )
            + ": each prediction by its weakest fact"
        ),
        "remarks": _remarks(forecast.remarks),
        "data": _data(attention),
    }
    return Template(page).substitute(said)


def _verdict(forecast: Forecast) -> str:
    lost = [
        group for group in forecast.groups if group.fate.outcome in (Outcome.STUCK, Outcome.OUT_OF_SERVICE)
    ]
    steps = [group.fate.lost_at_step for group in lost if group.fate.lost_at_step is not None]
    unsaid = forecast.summary[Outcome.CANNOT_SAY]
    doubt = f" Of {unsaid:,} phones nothing can be said: a fact is missing." if unsaid else ""
    if not lost:
        return f"No phone is known to be lost by this plan.{doubt}"
    first = min(steps) if steps else None
    when = "" if first is None else " before the first step" if first == 0 else f"; the first at step {first}"
    count = sum(len(group.phones) for group in lost)
    return f"{count:,} of {forecast.total:,} phones are lost{when}.{doubt}"


def _chip(outcome: Outcome, count: int) -> str:
    return f'<li style="--tint: var(--{outcome.value})"><b>{count:,}</b>{outcome.value}</li>'


def _step_name(fate: Fate) -> str:
    step = fate.lost_at_step
    if step is None:
        return "at no step"
    return "before the first step" if step == 0 else f"step {step}"


def _remedy(fate: Fate) -> str:
    if not fate.remedy.found:
        return "none of those tried brought it back"
    return fate.remedy.kind.value + (f" ({fate.remedy.keys})" if fate.remedy.keys else "")


def _causes(groups: Sequence[Group]) -> str:
    """A table of what goes wrong, worst first."""
    found: dict[tuple[Outcome, str, str, str], int] = {}
    for group in groups:
        fate = group.fate
        key = (fate.outcome, fate.reason, _step_name(fate), _remedy(fate))
        found[key] = found.get(key, 0) + len(group.phones)
    if not found:
        return ""
    ranked = sorted(found.items(), key=lambda item: (WORST_FIRST.index(item[0][0]), -item[1]))
    rows = "".join(
        f'<tr><td>{count:,}</td><td class="word" style="--tint: var(--{outcome.value})">{outcome.value}</td>'
        f"<td>{escape(reason)}</td><td>{escape(step)}</td><td>{escape(remedy)}</td></tr>"
        for (outcome, reason, step, remedy), count in ranked[:BARS]
    )
    head = "<tr><th>phones</th><th>outcome</th><th>reason</th><th>lost</th><th>what helps</th></tr>"
    return f'<h2>What goes wrong</h2><div class="scroll"><table>{head}{rows}</table></div>'


def _by_step(groups: Sequence[Group]) -> dict[str, Counter[Outcome]]:
    """Phones by the step at which they are lost, and outcome."""
    counts: dict[str, Counter[Outcome]] = {}
    for group in groups:
        counts.setdefault(_step_name(group.fate), Counter())[group.fate.outcome] += len(group.phones)
    return counts


def _chart(counts: Mapping[str, Counter[Outcome]]) -> str:
    """Bars of phones by outcome; drawn as SVG."""
    if not counts:
        return ""
    ranked = [(name or "(none)", counted) for name, counted in counts.items()]
    shown = ranked[:BARS]
    most = max(count.total() for _, count in shown)
    bars = "".join(_bar(at, name, count, most) for at, (name, count) in enumerate(shown))
    height = len(shown) * _ROW + 4
    left = (
        f'<p class="soft">and {len(ranked) - BARS} more; the exports have them all</p>'
        if len(ranked) > BARS
        else ""
    )
    return f'<svg viewBox="0 0 {_WIDTH} {height}" role="img">{bars}</svg>{left}'


def _bar(at: int, name: str, count: Counter[Outcome], most: int) -> str:
    top, x = at * _ROW + 2, float(_LEFT)
    short = name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1]}…"
    parts = [f'<text x="{_LEFT - 8}" y="{top + 14}" text-anchor="end">{escape(short)}</text>']
    for outcome in WORST_FIRST:
        if count[outcome]:
            width = count[outcome] / most * (_WIDTH - _LEFT - _RIGHT)
            title = f"<title>{escape(name)}: {count[outcome]:,} {outcome.value}</title>"
            parts.append(
                f'<rect x="{x:.1f}" y="{top}" width="{max(width, 1):.1f}" height="{_ROW - 6}" '
                f'fill="var(--{outcome.value})">{title}</rect>'
            )
            x += max(width, 1)
    lost = sum(count[outcome] for outcome in WORST_FIRST if outcome is not Outcome.OK)
    parts.append(f'<text x="{x + 6:.1f}" y="{top + 14}">{lost:,} of {count.total():,}</text>')
    return "".join(parts)


def _shown(groups: Sequence[Group]) -> str:
    total = sum(len(group.phones) for group in groups)
    if not total:
        return "None."
    if total <= DEVICES:
        return f"All {total:,}; the CSV has every phone."
    return f"The worst {DEVICES:,} of {total:,}; the CSV has every phone."


def _stories(groups: Sequence[Group], snapshot: Snapshot, plan: Plan) -> Iterator[str]:
    """The explanation of one phone of each kind, the largest kinds of the worst outcome first."""
    known = explain.provenance(snapshot, plan)
    seen: set[tuple[str, str, str]] = set()
    for group in groups:
        fate = group.fate
        kind = (fate.model, fate.reason, fate.outcome.value)
        if kind in seen or len(seen) >= STORIES:
            continue
        seen.add(kind)
        phone = group.example
        text = "\n".join(explain.lines(phone, fate, plan, known))
        word = f'<span class="word" style="--tint: var(--{fate.outcome.value})">{fate.outcome.value}</span>'
        head = f"{escape(fate.model)}, {word}: {escape(fate.reason)}, such as {escape(phone.name)}"
        yield f"<details><summary>{head}</summary><pre>{escape(text)}</pre></details>"


def _listed(lines: Sequence[str], nothing: str) -> str:
    if not lines:
        return f"<p>{nothing}</p>"
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _remarks(remarks: Sequence[str]) -> str:
    if not remarks:
        return ""
    more = [f"and {len(remarks) - BARS} more"] if len(remarks) > BARS else []
    return "<h2>Remarks</h2>" + _listed([*remarks[:BARS], *more], "")


def _data(groups: Sequence[Group]) -> str:
    """The table's phones, grouped; safe inside a script element."""
    left = DEVICES
    told: list[dict[str, object]] = []
    for group in groups:
        phones = group.phones[:left]
        left -= len(phones)
        if not phones:
            break
        fate = group.fate
        sites: dict[str, list[str]] = {}
        for phone in phones:
            sites.setdefault(phone.traits.site, []).append(phone.name)
        told.append(
            {
                "model": fate.model,
                "outcome": fate.outcome.value,
                "reason": fate.reason,
                "lost": "" if fate.lost_at_step is None else str(fate.lost_at_step),
                "remedy": _remedy(fate),
                "standing": fate.standing.label,
                "sites": list(sites.items()),
            }
        )
    return json.dumps({"groups": told}).replace("<", "\\u003c")
