"""The trust lists that a node serves now, fetched as a phone fetches them: HTTP on port 6970, then TFTP.

What comes is parsed before it is kept: a list that was cut on its way is a failure, not an export.
"""

import attrs

from phoneemu.collect.failures import Kind, NotCollected
from phoneemu.core import listparse
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.trustlist import FILE_SIGNER_ROLES, ListKind
from phoneemu.net import tftp, web
from phoneemu.net.book import Book, Service

NAMES = {ListKind.ITL: "ITLFile.tlv", ListKind.CTL: "CTLFile.tlv"}


def file_name(kind: ListKind, node: str) -> str:
    """The file of a snapshot that holds it."""
    return NAMES[kind].replace(".tlv", f"_{node}.tlv")


@attrs.frozen(kw_only=True)
class Served:
    """What a node serves under a name; None where it says that it has no such file."""

    kind: ListKind
    content: bytes | None = attrs.field(repr=False)
    by: str = ""


def fetch(book: Book, node: str, kind: ListKind, patience: tftp.Patience) -> Served:
    """Fetch one list.

    Raises:
        NotCollected: no list and no word that there is none; NOT_THERE when nobody serves files there.
    """
    silent: list[BaseException] = []
    absent = False
    for service, fetcher in ((Service.HTTP, web.fetch), (Service.TFTP, tftp.fetch)):
        host, port = book.find(node, service)
        try:
            content = fetcher(host, port, NAMES[kind], patience=patience)
        except tftp.NoSuchFile:
            absent = True
        except tftp.NoAnswer as error:
            silent.append(error)
        else:
            _check(content, kind)
            return Served(kind=kind, content=content, by=service.value)
    if absent:
        return Served(kind=kind, content=None)
    if all(_refused(each) for each in silent):
        raise NotCollected(Kind.NOT_THERE, "serves no files: nobody listens for HTTP or TFTP")
    raise NotCollected(Kind.UNREACHABLE, f"no answer ({'; '.join(_words(each) for each in silent)})")


def own_name(content: bytes) -> str:
    """The name of the node whose ITL this is, for it has the TFTP server of no other; "" when not told."""
    try:
        records = listparse.parse(content).records
    except MalformedFile:
        return ""
    names = {record.dns_name for record in records if record.role in FILE_SIGNER_ROLES and record.dns_name}
    return names.pop() if len(names) == 1 else ""


def _check(content: bytes, kind: ListKind) -> None:
    try:
        listed = listparse.parse(content)
    except MalformedFile as malformed:
        raise NotCollected(
            Kind.MALFORMED, f"{NAMES[kind]} is no whole trust list ({_words(malformed)})"
        ) from None
    if listed.kind is not kind:
        raise NotCollected(Kind.MALFORMED, f"{NAMES[kind]} holds a {listed.kind.name}")


def _refused(error: BaseException) -> bool:
    """Whether the machine answered that nobody listens there."""
    chain: BaseException | None = error
    while chain is not None:
        if isinstance(chain, ConnectionRefusedError):
            return True
        chain = chain.__cause__ or chain.__context__
    return False


def _words(error: BaseException) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in str(error)).split())[:120]
