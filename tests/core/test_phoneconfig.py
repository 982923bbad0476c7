"""The configuration XML, as tolerant as phones must be and no more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoneemu.core import limits, phoneconfig
from phoneemu.core.flash import DeviceSecurity, PhoneConfig
from phoneemu.core.tlv import MalformedFile

names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
configs = st.builds(
    PhoneConfig,
    stamp=names,
    callmanagers=st.lists(names, max_size=4).map(tuple),
    tvs_servers=st.lists(names, max_size=5).map(tuple),
    security=st.sampled_from(DeviceSecurity),
)


@given(configs)
def test_what_is_rendered_is_read_back(config: PhoneConfig) -> None:
    assert phoneconfig.parse(phoneconfig.render(config)) == config


def test_an_unbound_xsi_prefix_is_bound_as_real_files_need_it() -> None:
    data = b'<device  xsi:type="axl:XIPPhone" ctiid="1"><deviceSecurityMode>2</deviceSecurityMode></device>'
    assert phoneconfig.parse(data).security is DeviceSecurity.AUTHENTICATED


def test_members_count_by_priority_not_by_place() -> None:
    data = b"""<device><TVS><members>
      <member priority="1"><address>second</address></member>
      <member priority="0"><address>first</address></member>
      <member priority="x"><address> </address></member>
    </members></TVS></device>"""
    assert phoneconfig.parse(data).tvs_servers == ("first", "second")


def test_at_most_five_tvs_servers_are_read() -> None:
    members = "".join(f'<member priority="{n}"><address>t{n}</address></member>' for n in range(7))
    data = f"<device><TVS><members>{members}</members></TVS></device>".encode()
    assert phoneconfig.parse(data).tvs_servers == ("t0", "t1", "t2", "t3", "t4")


def test_an_unknown_mode_is_non_secure() -> None:
    data = b"<device><deviceSecurityMode>9</deviceSecurityMode></device>"
    assert phoneconfig.parse(data).security is DeviceSecurity.NON_SECURE


@pytest.mark.parametrize("declaration", [b"<!DOCTYPE a>", b"<!entity x 'y'>"])
def test_declarations_are_refused_before_the_parser_sees_them(declaration: bytes) -> None:
    with pytest.raises(MalformedFile, match="must not declare entities at byte 0"):
        phoneconfig.parse(declaration + b"<device/>")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_declarations_are_refused_in_encodings_of_two_bytes(encoding: str) -> None:
    data = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode(encoding)
    with pytest.raises(MalformedFile, match="must not declare entities"):
        phoneconfig.parse(data)


def test_broken_xml_names_the_byte() -> None:
    with pytest.raises(MalformedFile) as error:
        phoneconfig.parse(b"<device>\n<a></b></device>")
    assert error.value.offset == 14


def test_a_configuration_beyond_the_limit_is_refused() -> None:
    with pytest.raises(MalformedFile, match="too large"):
        phoneconfig.parse(b"<" * (limits.CONFIG_BYTES + 1))


@pytest.mark.parametrize("data", [b"<?xml version='1.0' encoding='nonsense'?><a/>", b"<a>\x00</a>", b""])
def test_what_the_parser_cannot_take_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedFile):
        phoneconfig.parse(data)
