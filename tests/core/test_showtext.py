"""The room's door: both directions under one name."""

from listmaking import published_ctl

from phoneemu.core import showtext


def test_both_directions_are_found_here() -> None:
    text = showtext.render(published_ctl())
    assert showtext.parse(text) == showtext.parse_all(text)[0]
    assert showtext.parse(showtext.render_missing(showtext.parse(text).kind)).found is False
