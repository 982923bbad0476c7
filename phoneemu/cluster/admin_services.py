"""Commands about services, nodes and parameters [CLI15-utils, CLI15-set, SERV125]."""

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from phoneemu.cluster import parameters, publish
from phoneemu.cluster import release as since
from phoneemu.cluster.certs import running_of
from phoneemu.cluster.performing import Office, Performed, refused
from phoneemu.cluster.runbook import Step
from phoneemu.cluster.state import CALLMANAGER, CAPF, ROLLBACK, SIGNATURE_ALGORITHM, TFTP, TVS, Cluster, Node
from phoneemu.errors import BadInput

NAMED: Mapping[str, str] = {
    "Cisco Tftp": TFTP,
    "Cisco CallManager": CALLMANAGER,
    "Cisco Trust Verification Service": TVS,
    "Cisco Certificate Authority Proxy Function": CAPF,
}
"""Services as an administrator types them, and what each runs."""
SERVICES: Mapping[str, str] = {name.lower(): unit for name, unit in NAMED.items()}
"""Services whose restart matters for trust, by their exact names in lower case [SERV125]."""

OTHER_SERVICES = frozenset(
    {
        "cisco ctimanager",
        "cisco ctl provider",
        "cisco tomcat",
        "cisco haproxy",
        "cisco certificate change notification",
        "cisco certificate expiry monitor",
        "cisco ssosp tomcat",
        "cisco uds tomcat",
        "cisco drf master",
        "cisco drf local",
        "cisco amc service",
        "cisco extension mobility",
        "a cisco db",
    }
)
"""Services whose restart changes no trust list."""


def _service_name(step: Step) -> str:
    said = step.args[1].strip().strip('"').lower()
    if said not in SERVICES and said not in OTHER_SERVICES:
        known = ", ".join(sorted(NAMED))
        raise BadInput(f"no service `{step.args[1]}`; those about trust are {known}", place=step.place)
    return said


def running_nodes(cluster: Cluster, step: Step) -> list[str]:
    """The nodes `*` means: those on which the service is activated."""
    service = SERVICES.get(_service_name(step))
    return [node.name for node in cluster.nodes if node.up and (service is None or service in node.services)]


def service(office: Office, node: Node, step: Step) -> Performed:
    """`utils service restart|start|stop NAME` on this node."""
    action, said = step.args[0].lower(), step.args[1].strip().strip('"')
    unit = SERVICES.get(_service_name(step))
    cluster = office.cluster
    if unit is None:
        return Performed(cluster=cluster, lines=_service_text(action, said))
    if unit not in node.services and unit != CAPF:
        return Performed(
            cluster=cluster,
            lines=(f"{said}[STOPPED]  Service Not Activated",),
            refused=True,
            remarks=(f"{said} is not activated on {node.name}",),
        )
    if action == "stop":
        stopped = attrs.evolve(node, stopped=node.stopped | {unit})
        return Performed(cluster=cluster.with_node(stopped), lines=_service_text(action, said))
    return Performed(cluster=started(cluster, node, unit), lines=_service_text(action, said))


def _service_text(action: str, name: str) -> tuple[str, ...]:
    if action == "stop":
        return ("Commanded Out of Service", f"{name}[NOTRUNNING]")
    states = ("STOPPING", "STARTING", "STARTED") if action == "restart" else ("STARTING", "STARTED")
    return ("Service Manager is running", *(f"{name}[{state}]" for state in states))


def started(cluster: Cluster, node: Node, unit: str) -> Cluster:
    """A service starts: it loads its certificate, and TFTP writes the node's ITL with the normal signer."""
    fresh = running_of(node.own)
    running = {**node.running, **({unit: fresh[unit]} if unit in fresh else {})}
    node = attrs.evolve(
        node,
        stopped=node.stopped - {unit},
        running=MappingProxyType(running),
        tvs_ctl=node.ctl if unit == TVS else node.tvs_ctl,
        loaded_digest=None if unit == TFTP else node.loaded_digest,
    )
    cluster = cluster.with_node(node)
    return publish.with_itl(cluster, node) if unit == TFTP and node.up else cluster


