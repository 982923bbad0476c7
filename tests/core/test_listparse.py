"""Any bytes give a list or one error that names the byte; what is unknown is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from listmaking import published_ctl, signed_itl

from phoneemu.core import limits, listbuild, listparse
from phoneemu.core.tlv import MalformedFile, Tlv
from phoneemu.core.trustlist import ListKind, TrustList

CTL = published_ctl()
RAW = CTL.raw or b""
HEADER = CTL.header_length or 0


def outcome(data: bytes) -> TrustList | MalformedFile:
    try:
        return listparse.parse(data)
    except MalformedFile as malformed:
        return malformed


def test_a_list_cut_at_any_byte_is_malformed_or_shorter() -> None:
    ends = {HEADER + sum((record.length or 0) for record in CTL.records[:n]) for n in range(4)}
    for length in range(len(RAW)):
        cut = outcome(RAW[:length])
        assert isinstance(cut, TrustList) is (length in ends), length
        if isinstance(cut, MalformedFile):
            assert 0 <= cut.offset <= length


def test_a_list_with_any_byte_flipped_is_a_list_or_malformed() -> None:
    for at in range(len(RAW)):
        flipped = bytearray(RAW)
        flipped[at] ^= 0xFF
        read = outcome(bytes(flipped))
        if isinstance(read, TrustList):
            assert listbuild.encode(read) == bytes(flipped)
            assert read.fingerprint != CTL.fingerprint


@given(st.binary(max_size=400))
def test_any_bytes_give_a_list_or_one_error(data: bytes) -> None:
    read = outcome(data)
    if isinstance(read, TrustList):
        assert listbuild.encode(read) == data


@given(st.binary(max_size=200), st.integers(0, len(RAW)))
def test_any_bytes_inside_a_list_give_a_list_or_one_error(data: bytes, at: int) -> None:
    outcome(RAW[:at] + data + RAW[at:])


def header(*tlvs: Tlv, body: bytes = b"") -> bytes:
    inside = b"".join(tlv.encode() for tlv in tlvs)
    return (
        Tlv(1, b"\x01\x02").encode() + Tlv(2, (10 + len(inside)).to_bytes(2, "big")).encode() + inside + body
    )


def test_a_header_alone_is_an_empty_list() -> None:
    read = listparse.parse(header())
    assert (read.records, read.signer, read.digest, read.key_bits) == ((), None, None, None)
    assert read.version == (1, 2)
    assert read.kind is ListKind.CTL


def test_an_unknown_header_tag_never_stops_a_reader() -> None:
    data = header(Tlv(99, b"odd"), Tlv(14, b"ITLFile.tlv\0"), Tlv(13, b""))
    read = listparse.parse(data)
    assert (read.kind, read.filename) == (ListKind.ITL, "ITLFile.tlv")
    assert listbuild.encode(read) == data


def test_elements_may_stand_in_any_order() -> None:
    data = Tlv(13, b"").encode() + Tlv(2, b"\x00\x0b").encode() + Tlv(1, b"\x01\x02").encode()
    assert listparse.parse(data).version == (1, 2)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "there is no header length at byte 0"),
        (b"\x01\x00\x02\x01\x02", "there is no header length at byte 5"),
        (Tlv(2, b"\x00\x04").encode(), "the header's length 4 does not fit the file at byte 0"),
        (Tlv(2, b"\x00\x09").encode(), "the header's length 9 does not fit the file at byte 0"),
        (header(body=b"\x01"), "record 1 does not begin with its length at byte 10"),
        (header(body=b"\x01\x00\x03aaa"), "record 1 does not begin with its length at byte 10"),
        (header(body=b"\x05\x00\x02aa"), "record 1 does not begin with its length at byte 10"),
        (
            header(body=b"\x01\x00\x02\x00\x04"),
            "record 1: length 4 is shorter than its own field at byte 10",
        ),
        (
            header(body=b"\x01\x00\x02\x01\x2c"),
            "record 1: length 300 runs past the end (15) at byte 10",
        ),
        (
            header(body=b"\x01\x00\x02\x00\x06\x04"),
            "record 1: tag 4 runs past the record's end at byte 15",
        ),
        (
            header(body=b"\x01\x00\x02\x00\x09\x04\x00\x02\x00"),
            "record 1: tag 4 runs past the record's end at byte 15",
        ),
        (header() + b"", ""),
    ],
)
def test_an_error_names_what_and_where(data: bytes, what: str) -> None:
    read = outcome(data)
    assert (str(read) if isinstance(read, MalformedFile) else "") == what


def test_a_header_element_that_runs_past_the_header_is_malformed() -> None:
    data = Tlv(2, b"\x00\x08").encode() + b"\x63\x00\x09" + b"x" * 9
    assert str(outcome(data)) == "header tag 99 runs past its end (8) at byte 5"
    short = Tlv(2, b"\x00\x06").encode() + b"\x63"
    assert str(outcome(short)) == "header tag 99 runs past its end (6) at byte 5"


def test_what_is_beyond_a_limit_is_refused_not_cut() -> None:
    assert "larger than any phone" in str(outcome(b"\0" * (limits.DOWNLOAD_BYTES + 1)))
    records = b"\x01\x00\x02\x00\x05" * (limits.LIST_RECORDS + 1)
    assert f"more than {limits.LIST_RECORDS:,} records" in str(outcome(header(body=records)))
    large = Tlv(9, b"x" * (limits.CERTIFICATE_BYTES + 1)).encode()
    record = Tlv(1, (5 + len(large)).to_bytes(2, "big")).encode() + large
    assert "beyond the limit" in str(outcome(header(body=record)))


def test_a_nameless_list_with_a_tvs_record_is_an_itl() -> None:
    record = Tlv(1, b"\x00\x0a").encode() + Tlv(4, b"\x00\x15").encode()
    read = listparse.parse(header(body=record))
    assert read.kind is ListKind.ITL
    assert read.records[0].role == 21
    assert listparse.parse(header(body=record), kind=ListKind.CTL).kind is ListKind.CTL


def test_odd_elements_are_read_as_far_as_they_mean_something() -> None:
    fields = (
        Tlv(4, b"\x00\x00\x01").encode()  # a function of three bytes is none we know
        + Tlv(3, b"CN=\xff\0").encode()
        + Tlv(5, b"CN=i\0").encode()
        + Tlv(6, b"\x05").encode()
        + Tlv(6, b"\x06").encode()  # a second serial is not looked at
        + Tlv(77, b"vendor").encode()
        + b"\x0d"
    )
    data = header(body=Tlv(1, (5 + len(fields)).to_bytes(2, "big")).encode() + fields)
    (record,) = listparse.parse(data).records
    assert record.role is None
    assert record.identity is not None
    assert (record.identity.subject, record.identity.serial) == ("CN=ÿ", 5)
    assert listbuild.encode(listparse.parse(data)) == data


def test_serials_count_as_numbers_whatever_zeros_lead_them() -> None:
    """Writers differ on the 00 before a high bit; both name one certificate [formats 1.4]."""
    body = b""
    for serial in (b"\x83\xe9", b"\x00\x83\xe9"):
        fields = Tlv(3, b"CN=a\0").encode() + Tlv(5, b"CN=b\0").encode() + Tlv(6, serial).encode()
        body += Tlv(1, (5 + len(fields)).to_bytes(2, "big")).encode() + fields
    one, two = listparse.parse(header(body=body)).records
    assert one.identity == two.identity
    assert one.serial != two.serial


def test_a_list_read_before_is_the_same_value_and_another_is_not() -> None:
    listparse.forget()
    one = listparse.parse(RAW)
    assert listparse.parse(bytes(RAW)) is one
    other = RAW[:-1] + bytes([RAW[-1] ^ 1])
    assert listparse.parse(other).raw == other
    assert listparse.parse(RAW) == one
    for number in range(listparse.MOST_READ):
        listparse.parse(RAW, origin=str(number))
    assert listparse.parse(RAW) is not one


def test_records_are_a_sequence_like_any_other() -> None:
    records = listparse.parse(RAW).records
    assert records[1:] == tuple(records)[1:]
    assert records == tuple(records)
    assert records != records[1:]
    assert hash(records) == hash(tuple(records))
    assert repr(records) == repr(tuple(records))


def test_a_header_number_too_long_to_be_one_is_not_read() -> None:
    read = listparse.parse(header(Tlv(15, b"123456789"), Tlv(28, b"\x01")))
    assert (read.timestamp, read.signer_version) == (None, None)


@pytest.mark.parametrize(("value", "seconds"), [(b"\xff" * 5, None), (b"\xff" * 4, 2**32 - 1), (b"", None)])
def test_a_moment_beyond_its_four_bytes_is_none(value: bytes, seconds: int | None) -> None:
    assert listparse.parse(header(Tlv(15, value))).timestamp == seconds


def test_containers_nested_beyond_any_stack_are_only_bytes() -> None:
    value = b""
    while len(value) < 60_000:
        value = Tlv(7, value).encode()
    assert listparse.parse(header(Tlv(7, value))).signer is None
    last_is_too_long = header(Tlv(7, value[:-1] + b"\x01"))
    assert str(outcome(last_is_too_long)).startswith("header tag 7 runs past its end")


def test_the_modulus_code_stands_in_for_a_missing_signature() -> None:
    itl = signed_itl()
    assert itl.key_bits == 1024
    modulus = Tlv(7, Tlv(9, Tlv(11, b"\x02").encode()).encode())
    assert listparse.parse(header(modulus)).key_bits == 2048


def test_a_record_seen_before_is_shared_and_may_be_forgotten() -> None:
    listparse.forget()
    one, two = listparse.parse(RAW), listparse.parse(RAW, origin="again")
    assert one is not two
    first = one.records[0]
    assert first is two.records[0]
    listparse.forget()
    again = listparse.parse(RAW)
    assert again.records[0] is not first
    assert again.records == one.records
