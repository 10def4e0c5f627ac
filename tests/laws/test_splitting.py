"""Rare events by splitting, against probabilities that a linear system gives exactly.

The breach is asked for at an office that is weak wherever it has a site: one that never falls would show no ladder.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import yaml
from scipy import linalg, stats
from typer.testing import CliRunner

from laws.at_site import WEAK
from laws.worlds import PLAIN, crowd_world, default_spec, inputs
from sispamkota.cli import app
from sispamkota.errors import EngineError, InputError
from sispamkota.rehearsal import Effort, World, find_rare, rehearse
from sispamkota.rehearsal.rehearse import Run
from sispamkota.rehearsal.splitting import BREACHED, Watched, estimate_rare, find_levels
from sispamkota.rehearsal.tables import build_tables

LEVEL = 1e-4  # two-sided, of each test against an exact value
PEOPLE, START = 100, 2
GAMMA = 1.0 / 60.0
BETA = 0.5 * GAMMA
LATER = 1e9

compiled = pytest.mark.skipif(PLAIN, reason="thousands of trials; the compiled run covers it")


def outbreak() -> World:
    """100 people, 2 of them violent; each calms twice as fast as violence spreads, and calm people may turn again."""
    return crowd_world(PEOPLE - START, START, beta=BETA, gamma=GAMMA)


def generator(top: int) -> np.ndarray:
    """The generator of the number violent on 0 to top, both ends absorbing (SIS: up β·i·(N−i)/N, down γ·i)."""
    q = np.zeros((top + 1, top + 1))
    for i in range(1, top):
        q[i, i + 1], q[i, i - 1] = BETA * i * (PEOPLE - i) / PEOPLE, GAMMA * i
        q[i, i] = -q[i].sum()
    return q


def ever(top: int) -> float:
    """P(top before 0), by a linear system."""
    q = generator(top)[1:-1]
    return float(np.linalg.solve(q[:, 1:-1], -q[:, -1])[START - 1])


def within(top: int, seconds: float) -> float:
    """P(top before 0 and within a time), by the matrix exponential."""
    return float(linalg.expm(generator(top) * seconds)[START, top])


def violent(world: World) -> float:
    return float(world.state.crowd["I"].sum())


def agrees(found, exact: float) -> bool:
    """Say that the mean of the repetitions lies where Student's t allows at LEVEL."""
    estimates = np.array(found.estimates)
    error = estimates.std(ddof=1) / math.sqrt(len(estimates))
    return abs(estimates.mean() - exact) <= stats.t.ppf(1.0 - LEVEL / 2.0, len(estimates) - 1) * error


def test_exact__the_two_ways_to_compute_it_agree():
    assert within(8, LATER) == pytest.approx(ever(8), rel=1e-6)
    assert 1e-5 < ever(16) < 1e-4


@compiled
def test_splitting__finds_a_probability_of_some_1e_5():
    """Gambler's ruin: 16 violent before none; plain replication would need millions of replicates."""
    effort, alone = Effort(trials=60, repetitions=10, seed=71), Run(workers=1)
    levels, ladder = range(5, 16, 3), Watched(violent, 16.0)
    found = estimate_rare(outbreak().tables, ladder, until=LATER, levels=levels, effort=effort, run=alone)
    exact = ever(16)
    assert agrees(found, exact)
    assert found.high - found.low < 2.5 * exact
    assert found.seen >= 5
    assert found.plain_replicates > 100_000
    assert found.events < 0.02 * found.plain_events


@compiled
def test_splitting__finds_its_own_levels_and_keeps_the_time():
    """Twelve violent within four minutes, levels by the pilot: the law in time too."""
    effort = Effort(trials=60, repetitions=8, seed=72)
    found = estimate_rare(outbreak().tables, Watched(violent, 12.0), until=240.0, effort=effort)
    exact = within(12, 240.0)
    assert exact < 0.8 * ever(12)
    assert len(found.levels) >= 3
    assert found.levels[-1] == 12.0
    assert agrees(found, exact)


@compiled
def test_splitting__is_the_same_whoever_plays():
    one, three = (
        estimate_rare(
            outbreak().tables,
            Watched(violent, 6.0),
            until=LATER,
            levels=(4,),
            effort=Effort(trials=20, repetitions=5),
            run=Run(workers=workers),
        )
        for workers in (1, 3)
    )
    assert one.to_json() == three.to_json()
    assert one.shares[0] == pytest.approx(ever(4), abs=0.25)


