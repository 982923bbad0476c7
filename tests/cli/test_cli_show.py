"""`phoneemu show` as a user calls it."""

import json
from pathlib import Path

import pytest
from listmaking import PUB, make, published_ctl, rsa_key, signed_itl
from making import a_config

from phoneemu.cli import main
from phoneemu.core import phoneconfig, showtext, signedfile
from phoneemu.core.listbuild import Entry, Signing
from phoneemu.core.trustlist import Role, SignatureStatus

CTL = published_ctl()


def write(path: Path, data: bytes | str | None) -> str:
    assert data is not None
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return str(path)


def show(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["show", *words]) == 0
    return capsys.readouterr().out


def test_a_list_reads_as_show_ctl_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = show(capsys, write(tmp_path / "CTLFile.tlv", CTL.raw))
    read = showtext.parse(text).list
    assert read is not None
    assert (read.sha1, read.length, len(read.records)) == (CTL.sha1, 4947, 4)
    assert "last modified on Fri Mar 06 20:56:07 UTC 2015" in text
    assert "a phone asks more than that" in text


def test_json_has_its_documented_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(show(capsys, write(tmp_path / "c.tlv", CTL.raw), "--json"))
    assert data["schema"] == 1
    assert (data["kind"], data["version"], data["header_length"], data["length"]) == ("ctl", "1.2", 336, 4947)
    assert (data["digest"], data["signature"], data["filename"]) == ("sha1", "valid", "CTLFile.tlv")
    assert data["signer"]["serial"] == "70:CA:F6:4E:09:07:51:B9:DF:22:F4:9F:75:4F:C5:BB"
    assert set(data["records"][0]) == {
        "length", "dns_name", "subject", "issuer", "serial", "function", "role", "certificate_sha1",
    }  # fmt: skip
    assert data["records"][0]["role"] == "System Administrator Security Token"


def test_a_forged_list_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forged = bytearray(CTL.raw or b"")
    forged[-30] ^= 1
    path = write(tmp_path / "forged.tlv", bytes(forged))
    assert json.loads(show(capsys, path, "--json"))["signature"] == "bad"
    text = show(capsys, path)
    assert "Verification of the CTL file failed." in text
    assert "does not match" in text


def test_a_list_without_its_signers_record_cannot_be_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    itl = signed_itl()
    raw, start = itl.raw or b"", itl.header_length or 0
    gone = (itl.records[0].length or 0) + (itl.records[1].length or 0)
    path = write(tmp_path / "itl.tlv", raw[:start] + raw[start + gone :])
    assert json.loads(show(capsys, path, "--json"))["signature"] == "unverifiable"


def test_saved_text_is_read_with_its_remarks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = showtext.render(CTL, modified="Fri Mar 06 21:56:07 CET 2015")
    path = write(tmp_path / "show_ctl.txt", f"admin:show ctl\n{text}admin:")
    data = json.loads(show(capsys, path, "--json"))
    assert (data["sha1"], data["signature"], data["complete"]) == (CTL.sha1, "unverifiable", True)
    assert "the digest is not printed; SHA-1 is assumed" in data["remarks"]
    assert "last modified on Fri Mar 06 21:56:07 CET 2015" in show(capsys, path)


def test_a_text_that_tells_of_a_failure_is_not_printed_as_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = showtext.render(CTL, signature=SignatureStatus.BAD)
    said = show(capsys, write(tmp_path / "show_ctl.txt", text))
    assert "was verified successfully" not in said
    assert said.splitlines()[-1] == "(the text itself says so)"


def test_an_absent_file_is_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "none.txt", "Length of CTL file: 0\nCTL File not found.\n")
    assert json.loads(show(capsys, path, "--json")) == {"schema": 1, "kind": "ctl", "found": False}
    assert show(capsys, path).startswith("Length of CTL file: 0")


def signed(body: bytes) -> bytes:
    entry = Entry(role=Role.SAST, certificate=make(PUB))
    signing = Signing(key=rsa_key(), entry=entry, version=(1, 0))
    return signedfile.build("SEP1.cnf.xml.sgn", body, signing).raw or b""


def test_a_signed_configuration_tells_signer_and_servers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "SEP1.cnf.xml.sgn", signed(phoneconfig.render(a_config(stamp="7"))))
    text = show(capsys, path)
    assert f"Signed by: {PUB}, serial 70:CA:F6" in text
    assert "TVS servers: pub" in text
    assert "Version stamp: 7" in text
    assert json.loads(show(capsys, path, "--json"))["kind"] == "sgn"


def test_a_load_manifest_and_plain_xml_are_files_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = show(capsys, write(tmp_path / "x.loads", signed(b"SIP45.9-3-1.loads")))
    assert "Body: 17 bytes" in manifest
    plain = show(capsys, write(tmp_path / "SEP1.cnf.xml", phoneconfig.render(a_config(tvs=()))))
    assert plain.startswith("File name inside: SEP1.cnf.xml\nNot signed")
    assert "TVS servers: (none)" in plain


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "the file is empty"),
        (b"\x01\x00", "there is no header length at byte 0"),
        (b"nothing to see", "no `show ctl` or `show itl` output found at byte 0"),
        (b"<!DOCTYPE a>", "a configuration must not declare entities at byte 0"),
        ((CTL.raw or b"")[:500], "record 1: length 1,156 runs past the end (500) at byte 336"),
    ],
)
def test_what_is_no_such_file_is_one_line_with_file_and_byte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes, what: str
) -> None:
    path = write(tmp_path / "x.tlv", data)
    assert main(["show", path]) == 2
    assert capsys.readouterr().err == f"phoneemu: {path}: {what}\n"


def test_a_missing_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(tmp_path / "gone.tlv")]) == 2
    assert capsys.readouterr().err == f"phoneemu: {tmp_path / 'gone.tlv'}: No such file or directory\n"
