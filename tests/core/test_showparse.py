"""Text from a terminal or a web page, read back."""

import re
import textwrap

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from listmaking import published_ctl, signed_itl

from phoneemu.core import limits
from phoneemu.core.names import Identity
from phoneemu.core.showparse import ShowText, parse, parse_all
from phoneemu.core.showrender import render, render_missing
from phoneemu.core.tlv import MalformedFile
from phoneemu.core.trustlist import ListKind, Record, TrustList

CTL = published_ctl()
MODIFIED = "Fri Mar 06 21:56:07 CET 2015"
TEXT = render(CTL, modified=MODIFIED)


def web_copy(text: str, width: int = 76) -> str:
    """As a page shows it: blanks squeezed, indentation gone, long lines wrapped."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join("\n".join(textwrap.wrap(line, width, break_long_words=False)) for line in lines if line)


def narrow(text: str, width: int = 57) -> str:
    """As a narrow terminal shows it: lines broken where they end, inside words too."""
    lines = (line.expandtabs(8) for line in text.splitlines())
    return "\n".join(line[at : at + width] for line in lines for at in range(0, len(line) or 1, width))


def paged(text: str) -> str:
    """With the prompts of a pager between its pages."""
    prompt = "\nPress <enter> for 1 line, <space> for one page, or <q> to quit\n"
    lines = text.splitlines()
    return prompt.join("\n".join(lines[at : at + 24]) for at in range(0, len(lines), 24))


def quoted(text: str) -> str:
    """As a mail quotes it."""
    return "\n".join(f"> {line}" for line in text.splitlines())


def stamped(text: str) -> str:
    """As a terminal's log keeps it."""
    return "\n".join(f"[2026-03-09 17:00:{at % 60:02}] {line}" for at, line in enumerate(text.splitlines()))


def carried(trust_list: TrustList) -> tuple[object, ...]:
    """What the text of a list carries."""
    records = [
        (
            r.role,
            r.dns_name,
            r.identity,
            r.identity and r.identity.subject,
            r.length,
            r.certificate_sha1,
            r.key_bits,
        )
        for r in trust_list.records
    ]
    head = (trust_list.kind, trust_list.signer, trust_list.md5, trust_list.sha1, trust_list.length)
    return (*head, trust_list.header_length, trust_list.signature, trust_list.key_bits, records)


def listed(text: str) -> TrustList:
    found = parse(text).list
    assert found is not None
    return found


@pytest.mark.parametrize("trust_list", [CTL, signed_itl(), published_ctl(bits=2048)])
@pytest.mark.parametrize(
    "copy", [str, web_copy, lambda text: text.replace("\n", "\r\n"), narrow, paged, quoted, stamped]
)
def test_a_rendered_list_is_read_back_whole(trust_list: TrustList, copy: object) -> None:
    assert callable(copy)
    found = listed(copy(render(trust_list, modified=MODIFIED)))
    expected = carried(trust_list)
    assert carried(found) == expected
    assert found.complete
    assert found.timestamp == 1425675367


