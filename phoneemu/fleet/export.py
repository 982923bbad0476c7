"""A forecast for machines and for the field team: JSON and CSV, written phone by phone.

The JSON's keys and schema number are documented in docs/json-predict.md. What phones share is rendered once
per group, so a hundred thousand phones cost one short write each.
"""

import csv
import io
import json
from collections.abc import Iterator

from phoneemu.fleet.forecast import Fate, Forecast

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

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def json_chunks(forecast: Forecast) -> Iterator[str]:
    """The whole JSON document in pieces, one phone a piece."""
    summary = {outcome.value: count for outcome, count in forecast.summary.items()}
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
        ("assumptions", assumptions),
        ("remarks", list(forecast.remarks)),
    ):
        yield f'"{key}": {json.dumps(content)},\n'
    yield '"phones": ['
    separator = "\n"
    for group in forecast.groups:
        shared = ", " + json.dumps(fate_keys(group.fate))[1:]
        for phone in group.phones:
            plain = phone.name.isalnum() and phone.name.isascii()
            quoted = f'"{phone.name}"' if plain else json.dumps(phone.name)
            yield f'{separator}{{"device": {quoted}{shared}'
            separator = ",\n"
    yield "\n]\n}\n"


def fate_keys(fate: Fate) -> dict[str, object]:
    """What one phone's JSON object says beside its device name."""
    return {
        "model": fate.model,
        "site": fate.site,
        "outcome": fate.outcome.value,
        "trust": fate.trust.value,
        "path": fate.path.value,
        "service": fate.service.value,
        "registered_to": fate.registered_to,
        "reason": fate.reason,
        "remedy": fate.remedy.kind.value,
        "remedy_found": fate.remedy.found,
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
    for group in forecast.groups:
        fate = group.fate
        lost = "" if fate.lost_at_step is None else str(fate.lost_at_step)
        shared = _csv_line(
            (
                fate.model,
                fate.site,
                fate.outcome.value,
                fate.reason,
                lost,
                fate.registered_to or "",
                fate.remedy.kind.value if fate.remedy.found else "not-found",
                fate.remedy.keys,
                fate.standing.label,
            )
        )
        for phone in group.phones:
            name = phone.name if phone.name.isalnum() else _csv_line((phone.name,))[: -len(_END)]
            yield f"{name},{shared}"


def _csv_line(cells: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator=_END).writerow([harmless(cell) for cell in cells])
    return out.getvalue()
