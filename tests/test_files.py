"""What is read is a file up to a limit; one that users care about is replaced whole, or not at all."""

import errno
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from phoneemu.errors import BadInput
from phoneemu.files import read_bytes, read_head, read_text, replacing, why_unreadable, write_text


def test_a_broken_write_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")

    def half() -> None:
        with replacing(path) as stream:
            stream.write(b"half of the n")
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_permissions_of_an_old_file_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.touch(0o640)
    write_text(path, "new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o640)


def test_a_link_is_followed(tmp_path: Path) -> None:
    path, link = tmp_path / "real.csv", tmp_path / "link.csv"
    path.write_text("old")
    link.symlink_to(path)
    write_text(link, "new")
    assert link.is_symlink()
    assert path.read_text() == "new"


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_text(pipe, "through")
    reader.join(10)
    assert read == ["through"]
    assert pipe.is_fifo()


def test_an_error_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    missing = tmp_path / "no" / "out.csv"
    with pytest.raises(FileNotFoundError) as error:
        write_text(missing, "x")
    assert error.value.filename == str(missing)
    with pytest.raises(IsADirectoryError) as folder:
        write_text(tmp_path, "x")
    assert folder.value.filename == str(tmp_path)


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no /dev/full on this system")
def test_a_full_device_is_an_error_and_stays_a_device() -> None:
    asked = [sys.executable, "-m", "phoneemu", "models", "7960"]
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(asked, stdout=full, stderr=subprocess.PIPE, text=True)  # noqa: S603
    assert (run.returncode, run.stderr) == (2, "phoneemu: standard output: No space left on device\n")
    with pytest.raises(OSError, match="No space left"):
        write_text(Path("/dev/full"), "x" * 100_000)
    assert Path("/dev/full").is_char_device()


def test_a_full_disk_is_named_by_the_file_and_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_text(path, "old")

    def no_room(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(OSError, match="No space left") as full:
        write_text(path, "new")
    assert (full.value.filename, path.read_text()) == (str(path), "old")
    assert list(tmp_path.iterdir()) == [path]


# ---------------------------------------------------------------- reading


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    path.mkdir()


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


@pytest.mark.parametrize("made", [pipe, device, folder, listening])
def test_what_is_no_file_is_not_read_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Callable[[Path], None]
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    path = Path("odd")
    made(path)
    assert why_unreadable(path)
    for read in (lambda: read_bytes(path, 9), lambda: read_head(path, 9), lambda: read_text(path, 9)):
        with pytest.raises(BadInput) as refused:
            read()
        assert (refused.value.place, refused.value.what) == ("odd", why_unreadable(path))


def test_a_file_is_read_up_to_its_limit_and_not_beyond(tmp_path: Path) -> None:
    path = tmp_path / "nine"
    path.write_bytes(b"123456789")
    assert (read_bytes(path, 9), read_head(path, 3), why_unreadable(path)) == (b"123456789", b"123", "")
    with pytest.raises(BadInput, match=r"nine: larger than 8 bytes"):
        read_bytes(path, 8)


@pytest.mark.parametrize("target", ["nowhere", "loop"])
def test_a_link_that_leads_nowhere_is_told_apart_from_what_is_absent(tmp_path: Path, target: str) -> None:
    (tmp_path / "loop").symlink_to(target)
    assert why_unreadable(tmp_path / "loop") == "a link that leads nowhere"
    assert why_unreadable(tmp_path / "absent") == ""


def test_text_has_one_kind_of_line_end_and_no_mark(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes("\ufeffä\r\nb\rc\n".encode())
    assert read_text(path, 99) == "ä\nb\nc\n"


def test_what_is_no_text_is_named_by_its_byte(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"ab\xff")
    with pytest.raises(BadInput, match=r"text: byte 2: not UTF-8 text"):
        read_text(path, 99)
    assert read_text(path, 99, errors="replace") == "ab\ufffd"
