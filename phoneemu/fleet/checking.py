"""What was understood of a snapshot, file by file, and what is assumed instead of the rest.

The assumptions are counted by a prediction of an empty runbook, so that `check` and `predict` cannot differ.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import attrs

from phoneemu.catalogue import catalogue
from phoneemu.cluster.state import CALLMANAGER, CAPF, ITL_RECOVERY, TVS, Certificate, Node
from phoneemu.core.names import serial_text
from phoneemu.fleet import assumptions, combining, dating, prechecks
from phoneemu.fleet.forecast import Forecast
from phoneemu.fleet.listexports import ListExport
from phoneemu.fleet.outcome import Outcome
from phoneemu.fleet.placing import Place
from phoneemu.fleet.plan import with_alternatives
from phoneemu.fleet.prechecks import Problem
from phoneemu.fleet.predict import predict
from phoneemu.fleet.roster import as_roster
from phoneemu.fleet.snapshot import Snapshot

SCHEMA = 1
REMARKS_SHOWN = 10
"""How many remarks of one file a person is shown; the JSON has all."""


@attrs.frozen(kw_only=True)
class Checked:
    """A snapshot, what the pre-checks find in it, and its prediction without any change."""

    snapshot: Snapshot
    problems: tuple[Problem, ...]
    today: Forecast

    @property
    def remarks_of(self) -> Mapping[str, int]:
        """How many remarks each file has."""
        return Counter(_file_of(remark) for remark in self.today.remarks)


def check(snapshot: Snapshot) -> Checked:
    """Look at a snapshot."""
    plan = with_alternatives(snapshot, ())
    return Checked(
        snapshot=snapshot, problems=tuple(prechecks.problems(snapshot)), today=predict(snapshot, plan)
    )


def _file_of(remark: str) -> str:
    """The file that a remark is about: what stands before its first colon."""
    return remark.partition(":")[0]


def lines(checked: Checked) -> Iterator[str]:
    """The findings, line by line."""
    snapshot, today = checked.snapshot, checked.today
    yield from _files(snapshot, checked.remarks_of)
    yield ""
    yield from _cluster(snapshot)
    yield ""
    yield from _phones(snapshot)
    yield from _askers(snapshot)
    yield ""
    yield "pre-checks"
    yield from (f"  {problem.line}" for problem in checked.problems)
    if not checked.problems:
        yield "  nothing was found"
    yield from _lscs(snapshot)
    if today.assumptions:
        yield ""
        yield "assumed, because no export says"
        for each in today.assumptions:
            yield f"{each.phones:>6} phones  {each.id}: {each.text}"
            yield f"               settled by {each.settles}"
    if today.remarks:
        yield ""
        yield "remarks"
        yield from (f"  {line}" for line in _remarks(today.remarks, checked.remarks_of))
    yield ""
    already = sum(count for outcome, count in today.summary.items() if outcome is not Outcome.OK)
    yield f"today, if every phone restarted: {today.closing_line()}"
    yield "nothing has to be done before a runbook" if not already else "look at these before any change"
    missing = sum(snapshot.left_out.values())
    if missing:
        yield f"but {missing:,} rows of tables could not be read: nothing is known of what they say"


_ASKS: Sequence[tuple[bool | None, str]] = (
    (False, "ask no TVS about an unknown signer; of those only the installed CTL counts"),
    (None, "nobody knows whether they ask a TVS"),
)


def _askers(snapshot: Snapshot) -> Iterator[str]:
    """The phones that no TVS helps: they follow a new signer only by the lists they hold."""
    scene = prechecks.Scene(snapshot)
    for value, words in _ASKS:
        count, models = scene.those(lambda profile, value=value: profile.asks_tvs.value is value)  # type: ignore[misc]
        if count:
            yield f"{count:>8}  {words}: {models}"


def lsc_counts(snapshot: Snapshot) -> Mapping[str, int]:
    """Phones of a secure profile by what is known of their LSC."""
    counted: Counter[str] = Counter()
    for place, count in prechecks.Scene(snapshot).places.items():
        if place.device.security.uses_tls:
            counted[_lsc_words(place)] += count
    return counted


def _lsc_words(place: Place) -> str:
    device = place.device
    if not device.lsc_known:
        return "not known whether they have one"
    if device.lsc_issuer is None:
        return "none: they show their factory certificate"
    issuer = f"of {device.lsc_issuer.common_name}"
    return f"{issuer}, assumed" if assumptions.LSC_OF_CLUSTER.id in place.basis else f"{issuer}, as exported"


def _lscs(snapshot: Snapshot) -> Iterator[str]:
    counted = lsc_counts(snapshot)
    if counted:
        yield ""
        yield "LSCs of phones with a secure profile (no export says when one expires)"
        yield from (f"{count:>8}  {words}" for words, count in sorted(counted.items()))


def _remarks(remarks: Sequence[str], counts: Mapping[str, int]) -> Iterator[str]:
    """The first remarks of each file, and how many more there are."""
    shown: Counter[str] = Counter()
    for remark in remarks:
        file = _file_of(remark)
        shown[file] += 1
        if shown[file] <= REMARKS_SHOWN:
            yield remark
        if shown[file] == counts[file] > REMARKS_SHOWN:
            yield f"{file}: and {counts[file] - REMARKS_SHOWN:,} more; `--json` lists them all"


def _files(snapshot: Snapshot, remarks_of: Mapping[str, int]) -> Iterator[str]:
    yield f"files in {snapshot.folder}"
    if snapshot.file.present:
        said = snapshot.file
        counts = (
            (said.nodes, "nodes"),
            (said.groups, "groups"),
            (said.sites, "sites"),
            (said.off, "[[off]]"),
        )
        yield "  cluster.toml: " + ", ".join(f"{len(what)} {name}" for what, name in counts)
    else:
        yield "  cluster.toml: absent"
    rows_of = as_roster(snapshot.inventory.phones).by_file()
    for file, used, ignored in snapshot.inventory.columns:
        rows = rows_of.get(file, 0)
        named = snapshot.inventory.named.get(file, rows)
        what = f"{named} phones" if rows or file not in snapshot.evidence else _evidence(snapshot, file)
        count = remarks_of.get(file, 0)
        more = f"; {count:,} {'remark' if count == 1 else 'remarks'}, see below" if count else ""
        yield f"  {file}: {what}; read {', '.join(used)}; ignored {ignored} other columns{more}"
    for export in snapshot.exports:
        yield f"  {_export(export)}"
        yield from (f"    {remark}" for remark in export.remarks)
    yield from (f"  {note}" for note in snapshot.notes)
    for name, kind in snapshot.by_content:
        yield f"  {name}: recognised by what is in it, as {kind}; its name does not say"
    for name, why in snapshot.unread:
        yield f"  {name}: {why}"


def _evidence(snapshot: Snapshot, file: str) -> str:
    return f"what {snapshot.evidence[file]} phones showed of their lists"


def _export(export: ListExport) -> str:
    if export.listed is None:
        return f"{export.file}: says that there is no {export.kind.name}"
    listed = export.listed
    signer = listed.signer.short if listed.signer is not None else "nobody it names"
    whole = "" if listed.complete else ", not all records shown"
    checksum = f", MD5 {listed.md5}" if listed.md5 else ""
    records = f"{len(listed.records)} records"
    return f"{export.file}: {export.kind.name} signed by {signer}, {records}{whole}{checksum}"


def _cluster(snapshot: Snapshot) -> Iterator[str]:
    cluster = snapshot.cluster
    mode = "mixed mode" if cluster.mixed else "non-secure mode"
    yield f"cluster {cluster.name}, release {snapshot.release}, {mode}"
    for node in cluster.nodes:
        services = ", ".join(sorted(node.services))
        power = "" if node.up else ", down"
        yield f"  {node.name}{' (publisher)' if node is cluster.publisher else ''}: {services}{power}"
        beside = (unit for unit, each in node.own.items() if each.origin != "made" and unit not in LISTED)
        for unit in (*LISTED, *beside):
            certificate = node.own.get(unit)
            if certificate is not None and (certificate.origin != "made" or unit in node.services):
                where = "assumed: no export names it" if certificate.origin == "made" else certificate.origin
                yield f"    {unit}: {certificate.identity.short}    {where}{_until(certificate)}"


LISTED = (CALLMANAGER, TVS, CAPF, ITL_RECOVERY)
"""Units whose certificates stand in lists."""


def _until(certificate: Certificate) -> str:
    if certificate.origin == "made" or certificate.not_after is None:
        return ""
    bits = f", {certificate.key_bits} bits" if certificate.key_bits else ""
    return f", until {dating.day(certificate.not_after)}{bits}"


def _phones(snapshot: Snapshot) -> Iterator[str]:
    counted: Counter[str] = Counter()
    for traits, phones in as_roster(snapshot.inventory.phones).by_kind().items():
        counted[traits.model] += phones
    yield f"{len(snapshot.inventory.phones)} phones"
    for model, count in counted.most_common():
        known = catalogue().find(model) if model else None
        aside = f" ({known.name})" if known is not None and model.isdigit() and model != known.model else ""
        aside = aside if known is not None else ": not in the catalogue"
        yield f"{count:>8}  {model or '(no model)'}{aside}"


# ---------------------------------------------------------------- for machines


def as_json(checked: Checked) -> dict[str, object]:
    """The findings for machines; schema in docs/json-check.md."""
    snapshot, today = checked.snapshot, checked.today
    cluster = snapshot.cluster
    return {
        "schema": SCHEMA,
        "files": list(_files_json(snapshot, checked.remarks_of)),
        "cluster": {
            "name": cluster.name,
            "release": snapshot.release,
            "mixed": cluster.mixed,
            "nodes": [_node_json(node) for node in cluster.nodes],
            "trust_stores": {
                store: [_certificate_json(each) for each in held] for store, held in cluster.stores.items()
            },
        },
        "problems": [
            {
                "rule": each.rule,
                "severity": each.severity.value,
                "text": each.text,
                "phones": each.phones,
                "source": each.source,
            }
            for each in checked.problems
        ],
        "lscs": dict(lsc_counts(snapshot)),
        "assumptions": [
            {"id": each.id, "phones": each.phones, "text": each.text, "settles": each.settles}
            for each in today.assumptions
        ],
        "remarks": list(today.remarks),
        "summary": {outcome.value: count for outcome, count in today.summary.items()},
    }


def _files_json(snapshot: Snapshot, remarks_of: Mapping[str, int]) -> Iterator[dict[str, object]]:
    phones = combining.counted(snapshot.inventory)
    for each in snapshot.recognised:
        name = each.path.name
        tables = [table for table in snapshot.inventory.columns if _is_of(table[0], name)]
        yield {
            "file": name,
            "read_as": [kind.name.lower() for kind in each.kinds],
            "recognised_by": "name" if each.named else "content" if each.kinds else None,
            "left_aside": each.why or None,
            "phones": sum(count for table, count in phones.items() if _is_of(table, name)),
            "columns": list(dict.fromkeys(column for _, used, _ in tables for column in used)),
            "columns_ignored": sum(ignored for _, _, ignored in tables),
            "remarks": sum(count for table, count in remarks_of.items() if _is_of(table, name)),
        }


def _is_of(table: str, file: str) -> bool:
    """Whether a table is that of a file, or a sheet of it."""
    return table == file or table.startswith(f"{file} [")


def _node_json(node: Node) -> dict[str, object]:
    own = {unit: _certificate_json(each) for unit, each in node.own.items()}
    return {
        "name": node.name,
        "address": node.address,
        "publisher": node.publisher,
        "services": sorted(node.services),
        "certificates": own,
    }


def _certificate_json(certificate: Certificate) -> dict[str, object]:
    made = certificate.origin == "made"
    return {
        "subject": certificate.identity.subject,
        "issuer": certificate.identity.issuer,
        "serial": serial_text(certificate.identity.serial),
        "key_bits": None if made else certificate.key_bits,
        "not_after": None if made else certificate.not_after,
        "names": list(certificate.san),
        "known_from": None if made else certificate.origin,
    }
