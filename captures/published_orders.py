"""Restated cases of requests: which names a phone asks, in which order, by which way; what it shows."""

from __future__ import annotations

from typing import Any

from restating import (
    ARRIVED,
    CTL,
    HTTP,
    ITL,
    MISSING,
    NO_DEVICE,
    TFTP,
    Restated,
    accepts,
    config,
    file,
    itl_of,
    tokenless,
    told,
    vouches,
    who,
)

from phoneemu.core.flash import DeviceSecurity
from phoneemu.core.ruling import Reason
from phoneemu.core.vocabulary import EraseTarget
from phoneemu.replay.case import (
    CallManagerExchange,
    CallManagerOutcome,
    Chapter,
    Exchange,
    FileExchange,
    Held,
    TvsExchange,
    TvsOutcome,
)

SERVER = "10.0.0.100"
SIGNER = who("cluster-pub")
LISTS = {
    "CTL.txt": tokenless(SIGNER, SERVER, sha1="c0" * 20),
    "ITL.txt": itl_of(SERVER, SIGNER, (who("cluster-tvs"),), sha1="17" * 20),
}
"""Stand where a text shows that a phone holds lists, and not what is in them."""


def names(device: str, *answers: FileExchange) -> tuple[FileExchange, ...]:
    """Requests, with {} for the device."""
    return tuple(
        FileExchange(
            name=each.name.replace("{}", device),
            server=each.server,
            outcome=each.outcome,
            transport=each.transport,
            body=each.body,
            signer=each.signer,
            options=each.options,
            at=each.at,
        )
        for each in answers
    )


def asks(path: str, title: str, source: str, text: str, *exchanges: Exchange, **more: Any) -> Restated:
    """A case of requests to one plain server; the configuration it serves is filled in."""
    device = more.pop("device", NO_DEVICE)
    requests = tuple(each for each in exchanges if isinstance(each, FileExchange))
    others = tuple(each for each in exchanges if not isinstance(each, FileExchange))
    held = more.pop("held", {})
    served = more.pop("served", {"config.xml": config(SERVER)})
    return Restated(
        path=path,
        title=title,
        source=source,
        standing=more.pop("standing", "reported"),
        model=more.pop("model", ""),
        text=text,
        filled=more.pop("filled", "date, the server's address, what the configuration says."),
        held=held,
        served=served,
        more={"tftp": (SERVER,), "device": device, "exchanges": (*names(device, *requests), *others)} | more,
    )


def plain(way: Any = None, **more: Any) -> FileExchange:
    """The unsigned configuration arrives."""
    return file("{}.cnf.xml", SERVER, ARRIVED, way, body="served/config.xml", **more)


def gone(name: str, way: Any = None, **more: Any) -> FileExchange:
    """No such file."""
    return file(name, SERVER, MISSING, way, **more)


WHOLE_FILES = {"whole": (Chapter.FILES,)}
LISTS_MISSING = "a server without lists: the names are asked in order until a configuration comes"

