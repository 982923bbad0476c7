"""Signed configuration files (.sgn): the same header as a trust list, then the body it protects.

As with TrustList, a SignedFile may have bytes behind it or be only planned. A file without a signature
(`SEP<mac>.cnf.xml`) is a SignedFile whose signer is None. This module does not judge: see rules.
"""

import attrs

from phoneemu.core import limits, listbuild, phoneconfig
from phoneemu.core.flash import PhoneConfig
from phoneemu.core.listparse import FILENAME, Header, text
from phoneemu.core.names import Identity
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.trustlist import Digest


@attrs.frozen(kw_only=True)
class SignedFile:
    """A configuration file as offered to a phone.

    `config` is what it says, None when the body is no configuration (a vendor's load manifest); `body` are
    its bytes behind the header when there are any.
    """

    filename: str
    signer: Identity | None
    digest: Digest | None = Digest.SHA1
    digest_number: int = 1
    key_bits: int | None = None
    signer_expires: float | None = attrs.field(default=None, eq=False)
    """As in a TrustList."""
    of_tomcat: bool | None = attrs.field(default=None, eq=False)
    """Whether its signer is tomcat's certificate, reused for CallManager; None: the bytes do not tell."""
    version: tuple[int, int] = (1, 0)
    timestamp: int | None = None
    signature: bytes = attrs.field(default=b"", repr=False)
    config: PhoneConfig | None = None
    body: bytes = attrs.field(default=b"", repr=False)
    header_length: int | None = None
    signature_at: tuple[int, int] = attrs.field(default=(0, 0), repr=False)
    raw: bytes | None = attrs.field(default=None, repr=False)
    origin: str = ""


def parse(data: bytes, *, origin: str = "") -> SignedFile:
    """Read a signed file, or an unsigned one that begins like XML.

    Raises:
        MalformedFile: the bytes are neither; or the body is XML that is broken or not allowed.
    """
    if len(data) > limits.DOWNLOAD_BYTES:
        raise MalformedFile("larger than any phone downloads", offset=limits.DOWNLOAD_BYTES)
    if _is_xml(data):
        config = phoneconfig.parse(data)
        return SignedFile(filename=origin, signer=None, config=config, body=data, raw=data, origin=origin)
    header = Header(data)
    body = data[header.length :]
    return SignedFile(
        filename=text(header.values.get(FILENAME, b"")),
        signer=header.signer,
        digest=header.digest,
        digest_number=header.number(8, 0) or 0,
        key_bits=header.key_bits,
        version=header.version() or (0, 0),
        timestamp=header.timestamp,
        signature=header.values.get(12, b""),
        config=phoneconfig.parse(body) if _is_xml(body) else None,
        body=body,
        header_length=header.length,
        signature_at=header.signature_at,
        raw=data,
        origin=origin,
    )


def _is_xml(data: bytes) -> bool:
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def build(filename: str, body: bytes, signing: listbuild.Signing) -> SignedFile:
    """Sign a body under a name; header version 1.0 unless the signing says otherwise.

    Raises:
        ValueError: a name does not fit its length field, or the key has no code.
    """
    return parse(listbuild.signed(signing, filename, body), origin=filename)
