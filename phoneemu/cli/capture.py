"""`phoneemu capture`: packet captures and logs to cases."""

import argparse
import datetime
import ipaddress
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from phoneemu.cli._recording import models_of
from phoneemu.cli._saying import say
from phoneemu.core import limits
from phoneemu.errors import BadInput
from phoneemu.files import read_text

if TYPE_CHECKING:
    from phoneemu.catalogue import Catalogue
    from phoneemu.replay.casemaking import Draft, Terms
    from phoneemu.replay.wire.witness import Place

HELP = "write what a packet capture and logs show of phones as cases that can be replayed"
SCHEMA = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="pcap or pcapng, also gzipped")
    parser.add_argument("--phone-log", type=Path, metavar="LOG", help="the console log of the one phone")
    parser.add_argument("--tvs-log", type=Path, metavar="LOG", help="the trace of a TVS")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="DIR",
        help="the folder of all cases, captures/, or of the one case, captures/MODEL/LOAD/NAME",
    )
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="[DEVICE=]MODEL",
        help="the model, where the capture does not tell; of one phone, or of all others",
    )
    parser.add_argument("--load", default="", help="the firmware load, where the capture does not tell")
    parser.add_argument("--protocol", choices=("SIP", "SCCP"), default="", help="the signalling protocol")
    parser.add_argument("--device", default="", metavar="NAME", help="only this phone")
    parser.add_argument("--case", default="", metavar="NAME", help="the case's name; the device's otherwise")
    parser.add_argument(
        "--origin", choices=("hardware", "published", "synthetic"), help="a real phone, a document, a program"
    )
    parser.add_argument("--source", default="", metavar="KEY", help="of a published log, in docs/sources.md")
    parser.add_argument(
        "--standing", choices=("documented", "reported"), default="", help="how well that source knows"
    )
    parser.add_argument("--script", default="", help="what made a synthetic capture")
    parser.add_argument("--by", default="", metavar="WHO", help="who took it")
    parser.add_argument(
        "--before",
        type=Path,
        metavar="DIR",
        help="what the phone held: CTL.tlv, ITL.tlv, config.xml; see docs",
    )
    parser.add_argument(
        "--complete", action="store_true", help="taken at the phone: everything it did is in the capture"
    )
    parser.add_argument(
        "--hosts", type=Path, metavar="FILE", help="names and ports of a lab, as it writes them"
    )
    parser.add_argument(
        "--clock", metavar="UTC", help="when a log without a capture began: 2026-03-09T17:21:51"
    )
    parser.add_argument(
        "--all-files", action="store_true", help="keep the bytes of every file, not of trust alone"
    )
    parser.add_argument("--json", action="store_true", help="say it as JSON; schema in docs/json-capture.md")
    parser.add_argument("--list", action="store_true", help="say what is in it, write nothing")


def run(arguments: argparse.Namespace) -> int:
    """Import, and write the cases; 0 done."""
    from phoneemu.catalogue import catalogue

    if arguments.file is None and arguments.phone_log is None:
        raise BadInput("nothing to import: give a capture file, or --phone-log")
    if arguments.output is None and not arguments.list:
        raise BadInput("where to? Give -o DIR, such as -o captures, or --list")
    if (arguments.source and arguments.origin != "published") or (
        arguments.origin == "published" and not arguments.source
    ):
        raise BadInput("--origin published goes with --source KEY, and nothing else does")
    if arguments.standing and not arguments.source:
        raise BadInput("--standing is that of a --source")
    terms, places = _terms(arguments)
    drafts, remarks = _drafts(arguments, terms, places, catalogue())
    _with_logs(arguments, drafts)
    if not drafts:
        raise BadInput("no phone asks for a file in it", place=str(arguments.file or arguments.phone_log))
    if arguments.case and len(drafts) > 1:
        raise BadInput(f"--case names one case, and there are {len(drafts)}; give --device too")
    folders = _write(arguments, drafts)
    if arguments.json:
        print(json.dumps(_as_json(drafts, folders, remarks), indent=1))
    else:
        _tell(drafts, folders)
    return 0


def _terms(arguments: argparse.Namespace) -> "tuple[Terms, dict[Place, str]]":
    from phoneemu.replay.case import Origin
    from phoneemu.replay.casemaking import Terms

    if arguments.case and not _NAME.fullmatch(arguments.case):
        raise BadInput(f"`{arguments.case}` is no name of a case: letters, digits, dots, dashes")
    services, nodes = _places(arguments.hosts)
    terms = Terms(
        models=models_of(arguments.model),
        load=arguments.load,
        protocol=arguments.protocol,
        origin=Origin(arguments.origin) if arguments.origin else None,
        source=arguments.source,
        standing=arguments.standing,
        script=arguments.script,
        by=arguments.by,
        name=arguments.case,
        before=_folder(arguments.before),
        complete=arguments.complete,
        nodes=nodes,
    )
    return terms, services


def _folder(path: Path | None) -> Path | None:
    if path is not None and not path.is_dir():
        raise BadInput("no such folder", place=str(path))
    return path


