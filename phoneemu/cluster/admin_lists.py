"""Commands about the trust lists: show, utils ctl, utils itl, file delete, the CTL client.

Texts are those of the guides and of published terminals, by release [CLI15-utils, SG125-ctl,
MIX118892]. A yes is answered to each prompt.
"""

import attrs

from phoneemu.cluster import publish
from phoneemu.cluster import release as since
from phoneemu.cluster.admin_keys import remote_key
from phoneemu.cluster.certs import etoken
from phoneemu.cluster.performing import Office, Performed, refused
from phoneemu.cluster.runbook import Step
from phoneemu.cluster.state import (
    CALLMANAGER,
    CAPF,
    ITL_RECOVERY,
    PHONE_SAST_TRUST,
    TFTP,
    TVS,
    Certificate,
    Cluster,
    Node,
)
from phoneemu.core import showtext
from phoneemu.core.trustlist import ListKind, TrustList
from phoneemu.errors import BadInput

_RESTART = (
    "Please Restart the TFTP and Cisco CallManager services on all nodes in the cluster that run "
    "these services"
)
_RESET_PHONES = "You must reset all phones to ensure they received the updated CTL file. "
_RESTART_CTI = (
    "You must restart Cisco CTIManager services on all the nodes in the cluster that have the service "
    "activated."
)
_LICENCE = (
    "Command cannot be executed because the Unified Communications Manager cluster is not registered to a "
    "Smart/Virtual Account with Allow export-controlled functionality. Please ensure Product Token received "
    "from the Smart/Virtual Account has Allow export-controlled functionality checked when registering the "
    "UCM Cluster ."
)


def _asked(cluster: Cluster) -> str:
    """The question and its answer; a blank stands between them from 12.5 on [CVP1262]."""
    return f"Do you want to continue? (y/n):{' ' if since.NEW_PROMPTS.holds(cluster.release) else ''}y"


def _closing(cluster: Cluster) -> tuple[str, ...]:
    if since.NEW_PROMPTS.holds(cluster.release):
        return (_RESET_PHONES, _RESTART_CTI)
    return (_RESTART,)


def _no_ctl_command(office: Office, node: Node, *, licensed: bool) -> Performed | None:
    """Why this `utils ctl` command is not possible here, if it is not."""
    cluster = office.cluster
    if not since.TOKENLESS_CTL.holds(cluster.release):
        said = f"utils ctl does not exist before 10.0; this cluster is {cluster.release.text} [SEED118893]"
        return refused(cluster, said)
    if not node.publisher and node.name != cluster.publisher.name:
        return refused(cluster, "this command is disabled on all nodes but the publisher [CLI15]")
    if licensed and since.LICENCE_GATE.holds(cluster.release) and not cluster.export_allowed:
        return refused(cluster, _LICENCE, remark="no export-controlled licence [SG125-ctl]")
    return None


# ---------------------------------------------------------------- show


def _show(trust_list: TrustList | None, kind: ListKind) -> tuple[str, ...]:
    if trust_list is None:
        return tuple(showtext.render_missing(kind).splitlines())
    modified = showtext.date(trust_list.timestamp or 0)
    return tuple(showtext.render(trust_list, modified=modified).splitlines())


def show_ctl(office: Office, node: Node, _step: Step) -> Performed:
    """`show ctl` of this node's own file."""
    return Performed(cluster=office.cluster, lines=_show(node.ctl, ListKind.CTL))


def show_itl(office: Office, node: Node, _step: Step) -> Performed:
    """`show itl` of this node's own file."""
    return Performed(cluster=office.cluster, lines=_show(node.itl, ListKind.ITL))


# ---------------------------------------------------------------- utils ctl


