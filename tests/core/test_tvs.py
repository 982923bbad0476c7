"""TVS messages: the published lengths, a round trip, and hostile bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoneemu.core import limits, tvs
from phoneemu.core.names import Identity
from phoneemu.core.tlv import MalformedFile

DEVICE = "CP-8861-SEP001122AABBCC"
SIGNER = Identity("CN=pub;OU=lab", "CN=pub;OU=lab", 0x6B1D357B)


def named(length: int) -> str:
    return "CN=" + "x" * (length - 3)


def outcome(data: bytes) -> tvs.Message | MalformedFile:
    try:
        return tvs.parse(data)
    except MalformedFile as malformed:
        return malformed


def test_a_query_has_the_length_of_the_published_one() -> None:
    """Body 143: 27 for the device, 69 and 25 for the names, 22 for the serial [C213407]."""
    signer = Identity(named(65), named(21), int.from_bytes(b"\x11" * 19, "big"))
    data = tvs.encode(tvs.Query(session=0x3E9, device=DEVICE, signer=signer))
    assert data[:10] == bytes.fromhex("57010300000003e9008f")
    assert data[10:14] == b"\x01\x00\x18\x01"
    assert data[14:37] == DEVICE.encode()
    assert len(data) == 153


def test_a_self_signed_query_has_the_length_of_the_other_published_one() -> None:
    """180 bytes are a name of 58 characters, twice, and a serial of 16 bytes [C214535]."""
    signer = Identity(named(58), named(58), int.from_bytes(b"\x6b" * 16, "big"))
    assert len(tvs.encode(tvs.Query(session=0x3E9, device=DEVICE, signer=signer))) == 180


def test_a_verification_has_the_length_of_the_published_one() -> None:
    data = tvs.encode(tvs.Verify(session=0x3E9, device=DEVICE, certificate=b"\x30" * 920))
    assert len(data) == 960 == 10 + 27 + 3 + 920
    assert data[2] == 1


def test_an_answer_has_the_length_of_the_published_one() -> None:
    """1470 is 4 for the status, 1454 for the certificate, 5 for two roles, 7 for the time [C213407]."""
    answer = tvs.Answer(
        session=0x3E9, valid=True, certificate=b"\x30" * 1451, roles=frozenset({0, 2}), ttl=86400
    )
    data = tvs.encode(answer)
    assert data[:2] + data[4:10] == bytes.fromhex("5701000003e905be")
    assert len(data) - 10 == 1470
    assert data[10:14] == b"\x07\x00\x01\x00"
    assert data.endswith(b"\x08\x00\x02\x00\x02\x09\x00\x04\x00\x01\x51\x80")
    assert tvs.parse(data[:3] + b"\xf7" + data[4:]) == answer


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
sessions = st.integers(0, 2**32 - 1)
messages = st.one_of(
    st.builds(
        tvs.Query,
        session=sessions,
        device=texts,
        signer=st.builds(Identity, texts, texts, st.integers(1, 2**160)),
    ),
    st.builds(tvs.Verify, session=sessions, device=texts, certificate=st.binary(min_size=1, max_size=99)),
    st.builds(
        tvs.Answer,
        session=sessions,
        command=st.sampled_from([tvs.Command.VERIFY_ANSWER, tvs.Command.QUERY_ANSWER]),
        valid=st.booleans(),
        certificate=st.binary(max_size=99),
        roles=st.frozensets(st.integers(0, 255)),
        ttl=st.none() | st.integers(0, 2**32 - 1),
    ),
)


@given(messages)
def test_what_is_written_is_read_back(message: tvs.Message) -> None:
    data = tvs.encode(message)
    read = tvs.parse(data)
    if isinstance(message, tvs.Query) and isinstance(read, tvs.Query):
        assert (read.signer.subject, read.signer.issuer) == (message.signer.subject, message.signer.issuer)
        assert (read.session, read.device, read.signer) == (message.session, message.device, message.signer)
    else:
        assert read == message
    assert tvs.encode(read) == data
    assert tvs.frame_length(data[:10]) == len(data)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_message_or_one_error(data: bytes) -> None:
    for bytes_ in (data, b"\x57\x01\x03" + data, tvs.encode(EXAMPLES[0])[:10] + data):
        read = outcome(bytes_)
        if isinstance(read, MalformedFile):
            assert 0 <= read.offset <= max(len(bytes_), 10)


EXAMPLES = (
    tvs.Query(session=1001, device=DEVICE, signer=SIGNER, serial=b"\0\x6b\x1d\x35\x7b"),
    tvs.Verify(session=1, device=DEVICE, certificate=b"\x30\x03abc"),
    tvs.Answer(session=2, valid=True, certificate=b"\x30\x03abc", roles=frozenset({0}), ttl=9),
    tvs.Answer(session=3, valid=False, command=tvs.Command.VERIFY_ANSWER),
)


@pytest.mark.parametrize("message", EXAMPLES)
def test_a_message_cut_or_flipped_at_any_byte_is_read_or_malformed(message: tvs.Message) -> None:
    data = tvs.encode(message)
    for at in range(len(data)):
        assert isinstance(outcome(data[:at]), MalformedFile)
        outcome(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])


def test_a_serial_goes_out_as_it_came_and_counts_as_a_number() -> None:
    read = tvs.parse(tvs.encode(EXAMPLES[0]))
    assert isinstance(read, tvs.Query)
    assert (read.serial, read.signer) == (b"\0\x6b\x1d\x35\x7b", SIGNER)


def framed(command: int, body: bytes) -> bytes:
    return bytes([0x57, 1, command, 0, 0, 0, 0, 1]) + len(body).to_bytes(2, "big") + body


def test_unknown_elements_are_skipped_and_the_first_of_two_counts() -> None:
    body = b"\x63\0\1x" + b"\x07\0\1\0" + b"\x07\0\1\1" + b"\x09\0\2\1\1"
    answer = tvs.parse(framed(4, body))
    assert answer == tvs.Answer(session=1, valid=True)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x57\x01", "a TVS message has a head of ten bytes at byte 2"),
        (b"\x58" + framed(3, b"")[1:], "no TVS message begins with 0x58 at byte 0"),
        (b"\x57\x02" + framed(3, b"")[2:], "TVS version 2 is not known at byte 1"),
        (framed(9, b""), "TVS command 9 is not known at byte 2"),
        (framed(4, b"") + b"more", "the message is 10 bytes long, not 14 at byte 10"),
        (framed(3, b"\x01\0\x09\x01x"), "element 1 runs past the end (15) at byte 10"),
        (framed(3, b"\x01\0"), "element 1 runs past the end (12) at byte 10"),
        (framed(3, b"\x01\0\x02\x01x"), "element 5 is missing or empty at byte 15"),
        (framed(1, b"\x01\0\x02\x01x"), "element 2 is missing or empty at byte 15"),
    ],
)
def test_an_error_names_what_and_where(data: bytes, what: str) -> None:
    assert str(outcome(data)) == what


def test_a_certificate_beyond_the_limit_is_refused_in_a_request_and_left_out_of_an_answer() -> None:
    large = b"\x30" * (limits.CERTIFICATE_BYTES + 1)
    asked = outcome(tvs.encode(tvs.Verify(session=1, device=DEVICE, certificate=large)))
    assert "beyond the limit" in str(asked)
    answer = tvs.parse(tvs.encode(tvs.Answer(session=1, valid=True, certificate=large)))
    assert isinstance(answer, tvs.Answer)
    assert answer.certificate == b""


def test_what_does_not_fit_its_length_is_an_error() -> None:
    with pytest.raises(ValueError, match="too long for a TVS message"):
        tvs.encode(tvs.Verify(session=1, device=DEVICE, certificate=b"\x30" * 70_000))


def test_a_device_says_its_product_and_name() -> None:
    assert tvs.device_text("8861", "SEP001122AABBCC") == DEVICE
