"""Scenario files: phases and contests, each area, extends, closures that come and go, every fault with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sispamkota.errors import InputError
from sispamkota.inputs import DATA
from sispamkota.kernels import layout as at
from sispamkota.place import City
from sispamkota.plan.plan import Plan
from sispamkota.rehearsal import Scenario, Setting
from sispamkota.rehearsal.tables import build_tables
from sispamkota.rehearsal.world import World

HEAD = """kind: scenario
version: 1
name: uji
title_id: Uji
title_en: Test
start: 2024-11-27T06:00
source: made for this test
quality: assumed
hazards: none
"""
PHASES = """phases:
  - {id: coblos, from_min: 60, minutes: 360}
  - {id: hitung, after: coblos, per_contest_min: 180, tension: 3}
  - {id: sore, after: hitung, minutes: 60, tension: 0.5}
"""


def written(folder: Path, body: str, name: str = "uji.yaml", head: str = HEAD) -> Path:
    """Write a scenario file."""
    path = folder / name
    path.write_text(head + body, encoding="utf-8")
    return path


def setting(scenario: Scenario) -> Setting:
    """Set a scenario in Malang under the usual plan."""
    return Setting.make(scenario, Plan.load("malang-500"), City.load("malang"))


def faults_of(path: Path) -> list[tuple[str, str, str]]:
    """Load a scenario that is wrong; give (line, field, expected) of each fault."""
    with pytest.raises(InputError) as caught:
        Scenario.load(path)
    return [(fault.where.rpartition(":")[2], fault.field, fault.expected) for fault in caught.value.faults]


@pytest.mark.parametrize("path", sorted((DATA / "scenarios").glob("*.yaml")), ids=lambda path: path.stem)
def test_embedded__plays_a_replicate_in_balance(path: Path) -> None:
    scenario = Scenario.load(path.stem)
    plan = Plan.load(scenario.file.plan or "malang-500")
    world = World(build_tables(Setting.make(scenario, plan, City.load("malang")).spec))
    world.reset(seed=1, replicate=0)
    for part in (0.25, 0.5, 0.75, 1.0):
        world.advance(part * scenario.horizon)
        world.balance()
    world.finish()


def test_contests__double_the_count_and_its_tension_by_parameter(tmp_path: Path) -> None:
    """One contest: 3 h of count; two: 6 h. What follows moves, what is before stays; the engine gets that window."""
    body = (
        PHASES
        + "places: [{at: kpu}]\ngatherings:\n  - {id: g, at: kpu, people: 100, arrive: [{phase: hitung, share: 1}]}\n"
    )
    one = Scenario.load(written(tmp_path, body))
    two = one.vary(contests=2)
    for scenario, hours in ((one, 3), (two, 6)):
        start, end = scenario.timeline["hitung"]
        assert (start, end - start) == (7 * 3600.0, hours * 3600.0)
        assert scenario.timeline["coblos"] == (3600.0, 7 * 3600.0)
        assert scenario.horizon == end + 3600.0
        assert scenario.tension == [(start, 3.0), (end, 0.5), (end + 3600.0, 1.0)]
        injects = setting(scenario).spec.injects
        tense = [(x.time, x.amount) for x in injects if x.action == at.SET_TENSION]
        assert tense == scenario.tension
        waves = [(x.time, x.share * (end - start)) for x in injects if x.action == at.ARRIVE_RATE]
        assert waves == [(start, pytest.approx(1.0)), (end, 0.0)]


def test_each__is_every_area_once_and_a_place_of_its_own_stays(tmp_path: Path) -> None:
    body = """duration_min: 60
places:
  - {at: dinoyo, protected: true}
  - {each: kelurahan, answer: kelurahan, volatility: 0.2}
gatherings:
  - {id: g, each: kelurahan, people: 50, arrive: [{from_min: 0, to_min: 10, share: 1}]}
injects:
  - {id: x, at: sawojajar, at_min: 5, do: provoke, people: 2}
"""
    spec = setting(Scenario.load(written(tmp_path, body))).spec
    assert len(spec.crowds) == 57
    assert [(c.protected, c.volatility) for c in spec.crowds[:2]] == [(True, 1.0), (False, 0.2)]
    assert len({x.gathering for x in spec.injects if x.gathering}) == 57
    assert len({x.place for x in spec.injects if x.gathering}) == 57


def test_extends__replaces_what_bears_its_name_and_keeps_the_rest(tmp_path: Path) -> None:
    written(
        tmp_path, PHASES + "places: [{at: kpu}, {at: bawaslu}]\nparameters: {beta: 0.004, gamma: 0.001}\n", "base.yaml"
    )
    body = """extends: base.yaml
duration_min: 90
phases:
  - {id: hitung, after: coblos, minutes: 30}
