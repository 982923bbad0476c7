"""Write the trust-list texts of the built-in example: phoneemu/example/show_*.txt.

The CTL's names, serials, lengths and checksums are those of the published note [SEED118893]. The TVS and
ITLRecovery certificates and the ITLs are synthetic: no public `show itl` output prints them.
Run it from the repository's root after a change of showtext: `python tools/make_example.py`.
"""

import hashlib
import sys
from pathlib import Path

from phoneemu.core import showtext
from phoneemu.core.names import Identity
from phoneemu.core.trustlist import ListKind, Record, Role, TrustList

FOLDER = Path(__file__).resolve().parent.parent / "phoneemu" / "example"
PUBLISHER, SUBSCRIBER = "cucm-1051-a-pub", "cucm-1051-a-sub1"

SERIALS = {
    PUBLISHER: "70CAF64E090751B9DF22F49F754FC5BB",
    SUBSCRIBER: "6BEBFDCDCD8CA277CB2FD1D183A60E72",
    "CAPF-e41e7d87": "744B499977049 6E799E91E81D3C8109B".replace(" ", ""),
    f"TVS {PUBLISHER}": "5A0E4C1D2B7F48339C60D1E2F3A4B5C6",
    f"TVS {SUBSCRIBER}": "4D19B0A8C7E6451F8B2A3C4D5E6F7081",
    f"ITLRECOVERY_{PUBLISHER}": "61C2D3E4F5061728394A5B6C7D8E9FA0",
    f"ITLRECOVERY_{SUBSCRIBER}": "7B8C9DAEBFC0D1E2F30415263748596A",
}
"""Subject or purpose -> serial in hex; the first three are published, the rest synthetic."""

CERTIFICATES = {
    PUBLISHER: (694, "E9D433645BC88CED514D8FE5EA5B6D21A5A38C9C"),
    SUBSCRIBER: (696, "217F23DEAFFF0485767270BFB1BA44DB5E90ED66"),
    "CAPF-e41e7d87": (680, "46EE5A972465B0177E5F7E44F76C0AF363354FA7"),
}
"""Subject -> (published length of its DER, SHA-1)."""


def identity(name: str, serial_of: str = "") -> Identity:
    """The self-signed certificate of this name."""
    subject = f"CN={name};OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL"
    return Identity(subject, subject, int(SERIALS[serial_of or name], 16))


def record(role: Role, node: str, name: str, serial_of: str = "") -> Record:
    """One record as the cluster prints it; lengths only where they are published."""
    who = identity(name, serial_of)
    return Record(
        role=role,
        dns_name=node,
        identity=who,
        serial=who.serial.to_bytes(16, "big"),
        certificate_sha1=CERTIFICATES[name][1].lower() if not serial_of and name in CERTIFICATES else "",
        key_bits=1024 if name in CERTIFICATES and not serial_of else 2048,
    )


def ctl() -> TrustList:
    """The tokenless CTL, signed by the publisher's CallManager certificate."""
    return TrustList(
        kind=ListKind.CTL,
        signer=identity(PUBLISHER),
        key_bits=1024,
        header_length=336,
        filename="CTLFile.tlv",
        records=(
            record(Role.SAST, PUBLISHER, PUBLISHER),
            record(Role.CCM_TFTP, PUBLISHER, PUBLISHER),
            record(Role.CAPF, PUBLISHER, "CAPF-e41e7d87"),
            record(Role.CCM_TFTP, SUBSCRIBER, SUBSCRIBER),
        ),
        length=4947,
        md5="1d97d9089dd558a062cccfcb1dc4c57f",
        sha1="3b452f9ec9d6543df80e50f8b850cddc92fcf847",
    )


def itl(node: str) -> TrustList:
    """The ITL of one TFTP node, signed by its own CallManager certificate; checksums synthetic."""
    return TrustList(
        kind=ListKind.ITL,
        signer=identity(node),
        key_bits=1024,
        filename="ITLFile.tlv",
        length=6018,
        md5=hashlib.md5(node.encode(), usedforsecurity=False).hexdigest(),
        sha1=hashlib.sha1(node.encode(), usedforsecurity=False).hexdigest(),
        records=(
            record(Role.SAST, node, node),
            record(Role.SAST, PUBLISHER, f"ITLRECOVERY_{node}", f"ITLRECOVERY_{node}"),
            record(Role.CCM_TFTP, node, node),
            record(Role.CAPF, PUBLISHER, "CAPF-e41e7d87"),
            record(Role.TVS, PUBLISHER, PUBLISHER, f"TVS {PUBLISHER}"),
            record(Role.TVS, SUBSCRIBER, SUBSCRIBER, f"TVS {SUBSCRIBER}"),
        ),
    )


def main() -> int:
    """Write the three texts."""
    written = (
        ("show_ctl.txt", ctl(), "Fri Mar 06 21:56:07 CET 2015"),
        (f"show_itl_{PUBLISHER}.txt", itl(PUBLISHER), "Fri Mar 06 22:02:30 CET 2015"),
        (f"show_itl_{SUBSCRIBER}.txt", itl(SUBSCRIBER), "Fri Mar 06 22:02:41 CET 2015"),
    )
    for name, listed, modified in written:
        text = showtext.render(listed, modified=modified)
        (FOLDER / name).write_text(f"admin:show {listed.kind.value}\n{text}\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
