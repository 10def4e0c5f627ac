"""L6: with all numbers scaled up together, a crowd follows its ordinary differential equations."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, stats

from laws.worlds import PLAIN, crowd_world, scaled
from sispamkota.kernels import layout as at
from sispamkota.rehearsal.specs import UnitSpec
from sispamkota.rehearsal.world import World

LEVEL = 1e-5
MINUTE = 60.0
SIZES = (20, 80, 320) if PLAIN else (200, 800, 3200)
VIOLENT, OFFICERS, TALKERS, HALF = 0.1, 0.15, 0.05, 0.05  # shares of N
TIMES = np.arange(1.0, 31.0) * MINUTE
NEVER = 1e18  # a threshold that no crowd passes
TOLERANCE = 0.35 if PLAIN else 0.1  # of the slope: seven standard errors of a mean square's logarithm
BIAS = 3.0  # persons by which the mean strays from the equations, whatever N: 3.1 ± 0.6 seen at most (S, N = 200)
RATES = {
    "epsilon": 0.01 / MINUTE,
    "beta": 0.4 / MINUTE,
    "gamma": 0.08 / MINUTE,
    "omega": 0.03 / MINUTE,
    "rho": 0.12 / MINUTE,
    "leave_rate": 0.01 / MINUTE,
    "nu": 0.8,
    "delta": 2.0,
}


def flow(_t: float, y: NDArray[np.float64]) -> list[float]:
    """Return the change of S, I and R per second, in shares of the first N (docs/explanation/crowd.md)."""
    s, i, r = y
    n, talk = s + i + r, 1.0 + RATES["nu"] * TALKERS / (TALKERS + HALF)
    turn = s * (RATES["epsilon"] / talk + RATES["beta"] * i / n) / (1.0 + RATES["delta"] * OFFICERS / n)
    calm, tire = RATES["gamma"] * talk * i, RATES["omega"] * i
    removed = RATES["rho"] * i * OFFICERS / (i + OFFICERS)
    leave = RATES["leave_rate"]
    return [calm - turn - leave * s, turn - calm - tire - removed, tire - leave * r]


@cache
def limit() -> NDArray[np.float64]:
    """Return the shares S, I, R at each time, [time, 3]."""
    start = [1.0 - VIOLENT, VIOLENT, 0.0]
    solved = integrate.solve_ivp(flow, (0.0, TIMES[-1]), start, t_eval=TIMES, rtol=1e-10, atol=1e-12)
    assert solved.success
    return np.asarray(solved.y.T)


def crowd_of(n: int) -> World:
    """One crowd of n, officers and negotiators there from the start, in proportion; the stage never changes."""
    violent, officers, talkers = round(VIOLENT * n), round(OFFICERS * n), round(TALKERS * n)
    units = [
        UnitSpec("dalmas", "p", officers, (at.CROWD_0,), task=at.TASK_GUARD),
        UnitSpec("negosiator", "p", talkers, (at.DIALOGUE,), task=at.TASK_GUARD),
    ]
    never = {"kuning_violent": NEVER, "merah_violent": NEVER}
    return crowd_world(n - violent, violent, units=units, n_half=HALF * n, **RATES, **never)


@cache
def shares(n: int) -> NDArray[np.float64]:
    """Play the crowd; return the shares S, I, R, [replicate, time, 3]."""
    world = crowd_of(n)
    out = np.empty((scaled(400, 30), len(TIMES), 3))
    for replicate in range(len(out)):
        world.reset(seed=61, replicate=replicate)
        for step, t in enumerate(TIMES):
            world.advance(t)
            c = world.state.crowd[0]
            out[replicate, step] = c.S.sum(), c.I.sum(), c.R
        assert c.stage == at.HIJAU
    return out / n


def test_limit__is_far_from_where_it_began() -> None:
    """The test's own equations first: violence grows, peaks and falls, and every channel has moved people."""
    violent = limit()[:, 1]
    assert violent.max() > 2.0 * VIOLENT
    assert violent[-1] < 0.8 * violent.max()
    assert limit()[-1].sum() < 0.8
    assert limit()[-1, 2] > 0.1


def test_error__falls_as_one_over_root_n() -> None:
    """The root mean square distance from the equations has slope −1/2 in N, logarithms of both (see TOLERANCE)."""
    errors = [math.sqrt(np.mean((shares(n) - limit()) ** 2)) for n in SIZES]
    slope = float(np.polyfit(np.log(SIZES), np.log(errors), 1)[0])
    assert slope == pytest.approx(-0.5, abs=TOLERANCE), errors


def test_mean__of_the_largest_crowd_is_the_equations() -> None:
    """S, I and R at 5, 10, 20 and 30 minutes: z-tests, together at level 1e-5, beyond the mean's own bias.

    The mean of a crowd of N differs from the equations by a term in 1/N, for the rates are not linear.
    """
    n = SIZES[-1]
    at_times = np.isin(TIMES, np.array([5.0, 10.0, 20.0, 30.0]) * MINUTE)
    seen, expected = shares(n)[:, at_times], limit()[at_times]
    error = seen.std(axis=0, ddof=1) / math.sqrt(len(seen))
    far = np.maximum(0.0, np.abs(seen.mean(axis=0) - expected) - BIAS / n) / error
    assert far.max() < stats.norm.isf(LEVEL / 2 / far.size), far
