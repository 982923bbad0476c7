"""Names to places: what a phone knows a server by, and where it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoneemu.errors import BadInput
from phoneemu.net.book import USUAL, Book, Place, Service, parse, split

TEXT = """# a lab
pub 127.0.0.1 tftp=40001 tvs=40002
sub ::1        # the usual ports
"""


def test_a_book_gives_hosts_and_ports_and_the_usual_ones_where_it_says_nothing() -> None:
    book = parse(TEXT)
    assert book.find("PUB", Service.TFTP) == ("127.0.0.1", 40001)
    assert book.find("pub", Service.SIP) == ("127.0.0.1", 5060)
    assert book.find("sub", Service.TVS) == ("::1", 2445)
    assert book.find("elsewhere.example", Service.HTTP) == ("elsewhere.example", 6970)


def test_a_server_under_its_address_is_the_same_server() -> None:
    book = parse(TEXT)
    assert book.with_server("pub") == ("pub", book)
    assert book.with_server("127.0.0.1:40001") == ("pub", book)
    assert book.with_server("::1") == ("sub", book)
    name, more = book.with_server("127.0.0.1:69000"[:-1])
    assert (name, more.find(name, Service.TFTP)) == ("127.0.0.1:6900", ("127.0.0.1", 6900))
    assert more.find(name, Service.HTTP) == ("127.0.0.1", 6970)
    assert Book().with_server("cucm.example")[1] == Book()


def test_every_name_of_a_place_is_known_and_none_of_a_place_that_is_not_in_the_book() -> None:
    book = parse(TEXT + "192.0.2.11 127.0.0.1 tftp=40001 tvs=40002\n")
    assert book.known_as("PUB") == book.known_as("192.0.2.11") == {"pub", "192.0.2.11"}
    assert book.known_as("sub") == {"sub"}
    assert book.known_as("elsewhere.example") == frozenset()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("h", ("h", 69)),
        ("h:70", ("h", 70)),
        ("[::1]:70", ("::1", 70)),
        ("[::1]", ("::1", 69)),
        ("fe80::1", ("fe80::1", 69)),
    ],
)
def test_a_server_is_written_as_everybody_writes_it(text: str, place: tuple[str, int]) -> None:
    assert split(text) == place


@pytest.mark.parametrize("text", ["", "h:", "h:0", "h:65536", "h:ssh", ":69", "[::1]x", "a b", "h:²"])
def test_what_is_no_server_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        split(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("pub", "hosts:1: `pub`: write NAME HOST"),
        ("\npub h ftp=1", "hosts:2: no service `ftp`"),
        ("pub h tftp=x", "hosts:1: `tftp=x`: a port is"),
        ("pub h\nPUB h", "hosts:2: `PUB` is named twice"),
    ],
)
def test_a_wrong_line_is_named(text: str, what: str) -> None:
    with pytest.raises(BadInput) as error:
        parse(text)
    assert str(error.value).startswith(what)


names = st.text("abcdefgh0123456789-.", min_size=1, max_size=12)
ports = st.dictionaries(st.sampled_from(list(Service)), st.integers(1, 65535))


@given(st.dictionaries(names, st.builds(Place, host=names, ports=ports), max_size=4))
def test_a_book_reads_back(places: dict[str, Place]) -> None:
    book = Book(places=places)
    assert parse(book.render()) == book


def test_every_service_has_its_usual_port() -> None:
    assert set(USUAL) == set(Service)
