"""`phoneemu explain`: one phone's story, step by step, with the source of every fact."""

import argparse
import json
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from phoneemu.cli._saying import say
from phoneemu.cli.predict import add_other
from phoneemu.errors import BadInput
from phoneemu.fleet.forecast import Fate
from phoneemu.fleet.listed import Listed

HELP = "tell one phone's story through a runbook, with the source of every fact"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("snapshot", type=Path, help="folder of exports; see docs/snapshot.md")
    parser.add_argument("device", nargs="+", help="device names, such as SEP001122AABBCC")
    parser.add_argument("--runbook", type=Path, required=True, metavar="FILE", help="the planned steps")
    add_other(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the journal as JSON; see docs/json-predict.md")
    form.add_argument("--journal", action="store_true", help="every entry of the journal as plain text")
    form.add_argument("--status-messages", action="store_true", help="what the phone's screen would list")
    form.add_argument("--console-log", action="store_true", help="what the phone's security log would say")
    form.add_argument("--alarms", action="store_true", help="the trust-list alarm the phone would send")


def run(arguments: argparse.Namespace) -> int:
    """Print the stories of the phones asked for."""
    from phoneemu.fleet import explain
    from phoneemu.fleet.predict import predict, prepare

    snapshot, plan = prepare(arguments.snapshot, arguments.runbook, tuple(arguments.other))
    wanted = [_listed(name, snapshot.inventory.phones) for name in arguments.device]
    fates = {phone.name: predict(snapshot, plan, [phone]).groups[0].fate for phone in wanted}
    if arguments.json:
        told = [_as_json(phone, fates[phone.name]) for phone in wanted]
        print(json.dumps({"schema": 1, "phones": told}, indent=1))
        return 0
    known = explain.provenance(snapshot, plan)
    for number, phone in enumerate(wanted):
        fate = fates[phone.name]
        if number:
            print()
        rendering = _rendering(arguments, phone, fate)
        text = explain.lines(phone, fate, plan, known) if rendering is None else rendering
        say(text)
    return 0


def _listed(name: str, phones: Sequence[Listed]) -> Listed:
    from phoneemu.fleet.naming import address_in

    found = next((phone for phone in phones if phone.name.upper() == name.upper()), None)
    address = address_in(name)
    if found is None and address is not None:
        prefix, plain = address
        wanted = (plain, {prefix} if prefix else None)
        found = next((phone for phone in phones if _is(address_in(phone.name), *wanted)), None)
    if found is None:
        raise BadInput(f"no phone {name!r} in the snapshot's {len(phones)} phones")
    return found


def _is(address: tuple[str, str] | None, wanted: str, prefixes: Collection[str] | None) -> bool:
    """Whether a device's (prefix, address) is the one asked for; None: the prefix was not said."""
    return address is not None and address[1] == wanted and (prefixes is None or address[0] in prefixes)


def _rendering(arguments: argparse.Namespace, phone: Listed, fate: Fate) -> Iterator[str] | None:
    """One of the phone's own forms of text, boot by boot; None for the explanation."""
    if arguments.status_messages or arguments.console_log or arguments.alarms or arguments.journal:
        return _boots(arguments, phone, fate)
    return None


def _boots(arguments: argparse.Namespace, phone: Listed, fate: Fate) -> Iterator[str]:
    from phoneemu.cluster.drive import named
    from phoneemu.core import consolelog, journaltext

    for episode in fate.episodes:
        yield f"# {phone.name} {episode.occasion}"
        journal, profile = named(episode.boot.journal, phone.name), episode.boot.station.profile
        if arguments.status_messages:
            yield from journaltext.status_messages(journal, profile)
        elif arguments.console_log:
            yield from consolelog.console_log(journal, profile, phone.name)
        elif arguments.alarms:
            yield str(journaltext.alarm(journal))
        else:
            yield from journaltext.lines(journal)


def _as_json(phone: Listed, fate: Fate) -> dict[str, object]:
    from phoneemu.cluster.drive import named
    from phoneemu.core import journaltext
    from phoneemu.fleet.export import fate_keys

    boots = [
        {
            "step": episode.step,
            "occasion": episode.occasion,
            "outcome": episode.ending.outcome.value,
            "journal": [
                json.loads(line) for line in journaltext.json_lines(named(episode.boot.journal, phone.name))
            ],
        }
        for episode in fate.episodes
    ]
    return {"device": phone.name, **fate_keys(fate, phone.traits.site), "boots": boots}
