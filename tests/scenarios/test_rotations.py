"""Rotations and attacks on a list in memory, after the names of the TUF suites (docs/cases.md).

A rotation is a table of English names to what is done and what a phone then holds.
"""

import attrs
import loopback
import pytest
from office import CONFIG, CTL, ITL, Office, asked_tvs, ruled

from phoneemu.core.flash import DeviceSecurity
from phoneemu.core.ruling import Reason, Verdict
from phoneemu.core.trustlist import Digest, ListKind, Role

TFTP = "* utils service restart Cisco Tftp"
CALLMANAGER = "pub set cert regen CallManager"
TVS = ("pub set cert regen TVS", "sub set cert regen TVS")
RECOVERY = "pub set cert regen ITLRecovery"
RESET = "phones reset"


ROTATIONS: dict[str, tuple[str, tuple[str, ...], bool]] = {
    # name: (release, what is done, whether the phone holds the served ITL in the end)
    "nothing changes": ("10.5(1)", (TFTP, RESET), True),
    "the signer alone is renewed and a TVS vouches": ("10.5(1)", (CALLMANAGER, TFTP, RESET), True),
    "the TVS alone is renewed and the signer is known": ("10.5(1)", (*TVS, TFTP, RESET), True),
    "signer, wait, then TVS": ("10.5(1)", (CALLMANAGER, TFTP, RESET, *TVS, TFTP, RESET), True),
    "TVS, wait, then signer": ("10.5(1)", (*TVS, TFTP, RESET, CALLMANAGER, TFTP, RESET), True),
    "signer and TVS at once": ("10.5(1)", (CALLMANAGER, *TVS, TFTP, RESET), False),
    "signer and TVS at once, then itl reset": (
        "10.5(1)",
        (CALLMANAGER, *TVS, TFTP, RESET, "pub utils itl reset localkey", RESET, TFTP, RESET),
        True,
    ),
    "the signer twice while the phone sleeps": ("10.5(1)", (CALLMANAGER, CALLMANAGER, TFTP, RESET), True),
    "from 12.0 signer and TVS at once harm nobody": ("12.5", (CALLMANAGER, *TVS, TFTP, RESET), True),
    "from 12.0 the recovery key is renewed and a TVS vouches": ("12.5", (RECOVERY, TFTP, RESET), True),
    "from 12.0 recovery key and TVS at once": ("12.5", (RECOVERY, *TVS, TFTP, RESET), False),
    "recovery key by the documented way": (
        "12.5",
        (RECOVERY, "pub utils itl reset localkey", RESET, TFTP, RESET),
        True,
    ),
    "before 10.0 signer and TVS at once cannot be reset": ("9.1(2)", (CALLMANAGER, *TVS, TFTP, RESET), False),
    "rollback first, then everything": (
        "10.5(1)",
        (
            'cluster parameter "Prepare Cluster for Rollback to pre 8.0" = True',
            RESET,
            CALLMANAGER,
            *TVS,
            'cluster parameter "Prepare Cluster for Rollback to pre 8.0" = False',
            TFTP,
            RESET,
        ),
        True,
    ),
    "the TVS is down, then back": (
        "10.5(1)",
        ("* block 2445", CALLMANAGER, TFTP, RESET, "* unblock 2445", RESET),
        True,
    ),
    "the primary TVS is off": ("10.5(1)", ("pub block 2445", CALLMANAGER, TFTP, RESET), True),
    "the TVS service is stopped everywhere": (
        "10.5(1)",
        ("* utils service stop Cisco Trust Verification Service", CALLMANAGER, TFTP, RESET),
        False,
    ),
    "a CA-signed certificate is uploaded and a TVS vouches": (
        "11.5(1)",
        ('pub upload CallManager signed-by "Example CA"', TFTP, RESET),
        True,
    ),
    "the TFTP service was never restarted": ("10.5(1)", (CALLMANAGER, RESET), True),
    "from 14 no restart is needed": ("14", (CALLMANAGER, RESET), True),
}


@pytest.mark.parametrize("name", ROTATIONS)
@pytest.mark.parametrize("model", ["7975", "8861"])
def test_rotation(name: str, model: str) -> None:
    release, steps, follows = ROTATIONS[name]
    office = Office(release)
    phone = office.phone(model)
    for step in steps:
        if step == RESET:
            phone.restarts()
        else:
            office.does(step)
    served = office.cluster.publisher.itl
    assert served is not None
    assert served.same_as(phone.flash.itl) is follows


