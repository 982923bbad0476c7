"""Datagrams as tftpy reads and writes them, and quietly."""

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st
from tftpy.TftpPacketFactory import TftpPacketFactory
from tftpy.TftpPacketTypes import TftpPacketACK, TftpPacketDAT

from phoneemu.net import tftpwire as wire


@given(st.sampled_from([b"\x00\x03", b"\x00\x04"]), st.integers(0, 0xFFFF), st.binary(max_size=600))
def test_blocks_and_receipts_are_read_and_written_as_tftpy_does(
    kind: bytes, number: int, content: bytes
) -> None:
    written = wire.data(number, content) if kind == b"\x00\x03" else wire.ack(number)
    assert written[:2] == kind
    own, theirs = wire.decode(written), TftpPacketFactory().parse(written)
    assert isinstance(own, TftpPacketDAT | TftpPacketACK)
    assert isinstance(theirs, type(own))
    assert own.blocknumber == theirs.blocknumber == number
    assert getattr(own, "data", b"") == getattr(theirs, "data", b"")
    assert own.encode().buffer == theirs.encode().buffer == written


def test_nothing_that_comes_is_complained_of_on_the_terminal() -> None:
    program = "from phoneemu.net import tftpwire; assert tftpwire.decode(bytes([0, 1, 120])) is None"
    for before in ("", "import logging; logging.getLogger('tftpy').warning('x'); "):
        ran = subprocess.run(  # noqa: S603 - this Python, a fixed program
            [sys.executable, "-c", before + program], capture_output=True, check=True
        )
        assert (ran.stdout, ran.stderr) == (b"", b"x\n" if before else b""), "and without us it would be"
