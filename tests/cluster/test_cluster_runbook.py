"""The runbook language: what it takes, and how it refuses."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoneemu.cluster.runbook import NODE_VERBS, PHONE_VERBS, Step, parse, parse_filter, parse_line, seconds
from phoneemu.errors import BadInput


def one(line: str) -> Step:
    return parse_line(line, place="r.txt:1", number=1)


@pytest.mark.parametrize("verb", NODE_VERBS, ids=lambda verb: verb.usage)
def test_every_usage_shown_to_people_is_understood(verb: object) -> None:
    usage: str = verb.usage  # type: ignore[attr-defined]
    step = one(f"pub {usage}")
    assert (step.who, step.verb) == ("pub", verb.name)  # type: ignore[attr-defined]


@pytest.mark.parametrize("verb", PHONE_VERBS, ids=lambda verb: verb.usage)
def test_every_phone_verb_is_understood(verb: object) -> None:
    step = one(f"phones {verb.usage}")  # type: ignore[attr-defined]
    assert (step.who, step.verb, step.where) == ("phones", verb.name, None)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("line", "verb", "args"),
    [
        ("pub   set  cert regen   CallManager", "regenerate", ("CallManager",)),
        ("admin:utils ctl update CTLFile", "update-ctl", ()),
        ("* utils service restart Cisco Tftp", "service", ("restart", "Cisco Tftp")),
        (
            'pub upload CallManager signed-by "Example CA" multi-server',
            "upload-signed",
            ("CallManager", "Example CA", "multi-server"),
        ),
        ("pub upload Phone-SAST-trust CallManager@x", "upload-trust", ("Phone-SAST-trust", "CallManager@x")),
        ('cluster parameter "A b" = True', "parameter", ("A b", "True")),
        ("cluster ctl-client sign-with a tokens a b", "ctl-client", ("a", "a b")),
        ("phones power off", "power", ("off",)),
        ("phones where model = 7960 erase ctl", "erase", ("ctl",)),
        ("pub file delete activelog cm/tftpdata/CTLFile.tlv", "delete-file", ("CTLFile.tlv",)),
    ],
)
def test_the_open_words_of_a_step_are_its_arguments(line: str, verb: str, args: tuple[str, ...]) -> None:
    step = one(line)
    assert (step.verb, step.args) == (verb, args)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("pub block 0", "`0` is no port"),
        ("pub block 65536", "`65536` is no port"),
        ("pub unblock 99999999", "`99999999` is no port"),
        (f"pub block {'9' * 5000}", "is no port"),
        ("pub set network ip eth0 999.1.1.1 255.255.255.0 192.0.2.1", "`999.1.1.1` is no address"),
        ("pub set network ip eth0 somewhere", "`somewhere` is no address"),
    ],
)
def test_a_number_that_cannot_be_what_it_stands_for_is_refused(line: str, what: str) -> None:
    with pytest.raises(BadInput, match=re.escape(what)) as refused:
        one(line)
    assert refused.value.place == "r.txt:1"


def test_a_runbook_is_its_steps_with_their_places() -> None:
    text = "\ufeff# renew\r\n\r\npub set cert regen CallManager   # the publisher\r\n\tphones reset\r\n"
    steps = parse(text, "runbook.txt")
    assert [(step.number, step.place, step.verb) for step in steps] == [
        (1, "runbook.txt:3", "regenerate"),
        (2, "runbook.txt:4", "reset"),
    ]


def test_a_sharp_inside_quotes_or_a_word_is_no_comment() -> None:
    assert one('cluster parameter "a # b" = c').args == ("a # b", "c")
    assert parse("pub backup a#b")[0].args == ("a#b",)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("pub utils clt update CTLFile", "did you mean `utils ctl update CTLFile`?"),
        ("utils ctl update CTLFile", "has no node in front; did you mean `NODE utils ctl update CTLFile`?"),
        ("pub", "`pub` is told nothing"),
        ("pub xyzzy", "`xyzzy` is not a command; commands are such as"),
        ("phones rest", "did you mean `reset`?"),
        ("phones where", "is no condition"),
        ("phones where sight = x reset", "phones cannot be chosen by `sight`; did you mean `site`?"),
        ("phones where zzz = x reset", "known are model"),
        ("phones where percent = 200 reset", "write a share such as percent = 10"),
        ("phones where percent = many reset", "write a share"),
        ("phones where percent != 10 reset", "write a share"),
        ("phones where site = ", "is no condition"),
    ],
)
def test_a_wrong_line_names_its_place_and_the_nearest_command(line: str, what: str) -> None:
    with pytest.raises(BadInput) as error:
        parse(f"# first\n{line}", "r.txt")
    assert str(error.value).startswith("r.txt:2: ")
    assert what in str(error.value)


ROW = {"model": "7960", "site": "Depot", "load": "P0030801SR02", "security": "Encrypted", "protocol": "SCCP"}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("model = 7960", True),
        ("model != 7960", False),
        ('site = "Depot"', True),
        ('device pool = "depot"', True),
        ("name matches SEP00*", True),
        ("name = SEP001", True),
        ("load matches P003*", True),
        ("site = Depot and model = 7940", False),
        ("site = Depot and model = 7960 and protocol = sccp", True),
        ("percent = 100", True),
        ("percent = 0%", False),
        ("group = x", False),
    ],
)
def test_phones_are_chosen_by_what_exports_say(text: str, holds: bool) -> None:  # noqa: FBT001 - a table value
    assert parse_filter(text, place="x").matches(ROW, "SEP001") is holds


def test_a_share_of_phones_is_the_same_each_time_and_about_that_large() -> None:
    chosen = parse_filter("percent = 10", place="x")
    names = [f"SEP{number:012X}" for number in range(5000)]
    first = [name for name in names if chosen.matches({}, name)]
    assert first == [name for name in names if chosen.matches({}, name)]
    assert 400 < len(first) < 600


def test_a_filter_alone_must_be_nothing_else() -> None:
    with pytest.raises(BadInput, match="`reset` does not belong to a filter"):
        parse_filter("model = 7960 reset", place="x")


def test_durations_count_in_seconds() -> None:
    assert [seconds(text) for text in ("5s", "10m", "2 h", "3d")] == [5, 600, 7200, 259200]


def test_too_many_steps_are_refused() -> None:
    with pytest.raises(BadInput, match=r"r:10001: more than 10,000 steps"):
        parse("phones reset\n" * 10_001, "r")


@given(st.text(max_size=80))
def test_any_text_is_steps_or_one_error(text: str) -> None:
    try:
        parse(text)
    except BadInput as error:
        assert str(error).startswith("runbook:")  # noqa: PT017 - the type is the point
