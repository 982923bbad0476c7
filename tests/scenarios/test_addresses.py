"""Servers that get another address or another name, and phones that were given the one or the other.

What a phone was given by address is followed by address; what it was given by name, by whatever that leads
to.
"""

import attrs
import pytest
from office import CONFIG, Office, ruled
from planmaking import CALLMANAGER, ENCRYPTED, OLDER, RESET, TFTP, End, through

from phoneemu.cluster import publish
from phoneemu.cluster.founding import make_cluster
from phoneemu.cluster.state import Cluster, Node
from phoneemu.core.flash import DeviceSecurity
from phoneemu.core.ruling import Reason, Verdict

OLD, OTHER, NEW = "192.0.2.11", "192.0.2.12", "192.0.2.77"
MOVE = f"pub set network ip eth0 {NEW} 255.255.255.0 192.0.2.1"
FOLLOW = f"phones point-to {NEW}"
UPDATE = f"pub utils ctl update CTLFile; {TFTP}; {CALLMANAGER}; {RESET}"
OK = ("ok", "confirmed")
NOBODY = ("degraded", "no-tftp-server")
DEADLOCK = ("stuck", "tftp-not-authorised")
NO_TLS = ("out-of-service", "callmanager-not-in-ctl")


def office(*nodes: str, mixed: bool = False) -> Cluster:
    """A cluster whose nodes have addresses; in mixed mode its CTL has them, too."""
    made = make_cluster("office", "12.5(1)", nodes, mixed=mixed)
    placed = (
        attrs.evolve(node, address=address) for node, address in zip(made.nodes, (OLD, OTHER), strict=False)
    )
    made = attrs.evolve(made, nodes=tuple(placed))
    return publish.with_ctl(made, publish.ctl_of(made)) if mixed else made


def by_address(cluster: Cluster) -> Cluster:
    """The same cluster with its servers known by address in System > Server, and so in its CTL."""
    named = {node.name: node.address for node in cluster.nodes}
    for node in cluster.nodes:
        assert node.ctl is not None
        records = tuple(
            attrs.evolve(each, dns_name=named.get(each.dns_name, each.dns_name)) for each in node.ctl.records
        )
        ctl = attrs.evolve(node.ctl, records=records)
        cluster = cluster.with_node(
            attrs.evolve(node, ctl=ctl, tvs_ctl=ctl, aliases=frozenset({node.address}))
        )
    return cluster


ONE, ONE_MIXED = office("pub"), office("pub", mixed=True)
TWO_MIXED = office("pub", "sub", mixed=True)
LISTED_BY_ADDRESS = by_address(TWO_MIXED)


PLAIN = DeviceSecurity.NON_SECURE


def both(
    plan: str,
    cluster: Cluster,
    *tftp: str,
    security: DeviceSecurity = PLAIN,
    group: tuple[str, ...] = ("pub", "sub"),
) -> End:
    """A phone of a model that takes nothing from a server outside its CTL."""
    return through(
        plan, cluster, model="7975", load=OLDER, protocol="SIP", tftp=tftp, group=group, security=security
    )


def alone(plan: str, cluster: Cluster, *tftp: str, security: DeviceSecurity = PLAIN) -> End:
    return both(plan, cluster, *tftp, security=security, group=("pub",))


# ---------------------------------------------------------------- a new address


def test_at_the_old_address_nobody_answers_and_the_name_leads_to_the_new_one() -> None:
    """[IPCHG-010]"""
    assert alone(f"{MOVE}; {RESET}", ONE, OLD).says == NOBODY
    assert alone(f"{MOVE}; {RESET}", ONE, "pub").says == OK
    assert alone(f"{MOVE}; {FOLLOW}", ONE, OLD).says == OK


def test_a_new_address_that_the_ctl_does_not_have_is_the_documented_deadlock() -> None:
    """[behaviour-more 4]: a valid signature does not help; the new CTL sits on an unauthorised server."""
    assert alone(f"{MOVE}; {FOLLOW}", ONE_MIXED, OLD).says == DEADLOCK
    assert alone(f"{MOVE}; {UPDATE}; {FOLLOW}", ONE_MIXED, OLD).says == DEADLOCK
    assert alone(f"{MOVE}; {FOLLOW}", ONE_MIXED, OLD).remedy.kind.value == "erase-ctl"


