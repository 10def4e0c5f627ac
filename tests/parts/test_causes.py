"""What the parts of a plan are worth: the same as the plan without them, and claimed only where it is sure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from parts.rehearsed import REPLICATES, SEED, bare, city, rehearsed, uncertain
from sispamkota.inputs import own_file
from sispamkota.kernels.layout import PARAMETERS
from sispamkota.kernels.measure import MEASURES
from sispamkota.plan import Plan
from sispamkota.rehearsal import Ensemble, Run, Scenario
from sispamkota.rehearsal.arena import AIMS, Arena, observe, sample_of
from sispamkota.rehearsal.causes import CausesFile, find_causes, parts_of, with_evidence
from sispamkota.rehearsal.intervals import Estimate
from sispamkota.rehearsal.spread import Work
from sispamkota.rehearsal.story import CAPABILITIES
from sispamkota.rehearsal.world import World
from sispamkota.review import answers as answers_module
from sispamkota.review.answers import Effect
from sispamkota.words import words

FIGURES = own_file(CausesFile, "rehearsal", "causes")
N = 12


@pytest.fixture(scope="module")
def parts():
    return {part.key: part for part in parts_of(bare(), FIGURES)}


@pytest.fixture(scope="module")
def arena():
    return Arena.make(Scenario.load("kpu-bawaslu"), Plan.load("malang-500"), city())


@pytest.mark.parametrize("key", ["reserve", "nearest-ambulance", "agency:linmas", "agency:damkar", "agency:polri"])
def test_part__is_the_plan_without_its_units_to_the_bit(parts, arena, key):
    part = parts[key]
    theirs = observe(arena, arena.base.without(*part.units), range(N), seed=SEED, workers=1)
    ours = sample_of(Work(part.tables, SEED, bare().horizon_s), range(N), workers=1)
    np.testing.assert_array_equal(ours.aims, theirs.aims)
    assert ours.events == theirs.events


def test_parts__take_out_what_they_name(parts):
    posts = bare().posts.set_index("unit")
    assert set(parts["reserve"].units) == set(posts.index[posts.task == "reserve"])
    assert set(parts["agency:tni"].units) == set(posts.index[posts.agency == "tni"])
    for part in parts.values():
        if part.kind == "without":
            left = part.tables.unit_t["people"].sum()
            assert part.people == bare().tables.unit_t["people"].sum() - left
            assert part.people + part.losing == posts.loc[list(part.units), "people"].sum()
    assert all(unit.startswith("ambulans") for unit in parts["nearest-ambulance"].units)
    assert len(parts["nearest-ambulance"].units) == 1


def test_parts__who_only_loses_an_ability_stays(parts):
    """Who can do something else goes on doing it; only those who cannot are taken out, and counted so."""
    closures, bit = parts["closures"], 1 << CAPABILITIES.index("traffic")
    before, after = bare().tables.unit_t.view(np.ndarray), closures.tables.unit_t
    only, both = before["caps"] == bit, ((before["caps"] & bit) != 0) & (before["caps"] != bit)
    assert only.any()
    assert both.any()
    assert (closures.people, closures.losing) == (before["people"][only].sum(), before["people"][both].sum())
    np.testing.assert_array_equal(after["caps"], before["caps"][~only] & ~bit)


def test_parts__the_same_units_are_another_part_where_they_go(parts):
    """An agency that only loses an ability in one part is taken out in its own: the one does not hide the other."""
    tables, names = bare().tables, bare().names.units
    units = np.array([name.split("/")[0] for name in names])
    agency = parts["agency:dishub"]
    unit_t = tables.unit_t.view(np.ndarray).copy()
    mine = np.isin(units, agency.units)
    traffic, patrol = (1 << CAPABILITIES.index(name) for name in ("traffic", "patrol"))
    unit_t["caps"] &= ~traffic
    unit_t["caps"][mine] = traffic | patrol
    changed = replace(bare(), tables=tables._replace(unit_t=unit_t.view(np.recarray)))
    again = {part.key: part for part in parts_of(changed, FIGURES)}
    assert again["closures"].units == again["agency:dishub"].units
    assert (again["closures"].people, again["closures"].losing) == (0, agency.people)
    assert (again["agency:dishub"].people, again["agency:dishub"].losing) == (agency.people, 0)


def test_causes__deaths_are_told_where_harm_cannot(parts):
    """A life saved leaves the count of the harmed as it is: deaths have an interval of their own, worked out here."""
    found = rehearsed().causes
    pairs, whole = int(found.pairs.iloc[0]), rehearsed().rows.deaths.to_numpy()
    world, less = World(parts["agency:relawan_ambulans"].tables), []
    for replicate in range(pairs):
        world.reset(seed=SEED, replicate=replicate)
        world.advance(bare().horizon_s)
        less.append(world.finish()[0][MEASURES.index("deaths")])
    gap = np.array(less) - whole[:pairs]
    row = found[(found.part == "agency:relawan_ambulans") & (found.aim == "deaths")].iloc[0]
    assert (row.difference, row.before) == pytest.approx((gap.mean(), whole[:pairs].mean()))
    assert gap.mean() > 0.0
    level = 1.0 - 0.05 / found.part.nunique() / (len(AIMS) + 1)
    assert (row.low, row.high) == pytest.approx(stats.t.interval(level, pairs - 1, gap.mean(), stats.sem(gap)))
    assert row.zone == FIGURES.deaths.value


def test_answers__nothing_is_said_of_a_part_whose_deaths_are_open():
    def effect(part, aim, verdict):
        return Effect(part, "without", part, (), 5, 0, aim, 200, 0.3, 0.3, Estimate(0.1, -0.1, 0.3), 0.5, verdict)

    found = [effect("a", "harm", "untouched"), effect("a", "deaths", "unsure")]
    found += [effect("b", "harm", "same"), effect("b", "deaths", "untouched")]
    assert answers_module._nothing(found, words("en")).endswith("without: b.")


def test_more_people__are_shared_out_in_proportion(parts):
    before, after = bare().tables.unit_t, parts["more-people"].tables.unit_t
    more = FIGURES.more_people.value
    extra = after["people"] - before["people"]
    assert extra.sum() == more
    assert np.abs(extra - more * before["people"] / before["people"].sum()).max() < 1.0
    same = [name for name in before.dtype.names if name not in ("people", "effective")]
    assert all((before[name] == after[name]).all() for name in same)


def test_causes__hold_by_an_interval_of_their_own(parts):
    """Student's interval by scipy, for all parts and aims together, over the same pairs played here anew."""
    part, found = parts["dialogue"], rehearsed().causes
    pairs = int(found.pairs.iloc[0])
    assert pairs == min(FIGURES.pairs.value, REPLICATES)
    whole, without = (
        sample_of(Work(tables, SEED, bare().horizon_s), range(pairs), workers=1).aims
        for tables in (bare().tables, part.tables)
    )
    level = 1.0 - 0.05 / found.part.nunique() / (len(AIMS) + 1)
    for i, aim in enumerate(AIMS):
        gap = without[:, i] - whole[:, i]
        row = found[(found.part == "dialogue") & (found.aim == aim)].iloc[0]
        assert row.difference == pytest.approx(gap.mean())
        if gap.std() > 0.0:
            low, high = stats.t.interval(level, pairs - 1, gap.mean(), stats.sem(gap))
            assert (row.low, row.high) == pytest.approx((low, high))


