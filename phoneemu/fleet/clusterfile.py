"""cluster.toml: what exports cannot say about a cluster, in the administrator's words.

Every key is optional and checked; an unknown key, a wrong type or a name nobody declared is refused with the
file and the key. The grammar is documented in docs/snapshot.md. What the file means is for snapshot.
"""

import datetime
import difflib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import attrs

from phoneemu.cluster import parameters
from phoneemu.cluster.nodenames import why_no_node_name
from phoneemu.cluster.state import CALLMANAGER, CAPF, TFTP, TVS
from phoneemu.core import limits
from phoneemu.core.flash import DeviceSecurity
from phoneemu.errors import BadInput
from phoneemu.fleet.textfile import unicode_text
from phoneemu.structured import from_toml

SERVICES = frozenset({CALLMANAGER, TFTP, TVS, CAPF})
LSC_WORDS = ("cluster", "none", "unknown")
TLS_VERSIONS = ("1.0", "1.1", "1.2", "1.3")


@attrs.frozen(kw_only=True)
class NodeEntry:
    """One [[node]]."""

    name: str
    address: str = ""
    publisher: bool = False
    services: frozenset[str] = frozenset({CALLMANAGER, TFTP, TVS})
    up: bool = True
    tvs_reachable: bool | None = None
    """None: the file does not say; it is then taken as reachable."""
    proxy_for: tuple[str, ...] = ()
    """Other clusters whose devices' files its TFTP relays."""


@attrs.frozen(kw_only=True)
class SiteEntry:
    """[sites.NAME]: a device pool. None: the file does not say."""

    group: str | None = None
    tftp: tuple[str, ...] | None = None


@attrs.frozen(kw_only=True)
class OffEntry:
    """One [[off]]: phones without power. `since` is in seconds since the epoch, None when not said.

    `powered`: phones that have power, and have not started since then.
    """

    where: str = ""
    devices: frozenset[str] = frozenset()
    since: float | None = None
    place: str = ""
    powered: bool = False


@attrs.frozen(kw_only=True)
class PhoneDefaults:
    """[phones]: what holds for a phone when its row does not say."""

    group: str | None = None
    tftp: tuple[str, ...] | None = None
    security: str | None = None
    protocol: str | None = None
    lsc: str | None = None
    holds_served: bool = False
    loads: Mapping[str, str] = MappingProxyType({})
    """Model as written -> the load its phones run, such as the device defaults page shows."""


@attrs.frozen(kw_only=True)
class ClusterFile:
    """The whole file; None where it says nothing."""

    file: str = "cluster.toml"
    present: bool = False
    name: str | None = None
    release: str | None = None
    mixed: bool | None = None
    min_tls: str | None = None
    export_allowed: bool = True
    taken: float | None = None
    """When the exports were made, in seconds since the epoch."""
    nodes: tuple[NodeEntry, ...] = ()
    seen: tuple[NodeEntry, ...] = ()
    """Nodes that `show network cluster` names where the file declares none."""
    proxies: tuple[str, ...] = ()
    """TFTP servers of another cluster that phones of this one ask; their own snapshot has them."""
    groups: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    sites: Mapping[str, SiteEntry] = MappingProxyType({})
    phones: PhoneDefaults = PhoneDefaults()
    off: tuple[OffEntry, ...] = ()
    off_said: bool = False
    """Whether the file speaks of power at all; `off = []` says that every phone is on."""
    parameters: Mapping[str, str] = MappingProxyType({})
    recovery_key_saved: bool | None = None
    """Whether ITLRecovery.p12 lies somewhere safe."""


def read(path: Path) -> ClusterFile:
    """Read cluster.toml; an absent file is an empty one.

    Raises:
        BadInput: it is not TOML, or says something the grammar does not know.
    """
    try:
        text = unicode_text(path, limits.CLUSTER_FILE_BYTES, place=path.name)
    except FileNotFoundError:
        if path.is_symlink():
            raise BadInput("a link that leads nowhere", place=path.name) from None
        return ClusterFile(file=path.name)
    return parse(text, path.name)


