"""Commands about certificates: regenerate, upload, import, delete [CLI15-set, CERT210541].

A regenerated CallManager certificate lies on disk at once; the services show and sign with the old one until
they restart, before 14. The lists keep naming the old one until somebody writes them.
"""

from types import MappingProxyType

import attrs

from phoneemu.cluster import publish
from phoneemu.cluster import release as since
from phoneemu.cluster.certs import add_to_stores, etoken, make_certificate
from phoneemu.cluster.performing import Office, Performed, refused
from phoneemu.cluster.runbook import Step
from phoneemu.cluster.state import (
    CALLMANAGER,
    CALLMANAGER_TRUST,
    CAPF,
    CAPF_TRUST,
    ITL_RECOVERY,
    PHONE_INTERACTION,
    PHONE_SAST_TRUST,
    TFTP,
    TOMCAT,
    TVS,
    Certificate,
    Cluster,
    Node,
)
from phoneemu.core.names import Identity
from phoneemu.errors import BadInput

_STORES_OF_UNIT = {
    CALLMANAGER: (CALLMANAGER_TRUST, PHONE_SAST_TRUST),
    CAPF: (CALLMANAGER_TRUST, CAPF_TRUST),
    TOMCAT: ("tomcat-trust",),
}
"""Stores that hold copies of a unit's certificates [CERT210541]."""

_WITHOUT_LISTS = frozenset({TOMCAT, "ipsec", "tomcat-ECDSA", "CallManager-ECDSA"})
"""Units no trust list names."""

_ITL_RECOVERY_WARNING = (
    "",
    "WARNING: If you are using a tokenless CTL and if the CallManager certificate is recently ",
    "generated, please ensure that the CTL File already has the new CallManager certificate and is",
    "updated to the endpoints, before generating the ITL Recovery certificate. Are you sure want ",
    "to proceed?",
)


def regenerate(office: Office, node: Node, step: Step) -> Performed:
    """`set cert regen NAME` on this node."""
    unit = step.args[0]
    cluster = office.cluster
    if unit in _WITHOUT_LISTS and unit not in node.own:
        return Performed(cluster=cluster, lines=_regenerated(unit), remarks=(_without_list(unit),))
    if unit not in node.own:
        known = ", ".join(sorted(node.own))
        raise BadInput(f"{node.name} has no own certificate `{unit}`; it has {known}", place=step.place)
    old = node.own[unit]
    new = renewed(office, node, old, step)
    cluster = replaced(cluster, old, new)
    return Performed(
        cluster=took_effect(cluster, node.name, unit),
        lines=_regenerated(unit),
        resets=phones_reset(cluster, node, unit),
        resets_with=groups_reset(cluster, node, unit),
        remarks=_told_of(unit),
    )


def _told_of(unit: str) -> tuple[str, ...]:
    """What an administrator should know beside the effect on lists."""
    if unit in _WITHOUT_LISTS:
        return (_without_list(unit),)
    if unit == CAPF:
        return (
            "keep the old CAPF in CAPF-trust and CallManager-trust until all LSCs are new [CERT210541]",
            "802.1X fails until RADIUS knows the new CAPF [TS225746]",
        )
    return ()


def _without_list(unit: str) -> str:
    """What a renewal does that no trust list follows."""
    if unit.startswith(TOMCAT):
        return (
            "no trust-list impact: no list names tomcat, phones need no reset [REGEN214231]; HTTPS services "
            "impact: phones check the new certificate through TVS, which knows it; restart Cisco Tomcat, and "
            "Cisco Tftp for files over HTTPS [SG15-cert]"
        )
    return f"no trust-list impact: no list names {unit}"


def renewed(office: Office, node: Node, old: Certificate, step: Step, subject: str = "") -> Certificate:
    """A self-signed successor. Its name stays, unless one is given; a CAPF gets a new one [CERT210541]."""
    made = make_certificate(
        office.cluster,
        node.name,
        old.unit,
        generation=f"{old.identity.serial:x}",
        key_bits=max(old.key_bits or 2048, 2048),  # 1024 became 2048 in the published renewal [SEED118893]
        maker=None,
    )
    if not subject and old.unit != CAPF and not old.ca_signed:
        subject = old.identity.subject
    if subject:
        made = attrs.evolve(made, identity=Identity(subject, subject, made.identity.serial))
    made = attrs.evolve(made, origin=f"{step.place} made it")
    return office.maker(made) if office.maker is not None else made


