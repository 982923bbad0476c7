"""Which node and unit each exported certificate belongs to, and which trust store.

An export of certificates is nearer to the truth than a list: the list was written from them, perhaps before
the last renewal. So what is placed here counts before what lists name, and the difference is told.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath

import attrs

from phoneemu.cluster.state import CALLMANAGER, CAPF, ITL_RECOVERY, TVS, Certificate
from phoneemu.core.names import Identity
from phoneemu.fleet.certentries import CertEntry, service_in
from phoneemu.fleet.certificates import RECOVERY_PREFIX, TOKEN_ISSUER, node_of
from phoneemu.fleet.remarks import Remark

NODE_UNITS = frozenset({CALLMANAGER, TVS})
"""A server with one of these of its own is a node that phones deal with; others may be of other products."""


@attrs.frozen(kw_only=True)
class Placed:
    """Certificates by node and unit, and by store; what of the exports could not be placed."""

    own: Mapping[str, Mapping[str, Certificate]] = attrs.field(factory=dict)
    stores: Mapping[str, tuple[Certificate, ...]] = attrs.field(factory=dict)
    named: tuple[CertEntry, ...] = ()
    """Own certificates of which only a name is known, and perhaps when they end."""
    remarks: tuple[str, ...] = ()


def with_units(file: str, entries: Sequence[CertEntry]) -> tuple[Sequence[CertEntry], Sequence[Remark]]:
    """The certificates of a file, with the unit that its name says where it holds one certificate alone.

    What is then of no unit is not used, and remarked upon.
    """
    without = [each for each in entries if not each.service]
    unit = service_in(file) if len(without) == 1 else ""
    if not without:
        return entries, ()
    if unit:
        return [each if each.service else attrs.evolve(each, service=unit) for each in entries], ()
    how = "`run sql` with the unit's name, or a file named after node and unit, `NODE_CallManager.pem`, tells"
    text = f"the unit of {len(without)} certificates is not known: they are not used; {how}"
    return entries, (Remark(place=without[0].place, text=text),)


def servers_of(entries: Iterable[CertEntry]) -> tuple[str, ...]:
    """Servers that have certificates of a node of their own, in the order of the export."""
    found = {
        entry.server.lower(): entry.server
        for entry in entries
        if entry.server and entry.service in NODE_UNITS
    }
    return tuple(found.values())


def node_in(file: str, names: Mapping[str, str]) -> str | None:
    """The node whose name stands in a file's name, between marks: `certs_cucm-pub.txt`."""
    stem = PurePath(file).stem.lower()
    for known in sorted(names, key=len, reverse=True):
        label = known if known[:1].isdigit() else known.partition(".")[0]
        if re.search(rf"(?<![a-z0-9]){re.escape(label)}(?![a-z0-9])(?!-[a-z0-9])", stem):
            return names[known]
    return None


def place(
    entries: Sequence[CertEntry], names: Mapping[str, str], publisher: str, listed: Iterable[Identity]
) -> Placed:
    """Give every entry its node.

    `listed` are the certificates the lists name: they settle what a serial's spelling means.
    """
    known = {(each.issuer_key, each.serial): each for each in listed}
    own: dict[str, dict[str, Certificate]] = {name: {} for name in names.values()}
    stores: dict[str, dict[Identity, Certificate]] = {}
    remarks: list[str] = []
    strangers: dict[str, int] = {}
    for entry in entries:
        if entry.identity is None or not entry.service:
            continue
        entry = _settled(entry, known)
        if entry.trusted:
            certificate = _certificate(entry, node_of(entry.server, names) or entry.server)
            stores.setdefault(entry.service, {}).setdefault(certificate.identity, certificate)
            continue
        node = _owner(entry, names, publisher)
        if node is None:
            whom = entry.server or entry.place.partition(":")[0]
            strangers[whom] = strangers.get(whom, 0) + 1
            continue
        remarks += _keep(own[node], _certificate(entry, node))
    remarks += (
        f"{whom}: {count} own certificates of no known node are left aside"
        for whom, count in strangers.items()
    )
    return Placed(
        own=own,
        stores={store: tuple(held.values()) for store, held in stores.items()},
        named=tuple(each for each in entries if each.identity is None and not each.trusted),
        remarks=tuple(remarks),
    )


def _settled(
    entry: CertEntry, known: Mapping[tuple[tuple[tuple[str, str], ...], int], Identity]
) -> CertEntry:
    """The entry with the serial that a list knows, where its text may mean two."""
    if entry.identity is None or len(entry.serials) < 2:
        return entry
    for serial in entry.serials:
        found = known.get((entry.identity.issuer_key, serial))
        if found is not None:
            raw = serial.to_bytes(max((serial.bit_length() + 7) // 8, 1), "big")
            return attrs.evolve(entry, identity=found, serial=raw, serials=(serial,))
    return entry


def _owner(entry: CertEntry, names: Mapping[str, str], publisher: str) -> str | None:
    """The node an own certificate is of: as said, as the file is named, as the certificate is."""
    common = entry.identity.common_name if entry.identity is not None else ""
    if entry.service == ITL_RECOVERY:  # every node shows the publisher's copy from 12.5 on [REGEN214231]
        return node_of(common[len(RECOVERY_PREFIX) :].lstrip("_"), names) or publisher
    if entry.server:
        return node_of(entry.server, names)
    named = node_in(entry.place.rpartition(":")[0] or entry.place, names) or node_of(common, names)
    if named is not None:
        return named
    alone = len(set(names.values())) == 1
    return publisher if alone or entry.service == CAPF else None


def _certificate(entry: CertEntry, node: str) -> Certificate:
    identity = entry.identity
    assert identity is not None  # noqa: S101 - entries without one are not placed
    token = TOKEN_ISSUER.lower() in identity.issuer.lower() and "SAST-" in identity.subject.upper()
    return Certificate(
        unit="etoken" if token else entry.service.removesuffix("-trust") if entry.trusted else entry.service,
        node=node,
        identity=identity,
        serial=entry.serial,
        key_bits=entry.key_bits,
        not_before=entry.not_before,
        not_after=entry.not_after,
        ca_signed=bool(entry.ca_signed),
        multi_san=identity.common_name.partition(".")[0].endswith("-ms"),
        san=entry.san,
        origin=entry.place,
        der=entry.der,
    )


def _keep(units: dict[str, Certificate], new: Certificate) -> Iterator[str]:
    """Keep the newer of two certificates of one unit, and tell when they differ."""
    held = units.get(new.unit)
    if held is None:
        units[new.unit] = new
        return
    if held.identity == new.identity:
        return
    newer, older = (new, held) if (new.not_before or 0) > (held.not_before or 0) else (held, new)
    units[new.unit] = newer
    yield (
        f"{older.origin} and {newer.origin} name different {new.unit} certificates of {new.node}; "
        f"the later one ({newer.identity.short}) is taken"
    )
