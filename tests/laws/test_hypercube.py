"""L3: units at several posts, nearest first: Larson's hypercube (1974), its balance equations solved in verification.

Travel ranks the units and takes no time worth the name; calls that find all busy are lost, or wait in one line. Samples
are taken so far apart that they are all but independent; chi-square at 1e-5. The example is that of Larson & Odoni,
Urban Operations Research, ch. 5, its ten atoms lumped by their order of preference: the rates were recovered from the
published workloads (.5574, .4734, .4693), so it is the solver that they check, and the solver checks the engine.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from laws.worlds import scaled
from sispamkota.verification.hypercube import CITY, observe, solve

LEVEL = 1e-5
SAMPLES = scaled(6000, 150)


def test_solver__has_the_published_workloads() -> None:
    assert solve(CITY, waits=True).workloads == pytest.approx([0.5574, 0.4734, 0.4693], abs=5e-5)
    assert solve(CITY, waits=True).states[-1] == pytest.approx(0.236842, abs=1e-6)  # Erlang C
    assert solve(CITY, waits=False).states[-1] == pytest.approx(0.134328, abs=1e-6)  # Erlang B


@pytest.mark.parametrize("waits", [False, True])
def test_states__have_the_probabilities_of_the_balance_equations(waits: bool) -> None:
    seen = observe(CITY, waits=waits, looks=SAMPLES)
    expected = solve(CITY, waits=waits)
    assert stats.chisquare(seen.states, expected.states * SAMPLES).pvalue > LEVEL
    shares = seen._replace(states=seen.states / SAMPLES)
    for unit, chance in enumerate(expected.workloads):
        busy = sum(p for state, p in enumerate(shares.states) if state >> unit & 1)
        assert abs(busy - chance) < 4.5 * np.sqrt(chance * (1 - chance) / SAMPLES)


def test_dispatches__by_zone_and_unit_are_those_of_the_hypercube() -> None:
    sent, expected = observe(CITY, waits=False, looks=SAMPLES).sent, solve(CITY, waits=False).sent
    for zone in range(len(CITY.rates)):
        chance = expected[zone] / expected[zone].sum()
        n = sent[zone].sum()
        # calls of one zone that follow each other see like states: their share varies somewhat more than binomial
        assert (np.abs(sent[zone] / n - chance) < 6.0 * np.sqrt(chance * (1 - chance) / n) + 1e-9).all()
