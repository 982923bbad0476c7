"""The one door to files: reading up to a limit, and writing the whole new file or keeping the old one.

What is read is a regular file: a pipe or a device that stands in its place could last for ever.
"""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO

from phoneemu.errors import BadInput

# ---------------------------------------------------------------- reading


def why_unreadable(path: Path) -> str:
    """Why there is nothing to read at a path that was found in a folder; "" when it is a regular file.

    Raises:
        OSError: it cannot be looked at.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "a link that leads nowhere" if path.is_symlink() else ""
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "a link that leads nowhere"
        raise
    return _why_no_file(mode)


def _why_no_file(mode: int) -> str:
    if stat.S_ISREG(mode):
        return ""
    if stat.S_ISDIR(mode):
        return "a folder, where a file is needed"
    return "neither a file nor a folder (a pipe, a socket or a device): it is not read"


@contextmanager
def reading(path: Path, *, place: str = "") -> Iterator[BufferedReader]:
    """Open a regular file for reading; its length is for the caller to mind.

    `place` names it in an error, in place of its path.

    Raises:
        BadInput: it is no regular file.
        OSError: it cannot be read.
    """
    # without O_NONBLOCK, opening a pipe would wait for its writer before anything could be said of it
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if path.is_dir():  # not every system opens one
        raise BadInput(_why_no_file(stat.S_IFDIR), place=place or str(path))
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno != errno.ENXIO:  # a socket
            raise
        raise BadInput(_why_no_file(stat.S_IFSOCK), place=place or str(path)) from None
    with os.fdopen(descriptor, "rb") as stream:
        why = _why_no_file(os.fstat(descriptor).st_mode)
        if why:
            raise BadInput(why, place=place or str(path))
        yield stream


def read_bytes(path: Path, limit: int, *, place: str = "") -> bytes:
    """The whole of a regular file.

    Raises:
        BadInput: it is no regular file, or larger than the limit; names both.
        OSError: it cannot be read.
    """
    with reading(path, place=place) as stream:
        size = os.fstat(stream.fileno()).st_size
        content = stream.read(size + 1) if size <= limit else b""  # room is made for what is asked at once
        if len(content) > size:  # it grew, or does not tell its size
            content += stream.read(limit - size)
    if max(size, len(content)) > limit:
        raise BadInput(f"larger than {limit:,} bytes", place=place or str(path))
    return content


def read_head(path: Path, most: int, *, place: str = "") -> bytes:
    """The first bytes of a regular file.

    Raises:
        BadInput: it is no regular file.
        OSError: it cannot be read.
    """
    with reading(path, place=place) as stream:
        return stream.read(most)


def read_text(path: Path, limit: int, *, errors: str = "strict", place: str = "") -> str:
    """The UTF-8 text of a regular file, without a mark, its lines ended as text has them.

    Raises:
        BadInput: it is no regular file, larger than the limit, or not UTF-8; names the byte.
        OSError: it cannot be read.
    """
    try:
        text = read_bytes(path, limit, place=place).decode("utf-8-sig", errors)
    except UnicodeDecodeError as broken:
        raise BadInput("not UTF-8 text", place=f"{place or path}: byte {broken.start}") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


# ---------------------------------------------------------------- writing


@contextmanager
def replacing(path: Path, *, private: bool = False) -> Iterator[IO[bytes]]:
    """Open a temporary file beside `path` that takes its place when the block ends well.

    A link is followed. A device or a pipe (`/dev/stdout`) is written to, never replaced. A `private` file,
    such as one with a key in it, is for its owner alone.

    Raises:
        OSError: it cannot be written; names `path`, which is then untouched.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        try:
            with path.open("wb") as stream:
                yield stream
        except OSError as error:
            raise _named(error, path) from None
        return
    target = path.resolve()
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if private:
            Path(temporary).chmod(0o600)
        elif target.exists():
            Path(temporary).chmod(target.stat().st_mode & 0o777)
        else:
            mask = os.umask(0)
            os.umask(mask)
            Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(target)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _named(error, path) from None
        raise


def _named(error: OSError, path: Path) -> OSError:
    """The same error with the file's name, unless it has one."""
    if error.filename is None and error.errno in _OF_WRITING:
        return OSError(error.errno, error.strerror, str(path))
    return error


_OF_WRITING = frozenset(
    {errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EPIPE, getattr(errno, "EDQUOT", errno.ENOSPC)}
)
"""What can only be said of the file that is written, and not of where its content comes from."""


def writable(path: Path) -> None:
    """Tell before long work whether a file can be written in the end, as far as that can be told.

    Raises:
        OSError: its folder is none or may not be written, or it is a folder; names `path`.
    """
    target = path.resolve()
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if target.exists() and not target.is_file():
        return
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    if not os.access(target.parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically.

    Raises:
        OSError: the folder cannot be written; `path` is then untouched.
    """
    with replacing(path) as stream:
        stream.write(text.encode())
