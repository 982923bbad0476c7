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

from phoneemu.fleet.difference import NOT_FOUND, Difference, Verdict
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

CSV_BASELINE = ("Baseline Outcome", "Baseline Reason", "Baseline Remedy")
"""Columns that follow where only the phones that differ from a baseline are written."""

_END = "\r\n"
"""As RFC 4180 says; with another end the writer would leave a stray carriage return unquoted."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the full-width forms of the first; some spreadsheets take them alike."""


def json_chunks(forecast: Forecast, against: Difference | None = None) -> Iterator[bytes]:
    """The whole JSON document in pieces; with a difference, its phones are those that differ."""
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
    yield b"{\n"
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
        *_baseline_keys(against),
    ):
        yield f'"{key}": {json.dumps(content)},\n'.encode()
    yield b'"phones": [\n'
    heads, tails = [], []
    for fate, before in _fates(forecast, against):
        place = f', "site": {json.dumps(_SITE)}, '
        keys = fate_keys(fate, _SITE) | ({} if against is None else {"baseline": _verdict_keys(before)})
        head, tail = json.dumps(keys).split(place)
        heads.append(f" {head[1:]}")
        tails.append(f" {tail}")
    phones = _Phones(
        name=lambda name: f'{{"device": {json.dumps(name)}',
        site=lambda site: f' "site": {json.dumps(site)}',
        heads=heads,
        tails=tails,
        end=",\n",
    )
    held = b""
    for text in phones.chunks(forecast if against is None else against.told):
        yield held
        held = text
    yield held.removesuffix(phones.end.encode())
    yield b"\n]\n}\n"


def _fates(forecast: Forecast, against: Difference | None) -> Iterator[tuple[Fate, Verdict | None]]:
    """Of each group that is written its fate, and what the baseline said."""
    if against is None:
        yield from ((group.fate, None) for group in forecast.groups)
    else:
        yield from ((each.group.fate, each.was) for each in against.changes)


def _baseline_keys(against: Difference | None) -> Iterator[tuple[str, object]]:
    """What tells that the phones are not all: only where that is so."""
    if against is not None:
        yield "differential", True
        counts = ("worse", "better", "otherwise", "new", "same")
        said = {name: getattr(against, name) for name in counts}
        yield "baseline", {"name": against.baseline.title, **said, "gone": list(against.gone)}


def _verdict_keys(verdict: Verdict | None) -> dict[str, object] | None:
    if verdict is None:
        return None
    found = verdict.remedy != NOT_FOUND
    return {
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "remedy": verdict.remedy if found else "none",
        "remedy_found": found,
    }


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


def csv_chunks(forecast: Forecast, against: Difference | None = None) -> Iterator[bytes]:
    """The field team's table in pieces, worst phones first; with a difference, the phones that differ."""
    yield _csv_line(CSV_HEADER if against is None else (*CSV_HEADER, *CSV_BASELINE)).encode()
    heads, tails = [], []
    for fate, before in _fates(forecast, against):
        heads.append(_csv_cell(fate.model))
        was = ("", "", "") if before is None else (before.outcome, before.reason, before.remedy)
        shared = (
            fate.outcome.value,
            fate.reason,
            "" if fate.lost_at_step is None else str(fate.lost_at_step),
            fate.registered_to or "",
            fate.remedy.kind.value if fate.remedy.found else NOT_FOUND,
            fate.remedy.keys,
            fate.standing.label,
            *(() if against is None else was),
        )
        tails.append(_csv_line(shared).removesuffix(_END))
    phones = _Phones(name=_csv_cell, site=_csv_cell, heads=heads, tails=tails, end=_END)
    yield from phones.chunks(forecast if against is None else against.told)


def _csv_line(cells: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator=_END).writerow([harmless(cell) for cell in cells])
    return out.getvalue()


def _csv_cell(cell: str) -> str:
    return _csv_line((cell, ""))[: -len(f",{_END}")]


@attrs.frozen(kw_only=True)
class _Phones:
    """How phones are written: name, head of its group, site, tail of its group, with commas between.

    Heads and tails are rendered once a group, sites once each, so that phones are put together in bulk.
    """

    name: Callable[[str], str]
    site: Callable[[str], str]
    heads: Sequence[str]
    tails: Sequence[str]
    end: str
    """What stands behind each phone."""

    def chunks(self, forecast: Forecast) -> Iterator[bytes]:
        """The text in large pieces."""
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
            text = io.BytesIO()
            # every cell is rendered already, as CSV or as JSON has it
            pl.DataFrame(columns).write_csv(
                text, include_header=False, quote_style="never", line_terminator=self.end
            )
            yield text.getvalue()

    def _names(self, names: pl.Series) -> pl.Series:
        """The names as they are written; those that are not plain one by one."""
        plain = names.str.contains("^[A-Za-z0-9]+$")
        before, _, after = self.name("x").partition("x")
        written = names
        if before or after:
            written = pl.select(pl.concat_str(pl.lit(before), names, pl.lit(after))).to_series()
        if plain.all():
            return written
        odd = [self.name(name) for name in names.filter(~plain).to_list()]
        return written.scatter((~plain).arg_true(), odd)


_BATCH = 50_000
