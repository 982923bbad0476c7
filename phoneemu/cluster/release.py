"""Releases and what differs by them: who signs, what exists, what happens without a restart.

One table of thresholds, each with its source; nothing else in the package compares release numbers.
"""

import re

import attrs

from phoneemu.cluster.state import Release
from phoneemu.core.evidence import Standing
from phoneemu.errors import BadInput

_MARKETING = re.compile(r"^(\d+)(?:\.(\d+))?(?:\((\d+)\))?\s*(?:SU\s*(\d+))?[a-z]?$", re.IGNORECASE)
_DOTTED = re.compile(r"^(\d+)\.(\d+)\.(\d+)(?:\.(\d+))?(?:-\d+)?$")


def parse_release(text: str, *, place: str = "") -> Release:
    """Read `8.6`, `10.5(2)SU3`, `10.5.1`, `14SU2` or a full version such as `11.5.1.15900-18`.

    Raises:
        BadInput: the text is no release.
    """
    plain = text.strip()
    dotted = _DOTTED.match(plain)
    if dotted:
        major, minor, maintenance = (int(number) for number in dotted.groups()[:3])
        # the fourth number counts builds, not service updates: 15900 is SU5, 25900 a later build [assumed]
        build = int(dotted.group(4) or 0)
        update = build % 10000 // 1000 if 10000 <= build < 30000 else 0
        return _release(plain, major, minor, maintenance, update)
    named = _MARKETING.match(plain)
    if not named:
        raise BadInput(f"`{text}` is not a release; write it like 12.5(1)SU2 or 14SU3", place=place)
    return _release(plain, *(int(number or 0) for number in named.groups()))


def _release(text: str, major: int, minor: int, maintenance: int, update: int) -> Release:
    """The release of these numbers; from 14 on, 14.0.1 is how a version says 14 [REL14]."""
    if major >= 14 and (minor, maintenance) == (0, 1):
        maintenance = 0
    return Release(text=text, parts=(major, minor, maintenance, update))


NEWEST = 15
"""The newest release that any source here speaks of [CLI15]."""


@attrs.frozen(kw_only=True)
class Since:
    """Something that is so from a release on."""

    parts: tuple[int, ...]
    standing: Standing
    source: str

    def holds(self, release: Release) -> bool:
        """Whether it is so in this release."""
        return release.at_least(*self.parts)


def highest_tls(release: Release) -> str:
    """The highest TLS version the cluster's services speak."""
    return "1.3" if SPEAKS_TLS_1_2.holds(release) else "1.0"


DOC, INF = Standing.DOCUMENTED, Standing.INFERRED

ITL_RECOVERY_EXISTS = Since(parts=(10, 0), standing=DOC, source="TN117598, SG14-sbd")
TOKENLESS_CTL = Since(parts=(10, 0), standing=DOC, source="SEED118893")
ITL_RECOVERY_IN_TOKENLESS_CTL = Since(parts=(10, 5, 2), standing=DOC, source="SG1251SU2-ctl")
ITL_RECOVERY_IN_TOKEN_CTL = Since(parts=(11, 5), standing=DOC, source="SG1251SU2-ctl")
SIGNS_WITH_ITL_RECOVERY = Since(parts=(12, 0), standing=DOC, source="SG1251SU2-ctl, REGEN214231")
ONE_ITL_RECOVERY = Since(parts=(12, 5), standing=DOC, source="REGEN214231, UPG15")
DELETED_EVERYWHERE = Since(parts=(12, 5), standing=DOC, source="SG15-cert")
CAPF_ON_PUBLISHER_ONLY = Since(parts=(14, 0), standing=DOC, source="REGEN214231")
SHA512_OFFERED = Since(parts=(11, 5), standing=DOC, source="JTAPI14")
RESET_CTL_LOCALKEY = Since(parts=(12, 0), standing=DOC, source="CLI125")
NO_TFTP_RESTART_NEEDED = Since(parts=(14, 0), standing=DOC, source="SG15-tftp")
NO_CALLMANAGER_RESTART_NEEDED = Since(parts=(14, 0), standing=DOC, source="REL14")
PHONES_RESET_THEMSELVES = Since(parts=(14, 0), standing=DOC, source="REL14, SG15-cert")
ROLLBACK_RESETS_PHONES = Since(parts=(10, 5), standing=DOC, source="SG15-sbd")
NEW_PROMPTS = Since(parts=(12, 5), standing=DOC, source="CVP1262")
SPEAKS_TLS_1_2 = Since(parts=(10, 0), standing=INF, source="SG1251SU2-tls, RN1431SR3")
"""Release 9 speaks TLS 1.0 alone, so a phone that asks for more has no use of its servers."""
TLS_FLOOR = Since(parts=(11, 5), standing=INF, source="CLI15, SG1251SU2-tls")
TLS_FLOOR_OF_CLUSTER = Since(parts=(15, 0, 0, 2), standing=DOC, source="CLI15")
LICENCE_GATE = Since(parts=(12, 0), standing=DOC, source="SG125-ctl")
NO_TOKENS = Since(parts=(14, 0), standing=DOC, source="SG15-cert")
NEW_ITL_RESET_TEXT = Since(parts=(15, 0), standing=DOC, source="CLI15")

REFRESH_RENEWS_ITL_RECOVERY = Since(parts=(12, 5), standing=DOC, source="FN70613: CSCvv13565")
REFRESH_KEEPS_ITL_RECOVERY = Since(parts=(12, 5, 1, 3), standing=DOC, source="FN70613, UPG15")
FIPS_KEEPS_ITL_RECOVERY = Since(parts=(15, 0, 0, 3), standing=DOC, source="SG15-fips")
TOMCAT_REUSE = Since(parts=(14, 0), standing=DOC, source="REUSE221070")