def test_another_server_brings_the_ctl_that_has_the_new_address() -> None:
    """[IPCHG-01]: it must be in the CTL that a phone holds, before the phone is sent there."""
    assert both(f"{MOVE}; {UPDATE}; {FOLLOW}", TWO_MIXED, OLD, OTHER).says == OK
    assert both(f"{MOVE}; {FOLLOW}; {UPDATE}", TWO_MIXED, OLD, OTHER).says == DEADLOCK


def test_secure_connections_to_a_new_address_fail_until_the_ctl_is_updated() -> None:
    """[IPCHG-010]"""
    assert alone(f"{MOVE}; {RESET}", ONE_MIXED, "pub", security=ENCRYPTED).says == NO_TLS
    assert alone(f"{MOVE}; {RESET}", ONE_MIXED, "pub").says == OK
    assert alone(f"{MOVE}; {UPDATE}", ONE_MIXED, "pub", security=ENCRYPTED).says == OK
    assert both(f"{MOVE}; {RESET}", TWO_MIXED, "pub", security=ENCRYPTED).says == (
        "degraded",
        "callmanager-not-in-ctl",
    )


def test_a_multi_server_certificate_is_in_the_ctl_once_for_all_addresses() -> None:
    """[IPCHG-01], in one of two copies of the note."""
    plan = f'pub upload CallManager signed-by "Example CA" multi-server; {UPDATE}; {MOVE}; {RESET}'
    assert through(plan, TWO_MIXED, security=ENCRYPTED, load="14-2-1SR1").says == OK


def test_an_address_that_nobody_told_was_another_one_all_the_same() -> None:
    """The documented failure does not depend on which address that was; the remark asks for it."""
    mixed = make_cluster("office", "12.5(1)", ("pub",), mixed=True)
    end = alone(f"{MOVE}; {RESET}", mixed, "pub", security=ENCRYPTED)
    assert end.says == NO_TLS
    assert any("nothing says which address pub had" in remark for remark in end.plan.remarks)


def test_whether_the_ctl_has_the_address_of_a_server_that_nobody_told_cannot_be_said() -> None:
    mixed = make_cluster("office", "12.5(1)", ("pub",), mixed=True)
    assert alone(f"{MOVE}; {FOLLOW}", mixed, "pub").says == ("cannot-say", "tftp-name-unknown")


def test_a_server_that_is_named_by_its_address_is_called_by_the_new_one() -> None:
    cluster = make_cluster("office", "12.5(1)", (OLD, OTHER))
    move = MOVE.replace("pub", OLD)
    group = (OLD, OTHER)
    lost = through(f"{move}; {RESET}", cluster, tftp=(OLD,), group=group)
    assert lost.says == NOBODY
    followed = through(f"{move}; {FOLLOW}", cluster, tftp=(OLD,), group=group)
    assert (followed.says, followed.last.registered_to) == (OK, NEW)
    mixed = make_cluster("office", "12.5(1)", (OLD, OTHER), mixed=True)
    assert both(f"{move}; {FOLLOW}", mixed, OLD, group=group).says == DEADLOCK
    update = UPDATE.replace("pub ", f"{OLD} ")
    assert both(f"{move}; {update}; {FOLLOW}", mixed, OLD, OTHER, group=group).says == OK


# ---------------------------------------------------------------- a CTL that lists servers by address


@pytest.mark.parametrize("tftp", [(OLD, OTHER), ("pub", "sub")])
def test_an_address_that_is_in_the_ctl_may_be_believed(tftp: tuple[str, ...]) -> None:
    """The form of the vendor's own listing [MIX118892]."""
    assert both(RESET, LISTED_BY_ADDRESS, *tftp).says == OK
    assert both(f"phones point-to {OTHER}", LISTED_BY_ADDRESS, *tftp).says == OK
    assert both("phones point-to sub", LISTED_BY_ADDRESS, *tftp).says == OK