def mixed_mode(office: Office, node: Node, _step: Step) -> Performed:
    """`utils ctl set-cluster mixed-mode`: the mode and a new CTL; phones are reset by hand."""
    no = _no_ctl_command(office, node, licensed=True)
    if no is not None:
        return no
    cluster = attrs.evolve(office.cluster, mixed=True)
    cluster = publish.with_ctl(cluster, publish.ctl_of(cluster))
    return Performed(
        cluster=cluster,
        lines=(
            f"This operation will set the cluster to Mixed mode. {_asked(cluster)}",
            "",
            "Moving Cluster to Mixed Mode",
            "Cluster set to Mixed Mode",
            *_closing(cluster),
        ),
    )


def non_secure_mode(office: Office, node: Node, _step: Step) -> Performed:
    """`utils ctl set-cluster non-secure-mode`: the CTL stays, emptied of CCM+TFTP [MIX118892]."""
    no = _no_ctl_command(office, node, licensed=False)
    if no is not None:
        return no
    cluster = attrs.evolve(office.cluster, mixed=False)
    held = cluster.publisher.ctl
    if held is not None:
        tokens = tuple(token for token in cluster.etokens.values() if token.identity in held.sast)
        signer = next((token for token in tokens if token.identity == held.signer), None)
        cluster = publish.with_ctl(cluster, publish.ctl_of(cluster, signer, tokens))
    return Performed(
        cluster=cluster,
        lines=(
            f"This operation will set the cluster to non secure mode. {_asked(cluster)}",
            "",
            "Moving Cluster to Non Secure Mode",
            "Cluster set to Non Secure Mode",
            *_closing(cluster),
        ),
        remarks=("the CTL stays on servers and phones; only its CCM+TFTP records are emptied [MIX118892]",),
    )


def update_ctl(office: Office, node: Node, _step: Step) -> Performed:
    """`utils ctl update CTLFile`: a new CTL on every node; also the way from tokens to tokenless."""
    cluster = office.cluster
    no = _no_ctl_command(office, node, licensed=True)
    if no is not None:
        return no
    if not cluster.mixed:
        said = "the cluster is not in mixed mode: there is no CTL to update [assumed: text not found]"
        return refused(cluster, said)
    ctl = publish.ctl_of(cluster)
    return Performed(
        cluster=publish.with_ctl(cluster, ctl),
        lines=(
            f"This operation will update the CTLFile. {_asked(cluster)}",
            "",
            "Updating CTL file",
            "CTL file Updated",
            *_closing(cluster),
        ),
        remarks=_foreign_servers(cluster, ctl),
    )


def _foreign_servers(cluster: Cluster, ctl: TrustList) -> tuple[str, ...]:
    """What the CTL now says of servers of other clusters, whose certificates Phone-SAST-trust holds."""
    local = {each.identity for node in cluster.nodes for each in node.own.values()}
    held = cluster.stores.get(PHONE_SAST_TRUST, ())
    foreign = [each for each in held if each.unit == CALLMANAGER and each.identity not in local]
    names = ", ".join(each.node or each.identity.common_name for each in foreign if each.identity in ctl.sast)
    said = (
        f"the CTL lists {names} of another cluster as SAST, so phones believe a TFTP server there "
        "[behaviour-more 1, 36; that the role does not count is inferred]"
    )
    return (said,) if names else ()


def reset_ctl(office: Office, node: Node, _step: Step) -> Performed:
    """`utils ctl reset localkey`: the CallManager key signs, the new ITLRecovery is in it [CLI15]."""
    cluster = office.cluster
    if not since.RESET_CTL_LOCALKEY.holds(cluster.release):
        return refused(cluster, "utils ctl reset localkey exists from 12.0 on [CLI125]")
    no = _no_ctl_command(office, node, licensed=False)
    if no is not None:
        return no
    if not cluster.mixed:
        return refused(cluster, "the cluster is not in mixed mode: there is no CTL to reset [assumed]")
    signer = cluster.publisher.own[CALLMANAGER]
    return Performed(
        cluster=publish.with_ctl(cluster, publish.ctl_of(cluster, signer)),
        lines=("CTL file reset and signed using CallManager certificate key.",),
        remarks=("the text of this command was not found; its effect is documented [CLI15]",),
    )


