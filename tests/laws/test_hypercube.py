"""L3: units at several posts, nearest first: Larson's hypercube (1974), its balance equations solved here.

Travel ranks the units and takes no time worth the name; calls that find all busy are lost, or wait in one line. Samples
are taken so far apart that they are all but independent; chi-square at 1e-5. The example is that of Larson & Odoni,
Urban Operations Research, ch. 5, its ten atoms lumped by their order of preference: the rates were recovered from the
published workloads (.5574, .4734, .4693), so it is the solver below that they check, and the solver checks the engine.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from laws.worlds import VEHICLES, scaled
from sispamkota.kernels import layout as at
from sispamkota.rehearsal.specs import HazardSpec, KindSpec, PlaceSpec, UnitSpec, WorldSpec
from sispamkota.rehearsal.tables import build_tables
from sispamkota.rehearsal.world import World
from sispamkota.schema import parameters

LEVEL = 1e-5
RATES = (0.5, 0.25, 0.35, 0.4)  # calls of each zone, in services
ORDER = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (2, 0, 1))  # of each zone: the units from near to far
UNITS = 3
SAMPLES = scaled(6000, 150)
APART = 15.0


def hypercube_world(*, waits: bool) -> World:
    """Four zones, three posts; a unit is as many microseconds away as its rank."""
    nodes = len(RATES) + UNITS
    travel = np.full((VEHICLES, nodes, nodes), 1e-3, np.float32)
    for zone, order in enumerate(ORDER):
        for rank, unit in enumerate(order):
            travel[:, zone, len(RATES) + unit] = travel[:, len(RATES) + unit, zone] = 1e-6 * (1 + rank)
    spec = WorldSpec(
        parameters=parameters(),
        places=[PlaceSpec(f"z{i}", i) for i in range(len(RATES))]
        + [PlaceSpec(f"p{i}", len(RATES) + i) for i in range(UNITS)],
        travel=travel,
        units=[UnitSpec(f"u{i}", f"p{i}", 1, (at.PATROL,)) for i in range(UNITS)],
        kinds=[KindSpec("call", service=0, queue=waits, need={at.PATROL: 1}, work=1.0)],
        hazards=[HazardSpec(f"h{i}", f"z{i}", "call", (rate,) * 24) for i, rate in enumerate(RATES)],
    )
    return World(build_tables(spec), responses=400_000)


def solve_hypercube(*, waits: bool) -> np.ndarray:
    """Solve the balance equations: p[state], bit u set where unit u is busy; a line adds to the last state."""
    flow = np.zeros((2**UNITS, 2**UNITS))
    for state in range(2**UNITS):
        for rate, order in zip(RATES, ORDER, strict=True):
            free = [u for u in order if not state >> u & 1]
            if free:
                flow[state, state | 1 << free[0]] += rate
        for u in range(UNITS):
            if state >> u & 1:
                flow[state, state & ~(1 << u)] += 1.0
    flow -= np.diag(flow.sum(axis=1))
    system = np.vstack([flow.T, np.ones(2**UNITS)])
    states = np.linalg.lstsq(system, np.append(np.zeros(2**UNITS), 1.0), rcond=None)[0]
    if waits:
        states[-1] /= 1.0 - sum(RATES) / UNITS  # the line behind full service is geometric
    return states / states.sum()


def workloads(states: np.ndarray) -> list[float]:
    """The share of time in which each unit is busy."""
    return [float(sum(p for state, p in enumerate(states) if state >> u & 1)) for u in range(UNITS)]


def play(*, waits: bool) -> tuple[np.ndarray, np.ndarray]:
    """How often each state was seen, and dispatches[zone, unit]."""
    world = hypercube_world(waits=waits)
    world.reset(seed=5, replicate=0)
    seen = np.zeros(2**UNITS)
    for i in range(SAMPLES):
        world.advance(20.0 + i * APART)
        busy = np.isin(world.state.unit.state, (at.TURNOUT, at.TRAVEL, at.SCENE))
        seen[int(busy @ (1 << np.arange(UNITS)))] += 1
    calls = world.state.response[: int(world.state.world[0].responses)]
    sent = np.zeros((len(RATES), UNITS))
    answered = calls[calls.outcome == at.ANSWERED]
    np.add.at(sent, (answered.place, answered.unit), 1)
    return seen, sent


def test_solver__has_the_published_workloads() -> None:
    assert workloads(solve_hypercube(waits=True)) == pytest.approx([0.5574, 0.4734, 0.4693], abs=5e-5)
    assert solve_hypercube(waits=True)[-1] == pytest.approx(0.236842, abs=1e-6)  # Erlang C
    assert solve_hypercube(waits=False)[-1] == pytest.approx(0.134328, abs=1e-6)  # Erlang B


@pytest.mark.parametrize("waits", [False, True])
def test_states__have_the_probabilities_of_the_balance_equations(waits: bool) -> None:
    seen, _ = play(waits=waits)
    expected = solve_hypercube(waits=waits)
    assert stats.chisquare(seen, expected * seen.sum()).pvalue > LEVEL
    for busy, chance in zip(workloads(seen / seen.sum()), workloads(expected), strict=True):
        assert abs(busy - chance) < 4.5 * np.sqrt(chance * (1 - chance) / seen.sum())


def test_dispatches__by_zone_and_unit_are_those_of_the_hypercube() -> None:
    _, sent = play(waits=False)
    states = solve_hypercube(waits=False)
    for zone, order in enumerate(ORDER):
        chance = np.zeros(UNITS)
        for state, p in enumerate(states):
            free = [u for u in order if not state >> u & 1]
            if free:
                chance[free[0]] += p
        n = sent[zone].sum()
        gap = sent[zone] / n - chance / chance.sum()
        # calls of one zone that follow each other see like states: their share varies somewhat more than binomial
        assert (np.abs(gap) < 6.0 * np.sqrt(chance * (1 - chance) / n) + 1e-9).all()
