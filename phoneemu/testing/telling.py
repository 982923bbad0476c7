"""A phone's last start as a story: a few plain values that a test writes down and compares.

    assert_story(phone, [
        ruled(CTL, ASK, SIGNER_UNKNOWN),
        reached_for_tvs("pub"),
        ruled(CTL, REFUSE, TVS_SILENT),
    ])

A story leaves out what every healthy start has: files that arrive, decisions that nothing changed, and the
handshake of a registration. It is equal in memory and over sockets. Verdicts and reasons are members of
core.ruling, never words.
"""

import difflib
from collections.abc import Iterable, Sequence
from typing import Protocol

from phoneemu.core.journal import (
    AskedTvs,
    Delivery,
    Fetched,
    InService,
    Installed,
    Journal,
    LostItl,
    NotInService,
    ReachedForTvs,
    Ruled,
    Undecided,
)
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason, Verdict

Told = tuple[str, ...]
"""One thing that happened: its kind, then whom or what."""

CTL, ITL, CONFIG, REGISTRATION = Subject.CTL, Subject.ITL, Subject.CONFIG, Subject.REGISTRATION
OUT: Told = ("out of service",)
UNDECIDED: Told = ("undecided",)
LOST_ITL: Told = ("lost its itl",)

_USUAL = (Reason.PLAIN_SIGNALLING, Reason.CONFIRMED, Reason.NOT_OFFERED)


def ruled(subject: Subject, verdict: Verdict, reason: Reason) -> Told:
    """A decision about a list, the configuration or a registration."""
    return ("ruled", subject.value, verdict.value, reason.value)


def installed(subject: Subject) -> Told:
    """A list or configuration took its place."""
    return ("installed", subject.value)


def no_file(name: str) -> Told:
    """The server had no such file."""
    return ("no file", name)


def silent(server: str, name: str) -> Told:
    """The server did not answer a request for this file."""
    return ("silent", server, name)


def reached_for_tvs(server: str) -> Told:
    """TLS to a TVS was tried."""
    return ("reached for tvs", server)


def asked_tvs(server: str) -> Told:
    """A TVS was asked about the signer."""
    return ("asked tvs", server)


def registered(node: str) -> Told:
    """The phone came into service."""
    return ("registered", node)


def story_of(journal: Journal) -> list[Told]:
    """The journal without what every healthy start has."""
    story: list[Told] = []
    for entry in journal:
        match entry:
            case Fetched(delivery=Delivery.MISSING):
                story.append(no_file(entry.name))
            case Fetched(delivery=Delivery.SILENT):
                story.append(silent(entry.server, entry.name))
            case Ruled() if entry.verdict is not Verdict.UNCHANGED and entry.reason not in _USUAL:
                story.append(ruled(entry.subject, entry.verdict, entry.reason))
            case ReachedForTvs():
                story.append(reached_for_tvs(entry.server))
            case AskedTvs():
                story.append(asked_tvs(entry.server))
            case Installed():
                story.append(installed(entry.subject))
            case LostItl():
                story.append(LOST_ITL)
            case InService():
                story.append(registered(entry.node))
            case NotInService():
                story.append(OUT)
            case Undecided():
                story.append(UNDECIDED)
            case _:
                pass
    return story


class HasStory(Protocol):
    """Whatever has a story: a phone of an office, or a test's own."""

    @property
    def story(self) -> Sequence[Told]:
        """What happened in its last start."""


def assert_story(phone: HasStory, expected: Iterable[Told]) -> None:
    """The phone's last start went exactly so.

    Raises:
        AssertionError: it did not; the text shows both conversations, line against line.
    """
    wanted, found = list(expected), list(phone.story)
    if wanted != found:
        raise AssertionError(conversation_diff(wanted, found))


def conversation_diff(wanted: Sequence[Told], found: Sequence[Told]) -> str:
    """Both stories, line against line: `-` was expected and did not happen, `+` happened instead."""
    lines = difflib.unified_diff(
        [" ".join(each) for each in wanted],
        [" ".join(each) for each in found],
        fromfile="expected",
        tofile="happened",
        lineterm="",
        n=max(len(wanted), len(found), 1),
    )
    return "the story went otherwise\n" + "\n".join(lines)