# ---------------------------------------------------------------- utils itl


def reset_itl(office: Office, node: Node, step: Step) -> Performed:
    """`utils itl reset`: the publisher's ITL, signed by the other key, on every active TFTP node.

    From 12.0 the CallManager key signs, before that the ITLRecovery key [CLI15, TN117598].
    """
    cluster = office.cluster
    if not since.ITL_RECOVERY_EXISTS.holds(cluster.release):
        return refused(cluster, "utils itl reset exists from 10.0 on [SG14-sbd]")
    if node.name != cluster.publisher.name:
        return refused(cluster, "run utils itl reset on the publisher [CLI15]")
    if step.args[0].lower() == "remotekey" and since.NEW_ITL_RESET_TEXT.holds(cluster.release):
        return refused(cluster, "utils itl reset remotekey is gone from 15 on [CLI15]")
    if _recovery_key_is_small(cluster):
        why = "the recovery key has 1024 bits and other certificates have more: the command fails"
        return refused(cluster, f"{why} [REGEN214231]")
    key, host = step.args[0].lower(), step.args[1] if len(step.args) > 1 else ""
    signer = remote_key(office, host, step) if key == "remotekey" else _local_key(cluster)
    base = cluster.publisher.itl or publish.itl_of(cluster, cluster.publisher)
    written = publish.resigned(cluster, base, signer, step.place)
    serving = [each for each in cluster.nodes if each.runs(TFTP)]
    for each in serving:
        cluster = cluster.with_node(attrs.evolve(each, itl=written))
    return Performed(
        cluster=cluster,
        lines=_reset_itl_text(cluster, [each.name for each in serving]),
        remarks=(_RECORDS_KEPT,) if _names_former_recovery(cluster, written) else (),
    )


_RECORDS_KEPT = (
    "the ITL is signed anew with the records that it had [CLI15], which do not name the renewed ITLRecovery: "
    "phones need a TVS once that signs; the guides call the sequence safe all the same [SG15-cert, "
    "SG1251SU2-sbd]; a restart of Cisco Tftp before this step puts the new one into the ITL"
)


def _names_former_recovery(cluster: Cluster, written: TrustList) -> bool:
    """Whether the list does not name the recovery key that signs once TFTP writes it anew."""
    recovery = cluster.publisher.own.get(ITL_RECOVERY)
    signs = since.SIGNS_WITH_ITL_RECOVERY.holds(cluster.release)
    return signs and recovery is not None and recovery.identity not in written.sast


def _recovery_key_is_small(cluster: Cluster) -> bool:
    """Whether the recovery certificate was left at 1024 bits while others were renewed [REGEN214231]."""
    own = cluster.publisher.own
    recovery = own[ITL_RECOVERY].key_bits if ITL_RECOVERY in own else None
    others = (each.key_bits or 0 for unit, each in own.items() if unit in (CALLMANAGER, TVS, CAPF))
    return recovery is not None and recovery <= 1024 and max(others, default=0) > 1024


def _local_key(cluster: Cluster) -> Certificate:
    publisher = cluster.publisher
    if since.SIGNS_WITH_ITL_RECOVERY.holds(cluster.release):
        return publisher.own[CALLMANAGER]
    return publisher.own[ITL_RECOVERY]


def _reset_itl_text(cluster: Cluster, nodes: list[str]) -> tuple[str, ...]:
    if since.NEW_ITL_RESET_TEXT.holds(cluster.release):
        return (
            "ITLFile on all the active TFTP nodes will be reset now",
            "and signed using CallManager certificate key...",
            "",
            "ITL file Reset.",
            "",
            "Please reset all the phones to pickup the new ITL File.",
        )
    head = (
        "Name is None ",
        "Generating the reset ITL file.....",
        "The reset ITL file was generated successfully",
        "Locating active Tftp servers in the cluster.....",
        "Following is the list of Active tftp servers in the cluster",
        "====================",
        *nodes,
        "=====================",
        f"Number of Active TFTP servers in the cluster : {len(nodes)}",
        "Transferring new reset ITL file to the TFTP server nodes in the cluster.........",
        *(f"Successfully transferred reset ITL to node {name}" for name in nodes),
    )
    return tuple(line for text in head for line in (text, ""))[:-1]


