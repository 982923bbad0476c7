"""A release that nobody says: every group that signs differently is tried, and none is taken on trust."""

from pathlib import Path

import attrs
import pytest
from listmaking import published_ctl

from phoneemu.core.names import Identity
from phoneemu.core.trustlist import TrustList
from phoneemu.errors import BadInput
from phoneemu.fleet import checking
from phoneemu.fleet.clusterfile import ClusterFile, parse
from phoneemu.fleet.forecast import Fate, Forecast
from phoneemu.fleet.listexports import ListExport
from phoneemu.fleet.outcome import Outcome
from phoneemu.fleet.predict import predict_files
from phoneemu.fleet.releases import TRIED, agreed, candidates
from phoneemu.fleet.snapshot import read_snapshot

NODES = '[[node]]\nname = "pub"\n[[node]]\nname = "sub"\n'
OVERLAP = (
    "pub set cert regen CallManager\n* set cert regen TVS\n* utils service restart Cisco Tftp\nphones reset\n"
)


def told(folder: Path, cluster: str, runbook: str, model: str = "Cisco 8841") -> Forecast:
    (folder / "phones.csv").write_text(f"Device Name,Device Type\nSEP001122334455,{model}\n")
    (folder / "cluster.toml").write_text(cluster)
    (folder / "plan.txt").write_text(runbook)
    return predict_files(folder, folder / "plan.txt")


def only(forecast: Forecast) -> Fate:
    return forecast.groups[0].fate


def test_a_renewal_that_some_releases_do_not_survive_is_cannot_say_without_a_release(tmp_path: Path) -> None:
    forecast = told(tmp_path, NODES, OVERLAP)
    fate = only(forecast)
    assert (fate.outcome, fate.reason) == (Outcome.CANNOT_SAY, "release-unknown")
    assert "11.5(1): stuck" in fate.note
    assert "12.5(1): ok" in fate.note
    assert "as on 11.5(1)" in fate.note
    assert fate.episodes[-1].ending.outcome is Outcome.STUCK, "the story told is that of the worst"
    assert forecast.release == "not known"
    assert "release-unknown" in {each.id for each in forecast.assumptions}
    assert "release" not in {each.id for each in forecast.assumptions}


@pytest.mark.parametrize(("release", "outcome"), [("11.5(1)", "stuck"), ("12.5(1)", "ok")])
def test_a_release_that_is_said_is_the_only_one_tried(tmp_path: Path, release: str, outcome: str) -> None:
    forecast = told(tmp_path, f'release = "{release}"\n{NODES}', OVERLAP)
    assert (only(forecast).outcome.value, forecast.release) == (outcome, release)


def test_a_phone_that_ends_alike_on_every_release_is_answered_on_an_assumption(tmp_path: Path) -> None:
    fate = only(told(tmp_path, NODES, "phones reset\n", model="Cisco 7965"))
    assert fate.outcome is Outcome.OK
    assert "release-unknown" in fate.basis


def test_a_phone_lost_on_every_release_has_the_worst_of_their_ends(tmp_path: Path) -> None:
    fate = only(told(tmp_path, f'release = "11.5(1)"\n{NODES}', OVERLAP))
    worse = attrs.evolve(fate, outcome=Outcome.OUT_OF_SERVICE)
    found = agreed([("12.5(1)", fate), ("9.1(2)", worse)])
    assert found.outcome is Outcome.OUT_OF_SERVICE
    assert "12.5(1): stuck" in found.note


def test_a_step_that_one_release_refuses_is_told_with_that_release(tmp_path: Path) -> None:
    forecast = told(tmp_path, f"mixed = true\n{NODES}", "pub utils ctl update CTLFile\nphones reset\n")
    assert [each for each in forecast.remarks if each.startswith("on 9.1(2): ") and "refused" in each]


def test_a_step_that_does_not_fit_the_release_told_of_says_that_none_was_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no export says the release"):
        told(tmp_path, NODES, "cluster upgrade 12.0(1)\nphones reset\n")


def test_a_release_that_does_not_have_a_step_is_left_out(tmp_path: Path) -> None:
    forecast = told(tmp_path, NODES, "cluster upgrade 12.5(1)SU2\n" + OVERLAP)
    assert "14: " not in only(forecast).note


def test_another_cluster_of_unknown_release_is_remarked_upon(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "cluster.toml").write_text('name = "far"\n[[node]]\nname = "far-pub"\n')
    told(tmp_path, NODES, "phones reset\n")
    forecast = predict_files(tmp_path, tmp_path / "plan.txt", [other])
    assert [each for each in forecast.remarks if each.startswith("far: no export says its release")]


def test_a_check_says_that_the_release_is_not_known(tmp_path: Path) -> None:
    told(tmp_path, NODES, "phones reset\n")
    checked = checking.check(read_snapshot(tmp_path))
    assert any("release not known" in line for line in checking.lines(checked))


def exported(listed: TrustList) -> ListExport:
    return ListExport(file="show_ctl.txt", kind=listed.kind, listed=listed)


def recovery_of(identity: Identity) -> Identity:
    return attrs.evolve(identity, subject="CN=ITLRECOVERY_pub;O=x", issuer="CN=ITLRECOVERY_pub;O=x")


def test_a_ctl_tells_of_which_releases_it_cannot_be() -> None:
    plain = published_ctl()
    first = plain.records[0]
    assert first.identity is not None
    assert plain.signer is not None
    named = attrs.evolve(first, identity=recovery_of(first.identity))
    naming = attrs.evolve(plain, records=(named, *plain.records[1:]))
    signed = attrs.evolve(plain, signer=recovery_of(plain.signer))
    assert candidates(ClusterFile(), (exported(plain),)) == candidates(ClusterFile(), ()) == TRIED
    assert candidates(parse('release = "11.5"'), (exported(plain),)) == ()
    assert set(TRIED) - set(candidates(ClusterFile(), (exported(naming),))) == {"9.1(2)"}
    assert candidates(ClusterFile(), (exported(signed),)) == ("12.5(1)", "14")