def _regenerated(unit: str) -> tuple[str, ...]:
    proceed = "Proceed with regeneration (yes|no)? yes"
    done = f"Successfully Regenerated Certificate for {unit}."
    if unit == ITL_RECOVERY:
        return (
            *_ITL_RECOVERY_WARNING,
            "",
            proceed,
            "",
            done,
            "",
            f"You must restart the services related to {unit} for the regenerated certificates to ",
            "become active.",
        )
    return (
        "",
        f"WARNING: This operation will overwrite any CA signed certificate previously imported for  {unit}",
        proceed,
        "",
        done,
        "",
        f"You must restart services related to {unit} for the regenerated certificates to become active.",
    )


def replaced(cluster: Cluster, old: Certificate, new: Certificate) -> Cluster:
    """Put the new certificate in the place of the old: on its node and in the stores with copies.

    An old CAPF stays in CallManager-trust, so that LSCs it issued are still taken [CERT210541].
    """
    node = cluster.by_name[new.node.lower()]
    cluster = cluster.with_node(attrs.evolve(node, own=MappingProxyType({**node.own, new.unit: new})))
    if new.unit != CAPF:
        cluster = _without(cluster, old, _STORES_OF_UNIT.get(new.unit, ()))
    return add_to_stores(cluster, dict.fromkeys(_STORES_OF_UNIT.get(new.unit, ()), (new,)))


def _without(cluster: Cluster, gone: Certificate, stores: tuple[str, ...]) -> Cluster:
    kept = {
        store: tuple(
            certificate
            for certificate in certificates
            if store not in stores or certificate.identity != gone.identity
        )
        for store, certificates in cluster.stores.items()
    }
    return attrs.evolve(cluster, stores=MappingProxyType(kept))


def took_effect(cluster: Cluster, name: str, unit: str) -> Cluster:
    """What the cluster does by itself with a new certificate.

    TVS restarts itself [SG15-cert]. From 14 CallManager and TFTP need no restart and the lists are rewritten
    [REL14, SG15-tftp]; before that they stay until a person restarts the services.
    """
    node = cluster.by_name[name.lower()]
    running = dict(node.running)
    if unit in (TVS, CAPF):
        running[unit] = node.own[unit]
    if unit == CALLMANAGER and since.NO_CALLMANAGER_RESTART_NEEDED.holds(cluster.release):
        running[CALLMANAGER] = node.own[unit]
    if unit == CALLMANAGER and since.NO_TFTP_RESTART_NEEDED.holds(cluster.release):
        running[TFTP] = node.own[unit]
    cluster = cluster.with_node(attrs.evolve(node, running=MappingProxyType(running)))
    if since.NO_TFTP_RESTART_NEEDED.holds(cluster.release) and unit not in _WITHOUT_LISTS:
        return publish.with_all_itls(cluster)
    return cluster


def phones_reset(cluster: Cluster, node: Node, unit: str) -> bool:
    """Whether all phones reset by themselves after this renewal: from 14, unless set to manual [REL14]."""
    if not _resets_by_itself(cluster):
        return False
    if unit == CALLMANAGER:
        return TFTP in node.services
    return unit == ITL_RECOVERY or (unit == CAPF and cluster.capf_active)


def groups_reset(cluster: Cluster, node: Node, unit: str) -> frozenset[str]:
    """The nodes whose groups' phones reset by themselves: a TVS concerns those that ask it [ADM125-bulk]."""
    return frozenset({node.name}) if unit == TVS and _resets_by_itself(cluster) else frozenset()


def _resets_by_itself(cluster: Cluster) -> bool:
    manual = "manual" in cluster.parameters.get(PHONE_INTERACTION, "").lower()
    return since.PHONES_RESET_THEMSELVES.holds(cluster.release) and not manual


def expire(office: Office, node: Node, step: Step) -> Performed:
    """`expire UNIT`: the date of this node's certificate passes, wherever it lies; nothing else happens.

    Raises:
        BadInput: the node has no such certificate.
    """
    unit, cluster = step.args[0], office.cluster
    held = node.own.get(unit)
    if held is None:
        known = ", ".join(sorted(node.own))
        raise BadInput(f"{node.name} has no own certificate `{unit}`; it has {known}", place=step.place)
    if held.key is not None:
        return refused(cluster, "the date stands in the certificate; one with a key cannot be made to expire")
    return Performed(cluster=aged(cluster, held, cluster.clock), remarks=(_EXPIRED.get(unit, _NO_LIST),))


