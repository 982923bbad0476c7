"""The profile names every fact the engine may look at, once."""

import attrs
from making import a_profile

from phoneemu.core.profile import ENGINE_FACTS, Profile


def test_every_engine_fact_is_an_attribute_and_the_other_way_round() -> None:
    attributes = {field.name for field in attrs.fields(Profile)}
    identity = {"model", "name", "enums", "family", "load", "protocol", "facts"}
    assert attributes - identity == set(ENGINE_FACTS)
    assert len(set(ENGINE_FACTS.values())) == len(ENGINE_FACTS)


def test_profiles_are_compared_by_identity_and_serve_as_keys() -> None:
    one, two = a_profile(), a_profile()
    assert one != two
    assert len({one, two, one}) == 2
