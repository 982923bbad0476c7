"""Who holds which list today: what a phone showed, against the lists that are known.

Known are the lists that nodes serve, and those under history/. A checksum is MD5 or SHA-1, by its length;
which of the two a phone shows is a fact of its model. The words of the ITL File Status filter count too
[SG15-sbd]: a match is with what is served, a mismatch is a list nobody can name.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import attrs

from phoneemu.cluster.state import Cluster, Node
from phoneemu.core.profile import Profile
from phoneemu.core.question import Subject
from phoneemu.core.rules_lists import size_ruling
from phoneemu.core.ruling import Verdict
from phoneemu.core.trustlist import ListKind, TrustList

SERVED, OTHER, NONE, UNSAID = "served", "other", "none", ""
"""What is said without a checksum: the served list, another one, no list, nothing."""
BOUNCED, UNSEEN = "bounced", "unseen"
"""What the ITL File Status says beside: it failed on this server and went back to the one before; it was not
registered, so the cluster had forgotten its checksum [SG15-sbd]."""
UNREADABLE = "unreadable"
"""Where a checksum should stand is something else: it showed a list, and nobody knows which."""

UNNAMED: Mapping[str, str] = {
    OTHER: "it shows another {list} than any that is known; put older lists under history/",
    BOUNCED: (
        "its ITL File Status is Not Installed: it failed on this server and went back to the one before, "
        "with the {list} of that [SG15-sbd]; a checksum read from the phone tells which that is"
    ),
    UNSEEN: (
        "its ITL File Status is Unknown: it was not registered, or is of a kind that does not report; what "
        "it holds of the {list} was not seen [SG15-sbd]; a checksum read from the phone tells, or "
        "`holds_served = true`"
    ),
    UNREADABLE: "what it showed of its {list} is no checksum; read it again from the phone",
}
"""Why nobody knows which list a phone holds, by what is said of it."""

_WORDS: Mapping[str, str] = {
    "": UNSAID,
    "unknown": UNSAID,
    "n/a": UNSAID,
    "match": SERVED,
    "mismatch": OTHER,
    "not installed": NONE,
    "not present": NONE,
    "none": NONE,
    "no": NONE,
}
_HEX = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}")


def said(cell: str) -> str | None:
    """What a cell says: one of the words above, or a checksum in lower-case hex; None when it is neither."""
    text = cell.strip().lower()
    text = text.partition("(")[0].strip()  # `...(SHA1)`, as a cluster writes it
    if text in _WORDS:
        return _WORDS[text]
    bare = re.sub(r"^(?:sha-?1|md5)\s*[:=]?\s*", "", text)
    plain = re.sub(r"[\s:.-]+", "", bare.removeprefix("0x"))
    return plain if _HEX.fullmatch(plain) else None


def status(cell: str) -> str | None:
    """What a cell of the ITL File Status list says: there, two words mean other things than on a phone."""
    words = {"not installed": BOUNCED, "unknown": UNSEEN}
    return words.get(" ".join(cell.lower().split())) or said(cell)


def lists_apart(one: str, other: str) -> bool:
    """Whether one phone cannot hold both: a checksum of the other kind may be of the same list."""
    return _other_list(one, other) or _other_list(other, one)


def _other_list(one: str, other: str) -> bool:
    """Whether a phone cannot hold both: a checksum of another kind may be of the same list."""
    words = (SERVED, NONE, UNSAID, *UNNAMED)
    if one == SERVED:
        return other in (NONE, OTHER)
    if one == NONE:
        return other == OTHER or other not in words
    return one not in words and other not in words and len(one) == len(other) and one != other


@attrs.frozen(kw_only=True)
class Known:
    """A list that can be recognised: where it is known from, and which nodes serve it now."""

    listed: TrustList
    where: str
    nodes: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class Library:
    """Every list that can be recognised, by kind and checksum."""

    _known: Mapping[tuple[ListKind, str], Known] = attrs.field(alias="known")
    _past: tuple[Known, ...] = attrs.field(alias="past", default=())
    """Lists of history that say when they were written, newest first."""

    def find(self, kind: ListKind, checksum: str) -> Known | None:
        """The list with this checksum, if it is known."""
        return self._known.get((kind, checksum))

    def settled(self, kind: ListKind, words: str) -> str:
        """What is said, with a checksum that nobody knows as OTHER; so that classes stay few."""
        if words in (SERVED, NONE, UNSAID, *UNNAMED) or self.find(kind, words) is not None:
            return words
        return OTHER

    def before(self, kind: ListKind, node: Node, moment: float) -> Known | None:
        """The newest list of history that this node served at that moment, as far as history goes."""
        names = {node.name.lower(), node.address.lower(), *node.aliases}
        for known in self._past:
            listed = known.listed
            servers = {name for server in listed.tftp_servers for name in (server, server.partition(".")[0])}
            of_node = kind is ListKind.CTL or bool(names & servers)
            if listed.kind is kind and of_node and (listed.timestamp or 0) <= moment:
                return known
        return None

    def held(self, kind: ListKind, words: str, node: Node | None) -> TrustList | None:
        """The list a phone holds that says this; `node` is the one it asks first. None for OTHER."""
        if words in (SERVED, UNSAID) and node is not None:
            return node.ctl if kind is ListKind.CTL else node.itl
        known = self.find(kind, words)
        return None if known is None else known.listed


def library(cluster: Cluster, history: Iterable[tuple[str, TrustList]]) -> Library:
    """The lists of the nodes and those of history, `(file, list)`; what is served now counts before."""
    known: dict[tuple[ListKind, str], Known] = {}
    past = [Known(listed=older, where=file) for file, older in history]
    for each in past:
        _add(known, each)
    for node in cluster.nodes:
        for listed in (node.ctl, node.itl):
            if listed is not None:
                _add(
                    known, Known(listed=listed, where=f"served by {node.name}", nodes=frozenset({node.name}))
                )
    dated = (each for each in past if each.listed.timestamp is not None)
    newest_first = sorted(dated, key=lambda each: each.listed.timestamp or 0, reverse=True)
    return Library(known=known, past=tuple(newest_first))


def _add(known: dict[tuple[ListKind, str], Known], found: Known) -> None:
    for checksum in (found.listed.md5, found.listed.sha1):
        if checksum:
            before = known.get((found.listed.kind, checksum))
            nodes = found.nodes | (before.nodes if before is not None else frozenset())
            known[found.listed.kind, checksum] = attrs.evolve(found, nodes=nodes)


def too_large_words(served: TrustList | None, profile: Profile) -> str:
    """Why a phone cannot be taken to hold this list: larger than it loads [SG14-sbd]; "" when not so."""
    if served is None:
        return ""
    subject = Subject.CTL if served.kind is ListKind.CTL else Subject.ITL
    ruling = size_ruling(subject, profile, served)
    if ruling is None:
        return ""
    may = "may be" if ruling.verdict is Verdict.CANNOT_SAY else "is"
    return f"the {served.kind.name} that its node serves {may} larger than a phone loads"


def unnamed(reads: Sequence[tuple[ListKind, str]]) -> str | None:
    """Why nobody knows which list a phone holds, by the first that nobody can name, if any."""
    return next((UNNAMED[words].format(list=kind.name) for kind, words in reads if words in UNNAMED), None)
