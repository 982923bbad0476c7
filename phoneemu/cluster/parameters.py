"""Enterprise parameters that concern phones' trust: their names as people write them, and their values.

Guides and the database spell some names in several ways. Another parameter changes nothing here.
"""

import difflib
import re
from collections.abc import Mapping

from phoneemu.cluster.state import PHONE_INTERACTION, ROLLBACK, SIGNATURE_ALGORITHM

_ALSO: Mapping[str, tuple[str, ...]] = {
    ROLLBACK: (
        "RollBackToPreGrayback",
        "Prepare cluster for pre CM-8.0 rollback",
        "Prepare Cluster for Rollback to pre-8.6",
    ),
    SIGNATURE_ALGORITHM: (),
    PHONE_INTERACTION: (),
}
"""Other spellings: the database's [RENEWALL], those of guides [SG14-sbd, SG15-sbd]."""

_VALUES: Mapping[str, tuple[str, str]] = {
    ROLLBACK: ("true|false|t|f|1|0", "True or False"),
    SIGNATURE_ALGORITHM: ("sha-?1|sha-?512", "SHA-1 or SHA-512"),
    PHONE_INTERACTION: (".*(auto|manual).*", "Automatic or Manual"),
}


def _plain(text: str) -> str:
    return re.sub("[^a-z0-9]", "", text.lower())


_KNOWN = {_plain(each): name for name, also in _ALSO.items() for each in (name, *also)}


def known_name(text: str) -> str | None:
    """The parameter's own name, however it is spelled; None for one that concerns no trust."""
    return _KNOWN.get(_plain(text))


def meant(text: str) -> str | None:
    """The parameter whose name this looks like with a typing error in it, if any."""
    found = difflib.get_close_matches(_plain(text), _KNOWN, n=1, cutoff=0.85)
    return _KNOWN[found[0]] if found else None


def why_no_value(name: str, value: str) -> str:
    """Why a parameter, by its own name, cannot have this value; "" when it can."""
    pattern, words = _VALUES[name]
    return "" if re.fullmatch(pattern, value.strip(), re.IGNORECASE) else f"{name} is {words}, not {value!r}"
