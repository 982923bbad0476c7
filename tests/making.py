"""Small makers for tests: a profile, a certificate identity, a list, a question; each with safe defaults."""

from types import MappingProxyType
from typing import Any

from phoneemu.core.evidence import Fact, Standing
from phoneemu.core.flash import DeviceSecurity, Flash, PhoneConfig
from phoneemu.core.names import Identity
from phoneemu.core.profile import ENGINE_FACTS, Profile
from phoneemu.core.question import Question, Stage, Subject
from phoneemu.core.signedfile import SignedFile
from phoneemu.core.trustlist import ListKind, Record, Role, TrustList

DEFAULTS: dict[str, object] = {
    "reads_ctl": True,
    "reads_itl": True,
    "asks_tvs": True,
    "verifies_config": True,
    "takes_changed_ctl": True,
    "updates_reliably": True,
    "keeps_itl": True,
    "finds_multi_san": True,
    "authorises_tftp": ("ctl", "itl", "config"),
    "list_signers": ("sast",),
    "digests": ("sha1",),
    "digests_unknown": None,
    "rsa_max_bits": 2048,
    "rsa_above_unknown": False,
    "list_max_bytes": 65536,
    "file_order": ("CTL{name}.tlv", "ITL{name}.tlv", "ITLFile.tlv", "{name}.cnf.xml"),
    "transports": ("tftp",),
    "tftp_options": (),
    "tftp_waits": ("0.5", "1"),
    "ctl_retries": 4,
    "tls_min": "1.0",
    "tls_max": "1.2",
    "erase_scope": "separate",
    "console": "SECUREAPP",
    "status_both_installed": "CTL and ITL installed",
    "status_ctl_installed": "CTL Installed",
    "status_itl_installed": "ITL installed",
    "status_updated": "Trust List updated",
    "status_failed": "Trust List update failed",
    "status_none": "No Trust List installed",
    "status_erasing": "Erasing CTL and ITL files",
    "status_file_auth": "File auth fail",
    "status_tftp": "TFTP not in CTL",
}


def a_profile(**values: object) -> Profile:
    """A modern phone whose facts may be overridden by attribute name."""
    facts: dict[str, Any] = {
        attribute: Fact(
            name=dotted,
            value=(DEFAULTS | values).get(attribute),
            standing=Standing.DOCUMENTED,
            source="TEST",
        )
        for attribute, dotted in ENGINE_FACTS.items()
    }
    return Profile(
        model="TEST-1",
        name="Test Phone",
        enums=(1,),
        family="test",
        load=None,
        protocol=None,
        facts=MappingProxyType({fact.name: fact for fact in facts.values()}),
        **facts,
    )


def certificate(name: str, serial: int = 0) -> Identity:
    """A self-signed certificate's identity; the serial follows from the name unless given."""
    number = serial or int.from_bytes(name.encode()[:16], "big")
    return Identity(f"CN={name};O=Test", f"CN={name};O=Test", number)


def entry(role: int | None, holder: Identity | None, dns_name: str = "") -> Record:
    """One record."""
    return Record(role=role, identity=holder, dns_name=dns_name)


def a_list(
    kind: ListKind, signer: Identity | None, *records: Record, timestamp: int = 1, **more: Any
) -> TrustList:
    """A planned list with these records."""
    return TrustList(kind=kind, signer=signer, records=records, timestamp=timestamp, **more)


CM = certificate("cm")
CM_NEW = certificate("cm-new")
TVS_CERT = certificate("tvs")
CAPF_CERT = certificate("capf")


def an_itl(signer: Identity = CM, tvs: Identity = TVS_CERT, timestamp: int = 1, **more: Any) -> TrustList:
    """An ITL of a node `pub`: the signer as SAST and TFTP, one TVS, a CAPF."""
    return a_list(
        ListKind.ITL,
        signer,
        entry(Role.SAST, signer, "pub"),
        entry(Role.TFTP, signer, "pub"),
        entry(Role.CAPF, CAPF_CERT, "pub"),
        entry(Role.TVS, tvs, "pub"),
        timestamp=timestamp,
        **more,
    )


def a_ctl(signer: Identity = CM, timestamp: int = 1, **more: Any) -> TrustList:
    """A tokenless CTL: the signer as SAST and CCM+TFTP of `pub`, a CAPF."""
    return a_list(
        ListKind.CTL,
        signer,
        entry(Role.SAST, signer, "pub"),
        entry(Role.CCM_TFTP, signer, "pub"),
        entry(Role.CAPF, CAPF_CERT, "pub"),
        timestamp=timestamp,
        **more,
    )


def a_config(
    *,
    stamp: str = "1",
    tvs: tuple[str, ...] = ("pub",),
    callmanagers: tuple[str, ...] = ("pub",),
    security: DeviceSecurity = DeviceSecurity.NON_SECURE,
) -> PhoneConfig:
    """A configuration naming `pub` for everything."""
    return PhoneConfig(stamp=stamp, callmanagers=callmanagers, tvs_servers=tvs, security=security)


def a_file(signer: Identity | None = CM, config: PhoneConfig | None = None, **more: Any) -> SignedFile:
    """A configuration file."""
    return SignedFile(filename="SEP1.cnf.xml.sgn", signer=signer, config=config or a_config(), **more)


def asked(subject: Subject, offered: Any, flash: Flash, **more: Any) -> Question:
    """The question whether this offer is to be taken."""
    more.setdefault("profile", a_profile())
    return Question(
        subject=subject,
        stage=more.pop("stage", Stage.OFFER),
        flash=flash,
        now=more.pop("now", 1000.0),
        server=more.pop("server", "pub"),
        offered=offered,
        signer=more.pop("signer", getattr(offered, "signer", None)),
        **more,
    )
