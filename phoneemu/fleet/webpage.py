"""A forecast as one self-contained web page: charts, the phones that need attention, why, and on what basis.

It asks no network for anything, and its policy forbids it to. At a million phones it stays small: totals and
charts are of all of them, the table holds the worst ones up to a limit, and the page says where the rest is.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import resources
from string import Template

import attrs

from phoneemu import __version__
from phoneemu.fleet import explain, webparts
from phoneemu.fleet.difference import Difference
from phoneemu.fleet.forecast import Forecast, Group
from phoneemu.fleet.outcome import Outcome
from phoneemu.fleet.plan import Plan
from phoneemu.fleet.prechecks import problems
from phoneemu.fleet.snapshot import Snapshot
from phoneemu.fleet.webparts import escape

DEVICES = 20_000
"""Most phones in the table; the CSV has all."""
STORIES = 300
"""Most classes that are explained."""
STORY_BYTES = 1_500_000
"""Most text of explanations; classes of many boots tell long ones."""


def render(whole: Forecast, snapshot: Snapshot, plan: Plan, against: Difference | None = None) -> str:
    """The page; with a difference, of the phones that differ from its baseline."""
    forecast = whole if against is None else against.told
    attention = list(forecast.groups)
    if against is None:
        attention = [group for group in forecast.groups if group.fate.outcome is not Outcome.OK]
    stories = list(_stories(attention, snapshot, plan))
    shown = list(_in_table(attention))
    sites = frozenset(phone.traits.site for group in shown for phone in group.phones)
    style, script = _file("page.css"), _file("page.js")
    return Template(_file("page.html")).substitute(
        policy=_policy(style, script),
        style=style,
        script=script,
        title=escape(f"{forecast.cluster}: what becomes of the phones"),
        subtitle=escape(_subtitle(whole, snapshot)),
        worst=next((each.value for each, count in forecast.summary.items() if count), Outcome.OK.value),
        verdict=escape(_verdict(forecast) if against is None else _compared(against)),
        doubt=_doubt(forecast, against),
        whole=webparts.bar(forecast.summary, max(forecast.total, 1), whole=True),
        tiles=webparts.tiles(forecast),
        plan=webparts.plan(forecast),
        causes=webparts.causes(forecast.causes) if against is None else webparts.changes(against),
        causes_title="What goes wrong" if against is None else "What differs from the baseline",
        phones_title="Phones that need attention" if against is None else "Phones that differ",
        was_head="" if against is None else _WAS_HEAD,
        was_order="" if against is None else '<option value="was">in the baseline</option>',
        ways=webparts.ways(forecast),
        legend=webparts.legend(),
        by_site=webparts.chart(forecast.by_site, "site", sites),
        by_model=webparts.chart(forecast.by_model, "model", frozenset(each.fate.model for each in shown)),
        shown=escape(_shown(attention, differ=against is not None)),
        told=escape(_told(len(stories), len(attention))),
        stories=_folded(stories),
        prechecks=webparts.prechecks(problems(snapshot)),
        standings=webparts.standings(forecast),
        assumptions=webparts.assumptions(forecast.assumptions),
        remarks=webparts.remarks(forecast.remarks),
        meanings=webparts.meanings(),
        made=f"Made by phoneemu {escape(__version__)} from exports: no phone and no cluster was contacted.",
        data=_data(shown, len(stories), against),
    )


_WAS_HEAD = '<th scope="col" data-key="was"><button type="button">in the baseline</button></th>'


def _file(name: str) -> str:
    return resources.files("phoneemu.fleet").joinpath(name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Only this style and this script, by their hashes; nothing from anywhere else."""
    allowed = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script))
    styles, scripts = (f"'sha256-{each}'" for each in allowed)
    return (
        f"default-src 'none'; style-src {styles}; script-src {scripts}; base-uri 'none'; form-action 'none'"
    )


def _subtitle(forecast: Forecast, snapshot: Snapshot) -> str:
    mode = "mixed mode" if forecast.mixed else "non-secure mode"
    taken = snapshot.file.taken
    when = (
        ""
        if taken is None
        else f", exports of {datetime.fromtimestamp(taken, UTC):%d %B %Y}".replace(" 0", " ")
    )
    return f"release {forecast.release}, {mode}, {forecast.total:,} phones{when}"


def _verdict(forecast: Forecast) -> str:
    lost = sum(count for outcome, count in forecast.summary.items() if outcome.bad)
    if not lost:
        return "No phone is known to be lost by this plan."
    first = forecast.first_bad_step
    when = "" if first is None else f"; the first at step {first}"
    if first == 0:
        early = sum(len(each.phones) for each in forecast.groups if each.fate.lost_at_step == 0)
        when = f", {'all' if early == lost else f'{early:,}'} of them before the first step"
    return f"{lost:,} of {forecast.total:,} phones are lost{when}."


