"""Who signed, who is listed: distinguished-name texts and the Identity of a certificate.

Lists, logs and exports write one name in many ways: `CN=a;OU=b` (the cluster), `CN=a,OU=b` (the public
tlvfile), other attribute orders, lower-case keys, spaces lost in a web copy. Two names are the same here
when their attributes are. Serials are compared as numbers, because writers differ on a leading zero byte.
"""

import functools
import ipaddress

import attrs


@functools.lru_cache(maxsize=65536)
def canonical_name(text: str) -> tuple[tuple[str, str], ...]:
    """The attributes of a name text, order-free and spelling-free, for comparing.

    A separator is ';' when the text has one outside nothing at all (the cluster's style, which does not
    quote), else ','. Keys are upper-cased; runs of blanks in a value count as one.
    """
    separator = ";" if ";" in text else ","
    pairs: list[tuple[str, str]] = []
    for part in text.split(separator):
        key, equals, value = part.partition("=")
        if not equals:
            if pairs and part.strip():  # a value that held the separator: glue it back
                last_key, last_value = pairs[-1]
                pairs[-1] = (last_key, f"{last_value}{separator}{' '.join(part.split())}")
            elif part.strip():
                pairs.append(("", " ".join(part.split())))
            continue
        pairs.append((key.strip().upper(), " ".join(value.split())))
    return tuple(sorted(pairs))


@functools.lru_cache(maxsize=4096)
def address_of(text: str) -> str:
    """An address in its usual spelling, for comparing; "" for a name."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def is_address(text: str) -> bool:
    """Whether a server is named by its address here, and by no name."""
    return bool(address_of(text))


def address_text(packed: bytes) -> str:
    """The address in a record's IPADDRESS element; "" when there is none, or it was left blank."""
    return str(ipaddress.ip_address(packed)) if len(packed) in (4, 16) and any(packed) else ""


def common_name(text: str) -> str:
    """The CN of a name text, or the whole text when it has none."""
    for key, value in canonical_name(text):
        if key == "CN":
            return value.strip('"').strip()
    return text


def serial_text(serial: int, length: int = 0) -> str:
    """A serial as the cluster prints it: upper-case hex pairs joined by ':'."""
    raw = serial.to_bytes(max(length, (serial.bit_length() + 7) // 8, 1), "big")
    return ":".join(f"{byte:02X}" for byte in raw)


@attrs.frozen(cache_hash=True)
class Identity:
    """Which certificate is meant: issuer and serial, as TVS and the trust lists key it [SEED118893].

    The subject is carried for people; two identities are equal when issuer and serial are.
    """

    subject: str = attrs.field(eq=False)
    issuer: str = attrs.field(eq=False)
    serial: int
    _issuer_key: tuple[tuple[str, str], ...] = attrs.field(init=False, repr=False)

    @_issuer_key.default
    def _canonical_issuer(self) -> tuple[tuple[str, str], ...]:
        return canonical_name(self.issuer)

    @property
    def issuer_key(self) -> tuple[tuple[str, str], ...]:
        """The issuer's name free of spelling, for comparing."""
        return self._issuer_key

    @property
    def common_name(self) -> str:
        """The subject's CN."""
        return common_name(self.subject)

    @property
    def is_multi_server(self) -> bool:
        """Whether this is the default name of a multi-server certificate, `<host>-ms` [CASIGN217138]."""
        return self.common_name.partition(".")[0].endswith("-ms")

    @property
    def short(self) -> str:
        """`CN=name, serial 6B:1D:35:7B…` for a line of explanation."""
        text = serial_text(self.serial)
        return f"CN={self.common_name}, serial {text[:11]}{'…' if len(text) > 11 else ''}"
