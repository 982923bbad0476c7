"""The office of this project's own stories: the published one, with a few pranks, twice where wanted.

    office = Office(release="10.5(1)", mixed=True)
    phone = office.phone("8861")            # has booted once and holds what is served
    office.does("pub set cert regen CallManager", "pub utils ctl update CTLFile")
    phone.restarts()
    assert phone.story == [...]

With PHONEEMU_LOOPBACK=1 every start is done over sockets as well, and the journals must be equal.
"""

from collections.abc import Sequence
from typing import Any

import attrs
import loopback

from phoneemu.catalogue import Catalogue
from phoneemu.cluster import publish
from phoneemu.cluster.founding import EXAMPLE
from phoneemu.cluster.state import Certificate, Cluster
from phoneemu.core import listbuild, listparse
from phoneemu.core.trustlist import ListKind, Record, TrustList
from phoneemu.testing import office, wire
from phoneemu.testing.office import OfficePhone as StoryPhone
from phoneemu.testing.telling import (
    CONFIG,
    CTL,
    ITL,
    OUT,
    REGISTRATION,
    UNDECIDED,
    asked_tvs,
    installed,
    no_file,
    reached_for_tvs,
    registered,
    ruled,
    story_of,
)

__all__ = [
    "CATALOGUE",
    "CONFIG",
    "CTL",
    "ITL",
    "OUT",
    "REGISTRATION",
    "UNDECIDED",
    "Office",
    "StoryPhone",
    "asked_tvs",
    "certificate_of",
    "in_role",
    "installed",
    "no_file",
    "reached_for_tvs",
    "registered",
    "ruled",
    "story_of",
]

CATALOGUE = Catalogue()


class Office(office.Office):
    """One cluster and whoever types on it."""

    def __init__(self, release: str = "10.5(1)", nodes: Sequence[str] = ("pub", "sub"), **more: Any) -> None:
        real = loopback.WANTED and "maker" not in more
        if real:
            more["maker"] = loopback.maker(more.get("key_bits", 2048))
            more.setdefault("organisation", EXAMPLE)
        super().__init__(release, nodes, **more)
        if real:
            self.maker = loopback.maker()  # what is renewed later has the usual size
        if loopback.WANTED:
            self.driver = wire.boot_both

    def renews_callmanager(self) -> None:
        """The seed's maintenance: regenerate on the publisher, update the CTL, restart the services."""
        self.renew()

    def stops_tvs(self) -> None:
        """No phone reaches a TVS any more."""
        self.stop_tvs()

    def serves_forged(self, kind: ListKind, *, signer: str = "", extra: Sequence[int | None] = ()) -> None:
        """The publisher serves its list signed by another own certificate, or with the first record again
        in other roles; signed properly where there are keys."""
        node = self.cluster.publisher
        held = node.ctl if kind is ListKind.CTL else node.itl
        assert held is not None
        certificate = node.own[signer] if signer else certificate_of(self.cluster, held)
        more = tuple(attrs.evolve(held.records[0], role=role) for role in extra)
        forged = attrs.evolve(held, records=(*held.records, *more), signer=certificate.identity, timestamp=9)
        signing = publish.signing_of(self.cluster, certificate)
        if signing is not None:
            records = [*(each.encoded for each in held.records), *(in_role(each) for each in more)]
            data = listbuild.signed(signing, f"{kind.name}File.tlv", b"".join(records))
            forged = listparse.parse(data, kind=kind)
        there = attrs.evolve(node, ctl=forged) if kind is ListKind.CTL else attrs.evolve(node, itl=forged)
        self.cluster = self.cluster.with_node(there)


def certificate_of(cluster: Cluster, held: TrustList) -> Certificate:
    """The cluster's certificate that signed this list."""
    return next(each for node in cluster.nodes for each in node.own.values() if each.identity == held.signer)


def in_role(record: Record) -> bytes:
    """A record's bytes with its function changed, or left out."""
    whole = b"\x04\x00\x02\x00\x00"
    assert whole in record.encoded
    changed = b"" if record.role is None else b"\x04\x00\x02" + record.role.to_bytes(2, "big")
    encoded = record.encoded.replace(whole, changed, 1)
    return encoded[:3] + len(encoded).to_bytes(2, "big") + encoded[5:]
