"""XML of an answer as a tree of elements that know their line.

The parser is the standard library's expat. A document type is refused at its first sign, and with it every
entity but the five of XML itself: nothing is expanded, nothing is fetched.
"""

from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from phoneemu.core import limits
from phoneemu.errors import BadInput
from phoneemu.files import read_bytes

DEPTH = 64
"""Deepest nesting that is read; the answers nest twelve deep [assumed]."""


class Element:
    """One element: its name without namespace, lower-case; its line; its own text; its children."""

    __slots__ = ("children", "line", "tag", "text")

    def __init__(self, tag: str, line: int) -> None:
        self.tag = tag
        self.line = line
        self.text = ""
        self.children: list[Element] = []

    def child(self, tag: str) -> "Element | None":
        """The first child of this name."""
        return next((child for child in self.children if child.tag == tag), None)

    def cells(self) -> dict[str, str]:
        """The texts of the children by name; the first of each name counts."""
        found: dict[str, str] = {}
        for child in self.children:
            found.setdefault(child.tag, child.text.strip())
        return found

    def walk(self) -> Iterator["Element"]:
        """This element and all inside, in the order of the text."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting += reversed(element.children)


class _RefusedError(Exception):
    """The document is not read; the text says why."""


def parse(content: bytes, file: str) -> Element:
    """The root of a document.

    Raises:
        BadInput: it is not well-formed, is cut off, or declares a document type; names the line.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    above = Element("", 0)
    open_now = [above]

    def starts(name: str, _attributes: dict[str, str]) -> None:
        if len(open_now) > DEPTH:
            raise _RefusedError(f"nested more than {DEPTH} deep")
        element = Element(name.rpartition(":")[2].lower(), parser.CurrentLineNumber)
        open_now[-1].children.append(element)
        open_now.append(element)

    def ends(_name: str) -> None:
        open_now.pop()

    def says(text: str) -> None:
        open_now[-1].text += text

    def declares(*_: object) -> None:
        raise _RefusedError("it declares a document type")

    parser.StartElementHandler = starts
    parser.EndElementHandler = ends
    parser.CharacterDataHandler = says
    parser.StartDoctypeDeclHandler = declares
    try:
        parser.Parse(content.lstrip(), True)  # noqa: FBT003 - the library's own way to say that this is all
    except (expat.ExpatError, _RefusedError, LookupError, ValueError) as error:
        line = getattr(error, "lineno", parser.CurrentLineNumber)
        raise BadInput(f"no well-formed XML ({error})", place=f"{file}:{line}") from None
    return above.children[0]


def answer(path: Path) -> Element:
    """The root of an answer of a SOAP service.

    Raises:
        BadInput: the service answered with a fault, which is quoted; or as `read`.
        OSError: the file cannot be read.
    """
    root = read(path)
    for element in root.walk():
        if element.tag == "faultstring":
            said = " ".join(element.text.split())
            raise BadInput(f"the service answered: {said}", place=f"{path.name}:{element.line}")
    return root


def read(path: Path) -> Element:
    """The root of a file.

    Raises:
        BadInput: it is too large, or no XML that is read; names the line.
        OSError: it cannot be read.
    """
    return parse(read_bytes(path, limits.SQL_TEXT_BYTES, place=path.name), path.name)
