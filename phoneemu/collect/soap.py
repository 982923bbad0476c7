"""Questions to the two SOAP services as text, and their answers as elements.

The envelopes are written here by hand: a SOAP library such as zeep needs the services' WSDL, which is Cisco's
and must not be shipped, and five small questions need no schema. Answers are parsed without document types
and so without entities.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from phoneemu.collect.failures import Kind, NotCollected
from phoneemu.collect.readings import PHONE_TAGS, ROWS, Reading, Statement

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_ELEMENTS = 1_000_000
"""Most elements of one answer, and most attributes; 1,000 phones of RISPort have some 30,000 [RISPORT70].

The cap is assumed.
"""

_OUTER = "http://schemas.xmlsoap.org/soap/envelope/"
_RIS = "http://schemas.cisco.com/ast/soap"


# ---------------------------------------------------------------- questions


def _envelope(namespace: str, reading: Reading, inner: str, attributes: str = "") -> str:
    operation = reading.value.action
    return (
        f'<soapenv:Envelope xmlns:soapenv="{_OUTER}" xmlns:ns="{namespace}"><soapenv:Body>'
        f"<ns:{operation}{attributes}>{inner}</ns:{operation}></soapenv:Body></soapenv:Envelope>"
    )


def _axl(version: str, reading: Reading, inner: str) -> str:
    return _envelope(f"http://www.cisco.com/AXL/API/{version}", reading, inner)


def ask_version(version: str) -> str:
    """Which release it is."""
    return _axl(version, Reading.VERSION, "")


def ask_nodes(version: str, wanted: Sequence[str]) -> str:
    """Which nodes there are."""
    tags = "".join(f"<{tag}/>" for tag in wanted)
    criteria = "<searchCriteria><name>%</name></searchCriteria>"
    return _axl(version, Reading.NODES, f"{criteria}<returnedTags>{tags}</returnedTags>")


def ask_rows(version: str, statement: Statement, skip: int, first: int) -> str:
    """One page of one of the fixed queries."""
    if not isinstance(statement, Statement):
        raise TypeError(f"{statement!r} is no fixed query: no other is ever sent")
    return _axl(version, Reading.QUERY, f"<sql>{escape(statement.page(skip, first))}</sql>")


def ask_phones(version: str, skip: int, first: int) -> str:
    """One page of phones, where the database takes no query."""
    tags = "".join(f"<{tag}/>" for tag in PHONE_TAGS)
    criteria = "<searchCriteria><name>%</name></searchCriteria>"
    page = f"<skip>{int(skip)}</skip><first>{int(first)}</first>"
    return _axl(version, Reading.PHONES, f"{criteria}<returnedTags>{tags}</returnedTags>{page}")


def ask_seen(names: Sequence[str], state: str) -> str:
    """What RISPort saw of these phones, `*` being all; `state` is what its last answer said, or ""."""
    if len(names) > ROWS:
        raise ValueError(f"{len(names)} names in one request; {ROWS} are the most")
    items = "".join(f"<ns:item><ns:Item>{escape(name)}</ns:Item></ns:item>" for name in names)
    criteria = (
        f"<ns:MaxReturnedDevices>{ROWS}</ns:MaxReturnedDevices><ns:DeviceClass>Phone</ns:DeviceClass>"
        "<ns:Model>255</ns:Model><ns:Status>Any</ns:Status><ns:NodeName></ns:NodeName>"
        f"<ns:SelectBy>Name</ns:SelectBy><ns:SelectItems>{items}</ns:SelectItems>"
        "<ns:Protocol>Any</ns:Protocol><ns:DownloadStatus>Any</ns:DownloadStatus>"
    )
    inner = f"<ns:StateInfo>{escape(state)}</ns:StateInfo>"
    return _envelope(
        _RIS, Reading.SEEN, f"{inner}<ns:CmSelectionCriteria>{criteria}</ns:CmSelectionCriteria>"
    )


# ---------------------------------------------------------------- answers


def local(element: "Element") -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def text(element: "Element", name: str) -> str:
    """The text of a child, "" when there is none."""
    return next(((child.text or "").strip() for child in element if local(child) == name), "")


def every(element: "Element", name: str) -> Iterator["Element"]:
    """Every descendant of that name."""
    return (each for each in element.iter() if local(each) == name)


def parsed(body: bytes) -> "Element":
    """The answer as elements.

    Raises:
        NotCollected: it is no XML, declares a document type, or has more elements than any real answer.
    """
    if body.count(b"<") > 2 * MOST_ELEMENTS or body.count(b"=") > MOST_ELEMENTS:
        raise NotCollected(Kind.TOO_LARGE, f"more than {MOST_ELEMENTS:,} elements")
    try:
        root: Element = defusedxml.ElementTree.fromstring(body, forbid_dtd=True)
    except DefusedXmlException:
        raise NotCollected(Kind.MALFORMED, "an answer with a document type; not read") from None
    except (SyntaxError, ValueError, LookupError) as error:  # ParseError is a SyntaxError
        raise NotCollected(Kind.MALFORMED, f"an answer that is no whole XML ({error})") from None
    return root


def fault_of(root: "Element") -> str:
    """What a fault says; "" when it is none."""
    fault = next(every(root, "Fault"), None)
    if fault is None:
        return ""
    return text(fault, "faultstring") or "a fault without words"
