"""RISPort70: answers that are cut, devices under two nodes, nodes that are silent, throttling."""

import re

import pytest
from collectmaking import Bench
from cucm import Handler, Request, Seen

from phoneemu.collect.failures import Kind, NotCollected
from phoneemu.collect.readings import RIS_PATH
from phoneemu.collect.ris import Ris


def ris(bench: Bench) -> Ris:
    return Ris(wire=bench.wire, host="127.0.0.1")


def names(count: int) -> list[str]:
    return [f"SEP0200{number:08X}" for number in range(count)]


def asked(bench: Bench) -> list[int]:
    """How many names each request had."""
    return [len(re.findall("<ns:Item>", each.body)) for each in bench.cucm.requests]


def test_2500_phones_are_asked_for_by_a_thousand_names(bench: Bench) -> None:
    bench.cucm.seen = [Seen(name=name) for name in names(2500)]
    service = ris(bench)
    service.phones(names(2500))
    assert len(service.found) == 2500
    assert asked(bench) == [1000, 1000, 500]


def test_a_device_under_two_nodes_is_kept_under_both(bench: Bench) -> None:
    bench.cucm.seen = [
        Seen(name="SEP1", node="pub", status="UnRegistered", stamp=1),
        Seen(name="SEP1", node="sub", stamp=2),
    ]
    service = ris(bench)
    service.phones(["SEP1"])
    assert {(each.node, each.field("Status")) for each in service.found.values()} == {
        ("pub", "UnRegistered"),
        ("sub", "Registered"),
    }


@pytest.mark.parametrize("says_total", [True, False])
def test_an_answer_that_was_cut_is_asked_on(bench: Bench, *, says_total: bool) -> None:
    """1,000 phones under two nodes are 2,000 devices; an answer has 1,000."""
    bench.cucm.ris_total = says_total
    bench.cucm.seen = [Seen(name=name, node=node) for name in names(1000) for node in ("pub", "sub")]
    service = ris(bench)
    service.phones(names(1000))
    assert len(service.found) == 2000


def test_a_server_without_a_cursor_is_asked_in_halves(bench: Bench) -> None:
    """The same, where StateInfo only ever says that nothing has changed."""
    bench.cucm.seen = [Seen(name=name, node=node) for name in names(1000) for node in ("pub", "sub")]
    bench.cucm.ris_most = 600

    def stateless(handler: Handler, request: Request) -> bool:
        if "<ns:StateInfo></ns:StateInfo>" in request.body:
            return False
        empty = "<SelectCmDeviceResult><TotalDevicesFound>2000</TotalDevicesFound></SelectCmDeviceResult>"
        handler.soap(
            f"<r><selectCmDeviceReturn>{empty}<StateInfo>same</StateInfo></selectCmDeviceReturn></r>"
        )
        return True

    bench.cucm.special = stateless
    service = ris(bench)
    service.phones(names(1000))
    assert len(service.found) == 2000


def test_without_names_all_are_followed_by_state(bench: Bench) -> None:
    bench.cucm.seen = [Seen(name=name) for name in names(1700)]
    service = ris(bench)
    service.every_phone()
    assert len(service.found) == 1700
    assert asked(bench) == [1, 1]


def test_without_names_a_cut_answer_is_no_whole_one(bench: Bench) -> None:
    bench.cucm.seen = [Seen(name=name) for name in names(30)]

    def first_ten(handler: Handler, request: Request) -> bool:
        bench.cucm.ris_most = 10 if "<ns:StateInfo></ns:StateInfo>" in request.body else 0
        return False

    bench.cucm.special = first_ten
    service = ris(bench)
    with pytest.raises(NotCollected) as caught:
        service.every_phone()
    assert caught.value.kind is Kind.INCOMPLETE
    assert len(service.found) == 10


def test_a_phone_of_which_more_is_counted_than_given_ends_the_search(bench: Bench) -> None:
    bench.cucm.seen = [Seen(name="SEP1")]
    bench.cucm.ris_most = 0
    with pytest.raises(NotCollected) as caught:
        ris(bench).phones(["SEP1"])
    assert caught.value.kind is Kind.INCOMPLETE


def test_phones_that_nobody_saw_are_no_cut_answer(bench: Bench) -> None:
    bench.cucm.seen = [Seen(name=name) for name in names(3)]
    service = ris(bench)
    service.phones(names(700))
    assert len(service.found) == 3
    assert len(bench.cucm.requests) == 1


def test_a_node_that_does_not_answer_risport_is_named(bench: Bench) -> None:
    bench.cucm.seen = [Seen(name="SEP1")]
    bench.cucm.node_codes = {"pub": "Ok", "sub": "NodeNotResponding", "sub2": "NotFound"}
    service = ris(bench)
    service.phones(["SEP1"])
    assert service.silent == {"sub": "NodeNotResponding"}


def test_throttling_is_waited_out(bench: Bench) -> None:
    bench.cucm.throttled, bench.cucm.busy[RIS_PATH] = 1, 1
    bench.cucm.seen = [Seen(name="SEP1")]
    service = ris(bench)
    service.phones(["SEP1"])
    assert len(service.found) == 1
    assert [each for each in bench.waited if each >= 5] == [7.0, 10.0]


def test_nobodys_name_number_or_description_is_kept(bench: Bench) -> None:
    bench.cucm.seen = [Seen(name="SEP1")]
    service = ris(bench)
    service.phones(["SEP1"])
    assert "nna" not in repr(service.found)
    assert "4711" not in repr(service.found)


def test_a_fault_and_what_is_no_answer_are_told(bench: Bench) -> None:
    def fault(handler: Handler, _request: Request) -> bool:
        handler.fault("AxisFault: no")
        return True

    def other(handler: Handler, _request: Request) -> bool:
        handler.soap("<hello/>")
        return True

    for special, kind in ((fault, Kind.FAULT), (other, Kind.MALFORMED)):
        bench.cucm.special = special
        with pytest.raises(NotCollected) as caught:
            ris(bench).phones(["SEP1"])
        assert caught.value.kind is kind
