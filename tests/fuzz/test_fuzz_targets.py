"""What once broke a reader does so no more, and every target is alive."""

from pathlib import Path

import pytest
from targets import TARGETS, Target

CRASHES = Path(__file__).resolve().parents[2] / "fuzz" / "crashes"
KEPT = sorted(path for path in CRASHES.rglob("*") if path.is_file() and path.name != "README.md")


@pytest.mark.parametrize("kept", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_once_broke_a_reader_is_read_or_refused(kept: Path) -> None:
    TARGETS[kept.parent.name](kept.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_begins_from_inputs_that_it_takes(name: str) -> None:
    for seed in TARGETS[name].seeds():
        TARGETS[name].read(seed)


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_survives_nothing_and_nonsense(name: str) -> None:
    for data in (b"", b"\0", b"\xff\xfe\x00", b"[" * 3000, b"<a>" * 500, b'"', b"=\n=\n"):
        TARGETS[name](data)


def test_a_reader_that_breaks_its_promise_is_found() -> None:
    with pytest.raises(IndexError):
        Target(read=lambda data: data[7])(b"short")
