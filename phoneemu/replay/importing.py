"""A capture file to cases: reading, watching, sorting and writing down, in one call."""

from collections.abc import Mapping
from pathlib import Path

import attrs

from phoneemu.catalogue import Catalogue
from phoneemu.errors import BadInput
from phoneemu.replay.casemaking import Draft, Terms, draft
from phoneemu.replay.wire.framing import Reader
from phoneemu.replay.wire.sorting import sort
from phoneemu.replay.wire.witness import Place, Sightings, Witness


@attrs.frozen(kw_only=True)
class Imported:
    """The cases of a capture, not yet written, and what is to be said about the whole."""

    drafts: list[Draft]
    sightings: Sightings
    remarks: list[str]


def read(
    path: Path,
    terms: Terms,
    catalogue: Catalogue,
    *,
    places: Mapping[Place, str] | None = None,
    device: str = "",
    everything: bool = False,
) -> Imported:
    """Read a capture; only one phone's cases when `device` is given.

    Raises:
        BadInput: it is no capture, it is broken, or a phone's model or origin is not known.
        OSError: it cannot be read.
    """
    reader = Reader(path)
    witness = Witness(places, everything=everything)
    try:
        sightings = witness.watch(reader)
    except BadInput as error:
        if error.place:
            raise
        raise BadInput(str(error), place=f"{path}: behind byte {reader.offset:,}") from error
    boots, remarks = sort(sightings)
    if reader.cut is not None:
        remarks.append(f"the file ends within a packet, at byte {reader.cut:,}: what came before is taken")
    if sightings.cut_packets:
        remarks.append(f"{sightings.cut_packets:,} packets were recorded only in part and are not used")
    if sightings.unknown_links:
        remarks.append(f"{sightings.unknown_links:,} packets of a link type that is not known are not used")
    if witness.dropped:
        remarks.append(f"{witness.dropped:,} packets in fragments never became whole")
    if witness.given_up:
        remarks.append(f"{witness.given_up:,} connections were given up: more was unfinished than the limit")
    drafts = [
        draft(boot, terms, catalogue, sightings.names)
        for boot in boots
        if not device or boot.device == device.upper()
    ]
    return Imported(drafts=drafts, sightings=sightings, remarks=remarks)
