"""The stories of the conformance suite: what an administrator does, and when the phone starts.

A story holds no expectation: that is what the emulated phone of the same model does in memory. Where a fault
is in force the story says what that is *like* in memory, or that nothing may change.
"""

from collections.abc import Mapping

import attrs

from phoneemu.cluster.keeping import Founding

RENEW_SIGNER = "pub set cert regen CallManager"
UPDATE_CTL = "pub utils ctl update CTLFile"
RESTART_TFTP = "* utils service restart Cisco Tftp"
RENEW_TVS = ("pub set cert regen TVS", "sub set cert regen TVS")
RESTART_TVS = "* utils service restart Cisco Trust Verification Service"


@attrs.frozen
class Does:
    """The administrator types a line."""

    line: str


@attrs.frozen
class Erases:
    """A person erases at the phone."""

    what: str


@attrs.frozen(kw_only=True)
class Boots:
    """The phone starts.

    `faults` are in force meanwhile; `like` are lines that have the same effect in memory. With `keeps` the
    lists must be those of before, whatever the exit code.
    """

    faults: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    keeps: bool = False


Act = Does | Erases | Boots


@attrs.frozen(kw_only=True)
class Story:
    """A founding, and what happens then."""

    founding: Founding
    acts: tuple[Act, ...]


def _story(release: str, *acts: Act | str, mixed: bool = True, tokens: tuple[str, ...] = ()) -> Story:
    founding = Founding(name="conformance", release=release, mixed=mixed or bool(tokens), tokens=tokens)
    return Story(
        founding=founding, acts=tuple(Does(each) if isinstance(each, str) else each for each in acts)
    )


BOOT = Boots()
_RENEWED = (RENEW_SIGNER, UPDATE_CTL, RESTART_TFTP)

STORIES: Mapping[str, Story] = {
    "first-trust-non-secure": _story("10.5(1)", BOOT, BOOT, mixed=False),
    "first-trust-mixed": _story("12.5(1)", BOOT, BOOT),
    "to-mixed-mode": _story(
        "10.5(1)", BOOT, "pub utils ctl set-cluster mixed-mode", RESTART_TFTP, BOOT, mixed=False
    ),
    "signer-renewed": _story("10.5(1)", BOOT, *_RENEWED, BOOT, BOOT),
    "signer-renewed-while-tvs-unreachable": _story(
        "10.5(1)", BOOT, *_RENEWED, "* block 2445", BOOT, "* unblock 2445", BOOT
    ),
    "signer-renewed-while-tvs-silent": _story(
        "10.5(1)", BOOT, *_RENEWED, Boots(faults=("tvs-silent",), like=("* block 2445",)), BOOT
    ),
    "tvs-hangs-up": _story(
        "10.5(1)", BOOT, *_RENEWED, Boots(faults=("tvs-hangs-up",), like=("* block 2445",)), BOOT
    ),
    "tvs-is-somebody-else": _story(
        "10.5(1)", BOOT, *_RENEWED, Boots(faults=("tvs-new-certificate",), like=("* block 2445",)), BOOT
    ),
    "tvs-answers-another-first": _story("10.5(1)", BOOT, *_RENEWED, Boots(faults=("tvs-other-session",))),
    "signer-and-tvs-renewed": _story(
        "10.5(1)", BOOT, RENEW_SIGNER, *RENEW_TVS, RESTART_TVS, RESTART_TFTP, BOOT
    ),
    "itl-reset-brings-it-back": _story(
        "10.5(2)",
        BOOT,
        RENEW_SIGNER,
        *RENEW_TVS,
        RESTART_TVS,
        RESTART_TFTP,
        BOOT,
        "pub utils itl reset localkey",
        BOOT,
        RESTART_TFTP,
        BOOT,
        mixed=False,
    ),
    "recovery-key-renewed": _story(
        "12.5(1)", BOOT, "pub set cert regen ITLRecovery", UPDATE_CTL, RESTART_TFTP, BOOT
    ),
    "erased-by-hand": _story(
        "10.5(1)", BOOT, *_RENEWED, "* block 2445", BOOT, Erases("ctl"), Erases("itl"), BOOT
    ),
    "tokens-to-tokenless": _story(
        "10.5(1)",
        BOOT,
        "pub file delete tftp CTLFile.tlv",
        "sub file delete tftp CTLFile.tlv",
        "pub utils ctl set-cluster mixed-mode",
        RESTART_TFTP,
        BOOT,
        tokens=("token-a", "token-b"),
    ),
    "rollback-parameter": _story(
        "10.5(1)",
        BOOT,
        'cluster parameter "Prepare Cluster for Rollback to pre 8.0" = True',
        RESTART_TVS,
        RESTART_TFTP,
        BOOT,
        mixed=False,
    ),
    "sha-512": _story(
        "12.5(1)",
        BOOT,
        'cluster parameter "TFTP File Signature Algorithm" = SHA-512',
        UPDATE_CTL,
        RESTART_TFTP,
        BOOT,
    ),
    "tls-floor": _story("12.5(1)", BOOT, "* set tls min-version 1.2", *_RENEWED, BOOT),
    "flipped-bytes": _story("12.5(1)", BOOT, *_RENEWED, Boots(faults=("flipped-bytes",), keeps=True), BOOT),
    "wrong-file": _story("12.5(1)", BOOT, *_RENEWED, Boots(faults=("wrong-file",), keeps=True), BOOT),
    "no-server-answers": _story(
        "12.5(1)", BOOT, *_RENEWED, Boots(faults=("tftp-silent", "http-503"), keeps=True), BOOT
    ),
    "lossy-line": _story(
        "12.5(1)", BOOT, *_RENEWED, Boots(faults=("tftp-drop=0.04", "tftp-duplicate=0.2", "tftp-reorder=0.2"))
    ),
}
"""Every story by its name."""
