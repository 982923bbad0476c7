"""Every procedure of the seed document, each for a 7975, an 8861, a 7960 and a Jabber client.

Sources: SEED118893. The cluster is release 10.5(1) with a publisher and a subscriber, as in the document.
"""

import pytest
from office import (
    CONFIG,
    CTL,
    ITL,
    Office,
    asked_tvs,
    installed,
    no_file,
    reached_for_tvs,
    registered,
    ruled,
)

from phoneemu.core.ruling import Reason, Verdict

ACCEPT, REFUSE, ASK, NEXT = Verdict.ACCEPT, Verdict.REFUSE, Verdict.ASK, Verdict.NEXT
MODERN, LEGACY = ["7975", "8861"], ["7960", "Jabber"]
NAME = "SEP001122AABBCC"
REGISTERED = registered("pub")
RESTART = (
    "Please Restart the TFTP and Cisco CallManager services on all nodes in the cluster that run "
    "these services"
)

BY_TVS = [
    ruled(CTL, ASK, Reason.SIGNER_UNKNOWN),
    reached_for_tvs("pub"),
    ruled(CTL, ACCEPT, Reason.LISTED_PEER),
    asked_tvs("pub"),
    ruled(CTL, ACCEPT, Reason.TVS_VOUCHES),
    installed(CTL),
]
REFUSED = ruled(CTL, REFUSE, Reason.SIGNER_UNKNOWN_NO_TVS)
ITL_BY_CTL = [ruled(ITL, ACCEPT, Reason.LISTED_SIGNER), installed(ITL)]
CONFIG_LISTED = ruled(CONFIG, ACCEPT, Reason.LISTED_SIGNER)
CONFIG_OPEN = ruled(CONFIG, ACCEPT, Reason.NOTHING_TO_VERIFY_WITH)

# ---------------------------------------------------------------- a non-secure cluster with no CTL


@pytest.mark.parametrize("model", MODERN)
def test_in_a_non_secure_cluster_a_modern_phone_holds_an_itl_only(model: str) -> None:
    phone = Office().phone(model, fresh=True).restarts()
    assert phone.story == [
        no_file(f"CTL{NAME}.tlv"),
        ruled(ITL, ACCEPT, Reason.FIRST_TRUST),
        installed(ITL),
        CONFIG_LISTED,
        installed(CONFIG),
        REGISTERED,
    ]
    assert phone.alarm == 3


@pytest.mark.parametrize("model", LEGACY)
def test_in_a_non_secure_cluster_a_legacy_phone_holds_nothing(model: str) -> None:
    phone = Office().phone(model, fresh=True).restarts()
    assert phone.story == [no_file(f"CTL{NAME}.tlv"), CONFIG_OPEN, installed(CONFIG), REGISTERED]
    assert (phone.flash.ctl, phone.flash.itl) == (None, None)


def test_the_administrator_sees_no_ctl_and_mode_zero() -> None:
    office = Office()
    shown = office.does("pub show ctl").lines
    assert shown[0] == "Length of CTL file: 0"
    assert shown[-1] == "Error parsing the CTL File."
    query = "pub run sql select paramname,paramvalue from processconfig where paramname='ClusterSecurityMode'"
    assert office.does(query).lines == (
        "paramname           paramvalue",
        "=================== ==========",
        "ClusterSecurityMode 0",
    )


@pytest.mark.parametrize("model", MODERN + LEGACY)
def test_a_renewal_in_a_non_secure_cluster_breaks_nobody_while_a_tvs_answers(model: str) -> None:
    office = Office()
    phone = office.phone(model)
    office.renews_callmanager()
    phone.restarts()
    assert phone.registered_to == "pub"
    assert ruled(CONFIG, REFUSE, Reason.SIGNER_UNKNOWN_NO_TVS) not in phone.story


# ---------------------------------------------------------------- to mixed mode by command line