def test_causes__are_called_so_only_beyond_the_zone():
    found = rehearsed().causes
    assert set(found.verdict) <= {"worse", "better", "same", "untouched", "unsure"}
    assert {"worse", "unsure"} <= set(found.verdict)
    assert (found[found.verdict == "worse"].eval("low > zone")).all()
    assert (found[found.verdict == "better"].eval("high < -zone")).all()
    assert (found[found.verdict == "untouched"].eval("low == high")).all()
    assert (found[found.verdict == "unsure"].eval("low <= zone and high >= -zone and low < high")).all()


def test_causes__are_the_same_with_any_number_of_workers():
    pd.testing.assert_frame_equal(find_causes(bare(), run=Run(workers=1)), rehearsed().causes)


def test_causes__too_few_replicates_tell_nothing():
    short = uncertain()
    assert len(short.rows) < FIGURES.pairs.low
    assert find_causes(short).empty


def test_evidence__survives_a_folder(tmp_path):
    rehearsed().save(tmp_path / "result")
    again = Ensemble.load(tmp_path / "result")
    for name in ("causes", "courses"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(rehearsed(), name))
    assert with_evidence(again) is again


def test_courses__are_the_quantiles_of_the_replicates():
    """At the end of the rehearsal the rows say the same; in the middle a world of its own does."""
    courses, rows = rehearsed().courses, rehearsed().rows
    last = courses[(courses.what == "diversions") & (courses.t == courses.t.max())].iloc[0]
    assert last.n == REPLICATES
    for name, level in (("p05", 0.05), ("p50", 0.5), ("p95", 0.95)):
        assert last[name] == pytest.approx(np.quantile(rows.diversions, level))
    world, free, t = World(bare().tables), [], float(courses.t.unique()[20])
    for replicate in range(REPLICATES):
        world.reset(seed=SEED, replicate=replicate)
        world.advance(t)
        free.append(int(world.state.world[0].idle_people))
    row = courses[(courses.what == "reserve") & (courses.t == t)].iloc[0]
    assert [row.p05, row.p50, row.p95] == pytest.approx(list(np.quantile(free, [0.05, 0.5, 0.95])))


def test_courses__stay_in_order_and_within_the_engines_extremes():
    courses, rows = rehearsed().courses, rehearsed().rows
    levels = courses[["p05", "p25", "p50", "p75", "p95"]].to_numpy()
    assert (np.diff(levels, axis=1) >= 0.0).all()
    assert courses[courses.what == "reserve"].p05.min() >= rows.reserve_low_people.min()
    assert courses[(courses.what == "bays") & (courses.place == "")].p95.max() <= rows.hospital_peak_share.max()


def test_force__times_of_the_steps_add_up_to_the_measure():
    places, rows = rehearsed().places, rehearsed().rows
    third = places[[f"force_{step}_s" for step in range(3, 7)]].sum(axis=1).groupby(places.replicate).sum()
    np.testing.assert_allclose(third.to_numpy(), rows.seconds_force_3up.to_numpy())
    assert (places.force_6_s == 0.0).all()


def test_hangs__are_rank_correlations_of_the_drawn_values():
    found = uncertain().hangs
    assert found.correlation.abs().is_monotonic_decreasing
    assert (found.low <= found.correlation).all()
    assert (found.correlation <= found.high).all()
    assert not len(rehearsed().hangs)
    world, name = World(uncertain().tables), str(found.parameter.iloc[0])
    drawn = []
    for replicate in uncertain().rows.replicate:
        world.reset(seed=SEED, replicate=int(replicate))
        drawn.append(float(world.parameters[PARAMETERS.index(name)]))
    ranks = pd.DataFrame({"a": drawn, "b": uncertain().rows.harm_people}).rank()
    assert found.correlation.iloc[0] == pytest.approx(np.corrcoef(ranks.a, ranks.b)[0, 1])
