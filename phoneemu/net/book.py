"""Where a server's services are: host and port by the name a phone knows it under.

A real phone asks DNS and uses fixed ports. On a desk many servers share one machine, so a book names them:
lines `NAME HOST SERVICE=PORT ...`, in the spirit of /etc/hosts. What the book does not name is taken to be a
host of that name at the usual ports.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType

import attrs

from phoneemu.errors import BadInput


class Service(enum.Enum):
    """A service of a node, by the word used in a book."""

    TFTP = "tftp"
    HTTP = "http"
    HTTPS = "https"
    TVS = "tvs"
    SIP = "sip"
    SIPS = "sips"


USUAL: Mapping[Service, int] = {
    Service.TFTP: 69,
    Service.HTTP: 6970,
    Service.HTTPS: 6971,
    Service.TVS: 2445,
    Service.SIP: 5060,
    Service.SIPS: 5061,
}
"""The ports of a real cluster [PROXYTFTP, SG14-sbd, SG15-tls]."""


@attrs.frozen(kw_only=True)
class Place:
    """One server: its host name or address, and the ports that are not the usual ones."""

    host: str
    ports: Mapping[Service, int] = attrs.field(factory=lambda: MappingProxyType({}))

    def port(self, service: Service) -> int:
        """The port of a service here."""
        return self.ports.get(service, USUAL[service])


@attrs.frozen(kw_only=True)
class Book:
    """Places by lower-case name."""

    places: Mapping[str, Place] = attrs.field(factory=lambda: MappingProxyType({}))

    def find(self, name: str, service: Service) -> tuple[str, int]:
        """Host and port of a service of the server with this name."""
        place = self.places.get(name.lower()) or Place(host=name)
        return place.host, place.port(service)

    def known_as(self, name: str) -> frozenset[str]:
        """Every name that leads to the same services as this one, lower-case; none when it is not in here."""
        place = self.places.get(name.lower())
        return frozenset(each for each, there in self.places.items() if there == place)

    def with_server(self, text: str) -> tuple[str, "Book"]:
        """The name of the TFTP server `NAME`, `HOST` or `HOST:PORT`, and a book that knows it.

        An address and port that the book has under a name become that name, so that a phone meets one server
        under one name.

        Raises:
            BadInput: the port is none.
        """
        host, port = split(text)
        for name, place in self.places.items():
            if text.lower() == name or (place.host, place.port(Service.TFTP)) == (host, port):
                return name, self
        if text.lower() == host.lower() and port == USUAL[Service.TFTP]:
            return text, self
        place = Place(host=host, ports=MappingProxyType({Service.TFTP: port}))
        return text, Book(places=MappingProxyType({**self.places, text.lower(): place}))

    def render(self) -> str:
        """The book as text that `parse` reads."""
        rows = [
            " ".join([name, place.host, *(f"{each.value}={port}" for each, port in place.ports.items())])
            for name, place in self.places.items()
        ]
        return "\n".join(rows) + "\n"


def split(text: str) -> tuple[str, int]:
    """`HOST`, `HOST:PORT`, `[IPV6]:PORT` or a bare IPv6 address as host and TFTP port.

    Raises:
        BadInput: the port is none, or there is no host.
    """
    host, port = text, ""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":")
        if rest and not rest.startswith(":"):
            raise BadInput(f"`{text}` is no [ADDRESS]:PORT")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
        if not port:
            raise BadInput(f"`{text}` has no port behind the colon")
    if not host or any(character.isspace() for character in host):
        raise BadInput(f"`{text}` is no host")
    return host, _port(port, text) if port else USUAL[Service.TFTP]


def _port(text: str, whole: str, place: str = "") -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536):
        raise BadInput(f"`{whole}`: a port is a number from 1 to 65535", place=place)
    return int(text)


def parse(text: str, file: str = "hosts") -> Book:
    """Read a book; `#` begins a comment.

    Raises:
        BadInput: a line is none; names file and line.
    """
    places: dict[str, Place] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        words = raw.partition("#")[0].split()
        if not words:
            continue
        at = f"{file}:{number}"
        if len(words) < 2:
            raise BadInput(f"`{raw.strip()}`: write NAME HOST SERVICE=PORT ...", place=at)
        ports: dict[Service, int] = {}
        for word in words[2:]:
            name, _, port = word.partition("=")
            service = next((each for each in Service if each.value == name.lower()), None)
            if service is None:
                known = ", ".join(each.value for each in Service)
                raise BadInput(f"no service `{name}`; there are {known}", place=at)
            ports[service] = _port(port, word, at)
        if words[0].lower() in places:
            raise BadInput(f"`{words[0]}` is named twice", place=at)
        places[words[0].lower()] = Place(host=words[1], ports=MappingProxyType(ports))
    return Book(places=MappingProxyType(places))
