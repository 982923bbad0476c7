"""`phoneemu phone`: one live emulated phone."""

import argparse
import json
import re
import sys
import time
from pathlib import Path

from phoneemu.cli._recording import Recording
from phoneemu.cli._saying import say
from phoneemu.core import limits
from phoneemu.core.flash import Flash
from phoneemu.core.journal import Journal
from phoneemu.core.phone import Phone
from phoneemu.core.profile import Profile
from phoneemu.core.trustlist import TrustList
from phoneemu.errors import BadInput
from phoneemu.files import read_text
from phoneemu.net.book import Book
from phoneemu.net.flash import FlashFolder, Nameplate

HELP = "boot one emulated phone against real or emulated servers"
_MAC = re.compile(r"[0-9A-F]{12}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=("boot", "erase", "show"),
        default="boot",
        help="boot (the default), erase lists by hand, or show what it holds",
    )
    parser.add_argument("target", nargs="?", choices=("ctl", "itl", "security", "factory"), help="to erase")
    parser.add_argument("--model", help="the phone's model, such as 8861; kept in --state")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--mac", help="its MAC address; the device name is SEP and this")
    who.add_argument("--name", help="its device name, where that is no MAC address")
    parser.add_argument("--load", help="its firmware load")
    parser.add_argument("--protocol", choices=("SIP", "SCCP"), help="its signalling protocol")
    parser.add_argument(
        "--tftp",
        action="append",
        default=[],
        metavar="HOST[:PORT]",
        help="a TFTP server, as DHCP would give it; may be given twice",
    )
    parser.add_argument(
        "--hosts", type=Path, metavar="FILE", help="names and ports of servers, as a lab writes"
    )
    parser.add_argument("--state", type=Path, metavar="DIR", help="its flash; without it the phone is new")
    parser.add_argument(
        "--erase", choices=("ctl", "itl", "security", "factory"), help="by hand, before it boots"
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="how long one file may take; 60")
    parser.add_argument("--answer-seconds", type=float, default=5.0, help="how long a TVS may take; 5")
    parser.add_argument(
        "--capture", type=Path, metavar="DIR", help="write the boot as a case below this folder"
    )
    parser.add_argument("--json", action="store_true", help="every event and a summary as JSON lines")
    parser.add_argument("--journal", action="store_true", help="the journal in place of the console log")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; 0 trusted, 1 refused."""
    if (arguments.action == "erase") is not (arguments.target is not None):
        raise BadInput("`phone erase` needs ctl, itl, security or factory, and nothing else does")
    folder = FlashFolder(arguments.state) if arguments.state is not None else None
    plate = _plate(arguments, folder)
    profile = _profile(plate)
    phone = Phone(profile, plate.name, folder.load() if folder is not None else Flash())
    erased = arguments.target or arguments.erase
    if erased:
        _erase(phone, erased, folder)
    if arguments.action == "boot":
        return _boot(arguments, phone, folder)
    if arguments.json:
        print(json.dumps(summary(phone, Journal())))
    else:
        sys.stdout.writelines(f"{line}\n" for line in holdings(phone.flash, profile))
    return 0


def _plate(arguments: argparse.Namespace, folder: FlashFolder | None) -> Nameplate:
    kept = folder.nameplate() if folder is not None else None
    model = arguments.model or (kept.model if kept is not None else None)
    name = arguments.name or (kept.name if kept is not None else None)
    if arguments.mac is not None:
        mac = re.sub(r"[.:-]", "", arguments.mac).upper()
        if not _MAC.fullmatch(mac):
            raise BadInput(f"`{arguments.mac}` is no MAC address; write 12 hex digits")
        name = f"SEP{mac}"
    if name is not None and (not name or not name.isascii() or not name.isalnum()):
        raise BadInput(f"`{name}` is no device name; letters and digits only")
    if model is None or name is None:
        raise BadInput("which phone? Give --model and --mac (or --name); --state remembers them")
    if kept is not None and (kept.model, kept.name) != (model, name) and arguments.action == "boot":
        raise BadInput(
            f"this is the flash of {kept.name}, a {kept.model}; another phone needs another folder",
            place=str(arguments.state),
        )
    plate = Nameplate(
        model=model,
        name=name,
        load=arguments.load or (kept.load if kept is not None else None),
        protocol=arguments.protocol or (kept.protocol if kept is not None else None),
    )
    _profile(plate)
    if folder is not None and plate != kept:
        folder.name(plate)
    return plate


def _profile(plate: Nameplate) -> Profile:
    from phoneemu.catalogue import catalogue

    shipped = catalogue()
    known = shipped.find(plate.model)
    if known is None:
        raise BadInput(f"no model {plate.model!r} in the catalogue; see `phoneemu models`")
    return shipped.profile(known.model, plate.load, plate.protocol)


def _erase(phone: Phone, target: str, folder: FlashFolder | None) -> None:
    from phoneemu.core.vocabulary import ErasedByHand, EraseTarget

    before = phone.flash
    phone.receive(ErasedByHand(target=EraseTarget(target)))
    if folder is not None:
        folder.save(phone.flash, before)


def _boot(arguments: argparse.Namespace, phone: Phone, folder: FlashFolder | None) -> int:
    from phoneemu.net import drive

    if not arguments.tftp:
        raise BadInput("which server? Give --tftp HOST[:PORT]")
    book, servers = _book(arguments)
    kept = phone.flash

    def keep(flash: Flash) -> None:
        nonlocal kept
        if folder is not None:
            folder.save(flash, kept)
        kept = flash

    recording = Recording(phone, book, servers, time.time()) if arguments.capture is not None else None
    wire = drive.Wire(
        book=book,
        file_seconds=_positive(arguments.seconds, "--seconds"),
        answer_seconds=_positive(arguments.answer_seconds, "--answer-seconds"),
        keep=keep,
        hear=recording.hear if recording is not None else lambda _: None,
    )
    journal = drive.boot(phone, wire, servers, time.time())
    _tell(arguments, phone, journal)
    if recording is not None:
        print(f"case: {recording.write(arguments.capture, phone, journal)}", file=sys.stderr)
    return 0 if journal.trusted else 1


def _positive(seconds: float, name: str) -> float:
    if not 0 < seconds <= 86400:
        raise BadInput(f"{name} is a number of seconds above 0")
    return seconds


def _book(arguments: argparse.Namespace) -> tuple[Book, tuple[str, ...]]:
    from phoneemu.net import book as books

    book = Book()
    if arguments.hosts is not None:
        text = read_text(arguments.hosts, limits.NAMES_BYTES, errors="replace")
        book = books.parse(text, str(arguments.hosts))
    names: list[str] = []
    for server in arguments.tftp:
        name, book = book.with_server(server)
        names.append(name)
    return book, tuple(names)


def _tell(arguments: argparse.Namespace, phone: Phone, journal: Journal) -> None:
    from phoneemu.core import consolelog, journaltext

    if arguments.json:
        sys.stdout.writelines(f"{line}\n" for line in journaltext.json_lines(journal))
        print(json.dumps(summary(phone, journal)))
        return
    if arguments.journal or phone.profile.console.value is None:  # no dialect: plain sentences
        lines = journaltext.lines(journal)
    else:
        lines = consolelog.console_log(journal, phone.profile, phone.name)
    messages = journaltext.status_messages(journal, phone.profile)
    parts = (lines, ["", "status messages:", *(f"  {each}" for each in messages or ["(none)"])], [""])
    for part in (*parts, holdings(phone.flash, phone.profile)):
        say(part)
    say([journaltext.line(journal.entries[-1])])


def _shown(trust_list: TrustList | None, algorithm: str | None) -> str:
    """The checksum as the phone's screen shows it; the algorithm is named."""
    if trust_list is None:
        return "not installed"
    if algorithm == "none":
        return "installed; this model shows no checksum"
    if algorithm is None:
        return f"SHA1 {trust_list.sha1} (which checksum this model shows is not known)"
    return f"{algorithm.upper()} {trust_list.md5 if algorithm == 'md5' else trust_list.sha1}"


