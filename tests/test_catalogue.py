"""The shipped catalogue: whole, sourced, and right where a person can check it."""

import re
import shutil
from pathlib import Path

import pytest

from phoneemu.catalogue import Catalogue, file_name, shipped
from phoneemu.cluster import release
from phoneemu.core.evidence import Standing
from phoneemu.core.modelfile import CAPTURE
from phoneemu.core.profile import ENGINE_FACTS, USUAL
from phoneemu.core.rules import all_rules
from phoneemu.errors import BadInput

CATALOGUE = Catalogue()
TYPEMODEL = """
1 2 3 4 5 6 7 8 9 12 20 115 119 302 307 308 309 348 365 369 404 412 431 434 435 436 437 446 484 493
495 496 497 537 540 547 548 550 564 577 585 586 592 593 621 622 623 632 634 647 659 681 683 684 685
20000 30002 30006 30007 30008 30016 30018 30019 36042 36043 36213 36216 36217 36224 36225 36232
36247 36248 36258 36260 36262 36319 36320 36336 36337 36338 36339 36340 36345 36347 36348 36350
36353 36354 503 562 575 652 358 635 36302 336 374 631 604 584 580 606 607 608 609 617 627 626 682
688 36251 36254 36255 36292 36299 36307 36324 36335 36341
"""
"""typemodel numbers of every phone, softphone and video endpoint two public tables agree on [inventory]."""
SOURCES = Path(__file__).parent.parent / "docs" / "sources.md"
GUIDE = (
    r"(SG|ADM|CLI|IPCHG|UPG|REL|SERV|REUSE|REGEN|TS|FN|MIG|MIX|BULK|SEED|CVD|DIR|CERT|CASIGN)-?"
    r"[0-9][A-Za-z0-9-]*"
)
"""How keys of the vendor's guides and notes are written."""
WORDS = {"inference", "models", "phoneemu", "none", "formats", "update-attacks"}


def test_every_phone_type_a_cluster_can_hold_has_one_file() -> None:
    numbers = [number for title in CATALOGUE.titles for number in title.enums]
    assert sorted(numbers) == sorted(int(word) for word in TYPEMODEL.split())
    assert len(CATALOGUE.titles) == 120


@pytest.mark.parametrize("title", CATALOGUE.titles, ids=lambda title: title.model)
def test_every_model_resolves_on_every_load_and_protocol(title: object) -> None:
    model: str = title.model  # type: ignore[attr-defined]
    for protocol in (None, "SIP", "SCCP"):
        for profile in CATALOGUE.variants(model, protocol):
            assert len(profile.facts) >= len(ENGINE_FACTS) - len(USUAL) + 14
            for fact in profile.facts.values():
                assert fact.source
                assert fact.standing is not Standing.ASSUMED or fact.note


def test_every_source_key_is_expanded() -> None:
    known = set(re.findall(r"^\| ([^|]+?) \|", SOURCES.read_text(encoding="utf-8"), re.MULTILINE)) | WORDS
    # a capture is no address: that it exists is checked when the file is read
    used = {key for rule in all_rules() for key in rule.source.split(", ")}
    used |= {key for fact in USUAL.values() for key in fact.source.split(", ")}
    for title in CATALOGUE.titles:
        for each in CATALOGUE.files(title.model):
            assert each is not None
            blocks = [each.facts, *(overlay.facts for overlay in (*each.firmware, *each.protocols))]
            used |= {
                key
                for facts in blocks
                for fact in facts.values()
                for key in fact.source.split(", ")
                if not key.startswith(CAPTURE)
            }
    assert used - known == set()


def test_every_release_threshold_and_every_vendor_guide_in_a_comment_is_expanded() -> None:
    known = set(re.findall(r"^\| ([^|]+?) \|", SOURCES.read_text(encoding="utf-8"), re.MULTILINE))
    package = Path(release.__file__).parent.parent
    cited = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    used = {key for each in vars(release).values() if isinstance(each, release.Since)
            for key in re.split(r", |: ", each.source) if not key.startswith("CSC")}  # fmt: skip
    for inside in re.findall(r"\[([A-Z][A-Za-z0-9 ,-]*)\]", cited):
        used |= {key for key in inside.split(", ") if re.fullmatch(GUIDE, key)}
    assert used - known == set()


