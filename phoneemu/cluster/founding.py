"""Founding a cluster: nodes, certificates, stores and first files, as after an installation."""

from collections.abc import Sequence
from types import MappingProxyType

import attrs

from phoneemu.cluster import publish
from phoneemu.cluster.certs import Maker, bare_node, etoken, running_of, with_stores
from phoneemu.cluster.lab import ORGANISATION as LAB
from phoneemu.cluster.release import parse_release
from phoneemu.cluster.state import CALLMANAGER, TFTP, TVS, Cluster, Node

EXAMPLE = ";OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL"
"""The names of the published listings [SEED118893]; only ever names, never certificates."""

ALL_SERVICES = frozenset({CALLMANAGER, TFTP, TVS})


def make_cluster(
    name: str,
    release: str,
    nodes: Sequence[str] = ("pub", "sub"),
    *,
    mixed: bool = False,
    tokens: Sequence[str] = (),
    capf_active: bool = True,
    clock: float = 1_425_600_000.0,
    key_bits: int = 2048,
    maker: Maker | None = None,
    organisation: str = "",
) -> Cluster:
    """A cluster whose first node is the publisher, with everything published.

    `mixed` without `tokens` gives a tokenless CTL, with `tokens` one signed by the first of them. `clock`
    is its time in seconds since the epoch. A `maker` gives every certificate a key (lab); the names then say
    that they are of a lab.

    Raises:
        BadInput: the release is no release.
    """
    cluster = Cluster(
        name=name,
        release=parse_release(release),
        nodes=(),
        mixed=mixed,
        capf_active=capf_active,
        clock=clock,
        real_keys=maker is not None,
        organisation=organisation or (LAB if maker is not None else EXAMPLE),
        etokens=MappingProxyType({token: etoken(token, maker) for token in tokens}),
    )
    made = tuple(
        bare_node(cluster, node, publisher=at == 0, services=ALL_SERVICES, maker=maker)
        for at, node in enumerate(nodes)
    )
    cluster = attrs.evolve(cluster, nodes=tuple(_sized(node, key_bits) for node in made))
    cluster = publish.with_all_itls(with_stores(cluster))
    if not mixed:
        return cluster
    signing = tuple(cluster.etokens.values())
    return publish.with_ctl(cluster, publish.ctl_of(cluster, signing[0] if signing else None, signing))


def _sized(node: Node, key_bits: int) -> Node:
    """The node with certificates of this key size (named ones only; a lab's keys are what they are)."""
    own = {
        unit: certificate if certificate.der else attrs.evolve(certificate, key_bits=key_bits)
        for unit, certificate in node.own.items()
    }
    return attrs.evolve(node, own=MappingProxyType(own), running=MappingProxyType(running_of(own)))
