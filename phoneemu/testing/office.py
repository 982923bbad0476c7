"""An office for stories: a cluster, its administrator, and phones that stand in it.

    office = Office("10.5(1)", mixed=True)
    phone = office.phone("8861")            # has booted once and holds what is served
    office.renew("CallManager")
    office.stop_tvs()
    phone.restarts()
    assert_story(phone, [...])

In memory by default; with `sockets=True` every start is done over loopback sockets as well, with real keys,
and the two journals must be equal (testing.wire).
"""

from collections.abc import Callable, Sequence
from typing import Self, TypedDict, Unpack

import attrs

from phoneemu.catalogue import catalogue
from phoneemu.cluster import admin, drive, lab, runbook
from phoneemu.cluster.certs import Maker
from phoneemu.cluster.drive import Boot, Station, World
from phoneemu.cluster.founding import make_cluster
from phoneemu.cluster.performing import Performed
from phoneemu.cluster.state import CALLMANAGER, CAPF, Cluster, Device
from phoneemu.core.flash import DeviceSecurity, Flash
from phoneemu.core.journal import Journal
from phoneemu.core.journaltext import alarm, status_messages
from phoneemu.core.names import Identity
from phoneemu.core.vocabulary import EraseTarget
from phoneemu.errors import BadInput
from phoneemu.testing import wire
from phoneemu.testing.conformance import few_keys
from phoneemu.testing.telling import Told, story_of

SECONDS_A_STEP = 60.0
DEVICE = "SEP001122AABBCC"

Driver = Callable[[Station, World, float], Boot]
"""How a start is performed: in memory (cluster.drive.boot), or in another way that ends in the same value."""


SHARED_KEYS = few_keys()
"""The keys of every office on sockets, in turn: making some for each would be most of a suite's time."""


class Founded(TypedDict, total=False):
    """How a cluster is founded, beside its release and nodes; see cluster.founding.make_cluster."""

    mixed: bool
    tokens: Sequence[str]
    capf_active: bool
    clock: float
    key_bits: int
    organisation: str


class Standing(TypedDict, total=False):
    """How a phone stands in its office; see OfficePhone."""

    name: str
    load: str | None
    protocol: str | None
    security: DeviceSecurity
    tftp: Sequence[str]
    group: Sequence[str]
    lsc: Identity | None
    in_database: bool
    flash: Flash | None


class Office:
    """One cluster and whoever types on it.

    `release` and `nodes` found the cluster, the first node is the publisher; further arguments are those of
    Founded, such as mixed, tokens and capf_active.

    Raises:
        BadInput: the release is none.
    """

    def __init__(
        self,
        release: str = "10.5(1)",
        nodes: Sequence[str] = ("pub", "sub"),
        *,
        name: str = "office",
        sockets: bool = False,
        maker: Maker | None = None,
        **more: Unpack[Founded],
    ) -> None:
        self.maker = lab.maker(SHARED_KEYS) if sockets and maker is None else maker
        self.driver: Driver = wire.boot_both if sockets else drive.boot
        self.cluster: Cluster = make_cluster(name, release, nodes, maker=self.maker, **more)
        self.others: list[Office] = []
        self.said: list[str] = []
        """What the terminal printed so far."""

    # ------------------------------------------------------------ the administrator

    def does(self, *lines: str) -> Performed:
        """Type these lines of a runbook, one after the other; the last one's outcome is returned.

        Raises:
            BadInput: a line is no command, or not one for this cluster.
        """
        done = Performed(cluster=self.cluster)
        for number, line in enumerate(lines, start=1):
            step = runbook.parse_line(line, place=f"story:{number}", number=number)
            others = {other.cluster.name: other.cluster for other in self.others}
            done = admin.perform(self.cluster, step, others, self.maker)
            self.cluster = attrs.evolve(done.cluster, clock=done.cluster.clock + SECONDS_A_STEP)
            self.said += done.lines
        return done

    def renew(self, certificate: str = CALLMANAGER, node: str = "") -> None:
        """Renew a certificate of a node, the publisher's unless said, with the work that belongs to it.

        The CTL is updated where the cluster is in mixed mode, then the services are restarted that use it.

        Raises:
            BadInput: there is no such certificate, or no such node.
        """
        self.does(f"{node or self.publisher} set cert regen {certificate}")
        if self.cluster.mixed:
            self.does(f"{self.publisher} utils ctl update CTLFile")
        if certificate == "TVS":
            self.does("* utils service restart Cisco Trust Verification Service")
        self.does("* utils service restart Cisco Tftp", "* utils service restart Cisco CallManager")

    def stop_tvs(self) -> None:
        """No phone reaches a TVS any more."""
        self.does("* block 2445")

    def start_tvs(self) -> None:
        """Phones reach every TVS again."""
        self.does("* unblock 2445")

    def breaks_replication(self, node: str) -> None:
        """The database on a node stays as it is now."""
        there = self.cluster.by_name[node]
        self.cluster = self.cluster.with_node(attrs.evolve(there, replicated=self.cluster))

    def knows(self, *others: "Office") -> None:
        """Other clusters are reachable, and their certificates may be uploaded."""
        self.others += others

    # ------------------------------------------------------------ what there is

    @property
    def publisher(self) -> str:
        """The publisher's name."""
        return self.cluster.publisher.name

    @property
    def world(self) -> World:
        """Everything a phone can reach now."""
        return World(clusters=(self.cluster, *(other.cluster for other in self.others)))

    @property
    def signer(self) -> Identity:
        """Who signs what the publisher serves: its CTL where there is one, else its ITL."""
        node = self.cluster.publisher
        served = node.ctl if node.ctl is not None and not node.ctl.emptied else node.itl
        if served is None or served.signer is None:
            raise BadInput(f"{node.name} serves no signed list")
        return served.signer

    @property
    def capf(self) -> Identity:
        """The issuer of LSCs now."""
        return self.cluster.publisher.own[CAPF].identity

    def phone(self, model: str, *, fresh: bool = False, **more: Unpack[Standing]) -> "OfficePhone":
        """A phone that has booted once, so that it holds what is served; `fresh`: it has not.

        Further arguments are those of OfficePhone.

        Raises:
            BadInput: the catalogue has no such model.
        """
        phone = OfficePhone(self, model, **more)
        return phone if fresh else phone.settles()