def test_a_needless_tvs_question_is_never_asked() -> None:
    office = Office("10.5(1)", mixed=True)
    phone = office.phone("8861")
    office.renews_callmanager()
    phone.restarts()
    assert [step for step in phone.story if step[0] == "asked tvs"] == [asked_tvs("pub")]
    phone.restarts()
    assert [step for step in phone.story if step[0] in ("asked tvs", "installed")] == []


def test_an_older_list_served_again_is_taken_because_lists_have_no_version() -> None:
    """Whether real phones look at the timestamp is an open question; nothing says they do."""
    office = Office("12.5", mixed=True)
    phone = office.phone("8861")
    old = office.cluster.publisher.ctl
    office.does("pub set cert regen CAPF", "pub utils ctl update CTLFile")
    phone.restarts()
    node = office.cluster.by_name["pub"]
    office.cluster = office.cluster.with_node(attrs.evolve(node, ctl=old))
    phone.restarts()
    assert ruled(CTL, Verdict.ACCEPT, Reason.LISTED_SIGNER) in phone.story
    assert phone.flash.ctl is old


def test_a_timestamp_in_the_future_changes_nothing_and_can_be_corrected() -> None:
    office = Office("12.5", mixed=True)
    phone = office.phone("8861")
    office.cluster = attrs.evolve(office.cluster, clock=office.cluster.clock + 10 * 365 * 86400)
    office.does("pub utils ctl update CTLFile")
    phone.restarts()
    office.cluster = attrs.evolve(office.cluster, clock=office.cluster.clock - 10 * 365 * 86400)
    office.does("pub set cert regen CAPF", "pub utils ctl update CTLFile")
    assert phone.restarts().holds_the_served_ctl


def test_a_ctl_served_as_an_itl_is_refused() -> None:
    office = Office("10.5(1)", mixed=True)
    phone = office.phone("8861")
    node = office.cluster.by_name["pub"]
    office.cluster = office.cluster.with_node(attrs.evolve(node, itl=node.ctl))
    phone.restarts()
    assert ruled(ITL, Verdict.REFUSE, Reason.WRONG_KIND) in phone.story


def test_lists_of_one_node_and_configuration_of_another_need_a_common_signer() -> None:
    """Mix and match: the ITL is the publisher's, the file is signed by the subscriber; its TVS vouches."""
    office = Office("10.5(1)")
    phone = office.phone("8861")
    phone.points_to("sub").restarts()
    assert ruled(ITL, Verdict.ACCEPT, Reason.TVS_VOUCHES) in phone.story
    office.stops_tvs()
    other = office.phone("8861")
    other.points_to("sub").restarts()
    assert ruled(ITL, Verdict.REFUSE, Reason.TVS_SILENT) in other.story
    assert ruled(CONFIG, Verdict.REFUSE, Reason.TVS_SILENT) in other.story


def test_a_tvs_answer_for_a_file_signer_does_not_make_a_list_signer() -> None:
    """A certificate that is trusted for configuration only must not sign a list."""
    office = Office("10.5(1)")
    phone = office.phone("8861")
    office.serves_forged(ListKind.ITL, signer="tomcat")
    phone.restarts()
    assert ruled(ITL, Verdict.REFUSE, Reason.TVS_WRONG_ROLE) in phone.story


def test_a_cached_answer_is_not_reused_for_another_role_or_after_its_time() -> None:
    office = Office("10.5(1)")
    phone = office.phone("8861")
    phone.points_to("sub").restarts()
    answer = phone.flash.tvs_cache[-1]
    assert answer.roles == frozenset({0, 2})
    served = office.cluster.by_name["sub"].itl
    flash = attrs.evolve(phone.flash, itl=office.cluster.by_name["pub"].itl)
    phone.station = attrs.evolve(phone.station, flash=flash)
    assert ruled(ITL, Verdict.ACCEPT, Reason.TVS_CACHED) in phone.restarts().story
    assert phone.flash.itl is served
    phone.station = attrs.evolve(phone.station, flash=flash)
    office.cluster = attrs.evolve(office.cluster, clock=office.cluster.clock + 86401)
    assert ruled(ITL, Verdict.ACCEPT, Reason.TVS_VOUCHES) in phone.restarts().story


