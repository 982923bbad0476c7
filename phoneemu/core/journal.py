"""The journal: what happened to one phone, as values. How it reads as text is in journaltext.

Entries carry no time, so that the same story in memory and over sockets gives equal journals. A ruling is
compared by verdict, reason and rule number, never by message text.
"""

import enum
from collections.abc import Iterator

import attrs

from phoneemu.core.names import Identity
from phoneemu.core.question import Question, Subject
from phoneemu.core.ruling import Reason, Ruling, Verdict
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.trustlist import TrustList
from phoneemu.core.vocabulary import EraseTarget, Transport


class Delivery(enum.Enum):
    """How a request for a file ended."""

    ARRIVED = "arrived"
    MISSING = "missing"
    SILENT = "silent"


def _by_name(ruling: Ruling) -> tuple[Verdict, Reason, str]:
    return ruling.verdict, ruling.reason, ruling.rule.number


def _by_content(installed: TrustList | SignedFile) -> str:
    return installed.fingerprint if isinstance(installed, TrustList) else repr(installed.config)


@attrs.frozen(kw_only=True)
class Started:
    """The phone began to boot."""

    tftp_servers: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Fetched:
    """One request for a file, and how it ended."""

    name: str
    server: str
    transport: Transport
    delivery: Delivery


@attrs.frozen(kw_only=True)
class Ruled:
    """The phone decided something; `question` is kept for the explanation."""

    subject: Subject
    ruling: Ruling = attrs.field(eq=_by_name)
    question: Question = attrs.field(eq=False, repr=False)

    @property
    def verdict(self) -> Verdict:
        """The ruling's verdict."""
        return self.ruling.verdict

    @property
    def reason(self) -> Reason:
        """The ruling's reason."""
        return self.ruling.reason


@attrs.frozen(kw_only=True)
class ReachedForTvs:
    """The phone reached for a TVS, to open TLS to it."""

    server: str


@attrs.frozen(kw_only=True)
class AskedTvs:
    """The phone sent its question to a TVS."""

    server: str
    signer: Identity


@attrs.frozen(kw_only=True)
class Installed:
    """A list or a configuration took the place of the former one; `first` when there was none."""

    subject: Subject
    first: bool
    content: TrustList | SignedFile = attrs.field(eq=_by_content, repr=False)


@attrs.frozen(kw_only=True)
class LostItl:
    """This load dropped its ITL because every certificate in it that signs files had changed."""


@attrs.frozen(kw_only=True)
class ReachedForCallManager:
    """The phone connected for signalling."""

    node: str
    secure: bool


@attrs.frozen(kw_only=True)
class InService:
    """The phone registered."""

    node: str
    secure: bool


@attrs.frozen(kw_only=True)
class NotInService:
    """The phone could not register anywhere."""


@attrs.frozen(kw_only=True)
class Undecided:
    """The story cannot be told further: a fact is missing."""


@attrs.frozen(kw_only=True)
class Erased:
    """A person erased lists; `target` is what really went, which some models do not let them choose."""

    target: EraseTarget


@attrs.frozen(kw_only=True)
class CouldNotErase:
    """This model has no such erase; only a factory reset helps."""

    target: EraseTarget


@attrs.frozen(kw_only=True)
class PoweredDown:
    """The phone lost power."""


@attrs.frozen(kw_only=True)
class Ignored:
    """An event that means nothing in this state, such as a late answer; `what` is its type."""

    what: str


Entry = (
    Started
    | Fetched
    | Ruled
    | ReachedForTvs
    | AskedTvs
    | Installed
    | LostItl
    | ReachedForCallManager
    | InService
    | NotInService
    | Undecided
    | Erased
    | CouldNotErase
    | PoweredDown
    | Ignored
)


class Journal:
    """The entries of one phone in order; it only grows."""

    def __init__(self, entries: list[Entry] | None = None) -> None:
        self.entries: list[Entry] = [] if entries is None else entries

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Journal) and self.entries == other.entries

    __hash__ = None  # type: ignore[assignment]  # it grows, so it must not be a key

    def rulings(self, subject: Subject | None = None) -> list[Ruled]:
        """The decisions, all or those about one subject."""
        return [
            entry
            for entry in self.entries
            if isinstance(entry, Ruled) and (subject is None or entry.subject is subject)
        ]

    @property
    def trusted(self) -> bool:
        """Whether something came, and no list and no configuration was refused."""
        arrived = any(isinstance(each, Fetched) and each.delivery is Delivery.ARRIVED for each in self)
        last = [self.last_ruling(subject) for subject in (Subject.CTL, Subject.ITL, Subject.CONFIG)]
        good = (Verdict.ACCEPT, Verdict.UNCHANGED)
        return arrived and all(ruled is None or ruled.verdict in good for ruled in last)

    def last_ruling(self, subject: Subject) -> Ruled | None:
        """The decision that stood in the end, or None when nothing was asked."""
        return next(
            (
                entry
                for entry in reversed(self.entries)
                if isinstance(entry, Ruled) and entry.subject is subject
            ),
            None,
        )