def _places(hosts: Path | None) -> "tuple[dict[Place, str], dict[Place, str]]":
    """What the ports of a lab are for, and whose they are."""
    if hosts is None:
        return {}, {}
    from phoneemu.net import book

    services: dict[Place, str] = {}
    nodes: dict[Place, str] = {}
    text = read_text(hosts, limits.NAMES_BYTES, errors="replace")
    for name, place in book.parse(text, str(hosts)).places.items():
        try:
            address = ipaddress.ip_address(place.host).packed
        except ValueError:
            raise BadInput(
                f"{name} has a name in place of an address: {place.host}", place=str(hosts)
            ) from None
        for service, port in place.ports.items():
            services[address, port] = service.value
            nodes.setdefault((address, port), name)
    return services, nodes


def _drafts(
    arguments: argparse.Namespace, terms: "Terms", places: "dict[Place, str]", known: "Catalogue"
) -> "tuple[list[Draft], list[str]]":
    from phoneemu.replay import importing, loglines, logmerge, phonelog

    if arguments.file is not None:
        found = importing.read(
            arguments.file,
            terms,
            known,
            places=places,
            device=arguments.device,
            everything=arguments.all_files,
        )
        for remark in found.remarks:
            say([f"{arguments.file}: {remark}"], sys.stderr)
        return found.drafts, found.remarks
    if arguments.clock is None:
        raise BadInput("a log has no date: give --clock, such as 2026-03-09T17:21:51")
    log = phonelog.read(loglines.read(arguments.phone_log))
    return [logmerge.from_log(log, terms, known, _clock(arguments.clock))], []


def _clock(text: str) -> datetime.datetime:
    try:
        read = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"`{text}` is no time; write 2026-03-09T17:21:51") from None
    return read.astimezone(datetime.UTC) if read.tzinfo else read.replace(tzinfo=datetime.UTC)


def _with_logs(arguments: argparse.Namespace, drafts: "list[Draft]") -> None:
    from phoneemu.replay import loglines, logmerge, phonelog, tvslog

    if arguments.phone_log is not None and arguments.file is not None:
        logmerge.with_log(_the_one(drafts, "--phone-log"), phonelog.read(loglines.read(arguments.phone_log)))
    if arguments.tvs_log is not None:
        trace = tvslog.read(loglines.read(arguments.tvs_log))
        logmerge.with_trace(_the_one(drafts, "--tvs-log"), trace, timed=arguments.file is not None)


def _the_one(drafts: "list[Draft]", option: str) -> "Draft":
    if len(drafts) != 1:
        raise BadInput(f"{option} is of one start of one phone, and there are {len(drafts)}; give --device")
    return drafts[0]


def _place(arguments: argparse.Namespace, made: "Draft", *, alone: bool) -> Path:
    """Where a case goes: model, load and name below the folder of all, unless that names them already."""
    import attrs

    from phoneemu.replay.casemaking import UNKNOWN_LOAD, safe

    root: Path = arguments.output or Path()
    *_, model, load, name = ("", "", "", *root.parts)
    if not alone or arguments.case or model != safe(made.case.model) or not _NAME.fullmatch(name):
        return root / made.folder
    if made.case.load is None and load != UNKNOWN_LOAD:
        made.case = attrs.evolve(made.case, load=load)
    if load != safe(made.case.load or UNKNOWN_LOAD):
        raise BadInput(f"the load is {made.case.load}, not {load}", place=str(root))
    made.case = attrs.evolve(made.case, name=name)
    return root


def _write(arguments: argparse.Namespace, drafts: "list[Draft]") -> list[Path]:
    """Write the cases, unless they are only listed; their folders."""
    from phoneemu.replay import casefile

    folders = [_place(arguments, each, alone=len(drafts) == 1) for each in drafts]
    if not arguments.list:
        for folder in folders:
            if folder.exists():
                raise BadInput("is there already; remove it, or give --case NAME", place=str(folder))
    for made, folder in zip(drafts, folders, strict=True):
        case = made.finished().case
        if not arguments.list:
            casefile.save(case, folder, made.files)
    return folders


def _tell(drafts: "list[Draft]", folders: list[Path]) -> None:
    for made, folder in zip(drafts, folders, strict=True):
        case = made.case
        load = case.load or "load not known"
        say([f"{folder}: {case.device}, {case.model}, {load}, {case.origin.value}: {case.title}"])
        if len(drafts) == 1:
            say(f"  {note}" for note in made.notes)
    if len(drafts) > 1:
        phones = len({each.case.device for each in drafts})
        print(f"{len(drafts):,} cases of {phones:,} phones")


def _as_json(drafts: "list[Draft]", folders: list[Path], remarks: list[str]) -> dict[str, object]:
    from phoneemu.replay.case import KINDS

    cases = [
        {
            "folder": folder.as_posix(),
            "device": made.case.device,
            "model": made.case.model,
            "load": made.case.load,
            "origin": made.case.origin.value,
            "clock": made.case.clock.isoformat().replace("+00:00", "Z"),
            "exchanges": {
                kind: sum(isinstance(each, known) for each in made.case.exchanges)
                for kind, known in KINDS.items()
            },
            "others": len(made.others),
            "notes": list(made.notes),
        }
        for made, folder in zip(drafts, folders, strict=True)
    ]
    return {"schema": SCHEMA, "cases": cases, "remarks": remarks}
