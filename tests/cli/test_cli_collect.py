"""`phoneemu collect` as its users meet it: from a server and a lab to a snapshot that can be predicted."""

import base64
import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import attrs
import loopback
import pytest
from cucm import OS_PASSWORD, OS_USER, PASSWORD, USER, Cucm, Seen, certificate, phone_rows, serving
from office import Office

from phoneemu.cli import main
from phoneemu.cluster.serve import Lab, Terms
from phoneemu.cluster.state import Cluster, Device
from phoneemu.core.trustlist import ListKind
from phoneemu.fleet.snapshot import read_snapshot

SECRETS = {
    "PHONEEMU_AXL_USER": USER,
    "PHONEEMU_AXL_PASSWORD": PASSWORD,
    "PHONEEMU_OS_USER": OS_USER,
    "PHONEEMU_OS_PASSWORD": OS_PASSWORD,
}
SETUP = "/CGI/Java/Serviceability?adapter=device.statistics.configuration"


def pem_of(der: bytes) -> str:
    """A certificate as the database keeps it."""
    text = base64.b64encode(der).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"])


def services_of(cluster: Cluster) -> Cucm:
    """The services of a lab's cluster: its certificates, a group of both nodes, three phones."""
    own = [each for node in cluster.nodes for each in node.own.values() if each.der]
    rows = phone_rows(3)
    names = [row["name"] for row in rows]
    return Cucm(
        release="14.0.1.10000-20",
        nodes=[("pub", "Publisher", ""), ("sub", "Subscriber", ""), ("EnterpriseWideData", "Subscriber", "")],
        tables={
            "device": rows,
            "callmanagergroup": [
                {"cmgname": "CMG-1", "servername": name, "priority": str(at)}
                for at, name in enumerate(("sub", "pub"))
            ],
            "processconfig": [
                {"paramname": "ClusterSecurityMode", "paramvalue": "1"},
                {"paramname": "RollBackToPreGrayback", "paramvalue": "F"},
            ],
            "certificate": [
                {
                    "servername": each.node,
                    "name": each.unit,
                    "moniker": "own",
                    "ipv4address": "",
                    "certificate": pem_of(each.der),
                }
                for each in own
            ],
            "typemodel": [{"enum": "685", "name": "Cisco 8861"}],
        },
        seen=[
            Seen(name=names[0], node="sub", httpd="Yes", ip="127.0.0.1", stamp=int(cluster.clock)),
            Seen(name=names[0], node="pub", status="UnRegistered", stamp=1),
            Seen(name=names[1], node="sub", stamp=int(cluster.clock)),
            Seen(name=names[2], node="sub", status="UnRegistered", stamp=int(cluster.clock) + 1),
        ],
        certificates={
            host: {"server": name, "identities": [{"service": "tomcat", "certificate": pem_of(own[0].der)}]}
            for host, name in (("127.0.0.1", "pub"), ("localhost", "sub"))
        },
    )


@attrs.define
class Setting:
    """A lab, its services, a phone's web server, and the words that collect from them."""

    cucm: Cucm
    phone: Cucm
    words: list[str]
    folder: Path
    cluster: Cluster


@pytest.fixture
def setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Setting]:
    """All of it, and the passwords in the environment."""
    office = Office("14", maker=loopback.maker(), mixed=True)
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    cucm, pem = services_of(office.cluster), certificate(tmp_path)
    itl = office.cluster.by_name["sub"].itl
    rows = {"Host name": "SEP020000000000", "ITL signature": itl.sha1 if itl is not None else ""}
    table = "".join(f"<tr><td>{key}</td><td>{value}</td></tr>" for key, value in rows.items())
    phone = Cucm(pages={SETUP: f"<html><body><table>{table}</table></body></html>".encode()})
    terms = Terms(device_of=lambda cluster, _name: Device(group=tuple(node.name for node in cluster.nodes)))
    with ExitStack() as stack:
        lab = stack.enter_context(Lab((office.cluster,), terms))
        port = stack.enter_context(serving(cucm, pem))
        phone_port = stack.enter_context(serving(phone, None))
        hosts = tmp_path / "hosts"
        hosts.write_text(lab.book.render().replace("sub 127.0.0.1", "sub localhost"))
        folder = tmp_path / "snapshot"
        words = ["collect", "127.0.0.1", str(folder), "--hosts", str(hosts), "--ca", str(pem)]
        words += ["--port", str(port), "--phone-port", str(phone_port), "--ris-per-minute", "6000"]
        yield Setting(cucm, phone, words, folder, office.cluster)


