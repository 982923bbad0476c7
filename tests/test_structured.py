"""JSON and TOML that is broken, or nested beyond any sense, is one line with its place."""

import pytest

from phoneemu.errors import BadInput
from phoneemu.structured import from_json, from_toml


def test_what_is_whole_is_read() -> None:
    assert from_json('{"a": [1]}', "x.json") == {"a": [1]}
    assert from_toml("a = [1]", "x.toml") == {"a": [1]}


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "1" * 10_000, '{"a":\n nope}'])
def test_broken_json_names_its_file(text: str) -> None:
    with pytest.raises(BadInput, match=r"^x\.json:\d+: no JSON: "):
        from_json(text, "x.json")


@pytest.mark.parametrize("text", ["a", "a = " + "[" * 100_000, "a = " + "1" * 10_000, "a = 1\na = 2"])
def test_broken_toml_names_its_file(text: str) -> None:
    with pytest.raises(BadInput, match=r"^x\.toml: no TOML: "):
        from_toml(text, "x.toml")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a = 0x" + "f" * 5000, "x.toml: a"),
        ("[b.c]\nd = [1, 0o" + "7" * 9000 + "]", "x.toml: b.c.d[2]"),
        ("e = 9223372036854775808", "x.toml: e"),
    ],
)
def test_a_number_of_toml_has_64_bits(text: str, place: str) -> None:
    with pytest.raises(BadInput) as refused:
        from_toml(text, "x.toml")
    assert refused.value.place == place
    assert from_toml("a = -9223372036854775808", "x.toml") == {"a": -(2**63)}
