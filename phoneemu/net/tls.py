"""TLS as phones and clusters of many years speak it: old versions, small keys, certificates judged elsewhere.

A client completes the handshake without verifying and hands the peer's certificate over: whether it is
trusted is for the phone. Old versions are allowed here on purpose and nowhere else.
"""

import functools
import socket
import ssl
import tempfile
import threading
import warnings

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from phoneemu.core.listbuild import identity_of as identity_of

OLD_CIPHERS = "ALL:@SECLEVEL=0"
"""Everything the library still has: a phone's AES256-SHA and SHA-1 signatures too [C213407]."""

_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
_VERSION_ALERTS = (
    "PROTOCOL_VERSION",
    "UNSUPPORTED_PROTOCOL",
    "WRONG_VERSION",
    "NO_PROTOCOLS",
    "VERSION_TOO_LOW",
)


class Refused(Exception):  # noqa: N818 - habit: says what happened
    """The handshake failed; `versions` tells that no TLS version suits both sides."""

    def __init__(self, what: str, *, versions: bool) -> None:
        super().__init__(what)
        self.versions = versions


_ONE_AT_A_TIME = threading.Lock()
"""Silencing a warning is global to a process; contexts are made rarely."""


def _bounded(context: ssl.SSLContext, lowest: str, highest: str) -> ssl.SSLContext:
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.0 is old; so are the phones
        context.minimum_version = _VERSIONS[lowest]
        context.maximum_version = _VERSIONS[highest]
    context.set_ciphers(OLD_CIPHERS)
    return context


@functools.cache
def client_context(highest: str, lowest: str = "1.0") -> ssl.SSLContext:
    """A phone's side: its lowest to its highest version, nothing verified."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return _bounded(context, min(lowest, highest), highest)


def server_context(
    certificate: bytes, key: RSAPrivateKey, lowest: str, highest: str = "1.3"
) -> ssl.SSLContext:
    """A cluster's side: its certificate and key, the cluster's TLS floor, and the highest it speaks.

    Raises:
        OSError: no temporary file can be written; the library reads keys from files alone.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _bounded(context, min(lowest, highest), highest)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # readable by its owner alone
        file.write(secret + ssl.DER_cert_to_PEM_cert(certificate).encode())
        file.flush()
        context.load_cert_chain(file.name)
    return context


def connect(sock: socket.socket, highest: str, lowest: str = "1.0") -> tuple[ssl.SSLSocket, bytes]:
    """Complete a handshake; the peer's certificate as DER comes with the connection.

    Raises:
        Refused: the peer speaks TLS, but not with us.
        OSError: the peer hung up, or did not answer in the socket's time.
    """
    try:
        secure = client_context(highest, lowest).wrap_socket(sock)
    except ssl.SSLEOFError as error:
        raise ConnectionResetError("the peer hung up in the handshake") from error
    except ssl.SSLError as error:
        said = (error.reason or str(error)).upper()
        raise Refused(said, versions=any(word in said for word in _VERSION_ALERTS)) from error
    return secure, secure.getpeercert(binary_form=True) or b""


def version_of(secure: ssl.SSLSocket) -> str:
    """The version a connection speaks, such as 1.2."""
    version = (secure.version() or "").removeprefix("TLSv")
    return "1.0" if version == "1" else version