def test_a_cluster_is_collected_checked_and_predicted(
    setting: Setting, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*setting.words, "--pages"]) == 0
    snapshot = read_snapshot(setting.folder)
    cluster, itl = snapshot.cluster, setting.cluster.by_name["sub"].itl
    assert (cluster.name, cluster.release.text, cluster.mixed) == ("pub", "14.0.1.10000-20", True)
    assert [(node.name, node is cluster.publisher) for node in cluster.nodes] == [
        ("pub", True),
        ("sub", False),
    ]
    assert [phone.name for phone in snapshot.inventory.phones] == [row["name"] for row in phone_rows(3)]
    assert [phone.traits.load for phone in snapshot.inventory.phones] == ["sip88xx.14-2-1-0001-14"] * 3
    assert {(each.kind, each.node) for each in snapshot.exports} == {
        (kind, node) for kind in (ListKind.CTL, ListKind.ITL) for node in ("pub", "sub")
    }
    assert itl is not None
    assert itl.sha1 in snapshot.inventory.phones[0].traits.itl
    assert cluster.by_name["pub"].own["TVS"].identity == setting.cluster.by_name["pub"].own["TVS"].identity
    assert snapshot.unread == ()
    assert main(["check", str(setting.folder)]) == 0
    plan = tmp_path / "runbook.txt"
    plan.write_text("pub set cert regen CallManager\nphones reset\n")
    capsys.readouterr()
    assert main(["predict", str(setting.folder), "--runbook", str(plan)]) == 0
    assert "3 phones: " in capsys.readouterr().out


def test_nodes_that_the_cluster_knows_by_address_have_the_names_of_their_lists(setting: Setting) -> None:
    hosts = Path(setting.words[setting.words.index("--hosts") + 1])
    known = {"pub": "127.0.0.1", "sub": "127.0.0.9"}
    text = hosts.read_text()
    for name, address in known.items():
        text = re.sub(rf"^{name} ", f"{address} ", text, flags=re.MULTILINE)
    hosts.write_text(text)
    setting.cucm.nodes = [(known["sub"], "Subscriber", ""), (known["pub"], "Publisher", "")]
    for row in setting.cucm.tables["callmanagergroup"]:
        row["servername"] = known[row["servername"]]
    assert main(setting.words) == 0
    cluster = read_snapshot(setting.folder).cluster
    assert [(node.name, node is cluster.publisher) for node in cluster.nodes] == [
        ("pub", True),
        ("sub", False),
    ]
    assert all("CallManager" in node.services for node in cluster.nodes)
    assert main(["check", str(setting.folder)]) == 0