def power(office: Office, node: Node, step: Step) -> Performed:
    """A node is powered off, or on again: every service starts anew."""
    if step.args[0].lower() == "off":
        return Performed(cluster=office.cluster.with_node(attrs.evolve(node, up=False)))
    return Performed(cluster=risen(office.cluster, node))


def risen(cluster: Cluster, node: Node) -> Cluster:
    """The cluster after a node started: every service loads what is on its disk."""
    node = attrs.evolve(node, up=True, stopped=frozenset())
    cluster = cluster.with_node(node)
    for unit in sorted(node.services):
        cluster = started(cluster, cluster.by_name[node.name.lower()], unit)
    return cluster


def system_restart(office: Office, node: Node, _step: Step) -> Performed:
    """`utils system restart`: every service of the node starts anew."""
    return Performed(
        cluster=risen(office.cluster, node),
        lines=(
            "Do you really want to restart ?",
            "Enter (yes/no)? yes",
            "Appliance is being Restarted ...",
            "Warning: Restart could take up to 5 minutes.",
        ),
    )


def block(office: Office, node: Node, step: Step) -> Performed:
    """A firewall between phones and this node drops a port."""
    ports = node.blocked_ports | {int(step.args[0])}
    return Performed(cluster=office.cluster.with_node(attrs.evolve(node, blocked_ports=ports)))


def unblock(office: Office, node: Node, step: Step) -> Performed:
    """The port is open again."""
    ports = node.blocked_ports - {int(step.args[0])}
    return Performed(cluster=office.cluster.with_node(attrs.evolve(node, blocked_ports=ports)))


def run_sql(office: Office, _node: Node, step: Step) -> Performed:
    """A query changes nothing; that of the cluster's security mode is answered [SEED118893].

    Raises:
        BadInput: it is no query.
    """
    if not step.args[0].lower().startswith("select "):
        raise BadInput("only queries are emulated: `run sql select ...`", place=step.place)
    if "processconfig" not in step.args[0] or "ClusterSecurityMode" not in step.args[0]:
        return Performed(cluster=office.cluster, lines=NOT_SHOWN)
    value = "1" if office.cluster.mixed else "0"
    lines = (
        "paramname           paramvalue",
        "=================== ==========",
        f"ClusterSecurityMode {value}",
    )
    return Performed(cluster=office.cluster, lines=lines)


NOT_SHOWN = ("(the emulated cluster shows nothing here; this changes nothing that a phone could see)",)


def look(office: Office, _node: Node, _step: Step) -> Performed:
    """A command that changes nothing a phone could see."""
    return Performed(cluster=office.cluster, lines=NOT_SHOWN)


def min_tls(office: Office, node: Node, step: Step) -> Performed:
    """`set tls min-version`: the floor of every TLS service; no certificate changes [CLI15].

    Before 15SU2 the node reboots, and what was changed on its disk before takes effect.
    """
    version, cluster = step.args[0], office.cluster
    of_cluster = since.TLS_FLOOR_OF_CLUSTER.holds(cluster.release)
    if version == "1.3" and not of_cluster:
        return refused(cluster, "TLS 1.3 alone can be asked for from 15SU2 on [CLI15]")
    raised = attrs.evolve(cluster, min_tls=version)
    done = f"Successfully set minimum TLS version to {version}"
    introduced, across = (
        tuple(line.replace("1.3", version) for line in text) for text in (_TLS_INTRODUCED, _TLS_OF_CLUSTER)
    )
    if of_cluster:
        return Performed(
            cluster=raised,
            lines=(*introduced, *across, _TLS_QUESTION, "", done),
            remarks=("every node is restarted by hand then: utils system restart [CLI15]",),
        )
    warning = f"Warning: This will set the minimum TLS to {version} and the server will reboot."
    ends = ("", "The system will reboot in few minutes.")
    return Performed(
        cluster=risen(raised, node),
        lines=(*introduced, _STARS, "", warning, "", _STARS, "", _TLS_QUESTION, "", done, *ends),
        remarks=("emulated for the whole cluster at once; before 15SU2 it is set node by node [CLI15]",),
    )