@pytest.mark.parametrize(
    ("model", "load", "attribute", "value", "standing"),
    [
        ("7960", None, "asks_tvs", False, "inferred"),
        ("7960", None, "reads_itl", False, "documented"),
        ("7960", None, "erase_scope", "ctl", "inferred"),
        ("7975", None, "ctl_screen", "md5", "documented"),
        ("7975", None, "asks_tvs", True, "documented"),
        ("7975", None, "tls_max", "1.0", "documented"),
        ("7975", None, "console", "SECD", "documented"),
        ("7965", "SCCP45.8-5-4S", "reads_itl", False, "inferred"),
        ("7945", None, "digests", ("sha1",), "documented"),
        ("8861", None, "ctl_screen", "sha1", "documented"),
        ("8861", None, "transports", ("http", "tftp"), "documented"),
        ("8861", "sip88xx.10-3-1-20", "transports", ("tftp",), "reported"),
        ("8861", "sip88xx.14-2-1-1", "finds_multi_san", False, "inferred"),
        ("8861", "sip88xx.14-2-1SR1-1", "finds_multi_san", True, "documented"),
        ("8861", None, "authorises_tftp", ("config",), "documented"),
        ("8831", None, "ctl_screen", "md5", "documented"),
        ("8831", "sip8831.10-3-1SR4-1", "keeps_itl", False, "documented"),
        ("8831", "sip8831.10-3-1SR4b-1", "keeps_itl", True, "inferred"),
        ("8821", "sip8821.11-0-4SR1-3", "updates_reliably", False, "documented"),
        ("8821", "sip8821.11-0-5-1", "updates_reliably", True, "inferred"),
        ("6901", "SCCP6901.9-3-1-SR2", "takes_changed_ctl", False, "documented"),
        ("6901", "SCCP6901.9-3-1-SR3", "takes_changed_ctl", True, "inferred"),
        ("6901", None, "erase_scope", "factory", "documented"),
        ("ATA 191", None, "takes_changed_ctl", False, "documented"),
        ("ATA 190", None, "takes_changed_ctl", False, "inferred"),
        ("8832", "sip8832.14-3-1-1", "tls_max", "1.2", "documented"),
        ("8832", "sip8832.14-4-1-1", "tls_max", "1.3", "documented"),
        ("CSF", None, "reads_itl", False, "documented"),
        ("CSF", None, "verifies_config", None, "assumed"),
        ("7925", None, "reads_itl", None, "assumed"),
        ("7841", None, "itl_web", "sha1", "documented"),
        ("SX20", None, "asks_tvs", True, "documented"),
        (
            "7912",
            None,
            "file_order",
            ("{name}.cnf.xml", "XMLDefault.cnf.xml", "SEPDefault.cnf"),
            "documented",
        ),
        ("SX20", "ce9.1.2.0", "tls_max", None, "assumed"),
        ("SX20", "ce9.15.3.18", "tls_max", "1.2", "documented"),
        ("Room Kit", "ce9.15.3.18", "tls_max", "1.2", "documented"),
        ("Room Kit", "ce11.9.2.4", "tls_max", "1.3", "documented"),
        ("EX90", "TC7.3.3.c84180a", "tls_max", None, "assumed"),
        ("CSF", "Jabber_for_Windows-14.1.3.57304", "tls_max", "1.2", "documented"),
        ("CSF", "Jabber_for_Windows-11.5.0.1", "tls_max", None, "assumed"),
        ("7841", "sip78xx.11-7-1-17", "tls_max", None, "assumed"),
        ("7841", "sip78xx.12-5-1SR2-2", "tls_max", "1.2", "documented"),
        ("8875", "PHONEOS.2-0-1-1", "tls_max", None, "assumed"),
        ("8831", "sip8831.10-3-1SR7-2", "itl_web", None, "assumed"),
        ("8831", "sip8831.10-3-1SR6-4", "itl_web", "none", "documented"),
        ("7965", None, "status_tftp", "TFTP not in CTL", "reported"),
        ("6901", None, "status_tftp", "TFTP server not authorized", "documented"),
    ],
)
def test_facts_a_person_can_check(
    model: str, load: str | None, attribute: str, value: object, standing: str
) -> None:
    fact = getattr(CATALOGUE.profile(model, load, None), attribute)
    assert (fact.value, fact.standing.label) == (value, standing)


def test_the_sip_load_of_the_oldest_phones_ignores_signatures_and_the_sccp_load_does_not() -> None:
    assert CATALOGUE.profile("7940", None, "SIP").verifies_config.value is False
    assert CATALOGUE.profile("7940", None, "SCCP").verifies_config.value is True


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("Cisco 8861", "8861"), ("8861", "8861"), ("CP-8861", "8861"), ("cisco 8861 SIP", "8861"),
        (685, "8861"),
        ("685", "8861"), ("7", "7960"), ("7960", "7960"), ("Cisco ATA 191", "ATA 191"), ("ATA191", "ATA 191"),
        ("Jabber", "CSF"), ("Cisco Unified Client Services Framework", "CSF"), ("12 SP+", "12 SP+"),
        ("12 SP", "12 SP"),
        ("Cisco TelePresence SX20", "SX20"), ("Doorphone", None), ("", None), ("99999", None),
    ],
)  # fmt: skip
def test_models_are_found_by_any_name_an_export_uses(text: str | int, model: str | None) -> None:
    found = CATALOGUE.find(text)
    assert (found.model if found else None) == model


def test_near_names_are_offered() -> None:
    assert "7965" in CATALOGUE.nearest("79666")


def test_a_profile_is_made_once() -> None:
    assert CATALOGUE.profile("8861", None, None) is CATALOGUE.profile("8861", None, None)


