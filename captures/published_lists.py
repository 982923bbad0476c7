"""Restated cases of lists that change hands: tokens, renewals, migrations, and who vouched for the signer."""

from __future__ import annotations

import datetime
from typing import Any

from restating import (
    ARRIVED,
    CONFIG,
    CTL,
    FAILED,
    HTTP,
    ITL,
    MISSING,
    TFTP,
    Restated,
    accepts,
    config,
    ctl,
    file,
    itl,
    itl_of,
    record,
    refuses,
    tokenless,
    told,
    vouches,
    who,
)

from phoneemu.core.names import Identity
from phoneemu.core.ruling import Reason
from phoneemu.core.trustlist import Record, Role
from phoneemu.replay.case import Chapter, TvsExchange, TvsOutcome

# ---------------------------------------------------------------- the cluster of SEED118893

LAB = ";OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL"
PUB, SUB = "cucm-1051-a-pub", "cucm-1051-a-sub1"
OLD = who(PUB, "70:CA:F6:4E:09:07:51:B9:DF:22:F4:9F:75:4F:C5:BB", LAB)
NEW = who(PUB, "6B:1D:35:7B:68:41:74:0B:07:8F:EE:4A:18:13:D5:D6", LAB)
SECOND = who(SUB, "6B:EB:FD:CD:CD:8C:A2:77:CB:2F:D1:D1:83:A6:0E:72", LAB)
CAPF = who("CAPF-e41e7d87", "74:4B:49:99:77:04:96:E7:99:E9:1E:81:D3:C8:10:9B", LAB)
MAKER = "cn=Cisco Manufacturing CA;o=Cisco Systems"


def token(name: str, serial: str) -> Identity:
    """A hardware token, with the lost quote of its name."""
    subject = f'cn="SAST-{name}        ";ou=IPCBU;o="Cisco Systems'
    return Identity(subject, MAKER, int(serial.replace(":", ""), 16))


SPARE = token("ADN0054f509", "3C:F9:27:00:00:00:AF:A2:DA:45")
TOKEN = token("ADN008580ef", "83:E9:08:00:00:00:55:45:AF:31")
TVS = (who(f"TVS-{PUB}"), who(f"TVS-{SUB}"))
HASHES = {
    OLD: "E9D433645BC88CED514D8FE5EA5B6D21A5A38C9C",
    NEW: "5CAF7D23FE82DB872B6F4DB7F09DD586EEE08BFC",
    SECOND: "217F23DEAFFF0485767270BFB1BA44DB5E90ED66",
    CAPF: "46EE5A972465B0177E5F7E44F76C0AF363354FA7",
    SPARE: "198F07C499201351C5AEBF9503939FF2CC6D9390",
    TOKEN: "85CD5DADEAFC34B83E2FF2CB9C76B0933E8B3A4F",
}


def listed(role: Role, holder: Identity, node: str) -> Record:
    """A record of that cluster, with the hash that was printed."""
    return record(role, holder, node, HASHES[holder], 2048 if holder == NEW else 1024)


def servers(signer: Identity) -> tuple[Record, ...]:
    """The publisher, its CAPF and the subscriber."""
    return (
        listed(Role.CCM_TFTP, signer, PUB),
        listed(Role.CAPF, CAPF, PUB),
        listed(Role.CCM_TFTP, SECOND, SUB),
    )


def by_server(signer: Identity, length: int, md5: str, sha1: str) -> bytes:
    """A CTL that the publisher's own certificate signs."""
    return ctl(signer, listed(Role.SAST, signer, PUB), *servers(signer), length=length, md5=md5, sha1=sha1)


def by_token(md5: str, sha1: str) -> bytes:
    """A CTL that a hardware token signs."""
    tokens = (listed(Role.SAST, SPARE, ""), *servers(OLD), listed(Role.SAST, TOKEN, ""))
    return ctl(TOKEN, *tokens, length=5728, md5=md5, sha1=sha1)


def its_itl(signer: Identity = OLD) -> bytes:
    """The publisher's ITL, which the text does not print."""
    return itl_of(PUB, signer, TVS)


