"""One phone of the catalogue through a whole plan, as a prediction walks it: for stories about runbooks.

end = through("pub set cert regen TVS; phones reset", OFFICE, model="8861")
assert end.says == ("ok", "confirmed")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from fleetmaking import a_station

from phoneemu.catalogue import catalogue
from phoneemu.cluster import runbook
from phoneemu.cluster.state import CAPF, Cluster
from phoneemu.core.flash import DeviceSecurity
from phoneemu.fleet.outcome import Ending, path_of
from phoneemu.fleet.plan import Plan, perform_all
from phoneemu.fleet.remedy import find
from phoneemu.fleet.story import Story, tell

if TYPE_CHECKING:
    from phoneemu.core.names import Identity
    from phoneemu.fleet.forecast import Remedy

PLAIN, AUTHENTICATED, ENCRYPTED = DeviceSecurity
MODERN, OLDER, LEGACY = "12-8-1", "9-4-2", "P0030801SR02"
"""Loads of an 8861, a 7975 and a 7960."""

TFTP = "* utils service restart Cisco Tftp"
CALLMANAGER = "* utils service restart Cisco CallManager"
RESET = "phones reset"
ROLLBACK = 'cluster parameter "Prepare Cluster for Rollback to pre 8.0"'


@attrs.frozen(kw_only=True)
class End:
    """How it went for the phone."""

    story: Story
    plan: Plan

    @property
    def last(self) -> Ending:
        """Its last start."""
        return self.story.episodes[-1].ending

    @property
    def says(self) -> tuple[str, str]:
        """(outcome, reason) as they are printed."""
        return self.last.outcome.value, self.last.reason.value

    @property
    def starts(self) -> list[tuple[int | None, str]]:
        """(step, outcome) of every start."""
        return [(each.step, each.ending.outcome.value) for each in self.story.episodes]

    @property
    def path(self) -> str:
        """How its lists were let in."""
        return path_of([each.boot for each in self.story.episodes]).value

    @property
    def remedy(self) -> Remedy:
        """What brings it back."""
        last = self.story.episodes[-1]
        return find(last.boot.station, last.world, self.plan.now, last.ending.outcome, self.plan.administered)


def steps(text: str) -> tuple[runbook.Step, ...]:
    """A runbook, a step a line or parted by `;`."""
    return runbook.parse(text.replace(";", "\n"))


def through(
    text: str,
    cluster: Cluster,
    *others: Cluster,
    model: str = "8861",
    load: str = MODERN,
    protocol: str | None = None,
    security: DeviceSecurity = PLAIN,
    tftp: tuple[str, ...] = ("pub", "sub"),
    group: tuple[str, ...] = ("pub", "sub"),
    site: str = "HQ",
    powered: bool = True,
    lsc: Identity | None = None,
) -> End:
    """Walk one phone that holds what its TFTP node serves through a plan."""
    models = catalogue()
    plan = perform_all((cluster, *others), steps(text), models)
    profile = models.profile(model, load, protocol)
    station = a_station(profile, cluster, security=security, group=group, tftp=tftp)
    device = station.device
    if lsc is not None:
        device = attrs.evolve(device, lsc_issuer=lsc)
    station = attrs.evolve(station, device=device, elsewhere=plan.elsewhere(device))
    row = {"model": model, "site": site, "load": load, "security": security.value, "protocol": protocol or ""}
    matches = frozenset(number for number, each in enumerate(plan.filters) if each.matches(row, station.name))
    loads = {
        step.args[0]: attrs.evolve(station, profile=models.profile(model, step.args[0], protocol))
        for step in steps(text)
        if step.verb == "load"
    }
    return End(story=tell(station, plan.stages, matches, powered=powered, loads=loads), plan=plan)


def capf(cluster: Cluster) -> Identity:
    """The issuer of the cluster's LSCs."""
    return cluster.publisher.own[CAPF].identity
