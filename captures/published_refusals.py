"""Restated cases of phones that are stuck: what was refused, and what the phone showed of it."""

from __future__ import annotations

from typing import Any

from restating import (
    ARRIVED,
    CONFIG,
    CTL,
    ITL,
    MISSING,
    NO_DEVICE,
    Restated,
    config,
    file,
    itl_of,
    refuses,
    ruled,
    tokenless,
    told,
    who,
)

from phoneemu.core.ruling import Reason, Verdict
from phoneemu.replay.case import TvsExchange, TvsOutcome

OLD, NEW = who("former-pub"), who("present-pub")
HELD_ITL = itl_of("former-pub", OLD, (who("former-tvs"),))
SIGNED = f"{NO_DEVICE}.cnf.xml.sgn"
FORMER = config("former-pub")
AWAY = TvsExchange(server="former-pub", outcome=TvsOutcome.UNREACHABLE)


def stuck(path: str, title: str, source: str, text: str, **more: Any) -> Restated:
    """A phone that holds the lists of a former cluster, whose TVS it cannot reach."""
    return Restated(
        path=path,
        title=title,
        source=source,
        standing=more.pop("standing", "reported"),
        model=more.pop("model", ""),
        text=text,
        filled=more.pop("filled", "date, device, servers, what the lists and the configuration say."),
        held=more.pop("held", {"ITL.txt": HELD_ITL, "config.xml": FORMER}),
        served=more.pop("served", {}),
        more={"tftp": ("present-pub",)} | more,
    )


def signed_config() -> tuple[Any, ...]:
    """A configuration signed by the new cluster is offered; no TVS answers."""
    return (file(SIGNED, "present-pub", ARRIVED, body="served/config.xml", signer=NEW), AWAY)


def old_ctl(path: str, title: str, source: str, text: str) -> Restated:
    """A phone that keeps its CTL whatever the cluster serves."""
    return stuck(
        path,
        title,
        source,
        text,
        model=path.partition("/")[0].replace("-", " "),
        standing="documented",
        held={"CTL.txt": tokenless(OLD, "pub")},
        served={"CTL.txt": tokenless(NEW, "pub")},
        tftp=("pub",),
        device="ATA000000000000" if path.startswith("ATA") else NO_DEVICE,
        exchanges=(
            file(
                f"CTL{'ATA000000000000' if path.startswith('ATA') else NO_DEVICE}.tlv",
                "pub",
                ARRIVED,
                body="served/CTL.txt",
            ),
        ),
        expected=(refuses(CTL, Reason.NEVER_REPLACES_CTL),),
        ending=told(installed=()),
    )


CASES = (
    stuck(
        "7965/unknown/signer-not-in-ctl",
        "a signed configuration whose signer no list names: the console says so",
        "MIGITL8",
        "the console line of a failed check, error class 8, code 19: the signer is not in the CTL.",
        standing="documented",
        served={"config.xml": config("present-pub")},
        exchanges=signed_config(),
        expected=(refuses(CONFIG),),
        filled="the model (the text says 79xx), date, device, servers, lists; that the TVS cannot be "
        "reached.",
    ),
    stuck(
        "8945/unknown/configuration-refused",
        "phones staged on another cluster refuse their configuration",
        "C8945",
        "the status message that names the signed configuration and reason 14.",
        served={"config.xml": config("present-pub")},
        exchanges=signed_config(),
        expected=(refuses(CONFIG),),
        ending=told(status_messages=(f"invalid file {SIGNED}, authenticated fail. Reason:14.",)),
    ),
    stuck(
        "7942/unknown/stale-itl",
        "a phone with the ITL of a former system",
        "TN113500",
        "the status message `Trust List Update Failed`; that the ITL must be removed.",
        standing="documented",
        served={"ITL.txt": itl_of("present-pub", NEW, (who("present-tvs"),))},
        exchanges=(file(f"ITL{NO_DEVICE}.tlv", "present-pub", ARRIVED, body="served/ITL.txt"), AWAY),
        expected=(refuses(ITL),),
        ending=told(installed=(), status_messages=("Trust List Update Failed",)),
    ),
    stuck(
        "7821/unknown/used-phone",
        "a phone that still holds another cluster's lists does not take its configuration",
        "LAB7821",
        "that the configuration has no effect until the security settings are reset.",
        served={"config.xml": config("present-pub")},
        exchanges=signed_config(),
        expected=(refuses(CONFIG),),
        ending=told(installed=()),
    ),
    stuck(
        "7965/unknown/moved-to-unsigned-system",
        "a phone with an ITL asks for signed names alone; the new system has none",
        "CCNPV-CME",
        "that it asks for the signed name, finds none, and goes on with its last configuration.",
        exchanges=(file(SIGNED, "present-pub", MISSING),),
        expected=(ruled(CONFIG, Verdict.UNCHANGED, Reason.NOT_OFFERED),),
        ending=told(installed=()),
        filled="the model (the text says 79xx), date, device, servers, lists.",
    ),
    old_ctl(
        "6901/9-2-1/keeps-its-ctl",
        "this load fails to replace a CTL",
        "RN6901SR3",
        "the headline of CSCuv12329, resolved in 9.3(1)SR3; the load stands for those before.",
    ),
    old_ctl(
        "ATA-191/unknown/keeps-its-ctl",
        "a changed CTL is not taken; only a factory reset helps",
        "ATA191-trouble",
        "that an updated CTL is not taken and a factory reset is needed.",
    ),
)