@pytest.mark.parametrize("follow", [FOLLOW, "phones point-to pub"])
def test_a_new_address_must_be_in_such_a_ctl_whatever_the_phone_calls_it(follow: str) -> None:
    assert both(f"{MOVE}; {follow}", LISTED_BY_ADDRESS, OLD, OTHER).says == DEADLOCK
    assert both(f"{MOVE}; {UPDATE}; {follow}", LISTED_BY_ADDRESS, OLD, OTHER).says == OK


def test_the_next_ctl_lists_servers_in_the_form_of_the_last() -> None:
    def names(plan: str, cluster: Cluster) -> set[str]:
        last = through(plan, cluster).plan.stages[-1].world.clusters[0].publisher.ctl
        assert last is not None
        return {each.dns_name for each in last.records}

    assert names(f"{MOVE}; {UPDATE}", LISTED_BY_ADDRESS) == {NEW, OTHER}
    assert names(f"{MOVE}; {UPDATE}", TWO_MIXED) == {"pub", "sub"}
    rename = "pub set network hostname newpub"
    updated = UPDATE.replace("pub ", "newpub ")
    assert names(f"{rename}; {updated}", TWO_MIXED) == {"newpub", "sub"}
    assert names(f"{rename}; {updated}", LISTED_BY_ADDRESS) == {OLD, OTHER}
    full = TWO_MIXED.with_node(_with_full_name(TWO_MIXED))
    assert names(UPDATE, full) == {"pub.example.org", "sub"}
    assert names(f"{rename}; {updated}", full) == {"newpub.example.org", "sub"}


def _with_full_name(cluster: Cluster) -> Node:
    node = cluster.publisher
    assert node.ctl is not None
    records = tuple(
        attrs.evolve(each, dns_name="pub.example.org") if each.dns_name == "pub" else each
        for each in node.ctl.records
    )
    ctl = attrs.evolve(node.ctl, records=records)
    return attrs.evolve(node, ctl=ctl, aliases=frozenset({"pub.example.org"}))


# ---------------------------------------------------------------- a new name


RENAMED = (
    "pub set network hostname newpub",
    "newpub utils ctl update CTLFile",
    "* utils service restart Cisco Tftp",
    "* utils service restart Cisco CallManager",
)


@pytest.mark.parametrize("nodes", [("pub",), ("pub", "sub")])
@pytest.mark.parametrize("follow", ["", "; phones point-to newpub", "; phones point-to office"])
def test_after_the_ctl_update_a_renamed_server_is_believed_under_both_names(
    nodes: tuple[str, ...], follow: str
) -> None:
    """[IPCHG-010]: the CTL bears the new name then; what knew the old one reaches the same address."""
    cluster = make_cluster("office", "12.5(1)", nodes, mixed=True)
    end = through(f"{'; '.join(RENAMED)}; {RESET}{follow}", cluster, tftp=("pub",), group=("pub",))
    assert (end.says, end.last.registered_to) == (OK, "newpub")


def test_a_phone_takes_the_ctl_of_a_renamed_server_and_registers_to_the_new_name() -> None:
    """Told over sockets as well: a live phone learns from its book which names lead to one server."""
    office = Office("12.5(1)", mixed=True)
    phone = office.phone("8861", tftp=("pub",))
    office.does(*RENAMED)
    phone.restarts()
    assert phone.holds_the_served_ctl
    assert phone.flash.ctl is not None
    assert phone.flash.ctl.tftp_servers == {"newpub", "sub"}
    phone.restarts()
    assert phone.registered_to == "newpub"
    phone.points_to("newpub").restarts()
    assert phone.registered_to == "newpub"


def test_over_sockets_too_a_phone_misses_a_server_at_its_old_address() -> None:
    office = Office("12.5(1)", ("pub",), mixed=True)
    office.does("pub set network ip eth0 192.0.2.11", "pub utils ctl update CTLFile")
    phone = office.phone("7975", tftp=(OLD,), security=ENCRYPTED, lsc=office.capf)
    assert phone.registered_to == "pub"
    office.does(MOVE)
    assert phone.restarts().registered_to is None
    assert phone.points_to(NEW).restarts().registered_to is None
    assert ruled(CONFIG, Verdict.REFUSE, Reason.TFTP_NOT_AUTHORISED) in phone.story
