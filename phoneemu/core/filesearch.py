"""FileSearch: which name, server and transport a phone tries next for one file.

It follows the model's order (files.order, files.transports) and nothing else: what an answer means is for
the rules. A server that says "no such file" is believed, so only the next name is left then; a silent one
is tried by the next transport, then the next server is.
"""

import functools
from collections.abc import Mapping

from phoneemu.core.profile import Profile
from phoneemu.core.question import Subject
from phoneemu.core.vocabulary import Fetch, Transport

DEFAULT_ORDER = ("CTL{name}.tlv", "ITL{name}.tlv", "ITLFile.tlv", "{name}.cnf.xml")
"""Asked by a model whose order nobody knows [assumed: the order of every Security-by-Default phone]."""

_TRANSPORTS: Mapping[tuple[str, ...], tuple[Transport, ...]] = {
    ("tftp",): (Transport.TFTP,),
    ("http",): (Transport.HTTP,),
    ("http", "tftp"): (Transport.HTTP, Transport.TFTP),
    ("tftp", "http"): (Transport.TFTP, Transport.HTTP),
}


def subject_of(template: str) -> Subject:
    """Which file a name template stands for."""
    if template.startswith("CTL"):
        return Subject.CTL
    return Subject.ITL if template.startswith("ITL") else Subject.CONFIG


def names_of(subject: Subject, profile: Profile, device: str, *, signed: bool) -> tuple[str, ...]:
    """The names asked for one file, in order; none when this model does not read it.

    With a signer of files installed the phone asks for the signed name of its configuration [SBD-TN].
    """
    return tuple(template.replace("{name}", device) for template in _templates(subject, profile, signed))


@functools.lru_cache(maxsize=4096)
def _templates(subject: Subject, profile: Profile, signed: bool) -> tuple[str, ...]:  # noqa: FBT001 - a key
    reads = {Subject.CTL: profile.reads_ctl, Subject.ITL: profile.reads_itl}.get(subject)
    if reads is not None and reads.value is False:
        return ()
    suffix = ".sgn" if signed and subject is Subject.CONFIG else ""
    order = profile.file_order.value
    return tuple(
        template + suffix
        for template in (DEFAULT_ORDER if order is None else order)
        if subject_of(template) is subject
    )


class FileSearch:
    """The places to look for one file, and where the phone is among them.

    `attempts` counts how often the search began.
    """

    def __init__(
        self, subject: Subject, names: tuple[str, ...], servers: tuple[str, ...], profile: Profile
    ) -> None:
        self.subject = subject
        self.attempts = 1
        self._names = names
        self._servers = servers
        words = profile.transports.value
        self._transports = _TRANSPORTS[words] if words else _TRANSPORTS["tftp",]
        self._name = self._server = self._transport = 0

    @property
    def hopeless(self) -> bool:
        """Whether there is no server to ask at all."""
        return not self._servers

    @property
    def transport(self) -> Transport:
        """The transport in use."""
        return self._transports[self._transport]

    def fetch(self) -> Fetch:
        """The request for the present place."""
        return Fetch(
            name=self._names[self._name], server=self._servers[self._server], transport=self.transport
        )

    def expects(self, name: str, server: str) -> bool:
        """Whether an answer about this name from this server is the one waited for."""
        return name == self._names[self._name] and server == self._servers[self._server]

    def step(self, *, silent: bool) -> bool:
        """Go to the next place after silence, or after "no such file"; False when none is left."""
        if self.hopeless:
            return False
        if silent and self._transport + 1 < len(self._transports):
            self._transport += 1
            return True
        self._transport = 0
        if silent and self._server + 1 < len(self._servers):
            self._server += 1
            return True
        if silent or self._name + 1 == len(self._names):
            return False
        self._name += 1
        return True

    def begin_again(self) -> None:
        """Back to the first place."""
        self._name = self._server = self._transport = 0
        self.attempts += 1
