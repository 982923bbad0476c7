"""`phoneemu build` as a user calls it."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from listmaking import PUB, SUB, ec_key, make, rsa_key

from phoneemu.cli import main
from phoneemu.core import listcheck, listparse
from phoneemu.core.trustlist import Digest, ListKind, Role, SignatureStatus, TrustList


def built(path: Path) -> TrustList:
    return listparse.parse(path.read_bytes())


def valid(trust_list: TrustList) -> bool:
    return listcheck.check(trust_list, trust_list.records[0].certificate) is SignatureStatus.VALID


def test_a_signer_made_on_the_spot_says_it_is_of_a_lab(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ctl.tlv"
    assert main(["build", "ctl", "--make", "lab-pub", "--key-size", "1024", "-o", str(path)]) == 0
    ctl = built(path)
    assert valid(ctl)
    assert [record.role for record in ctl.records] == [Role.SAST, Role.CCM_TFTP]
    assert ctl.signer is not None
    assert ctl.signer.subject == "CN=lab-pub;O=phoneemu lab"
    assert capsys.readouterr().out == (f"{path}: {ctl.length:,} bytes, 2 records, SHA1 {ctl.sha1}\n")


def test_the_key_of_a_made_signer_is_for_its_owner_alone(tmp_path: Path) -> None:
    main(["build", "ctl", "--make", "lab", "--key-size", "1024", "-o", str(tmp_path / "ctl.tlv")])
    assert (tmp_path / "ctl.tlv.pem").stat().st_mode & 0o077 == 0


def test_the_made_signer_signs_the_next_list(tmp_path: Path) -> None:
    first, second = tmp_path / "ctl.tlv", tmp_path / "itl.tlv"
    main(["build", "ctl", "--make", "lab", "--key-size", "1024", "-o", str(first)])
    pem = f"{first}.pem"
    words = ["--signer", pem, "--record", f"tftp:{pem}:node", "--record", f"TVS:{pem}", "--digest", "sha512"]
    assert main(["build", "itl", *words, "-o", str(second)]) == 0
    itl = built(second)
    assert (itl.kind, itl.digest, valid(itl)) == (ListKind.ITL, Digest.SHA512, True)
    assert [(record.role, record.dns_name) for record in itl.records] == [
        (0, "lab"),
        (3, "node"),
        (21, "lab"),
    ]
    assert itl.signer == built(first).signer


def pem(tmp_path: Path, *parts: bytes) -> str:
    path = tmp_path / "signer.pem"
    path.write_bytes(b"".join(parts))
    return str(path)


CERTIFICATE = make(PUB).public_bytes(Encoding.PEM)
KEY = rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
LOCKED = rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
EC_KEY = ec_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
OTHER = make(SUB, which=1).public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ((b"junk",), "no PEM certificate in it"),
        ((CERTIFICATE,), "no private key in it that can be read without a password"),
        ((CERTIFICATE, LOCKED), "no private key in it that can be read without a password"),
        ((CERTIFICATE, EC_KEY), "lists are signed with RSA keys; this is another kind"),
        ((OTHER, KEY), "the key does not belong to the certificate"),
    ],
)
def test_a_wrong_signer_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], parts: tuple[bytes, ...], what: str
) -> None:
    path = pem(tmp_path, *parts)
    output = tmp_path / "x.tlv"
    assert main(["build", "ctl", "--signer", path, "-o", str(output)]) == 2
    assert capsys.readouterr().err == f"phoneemu: {path}: {what}\n"
    assert not output.exists()


@pytest.mark.parametrize("record", ["king:x.pem", "tftp", "tftp:"])
def test_a_wrong_record_says_how_to_write_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], record: str
) -> None:
    path = pem(tmp_path, CERTIFICATE, KEY)
    words = ["--signer", path, "--record", record, "-o", str(tmp_path / "x.tlv")]
    assert main(["build", "ctl", *words]) == 2
    assert "write ROLE:PEM[:DNSNAME]" in capsys.readouterr().err


def test_a_name_that_does_not_fit_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = pem(tmp_path, CERTIFICATE, KEY)
    words = ["--signer", path, "--dns-name", "x" * 70_000, "-o", str(tmp_path / "x.tlv")]
    assert main(["build", "ctl", *words]) == 2
    assert "do not fit a 16-bit length" in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = pem(tmp_path, CERTIFICATE, KEY)
    assert main(["build", "ctl", "--signer", path, "-o", str(tmp_path / "no" / "x.tlv")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def made_signer(folder: Path) -> tuple[Path, Path]:
    """A list, and the PEM of its signer."""
    path = folder / "first.tlv"
    assert main(["build", "ctl", "--make", "lab", "--key-size", "1024", "-o", str(path)]) == 0
    return path, folder / "first.tlv.pem"


def test_a_list_never_takes_the_place_of_the_key_or_the_certificate_it_is_made_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, key = made_signer(tmp_path)
    before = key.read_bytes()
    other = tmp_path / "other.pem"
    other.write_bytes(make(PUB).public_bytes(Encoding.PEM))
    link = tmp_path / "link.tlv"
    link.symlink_to(key)
    record = ("--record", f"tftp:{other}:node")
    for target in (key, tmp_path / "." / key.name, link, other):
        assert main(["build", "ctl", "--signer", str(key), *record, "-o", str(target)]) == 2
        assert "would take the place of an input" in capsys.readouterr().err
    assert key.read_bytes() == before


def test_the_key_of_an_earlier_signer_is_never_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, key = made_signer(tmp_path)
    before = path.read_bytes(), key.read_bytes()
    assert main(["build", "ctl", "--make", "other", "-o", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"phoneemu: {key}: holds an earlier signer")
    assert (path.read_bytes(), key.read_bytes()) == before


@pytest.mark.parametrize("name", ["", "x" * 65, "two\nlines", "\udcff"])
def test_a_name_that_no_certificate_can_carry_is_a_wrong_call(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "ctl", "--make", name, "-o", str(tmp_path / "ctl.tlv")]) == 2
    assert "--make takes a name of 1 to 64 printable characters" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("target", [".", "", ".."])
def test_a_list_cannot_be_a_folder(
    tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["build", "itl", "--make", "q", "-o", target]) == 2
    assert capsys.readouterr().err.endswith(": Is a directory\n")


def test_a_list_takes_the_place_of_a_list_and_of_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, key = made_signer(tmp_path)
    strange = tmp_path / "strange.pem"
    strange.write_bytes(KEY)
    assert main(["build", "ctl", "--signer", str(key), "-o", str(strange)]) == 2
    assert (
        capsys.readouterr().err == f"phoneemu: {strange}: is there and is no list: it is not written over\n"
    )
    assert strange.read_bytes() == KEY
    assert main(["build", "itl", "--signer", str(key), "-o", str(path)]) == 0
    assert built(path).kind is ListKind.ITL
