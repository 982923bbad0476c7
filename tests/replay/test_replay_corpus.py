"""The whole of captures/: every file belongs to a case, every case is replayed, and some are made anew."""

from pathlib import Path

import captures_index
import make
import published
import published_lists

from phoneemu.catalogue import catalogue
from phoneemu.core import tvs
from phoneemu.replay import casefile, suite
from phoneemu.replay.case import Origin
from phoneemu.replay.report import case_lines

ROOT = Path(make.__file__).resolve().parent
BESIDE = {
    "README.md",
    "known-gaps.toml",
    "make.py",
    "published.py",
    "published_lists.py",
    "published_orders.py",
    "published_refusals.py",
    "restating.py",
    "seeded.py",
}
SAMPLE = "8861/sip88xx.14-2-1-0001-34/signer-renewed"
"""Its cluster, its renewal and its TVS answers are those of most others."""


def test_every_case_agrees_or_is_a_known_gap() -> None:
    gaps = suite.gaps_of([ROOT])
    outcomes = list(suite.run(suite.recordings([ROOT]), catalogue(), gaps))
    told = [line for each in outcomes if not each.good for line in case_lines(each, whole=False)]
    assert told == []
    assert {outcome.name for outcome in outcomes} >= set(gaps)


def test_no_file_lies_outside_the_cases() -> None:
    cases = [folder.relative_to(ROOT).as_posix() for folder in casefile.walk(ROOT)]
    assert cases, "nothing to check"
    files = [path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file()]
    outside = {
        path.as_posix()
        for path in files
        if "/".join(path.parts[:3]) not in cases and "__pycache__" not in path.parts
    }
    assert outside == BESIDE


def test_every_case_is_where_its_model_and_load_say() -> None:
    for folder in casefile.walk(ROOT):
        case = casefile.load(folder)
        model, load = folder.relative_to(ROOT).parts[:2]
        assert model == case.model.replace(" ", "-")
        assert load == (case.load or "unknown")


def test_the_phones_that_matter_have_every_scene_that_means_something_to_them() -> None:
    scenes: dict[str, set[str]] = {}
    for folder in casefile.walk(ROOT):
        case = casefile.load(folder)
        if case.origin is Origin.SYNTHETIC:
            scenes.setdefault(case.model, set()).add(case.name)
    always = {"boots-unchanged", "first-trust", "signer-renewed", "erased-by-hand", "itlrecovery-signs"}
    with_itl = {"signer-renewed-tvs-down", "rollback-empties-itl", "itl-too-large", "signed-with-sha512"}
    for model in ("7945", "7965", "7975", "7841", "8845", "8861", "8831"):
        assert scenes[model] >= always | with_itl
    for model in ("7940", "7960", "6901", "ATA 191", "CSF"):
        assert scenes[model] >= always
        assert not scenes[model] & {"itl-too-large", "rollback-empties-itl", "signer-renewed-tvs-down"}


def test_a_sample_of_the_synthetic_cases_comes_out_bit_for_bit() -> None:
    assert make.check(ROOT, SAMPLE) == []


def test_the_published_cases_come_out_bit_for_bit() -> None:
    assert published.check(ROOT) == []


def test_the_restated_question_has_the_published_length() -> None:
    asked = published_lists.DESTINATION
    device = tvs.device_text("8861", "SEPB000B4BA0AEE")
    assert len(tvs.encode(tvs.Query(session=0x3E9, device=device, signer=asked))) == 153


def test_a_published_case_names_a_source_with_an_address() -> None:
    known = (ROOT.parent / "docs" / "sources.md").read_text(encoding="utf-8")
    more = (ROOT.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    for restated in published.CASES:
        assert f"| {restated.source} |" in known or f"**{restated.source}**" in more, restated.path


def test_a_changed_byte_and_a_case_too_many_are_found(tmp_path: Path) -> None:
    make.write(tmp_path, "7940/P0030801SR02/first-trust")
    (case,) = casefile.walk(tmp_path)
    (case / "stray").write_bytes(b"")
    assert make.differing(case, ROOT / "7940/P0030801SR02/first-trust") == ["stray"]
    assert (
        make.differing(ROOT / "7940/P0030801SR02/first-trust", ROOT / "7940/P0030801SR02/first-trust") == []
    )


def test_the_index_is_that_of_the_cases() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert captures_index.index(ROOT) in text


def test_what_the_seeded_keys_sign_says_that_it_is_of_a_lab() -> None:
    signed = 0
    for folder in casefile.walk(ROOT):
        case, files = casefile.read(folder)
        for path, data in files.items():
            if case.origin is Origin.SYNTHETIC and path.endswith((".tlv", ".sgn", ".der")):
                signed += 1
                assert b"phoneemu lab" in data, (folder, path)
    assert signed > 100