@compiled
def test_splitting__without_levels_is_plain_replication():
    """One level, the event itself: each estimate is a share of fresh replicates."""
    found = estimate_rare(
        outbreak().tables, Watched(violent, 4.0), until=LATER, levels=(), effort=Effort(trials=200, repetitions=4)
    )
    for number, estimate in enumerate(found.estimates, 1):
        world, hits = outbreak(), 0
        for replicate in range(number * 200, number * 200 + 200):
            world.reset(seed=1, replicate=replicate)
            hits += Watched(violent, 4.0).reach(world, LATER, 4.0)
        assert estimate == hits / 200


def test_splitting__refuses_and_gives_up_in_words():
    tables = outbreak().tables
    bad = Effort(trials=1, repetitions=1, seed=-1)
    with pytest.raises(InputError) as error:
        estimate_rare(tables, Watched(violent, 4.0), until=9.0, levels=(3.0, 3.0), effort=bad)
    assert len(error.value.faults) == 4
    still = crowd_world(10, 0)
    with pytest.raises(EngineError, match="no way above"):
        estimate_rare(still.tables, Watched(violent, 4.0), until=9.0, effort=Effort(trials=10, repetitions=2))


# --- a breach on the real scenario ------------------------------------------------------------------------------------


@compiled
def test_breach__the_ladder_ends_where_the_measure_begins():
    """Reaching the top is the measure `breached`; the compiled ladder and one that looks in Python climb alike."""
    spec = default_spec()
    weak = replace(spec, parameters=dict(spec.parameters) | WEAK)
    world, twin = (World(build_tables(weak)) for _ in range(2))
    seen = set()
    for replicate in range(40):
        world.reset(seed=73, replicate=replicate)
        top = BREACHED.peak(world, 7200.0)
        twin.reset(seed=73, replicate=replicate)
        twin.advance(7200.0)
        breached = bool((twin.state.crowd.layer >= 2).any())
        assert (top >= 3.0) == breached
        world.reset(seed=73, replicate=replicate)
        assert BREACHED.reach(world, 7200.0, 3.0) == breached
        seen.add(breached)
    assert seen == {True, False}


@compiled
def test_breach__agrees_with_plain_replication_where_that_is_possible():
    scenario, plan, city = inputs()
    scenario = scenario.vary(**WEAK)
    found = find_rare(scenario, plan, city, effort=Effort(trials=40, repetitions=10, seed=74))
    plain = rehearse(scenario, plan, city, replicates=1000, seed=75).rows["breached"].to_numpy(float)
    estimates = np.array(found.estimates)
    gap = estimates.mean() - plain.mean()
    error = math.hypot(estimates.std(ddof=1) / math.sqrt(10), plain.std(ddof=1) / math.sqrt(plain.size))
    assert abs(gap) < 4.5 * error


@compiled
def test_levels__each_is_reached_by_some_of_the_trials():
    ladder = Watched(violent, 40.0)
    found = find_levels(outbreak(), replace(ladder, top=20.0), until=LATER, effort=Effort(trials=50, repetitions=2))
    assert list(found.levels) == sorted(set(found.levels))
    assert found.levels[-1] == 20.0
    assert found.events > 0


@compiled
def test_command__tells_what_it_took_beside_plain_replication(tmp_path):
    weak = tmp_path / "weak.yaml"
    weak.write_text(
        yaml.safe_dump({"kind": "scenario", "version": 1, "name": "weak", "extends": "kpu-bawaslu", "parameters": WEAK})
    )
    call = ["rehearse", str(weak), "--rare", "breached", "-n", "200", "--levels", "1,2.2"]
    found = json.loads(CliRunner().invoke(app, [*call, "--json"]).stdout)
    assert found["levels"] == [1.0, 2.2, 3.0]
    assert found["low"] <= found["probability"] <= found["high"]
    told = CliRunner().invoke(app, [*call, "--lang", "en"]).stdout
    assert "Plain replication" in told
    assert "2.2" in told


def test_command__refuses_what_it_would_leave_idle():
    for call, option in (("--levels 1,2", "--levels"), ("--rare breached --measure deaths", "--measure")):
        result = CliRunner().invoke(app, ["rehearse", *call.split()])
        assert isinstance(result.exception, InputError)
        assert [fault.where for fault in result.exception.faults] == [option]
    result = CliRunner().invoke(app, ["rehearse", "--rare", "breached", "--levels", "1;2"])
    assert "numbers between commas" in str(result.exception)
    result = CliRunner().invoke(app, ["rehearse", "--rare", "snow"])
    assert "--rare" in str(result.exception)