def _compared(against: Difference) -> str:
    return (
        f"{against.told.total:,} of {against.whole.total:,} phones end otherwise than by the baseline "
        f"{against.baseline.title}: {against.counts}."
    )


def _doubt(forecast: Forecast, against: Difference | None) -> str:
    said = []
    if against is not None:
        said.append("This page tells only the phones that differ; the others end as in the baseline.")
        said.append(f"Of all of them: {escape(against.whole.closing_line())}.")
    if forecast.refused:
        said.append(f"{len(forecast.refused)} of {len(forecast.steps)} steps refused by the cluster:")
        said += [f"{escape(each)}." for each in forecast.refused]
    unsaid, broken = forecast.summary[Outcome.CANNOT_SAY], forecast.summary[Outcome.DEGRADED]
    if unsaid:
        said.append(f"Of {unsaid:,} phones nothing can be said: a fact is missing.")
    if broken:
        said.append(f"{broken:,} phones lose a function.")
    return f"<p>{' '.join(said)}</p>" if said else ""


def _shown(groups: Sequence[Group], *, differ: bool) -> str:
    total = sum(len(group.phones) for group in groups)
    if not total:
        return "None."
    every = "the CSV has every one of them" if differ else "the CSV has every phone"
    return f"{'All' if total <= DEVICES else f'The worst {DEVICES:,} of'} {total:,}; {every}."


def _in_table(groups: Sequence[Group]) -> Iterator[Group]:
    """The worst groups, the last one cut to what the table holds."""
    left = DEVICES
    for group in groups:
        if not left:
            return
        phones = group.phones[:left]
        left -= len(phones)
        yield attrs.evolve(group, phones=phones)


def _told(told: int, classes: int) -> str:
    if not classes:
        return "Nothing to explain."
    rest = "" if told == classes else f" The worst {told:,} of {classes:,} classes are here"
    rest += "; `phoneemu explain` tells any phone's." if rest else ""
    return (
        "Step by step, with the sources: one phone of each class tells what becomes of the class. Phones of "
        f"a class differ in nothing that matters.{rest}"
    )


def _stories(groups: Sequence[Group], snapshot: Snapshot, plan: Plan) -> Iterator[tuple[bool, str]]:
    """(whether it is the first of its model and reason, the explanation) of each class, worst first."""
    known = explain.provenance(snapshot, plan)
    seen: set[tuple[str, str, str]] = set()
    written = 0
    for number, group in enumerate(groups[:STORIES]):
        fate, count = group.fate, len(group.phones)
        kind = (fate.model, fate.reason, fate.outcome.value)
        text = "\n".join(explain.lines(group.example, fate, plan, known))
        written += len(text)
        if written > STORY_BYTES:
            return
        phones = f"{count:,} {'phone' if count == 1 else 'phones'}"
        head = f"{webparts.word(fate.outcome.value)} {escape(fate.model)}, {phones}: {escape(fate.reason)}"
        head += f' <span class="soft">such as {escape(group.example.name)}</span>'
        more = ' class="more"' if kind in seen else ""
        story = (
            f"<details{more} id=story-{number}><summary>{head}</summary><pre>{escape(text)}</pre></details>"
        )
        yield kind not in seen, story
        seen.add(kind)


def _folded(stories: Sequence[tuple[bool, str]]) -> str:
    """One story of each model and reason; those of other classes of the same unfold."""
    more = [story for first, story in stories if not first]
    text = "".join(story for first, story in stories if first)
    if more:
        inside = "".join(more)
        text += (
            f'<details class="more"><summary>{len(more):,} more classes of these, which held other lists '
            f"or stand elsewhere</summary>{inside}</details>"
        )
    return text


def _data(groups: Sequence[Group], stories: int, against: Difference | None) -> str:
    """The table's phones, by class and site; safe inside a script element."""
    sites: dict[str, int] = {}
    remedies: dict[str, int] = {}
    told: list[dict[str, object]] = []
    for number, group in enumerate(groups):
        fate = group.fate
        remedy = webparts.remedy_words(fate.remedy)
        names: dict[int, list[str]] = {}
        for phone in group.phones:
            names.setdefault(sites.setdefault(phone.traits.site, len(sites)), []).append(phone.name)
        told.append(
            {
                "model": fate.model,
                "outcome": fate.outcome.value,
                "reason": fate.reason,
                "lost": "" if fate.lost_at_step is None else str(fate.lost_at_step),
                "remedy": remedies.setdefault(remedy, len(remedies)),
                "standing": fate.standing.label,
                "story": number if number < stories else None,
                "phones": list(names.items()),
            }
        )
        if against is not None:
            told[-1]["was"] = against.changes[number].was_text
    document = {"sites": list(sites), "remedies": list(remedies), "groups": told}
    return json.dumps(document, separators=(",", ":")).replace("<", "\\u003c")
