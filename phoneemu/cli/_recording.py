"""Recording emulated runs as cases: of a live phone by its own driver, of a lab by what it served.

Both are made by a program, so they are synthetic; secrets are dropped as from any capture.
"""

import ipaddress
import itertools
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from phoneemu.cli._streams import one_line
from phoneemu.core.journal import Journal
from phoneemu.core.phone import Phone
from phoneemu.errors import BadInput

if TYPE_CHECKING:
    from phoneemu.cluster.served import Served
    from phoneemu.net.book import Book
    from phoneemu.net.drive import Heard
    from phoneemu.replay.casemaking import Draft
    from phoneemu.replay.wire.sights import Ends, Seen
    from phoneemu.replay.wire.witness import Place, Sightings


def models_of(words: Iterable[str]) -> dict[str, str]:
    """The models by device from `--model [DEVICE=]MODEL`; "" is every other device.

    Raises:
        BadInput: one names no device before its `=`, or no model.
    """
    models: dict[str, str] = {}
    for word in words:
        device, equals, model = word.rpartition("=")
        if not model.strip() or (equals and not device.strip()):
            raise BadInput(f"--model {word}: write MODEL or DEVICE=MODEL")
        models[device.upper() if equals else ""] = model
    return models


class Recording:
    """One boot of a live phone, written down as it goes."""

    def __init__(self, phone: Phone, book: "Book", servers: tuple[str, ...], now: float) -> None:
        from phoneemu.replay.record import Recorder

        self._recorder = Recorder(phone.profile, phone.name, phone.flash)
        self._book = book
        self._servers = servers
        self._now = now

    def hear(self, heard: "Heard") -> None:
        """Note one command and what came of it."""
        from phoneemu.core.vocabulary import Fetch, ReachTvs

        at, seconds = round(heard.at, 6), round(heard.seconds, 6)
        self._recorder(heard.command, heard.event, at, seconds)
        if isinstance(heard.command, Fetch) and heard.tally is not None:
            tally = heard.tally
            self._recorder.detail(
                options=heard.options, agreed=tally.agreed, port=tally.port, retries=tally.retries
            )
        elif isinstance(heard.command, ReachTvs) and heard.tls:
            self._recorder.detail(tls=heard.tls, cipher=heard.cipher)

    def write(self, root: Path, phone: Phone, journal: Journal) -> Path:
        """Write the case; its folder.

        Raises:
            OSError: it cannot be written.
        """
        from phoneemu import __version__
        from phoneemu.replay.case import Case, Origin
        from phoneemu.replay.casemaking import Draft, cleaned, moment, safe

        clock = moment(self._now)
        profile = phone.profile
        base = Case(
            name=f"{safe(phone.name.lower())}-{clock:%Y%m%d-%H%M%S}",
            title="a boot of an emulated phone",
            origin=Origin.SYNTHETIC,
            script="phoneemu phone",
            model=profile.model,
            load=profile.load,
            protocol=profile.protocol,
            device=phone.name,
            clock=clock,
            taken={"on": f"{clock:%Y-%m-%d}", "with": f"phoneemu phone {__version__}"},
            tftp=self._servers,
            hosts=_hosts(self._book),
        )
        case = self._recorder.case(base, journal, phone.flash, phone.state)
        return save(root, [cleaned(Draft(case=case, files=dict(self._recorder.files)))])[0]


def _hosts(book: "Book") -> Mapping[str, str]:
    return MappingProxyType({name: place.host for name, place in sorted(book.places.items())})


def save(root: Path, drafts: "Iterable[Draft]") -> list[Path]:
    """Write cases below a folder; one whose name is taken gets a number.

    Raises:
        OSError: they cannot be written.
    """
    import attrs

    from phoneemu.replay import casefile

    written: list[Path] = []
    for made in drafts:
        name = made.case.name
        for number in itertools.count(2):
            folder = root / made.folder
            if not folder.exists():
                break
            made.case = attrs.evolve(made.case, name=f"{name}-{number}")
        casefile.save(made.finished().case, folder, made.files)
        written.append(folder)
    return written


