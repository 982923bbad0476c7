"""An office for stories: a cluster, its administrator, and phones that stand in it.

    office = Office(release="10.5(1)", mixed=True)
    phone = office.phone("8861")            # has booted once and holds what is served
    office.does("pub set cert regen CallManager", "pub utils ctl update CTLFile")
    phone.restarts()
    assert phone.story == [...]

A story is the list of what a phone fetched, ruled and installed in its last boot, in a few plain values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import loopback

from phoneemu.catalogue import Catalogue
from phoneemu.cluster import admin, drive, publish, runbook
from phoneemu.cluster.drive import Boot, Station, World
from phoneemu.cluster.founding import EXAMPLE, make_cluster
from phoneemu.cluster.performing import Performed
from phoneemu.cluster.state import CAPF, Certificate, Cluster, Device
from phoneemu.core import listbuild, listparse
from phoneemu.core.flash import DeviceSecurity, Flash
from phoneemu.core.journal import (
    AskedTvs,
    Delivery,
    Fetched,
    InService,
    Installed,
    Journal,
    LostItl,
    NotInService,
    ReachedForTvs,
    Ruled,
    Undecided,
)
from phoneemu.core.journaltext import alarm, status_messages
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.trustlist import ListKind, Record, TrustList
from phoneemu.core.vocabulary import EraseTarget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phoneemu.cluster.certs import Maker
    from phoneemu.core.names import Identity

CATALOGUE = Catalogue()
SECONDS_A_STEP = 60.0

CTL, ITL, CONFIG, REGISTRATION = Subject.CTL, Subject.ITL, Subject.CONFIG, Subject.REGISTRATION


def ruled(subject: Subject, verdict: Verdict, reason: Reason) -> tuple[object, ...]:
    """A decision, as stories have it."""
    return ("ruled", subject.value, verdict.value, reason.value)


def installed(subject: Subject) -> tuple[object, ...]:
    """A list or configuration took its place."""
    return ("installed", subject.value)


def no_file(name: str) -> tuple[object, ...]:
    """The server had no such file."""
    return ("no file", name)


def reached_for_tvs(server: str) -> tuple[object, ...]:
    """TLS to a TVS was tried."""
    return ("reached for tvs", server)


def asked_tvs(server: str) -> tuple[object, ...]:
    """A TVS was asked about the signer."""
    return ("asked tvs", server)


def registered(node: str) -> tuple[object, ...]:
    """The phone came into service."""
    return ("registered", node)


_USUAL = (Reason.PLAIN_SIGNALLING, Reason.CONFIRMED, Reason.NOT_OFFERED)
OUT = ("out of service",)
UNDECIDED = ("undecided",)


def story_of(journal: Journal) -> list[tuple[object, ...]]:
    """The journal without what every healthy boot has: arrivals and the handshake of registration."""
    story: list[tuple[object, ...]] = []
    for entry in journal:
        match entry:
            case Fetched(delivery=Delivery.MISSING):
                story.append(no_file(entry.name))
            case Fetched(delivery=Delivery.SILENT):
                story.append(("silent", entry.server, entry.name))
            case Ruled() if entry.verdict is not Verdict.UNCHANGED and entry.reason not in _USUAL:
                story.append(ruled(entry.subject, entry.verdict, entry.reason))
            case ReachedForTvs():
                story.append(reached_for_tvs(entry.server))
            case AskedTvs():
                story.append(asked_tvs(entry.server))
            case Installed():
                story.append(installed(entry.subject))
            case LostItl():
                story.append(("lost its itl",))
            case InService():
                story.append(registered(entry.node))
            case NotInService():
                story.append(OUT)
            case Undecided():
                story.append(UNDECIDED)
            case _:
                pass
    return story


class Office:
    """One cluster and whoever types on it."""

    def __init__(self, release: str = "10.5(1)", nodes: Sequence[str] = ("pub", "sub"), **more: Any) -> None:
        if loopback.WANTED and "maker" not in more:
            more["maker"] = loopback.maker(more.get("key_bits", 2048))
            more.setdefault("organisation", EXAMPLE)
            self.maker: Maker | None = loopback.maker()  # what is renewed later has the usual size
        else:
            self.maker = more.get("maker")
        self.cluster: Cluster = make_cluster(more.pop("name", "office"), release, nodes, **more)
        self.others: list[Office] = []
        self.said: list[str] = []

    def does(self, *lines: str) -> Performed:
        """Type these lines, one after the other; the last one's outcome is returned."""
        done = Performed(cluster=self.cluster)
        for line in lines:
            step = runbook.parse_line(line, place="story:1", number=1)
            others = {other.cluster.name: other.cluster for other in self.others}
            done = admin.perform(self.cluster, step, others, self.maker)
            self.cluster = attrs.evolve(done.cluster, clock=done.cluster.clock + SECONDS_A_STEP)
            self.said += done.lines
        return done

    def renews_callmanager(self) -> None:
        """The seed's maintenance: regenerate on the publisher, update the CTL, restart the services."""
        self.does("pub set cert regen CallManager")
        if self.cluster.mixed:
            self.does("pub utils ctl update CTLFile")
        self.does("* utils service restart Cisco Tftp", "* utils service restart Cisco CallManager")

    def stops_tvs(self) -> None:
        """No phone reaches a TVS any more."""
        self.does("* block 2445")

    def breaks_replication(self, node: str) -> None:
        """The database on a node stays as it is now."""
        there = self.cluster.by_name[node]
        self.cluster = self.cluster.with_node(attrs.evolve(there, replicated=self.cluster))

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

    def knows(self, *others: Office) -> None:
        """Other clusters are reachable, and their certificates may be uploaded."""
        self.others += others

    @property
    def world(self) -> World:
        """Everything a phone can reach now."""
        return World(clusters=(self.cluster, *(other.cluster for other in self.others)))

    def phone(self, model: str, *, fresh: bool = False, **more: Any) -> StoryPhone:
        """A phone that has booted once, so that it holds what is served; `fresh`: it has not."""
        phone = StoryPhone(self, model, **more)
        if not fresh:
            phone.restarts()
            phone.journal = Journal()
        return phone

    @property
    def capf(self) -> Identity:
        """The issuer of LSCs now."""
        return self.cluster.publisher.own[CAPF].identity


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


