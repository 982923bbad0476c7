"""Model files: errors name file and key; loads, overlays and variants resolve."""

import pytest
from making import DEFAULTS

from phoneemu.core.evidence import Standing
from phoneemu.core.modelfile import (
    Load,
    ModelFile,
    ModelFileError,
    captures_of,
    load_words,
    parse,
    parse_load,
    resolve,
    variants,
)
from phoneemu.core.profile import ENGINE_FACTS

HEAD = 'schema = 1\nmodel = "T"\nname = "Test"\nenum = [7]\nfamily = "F"\n'


def fact(value: str, standing: str = "documented", more: str = "") -> str:
    return f'{{ value = {value}, standing = "{standing}", source = "S"{more} }}'


def read(body: str = "", head: str = HEAD) -> ModelFile:
    return parse(head + body, "models/T.toml")


def _toml(value: object) -> str:
    """A value as TOML writes it; None as unknown."""
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{word}"' for word in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else f'"{value or "unknown"}"'


def a_family(extra: str = "") -> ModelFile:
    """A family with every fact the engine needs."""
    sections: dict[str, list[str]] = {}
    for attribute, name in ENGINE_FACTS.items():
        section, key = name.split(".")
        sections.setdefault(section, []).append(f"{key} = {fact(_toml(DEFAULTS.get(attribute)))}")
    body = "\n".join(f"[{section}]\n" + "\n".join(lines) for section, lines in sections.items())
    return parse(
        f'schema = 1\nmodel = "F"\nname = "F"\nenum = []\nfamily = ""\n{body}\n{extra}',
        "models/families/F.toml",
    )


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("[trust", "models/T.toml: "),
        ("odd = 1", "unknown key `odd`"),
        ("[trust]\nasks_tvs = true", "`trust.asks_tvs` must be a table with value"),
        (f"[trust]\nasks_tvs = {fact('true', more=', when = 1')}", "has an unknown key `when`"),
        ('[trust]\nasks_tvs = { standing = "documented", source = "S" }', "`trust.asks_tvs` has no value"),
        ('[trust]\nasks_tvs = { value = true, source = "S" }', "`trust.asks_tvs` has no standing"),
        ('[trust]\nasks_tvs = { value = true, standing = "documented" }', "`trust.asks_tvs` has no source"),
        (f"[trust]\nasks_tvs = {fact('true', 'heard')}", "`trust.asks_tvs`: standing is one of assumed"),
        (f"[trust]\nasks_tvs = {fact('true', 'assumed')}", "is assumed and has no note"),
        (f"[trust]\nasks_tvs = {fact('true', more=', note = 1')}", "`trust.asks_tvs`: note must be a text"),
        (f"[trust]\nasks_tvs = {fact('1')}", "`trust.asks_tvs` must be true, false, or"),
        (f"[trust]\nrsa_max_bits = {fact('true')}", "`trust.rsa_max_bits` must be a number, or"),
        ("[trust]\ndigests = " + fact('["md4"]'), "must be a list of sha1, sha256, sha512, or"),
        ("[files]\norder = " + fact("[1]"), "`files.order` must be a list of texts, or"),
        ("[files]\ntftp_waits = " + fact('["soon"]'), "must be a list of seconds as texts, or"),
        ("[files]\ntftp_options = " + fact('["blksize"]'), "must be a list of tsize, blksize=BYTES, or"),
        ("[tls]\nmax = " + fact('"2.0"'), "`tls.max` must be one of 1.0, 1.1, 1.2, 1.3, or"),
        (f"[device]\nbugs = {fact('3')}", "`device.bugs` must be a text, or"),
        ("[[firmware]]\nafter = 1", "unknown key `firmware.after`"),
        ("[[firmware]]\n", "`firmware` needs `from` or `before`"),
        ('[[firmware]]\nfrom = "soon"', "`firmware.from` is no load such as 14-2-1SR1"),
        ("[[firmware]]\nfrom = 14", "`firmware.from` must be a str"),
        ("[[protocol]]\n", "`protocol.name` must be a str"),
        ("firmware = 3", "`firmware` must be a list"),
        ("trust = 3", "`trust` must be a dict"),
    ],
)  # fmt: skip
def test_a_wrong_file_names_file_and_key(body: str, what: str) -> None:
    with pytest.raises(ModelFileError) as error:
        read(body)
    assert str(error.value).startswith("models/T.toml")
    assert what in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("schema = 1", "schema = 2", "schema must be 1"),
        ('model = "T"', "", "`model` must be a str"),
        ('name = "Test"', "name = 5", "`name` must be a str"),
        ("enum = [7]", "enum = 7", "`enum` must be a list"),
        ("enum = [7]", "enum = [true]", "`enum` must be a int"),
        ('family = "F"', "", "`family` must be a str"),
        ('family = "F"', 'family = "F"\naliases = [1]', "`aliases` must be a str"),
    ],
)
def test_a_wrong_head_names_its_key(old: str, new: str, what: str) -> None:
    with pytest.raises(ModelFileError, match=what):
        read(head=HEAD.replace(old, new))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("sip88xx.14-2-1-0001-34", (14, 2, 1, 0, "")),
        ("SCCP75.9-4-2SR4-3S", (9, 4, 2, 4, "")),
        ("sip78xx.12-1-1SR1-4.loads", (12, 1, 1, 1, "")),
        ("SCCP6901.9-3-1-SR3-2", (9, 3, 1, 3, "")),
        ("sip8831.10-3-1SR4b-1", (10, 3, 1, 4, "b")),
        ("14-2-1SR1", (14, 2, 1, 1, "")),
        ("14.2(1)SR1", (14, 2, 1, 1, "")),
        ("ce9.15.3.18", (9, 15, 3, 0, "")),
        ("TC7.3.21.acb8a7", (7, 3, 21, 0, "")),
        ("Jabber_for_Windows-14.1.3.57304", (14, 1, 3, 0, "")),
        ("P0S3-8-12-00", None),
        ("P0030801SR02", None),
        ("term75.default", None),
        ("", None),
    ],
)
def test_load_names_are_read_as_administrators_have_them(
    text: str, parts: tuple[int, int, int, int, str] | None
) -> None:
    assert parse_load(text) == (Load(parts) if parts else None)


