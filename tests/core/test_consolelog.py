"""The console log speaks the dialect of its model."""

import attrs
from making import CM, CM_NEW, TVS_CERT, a_config, a_ctl, a_file, a_profile, an_itl, certificate

from phoneemu.core.consolelog import console_log
from phoneemu.core.flash import CachedAnswer, Flash
from phoneemu.core.journal import Journal
from phoneemu.core.names import Identity
from phoneemu.core.phone import Phone
from phoneemu.core.profile import Profile
from phoneemu.core.vocabulary import (
    CallManagerAnswered,
    FileArrived,
    FileMissing,
    PoweredOn,
    Registered,
    ServerSilent,
    TvsAnswered,
    TvsConnected,
    TvsFailed,
    TvsTrouble,
)

HELD = Flash(ctl=a_ctl(), itl=an_itl(), config=a_config())


def renewed_boot(profile: Profile, peer: Identity = TVS_CERT, flash: Flash = HELD) -> Journal:
    phone = Phone(profile, "SEP1", flash)
    phone.receive(PoweredOn(now=0, tftp_servers=("pub",)))
    phone.receive(FileArrived(name="CTLSEP1.tlv", server="pub", content=a_ctl(CM_NEW, timestamp=2)))
    phone.receive(TvsConnected(server="pub", peer=peer))
    phone.receive(
        TvsAnswered(server="pub", session=1001, found=True, identity=CM_NEW, roles=frozenset({0}), ttl=7200)
    )
    phone.receive(FileMissing(name="ITLSEP1.tlv", server="pub"))
    phone.receive(FileMissing(name="ITLFile.tlv", server="pub"))
    phone.receive(FileArrived(name="SEP1.cnf.xml.sgn", server="pub", content=a_file(certificate("other"))))
    phone.receive(CallManagerAnswered(node="pub"))
    phone.receive(Registered(node="pub"))
    return phone.journal


def test_a_signer_vouched_for_reads_as_in_the_published_secureapp_log() -> None:
    profile = a_profile()
    said = console_log(renewed_boot(profile), profile, "SEP1")
    sent = 10 + (3 + 1 + len("CP-TEST-1-SEP1")) + 2 * (3 + len("CN=cm-new;O=Test") + 1) + (3 + 6)
    request = "NOT SECUREAPP-TVS process request"
    assert said[:14] == [
        "0001: NOT dgetfile-GETXXTP [src=CTLSEP1.tlv][dest=/tmp/CTLFile.tlv][serv=][serv6=][sec=0]",
        "0002: NOT SECUREAPP-Attempting connect to TVS server addr [pub], mode [IPv4]",
        "0003: NOT SECUREAPP-SSL session setup Cert Verification - Role is = 21",
        "0004: NOT SECUREAPP-SSL session setup Cert Verification - Certificate is valid.",
        "0005: NOT SECUREAPP-Sec SSL Connection - Handshake successful.",
        "0006: NOT SECUREAPP-TVS process request - processing TVS Query Certificate request.",
        f"0007: {request} - Successfully sent the TVS request to TVS server, bytes written : {sent}",
        "0008: NOT SECUREAPP-TVS added cert to TVS cache - expires in 2 hours",
        "0009: NOT SECUREAPP-Hashes match... authentication successful.",
        "0010: NOT SECUREAPP-updateFromFile: TL parse to table: CTL_SUCCESS",
        "0011: NOT SECUREAPP-updateFromFile: Updating master TL table",
        "0012: NOT SECUREAPP-TL file verified successfully.",
        "0013: NOT SECUREAPP-TL file updated.",
        "0014: NOT dgetfile-GETXXTP [src=ITLSEP1.tlv][dest=/tmp/ITLFile.tlv][serv=][serv6=][sec=0]",
    ]
    assert "0015: WRN TFTPD-Error: (1+1)File not found" in said


def test_the_length_of_the_published_query_comes_out() -> None:
    """143 bytes of body were logged for an 8861 with this device name and these names [MIG213407]."""
    profile = attrs.evolve(a_profile(), model="8861")
    subject = "CN=ucm11pub.stormin.local;OU=IST;O=Stormin;L=Brisbane;ST=QLD;C=AU"
    signer = Identity(subject, "CN=stormin-WIN2012-CA", 0x24000000179479B8F124AC3F3B000000000017)
    flash = attrs.evolve(HELD, itl=an_itl())
    phone = Phone(profile, "SEPB000B4BA0AEE", flash)
    phone.receive(PoweredOn(now=0, tftp_servers=("pub",)))
    phone.receive(FileArrived(name="CTLSEPB000B4BA0AEE.tlv", server="pub", content=a_ctl(signer)))
    phone.receive(TvsConnected(server="pub", peer=TVS_CERT))
    assert "bytes written : 153" in console_log(phone.journal, profile, "SEPB000B4BA0AEE")[-1]


def test_a_refused_tvs_reads_in_both_dialects() -> None:
    secureapp, secd = a_profile(), a_profile(console="SECD")
    stranger = certificate("stranger")
    modern = console_log(renewed_boot(secureapp, stranger), secureapp, "SEP1")
    older = console_log(renewed_boot(secd, stranger), secd, "SEP1")
    assert any("Sec SSL Connection - Handshake failed." in line for line in modern)
    assert "0002: ERR SECD: EROR:clpSetupSsl: ** SSL handshake failed, <pub> c:14 s:15" in older