PLAIN_SERVERS = (
    asks(
        "7962/SIP42.9-4-2SR3-1S/plain-server",
        LISTS_MISSING,
        "BOOTLOG",
        "a packet trace: CTL, ITL and ITLFile by TFTP without options, each not found, then the "
        "configuration in blocks of "
        "512 bytes.",
        gone("CTL{}.tlv", TFTP, options=()),
        gone("ITL{}.tlv", TFTP, options=()),
        gone("ITLFile.tlv", TFTP, options=()),
        plain(TFTP, options=()),
        device="SEP00270DC01C92",
        protocol="SIP",
        **WHOLE_FILES,
    ),
    asks(
        "7942/unknown/plain-server",
        LISTS_MISSING,
        "behaviour-more",
        "the order of four names against a plain server.",
        gone("CTL{}.tlv"),
        gone("ITL{}.tlv"),
        gone("ITLFile.tlv"),
        plain(),
        **WHOLE_FILES,
    ),
    asks(
        "8851/unknown/plain-server",
        LISTS_MISSING,
        "behaviour-more",
        "the order of four names against a plain server.",
        gone("CTL{}.tlv", HTTP),
        gone("ITL{}.tlv", HTTP),
        gone("ITLFile.tlv", HTTP),
        plain(HTTP),
        filled="date, the server's address, what the configuration says; the transport, which is the "
        "model's.",
        **WHOLE_FILES,
    ),
    asks(
        "8851/unknown/unusable-configuration-again",
        "after a configuration it cannot use, the phone goes through all names again after about 45 s",
        "behaviour-more",
        "that the whole cycle of requests is repeated after about 45 seconds.",
        gone("CTL{}.tlv", at=0.0),
        gone("ITL{}.tlv"),
        gone("ITLFile.tlv"),
        plain(),
        gone("CTL{}.tlv", at=45.0),
        gone("ITL{}.tlv"),
        gone("ITLFile.tlv"),
        plain(),
        **WHOLE_FILES,
    ),
    asks(
        "7960/P0S3-8-12-00/plain-server",
        "an old phone asks for a CTL, then for its configuration, and never for an ITL",
        "BOOTLOG",
        "a server's log of three requests: the CTL (not found), the configuration, the load's manifest.",
        gone("CTL{}.tlv", TFTP),
        plain(TFTP),
        device="SEP000E84C060A6",
        protocol="SIP",
        **WHOLE_FILES,
    ),
    asks(
        "7940/SIP-7.2/ctl-wanted-for-ever",
        "a phone that loops on the CTL until the server has one",
        "VOIPINFO",
        "that a SIP 7.2 phone repeats its request for the CTL.",
        gone("CTL{}.tlv", TFTP),
        gone("CTL{}.tlv", TFTP),
        gone("CTL{}.tlv", TFTP),
        protocol="SIP",
        served={},
        filled="the load's name (the text says SIP 7.2), date, device, server; how often it was repeated.",
        **WHOLE_FILES,
    ),
    asks(
        "7912/unknown/default-configurations",
        "a phone of before trust lists: its own configuration, then two default ones",
        "AG7902",
        "the order of three names in the start-up steps of the manual.",
        gone("{}.cnf.xml"),
        gone("XMLDefault.cnf.xml"),
        file("SEPDefault.cnf", SERVER, ARRIVED, body="served/config.xml"),
        standing="documented",
        filled="date, device, server, what the file says; the third name is misprinted in the manual.",
        **WHOLE_FILES,
    ),
    asks(
        "ATA-191/unknown/default-configuration",
        "an adapter asks for a CTL, its own configuration and the default one, and for no ITL",
        "ATA191-start",
        "the order of names in the start-up steps of the manual.",
        gone("CTL{}.tlv"),
        gone("{}.cnf.xml"),
        file("XMLDefault.cnf.xml", SERVER, ARRIVED, body="served/config.xml"),
        model="ATA 191",
        device="ATA000000000000",
        standing="documented",
        **WHOLE_FILES,
    ),
    asks(
        "9971/9-2-2SR1/no-list-anywhere",
        "a server without lists: the phone shows that none is installed",
        "HOMELAB9971",
        "the status message `No Trust List installed` at every start [also SCCPM85].",
        gone("CTL{}.tlv"),
        gone("ITL{}.tlv"),
        gone("ITLFile.tlv"),
        plain(),
        protocol="SIP",
        ending=told(status_messages=("No Trust List installed",)),
    ),
    asks(
        "8861/unknown/no-ctl-is-harmless",
        "a cluster without a CTL: the phone says so and goes on",
        "AG8800-status",
        "the status message `File Not Found <CTLFile.tlv>`, and that it has no impact.",
        gone("CTL{}.tlv"),
        file("ITL{}.tlv", SERVER, ARRIVED, body="served/ITL.txt"),
        standing="documented",
        held={"ITL.txt": LISTS["ITL.txt"]},
        served={"ITL.txt": LISTS["ITL.txt"]},
        filled="everything but the message.",
        ending=told(status_messages=("File Not Found <CTLFile.tlv>",)),
    ),
)

