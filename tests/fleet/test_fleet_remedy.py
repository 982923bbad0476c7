"""What hands do at a phone, in the words of its own menu."""

import pytest

from phoneemu.catalogue import catalogue
from phoneemu.core.evidence import Standing
from phoneemu.fleet.forecast import RemedyKind
from phoneemu.fleet.remedy import by_hand


@pytest.mark.parametrize("model", ["7945", "7975", "7911"])
def test_without_a_reset_for_both_lists_each_is_erased(model: str) -> None:
    profile = catalogue().profile(model)
    assert profile.erase_scope.value == "separate"
    both = by_hand(profile, RemedyKind.ERASE_SECURITY)
    ctl, itl = (by_hand(profile, kind) for kind in (RemedyKind.ERASE_CTL, RemedyKind.ERASE_ITL))
    assert both.keys == f"{ctl.keys}; then {itl.keys}"
    assert both.standing is min(ctl.standing, itl.standing)


def test_one_reset_for_both_is_told_once() -> None:
    profile = catalogue().profile("8861")
    assert by_hand(profile, RemedyKind.ERASE_SECURITY).keys == profile.erase_ctl.value


def test_a_menu_that_nobody_knows_is_said() -> None:
    told = by_hand(catalogue().profile("7985"), RemedyKind.ERASE_SECURITY)
    assert (told.keys, told.standing) == ("menu of this model not known", Standing.ASSUMED)
