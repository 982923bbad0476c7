"""Elements, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoneemu.core.tlv import PAD, MalformedFile, Tlv, encode_all, read_tlvs

elements = st.builds(Tlv, st.integers(0, 255).filter(lambda tag: tag != PAD), st.binary(max_size=40))
lists = st.lists(elements | st.just(Tlv(PAD, b"")), max_size=10)


@given(lists)
def test_what_is_written_is_read_back(tlvs: list[Tlv]) -> None:
    data = encode_all(tlvs)
    assert [tlv for _, tlv in read_tlvs(data, 0, len(data))] == tlvs


def test_offsets_count_from_the_start_of_the_file() -> None:
    data = b"\x0d" + Tlv(4, b"ab").encode() + Tlv(5, b"").encode()
    assert [at for at, _ in read_tlvs(data, 0, len(data))] == [0, 1, 6]


def test_an_element_that_runs_past_the_end_is_malformed() -> None:
    with pytest.raises(MalformedFile, match=r"tag 4: length 300 runs past the end \(3\) at byte 0"):
        list(read_tlvs(b"\x04\x01\x2c", 0, 3))
    with pytest.raises(MalformedFile, match="tag 4 has no room for a length before 2 at byte 0"):
        list(read_tlvs(b"\x04\x01", 0, 2))


def test_a_value_too_long_for_its_length_field_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        Tlv(9, b"x" * 65536).encode()
