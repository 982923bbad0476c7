"""The benches' made fleet: the same from run to run, as varied as it says, its broken rows really broken."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from phoneemu.fleet.predict import predict_files
from phoneemu.fleet.snapshot import read_snapshot

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture(scope="module")
def fleets() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_fleets", BENCH / "fleets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_a_fleet_follows_from_its_seed(fleets: ModuleType, tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two"):
        snapshot, _ = fleets.write(tmp_path / name, fleets.Size(phones=300, states=6))
        texts.append({path.name: path.read_text() for path in snapshot.rglob("*") if path.is_file()})
    assert texts[0] == texts[1]


def test_it_has_as_many_models_sites_and_trust_states_as_asked(fleets: ModuleType, tmp_path: Path) -> None:
    size = fleets.Size(phones=2_000, models=10, sites=20, states=12, loads=2)
    snapshot, runbook = fleets.write(tmp_path / "fleet", size)
    traits = {phone.traits for phone in read_snapshot(snapshot).inventory.phones}
    assert len({each.model for each in traits}) == 10
    assert len({each.site for each in traits}) == 20
    assert len({(each.ctl, each.itl) for each in traits}) == 12
    assert len({(each.model, each.load) for each in traits}) == 20
    assert len(runbook.read_text().splitlines()) == 10
    forecast = predict_files(snapshot, runbook)
    assert forecast.total == 2_000
    assert "held-list-unknown" not in {fate.reason for _, fate in forecast.each()}


def test_every_broken_row_is_told_by_its_line_and_costs_no_other(fleets: ModuleType, tmp_path: Path) -> None:
    snapshot, _ = fleets.write(tmp_path / "fleet", fleets.Size(phones=1_000, states=2), broken=0.1)
    inventory = read_snapshot(snapshot).inventory
    lines = [int(remark.place.rpartition(":")[2]) for remark in inventory.remarks]
    assert 50 < len(lines) < 150
    assert sorted([*lines, *(phone.line for phone in inventory.phones)]) == list(range(2, 1_002))
