"""What can be a node's name: a host name or an address, and no word that a runbook has for something else.

A name that is none would be taken for something else later on: in a runbook, a folder, a certificate.
"""

import ipaddress
import re

from phoneemu.errors import BadInput

LONGEST = 253
"""Longest host name there is [RFC 1123]."""

_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
_WORDS = frozenset({"admin", "cluster", "phones"})


def why_no_node_name(name: str) -> str:
    """Why this cannot be a node's name; "" when it can."""
    if name.lower() in _WORDS:
        return f"{name!r} cannot be a node's name: it is a word of the runbook"
    if len(name) > LONGEST:
        return f"{name[:20]!r}... cannot be a node's name: it is longer than {LONGEST}"
    if _HOST.fullmatch(name) is None and not _is_address(name):
        return f"{name!r} cannot be a node's name: that has letters, digits, '-', '_' and '.'"
    return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return "%" not in name


def check_node_name(name: str, place: str) -> None:
    """Accept a name that somebody gives to a node.

    Raises:
        BadInput: it cannot be one; at `place`, the file and its line or key.
    """
    why = why_no_node_name(name)
    if why:
        raise BadInput(why, place=place)
