"""A phone's flash in a folder: all of it comes back, and a kill never mixes old and new."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import attrs
import pytest
from listmaking import published_ctl, signed_itl
from making import a_ctl

from phoneemu.core.flash import CachedAnswer, DeviceSecurity, Flash, PhoneConfig
from phoneemu.core.names import Identity
from phoneemu.errors import BadInput
from phoneemu.net.flash import FlashFolder, Nameplate

CONFIG = PhoneConfig(
    stamp="1", callmanagers=("pub",), tvs_servers=("pub",), security=DeviceSecurity.ENCRYPTED
)
ANSWER = CachedAnswer(
    identity=Identity("CN=a", "CN=b", 77), roles=frozenset({0, 2}), expires=9.5, certificate=b"\x30"
)
ENDLESS_ROLE = (
    b'{"answers": [{"subject": "", "issuer": "", "serial": "1", "certificate": "",'
    b' "roles": [Infinity], "expires": 1}]}'
)
FULL = Flash(ctl=published_ctl(), itl=signed_itl(), config=CONFIG, tvs_cache=(ANSWER,))


def same(one: Flash, other: Flash) -> bool:
    lists = ((one.ctl, other.ctl), (one.itl, other.itl))
    return (one.config, one.tvs_cache) == (other.config, other.tvs_cache) and all(
        mine == yours
        or (mine is not None and mine.raw is not None and yours is not None and mine.raw == yours.raw)
        for mine, yours in lists
    )


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    folder = FlashFolder(tmp_path / "phone")
    assert folder.load() == Flash()
    folder.save(FULL, Flash())
    assert same(folder.load(), FULL)
    assert (tmp_path / "phone" / "ctl.tlv").read_bytes() == published_ctl().raw
    less = attrs.evolve(FULL, ctl=None, config=None, tvs_cache=())
    folder.save(less, FULL)
    assert same(folder.load(), less)
    assert sorted(path.name for path in (tmp_path / "phone").iterdir()) == ["itl.tlv"]


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    folder = FlashFolder(tmp_path)
    folder.save(FULL, FULL)
    assert list(tmp_path.iterdir()) == []


def test_a_list_without_bytes_cannot_be_kept(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without bytes"):
        FlashFolder(tmp_path).save(Flash(ctl=a_ctl()), Flash())


def test_the_nameplate_is_kept(tmp_path: Path) -> None:
    folder = FlashFolder(tmp_path)
    assert folder.nameplate() is None
    plate = Nameplate(model="8861", name="SEP001122AABBCC", load="14-2-1")
    folder.name(plate)
    assert folder.nameplate() == plate


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ctl.tlv", b"junk"),
        ("itl.tlv", b""),
        ("config.xml", b"<no"),
        ("tvs-cache.json", b"{}"),
        ("tvs-cache.json", b'{"answers": [{"subject": 1}]}'),
        ("tvs-cache.json", b"\xff"),
        ("phone.json", b"[]"),
        ("tvs-cache.json", ENDLESS_ROLE),
        ("phone.json", b'{"colour": 1}'),
        ("phone.json", b'{"colour": "red"}'),
        ("phone.json", b'{"model": "8861", "name": "SEP001122AABBCC", "load": 5}'),
    ],
)
def test_a_spoilt_file_is_named(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInput) as error:
        FlashFolder(tmp_path).nameplate() if name == "phone.json" else FlashFolder(tmp_path).load()
    assert str(error.value).startswith(str(tmp_path / name))


SAVER = """
import sys
from pathlib import Path
from phoneemu.core import listparse
from phoneemu.core.flash import Flash
from phoneemu.net.flash import FlashFolder
folder, one, two = (Path(word) for word in sys.argv[1:])
flashes = [Flash(ctl=listparse.parse(path.read_bytes())) for path in (one, two)]
print("ready", flush=True)
while True:
    FlashFolder(folder).save(flashes[0], flashes[1])
    FlashFolder(folder).save(flashes[1], flashes[0])
"""


def test_a_phone_killed_at_any_instant_holds_the_old_or_the_new_list(tmp_path: Path) -> None:
    one, two, kept = tmp_path / "one", tmp_path / "two", tmp_path / "kept"
    small, large = published_ctl().raw or b"", signed_itl().raw or b""
    one.write_bytes(small)
    two.write_bytes(large)
    seen: set[bytes] = set()
    for number in range(12):
        asked = [sys.executable, "-c", SAVER, str(kept), str(one), str(two)]
        with subprocess.Popen(asked, stdout=subprocess.PIPE, text=True) as saver:  # noqa: S603
            assert saver.stdout is not None
            assert saver.stdout.readline() == "ready\n"
            time.sleep(0.005 + 0.0037 * number)
            saver.send_signal(signal.SIGKILL)
        found = (kept / "ctl.tlv").read_bytes() if (kept / "ctl.tlv").exists() else small
        assert found in (small, large)
        assert FlashFolder(kept).load().ctl is not None or not (kept / "ctl.tlv").exists()
        seen.add(found)
    assert seen <= {small, large}
