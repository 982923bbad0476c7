"""Bytes to TrustList: the header and record elements of a CTL or an ITL.

Any bytes give a list or MalformedFile and nothing else. The order of elements is free and unknown tags are
kept, as real phones do ("skipping N trail bytes") [C214535]. No certificate is opened here.
"""

import functools
from collections.abc import Iterator, Sequence
from typing import overload

from phoneemu.core import limits
from phoneemu.core.keys import key_bits
from phoneemu.core.names import Identity
from phoneemu.core.tlv import PAD, MalformedFile
from phoneemu.core.trustlist import Digest, ListKind, Record, Role, TrustList

VERSION, HEADER_LENGTH, SIGNER_ID, SIGNER_NAME, SIGNER_SERIAL, CA_NAME, SIGNATURE_INFO = range(1, 8)
DIGEST, SIGNATURE_ALGORITHM, ALGORITHM, MODULUS, SIGNATURE = range(8, 13)
FILENAME, TIMESTAMP, SIGNER_VERSION = 14, 15, 28
_CONTAINERS = frozenset({SIGNER_ID, SIGNATURE_INFO, SIGNATURE_ALGORITHM})
_DIGESTS = {digest.value: digest for digest in Digest}
_MODULUS_BITS = {0: 512, 1: 1024, 2: 2048, 3: 4096}

RECORD_LENGTH, DNS_NAME, SUBJECT, FUNCTION, ISSUER, SERIAL, PUBLIC_KEY, RECORD_SIGNATURE = range(1, 9)
CERTIFICATE, IP_ADDRESS, CERTIFICATE_HASH, HASH_ALGORITHM = range(9, 13)
_KEY_BITS = {140: 1024, 270: 2048, 398: 3072, 526: 4096}


class Header:
    """The header of a list or of a signed file: its elements by tag, containers opened.

    `length` counts from byte 0 to the first record or to the body. `signature_at` is where the whole
    signature element stands, which is what the signature leaves out [formats 1.5: SCF].
    """

    def __init__(self, data: bytes) -> None:
        self.length = _header_length(data)
        self.signature_at = (self.length, self.length)
        self.values: dict[int, bytes] = {}
        self._read(data)

    def _read(self, data: bytes) -> None:
        """Walk the elements; a container's elements stand inside it and are walked in passing.

        The open containers' ends are kept here, not on Python's stack: hostile bytes nest as deep as they
        like.
        """
        values, at, ends = self.values, 0, [self.length]
        while ends:
            end = ends[-1]
            if at == end:
                ends.pop()
                continue
            tag = data[at]
            if tag == PAD:
                at += 1
                continue
            begin = at + 3
            stop = begin + (data[at + 1] << 8 | data[at + 2]) if begin <= end else end + 1
            if stop > end:
                raise MalformedFile(f"header tag {tag} runs past its end ({end:,})", offset=at)
            if tag in _CONTAINERS:
                ends.append(stop)
                at = begin
                continue
            if tag not in values:
                values[tag] = data[begin:stop]
                if tag == SIGNATURE:
                    self.signature_at = (at, stop)
            at = stop

    def number(self, tag: int, default: int | None = None) -> int | None:
        """An element as a big-endian number."""
        value = self.values.get(tag)
        return default if not value or len(value) > 8 else int.from_bytes(value, "big")

    def version(self, tag: int = VERSION) -> tuple[int, int] | None:
        """An element of two bytes as major and minor."""
        value = self.values.get(tag, b"")
        return (value[0], value[1]) if len(value) == 2 else None

    @property
    def timestamp(self) -> int | None:
        """When it was signed, in seconds since 1970; None when absent or longer than four bytes."""
        value = self.values.get(TIMESTAMP, b"")
        return int.from_bytes(value, "big") if 0 < len(value) <= 4 else None

    @property
    def signer(self) -> Identity | None:
        """Who signed; None when the header does not name a certificate whole."""
        name, issuer = self.values.get(SIGNER_NAME), self.values.get(CA_NAME)
        serial = self.values.get(SIGNER_SERIAL)
        if name is None or issuer is None or not serial:
            return None
        return Identity(text(name), text(issuer), int.from_bytes(serial, "big"))

    @property
    def digest(self) -> Digest | None:
        """The digest, None when its number is none we know."""
        return _DIGESTS.get(self.number(DIGEST, 0) or 0)

    @property
    def key_bits(self) -> int | None:
        """The signing key's size: by the signature, since the modulus code has no word for 3072."""
        signature = self.values.get(SIGNATURE, b"")
        return len(signature) * 8 or _MODULUS_BITS.get(self.number(MODULUS, -1) or 0)


