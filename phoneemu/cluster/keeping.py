"""A lab kept in a folder: how it was founded, the keys of its certificates, and what was typed since.

    lab.json       the founding
    history.txt    every command that changed something, with its time; a last line seals those before it
    keys/          one private key a certificate, by serial number; readable by the owner alone
    lab.lock       locked while a lab runs

Nothing else is kept: the cluster follows from these, byte for byte. So a history that was cut or lost, or a
key that is missing, is an error, and never another cluster.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import attrs
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from phoneemu.cluster import lab
from phoneemu.cluster.certs import Maker
from phoneemu.cluster.founding import make_cluster
from phoneemu.cluster.nodenames import check_node_name
from phoneemu.cluster.session import LATEST, Session, history_line, read_history
from phoneemu.cluster.state import Certificate, Cluster
from phoneemu.core import limits
from phoneemu.errors import BadInput
from phoneemu.files import read_bytes, read_text, replacing, write_text

SCHEMA = 2
UNSEALED = 1
"""The schema of folders whose history has no seal; they are read, and sealed from then on."""
LAB, HISTORY, KEYS, LOCK = "lab.json", "history.txt", "keys", "lab.lock"

LONGEST_NODE = 52
"""With ITLRECOVERY_ before it, a name fits into the 64 characters that a certificate has for one."""
_CLUSTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@attrs.frozen(kw_only=True)
class Founding:
    """How a lab's cluster is founded; `clock` in seconds since the epoch."""

    name: str = "lab"
    release: str = "12.5(1)"
    nodes: tuple[str, ...] = ("pub", "sub")
    mixed: bool = False
    tokens: tuple[str, ...] = ()
    clock: float = 0.0

    def cluster(self, maker: Maker) -> Cluster:
        """The cluster on its first day.

        Raises:
            BadInput: the release is none.
        """
        return make_cluster(
            self.name,
            self.release,
            self.nodes,
            mixed=self.mixed,
            tokens=self.tokens,
            clock=self.clock,
            maker=maker,
        )


@attrs.frozen
class LabFolder:
    """The folder of one lab."""

    path: Path

    @property
    def founded(self) -> bool:
        """Whether a lab is kept here already."""
        return (self.path / LAB).exists()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else runs a lab from this folder meanwhile; what one that was killed left half is removed.

        Raises:
            BadInput: somebody does.
            OSError: the folder cannot be written.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / LOCK).open("a") as lock:
            if not _taken(lock):
                raise BadInput("another lab runs from this folder", place=str(self.path))
            for half in (*self.path.glob(f".{HISTORY}.*"), *(self.path / KEYS).glob(".*.pem.*")):
                half.unlink(missing_ok=True)
            yield

    def found(self, founding: Founding) -> Session:
        """Found a lab here.

        Raises:
            BadInput: the release is none.
            OSError: the folder cannot be written.
        """
        maker = self.maker()
        session = Session(founding.cluster(maker), maker)
        self.keep(session)
        self._write(founding)
        return session

    def _write(self, founding: Founding) -> None:
        said = {"schema": SCHEMA, **attrs.asdict(founding)}
        write_text(self.path / LAB, json.dumps(said, indent=1) + "\n")

    def resume(self) -> Session:
        """The lab that is kept here, as it was left.

        Raises:
            BadInput: a file here is not a lab's, or was cut or lost; names it.
        """
        place = self.path / LAB
        try:
            said = json.loads(read_text(place, limits.STATE_BYTES))
            sealed = said["schema"] != UNSEALED
            founding = _founding(said, place)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise BadInput("not the founding of a lab", place=str(place)) from error
        keys = self.maker()
        keys.resuming = True
        session = Session(founding.cluster(keys), keys)
        history = self.path / HISTORY
        try:
            text = read_text(history, limits.STATE_BYTES, errors="replace")
        except FileNotFoundError:
            text = ""
        session.replay(read_history(_unsealed(text, str(history), needed=sealed), str(history)), str(history))
        keys.resuming = False
        if not sealed:
            self.keep(session)
            self._write(founding)
        return session

    def keep(self, session: Session) -> None:
        """Write down what was typed so far.

        Raises:
            OSError: the folder cannot be written.
        """
        lines = [history_line(clock, text) for clock, text in session.history]
        text = "".join(f"{line}\n" for line in lines)
        write_text(self.path / HISTORY, f"{text}{seal(text)}\n")

    def maker(self) -> "Keys":
        """Gives each certificate the key that is kept for it, or a new one that is kept from then on."""
        (self.path / KEYS).mkdir(parents=True, exist_ok=True, mode=0o700)
        return Keys(self.path / KEYS)


