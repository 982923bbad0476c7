"""A forecast as one self-contained web page: charts, the phones that need attention, why, and on what basis.

It asks no network for anything, and its policy forbids it to. At a million phones it stays small: totals and
charts are of all of them, the table holds some of each model and site, and else the worst ones up to a limit,
and the page says where the rest is.
"""

import base64
import hashlib
import json
from collections.abc import Container, Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from string import Template

import attrs
import polars as pl

from phoneemu import __version__
from phoneemu.fleet import explain, webparts
from phoneemu.fleet.difference import Difference
from phoneemu.fleet.forecast import Forecast, Group
from phoneemu.fleet.outcome import Outcome
from phoneemu.fleet.plan import Plan
from phoneemu.fleet.prechecks import problems
from phoneemu.fleet.roster import SITE
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
    stories = _stories(attention, snapshot, plan)
    shown = _in_table(attrs.evolve(forecast, groups=tuple(attention)))
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
        by_model=webparts.chart(
            forecast.by_model, "model", frozenset(each.fate.model for each in shown if each.phones)
        ),
        shown=escape(_shown(attention, differ=against is not None)),
        told=escape(_told(len(stories), len(attention))),
        stories=_folded([(first, story) for _, first, story in stories]),
        prechecks=webparts.prechecks(problems(snapshot)),
        standings=webparts.standings(forecast),
        assumptions=webparts.assumptions(forecast.assumptions),
        remarks=webparts.remarks(forecast.remarks),
        meanings=webparts.meanings(),
        made=f"Made by phoneemu {escape(__version__)} from exports: no phone and no cluster was contacted.",
        data=_data(
            shown,
            frozenset(number for number, _, _ in stories),
            _totals(forecast, attention, shown),
            against,
        ),
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
    if total <= DEVICES:
        return f"All {total:,}; {every}."
    return f"The worst {DEVICES:,} of {total:,}, with some of each model and site; {every}."


def _in_table(attention: Forecast) -> Sequence[Group]:
    """The groups, each cut to what the table holds of it.

    A third of the room is for the worst of each model, a third for the worst of each site, the rest for the
    worst of all.
    """
    if attention.total <= DEVICES:
        return attention.groups
    whole, group_of_each = attention.whole, attention.group_of_each
    models: dict[str, int] = {}
    codes = pl.Series([models.setdefault(group.fate.model, len(models)) for group in attention.groups])
    frame = pl.DataFrame({"group": group_of_each, "model": codes[group_of_each], "site": whole.frame[SITE]})
    some = [
        pl.int_range(pl.len()).over(key) < max(DEVICES // 3 // frame[key].n_unique(), 1)
        for key in ("model", "site")
    ]
    places = frame.with_row_index("place").with_columns(pl.any_horizontal(some).alias("some"))
    kept = pl.concat([places.filter("some"), places.filter(~pl.col("some"))]).head(DEVICES).sort("place")
    places_of = {number: part["place"] for (number,), part in kept.group_by("group")}
    none = pl.Series([], dtype=pl.UInt32)
    return [
        attrs.evolve(group, phones=whole.ordered(places_of.get(number, none)))
        for number, group in enumerate(attention.groups)
    ]


def _totals(forecast: Forecast, wanted: Sequence[Group], shown: Sequence[Group]) -> dict[str, object] | None:
    """How many wanted phones there are, where the table has not all: by outcome, worst first."""
    told = {group.fate.model for group in shown if group.phones}
    sites = {phone.traits.site for group in shown for phone in group.phones}
    if sum(len(group.phones) for group in shown) == sum(len(group.phones) for group in wanted):
        return None
    of = {group.fate.outcome for group in wanted}
    outcomes = [each for each in forecast.summary if each is not Outcome.OK or each in of]
    return {
        "all": [forecast.summary[each] for each in outcomes],
        "model": {
            name: [counts[each] for each in outcomes]
            for name, counts in forecast.by_model.items()
            if name in told
        },
        "site": {
            name: [counts[each] for each in outcomes]
            for name, counts in forecast.by_site.items()
            if name in sites
        },
    }


def _told(told: int, classes: int) -> str:
    if not classes:
        return "Nothing to explain."
    rest = ""
    if told < classes:
        rest = f" {told:,} of {classes:,} classes are here, the worst of each model and reason first"
    rest += "; `phoneemu explain` tells any phone's." if rest else ""
    return (
        "Step by step, with the sources: one phone of each class tells what becomes of the class. Phones of "
        f"a class differ in nothing that matters.{rest}"
    )


def _stories(groups: Sequence[Group], snapshot: Snapshot, plan: Plan) -> Sequence[tuple[int, bool, str]]:
    """(its number, whether it is the first of its model and reason, the explanation) of classes, worst first.

    Where there is no room for all, the first ones of a model and reason come before others.
    """
    known = explain.provenance(snapshot, plan)
    firsts: dict[tuple[str, str, Outcome], int] = {}
    for number, group in enumerate(groups):
        firsts.setdefault((group.fate.model, group.fate.reason, group.fate.outcome), number)
    first = frozenset(firsts.values())
    told: list[tuple[int, bool, str]] = []
    written = 0
    for number in sorted(range(len(groups)), key=lambda number: (number not in first, number))[:STORIES]:
        group = groups[number]
        text = "\n".join(explain.lines(group.example, group.fate, plan, known))
        written += len(text)
        if written > STORY_BYTES:
            break
        told.append((number, number in first, _story(number, group, text, folded=number not in first)))
    return sorted(told)


def _story(number: int, group: Group, text: str, *, folded: bool) -> str:
    fate, count = group.fate, len(group.phones)
    phones = f"{count:,} {'phone' if count == 1 else 'phones'}"
    head = f"{webparts.word(fate.outcome.value)} {escape(fate.model)}, {phones}: {escape(fate.reason)}"
    head += f' <span class="soft">such as {escape(group.example.name)}</span>'
    more = ' class="more"' if folded else ""
    return f"<details{more} id=story-{number}><summary>{head}</summary><pre>{escape(text)}</pre></details>"


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


def _data(
    groups: Sequence[Group],
    stories: Container[int],
    totals: Mapping[str, object] | None,
    against: Difference | None,
) -> str:
    """The table's phones, by class and site; safe inside a script element."""
    sites: dict[str, int] = {}
    remedies: dict[str, int] = {}
    told: list[dict[str, object]] = []
    for number, group in enumerate(groups):
        if not group.phones:
            continue
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
                "story": number if number in stories else None,
                "phones": list(names.items()),
            }
        )
        if against is not None:
            told[-1]["was"] = against.changes[number].was_text
    document = {"sites": list(sites), "remedies": list(remedies), "groups": told, "totals": totals}
    return json.dumps(document, separators=(",", ":")).replace("<", "\\u003c")
