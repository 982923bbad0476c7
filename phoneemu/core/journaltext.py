"""How a journal reads: as plain text, JSON lines, status messages and the trust-list alarm.

Text is made only from entries and the model's facts; nothing here decides. The exact strings a phone shows
are in models/*.toml [status]. The console log is in consolelog.
"""

import json
from collections.abc import Callable, Iterator, Mapping

import attrs

from phoneemu.core.journal import (
    AskedTvs,
    CouldNotErase,
    Delivery,
    Entry,
    Erased,
    Fetched,
    Ignored,
    InService,
    Installed,
    Journal,
    LostItl,
    NotInService,
    PoweredDown,
    ReachedForCallManager,
    ReachedForTvs,
    Ruled,
    Started,
    Undecided,
)
from phoneemu.core.names import serial_text
from phoneemu.core.profile import Profile, Text
from phoneemu.core.question import Subject
from phoneemu.core.ruling import Reason, Verdict

WHAT: Mapping[Subject, str] = {
    Subject.CTL: "CTL",
    Subject.ITL: "ITL",
    Subject.CONFIG: "configuration",
    Subject.REGISTRATION: "registration",
}


def _fetched(entry: Fetched) -> str:
    ends = {Delivery.ARRIVED: "arrived", Delivery.MISSING: "no such file", Delivery.SILENT: "no answer"}
    return f"asked {entry.server} for {entry.name} by {entry.transport.value}: {ends[entry.delivery]}"


def _ruled(entry: Ruled) -> str:
    ruling = entry.ruling
    return (
        f"{WHAT[entry.subject]}: {ruling.verdict.value}, {ruling.reason.value} "
        f"(rule {ruling.rule.number}: {ruling.rule.title})"
    )


def _installed(entry: Installed) -> str:
    return f"{'installed its first' if entry.first else 'replaced its'} {WHAT[entry.subject]}"


def _secure(secure: bool) -> str:  # noqa: FBT001 - a word for a flag
    return "with TLS" if secure else "without TLS"


_TEXT: Mapping[type, Callable[..., str]] = {
    Started: lambda entry: f"started, TFTP servers {', '.join(entry.tftp_servers) or 'none'}",
    Fetched: _fetched,
    Ruled: _ruled,
    ReachedForTvs: lambda entry: f"reached for the TVS on {entry.server}",
    AskedTvs: lambda entry: f"asked the TVS on {entry.server} about {entry.signer.short}",
    Installed: _installed,
    LostItl: lambda _: "dropped its ITL: every certificate in it that signs files had changed",
    ReachedForCallManager: lambda entry: (
        f"connected to CallManager {entry.node} {_secure(secure=entry.secure)}"
    ),
    InService: lambda entry: f"registered to {entry.node} {_secure(secure=entry.secure)}",
    NotInService: lambda _: "could not register anywhere",
    Undecided: lambda _: "the story ends here: a fact is missing",
    Erased: lambda entry: f"a person erased: {entry.target.value}",
    CouldNotErase: lambda entry: f"this model cannot erase {entry.target.value} alone; factory reset only",
    PoweredDown: lambda _: "lost power",
    Ignored: lambda entry: f"ignored {entry.what}, which means nothing now",
}


def line(entry: Entry) -> str:
    """One entry as one line for a person."""
    return _TEXT[type(entry)](entry)


def lines(journal: Journal) -> list[str]:
    """The journal for a person, a line each."""
    return [line(entry) for entry in journal]


