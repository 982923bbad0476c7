"""A file that users care about is replaced whole, or not at all; what is no file is written to."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from phoneemu.files import replacing, write_text


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
    assert (run.returncode, run.stderr) == (2, "phoneemu: No space left on device\n")
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
