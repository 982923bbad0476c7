"""What a phone holds after a start that could not be told, and when that no longer matters."""

import pytest
from planmaking import RESET, TFTP, through

from phoneemu.cluster.founding import make_cluster
from phoneemu.cluster.state import Cluster

PLAIN = make_cluster("office", "12.5(1)", ("pub", "sub"))
MIXED = make_cluster("office", "12.5(1)", ("pub", "sub"), mixed=True)
UPDATE = "pub utils ctl update CTLFile"
ALGORITHM = 'cluster parameter "TFTP File Signature Algorithm" ='
AWAY = f"{ALGORITHM} SHA-512; {UPDATE}; {TFTP}; {RESET}"
BACK = f"phones wait 1d; {ALGORITHM} SHA-1; {UPDATE}; {TFTP}; {RESET}"
SURE, UNSURE = "11-0-6SR4", "11-0-4"
"""Loads of an 8821; the second may miss an update of its lists (CSCuz22603)."""


@pytest.mark.parametrize("office", [PLAIN, MIXED])
def test_back_at_a_digest_that_is_known_the_doubt_is_settled(office: Cluster) -> None:
    """[JTAPI14]: it took the lists of SHA-512 or kept those before, and from either it takes these."""
    assert through(AWAY, office, model="8821", load=SURE).says == ("cannot-say", "digest-support-unknown")
    end = through(f"{AWAY}; {BACK}", office, model="8821", load=SURE)
    assert [says for _, says in end.starts] == ["cannot-say", "ok"]
    assert end.last.trust.value == "current"
    assert end.story.lost_at is None


def test_where_the_way_back_is_not_sure_either_the_doubt_stays() -> None:
    end = through(f"{AWAY}; {BACK}", MIXED, model="8821", load=UNSURE)
    assert end.says[0] == "cannot-say"


def test_where_one_of_the_states_could_not_follow_the_doubt_stays() -> None:
    """Who kept the CTL does not know the key that only the CTL in doubt names."""
    renewed = f"pub set cert regen ITLRecovery; {UPDATE}; {TFTP}"
    plan = f"{AWAY}; * block 2445; {renewed}; * set cert regen CallManager; {BACK}"
    end = through(plan, MIXED, model="8821", load=SURE)
    assert end.says == ("cannot-say", "digest-support-unknown")


def test_a_second_change_that_cannot_be_told_adds_to_what_the_phone_may_hold() -> None:
    again = f"pub set cert regen CallManager; {UPDATE}; {TFTP}; {RESET}"
    end = through(f"{AWAY}; {again}; {BACK}", MIXED, model="8821", load=SURE)
    assert [says for _, says in end.starts] == ["cannot-say", "cannot-say", "ok"]


def test_lists_erased_by_hand_are_in_doubt_no_more() -> None:
    end = through(f"{AWAY}; phones erase security; {BACK}", MIXED, model="8821", load=SURE)
    assert end.last.trust.value == "current"
