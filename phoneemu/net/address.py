"""Which kind of address a host text is."""

import socket


def family_of(host: str) -> socket.AddressFamily:
    """The address family to bind this host with."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET
