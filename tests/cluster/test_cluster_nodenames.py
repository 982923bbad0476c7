"""What can be a node's name."""

import pytest
from office import Office

from phoneemu.cluster import keeping
from phoneemu.cluster.nodenames import check_node_name, why_no_node_name
from phoneemu.core import limits
from phoneemu.errors import BadInput

ODD = [
    "",
    "*",
    "phones",
    "Cluster",
    "admin",
    "admin:",
    "#x",
    "a b",
    "a\nb",
    "-a",
    "a.",
    "b\x00",
    "é",
    "a" * 254,
]


@pytest.mark.parametrize("name", ["pub", "CUCM-1.example.org", "1a", "a_b", "192.0.2.1", "2001:db8::1"])
def test_a_host_name_or_an_address_is_one(name: str) -> None:
    assert why_no_node_name(name) == ""


@pytest.mark.parametrize("name", ODD)
def test_what_is_no_host_name_or_a_word_of_the_runbook_is_none(name: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_node_name(name, "cluster.toml: node[1].name")
    assert refused.value.place == "cluster.toml: node[1].name"
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("step", ["pub set network hostname phones", "cluster add-node #x tftp"])
def test_no_step_gives_a_node_such_a_name(step: str) -> None:
    with pytest.raises(BadInput, match="cannot be a node's name"):
        Office("12.5(1)").does(step)


@pytest.mark.parametrize("name", ["phones", "a b", "#x", "*"])
def test_no_lab_has_such_a_node(name: str) -> None:
    with pytest.raises(BadInput, match=r"--nodes: .* cannot be a node's name"):
        keeping.checked_nodes(f"pub,{name}")


def test_there_is_a_limit_to_the_nodes_of_a_lab() -> None:
    names = [f"n{number}" for number in range(limits.NODES + 1)]
    assert len(keeping.checked_nodes(",".join(names[1:]))) == limits.NODES
    with pytest.raises(BadInput, match=r"--nodes: 201 nodes"):
        keeping.checked_nodes(",".join(names))


def test_no_step_adds_a_node_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "NODES", 2)
    with pytest.raises(BadInput, match="at most 2 nodes"):
        Office("12.5(1)").does("cluster add-node new tftp")