@pytest.mark.parametrize("model", MODERN)
def test_a_modern_phone_takes_the_first_ctl_by_its_itl(model: str) -> None:
    office = Office()
    phone = office.phone(model)
    office.does("pub utils ctl set-cluster mixed-mode", "* utils service restart Cisco Tftp")
    phone.restarts()
    assert phone.story[:2] == [ruled(CTL, ACCEPT, Reason.LISTED_SIGNER), installed(CTL)]
    assert phone.holds_the_served_ctl
    assert phone.registered_to == "pub"


@pytest.mark.parametrize("model", LEGACY)
def test_a_legacy_phone_takes_the_first_ctl_on_trust(model: str) -> None:
    office = Office()
    phone = office.phone(model)
    office.does("pub utils ctl set-cluster mixed-mode", "* utils service restart Cisco Tftp")
    phone.restarts()
    assert phone.story == [
        ruled(CTL, ACCEPT, Reason.FIRST_TRUST),
        installed(CTL),
        CONFIG_LISTED,
        REGISTERED,
    ]
    assert phone.holds_the_served_ctl


def test_the_first_tokenless_ctl_reads_as_in_the_document() -> None:
    office = Office(nodes=("cucm-1051-a-pub", "cucm-1051-a-sub1"))
    said = office.does("cucm-1051-a-pub utils ctl set-cluster mixed-mode").lines
    assert said == (
        "This operation will set the cluster to Mixed mode. Do you want to continue? (y/n):y",
        "",
        "Moving Cluster to Mixed Mode",
        "Cluster set to Mixed Mode",
        RESTART,
    )
    ctl = office.cluster.publisher.ctl
    assert ctl is not None
    assert [(record.role, record.dns_name) for record in ctl.records] == [
        (0, "cucm-1051-a-pub"),
        (2, "cucm-1051-a-pub"),
        (4, "cucm-1051-a-pub"),
        (2, "cucm-1051-a-sub1"),
    ]
    assert ctl.signer == ctl.records[0].identity == ctl.records[1].identity


# ---------------------------------------------------------------- eToken CTL to tokenless


def with_tokens() -> Office:
    return Office(mixed=True, tokens=("ADN0054f509", "ADN008580ef"))


def to_tokenless(office: Office) -> None:
    office.does("pub utils ctl update CTLFile", "* utils service restart Cisco Tftp")


@pytest.mark.parametrize("model", MODERN)
def test_from_tokens_to_tokenless_a_modern_phone_follows(model: str) -> None:
    office = with_tokens()
    phone = office.phone(model)
    to_tokenless(office)
    phone.restarts()
    assert phone.story[:2] == [ruled(CTL, ACCEPT, Reason.LISTED_SIGNER), installed(CTL)]
    assert phone.holds_the_served_ctl


@pytest.mark.parametrize("model", MODERN)
def test_from_tokens_to_tokenless_a_phone_of_the_subscriber_follows_by_tvs(model: str) -> None:
    """Its ITL lists the subscriber's CallManager, not the publisher's: the TVS must vouch."""
    office = with_tokens()
    phone = office.phone(model, tftp=["sub"])
    to_tokenless(office)
    phone.restarts()
    assert phone.story[: len(BY_TVS)] == BY_TVS
    assert phone.holds_the_served_ctl


@pytest.mark.parametrize("model", LEGACY)
def test_from_tokens_to_tokenless_a_legacy_phone_refuses(model: str) -> None:
    """Its token CTL names the new signer as CCM+TFTP only, which may not sign a CTL."""
    office = with_tokens()
    phone = office.phone(model)
    to_tokenless(office)
    phone.restarts()
    assert phone.story == [REFUSED, CONFIG_LISTED, REGISTERED]
    assert not phone.holds_the_served_ctl


# ---------------------------------------------------------------- tokenless back to eTokens


CLIENT = "cluster ctl-client sign-with ADN008580ef tokens ADN0054f509 ADN008580ef"
DELETE = ("pub file delete tftp CTLFile.tlv", "sub file delete tftp CTLFile.tlv")
UPLOAD = (
    "pub upload Phone-SAST-trust ADN0054f509",
    "pub upload Phone-SAST-trust ADN008580ef",
)


