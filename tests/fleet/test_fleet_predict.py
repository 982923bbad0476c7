"""Whole predictions on small snapshots, with the shipped catalogue."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from listmaking import published_ctl

from phoneemu import example
from phoneemu.core.evidence import Standing
from phoneemu.errors import BadInput
from phoneemu.fleet import export, report
from phoneemu.fleet.audit import Auditor, Holds
from phoneemu.fleet.forecast import Fate, Forecast
from phoneemu.fleet.predict import predict_files
from phoneemu.fleet.snapshot import read_snapshot


def forecast(
    folder: Path, phones: str, runbook: str | None = None, cluster: Mapping[str, str] | None = None
) -> Forecast:
    """The example's cluster with other phones, another runbook, or lines of cluster.toml replaced."""
    example.write(folder / "office")
    snapshot = folder / "office" / "snapshot"
    (snapshot / "phones.csv").write_text(phones)
    text = (snapshot / "cluster.toml").read_text()
    for old, new in (cluster or {}).items():
        assert old in text
        text = text.replace(old, new)
    (snapshot / "cluster.toml").write_text(text)
    if runbook is not None:
        (folder / "office" / "runbook.txt").write_text(runbook)
    return predict_files(snapshot, folder / "office" / "runbook.txt")


def fates(told: Forecast) -> dict[str, Fate]:
    return {phone.name: fate for phone, fate in told.each()}


HEAD = "Name,Model,Load,Protocol,Site,Security Mode\n"


def test_loads_that_disagree_give_cannot_say_and_tell_what_each_does(tmp_path: Path) -> None:
    rows = "SEP1,8821,,SIP,Depot,1\nSEP2,8821,sip8821.11-0-4SR1-3,SIP,Depot,1\n"
    found = fates(forecast(tmp_path, HEAD + rows))
    assert (found["SEP1"].outcome.value, found["SEP1"].reason) == ("cannot-say", "load-unknown")
    assert "cannot-say" in found["SEP1"].note
    assert "ok" in found["SEP1"].note
    assert found["SEP2"].reason == "load-may-not-update"


def test_a_protocol_nobody_says_is_read_from_the_load_or_both_are_tried(tmp_path: Path) -> None:
    rows = "SEP1,7960,P0S3-8-12-00,SIP,Depot,1\nSEP2,7960,,,Depot,1\nSEP3,7965,SIP45.9-4-2SR3-1S,,Depot,1\n"
    found = fates(forecast(tmp_path, HEAD + rows))
    assert {found[name].outcome.value for name in ("SEP1", "SEP2")} == {"stuck"}
    assert found["SEP3"].outcome.value == "ok"


def test_loads_that_agree_for_different_reasons_say_so(tmp_path: Path) -> None:
    rows = "SEP1,6901,,SCCP,Depot,1\nSEP2,6901,SCCP6901.9-3-1-SR2,SCCP,Depot,1\n"
    found = fates(forecast(tmp_path, HEAD + rows))
    assert found["SEP1"].outcome.value == found["SEP2"].outcome.value == "stuck"
    assert "never-replaces-ctl" in found["SEP1"].note


def test_a_device_default_of_cluster_toml_is_the_load_of_phones_without_one(tmp_path: Path) -> None:
    toml = {"holds_served = true": 'holds_served = true\n[phones.loads]\n"6901" = "SCCP6901.9-3-1-SR2"\n'}
    found = fates(forecast(tmp_path, HEAD + "SEP1,6901,,SCCP,Depot,1\n", cluster=toml))
    assert found["SEP1"].reason == "never-replaces-ctl"


def test_loads_that_agree_are_one_answer(tmp_path: Path) -> None:
    found = fates(forecast(tmp_path, HEAD + "SEP1,Cisco 8861,,SIP,Depot,1\n"))
    assert (found["SEP1"].outcome.value, found["SEP1"].path.value) == ("ok", "tvs")