_NO_LIST = "no list names it, and phones are not known to see it expire"
_EXPIRED = {
    CALLMANAGER: "encrypted phones do not register, and the TFTP server is not trusted [REGEN214231]",
    TVS: "registered phones keep calls and lose HTTPS services; nobody vouches there [CASIGN217138]",
    TOMCAT: "HTTPS services of phones fail; no list names it [REGEN214231]",
    CAPF: "whether phones with an LSC of it still register, no source says",
    ITL_RECOVERY: "whether phones take a list that it signs from now on, no source says",
}
"""What an expired certificate does, by unit."""


def aged(cluster: Cluster, held: Certificate, not_after: float) -> Cluster:
    """The cluster with this date in every copy of a certificate: on nodes, in services, in trust stores."""

    def dated(each: Certificate) -> Certificate:
        return attrs.evolve(each, not_after=not_after) if each.identity == held.identity else each

    for node in cluster.nodes:
        own = {unit: dated(each) for unit, each in node.own.items()}
        running = {service: dated(each) for service, each in node.running.items()}
        cluster = cluster.with_node(
            attrs.evolve(node, own=MappingProxyType(own), running=MappingProxyType(running))
        )
    stores = {store: tuple(map(dated, certificates)) for store, certificates in cluster.stores.items()}
    return attrs.evolve(cluster, stores=MappingProxyType(stores))


# ---------------------------------------------------------------- upload and import


def upload_signed(office: Office, node: Node, step: Step) -> Performed:
    """Upload a CA-signed certificate of its own; multi-server gives every node the same one."""
    unit, issuer = step.args[0], step.args[1]
    multi = "multi-server" in step.args[2:]
    bits = next((int(word) for word in step.args[2:] if word.isdigit()), 2048)
    if unit not in node.own:
        raise BadInput(f"{node.name} has no own certificate `{unit}`", place=step.place)
    cluster = office.cluster
    made = make_certificate(
        cluster,
        node.name,
        unit,
        generation=f"{node.own[unit].identity.serial:x}-signed",
        issuer=f"CN={issuer}",
        multi_san=multi,
        key_bits=bits,
        maker=office.maker,
    )
    made = attrs.evolve(made, origin=f"{step.place} uploaded it")
    concerned = [each for each in cluster.nodes if unit in each.own] if multi else [node]
    for each in concerned:
        cluster = replaced(cluster, each.own[unit], attrs.evolve(made, node=each.name))
        cluster = took_effect(cluster, each.name, unit)
    return Performed(
        cluster=cluster,
        lines=(f"Certificate Uploaded: {unit}",),
        resets=phones_reset(cluster, node, unit),
        resets_with=groups_reset(cluster, node, unit),
        remarks=("uploading CallManager or CAPF may reset phones by itself [SG15-cert]",),
    )


def reuse(office: Office, node: Node, step: Step) -> Performed:
    """The tomcat certificate of the cluster takes CallManager's place on every node [REUSE221070]."""
    source, target = step.args
    cluster = office.cluster
    if not since.TOMCAT_REUSE.holds(cluster.release):
        return refused(cluster, "a tomcat certificate is reused from 14 on [REUSE221070]")
    if (source, target) != (TOMCAT, CALLMANAGER):
        raise BadInput("only `reuse-certificate tomcat for CallManager` changes a list", place=step.place)
    tomcat = node.own.get(TOMCAT)
    if tomcat is None or not tomcat.multi_san:
        return refused(cluster, "only a multi-server tomcat certificate can be reused [REUSE221070]")
    for each in cluster.nodes:
        origin = f"{step.place} reused it"
        shared = attrs.evolve(tomcat, unit=CALLMANAGER, node=each.name, of_tomcat=True, origin=origin)
        cluster = took_effect(replaced(cluster, each.own[CALLMANAGER], shared), each.name, CALLMANAGER)
    return Performed(
        cluster=cluster,
        resets=phones_reset(cluster, node, CALLMANAGER),
        remarks=(
            "restart Cisco HAProxy on all nodes; in mixed mode update the CTL; reset phones [REUSE221070]",
        ),
    )


def upload_trust(office: Office, _node: Node, step: Step) -> Performed:
    """Upload a certificate into a trust store; its TVS roles follow from the store."""
    store, what = step.args[0], step.args[1]
    found, cluster = find_certificate(office, what, step)
    if _newer_held(cluster, store, found):
        name = found.identity.common_name
        why = f"{store} holds a later certificate named {name}; delete it first [SG15-cert]"
        return refused(office.cluster, why)
    return Performed(
        cluster=trusting(cluster, store, attrs.evolve(found, origin=f"{step.place} uploaded it")),
        lines=(f"Certificate Uploaded: {store}",),
    )


def _same_name(held: Certificate, new: Certificate) -> bool:
    return held.identity != new.identity and held.identity.common_name == new.identity.common_name