def test_a_signer_vouched_for_reads_in_secd() -> None:
    profile = a_profile(console="SECD")
    assert console_log(renewed_boot(profile), profile, "SEP1")[:4] == [
        "0001: NOT SECD: clpSetupSsl: Trying to connect to IPV4, IP: pub, Port : 2445",
        "0002: NOT SECD: -Successfully obtained a TLS connection to the TVS server",
        "0003: NOT SECD: setupSocketToTvsProxy: Connected to TVS proxy server",
        "0004: NOT SECD: -Authentication Response received, status : 0",
    ]


def test_a_refused_file_reads_as_signer_not_in_ctl_in_secd() -> None:
    profile = a_profile(console="SECD", asks_tvs=False)
    phone = Phone(profile, "SEP1", HELD)
    phone.receive(PoweredOn(now=0, tftp_servers=("pub",)))
    phone.receive(FileArrived(name="CTLSEP1.tlv", server="pub", content=a_ctl(CM_NEW, timestamp=2)))
    phone.receive(FileArrived(name="ITLSEP1.tlv", server="pub", content=an_itl(CM_NEW, timestamp=2)))
    phone.receive(FileArrived(name="SEP1.cnf.xml.sgn", server="pub", content=a_file(CM_NEW)))
    failed = "ERR SECD: EROR:verifyFile: sgn verify file failed"
    assert console_log(phone.journal, profile, "SEP1") == [
        f"0001: {failed} </tmp/CTLFile.tlv>, errclass 8, errcode 19 (signer not in CTL)",
        f"0002: {failed} </tmp/ITLFile.tlv>, errclass 8, errcode 19 (signer not in CTL)",
        f"0003: {failed} </tmp/ram/SEP1.cnf.xml.sgn>, errclass 8, errcode 19 (signer not in CTL)",
    ]


def test_a_fault_of_another_kind_is_not_called_an_unknown_signer() -> None:
    profile = a_profile(console="SECD")
    phone = Phone(profile, "SEP1", HELD)
    phone.receive(PoweredOn(now=0, tftp_servers=("elsewhere",)))
    phone.receive(FileArrived(name="CTLSEP1.tlv", server="elsewhere", content=a_ctl(timestamp=2)))
    assert console_log(phone.journal, profile, "SEP1") == [
        "0001: ERR SECD: EROR:verifyFile: sgn verify file failed </tmp/CTLFile.tlv>"
    ]


def test_a_failed_handshake_names_the_tvs_and_not_the_tftp_server() -> None:
    profile = a_profile(console="SECD")
    config = a_config(tvs=("tvs-1", "tvs-2"))
    phone = Phone(profile, "SEP1", attrs.evolve(HELD, config=config))
    phone.receive(PoweredOn(now=0, tftp_servers=("pub",)))
    phone.receive(FileArrived(name="CTLSEP1.tlv", server="pub", content=a_ctl(CM_NEW, timestamp=2)))
    phone.receive(TvsConnected(server="tvs-1", peer=certificate("stranger")))
    phone.receive(TvsFailed(server="tvs-2", trouble=TvsTrouble.UNREACHABLE))
    said = console_log(phone.journal, profile, "SEP1")
    assert "0002: ERR SECD: EROR:clpSetupSsl: ** SSL handshake failed, <tvs-1> c:14 s:15" in said
    assert "0004: ERR SECD: EROR:clpSetupSsl: SSL/TLS setup failed, <tvs-2> c:14" in said


def test_the_downloader_tells_a_missing_file_from_a_silent_server() -> None:
    profile = a_profile(transports=("http", "tftp"))
    phone = Phone(profile, "SEP1")
    phone.receive(PoweredOn(now=0, tftp_servers=("pub",)))
    phone.receive(ServerSilent(name="CTLSEP1.tlv", server="pub"))
    phone.receive(ServerSilent(name="CTLSEP1.tlv", server="pub"))
    phone.receive(FileMissing(name="ITLSEP1.tlv", server="pub"))
    request = "NOT dgetfile-GETXXTP [src=CTLSEP1.tlv][dest=/tmp/CTLFile.tlv][serv=][serv6=][sec=0]"
    said = console_log(phone.journal, profile, "SEP1")
    assert said[:3] == [
        f"0001: {request}",
        f"0002: {request}",
        "0003: NOT TFTPD-Timeout: retransmit the last packet (1)",
    ]
    assert said[4] == "0005: ERR GHTTP-http get [HTTP/1.1 404 Not Found]"


def test_a_cached_answer_reads_as_a_match() -> None:
    answer = CachedAnswer(identity=CM_NEW, roles=frozenset({0}), expires=99.0)
    profile = a_profile()
    phone = Phone(profile, "SEP1", attrs.evolve(HELD, tvs_cache=(answer,)))
    phone.receive(PoweredOn(now=0, tftp_servers=("pub",)))
    phone.receive(FileArrived(name="CTLSEP1.tlv", server="pub", content=a_ctl(CM_NEW, timestamp=2)))
    said = console_log(phone.journal, profile, "SEP1")
    assert "0002: NOT SECUREAPP-Hashes match... authentication successful." in said


def test_a_dialect_nobody_knows_is_not_invented() -> None:
    profile = a_profile(console=None)
    assert console_log(Journal(), profile, "SEP1") == ["(the console log dialect of this model is not known)"]


def test_a_registration_says_nothing_about_trust() -> None:
    profile = a_profile(reads_ctl=False, reads_itl=False)
    phone = Phone(profile, "SEP1")
    phone.receive(PoweredOn(now=0, tftp_servers=()))
    assert console_log(phone.journal, profile, "SEP1") == []
    assert CM != CM_NEW