@pytest.mark.parametrize(("model", "note"), [("Doorphone", "no model 'Doorphone'"), ("", "no export says")])
def test_an_unknown_model_is_kept_with_its_reason(tmp_path: Path, model: str, note: str) -> None:
    found = fates(forecast(tmp_path, HEAD + f"SEP1,{model},,SIP,Depot,1\n"))
    assert (found["SEP1"].outcome.value, found["SEP1"].reason) == ("cannot-say", "unknown-model")
    assert note in found["SEP1"].note


def test_a_filter_names_models_however_they_are_spelled(tmp_path: Path) -> None:
    rows = "SEP1,Cisco 8861,sip88xx.10-3-1-20,SIP,Depot,1\nSEP2,685,sip88xx.10-3-1-20,SIP,Depot,1\n"
    told = forecast(tmp_path, HEAD + rows, 'phones where model = "cisco 8861" power off')
    assert {fate.occasion for fate in fates(told).values()} == {"when it returns"}


def test_phones_chosen_one_by_one_are_told_apart(tmp_path: Path) -> None:
    rows = "".join(f"SEP{number},8861,sip88xx.10-3-1-20,SIP,Depot,1\n" for number in range(200))
    text = "phones where name = sep7 reset\nphones where percent = 25 power off\n"
    found = fates(forecast(tmp_path, HEAD + rows, text))
    assert found["SEP7"].occasion in ("at step 1", "when it returns")
    off = sum(fate.occasion == "when it returns" for fate in found.values())
    assert 25 < off < 75


def test_a_phone_off_since_before_its_list_was_written_holds_an_unknown_one(tmp_path: Path) -> None:
    rows = "SEP1,8861,sip88xx.10-3-1-20,SIP,Lab,1\nSEP2,8861,sip88xx.10-3-1-20,SIP,Depot,1\n"
    told = forecast(tmp_path, HEAD + rows, cluster={"since = 2015-03-07": "since = 2015-03-05"})
    assert fates(told)["SEP1"].reason == "held-list-unknown"
    assert fates(told)["SEP2"].outcome.value == "ok"


def test_what_is_assumed_is_counted_by_the_phones_that_stand_on_it(tmp_path: Path) -> None:
    rows = "SEP1,8861,sip88xx.10-3-1-20,SIP,Depot,3\nSEP2,8861,sip88xx.10-3-1-20,SIP,Depot,1\n"
    told = forecast(tmp_path, HEAD + rows, cluster={"holds_served = true": "holds_served = false"})
    assert {each.id: each.phones for each in told.assumptions} == {"holds-served": 2, "lsc-of-cluster": 1}
    assert {fate.standing.label for fate in fates(told).values()} == {"assumed"}


def test_a_phone_whose_firmware_the_runbook_changes_meets_the_change_with_the_new_one(tmp_path: Path) -> None:
    rows = "SEP1,6901,SCCP6901.9-3-1-SR2,SCCP,Depot,1\n"
    renewal = example.files()["runbook.txt"]
    found = fates(forecast(tmp_path, HEAD + rows, "phones load SCCP6901.9-3-1-SR3\n" + renewal))
    assert found["SEP1"].reason != "never-replaces-ctl"


def test_a_load_of_the_runbook_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    rows = "SEP1,8861,sip88xx.10-3-1-20,SIP,Depot,1\nSEP2,7960,P0030801SR02,SCCP,Depot,1\n"
    told = forecast(tmp_path, HEAD + rows, "phones load newest\nphones reset")
    assert fates(told)["SEP1"].reason == "load-unknown"
    assert "'newest' is no load" in fates(told)["SEP1"].note
    assert fates(told)["SEP2"].outcome.value == "ok"


