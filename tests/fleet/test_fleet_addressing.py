"""The addresses in a CTL's records that nobody printed."""

import attrs
from making import CAPF_CERT, CM, CM_NEW, a_list, entry

from phoneemu.cluster.founding import make_cluster
from phoneemu.core.trustlist import ListKind, Role
from phoneemu.fleet.addressing import addressed, misplaced
from phoneemu.fleet.listexports import ListExport

OFFICE = make_cluster("office", "12.5(1)", ("pub", "sub"))
OFFICE = OFFICE.with_node(attrs.evolve(OFFICE.publisher, address="192.0.2.11"))


def test_a_record_of_a_server_gets_the_address_that_its_node_has() -> None:
    shown = a_list(
        ListKind.CTL,
        CM,
        entry(Role.CCM_TFTP, CM, "PUB.example.org"),
        entry(Role.CCM_TFTP, CM_NEW, "sub"),
        entry(Role.TFTP, CM_NEW, "elsewhere"),
        entry(Role.CAPF, CAPF_CERT, "pub"),
    )
    told = addressed(shown, OFFICE)
    assert [each.address for each in told.records] == ["192.0.2.11", "", "", ""]
    assert told.tftp_addresses == {"192.0.2.11"}
    assert told.tftp_unaddressed == {"sub", "elsewhere"}


def test_what_a_raw_file_says_is_kept_and_an_itl_is_none_of_this() -> None:
    raw = attrs.evolve(entry(Role.CCM_TFTP, CM, "pub"), ip_address=b"\x0a\x23\x30\x6a")
    ctl, itl = a_list(ListKind.CTL, CM, raw), a_list(ListKind.ITL, CM, entry(Role.TFTP, CM, "pub"))
    assert addressed(ctl, OFFICE) is ctl
    assert ctl.tftp_addresses == {"10.35.48.106"}
    assert addressed(itl, OFFICE) is itl


def test_a_ctl_that_has_another_address_for_a_node_is_remarked_upon() -> None:
    raw = attrs.evolve(entry(Role.CCM_TFTP, CM, "pub"), ip_address=b"\x0a\x23\x30\x6a")
    right = attrs.evolve(raw, ip_address=bytes((192, 0, 2, 11)))
    stranger = attrs.evolve(raw, dns_name="elsewhere")
    ctl = a_list(ListKind.CTL, CM, raw, right, stranger, entry(Role.CAPF, CAPF_CERT, "pub"))
    lists = (ctl, None, a_list(ListKind.ITL, CM, raw))
    exports = [ListExport(file="show_ctl.txt", kind=ListKind.CTL, listed=each) for each in lists[:2]]
    exports.append(ListExport(file="itl.tlv", kind=ListKind.ITL, listed=lists[2]))
    (remark,) = misplaced(exports, OFFICE)
    assert remark.startswith("show_ctl.txt record 1 has the address 10.35.48.106 for pub, and other")
