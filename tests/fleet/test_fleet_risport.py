"""RISPort answers, and what they change: the load that runs, and who is not there."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from phoneemu import example
from phoneemu.cli import main
from phoneemu.errors import BadInput
from phoneemu.fleet.combining import with_more
from phoneemu.fleet.inventory import of_table, read_text
from phoneemu.fleet.merging import with_sightings
from phoneemu.fleet.predict import predict_files
from phoneemu.fleet.risport import Sighting, answer, doubts, missing, read, together
from phoneemu.fleet.snapshot import read_snapshot
from phoneemu.fleet.sqltext import parse

SOAP = """<?xml version="1.0"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>
<ns1:selectCmDeviceResponse xmlns:ns1="http://schemas.cisco.com/ast/soap"><ns1:selectCmDeviceReturn>
<ns1:SelectCmDeviceResult><ns1:TotalDevicesFound>3</ns1:TotalDevicesFound><ns1:CmNodes>
{nodes}
</ns1:CmNodes></ns1:SelectCmDeviceResult></ns1:selectCmDeviceReturn></ns1:selectCmDeviceResponse>
</soapenv:Body></soapenv:Envelope>
"""


def device(name: str, status: str = "Registered", moment: int = 1704067200, **more: str) -> dict[str, str]:
    cells = {"Name": name, "DeviceClass": "Phone", "Model": "683", "Protocol": "SIP", "Status": status}
    return {**cells, "TimeStamp": str(moment), "ActiveLoadID": "sip88xx.14-3-1-0001-60", **more}


def as_xml(nodes: dict[str, list[dict[str, str]]]) -> str:
    def element(cells: dict[str, str]) -> str:
        return "".join(f"<ns1:{key}>{value}</ns1:{key}>" for key, value in cells.items())

    items = "".join(
        f"<ns1:item><ns1:ReturnCode>Ok</ns1:ReturnCode><ns1:Name>{node}</ns1:Name><ns1:CmDevices>"
        + "".join(f"<ns1:item>{element(each)}</ns1:item>" for each in devices)
        + "</ns1:CmDevices></ns1:item>"
        for node, devices in nodes.items()
    )
    return SOAP.format(nodes=items)


def as_json(nodes: dict[str, list[dict[str, str]]]) -> str:
    items = [{"Name": node, "CmDevices": {"item": devices}} for node, devices in nodes.items()]
    return json.dumps({"SelectCmDeviceResult": {"CmNodes": {"item": items}}})


MOVED = {
    "pub": [device("SEP1", "UnRegistered", 1704069999), device("SEP2")],
    "sub": [
        device("SEP1", moment=1704067000, ActiveLoadID="new"),
        device("sep2", "UnRegistered", 1804067200),
    ],
}


@pytest.mark.parametrize(("suffix", "text"), [(".xml", as_xml(MOVED)), (".json", as_json(MOVED))])
def test_a_phone_under_several_nodes_is_where_it_is_registered(
    tmp_path: Path, suffix: str, text: str
) -> None:
    path = tmp_path / f"ris{suffix}"
    path.write_text(text)
    seen = read(path)
    assert set(seen) == {"SEP1", "SEP2"}
    assert (seen["SEP1"].node, seen["SEP1"].load, seen["SEP1"].registered) == ("sub", "new", True)
    assert (seen["SEP2"].node, seen["SEP2"].moment) == ("pub", 1704067200.0)


TWO = [device("SEP1"), device("SEP2", "UnRegistered", LoginUserId="anna")]


def namespaced(value: object) -> object:
    """As a converter that keeps prefixes and wraps every text gives it."""
    if isinstance(value, dict):
        return {f"ns1:{key}": namespaced(each) for key, each in value.items()}
    if isinstance(value, list):
        return [namespaced(each) for each in value]
    return [{"_": value, "$": {"xsi:type": "xsd:string"}}] if value == "SEP1" else [value]


def camel(cells: dict[str, str]) -> dict[str, str]:
    return {key[0].lower() + key[1:]: value for key, value in cells.items()}


@pytest.mark.parametrize(
    "content",
    [
        {"CmNodes": {"item": {"Name": "pub", "CmDevices": {"item": TWO}}}},
        {"CmNodes": [{"Name": "pub", "CmDevices": TWO}]},
        {"SelectCmDeviceResult": {"CmNodes": {"CmNode": [{"Name": "pub", "CmDevices": {"CmDevice": TWO}}]}}},
        [{"Name": "pub", "CmDevices": {"item": each}} for each in TWO],
        [{**{key.lower(): value for key, value in each.items()}, "node": "pub"} for each in TWO],
        {"results": [{"cmNodes": [{"name": "pub", "cmDevices": [camel(each) for each in TWO]}]}]},
        namespaced({"CmNodes": {"item": [{"Name": "pub", "CmDevices": {"item": TWO}}]}}),
        [{"Name": "pub", "CmDevices": {"item": TWO}}, {"Name": "sub", "CmDevices": None}],
    ],
)
def test_an_answer_nested_in_any_way_says_the_same(tmp_path: Path, content: object) -> None:
    (tmp_path / "ris.json").write_text(json.dumps(content))
    seen = read(tmp_path / "ris.json")
    assert {name: (each.registered, each.node, each.load) for name, each in seen.items()} == {
        "SEP1": (True, "pub", "sip88xx.14-3-1-0001-60"),
        "SEP2": (False, "pub", "sip88xx.14-3-1-0001-60"),
    }


def test_an_answer_that_lacks_pages_is_told(tmp_path: Path) -> None:
    for name, devices in (("a.xml", ["SEP1"]), ("b.xml", ["SEP2"])):
        (tmp_path / name).write_text(as_xml({"pub": [device(each) for each in devices]}))
    first, second = answer(tmp_path / "a.xml"), answer(tmp_path / "b.xml")
    assert (first.total, first.names) == (3, frozenset({"SEP1"}))
    assert [remark.place for remark in missing([first, second])] == ["a.xml", "b.xml"]
    (tmp_path / "c.xml").write_text(
        as_xml({"pub": [device("SEP3"), device("TRUNK", DeviceClass="SIP Trunk")]})
    )
    assert list(missing([first, second, answer(tmp_path / "c.xml")])) == []


def sightings(folder: Path, *answers: list[dict[str, str]]) -> tuple[Mapping[str, Sighting], list[str]]:
    for number, devices in enumerate(answers):
        (folder / f"ris-{number}.xml").write_text(as_xml({"pub": devices}))
    seen, remarks = together([answer(folder / f"ris-{number}.xml") for number, _ in enumerate(answers)])
    return seen, [f"{each.place}: {each.text}" for each in remarks]


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        (1400000000, 1400000000.0),
        (1400000000.0, 1400000000.0),
        ("1400000000.5", 1400000000.5),
        (1400000000000, 1400000000.0),
        ("2014-05-13T16:53:20Z", 1400000000.0),
        ("2014-05-13T18:53:20+02:00", 1400000000.0),
        ("2014-05-13 16:53:20", 1400000000.0),
        ("", 0.0),
        (0, 0.0),
    ],
)
def test_a_time_stamp_is_read_as_converters_write_it(tmp_path: Path, stamp: object, moment: float) -> None:
    (tmp_path / "ris.json").write_text(json.dumps([{**device("SEP1"), "TimeStamp": stamp}]))
    found = answer(tmp_path / "ris.json")
    assert found.seen["SEP1"].moment == moment
    assert not list(doubts([found]))


@pytest.mark.parametrize(
    "stamp", ["yesterday", "-1", "9" * 40, "1e400", "2014-99-99", "0001-01-01T00:00+23:59"]
)
def test_a_time_stamp_that_cannot_be_read_is_told(tmp_path: Path, stamp: str) -> None:
    (tmp_path / "ris.json").write_text(json.dumps([{**device("SEP1"), "TimeStamp": stamp}, device("SEP2")]))
    found = answer(tmp_path / "ris.json")
    assert found.seen["SEP1"].moment == 0.0
    (remark,) = doubts([found])
    assert remark.text.startswith(f"1 time stamps cannot be read, such as `{stamp}` of SEP1")


def test_devices_that_stand_twice_hide_no_missing_page(tmp_path: Path) -> None:
    """One page that was saved twice, and a phone under two nodes, count once."""
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_text(as_xml({"pub": [device("SEP1")], "sub": [device("sep1")]}))
    told = list(missing([answer(tmp_path / "a.xml"), answer(tmp_path / "b.xml")]))
    assert [each.text.partition(":")[0] for each in told] == [
        "the service found 3 devices, and 1 stand in the answers"
    ] * 2


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_answers_about_one_node_the_newer_counts(tmp_path: Path, order: tuple[int, int]) -> None:
    both = [device("SEP1", moment=1425700000)], [device("sep1", "UnRegistered", 1425900000)]
    seen, remarks = sightings(tmp_path, *(both[number] for number in order))
    assert not seen["SEP1"].registered
    assert not remarks


@pytest.mark.parametrize("moment", [0, 1704067200])
def test_two_answers_that_contradict_each_other_and_have_no_order_are_told(
    tmp_path: Path, moment: int
) -> None:
    seen, remarks = sightings(tmp_path, [device("SEP1", "UnRegistered", moment)], [device("SEP1")])
    assert seen["SEP1"].registered
    (remark,) = remarks
    assert remark.startswith("ris-1.xml: 1 phones are registered in one of this file and ris-0.xml, not in")


def test_each_answer_tells_how_many_phones_it_saw(folder: Path) -> None:
    for name, moment in (("ris-1.xml", 1425700000), ("ris-2.xml", 1425900000)):
        (folder / name).write_text(as_xml({NODE: [device("SEP02005E100001", "UnRegistered", moment)]}))
    notes = read_snapshot(folder).notes
    assert [
        f"{name}: 1 phones seen, 0 of them registered" in notes for name in ("ris-1.xml", "ris-2.xml")
    ] == [
        True,
        True,
    ]


def test_a_phone_registered_in_part_is_there_and_told(folder: Path) -> None:
    (folder / "ris.xml").write_text(as_xml({NODE: [device("SEP02005E100001", "PartiallyRegistered")]}))
    snapshot = read_snapshot(folder)
    assert snapshot.presence["SEP02005E100001"].registered
    assert "ris.xml: 1 phones seen, 1 of them registered" in snapshot.notes
    assert any(each.startswith("ris.xml: 1 phones are registered in part") for each in snapshot.remarks)


def test_phones_that_the_cluster_rejects_are_told(folder: Path) -> None:
    names = [phone.name for phone in read_snapshot(folder).inventory.phones]
    (folder / "ris.xml").write_text(as_xml({NODE: [device(name, "Rejected") for name in names]}))
    told = [each for each in read_snapshot(folder).remarks if "rejected by the cluster today" in each]
    assert [each.partition(" phones")[0] for each in told] == [f"ris.xml: {len(names)}"]


def test_an_answer_that_counts_no_device_is_one(folder: Path) -> None:
    empty = as_xml({NODE: []}).replace(">3<", ">0<")
    for name, text in (("ris-2.xml", empty), ("ris-3.json", '{"TotalDevicesFound": 0, "CmNodes": {}}')):
        (folder / name).write_text(text)
    notes = read_snapshot(folder).notes
    assert "ris-2.xml: 0 phones seen, 0 of them registered" in notes
    assert "ris-3.json: 0 phones seen, 0 of them registered" in notes


def test_the_line_of_a_phone_in_an_answer_is_known(tmp_path: Path) -> None:
    (tmp_path / "answer").write_text(as_xml({"pub": [device("SEP1")]}))
    assert read(tmp_path / "answer")["SEP1"].line == 5


def test_what_is_no_phone_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "ris.xml"
    path.write_text(as_xml({"pub": [device("SEP1"), device("TRUNK", DeviceClass="SIP Trunk"), device("")]}))
    assert set(read(path)) == {"SEP1"}


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("r.xml", "<a>\n<b>\n</a>", "r.xml:3: no well-formed XML"),
        ("r.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "r.xml:1: no well-formed XML (it declares"),
        ("r.xml", "<a/>", "r.xml: no phone in it"),
        (
            "r.xml",
            "<a>\n<faultstring>too many\n requests</faultstring></a>",
            "r.xml:2: the service answered: too many requests",
        ),
        ("r.json", '{\n"a": }', "r.json:2: no JSON"),
        ("r.json", "[" * 100_000, "r.json:1: no JSON"),
        ("r.json", "{}", "r.json: no phone in it"),
    ],
)
def test_what_is_no_answer_is_named(tmp_path: Path, name: str, text: str, what: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInput) as error:
        read(tmp_path / name)
    assert str(error.value).startswith(what)


def test_a_cut_answer_is_an_error_at_every_byte_or_reads(tmp_path: Path) -> None:
    path = tmp_path / "ris.xml"
    whole = as_xml({"pub": [device("SEP1")]})
    for length in range(0, len(whole) - 1, 7):
        path.write_text(whole[:length])
        with pytest.raises(BadInput):
            read(path)


def test_the_running_load_counts_before_the_configured_one() -> None:
    listed = read_text("Device Name,Device Type,Phone Load Name\nSEP1,Cisco 8841,old\nSEP3,Cisco 8841,old\n")
    seen = {
        "SEP1": Sighting(name="SEP1", load="new", protocol="SIP"),
        "SEP9": Sighting(name="SEP9", model="7"),
    }
    found = {phone.name: phone.traits for phone in with_sightings(listed, seen).phones}
    assert (found["SEP1"].load, found["SEP1"].protocol) == ("new", "SIP")
    assert found["SEP3"].load == "old"
    assert found["SEP9"].model == "7"


def test_phones_of_sql_stand_behind_those_of_the_csv() -> None:
    text = (
        "name model tkmodel secmode\n==== ========== ======= =========\nSEP2 Cisco 7960 7       Encrypted\n"
    )
    (table,), _ = parse(text, "p")
    listed = with_more(read_text("Device Name\nSEP1\n"), of_table(table, "p"))
    assert [phone.name for phone in listed.phones] == ["SEP1", "SEP2"]
    assert (listed.phones[1].traits.model, listed.phones[1].traits.mode) == ("Cisco 7960", "Encrypted")
    with pytest.raises(BadInput, match="no device-name column"):
        of_table(parse("a b\n= =\n1 2\n", "p")[0][0], "p")


# ---------------------------------------------------------------- in a whole snapshot

NODE = "cucm-1051-a-pub"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    example.write(tmp_path)
    return tmp_path / "snapshot"


def test_a_phone_not_registered_is_off_since_it_was_seen(folder: Path) -> None:
    (folder / "cluster.toml").write_text((folder / "cluster.toml").read_text().partition("[[off]]")[0])
    names = [phone.name for phone in read_snapshot(folder).inventory.phones]
    long_ago, lately = device(names[0], "UnRegistered", 1000), device(names[1], "UnRegistered", 1900000000)
    (folder / "ris-pub.xml").write_text(as_xml({NODE: [long_ago, lately, *map(device, names[2:])]}))
    snapshot = read_snapshot(folder)
    entries = {name: entry.since for entry in snapshot.file.off for name in entry.devices}
    assert entries == {names[0].upper(): 1000.0, names[1].upper(): 1900000000.0}
    assert "seen-by-risport" in snapshot.basis
    assert "powered-on" not in snapshot.basis
    assert snapshot.notes == (f"ris-pub.xml: {len(names)} phones seen, {len(names) - 2} of them registered",)


def test_a_phone_registered_since_before_a_list_was_written_does_not_hold_it(folder: Path) -> None:
    """Nobody restarted it since, so it holds whatever was served before; the prediction does not guess."""
    toml = (folder / "cluster.toml").read_text().partition("[[off]]")[0]
    (folder / "cluster.toml").write_text(toml.replace("holds_served = true", "holds_served = false"))
    names = [phone.name for phone in read_snapshot(folder).inventory.phones if "8861" in phone.traits.model]
    since = [1000, 1900000000, 0]
    seen = [device(name, "Registered", moment) for name, moment in zip(names, since, strict=False)]
    (folder / "ris-pub.xml").write_text(as_xml({NODE: seen}))
    told = predict_files(folder, folder.parent / "runbook.txt")
    fates = {phone.name: fate for phone, fate in told.each()}
    reasons = [fates[name].reason for name in names[:3]]
    assert reasons == ["held-list-unknown", "confirmed", "confirmed"]
    assert fates[names[0]].note == "it has not started since the CTL that its node serves was written"
    (folder / "cluster.toml").write_text(toml)  # somebody says that phones hold what is served
    told = predict_files(folder, folder.parent / "runbook.txt")
    assert {phone.name: fate.reason for phone, fate in told.each()}[names[0]] == "confirmed"


def test_a_snapshot_of_the_database_alone_is_predicted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "phones.csv").unlink()
    (folder / "phones.sql.txt").write_text(
        "name   model      devicepool protocol\n"
        "====== ========== ========== ========\n"
        "SEP1   Cisco 7960 Main       SCCP\n"
        "SEP2   Cisco 8861 Main       SIP\n"
    )
    (folder / "parameters.sql.txt").write_text(
        "paramname           paramvalue\n=================== ==========\nClusterSecurityMode 1\n"
    )
    (folder / "cmgroups.sql.txt").write_text(
        "cmgname servername      priority\n======= =============== ========\nG       cucm-1051-a-pub 0\n"
    )
    assert main(["check", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "phones.sql.txt: 2 phones; read name, model, devicepool, protocol" in said
    assert "parameters.sql.txt: 1 parameters, 1 of them used" in said
    assert "cmgroups.sql.txt: 1 CallManager groups" in said
    assert main(["predict", str(folder), "--runbook", str(folder.parent / "runbook.txt")]) == 0
    assert "2 phones: " in capsys.readouterr().out


def test_answers_of_the_database_that_contradict_each_other_are_told(folder: Path) -> None:
    head = "paramname           paramvalue\n=================== ==========\nClusterSecurityMode "
    for number in (1, 0):
        (folder / f"parameters-{number}.sql.txt").write_text(f"{head}{number}\n")
    group = "cmgname servername      priority\n======= =============== ========\n"
    (folder / "groups-1.sql.txt").write_text(f"{group}G       cucm-1051-a-pub 0\n")
    (folder / "groups-2.sql.txt").write_text(f"{group}G       cucm-1051-a-sub1 0\n")
    remarks = read_snapshot(folder).remarks
    (mode,) = [each for each in remarks if "ClusterSecurityMode" in each]
    assert mode.startswith("parameters-1.sql.txt:3: ")
    assert "1 here and 0 in parameters-0.sql.txt:3" in mode
    (members,) = [each for each in remarks if "group G " in each]
    assert members.startswith("groups-2.sql.txt:3: ")
    assert "groups-1.sql.txt:3" in members


def test_rows_of_the_database_that_are_left_out_are_counted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "phones.sql.txt").write_text(
        "name   model      devicepool\n====== ========== ==========\n"
        "SEP1   Cisco 8861 Main\nSEP2 Cisco 8861 IP Phone of somebody Main\n"
    )
    assert main(["check", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "phones.sql.txt: 1 rows are left out of everything that follows" in said
    assert "but 1 rows of tables could not be read" in said