def _newer_held(cluster: Cluster, store: str, new: Certificate) -> bool:
    """A store has one certificate of a common name: the later one stays [CASIGN217138, SG15-cert]."""
    return any(
        _same_name(held, new) and (held.not_before or 0.0) > (new.not_before or 0.0)
        for held in cluster.stores.get(store, ())
    )


def trusting(cluster: Cluster, store: str, new: Certificate) -> Cluster:
    """The cluster with a certificate in a store; an older one of its name gives way, a later one stays."""
    if _newer_held(cluster, store, new):
        return cluster
    for held in cluster.stores.get(store, ()):
        if _same_name(held, new):
            cluster = _without(cluster, held, (store,))
    return add_to_stores(cluster, {store: (new,)})


def import_certificate(office: Office, node: Node, step: Step) -> Performed:
    """`set cert import trust NAME CERT` uploads into NAME-trust, `set cert import own NAME CA` its own.

    Raises:
        BadInput: nobody says which certificate is pasted.
    """
    if len(step.args) < 3:
        own = step.args[0].lower() == "own"
        words = 'own CallManager "Example CA"' if own else "trust Phone-SAST CallManager@other-cluster"
        usage = f"set cert import {words}"
        raise BadInput(f"say which certificate is pasted, such as `{usage}`", place=step.place)
    unit = step.args[1]
    if step.args[0].lower() == "own":
        return upload_signed(office, node, attrs.evolve(step, args=step.args[1:]))
    store = unit if unit.endswith("-trust") else f"{unit}-trust"
    done = upload_trust(office, node, attrs.evolve(step, args=(store, step.args[2])))
    return attrs.evolve(
        done,
        lines=(
            f"Successfully imported certificate for {unit}.",
            "Please restart services related to " + unit + " for the new certificate to",
            "become active.",
        ),
    )


def find_certificate(office: Office, what: str, step: Step) -> tuple[Certificate, Cluster]:
    """`UNIT@node`, `UNIT@cluster` (its publisher's) or a token's name; with the cluster that knows it now.

    Raises:
        BadInput: nothing of that name.
    """
    cluster = office.cluster
    unit, at, owner = what.partition("@")
    if not at:
        token = cluster.etokens.get(what) or etoken(what, office.maker)
        return token, attrs.evolve(cluster, etokens={**cluster.etokens, what: token})
    for known in (cluster, *office.others.values()):
        node = known.publisher if owner.lower() == known.name.lower() else known.node(owner)
        if node is not None and unit in node.own:
            return node.own[unit], cluster
    places = ", ".join([cluster.name, *office.others, *(node.name for node in cluster.nodes)])
    raise BadInput(f"no certificate `{what}`; clusters and nodes known are {places}", place=step.place)


def delete_certificate(office: Office, _node: Node, step: Step) -> Performed:
    """Delete a trust certificate by common name; cluster-wide from 12.5 [SG15-cert]."""
    store, name = step.args
    store = store if store.endswith("-trust") else f"{store}-trust"
    cluster = office.cluster
    held = cluster.stores.get(store, ())
    gone = [
        certificate
        for certificate in held
        if name.lower().removesuffix(".pem")
        in {certificate.identity.common_name.lower(), certificate.node.lower()}
    ]
    if not gone:
        names = ", ".join(sorted({certificate.identity.common_name for certificate in held})) or "nothing"
        return refused(cluster, f"{store} holds no certificate {name}; it holds {names}")
    for certificate in gone:
        cluster = _without(cluster, certificate, (store,))
    alone = "before 12.5 on every node, with Cisco Certificate Change Notification stopped [REGEN214231]"
    return Performed(
        cluster=cluster,
        lines=("You are about to permanently delete this certificate.",),
        remarks=() if since.DELETED_EVERYWHERE.holds(cluster.release) else (alone,),
    )


def factory_roots(office: Office, _node: Node, step: Step) -> Performed:
    """`set cert default-ca-list`: whether phones may show the certificate they were made with [CLI15-set].

    Which phones hang on which of the makers' certificates is not known here, so disabling one leaves phones
    without an LSC untold.
    """
    enables, one = step.args[0].lower() == "enable", len(step.args) > 1
    trusted = True if enables and not one else None if one else False
    return Performed(
        cluster=attrs.evolve(office.cluster, factory_roots=trusted),
        lines=(f"Successfully {step.args[0].lower()}d the default Cisco CA certificates. ",),
        remarks=("restart Cisco CallManager, Tftp and CAPF [CLI15-set]",),
    )