def test_a_tvs_nobody_looked_at_is_taken_to_be_within_reach(tmp_path: Path) -> None:
    rows = "SEP1,8861,sip88xx.10-3-1-20,SIP,Depot,1\nSEP2,7960,P0030801SR02,SCCP,Depot,1\n"
    silent = {"tvs_reachable = true": ""}
    told = forecast(tmp_path, HEAD + rows, cluster=silent)
    assert {each.id: each.phones for each in told.assumptions} == {"tvs-reachable": 1}
    assert forecast(tmp_path / "other", HEAD + rows).assumptions == ()


@pytest.mark.parametrize(
    ("release", "said", "counted"),
    [
        ("12.5(1)SU2", "", {"SEP1", "SEP3"}),
        ("12.5(1)SU2", 'min_tls = "1.0"', set()),
        ("10.5(1)", "", set()),
    ],
)
def test_a_tls_floor_nobody_looked_up_is_taken_to_be_low(
    tmp_path: Path, release: str, said: str, counted: set[str]
) -> None:
    rows = "".join(
        f"SEP{number},{row},Depot,{mode}\n"
        for number, row, mode in (
            (1, "7965,SCCP45.9-4-2SR3-1S,SCCP", 1),
            (2, "8861,sip88xx.14-3-1-1,SIP", 3),
            (3, "7960,P0030801SR02,SCCP", 3),
            (4, "7960,P0030801SR02,SCCP", 1),
        )
    )
    toml = {'release = "10.5(1)"': f'release = "{release}"\n{said}'}
    found = fates(forecast(tmp_path, HEAD + rows, "phones reset", cluster=toml))
    assert {name for name, fate in found.items() if "tls-floor" in fate.basis} == counted


def test_a_floor_that_the_runbook_sets_is_no_assumption(tmp_path: Path) -> None:
    rows = "SEP1,7965,SCCP45.9-4-2SR3-1S,SCCP,Depot,1\n"
    toml = {'release = "10.5(1)"': 'release = "12.5(1)SU2"'}
    found = fates(forecast(tmp_path, HEAD + rows, "* set tls min-version 1.2\nphones reset", cluster=toml))
    assert "tls-floor" not in found["SEP1"].basis


def test_remarks_of_rows_and_steps_reach_the_report(tmp_path: Path) -> None:
    told = forecast(tmp_path, HEAD + "SEP1\nSEP2,8861,,,,\n", "cucm-1051-a-sub1 utils ctl update CTLFile")
    assert any("phones.csv:2: row left out" in remark for remark in told.remarks)
    assert "is refused by the cluster" in told.remarks[0]  # the plan's come first