def _kebab(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


def _as_json(entry: Entry) -> dict[str, object]:
    said: dict[str, object] = {"event": _kebab(type(entry).__name__)}
    match entry:
        case Started():
            said["tftp_servers"] = list(entry.tftp_servers)
        case Fetched():
            said |= {"name": entry.name, "server": entry.server}
            said |= {"transport": entry.transport.value, "delivery": entry.delivery.value}
        case Ruled():
            ruling = entry.ruling
            said |= {"subject": entry.subject.value, "verdict": ruling.verdict.value}
            said |= {"reason": ruling.reason.value, "rule": ruling.rule.number}
            said |= {"standing": ruling.standing.label, "source": ruling.rule.source}
        case AskedTvs():
            said |= {"server": entry.server, "issuer": entry.signer.issuer}
            said["serial"] = serial_text(entry.signer.serial)
        case Installed():
            said |= {"subject": entry.subject.value, "first": entry.first}
        case Erased() | CouldNotErase():
            said["target"] = entry.target.value
        case LostItl() | NotInService() | Undecided() | PoweredDown():
            pass
        case _:
            said |= attrs.asdict(entry)
    return said


def json_lines(journal: Journal) -> Iterator[str]:
    """Each entry as one JSON object."""
    return (json.dumps(_as_json(entry)) for entry in journal)


# ---------------------------------------------------------------- what became of the lists


@attrs.frozen(kw_only=True)
class ListFate:
    """What became of one list in a boot: first installed, updated, failed; and whether one was held."""

    first: bool
    updated: bool
    failed: bool
    held_before: bool

    @property
    def held_after(self) -> bool:
        """Whether the phone holds such a list when it is done."""
        return self.held_before or self.first


def fate(journal: Journal, subject: Subject) -> ListFate:
    """What became of the CTL or the ITL. A silent server counts as a failed update [AG8800-status]."""
    installed = [entry for entry in journal if isinstance(entry, Installed) and entry.subject is subject]
    rulings = journal.rulings()
    flash = rulings[0].question.flash if rulings else None
    held = flash is not None and (flash.ctl if subject is Subject.CTL else flash.itl) is not None
    last = journal.last_ruling(subject)
    failed = last is not None and (
        last.verdict in (Verdict.REFUSE, Verdict.HALT) or last.reason is Reason.SERVER_SILENT
    )
    first = any(entry.first for entry in installed)
    return ListFate(first=first, updated=bool(installed) and not first, failed=failed, held_before=held)


# ---------------------------------------------------------------- status messages

MISSING_CTL = "File Not Found <CTLFile.tlv>"
"""Printed when the cluster has no CTL; harmless [AG8800-status]."""

UNKNOWN_TEXT = "(text of this model not known)"


def _said(text: Text, meaning: str) -> str:
    return text.value if text.value else f"{meaning} {UNKNOWN_TEXT}"


def status_messages(journal: Journal, profile: Profile) -> list[str]:
    """The status messages this model shows for the boot, oldest first, in its own words."""
    messages = [_said(profile.status_erasing, "erasing") for entry in journal if isinstance(entry, Erased)]
    if not journal.rulings():
        return messages
    ctl, itl = fate(journal, Subject.CTL), fate(journal, Subject.ITL)
    missing = journal.last_ruling(Subject.CTL)
    if missing is not None and missing.reason is Reason.NOT_OFFERED and profile.reads_itl.value:
        messages.append(MISSING_CTL)
    if ctl.first and itl.first:
        messages.append(_said(profile.status_both_installed, "CTL and ITL installed"))
    elif ctl.first:
        messages.append(_said(profile.status_ctl_installed, "CTL installed"))
    elif itl.first:
        messages.append(_said(profile.status_itl_installed, "ITL installed"))
    if ctl.updated or itl.updated:
        messages.append(_said(profile.status_updated, "trust list updated"))
    refused = any(
        ruled.verdict in (Verdict.REFUSE, Verdict.HALT)
        for subject in (Subject.CTL, Subject.ITL)
        if (ruled := journal.last_ruling(subject)) is not None
    )
    if refused or ((ctl.failed or itl.failed) and (ctl.held_after or itl.held_after)):
        messages.append(_said(profile.status_failed, "trust list update failed"))
    if not (ctl.held_after or itl.held_after) and (profile.reads_ctl.value or profile.reads_itl.value):
        messages.append(_said(profile.status_none, "no trust list"))
    return messages + _refusals(journal, profile)


def _refusals(journal: Journal, profile: Profile) -> list[str]:
    """What is said of a TFTP server outside the CTL, and of a refused configuration."""
    last = [journal.last_ruling(subject) for subject in (Subject.CTL, Subject.ITL, Subject.CONFIG)]
    messages = []
    if any(ruled is not None and ruled.reason is Reason.TFTP_NOT_AUTHORISED for ruled in last):
        messages.append(_said(profile.status_tftp, "TFTP server not authorised"))
    config = last[-1]
    refused = config is not None and config.verdict is Verdict.REFUSE
    if refused and config is not None and config.reason is not Reason.TFTP_NOT_AUTHORISED:
        messages.append(_said(profile.status_file_auth, "configuration refused"))
    return messages


# ---------------------------------------------------------------- trust-list alarm

ALARMS: Mapping[int, str] = {
    1: "TL_SUCCESS",
    2: "CTL_INITIAL_SUCCESS",
    3: "ITL_INITIAL_SUCCESS",
    4: "TL_INITIAL_SUCCESS",
    5: "TL_FAILED_OLD_CTL",
    6: "TL_FAILED_NO_TL",
    7: "TL_FAILED",
    8: "TL_FAILED_OLD_ITL",
    9: "TL_FAILED_OLD_TL",
}
"""StatusCode of the DeviceTLInfo alarm [AG8800-sec, ALARMS15]."""


def alarm(journal: Journal) -> int:
    """The StatusCode a phone reports after this boot; a key of ALARMS."""
    ctl, itl = fate(journal, Subject.CTL), fate(journal, Subject.ITL)
    if ctl.failed or itl.failed:
        if not (ctl.held_after or itl.held_after):
            return 6
        if ctl.failed and itl.failed:
            return 9
        kept = ctl if ctl.failed else itl
        if not kept.held_before:
            return 7
        return 5 if ctl.failed else 8
    if ctl.first and itl.first:
        return 4
    if ctl.first:
        return 2
    return 3 if itl.first else 1
