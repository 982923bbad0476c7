"""Parsing and verifying a list of six records, against one bare RSA-2048 verification and the hash.

The list has six RSA-2048 records, as a two-node cluster writes them. "Bare" is one PKCS#1 v1.5 verification
plus one SHA-1 of the bytes without the signature element; the codec also walks every element and finds the
signer's own record. Both are measured in turn, in one run.

Two figures, like with like: of a list and a signer never seen before, where the bare verification loads the
signer's certificate too; and of a list read before, as the phones of a cluster all take the same file, where
its key is loaded. The target is asked of both.
"""

import datetime
import hashlib
import statistics
import sys
import time
from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.x509.oid import NameOID

from phoneemu.core import keys, listbuild, listcheck, listparse
from phoneemu.core.listbuild import Entry, Signing
from phoneemu.core.trustlist import ListKind, Role, SignatureStatus

ROUNDS = 41
CALLS = 200
ALLOWED = 2.0
ROLES = (Role.SAST, Role.SAST, Role.CCM_TFTP, Role.CAPF, Role.CCM_TFTP, Role.TVS)


def make_entry(key: rsa.RSAPrivateKey, role: Role, serial: int) -> Entry:
    """A record with a self-signed certificate of its own."""
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "phoneemu lab"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"bench-{serial}"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=1825))
        .sign(key, hashes.SHA256())
    )
    return Entry(role=role, certificate=certificate, dns_name=f"node-{serial}")


def seconds(work: Callable[[], object]) -> float:
    """One call's time, over CALLS calls."""
    started = time.perf_counter()
    for _ in range(CALLS):
        work()
    return (time.perf_counter() - started) / CALLS


def main() -> int:
    """Measure both in turn and compare; 1 when the ratio misses the target."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    entries = [make_entry(key, role, serial) for serial, role in enumerate(ROLES, start=2**120)]
    built = listbuild.build(ListKind.CTL, entries, Signing(key=key, entry=entries[0], timestamp=1))
    raw = built.raw or b""
    start, end = built.signature_at
    certificate = built.records[0].certificate
    public, scheme = key.public_key(), padding.PKCS1v15()
    prehashed = utils.Prehashed(hashes.SHA1())

    def bare(known: rsa.RSAPublicKey = public) -> None:
        digest = hashlib.sha1(raw[:start] + raw[end:], usedforsecurity=False).digest()
        known.verify(built.signature, digest, scheme, prehashed)

    def bare_first() -> None:
        loaded = x509.load_der_x509_certificate(certificate).public_key()
        assert isinstance(loaded, rsa.RSAPublicKey)
        bare(loaded)

    def codec() -> SignatureStatus:
        read = listparse.parse(raw)
        assert read.signer is not None
        record = read.record_of(read.signer)
        assert record is not None
        return listcheck.check(read, record.certificate)

    assert codec() is SignatureStatus.VALID

    def first() -> None:
        listparse.forget()
        keys.forget()
        codec()

    met = True
    print(f"codec: parse and verify {len(raw):,} bytes, 6 records, against the bare verify and hash")
    for what, work, least in (("never seen before", first, bare_first), ("read before", codec, bare)):
        ratio = statistics.median(seconds(work) / seconds(least) for _ in range(ROUNDS))
        cost = seconds(work) * 1e6
        print(f"codec: {what}: {cost:.0f} us, {ratio:.2f}x of {ALLOWED:.0f}x, ratio {ratio / ALLOWED:.2f}")
        met = met and ratio <= ALLOWED
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
