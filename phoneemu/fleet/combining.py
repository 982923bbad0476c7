"""Several exports of the same phones as one inventory: the first to say something counts, the next fill.

Where two contradict each other a remark names both, for one of them is old or of another cluster. What
RISPort and pages say is not here: see merging.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce

import attrs

from phoneemu.catalogue import catalogue
from phoneemu.fleet.clusterfile import security_mode
from phoneemu.fleet.columns import LISTS, first_said, positions, runs
from phoneemu.fleet.holding import lists_apart
from phoneemu.fleet.joining import Difference, Joined, Pair, join
from phoneemu.fleet.listed import Inventory, Traits
from phoneemu.fleet.placing import has_no_lsc
from phoneemu.fleet.remarks import Remark
from phoneemu.fleet.roster import Roster, as_roster, joined

WORDS: Mapping[str, str] = {
    "site": "device pool",
    "profile": "security profile",
    "mode": "security mode",
    "group": "CallManager group",
    "lsc": "LSC",
    "ctl": "CTL",
    "itl": "ITL",
}
"""What a person calls a field, where the field is not called so."""


@attrs.frozen(kw_only=True)
class _Counting:
    """What counts of two exports. `shown`: the second is what phones themselves showed."""

    running: frozenset[str]
    """Files whose load is the one that runs: it may differ from a configured one, and counts before it."""
    shown: bool = False

    def taken(self, pair: Pair) -> Traits:
        mine, theirs = pair.mine, pair.theirs
        said = {field: getattr(mine, field) or getattr(theirs, field) for field in Traits._fields}
        first, second = (theirs, mine) if self.shown else (mine, theirs)
        for field in LISTS:
            said[field] = first_said((getattr(first, field), getattr(second, field)))
        if theirs.load and self._runs(pair.their_file) and (self.shown or not self._runs(pair.file)):
            said["load"] = theirs.load
        return Traits(**said)

    def differing(self, pair: Pair) -> Iterator[str]:
        for field in Traits._fields:
            mine, theirs = getattr(pair.mine, field), getattr(pair.theirs, field)
            if not mine or not theirs or mine == theirs:
                continue
            comparable = field != "load" or self.shown or self._runs(pair.file) == self._runs(pair.their_file)
            if comparable and _differ(field, mine, theirs):
                yield field

    def _runs(self, file: str) -> bool:
        return file in self.running


def _differ(field: str, mine: str, theirs: str) -> bool:
    """Whether two words cannot both be right."""
    if field == "model":
        known = [catalogue().find(model) for model in (mine, theirs)]
        return None not in known and known[0] != known[1]
    if field == "mode":
        modes = [security_mode(mode) for mode in (mine, theirs)]
        return None not in modes and modes[0] != modes[1]
    if field == "lsc":
        return has_no_lsc(mine) != has_no_lsc(theirs)
    if field in LISTS:
        return lists_apart(mine, theirs)
    return " ".join(mine.lower().split()) != " ".join(theirs.lower().split())


def together(inventories: Sequence[Inventory]) -> Inventory:
    """Several tables as one inventory, in their order."""
    return reduce(with_more, inventories) if inventories else Inventory(phones=())


def with_more(inventory: Inventory, more: Inventory) -> Inventory:
    """The inventory with another export: new phones behind, known ones with what they lacked."""
    found = _joined(inventory, more, shown=False)
    phones = joined([found.phones, found.alone]) if len(found.alone) else found.phones
    return _with(inventory, more, phones, _contradictions(found.differing, inventory))


def with_checksums(inventory: Inventory, shown: Inventory) -> Inventory:
    """The inventory with what phones showed: it counts before what was configured or what the cluster saw."""
    found = _joined(inventory, shown, shown=True)
    remarks = [
        Remark(place=f"{each.file}:{each.line}", text=f"{each.name} is no phone of the exports")
        for each in found.alone
    ]
    remarks += _contradictions(found.differing, inventory, shown=True)
    return _with(inventory, shown, found.phones, remarks)


def _joined(first: Inventory, second: Inventory, *, shown: bool) -> Joined:
    running = {file for file, used, _ in first.columns if runs(used)}
    running |= {file for file, used, _ in second.columns if runs(used, shown=shown)}
    counting = _Counting(running=frozenset(running), shown=shown)
    return join(as_roster(first.phones), as_roster(second.phones), counting)


def _with(first: Inventory, second: Inventory, phones: Roster, remarks: Iterable[Remark]) -> Inventory:
    return Inventory(
        phones=phones,
        remarks=(*first.remarks, *second.remarks, *remarks),
        columns=(*first.columns, *second.columns),
        named={**counted(first), **counted(second)},
    )


def counted(inventory: Inventory) -> Mapping[str, int]:
    """How many phones stand in each file, those of other files too."""
    return inventory.named or as_roster(inventory.phones).by_file()


def _contradictions(
    differing: Iterable[Difference], first: Inventory, *, shown: bool = False
) -> Iterator[Remark]:
    """What a person should see before two exports of one phone are believed.

    A phone keeps the name of its first file; where that has no such column, another one said it.
    """
    fields = {file: positions(used) for file, used, _ in first.columns}
    for each in differing:
        mine, theirs = each.said
        what, those = WORDS.get(each.field, each.field), f"{each.count:,} phones"
        such = f"such as {each.name}: `{theirs}` here, `{mine}` there"
        ours = shown and each.field in (*LISTS, "load")
        if ours and each.field == "load":
            text = f"{those} show another load than the other exports say; it is taken, {such}"
        else:
            taken = "this one" if ours else "that"
            said_there = each.field in fields.get(each.pair.file, ())
            where = f"in {each.pair.file}" if said_there else "in an export read before"
            text = f"{those} have another {what} than {where}; {taken} is taken, {such}"
        if each.field == "model":
            text += "; see whether both are of one cluster"
        yield Remark(place=each.pair.their_file, text=text)
