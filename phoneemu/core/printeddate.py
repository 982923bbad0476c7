"""Dates as a cluster prints them: `Fri Mar 06 21:56:07 CET 2015`, in the zone and language of whoever asked.

A zone is a name, or a number where a place has no name for it (`+08` in Singapore, `-03` in Brazil). Names
that mean several places hours apart are none here: that a reader must say, for only he knows the place.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import attrs

_DATE = re.compile(
    r"(?<![^\W\d_])(?P<month>[^\W\d_]{3,9})\.?\s+(?P<day>\d{1,2})\.?\s+(?P<time>\d\d:\d\d:\d\d)\s+"
    r"(?:(?P<zone>[^\s\d]{1,6}|\S{0,3}[+-]\d\d?(?::?\d\d)?)\s+)?(?P<year>\d{4})(?!\d)"
    r"(?:\s+(?P<after>GMT|UTC)\b)?"
)
_MONTHS: Mapping[str, int] = {
    beginning: number
    for number, beginnings in enumerate(
        (
            "jan ene gen", "feb fev", "mar mrz mrt", "apr avr abr", "may mai mag mei", "jun juin giu",
            "jul juil lug", "aug aou ago", "sep set", "oct okt ott out", "nov", "dec dez dic",
        ),
        1,
    )
    for beginning in beginnings.split()
}  # fmt: skip
"""Months by how their names begin, without accents: English, German, Dutch and the Romance languages."""
_ACCENTS = str.maketrans("äéû", "aeu")
_OFFSET = re.compile(r"(?:(?:GMT|UTC)(?=.*:))?(?P<sign>[+-])(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?")
"""`+08`, `+0530`, `GMT+03:00`; `GMT+3` is no offset, for it is east to some and west to others."""
_ZONES: Mapping[str, float] = {
    "UTC": 0, "GMT": 0, "UCT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1,
    "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "TRT": 3, "IDT": 3,
    "WAT": 1, "CAT": 2, "SAST": 2, "EAT": 3, "GST": 4, "PKT": 5, "NPT": 5.75,
    "ICT": 7, "WIB": 7, "WITA": 8, "HKT": 8, "SGT": 8, "MYT": 8, "PHT": 8, "JST": 9, "KST": 9, "WIT": 9,
    "AWST": 8, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AKST": -9, "AKDT": -8, "HST": -10, "ADT": -3, "NST": -3.5, "NDT": -2.5,
    "COT": -5, "PET": -5, "BRT": -3, "BRST": -2, "ART": -3, "UYT": -3,
}  # fmt: skip
"""Hours from UTC of the zones that clusters print; EST, CST, MST, PST and BST in their US and British sense.

IST (India, Ireland, Israel) and AST (Halifax, Riyadh) are left out: each is said in several places.
"""


@attrs.frozen(kw_only=True)
class PrintedDate:
    """A date: seconds since the epoch, and the zone as printed.

    Where the zone is not known, or not printed, the date was taken as UTC: it is within 14 hours of it.
    """

    seconds: int
    zone: str = ""
    zone_known: bool = False


def read_date(text: str) -> PrintedDate | None:
    """The first date in a text; None when there is none."""
    found = _DATE.search(text)
    if found is None:
        return None
    month = _month(found["month"])
    zone = found["zone"] or found["after"] or ""
    try:
        hour, minute, second = map(int, found["time"].split(":"))
        day = datetime(int(found["year"]), month, int(found["day"]), hour, minute, second, tzinfo=UTC)
        hours = _hours(zone)
        moment = day - timedelta(hours=hours or 0)
    except (ValueError, OverflowError):
        return None
    return PrintedDate(seconds=int(moment.timestamp()), zone=zone, zone_known=hours is not None)


def _month(name: str) -> int:
    """1 to 12; 0 for a name that is none."""
    plain = name.lower().translate(_ACCENTS)
    return _MONTHS.get(plain[:4]) or _MONTHS.get(plain[:3], 0)


def _hours(zone: str) -> float | None:
    offset = _OFFSET.fullmatch(zone)
    if offset is None:
        return _ZONES.get(zone)
    hours = int(offset["hours"]) + int(offset["minutes"] or 0) / 60
    return None if hours > 14 else -hours if offset["sign"] == "-" else hours  # Kiribati is the farthest east
