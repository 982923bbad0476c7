"""Signed configuration files (.sgn): the same header as a trust list, then the body it protects.

As with TrustList, a SignedFile may have bytes behind it or be only planned. A file without a signature
(`SEP<mac>.cnf.xml`) is a SignedFile whose signer is None. This module does not judge: see rules.
"""

import attrs

from phoneemu.core.flash import PhoneConfig
from phoneemu.core.names import Identity
from phoneemu.core.trustlist import Digest


@attrs.frozen(kw_only=True)
class SignedFile:
    """A configuration file as offered to a phone.

    `config` is what it says; `body` are its bytes behind the header when there are any.
    """

    filename: str
    signer: Identity | None
    digest: Digest | None = Digest.SHA1
    digest_number: int = 1
    key_bits: int | None = None
    version: tuple[int, int] = (1, 0)
    timestamp: int | None = None
    signature: bytes = attrs.field(default=b"", repr=False)
    config: PhoneConfig | None = None
    body: bytes = attrs.field(default=b"", repr=False)
    header_length: int | None = None
    raw: bytes | None = attrs.field(default=None, repr=False)
    origin: str = ""
