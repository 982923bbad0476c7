"""Makers for fleet tests: an office in memory, and one phone walked through a runbook there."""

from phoneemu.catalogue import catalogue
from phoneemu.cluster import publish, runbook
from phoneemu.cluster.drive import Station
from phoneemu.cluster.founding import make_cluster
from phoneemu.cluster.state import CAPF, Cluster, Device
from phoneemu.core.flash import DeviceSecurity, Flash
from phoneemu.core.profile import Profile
from phoneemu.fleet.plan import Plan, perform_all
from phoneemu.fleet.story import Story, tell

OFFICE = make_cluster("office", "10.5(1)", ("pub", "sub"), mixed=True)
NEWER = make_cluster("office", "12.5(1)", ("pub", "sub"))
RENEWAL = """
pub set cert regen CallManager
pub utils ctl update CTLFile
* utils service restart Cisco Tftp
* utils service restart Cisco CallManager
phones reset
"""


def planned(text: str, cluster: Cluster = OFFICE, *others: Cluster) -> Plan:
    """A runbook performed on a cluster."""
    return perform_all((cluster, *others), runbook.parse(text), catalogue())


def a_station(
    profile: Profile,
    cluster: Cluster = OFFICE,
    *,
    security: DeviceSecurity = DeviceSecurity.NON_SECURE,
    group: tuple[str, ...] = ("pub", "sub"),
    tftp: tuple[str, ...] = ("pub", "sub"),
) -> Station:
    """A phone that holds what its TFTP node serves."""
    capf = cluster.publisher.own[CAPF].identity
    device = Device(group=group, security=security, lsc_issuer=capf if security.uses_tls else None)
    node = cluster.by_name[tftp[0]]
    flash = Flash(
        ctl=node.ctl if profile.reads_ctl.value else None,
        itl=node.itl if profile.reads_itl.value else None,
        config=publish.config_for(cluster, device),
    )
    return Station(profile=profile, name="SEP1", device=device, tftp_servers=tftp, flash=flash)


def told(
    plan: Plan, station: Station, *, powered: bool = True, matches: frozenset[int] = frozenset()
) -> Story:
    """The story of one phone through a performed runbook."""
    return tell(station, plan.stages, matches, powered=powered, loads={})
