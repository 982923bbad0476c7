"""The published cases, each by its number in docs/cases.md."""

import attrs
import pytest
from office import (
    CONFIG,
    CTL,
    ITL,
    OUT,
    UNDECIDED,
    Office,
    asked_tvs,
    installed,
    no_file,
    reached_for_tvs,
    registered,
    ruled,
)

from phoneemu.cluster.state import Device
from phoneemu.core.flash import DeviceSecurity
from phoneemu.core.ruling import Reason, Verdict

ACCEPT, REFUSE, ASK, NEXT = Verdict.ACCEPT, Verdict.REFUSE, Verdict.ASK, Verdict.NEXT
NAME = "SEP001122AABBCC"
TOKENS = ("ADN0054f509", "ADN008580ef")
NEW_TOKENS = "cluster ctl-client sign-with ADN-new-1 tokens ADN-new-1 ADN-new-2"


def test_c01_a_7975_follows_a_renewed_publisher_by_tvs() -> None:
    office = Office("10.5(1)", mixed=True, key_bits=1024)
    phone = office.phone("7975", load="SCCP75.9-3-1SR4-1S")
    office.renews_callmanager()
    phone.restarts()
    assert ruled(CTL, ACCEPT, Reason.TVS_VOUCHES) in phone.story
    assert phone.holds_the_served_ctl
    answer = phone.flash.tvs_cache[-1]
    assert answer.roles == frozenset({0, 2})


@pytest.mark.parametrize("model", ["7940", "7960", "Jabber", "IP Communicator", "6901", "6911"])
def test_c02_models_without_security_by_default_are_stuck_until_the_ctl_is_erased(model: str) -> None:
    office = Office("10.5(1)", mixed=True)
    phone = office.phone(model, protocol="SCCP")
    office.renews_callmanager()
    phone.restarts()
    assert not phone.holds_the_served_ctl
    assert ruled(CTL, REFUSE, Reason.SIGNER_UNKNOWN_NO_TVS) in phone.story
    phone.erases("ctl" if phone.profile.erase_scope.value == "ctl" else "factory").restarts()
    assert phone.holds_the_served_ctl


def test_c03_a_7975_follows_from_tokenless_to_uploaded_tokens() -> None:
    office = Office("10.5(1)", mixed=True)
    phone = office.phone("7975")
    office.does(
        *(f"pub upload Phone-SAST-trust {token}" for token in TOKENS),
        "pub file delete tftp CTLFile.tlv",
        "sub file delete tftp CTLFile.tlv",
        f"cluster ctl-client sign-with {TOKENS[1]} tokens {TOKENS[0]} {TOKENS[1]}",
    )
    phone.restarts()
    assert phone.holds_the_served_ctl
    assert phone.flash.tvs_cache[-1].roles == frozenset({0})


def test_c04_a_7975_follows_from_tokens_to_tokenless() -> None:
    office = Office("10.5(1)", mixed=True, tokens=TOKENS)
    phone = office.phone("7975")
    office.does("pub utils ctl update CTLFile")
    phone.restarts()
    assert phone.holds_the_served_ctl


def two_secure_clusters() -> tuple[Office, Office]:
    """A source 10.5(2) and a destination 11.0(1), both mixed and tokenless."""
    source = Office("10.5(2)", ("src-pub", "src-sub"), mixed=True, name="source")
    destination = Office("11.0(1)", ("dst-pub", "dst-sub"), mixed=True, name="destination")
    source.knows(destination)
    return source, destination


def at_destination() -> Device:
    return Device(group=("dst-pub", "dst-sub"))