_STARS = "*" * 100
_TLS_QUESTION = "Do you want to continue (yes/no) ? yes"
_TLS_INTRODUCED = (
    "This command will result in setting minimum TLS version to 1.3 on all the secure interfaces.",
    "If you have custom applications that makes secure connection to the system, please ensure ",
    "they support the TLS version you have chosen to configure. ",
    "Also, please refer to the Cisco Unified Reporting Administration Guide to ensure the ",
    "endpoints in your deployment supports this feature.",
    "",
)
_TLS_OF_CLUSTER = (
    (
        "Warning: This will set the minimum TLS to 1.3 across all the callmanager nodes  in the  cluster. "
        "Please reboot all the nodes in the cluster using utils system restart for updated minimum TLS value "
        "to take affect."
    ),
    "",
)


def parameter(office: Office, step: Step) -> Performed:
    """Set an enterprise parameter; the rollback one writes every ITL anew [SG14-sbd]."""
    said, value = step.args
    cluster = office.cluster
    name = parameters.known_name(said)
    if name is None:
        near = parameters.meant(said)
        if near is not None:
            return refused(cluster, f"no enterprise parameter is called {said!r}; did you mean {near!r}")
        kept = next((each for each in cluster.parameters if each.lower() == said.lower()), said)
        changed = attrs.evolve(cluster, parameters=MappingProxyType({**cluster.parameters, kept: value}))
        why = f"the parameter {said!r} is not known to concern what phones trust; it changes nothing here"
        return Performed(cluster=changed, remarks=(f"{why} [assumed]",))
    why = parameters.why_no_value(name, value)
    if why:
        return refused(cluster, why)
    if name == SIGNATURE_ALGORITHM and not since.SHA512_OFFERED.holds(cluster.release):
        return refused(cluster, f"{SIGNATURE_ALGORITHM} can be set from 11.5(1) on [JTAPI14]")
    changed = attrs.evolve(cluster, parameters=MappingProxyType({**cluster.parameters, name: value.strip()}))
    if name == SIGNATURE_ALGORITHM:
        return _digest_set(cluster, changed)
    if name != ROLLBACK:
        return Performed(cluster=changed)
    themselves = since.ROLLBACK_RESETS_PHONES.holds(cluster.release)
    told = "phones reset by themselves; wait ten minutes" if themselves else "reset the phones; they do not"
    remarks = [f"{told}: from 10.5 on they reset by themselves [SG15-sbd]"]
    if any(node.proxy_for for node in changed.nodes) and publish.rollback(changed):
        remarks.append(UNCHECKED)
    return Performed(
        cluster=publish.with_all_itls(changed),
        resets=themselves,
        remarks=tuple(remarks),
    )


UNCHECKED = (
    "phones of other clusters check no common file of this proxy TFTP once they were reset, unless they hold "
    "a CTL; by which list is not printed. Give HTTPS services http URLs: an emptied ITL ends them [SG14-sbd]"
)
"""What the rollback parameter of a proxy's own cluster does to phones of the clusters behind it."""


def _digest_set(before: Cluster, after: Cluster) -> Performed:
    """Lists and configuration keep the old digest until somebody writes them anew [SG125-sbd, SG15-tftp]."""
    old = publish.digest_of(before)
    for node in after.nodes:
        if TFTP in node.services and node.loaded_digest is None:
            after = after.with_node(attrs.evolve(node, loaded_digest=old))
    return Performed(
        cluster=after,
        remarks=("restart Cisco Tftp on every node, and update the CTL in mixed mode [SG15-tftp]",),
    )
