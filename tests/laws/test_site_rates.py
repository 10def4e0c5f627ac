"""Law of the coupling: with a site's rates the office wears by them, and everything else stays as it was."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from laws.at_site import CITYS, MEASURED_LIKE, rates
from laws.worlds import scaled, small_inputs
from sispamkota.errors import InputError
from sispamkota.kernels import layout as at
from sispamkota.kernels.check import balance
from sispamkota.kernels.perimeter import wearing
from sispamkota.rehearsal import Setting, World
from sispamkota.rehearsal.play import play_batch
from sispamkota.rehearsal.specs import CrowdSpec, PlaceSpec, WorldSpec
from sispamkota.rehearsal.tables import build_tables, drawn_numbers, rules_of
from sispamkota.rehearsal.twins import has_doubt
from sispamkota.schema import parameters

AT_SITE = False  # each test says itself who is where
MANY = (0, 1, 2, 5, 11, 30, 31, 90, 200, 1000)


def tables(given=None, *, uncertain=False, scenario=None):
    """The mini-city's world, at a site where rates are given."""
    first, plan, city = small_inputs()
    scenario = scenario or first
    scenario = scenario.uncertain() if uncertain else scenario
    return build_tables(Setting.make(scenario if given is None else scenario.at_site(given), plan, city).spec)


def rows(tables_, replicates=None):
    """What some replicates gave: measures and crowds, as bytes."""
    batch = play_batch(World(tables_), 5, 0, replicates or scaled(40, 2), 7200.0)
    return batch.rows.tobytes(), batch.crowds.tobytes()


@pytest.fixture(scope="module")
def city_rows():
    return rows(tables())


def test_defaults__rates_equal_to_the_citys_give_its_bytes(city_rows):
    at_it = tables(rates(CITYS))
    assert at_it.crowd_t["site"].tolist() == [1, 1]
    assert rows(at_it) == city_rows


def test_without_a_site__its_rates_are_never_read(city_rows):
    changed = tables()
    for name in MEASURED_LIKE:
        changed.param[name][0] = 1.0
    assert rows(changed) == city_rows


def test_with_a_site__its_rates_decide(city_rows):
    assert rows(tables(rates(MEASURED_LIKE))) != city_rows


def test_places__only_protected_ones_that_the_site_stands_for():
    scenario, _, _ = small_inputs()
    assert [each.at for each in scenario.file.places] == ["kpu", "bawaslu"]
    open_ = [scenario.file.places[0], scenario.file.places[1].model_copy(update={"protected": False})]
    file = scenario.file.model_copy(update={"places": tuple(open_)})
    from dataclasses import replace

    assert tables(rates(MEASURED_LIKE), scenario=replace(scenario, file=file)).crowd_t["site"].tolist() == [1, 0]


def test_places__a_scenario_without_one_is_one_clear_fault():
    scenario, _, _ = small_inputs()
    from dataclasses import replace

    open_ = [each.model_copy(update={"protected": False}) for each in scenario.file.places]
    file = scenario.file.model_copy(update={"places": tuple(open_)})
    with pytest.raises(InputError) as told:
        tables(rates(MEASURED_LIKE), scenario=replace(scenario, file=file))
    (fault,) = told.value.faults
    assert fault.field == "stands_for"
    assert "kpu, bawaslu" in fault.expected


def _records(**values):
    p, ct = np.zeros(1, at.PARAM).view(np.recarray), np.zeros(1, at.CROWD_T).view(np.recarray)
    for name, value in (parameters() | values).items():
        if name in at.PARAMETERS:
            p[name][0] = value
    return p, ct


@pytest.mark.parametrize("site", [0, 1])
def test_more_officers_or_guards__never_wear_faster(site):
    p, ct = _records(**MEASURED_LIKE)
    ct["site"] = site
    for violent in MANY:
        wear = np.array([[wearing(p[0], ct[0], violent, f, g) for g in MANY] for f in MANY])
        assert (np.diff(wear, axis=0) <= 0).all()
        assert (np.diff(wear, axis=1) <= 0).all()
        assert (wear >= 0).all()