def parse(text: str, file: str = "cluster.toml") -> ClusterFile:
    """Read the text of a cluster.toml.

    Raises:
        BadInput: it is not TOML, or says something the grammar does not know.
    """
    table = _Table(from_toml(text, file), file, "")
    nodes = tuple(_node(each) for each in table.tables("node"))
    groups = {name: table.sub("groups").names(name) or () for name in table.sub("groups").all_keys()}
    cluster = ClusterFile(
        file=file,
        present=True,
        name=table.text("name"),
        release=table.text("release"),
        mixed=table.flag("mixed"),
        min_tls=table.word("min_tls", TLS_VERSIONS),
        export_allowed=table.flag("export_allowed") is not False,
        taken=table.moment("taken"),
        nodes=nodes,
        proxies=table.names("proxies") or (),
        groups=groups,
        sites={name: _site(table.sub("sites").sub(name)) for name in table.sub("sites").all_keys()},
        phones=_phones(table.sub("phones")),
        off=tuple(_off(each) for each in table.tables("off")),
        off_said="off" in table.all_keys(),
        parameters=_parameters(table.sub("parameters")),
        recovery_key_saved=table.flag("recovery_key_saved"),
    )
    table.nothing_else()
    _check_names(cluster)
    return cluster


def _parameters(table: "_Table") -> dict[str, str]:
    """Enterprise parameters by their own names."""
    found: dict[str, str] = {}
    for said in table.all_keys():
        name, value = parameters.known_name(said), table.value(said)
        if name is None:
            near = parameters.meant(said)
            if near is not None:
                raise table.bad(repr(said), f"no enterprise parameter; did you mean {near!r}?")
        elif parameters.why_no_value(name, value):
            raise table.bad(repr(said), parameters.why_no_value(name, value))
        found[name or said] = value
    return found


def _node(table: "_Table") -> NodeEntry:
    services = table.names("services")
    unknown = next((name for name in services or () if name not in SERVICES), None)
    if unknown is not None:
        raise table.bad("services", f"{unknown!r} is none of {', '.join(sorted(SERVICES))}")
    entry = NodeEntry(
        name=table.text("name") or "",
        address=table.text("address") or "",
        publisher=table.flag("publisher") or False,
        services=frozenset(services) if services is not None else NodeEntry(name="").services,
        up=table.flag("up") is not False,
        tvs_reachable=table.flag("tvs_reachable"),
        proxy_for=table.names("proxy_for") or (),
    )
    if not entry.name:
        raise table.bad("name", "a node needs a name")
    why = why_no_node_name(entry.name)
    if why:
        raise table.bad("name", why)
    table.nothing_else()
    return entry


def _site(table: "_Table") -> SiteEntry:
    entry = SiteEntry(group=table.text("group"), tftp=table.names("tftp"))
    table.nothing_else()
    return entry


def _off(table: "_Table") -> OffEntry:
    entry = OffEntry(
        where=table.text("where") or "",
        devices=frozenset(name.upper() for name in table.names("devices") or ()),
        since=table.moment("since"),
        place=f"{table.file}: {table.path}",
    )
    table.nothing_else()
    if not entry.where and not entry.devices:
        raise table.bad("where", "say which phones are off: `where` or `devices`")
    return entry


_MODES = {
    "1": DeviceSecurity.NON_SECURE,
    "2": DeviceSecurity.AUTHENTICATED,
    "3": DeviceSecurity.ENCRYPTED,
    "nonsecure": DeviceSecurity.NON_SECURE,
    "authenticated": DeviceSecurity.AUTHENTICATED,
    "encrypted": DeviceSecurity.ENCRYPTED,
}


def security_mode(text: str) -> DeviceSecurity | None:
    """The device security mode that a word or number of the database means; None for any other."""
    word = "".join(text.lower().replace("-", " ").split())
    return _MODES.get(word.removesuffix(".0"))  # a number that a spreadsheet wrote


def _phones(table: "_Table") -> PhoneDefaults:
    security = table.text("security")
    if security is not None and security_mode(security) is None:
        words = ", ".join(each.value for each in DeviceSecurity)
        raise table.bad("security", f"{security!r} is none of {words}")
    defaults = PhoneDefaults(
        group=table.text("group"),
        tftp=table.names("tftp"),
        security=security,
        protocol=table.word("protocol", ("SIP", "SCCP")),
        lsc=table.word("lsc", LSC_WORDS),
        holds_served=table.flag("holds_served") or False,
        loads=table.sub("loads").texts(),
    )
    table.nothing_else()
    return defaults


def _check_names(cluster: ClusterFile) -> None:
    """Every node that is named somewhere must be declared, when nodes are declared at all."""
    seen: set[str] = set()
    for node in cluster.nodes:
        for name in {node.name.lower(), node.address.lower()} - {""}:
            if name in seen:
                raise BadInput(f"node {name!r} is declared twice", place=f"{cluster.file}: node")
            seen.add(name)
    groups = [(f"groups.{name!r}", names) for name, names in cluster.groups.items()]
    lists = [(f"sites.{name!r}.tftp", site.tftp or ()) for name, site in cluster.sites.items()]
    lists.append(("phones.tftp", cluster.phones.tftp or ()))
    proxies = {name.lower() for name in cluster.proxies}
    for key, names in [*groups, *((key, set(names) - proxies) for key, names in lists)]:
        unknown = next((name for name in names if name.lower() not in seen), None)
        if unknown is not None and cluster.nodes:
            raise BadInput(f"no [[node]] is named {unknown!r}", place=f"{cluster.file}: {key}")


