"""Makes the synthetic captures: boots of emulated phones against an emulated cluster with seeded keys.

    python captures/make.py            write every synthetic case anew, bit for bit as before
    python captures/make.py --check    write them elsewhere and name what differs

These cases test code. They say nothing about phones: what a phone of a model does in them is what the model
file and the rule book of the day said. When those change on purpose, the cases are made anew, and the
difference is read before it is committed.
"""

from __future__ import annotations

import argparse
import filecmp
import functools
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import seeded

from phoneemu.catalogue import catalogue
from phoneemu.cluster import admin, drive, lab, runbook
from phoneemu.cluster.drive import Station, World
from phoneemu.cluster.founding import make_cluster
from phoneemu.cluster.state import Certificate, Cluster, Device
from phoneemu.core.flash import DeviceSecurity
from phoneemu.core.journal import Journal
from phoneemu.core.states import State
from phoneemu.core.vocabulary import EraseTarget
from phoneemu.replay import casefile
from phoneemu.replay.case import Case, Held, Origin
from phoneemu.replay.record import Recorder, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from phoneemu.core.profile import Profile

HERE = Path(__file__).resolve().parent
SCRIPT = "captures/make.py"
CLOCK = 1_700_000_000.0
DAY = 86_400.0
KEYS = 12
MANY_NODES = 70
"""Enough TVS servers for an ITL of more than 64 KB."""


@attrs.frozen(kw_only=True)
class Kind:
    """A phone type on one load."""

    model: str
    load: str
    device: str
    protocol: str = "SIP"

    @property
    def folder(self) -> str:
        """Where its cases lie."""
        return f"{self.model.replace(' ', '-')}/{self.load}"


KINDS = (
    Kind(model="7940", load="P0030801SR02", protocol="SCCP", device="SEP02A500007940"),
    Kind(model="7960", load="P0030801SR02", protocol="SCCP", device="SEP02A500007960"),
    Kind(model="7945", load="SCCP45.9-4-2SR4-3S", protocol="SCCP", device="SEP02A500007945"),
    Kind(model="7965", load="SCCP45.9-4-2SR4-3S", protocol="SCCP", device="SEP02A500007965"),
    Kind(model="7975", load="SCCP75.9-4-2SR4-3S", protocol="SCCP", device="SEP02A500007975"),
    Kind(model="9971", load="sip9971.9-4-2SR4-1", device="SEP02A500009971"),
    Kind(model="6901", load="SCCP6901.9-3-1SR3-2", protocol="SCCP", device="SEP02A500006901"),
    Kind(model="7821", load="sip78xx.14-4-1-0101-153", device="SEP02A500007821"),
    Kind(model="7841", load="sip78xx.12-8-1-0001-455", device="SEP02A500007841"),
    Kind(model="8831", load="sip8831.10-3-1SR7-2", device="SEP02A500008831"),
    Kind(model="8845", load="sip8845_65.12-8-1-0001-455", device="SEP02A500008845"),
    Kind(model="8861", load="sip88xx.10-3-1-20", device="SEP02A500000861"),
    Kind(model="8861", load="sip88xx.14-2-1-0001-34", device="SEP02A500008861"),
    Kind(model="ATA 191", load="ATA191.12-0-3-0101-142", device="ATA02A500000191"),
    Kind(model="CSF", load="14-0-0", device="CSFLAB"),
)


@attrs.frozen(kw_only=True)
class Made:
    """One case, ready to be written: `path` is its folder below captures/."""

    path: str
    case: Case
    files: Mapping[str, bytes] = attrs.field(repr=False)


# ---------------------------------------------------------------- the cluster and what is done to it


def maker(named: Certificate) -> Certificate:
    """A certificate with one of a few seeded keys, whichever order they are made in."""
    key = seeded.key(f"phoneemu synthetic capture {named.serial[-1] % KEYS}")
    return lab.maker(lambda: key)(named)