def test_an_off_filter_that_is_none_names_its_place(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cluster\.toml: off\[1\]: phones cannot be chosen by `sitte`"):
        forecast(
            tmp_path,
            HEAD + "SEP1,8861,,,,\n",
            cluster={"where = 'site = \"Lab\"'": "where = 'sitte = \"Lab\"'"},
        )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_a_runbook_that_a_shell_of_windows_wrote_is_read(tmp_path: Path, encoding: str) -> None:
    example.write(tmp_path / "office")
    snapshot, runbook = tmp_path / "office" / "snapshot", tmp_path / "office" / "runbook.txt"
    before = predict_files(snapshot, runbook)
    runbook.write_bytes(runbook.read_text().replace("\n", "\r\n").encode(encoding))
    assert predict_files(snapshot, runbook).steps == before.steps


def test_a_runbook_that_is_no_text_is_bad_input(tmp_path: Path) -> None:
    example.write(tmp_path / "office")
    (tmp_path / "office" / "runbook.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match=r"runbook\.txt: byte 2: not UTF-16 text"):
        predict_files(tmp_path / "office" / "snapshot", tmp_path / "office" / "runbook.txt")


def test_a_ctl_that_lists_servers_by_address_makes_no_difference(tmp_path: Path) -> None:
    example.write(tmp_path / "office")
    snapshot, runbook = tmp_path / "office" / "snapshot", tmp_path / "office" / "runbook.txt"
    before = predict_files(snapshot, runbook).summary
    text = (snapshot / "show_ctl.txt").read_text()
    text = text.replace("DNSNAME\t\t16\tcucm-1051-a-pub", "DNSNAME\t\t11\t192.0.2.11")
    text = text.replace("DNSNAME\t\t17\tcucm-1051-a-sub1", "DNSNAME\t\t11\t192.0.2.12")
    assert "192.0.2.12" in text
    (snapshot / "show_ctl.txt").write_text(text)
    assert predict_files(snapshot, runbook).summary == before


def test_a_raw_list_says_the_same_as_its_text(tmp_path: Path) -> None:
    example.write(tmp_path / "office")
    snapshot, runbook = tmp_path / "office" / "snapshot", tmp_path / "office" / "runbook.txt"
    before = predict_files(snapshot, runbook).summary
    (snapshot / "show_ctl.txt").unlink()
    raw = published_ctl().raw
    assert raw is not None
    (snapshot / "CTLFile.tlv").write_bytes(raw)
    assert predict_files(snapshot, runbook).summary == before


def test_a_ctl_that_nobody_serves_any_more_is_remarked_upon(tmp_path: Path) -> None:
    """[MIX118892]: phones left with an old CTL register, and break at a later renewal."""
    row = "SEP1,Cisco 8861,sip88xx.12-8-1-0001-455,SIP,Depot,1\n"
    told = forecast(tmp_path, HEAD + row, "* file delete tftp CTLFile.tlv\nphones reset\n")
    assert [remark for remark in told.remarks if remark.startswith("1 phones keep a CTL that no node serves")]
    assert told.first_bad_step is None


def test_the_first_bad_step_of_a_plan_is_that_of_the_first_phone_lost(tmp_path: Path) -> None:
    row = "SEP1,Cisco 8861,sip88xx.12-8-1-0001-455,SIP,Depot,1\n"
    plan = (
        "phones reset\n* set cert regen CallManager\n* set cert regen TVS\n"
        "* utils service restart Cisco Tftp\nphones reset\nphones reset\n"
    )
    told = forecast(tmp_path, HEAD + row, plan)
    assert told.first_bad_step == fates(told)["SEP1"].lost_at_step == 5
    assert "the first phones are lost at step 5: phones reset" in list(report.lines(told))


def test_the_report_splits_the_lost_by_what_brings_them_back(tmp_path: Path) -> None:
    """CallManager and TVS renewed together: the recovery key, hands, or nobody [TS225746, TN117598]."""
    rows = (
        "SEP1,Cisco 8861,sip88xx.12-8-1-0001-455,SIP,Headquarters,1\n"
        "SEP2,Cisco 7960,P0030801SR02,SCCP,Headquarters,1\nSEP3,Cisco 8861,,SIP,Branch South,1\n"
    )
    plan = (
        "cucm-1051-a-pub set cert regen CallManager\n* set cert regen TVS\n"
        "* utils service restart Cisco Tftp\nphones reset\n"
    )
    told = forecast(tmp_path, HEAD + rows, plan)
    assert {kind.value if kind else None: count for kind, count in told.remedies.items()} == {
        "reset-itl": 1,
        "erase-ctl": 1,
    }
    assert {path.value: count for path, count in told.paths.items()} == {"listed-signer": 1}
    said = list(report.lines(told))
    at = said.index("what brings back those that are lost or degraded")
    assert said[at + 1 : at + 3] == [
        "     1  by the other key of the ITL (utils itl reset)",
        "     1  only by hand at the phone: erase or factory reset",
    ]


@pytest.mark.parametrize(
    ("lsc", "outcome"),
    [("Upgrade Success", "out-of-service"), ("Operation Pending", "cannot-say"), ("None", "ok")],
)
def test_a_capf_that_leaves_the_trust_stores_concerns_phones_by_their_lsc(
    tmp_path: Path, lsc: str, outcome: str
) -> None:
    """[SG15-capf]: keep the old CAPF until every phone has a new LSC."""
    row = f"SEP1,Cisco 8861,sip88xx.12-8-1-0001-455,SIP,Headquarters,3,{lsc}\n"
    plan = (
        "cucm-1051-a-pub set cert regen CAPF\ncucm-1051-a-pub utils ctl update CTLFile\n"
        "cucm-1051-a-pub delete-certificate CallManager-trust CAPF-e41e7d87\n"
        "cucm-1051-a-pub delete-certificate CAPF-trust CAPF-e41e7d87\n"
        "* utils service restart Cisco Tftp\nphones reset\n"
    )
    told = forecast(tmp_path, HEAD.replace("\n", ",LSC Status\n") + row, plan)
    assert fates(told)["SEP1"].outcome.value == outcome


@pytest.mark.parametrize(
    ("lsc", "last", "kept"),
    [
        ("Upgrade Success", "phones reset", 1),
        ("Operation Pending", "phones reset", 1),
        ("Upgrade Success", "phones lsc install", 0),
        ("None", "phones reset", 0),
    ],
)
def test_an_lsc_of_the_capf_before_still_counts_by_an_inference_that_is_said(
    tmp_path: Path, lsc: str, last: str, kept: int
) -> None:
    """[CERT210541, TS225746]: the old CAPF stays in CallManager-trust; a new LSC is called for."""
    row = f"SEP1,Cisco 8861,sip88xx.12-8-1-0001-455,SIP,Headquarters,3,{lsc}\n"
    plan = (
        "cucm-1051-a-pub set cert regen CAPF\ncucm-1051-a-pub utils ctl update CTLFile\n"
        f"* utils service restart Cisco Tftp\n* utils service restart Cisco CallManager\n{last}\n"
    )
    told = forecast(tmp_path, HEAD.replace("\n", ",LSC Status\n") + row, plan)
    assert fates(told)["SEP1"].outcome.value == "ok"
    counted = {each.id: each.phones for each in told.assumptions}
    assert counted.get("lsc-of-former-capf", 0) == kept
    assert sum("keep an LSC of the CAPF before" in remark for remark in told.remarks) == kept


def test_a_step_that_is_for_no_phone_is_remarked_upon(tmp_path: Path) -> None:
    row = "SEP1,Cisco 8861,sip88xx.12-8-1-0001-455,SIP,Depot,1\n"
    plan = "phones where site = Depo reset\nphones where site = Depot reset\nphones where percent = 0 reset\n"
    told = forecast(tmp_path, HEAD + row, plan)
    found = [remark.partition(":")[0] for remark in told.remarks if "is for no phone" in remark]
    assert found == ["step 1 is for no phone", "step 3 is for no phone"]


def test_a_proxy_whose_cluster_is_not_given_leaves_its_phones_untold(tmp_path: Path) -> None:
    row = "SEP1,Cisco 8861,sip88xx.12-8-1-0001-455,SIP,Branch South,1\n"
    toml = {
        'tftp  = ["cucm-1051-a-sub1", "cucm-1051-a-pub"]': 'tftp  = ["central-tftp"]',
        "mixed   = true": 'mixed   = true\nproxies = ["central-tftp"]',
    }
    fate = fates(forecast(tmp_path, HEAD + row, "phones reset\n", toml))["SEP1"]
    assert (fate.outcome.value, fate.reason) == ("cannot-say", "tftp-server-unknown")
    assert "central-tftp" in fate.note
    central = tmp_path / "central"
    central.mkdir()
    (central / "cluster.toml").write_text(
        'name = "central"\nrelease = "12.5(1)"\nmixed = false\n[[node]]\nname = "central-tftp"\n'
        'proxy_for = ["cucm-1051-a"]\n'
    )
    told = predict_files(tmp_path / "office" / "snapshot", tmp_path / "office" / "runbook.txt", (central,))
    known = fates(told)["SEP1"]
    assert (known.outcome.value, known.reason) == ("stuck", "tftp-not-authorised")


def test_a_list_larger_than_a_phone_loads_is_not_taken_as_held(tmp_path: Path) -> None:
    nodes = "".join(f'[[node]]\nname = "n{number}"\n' for number in range(41))
    places = '[groups]\nG = ["n0"]\n[sites.HQ]\ngroup = "G"\ntftp = ["n0"]\n'
    (tmp_path / "cluster.toml").write_text(f'release = "12.5(1)"\nmixed = false\n{nodes}{places}')
    (tmp_path / "phones.csv").write_text(f"{HEAD}SEP1,8861,sip88xx.12-8-1-0001-455,SIP,HQ,1\n")
    runbook = tmp_path.with_name("reset.txt")
    runbook.write_text("phones reset\n")
    found = fates(predict_files(tmp_path, runbook))["SEP1"]
    assert (found.outcome.value, found.reason) == ("cannot-say", "held-list-unknown")
    assert "larger than a phone loads" in found.note
    (finding,) = Auditor(read_snapshot(tmp_path)).findings()
    assert (finding.itl, finding.where) == (Holds.UNKNOWN, (found.note.partition(",")[0],))


def test_a_digest_set_where_the_release_has_none_is_refused_and_does_not_count(tmp_path: Path) -> None:
    set_it = '"TFTP File Signature Algorithm" = "SHA-512"'
    (tmp_path / "cluster.toml").write_text(
        f'release = "10.5(2)"\nmixed = false\n[[node]]\nname = "n0"\n[parameters]\n{set_it}\n'
    )
    (tmp_path / "phones.csv").write_text(f"{HEAD}SEP1,8861,sip88xx.12-8-1-0001-455,SIP,HQ,1\n")
    runbook = tmp_path.with_name("digest.txt")
    runbook.write_text(f"cluster parameter {set_it}\nphones reset\n")
    told = predict_files(tmp_path, runbook)
    assert fates(told)["SEP1"].outcome.value == "ok"
    assert [remark.partition(" exists")[0] for remark in told.remarks if "exists from" in remark] == [
        "cluster.toml: `TFTP File Signature Algorithm`"
    ]
    (refused,) = told.refused
    assert refused in told.remarks
    assert refused.startswith("step 1 (digest.txt:1) is refused")
    said = list(report.lines(told))
    assert said.index("1 of 2 steps refused: nothing is changed by") < said.index(f"  {refused}") < 9
    assert json.loads(b"".join(export.json_chunks(told)).decode())["refused"] == [refused]


def test_phones_that_services_left_undone_would_bring_back_are_counted(tmp_path: Path) -> None:
    """A secure phone knows the new CallManager alone, and that still shows the old certificate."""
    plan = (
        "cucm-1051-a-pub set cert regen CallManager\ncucm-1051-a-pub utils ctl update CTLFile\nphones reset\n"
    )
    row = "SEP1,Cisco 8861,sip88xx.12-8-1-0001-455,SIP,Headquarters,3\n"
    told = forecast(tmp_path, HEAD + row, plan)
    remedy = fates(told)["SEP1"].remedy
    assert remedy.keys == (
        "cucm-1051-a-pub utils service restart Cisco CallManager; "
        "cucm-1051-a-pub utils service restart Cisco Tftp; then reset the phone"
    )
    assert any("; 1 phones are well again once they and then phones restart" in each for each in told.remarks)


RECOVERY = (
    "cluster upgrade 12.5(1)SU4\n* utils service restart Cisco Tftp\nphones reset\n"
    "cucm-1051-a-pub set cert regen ITLRecovery\n* utils service restart Cisco Tftp\nphones reset\n"
)


def test_a_phone_that_follows_a_recovery_key_by_its_tvs_is_at_most_inferred_and_told(tmp_path: Path) -> None:
    """No source tells the roles that a TVS grants to ITLRecovery; SEED118893 has those of CallManager."""
    row = "SEP1,Cisco 8861,sip88xx.12-8-1-0001-455,SIP,Headquarters,1\n"
    told = forecast(tmp_path / "recovery", HEAD + row, RECOVERY)
    fate = fates(told)["SEP1"]
    assert (fate.outcome.value, fate.path.value) == ("ok", "tvs")
    assert fate.standing <= Standing.INFERRED
    assert "tvs-vouches-for-recovery" in fate.basis
    assert any(each.startswith("1 phones: a TVS vouches for an ITLRecovery") for each in told.remarks)
    callmanager = fates(forecast(tmp_path / "callmanager", HEAD + row))["SEP1"]
    assert (callmanager.path.value, "tvs-vouches-for-recovery" in callmanager.basis) == ("tvs", False)


DOMAIN = "cluster upgrade 12.5(1)SU4\nphones reset\ncucm-1051-a-pub set network domain example.org\n"
UPDATE = "cucm-1051-a-pub utils ctl update CTLFile\n"


@pytest.mark.parametrize(
    ("update", "open_too"), [("", {"domain-without-ctl"}), (UPDATE, set())], ids=["alone", "with the CTL"]
)
def test_after_a_new_domain_a_phone_is_at_most_inferred_and_told_what_speaks_against_it(
    tmp_path: Path, update: str, open_too: set[str]
) -> None:
    """CLI15-set has all certificates new; SG125-ctl has configuration wait for the CTL in mixed mode."""
    row = "SEP1,Cisco 8861,sip88xx.12-8-1-0001-455,SIP,Headquarters,1\n"
    told = forecast(tmp_path, HEAD + row, f"{DOMAIN}{update}phones reset\n")
    fate = fates(told)["SEP1"]
    assert fate.outcome.value == "ok"
    assert fate.standing <= Standing.INFERRED
    assert {each for each in fate.basis if "domain" in each} == {"domain-keeps-recovery"} | open_too
    assert any("a new domain name makes all certificates of the node anew" in each for each in told.remarks)


def test_before_the_recovery_key_signs_a_new_domain_leaves_nothing_open_about_it(tmp_path: Path) -> None:
    row = "SEP1,Cisco 8861,sip88xx.12-8-1-0001-455,SIP,Headquarters,1\n"
    plan = f"cucm-1051-a-pub set network domain example.org\n{UPDATE}phones reset\n"
    fate = fates(forecast(tmp_path, HEAD + row, plan))["SEP1"]
    assert not any("domain" in each for each in fate.basis)


def test_a_ctl_taken_without_an_anchor_is_told_with_the_field_notice_against_it(tmp_path: Path) -> None:
    """FN70613 has the CTL deleted on each phone once ITLRecovery and then CallManager were renewed."""
    row = "SEP1,Cisco 8861,sip88xx.12-8-1-0001-455,SIP,Headquarters,1\n"
    pub = "cucm-1051-a-pub"
    renewed = f"{pub} set cert regen CallManager\n{pub} utils ctl update CTLFile\n"
    renewed += "* utils service restart Cisco Tftp\nphones reset\n"
    upgraded = "cluster upgrade 12.5(1)SU2\nphones reset\n"
    lost = forecast(tmp_path / "lost", HEAD + row, f"{upgraded}{pub} set cert regen ITLRecovery\n{renewed}")
    fate = fates(lost)["SEP1"]
    assert (fate.outcome.value, "ctl-without-anchor" in fate.basis) == ("ok", True)
    assert any("the CTL must be deleted on each phone [FN70613]" in each for each in lost.remarks)
    updated = f"{upgraded}{pub} utils ctl update CTLFile\nphones reset\n"
    kept = forecast(tmp_path / "kept", HEAD + row, updated + renewed)
    assert "ctl-without-anchor" not in fates(kept)["SEP1"].basis
