"""Two lists of one kind and one node in the exports: the one that was written later counts, and it is said.

A terminal log may hold a dump of years ago before that of today. What was served once is history: a phone may
hold it still.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import attrs

from phoneemu.core.names import Identity, serial_text
from phoneemu.core.trustlist import ListKind, TrustList
from phoneemu.fleet.listexports import ListExport

_SERIALS = 3
"""Most serials that are told of a list."""


@attrs.frozen(kw_only=True)
class Sorted:
    """The exports that count, the older lists, and a remark on each of those."""

    counting: tuple[ListExport, ...]
    older: tuple[ListExport, ...] = ()
    remarks: tuple[str, ...] = ()


def newest(exports: Sequence[ListExport]) -> Sorted:
    """Of lists of one kind and node the newest; lists without a date, and copies of one list, all stay."""
    latest: dict[object, ListExport] = {}
    for export in exports:
        key = _key(export) if _dated(export) else None
        if key is not None and (key not in latest or _written(export) > _written(latest[key])):
            latest[key] = export
    counting: list[ListExport] = []
    older: list[ListExport] = []
    remarks: list[str] = []
    for export in exports:
        best = latest.get(_key(export)) if _dated(export) else None
        if best is None or _written(best) == _written(export):
            counting.append(export)
        else:
            older.append(export)
            remarks.append(_told(best, export))
    remarks += _undecided(counting)
    return Sorted(counting=tuple(counting), older=tuple(older), remarks=tuple(dict.fromkeys(remarks)))


def _key(export: ListExport) -> object:
    """What two exports share that compete; None for one that competes with none."""
    listed = export.listed
    if listed is None:
        return None
    if export.kind is ListKind.CTL or export.node:
        return export.kind, export.node.lower()
    servers = frozenset(server.lower().partition(".")[0] for server in listed.tftp_servers)
    return (export.kind, servers) if servers else None


def _dated(export: ListExport) -> bool:
    return export.listed is not None and export.listed.timestamp is not None


def _undecided(counting: Sequence[ListExport]) -> Iterator[str]:
    """Lists that differ, of which one bears no date."""
    first: dict[object, ListExport] = {}
    for export in counting:
        key = _key(export)
        before = first.setdefault(key, export) if key is not None else export
        if not (_dated(before) and _dated(export)) and not _same(before.listed, export.listed):
            yield (
                f"{export.place(1)}: another {export.kind.name} than {before.place(1)}, and not both say "
                "when they were written: that one counts, and this one is left aside"
            )


def _same(one: TrustList | None, other: TrustList | None) -> bool:
    """Whether two are one list, perhaps once as text and once as it is."""
    if one is None or other is None:
        return one is other
    return one.records == other.records or bool(one.sha1 and one.sha1 == other.sha1)


def _written(export: ListExport) -> int:
    return (export.listed.timestamp or 0) if export.listed is not None else 0


def _told(best: ListExport, export: ListExport) -> str:
    of = f" of {export.node}" if export.node else ""
    mine, theirs = _identities(best.listed), _identities(export.listed)
    later = f"of {_when(best)}{_serials(mine - theirs)}"
    earlier = f"of {_when(export)}{_serials(theirs - mine)}"
    return (
        f"{export.place(1)}: another {export.kind.name}{of} than {best.place(1)}: that one, {later}, is "
        f"later and counts; this one, {earlier}, is taken as history"
    )


def _identities(listed: TrustList | None) -> set[Identity]:
    return {each.identity for each in listed.records if each.identity is not None} if listed else set()


def _when(export: ListExport) -> str:
    return f"{datetime.fromtimestamp(_written(export), UTC):%Y-%m-%d %H:%M:%S} UTC"


def _serials(alone: set[Identity]) -> str:
    """The serials that only this list names, whole, for they may begin alike."""
    told = sorted(serial_text(each.serial) for each in alone)
    more = f" and {len(told) - _SERIALS} more" if len(told) > _SERIALS else ""
    return f" (alone in it: {', '.join(told[:_SERIALS])}{more})" if told else ""
