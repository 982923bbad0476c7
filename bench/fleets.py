"""A made fleet for the benches: many phones of many models over many sites, with evidence of what each holds.

Everything follows from a seed, so that two runs measure the same. The trust lists are texts with checksums
drawn by chance: the served ones beside older ones under history/, and each phone shows one pair of them.
As a program it leaves such a fleet in a folder: `python bench/fleets.py FOLDER --phones 1000000`.
"""

import argparse
import random
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import attrs

from phoneemu.catalogue import catalogue
from phoneemu.core import showtext
from phoneemu.core.names import Identity
from phoneemu.core.trustlist import ListKind, Record, Role, TrustList

SEED = 20
SECURITY = ("Encrypted", "Non-Secure", "Non-Secure")
NODES = ("pub", "sub1", "sub2")
LOADS = ("", "sip88xx.9-4-2-1", "sip88xx.10-3-1-20", "sip88xx.12-8-1-0001-455", "sip88xx.14-2-1-0001-34")
HEADER = (
    "Device Name,Description,Device Pool,Location,Phone Load Name,Device Type,Device Security Profile,"
    "Device Protocol,CTL Signature,ITL Signature\n"
)
CLUSTER = """\
name = "bench"
release = "12.5(1)SU2"
mixed = true
off = []
[[node]]
name = "pub"
publisher = true
services = ["CallManager", "TFTP", "TVS", "CAPF"]
[[node]]
name = "sub1"
[[node]]
name = "sub2"
[groups]
"CMG" = ["sub1", "sub2", "pub"]
[phones]
group = "CMG"
tftp = ["pub", "sub1"]
lsc = "cluster"
"""
RUNBOOK = """\
pub set cert regen CallManager
pub utils ctl update CTLFile
* utils service restart Cisco Tftp
* utils service restart Cisco CallManager
phones reset
pub set cert regen TVS
* utils service restart Cisco Trust Verification Service
sub1 set cert regen CallManager
* utils service restart Cisco Tftp
phones reset
"""


@attrs.frozen(kw_only=True)
class Size:
    """How large a fleet is; `states` are pairs of lists that phones hold, `loads` loads by model."""

    phones: int
    models: int = 90
    sites: int = 2_000
    states: int = 40
    loads: int = 1


def write(folder: Path, size: Size, *, broken: float = 0.0) -> tuple[Path, Path]:
    """Leave a snapshot and a runbook; the two paths. A share of the rows can be broken in four ways."""
    chance = random.Random(SEED)
    snapshot = folder / "snapshot"
    (snapshot / "history").mkdir(parents=True)
    (snapshot / "cluster.toml").write_text(CLUSTER, encoding="utf-8")
    states = list(write_states(snapshot, size.states, chance))
    with (snapshot / "phones.csv").open("w", encoding="utf-8") as stream:
        stream.write(HEADER)
        stream.writelines(rows(size, states, chance, broken))
    runbook = folder / "runbook.txt"
    runbook.write_text(RUNBOOK, encoding="utf-8")
    return snapshot, runbook


def rows(size: Size, states: list[tuple[str, str]], chance: random.Random, broken: float) -> Iterator[str]:
    """The lines of the export: every phone draws its site, its model, a load and what it holds."""
    models = [title.name for title in catalogue().titles[: size.models]]
    kinds = [
        f"{load},{model},{model} - Standard SIP {SECURITY[number % 3]} Profile,SIP"
        for number, model in enumerate(models)
        for load in loads(number, size.loads)
    ]
    shown = [f"{ctl},{itl}\n" for ctl, itl in states]
    sites = [f"Site {number:04d}" for number in range(size.sites)]
    spoil = (
        lambda line: line.replace(",", ";"),
        lambda line: line.rpartition(",")[0].rpartition(",")[0] + "\n",
        lambda line: f'"{line}',
        lambda line: f",{line.partition(',')[2]}",
    )
    for number in range(size.phones):
        site = chance.choice(sites)
        kind, held = chance.choice(kinds), chance.choice(shown)
        line = f"SEP{number:012X},{site} desk {number},{site},Hub_None,{kind},{held}"
        yield line if not broken or chance.random() >= broken else chance.choice(spoil)(line)


