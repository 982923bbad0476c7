"""One file put to one phone: what it would rule, given what it holds.

The question is the one a booting phone asks, so the answer is the rule book's; nothing is fetched, and a TVS
is not asked: the ruling may be to ask it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from phoneemu.core import limits, listparse, reading, showtext, signedfile
from phoneemu.core.flash import Flash, PhoneConfig
from phoneemu.core.journal import Ruled
from phoneemu.core.modelfile import load_words
from phoneemu.core.profile import Profile
from phoneemu.core.question import Question, Stage, Subject
from phoneemu.core.rules import judge
from phoneemu.core.rules_lists import L3
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.trustlist import ListKind, TrustList
from phoneemu.errors import BadInput
from phoneemu.files import read_bytes
from phoneemu.fleet.explain import Provenance, decision
from phoneemu.fleet.listexports import sightings_of

LOAD_UNKNOWN = "load-unknown"
"""The reason where the loads a phone may have do not rule the same."""
_SUBJECTS = {ListKind.CTL: Subject.CTL, ListKind.ITL: Subject.ITL}


def read_file(path: Path) -> TrustList | SignedFile:
    """A list or a configuration from raw bytes or saved `show` text.

    Raises:
        BadInput: it is neither, or too large; names the file, and the byte where there is one.
        OSError: it cannot be read.
    """
    content = read_bytes(path, limits.SHOW_TEXT_BYTES, place=path.name)
    try:
        if path.suffix.lower() in (".sgn", ".xml"):
            return signedfile.parse(content, origin=path.name)
        if path.suffix.lower() == ".txt":
            shown = showtext.parse(content.decode("utf-8-sig", errors="replace"), origin=path.name)
            if shown.list is None:
                raise BadInput("the text says that there is no such list", place=path.name)
            return shown.list
        return listparse.parse(content, origin=path.name)
    except MalformedFile as malformed:
        raise BadInput(str(malformed), place=path.name) from None


def held(installed: Sequence[TrustList | SignedFile], *, names_tvs: bool) -> Flash:
    """A flash that holds these lists; `names_tvs` tells whether its configuration names a TVS.

    Raises:
        BadInput: two lists of one kind, or a configuration.
    """
    flash = Flash(config=PhoneConfig(stamp="", tvs_servers=("a TVS",) if names_tvs else ()))
    for each in installed:
        if not isinstance(each, TrustList):
            raise BadInput(
                "a phone's installed list is a CTL or an ITL, not a configuration", place=each.origin
            )
        ctl = each.kind is ListKind.CTL
        if (flash.ctl if ctl else flash.itl) is not None:
            raise BadInput(f"a phone holds one {each.kind.name} only", place=each.origin)
        flash = attrs.evolve(flash, ctl=each) if ctl else attrs.evolve(flash, itl=each)
    return flash


def verify(offered: TrustList | SignedFile, flash: Flash, profile: Profile, server: str) -> Ruled:
    """Put the offer to the rule book as a booting phone would.

    `server` is the TFTP server it comes from; "" stands for one that the installed CTL lists.
    """
    subject = _SUBJECTS[offered.kind] if isinstance(offered, TrustList) else Subject.CONFIG
    listed = sorted(flash.ctl.tftp_servers) if flash.ctl is not None else []
    question = Question(
        subject=subject,
        stage=Stage.OFFER,
        profile=profile,
        flash=flash,
        now=0.0,
        server=server or (listed[0] if listed else ""),
        offered=offered,
        signer=offered.signer,
        signature=reading.signature_of(offered, offered.signer, flash),
    )
    ruling = judge(question)
    if ruling.verdict is Verdict.ACCEPT and any(fact.value is None for fact in ruling.facts):
        # harmless to a fleet either way, but not an answer to whether this phone takes this list
        ruling = attrs.evolve(ruling, verdict=Verdict.CANNOT_SAY, reason=Reason.LIST_SUPPORT_UNKNOWN, rule=L3)
    return Ruled(subject=subject, ruling=ruling, question=question)


def by_load(told: Sequence[tuple[Profile, Ruled]]) -> dict[str, str]:
    """What each load would rule, where they do not all rule the same; nothing where they do."""
    if len({(entry.verdict, entry.reason) for _, entry in told}) == 1:
        return {}
    return {load_words(profile): f"{entry.verdict.value}, {entry.reason.value}" for profile, entry in told}


def lines(entry: Ruled, profile: Profile, differing: Mapping[str, str]) -> list[str]:
    """The verdict and what it stands on, for a person; `differing` is what `by_load` tells."""
    flash = entry.question.flash
    lists = [each for each in (flash.ctl, flash.itl) if each is not None]
    known = Provenance(seen=sightings_of(lists), made_at={}, served_at={})
    offered = entry.question.offered
    origin = offered.origin if isinstance(offered, TrustList | SignedFile) else ""
    load = profile.load or "load not known"
    ruling = entry.ruling
    verdict = f"{ruling.verdict.value}, {ruling.reason.value}    standing: {ruling.standing.label}"
    if differing:
        verdict = f"{Verdict.CANNOT_SAY.value}, {LOAD_UNKNOWN}"
    told = [
        f"{origin}: {profile.name}, {load}: {verdict}",
        *(f"  {number}  {text}" for number, text in enumerate(decision(entry, profile, known), 1)),
        f"  signature: {entry.question.signature.value}",
    ]
    if differing:
        told.append("  the load is not known, and loads differ; the above is the newest's:")
        told += [f"    {words}: {ruled}" for words, ruled in differing.items()]
    return told
