"""What a TVS wrote to its trace about the questions it was asked [SEED118893, MIG213407, DIR118699].

The trace names the signer, the caches that were searched, the roles and the answer. It does not name the
phone, prints every session as 0, and calls the time to live PublicKey.
"""

import re
from collections.abc import Iterable

import attrs

from phoneemu.core.names import Identity
from phoneemu.replay.loglines import Line

_SUBJECT = re.compile(r"tvsHandleQueryCertReq\s*:\s*Subject Name is:\s*(.*)")
_ISSUER = re.compile(r"tvsHandleQueryCertReq\s*:\s*Issuer Name is:\s*(.*)")
_SERIAL = re.compile(r"tvsHandleQueryCertReq\s*:\s*Serial Number is:\s*([0-9A-Fa-f\s]+)")
_ROLE = re.compile(r"\{role\s*:\s*(\d{1,3})\}")
_COUNT = re.compile(r"Found entry\s*\{rolecount\s*:\s*(\d{1,3})\}")
_STATUS = re.compile(r"\bStatus\s*:\s*(\d{1,3})\b")
_TTL = re.compile(r"\bPublicKey\s*:\s*(\d{1,10})\b")
_CIPHER = re.compile(r"tvsSSLHandShake Session ciphers\s*-\s*(\S+)")


@attrs.define(kw_only=True)
class Asked:
    """One question and its answer; None for what the trace does not show.

    `verify` tells that a whole certificate was sent in place of a signer's names.
    """

    line: int
    at: float | None
    verify: bool = False
    subject: str = ""
    issuer: str = ""
    serial: int | None = None
    valid: bool | None = None
    roles: list[int] = attrs.field(factory=list)
    ttl: int | None = None
    cipher: str = ""

    @property
    def signer(self) -> Identity | None:
        """Who was asked about, when the trace names all of it."""
        if not self.issuer or self.serial is None:
            return None
        return Identity(self.subject, self.issuer, self.serial)


@attrs.define
class _Reader:
    found: list[Asked] = attrs.field(factory=list)
    cipher: str = ""
    headed: bool = False
    """A request was announced whose first own line is still to come."""

    def take(self, line: Line) -> None:
        text = line.text
        if (cipher := _CIPHER.search(text)) is not None:
            self.cipher = cipher[1]
        if "TVS_MSG_QUERY_CERT_REQ" in text or "TVS_MSG_CERT_VERIFICATION_REQ" in text:
            self._begin(line, verify="VERIFICATION" in text)
            self.headed = True
        elif text.endswith("tvsHandleQueryCertReq"):
            if not self.headed:
                self._begin(line, verify=False)
            self.headed = False
        elif (subject := _SUBJECT.search(text)) is not None:
            if not self.found or self.found[-1].subject:
                self._begin(line, verify=False)
            self.found[-1].subject, self.headed = subject[1].strip(), False
        elif self.found:
            self._more(self.found[-1], text)

    def _begin(self, line: Line, *, verify: bool) -> None:
        self.found.append(Asked(line=line.number, at=line.at, verify=verify, cipher=self.cipher))

    def _more(self, asked: Asked, text: str) -> None:
        if (issuer := _ISSUER.search(text)) is not None:
            asked.issuer = issuer[1].strip()
        elif (serial := _SERIAL.search(text)) is not None:
            digits = "".join(serial[1].split())[:128]
            asked.serial = int(digits, 16) if digits else None
        elif _COUNT.search(text) is not None:
            asked.valid, asked.roles = True, []
        elif "certificate not found" in text:
            asked.valid = False
        elif (status := _STATUS.search(text)) is not None and asked.valid is not False:
            asked.valid = status[1] == "0"
        elif (ttl := _TTL.search(text)) is not None:
            asked.ttl = int(ttl[1])
        for role in _ROLE.findall(text):
            asked.roles.append(int(role))


def read(lines: Iterable[Line]) -> list[Asked]:
    """The questions in a trace, in order."""
    reader = _Reader()
    for line in lines:
        reader.take(line)
    return reader.found
