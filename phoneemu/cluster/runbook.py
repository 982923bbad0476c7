"""The runbook language: one step a line, who and then what, in the administrator's own words.

The same parser serves the prediction, the emulated `admin:` shell and the planner. It knows the words and
not the effects: those are in admin.perform and, for phones, in fleet.predict.
"""

import difflib
import fnmatch
import hashlib
import ipaddress
import re
from collections.abc import Mapping

import attrs

from phoneemu.errors import BadInput

MOST_STEPS = 10_000
"""Steps a runbook may have; a real one has a dozen [assumed]."""


@attrs.frozen(kw_only=True)
class Verb:
    """A command of the language: its pattern and how it is written for people."""

    name: str
    pattern: re.Pattern[str]
    usage: str


def _verb(name: str, pattern: str, usage: str) -> Verb:
    return Verb(name=name, pattern=re.compile(pattern, re.IGNORECASE), usage=usage)


_WORD = r'("[^"]*"|\S+)'

_LOOKS = (
    r"(?:show (?:cert|csr|version|network|tls|tech|status|myself|cli)\b.*"
    r"|utils (?:service (?:list|auto-restart)|fips status|dbreplication (?:status|runtimestate)"
    r"|create report|ipsec restart|disaster_recovery (?:status|history|device|schedule|show_\w+"
    r"|estimate_tar_size|prepare|cancel_backup|jschLogs))\b.*"
    r"|set (?:csr gen|key regen authz|cli|network cluster publisher)\b.*"
    r"|file (?:list|view|search|tail|dump)\b.*|help\b.*)"
)
"""Commands of the cluster that change nothing a phone could see [CLI15-show, CLI15-utils, CLI15-set]."""

NODE_VERBS: tuple[Verb, ...] = (
    _verb("show-ctl", r"show ctl", "show ctl"),
    _verb("show-itl", r"show itl", "show itl"),
    _verb("mixed-mode", r"utils ctl set-cluster mixed-mode", "utils ctl set-cluster mixed-mode"),
    _verb(
        "non-secure-mode", r"utils ctl set-cluster non-secure-mode", "utils ctl set-cluster non-secure-mode"
    ),
    _verb("update-ctl", r"utils ctl update CTLFile", "utils ctl update CTLFile"),
    _verb("reset-ctl", r"utils ctl reset localkey", "utils ctl reset localkey"),
    _verb(
        "reset-itl", r"utils itl reset (localkey|remotekey)(?: (\S+))?(?:\s.*)?", "utils itl reset localkey"
    ),
    _verb(
        "delete-file", r"file delete tftp (\S+)(?: detail)?(?: (noconfirm))?", "file delete tftp CTLFile.tlv"
    ),
    _verb(
        "delete-file",
        r"file delete activelog cm/tftpdata/(\S+)(?: detail)?(?: (noconfirm))?",
        "file delete activelog cm/tftpdata/CTLFile.tlv",
    ),
    _verb(
        "save-key",
        r"file get tftp (?:cm/tftpdata/)?ITLRecovery\.p12",
        "file get tftp ITLRecovery.p12",
    ),
    _verb("regenerate", r"set cert regen (\S+)", "set cert regen CallManager"),
    _verb("import", rf"set cert import (own|trust) (\S+)(?: {_WORD})?", "set cert import trust CallManager"),
    _verb(
        "upload-signed",
        rf"upload (\S+) signed-by {_WORD}(?: (multi-server))?(?: key (1024|2048|3072|4096))?",
        'upload CallManager signed-by "Example CA"',
    ),
    _verb("share-key", rf"upload ITLRecovery {_WORD}", "upload ITLRecovery ITLRecovery@other-cluster"),
    _verb(
        "upload-trust", rf"upload (\S+-trust) {_WORD}", "upload Phone-SAST-trust CallManager@other-cluster"
    ),
    _verb("delete-certificate", rf"set cert delete (\S+) {_WORD}", "set cert delete CallManager NAME"),
    _verb(
        "delete-certificate",
        rf"delete-certificate (\S+) {_WORD}",
        "delete-certificate CallManager-trust NAME",
    ),
    _verb("service", r"utils service (restart|start|stop) (.+)", "utils service restart Cisco Tftp"),
    _verb("parameter", rf"parameter {_WORD}\s*=\s*{_WORD}", 'parameter "NAME" = VALUE'),
    _verb(
        "ctl-client",
        rf"ctl-client sign-with {_WORD} tokens (.+)",
        "ctl-client sign-with etoken-1 tokens etoken-1 etoken-2",
    ),
    _verb("power", r"power (off|on)", "power off"),
    _verb("block", r"block (\d+)", "block 2445"),
    _verb("unblock", r"unblock (\d+)", "unblock 2445"),
    _verb("system-restart", r"utils system restart", "utils system restart"),
    _verb("run-sql", r"run sql (.+)", "run sql select paramname,paramvalue from processconfig"),
    _verb("min-tls", r"set tls min-version (1\.[0-3])", "set tls min-version 1.2"),
    _verb("wait", r"wait (\d{1,4}\s*[smhd])", "wait 10m"),
    _verb("bulk-exchange", r"bulk-exchange (\S+) with (\S+)", "bulk-exchange TFTP with other-cluster"),
    _verb("bulk", r"set cert bulk (export|import) (\S+)", "set cert bulk export all"),
    _verb("bulk", r"set cert bulk (consolidate|sftp)(?: (\S+))?", "set cert bulk consolidate all"),
    _verb(
        "factory-roots",
        rf"set cert default-ca-list (enable|disable) (?:all|{_WORD})",
        "set cert default-ca-list disable all",
    ),
    _verb("upgrade", r"upgrade (\S+)(?: (refresh))?", "upgrade 12.5(1)SU2"),
    _verb("switch-version", r"utils system switch-version", "utils system switch-version"),
    _verb("restore", rf"restore {_WORD}", "restore BACKUP"),
    _verb("backup", rf"backup {_WORD}", "backup NAME"),
    _verb(
        "backup",
        r"utils disaster_recovery (backup) network(?: .*)?",
        "utils disaster_recovery backup network",
    ),
    _verb(
        "restore-node",
        r"utils disaster_recovery restore network (\S+)(?: .*)?",
        "utils disaster_recovery restore network SERVER TAR DEVICE",
    ),
    _verb("hostname", r"set network hostname (\S+)", "set network hostname NEW"),
    _verb(
        "address",
        r"set network ip eth0 (\S+)(?: \S+)?(?: \S+)?",
        "set network ip eth0 192.0.2.10 255.255.255.0 192.0.2.1",
    ),
    _verb("domain", r"set network domain (\S+)", "set network domain example.org"),
    _verb("fips", r"utils fips (enable|disable)", "utils fips enable"),
    _verb("add-node", r"add-node (.+)", "add-node NAME tftp callmanager tvs"),
    _verb("reinstall", r"reinstall", "reinstall"),
    _verb("reuse", r"reuse-certificate (\S+) for (\S+)", "reuse-certificate tomcat for CallManager"),
    _verb("proxy", r"proxy-tftp for (\S+)", "proxy-tftp for other-cluster"),
    _verb("look", _LOOKS, "show cert list own"),
    _verb("expire", r"expire (\S+)", "expire TVS"),
)
"""What a node or the whole cluster is told."""