def test_the_ctl_client_refuses_tokens_the_present_ctl_does_not_name() -> None:
    office = Office(mixed=True)
    before = office.cluster.publisher.ctl
    done = office.does(CLIENT)
    assert done.refused
    assert done.lines[0].startswith("The Security Token you have inserted does not exist in the CTL File")
    assert office.cluster.publisher.ctl is before


def test_the_ctl_is_deleted_node_by_node_with_the_documents_dialogue() -> None:
    office = Office(mixed=True)
    assert office.does(DELETE[0]).lines == (
        "Delete the File CTLFile.tlv?",
        'Enter "y" followed by return to continue: y',
        "files: found = 1, deleted = 1",
    )
    assert [node.ctl is None for node in office.cluster.nodes] == [True, False]
    office.does(DELETE[1])
    warned = office.does(CLIENT).lines
    assert warned[0] == (
        "No CTL File exists on the server but the Call Manager Cluster Security Mode is in Secure Mode."
    )


@pytest.mark.parametrize("model", MODERN)
def test_back_to_uploaded_tokens_a_modern_phone_follows_by_tvs(model: str) -> None:
    office = Office(mixed=True)
    phone = office.phone(model)
    office.does(*UPLOAD, *DELETE, CLIENT)
    phone.restarts()
    assert phone.story[: len(BY_TVS)] == BY_TVS
    assert phone.holds_the_served_ctl
    assert phone.flash.ctl is not None
    assert phone.flash.ctl.signer is not None
    assert phone.flash.ctl.signer.common_name == "SAST-ADN008580ef"


@pytest.mark.parametrize("model", MODERN)
def test_back_to_tokens_nobody_uploaded_a_modern_phone_refuses(model: str) -> None:
    """The text asks for the upload, its log shows the CTL cache; lost tokens (C11) settle it for refusal."""
    office = Office(mixed=True)
    phone = office.phone(model)
    office.does(*DELETE, CLIENT)
    phone.restarts()
    assert phone.story[:5] == [*BY_TVS[:4], ruled(CTL, REFUSE, Reason.TVS_DOES_NOT_KNOW)]
    assert not phone.holds_the_served_ctl
    assert phone.registered_to == "pub"


@pytest.mark.parametrize("model", MODERN)
def test_from_non_secure_to_tokens_a_modern_phone_takes_its_first_ctl(model: str) -> None:
    """The tokens were uploaded by nobody; phones are documented to follow [MIX118892]."""
    office = Office()
    phone = office.phone(model)
    office.does(CLIENT)
    phone.restarts()
    assert phone.story[: len(BY_TVS)] == BY_TVS
    assert phone.holds_the_served_ctl


@pytest.mark.parametrize("model", LEGACY)
@pytest.mark.parametrize("upload", [UPLOAD, ()])
def test_back_to_tokens_a_legacy_phone_refuses_with_or_without_the_upload(
    model: str, upload: tuple[str, ...]
) -> None:
    office = Office(mixed=True)
    phone = office.phone(model)
    office.does(*upload, *DELETE, CLIENT)
    phone.restarts()
    assert phone.story[0] == REFUSED
    assert not phone.holds_the_served_ctl


# ---------------------------------------------------------------- the publisher's CallManager is renewed


@pytest.mark.parametrize("model", MODERN)
def test_after_the_renewal_a_modern_phone_follows_by_tvs(model: str) -> None:
    office = Office(mixed=True, key_bits=1024)
    phone = office.phone(model)
    office.renews_callmanager()
    phone.restarts()
    assert phone.story == [*BY_TVS, *ITL_BY_CTL, CONFIG_LISTED, REGISTERED]
    assert phone.holds_the_served_ctl
    assert phone.flash.ctl is not None
    assert phone.flash.ctl.key_bits == 2048
    assert phone.alarm == 1


