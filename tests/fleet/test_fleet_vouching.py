"""What each TVS of a phone's group is worth to it, asked or not."""

import pytest
from fleetmaking import NEWER as LATER
from fleetmaking import OFFICE, a_station, planned
from making import a_profile

from phoneemu.fleet import vouching

NEWER = a_profile(tls_max="1.2")
OLD = a_profile(tls_max="1.0")


def told(plan: str, profile: object = NEWER, group: tuple[str, ...] = ("pub", "sub")) -> list[str]:
    """The lines about both TVS servers after a plan, for a phone that did not start since."""
    station = a_station(profile, OFFICE, group=group)  # type: ignore[arg-type]
    lines = list(vouching.lines(station, planned(plan).stages[-1].world))
    return [line.strip() for line in lines[1:]] if len(lines) > 1 else lines


def test_a_tvs_that_answers_is_told_with_what_it_knows() -> None:
    first, second = told("pub set cert regen CallManager\npub utils ctl update CTLFile")
    assert first.startswith("pub: answers with CN=pub, serial ")
    ctl, itl = "vouches for the signer of the served CTL", "does not vouch for the signer of the served ITL"
    assert first.endswith(f"which the ITL lists; {ctl}, {itl}"), "TFTP was not restarted; its key is gone"
    assert second.startswith("sub: ")


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ("pub block 2445", "pub: cannot be reached"),
        ("pub set cert regen TVS", "which the phone's ITL does not list as TVS"),
        ("pub expire TVS", "which has expired"),
        ("pub delete-certificate Phone-SAST-trust nobody", "vouches for the signer of the served ITL"),
    ],
)
def test_a_tvs_that_is_of_no_use_is_told_why(plan: str, words: str) -> None:
    assert words in told(plan)[0]


def test_a_floor_above_the_phone_is_told() -> None:
    assert told("pub set tls min-version 1.2", OLD)[0] == "pub: speaks TLS 1.2 and later, the phone up to 1.0"


def test_a_member_that_is_no_node_is_told() -> None:
    assert told("phones reset", group=("gone",)) == ["gone: no such node is known"]


def test_nothing_is_told_of_a_phone_that_asks_none_and_little_of_one_without_servers() -> None:
    assert told("phones reset", a_profile(asks_tvs=False)) == []
    assert told("phones reset", group=()) == ["  its configuration names no TVS"]


def test_the_word_of_a_tvs_about_a_recovery_key_is_told_as_inferred() -> None:
    station = a_station(NEWER, LATER)
    plan = planned("pub set cert regen ITLRecovery\n* utils service restart Cisco Tftp", LATER)
    said = list(vouching.lines(station, plan.stages[-1].world))
    assert said[1].endswith("served ITL (inferred: no source tells the roles of ITLRecovery)")


def test_a_token_that_only_the_served_ctl_names_is_no_signer_that_a_tvs_vouches_for() -> None:
    """[TROUBLE1251], case C11: a phone that holds a CTL refuses it, and this must not say otherwise."""
    lost = "* file delete tftp CTLFile.tlv\ncluster ctl-client sign-with token-9 tokens token-9 token-8"
    assert "does not vouch for the signer of the served CTL" in told(lost)[0]