def test_a_wrong_folder_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "8861.toml").write_text('model = "7960"\nname = "x"\n[trust]\n', encoding="utf-8")
    with pytest.raises(BadInput, match=r"models/8861.toml: the model's name does not equal the file name"):
        Catalogue(tmp_path)
    (tmp_path / "8861.toml").write_text(
        'schema = 1\nmodel = "8861"\nname = "x"\nenum = [1]\nfamily = "none"\n[trust]\n', encoding="utf-8"
    )
    with pytest.raises(BadInput, match=r"models/families/none.toml: no such file"):
        Catalogue(tmp_path).profile("8861", None, None)


def test_a_wrong_file_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / file_name("12 SP+")
    assert path.name == "12-SPplus.toml"
    path.write_text(
        'schema = 1\nmodel = "12 SP+"\nname = "x"\nenum = []\nfamily = ""\nodd = 1\n', encoding="utf-8"
    )
    with pytest.raises(BadInput, match="unknown key `odd`"):
        Catalogue(tmp_path).files("12 SP+")
    path.write_text('schema = 1\nmodel = "12 SP+"\nname = "x"\nenum = []\nfamily = ""\n', encoding="utf-8")
    with pytest.raises(BadInput, match="neither it nor its family"):
        Catalogue(tmp_path).profile("12 SP+", None, None)


def test_the_catalogue_is_found_in_a_checkout() -> None:
    assert (shipped() / "8861.toml").is_file()


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("6901", "trust.reads_itl"),
        ("EX90", "trust.reads_itl"),
        ("Room Kit", "trust.reads_itl"),
        ("3905", "trust.reads_ctl"),
        ("6941", "trust.asks_tvs"),
        ("8831", "trust.reads_itl"),
        ("9971", "trust.digests"),
        ("8945", "tls.max"),
        ("7832", "tls.max"),
        ("8841", "display.ctl_web"),
        ("8861", "erase.scope"),
        ("7945", "config.encrypted"),
        ("7961", "files.ctl_retries"),
    ],
)
def test_where_sources_contradict_each_other_the_file_has_both(model: str, name: str) -> None:
    assert CATALOGUE.profile(model, None, None).facts[name].against


def test_a_phone_of_unknown_load_and_protocol_may_be_any() -> None:
    several = CATALOGUE.candidates("7960")
    assert {each.verifies_config.value for each in several} == {True, False}
    assert len(CATALOGUE.candidates("8861", "not a load")) == len(CATALOGUE.candidates("8861")) > 1
    (known,) = CATALOGUE.candidates("8861", "sip88xx.14-3-1-1")
    assert (known.load, known.protocol) == ("sip88xx.14-3-1-1", "SIP")


def with_source(folder: Path, standing: str, source: str) -> Catalogue:
    """A copy of the shipped files in which one fact has this evidence."""
    shutil.copytree(shipped(), folder / "models")
    path = folder / "models" / "8861.toml"
    old = 'standing = "documented", source = "MIG213407, TN215014"'
    text = path.read_text(encoding="utf-8")
    assert old in text
    new = f'standing = "{standing}", source = "{source}"'
    path.write_text(text.replace(old, new), encoding="utf-8")
    return Catalogue(folder / "models")


def a_capture(folder: Path, origin: str) -> None:
    case = folder / "captures" / "8861" / "14-2-1" / "moves"
    case.mkdir(parents=True)
    (case / "capture.toml").write_text(f'schema = 1\norigin = "{origin}"\n', encoding="utf-8")


def test_a_fact_may_name_a_capture_that_exists(tmp_path: Path) -> None:
    a_capture(tmp_path, "hardware")
    catalogue = with_source(tmp_path, "captured", "capture:8861/14-2-1/moves")
    assert catalogue.profile("8861").console.standing is Standing.CAPTURED


def test_a_capture_that_does_not_exist_is_named_with_file_and_key(tmp_path: Path) -> None:
    a_capture(tmp_path, "hardware")
    catalogue = with_source(tmp_path, "documented", "MIG213407, capture:8861/14-2-1/gone")
    with pytest.raises(BadInput, match=r"models/8861\.toml console\.dialect: .*8861/14-2-1/gone"):
        catalogue.profile("8861")


def test_a_synthetic_capture_makes_no_captured_fact(tmp_path: Path) -> None:
    a_capture(tmp_path, "synthetic")
    catalogue = with_source(tmp_path, "captured", "capture:8861/14-2-1/moves")
    with pytest.raises(BadInput, match=r"console\.dialect: .*hardware"):
        catalogue.profile("8861")


def test_where_no_captures_are_shipped_nothing_can_be_checked(tmp_path: Path) -> None:
    catalogue = with_source(tmp_path, "captured", "capture:8861/14-2-1/moves")
    assert catalogue.profile("8861").console.source == "capture:8861/14-2-1/moves"


@pytest.mark.parametrize("digits", [10, 5000])
def test_a_number_that_no_phone_type_has_is_none(digits: int) -> None:
    assert Catalogue().find("9" * digits) is None