FIRST = by_server(OLD, 4947, "0c05655de63fe2a042cf252d96c6d609", "8c92d1a569f7263cf4485812366e66e3b503a2f5")
FROM_TOKENS = by_server(
    OLD, 4947, "1d97d9089dd558a062cccfcb1dc4c57f", "3b452f9ec9d6543df80e50f8b850cddc92fcf847"
)
BEFORE = by_server(OLD, 4947, "7b7c10c4a7fa6de651d9b694b74db25f", "819841c6e767a59ecf2f87649064d8e073b0fe87")
RENEWED = by_server(NEW, 6113, "ebc649598280a4477bb3e453345c8c9d", "ef5c006b6182cad66197fac6e6530f15d009319d")
TOKEN_CTL = by_token("256a661f4630cd86ef460db5aad4e91c", "3d56cc01476000686f007aac6c278ed9059fc124")
TOKENS_AGAIN = by_token("2e7a6113eadbdae67ffa918d81376902", "d0f3511f10eef775cc91cce3fa6840c2640f11b8")
SEED = "SEED118893"
NOT_PRINTED = (
    "the phone's device name; its ITL, whose roles are those every ITL has and whose TVS serials stand by "
    "placeholder; its configuration, which names both nodes; of listings printed in part, the records "
    "left out, as they stand in the complete one. Nothing of the boot beside the CTL is shown."
)
CTL_NAME = "CTLSEP000000000000.tlv"


def seed_case(name: str, title: str, held: bytes | None, served: bytes, text: str, **more: Any) -> Restated:
    """A case of that cluster's phone."""
    has = {"ITL.txt": its_itl(), "config.xml": config(PUB, SUB)} | ({"CTL.txt": held} if held else {})
    exchanges = (file(CTL_NAME, PUB, ARRIVED, body="served/CTL.txt"), *more.pop("tvs", ()))
    return Restated(
        path=f"7975/SCCP75.9-3-1SR4/{name}",
        title=title,
        source=SEED,
        text=text,
        filled=NOT_PRINTED,
        held=has,
        served={"CTL.txt": served},
        more={"tftp": (PUB,), "exchanges": exchanges, "protocol": "SCCP"} | more,
    )


def utc(year: int, month: int, day: int, hour: int, minute: int, second: int) -> datetime.datetime:
    """A moment."""
    return datetime.datetime(year, month, day, hour, minute, second, tzinfo=datetime.UTC)


SEED_CASES = (
    seed_case(
        "enters-mixed-mode",
        "a phone with an ITL alone gets the first, tokenless CTL",
        None,
        FIRST,
        "the listing of the first CTL, signed by the publisher's CallManager certificate.",
        clock=utc(2015, 3, 6, 18, 45, 13),
        expected=(accepts(CTL),),
        ending=told(installed=(CTL,), checksum={"ctl": "0c05655de63fe2a042cf252d96c6d609"}),
    ),
    seed_case(
        "tokens-to-tokenless",
        "a CTL signed by a hardware token is replaced by a tokenless one",
        TOKEN_CTL,
        FROM_TOKENS,
        "the listings of both CTLs; that phones with Security by Default take the new one.",
        clock=utc(2015, 3, 6, 20, 56, 7),
        expected=(accepts(CTL),),
        ending=told(installed=(CTL,), checksum={"ctl": "1d97d9089dd558a062cccfcb1dc4c57f"}),
    ),
    seed_case(
        "tokenless-to-tokens-by-tvs",
        "a CTL signed by a token that only a TVS knows is taken",
        FROM_TOKENS,
        TOKENS_AGAIN,
        "the listings of both CTLs; phone console and TVS trace: the token's names and serial are asked "
        "for, the TVS "
        "finds them in its CTL cache with role 0, and the phone takes the list.",
        clock=utc(2015, 3, 6, 22, 0, 22),
        tvs=(vouches(PUB, TOKEN, 0, seconds=0.27),),
        whole=(Chapter.TVS,),
        expected=(accepts(CTL, Reason.TVS_VOUCHES),),
        ending=told(installed=(CTL,), checksum={"ctl": "2e7a6113eadbdae67ffa918d81376902"}),
    ),
    seed_case(
        "renewed-signer-by-tvs",
        "the publisher's CallManager certificate was renewed; a TVS vouches for the new signer",
        BEFORE,
        RENEWED,
        "the listings of both CTLs; phone console and TVS trace: the new serial is asked for, the TVS "
        "finds it with "
        "roles 0 and 2, and the phone takes the list.",
        clock=utc(2015, 3, 9, 16, 21, 51),
        tvs=(vouches(PUB, NEW, 0, 2, seconds=0.26),),
        whole=(Chapter.TVS,),
        expected=(accepts(CTL, Reason.TVS_VOUCHES),),
        ending=told(installed=(CTL,), checksum={"ctl": "ebc649598280a4477bb3e453345c8c9d"}),
    ),
    seed_case(
        "all-tokens-lost",
        "a CTL signed by new tokens that no TVS knows",
        TOKEN_CTL,
        ctl(token("NEW", "01"), record(Role.SAST, token("NEW", "01")), *servers(OLD)),
        "that after the loss of all tokens every phone refuses the new CTL until the old one is erased at it "
        "[TROUBLE1251, MIX118892].",
        tvs=(TvsExchange(server=PUB, outcome=TvsOutcome.ANSWERED, asked=token("NEW", "01"), valid=False),),
        expected=(refuses(CTL),),
        ending=told(installed=()),
    ),
)