def test_the_models_own_fact_wins_over_the_familys() -> None:
    own = read(f"[trust]\nasks_tvs = {fact('false', 'reported')}")
    profile = resolve(own, a_family(), None, None)
    assert profile.asks_tvs.value is False
    assert profile.asks_tvs.standing is Standing.REPORTED
    assert profile.asks_tvs.where == "models/T.toml trust.asks_tvs"
    assert profile.reads_ctl.where == "models/families/F.toml trust.reads_ctl"
    assert (profile.model, profile.enums, profile.family) == ("T", (7,), "F")


def test_a_fact_that_is_the_same_for_every_model_is_stated_only_where_it_differs() -> None:
    usual = resolve(read(""), a_family(), None, None)
    assert usual.list_signers.value == ("sast",)
    roles = '["sast", "tftp"]'
    own = read(f"[trust]\nlist_signers = {fact(roles)}")
    assert resolve(own, a_family(), None, None).list_signers.value == ("sast", "tftp")


def test_a_captured_fact_names_a_capture() -> None:
    with pytest.raises(ModelFileError, match=r"trust\.asks_tvs` is captured and names no capture"):
        read(f"[trust]\nasks_tvs = {fact('true', 'captured')}")
    named = '{ value = true, standing = "captured", source = "X, capture:8861/14-2-1/moves" }'
    assert captures_of(read(f"[trust]\nasks_tvs = {named}").facts["trust.asks_tvs"].source) == (
        "8861/14-2-1/moves",
    )


def test_a_model_alone_must_have_every_fact() -> None:
    with pytest.raises(ModelFileError, match=r"neither it nor its family has `trust.reads_ctl`"):
        resolve(read(), None, None, None)


LOADS = f"""
[[firmware]]
before = "10-3-1"
below_release = "10.5"
[firmware.trust]
reads_itl = {fact("false")}

[[firmware]]
from = "11-0-4"
before = "11-0-5"
[firmware.trust]
updates_reliably = {fact("false")}

[[firmware]]
from = "14-2-1SR1"
[firmware.trust]
finds_multi_san = {fact("false")}
"""


@pytest.mark.parametrize(
    ("load", "facts"),
    [
        ("x.9-0-1", (False, True, True)),
        ("x.10-3-1", (True, True, True)),
        ("x.11-0-4SR2-1", (True, False, True)),
        ("x.11-0-5", (True, True, True)),
        ("x.14-2-1", (True, True, True)),
        ("x.14-2-1SR1", (True, True, False)),
        ("odd", (True, True, False)),
        (None, (True, True, False)),
    ],
)
def test_a_load_switches_its_facts_on(load: str | None, facts: tuple[bool, bool, bool]) -> None:
    profile = resolve(read(), a_family(LOADS), load, None)
    found = (profile.reads_itl.value, profile.updates_reliably.value, profile.finds_multi_san.value)
    assert found == facts


def test_a_phone_of_unknown_load_is_every_variant_it_may_be() -> None:
    every = [profile.load for profile in variants(read(), a_family(LOADS), None)]
    modern = [profile.load for profile in variants(read(), a_family(LOADS), None, "12.5(1)SU2")]
    old = [profile.load for profile in variants(read(), a_family(LOADS), None, "8.6")]
    assert every == old == [None, "11-0-5", "11-0-4", "0-0-0"]
    assert modern == [None, "11-0-5", "11-0-4"]


def test_a_model_without_loads_is_one_variant() -> None:
    assert [profile.load for profile in variants(read(), a_family(), None)] == [None]


def test_a_protocol_switches_its_facts_on() -> None:
    sip = f'[[protocol]]\nname = "SIP"\n[protocol.trust]\nverifies_config = {fact("false")}\n'
    family = a_family(sip)
    assert resolve(read(), family, None, "sip").verifies_config.value is False
    assert resolve(read(), family, None, "SCCP").verifies_config.value is True
    assert resolve(read(), family, None, None).verifies_config.value is True


def test_both_sides_of_a_contradiction_are_kept() -> None:
    own = read("[trust]\nasks_tvs = " + fact("true", more=', against = "X says no"'))
    assert own.facts["trust.asks_tvs"].against == "X says no"


def test_the_loads_of_a_candidate_are_told_in_words() -> None:
    old = read(f'[[firmware]]\nbefore = "9-0-1"\n[firmware.trust]\nasks_tvs = {fact("false", "reported")}')
    newest, since, before = variants(old, a_family(), "SIP")[0], *variants(old, a_family(), None)
    assert [load_words(each) for each in (newest, since, before)] == [
        "newest SIP load",
        "newest load",
        "oldest load",
    ]
    assert load_words(resolve(old, a_family(), "9-0-1", "SCCP")) == "SCCP from 9-0-1"