@pytest.mark.parametrize("model", MODERN)
def test_after_the_renewal_a_modern_phone_is_stuck_while_no_tvs_can_be_reached(model: str) -> None:
    office = Office(mixed=True)
    phone = office.phone(model)
    office.renews_callmanager()
    office.stops_tvs()
    phone.restarts()
    silent = [
        ruled(CTL, ASK, Reason.SIGNER_UNKNOWN),
        reached_for_tvs("pub"),
        ruled(CTL, NEXT, Reason.TVS_SILENT),
        reached_for_tvs("sub"),
        ruled(CTL, NEXT, Reason.TVS_SILENT),
        ruled(CTL, REFUSE, Reason.TVS_SILENT),
    ]
    assert phone.story[:6] == silent
    assert not phone.holds_the_served_ctl
    assert phone.registered_to == "pub"
    assert phone.alarm == 9


@pytest.mark.parametrize("model", MODERN)
def test_after_the_renewal_the_backup_tvs_answers_while_the_primary_is_down(model: str) -> None:
    office = Office(mixed=True)
    phone = office.phone(model)
    office.renews_callmanager()
    office.does("pub block 2445")
    phone.restarts()
    assert asked_tvs("sub") in phone.story
    assert phone.holds_the_served_ctl


@pytest.mark.parametrize("model", MODERN)
def test_after_the_renewal_a_tvs_that_does_not_hold_the_certificate_does_not_help(model: str) -> None:
    office = Office(mixed=True)
    phone = office.phone(model, group=["sub"])
    office.breaks_replication("sub")
    office.renews_callmanager()
    phone.restarts()
    assert ruled(CTL, REFUSE, Reason.TVS_DOES_NOT_KNOW) in phone.story
    assert not phone.holds_the_served_ctl


@pytest.mark.parametrize("model", LEGACY)
@pytest.mark.parametrize("tvs", ["up", "down"])
def test_after_the_renewal_a_legacy_phone_refuses_whatever_the_tvs(model: str, tvs: str) -> None:
    office = Office(mixed=True)
    phone = office.phone(model, protocol="SCCP")
    office.renews_callmanager()
    if tvs == "down":
        office.stops_tvs()
    phone.restarts()
    assert phone.story[0] == REFUSED
    assert not phone.holds_the_served_ctl


def test_a_legacy_phone_that_refused_keeps_its_configuration_and_stays_registered() -> None:
    office = Office(mixed=True)
    phone = office.phone("7960", protocol="SCCP")
    before = phone.flash
    office.renews_callmanager()
    phone.restarts()
    assert phone.story == [REFUSED, ruled(CONFIG, REFUSE, Reason.SIGNER_UNKNOWN_NO_TVS), REGISTERED]
    assert phone.flash == before


def test_whether_jabber_checks_its_configuration_is_not_known_and_said() -> None:
    office = Office(mixed=True)
    phone = office.phone("Jabber")
    office.renews_callmanager()
    phone.restarts()
    assert phone.story[1] == ruled(CONFIG, Verdict.CANNOT_SAY, Reason.VERIFICATION_UNKNOWN)


@pytest.mark.parametrize("model", LEGACY)
def test_a_ctl_deleted_by_hand_lets_the_legacy_phone_take_the_new_one(model: str) -> None:
    office = Office(mixed=True)
    phone = office.phone(model)
    office.renews_callmanager()
    phone.restarts().erases("ctl").restarts()
    assert phone.story == [
        ruled(CTL, ACCEPT, Reason.FIRST_TRUST),
        installed(CTL),
        CONFIG_LISTED,
        REGISTERED,
    ]
    assert phone.holds_the_served_ctl


def test_the_renewal_reads_on_the_terminal_as_in_the_document() -> None:
    office = Office(mixed=True)
    assert office.does("pub utils ctl update CTLFile").lines == (
        "This operation will update the CTLFile. Do you want to continue? (y/n):y",
        "",
        "Updating CTL file",
        "CTL file Updated",
        RESTART,
    )
    shown = "\n".join(office.does("pub show ctl").lines)
    assert shown.count("This etoken was used to sign the CTL file.") == 1
    assert shown.endswith("The CTL file was verified successfully.")
