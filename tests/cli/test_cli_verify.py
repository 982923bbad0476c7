"""`phoneemu verify`: one file put to one phone."""

import json
from pathlib import Path

import pytest
from listmaking import published_ctl

from phoneemu import example
from phoneemu.cli import main


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """The example's lists."""
    example.write(tmp_path / "office")
    return tmp_path / "office" / "snapshot"


def verify(lists: Path, offered: str, *more: str) -> int:
    installed = ["show_ctl.txt", "show_itl_cucm-1051-a-pub.txt"]
    paths = [str(lists / name) for name in installed]
    return main(["verify", str(lists / offered), "--installed", *paths, *more])


def test_the_list_it_holds_is_no_news(lists: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(lists, "show_ctl.txt", "--model", "8861") == 0
    assert "unchanged, same-as-installed" in capsys.readouterr().out


def test_another_nodes_itl_is_taken_because_the_ctl_names_its_signer(
    lists: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(lists, "show_itl_cucm-1051-a-sub1.txt", "--model", "Cisco 8861") == 0
    said = capsys.readouterr().out
    assert "accept, listed-signer" in said
    assert "rule L12" in said
    assert "signature: assumed" in said


def foreign(lists: Path) -> str:
    text = (lists / "show_ctl.txt").read_text().replace("70:CA:F6:4E", "60:CA:F6:4E")
    (lists / "foreign.txt").write_text(text.replace("1d97d908", "2d97d908").replace("3b452f9e", "4b452f9e"))
    return "foreign.txt"


def test_an_unknown_signer_is_asked_about_by_one_model_and_refused_by_another(
    lists: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    offered = foreign(lists)
    assert verify(lists, offered, "--model", "8861", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "schema": 1,
        "subject": "ctl",
        "verdict": "ask",
        "reason": "signer-unknown",
        "rule": "L18",
        "standing": "documented",
        "signature": "assumed",
    }
    assert verify(lists, offered, "--model", "8861", "--no-tvs") == 1
    assert "no-tvs-servers" in capsys.readouterr().out
    assert verify(lists, offered, "--model", "7960", "--load", "P0030801SR02", "--protocol", "SCCP") == 1
    assert "refuse, signer-unknown-no-tvs" in capsys.readouterr().out


def test_a_model_that_may_not_read_itls_is_not_said_to_take_one(
    lists: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    itl = str(lists / "show_itl_cucm-1051-a-pub.txt")
    assert main(["verify", itl, "--model", "7921", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["verdict"], said["reason"]) == ("cannot-say", "list-support-unknown")
    assert said["standing"] == "assumed"


def test_a_new_phone_takes_any_list(lists: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(lists / foreign(lists)), "--model", "8861"]) == 0
    assert "first-trust" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show_ctl.txt", "--model", "no such phone"], "no model 'no such phone' in the catalogue"),
        (["runbook.txt", "--model", "8861"], "runbook.txt: "),
        (["cluster.toml", "--model", "8861"], "cluster.toml: "),
        (["gone.tlv", "--model", "8861"], "No such file"),
        (["show_ctl.txt", "--model", "8861", "--installed", "show_ctl.txt"], "a phone holds one CTL only"),
        (["show_ctl.txt", "--model", "8861", "--installed", "x.cnf.xml"], "is a CTL or an ITL"),
    ],
)
def test_what_cannot_be_used_is_exit_2(
    lists: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (lists / "x.cnf.xml").write_text("<device><versionStamp>1</versionStamp></device>")
    (lists / "runbook.txt").write_text("pub show ctl")
    offered, *rest = arguments
    rest = [str(lists / each) if each.endswith((".txt", ".xml")) else each for each in rest]
    assert verify(lists, offered, *rest) == 2
    assert message in capsys.readouterr().err


def test_a_changed_byte_is_a_bad_signature(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole, other = published_ctl().raw, published_ctl(bits=2048).raw
    assert whole is not None
    assert other is not None
    (tmp_path / "held.tlv").write_bytes(whole)
    at = whole.rindex(b"cucm-1051-a-sub1")
    (tmp_path / "forged.tlv").write_bytes(whole[:at] + b"X" + whole[at + 1 :])
    held = ["--installed", str(tmp_path / "held.tlv"), "--model", "8861"]
    assert main(["verify", str(tmp_path / "forged.tlv"), *held]) == 1
    said = capsys.readouterr().out
    assert "refuse, signature-bad" in said
    assert "signature: bad" in said


def test_loads_that_would_rule_otherwise_are_all_told(
    lists: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--make", "lab", "--key-size", "1024", "--digest", "sha512"]
    path = lists / "new.tlv"
    main(["build", "ctl", *words, "-o", str(path)])
    capsys.readouterr()
    assert main(["verify", str(path), "--model", "8861", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["verdict"], said["reason"]) == ("cannot-say", "load-unknown")
    assert set(said["by_load"].values()) == {"accept, first-trust", "halt, digest-unsupported"}
    assert main(["verify", str(path), "--model", "8861", "--load", "some load"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert "cannot-say, load-unknown" in told[0]
    assert "oldest SIP load: halt, digest-unsupported" in told[-1]
    assert main(["verify", str(path), "--model", "8861", "--load", "sip88xx.14-3-1-1"]) == 0
