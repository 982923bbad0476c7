"""TFTP datagrams: tftpy's packets, made safe to hand any bytes to.

tftpy raises half a dozen kinds of errors for bad bytes and logs them; here a bad datagram is None.
"""

import logging
import struct
from collections.abc import Mapping
from typing import TypeAlias

from tftpy import TftpShared
from tftpy.TftpPacketFactory import TftpPacketFactory
from tftpy.TftpPacketTypes import (
    TftpPacketACK,
    TftpPacketDAT,
    TftpPacketERR,
    TftpPacketOACK,
    TftpPacketRRQ,
    TftpPacketWRQ,
)

logging.getLogger("tftpy").addHandler(logging.NullHandler())  # else its complaints reach the terminal

Packet: TypeAlias = (
    TftpPacketRRQ | TftpPacketWRQ | TftpPacketDAT | TftpPacketACK | TftpPacketERR | TftpPacketOACK
)

NOT_FOUND, ACCESS, FULL, ILLEGAL, UNKNOWN_ID, NO_OPTIONS = 1, 2, 3, 4, 5, 8
BLOCK = 512
"""Bytes of a block unless another size was agreed [RFC 1350]."""
SMALLEST, LARGEST = TftpShared.MIN_BLKSIZE, 65464
"""A block size may be agreed between these [RFC 2348]."""
DATAGRAM = LARGEST + 64
_DATA, _ACK = b"\x00\x03", b"\x00\x04"

_FACTORY = TftpPacketFactory()
_BAD = (TftpShared.TftpException, struct.error, ValueError, AssertionError)


def decode(data: bytes) -> Packet | None:
    """The packet of a datagram; None when it is none.

    Blocks and receipts, which are nearly all there is, take a shorter way to the same packet.
    """
    if data[:2] == _DATA and len(data) >= 4:
        block = TftpPacketDAT()
        block.blocknumber, block.data = data[2] << 8 | data[3], data[4:]
        return block
    if data[:2] == _ACK and len(data) == 4:
        receipt = TftpPacketACK()
        receipt.blocknumber = data[2] << 8 | data[3]
        return receipt
    try:
        packet: Packet = _FACTORY.parse(data)
    except _BAD:
        return None
    return packet


def opcode(data: bytes) -> int:
    """The first two bytes as a number; 0 when there are none."""
    return int.from_bytes(data[:2], "big") if len(data) > 1 else 0


def request(name: str, options: Mapping[str, str]) -> bytes:
    """A read request.

    Raises:
        ValueError: the name cannot be asked for.
    """
    packet = TftpPacketRRQ()
    packet.filename, packet.mode, packet.options = name, "octet", dict(options)
    if not name or "\0" in name:
        raise ValueError("no such name can be asked for")
    return bytes(packet.encode().buffer)


def data(block: int, content: bytes) -> bytes:
    """One block."""
    return _DATA + (block & 0xFFFF).to_bytes(2, "big") + content


def ack(block: int) -> bytes:
    """The receipt of a block."""
    return _ACK + (block & 0xFFFF).to_bytes(2, "big")


def oack(options: Mapping[str, str]) -> bytes:
    """The options a server agrees to."""
    packet = TftpPacketOACK()
    packet.options = dict(options)
    return bytes(packet.encode().buffer)


def error(code: int, text: str) -> bytes:
    """An error, with a text of its own."""
    packet = TftpPacketERR()
    packet.errorcode = code
    packet.errmsgs = {code: text.encode("ascii", "replace")}
    return bytes(packet.encode().buffer)


def error_text(packet: TftpPacketERR) -> str:
    """What an error says."""
    said = packet.errmsg
    return said.rstrip(b"\0").decode("latin-1") if isinstance(said, bytes) else ""


def number(text: str) -> int | None:
    """An option's value as a number; None when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
