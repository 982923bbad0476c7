"""Commands about the recovery key itself: taken away as ITLRecovery.p12, brought back, shared by clusters.

What it signs is in admin_lists; that it is renewed, in admin_certs.
"""

from types import MappingProxyType

import attrs

from phoneemu.cluster import publish
from phoneemu.cluster import release as since
from phoneemu.cluster.admin_certs import find_certificate, phones_reset, replaced
from phoneemu.cluster.performing import Office, Performed, refused
from phoneemu.cluster.runbook import Step
from phoneemu.cluster.state import ITL_RECOVERY, Certificate, Node
from phoneemu.errors import BadInput


def save(office: Office, node: Node, _step: Step) -> Performed:
    """`file get tftp ITLRecovery.p12`: the key pair as it is now, on somebody's SFTP server [SG125-sbd]."""
    cluster = office.cluster
    held = publish.itl_recovery_of(cluster, node)
    if held is None:
        return refused(cluster, "there is no ITLRecovery.p12 before 10.0 [SG14-sbd]")
    saved = MappingProxyType({**cluster.saved_keys, node.name.lower(): held})
    return Performed(
        cluster=attrs.evolve(cluster, saved_keys=saved),
        lines=("Number of files affected: 1", "Transfer completed"),
    )


def remote_key(office: Office, host: str, step: Step) -> Certificate:
    """The key that `utils itl reset remotekey HOST USER ITLRecovery.p12` brings.

    HOST is the server it lies on. A node of another cluster stands for that cluster's key; else it is the
    key that was saved last, and when none was, the one this cluster has.

    Raises:
        BadInput: no host is named.
    """
    if not host:
        usage = "utils itl reset remotekey HOST USER ITLRecovery.p12"
        raise BadInput(f"say where the key lies: `{usage}`", place=step.place)
    for other in office.others.values():
        node = other.node(host)
        foreign = None if node is None else publish.itl_recovery_of(other, node)
        if foreign is not None:
            return foreign
    saved = tuple(office.cluster.saved_keys.values())
    return saved[-1] if saved else office.cluster.publisher.own[ITL_RECOVERY]


def share(office: Office, node: Node, step: Step) -> Performed:
    """`upload ITLRecovery ITLRecovery@other-cluster`: both clusters sign with one recovery key from then on.

    The vendor's design guide has the idea; how it is done, and what follows, is deduced [CVD12].
    """
    if not since.SIGNS_WITH_ITL_RECOVERY.holds(office.cluster.release):
        return refused(office.cluster, "lists are signed by the recovery key from 12.0 on [SG1251SU2-ctl]")
    found, cluster = find_certificate(office, step.args[0], step)
    owner = cluster.publisher if since.ONE_ITL_RECOVERY.holds(cluster.release) else node
    if found.unit != ITL_RECOVERY:
        raise BadInput(f"{step.args[0]} is no recovery certificate", place=step.place)
    shared = attrs.evolve(found, node=owner.name, origin=f"{step.place} shared it")
    cluster = replaced(cluster, owner.own[ITL_RECOVERY], shared)
    if since.NO_TFTP_RESTART_NEEDED.holds(cluster.release):
        cluster = publish.with_all_itls(cluster)
    return Performed(
        cluster=cluster,
        resets=phones_reset(cluster, owner, ITL_RECOVERY),
        remarks=("update the CTL and restart TFTP, as after any new recovery key [inferred from CVD12]",),
    )