class StoryPhone:
    """One phone in an office."""

    def __init__(
        self,
        office: Office,
        model: str,
        *,
        load: str | None = None,
        protocol: str | None = None,
        security: DeviceSecurity = DeviceSecurity.NON_SECURE,
        tftp: Sequence[str] = (),
        group: Sequence[str] = (),
        lsc: Identity | None = None,
        in_database: bool = True,
        flash: Flash | None = None,
    ) -> None:
        nodes = tuple(node.name for node in office.cluster.nodes)
        device = Device(
            group=tuple(group) or nodes, security=security, lsc_issuer=lsc, in_database=in_database
        )
        self.office = office
        title = CATALOGUE.find(model)
        assert title is not None, model
        self.profile = CATALOGUE.profile(title.model, load, protocol)
        self.station = Station(
            profile=self.profile,
            name="SEP001122AABBCC",
            device=device,
            tftp_servers=tuple(tftp) or nodes[:1],
            flash=flash or Flash(),
        )
        self.journal = Journal()
        self.last: Boot | None = None

    def restarts(self) -> StoryPhone:
        """Boot against everything reachable now."""
        before, world, now = self.station, self.office.world, self.office.cluster.clock
        self.last = drive.boot(before, world, now)
        if loopback.WANTED:
            loopback.compare(before, world, now, self.last)
        self.station, self.journal = self.last.station, self.last.journal
        return self

    def erases(self, what: str) -> StoryPhone:
        """A person stands at the phone."""
        self.station, _ = drive.erase(self.station, EraseTarget(what))
        return self

    def points_to(self, *servers: str, **elsewhere: Device) -> StoryPhone:
        """DHCP or a hand gives it other TFTP servers; `elsewhere` is how other clusters know it."""
        known = {name.replace("_", "-"): device for name, device in elsewhere.items()}
        self.station = attrs.evolve(self.station, tftp_servers=servers, elsewhere=known)
        return self

    @property
    def story(self) -> list[tuple[object, ...]]:
        """What happened in the last boot."""
        return story_of(self.journal)

    @property
    def flash(self) -> Flash:
        """What it keeps."""
        return self.station.flash

    @property
    def holds_the_served_ctl(self) -> bool:
        """Whether its CTL is the one its cluster serves now."""
        served = self.office.cluster.publisher.ctl
        return (self.flash.ctl is None) if served is None else served.same_as(self.flash.ctl)

    @property
    def registered_to(self) -> str | None:
        """The node it is registered to, or None."""
        return self.last.registered_to if self.last else None

    @property
    def messages(self) -> list[str]:
        """Its status messages of the last boot."""
        return status_messages(self.journal, self.profile)

    @property
    def alarm(self) -> int:
        """The code of its trust-list alarm."""
        return alarm(self.journal)