@pytest.mark.parametrize(
    ("extra", "expected"),
    [(None, Verdict.ACCEPT), (99, Verdict.ACCEPT), (Role.CAPF, Verdict.ACCEPT)],
)
def test_an_odd_record_in_a_good_list_is_tolerated(extra: int | None, expected: Verdict) -> None:
    office = Office("12.5", mixed=True)
    phone = office.phone("8861")
    office.serves_forged(ListKind.CTL, extra=[extra])
    assert ruled(CTL, expected, Reason.LISTED_SIGNER) in phone.restarts().story


def test_the_rollback_parameter_lets_a_phone_take_unsigned_files_and_any_itl() -> None:
    office = Office("10.5(1)")
    phone = office.phone("8861")
    done = office.does('cluster parameter "Prepare Cluster for Rollback to pre 8.0" = True')
    assert done.resets
    phone.restarts()
    assert phone.flash.itl is not None
    assert phone.flash.itl.emptied
    assert ruled(CONFIG, Verdict.ACCEPT, Reason.NOTHING_TO_VERIFY_WITH) in phone.story
    stranger = Office("12.5", ("stranger",), name="stranger")
    office.knows(stranger)
    phone.points_to("stranger").restarts()
    assert ruled(ITL, Verdict.ACCEPT, Reason.ITL_EMPTIED) in phone.story


@pytest.mark.parametrize(("certificates", "loads"), [(39, True), (40, False)])
def test_a_cluster_of_too_many_certificates_makes_an_itl_that_does_not_load(
    certificates: int,
    loads: bool,  # noqa: FBT001 - a table value
) -> None:
    """CallManager, ITLRecovery and CAPF beside one TVS a node: 36 nodes make 39 certificates."""
    if loopback.WANTED and not loads:
        certificates += 6  # real ones of a lab are smaller than a cluster's
    nodes = [f"n{number}" for number in range(certificates - 3)]
    office = Office("12.5", nodes)
    phone = office.phone("8861", fresh=True, group=nodes[:2]).restarts()
    assert (phone.registered_to is not None) is loads


def test_a_key_above_what_a_model_is_known_to_take_cannot_be_said() -> None:
    office = Office("12.5", key_bits=4096)
    assert office.phone("7965", fresh=True).restarts().story[-1] == ("undecided",)
    assert office.phone("8861", fresh=True).restarts().registered_to == "pub"


def test_a_secure_phone_whose_ctl_is_stale_is_out_when_the_callmanager_restarts() -> None:
    office = Office("10.5(1)", mixed=True)
    secure = office.phone("7975", security=DeviceSecurity.AUTHENTICATED)
    plain = office.phone("7975")
    office.does(CALLMANAGER)
    assert secure.restarts().registered_to == "pub"  # the service still shows the old certificate
    office.does("pub utils service restart Cisco CallManager")
    assert secure.restarts().registered_to == "sub"  # its backup was not renewed
    office.does("sub set cert regen CallManager", "sub utils service restart Cisco CallManager")
    assert secure.restarts().story[-1] == ("out of service",)
    assert plain.restarts().registered_to == "pub"
    office.does("pub utils ctl update CTLFile")
    assert secure.restarts().registered_to == "pub"


@pytest.mark.parametrize(
    ("model", "floor", "end"),
    [
        ("7975", "1.2", ("out of service",)),
        ("8861", "1.2", ("registered", "pub")),
        ("7937", "1.2", ("out of service",)),
    ],
)
def test_a_tls_floor_keeps_older_secure_phones_out(model: str, floor: str, end: tuple[str, ...]) -> None:
    office = Office("12.5", mixed=True)
    phone = office.phone(model, security=DeviceSecurity.ENCRYPTED)
    office.does(f"pub set tls min-version {floor}")
    assert phone.restarts().story[-1] == end


def test_an_authenticated_phone_cannot_register_with_tls_1_3_alone() -> None:
    office = Office("15SU2", mixed=True)
    phone = office.phone("9871", security=DeviceSecurity.AUTHENTICATED)
    encrypted = office.phone("9871", security=DeviceSecurity.ENCRYPTED)
    office.does("pub set tls min-version 1.3")
    assert phone.restarts().story[-1] == ("out of service",)
    assert encrypted.restarts().registered_to == "pub"


