"""The built-in example: a small cluster in mixed mode, a few hundred phones, and a renewal that breaks some.

Names, serials and the CTL's checksums are those the public note on tokenless CTLs prints [SEED118893]; the
phones, the sites and the certificates it does not print are synthetic. Nothing here is read from outside the
package, so the example works from a wheel.
"""

import csv
import io
from collections.abc import Iterator
from importlib import resources
from itertools import cycle, islice
from pathlib import Path

from phoneemu.errors import BadInput

SITES = ("Headquarters", "Depot", "Warehouse", "Call Centre", "Branch North", "Branch South", "Lab", "Clinic")

HEADER = (
    "Device Name",
    "Description",
    "Device Pool",
    "Location",
    "Phone Load Name",
    "Device Type",
    "Security Profile",
    "Device Protocol",
)

FLEET = (
    ("Cisco 7940", "SCCP", "P0030801SR02", "Non-Secure", 12, (1, 2)),
    ("Cisco 7960", "SCCP", "P0030801SR02", "Non-Secure", 16, (1, 2, 4)),
    ("Cisco 7960", "SCCP", "P0030801SR02", "Encrypted", 4, (1,)),
    ("Cisco 7960", "SIP", "P0S3-8-12-00", "Non-Secure", 5, (2,)),
    ("Cisco 7911", "SCCP", "SCCP11.9-4-2SR3-1S", "Non-Secure", 24, (2, 3)),
    ("Cisco 7945", "SCCP", "SCCP45.9-4-2SR3-1S", "Non-Secure", 52, (0, 1, 4, 5)),
    ("Cisco 7965", "SCCP", "SCCP45.9-4-2SR3-1S", "Non-Secure", 60, (0, 3, 4, 5)),
    ("Cisco 7965", "SIP", "SIP45.9-4-2SR3-1S", "Encrypted", 18, (0,)),
    ("Cisco 7975", "SCCP", "SCCP75.9-3-1SR4-1S", "Non-Secure", 20, (0, 6)),
    ("Cisco 7975", "SCCP", "SCCP75.9-3-1SR4-1S", "Authenticated", 6, (0,)),
    ("Cisco 6901", "SCCP", "SCCP6901.9-3-1-SR2-2", "Non-Secure", 9, (2, 7)),
    ("Cisco 7821", "SIP", "sip78xx.10-3-1-12", "Non-Secure", 40, (3, 4, 5, 7)),
    ("Cisco 8831", "SIP", "sip8831.10-3-1SR1-5", "Non-Secure", 6, (0, 5)),
    ("Cisco 8845", "SIP", "", "Non-Secure", 18, (0, 7)),
    ("Cisco 8861", "SIP", "sip88xx.10-3-1-20", "Non-Secure", 72, (0, 3, 5, 7)),
    ("Cisco 8861", "SIP", "sip88xx.10-3-1-20", "Encrypted", 14, (0, 6)),
    ("Cisco ATA 190", "SIP", "ATA190.1-2-2-003", "Non-Secure", 5, (2, 7)),
    ("Cisco ATA 191", "SIP", "ATA191.12-0-1SR2-3", "Non-Secure", 6, (2, 7)),
    ("Cisco Unified Client Services Framework", "SIP", "", "Non-Secure", 21, (0, 3)),
    ("Cisco Unified Client Services Framework", "SIP", "", "Encrypted", 2, (0,)),
    ("Doorphone 2", "SIP", "", "Non-Secure", 2, (2,)),
)
"""(device type, protocol, load, security word of its profile, how many, at which sites)."""

CLIENT = "Cisco Unified Client Services Framework"
FILES = ("cluster.toml", "show_ctl.txt", "show_itl_cucm-1051-a-pub.txt", "show_itl_cucm-1051-a-sub1.txt")


def _rows() -> Iterator[tuple[str, ...]]:
    number = 0
    for model, protocol, load, security, count, sites in FLEET:
        for site in islice(cycle(sites), count):
            number += 1
            prefix = "CSFUSER" if model == CLIENT else "ATA" if "ATA" in model else "SEP"
            name = f"{prefix}{number:04d}" if prefix == "CSFUSER" else f"{prefix}02005E10{number:04X}"
            profile = f"{model} - Standard {protocol} {security} Profile"
            place = SITES[site]
            yield name, f"{place} {number}", place, place, load, model, profile, protocol


def phones_csv() -> str:
    """The example's phones as a bulk-administration export; the same text every time."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([HEADER, *_rows()])
    return out.getvalue()


def files() -> dict[str, str]:
    """Every file of the example by its path below the folder it is written to."""
    package = resources.files(__name__)
    shipped = {f"snapshot/{name}": package.joinpath(name).read_text(encoding="utf-8") for name in FILES}
    runbook = package.joinpath("runbook.txt").read_text(encoding="utf-8")
    return {**shipped, "snapshot/phones.csv": phones_csv(), "runbook.txt": runbook}


def write(folder: Path) -> None:
    """Leave `snapshot/` and `runbook.txt` in a new or empty folder.

    Raises:
        BadInput: the folder holds something already, or is no folder.
        OSError: it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput("not an empty folder; the example is only written into a new one", place=str(folder))
    for name, text in files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
