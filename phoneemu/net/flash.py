"""A phone's flash as a folder: what it holds survives, and a kill leaves the old or the new, never a mix.

    ctl.tlv, itl.tlv     the installed lists, byte for byte
    config.xml           what the installed configuration says
    tvs-cache.json       answers of a TVS that have not run out
    phone.json           which phone this is

Each file is replaced whole. A list that is known only as a value cannot be kept here.
"""

import json
from pathlib import Path

import attrs

from phoneemu.core import limits, listparse, phoneconfig
from phoneemu.core.flash import CachedAnswer, Flash
from phoneemu.core.names import Identity
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.trustlist import ListKind, TrustList
from phoneemu.errors import BadInput
from phoneemu.files import read_bytes, replacing

CTL, ITL, CONFIG, CACHE, PHONE = "ctl.tlv", "itl.tlv", "config.xml", "tvs-cache.json", "phone.json"
SCHEMA = 1


@attrs.frozen(kw_only=True)
class Nameplate:
    """Which phone a folder is of: model and device name; load and protocol None when not said."""

    model: str
    name: str
    load: str | None = None
    protocol: str | None = None


@attrs.frozen
class FlashFolder:
    """One phone's folder; made when something is first kept in it."""

    path: Path

    def load(self) -> Flash:
        """What the phone keeps; nothing when the folder is not there yet.

        Raises:
            BadInput: a file here is not what a phone keeps; names it.
        """
        config = self._read(CONFIG)
        try:
            says = None if config is None else phoneconfig.parse(config)
        except MalformedFile as error:
            raise BadInput(str(error), place=str(self.path / CONFIG)) from error
        return Flash(
            ctl=self._list(CTL, ListKind.CTL),
            itl=self._list(ITL, ListKind.ITL),
            config=says,
            tvs_cache=self._cache(),
        )

    def save(self, flash: Flash, before: Flash) -> None:
        """Keep what changed since `before`; every file whole or not at all.

        Raises:
            OSError: the folder cannot be written.
            ValueError: a list has no bytes.
        """
        for name, new, old in ((CTL, flash.ctl, before.ctl), (ITL, flash.itl, before.itl)):
            if new is not old:
                self._write(name, None if new is None else _bytes_of(new))
        if flash.config is not before.config:
            self._write(CONFIG, None if flash.config is None else phoneconfig.render(flash.config))
        if flash.tvs_cache != before.tvs_cache:
            answers = [_as_json(each) for each in flash.tvs_cache]
            said = {"schema": SCHEMA, "answers": answers}
            self._write(CACHE, json.dumps(said, indent=1).encode() if answers else None)

    def nameplate(self) -> Nameplate | None:
        """Which phone this folder is of; None when it is new.

        Raises:
            BadInput: the file is not one of ours.
        """
        data = self._read(PHONE)
        if data is None:
            return None
        try:
            said = json.loads(data)
            if not all(isinstance(value, str) for value in said.values() if value is not None):
                raise TypeError
            return Nameplate(**said)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise BadInput("not a phone's nameplate", place=str(self.path / PHONE)) from error

    def name(self, plate: Nameplate) -> None:
        """Say which phone this folder is of.

        Raises:
            OSError: the folder cannot be written.
        """
        self._write(PHONE, json.dumps(attrs.asdict(plate), indent=1).encode())

    def _read(self, name: str) -> bytes | None:
        try:
            return read_bytes(self.path / name, limits.STATE_BYTES)
        except FileNotFoundError:
            return None

    def _write(self, name: str, data: bytes | None) -> None:
        if data is None:
            (self.path / name).unlink(missing_ok=True)
            return
        self.path.mkdir(parents=True, exist_ok=True)
        with replacing(self.path / name) as stream:
            stream.write(data)

    def _list(self, name: str, kind: ListKind) -> TrustList | None:
        data = self._read(name)
        if data is None:
            return None
        try:
            return listparse.parse(data, kind=kind, origin=name)
        except MalformedFile as error:
            raise BadInput(str(error), place=str(self.path / name)) from error

    def _cache(self) -> tuple[CachedAnswer, ...]:
        data = self._read(CACHE)
        if data is None:
            return ()
        try:
            return tuple(_from_json(each) for each in json.loads(data)["answers"])
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            raise BadInput("not a cache of TVS answers", place=str(self.path / CACHE)) from error


def _bytes_of(trust_list: TrustList) -> bytes:
    if trust_list.raw is None:
        raise ValueError("a list without bytes cannot be kept in a folder")
    return trust_list.raw


def _as_json(answer: CachedAnswer) -> dict[str, object]:
    return {
        "subject": answer.identity.subject,
        "issuer": answer.identity.issuer,
        "serial": f"{answer.identity.serial:x}",
        "roles": sorted(answer.roles),
        "expires": answer.expires,
        "certificate": answer.certificate.hex(),
    }


def _from_json(said: dict[str, str | list[int] | float]) -> CachedAnswer:
    subject, issuer, serial = said["subject"], said["issuer"], said["serial"]
    roles, expires, certificate = said["roles"], said["expires"], said["certificate"]
    texts = (subject, issuer, serial, certificate)
    if not all(isinstance(text, str) for text in texts) or not isinstance(roles, list):
        raise TypeError
    return CachedAnswer(
        identity=Identity(str(subject), str(issuer), int(str(serial), 16)),
        roles=frozenset(int(role) for role in roles),
        expires=float(expires),  # type: ignore[arg-type]  # a wrong type raises what the caller expects
        certificate=bytes.fromhex(str(certificate)),
    )