def test_c05_an_8861_migrates_between_secure_clusters_by_the_old_tvs() -> None:
    source, _ = two_secure_clusters()
    phone = source.phone("8861", load="sip88xx.10-3-1-20")
    source.does(
        "src-pub upload CallManager-trust CallManager@dst-pub",
        "src-pub upload Phone-SAST-trust CallManager@dst-pub",
    )
    phone.points_to("dst-pub", destination=at_destination()).restarts()
    assert phone.story == [
        ruled(CTL, ASK, Reason.SIGNER_UNKNOWN),
        reached_for_tvs("src-pub"),
        ruled(CTL, ACCEPT, Reason.LISTED_PEER),
        asked_tvs("src-pub"),
        ruled(CTL, ACCEPT, Reason.TVS_VOUCHES),
        installed(CTL),
        ruled(ITL, ACCEPT, Reason.LISTED_SIGNER),  # by the CTL just installed, no TVS
        installed(ITL),
        ruled(CONFIG, ACCEPT, Reason.LISTED_SIGNER),
        installed(CONFIG),
        registered("dst-pub"),
    ]
    answer = phone.flash.tvs_cache[-1]
    assert answer.roles == frozenset({0, 3})
    assert answer.expires - source.cluster.clock == 86400


def test_c05_without_the_exchange_the_phone_stays_on_its_old_cluster() -> None:
    source, _ = two_secure_clusters()
    phone = source.phone("8861")
    phone.points_to("dst-pub", destination=at_destination()).restarts()
    assert ruled(CTL, REFUSE, Reason.TVS_DOES_NOT_KNOW) in phone.story
    assert phone.registered_to == "src-pub"


def test_c05_with_the_rollback_parameter_on_the_old_tvs_is_not_believed() -> None:
    """The parameter blanks the ITL and not the CTL, which makes a secure move worse [MIG213407]."""
    source, _ = two_secure_clusters()
    phone = source.phone("8861")
    source.does(
        "src-pub upload Phone-SAST-trust CallManager@dst-pub",
        'cluster parameter "Prepare Cluster for Rollback to pre 8.0" = True',
    )
    phone.restarts()
    phone.points_to("dst-pub", destination=at_destination()).restarts()
    assert ruled(CTL, REFUSE, Reason.NO_TVS_IN_ITL) in phone.story


def test_c08_an_8865_with_emptied_lists_takes_the_destinations_itl() -> None:
    source = Office("12.5.1.16065-1", ("src-pub",), mixed=True, name="source")
    destination = Office("12.5.1.14900-63", ("dst-pub",), name="destination")
    source.knows(destination)
    phone = source.phone("8865", load="sip8845_65.12-8-1-1")
    source.does(
        "src-pub utils ctl set-cluster non-secure-mode",
        'cluster parameter "Prepare Cluster for Rollback to pre 8.0" = True',
    )
    phone.restarts()
    assert phone.flash.itl is not None
    assert phone.flash.itl.emptied
    assert phone.flash.ctl is not None
    assert phone.flash.ctl.file_signers == frozenset()
    phone.points_to("dst-pub", destination=Device(group=("dst-pub",))).restarts()
    assert ruled(ITL, ACCEPT, Reason.ITL_EMPTIED) in phone.story
    assert phone.registered_to == "dst-pub"


@pytest.mark.parametrize("way", ["token client", "command line"])
def test_c10_a_7975_goes_from_mixed_to_non_secure(way: str) -> None:
    tokens = TOKENS if way == "token client" else ()
    office = Office("10.5(1)", mixed=True, tokens=tokens)
    phone = office.phone("7975", security=DeviceSecurity.ENCRYPTED)
    assert phone.last is not None
    assert phone.last.secure
    office.does("pub utils ctl set-cluster non-secure-mode", "* utils service restart Cisco Tftp")
    phone.restarts()
    ctl = phone.flash.ctl
    assert ctl is not None
    assert ctl.file_signers == frozenset()
    assert ctl.sast
    assert phone.holds_the_served_ctl
    assert phone.registered_to == "pub"
    assert not phone.last.secure


@pytest.mark.parametrize("model", ["7975", "7960"])
def test_c11_when_all_tokens_are_lost_every_phone_refuses_the_new_ctl(model: str) -> None:
    office = Office("9.1(2)", mixed=True, tokens=TOKENS)
    phone = office.phone(model)
    office.does("pub file delete tftp CTLFile.tlv", "sub file delete tftp CTLFile.tlv", NEW_TOKENS)
    phone.restarts()
    assert not phone.holds_the_served_ctl
    assert phone.registered_to == "pub"  # registered meanwhile with the old CTL
    phone.erases("ctl").restarts()  # a 7975 keeps its ITL: the TVS vouches from the CTL file itself
    assert phone.holds_the_served_ctl


