"""`phoneemu conformance`: our own phone passes through the door, and what differs is found."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from phoneemu.errors import BadInput
from phoneemu.testing.conformance import few_keys, read_expected
from phoneemu.testing.stories import STORIES

PHONEEMU = (sys.executable, "-m", "phoneemu")
HASTE = ("--answer-seconds", "2", "--seconds", "60")


def own(model: str) -> tuple[str, ...]:
    return (*PHONEEMU, "phone", "--model", model, "--mac", "001122AABBCC", *HASTE)


def judge(model: str, command: tuple[str, ...], *words: str) -> subprocess.CompletedProcess[str]:
    asked = [*PHONEEMU, "conformance", "--model", model, *words, "--", *command]
    return subprocess.run(asked, capture_output=True, text=True, timeout=1800)  # noqa: S603


def only(*names: str) -> tuple[str, ...]:
    return tuple(word for name in names for word in ("--only", name))


WAITING = ("no-server-answers", "signer-renewed-while-tvs-silent")
"""Stories in which a phone waits for most of the time: they are told beside the others."""


@pytest.mark.parametrize("model", ["8861", "7960"])
def test_our_own_phone_passes_every_story_through_the_door(model: str) -> None:
    others = tuple(name for name in STORIES if name not in WAITING)
    with ThreadPoolExecutor() as pool:
        tellings = [
            pool.submit(judge, model, own(model), "--json", *only(*names))
            for names in (others, *((name,) for name in WAITING))
        ]
        done = [each.result() for each in tellings]
    told = [story for each in done for story in json.loads(each.stdout)["stories"]]
    assert [each for each in told if each["result"] != "pass"] == []
    assert sorted(each["story"] for each in told) == sorted(STORIES)
    assert [each.returncode for each in done] == [0, 0, 0]


def test_a_phone_that_is_another_model_is_found_out() -> None:
    done = judge("8861", own("7960"), *only("first-trust-non-secure", "signer-renewed"))
    assert done.returncode == 1
    first, second, _, last = done.stdout.splitlines()
    assert first.split()[:2] == ["first-trust-non-secure", "FAIL"]
    assert "start 1: the ITL is not installed" in first
    assert second.split()[:2] == ["signer-renewed", "FAIL"]
    assert last == "2 stories: 2 FAIL"


def test_an_expected_failure_is_good_and_an_unexpected_pass_is_not(tmp_path: Path) -> None:
    expected = tmp_path / "expected.txt"
    expected.write_text("# what is known\nsigner-renewed   this build asks no TVS yet\n")
    words = (*only("signer-renewed"), "--expected", str(expected))
    done = judge("8861", own("7960"), *words)
    assert (done.returncode, "expected" in done.stdout) == (0, True)
    assert "[this build asks no TVS yet]" in done.stdout
    again = judge("8861", own("8861"), *words)
    assert (again.returncode, "UNEXPECTED PASS" in again.stdout) == (1, True)


BROKEN = {
    "does nothing": ("pass", "start 1: the ITL is not installed"),
    "is wrongly called": ("print('no', file=sys.stderr); sys.exit(2)", "`boot` left with code 2: no"),
    "dies": ("raise SystemExit(77)", "`boot` left with code 77: it said nothing"),
    "takes what it wants": (
        "import pathlib; d = pathlib.Path(sys.argv[2]); d.mkdir(); (d / 'ctl.tlv').write_bytes(b'x')",
        "start 1: the CTL is installed and should not be",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_endpoint_fails_and_the_table_says_how(how: str) -> None:
    code, said = BROKEN[how]
    done = judge("8861", (sys.executable, "-c", f"import sys; {code}"), *only("first-trust-non-secure"))
    assert done.returncode == 1
    assert said in done.stdout


def test_a_command_that_is_not_there_fails_its_stories() -> None:
    done = judge("8861", ("/no/such/phone",), *only("first-trust-mixed"))
    assert done.returncode == 1
    assert "cannot run /no/such/phone" in done.stdout


def test_the_stories_are_listed() -> None:
    asked = [*PHONEEMU, "conformance", "--list"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=600)  # noqa: S603
    assert done.stdout.split() == list(STORIES)
    unnamed = subprocess.run([*asked[:-1], "--", "true"], capture_output=True, text=True, timeout=600)  # noqa: S603
    assert (unnamed.returncode, "Give --model" in unnamed.stderr) == (2, True)


@pytest.mark.parametrize(
    ("model", "command", "words", "what"),
    [
        ("8861", (), (), "which endpoint?"),
        ("none", ("true",), (), "no model 'none'"),
        ("8861", ("true",), ("--only", "a-fairy-tale"), "no story `a-fairy-tale`"),
        ("8861", ("true",), ("--expected", "/no/such/file"), "/no/such/file"),
    ],
)
def test_a_wrong_call_is_exit_code_2(
    model: str, command: tuple[str, ...], words: tuple[str, ...], what: str
) -> None:
    done = judge(model, command, *words)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert what in done.stderr


@pytest.mark.parametrize(
    ("text", "what"),
    [("signer-renewed", "e:1: `signer-renewed` gives no reason"), ("\ntale why", "e:2: `tale` is no story")],
)
def test_a_wrong_line_of_expected_failures_is_named(text: str, what: str) -> None:
    with pytest.raises(BadInput) as error:
        read_expected(text, "e")
    assert str(error.value) == what


def test_keys_are_made_once_and_given_in_turn() -> None:
    key = few_keys(2)
    one, two = key(), key()
    assert (key() is one, key() is two, one is two) == (True, True, False)