def holdings(flash: Flash, profile: Profile) -> list[str]:
    """What the phone holds, with checksums as its screen shows them."""
    config = flash.config
    said = "none" if config is None else f"{config.stamp or 'without a stamp'}, {config.security.value}"
    return [
        f"CTL  {_shown(flash.ctl, profile.ctl_screen.value)}",
        f"ITL  {_shown(flash.itl, profile.itl_screen.value)}",
        f"configuration  {said}",
    ]


def summary(phone: Phone, journal: Journal) -> dict[str, object]:
    """What it holds and where it ended, for machines; see docs/live.md."""
    from phoneemu.core import journaltext

    flash = phone.flash
    lists = {
        name: None if held is None else {"md5": held.md5, "sha1": held.sha1, "length": held.length}
        for name, held in (("ctl", flash.ctl), ("itl", flash.itl))
    }
    config = None
    if flash.config is not None:
        config = {"stamp": flash.config.stamp, "security": flash.config.security.value}
    return {
        "schema": 1,
        "event": "summary",
        "device": phone.name,
        "model": phone.profile.model,
        "state": phone.state.value,
        "trusted": journal.trusted,
        "status_messages": journaltext.status_messages(journal, phone.profile),
        **lists,
        "config": config,
        "tvs_cache": len(flash.tvs_cache),
    }
