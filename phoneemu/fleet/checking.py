"""What was understood of a snapshot, file by file, and what is assumed instead of the rest.

The assumptions are counted by a prediction of an empty runbook, so that `check` and `predict` cannot differ.
"""

from collections import Counter
from collections.abc import Iterator

from phoneemu.catalogue import catalogue
from phoneemu.cluster.state import CALLMANAGER, CAPF, ITL_RECOVERY, TVS
from phoneemu.fleet import prechecks
from phoneemu.fleet.listexports import ListExport
from phoneemu.fleet.outcome import Outcome
from phoneemu.fleet.plan import perform_all
from phoneemu.fleet.predict import predict
from phoneemu.fleet.roster import as_roster
from phoneemu.fleet.snapshot import Snapshot

REMARKS_SHOWN = 50


def lines(snapshot: Snapshot) -> Iterator[str]:
    """The findings, line by line."""
    yield from _files(snapshot)
    yield ""
    yield from _cluster(snapshot)
    yield ""
    yield from _phones(snapshot)
    found = prechecks.problems(snapshot)
    yield ""
    yield "pre-checks"
    yield from (f"  {problem.line}" for problem in found)
    if not found:
        yield "  nothing was found"
    plan = perform_all((snapshot.cluster,), (), catalogue())
    forecast = predict(snapshot, plan)
    if forecast.assumptions:
        yield ""
        yield "assumed, because no export says"
        for each in forecast.assumptions:
            yield f"{each.phones:>6} phones  {each.id}: {each.text}"
            yield f"               settled by {each.settles}"
    if forecast.remarks:
        yield ""
        yield "remarks"
        yield from (f"  {remark}" for remark in forecast.remarks[:REMARKS_SHOWN])
        if len(forecast.remarks) > REMARKS_SHOWN:
            yield f"  and {len(forecast.remarks) - REMARKS_SHOWN} more"
    yield ""
    already = sum(count for outcome, count in forecast.summary.items() if outcome is not Outcome.OK)
    yield f"today, if every phone restarted: {forecast.closing_line()}"
    yield "nothing has to be done before a runbook" if not already else "look at these before any change"


def _files(snapshot: Snapshot) -> Iterator[str]:
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
        yield f"  {file}: {rows} phones; read {', '.join(used)}; ignored {ignored} other columns"
    for export in snapshot.exports:
        yield f"  {_export(export)}"
        yield from (f"    {remark}" for remark in export.remarks)
    yield from (f"  {note}" for note in snapshot.notes)
    for name, kind in snapshot.by_content:
        yield f"  {name}: its name does not say what it is; read as {kind}, for what is in it"
    for name, why in snapshot.unread:
        yield f"  {name}: {why}"


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
    yield f"cluster {cluster.name}, release {cluster.release.text}, {mode}"
    for node in cluster.nodes:
        services = ", ".join(sorted(node.services))
        power = "" if node.up else ", down"
        yield f"  {node.name}{' (publisher)' if node is cluster.publisher else ''}: {services}{power}"
        for unit in (CALLMANAGER, TVS, CAPF, ITL_RECOVERY):
            certificate = node.own.get(unit)
            if certificate is not None and (certificate.origin != "made" or unit in node.services):
                where = "assumed: no export names it" if certificate.origin == "made" else certificate.origin
                yield f"    {unit}: {certificate.identity.short}    {where}"


def _phones(snapshot: Snapshot) -> Iterator[str]:
    counted: Counter[str] = Counter()
    for traits, phones in as_roster(snapshot.inventory.phones).by_kind().items():
        counted[traits.model] += phones
    yield f"{len(snapshot.inventory.phones)} phones"
    for model, count in counted.most_common():
        known = catalogue().find(model) if model else None
        yield f"{count:>8}  {model or '(no model)'}" + ("" if known is not None else ": not in the catalogue")