@attrs.define
class Keys:
    """The keys in a folder, one a certificate. While `resuming`, every key must be there already."""

    path: Path
    resuming: bool = False

    def __call__(self, named: Certificate) -> Certificate:
        """The certificate with its key.

        Raises:
            BadInput: the key is missing, or no RSA key; names the file.
            OSError: it cannot be read or written.
        """
        return lab.maker(lambda: self._key(named))(named)

    def _key(self, named: Certificate) -> RSAPrivateKey:
        path = self.path / f"{named.unit}-{named.identity.serial:x}.pem"
        try:
            data = read_bytes(path, limits.KEY_FILE_BYTES)
        except FileNotFoundError:
            if self.resuming:
                raise BadInput(
                    "the lab's key is missing: without it this is another lab", place=str(path)
                ) from None
            key = lab.fresh_key()
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            with replacing(path, private=True) as stream:
                stream.write(pem)
            return key
        try:
            loaded = load_pem_private_key(data, None)
        except (ValueError, TypeError) as error:
            raise BadInput("not a private key", place=str(path)) from error
        if not isinstance(loaded, RSAPrivateKey):
            raise BadInput("not an RSA key", place=str(path))
        return loaded


def seal(text: str) -> str:
    """What tells that the lines of a history are all there, and are those that were kept."""
    return f"# {text.count(chr(10))} lines, SHA-256 {hashlib.sha256(text.encode()).hexdigest()}"


def _unsealed(text: str, place: str, *, needed: bool) -> str:
    """The lines of a history without its seal.

    Raises:
        BadInput: the seal is needed and missing, or it is not that of these lines.
    """
    before, mark, rest = text.rpartition("# ")
    if not needed and not mark:
        return text
    if f"{mark}{rest}" != f"{seal(before)}\n":
        raise BadInput("the history is not as it was kept: lines of it are lost or altered", place=place)
    return before


def _founding(said: object, place: Path) -> Founding:
    """Raises TypeError, ValueError or KeyError for what is none."""
    if not isinstance(said, dict):
        raise TypeError
    if said.pop("schema") not in (SCHEMA, UNSEALED):
        raise BadInput("kept by another version of phoneemu", place=str(place))
    for key, kinds in _KINDS.items():
        if not isinstance(said[key], kinds):
            raise TypeError
    if not all(isinstance(name, str) for name in (*said["nodes"], *said["tokens"])):
        raise TypeError
    if not 0 <= said["clock"] <= LATEST:
        raise ValueError
    lists = {
        "nodes": checked_nodes(",".join(said["nodes"]), f"{place}: nodes"),
        "tokens": tuple(said["tokens"]),
    }
    return Founding(**{**said, **lists})


_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "release": str,
    "nodes": list,
    "mixed": bool,
    "tokens": list,
    "clock": (int, float),
}

if sys.platform == "win32":

    def _taken(_lock: IO[str]) -> bool:
        """Nothing is locked: this system has no such call."""
        return True

else:
    import fcntl

    def _taken(lock: IO[str]) -> bool:
        """Whether the file could be locked, until it is closed."""
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def without_folder(founding: Founding) -> Session:
    """A lab that is kept nowhere."""
    maker = lab.maker()
    return Session(founding.cluster(maker), maker)


def checked_nodes(text: str, place: str = "--nodes") -> tuple[str, ...]:
    """Node names from `pub,sub`.

    Raises:
        BadInput: there is none, or one twice, too many, or one that cannot be a host name.
    """
    names = [name.strip() for name in text.split(",")]
    if not all(names) or len({name.lower() for name in names}) != len(names):
        raise BadInput(f"`{text[:200]}`: name each node once, such as pub,sub", place=place)
    for name in names:
        check_node_name(name, place)
        if len(name) > LONGEST_NODE:
            raise BadInput(f"`{name}`: a node's name has at most {LONGEST_NODE} characters", place=place)
    if len(names) > limits.NODES:
        raise BadInput(f"{len(names):,} nodes; a cluster of at most {limits.NODES} is emulated", place=place)
    return tuple(names)


def checked_cluster(name: str) -> str:
    """A cluster's name.

    Raises:
        BadInput: it is none that a runbook could say.
    """
    if not _CLUSTER.fullmatch(name):
        raise BadInput(f"`{name}` cannot be a cluster's name: up to 64 letters, digits, dots, dashes")
    return name
