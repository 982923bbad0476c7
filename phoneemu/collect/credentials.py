"""User names and passwords: from the environment or typed at a prompt, never from a command line, never kept.

A password has no repr and no str; the one way out is the header that is sent.
"""

import base64
from collections.abc import Callable, Mapping

import attrs

from phoneemu.collect.readings import Realm
from phoneemu.errors import BadInput

VARIABLES: Mapping[Realm, tuple[str, str]] = {
    Realm.APPLICATION: ("PHONEEMU_AXL_USER", "PHONEEMU_AXL_PASSWORD"),
    Realm.PLATFORM: ("PHONEEMU_OS_USER", "PHONEEMU_OS_PASSWORD"),
}
"""Where the environment holds user name and password."""

Ask = Callable[[str], str]
"""Shows a prompt and returns what was typed."""


@attrs.frozen(kw_only=True)
class Credential:
    """One user of one realm."""

    user: str = attrs.field()
    _password: str = attrs.field(repr=False)

    @user.validator
    def _speakable(self, _attribute: object, user: str) -> None:
        if not user or ":" in user:  # HTTP's Basic scheme parts the two by a colon
            raise BadInput("a user name is not empty and has no colon")

    def header(self) -> dict[str, str]:
        """The header that shows who asks."""
        pair = f"{self.user}:{self._password}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}

    def scrub(self, text: str) -> str:
        """The text without this password, should a server ever say it back."""
        for secret in (self._password, self.header()["Authorization"].removeprefix("Basic ")):
            if secret:
                text = text.replace(secret, "[password]")
        return text


def from_environment(realm: Realm, environment: Mapping[str, str]) -> Credential | None:
    """The credential of a realm; None where the environment has no user name.

    Raises:
        BadInput: only one of the two is there.
    """
    name, secret = VARIABLES[realm]
    user, password = environment.get(name, ""), environment.get(secret, "")
    if not user and not password:
        return None
    if not user or not password:
        raise BadInput(f"set both {name} and {secret}, or neither")
    return Credential(user=user, password=password)


def typed(realm: Realm, ask_name: Ask, ask_secret: Ask) -> Credential | None:
    """The credential as somebody types it; None when the user name is left empty."""
    user = ask_name(f"user name of the {realm.value} (empty: leave it out): ").strip()
    if not user:
        return None
    return Credential(user=user, password=ask_secret(f"password of {user}: "))