def loads(number: int, count: int) -> list[str]:
    """The loads of the phones of one model."""
    if count == 1:
        return [LOADS[number % len(LOADS)]]
    return [f"sip88xx.{9 + each // 40}-{each // 8 % 5}-{each % 8}-1" for each in range(count)]


def write_states(snapshot: Path, count: int, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Write the lists, and give as many pairs of their checksums as phones shall hold."""
    ctls = [a_list(ListKind.CTL, "pub", age, chance) for age in range(max(1, min(5, count)))]
    itls = [a_list(ListKind.ITL, "pub", age, chance) for age in range(-(-count // len(ctls)))]
    for kind, lists in (("ctl", ctls), ("itl_pub", itls)):
        (snapshot / f"show_{kind}.txt").write_text(as_shown(lists[0]), encoding="utf-8")
        for age, older in enumerate(lists[1:], 1):
            (snapshot / "history" / f"show_{kind}_{age}.txt").write_text(as_shown(older), encoding="utf-8")
    for node in NODES[1:]:
        (snapshot / f"show_itl_{node}.txt").write_text(
            as_shown(a_list(ListKind.ITL, node, 0, chance)), encoding="utf-8"
        )
    for number, (ctl, itl) in enumerate(product(ctls, itls)):
        if number < count:
            yield ctl.sha1 or "", itl.sha1 or ""


def as_shown(listed: TrustList) -> str:
    text = showtext.render(listed, modified="Fri Mar 06 21:56:07 CET 2020")
    return f"admin:show {listed.kind.value}\n{text}\n"


def a_list(kind: ListKind, node: str, age: int, chance: random.Random) -> TrustList:
    """The list of a node, so many renewals of its CallManager certificate ago.

    Some of the renewals came with a new TVS certificate or recovery key.
    """
    old = f", before {age}" if age else ""
    own = identity(node, f"CallManager{old}")
    recovery = identity("ITLRECOVERY_pub", f"restored{old}" if age % 4 == 3 else "")
    records = [record(Role.SAST, node, own), record(Role.SAST, node, recovery)]
    records += [record(Role.CCM_TFTP, each, identity(each, f"CallManager{old}")) for each in NODES]
    records.append(record(Role.CAPF, "pub", identity("CAPF-bench", "")))
    if kind is ListKind.ITL:
        what = f"TVS{old}" if age % 3 == 2 else "TVS"
        records += [record(Role.TVS, each, identity(each, what)) for each in NODES]
    return TrustList(
        kind=kind,
        signer=own,
        key_bits=2048,
        filename=f"{kind.name}File.tlv",
        length=6018,
        md5=f"{chance.getrandbits(128):032x}",
        sha1=f"{chance.getrandbits(160):040x}",
        records=tuple(records),
    )


def identity(name: str, what: str) -> Identity:
    subject = f"CN={name};OU=bench;O=phoneemu"
    return Identity(subject, subject, random.Random(f"{name} {what}").getrandbits(126) | 1 << 126)


def record(role: Role, node: str, who: Identity) -> Record:
    return Record(
        role=role, dns_name=node, identity=who, serial=who.serial.to_bytes(16, "big"), key_bits=2048
    )


def main() -> int:
    """Write the fleet asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    for name in ("phones", "models", "sites", "states", "loads"):
        default = 1_000_000 if name == "phones" else getattr(Size(phones=0), name)
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--broken", type=float, default=0.0, help="share of broken rows")
    asked = vars(parser.parse_args())
    snapshot, runbook = write(asked.pop("folder"), broken=asked.pop("broken"), size=Size(**asked))
    print(f"{snapshot} {runbook}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
