"""`phoneemu collect`: fetch the exports of a snapshot from a running cluster, by reading alone."""

import argparse
import getpass
import importlib.util
import os
import re
import ssl
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from phoneemu.core import limits
from phoneemu.errors import BadInput
from phoneemu.files import read_text, reading

if TYPE_CHECKING:
    from phoneemu.collect.credentials import Credential
    from phoneemu.collect.gather import Part, Result
    from phoneemu.collect.readings import Realm
    from phoneemu.collect.wire import Patience
    from phoneemu.net.book import Book

HELP = "fetch a snapshot from a running cluster, by reading alone"
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
NEEDS = ("defusedxml", "truststore")
"""Packages of the `collect` extra."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments. There is none for a user name or a password."""
    parser.add_argument("publisher", help="host name of the publisher, as its certificate has it")
    parser.add_argument("snapshot", type=Path, help="folder to write; a second run goes on with it")
    parser.add_argument(
        "--only",
        metavar="PARTS",
        help="of phones, groups, parameters, certificates, ris, node-certificates, lists, pages; "
        "without it all but pages",
    )
    parser.add_argument("--pages", action="store_true", help="also the web pages of phones that have one")
    parser.add_argument(
        "--node",
        action="append",
        default=[],
        metavar="NAME",
        help="a node, the publisher first, in place of those the cluster names; may be given again",
    )
    parser.add_argument(
        "--hosts", type=Path, metavar="FILE", help="addresses of nodes, a line NAME HOST [SERVICE=PORT]"
    )
    parser.add_argument("--ca", type=Path, metavar="FILE", help="certificates (PEM) to trust, and no others")
    parser.add_argument("--insecure", action="store_true", help="do not verify who gets the passwords")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier run collected here")
    parser.add_argument("--port", type=int, default=8443, help="of AXL, RISPort and certificates; 8443")
    parser.add_argument("--phone-port", type=int, default=80, help="of the phones' pages; 80")
    parser.add_argument(
        "--seconds", type=float, default=300.0, help="how long one answer of a service may take; 300"
    )
    parser.add_argument(
        "--ris-per-minute",
        type=float,
        default=15.0,
        help="requests to RISPort in a minute; 15, a cluster's own limit",
    )