def test_room__no_more_wear_than_find_room_and_less_by_who_is_held():
    p, ct = _records(**MEASURED_LIKE)
    ct["site"] = 1
    assert wearing(p[0], ct[0], 1000, 0, 0) == 120.0
    assert wearing(p[0], ct[0], 1000, 10, 5) == 110.0
    assert wearing(p[0], ct[0], 100, 10, 5) == 50.0
    assert wearing(p[0], ct[0], 100, 40, 5) == 0.0


def test_fence_and_door__fall_when_the_sites_rates_say():
    """200 violent people who never change: 120 find room; 40,000, then 100,000, then the rooms' 36,000, each /120 s."""
    values = parameters() | dict.fromkeys(("gamma", "omega", "ignition", "epsilon", "beta", "hurt_crowd"), 0.0)
    crowd = CrowdSpec("p", protected=True, violent=(200, 0), site=True)
    travel = np.zeros((6, 1, 1), np.float32)
    spec = WorldSpec(parameters=values, places=[PlaceSpec("p", 0)], travel=travel, crowds=[crowd])
    made = build_tables(spec)
    for name, value in (MEASURED_LIKE | {"leave_rate": 0.0}).items():
        made.param[name][0] = value
    world = World(made, log=True)
    world.reset(seed=1, replicate=0)
    world.advance(2000.0)
    fell = [float(each.t) for each in world.log() if each.event == at.LOG_PERIMETER]
    assert fell == pytest.approx([40_000 / 120, 140_000 / 120, 176_000 / 120])


def test_prior__each_replicate_draws_one_whole_row_and_all_else_is_as_without():
    wide = rates(MEASURED_LIKE, wide=0.5)
    worlds, drawn = [World(tables(wide, uncertain=True)), World(tables(uncertain=True))], []
    numbers = [at.PARAMETERS.index(name) for name in wide.file.columns]
    for replicate in range(440):
        for world in worlds:
            world.reset(seed=3, replicate=replicate)
        with_, without = (world.parameters.copy() for world in worlds)
        assert np.delete(with_, numbers).tobytes() == np.delete(without, numbers).tobytes()
        drawn.append(tuple(with_[numbers].tolist()))
    assert set(drawn) == set(wide.file.rows)
    times = np.array([drawn.count(row) for row in wide.file.rows])
    assert stats.chisquare(times).pvalue > 1e-3
    worlds[0].reset(seed=3, replicate=9, doubt_of=7)  # a twin has the same doubt
    assert tuple(worlds[0].parameters[numbers].tolist()) == drawn[7]


def test_prior__what_is_drawn_in_rows_is_doubt_too_and_told_among_what_a_result_hangs_on():
    wide, plain = tables(rates(MEASURED_LIKE, wide=0.5), uncertain=True), tables(uncertain=True)
    more = set(drawn_numbers(wide)) - set(drawn_numbers(plain))
    assert {at.PARAMETERS[n] for n in more} == set(MEASURED_LIKE)
    assert len(drawn_numbers(tables(rates(MEASURED_LIKE, wide=0.5)))) == 0
    assert has_doubt(wide._replace(prior=wide.prior[:0], hazard_t=wide.hazard_t[:0]))
    assert rules_of(wide) != rules_of(wide._replace(joint=wide.joint[:5]))


def test_l10_l11_l13__balance_pauses_snapshots_hold_at_a_site():
    made = tables(rates(MEASURED_LIKE))
    one, two = World(made), World(made)
    for world in (one, two):
        world.reset(seed=9, replicate=1)
    one.advance(7200.0)
    kept = two.snapshot()
    for until in (600.0, 1800.0, 1800.5, 3600.0):
        two.advance(until)
        assert balance(two.state.world[0]) == 0
        if until == 1800.0:
            kept = two.snapshot()
    two.restore(kept)
    two.advance(7200.0)
    assert one.finish()[0].tobytes() == two.finish()[0].tobytes()