def test_no_password_is_told_logged_or_written(
    setting: Setting, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    assert main([*setting.words, "--pages"]) == 0
    said = capsys.readouterr()
    written = b"".join(path.read_bytes() for path in setting.folder.rglob("*") if path.is_file())
    for secret in (PASSWORD, OS_PASSWORD, base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()):
        assert secret not in said.out + said.err + caplog.text
        assert secret.encode() not in written
    assert said.err == ""  # no progress where nobody looks


def test_a_part_that_fails_is_named_and_the_code_says_partial(
    setting: Setting, capsys: pytest.CaptureFixture[str]
) -> None:
    del setting.cucm.certificates["localhost"]
    assert main(setting.words) == 1
    said = capsys.readouterr().out
    assert "partial: node-certificates" in said
    assert "sub: an answer without a certificate" in said


def test_a_second_run_keeps_what_is_whole(setting: Setting, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(setting.words) == 0
    setting.cucm.requests.clear()
    assert main(setting.words) == 0
    assert {each.action.rpartition(" ")[2] for each in setting.cucm.requests} <= {
        "getCCMVersion",
        "listProcessNode",
    }
    assert "kept" in capsys.readouterr().out


def test_a_wrong_password_collects_nothing_and_says_so(
    setting: Setting, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PHONEEMU_AXL_PASSWORD", "wrong-password-77")
    assert main([*setting.words, "--only", "phones,ris"]) == 2
    said = capsys.readouterr().out
    assert "nothing was collected" in said
    assert "wrong-password-77" not in said
    assert len(setting.cucm.requests) == 1


def test_a_certificate_that_is_not_trusted_gets_no_password(
    setting: Setting, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    words = [str(certificate(other)) if word.endswith(".pem") else word for word in setting.words]
    assert main([*words, "--only", "phones"]) == 2
    assert setting.cucm.requests == []
    assert "not trusted" in capsys.readouterr().out


def test_the_machines_own_trust_is_asked_without_ca(
    setting: Setting, capsys: pytest.CaptureFixture[str]
) -> None:
    at = setting.words.index("--ca")
    assert main([*setting.words[:at], *setting.words[at + 2 :], "--only", "phones"]) == 2
    assert setting.cucm.requests == []
    assert "not trusted" in capsys.readouterr().out


def test_insecure_is_said_aloud(setting: Setting, capsys: pytest.CaptureFixture[str]) -> None:
    at = setting.words.index("--ca")
    words = [*setting.words[:at], *setting.words[at + 2 :], "--insecure", "--only", "phones"]
    assert main(words) == 0
    assert "warning: --insecure" in capsys.readouterr().err


def test_a_missing_extra_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "defusedxml" else name)
    assert main(["collect", "pub", str(tmp_path / "s")]) == 2
    assert capsys.readouterr().err == (
        "phoneemu: `phoneemu collect` needs defusedxml: in the clone of its repository, "
        ".venv/bin/pip install '.[collect]'\n"
    )
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--only", "phones,everything"],
        ["--port", "0"],
        ["--phone-port", "70000"],
        ["--seconds", "0"],
        ["--ris-per-minute", "nan"],
        ["--ca", "pyproject.toml"],
        ["--ca", "no-such-file.pem"],
        ["--insecure", "--ca", "pyproject.toml"],
        ["--hosts", "no-such-file"],
    ],
)
def test_a_wrong_call_is_one_line_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    assert main(["collect", "pub.invalid", str(tmp_path / "s"), *words]) == 2
    assert capsys.readouterr().err.strip().count("\n") == (
        1 if words[0] == "--insecure" and len(words) == 1 else 0
    )


@pytest.mark.parametrize("what", ["missing", "folder", "pipe", "no certificate"])
def test_certificates_to_trust_that_cannot_be_read_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    path = tmp_path / "ca.pem"
    make: dict[str, Callable[[], object]] = {
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "no certificate": path.touch,
    }
    make.get(what, list)()
    assert main(["collect", "pub.invalid", str(tmp_path / "s"), "--ca", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"phoneemu: {path}: ")


@pytest.mark.parametrize(
    "host", ["https://pub", "pub:8443", "pub/axl", "", "-x", "user@pub", "pu b", "pub\n"]
)
def test_a_publisher_is_a_host_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    assert main(["collect", "--", host, str(tmp_path / "s")]) == 2
    assert "is no host name or address" in capsys.readouterr().err


def test_a_password_cannot_be_given_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for word in ("--password", "--user", "--axl-password"):
        with pytest.raises(SystemExit) as ended:
            main(["collect", "pub", str(tmp_path), word, "x"])
        assert ended.value.code == 2


@pytest.mark.parametrize("missing", ["PHONEEMU_AXL_USER", "PHONEEMU_AXL_PASSWORD", "PHONEEMU_OS_PASSWORD"])
def test_half_a_credential_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(missing)
    assert main(["collect", "pub", str(tmp_path)]) == 2
    assert missing in capsys.readouterr().err


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_terminal_or_environment_it_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main(["collect", "pub", str(tmp_path)]) == 2
    assert "PHONEEMU_AXL_USER" in capsys.readouterr().err


def test_at_a_terminal_it_asks_and_shows_what_it_does(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SECRETS:
        monkeypatch.delenv(name)
    shown = _Terminal()
    monkeypatch.setattr(sys, "stdin", _Terminal(f"{USER}\n\n"))
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr("getpass.getpass", lambda _prompt, _stream: PASSWORD)
    assert main([*setting.words, "--only", "phones,node-certificates"]) == 0
    assert "user name of the application user" in shown.getvalue()
    assert "phones ..." in shown.getvalue()
    assert PASSWORD not in shown.getvalue()


def test_lists_come_by_tftp_where_http_does_not_answer(setting: Setting) -> None:
    hosts = Path(setting.words[setting.words.index("--hosts") + 1])
    hosts.write_text(re.sub(r"http=\d+", "http=9", hosts.read_text()))
    assert main([*setting.words, "--only", "lists"]) == 0
    itl = setting.cluster.by_name["sub"].itl
    assert itl is not None
    assert (setting.folder / "ITLFile_sub.tlv").read_bytes() == itl.raw


def test_lists_alone_need_no_password(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main([*setting.words, "--only", "lists", "--node", "pub", "--node", "sub"]) == 0
    assert setting.cucm.requests == []
    assert (setting.folder / "ITLFile_sub.tlv").exists()
