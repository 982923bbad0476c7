"""Releases as people write them, and what begins with which."""

import pytest

from phoneemu.cluster import release as since
from phoneemu.cluster.release import parse_release
from phoneemu.errors import BadInput


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("8.6", (8, 6, 0, 0)),
        ("9.1(2)", (9, 1, 2, 0)),
        ("10.5(2)SU3", (10, 5, 2, 3)),
        ("10.5(1)SU1a", (10, 5, 1, 1)),
        ("10.5.1", (10, 5, 1, 0)),
        ("11.5.1.15900-18", (11, 5, 1, 5)),
        ("12.5.1.10000-22", (12, 5, 1, 0)),
        ("14", (14, 0, 0, 0)),
        ("14SU2", (14, 0, 0, 2)),
        ("15 su1", (15, 0, 0, 1)),
        ("14.0.1.10000-20", (14, 0, 0, 0)),
        ("14.0(1)SU3", (14, 0, 0, 3)),
        ("15.0.1.11900-23", (15, 0, 0, 1)),
    ],
)
def test_a_release_is_read_by_its_numbers(text: str, parts: tuple[int, int, int, int]) -> None:
    release = parse_release(text)
    assert release.parts == parts
    assert release.text == text


@pytest.mark.parametrize("text", ["", "twelve", "12.x", "12.5(1", "12.5(1)SU", "-1", "1.2.3.4.5"])
def test_what_is_no_release_is_named_with_its_place(text: str) -> None:
    with pytest.raises(BadInput, match=r"cluster.toml: `.*` is not a release; write it like"):
        parse_release(text, place="cluster.toml")


def test_releases_are_ordered_by_their_numbers() -> None:
    texts = ["8.6", "9.1(2)", "10.0", "10.5(1)", "10.5(2)", "10.5(2)SU1", "11.5(1)", "12.5(1)SU3", "14", "15"]
    releases = [parse_release(text) for text in texts]
    assert releases == sorted(releases, reverse=True)[::-1]
    assert parse_release("10.5(2)") == parse_release("10.5.2")


@pytest.mark.parametrize(
    ("fact", "last_without", "first_with"),
    [
        (since.ITL_RECOVERY_EXISTS, "9.1(2)", "10.0(1)"),
        (since.TOKENLESS_CTL, "9.1(2)", "10.0(1)"),
        (since.ITL_RECOVERY_IN_TOKENLESS_CTL, "10.5(1)SU1", "10.5(2)"),
        (since.SHA512_OFFERED, "11.0(1)", "11.5(1)"),
        (since.SIGNS_WITH_ITL_RECOVERY, "11.5(1)SU9", "12.0(1)"),
        (since.ONE_ITL_RECOVERY, "12.0(1)", "12.5(1)"),
        (since.PHONES_RESET_THEMSELVES, "12.5(1)SU8", "14"),
        (since.NO_TOKENS, "12.5(1)SU8", "14"),
        (since.FIPS_KEEPS_ITL_RECOVERY, "15.0.1.12900-234", "15.0.1.13900-1"),
        (since.TLS_FLOOR_OF_CLUSTER, "15.0.1.11900-23", "15.0.1.12900-234"),
    ],
)
def test_what_begins_with_a_release_is_not_there_before(
    fact: since.Since, last_without: str, first_with: str
) -> None:
    assert not fact.holds(parse_release(last_without))
    assert fact.holds(parse_release(first_with))
    assert fact.source