@pytest.mark.parametrize("mixed", [False, True])
def test_c13_when_everything_is_renewed_at_once_no_phone_follows(
    mixed: bool,  # noqa: FBT001 - a table value
) -> None:
    office = Office("15", mixed=mixed)
    phone = office.phone("8861")
    for node in ("pub", "sub"):
        office.does(f"{node} set cert regen CallManager", f"{node} set cert regen TVS")
    office.does("pub set cert regen ITLRecovery")
    if mixed:
        office.does("pub utils ctl update CTLFile")
    phone.restarts()
    assert phone.alarm in (8, 9)
    assert ruled(CTL if mixed else ITL, REFUSE, Reason.TVS_NOT_TRUSTED) in phone.story
    office.does("pub utils itl reset localkey")
    phone.restarts()
    assert phone.alarm in (8, 9)  # no signer of it survived on the phone
    phone.erases("security").restarts()
    assert phone.alarm in (3, 4)


def test_c14_a_renewed_capf_without_a_ctl_update_keeps_secure_phones_out() -> None:
    office = Office("15", mixed=True)
    phone = office.phone("8861", security=DeviceSecurity.ENCRYPTED, lsc=office.capf)
    plain = office.phone("8861")
    assert phone.registered_to == "pub"
    office.does("pub set cert regen CAPF")
    assert phone.restarts().story[-1] == OUT
    assert plain.restarts().registered_to == "pub"
    office.does("pub utils ctl update CTLFile")
    assert phone.restarts().registered_to == "pub"


def test_c20_an_8945_staged_elsewhere_shows_reason_fourteen_until_its_security_is_reset() -> None:
    elsewhere = Office("8.6(2)", ("staging",), name="staging")
    home = Office("8.6(2)", ("pub",))
    flash = elsewhere.phone("8945").flash
    phone = home.phone("8945", fresh=True, flash=flash).restarts()
    assert ruled(CONFIG, REFUSE, Reason.TVS_SILENT) in phone.story
    assert "invalid file SEP<mac>.cnf.xml.sgn, authenticated fail. Reason:14." in phone.messages
    phone.erases("itl").restarts()  # it has no separate erase: both go
    assert phone.registered_to == "pub"
    assert ruled(CONFIG, ACCEPT, Reason.LISTED_SIGNER) in phone.story


def test_c21_a_phone_with_an_itl_asks_a_router_for_signed_files_only() -> None:
    """A router of the CME kind has no lists and no signed names: the phone keeps its last configuration."""
    cluster = Office("8.0")
    phone = cluster.phone("7962")
    router = Office("8.0", ("cme",), name="router")
    node = router.cluster.by_name["cme"]
    router.cluster = router.cluster.with_node(attrs.evolve(node, itl=None, services=node.services - {"TFTP"}))
    phone.office = router
    phone.points_to("cme").restarts()
    assert phone.flash.itl is not None
    assert ("silent", "cme", f"{NAME}.cnf.xml.sgn") in phone.story
    phone.erases("itl").restarts()
    assert ("silent", "cme", f"{NAME}.cnf.xml") in phone.story


@pytest.mark.parametrize("case", ["c22 a 7942 from a router", "c24 an upgrade to new hardware"])
def test_c22_c24_a_stale_itl_refuses_the_new_cluster_until_it_is_erased(case: str) -> None:
    before = Office("8.6(2)", ("old",), name="before")
    flash = before.phone("7942").flash
    after = Office("8.6(2)" if case.startswith("c22") else "10.5(2)", ("pub",))
    phone = after.phone("7942", fresh=True, flash=flash).restarts()
    assert "Trust List Update Failed" in phone.messages
    assert phone.flash.itl is flash.itl
    phone.erases("itl").restarts()
    assert "Trust List Update Failed" not in phone.messages


