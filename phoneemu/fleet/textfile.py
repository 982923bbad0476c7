"""Text of an export, in whichever encoding a terminal, a spreadsheet or a shell wrote it.

UTF-8 and UTF-16, with or without a mark, else the Windows page of western Europe. What is no text is said to
be none; nothing is guessed out of bytes.
"""

import codecs
from collections.abc import Iterator
from pathlib import Path

from phoneemu.errors import BadInput
from phoneemu.files import read_bytes, read_head, reading

HEAD_BYTES = 64 * 1024
"""How much of a file is looked at to tell what it is, or how it is encoded."""

PART_BYTES = 4 * 1024 * 1024
OVERLAP_BYTES = 4 * 1024
"""Longer than any mark by which a file is known."""

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def decoded(content: bytes, file: str) -> str:
    """The text of a file.

    Raises:
        BadInput: it is no text; names the byte.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    head = content[:HEAD_BYTES]
    if b"\x00" in head:
        return _unmarked(content, head, file)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def doubts(content: bytes, text: str) -> str:
    """What is doubtful about a text that was decoded; "" when nothing is."""
    if "\ufffd" in text:
        return f"{text.count(chr(0xFFFD)):,} signs are broken: the file is cut, or in another encoding"
    if (
        text.isascii()
        or content.startswith(tuple(mark for mark, _ in _MARKS))
        or b"\x00" in content[:HEAD_BYTES]
    ):
        return ""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "it is no UTF-8: read as Windows-1252, so names with accents may be wrong"
    return ""


def _unmarked(content: bytes, head: bytes, file: str) -> str:
    """UTF-16 without a mark: every other byte of western text is zero, and those between are plain."""
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        high, low = head[start::2], head[1 - start :: 2]
        plain = sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in low)
        if high.count(0) > 0.9 * len(high) and plain > 0.9 * len(low):
            return content.decode(encoding, errors="replace")
    raise BadInput("not a text file", place=f"{file}: byte {head.index(0)}")


def read(path: Path, limit: int) -> str:
    """The text of a file.

    Raises:
        BadInput: it is no regular file, no text, or larger than the limit.
        OSError: it cannot be read.
    """
    return decoded(read_bytes(path, limit, place=path.name), path.name)


def unicode_text(path: Path, limit: int, *, place: str = "") -> str:
    """The text of a file that a person wrote for this program: UTF-8, or UTF-16 as a shell of Windows writes.

    Raises:
        BadInput: it is neither, or larger than the limit; names the byte.
        OSError: it cannot be read.
    """
    content = read_bytes(path, limit, place=place)
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if b"\x00" in content[:HEAD_BYTES] and not marked:
        return decoded(content, place or str(path))
    try:
        return content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as broken:
        encoding = "UTF-16" if marked else "UTF-8"
        raise BadInput(f"not {encoding} text", place=f"{place or path}: byte {broken.start}") from None


def parts(path: Path) -> Iterator[str]:
    """The whole of a large file in parts that overlap, for looking for words of ASCII in any encoding.

    Raises:
        OSError: it cannot be read.
    """
    kept = b""
    with reading(path, place=path.name) as stream:
        while chunk := stream.read(PART_BYTES):
            chunk = kept + chunk.replace(b"\x00", b"")  # UTF-16, whichever way
            kept = chunk[-OVERLAP_BYTES:]
            yield chunk.decode("latin-1").replace("\r", "")


def head(path: Path, small: int) -> tuple[bytes, str]:
    """The first bytes of a file, all of a small one, and their text; "" when they are none.

    Raises:
        OSError: it cannot be read.
    """
    content = read_head(path, small if path.stat().st_size <= small else HEAD_BYTES, place=path.name)
    try:
        return content, decoded(content, path.name)
    except BadInput:
        return content, ""
