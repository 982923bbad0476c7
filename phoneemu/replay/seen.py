"""What a boot was seen to do, in the words of a case: how it ended, and the checksums the model shows."""

from phoneemu.core.flash import Flash
from phoneemu.core.journal import InService, Installed, Journal
from phoneemu.core.journaltext import alarm, status_messages
from phoneemu.core.profile import Profile, Text
from phoneemu.core.question import Subject
from phoneemu.core.states import State
from phoneemu.core.trustlist import TrustList
from phoneemu.replay.case import Ending

DIGESTS = ("md5", "sha1")


def screen_of(subject: Subject, profile: Profile) -> Text:
    """The fact that says which checksum of a list this model shows: its screen's, else its web page's."""
    ctl = subject is Subject.CTL
    screen, web = (profile.ctl_screen, profile.ctl_web) if ctl else (profile.itl_screen, profile.itl_web)
    return screen if screen.value in DIGESTS else web


def list_of(subject: Subject, flash: Flash) -> TrustList | None:
    """The list of this kind that the phone holds."""
    return flash.ctl if subject is Subject.CTL else flash.itl


def checksum(subject: Subject, flash: Flash, profile: Profile) -> str:
    """What this model shows of a list it holds; "" when it holds none or shows nothing."""
    held = list_of(subject, flash)
    digest = screen_of(subject, profile).value
    if held is None or digest not in DIGESTS:
        return ""
    return held.md5 if digest == "md5" else held.sha1


def installed(journal: Journal) -> tuple[Subject, ...]:
    """The subjects that were replaced, in order."""
    return tuple(entry.subject for entry in journal if isinstance(entry, Installed))


def registered_to(journal: Journal) -> str | None:
    """The node it registered to, or None."""
    served = [entry.node for entry in journal if isinstance(entry, InService)]
    return served[-1] if served else None


def ending(journal: Journal, flash: Flash, profile: Profile, state: State) -> Ending:
    """How the phone was left."""
    shown = {
        subject.value: checksum(subject, flash, profile)
        for subject in (Subject.CTL, Subject.ITL)
        if checksum(subject, flash, profile)
    }
    return Ending(
        installed=installed(journal),
        checksum=shown,
        status_messages=tuple(status_messages(journal, profile)),
        alarm=alarm(journal),
        state=state.value,
        registered_to=registered_to(journal),
    )
