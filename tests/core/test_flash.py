"""What a phone keeps."""

import pytest

from phoneemu.core.flash import DeviceSecurity, Flash


@pytest.mark.parametrize(
    ("mode", "tls"), [("Non Secure", False), ("Authenticated", True), ("Encrypted", True)]
)
def test_only_secure_modes_signal_with_tls(
    mode: str,
    tls: bool,  # noqa: FBT001 - a table value
) -> None:
    assert DeviceSecurity(mode).uses_tls is tls


def test_a_new_phone_holds_nothing_and_equal_flashes_are_one_key() -> None:
    assert (Flash().ctl, Flash().itl, Flash().config, Flash().tvs_cache) == (None, None, None, ())
    assert {Flash(): 1}[Flash()] == 1