def _header_length(data: bytes) -> int:
    """Find the header's length before reading on: its element is among the first.

    Raises:
        MalformedFile: there is none, or it is longer than the file.
    """
    at = 0
    while at + 3 <= len(data):
        tag, length = data[at], int.from_bytes(data[at + 1 : at + 3], "big")
        if tag == PAD:
            at += 1
            continue
        if tag == HEADER_LENGTH and length == 2 and at + 5 <= len(data):
            header = int.from_bytes(data[at + 3 : at + 5], "big")
            if header < at + 5 or header > len(data):
                raise MalformedFile(f"the header's length {header:,} does not fit the file", offset=at)
            return header
        at += 3 + length
    raise MalformedFile("there is no header length", offset=min(at, len(data)))


def text(value: bytes) -> str:
    """A NUL-terminated string; bytes that are no UTF-8 are read as Latin-1."""
    raw = value.partition(b"\0")[0]
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def parse(data: bytes, *, kind: ListKind | None = None, origin: str = "") -> TrustList:
    """Read a CTL or an ITL.

    `kind` None takes it from the file name inside, else from whether TVS records are there.

    Raises:
        MalformedFile: the bytes are no such list; names what and the byte.
    """
    if len(data) > limits.DOWNLOAD_BYTES:
        raise MalformedFile("larger than any phone downloads", offset=limits.DOWNLOAD_BYTES)
    key = (kind, origin, len(data), data[192:256])
    known = _READ.get(key)
    if known is not None and known.raw == data:
        return known
    if len(_READ) >= MOST_READ:
        _READ.clear()
    read = _READ[key] = _parsed(data, kind, origin)
    return read


_READ: dict[tuple[ListKind | None, str, int, bytes], TrustList] = {}
"""Lists read lately, by a piece of their signature: the phones of a cluster all take the same file."""
MOST_READ = 64
"""Lists kept at most; a cluster serves a CTL and an ITL a node."""


def _parsed(data: bytes, kind: ListKind | None, origin: str) -> TrustList:
    header = Header(data)
    records = _records(data, header.length)
    filename = text(header.values.get(FILENAME, b""))
    return TrustList(
        kind=kind or _kind(filename, records),
        signer=header.signer,
        digest=header.digest,
        digest_number=header.number(DIGEST, 0) or 0,
        key_bits=header.key_bits,
        version=header.version() or (0, 0),
        signer_version=header.version(SIGNER_VERSION),
        header_length=header.length,
        signature=header.values.get(SIGNATURE, b""),
        filename=filename,
        timestamp=header.timestamp,
        records=records,
        length=len(data),
        origin=origin,
        signature_at=header.signature_at,
        raw=data,
    )


def _kind(filename: str, records: Sequence[Record]) -> ListKind:
    named = filename[:3].upper()
    if named in ("CTL", "ITL"):
        return ListKind[named]
    return ListKind.ITL if any(record.role == Role.TVS for record in records) else ListKind.CTL


class Records(Sequence[Record]):
    """The records of a list that was read, each made when it is first looked at; all were walked before."""

    __slots__ = ("_encoded",)

    def __init__(self, encoded: tuple[bytes, ...]) -> None:
        self._encoded = encoded

    def __len__(self) -> int:
        return len(self._encoded)

    @overload
    def __getitem__(self, at: int) -> Record: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Record, ...]: ...

    def __getitem__(self, at: int | slice) -> Record | tuple[Record, ...]:
        if isinstance(at, slice):
            return tuple(map(_record, self._encoded[at]))
        return _record(self._encoded[at])

    def __iter__(self) -> Iterator[Record]:
        return map(_record, self._encoded)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