@functools.cache
def office(
    release: str = "11.5(1)", nodes: tuple[str, ...] = ("pub", "sub"), *, mixed: bool = True
) -> Cluster:
    """The cluster as installed."""
    return make_cluster("lab", release, nodes, mixed=mixed, clock=CLOCK, maker=maker)


@functools.cache
def after(founded: tuple[str, bool], *lines: str) -> Cluster:
    """The cluster of this release and mode a day later, after these lines were typed on it."""
    release, mixed = founded
    cluster = office(release, mixed=mixed)
    cluster = attrs.evolve(cluster, clock=cluster.clock + DAY)
    for number, line in enumerate(lines, 1):
        step = runbook.parse_line(line, place=f"scene:{number}", number=number)
        cluster = admin.perform(cluster, step, {}, maker).cluster
        cluster = attrs.evolve(cluster, clock=cluster.clock + 60)
    return cluster


MIXED, PLAIN, MODERN = ("11.5(1)", True), ("11.5(1)", False), ("12.5(1)", True)
RESTARTS = ("* utils service restart Cisco Tftp", "* utils service restart Cisco CallManager")
RENEWAL = ("pub set cert regen CallManager", "pub utils ctl update CTLFile", *RESTARTS)


class Stand:
    """One phone of a kind, and how its boots are recorded."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        title = catalogue().find(kind.model)
        assert title is not None, kind
        self.profile: Profile = catalogue().profile(title.model, kind.load, kind.protocol)

    def station(self, *, secure: bool = False, tftp: tuple[str, ...] = ("pub",)) -> Station:
        """The phone, new out of its box."""
        security = DeviceSecurity.ENCRYPTED if secure else DeviceSecurity.NON_SECURE
        return Station(
            profile=self.profile,
            name=self.kind.device,
            device=Device(group=("pub", "sub"), security=security),
            tftp_servers=tftp,
        )

    def settled(self, cluster: Cluster, *, secure: bool = False, tftp: tuple[str, ...] = ("pub",)) -> Station:
        """The phone after its first boot in this cluster."""
        return boots(self.station(secure=secure, tftp=tftp), cluster)

    def record(
        self, name: str, title: str, station: Station, cluster: Cluster, erased: tuple[EraseTarget, ...] = ()
    ) -> Made | None:
        """The next boot as a case; None when a missing fact leaves even the first file undecided."""
        recorder = Recorder(self.profile, station.name, station.flash)
        hands: list[Journal] = []
        for target in erased:
            station, journal = drive.erase(station, target)
            hands.append(journal)
        done = drive.boot(station, World(clusters=(cluster,)), cluster.clock, recorder)
        if done.state is State.UNDECIDED and len(done.journal.rulings()) == 1:
            return None
        entries = [entry for journal in (*hands, done.journal) for entry in journal]
        base = Case(
            name=name,
            title=title,
            origin=Origin.SYNTHETIC,
            script=SCRIPT,
            model=self.kind.model,
            load=self.kind.load,
            protocol=self.kind.protocol,
            device=self.kind.device,
            clock=moment(cluster.clock),
            taken={"by": "phoneemu", "with": "the emulated cluster in memory"},
            tftp=station.tftp_servers,
            before=Held(erased=erased),
        )
        case = recorder.case(base, Journal(entries), done.station.flash, done.state)
        return Made(path=f"{self.kind.folder}/{name}", case=case, files=recorder.files)


def boots(station: Station, cluster: Cluster) -> Station:
    """The phone after a boot."""
    return drive.boot(station, World(clusters=(cluster,)), cluster.clock).station


# ---------------------------------------------------------------- the scenes


def healthy(stand: Stand, name: str) -> Made | None:
    """Everything is as it was: nothing is installed."""
    station = stand.settled(office(mixed=True))
    return stand.record(name, "nothing changed since the last boot", station, after(MIXED))


def first_trust(stand: Stand, name: str) -> Made | None:
    """A new phone takes the first lists on trust."""
    return stand.record(name, "a new phone takes its first lists on trust", stand.station(), after(MIXED))


def secure(stand: Stand, name: str) -> Made | None:
    """An encrypted profile: TLS to the CallManager that its CTL names."""
    cluster = office(mixed=True)
    station = stand.settled(cluster, secure=True)
    return stand.record(name, "an encrypted phone registers over TLS", station, after(MIXED))


def renewed(stand: Stand, name: str) -> Made | None:
    """The publisher's CallManager certificate, which signs the lists, is new."""
    station = stand.settled(office(mixed=True))
    title = "the signer was renewed; a TVS can be asked"
    return stand.record(name, title, station, after(MIXED, *RENEWAL))


