"""What cluster.toml says of the nodes: their names, which is the publisher, where they are, what they do.

Nothing here asks anybody.
"""

import ipaddress
from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

import attrs

from phoneemu.collect import texts
from phoneemu.collect.axl import NodeSeen

Nodes = tuple[NodeSeen, ...]


@attrs.frozen(kw_only=True)
class Known:
    """What was learned of the nodes, each by the name that the cluster gave it.

    `places` is where each was asked, `own` the name that its list gives it, `serving` whether it serves files
    as far as was seen, `callers` the members of CallManager groups in lower case, empty when not collected.
    """

    nodes: Nodes
    places: Mapping[str, str]
    own: Mapping[str, str]
    serving: Mapping[str, bool]
    callers: AbstractSet[str]

    @property
    def publisher(self) -> str:
        """Its name; the first node's where nobody says."""
        return next(
            (self.own[node.name] for node in self.nodes if node.publisher), self.own[self.nodes[0].name]
        )

    @property
    def addresses(self) -> dict[str, str]:
        """Where nodes are, by their own names; left out where two share a place."""
        taken = Counter(place.lower() for place in (*self.places.values(), *self.places))
        found = {name: place for name, place in self.places.items() if taken[place.lower()] == 1}
        found |= {name: name for name, own in self.own.items() if own != name}
        return {self.own[name]: place for name, place in found.items()}

    @property
    def services(self) -> dict[str, list[str]]:
        """What nodes do, by their own names, where both groups and lists tell; every node runs a TVS."""
        return {
            self.own[node.name]: [
                *(["CallManager"] if node.name.lower() in self.callers else []),
                *(["TFTP"] if self.serving[node.name] else []),
                "TVS",
            ]
            for node in self.nodes
            if self.callers and node.name in self.serving
        }

    def text(self, release: str | None, taken: str) -> str:
        """The text of cluster.toml."""
        return texts.cluster_toml(
            name=self.publisher,
            release=release,
            taken=taken,
            nodes=tuple(attrs.evolve(node, name=self.own[node.name]) for node in self.nodes),
            addresses=self.addresses,
            services=self.services,
        )


def with_publisher(nodes: Nodes, host: str) -> Nodes:
    """The nodes; where the cluster did not say which is the publisher, it is the one that was asked."""
    label = host.lower().partition(".")[0]
    asked = [node for node in nodes if host.lower() == node.name.lower()]
    asked = asked or [node for node in nodes if node.name.lower().partition(".")[0] == label]
    if any(node.publisher for node in nodes) or len(asked) != 1:
        return nodes
    return (attrs.evolve(asked[0], publisher=True), *(node for node in nodes if node is not asked[0]))


def is_address(name: str) -> bool:
    """Whether the cluster knows a node by an address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
