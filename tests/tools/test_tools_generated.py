"""The parts of texts that programs write."""

from pathlib import Path

import pytest
from generated import fenced, refresh, splice

PAGE = "before\n<!-- count:begin -->\nold\n<!-- count:end -->\nafter\n"


def test_only_the_named_part_is_replaced() -> None:
    assert splice(PAGE, "count", "12\n") == PAGE.replace("old", "12")


def test_splicing_twice_changes_nothing_more() -> None:
    once = splice(PAGE, "count", fenced("a\n\nb", "text"))
    assert splice(once, "count", fenced("a\n\nb", "text")) == once


@pytest.mark.parametrize(
    "page",
    [
        "no marks at all\n",
        PAGE + PAGE,
        "<!-- count:end -->\nupside down\n<!-- count:begin -->\n",
    ],
)
def test_a_page_without_one_such_part_is_an_error(page: str) -> None:
    with pytest.raises(ValueError, match="count"):
        splice(page, "count", "12")


def test_a_check_tells_of_a_stale_part_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    assert refresh({"page.md": {"count": "12"}}, check=True, root=tmp_path) == 1
    assert "page.md: stale" in capsys.readouterr().err
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == PAGE


def test_a_refreshed_page_passes_the_check(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    assert refresh({"page.md": {"count": "12"}}, check=False, root=tmp_path) == 0
    assert refresh({"page.md": {"count": "12"}}, check=True, root=tmp_path) == 0
    assert "12" in (tmp_path / "page.md").read_text(encoding="utf-8")
