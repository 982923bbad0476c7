"""When the exports were made, as far as they tell, and what has ended since.

What has expired depends on that moment. `taken` in cluster.toml says it; else the newest date in the exports
is taken, and a certificate that ended between that date and today may have expired or not: so it is said.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from phoneemu.cluster.certs import MADE
from phoneemu.cluster.state import Certificate, Cluster
from phoneemu.fleet.certentries import CertEntry
from phoneemu.fleet.clusterfile import ClusterFile
from phoneemu.fleet.listexports import ListExport
from phoneemu.fleet.risport import Sighting

DAY = 86_400.0


def moment(
    file: ClusterFile,
    today: float,
    exports: Sequence[ListExport],
    entries: Iterable[CertEntry] = (),
    seen: Iterable[Sighting] = (),
) -> float:
    """When the exports were made, in seconds since the epoch: as somebody said, else their newest date.

    A date after today is of a clock that is wrong, and counts for nothing.
    """
    if file.taken is not None:
        return file.taken
    dates = [each.listed.timestamp or 0.0 for each in exports if each.listed is not None]
    dates += (each.not_before or 0.0 for each in entries)
    dates += (each.moment for each in seen)
    return float(max((each for each in dates if each <= today + DAY), default=0.0))


def ended_since(cluster: Cluster, today: float) -> tuple[Certificate, ...]:
    """The exported certificates that ended after the moment of the exports, and before today."""
    used = (each for node in cluster.nodes for each in (*node.own.values(), *node.running.values()))
    ended = {
        each.identity: each
        for each in used
        if each.origin != MADE and each.not_after is not None and cluster.clock < each.not_after <= today
    }
    return tuple(ended.values())


def remarks(cluster: Cluster, ended: Sequence[Certificate]) -> Iterator[str]:
    """What a person must know of certificates that may have expired."""
    if ended:
        whose = ", ".join(f"{each.unit} of {each.node} ({day(each.not_after or 0.0)})" for each in ended[:5])
        more = f" and {len(ended) - 5} more" if len(ended) > 5 else ""
        yield (
            f"nothing says when the exports were made; {day(cluster.clock)} is taken, the newest date in "
            f"them, and these ended since: {whose}{more}; say `taken` in cluster.toml"
        )


def day(stamp: float) -> str:
    """The day of a moment, in UTC."""
    return datetime.fromtimestamp(stamp, tz=UTC).date().isoformat()