PHONE_VERBS: tuple[Verb, ...] = (
    _verb("reset", r"reset|restart", "reset"),
    _verb("apply-config", r"apply-config", "apply-config"),
    _verb("power", r"power (off|on)", "power off"),
    _verb("erase", r"erase (ctl|itl|security)", "erase ctl"),
    _verb("factory-reset", r"factory-reset", "factory-reset"),
    _verb("wait", r"wait (\d{1,4}\s*[smhd])", "wait 10m"),
    _verb("point-to", r"point-to (\S+)", "point-to other-cluster"),
    _verb("load", r"load (\S+)", "load 14-2-1"),
    _verb("lsc", r"lsc (install|delete)", "lsc install"),
)
"""What phones are told, or done to by hand."""

FIELDS: Mapping[str, str] = {
    "model": "model",
    "site": "site",
    "device pool": "site",
    "load": "load",
    "security": "security",
    "name": "name",
    "protocol": "protocol",
    "group": "group",
    "percent": "percent",
}
"""What phones may be chosen by."""


@attrs.frozen(kw_only=True)
class Condition:
    """One comparison of a phone filter."""

    field: str
    operator: str
    value: str

    def holds(self, row: Mapping[str, str], name: str) -> bool:
        """Whether a phone with these fields meets it; case does not count."""
        if self.field == "percent":
            # a stable share: the same phones each time, whatever else is in the fleet
            place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % 10_000
            return place < float(self.value) * 100
        said = (name if self.field == "name" else row.get(self.field, "")).lower()
        wanted = self.value.lower()
        if self.operator == "matches":
            return fnmatch.fnmatchcase(said, wanted)
        return (said == wanted) is (self.operator == "=")


@attrs.frozen(kw_only=True)
class PhoneFilter:
    """Which phones a step is for; every condition must hold."""

    conditions: tuple[Condition, ...]

    def matches(self, row: Mapping[str, str], name: str) -> bool:
        """Whether a phone with these fields is meant."""
        return all(condition.holds(row, name) for condition in self.conditions)


@attrs.frozen(kw_only=True)
class Step:
    """One line of a runbook.

    `number` counts steps from 1; `place` is `file:line`. `who` is a node name, `*`, `cluster`, `phones`, or
    `admin` for a line pasted from a terminal (the publisher). `args` are the words the verb leaves open.
    """

    number: int
    place: str
    text: str
    who: str
    verb: str
    args: tuple[str, ...] = ()
    where: PhoneFilter | None = None


def parse(text: str, file: str = "runbook") -> tuple[Step, ...]:
    """Read a whole runbook.

    Raises:
        BadInput: a line is not a command, with the nearest one; names file and line.
    """
    steps: list[Step] = []
    for number, raw in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        line = _without_comment(raw).strip()
        if line:
            steps.append(parse_line(line, place=f"{file}:{number}", number=len(steps) + 1))
        if len(steps) > MOST_STEPS:
            raise BadInput(f"more than {MOST_STEPS:,} steps", place=f"{file}:{number}")
    return tuple(steps)