# ---------------------------------------------------------------- other clusters

EMPTIED = "10.48.47.153"
MIX_TOKENS = ctl(
    TOKEN,
    record(Role.SAST, SPARE),
    record(Role.CCM_TFTP, who("mixed-server"), EMPTIED),
    record(Role.SAST, TOKEN),
)
MIX_EMPTIED = ctl(
    TOKEN,
    record(Role.SAST, SPARE),
    record(Role.CCM_TFTP, None, EMPTIED),
    record(Role.CAPF, who("mixed-capf"), EMPTIED),
    record(Role.CCM_TFTP, None, "10.48.47.154"),
    record(Role.SAST, TOKEN),
    length=3746,
)
LEAVES_MIXED = Restated(
    path="7975/SCCP75.9-3-1SR3/leaves-mixed-mode",
    title="the CTL of a cluster that left mixed mode: its server records are empty",
    source="MIX118892",
    text="the listing of the CTL after the client set the cluster non-secure: 3746 bytes, two tokens, a "
    "CAPF, two "
    "emptied CCM+TFTP records of 33 bytes; that the phone takes it.",
    filled="device name, date, the CTL before, the names of the CAPF and the server, the ITL.",
    held={"CTL.txt": MIX_TOKENS, "ITL.txt": itl_of(EMPTIED, who("mixed-server"))},
    served={"CTL.txt": MIX_EMPTIED},
    more={
        "protocol": "SCCP",
        "tftp": (EMPTIED,),
        "exchanges": (file(CTL_NAME, EMPTIED, ARRIVED, body="served/CTL.txt"),),
        "expected": (accepts(CTL, Reason.LISTED_SIGNER),),
        "ending": told(installed=(CTL,)),
    },
)

SOURCE_TVS = "192.168.11.32"
SOURCE = who("source-pub")
DESTINATION = who(
    "destination-pub", "5B" * 19, ";OU=TAC;O=Cisco;L=Cityxxxxxxxxxxx;ST=State;C=XX", "CN=stormin-WIN2012-CA"
)
MOVES = Restated(
    path="8861/sip88xx.10-3-1-20/migrates-by-tvs",
    title="a phone moves between secure clusters: the old cluster's TVS vouches for the new one's signer",
    source="MIG213407",
    text="the phone's console log and the TVS trace: TLS to the old TVS at its address on port 2445, "
    "whose certificate "
    "the phone finds in role 21; a query of 153 bytes; roles 0 and 3, 86400 seconds; the CTL is "
    "installed, then the "
    "ITL by the new CTL without another question. The signer's issuer is a Windows CA; the lengths of the "
    "names and "
    "of the serial (19 bytes) follow from the query's.",
    filled="the names and serials of both clusters' certificates and the TVS, the configuration, the date.",
    held={
        "CTL.txt": tokenless(SOURCE, "source-pub"),
        "ITL.txt": itl_of("source-pub", SOURCE, (who("source-tvs"),)),
        "config.xml": config(SOURCE_TVS),
    },
    served={
        "CTL.txt": tokenless(DESTINATION, "destination-pub"),
        "ITL.txt": itl_of("destination-pub", DESTINATION),
    },
    more={
        "device": "SEPB000B4BA0AEE",
        "protocol": "SIP",
        "tftp": ("destination-pub",),
        "whole": (Chapter.TVS,),
        "exchanges": (
            file("CTLSEPB000B4BA0AEE.tlv", "destination-pub", ARRIVED, body="served/CTL.txt"),
            vouches(SOURCE_TVS, DESTINATION, 0, 3, ttl=86400),
            file("ITLSEPB000B4BA0AEE.tlv", "destination-pub", ARRIVED, body="served/ITL.txt"),
        ),
        "expected": (
            accepts(CTL, Reason.LISTED_PEER),
            accepts(CTL, Reason.TVS_VOUCHES),
            accepts(ITL, Reason.LISTED_SIGNER),
        ),
        "ending": told(installed=(CTL, ITL)),
    },
)