# ---------------------------------------------------------------- files


def delete_file(office: Office, node: Node, step: Step) -> Performed:
    """`file delete tftp CTLFile.tlv`: on this node only; phones keep their copy [SEED118893]."""
    name = step.args[0]
    cluster = office.cluster
    if name.lower() not in {"ctlfile.tlv", "itlfile.tlv"}:
        raise BadInput(f"only CTLFile.tlv and ITLFile.tlv are emulated, not {name}", place=step.place)
    is_ctl = name.lower().startswith("ctl")
    found = 1 if (node.ctl if is_ctl else node.itl) is not None else 0
    changed = attrs.evolve(node, ctl=None) if is_ctl else attrs.evolve(node, itl=None)
    asked = (f"Delete the File {name}?", 'Enter "y" followed by return to continue: y')
    counted = f"files: found = {found}, deleted = {found}"
    return Performed(
        cluster=cluster.with_node(changed),
        lines=(counted,) if len(step.args) > 1 else (*asked, counted),
    )


# ---------------------------------------------------------------- CTL client

NOT_IN_CTL = (
    "The Security Token you have inserted does not exist in the CTL File Please remove any Security Tokens "
    "already inserted and insert another Security Token. Click Ok when done."
)
NO_CTL_FILE = (
    "No CTL File exists on the server but the Call Manager Cluster Security Mode is in Secure Mode.",
    "For the system to function, you must create the CTL File and set Call Manager Cluster the Secure Mode.",
)


def ctl_client(office: Office, step: Step) -> Performed:
    """The Windows CTL client with hardware tokens: at least two, one of them signs [SG125-ctl].

    TFTP servers of other clusters are added by hand.
    """
    cluster = office.cluster
    words = [word.strip('"') for word in step.args[1].split()]
    at = words.index("tftp") if "tftp" in words else len(words)
    names = words[:at]
    added = tuple(_callmanager_of(office, name, step) for name in words[at + 1 :])
    signing = step.args[0]
    if since.NO_TOKENS.holds(cluster.release):
        return refused(cluster, "the CTL client is not supported from 14 on [SG15-cert]")
    if signing not in names:
        raise BadInput(f"the signing token {signing} is not among the tokens", place=step.place)
    if len(set(names)) < 2:
        raise BadInput("the CTL client needs at least two different tokens", place=step.place)
    tokens = {name: cluster.etokens.get(name) or etoken(name, office.maker) for name in names}
    held = cluster.publisher.ctl
    if held is not None and not any(token.identity in held.sast for token in tokens.values()):
        return refused(cluster, NOT_IN_CTL)
    warned = NO_CTL_FILE if held is None and cluster.mixed else ()
    known = dict(cluster.etokens) | tokens
    cluster = attrs.evolve(cluster, mixed=True, etokens=known)
    ctl = publish.ctl_of(cluster, tokens[signing], tuple(tokens.values()), added)
    return Performed(cluster=publish.with_ctl(cluster, ctl), lines=(*warned, "CTL file signed."))


def _callmanager_of(office: Office, name: str, step: Step) -> Certificate:
    """The certificate by which a TFTP server of another cluster signs."""
    nodes = (cluster.node(name) for cluster in office.others.values())
    found = next((node for node in nodes if node is not None), None)
    if found is None:
        raise BadInput(f"no node `{name}` in another cluster (see --other)", place=step.place)
    return found.own[CALLMANAGER]