def tvs_down(stand: Stand, name: str) -> Made | None:
    """The signer is new and no TVS answers."""
    if stand.profile.asks_tvs.value is False:
        return None
    station = stand.settled(office(mixed=True))
    cluster = after(MIXED, *RENEWAL, "* block 2445")
    return stand.record(name, "the signer was renewed; no TVS can be reached", station, cluster)


def backup_tvs(stand: Stand, name: str) -> Made | None:
    """The signer is new; the first TVS is away, the second vouches."""
    if stand.profile.asks_tvs.value is False:
        return None
    station = stand.settled(office(mixed=True))
    cluster = after(MIXED, *RENEWAL, "pub block 2445")
    return stand.record(name, "the signer was renewed; only the backup TVS answers", station, cluster)


def erased(stand: Stand, name: str) -> Made | None:
    """What was refused is taken after a person erased what the phone held."""
    cluster = after(MIXED, *RENEWAL, "* block 2445")
    stuck = boots(stand.settled(office(mixed=True)), cluster)
    targets = {
        "separate": (EraseTarget.CTL, EraseTarget.ITL),
        "ctl": (EraseTarget.CTL,),
        "combined": (EraseTarget.SECURITY,),
        "factory": (EraseTarget.FACTORY,),
    }.get(stand.profile.erase_scope.value or "", ())
    if not targets:
        return None
    return stand.record(name, "a stuck phone after its lists were erased by hand", stuck, cluster, targets)


def rollback(stand: Stand, name: str) -> Made | None:
    """The rollback parameter empties the ITL."""
    if stand.profile.reads_itl.value is False:
        return None
    lines = ('cluster parameter "Prepare Cluster for Rollback to pre 8.0" = True', *RESTARTS[:1])
    station = stand.settled(office(mixed=False))
    return stand.record(name, "the rollback parameter empties the ITL", station, after(PLAIN, *lines))


def sha512(stand: Stand, name: str) -> Made | None:
    """Lists and files are signed with SHA-512."""
    lines = (
        'cluster parameter "TFTP File Signature Algorithm" = SHA-512',
        "pub utils ctl update CTLFile",
        *RESTARTS,
    )
    return stand.record(
        name, "lists and files signed with SHA-512", stand.settled(office(mixed=True)), after(MIXED, *lines)
    )


@functools.cache
def many_nodes() -> Cluster:
    """A cluster with so many TVS servers that its ITL is too large."""
    nodes = ("pub", "sub", *(f"tvs{number}" for number in range(MANY_NODES)))
    return make_cluster("lab", "11.5(1)", nodes, mixed=False, clock=CLOCK + DAY, maker=maker)


def too_large(stand: Stand, name: str) -> Made | None:
    """The ITL is larger than a phone loads."""
    if stand.profile.reads_itl.value is False:
        return None
    station = stand.settled(office(mixed=False))
    return stand.record(name, f"an ITL of {MANY_NODES + 2} TVS servers", station, many_nodes())


def recovery_signs(stand: Stand, name: str) -> Made | None:
    """From 12.0 on ITLRecovery signs, so that a renewed CallManager needs no TVS."""
    cluster = office(MODERN[0], mixed=True)
    title = "CallManager was renewed where ITLRecovery signs the lists; no TVS can be reached"
    return stand.record(name, title, stand.settled(cluster), after(MODERN, *RENEWAL, "* block 2445"))


def silent_server(stand: Stand, name: str) -> Made | None:
    """The first TFTP server does not answer."""
    station = stand.settled(office(mixed=True), tftp=("pub", "sub"))
    cluster = after(MIXED, "pub power off")
    return stand.record(name, "the first TFTP server, and first CallManager, is off", station, cluster)


