"""What a model might do otherwise, so that a replay would agree: single facts changed, with their reasons.

Values come from the evidence where it shows them (names, ways, repetitions, digests, sizes, texts), else from
the words a fact may have. Nothing here is tried or believed: see learn.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from phoneemu.core.filesearch import subject_of
from phoneemu.core.journal import Ruled
from phoneemu.core.profile import ENGINE_FACTS, Profile
from phoneemu.core.question import Subject
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.trustlist import TrustList
from phoneemu.core.vocabulary import Transport
from phoneemu.replay.case import Case, FileExchange, FileOutcome
from phoneemu.replay.compare import Comparison

KNOWN_OR_NOT = (
    "reads_ctl", "reads_itl", "asks_tvs", "verifies_config", "takes_changed_ctl", "updates_reliably",
    "keeps_itl", "finds_multi_san", "rsa_above_unknown",
)  # fmt: skip
SCREENS = ("ctl_screen", "itl_screen", "ctl_web", "itl_web")
MESSAGES = (
    "status_both_installed", "status_ctl_installed", "status_itl_installed", "status_updated",
    "status_failed", "status_none", "status_erasing", "status_file_auth",
)  # fmt: skip
RETRIES = (1, 2, 3, 4, 5, 6, -1)
FIRST_WAIT = 0.5
"""What a doubled patience begins with when the evidence tells only how often it was asked [C214535]."""


@attrs.frozen(kw_only=True)
class Hypothesis:
    """One fact, by its attribute, with another value."""

    attribute: str
    value: object

    @property
    def name(self) -> str:
        """The fact's dotted name."""
        return ENGINE_FACTS[self.attribute]

    def on(self, profile: Profile) -> Profile:
        """The profile with this fact changed."""
        fact = attrs.evolve(getattr(profile, self.attribute), value=self.value)
        changed: dict[str, Any] = {self.attribute: fact}
        return attrs.evolve(profile, facts={**profile.facts, self.name: fact}, **changed)


def hypotheses(profile: Profile, comparisons: Iterable[Comparison]) -> list[Hypothesis]:
    """Every single change worth a trial, those the differences speak of first, then the weakest known."""
    told = list(comparisons)
    found = dict.fromkeys(
        each
        for comparison in told
        for each in _all(profile, comparison)
        if each.value != getattr(profile, each.attribute).value
    )
    named = {
        fact.name for comparison in told for each in comparison.differences for fact in each.because.facts
    }
    return sorted(
        found, key=lambda each: (each.name not in named, getattr(profile, each.attribute).standing.value)
    )


def _all(profile: Profile, comparison: Comparison) -> Iterator[Hypothesis]:
    case = comparison.case
    yield from _words(profile)
    yield from _files(profile, case)
    yield from _signatures(profile, comparison)
    for text in case.ending.status_messages or ():
        for attribute in MESSAGES:
            yield Hypothesis(attribute=attribute, value=text)


def _words(profile: Profile) -> Iterator[Hypothesis]:
    """Facts with few values: try each."""
    for attribute in KNOWN_OR_NOT:
        for known in (True, False):
            yield Hypothesis(attribute=attribute, value=known)
    for attribute in SCREENS:
        for digest in ("md5", "sha1"):
            yield Hypothesis(attribute=attribute, value=digest)
    for version in ("1.0", "1.1", "1.2", "1.3"):
        yield Hypothesis(attribute="tls_max", value=version)
    for scope in ("separate", "ctl", "combined", "factory"):
        yield Hypothesis(attribute="erase_scope", value=scope)
    for kind in ("ctl", "itl", "config"):
        yield Hypothesis(attribute="authorises_tftp", value=_toggled(profile.authorises_tftp.value, kind))
    for role in ("tftp", "ccm+tftp"):
        yield Hypothesis(attribute="list_signers", value=_toggled(profile.list_signers.value, role))


def _toggled(words: tuple[str, ...] | None, word: str) -> tuple[str, ...]:
    held = words or ()
    return tuple(each for each in held if each != word) if word in held else (*held, word)


# ---------------------------------------------------------------- requests


def _files(profile: Profile, case: Case) -> Iterator[Hypothesis]:
    exchanges = [each for each in case.exchanges if isinstance(each, FileExchange)]
    for order in (("http", "tftp"), ("tftp", "http"), ("http",), ("tftp",)):
        yield Hypothesis(attribute="transports", value=order)
    seen = _templates(exchanges, case.device)
    for names in (_merged(seen, profile.file_order.value or ()), tuple(seen)):
        if names:
            yield Hypothesis(attribute="file_order", value=names)
    asked = sum(each.name.startswith("CTL") for each in exchanges)
    for count in dict.fromkeys((asked, *RETRIES)):
        if count:
            yield Hypothesis(attribute="ctl_retries", value=count)
    for each in exchanges:
        if each.options is not None and each.transport in (None, Transport.TFTP):
            yield Hypothesis(attribute="tftp_options", value=each.options)
        if each.outcome is FileOutcome.SILENT and each.retries is not None:
            yield Hypothesis(attribute="tftp_waits", value=_waits(each.retries + 1, each.seconds))


def _templates(exchanges: Iterable[FileExchange], device: str) -> list[str]:
    """The names that were asked, each once, as a model file has them."""
    names = (each.name.replace(device, "{name}") for each in exchanges)
    return list(dict.fromkeys(name.removesuffix(".sgn") for name in names))


def _merged(seen: list[str], known: tuple[str, ...]) -> tuple[str, ...]:
    """What was seen, in its order; behind it, of each file, the names that were not needed."""
    found: list[str] = []
    for subject in (Subject.CTL, Subject.ITL, Subject.CONFIG):
        names = [name for name in seen if subject_of(name) is subject]
        found += dict.fromkeys((*names, *(name for name in known if subject_of(name) is subject)))
    return tuple(found)


def _waits(count: int, seconds: float | None) -> tuple[str, ...]:
    """So many waits, each twice the last; their sum is the time it took, where that is known."""
    first = FIRST_WAIT if seconds is None else seconds / (2**count - 1)
    return tuple(f"{round(first * 2**number, 3):g}" for number in range(count))


# ---------------------------------------------------------------- signatures and sizes


def _signatures(profile: Profile, comparison: Comparison) -> Iterator[Hypothesis]:
    """Digests, keys and sizes of what was really offered."""
    digests = profile.digests.value or ()
    for offered in _offered(comparison):
        if offered.digest is not None:
            yield Hypothesis(attribute="digests", value=_toggled(digests, offered.digest.label))
        if offered.key_bits is not None:
            yield Hypothesis(attribute="rsa_max_bits", value=offered.key_bits)
        if isinstance(offered, TrustList) and offered.length:
            yield Hypothesis(attribute="list_max_bytes", value=offered.length)
            yield Hypothesis(attribute="list_max_bytes", value=offered.length - 1)


def _offered(comparison: Comparison) -> list[TrustList | SignedFile]:
    return [
        entry.question.offered
        for entry in comparison.replayed.journal
        if isinstance(entry, Ruled) and isinstance(entry.question.offered, TrustList | SignedFile)
    ]


WORDS: Mapping[str, str] = {
    "transports": "fetches by these ways, in this order",
    "file_order": "asks these names, in this order",
    "ctl_retries": "asks so often for a CTL it wants",
    "list_signers": "takes a list signed in these roles",
    "digests": "takes signatures with these digests",
    "asks_tvs": "asks a TVS about an unknown signer",
}
"""What a fact means, for the note of a proposal; others are named by their key."""
