"""`phoneemu build ctl|itl`: make and sign a trust list for a lab."""

import argparse
import datetime
import secrets
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509.oid import NameOID

from phoneemu.cli._outputs import refuse_wrong
from phoneemu.core import limits, listbuild
from phoneemu.core.trustlist import Digest, ListKind, Role
from phoneemu.errors import BadInput
from phoneemu.files import read_bytes, read_head, replacing, writable

HELP = "make and sign a CTL or an ITL for a lab, from certificates or with keys made on the spot"

LONGEST_NAME = 64
"""Characters of a common name; RFC 5280 allows no more."""
LIST_BEGINS = b"\x01"
ROLES = {
    "sast": Role.SAST,
    "ccm": Role.CCM,
    "ccm+tftp": Role.CCM_TFTP,
    "tftp": Role.TFTP,
    "capf": Role.CAPF,
    "app-server": Role.APP_SERVER,
    "tvs": Role.TVS,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("kind", choices=["ctl", "itl"])
    signer = parser.add_mutually_exclusive_group(required=True)
    signer.add_argument("--signer", type=Path, metavar="PEM", help="the signer's certificate and RSA key")
    signer.add_argument(
        "--make", metavar="NAME", help="make a signer of this name; its key and certificate go to FILE.pem"
    )
    parser.add_argument(
        "--record",
        action="append",
        default=[],
        metavar="ROLE:PEM[:DNSNAME]",
        help=f"a record; roles: {', '.join(ROLES)}; without any, the signer's usual two are written",
    )
    parser.add_argument("--dns-name", default="", help="DNS name of the signer's own records")
    parser.add_argument("--digest", choices=["sha1", "sha256", "sha512"], default="sha1")
    parser.add_argument("--key-size", type=int, choices=[1024, 2048, 3072, 4096], default=2048)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the .tlv to write")


def run(arguments: argparse.Namespace) -> int:
    """Build, sign and write the list."""
    _refuse_wrong(arguments)
    if arguments.make is not None:
        key, certificate = make_signer(arguments.make, arguments.key_size)
    else:
        key, certificate = read_signer(arguments.signer)
    kind = ListKind(arguments.kind)
    name = arguments.dns_name or _common_name(certificate)
    own = listbuild.Entry(role=Role.SAST, certificate=certificate, dns_name=name)
    served = Role.CCM_TFTP if kind is ListKind.CTL else Role.TFTP
    entries = [own]
    if arguments.record:
        entries += [read_record(text) for text in arguments.record]
    else:
        entries.append(listbuild.Entry(role=served, certificate=certificate, dns_name=name))
    signing = listbuild.Signing(
        key=key,
        entry=own,
        digest=Digest[arguments.digest.upper()],
        timestamp=int(datetime.datetime.now(tz=datetime.UTC).timestamp()),
    )
    try:
        built = listbuild.build(kind, entries, signing)
    except ValueError as error:
        raise BadInput(str(error)) from None
    if arguments.make is not None:
        with replacing(_pem_beside(arguments.output), private=True) as stream:
            stream.write(_pem(key, certificate))
    with replacing(arguments.output) as stream:
        stream.write(built.raw or b"")
    print(f"{arguments.output}: {built.length:,} bytes, {len(built.records)} records, SHA1 {built.sha1}")
    return 0


def _refuse_wrong(arguments: argparse.Namespace) -> None:
    """Refuse what would cost somebody a key, and a name that no certificate can carry.

    Raises:
        BadInput: an input, an earlier key or a file that is no list would be written over; or the
            name is none.
        OSError: the list cannot be written.
    """
    targets = {"--output": arguments.output}
    if arguments.make is not None:
        if not 0 < len(arguments.make) <= LONGEST_NAME or not arguments.make.isprintable():
            raise BadInput(f"--make takes a name of 1 to {LONGEST_NAME} printable characters")
        writable(arguments.output)
        targets["the made signer"] = _pem_beside(arguments.output)
    records = [Path(text.split(":")[1]) for text in arguments.record if ":" in text]
    refuse_wrong(targets, inputs=(arguments.signer, *records))
    if arguments.output.is_file() and read_head(arguments.output, 1) not in (b"", LIST_BEGINS):
        raise BadInput("is there and is no list: it is not written over", place=str(arguments.output))
    if arguments.make is not None and targets["the made signer"].exists():
        text = "holds an earlier signer: give it to --signer, move it, or write another file"
        raise BadInput(text, place=str(targets["the made signer"]))


def _pem_beside(output: Path) -> Path:
    return output.with_name(f"{output.name}.pem")


def _pem(key: RSAPrivateKey, certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _common_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def make_signer(name: str, key_size: int) -> tuple[RSAPrivateKey, x509.Certificate]:
    """A key and a self-signed certificate whose organisation says what it is: phoneemu lab."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=key_size)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "phoneemu lab"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    now = datetime.datetime.now(tz=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(bytes([0x40]) + secrets.token_bytes(15), "big"))
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=5 * 365))
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def _certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(read_bytes(path, limits.KEY_FILE_BYTES))
    except (ValueError, x509.InvalidVersion):
        raise BadInput("no PEM certificate in it", place=str(path)) from None


def read_signer(path: Path) -> tuple[RSAPrivateKey, x509.Certificate]:
    """The certificate and the RSA key of a PEM file.

    Raises:
        BadInput: one of them is missing, locked, of another kind, or they do not belong together.
    """
    certificate = _certificate(path)
    try:
        key = serialization.load_pem_private_key(read_bytes(path, limits.KEY_FILE_BYTES), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadInput("no private key in it that can be read without a password", place=str(path)) from None
    if not isinstance(key, RSAPrivateKey):
        raise BadInput("lists are signed with RSA keys; this is another kind", place=str(path))
    if key.public_key() != certificate.public_key():
        raise BadInput("the key does not belong to the certificate", place=str(path))
    return key, certificate


def read_record(text: str) -> listbuild.Entry:
    """One --record argument.

    Raises:
        BadInput: no such role, or no certificate.
    """
    role, _, rest = text.partition(":")
    path, _, dns_name = rest.partition(":")
    if role.lower() not in ROLES or not path:
        raise BadInput(f"--record {text}: write ROLE:PEM[:DNSNAME] with a role of {', '.join(ROLES)}")
    certificate = _certificate(Path(path))
    name = dns_name or _common_name(certificate)
    return listbuild.Entry(role=ROLES[role.lower()], certificate=certificate, dns_name=name)
