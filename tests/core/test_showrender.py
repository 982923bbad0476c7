"""The text as the cluster prints it."""

from listmaking import published_ctl, signed_itl
from making import CM, CM_NEW, a_ctl, a_list, certificate, entry

from phoneemu.core.showrender import date, render, render_missing, row
from phoneemu.core.trustlist import ListKind, Record, Role, SignatureStatus

CTL = published_ctl()
TEXT = render(CTL, modified="Fri Mar 06 21:56:07 CET 2015")


def test_rows_stand_in_their_columns_by_tabs() -> None:
    assert row(1, "RECORDLENGTH", 2, 1156) == "1\tRECORDLENGTH\t2\t1156"
    assert row(2, "DNSNAME", 16, "pub") == "2\tDNSNAME\t\t16\tpub"
    assert row(8, "DIGESTALGORTITHM", 1) == "8\tDIGESTALGORTITHM\t1"
    for line in TEXT.splitlines():
        if line[:1].isdigit() and "\t" in line:
            wide = line.expandtabs(8)
            assert wide[8] != " "
            assert len(wide) < 25 or wide[24] != " " or wide[25:].strip(), line


def test_a_moment_is_printed_as_a_date_or_not_at_all() -> None:
    assert date(1425675367) == "Fri Mar 06 20:56:07 UTC 2015"
    assert date(0.0) == "Thu Jan 01 00:00:00 UTC 1970"
    assert date(2**32 - 1) == "Sun Feb 07 06:28:15 UTC 2106"
    assert (date(None), date(1e12), date(1e30)) == ("", "", "")


def test_the_head_of_the_listing_reads_as_published() -> None:
    lines = TEXT.splitlines()
    assert lines[:10] == [
        "The checksum value of the CTL file:",
        f"{CTL.md5}(MD5)",
        f"{CTL.sha1}(SHA1)",
        "",
        "Length of CTL file: 4947",
        "The CTL File was last modified on Fri Mar 06 21:56:07 CET 2015",
        "",
        "Parse CTL File",
        "----------------",
        "",
    ]
    assert "Version:\t1.2" in lines
    assert "HeaderLength:\t336 (BYTES)" in lines
    assert "3\tSIGNERID\t2\t149" in lines
    assert "7\tSIGNATUREINFO\t2\t15" in lines
    assert "14\tFILENAME\t12" in lines
    assert lines[-1] == "The CTL file was verified successfully."


def test_records_read_as_published() -> None:
    record = TEXT.partition("CTL Record #:1\n")[2].partition("CTL Record #:2")[0]
    sha1 = " ".join(f"{byte:02X}" for byte in bytes.fromhex(CTL.records[0].certificate_sha1))
    name = "CN=cucm-1051-a-pub;OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL"
    assert record.splitlines() == [
        "----",
        "BYTEPOS\tTAG\t\tLENGTH\tVALUE",
        "-------\t---\t\t------\t-----",
        "1\tRECORDLENGTH\t2\t1156",
        "2\tDNSNAME\t\t16\tcucm-1051-a-pub",
        f"3\tSUBJECTNAME\t62\t{name}",
        "4\tFUNCTION\t2\tSystem Administrator Security Token",
        f"5\tISSUERNAME\t62\t{name}",
        "6\tSERIALNUMBER\t16\t70:CA:F6:4E:09:07:51:B9:DF:22:F4:9F:75:4F:C5:BB",
        "7\tPUBLICKEY\t140",
        "8\tSIGNATURE\t128",
        f"9\tCERTIFICATE\t694\t{sha1} (SHA1 Hash HEX)",
        "10\tIPADDRESS\t4",
        "This etoken was used to sign the CTL file.",
        "",
    ]


def test_signature_bytes_are_printed_unpadded_eight_a_line() -> None:
    block = TEXT.partition("12\tSIGNATURE\t128\n")[2].partition("14\tFILENAME")[0].splitlines()
    assert len(block) == 16
    assert [int(word, 16) for line in block for word in line.split()] == list(CTL.signature)
    assert all(len(line.split()) == 8 for line in block)


def test_only_sast_records_say_who_signed() -> None:
    ctl = a_list(ListKind.CTL, CM, entry(Role.SAST, CM_NEW), entry(Role.CCM_TFTP, CM))
    text = render(ctl)
    assert text.count("This etoken was not used to sign the CTL file.") == 1
    assert "This etoken was used" not in text


def test_an_itl_prints_hashes_in_rows_eleven_and_twelve() -> None:
    text = render(signed_itl())
    assert "ITL Record #:3" in text
    assert "11\tCERTHASH\t20\t" in text
    assert "12\tHASH ALGORITHM\t1\t1" in text
    assert text.endswith("The ITL file was verified successfully.\n")


def test_what_is_not_known_is_left_out() -> None:
    text = render(a_ctl(key_bits=1024))
    for absent in (
        "(MD5)",
        "Length of",
        "last modified",
        "HeaderLength",
        "FILENAME",
        "RECORDLENGTH",
        "PUBLICKEY",
    ):
        assert absent not in text
    assert "12\tSIGNATURE\t128" in text
    bare = a_list(
        ListKind.CTL, None, Record(role=None, dns_name="x"), Record(role=99, identity=certificate("y"))
    )
    said = render(bare)
    assert "SIGNERID" not in said
    assert "4\tFUNCTION\t2\t99" in said


def test_a_bad_signature_closes_otherwise() -> None:
    text = render(CTL, signature=SignatureStatus.BAD)
    assert text.endswith("Verification of the CTL file failed.\n")


def test_a_missing_file_has_its_own_text() -> None:
    advice = "Please run CTLClient plugin or run the CLI - utils ctl.."
    assert render_missing(ListKind.CTL).splitlines() == [
        "Length of CTL file: 0",
        f"CTL File not found. {advice} to generate the CTL file.",
        "Error parsing the CTL File.",
    ]
    assert render_missing(ListKind.ITL).endswith("Error parsing the ITL File.\n")