def _without_comment(line: str) -> str:
    """The line without `# ...`; a '#' inside quotes is kept."""
    quoted = False
    for at, letter in enumerate(line):
        quoted ^= letter == '"'
        if letter == "#" and not quoted and (at == 0 or line[at - 1].isspace()):
            return line[:at]
    return line


def parse_line(line: str, *, place: str, number: int) -> Step:
    """Read one step.

    Raises:
        BadInput: it is not a command.
    """
    if line.lower().startswith("admin:"):
        who, rest = "admin", line[len("admin:") :].strip()
    else:
        who, _, rest = line.partition(" ")
        rest = rest.strip()
    if who.lower() == "phones":
        return _phones_step(line, rest, place, number)
    return _found(NODE_VERBS, line, who, rest, None, place, number)


def _found(
    verbs: tuple[Verb, ...],
    line: str,
    who: str,
    rest: str,
    where: PhoneFilter | None,
    place: str,
    number: int,
) -> Step:
    said = " ".join(rest.split())
    for verb in verbs:
        match = verb.pattern.fullmatch(said)
        if match:
            args = tuple(group.strip('"') for group in match.groups() if group is not None)
            _check(verb, args, place)
            return Step(
                number=number, place=place, text=line, who=who, verb=verb.name, args=args, where=where
            )
    raise BadInput(_unknown(verbs, who, said), place=place)


def _check(verb: Verb, args: tuple[str, ...], place: str) -> None:
    """Refuse a number that cannot be what it stands for."""
    if verb.name in ("block", "unblock") and (len(args[0]) > 5 or not 0 < int(args[0]) < 65536):
        raise BadInput(f"`{args[0]}` is no port; write 1 to 65535", place=place)
    if verb.name == "address":
        try:
            ipaddress.IPv4Address(args[0])
        except ValueError:
            raise BadInput(f"`{args[0]}` is no address; write it like 192.0.2.10", place=place) from None


def _unknown(verbs: tuple[Verb, ...], who: str, said: str) -> str:
    usages = [verb.usage for verb in verbs]
    whole = f"{who} {said}".strip()
    if any(verb.pattern.fullmatch(whole) for verb in verbs):  # the word on the left was forgotten
        return f"`{whole}` has no node in front; did you mean `NODE {whole}`?"
    near = difflib.get_close_matches(said, usages, n=1, cutoff=0.4)
    hint = f"; did you mean `{near[0]}`?" if near else f"; commands are such as `{usages[0]}`"
    return f"`{said}` is not a command{hint}" if said else f"`{who}` is told nothing{hint}"


# ---------------------------------------------------------------- phones


_CONDITION = re.compile(
    r'\s*(device pool|[A-Za-z]+)\s*(!=|=|matches)\s*("[^"]*"|[^\s"]+)(?:\s+(and)\b)?', re.IGNORECASE
)


def _phones_step(line: str, rest: str, place: str, number: int) -> Step:
    where = None
    if re.match(r"where\b", rest, re.IGNORECASE):
        where, rest = _filter(rest[len("where") :], place)
    return _found(PHONE_VERBS, line, "phones", rest, where, place, number)


def _filter(text: str, place: str) -> tuple[PhoneFilter, str]:
    conditions: list[Condition] = []
    at = 0
    while True:
        match = _CONDITION.match(text, at)
        if not match:
            raise BadInput(
                f'`where{text[at:]}` is no condition; write it like: where site = "Depot"', place=place
            )
        field, operator, value, more = match.groups()
        conditions.append(_condition(field.lower(), operator.lower(), value.strip('"'), place))
        at = match.end()
        if not more:
            return PhoneFilter(conditions=tuple(conditions)), text[at:].strip()


def parse_filter(text: str, *, place: str) -> PhoneFilter:
    """Read a filter alone, as cluster.toml has it: `site = "Depot" and model = 7960`.

    Raises:
        BadInput: it is no filter, or something follows it.
    """
    found, rest = _filter(" " + text, place)
    if rest:
        raise BadInput(f"`{rest}` does not belong to a filter", place=place)
    return found


def _condition(field: str, operator: str, value: str, place: str) -> Condition:
    if field not in FIELDS:
        near = difflib.get_close_matches(field, FIELDS, n=1)
        hint = f"; did you mean `{near[0]}`?" if near else f"; known are {', '.join(FIELDS)}"
        raise BadInput(f"phones cannot be chosen by `{field}`{hint}", place=place)
    if field == "percent":
        try:
            share = float(value.rstrip("%"))
        except ValueError:
            share = -1.0
        if operator != "=" or not 0 <= share <= 100:
            raise BadInput(f"`percent {operator} {value}`: write a share such as percent = 10", place=place)
        value = value.rstrip("%")
    return Condition(field=FIELDS[field], operator=operator, value=value)


_UNITS: Mapping[str, float] = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(text: str) -> float:
    """`10m`, `2h`, `3d` as seconds."""
    return float(text[:-1].strip()) * _UNITS[text[-1].lower()]
