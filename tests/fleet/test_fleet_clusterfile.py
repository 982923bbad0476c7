"""cluster.toml, read strictly."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoneemu.core import limits
from phoneemu.errors import BadInput
from phoneemu.fleet import clusterfile
from phoneemu.fleet.clusterfile import ClusterFile, parse

WHOLE = """
name = "office"
release = "10.5(1)"
mixed = true
min_tls = "1.2"
taken = 2015-03-09T17:00:00Z

[[node]]
name = "pub"
address = "192.0.2.1"
publisher = true
services = ["CallManager", "TFTP", "TVS", "CAPF"]

[[node]]
name = "sub1"
up = false
tvs_reachable = false

[groups]
"CMG-1" = ["sub1", "pub"]

[sites."Depot"]
group = "CMG-1"
tftp = ["192.0.2.1"]

[phones]
protocol = "SIP"
lsc = "none"
holds_served = true
[phones.loads]
"Cisco 7960" = "P0030801SR02"

[[off]]
where = 'site = "Depot"'
since = 2015-03-01

[[off]]
devices = ["sep001122334455"]

[parameters]
"TFTP File Signature Algorithm" = "SHA-1"
"""


def test_a_whole_file_is_read() -> None:
    cluster = parse(WHOLE)
    assert (cluster.name, cluster.release, cluster.mixed, cluster.min_tls) == (
        "office",
        "10.5(1)",
        True,
        "1.2",
    )
    assert [node.name for node in cluster.nodes] == ["pub", "sub1"]
    assert cluster.nodes[0].publisher
    assert not cluster.nodes[1].up
    assert not cluster.nodes[1].tvs_reachable
    assert cluster.nodes[1].services == {"CallManager", "TFTP", "TVS"}
    assert cluster.groups == {"CMG-1": ("sub1", "pub")}
    assert cluster.sites["Depot"].tftp == ("192.0.2.1",)
    assert cluster.phones.loads == {"Cisco 7960": "P0030801SR02"}
    assert cluster.phones.holds_served
    assert cluster.off[0].since == 1425168000.0
    assert cluster.off[1].devices == {"SEP001122334455"}
    assert cluster.taken == 1425920400.0
    assert cluster.parameters == {"TFTP File Signature Algorithm": "SHA-1"}


def test_an_absent_file_says_nothing(tmp_path: Path) -> None:
    assert clusterfile.read(tmp_path / "cluster.toml") == ClusterFile()


def test_a_number_is_a_good_release() -> None:
    assert parse("release = 14").release == "14"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("relase = '14'", r"cluster\.toml: relase: unknown key; did you mean 'release'\?"),
        ("zzz = 1", r"cluster\.toml: zzz: unknown key$"),
        ("[[node]]\nname = 'a'\nadress = 'x'", r"cluster\.toml: node\[1\]\.adress: unknown key"),
        ("[[node]]\naddress = 'x'", r"node\[1\]\.name: a node needs a name"),
        ("[[node]]\nname = 'a'\nservices = ['Tomcat']", r"node\[1\]\.services: 'Tomcat' is none of"),
        ("[[node]]\nname = 'a'\n[[node]]\nname = 'A'", "declared twice"),
        ("[node]\nname = 'a'", r"node: an array of tables is needed: \[\[node\]\]"),
        ("mixed = 'yes'", "mixed: true or false"),
        ("min_tls = '9'", r"min_tls: '9' is none of 1\.0"),
        ("name = []", "name: a text is needed"),
        ("taken = 'today'", "taken: a date"),
        ("phones = 3", "phones: a table"),
        ("[phones]\ntftp = [1]", r"phones\.tftp: a list of names"),
        ("[[node]]\nname='a'\n[groups]\nG = ['b']", r"groups\.'G': no \[\[node\]\] is named 'b'"),
        ("[[off]]\nsince = 2020-01-01", r"off\[1\]\.where: say which phones"),
        ("name = ", r"cluster\.toml: no TOML: Invalid value"),
    ],
)
def test_what_the_grammar_does_not_know_is_refused_with_file_and_key(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        parse(text)


@pytest.mark.parametrize("where", ["sites.S", "phones"])
def test_a_group_that_nobody_said_is_refused(where: str) -> None:
    file = clusterfile.parse(f"[{where}]\ngroup = 'G'\n")
    with pytest.raises(BadInput, match=r"cluster.toml: .*\.group: no group 'G'"):
        clusterfile.check_groups(file)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cluster.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(BadInput, match="not UTF-8"):
        clusterfile.read(tmp_path / "cluster.toml")


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    refusal = ""
    try:
        read = parse(text).present
    except BadInput as bad:
        read, refusal = False, str(bad)
    assert read or refusal.startswith("cluster.toml")


def test_a_tftp_server_of_another_cluster_may_be_named_as_a_proxy() -> None:
    said = parse(
        'proxies = ["central-tftp"]\n[[node]]\nname = "pub"\nproxy_for = ["branch"]\n'
        '[phones]\ntftp = ["central-tftp", "pub"]\n'
    )
    assert said.proxies == ("central-tftp",)
    assert said.nodes[0].proxy_for == ("branch",)
    with pytest.raises(BadInput, match=r"no ..node.. is named 'strange-tftp'"):
        parse('[[node]]\nname = "pub"\n[phones]\ntftp = ["strange-tftp"]\n')


@pytest.mark.parametrize("name", ["phones", "a b", "*", "admin:", "#x", "a\\nb"])
def test_a_node_of_a_name_that_cannot_be_one_is_refused_with_its_key(name: str) -> None:
    with pytest.raises(BadInput, match="cannot be a node's name") as refused:
        parse(f'[[node]]\nname = "pub"\n[[node]]\nname = "{name}"\n')
    assert refused.value.place == "cluster.toml: node[2].name"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_a_file_that_a_shell_of_windows_wrote_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "cluster.toml").write_bytes(WHOLE.replace("\n", "\r\n").encode(encoding))
    assert clusterfile.read(tmp_path / "cluster.toml") == parse(WHOLE)


def test_a_file_is_read_up_to_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CLUSTER_FILE_BYTES", 9)
    (tmp_path / "cluster.toml").write_text(WHOLE)
    with pytest.raises(BadInput, match=r"cluster\.toml: larger than 9 bytes"):
        clusterfile.read(tmp_path / "cluster.toml")


def test_the_example_of_the_manual_is_a_cluster_file() -> None:
    manual = Path(__file__).resolve().parents[2] / "docs" / "snapshot.md"
    (text,) = re.findall(
        r"^```toml\n(.*?)^```$", manual.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    example = parse(text)
    assert [node.name for node in example.nodes] == ["cucm-pub", "cucm-sub1"]
    assert len(example.off) == 2