def test_a_tls_floor_takes_the_tvs_from_older_phones() -> None:
    office = Office("11.5(1)")
    phone = office.phone("7975")
    office.does("pub set tls min-version 1.2", CALLMANAGER, TFTP)
    phone.restarts()
    assert ruled(ITL, Verdict.REFUSE, Reason.TVS_TLS_VERSION) in phone.story
    newer = Office("12.5")
    phone = newer.phone("7975")
    newer.does("pub set tls min-version 1.2", CALLMANAGER, TFTP)
    assert ruled(ITL, Verdict.ACCEPT, Reason.LISTED_SIGNER) in phone.restarts().story


@pytest.mark.parametrize(
    ("release", "load", "ruling"),
    [
        ("9.1(2)", "sip88xx.14-2-1-1", ruled(ITL, Verdict.ACCEPT, Reason.TVS_VOUCHES)),
        ("9.1(2)", "sip88xx.14-3-1SR3-1", ruled(ITL, Verdict.REFUSE, Reason.TVS_TLS_VERSION)),
        ("11.5(1)", "sip88xx.14-3-1SR3-1", ruled(ITL, Verdict.ACCEPT, Reason.TVS_VOUCHES)),
    ],
)
def test_a_load_that_asks_for_tls_1_2_has_no_use_of_an_old_tvs(
    release: str, load: str, ruling: tuple[object, ...]
) -> None:
    """[RN1431SR3]: the default floor of the phone; release 9 speaks TLS 1.0 alone [SG1251SU2-tls]."""
    office = Office(release)
    phone = office.phone("8861", load=load)
    office.does(CALLMANAGER, TFTP)
    assert ruling in phone.restarts().story


def test_a_secure_phone_that_asks_for_tls_1_2_cannot_register_to_an_old_cluster() -> None:
    office = Office("9.1(2)")
    office.does("cluster ctl-client sign-with a tokens a b")
    phone = office.phone("8861", load="sip88xx.14-3-1SR3-1", security=DeviceSecurity.ENCRYPTED)
    assert phone.restarts().story[-1] == ("out of service",)
    older = office.phone("8861", load="sip88xx.14-2-1-1", security=DeviceSecurity.ENCRYPTED)
    assert older.restarts().registered_to == "pub"


def test_an_lsc_of_a_foreign_capf_is_not_taken() -> None:
    office = Office("12.5", mixed=True)
    foreign = Office("12.5", ("x",), name="foreign").capf
    phone = office.phone("8861", security=DeviceSecurity.ENCRYPTED, lsc=foreign)
    assert phone.restarts().story[-1] == ("out of service",)
    own = office.phone("8861", security=DeviceSecurity.ENCRYPTED, lsc=office.capf)
    assert own.registered_to == "pub"


def test_a_new_ctl_on_an_unauthorised_server_is_not_even_looked_at_by_most_phones() -> None:
    office = Office("10.5(1)", mixed=True)
    other = Office("10.5(1)", ("new-tftp",), mixed=True, name="other")
    office.knows(other)
    phone = office.phone("7975")
    phone.points_to("new-tftp").restarts()
    assert ruled(CTL, Verdict.REFUSE, Reason.TFTP_NOT_AUTHORISED) in phone.story
    assert phone.registered_to == "pub"


def test_another_tftp_server_it_trusts_is_a_remedy() -> None:
    office = Office("10.5(1)", mixed=True)
    phone = office.phone("8861")
    office.does("pub power off")
    phone.points_to("pub", "sub").restarts()
    assert phone.registered_to == "sub"


def test_every_published_list_names_its_digest() -> None:
    office = Office("11.5(1)", mixed=True)
    office.does(
        'cluster parameter "TFTP File Signature Algorithm" = SHA-512', "pub utils ctl update CTLFile", TFTP
    )
    lists = [office.cluster.publisher.ctl, office.cluster.publisher.itl]
    assert [each.digest for each in lists if each] == [Digest.SHA512, Digest.SHA512]
    assert [each.kind for each in lists if each] == [ListKind.CTL, ListKind.ITL]
