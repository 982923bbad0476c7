"""A prediction that was kept: the JSON that an earlier `predict --json` wrote, read for a comparison."""

import json
from collections.abc import Mapping
from pathlib import Path

import attrs

from phoneemu.core import limits
from phoneemu.errors import BadInput
from phoneemu.files import read_head, read_text
from phoneemu.fleet.difference import NOT_FOUND, Verdict
from phoneemu.fleet.export import SCHEMA
from phoneemu.fleet.forecast import WHEN_IT_RETURNS
from phoneemu.fleet.outcome import Outcome


@attrs.frozen(kw_only=True)
class Kept:
    """An earlier prediction; `cluster` "" when it does not say of which."""

    cluster: str
    verdicts: Mapping[str, Verdict]
    remarks: frozenset[str] = frozenset()

    def strange_to(self, cluster: str) -> str:
        """What to tell when it is of a cluster of another name; "" when it is not."""
        if not self.cluster or self.cluster.lower() == cluster.lower():
            return ""
        return f"the prediction is of cluster {self.cluster}, and this snapshot is of {cluster}"


def read_verdicts(path: Path) -> Mapping[str, Verdict]:
    """The verdicts of an earlier `predict --json`, as `read_prediction`."""
    return read_prediction(path).verdicts


def read_prediction(path: Path) -> Kept:
    """What an earlier `predict --json` says.

    Raises:
        BadInput: it is none, of another schema, or holds only what differs from a baseline.
        OSError: it cannot be read.
    """
    try:
        said = json.loads(read_text(path, limits.PREDICTION_BYTES))
        schema = said["schema"]
        if schema != SCHEMA:
            raise BadInput(
                f"schema {schema} of a prediction is not known; this reads {SCHEMA}", place=str(path)
            )
        if said.get("differential"):
            text = "it holds only the phones that differ from a baseline; a whole prediction is needed"
            raise BadInput(text, place=str(path))
        known: dict[tuple[object, ...], Verdict] = {}
        verdicts = {str(each["device"]).upper(): _verdict(each, known) for each in said["phones"]}
        remarks = frozenset(map(str, said.get("remarks", ())))
        return Kept(cluster=str(said.get("cluster", "")), verdicts=verdicts, remarks=remarks)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadInput("not the JSON of a prediction", place=str(path)) from error


def _verdict(phone: Mapping[str, object], known: dict[tuple[object, ...], Verdict]) -> Verdict:
    """What is said of one phone; one value for all of which the same is said."""
    standing, occasion = phone.get("standing", ""), phone.get("occasion")
    key = (phone["outcome"], phone["reason"], phone["remedy"], phone.get("remedy_found"), standing, occasion)
    if key not in known:
        known[key] = Verdict(
            Outcome(str(phone["outcome"])).value,
            str(phone["reason"]),
            NOT_FOUND if phone.get("remedy_found") is False else str(phone["remedy"]),
            str(standing),
            occasion == WHEN_IT_RETURNS,
        )
    return known[key]


def is_prediction(path: Path) -> bool:
    """Whether a file is the JSON of a prediction rather than a runbook.

    Raises:
        BadInput: it is empty, and so neither; what wrote it has failed.
        OSError: it cannot be read.
    """
    start = read_head(path, 64)
    if not start:
        raise BadInput("the file is empty: neither a runbook nor a prediction", place=str(path))
    return start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
