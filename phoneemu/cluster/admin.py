"""An administrator's command performed: from one Cluster to the next, and what the terminal shows.

This module finds who is meant and hands the step to the room that knows its effect: admin_certs,
admin_lists, admin_services, admin_nodes, admin_cluster, admin_bulk, admin_keys. Every verb of the language
has an entry here; a test walks them.
"""

from collections.abc import Callable, Mapping

import attrs

from phoneemu.cluster import (
    admin_bulk,
    admin_certs,
    admin_cluster,
    admin_keys,
    admin_lists,
    admin_nodes,
    admin_services,
)
from phoneemu.cluster.certs import Maker
from phoneemu.cluster.performing import Office, Performed, refused
from phoneemu.cluster.runbook import Step, seconds
from phoneemu.cluster.state import Cluster, Node
from phoneemu.errors import BadInput

Act = Callable[[Office, Node, Step], Performed]

ON_NODE: Mapping[str, Act] = {
    "show-ctl": admin_lists.show_ctl,
    "show-itl": admin_lists.show_itl,
    "mixed-mode": admin_lists.mixed_mode,
    "non-secure-mode": admin_lists.non_secure_mode,
    "update-ctl": admin_lists.update_ctl,
    "reset-ctl": admin_lists.reset_ctl,
    "reset-itl": admin_lists.reset_itl,
    "delete-file": admin_lists.delete_file,
    "save-key": admin_keys.save,
    "share-key": admin_keys.share,
    "regenerate": admin_certs.regenerate,
    "upload-signed": admin_certs.upload_signed,
    "upload-trust": admin_certs.upload_trust,
    "import": admin_certs.import_certificate,
    "delete-certificate": admin_certs.delete_certificate,
    "expire": admin_certs.expire,
    "factory-roots": admin_certs.factory_roots,
    "look": admin_services.look,
    "address": admin_nodes.address,
    "service": admin_services.service,
    "power": admin_services.power,
    "block": admin_services.block,
    "unblock": admin_services.unblock,
    "system-restart": admin_services.system_restart,
    "run-sql": admin_services.run_sql,
    "min-tls": admin_services.min_tls,
    "reuse": admin_certs.reuse,
    "hostname": admin_nodes.hostname,
    "domain": admin_nodes.domain,
    "fips": admin_nodes.fips,
    "reinstall": admin_nodes.reinstall,
    "proxy": admin_nodes.proxy,
}
"""What one node is told."""

ON_CLUSTER: Mapping[str, Callable[[Office, Step], Performed]] = {
    "parameter": admin_services.parameter,
    "ctl-client": admin_lists.ctl_client,
    "backup": admin_cluster.backup,
    "restore": admin_cluster.restore,
    "upgrade": admin_cluster.upgrade,
    "restore-node": admin_cluster.restore_node,
    "switch-version": admin_cluster.switch_version,
    "bulk-exchange": admin_bulk.bulk_exchange,
    "bulk": admin_bulk.bulk,
    "add-node": admin_nodes.add_node,
}
"""What the whole cluster is told."""

ON_EVERY_NODE = frozenset({"upgrade", "switch-version"})
"""What the whole cluster is told that is done by hand on every node, so that `*` says the same [UPG15]."""

WITHOUT_LOGIN = frozenset({"power", "block", "unblock", "reinstall"})
"""What can be done to a node that is switched off."""


def perform(
    cluster: Cluster,
    step: Step,
    others: Mapping[str, Cluster] | None = None,
    maker: Maker | None = None,
) -> Performed:
    """Perform one step that is not about phones.

    `others` are further clusters by name, whose certificates may be uploaded. A `maker` gives new
    certificates their keys (lab).

    Raises:
        BadInput: no such node, or the command cannot be meant; names the runbook line.
    """
    office = Office(cluster=cluster, others=others or {}, maker=maker)
    if step.verb == "wait":
        return Performed(cluster=attrs.evolve(cluster, clock=cluster.clock + seconds(step.args[0])))
    if step.verb in ON_CLUSTER:
        everywhere = step.who == "*" and step.verb in ON_EVERY_NODE
        if not everywhere and step.who.lower() not in {"cluster", "admin"} and cluster.node(step.who) is None:
            raise _no_node(cluster, step)
        return ON_CLUSTER[step.verb](office, step)
    act = ON_NODE[step.verb]
    done = Performed(cluster=cluster)
    for name in _who(cluster, step):
        node = done.cluster.by_name[name.lower()]
        if not node.up and step.verb not in WITHOUT_LOGIN:
            done = done.then(refused(done.cluster, f"{node.name} is switched off; nobody can log in to it"))
            continue
        done = done.then(act(attrs.evolve(office, cluster=done.cluster), node, step))
    return done


def _who(cluster: Cluster, step: Step) -> list[str]:
    if step.who == "*":
        if step.verb == "service":
            return admin_services.running_nodes(cluster, step)
        if step.verb in (
            "regenerate",
            "expire",
        ):  # ITLRecovery and CAPF are the publisher's in later releases
            having = [node.name for node in cluster.nodes if step.args[0] in node.own]
            return having or [cluster.publisher.name]
        return [node.name for node in cluster.nodes]
    if step.who.lower() in {"cluster", "admin"}:
        return [cluster.publisher.name]
    node = cluster.node(step.who)
    if node is None:
        raise _no_node(cluster, step)
    return [node.name]


def _no_node(cluster: Cluster, step: Step) -> BadInput:
    known = ", ".join(node.name for node in cluster.nodes)
    return BadInput(f"no node `{step.who}` in cluster {cluster.name}; it has {known}", place=step.place)
