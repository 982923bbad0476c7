"""The published schema: what `--json` writes fits it, it names every key, and what is wrong does not fit."""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import listmaking
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from jsonschema import Draft202012Validator

from phoneemu import example
from phoneemu.cli import main
from phoneemu.core.evidence import Standing
from phoneemu.core.ruling import Reason
from phoneemu.fleet import checking
from phoneemu.fleet.audit import Evidence, Holds
from phoneemu.fleet.clusterfile import SERVICES
from phoneemu.fleet.export import SCHEMA
from phoneemu.fleet.forecast import RemedyKind
from phoneemu.fleet.outcome import FleetReason, Outcome, Service, Trust, TrustPath
from phoneemu.fleet.prechecks import Severity
from phoneemu.fleet.recognising import Kind
from phoneemu.fleet.scoring import Score, SeenAs

Document = dict[str, Any]


@pytest.fixture
def schema(capsys: pytest.CaptureFixture[str]) -> Document:
    assert main(["schema", "predict"]) == 0
    found: Document = json.loads(capsys.readouterr().out)
    return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Document:
    folder = tmp_path_factory.mktemp("schema")
    example.write(folder / "office")
    words = ["predict", str(folder / "office" / "snapshot")]
    out = folder / "out.json"
    assert main([*words, "--runbook", str(folder / "office" / "runbook.txt"), "--json", str(out)]) == 0
    document: Document = json.loads(out.read_text())
    return document


def closed(part: object) -> object:
    """The schema without room for keys that it does not name."""
    if isinstance(part, dict):
        inner = {key: closed(value) for key, value in part.items()}
        return (
            {"additionalProperties": False, **inner} if "properties" in part and "required" in part else inner
        )
    return [closed(each) for each in part] if isinstance(part, list) else part


def test_the_schema_is_one_and_what_is_written_fits_it_with_every_key_named(
    schema: Document, told: Document
) -> None:
    Draft202012Validator.check_schema(schema)
    strict = closed(schema)
    assert isinstance(strict, dict)
    assert list(Draft202012Validator(strict).iter_errors(told)) == []
    assert {phone["outcome"] for phone in told["phones"]} >= {"ok", "stuck", "cannot-say", "out-of-service"}


def test_the_words_of_the_schema_are_those_of_the_program(schema: Document) -> None:
    words = {name: set(part["enum"]) for name, part in schema["$defs"].items() if "enum" in part}
    assert words == {
        "outcome": {each.value for each in Outcome},
        "standing": {each.label for each in Standing},
        "remedy": {each.value for each in RemedyKind},
        "path": {each.value for each in TrustPath},
        "trust": {each.value for each in Trust},
        "service": {each.value for each in Service},
    }
    assert schema["properties"]["schema"] == {"const": SCHEMA}
    name = Draft202012Validator({"$ref": "#/$defs/name", "$defs": schema["$defs"]})
    assert all(name.is_valid(each.value) for each in (*Reason, *FleetReason))


def phone_with(**changed: object) -> Callable[[Document], None]:
    return lambda document: document["phones"][0].update(changed)