places: [{at: bawaslu, protected: true}, {at: dprd}]
parameters: {gamma: 0.0009}
"""
    scenario = Scenario.load(written(tmp_path, body))
    assert [(p.at, p.protected) for p in scenario.file.places] == [("kpu", False), ("bawaslu", True), ("dprd", False)]
    assert [p.id for p in scenario.file.phases] == ["coblos", "hitung", "sore"]
    assert scenario.timeline["hitung"] == (7 * 3600.0, 7.5 * 3600.0)
    assert scenario.file.parameters == {"beta": 0.004, "gamma": 0.0009}
    assert scenario.horizon == 5400.0


def test_extends__of_one_another_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "duration_min: 60\nextends: b.yaml\n", "a.yaml")
    path = written(tmp_path, "duration_min: 60\nextends: a.yaml\n", "b.yaml")
    assert faults_of(path)[0][1:] == ("extends", "a scenario before it")


def test_faults__come_all_at_once_each_on_its_line(tmp_path: Path) -> None:
    body = """phases:
  - {id: a, after: b, minutes: 10}
  - {id: b, after: hilang, minutes: 10}
places: [{at: kpu}]
injects:
  - {id: x, at: kpu, phase: tidak-ada, do: ask_to_leave}
closures:
  - {at: kpu, radius_m: 50, phase: juga-tidak}
"""
    found = faults_of(written(tmp_path, body))
    assert [(line, field) for line, field, _ in found] == [
        ("12", "phases.1"),
        ("15", "injects.0"),
        ("17", "closures.0"),
    ]


def test_faults__of_an_extending_file_stand_on_its_own_lines(tmp_path: Path) -> None:
    written(tmp_path, PHASES + "places: [{at: kpu}, {at: bawaslu}]\n", "base.yaml")
    path = written(tmp_path, "extends: base.yaml\nplaces:\n  - {at: bawaslu, volatility: 7}\n")
    assert [(line, field) for line, field, _ in faults_of(path)] == [("12", "places[1].volatility")]


def test_faults__phases_in_a_ring(tmp_path: Path) -> None:
    body = "phases:\n  - {id: a, after: b, minutes: 1}\n  - {id: b, after: a, minutes: 1}\n"
    assert [field for _, field, _ in faults_of(written(tmp_path, body))] == ["phases"]


def test_closures__that_come_and_go_have_a_table_for_each_state(tmp_path: Path) -> None:
    body = """duration_min: 120
places: [{at: kpu}]
closures:
  - {at: mall olympic garden, radius_m: 100}
  - {at: universitas negeri malang, radius_m: 200, from_min: 30, to_min: 60}
  - {at: stasiun malang kota baru, radius_m: 150, when: {place: kpu, stage: kuning}, for_min: 45}
"""
    spec = setting(Scenario.load(written(tmp_path, body))).spec
    assert spec.travel.shape[0] == 4
    open_, first, second, both = spec.travel
    assert (first >= open_).all()
    assert (both >= np.maximum(first, second) - 1e-3).all()
    assert (first > open_ + 1).any()
    acts = [(x.action, x.time, x.watch, x.delay, x.amount) for x in spec.injects]
    assert acts == [
        (at.CLOSE_STREETS, 1800.0, None, 0.0, 1),
        (at.OPEN_STREETS, 3600.0, None, 0.0, 1),
        (at.CLOSE_STREETS, np.inf, acts[2][2], 0.0, 2),
        (at.OPEN_STREETS, np.inf, acts[2][2], 2700.0, 2),
    ]


def test_company__may_be_sent_by_platoons() -> None:
    """The PHH company stands at its post as three parts of 33 or 34, and nobody is lost in the division."""
    spec = setting(Scenario.load("kpu-bawaslu")).spec
    parts = [unit for unit in spec.units if unit.id.startswith("phh-brimob")]
    assert [(unit.id, unit.people) for unit in parts] == [
        ("phh-brimob/1", 34),
        ("phh-brimob/2", 33),
        ("phh-brimob/3", 33),
    ]
    assert sum(unit.people for unit in spec.units) == 500


def test_faults__of_parameters_extends_and_hazards_stand_on_their_lines(tmp_path: Path) -> None:
    body = "duration_min: 60\nparameters:\n  beta: 0.003\n  contests: 3\n  kontes: 1\n"
    assert [line for line, _, _ in faults_of(written(tmp_path, body))] == ["13", "14"]
    assert [line for line, _, _ in faults_of(written(tmp_path, "duration_min: 60\nextends: voteday\n"))] == ["11"]
    head = HEAD.replace("hazards: none", "hazards: [malang, surabaya]")
    with pytest.raises(InputError) as caught:
        setting(Scenario.load(written(tmp_path, "duration_min: 60\nplaces: [{at: kpu}]\n", head=head)))
    assert [fault.where.rpartition("/")[2] for fault in caught.value.faults] == ["uji.yaml:9"]


def test_faults__a_closure_that_cuts_off_is_one_fault_in_words(tmp_path: Path) -> None:
    body = "duration_min: 60\nplaces: [{at: kpu}]\nclosures:\n  - {at: kpu, radius_m: 5000}\n"
    with pytest.raises(InputError) as caught:
        setting(Scenario.load(written(tmp_path, body)))
    assert [fault.where.rpartition("/")[2] for fault in caught.value.faults] == ["uji.yaml:13"]


def test_extends__its_bases_are_inputs_of_the_result(tmp_path: Path) -> None:
    base = written(tmp_path, PHASES + "places: [{at: kpu}]\n", "base.yaml")
    own = written(tmp_path, "extends: base.yaml\n")
    before = Scenario.load(own).manifest.digest()
    base.write_text(base.read_text(encoding="utf-8") + "# another base\n", encoding="utf-8")
    assert Scenario.load(own).manifest.digest() != before
