"""Bytes to tagged values and back: the framing shared by trust lists and signed files.

Every element is a tag byte, a 16-bit big-endian length and the value; tag 13 alone is a single pad byte
without a length [formats 1.1: SCF, certutils]. Header and record tags overlap in number, so a caller says
where a header ends; this module knows no meaning of any tag. Offsets in errors count from the file's start.
"""

import struct
from collections.abc import Iterable

import attrs

PAD = 13


class MalformedFile(ValueError):  # noqa: N818 - habit 1: malformed is the word for bad bytes
    """The bytes are not such a file. The text names the byte; nothing else is ever raised by a parser."""

    def __init__(self, what: str, *, offset: int) -> None:
        super().__init__(f"{what} at byte {offset:,}")
        self.what = what
        self.offset = offset


class EmptyFile(MalformedFile):
    """A file of no bytes at all, which a phone takes as no list [behaviour-more 44]."""

    def __init__(self) -> None:
        super().__init__("the file is empty", offset=0)


@attrs.frozen
class Tlv:
    """One element as it stood in the file; a pad has tag 13 and no value."""

    tag: int
    value: bytes

    def encode(self) -> bytes:
        """The element's bytes.

        Raises:
            ValueError: the value is longer than a 16-bit length can say.
        """
        if self.tag == PAD:
            return b"\x0d"
        if len(self.value) > 0xFFFF:
            raise ValueError(f"tag {self.tag}: {len(self.value):,} bytes do not fit a 16-bit length")
        return struct.pack(">BH", self.tag, len(self.value)) + self.value


def read_tlvs(data: bytes, start: int, end: int) -> Iterable[tuple[int, Tlv]]:
    """Yield (offset, element) from `start` up to `end`.

    Raises:
        MalformedFile: an element's head or value runs past `end`.
    """
    at = start
    while at < end:
        tag = data[at]
        if tag == PAD:
            yield at, Tlv(PAD, b"")
            at += 1
            continue
        if at + 3 > end:
            raise MalformedFile(f"tag {tag} has no room for a length before {end:,}", offset=at)
        length = int.from_bytes(data[at + 1 : at + 3], "big")
        if at + 3 + length > end:
            raise MalformedFile(f"tag {tag}: length {length:,} runs past the end ({end:,})", offset=at)
        yield at, Tlv(tag, data[at + 3 : at + 3 + length])
        at += 3 + length


def encode_all(tlvs: Iterable[Tlv]) -> bytes:
    """The elements' bytes, one after the other."""
    return b"".join(tlv.encode() for tlv in tlvs)
