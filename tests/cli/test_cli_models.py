"""`phoneemu models` as a user calls it."""

import json

import pytest

from phoneemu.cli import main


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["models", *words]) == 0
    return capsys.readouterr().out


def test_the_table_lists_every_model(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys).splitlines()
    assert lines[0].split()[:3] == ["model", "name", "family"]
    assert lines[-1].startswith("120 models;")
    assert any(line.startswith("7960 ") and " CTL " in line for line in lines)
    assert any(line.startswith("8861 ") and "CTL+ITL" in line and "sha1" in line for line in lines)
    assert any(line.startswith("7925 ") and "CTL+ITL?" in line for line in lines)


def test_one_model_is_shown_with_sources_and_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "cisco 8861")
    assert text.startswith("Cisco 8861 (model 8861, family 88xx, typemodel 685), newest load")
    assert "[documented, MIG213407" in text
    assert "against it: AG8800-web says the web page prints MD5" in text
    assert "loads before 14-2-1SR1" in text
    assert "(taken to be in use only below release 11.5)" in text
    assert "loads from 14-3-1SR3" in text


def test_a_protocol_block_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert "with SIP\n    trust.verifies_config" in said(capsys, "7960")


def test_a_load_changes_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "8861", "--load", "sip88xx.10-3-1-20")
    assert "load sip88xx.10-3-1-20" in text.splitlines()[0]
    assert "files.transports             tftp" in text


def test_what_is_assumed_is_listed_with_what_would_settle_it(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "7960", "--assumed")
    assert "settled by" in text
    assert text.splitlines()[-1].endswith("distinct")
    everything = said(capsys, "--assumed")
    assert "of 120 models" in everything.splitlines()[-1]


def test_json_has_its_documented_keys(capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(said(capsys, "7960", "--json"))
    assert data["schema"] == 1
    (model,) = data["models"]
    assert (model["model"], model["name"], model["enum"], model["family"]) == (
        "7960",
        "Cisco 7960",
        [7],
        "7960",
    )
    fact = model["facts"]["trust.asks_tvs"]
    assert (fact["value"], fact["standing"], fact["source"]) == (False, "inferred", "SEED118893, DICT")
    assert model["facts"]["display.ctl_screen"]["value"] is None
    assert model["facts"]["files.order"]["value"] == ["CTL{name}.tlv", "{name}.cnf.xml"]


def test_an_unknown_model_is_one_line_with_its_neighbours(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "79666"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("phoneemu: no model `79666` in the catalogue; near are 7965")
    assert error.count("\n") == 1
    assert main(["models", "qqqq"]) == 2
    assert capsys.readouterr().err == "phoneemu: no model `qqqq` in the catalogue\n"


def test_two_loads_are_compared_by_what_the_catalogue_says(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "diff", "8861@10-3-1", "8861@14-2-1")
    lines = text.splitlines()
    assert lines[:2] == ["- Cisco 8861, 10-3-1", "+ Cisco 8861, 14-2-1"]
    at = lines.index("files.transports")
    assert lines[at + 1].startswith("  - tftp  [reported")
    assert lines[at + 2].startswith("  + http, tftp  [documented, PROXYTFTP")
    assert text == said(capsys, "diff", "8861@10-3-1", "14-2-1")


def test_what_came_with_a_load_is_a_border_and_no_prose(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "diff", "8861@12-8-1", "8861@14-2-1")
    assert "config.sip_oauth\n  - no  [inferred, SG15-oauth]\n  + yes  [documented, SG15-oauth]" in text


def test_a_model_is_compared_with_another_and_with_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert "trust.asks_tvs\n  - no" in said(capsys, "diff", "7960@P0030801SR02", "8861")
    assert "taken as the newest" in said(capsys, "diff", "7960@P0030801SR02", "8861")
    same = said(capsys, "diff", "8861@12-7-1", "Cisco 8861@12-8-1").splitlines()
    assert same[-2:] == ["0 facts differ", "the catalogue knows no border between these loads"]


def test_a_comparison_as_json_has_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(capsys, "diff", "8861@10-3-1", "14-2-1", "--json"))["diff"]
    assert found["new"] == {"model": "8861", "load": "14-2-1", "protocol": None}
    assert found["facts"]["files.transports"]["old"]["value"] == ["tftp"]


@pytest.mark.parametrize(
    "words",
    [
        ["diff", "8861"],
        ["diff", "8861", "nothing"],
        ["diff", "nothing", "8861"],
        ["diff", "8861@", "8861"],
        ["diff", "8861", "8865", "--load", "14-2-1"],
        ["8861", "8865"],
    ],
)
def test_a_wrong_comparison_is_bad_input(words: list[str]) -> None:
    assert main(["models", *words]) == 2


def test_no_name_is_no_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", ""]) == 2
    assert "no model ``" in capsys.readouterr().err
