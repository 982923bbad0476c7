"""Names of others do nothing to a terminal."""

import pytest

from phoneemu.core.plaintext import shown


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("CN=pub;O=Acme", "CN=pub;O=Acme"),
        ("Café\u00a0Süd\t漢字 \U0001f4de", "Café\u00a0Süd\t漢字 \U0001f4de"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\nb\r\x00\x7f\x9b", "a\\nb\\r\\x00\\x7f\\x9b"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\u2028\ufeff\udcff", "\\u2028\\ufeff\\udcff"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, seen: str) -> None:
    assert shown(text) == seen
