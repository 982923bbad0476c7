"""Where a phone stands: its TFTP servers, its CallManager group, its security, its LSC.

Each answer is taken from the most particular place that gives one: the phone's row, its site, the defaults of
cluster.toml; else it is assumed, by name.
"""

import attrs

from phoneemu.cluster.state import CALLMANAGER, CAPF, TFTP, Cluster, Device
from phoneemu.core.flash import DeviceSecurity
from phoneemu.core.names import Identity, is_address
from phoneemu.fleet import assumptions
from phoneemu.fleet.clusterfile import ClusterFile, SiteEntry, security_mode
from phoneemu.fleet.listed import Traits

_NO_SITE = SiteEntry()
_NO_LSC = frozenset({"none", "no", "not installed", "n/a", "false", "f", "0", "delete success"})
_LSC_UNSURE = ("operation pending", "upgrade failed", "delete failed", "troubleshoot", "unknown")
"""Words of the certificate status after which nobody knows whether the phone has an LSC [AXLENUM]."""


@attrs.frozen(kw_only=True, cache_hash=True)
class Place:
    """Where phones of one kind stand. `basis` are the ids of what was assumed.

    `unread_mode` is the word for their security mode where nobody understands it and nothing else tells.
    """

    tftp: tuple[str, ...]
    device: Device
    basis: frozenset[str]
    unread_mode: str = ""


def place_of(traits: Traits, file: ClusterFile, cluster: Cluster) -> Place:
    """Everything about a phone's place, from its row, its site, the defaults, or assumptions."""
    basis: set[str] = set()
    site = file.sites.get(traits.site, _NO_SITE)
    security = _security(traits, file, basis)
    lsc_issuer, lsc_known = _lsc(traits, file, cluster, security, basis)
    return Place(
        tftp=_tftp(traits, site, file, cluster, basis),
        device=Device(
            group=_group(traits, site, file, cluster, basis),
            security=security,
            lsc_issuer=lsc_issuer,
            lsc_known=lsc_known,
        ),
        basis=frozenset(basis),
        unread_mode=traits.mode if assumptions.NON_SECURE.id in basis else "",
    )


def _tftp(
    traits: Traits, site: SiteEntry, file: ClusterFile, cluster: Cluster, basis: set[str]
) -> tuple[str, ...]:
    said = site.tftp or file.phones.tftp
    own = tuple(traits.tftp.split())
    if own and all(cluster.node(name) is not None for name in own):  # else its words mean nothing here
        said = own
    if said is None:
        said = tuple(node.name for node in cluster.nodes if TFTP in node.services)
        if len(said) > 1:
            basis.add(assumptions.TFTP_ORDER.id)
    named = ((name.lower() if is_address(name) else name, cluster.node(name)) for name in said)
    # a phone that was given an address finds nobody when the node has another, whatever its name
    return tuple(name if node is None or is_address(name) else node.called for name, node in named)


def _group(
    traits: Traits, site: SiteEntry, file: ClusterFile, cluster: Cluster, basis: set[str]
) -> tuple[str, ...]:
    if traits.group and traits.group not in file.groups:
        basis.add(assumptions.GROUP_ORDER.id)
    for name in (traits.group, site.group, file.phones.group):
        if name is not None and name in file.groups:
            nodes = (cluster.node(member) for member in file.groups[name])
            return tuple(node.name for node in nodes if node is not None)
    members = tuple(node.name for node in cluster.nodes if CALLMANAGER in node.services)
    if len(members) > 1:
        basis.add(assumptions.GROUP_ORDER.id)
    return members


def _security(traits: Traits, file: ClusterFile, basis: set[str]) -> DeviceSecurity:
    mode = security_mode(traits.mode)
    if mode is not None:
        return mode
    named = _security_in_name(traits.profile, basis)
    if named is not None:
        return named
    default = security_mode(file.phones.security or "")
    if default is not None:
        return default
    basis.add(assumptions.NON_SECURE.id)
    return DeviceSecurity.NON_SECURE


def _security_in_name(profile: str, basis: set[str]) -> DeviceSecurity | None:
    """The mode a security profile's name promises.

    Only "... Standard SIP Non-Secure Profile" is the system's own and cannot be edited; any other name is an
    administrator's, so it is believed and counted.
    """
    words = profile.lower().replace("-", " ")
    if "standard" in words and "non secure profile" in words:
        return DeviceSecurity.NON_SECURE
    found = (
        DeviceSecurity.NON_SECURE
        if "non secure" in words or "nonsecure" in words
        else DeviceSecurity.ENCRYPTED
        if "encrypt" in words or "secure" in words
        else DeviceSecurity.AUTHENTICATED
        if "authenticat" in words
        else None
    )
    if found is not None:
        basis.add(assumptions.MODE_FROM_NAME.id)
    return found


def has_no_lsc(said: str) -> bool:
    """Whether a certificate status says that there is none."""
    return said.lower() in _NO_LSC


def _lsc(
    traits: Traits, file: ClusterFile, cluster: Cluster, security: DeviceSecurity, basis: set[str]
) -> tuple[Identity | None, bool]:
    """(issuer of the LSC, whether that is known); a phone without TLS is not asked for one."""
    if not security.uses_tls:
        return None, True
    if has_no_lsc(traits.lsc) or (not traits.lsc and file.phones.lsc == "none"):
        return None, True
    capf = cluster.publisher.own.get(CAPF)
    issuer = None if capf is None else capf.identity
    said = traits.lsc.lower()
    if said.startswith(_LSC_UNSURE) or (not said and file.phones.lsc == "unknown"):
        return issuer, False
    if not traits.lsc and file.phones.lsc is None:
        basis.add(assumptions.LSC_OF_CLUSTER.id)
    return issuer, issuer is not None