WRONG: dict[str, Callable[[Document], object]] = {
    "no summary": lambda document: document.pop("summary"),
    "another schema": lambda document: document.update(schema=2),
    "an outcome left out": lambda document: document["summary"].pop("degraded"),
    "a negative count": lambda document: document["summary"].update(ok=-1),
    "an unknown outcome": phone_with(outcome="bricked"),
    "an unknown remedy": phone_with(remedy="prayer"),
    "a reason with blanks": phone_with(reason="signer unknown"),
    "no device": lambda document: document["phones"][0].pop("device"),
    "a lost phone without its step": phone_with(lost_at_step=None),
    "a fine phone with a step": lambda document: document["phones"][-1].update(lost_at_step=3),
    "a remedy that was not found": phone_with(remedy="reset", remedy_found=False),
    "an assumption without what settles it": lambda document: document["assumptions"][0].pop("settles"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_does_not_fit(schema: Document, told: Document, what: str) -> None:
    document = copy.deepcopy(told)
    document["phones"] = [document["phones"][0], document["phones"][-1]]
    validator = Draft202012Validator(schema)
    assert validator.is_valid(document)
    WRONG[what](document)
    assert not validator.is_valid(document)


def test_the_schema_ships_beside_the_code() -> None:
    shipped = Path(__file__).resolve().parents[2] / "phoneemu" / "schemas" / "predict.json"
    assert json.loads(shipped.read_text(encoding="utf-8"))["title"] == "phoneemu predict --json"


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with a prediction, a checksum shown, and a later RISPort answer."""
    folder = tmp_path_factory.mktemp("beside")
    example.write(folder)
    snapshot = folder / "snapshot"
    words = ["predict", str(snapshot), "--runbook", str(folder / "runbook.txt")]
    assert main([*words, "--json", str(folder / "told.json")]) == 0
    names = [each["device"] for each in json.loads((folder / "told.json").read_text())["phones"]]
    shown = f"Device Name,ITL Signature\n{names[0]},MisMatch\n{names[-1]},Match\n"
    (snapshot / "checksums.csv").write_text(shown)
    seen = [{"Name": name, "Status": "Registered", "TimeStamp": "1704067200"} for name in names[::2]]
    (snapshot / "ris-after.json").write_text(json.dumps(seen))
    return folder


@pytest.mark.parametrize("name", ["audit", "score"])
def test_audits_and_scores_fit_their_schemas_with_every_key_named(
    name: str, beside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema", name]) == 0
    schema = json.loads(capsys.readouterr().out)
    snapshot = str(beside / "snapshot")
    words = [snapshot] if name == "audit" else [str(beside / "told.json"), snapshot]
    assert main([name, *words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(schema)
    strict = closed(schema)
    assert isinstance(strict, dict)
    assert list(Draft202012Validator(strict).iter_errors(told)) == []
    told["phones"][0]["holds"] = "something"
    assert not Draft202012Validator(schema).is_valid(told)


@pytest.mark.parametrize("folder", ["the example", "more exports", "phones alone"])
def test_checks_fit_their_schema_with_every_key_named(
    folder: str, beside: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshot = beside / "snapshot"
    if folder == "more exports":
        snapshot = tmp_path / "more"
        shutil.copytree(beside / "snapshot", snapshot)
        (snapshot / "notes.txt").write_text("call Anna\n")
        with (snapshot / "phones.csv").open("a") as phones:
            phones.write("SEP\n")
        made = listmaking.make("CN=elsewhere", serial=9, bits=1024).public_bytes(Encoding.PEM).decode()
        rows = [{"service": service, "pem": made} for service in ("ipsec", "Phone-SAST-trust")]
        (snapshot / "certs_cucm-1051-a-pub.json").write_text(json.dumps(rows))
    elif folder == "phones alone":
        snapshot = tmp_path
        (snapshot / "any.csv").write_text("Device Name,Device Type\nSEP001122334401,8841\n")
        (snapshot / "cluster.toml").write_text('[[node]]\nname = "pub"\n')
    assert main(["schema", "check"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert main(["check", str(snapshot), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(schema)
    strict = closed(schema)
    assert isinstance(strict, dict)
    assert list(Draft202012Validator(strict).iter_errors(told)) == []
    if folder == "more exports":
        assert told["cluster"]["trust_stores"]
    told["files"][0]["read_as"] = ["something"]
    assert not Draft202012Validator(schema).is_valid(told)


def test_the_words_of_check_are_those_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "check"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert {name: set(part["enum"]) for name, part in schema["$defs"].items() if "enum" in part} == {
        "outcome": {each.value for each in Outcome},
        "kind": {each.name.lower() for each in Kind},
        "severity": {each.value for each in Severity},
        "service": set(SERVICES),
    }
    assert schema["properties"]["schema"] == {"const": checking.SCHEMA}


def test_the_words_of_audit_and_score_are_those_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "audit"]) == 0
    audit = json.loads(capsys.readouterr().out)["$defs"]
    assert (audit["holds"]["enum"], audit["evidence"]["enum"]) == (
        [each.value for each in Holds],
        [each.value for each in Evidence],
    )
    assert main(["schema", "score"]) == 0
    phone = json.loads(capsys.readouterr().out)["$defs"]["phone"]["properties"]
    assert set(phone["score"]["enum"]) == {each.value for each in Score}
    assert set(phone["seen"]["enum"]) == {each.value for each in SeenAs}
