import pytest

from phoneemu.replay.secrets import clean, secrets_in


@pytest.mark.parametrize(
    ("inside", "names"),
    [
        (b"<sshPassword>x</sshPassword>", ("sshPassword",)),
        (b"<sshPassword><![CDATA[x]]></sshPassword>", ("sshPassword",)),
        (b"<sshPassword>\n <!-- c -->x</sshPassword>", ("sshPassword",)),
        (b"<sshPassword><value>x</value></sshPassword>", ("sshPassword",)),
        (b"<authPassword >&#x67;</authPassword >", ("authPassword",)),
        (b"<line><authName>u</authName></line>", ("authName",)),
        (b"<capfAuthString>1</capfAuthString>", ("capfAuthString",)),
        (b"<digestUser>u</digestUser>", ("digestUser",)),
        (b"<sshUserId>u</sshUserId>", ("sshUserId",)),
        (b"<dndPin>1</dndPin><ciscoPIN>2</ciscoPIN><pin>3</pin>", ("dndPin", "ciscoPIN", "pin")),
        (b"<oauth accessToken = 'x'/>", ("accessToken",)),
        (b'<server password="x" port="1"/>', ("password",)),
        (b"<sshPassword></sshPassword><sshPassword/><sshPassword a='1'/>", ()),
        (b"<phonePassword>  \n </phonePassword>", ()),
        (b"<TLSResumptionTimer>1</TLSResumptionTimer><mappingPort>2</mappingPort><shipping>3</shipping>", ()),
        (b"<certHash>ab</certHash><webAccess>0</webAccess><userLocale>x</userLocale>", ()),
        (b'<member priority="0"><passThrough>1</passThrough></member>', ()),
    ],
)
def test_elements_and_attributes_that_hold_secrets_are_found(inside: bytes, names: tuple[str, ...]) -> None:
    assert secrets_in(b"<device>" + inside + b"</device>") == names


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_nothing_of_a_secret_is_left_in_what_is_kept(encoding: str) -> None:
    content = "<device><versionStamp>7</versionStamp><sshPassword>geheim</sshPassword></device>".encode(
        encoding
    )
    cleaned = clean("SEP1.cnf.xml", content)
    assert cleaned.removed == ("sshPassword",)
    kept = (cleaned.content or b"").replace(b"\0", b"")
    assert b"geheim" not in kept
    assert (b"<versionStamp>7<" in kept) is (encoding == "utf-8")


def test_a_list_is_kept_whatever_its_bytes_look_like() -> None:
    assert clean("CTLSEP1.tlv", b"<pin>1</pin>").content == b"<pin>1</pin>"