CAPF_ALONE = record(Role.CAPF, who("old-capf"), "old-pub")
EMPTY_LISTS = Restated(
    path="8865/12-8-1/moves-with-emptied-lists",
    title="both lists hold a CAPF entry alone; the phone takes the ITL of another cluster",
    source="SEC2NON221657",
    text="what the phone's menu shows of both lists after the cluster was set non-secure and the rollback "
    "parameter "
    "set: one CAPF entry each; that at the destination it registers and installs that cluster's ITL.",
    filled="all names and serials, device name, date; the destination serves no CTL.",
    held={
        "CTL.txt": ctl(who("old-pub"), record(Role.CCM_TFTP, None, "old-pub"), CAPF_ALONE),
        "ITL.txt": itl(who("old-pub"), CAPF_ALONE),
        "config.xml": config("old-pub"),
    },
    served={"ITL.txt": itl_of("new-pub", who("new-pub"), (who("new-tvs"),))},
    more={
        "protocol": "SIP",
        "tftp": ("new-pub",),
        "exchanges": (file("ITLSEP000000000000.tlv", "new-pub", ARRIVED, body="served/ITL.txt"),),
        "expected": (accepts(ITL, Reason.ITL_EMPTIED),),
        "ending": told(installed=(ITL,)),
    },
)

HOME = who("home-pub", more=";OU=home;O=home;L=home;ST=home;C=home")
EMCC_SHA1 = "a36dcf5d1e654d76cde3624b22bd45cf857544a6"
SERVER, PHONE = "192.168.7.200", "SEPC80084AA8743"
EMCC_EXCHANGES = (
    file(f"CTL{PHONE}.tlv", SERVER, FAILED, HTTP, error="HTTP 503", at=0.17),
    file(f"CTL{PHONE}.tlv", SERVER, MISSING, TFTP, error="File not found", retries=1, at=0.65),
    file(f"ITL{PHONE}.tlv", SERVER, ARRIVED, HTTP, body="served/ITL.txt", size=7879, at=1.34),
    vouches(SERVER, HOME, 0, 3, at=2.57),
    file(
        f"{PHONE}.cnf.xml.sgn",
        SERVER,
        ARRIVED,
        HTTP,
        body="served/config.xml",
        signer=HOME,
        size=12277,
        at=3.78,
    ),
)


def emcc(name: str, title: str, text: str, whole: tuple[Chapter, ...], **ending: Any) -> Restated:
    """A case of that phone's boot."""
    return Restated(
        path=f"7821/sip78xx.12-1-1-12/{name}",
        title=title,
        source="EMCC214535",
        text=text,
        filled="the year; names and serials of all certificates; the ITL held before; the TVS's address "
        "and answer "
        "(roles 0 and 3); the configuration, which stands unsigned beside its signer.",
        held={
            "ITL.txt": itl_of("visited-pub", who("visited-pub"), (who("visited-tvs"),)),
            "config.xml": config(SERVER),
        },
        served={
            "ITL.txt": itl_of(SERVER, HOME, (who("home-tvs"),), length=7879, sha1=EMCC_SHA1),
            "config.xml": config(SERVER, tvs=("home-pub",)),
        },
        more={
            "device": PHONE,
            "protocol": "SIP",
            "clock": utc(2019, 3, 9, 18, 32, 37),
            "tftp": (SERVER,),
            "whole": whole,
            "exchanges": EMCC_EXCHANGES,
            "expected": (accepts(ITL, Reason.TVS_VOUCHES), accepts(CONFIG)),
            "ending": told(**ending),
        },
    )


EMCC_CASES = (
    emcc(
        "http-refused-then-tftp",
        "HTTP answers 503 for the CTL, so TFTP is tried for that file; a TVS vouches for the ITL's signer",
        "the phone's console log: CTL by HTTP (503), again by TFTP (one repetition, file not found); ITL "
        "by HTTP, 7879 "
        "bytes; TLS to a TVS and a query of 180 bytes; the hashes match and the list is taken; the signed "
        "name of the "
        "configuration by HTTP, 12277 bytes. The trust-list alarm names no CTL and the SHA-1 of the ITL.",
        (Chapter.FILES, Chapter.TVS),
        installed=(ITL, CONFIG),
        checksum={"itl": EMCC_SHA1},
    ),
    emcc(
        "alarm-after-tvs",
        "the trust-list alarm of the same boot says ITL_INITIAL_SUCCESS although a TVS was asked",
        "StatusCode 3 in the DeviceTLInfo alarm of the same boot.",
        (),
        alarm=3,
    ),
)

CASES = (*SEED_CASES, LEAVES_MIXED, MOVES, EMPTY_LISTS, *EMCC_CASES)
