"""`show ctl` and `show itl` text, as the cluster prints it [SEED118893, MIX118892].

Columns stand at 0, 8, 24 and 32 by tabs; the misspelt tags are the cluster's own. No complete public `show
itl` is known: its layout here is that of `show ctl` with the word changed, and rows 11 and 12 for a TVS
record that carries a hash, both inferred. Rows whose figure is not known are left out, not invented.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from phoneemu.core.names import Identity, serial_text
from phoneemu.core.plaintext import shown
from phoneemu.core.trustlist import ROLE_TEXT, ListKind, Record, Role, SignatureStatus, TrustList

_HEAD = "BYTEPOS\tTAG\t\tLENGTH\tVALUE"
_RULE = "-------\t---\t\t------\t-----"
_KEY_LENGTHS = {512: 74, 1024: 140, 2048: 270, 3072: 398, 4096: 526}
"""Bytes of a PKCS#1 public key by modulus, as the PUBLICKEY row counts them."""


def date(seconds: float | None) -> str:
    """A file's date as the cluster prints it, in UTC; "" for None or a moment no calendar has.

    `seconds` count from 1970.
    """
    if seconds is None:
        return ""
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(seconds))
    except OverflowError:
        return ""
    return f"{moment:%a %b %d %H:%M:%S} UTC {moment.year}"


def row(number: int, tag: str, length: int | str, value: object = "") -> str:
    """One table row; a tag reaches over to its column by tabs."""
    tabs = "\t" * max(1, 2 - len(tag) // 8)
    return f"{number}\t{tag}{tabs}{length}\t{shown(str(value))}".rstrip()


def render(
    trust_list: TrustList, *, modified: str = "", signature: SignatureStatus = SignatureStatus.VALID
) -> str:
    """The text for a list.

    `modified` is the file's date as the cluster prints it. `signature` BAD gives another closing line,
    whose wording is assumed: nobody published one.
    """
    kind = trust_list.kind.name
    lines = [
        f"The checksum value of the {kind} file:",
        *([f"{trust_list.md5}(MD5)"] if trust_list.md5 else []),
        *([f"{trust_list.sha1}(SHA1)"] if trust_list.sha1 else []),
        "",
        *([f"Length of {kind} file: {trust_list.length}"] if trust_list.length is not None else []),
        *([f"The {kind} File was last modified on {modified}"] if modified else []),
        "",
        f"Parse {kind} File",
        "----------------",
        "",
        *_header(trust_list),
    ]
    for number, record in enumerate(trust_list.records, start=1):
        lines += ["", f"{kind} Record #:{number}", "----", _HEAD, _RULE, *_record(record)]
        if record.role == Role.SAST:
            used = "was" if record.identity == trust_list.signer else "was not"
            lines.append(f"This etoken {used} used to sign the {kind} file.")
    if signature is SignatureStatus.BAD:
        lines += ["", f"Verification of the {kind} file failed."]  # wording assumed
    else:
        lines += ["", f"The {kind} file was verified successfully."]
    return "\n".join(lines) + "\n"


def render_missing(kind: ListKind) -> str:
    """The text when the node has no such file."""
    name = kind.name
    if kind is ListKind.ITL:  # only the last line is published [TROUBLE1251]; the others are inferred
        return f"Length of {name} file: 0\n{name} File not found.\nError parsing the {name} File.\n"
    return (
        f"Length of {name} file: 0\n"
        "CTL File not found. Please run CTLClient plugin or run the CLI - utils ctl.. to generate the CTL "
        "file.\n"
        "Error parsing the CTL File.\n"
    )


def _serial_length(identity: Identity, records: Sequence[Record]) -> int:
    for record in records:
        if record.identity == identity and record.serial:
            return len(record.serial)
    return max(1, (identity.serial.bit_length() + 7) // 8)


def _header(trust_list: TrustList) -> list[str]:
    major, minor = trust_list.version
    lines = [f"Version:\t{major}.{minor}"]
    if trust_list.header_length is not None:
        lines.append(f"HeaderLength:\t{trust_list.header_length} (BYTES)")
    lines += ["", _HEAD, _RULE]
    signer = trust_list.signer
    if signer is not None:
        length = _serial_length(signer, trust_list.records)
        subject, issuer = len(signer.subject) + 1, len(signer.issuer) + 1
        lines += [
            row(3, "SIGNERID", 2, 9 + subject + length + issuer),
            row(4, "SIGNERNAME", subject, signer.subject),
            row(5, "SERIALNUMBER", length, serial_text(signer.serial, length)),
            row(6, "CANAME", issuer, signer.issuer),
        ]
    lines += [
        row(7, "SIGNATUREINFO", 2, 15),
        row(8, "DIGESTALGORTITHM", 1),
        row(9, "SIGNATUREALGOINFO", 2, 8),
        row(10, "SIGNATUREALGORTITHM", 1),
        row(11, "SIGNATUREMODULUS", 1),
    ]
    if trust_list.key_bits is not None:
        lines.append(row(12, "SIGNATURE", len(trust_list.signature) or trust_list.key_bits // 8))
    signature = trust_list.signature
    lines += [
        "\t\t" + "  ".join(f"{byte:x}" for byte in signature[at : at + 8])
        for at in range(0, len(signature), 8)
    ]
    if trust_list.filename:
        lines.append(row(14, "FILENAME", len(trust_list.filename) + 1))
    return [*lines, *([row(15, "TIMESTAMP", 4)] if trust_list.timestamp is not None else [])]


def _record(record: Record) -> list[str]:
    lines = [] if record.length is None else [row(1, "RECORDLENGTH", 2, record.length)]
    lines.append(row(2, "DNSNAME", len(record.dns_name) + 1, record.dns_name))
    identity = record.identity
    if identity is not None:
        lines.append(row(3, "SUBJECTNAME", len(identity.subject) + 1, identity.subject))
    if record.role is not None:
        lines.append(row(4, "FUNCTION", 2, ROLE_TEXT.get(record.role, str(record.role))))
    if identity is not None:
        length = len(record.serial) or max(1, (identity.serial.bit_length() + 7) // 8)
        lines += [
            row(5, "ISSUERNAME", len(identity.issuer) + 1, identity.issuer),
            row(6, "SERIALNUMBER", length, serial_text(identity.serial, length)),
        ]
    return lines + _material(record)


def _material(record: Record) -> list[str]:
    """The rows of keys, signatures and certificates."""
    lines = []
    printed = dict(record.printed)
    public_key = len(record.public_key) or printed.get(7) or _KEY_LENGTHS.get(record.key_bits or 0)
    if public_key:
        lines.append(row(7, "PUBLICKEY", public_key))
    if record.signature or 8 in printed:
        lines.append(row(8, "SIGNATURE", len(record.signature) or printed[8]))
    if record.certificate_sha1 and (record.certificate or 9 in printed):
        pairs = " ".join(f"{byte:02X}" for byte in bytes.fromhex(record.certificate_sha1))
        length = len(record.certificate) or printed[9]
        lines.append(row(9, "CERTIFICATE", length, f"{pairs} (SHA1 Hash HEX)"))
    if record.ip_address or 10 in printed:
        lines.append(row(10, "IPADDRESS", len(record.ip_address) or printed[10]))
    if record.certificate_hash:
        pairs = " ".join(f"{byte:02X}" for byte in record.certificate_hash)
        lines.append(row(11, "CERTHASH", len(record.certificate_hash), pairs))
    if record.hash_algorithm is not None:
        lines.append(row(12, "HASH ALGORITHM", 1, record.hash_algorithm))
    return lines
