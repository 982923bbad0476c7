"""JSON and TOML text as values; what is broken, or nested beyond any sense, is one line with its place."""

import json
import tomllib

from phoneemu.errors import BadInput

DEEP = "nested too deep"


def from_json(text: str, place: str) -> object:
    """A JSON document.

    Raises:
        BadInput: it is none; names the line.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(f"no JSON: {error.msg}", place=f"{place}:{error.lineno}") from None
    except RecursionError:
        raise BadInput(f"no JSON: {DEEP}", place=f"{place}:1") from None
    except ValueError as error:  # a number of more digits than Python reads
        raise BadInput(f"no JSON: {error}", place=f"{place}:1") from None


def from_toml(text: str, place: str) -> dict[str, object]:
    """A TOML document.

    Raises:
        BadInput: it is none; the text names line and column.
    """
    try:
        found = tomllib.loads(text)
    except RecursionError:
        raise BadInput(f"no TOML: {DEEP}", place=place) from None
    except ValueError as error:
        raise BadInput(f"no TOML: {error}", place=place) from None
    _check_numbers(found, place)
    return found


def _check_numbers(document: dict[str, object], place: str) -> None:
    """Whole numbers of TOML have 64 bits; one of thousands of digits could not even be shown.

    Raises:
        BadInput: one is larger; names the key.
    """
    waiting: list[tuple[str, object]] = list(document.items())
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise BadInput("a whole number of more than 64 bits", place=f"{place}: {key}")
        if isinstance(value, dict):
            waiting += ((f"{key}.{name}", each) for name, each in value.items())
        elif isinstance(value, list):
            waiting += ((f"{key}[{number}]", each) for number, each in enumerate(value, 1))
