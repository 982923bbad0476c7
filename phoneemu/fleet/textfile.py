"""Text of an export, in whichever encoding a terminal, a spreadsheet or a shell wrote it.

UTF-8 and UTF-16, with or without a mark, else the Windows page of western Europe. What is no text is said to
be none; nothing is guessed out of bytes.
"""

from pathlib import Path

from phoneemu.errors import BadInput

HEAD_BYTES = 64 * 1024
"""How much of a file is looked at to tell what it is, or how it is encoded."""

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
        BadInput: it is no text, or larger than the limit.
        OSError: it cannot be read.
    """
    if path.stat().st_size > limit:
        raise BadInput(f"larger than {limit:,} bytes", place=path.name)
    return decoded(path.read_bytes(), path.name)


def head(path: Path, small: int) -> tuple[bytes, str]:
    """The first bytes of a file, all of a small one, and their text; "" when they are none.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        content = stream.read(small if path.stat().st_size <= small else HEAD_BYTES)
    try:
        return content, decoded(content, path.name)
    except BadInput:
        return content, ""
