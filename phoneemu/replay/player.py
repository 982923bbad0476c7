"""One captured boot, replayed: the one phone, of the case's model and load, against the recorded answers.

The third driver beside cluster.drive and net.drive. Its clock is the recorded one.
"""

from collections.abc import Mapping
from pathlib import Path

import attrs

from phoneemu.catalogue import Catalogue
from phoneemu.core.flash import Flash
from phoneemu.core.journal import Journal
from phoneemu.core.phone import Phone
from phoneemu.core.profile import Profile
from phoneemu.core.ruling import Reason
from phoneemu.core.states import RESTING, State
from phoneemu.core.vocabulary import ErasedByHand, PoweredOn, Save
from phoneemu.errors import BadInput
from phoneemu.replay import casefile
from phoneemu.replay.answers import Answers
from phoneemu.replay.case import Case

COMMANDS = 1_000
"""Most commands of one replay; a phone that asks for ever is stopped, and that is said [assumed]."""


@attrs.frozen(kw_only=True)
class Recording:
    """A case with its bytes. `name` is its path below captures/, such as `8861/10-3-1-20/moves`."""

    name: str
    case: Case
    files: Mapping[str, bytes] = attrs.field(repr=False)
    place: str = ""


@attrs.frozen(kw_only=True)
class Replayed:
    """What the emulated phone did.

    `notes` were taken for granted; `ended` says why it went no further, and `ended_at` at which exchange.
    """

    recording: Recording
    profile: Profile
    journal: Journal
    flash: Flash
    state: State
    named: Mapping[str, str]
    notes: tuple[str, ...] = ()
    ended: str = ""
    ended_at: int = 0

    @property
    def rested(self) -> bool:
        """Whether the boot went to its end, so that its ending can be compared."""
        return self.state in RESTING and not self.ended


def read(folder: Path) -> Recording:
    """A case from its folder.

    Raises:
        BadInput: it is wrong; names file and key.
        OSError: a file cannot be read.
    """
    case, files = casefile.read(folder)
    return Recording(name="/".join(folder.resolve().parts[-3:]), case=case, files=files, place=str(folder))


def profile_of(recording: Recording, catalogue: Catalogue, load: str | None = None) -> Profile:
    """The model and load the case was taken from; `load` asks for another load of it.

    Raises:
        BadInput: the catalogue has no such model; names file and key.
    """
    case = recording.case
    title = catalogue.find(case.model)
    if title is None:
        place = f"{recording.place}/{casefile.NAME}"
        raise BadInput(f"`model`: no model {case.model!r} in the catalogue", place=place)
    return catalogue.profile(title.model, load or case.load, case.protocol)


def replay(recording: Recording, profile: Profile) -> Replayed:
    """Boot the phone against what was recorded.

    Raises:
        BadInput: a file of the case is not what it must be.
    """
    case = recording.case
    answers = Answers(case, recording.files, recording.place)
    phone = Phone(profile, case.device, answers.flash())
    for target in case.before.erased:
        phone.receive(ErasedByHand(target=target))
    answers.holds(phone.flash)
    tftp = tuple(answers.named(server) for server in case.tftp)
    queue = phone.receive(PoweredOn(now=case.clock.timestamp(), tftp_servers=tftp))
    performed = 0
    while queue and not answers.ended:
        command = queue.pop(0)
        if isinstance(command, Save):
            answers.holds(command.flash)
            continue
        performed += 1
        if performed > COMMANDS:
            answers.ended = f"the phone asked {COMMANDS:,} times without coming to rest"
            break
        event = answers.perform(command)
        if event is not None:
            queue += phone.receive(event)
    decided = phone.decided_by
    if decided is not None and decided.reason is Reason.LIST_INCOMPLETE and case.before.unknown:
        answers.end_behind("what the phone held is not shown, so that nobody can say what it decides")
    return Replayed(
        recording=recording,
        profile=profile,
        journal=phone.journal,
        flash=phone.flash,
        state=phone.state,
        named={address.lower(): name for name, address in case.hosts.items()},
        notes=tuple(answers.notes),
        ended=answers.ended,
        ended_at=answers.ended_at,
    )