class LabRecording:
    """What a lab served, phone by phone."""

    def __init__(self, models: list[str]) -> None:
        self._served: list[Served] = []
        self._models = models_of(models)

    def hear(self, served: "Served") -> None:
        """Note one thing that was served."""
        self._served.append(served)

    def write(self, root: Path, hosts: Mapping[str, str]) -> list[Path]:
        """Write a case for each start of each phone; those whose model nobody told are named and left out.

        Raises:
            OSError: they cannot be written.
        """
        from phoneemu.catalogue import catalogue
        from phoneemu.replay.case import Origin
        from phoneemu.replay.casemaking import Terms, cleaned, draft
        from phoneemu.replay.wire.sorting import sort

        nodes = sorted({each.node for each in self._served})
        places = {(ipaddress.ip_address(hosts[node]).packed, at): node for at, node in enumerate(nodes)}
        heard = sorted(self._served, key=lambda each: each.when)
        sightings = _sightings(heard, {node: place for place, node in places.items()})
        terms = Terms(models=self._models, origin=Origin.SYNTHETIC, script="phoneemu lab", nodes=places)
        drafts: list[Draft] = []
        boots, _ = sort(sightings)
        for boot in boots:
            try:
                drafts.append(cleaned(draft(boot, terms, catalogue(), {})))
            except BadInput as error:
                print(one_line(f"--capture: {error}"), file=sys.stderr)
        return save(root, drafts)


def _sightings(served: "Iterable[Served]", places: "Mapping[str, Place]") -> "Sightings":
    """What was served, in the form in which a capture is seen.

    All phones of a lab may have one address: a phone's name stands for it.
    """
    from phoneemu.replay.wire.sights import Announced, Ends
    from phoneemu.replay.wire.witness import Sightings

    found = Sightings()
    for each in served:
        product, _, device = each.device.rpartition("-")
        address, port = places[each.node]
        ends = Ends(client=device.upper().encode(), server=address, port=port)
        seen = _seen(each, ends)
        if seen is not None:
            found.exchanges.append(seen)
        if product:
            said = Announced(device=device.upper(), product=product.removeprefix("CP-"))
            found.announced.append((each.when, said))
    return found


def _seen(each: "Served", ends: "Ends") -> "Seen | None":
    from phoneemu.core.vocabulary import Transport
    from phoneemu.replay.case import CallManagerOutcome, FileOutcome, TvsOutcome
    from phoneemu.replay.record import CALLMANAGER_OUTCOMES
    from phoneemu.replay.wire.sights import Hello, SeenFile, SeenSignalling, SeenTls

    if each.service in ("tftp", "http"):
        outcome = FileOutcome.MISSING if each.content is None else FileOutcome.ARRIVED
        return SeenFile(
            ends=ends,
            name=each.name,
            transport=Transport(each.service),
            begun=each.when,
            ended=each.when,
            outcome=FileOutcome.ERROR if each.error else outcome,
            size=None if each.content is None else len(each.content),
            body=None if each.error else each.content,
            error=each.error,
        )
    if each.service == "tvs":
        hello = Hello(chosen=each.tls, cipher=each.cipher, certificate=each.shown, done=True)
        seen = SeenTls(ends=ends, service="tvs", begun=each.when, ended=each.when, hello=hello)
        seen.question, seen.answer = each.question, each.answer
        seen.tvs = TvsOutcome.ANSWERED if each.answer else TvsOutcome.NO_ANSWER
        return seen
    trouble = CALLMANAGER_OUTCOMES.get(each.trouble) if each.trouble is not None else None
    registered = trouble or CallManagerOutcome.REGISTERED
    if each.service == "sip":
        seen_plain = SeenSignalling(ends=ends, begun=each.when, ended=each.when, protocol="SIP")
        seen_plain.outcome = registered
        return seen_plain
    if each.service == "sips":
        hello = Hello(done=True, certificate=each.shown)
        tied = SeenTls(ends=ends, service="callmanager", begun=each.when, ended=each.when, hello=hello)
        tied.callmanager = registered
        return tied
    return None
