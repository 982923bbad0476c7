"""The door: how any emulated or bench phone is driven by a suite, as a command.

    COMMAND --state DIR boot --tftp NAME --hosts FILE     exit code 0 trusted, 1 refused, 2 wrong call
    COMMAND --state DIR erase ctl|itl|security
    COMMAND --state DIR show

What it holds lies in DIR, byte for byte, as ctl.tlv and itl.tlv; a list that is not installed is not there.
docs/conformance.md is the same for people who write such a command.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import attrs

from phoneemu.core import limits
from phoneemu.files import read_bytes

SECONDS = 120.0
"""How long one call may take."""


class BrokenDoor(Exception):  # noqa: N818 - what happened
    """The command did not do what the door asks of it; the text says what."""


@attrs.frozen(kw_only=True)
class Held:
    """What an endpoint holds: the bytes of its lists, None for none."""

    ctl: bytes | None
    itl: bytes | None


@attrs.frozen(kw_only=True)
class Door:
    """One endpoint behind a command, with its folder."""

    command: Sequence[str]
    state: Path

    def boot(self, server: str, hosts: Path) -> int:
        """Boot it; 0 when it trusts what it was given, 1 when it refused something.

        Raises:
            BrokenDoor: it could not be started, took too long, or left with another code.
        """
        return self._call("boot", "--tftp", server, "--hosts", str(hosts))

    def erase(self, what: str) -> None:
        """A person at the phone.

        Raises:
            BrokenDoor: as for boot.
        """
        self._call("erase", what)

    def held(self) -> Held:
        """What it holds now.

        Raises:
            BrokenDoor: a file cannot be read.
        """
        return Held(ctl=self._file("ctl.tlv"), itl=self._file("itl.tlv"))

    def _file(self, name: str) -> bytes | None:
        try:
            return read_bytes(self.state / name, limits.STATE_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BrokenDoor(f"{name}: {error.strerror}") from error

    def _call(self, *words: str) -> int:
        asked = [*self.command, "--state", str(self.state), *words]
        try:
            done = subprocess.run(  # noqa: S603 - the user's own command is what is judged
                asked, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise BrokenDoor(f"`{words[0]}` took longer than {SECONDS:.0f} seconds") from error
        except (OSError, ValueError) as error:
            raise BrokenDoor(
                f"cannot run {self.command[0] if self.command else 'nothing'}: {error}"
            ) from error
        if done.returncode not in (0, 1):
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise BrokenDoor(f"`{words[0]}` left with code {done.returncode}: {last}")
        return done.returncode
