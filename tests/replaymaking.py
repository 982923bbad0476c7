"""Small makers for replay tests: a shipped case, changed where a test needs it, and replayed."""

from pathlib import Path
from typing import Any

import attrs
import make

from phoneemu.catalogue import catalogue
from phoneemu.core.evidence import Fact, Standing
from phoneemu.core.profile import Profile
from phoneemu.replay import player
from phoneemu.replay.compare import Comparison, compare
from phoneemu.replay.player import Recording, Replayed

CAPTURES = Path(make.__file__).resolve().parent
RENEWED = "8861/sip88xx.10-3-1-20/signer-renewed"
REFUSED = "7960/P0030801SR02/signer-renewed"
TLS = "8861/sip88xx.10-3-1-20/registers-over-tls"


def a_recording(name: str = RENEWED, **changes: Any) -> Recording:
    """A shipped case with some of its values changed."""
    recording = player.read(CAPTURES / name)
    return attrs.evolve(recording, case=attrs.evolve(recording.case, **changes))


def profile_of(recording: Recording, **facts: object) -> Profile:
    """The profile of a case's model and load with some facts changed, by attribute."""
    profile = player.profile_of(recording, catalogue())
    changed: dict[str, Any] = {
        name: attrs.evolve(getattr(profile, name), value=value, standing=Standing.ASSUMED)
        for name, value in facts.items()
    }
    assert all(isinstance(fact, Fact) for fact in changed.values())
    return attrs.evolve(profile, **changed)


def replayed(recording: Recording, **facts: object) -> Replayed:
    """The case replayed."""
    return player.replay(recording, profile_of(recording, **facts))


def compared(recording: Recording, **facts: object) -> Comparison:
    """The case replayed and compared."""
    return compare(replayed(recording, **facts))


def without(recording: Recording, *kept: int) -> Recording:
    """The case with only these of its exchanges."""
    exchanges = tuple(recording.case.exchanges[at] for at in kept)
    return attrs.evolve(recording, case=attrs.evolve(recording.case, exchanges=exchanges))


def with_exchange(recording: Recording, at: int, **changes: Any) -> Recording:
    """The case with one exchange changed."""
    exchanges = list(recording.case.exchanges)
    exchanges[at] = attrs.evolve(exchanges[at], **changes)
    return attrs.evolve(recording, case=attrs.evolve(recording.case, exchanges=tuple(exchanges)))
