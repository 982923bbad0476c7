"""`phoneemu show FILE`: a trust list or a signed file as the cluster would print it, or as JSON."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from phoneemu.cli._saying import say
from phoneemu.core import limits, listcheck, listparse, showtext, signedfile
from phoneemu.core.names import Identity, serial_text
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.trustlist import ROLE_TEXT, Record, SignatureStatus, TrustList
from phoneemu.errors import BadInput
from phoneemu.files import read_bytes

HELP = "print a CTL, ITL or .sgn file as `show ctl` / `show itl` does, or as JSON"
SCHEMA = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a .tlv, a .sgn, or saved show text")
    parser.add_argument("--json", action="store_true", help="print JSON, schema in docs/json-show.md")


def run(arguments: argparse.Namespace) -> int:
    """Print the file."""
    found = read(arguments.file)
    if isinstance(found, showtext.ShowText) and found.list is None:
        print(json.dumps({"schema": SCHEMA, "kind": found.kind.value, "found": False}) if arguments.json
              else showtext.render_missing(found.kind), end="\n" if arguments.json else "")  # fmt: skip
        return 0
    if arguments.json:
        print(json.dumps(as_json(found), indent=1))
    elif isinstance(found, SignedFile):
        _print_signed(found)
    else:
        trust_list = found.list if isinstance(found, showtext.ShowText) else found
        assert trust_list is not None  # noqa: S101 - handled above
        modified = (
            found.modified if isinstance(found, showtext.ShowText) else showtext.date(trust_list.timestamp)
        )
        status = own_signature(trust_list)
        if isinstance(found, showtext.ShowText) and found.verified is False:
            status = SignatureStatus.BAD
        print(showtext.render(trust_list, modified=modified, signature=status), end="")
        print("(the text itself says so)" if isinstance(found, showtext.ShowText) and found.verified is False
              else _meaning(status))  # fmt: skip
    return 0


def read(path: Path) -> TrustList | SignedFile | showtext.ShowText:
    """Read a file of any of the three kinds.

    Raises:
        BadInput: it is none of them; names the file and the byte.
    """
    data = read_bytes(path, limits.SHOW_TEXT_BYTES)
    if not data:
        raise BadInput("the file is empty", place=str(path))
    try:
        if data[0] == 1:  # every binary header begins with its version element
            if path.suffix.lower() == ".sgn" or _is_configuration(data):
                return signedfile.parse(data, origin=path.name)
            return listparse.parse(data, origin=path.name)
        if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            return signedfile.parse(data, origin=path.name)
        return showtext.parse(data.decode("utf-8", "replace"), origin=path.name)
    except MalformedFile as error:
        raise BadInput(str(error), place=str(path)) from None


def _is_configuration(data: bytes) -> bool:
    name = listparse.text(listparse.Header(data).values.get(listparse.FILENAME, b"")).lower()
    return bool(name) and not name.endswith(".tlv")


def own_signature(signed: TrustList | SignedFile) -> SignatureStatus:
    """The signature checked with the signer's own record in the list; ASSUMED when that is not possible."""
    if isinstance(signed, SignedFile) or signed.signer is None:
        return SignatureStatus.ASSUMED
    record = signed.record_of(signed.signer)
    return (
        listcheck.check(signed, record.certificate or record.public_key)
        if record
        else SignatureStatus.ASSUMED
    )


def _meaning(status: SignatureStatus) -> str:
    return {
        SignatureStatus.VALID: "(the signature matches the list's own record; a phone asks more than that)",
        SignatureStatus.BAD: "(the signature does not match the list's own record of its signer)",
        SignatureStatus.ASSUMED: "(the signature could not be checked: no certificate of the signer here)",
    }[status]


def _print_signed(signed: SignedFile) -> None:
    say(_signed_lines(signed))


def _signed_lines(signed: SignedFile) -> Iterator[str]:
    who = signed.signer
    yield f"File name inside: {signed.filename or '(none)'}"
    yield f"Signed by: {who.subject}, serial {serial_text(who.serial)}" if who else "Not signed"
    if who is not None:
        digest = signed.digest.label if signed.digest else f"number {signed.digest_number}"
        yield f"Issuer: {who.issuer}"
        yield f"Digest: {digest}; key: {signed.key_bits} bits; header: {signed.header_length} bytes"
    yield f"Body: {len(signed.body):,} bytes"
    config = signed.config
    if config is not None:
        yield f"Version stamp: {config.stamp or '(none)'}"
        yield f"CallManagers: {', '.join(config.callmanagers) or '(none)'}"
        yield f"TVS servers: {', '.join(config.tvs_servers) or '(none)'}"
        yield f"Device security mode: {config.security.value}"


# ---------------------------------------------------------------- JSON


def as_json(found: TrustList | SignedFile | showtext.ShowText) -> dict[str, object]:
    """The file with the keys of docs/json-show.md."""
    if isinstance(found, SignedFile):
        raw = found.raw or b""
        return _common(found, "sgn", len(raw), (listcheck.md5(raw), listcheck.sha1(raw)))
    trust_list = found.list if isinstance(found, showtext.ShowText) else found
    assert trust_list is not None  # noqa: S101 - an absent file never comes here
    sums = (trust_list.md5, trust_list.sha1)
    said = _common(trust_list, trust_list.kind.value, trust_list.length, sums)
    said["records"] = [_record(record) for record in trust_list.records]
    said["complete"] = trust_list.complete
    if isinstance(found, showtext.ShowText):
        said["remarks"] = [*found.remarks, *(f"line {line}: {what}" for line, what in found.doubts)]
    return said


def _common(
    signed: TrustList | SignedFile, kind: str, length: int | None, sums: tuple[str, str]
) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "kind": kind,
        "version": f"{signed.version[0]}.{signed.version[1]}",
        "header_length": signed.header_length,
        "length": length,
        "md5": sums[0],
        "sha1": sums[1],
        "filename": signed.filename,
        "timestamp": signed.timestamp,
        "digest": signed.digest.label if signed.digest else None,
        "signature": _word(own_signature(signed)),
        "signer": _identity(signed.signer) if signed.signer else None,
        "records": [],
    }


def _word(status: SignatureStatus) -> str:
    return "unverifiable" if status is SignatureStatus.ASSUMED else status.value


def _identity(identity: Identity) -> dict[str, object]:
    return {
        "subject": identity.subject,
        "issuer": identity.issuer,
        "serial": serial_text(identity.serial),
    }


def _record(record: Record) -> dict[str, object]:
    who = record.identity
    return {
        "length": record.length,
        "dns_name": record.dns_name,
        "subject": who.subject if who else None,
        "issuer": who.issuer if who else None,
        "serial": serial_text(who.serial) if who else None,
        "function": record.role,
        "role": ROLE_TEXT.get(record.role) if record.role is not None else None,
        "certificate_sha1": record.certificate_sha1 or None,
    }