SIGNED_BODY = {**LISTS, "config.xml": config(SERVER)}
CLUSTERS = (
    asks(
        "CIPC/8-6-6/mixed-mode-over-http",
        "a soft phone asks by HTTP for a CTL and its signed configuration, and for no ITL",
        "BOOTLOG",
        "a server's log: the CTL, then the signed name of the configuration, both sent by HTTP on port 6970.",
        file("CTL{}.tlv", SERVER, ARRIVED, HTTP, body="served/CTL.txt"),
        file("{}.cnf.xml.sgn", SERVER, ARRIVED, HTTP, body="served/config.xml", signer=SIGNER),
        device="SEP020000000201",
        served={key: SIGNED_BODY[key] for key in ("CTL.txt", "config.xml")},
        filled="date, server, what the files say.",
        expected=(accepts(CTL, Reason.FIRST_TRUST),),
        **WHOLE_FILES,
    ),
    asks(
        "8861/sip88xx.12-1-1SR1/requests-over-http",
        "CTL, ITL and the signed configuration by HTTP, with their spacing",
        "PROXYTFTP",
        "a trace on the server: three names in order by HTTP on port 6970, at 0, 0.8 and 2.5 seconds.",
        file("CTL{}.tlv", SERVER, ARRIVED, HTTP, body="before/CTL.txt", at=0.0),
        file("ITL{}.tlv", SERVER, ARRIVED, HTTP, body="before/ITL.txt", at=0.8),
        file("{}.cnf.xml.sgn", SERVER, ARRIVED, HTTP, body="served/config.xml", signer=SIGNER, at=2.5),
        standing="documented",
        held=LISTS,
        served={"config.xml": config(SERVER)},
        filled="date, device, server; the lists, which are taken to be those the phone holds.",
    ),
    asks(
        "8861/sip88xx.12-1-1SR1/dial-rules-and-softkeys",
        "after its configuration the phone asks for dial rules and its softkey template",
        "PROXYTFTP",
        "the same trace, its later names: the dial rules at 6 seconds, then the softkey template, signed.",
        file("CTL{}.tlv", SERVER, ARRIVED, HTTP, body="before/CTL.txt", at=0.0),
        file("ITL{}.tlv", SERVER, ARRIVED, HTTP, body="before/ITL.txt", at=0.8),
        file("{}.cnf.xml.sgn", SERVER, ARRIVED, HTTP, body="served/config.xml", signer=SIGNER, at=2.5),
        file("AppDialRules.xml", SERVER, ARRIVED, HTTP, at=6.0),
        file("SK00000000-0000-0000-0000-000000000000.xml.sgn", SERVER, ARRIVED, HTTP),
        standing="documented",
        held=LISTS,
        served={"config.xml": config(SERVER)},
        filled="date, device, server, the template's number; the lists.",
        **WHOLE_FILES,
    ),
    asks(
        "7821/unknown/used-phone-after-reset",
        "a phone of another cluster, after its security settings were reset: lists and configuration by HTTP",
        "LAB7821",
        "after the reset: CTL, ITL and the signed configuration by HTTP, each sent.",
        file("CTL{}.tlv", SERVER, ARRIVED, HTTP, body="served/CTL.txt"),
        file("ITL{}.tlv", SERVER, ARRIVED, HTTP, body="served/ITL.txt"),
        file("{}.cnf.xml.sgn", SERVER, ARRIVED, HTTP, body="served/config.xml", signer=SIGNER),
        held={"ITL.txt": itl_of("former-pub", who("former-pub"), (who("former-tvs"),))},
        served=SIGNED_BODY,
        before=Held(erased=(EraseTarget.SECURITY,)),
        filled="date, server, what all files say, the list held before the reset.",
        expected=(accepts(CTL), accepts(ITL)),
        ending=told(installed=(CTL, ITL)),
        **WHOLE_FILES,
    ),
)

# ---------------------------------------------------------------- TLS connections

HTTPS = "10.106.111.100"
CONNECTIONS = (
    asks(
        "7975/9-3-1/https-server-by-tvs",
        "the certificate of an HTTPS service is not in the lists; a TVS vouches for it",
        "DIR118699",
        "the phone's console log: the certificate is not in the CTL, TLS to a TVS, a request of 962 "
        "bytes, status 0.",
        vouches(HTTPS, who("https-server"), seconds=0.5),
        standing="documented",
        protocol="SCCP",
        held=LISTS,
        served={},
        filled="date, device, names; the log shows no boot.",
        whole=(),
    ),
    asks(
        "7975/9-3-1/tvs-breaks-off",
        "TLS to a TVS ends with a fatal alert",
        "DIR118699",
        "the phone's console log: TCP to port 2445 stands, then the server's alert `handshake failure`.",
        TvsExchange(server="192.168.136.6", outcome=TvsOutcome.HANDSHAKE, tls="1.0"),
        standing="documented",
        protocol="SCCP",
        held=LISTS,
        served={},
        filled="date, device; the log shows no boot.",
    ),
    asks(
        "7975/unknown/registers-with-lsc",
        "an encrypted phone opens TLS for signalling with its LSC",
        "TN200860",
        "the phone's console log: signalling, TLS 1.0, the certificate is the LSC.",
        CallManagerExchange(node=SERVER, outcome=CallManagerOutcome.CONNECTED, secure=True),
        standing="documented",
        protocol="SCCP",
        held={**LISTS, "config.xml": config(SERVER, security=DeviceSecurity.ENCRYPTED)},
        served={},
        filled="the model (the text says 79xx), date, device, server, lists.",
    ),
)

CASES = (*PLAIN_SERVERS, *CLUSTERS, *CONNECTIONS)
