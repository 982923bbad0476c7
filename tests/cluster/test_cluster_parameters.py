"""Enterprise parameters are found however they are spelled, and a typing error is no silent nothing."""

import pytest
from office import Office

from phoneemu.cluster import parameters
from phoneemu.cluster.state import PHONE_INTERACTION, ROLLBACK, SIGNATURE_ALGORITHM


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("prepare cluster for rollback to PRE 8.0", ROLLBACK),
        ("Prepare Cluster for Rollback to pre-8.0", ROLLBACK),
        ("RollBackToPreGrayback", ROLLBACK),
        ("Prepare cluster for pre CM-8.0 rollback", ROLLBACK),
        ("TFTP file signature algorithm", SIGNATURE_ALGORITHM),
        ("Phone Interaction on Certificate update", PHONE_INTERACTION),
        ("Cluster ID", None),
    ],
)
def test_a_parameter_is_known_in_every_spelling(said: str, name: str | None) -> None:
    assert parameters.known_name(said) == name


def test_a_name_that_is_nearly_one_is_refused_and_another_changes_nothing() -> None:
    office = Office("12.5(1)")
    done = office.does('cluster parameter "Prepare Cluster for Rolback to pre 8.0" = True')
    assert done.refused
    assert f"did you mean {ROLLBACK!r}" in "".join((*done.lines, *done.remarks))
    assert not office.cluster.parameters
    (told,) = office.does('cluster parameter "Cluster ID" = Lab').remarks
    assert "changes nothing here [assumed]" in told


@pytest.mark.parametrize(
    ("name", "value"), [(ROLLBACK, "Ture"), (SIGNATURE_ALGORITHM, "SHA-256"), (PHONE_INTERACTION, "later")]
)
def test_a_value_that_none_has_is_refused(name: str, value: str) -> None:
    office = Office("12.5(1)")
    done = office.does(f'cluster parameter "{name}" = {value}')
    assert done.refused
    assert f"not {value!r}" in "".join((*done.lines, *done.remarks))
    assert not office.cluster.parameters
