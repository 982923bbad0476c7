"""What performing a command needs and gives: Office, Performed."""

from collections.abc import Mapping

import attrs

from phoneemu.cluster.certs import Maker
from phoneemu.cluster.state import Cluster


@attrs.frozen(kw_only=True)
class Office:
    """The cluster at hand, other clusters by name, and who makes keys in a lab."""

    cluster: Cluster
    others: Mapping[str, Cluster] = attrs.field(factory=dict)
    maker: Maker | None = None


@attrs.frozen(kw_only=True)
class Performed:
    """What a command did.

    `lines` is the terminal's text. `resets` tells that all phones of the cluster now reset by themselves,
    `resets_with` that those do whose CallManager group has one of these nodes. `refused` tells that
    the cluster did not do it. `remarks` are facts with source keys that an explanation may quote. `others`
    are further clusters that changed with it, by name (an exchange of certificates).
    """

    cluster: Cluster
    lines: tuple[str, ...] = ()
    resets: bool = False
    resets_with: frozenset[str] = frozenset()
    refused: bool = False
    remarks: tuple[str, ...] = ()
    others: Mapping[str, Cluster] = attrs.field(factory=dict)

    def then(self, later: "Performed") -> "Performed":
        """Both, one after the other."""
        return Performed(
            cluster=later.cluster,
            lines=self.lines + later.lines,
            resets=self.resets or later.resets,
            resets_with=self.resets_with | later.resets_with,
            refused=self.refused or later.refused,
            remarks=self.remarks + later.remarks,
            others={**self.others, **later.others},
        )


def refused(cluster: Cluster, *lines: str, remark: str = "") -> Performed:
    """The cluster stays as it is; the terminal says why."""
    return Performed(
        cluster=cluster,
        lines=(*lines, "Executed command unsuccessfully"),
        refused=True,
        remarks=(remark or lines[-1],),
    )
