"""Whatever a server answers, collection says that it was no answer, and nothing else happens."""

import functools
import ssl
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoneemu.collect import pages, soap, texts
from phoneemu.collect.axl import Axl, _versions
from phoneemu.collect.failures import NotCollected
from phoneemu.collect.readings import NODE_TAGS, ROWS, Reading, Statement, reads
from phoneemu.collect.ris import Device, Ris
from phoneemu.collect.wire import Answer, Wire

GOOD = b"""<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>
<r><return><row><name>SEP1</name></row><componentVersion><version>14.0.1.1-1</version></componentVersion>
<processNode><name>pub</name><nodeUsage>Publisher</nodeUsage></processNode><phone><name>SEP1</name></phone>
</return><selectCmDeviceReturn><SelectCmDeviceResult><TotalDevicesFound>1</TotalDevicesFound><CmNodes><item>
<ReturnCode>Ok</ReturnCode><Name>pub</Name><CmDevices><item><Name>SEP1</Name><Status>Registered</Status>
<IPAddress><item><IP>10.0.0.1</IP></item></IPAddress></item></CmDevices></item></CmNodes></SelectCmDeviceResult>
<StateInfo>1</StateInfo></selectCmDeviceReturn></r></e:Body></e:Envelope>"""


@attrs.define(kw_only=True)
class Scripted(Wire):
    """Gives the same answer to everything, a hundred times at most."""

    answer: Answer
    asked: int = 0

    def ask(self, *_args: Any, **_more: Any) -> Answer:
        self.asked += 1
        assert self.asked <= 100, "asked for ever"
        return self.answer


def scripted(body: bytes, status: int = 200) -> Scripted:
    return Scripted(
        context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        credentials={},
        answer=Answer(status=status, body=body),
    )


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good answer with some of it cut out, doubled or replaced."""
    body = GOOD
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(body)))
        end = min(len(body), at + draw(st.integers(0, 60)))
        put = draw(st.one_of(st.just(b""), st.just(body[at:end] * 2), st.binary(max_size=8)))
        body = body[:at] + put + body[end:]
    return body


BODIES = st.one_of(damaged(), st.binary(max_size=200), st.just(GOOD))


def told(act: Callable[[], object]) -> str:
    """What an act tells when it has no answer; "" when it has one."""
    try:
        act()
    except NotCollected as failure:
        return str(failure)
    return ""


@given(BODIES, st.sampled_from([200, 500, 599]))
def test_any_answer_of_axl_is_read_or_told(body: bytes, status: int) -> None:
    axl = Axl(wire=scripted(body, status), host="h")
    acts: list[Callable[[], object]] = [
        axl.release,
        axl.nodes,
        axl.phones,
        *(functools.partial(axl.rows, each) for each in Statement),
    ]
    assert all("\n" not in told(act) for act in acts)


@given(BODIES, st.sampled_from([200, 500]), st.integers(1, 3))
def test_any_answer_of_risport_is_read_or_told(body: bytes, status: int, names: int) -> None:
    ris = Ris(wire=scripted(body, status), host="h")
    assert "\n" not in told(lambda: ris.phones([f"SEP{number}" for number in range(names)]))
    text = texts.seen_xml(ris.found.values()).encode()
    assert {each.name for each in texts.seen_devices(text)} == {each.name for each in ris.found.values()}


def test_a_good_answer_is_read_by_both() -> None:
    axl, ris = Axl(wire=scripted(GOOD), host="h"), Ris(wire=scripted(GOOD), host="h")
    ris.phones(["SEP1"])
    assert (axl.release(), axl.nodes()[0].name, len(ris.found)) == ("14.0.1.1-1", "pub", 1)


@given(st.binary(max_size=300))
def test_any_json_is_read_or_told(body: bytes) -> None:
    assert "\n" not in told(lambda: texts.certificates_json(body))


@given(st.binary(max_size=300))
def test_any_page_is_fit_or_not(body: bytes) -> None:
    assert pages.fit(body) in (True, False)


@given(st.text(max_size=300))
def test_any_words_about_versions_give_versions_or_none(words: str) -> None:
    assert all(each.replace(".", "").isdigit() for each in _versions(words))


@given(st.lists(st.text(max_size=40), max_size=4), st.text(max_size=200))
def test_any_names_and_state_make_a_well_formed_question(names: list[str], state: str) -> None:
    plain = [name for name in names if name.isprintable()]
    question = soap.ask_seen(plain, state if state.isprintable() else "")
    assert reads(Reading.SEEN, question)
    root = soap.parsed(question.encode())
    assert [each.text or "" for each in soap.every(root, "Item")] == plain


def test_every_question_that_is_made_may_leave() -> None:
    assert reads(Reading.VERSION, soap.ask_version("14.0"))
    assert all(reads(Reading.NODES, soap.ask_nodes("14.0", tags)) for tags in NODE_TAGS)
    assert all(reads(Reading.QUERY, soap.ask_rows("14.0", each, 5000, 1000)) for each in Statement)
    assert reads(Reading.PHONES, soap.ask_phones("14.0", 0, 1000))
    assert reads(Reading.CERTIFICATES, "")


@given(st.text(max_size=60))
def test_an_address_of_a_phone_is_an_address_or_none(text: str) -> None:
    found = pages.address_of(Device(node="n", fields=(), addresses=(text,)))
    assert found is None or set(found) <= set("0123456789abcdef.:%")


@pytest.mark.parametrize("count", [0, 1, ROWS, ROWS + 1, 2 * ROWS])
def test_the_end_of_the_pages_is_found(count: int) -> None:
    rows = [{"name": str(number)} for number in range(count)]
    asked: list[int] = []

    def page(skip: int, first: int) -> list[dict[str, str]]:
        asked.append(skip)
        return rows[skip : skip + first]

    assert Axl(wire=scripted(b""), host="h")._every_page(page, "rows") == rows
    assert len(asked) == count // ROWS + 1