class OfficePhone:
    """One phone in an office.

    `model` is any name that an export uses, `load` and `protocol` choose among what the catalogue knows.
    `tftp` are its TFTP servers in order (the publisher alone), `group` its CallManagers and TVS servers
    (every node), `lsc` who issued its certificate, `flash` what it holds before it first starts.

    Raises:
        BadInput: the catalogue has no such model.
    """

    def __init__(
        self,
        office: Office,
        model: str,
        *,
        name: str = DEVICE,
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
        shipped = catalogue()
        title = shipped.find(model)
        if title is None:
            raise BadInput(f"the catalogue has no model {model!r}; see `phoneemu models`")
        self.office = office
        self.profile = shipped.profile(title.model, load, protocol)
        self.station = Station(
            profile=self.profile,
            name=name,
            device=device,
            tftp_servers=tuple(tftp) or nodes[:1],
            flash=flash or Flash(),
        )
        self.journal = Journal()
        self.last: Boot | None = None

    # ------------------------------------------------------------ what is done to it

    def restarts(self) -> Self:
        """Start against everything reachable now."""
        self.last = self.office.driver(self.station, self.office.world, self.office.cluster.clock)
        self.station, self.journal = self.last.station, self.last.journal
        return self

    def settles(self) -> Self:
        """Start once, so that it holds what is served, and forget how that went."""
        self.restarts()
        self.journal = Journal()
        return self

    def erases(self, what: str) -> Self:
        """A person stands at the phone and erases ctl, itl, security or factory."""
        self.station, _ = drive.erase(self.station, EraseTarget(what))
        return self

    def points_to(self, *servers: str, **elsewhere: Device) -> Self:
        """DHCP or a hand gives it other TFTP servers; `elsewhere` is how other clusters know it."""
        known = {name.replace("_", "-"): device for name, device in elsewhere.items()}
        self.station = attrs.evolve(self.station, tftp_servers=servers, elsewhere=known)
        return self

    # ------------------------------------------------------------ what there is to see

    @property
    def story(self) -> list[Told]:
        """What happened in the last start."""
        return story_of(self.journal)

    @property
    def flash(self) -> Flash:
        """What it keeps."""
        return self.station.flash

    @property
    def holds_the_served_ctl(self) -> bool:
        """Whether its CTL is the one its publisher serves now."""
        served = self.office.cluster.publisher.ctl
        return (self.flash.ctl is None) if served is None else served.same_as(self.flash.ctl)

    @property
    def holds_the_served_itl(self) -> bool:
        """Whether its ITL is the one its first TFTP node serves now."""
        node = self.office.cluster.node(self.station.tftp_servers[0])
        served = node.itl if node is not None else None
        return (self.flash.itl is None) if served is None else served.same_as(self.flash.itl)

    @property
    def registered_to(self) -> str | None:
        """The node it is registered to, or None."""
        return self.last.registered_to if self.last else None

    @property
    def messages(self) -> list[str]:
        """Its status messages of the last start."""
        return status_messages(self.journal, self.profile)

    @property
    def alarm(self) -> int:
        """The code of its trust-list alarm."""
        return alarm(self.journal)
