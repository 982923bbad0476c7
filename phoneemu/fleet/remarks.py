"""Remark: something about an export that a person should see."""

import attrs


@attrs.frozen(kw_only=True)
class Remark:
    """Something about an export that a person should see: `place` is `file:line`."""

    place: str
    text: str