def test_c25_a_used_7821_takes_its_configuration_after_a_security_reset() -> None:
    before = Office("12.5", ("old",), mixed=True, name="before")
    flash = before.phone("7821").flash
    after = Office("14", ("pub",), mixed=True)
    phone = after.phone("7821", fresh=True, flash=flash).restarts()
    assert phone.flash.config == flash.config
    phone.erases("security").restarts()
    assert phone.messages == ["CTL and ITL Installed"]
    assert phone.registered_to == "pub"


@pytest.mark.parametrize(
    ("load", "reason"),
    [
        ("SCCP6901.9-3-1-SR2", Reason.NEVER_REPLACES_CTL),
        ("SCCP6901.9-3-1-SR3", None),
    ],
)
def test_c27_an_old_6901_does_not_take_even_a_ctl_of_its_own_signer(load: str, reason: Reason | None) -> None:
    office = Office("10.5(1)", mixed=True)
    phone = office.phone("6901", load=load)
    office.does("pub set cert regen CAPF", "pub utils ctl update CTLFile")  # same signer, new list
    phone.restarts()
    assert phone.holds_the_served_ctl is (reason is None)
    assert reason is None or ruled(CTL, REFUSE, reason) in phone.story


def test_c28_an_ata_191_takes_a_changed_ctl_only_after_a_factory_reset() -> None:
    office = Office("12.5", mixed=True)
    phone = office.phone("ATA 191")
    office.does("pub set cert regen CAPF", "pub utils ctl update CTLFile")
    phone.restarts()
    assert ruled(CTL, REFUSE, Reason.NEVER_REPLACES_CTL) in phone.story
    phone.erases("ctl").restarts()  # nothing happens: it has no such erase
    assert not phone.holds_the_served_ctl
    phone.erases("factory").restarts()
    assert phone.holds_the_served_ctl


def test_c30_a_phone_with_the_default_configuration_knows_no_tvs() -> None:
    office = Office("8.6(2)")
    phone = office.phone("7945", in_database=False)
    assert phone.flash.config is not None
    assert phone.flash.config.tvs_servers == ()
    office.renews_callmanager()
    phone.restarts()
    assert ruled(ITL, REFUSE, Reason.NO_TVS_SERVERS) in phone.story


def test_c31_a_bad_itl_shows_only_when_something_must_be_verified() -> None:
    """Nothing changed in certificates: the phone boots as ever, but no TVS would help it any more."""
    office = Office("10.5(1)")
    phone = office.phone("7945")
    office.does("pub set cert regen TVS", "sub set cert regen TVS")
    assert phone.restarts().registered_to == "pub"
    assert ("ruled", "itl", "refuse", "tvs-not-trusted") not in phone.story
    office.does("pub set cert regen CallManager", "* utils service restart Cisco Tftp")
    phone.restarts()
    assert ruled(ITL, REFUSE, Reason.TVS_NOT_TRUSTED) in phone.story


@pytest.mark.parametrize(
    ("model", "end"), [("7965", OUT), ("8861", registered("pub")), ("8821", UNDECIDED), ("Jabber", UNDECIDED)]
)
def test_c34_sha_512_stops_phones_that_lack_it(model: str, end: tuple[object, ...]) -> None:
    office = Office("11.5(1)", mixed=True)
    phone = office.phone(model)
    office.does(
        'cluster parameter "TFTP File Signature Algorithm" = SHA-512',
        "pub utils ctl update CTLFile",
        "* utils service restart Cisco Tftp",
    )
    assert phone.restarts().story[-1] == end


@pytest.mark.parametrize("model", ["9971", "8961"])
def test_c37_c38_without_any_list_a_phone_says_so_and_goes_on(model: str) -> None:
    """The restart loop of the old load is a reported bug of one lab and not emulated; the message is."""
    office = Office("9.1(2)", ("pbx",))
    node = office.cluster.by_name["pbx"]
    office.cluster = office.cluster.with_node(attrs.evolve(node, itl=None))
    phone = office.phone(model, fresh=True).restarts()
    assert phone.story[:3] == [
        no_file(f"CTL{NAME}.tlv"),
        no_file(f"ITL{NAME}.tlv"),
        no_file("ITLFile.tlv"),
    ]
    assert "No Trust List installed" in phone.messages
    assert phone.registered_to == "pbx"