def _records(data: bytes, start: int) -> Records:
    records: list[bytes] = []
    at, end = start, len(data)
    while at < end:
        if data[at] == PAD:
            at += 1
            continue
        number = len(records) + 1
        if number > limits.LIST_RECORDS:
            raise MalformedFile(f"more than {limits.LIST_RECORDS:,} records", offset=at)
        if at + 5 > end or data[at] != RECORD_LENGTH or data[at + 1] or data[at + 2] != 2:
            raise MalformedFile(f"record {number} does not begin with its length", offset=at)
        length = data[at + 3] << 8 | data[at + 4]
        if length < 5:
            raise MalformedFile(f"record {number}: length {length} is shorter than its own field", offset=at)
        if at + length > end:
            what = f"record {number}: length {length:,} runs past the end ({end:,})"
            raise MalformedFile(what, offset=at)
        _walk(data, at, at + length, number)
        records.append(data[at : at + length])
        at += length
    return Records(tuple(records))


def _walk(data: bytes, begin: int, end: int, number: int) -> None:
    """Walk the elements of a record without keeping any.

    Raises:
        MalformedFile: one runs past the record's end, or a certificate is beyond the limit.
    """
    at = begin + 5
    last = min(end, len(data) - 2)  # a head that begins later has no room for its length
    while at < last:
        at += 1 if data[at] == PAD else 3 + (data[at + 1] << 8 | data[at + 2])
    if at != end or end - begin > limits.CERTIFICATE_BYTES:
        _walk_closely(data, begin, end, number)


def _walk_closely(data: bytes, begin: int, end: int, number: int) -> None:
    """The same, slowly, to say what is wrong and where."""
    at = begin + 5
    while at < end:
        tag = data[at]
        if tag == PAD:
            at += 1
            continue
        length = data[at + 1] << 8 | data[at + 2] if at + 3 <= end else end
        if at + 3 + length > end:
            raise MalformedFile(f"record {number}: tag {tag} runs past the record's end", offset=at)
        if tag == CERTIFICATE and length > limits.CERTIFICATE_BYTES:
            what = f"record {number}: a certificate of {length:,} bytes is beyond the limit"
            raise MalformedFile(what, offset=begin)
        at += 3 + length


def _elements(encoded: bytes) -> list[bytes | None]:
    """The first value of each known tag in a record that was walked, behind its length."""
    values: list[bytes | None] = [None] * 13
    at, end = 5, len(encoded)
    while at < end:
        tag = encoded[at]
        if tag == PAD:
            at += 1
            continue
        stop = at + 3 + (encoded[at + 1] << 8 | encoded[at + 2])
        if tag < 13 and values[tag] is None:
            values[tag] = encoded[at + 3 : stop]
        at = stop
    return values


def forget() -> None:
    """Drop the lists and records remembered so far; a benchmark's cold start."""
    _READ.clear()
    _record.cache_clear()


@functools.lru_cache(maxsize=4096)
def _record(encoded: bytes) -> Record:
    """A record from its bytes. Lists share most of theirs (one CTL, an ITL a node), so each is made once."""
    values = _elements(encoded)
    certificate = values[CERTIFICATE] or b""
    subject, issuer, serial = values[SUBJECT], values[ISSUER], values[SERIAL]
    named = subject is not None and issuer is not None and serial
    identity = None
    if named:
        identity = Identity(text(subject or b""), text(issuer or b""), int.from_bytes(serial or b"", "big"))
    public_key = values[PUBLIC_KEY] or b""
    function, algorithm = values[FUNCTION], values[HASH_ALGORITHM]
    return Record(
        role=int.from_bytes(function, "big") if function and len(function) <= 2 else None,
        dns_name=text(values[DNS_NAME] or b""),
        identity=identity,
        serial=serial or b"",
        public_key=public_key,
        signature=values[RECORD_SIGNATURE] or b"",
        certificate=certificate,
        certificate_hash=values[CERTIFICATE_HASH] or b"",
        hash_algorithm=algorithm[0] if algorithm else None,
        ip_address=values[IP_ADDRESS] or b"",
        key_bits=_KEY_BITS.get(len(public_key)) or key_bits(public_key),
        length=len(encoded),
        encoded=encoded,
    )
