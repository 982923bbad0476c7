"""What `run sql` on groups and parameters says about a cluster, put where cluster.toml did not speak.

cluster.toml is somebody's word and wins; where the database disagrees, a remark says so.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import NamedTuple

import attrs

from phoneemu.cluster.state import ROLLBACK
from phoneemu.errors import BadInput
from phoneemu.fleet.clusterfile import ClusterFile
from phoneemu.fleet.remarks import Remark
from phoneemu.fleet.sqltext import SqlTable

MODE, PREGRAYBACK = "clustersecuritymode", "rollbacktopregrayback"
_AS_WRITTEN = {MODE: "ClusterSecurityMode", PREGRAYBACK: "RollBackToPreGrayback"}
USED = frozenset(_AS_WRITTEN)
"""Parameters that decide something here, lower-case."""
_TRUE = frozenset({"t", "true", "1"})
_GROUP = ("cmgname", "cmgroup", "group")
_SERVER = ("servername", "node", "processnode")
_PRIORITY = ("priority",)
_OF_PHONES = frozenset(
    {
        "model",
        "tkmodel",
        "product",
        "devicepool",
        "secprofile",
        "secmode",
        "protocol",
        "tkdeviceprotocol",
        "load",
    }
    | {"specialloadinformation", "loadinformation", "itl", "ctl", "cmgroup", "lsc", "description"}
)


class Member(NamedTuple):
    """One member of a CallManager group, and where it was read."""

    name: str
    place: str


def is_parameters(columns: AbstractSet[str], file: str) -> bool:
    """Whether an answer is of processconfig, by its columns or by its file's name."""
    return "paramname" in columns or file == "parameters.sql.txt"


def is_groups(columns: AbstractSet[str], file: str) -> bool:
    """Whether an answer is of the members of CallManager groups."""
    whole = all(columns & set(names) for names in (_GROUP, _SERVER, _PRIORITY))
    return whole or file == "cmgroups.sql.txt"


def is_phones(columns: AbstractSet[str], file: str) -> bool:
    """Whether an answer is of phones: a name, and anything that only phones have."""
    return ("name" in columns and bool(columns & _OF_PHONES)) or file.startswith("phones")


def groups_of(tables: Iterable[SqlTable], file: str) -> dict[str, tuple[Member, ...]]:
    """CallManager groups, their members in order of priority.

    Raises:
        BadInput: a table lacks a column, or a priority is no number; names file and line.
    """
    members: dict[str, list[tuple[int, int, str]]] = {}
    for table in tables:
        group, server, priority = (_column(table, names, file) for names in (_GROUP, _SERVER, _PRIORITY))
        for line, row in table.dicts():
            if not row[priority].isdigit():
                raise BadInput(f"priority `{row[priority]}` is no number", place=f"{file}:{line}")
            members.setdefault(row[group], []).append((int(row[priority]), line, row[server]))
    return {
        group: tuple(Member(server, f"{file}:{line}") for _, line, server in sorted(each))
        for group, each in members.items()
    }


def _column(table: SqlTable, names: tuple[str, ...], file: str) -> str:
    found = next((name for name in names if name in table.columns), None)
    if found is None:
        raise BadInput(f"no column {names[0]} among {', '.join(table.columns)}", place=file)
    return found


def parameters_of(tables: Iterable[SqlTable], file: str) -> dict[str, tuple[str, str]]:
    """Lower-case parameter name -> (value, `file:line`), of processconfig.

    Raises:
        BadInput: a table lacks a column.
    """
    found: dict[str, tuple[str, str]] = {}
    for table in tables:
        name, value = _column(table, ("paramname",), file), _column(table, ("paramvalue",), file)
        for line, row in table.dicts():
            found[row[name].lower()] = (row[value], f"{file}:{line}")
    return found


_MODES = {"0": False, "1": True}
"""What ClusterSecurityMode says of mixed mode [SEED118893, MIX118892]."""


def usable(name: str, value: str) -> bool:
    """Whether a value says something; of ClusterSecurityMode, 0 or 1."""
    return value.strip() in _MODES if name == MODE else bool(value.strip())


def parameters_apart(
    before: Mapping[str, tuple[str, str]], found: Mapping[str, tuple[str, str]]
) -> Iterator[Remark]:
    """The parameters that decide something and that another answer says otherwise."""
    for name in sorted(USED & before.keys() & found.keys()):
        (old, where), (new, place) = before[name], found[name]
        if old != new and usable(name, old) and usable(name, new):
            text = f"{_AS_WRITTEN[name]} is {new} here and {old} in {where}: this is taken"
            yield Remark(place=place, text=f"{text}; see which of the two is of now")


def groups_apart(
    before: Mapping[str, tuple[Member, ...]], found: Mapping[str, tuple[Member, ...]]
) -> Iterator[Remark]:
    """The groups that have other members, or another order of them, in another answer."""
    for group in sorted(before.keys() & found.keys()):
        old, new = ([member.name for member in each[group]] for each in (before, found))
        if [name.lower() for name in old] != [name.lower() for name in new]:
            text = (
                f"group {group} is {', '.join(new)} here and {', '.join(old)} in {before[group][0].place}: "
            )
            yield Remark(
                place=found[group][0].place, text=f"{text}this is taken; see which of the two is of now"
            )


def merged(
    file: ClusterFile, found: Mapping[str, tuple[Member, ...]], parameters: Mapping[str, tuple[str, str]]
) -> tuple[ClusterFile, tuple[str, ...]]:
    """The cluster file with what the database says, and where the two disagree."""
    remarks: list[str] = []
    groups = {name: tuple(member.name for member in members) for name, members in found.items()}
    for name, members in groups.items():
        said = file.groups.get(name)
        if said is not None and tuple(map(str.lower, said)) != tuple(map(str.lower, members)):
            remarks.append(
                f"group {name}: {file.file} says {', '.join(said)}, the database {', '.join(members)}"
            )
    mixed = file.mixed
    if MODE in parameters:
        value, place = parameters[MODE]
        database = _MODES.get(value.strip())
        if database is None:
            remarks.append(f"{place}: ClusterSecurityMode is {value!r}, neither 0 nor 1; it is not taken")
        elif mixed is not None and mixed is not database:
            remarks.append(
                f"{place}: ClusterSecurityMode is {value}, {file.file} says mixed = {str(mixed).lower()}"
            )
        mixed = database if mixed is None else mixed
    settings = dict(file.parameters)
    if PREGRAYBACK in parameters and ROLLBACK not in settings:
        settings[ROLLBACK] = str(parameters[PREGRAYBACK][0].lower() in _TRUE)
    return (
        attrs.evolve(
            file,
            groups=MappingProxyType({**groups, **file.groups}),
            mixed=mixed,
            parameters=MappingProxyType(settings),
        ),
        tuple(remarks),
    )