def tls_floor(stand: Stand, name: str) -> Made | None:
    """The signer is new, and the TVS speaks TLS 1.2 alone."""
    if stand.profile.asks_tvs.value is False:
        return None
    station = stand.settled(office(mixed=True))
    cluster = after(MIXED, *RENEWAL, "* set tls min-version 1.2")
    return stand.record(name, "the signer was renewed; the TVS speaks TLS 1.2 alone", station, cluster)


def http_blocked(stand: Stand, name: str) -> Made | None:
    """HTTP is blocked on the way, TFTP is not."""
    if "http" not in (stand.profile.transports.value or ()):
        return None
    station = stand.settled(office(mixed=True))
    return stand.record(
        name, "HTTP does not come through; TFTP does", station, after(MIXED, "pub block 6970")
    )


SCENES: Mapping[str, Callable[[Stand, str], Made | None]] = {
    "boots-unchanged": healthy,
    "first-trust": first_trust,
    "registers-over-tls": secure,
    "signer-renewed": renewed,
    "signer-renewed-tvs-down": tvs_down,
    "signer-renewed-backup-tvs": backup_tvs,
    "erased-by-hand": erased,
    "rollback-empties-itl": rollback,
    "signed-with-sha512": sha512,
    "itl-too-large": too_large,
    "itlrecovery-signs": recovery_signs,
    "first-server-off": silent_server,
    "tls-floor": tls_floor,
    "http-blocked": http_blocked,
}


def made(only: str = "") -> Iterator[Made]:
    """Every synthetic case; `only` those whose path begins so."""
    for kind in KINDS:
        stand = Stand(kind)
        for name, scene in SCENES.items():
            if f"{kind.folder}/{name}".startswith(only) and (case := scene(stand, name)) is not None:
                yield case


def write(root: Path, only: str = "") -> int:
    """Write them; the number of cases."""
    count = 0
    for count, each in enumerate(made(only), 1):  # noqa: B007 - counted
        folder = root / each.path
        shutil.rmtree(folder, ignore_errors=True)
        casefile.save(each.case, folder, each.files)
    return count


def differing(one: Path, other: Path) -> list[str]:
    """Paths below either folder whose bytes differ, or that only one has."""
    paths = {
        path.relative_to(root).as_posix()
        for root in (one, other)
        for path in root.rglob("*")
        if path.is_file()
    }
    return sorted(
        path
        for path in paths
        if not ((one / path).is_file() and (other / path).is_file())
        or not filecmp.cmp(one / path, other / path, shallow=False)
    )


def synthetic(root: Path) -> list[Path]:
    """The folders of the synthetic cases there."""
    return [folder for folder in casefile.walk(root) if casefile.load(folder).origin is Origin.SYNTHETIC]


def check(root: Path, only: str = "") -> list[str]:
    """What differs between the synthetic cases there and those made anew."""
    with tempfile.TemporaryDirectory() as folder:
        anew = Path(folder)
        write(anew, only)
        there = {case.relative_to(root).as_posix() for case in synthetic(root)}
        cases = {case.relative_to(anew).as_posix() for case in casefile.walk(anew)}
        found = sorted(case for case in there - cases if case.startswith(only))
        return found + [
            f"{case}/{path}" for case in sorted(cases) for path in differing(root / case, anew / case)
        ]


def main() -> int:
    """Write or check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; name what differs, exit 1")
    parser.add_argument("--only", default="", metavar="PATH", help="only cases whose path begins so")
    arguments = parser.parse_args()
    if arguments.check:
        found = check(HERE, arguments.only)
        for path in found:
            print(f"captures/{path} is not what {SCRIPT} makes", file=sys.stderr)
        return int(bool(found))
    if not arguments.only:
        for folder in synthetic(HERE):
            shutil.rmtree(folder)
    print(f"{write(HERE, arguments.only)} synthetic cases")
    return 0


if __name__ == "__main__":
    sys.exit(main())