def check_groups(cluster: ClusterFile) -> None:
    """Let CallManager groups pass that somebody said, here or in the database.

    Raises:
        BadInput: a site, or the defaults, name another.
    """
    places = [(f"sites.{name!r}.group", site.group) for name, site in cluster.sites.items()]
    for place, group in [*places, ("phones.group", cluster.phones.group)]:
        if group is not None and group not in cluster.groups:
            why = f"no group {group!r} under [groups], nor in an answer of `run sql`"
            raise BadInput(why, place=f"{cluster.file}: {place}")


class _Table:
    """One TOML table being read: each key is taken once, in the type it must have."""

    def __init__(self, content: Mapping[str, object], file: str, path: str) -> None:
        self.file = file
        self.path = path
        self._content = content
        self._asked: set[str] = set()

    def bad(self, key: str, why: str) -> BadInput:
        """The error to raise about one key."""
        return BadInput(why, place=f"{self.file}: {self.path + '.' if self.path else ''}{key}")

    def all_keys(self) -> tuple[str, ...]:
        """All keys, whatever they are."""
        return tuple(self._content)

    def _take(self, key: str) -> object:
        self._asked.add(key)
        return self._content.get(key)

    def text(self, key: str) -> str | None:
        """A text; numbers such as `release = 14` are taken as written."""
        found = self._take(key)
        if found is None or isinstance(found, str):
            return found
        if isinstance(found, int | float) and not isinstance(found, bool):
            return str(found)
        raise self.bad(key, "a text is needed")

    def word(self, key: str, words: tuple[str, ...]) -> str | None:
        """One of these words."""
        found = self.text(key)
        if found is None or found in words:
            return found
        raise self.bad(key, f"{found!r} is none of {', '.join(words)}")

    def flag(self, key: str) -> bool | None:
        """True or false."""
        found = self._take(key)
        if found is None or isinstance(found, bool):
            return found
        raise self.bad(key, "true or false is needed")

    def names(self, key: str) -> tuple[str, ...] | None:
        """A list of texts; a single text is a list of one."""
        found = self._take(key)
        if found is None:
            return None
        listed = [found] if isinstance(found, str) else found
        if isinstance(listed, list) and listed and all(isinstance(each, str) for each in listed):
            return tuple(listed)
        raise self.bad(key, "a list of names is needed")

    def moment(self, key: str) -> float | None:
        """A TOML date or time; without an offset it is taken as UTC."""
        found = self._take(key)
        if found is None:
            return None
        if isinstance(found, datetime.datetime):
            zoned = found if found.tzinfo is not None else found.replace(tzinfo=datetime.UTC)
            return zoned.timestamp()
        if isinstance(found, datetime.date):
            midnight = datetime.time(tzinfo=datetime.UTC)
            return datetime.datetime.combine(found, midnight).timestamp()
        raise self.bad(key, "a date such as 2015-03-09T16:59:43Z is needed, without quotes")

    def sub(self, key: str) -> "_Table":
        """A table inside; an absent one is empty."""
        found = self._take(key)
        if found is not None and not isinstance(found, dict):
            raise self.bad(key, "a table is needed")
        return _Table(found or {}, self.file, f"{self.path}.{key}" if self.path else key)

    def tables(self, key: str) -> list["_Table"]:
        """An array of tables."""
        found = self._take(key) or []
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise self.bad(key, f"an array of tables is needed: [[{key}]]")
        return [_Table(each, self.file, f"{key}[{number}]") for number, each in enumerate(found, 1)]

    def value(self, key: str) -> str:
        """A text; numbers, true and false as they are written."""
        found = self._take(key)
        return str(found) if isinstance(found, bool) else self.text(key) or ""

    def texts(self) -> dict[str, str]:
        """The whole table as texts."""
        return {key: self.text(key) or "" for key in self._content}

    def nothing_else(self) -> None:
        """Refuse keys that nobody asked for."""
        for key in self._content:
            if key not in self._asked:
                nearest = difflib.get_close_matches(key, self._asked, n=1)
                hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
                raise self.bad(key, f"unknown key{hint}")