printable = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=';,="[]#'), min_size=1, max_size=20
)
identities = st.builds(
    lambda cn, o, serial: Identity(f"CN={cn};O={o}", f"CN={cn};O={o}", serial),
    printable,
    printable,
    st.integers(1, 2**127),
)
records = st.builds(
    lambda role, dns, who, length: Record(
        role=role,
        dns_name=dns,
        identity=who,
        length=length,
        serial=who.serial.to_bytes((who.serial.bit_length() + 7) // 8, "big"),
    ),
    st.sampled_from([0, 1, 2, 3, 4, 7, 21]),
    printable.filter(lambda name: not name.isdigit()),
    identities,
    st.integers(5, 9999),
)


@given(st.sampled_from(ListKind), st.lists(records, min_size=1, max_size=5), st.booleans())
def test_any_list_is_read_back_from_its_text(
    kind: ListKind,
    listing: list[Record],
    web: bool,  # noqa: FBT001 - drawn
) -> None:
    signer = listing[0].identity
    trust_list = TrustList(kind=kind, signer=signer, records=tuple(listing), sha1="ab" * 20, length=9)
    text = render(trust_list)
    found = listed(web_copy(text) if web else text)
    assert found.signer == signer
    assert [(r.role, r.dns_name, r.identity, r.length) for r in found.records] == [
        (r.role, r.dns_name, r.identity, r.length) for r in listing
    ]


@pytest.mark.parametrize("trust_list", [CTL, signed_itl(), published_ctl(bits=2048)])
def test_a_list_read_from_text_is_printed_as_it_was(trust_list: TrustList) -> None:
    text = render(trust_list, modified=MODIFIED)
    assert render(listed(text), modified=MODIFIED) == text


def outcome(text: str) -> ShowText | MalformedFile:
    try:
        return parse(text)
    except MalformedFile as malformed:
        return malformed


def test_a_text_cut_anywhere_is_a_list_known_in_part_or_nothing() -> None:
    for length in range(0, len(TEXT) - 60, 11):
        found = outcome(TEXT[:length])
        if isinstance(found, ShowText) and found.list is not None:
            assert not found.list.complete


@given(st.text(max_size=300))
def test_any_text_gives_an_output_or_one_error(text: str) -> None:
    assert isinstance(outcome(text), ShowText | MalformedFile)


@given(st.text(max_size=60), st.integers(0, len(TEXT)))
def test_any_text_inside_an_output_gives_an_output_or_one_error(text: str, at: int) -> None:
    assert isinstance(outcome(TEXT[:at] + text + TEXT[at:]), ShowText | MalformedFile)


def test_a_long_run_of_digits_or_blanks_is_read_in_good_time() -> None:
    assert isinstance(outcome("1 " * 200_000), MalformedFile)
    assert isinstance(outcome("CTL Record #: 1" + " 1 DNSNAME" * 20_000), ShowText)


ELIDED = """admin:show ctl
The checksum value of the CTL file:
256a661f4630cd86ef460db5aad4e91c(MD5)
3d56cc01476000686f007aac6c278ed9059fc124(SHA1)
Length of CTL file: 5728
The CTL File was last modified on Fri Mar 06 21:48:48 CET 2015
[...]
CTL Record #:5
----
BYTEPOS TAG LENGTH VALUE
------- --- ------ -----
1 RECORDLENGTH 2 1186
2 DNSNAME 1
3 SUBJECTNAME 56 cn="SAST-ADN008580ef ";ou=IPCBU;o="Cisco Systems
4 FUNCTION 2 System Administrator Security Token
5 ISSUERNAME 42 cn=Cisco Manufacturing CA;o=Cisco Systems
6 SERIALNUMBER 10 83:E9:08:00:00:00:55:45:AF:31
7 PUBLICKEY 140
9 CERTIFICATE 902 85 CD 5D AD EA FC 34 B8 3E 2F F2 CB 9C 76 B0 93
3E 8B 3A 4F (SHA1 Hash HEX)
10 IPADDRESS 4 This etoken was used to sign the CTL file.
The CTL file was verified successfully.
"""


def test_a_copy_that_leaves_records_out_says_so() -> None:
    found = parse(ELIDED, origin="show_ctl.txt")
    ctl = found.list
    assert ctl is not None
    assert not ctl.complete
    assert "the copy leaves records out" in found.remarks
    assert (ctl.length, ctl.key_bits, ctl.origin, found.verified) == (5728, 1024, "show_ctl.txt", True)
    assert found.lines == {5: 8}


def test_a_copy_that_ends_anywhere_names_no_certificate_that_is_not_there() -> None:
    known = {record.identity for record in CTL.records} | {CTL.signer}
    for end in range(TEXT.index("Record #:1"), len(TEXT) - 60, 7):
        ctl = listed(TEXT[:end])
        named = {record.identity for record in ctl.records if record.serial}
        assert named <= known
        assert not ctl.complete


def test_a_squeezed_token_name_is_widened_by_its_printed_length() -> None:
    (record,) = listed(ELIDED).records
    assert record.identity is not None
    assert record.identity.subject == 'cn="SAST-ADN008580ef        ";ou=IPCBU;o="Cisco Systems'
    assert record.identity.serial == 0x83E9080000005545AF31
    assert record.certificate_sha1.startswith("85cd5dad")
    assert listed(ELIDED).signer == record.identity


def test_an_absent_file_is_an_answer() -> None:
    glued = (
        "admin:show ctl Length of CTL file: 0 CTL File not found. Please run CTLClient plugin or run the CLI"
    )
    for text, kind in (
        (glued, ListKind.CTL),
        (render_missing(ListKind.CTL), ListKind.CTL),
        (render_missing(ListKind.ITL), ListKind.ITL),
    ):
        found = parse(text)
        assert (found.kind, found.found, found.list) == (kind, False, None)


def test_several_outputs_in_one_file_are_told_apart() -> None:
    found = parse_all(f"admin:show ctl\n{TEXT}\nadmin:show itl\n{render(signed_itl())}\nadmin:")
    assert [output.kind for output in found] == [ListKind.CTL, ListKind.ITL]
    assert [output.list.length for output in found if output.list] == [4947, signed_itl().length]


def test_the_older_dialect_is_read() -> None:
    text = """\tParse CTL File
Version:\t1.2
HeaderLength:\t312 (BYTES)
3\tSIGNERID\t2\t127
8\tDIGESTALGO\t2\t
12\tSIGNATURE\t2\t
\t\t35  06
\tStart CTL Records
\tCTL Record  #: 1
\t             ----
1\tRECORDLENGTH\t2\t1147
2\tDNSNAME\t\t11\tgigantic-6
3\tSUBJECTNAME\t16\tCN=gigantic;C=US
4\tFUNCTION\t2\tSecurity Token
5\tISSUERNAME\t17\tCN=gigantic;C=US
6\tSERIAL NUMBER\t8\t
"""
    found = parse(text)
    ctl = found.list
    assert ctl is not None
    assert (ctl.header_length, ctl.signature, ctl.records[0].role) == (312, b"\x35\x06", 0)
    assert not ctl.complete
    assert "line 9: record 1 has no serial number" in found.remarks
    assert "the copy does not show who signed the file" in found.remarks


def test_a_name_wrapped_in_the_middle_of_a_word_is_joined_by_its_length() -> None:
    broken = TEXT.replace("ST=Malopolska;C=PL", "ST=Malo\npolska;C=PL")
    spaced = TEXT.replace("L=Krakow;", "L=San\nKrakow;").replace("\t62\t", "\t66\t")
    assert carried(listed(broken)) == carried(CTL)
    identity = listed(spaced).records[0].identity
    assert identity is not None
    assert "L=San Krakow" in identity.subject


def test_an_unknown_function_is_remarked_and_a_number_is_taken() -> None:
    odd = parse(TEXT.replace("FUNCTION\t2\tCAPF", "FUNCTION\t2\tBARISTA"))
    numbered = listed(TEXT.replace("FUNCTION\t2\tCAPF", "FUNCTION\t2\t99"))
    assert any("unknown function `BARISTA`" in remark for remark in odd.remarks)
    assert numbered.records[2].role == 99
    missing = listed(re.sub(r"4\tFUNCTION\t2\tCAPF\n", "", TEXT))
    assert missing.records[2].role is None


@pytest.mark.parametrize(
    ("modified", "timestamp"),
    [
        (MODIFIED, 1425675367),
        ("Mon Mar 09 16:59:43 UTC 2015", 1425920383),
        ("Mon Mar 09 16:59:43 XYZ 2015", 1425920383),
        ("Mon Feb 30 16:59:43 UTC 2015", None),
        ("Mon Mar 09 16:59:43 2015", 1425920383),
        ("Tue Mar 10 00:59:43 +08 2015", 1425920383),
    ],
)
def test_a_time_of_no_known_zone_is_taken_as_utc(modified: str, timestamp: int | None) -> None:
    found = parse(render(CTL, modified=modified))
    assert found.list is not None
    assert found.list.timestamp == timestamp
    assert found.modified == modified


@pytest.mark.parametrize(
    ("modified", "line", "what"),
    [
        ("Mon Mar 09 16:59:43 IST 2015", 6, "the zone IST of `Mon Mar 09 16:59:43 IST 2015` is not known"),
        ("Mon Mar 09 16:59:43 2015", 6, "has no zone: the date is taken as UTC"),
        ("Mon Feb 30 16:59:43 UTC 2015", 6, "cannot be read as a date"),
        ("yesterday", 6, "`yesterday` cannot be read as a date"),
        ("", 1, "no line says when the list was last modified"),
    ],
)
def test_a_date_that_is_not_sure_is_a_doubt_with_its_line(modified: str, line: int, what: str) -> None:
    text = render(CTL, modified=modified)
    ((where, said),) = parse(text).doubts
    assert where == line
    assert what in said
    assert line == 1 or modified in text.splitlines()[line - 1]


def test_a_date_of_a_known_zone_is_no_doubt() -> None:
    assert not parse(TEXT).doubts


@pytest.mark.parametrize("tag", ["SUBJECTNAME", "FUNCTION", "ISSUERNAME", "PUBLICKEY", "DNSNAME"])
@pytest.mark.parametrize("sized", [True, False])
def test_a_record_that_lost_a_row_is_a_doubt_and_the_list_incomplete(tag: str, *, sized: bool) -> None:
    lines = TEXT.splitlines()
    if not sized:
        lines = [line for line in lines if "RECORDLENGTH" not in line]
    record = lines.index("CTL Record #:2")
    del lines[next(at for at in range(record, len(lines)) if f"\t{tag}" in lines[at])]
    found = parse("\n".join(lines))
    assert found.list is not None
    if not sized and tag in ("PUBLICKEY", "DNSNAME"):  # then nothing tells
        assert not found.doubts
    else:
        assert [line for line, _ in found.doubts] == [record + 1]
        assert not found.list.complete


def test_a_copy_that_says_it_leaves_rows_out_is_no_doubt() -> None:
    record = TEXT.index("CTL Record #:2")
    found = parse(TEXT[:record] + TEXT[record:].replace("4\tFUNCTION", "[...]\n4\tFUNKTION", 1))
    assert not found.doubts
    assert found.list is not None
    assert not found.list.complete


def test_a_row_whose_number_is_lost_is_a_doubt() -> None:
    text = TEXT.replace("\n4\tFUNCTION", "\nFUNCTION", 1)
    assert len(parse(text).doubts) == 1


def test_a_text_beyond_the_limit_or_without_a_list_is_malformed() -> None:
    with pytest.raises(MalformedFile, match="too large"):
        parse("x" * (limits.SHOW_TEXT_BYTES + 1))
    with pytest.raises(MalformedFile, match="no `show ctl`"):
        parse("admin:show ctl\nThe checksum value of the CTL file:\n")


def test_a_failed_verification_is_no_success() -> None:
    text = TEXT.replace("The CTL file was verified successfully.", "Error parsing the CTL File.")
    assert parse(text).verified is False


def test_odd_serials_and_hashes_are_not_taken() -> None:
    odd = TEXT.replace("70:CA:F6", "70:CA:F", 1).replace("(SHA1 Hash HEX)", "XX")
    found = listed(odd)
    assert found.records[1].certificate_sha1 == ""
    assert found.signer is not None
    cut = listed(TEXT.replace("70:CA:F6:4E:09:07:51:B9:DF:22:F4:9F:75:4F:C5:BB", "zz"))
    assert not cut.complete
    stray = parse("This etoken was used to sign the CTL file\n[...]\n" + TEXT)
    assert stray.list is not None
    assert stray.list.complete
    assert attrs.evolve(stray, list=None).found
