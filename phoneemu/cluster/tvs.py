"""The Trust Verification Service of a node: what it shows and what it answers.

It looks a certificate up by serial and issuer, in the database's stores first and in its CTL cache then
[SEED118893]; it validates no chain. Roles follow the store a certificate lies in [CERT210541].
"""

from collections.abc import Iterator, Mapping

import attrs

from phoneemu.cluster.state import (
    CALLMANAGER,
    CAPF,
    ITL_RECOVERY,
    PHONE_SAST_TRUST,
    TOMCAT,
    TVS,
    Certificate,
    Cluster,
    Node,
)
from phoneemu.core.names import Identity, serial_text
from phoneemu.core.trustlist import Role

PORT = 2445
TTL_SECONDS = 86400
"""Default time to live of an answer [MIG213407]."""

STORE_ROLES: Mapping[str, frozenset[Role]] = {
    CALLMANAGER: frozenset({Role.SAST, Role.CCM_TFTP}),
    PHONE_SAST_TRUST: frozenset({Role.SAST, Role.TFTP}),
    CAPF: frozenset({Role.CAPF}),
    TVS: frozenset({Role.TVS}),
    TOMCAT: frozenset({Role.APP_SERVER}),
    "tomcat-trust": frozenset({Role.APP_SERVER}),
    ITL_RECOVERY: frozenset({Role.SAST}),  # inferred: no log shows it; see TvsAnswer.inferred
}
"""Roles a TVS grants by store; stores that are not named grant none [CERT210541]."""


@attrs.frozen(kw_only=True)
class TvsAnswer:
    """The answer to a certificate query, and the lines the service would log.

    `uploaded` is False for a signer that only the CTL file itself names. Sources differ on its worth:
    a published log shows a token answered from the CTL cache, its text credits the upload as
    Phone-SAST-trust [SEED118893]; see drive.told_by_tvs for what is made of it.
    `inferred` is True where the roles are those of an own ITLRecovery, which no source tells.
    """

    found: bool
    uploaded: bool = True
    inferred: bool = False
    roles: frozenset[Role] = frozenset()
    certificate: Certificate | None = None
    ttl: int = TTL_SECONDS
    trace: tuple[str, ...] = ()


def peer(_cluster: Cluster, node: Node) -> Certificate | None:
    """The certificate the TVS of this node shows, None when it cannot be reached."""
    if not node.runs(TVS) or PORT in node.blocked_ports:
        return None
    return node.running.get(TVS)


def answer(cluster: Cluster, node: Node, signer: Identity) -> TvsAnswer:
    """Answer a query about a certificate known by issuer and serial."""
    key = f"{serial_text(signer.serial).replace(':', '')}{signer.issuer}"
    look = _look("DB", key)
    found = [
        (certificate, STORE_ROLES.get(store, frozenset()), store)
        for store, certificate in _database(cluster, node)
        if certificate.identity == signer
    ]
    if found and found[0][0].unit != "etoken":
        # the first store that grants anything counts: {0, 2} for an own CallManager, {0, 3} for a foreign one
        roles = next((granted for _, granted, _ in found if granted), frozenset())
        inferred = {store for _, granted, store in found if granted} == {ITL_RECOVERY}
        trace = (look, *_entry("DB", roles))
        return TvsAnswer(found=True, roles=roles, inferred=inferred, certificate=found[0][0], trace=trace)
    asked = (look, _miss("DB"), f"{_look('CTL', key)}, len : {len(key)}")
    cached = _in_ctl_cache(node, signer)
    if cached:
        held = found[0][0] if found else None
        trace = (*asked, *_entry("CTL", cached))
        return TvsAnswer(found=True, roles=cached, certificate=held, uploaded=bool(found), trace=trace)
    unknown = "getCertificateInformation(cert) : certificate not found"
    return TvsAnswer(found=False, trace=(*asked, _miss("CTL"), unknown))


def _look(cache: str, key: str) -> str:
    where = f"Certificate{cache}Cache::getCertificateInformation"
    return f"{where} - Looking up the certificate cache using Unique MAP ID : {key}"


def _miss(cache: str) -> str:
    return (
        f"ERROR:Certificate{cache}Cache::getCertificateInformation - Cannot find the certificate in the cache"
    )


def _entry(cache: str, roles: frozenset[Role]) -> tuple[str, ...]:
    where = f"Certificate{cache}Cache::getCertificateInformation"
    count = f"{where} - Found entry {{rolecount : {len(roles)}}}"
    return (count, *(f"{where} - {{role : {int(role)}}}" for role in sorted(roles)))


def _database(cluster: Cluster, node: Node) -> Iterator[tuple[str, Certificate]]:
    """(store, certificate) of the whole cluster as this node's database has it."""
    known = node.replicated if node.replicated is not None else cluster
    for each in known.nodes:
        yield from each.own.items()
    for store, certificates in known.stores.items():
        for certificate in certificates:
            yield store, certificate


def _in_ctl_cache(node: Node, signer: Identity) -> frozenset[Role]:
    if node.tvs_ctl is None:
        return frozenset()
    held = node.tvs_ctl.roles.get(signer, frozenset())
    return frozenset(Role(role) for role in held if role in set(Role))
