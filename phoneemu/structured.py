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
        return tomllib.loads(text)
    except RecursionError:
        raise BadInput(f"no TOML: {DEEP}", place=place) from None
    except ValueError as error:
        raise BadInput(f"no TOML: {error}", place=place) from None
