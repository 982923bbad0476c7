"""A forecast for machines and for the field team: JSON and CSV, written phone by phone.

The JSON's keys and schema number are documented in docs/json-predict.md. What phones share is rendered once
per group and put together in bulk, so a million phones cost little more than their bytes.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence

import attrs
import polars as pl

from phoneemu.fleet.forecast import Fate, Forecast
from phoneemu.fleet.roster import NAME, SITE

SCHEMA = 1

CSV_HEADER = (
    "Device Name",
    "Model",
    "Site",
    "Outcome",
    "Reason",
    "Lost At Step",
    "Registered To",
    "Remedy",
    "Key Presses",
    "Standing",
)

_END = "\r\n"
"""As RFC 4180 says; with another end the writer would leave a stray carriage return unquoted."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the full-width forms of the first; some spreadsheets take them alike."""


def json_chunks(forecast: Forecast) -> Iterator[str]:
    """The whole JSON document in pieces."""
    summary = {outcome.value: count for outcome, count in forecast.summary.items()}
    remedies = {"not-found" if kind is None else kind.value: n for kind, n in forecast.remedies.items()}
    standings = {standing.label: count for standing, count in forecast.standings.items()}
    assumptions = [
        {
            "id": each.id,
            "text": each.text,
            "standing": each.standing.label,
            "phones": each.phones,
            "settles": each.settles,
        }
        for each in forecast.assumptions
    ]
    yield "{\n"
    for key, content in (
        ("schema", SCHEMA),
        ("cluster", forecast.cluster),
        ("release", forecast.release),
        ("steps", list(forecast.steps)),
        ("first_bad_step", forecast.first_bad_step),
        ("summary", summary),
        ("standings", standings),
        ("remedies", remedies),
        ("paths", {path.value: count for path, count in forecast.paths.items()}),
        ("assumptions", assumptions),
        ("remarks", list(forecast.remarks)),
        ("refused", list(forecast.refused)),
    ):
        yield f'"{key}": {json.dumps(content)},\n'
    yield '"phones": [\n'
    heads, tails = [], []
    for group in forecast.groups:
        place = f'"site": {json.dumps(_SITE)}'
        head, tail = json.dumps(fate_keys(group.fate, _SITE)).split(place)
        heads.append(f', {head[1:]}"site": ')
        tails.append(tail)
    phones = _Phones(quoted=json.dumps, site=json.dumps, heads=heads, tails=tails, between=",\n")
    yield from phones.chunks(forecast, before='{"device": ')
    yield "\n]\n}\n"


_SITE = "\0"
"""Stands for the site while what the phones of a group share is rendered."""


def fate_keys(fate: Fate, site: str) -> dict[str, object]:
    """What one phone's JSON object says beside its device name."""
    return {
        "model": fate.model,
        "site": site,
        "outcome": fate.outcome.value,
        "trust": fate.trust.value,
        "path": fate.path.value,
        "service": fate.service.value,
        "registered_to": fate.registered_to,
        "reason": fate.reason,
        "remedy": fate.remedy.kind.value,
        "remedy_found": fate.remedy.found,
        "keys": fate.remedy.keys,
        "lost_at_step": fate.lost_at_step,
        "occasion": fate.occasion,
        "standing": fate.standing.label,
        "assumes": sorted(fate.basis),
        "note": fate.note,
    }


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: such a start gets an apostrophe before it."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def csv_chunks(forecast: Forecast) -> Iterator[str]:
    """The field team's table in pieces, worst phones first."""
    yield _csv_line(CSV_HEADER)
    heads, tails = [], []
    for group in forecast.groups:
        fate = group.fate
        heads.append(f",{_csv_cell(fate.model)},")
        shared = (
            fate.outcome.value,
            fate.reason,
            "" if fate.lost_at_step is None else str(fate.lost_at_step),
            fate.registered_to or "",
            fate.remedy.kind.value if fate.remedy.found else "not-found",
            fate.remedy.keys,
            fate.standing.label,
        )
        tails.append(f",{_csv_line(shared)}")
    phones = _Phones(quoted=_csv_cell, site=_csv_cell, heads=heads, tails=tails, between="")
    yield from phones.chunks(forecast)


def _csv_line(cells: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator=_END).writerow([harmless(cell) for cell in cells])
    return out.getvalue()


def _csv_cell(cell: str) -> str:
    return _csv_line((cell, ""))[: -len(f",{_END}")]


@attrs.frozen(kw_only=True)
class _Phones:
    """How phones are written: name, the head of its group, its site, the tail of its group.

    Heads and tails are rendered once a group, sites once each, so that phones are put together in bulk.
    """

    quoted: Callable[[str], str]
    site: Callable[[str], str]
    heads: Sequence[str]
    tails: Sequence[str]
    between: str

    def chunks(self, forecast: Forecast, before: str = "") -> Iterator[str]:
        """The text in large pieces; `before` stands before each name."""
        roster = forecast.whole
        sites = pl.Series([self.site(site) for site in roster.sites], dtype=pl.String)
        heads, tails = pl.Series(self.heads, dtype=pl.String), pl.Series(self.tails, dtype=pl.String)
        groups = forecast.group_of_each
        for start in range(0, len(roster), _BATCH):
            part, of = roster.frame[start : start + _BATCH], groups[start : start + _BATCH]
            columns = {
                "name": self._names(part[NAME]),
                "head": heads[of],
                "site": sites[part[SITE]],
                "tail": tails[of],
            }
            line = pl.concat_str(pl.lit(before), "name", "head", "site", "tail")
            text = pl.DataFrame(columns).select(line.str.join(self.between)).item()
            yield f"{self.between if start else ''}{text}"

    def _names(self, names: pl.Series) -> pl.Series:
        """The names as cells; those that need quoting one by one."""
        plain = names.str.contains("^[A-Za-z0-9]+$")
        mark = self.quoted("x").partition("x")[0]
        marked = pl.select(pl.concat_str(pl.lit(mark), names, pl.lit(mark))).to_series() if mark else names
        if plain.all():
            return marked
        odd = [self.quoted(name) for name in names.filter(~plain).to_list()]
        return marked.scatter((~plain).arg_true(), odd)


_BATCH = 50_000
