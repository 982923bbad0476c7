"""How restated cases are put together: listings and configurations made of values, and notes.

Nothing here is copied: a listing is rendered from names, serials, lengths and checksums that a text prints.
What a text leaves out, and a boot cannot do without, is filled in by a placeholder and said in notes.md.
"""

from __future__ import annotations

import datetime
import hashlib
from typing import TYPE_CHECKING, Any

import attrs

from phoneemu.core import phoneconfig, showtext
from phoneemu.core.flash import DeviceSecurity, PhoneConfig
from phoneemu.core.names import Identity
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.trustlist import ListKind, Record, Role, TrustList
from phoneemu.core.vocabulary import Transport
from phoneemu.replay.case import (
    Case,
    Ending,
    ExpectedRuling,
    FileExchange,
    FileOutcome,
    Held,
    Origin,
    TvsExchange,
    TvsOutcome,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_DEVICE = "SEP000000000000"
"""Stands where a text prints no device name."""
NO_CLOCK = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
"""Stands where a text prints no date."""
ARRIVED, MISSING, FAILED = FileOutcome.ARRIVED, FileOutcome.MISSING, FileOutcome.ERROR
HTTP, TFTP = Transport.HTTP, Transport.TFTP
CTL, ITL, CONFIG = Subject.CTL, Subject.ITL, Subject.CONFIG


def who(name: str, serial: str = "", more: str = "", issuer: str = "") -> Identity:
    """A certificate by name and serial; without one, a placeholder that follows from the name."""
    subject = f"CN={name}{more}"
    digits = serial.replace(":", "") or hashlib.sha256(f"placeholder {name}".encode()).hexdigest()[:16]
    return Identity(subject, issuer or subject, int(digits, 16))


def record(role: Role, holder: Identity | None, node: str = "", sha1: str = "", bits: int = 2048) -> Record:
    """One record; an emptied one has no holder."""
    return Record(
        role=role,
        dns_name=node,
        identity=holder,
        certificate_sha1=sha1.lower(),
        key_bits=bits if holder else None,
    )


def listing(kind: ListKind, signer: Identity, *records: Record, **printed: Any) -> bytes:
    """The text of a list; `printed` are its length and checksums where a text has them."""
    name = f"{kind.name}File.tlv"
    listed = TrustList(kind=kind, signer=signer, records=records, filename=name, **printed)
    return showtext.render(listed).encode()


def ctl(signer: Identity, *records: Record, **printed: Any) -> bytes:
    """The text of a CTL."""
    return listing(ListKind.CTL, signer, *records, **printed)


def itl(signer: Identity, *records: Record, **printed: Any) -> bytes:
    """The text of an ITL."""
    return listing(ListKind.ITL, signer, *records, **printed)


def itl_of(node: str, signer: Identity, tvs: Sequence[Identity] = (), **printed: Any) -> bytes:
    """An ITL with the roles that every one has: the signer as SAST and TFTP, the TVS servers [CVD14]."""
    services = [record(Role.TVS, each, node) for each in tvs]
    return itl(signer, record(Role.SAST, signer, node), record(Role.TFTP, signer, node), *services, **printed)


def tokenless(signer: Identity, node: str, **printed: Any) -> bytes:
    """A tokenless CTL of one server: the signer as SAST and CCM+TFTP [SEED118893]."""
    return ctl(signer, record(Role.SAST, signer, node), record(Role.CCM_TFTP, signer, node), **printed)


def config(
    *nodes: str, tvs: Sequence[str] | None = None, security: DeviceSecurity = DeviceSecurity.NON_SECURE
) -> bytes:
    """A configuration that names these servers."""
    servers = tuple(nodes if tvs is None else tvs)
    said = PhoneConfig(stamp="restated", callmanagers=nodes, tvs_servers=servers, security=security)
    return phoneconfig.render(said)


def ruled(subject: Subject, verdict: Verdict, reason: Reason | None = None) -> ExpectedRuling:
    """A decision that a text shows."""
    return ExpectedRuling(subject=subject, verdict=verdict, reason=reason)


def accepts(subject: Subject, reason: Reason | None = None) -> ExpectedRuling:
    """It was taken."""
    return ruled(subject, Verdict.ACCEPT, reason)


def refuses(subject: Subject, reason: Reason | None = None) -> ExpectedRuling:
    """It was not taken."""
    return ruled(subject, Verdict.REFUSE, reason)


def file(
    name: str, server: str, outcome: FileOutcome, way: Transport | None = None, **more: Any
) -> FileExchange:
    """A request for a file."""
    return FileExchange(name=name, server=server, outcome=outcome, transport=way, **more)


def vouches(server: str, asked: Identity, *roles: int, ttl: int | None = None, **more: Any) -> TvsExchange:
    """A TVS that knows the signer."""
    return TvsExchange(
        server=server, outcome=TvsOutcome.ANSWERED, asked=asked, valid=True, roles=roles, ttl=ttl, **more
    )


def told(*, installed: Sequence[Subject] | None = None, **more: Any) -> Ending:
    """How it ended."""
    return Ending(installed=None if installed is None else tuple(installed), **more)


@attrs.frozen(kw_only=True)
class Restated:
    """A case in the making; `text` says what was printed, `filled` what was not and stands by placeholder."""

    path: str
    title: str
    source: str
    text: str
    filled: str = ""
    standing: str = "documented"
    model: str = ""
    held: dict[str, bytes] = attrs.field(factory=dict)
    served: dict[str, bytes] = attrs.field(factory=dict)
    more: dict[str, Any] = attrs.field(factory=dict)

    def case(self) -> tuple[Case, dict[str, bytes]]:
        """The case with its files: `held` lie under before/, `served` under served/."""
        model, load, name = self.path.split("/")
        files = {f"before/{key}": data for key, data in self.held.items()}
        files |= {f"served/{key}": data for key, data in self.served.items()}
        files["notes.md"] = self.notes(name).encode()
        paths = {key.partition(".")[0].lower(): f"before/{key}" for key in self.held}
        more = dict(self.more)
        before = attrs.evolve(more.pop("before", Held()), **paths)
        fixed: dict[str, Any] = {"device": NO_DEVICE, "clock": NO_CLOCK}
        said = Case(
            name=name,
            title=self.title,
            origin=Origin.PUBLISHED,
            source=self.source,
            standing=self.standing,
            model=self.model or model,
            load=None if load == "unknown" else load,
            before=before,
            **(fixed | more),
        )
        return said, files

    def notes(self, name: str) -> str:
        """What was printed and what was filled in."""
        filled = self.filled or "Nothing."
        head = f"# {name}\n\nRestated from {self.source} (docs/sources.md).\n"
        return f"{head}\nPrinted: {self.text}\n\nFilled in: {filled}\n"