def run(arguments: argparse.Namespace) -> int:
    """Collect; 0 all of it, 1 some of it, 2 nothing."""
    missing = [name for name in NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        what = f"`phoneemu collect` needs {' and '.join(missing)}"
        raise BadInput(f"{what}: in the clone of its repository, .venv/bin/pip install '.[collect]'")
    from phoneemu.collect.folder import Folder
    from phoneemu.collect.gather import REALMS, Gathering
    from phoneemu.collect.wire import Wire

    if not HOST.fullmatch(arguments.publisher):
        raise BadInput(f"`{arguments.publisher}` is no host name or address; --port gives a port")
    parts = _parts(arguments)
    book = _book(arguments)
    patience = _patience(arguments)
    context = _context(arguments)
    now = datetime.now(UTC)
    folder = Folder.open(arguments.snapshot, arguments.publisher, now, fresh=arguments.fresh)
    waiting = [part for part in parts if not folder.done(part.value)]
    needed = {REALMS[part] for part in waiting}
    tell = _progress()
    gathering = Gathering(
        wire=Wire(
            context=context,
            credentials=_credentials(needed),
            port=arguments.port,
            patience=patience,
            tell=tell,
        ),
        folder=folder,
        host=arguments.publisher,
        now=now,
        parts=parts,
        named=arguments.node,
        book=book,
        page_port=arguments.phone_port,
        tell=tell,
    )
    try:
        results = gathering.run()
    finally:
        tell("")
    return _close(arguments, results)


# ---------------------------------------------------------------- the call


def _parts(arguments: argparse.Namespace) -> "Sequence[Part]":
    from phoneemu.collect.gather import USUAL, Part

    known = {part.value: part for part in Part}
    names = [name.strip() for name in (arguments.only or "").split(",") if name.strip()]
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        raise BadInput(f"no part `{unknown}`; there are {', '.join(known)}")
    chosen: set[Part] = {known[name] for name in names} if names else set(USUAL)
    if arguments.pages:
        chosen.add(Part.PAGES)
    if Part.PAGES in chosen:
        chosen.add(Part.SEEN)
    return [part for part in Part if part in chosen]


def _book(arguments: argparse.Namespace) -> "Book":
    from phoneemu.net import book

    if arguments.hosts is None:
        return book.Book()
    return book.parse(read_text(arguments.hosts, limits.NAMES_BYTES, errors="replace"), str(arguments.hosts))


def _patience(arguments: argparse.Namespace) -> "Patience":
    from phoneemu.collect.readings import RIS_PATH
    from phoneemu.collect.wire import Patience

    for name, value in (("--seconds", arguments.seconds), ("--ris-per-minute", arguments.ris_per_minute)):
        if not 0 < value <= 86400:
            raise BadInput(f"{name} is a number above 0")
    for name, port in (("--port", arguments.port), ("--phone-port", arguments.phone_port)):
        if not 0 < port < 65536:
            raise BadInput(f"{name} is a number from 1 to 65535")
    return Patience(
        connect=min(Patience().connect, arguments.seconds),
        whole=arguments.seconds,
        pace={RIS_PATH: 60.0 / arguments.ris_per_minute},
    )


def _context(arguments: argparse.Namespace) -> ssl.SSLContext:
    """Who gets the passwords: a server whose certificate this machine trusts, or --ca does."""
    if arguments.insecure:
        if arguments.ca is not None:
            raise BadInput("--insecure and --ca exclude each other")
        print(
            "phoneemu: warning: --insecure: whoever answers for the cluster gets the passwords",
            file=sys.stderr,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if arguments.ca is None:
        import truststore

        system: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return system
    with reading(arguments.ca):  # the library names no file that it cannot read, and waits for a pipe
        pass
    try:
        context = ssl.create_default_context(cafile=str(arguments.ca))
    except ssl.SSLError:
        raise BadInput("no certificate in PEM in it", place=str(arguments.ca)) from None
    # a cluster's own certificates lack what RFC 5280 wants; one that is named here may be trusted alone
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _credentials(needed: "set[Realm]") -> "dict[Realm, Credential]":
    """From the environment, or typed at a terminal."""
    from phoneemu.collect import credentials
    from phoneemu.collect.readings import Realm

    found: dict[Realm, Credential] = {}
    for realm in (Realm.APPLICATION, Realm.PLATFORM):
        if realm not in needed and realm is Realm.PLATFORM:
            continue
        credential = credentials.from_environment(realm, os.environ)  # even then, to ask for the nodes
        if credential is None and realm in needed and sys.stdin.isatty():
            credential = credentials.typed(realm, _typed, lambda text: getpass.getpass(text, sys.stderr))
        if credential is not None:
            found[realm] = credential
        elif realm is Realm.APPLICATION and realm in needed:
            name, secret = credentials.VARIABLES[realm]
            raise BadInput(f"who asks? Set {name} and {secret}, or run it at a terminal")
    return found


def _typed(text: str) -> str:
    print(text, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().rstrip("\r\n")


# ---------------------------------------------------------------- what came


def _progress() -> Callable[[str], None]:
    """Shows what is going on, on a terminal only; the empty text wipes it."""
    if not sys.stderr.isatty():
        return lambda _: None

    def tell(text: str) -> None:
        sys.stderr.write(f"\r\033[K{text[:78]}")
        sys.stderr.flush()

    return tell


def _close(arguments: argparse.Namespace, results: "Sequence[Result]") -> int:
    from phoneemu.collect.gather import CLUSTER, WHOLE

    print(f"collected from {arguments.publisher} into {arguments.snapshot}")
    for result in results:
        notes = "; ".join(result.notes) or (f"{result.files} files" if result.files else "")
        print(f"  {result.name:<18}{result.outcome.value:<9}  {notes}".rstrip())
        for failure in result.failures:
            print(f"  {'':<18}missed     {failure}")
    short = [result.name for result in results if result.outcome not in WHOLE]
    if not any(result.files for result in results if result.name != CLUSTER):
        print("nothing was collected")
        return 2
    if short:
        print(f"partial: {', '.join(short)}; the same command again goes on with what is missing")
    print(f"next: phoneemu check {arguments.snapshot}")
    return 1 if short else 0
