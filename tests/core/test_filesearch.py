"""Where a phone looks next."""

import pytest
from making import a_profile

from phoneemu.core.filesearch import FileSearch, names_of
from phoneemu.core.question import Subject
from phoneemu.core.vocabulary import Fetch, Transport

SERVERS = ("one", "two")


def search(subject: Subject = Subject.ITL, servers: tuple[str, ...] = SERVERS, **facts: object) -> FileSearch:
    profile = a_profile(**facts)
    return FileSearch(subject, names_of(subject, profile, "SEP1", signed=False), servers, profile)


def test_silence_leads_to_the_next_transport_then_the_next_server() -> None:
    looking = search(Subject.CTL, transports=("http", "tftp"))
    seen = [looking.fetch()]
    while looking.step(silent=True):
        seen.append(looking.fetch())
    name = "CTLSEP1.tlv"
    assert seen == [
        Fetch(name=name, server="one", transport=Transport.HTTP),
        Fetch(name=name, server="one", transport=Transport.TFTP),
        Fetch(name=name, server="two", transport=Transport.HTTP),
        Fetch(name=name, server="two", transport=Transport.TFTP),
    ]


def test_no_such_file_leads_to_the_next_name_on_the_same_server() -> None:
    looking = search(transports=("http", "tftp"))
    looking.step(silent=True)
    assert looking.step(silent=False)
    assert looking.fetch() == Fetch(name="ITLFile.tlv", server="one", transport=Transport.HTTP)
    assert not looking.step(silent=False)


def test_a_silent_server_is_not_asked_for_another_name() -> None:
    looking = search(servers=("one",))
    assert not looking.step(silent=True)


def test_without_a_server_the_search_is_hopeless() -> None:
    looking = search(servers=())
    assert looking.hopeless
    assert not looking.step(silent=True)


def test_beginning_again_counts() -> None:
    looking = search()
    looking.step(silent=False)
    looking.begin_again()
    assert looking.attempts == 2
    assert looking.expects("ITLSEP1.tlv", "one")
    assert not looking.expects("ITLSEP1.tlv", "two")
    assert not looking.expects("ITLFile.tlv", "one")


def test_a_model_whose_transports_nobody_knows_uses_tftp() -> None:
    assert search(transports=None).transport is Transport.TFTP


@pytest.mark.parametrize(
    ("subject", "facts", "signed", "expected"),
    [
        (Subject.CTL, {}, False, ("CTLSEP1.tlv",)),
        (Subject.CTL, {"reads_ctl": False}, False, ()),
        (Subject.ITL, {"reads_itl": False}, False, ()),
        (Subject.ITL, {"reads_itl": None}, False, ("ITLSEP1.tlv", "ITLFile.tlv")),
        (Subject.CONFIG, {}, False, ("SEP1.cnf.xml",)),
        (Subject.CONFIG, {}, True, ("SEP1.cnf.xml.sgn",)),
        (Subject.CTL, {"file_order": None}, True, ("CTLSEP1.tlv",)),
        (Subject.ITL, {"file_order": ("CTL{name}.tlv", "{name}.cnf.xml")}, False, ()),
    ],
)
def test_names_follow_the_models_order(
    subject: Subject,
    facts: dict[str, object],
    signed: bool,  # noqa: FBT001 - a table value
    expected: tuple[str, ...],
) -> None:
    assert names_of(subject, a_profile(**facts), "SEP1", signed=signed) == expected
