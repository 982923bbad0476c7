"""Which columns of a table of phones are read, by their headers, and which of several alike counts.

Phones show MD5 or SHA-1 by their model, and an export may have a column for each; so of columns that mean one
thing the first that says something counts in each row. This module reads no file.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from phoneemu.fleet.holding import BOUNCED, OTHER, SERVED, UNREADABLE, UNSAID, UNSEEN, said, status

COLUMNS: dict[str, tuple[str, ...]] = {
    "name": (
        "device name",
        "devicename",
        "name",
        "device",
        "mac address/device name",
        "device name(line)",
        "device name (line)",
    ),
    "model": ("device type", "model", "product", "devicetype", "phone type", "tkmodel"),
    "site": ("device pool", "devicepool", "site", "devicepoolname"),
    "protocol": ("device protocol", "protocol"),
    "load": (
        "activeloadid",
        "phone load name",
        "load",
        "load name",
        "firmware",
        "specialloadinformation",
        "loadinformation",
    ),
    "profile": ("device security profile", "security profile", "secprofile", "securityprofilename"),
    "mode": ("security mode", "device security mode", "secmode"),
    "group": ("callmanager group", "cisco unified callmanager group", "cmgroup", "group"),
    "lsc": ("lsc status", "lsc", "lscstatus"),
    "ctl": ("ctl signature", "ctl checksum", "ctl sha1", "ctl md5", "ctl file", "ctl"),
    "itl": ("itl signature", "itl checksum", "itl sha1", "itl md5", "itl file status", "itl file", "itl"),
}
"""What is read, and the headers it is known under, lower-case; the first in the list wins [BAT1251]."""

ITL_STATUS = "itl-status"
"""Among the columns that are read: where the list stands in the words of the ITL File Status list."""

LISTS = frozenset({"ctl", "itl"})
"""What is read of a phone's lists: a checksum, or a word in its place."""

Positions = Mapping[str, tuple[int, ...]]
"""Where the columns of each thing that is read stand, the one that counts first in front."""


def plain(cell: str) -> str:
    """A header as it is compared, without the mark that a file put behind another brings."""
    return " ".join(cell.replace("\ufeff", "").lower().split())


def positions(header: Sequence[str]) -> Positions:
    """Where each wanted column stands; of a repeated column the first."""
    lowered = [plain(cell) for cell in header]
    found: dict[str, tuple[int, ...]] = {}
    for column, aliases in COLUMNS.items():
        at = tuple(lowered.index(alias) for alias in aliases if alias in lowered)
        if at:
            # another column of names is of something else: an owner, a line
            found[column] = at[:1] if column == "name" else at
    if "itl file status" in lowered:
        found[ITL_STATUS] = (lowered.index("itl file status"),)
    return found


def all_of(wanted: Positions) -> tuple[int, ...]:
    """Every column that is read, once, in the order of what is read."""
    return tuple(dict.fromkeys(at for each in wanted.values() for at in each))


def needed(wanted: Positions) -> int:
    """The last of the columns without which a row is not whole; what other columns may add can be missing."""
    return max(each[0] for each in wanted.values())


def runs(headers: Iterable[str], *, shown: bool = False) -> bool:
    """Whether the load of a table with these headers runs, and is not only configured.

    `shown`: it is a table of what phones showed, where any load runs that is not said to be configured.
    """
    loads = {plain(header) for header in headers} & set(COLUMNS["load"])
    return bool(loads - _CONFIGURED if shown else loads & _RUNNING)


_RUNNING = frozenset({"activeloadid", "firmware"})
_CONFIGURED = frozenset({"phone load name", "specialloadinformation", "loadinformation"})


_HEADERS = frozenset(alias for aliases in COLUMNS.values() for alias in aliases)
SINGLE_WORDS = tuple(alias for alias in sorted(_HEADERS) if " " not in alias)
"""The headers that could be a device name by their signs."""
_NAMING = ("name", "model", "site", "protocol", "load", "profile", "mode", "group")
"""Where a header's words are no values: `LSC` may say that a phone has one."""


def like_header(cell: str) -> bool:
    """Whether a cell is a word of a header."""
    return plain(cell) in _HEADERS


def like_headers(wanted: Positions) -> Iterator[int]:
    """The columns in which the words of a header tell that one may stand there again."""
    yield from (at for field in _NAMING for at in wanted.get(field, ()))


def header_again(record: Sequence[str], width: int, name: str) -> Positions | None:
    """The columns as a row says that is a header itself, as where two files were put together; else None.

    `name` is what stands in its column of names: that of a device has digits, and no header has.
    """
    found = positions(record)
    if any(sign.isdigit() for sign in name):
        return None
    return found if "name" in found and (len(found) > 1 or width == 1) else None


def of_phones(header: Sequence[str]) -> bool:
    """Whether a table is one of phones, as its headers say: many tables have a column `Name`."""
    found = set(positions(header))
    return "name" in found and (
        bool(found & _OF_PHONES_ALONE) or any("device" in cell.lower() for cell in header)
    )


def of_checksums(header: Sequence[str]) -> bool:
    """Whether a table of phones is of what they showed of their lists: a table of models is an inventory."""
    found = set(positions(header))
    return bool(LISTS & found) and "model" not in found


_OF_PHONES_ALONE = {"model", "load", "profile", "mode", "lsc", "ctl", "itl"}


def words_in(field: str, at: int, wanted: Positions, cell: str) -> str | None:
    """What a cell says, as it is kept; None when it should be of a list and is no checksum."""
    if field not in LISTS:
        return cell
    return status(cell) if at in wanted.get(ITL_STATUS, ()) else said(cell)


def first_said(said: Iterable[str]) -> str:
    """The first checksum, or word that there is no list; else another word; else why none is known."""
    words = [each for each in said if each]
    plain = [each for each in words if each not in _WEAK]
    found = [*(each for each in plain if each not in _JUDGED), *plain]
    return found[0] if found else next((each for each in _WEAK if each in words), UNSAID)


_JUDGED = (SERVED, OTHER, BOUNCED)
"""What a cluster says of a checksum that it saw: the checksum itself tells more."""
_WEAK = (UNREADABLE, UNSEEN)
"""What gives way to whatever else is said of a list."""
