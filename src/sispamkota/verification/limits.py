"""A large crowd against its ordinary differential equations (law L6)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import integrate

from ..errors import EngineError
from ..kernels import layout as at
from ..rehearsal import World
from ..rehearsal.specs import UnitSpec
from .row import ERRORS, Row, between
from .worlds import crowd_world

__all__ = ["BIAS", "RATES", "TIMES", "VIOLENT", "crowd_of", "limit", "limit_of", "shares"]

F8 = NDArray[np.float64]
MINUTE = 60.0
VIOLENT, OFFICERS, TALKERS, HALF = 0.1, 0.15, 0.05, 0.05  # shares of N
TIMES = np.arange(1.0, 31.0) * MINUTE
NEVER = 1e18  # a threshold that no crowd passes
BIAS = 3.0  # persons by which the mean strays from the equations, whatever N: 3.1 ± 0.6 seen at most (S, N = 200)
SLOPE = 0.1  # seven standard errors of the logarithm of a mean square of 400 replicates
RATES: Mapping[str, float] = {
    "epsilon": 0.01 / MINUTE,
    "beta": 0.4 / MINUTE,
    "gamma": 0.08 / MINUTE,
    "omega": 0.03 / MINUTE,
    "rho": 0.12 / MINUTE,
    "leave_rate": 0.01 / MINUTE,
    "nu": 0.8,
    "delta": 2.0,
}
SOURCE = "the crowd's differential equations"


def _flow(_t: float, y: F8) -> list[float]:
    """Return the change of S, I and R per second, in shares of the first N (docs/explanation/crowd.md)."""
    s, i, r = y
    n, talk = s + i + r, 1.0 + RATES["nu"] * TALKERS / (TALKERS + HALF)
    turn = s * (RATES["epsilon"] / talk + RATES["beta"] * i / n) / (1.0 + RATES["delta"] * OFFICERS / n)
    calm, tire = RATES["gamma"] * talk * i, RATES["omega"] * i
    removed = RATES["rho"] * i * OFFICERS / (i + OFFICERS)
    leave = RATES["leave_rate"]
    return [calm - turn - leave * s, turn - calm - tire - removed, tire - leave * r]


def limit_of() -> F8:
    """Return the shares S, I, R at each of TIMES, [time, 3]."""
    start = [1.0 - VIOLENT, VIOLENT, 0.0]
    solved = integrate.solve_ivp(_flow, (0.0, TIMES[-1]), start, t_eval=TIMES, rtol=1e-10, atol=1e-12)
    return np.asarray(solved.y.T)


def crowd_of(n: int, **changed: float) -> World:
    """One crowd of n, officers and negotiators there from the start, in proportion; the stage never changes."""
    violent, officers, talkers = round(VIOLENT * n), round(OFFICERS * n), round(TALKERS * n)
    units = [
        UnitSpec("dalmas", "p", officers, (int(at.CROWD_0),), task=at.TASK_GUARD),
        UnitSpec("negosiator", "p", talkers, (int(at.DIALOGUE),), task=at.TASK_GUARD),
    ]
    rates = {**RATES, "kuning_violent": NEVER, "merah_violent": NEVER, "n_half": HALF * n, **changed}
    return crowd_world(n - violent, violent, units=units, **rates)


def shares(n: int, replicates: int, **changed: float) -> F8:
    """Play the crowd; return the shares S, I, R, [replicate, time, 3]."""
    world = crowd_of(n, **changed)
    out = np.empty((replicates, len(TIMES), 3))
    for replicate in range(replicates):
        world.reset(seed=61, replicate=replicate)
        for step, t in enumerate(TIMES):
            world.advance(t)
            c = world.state.crowd[0]
            out[replicate, step] = c.S.sum(), c.I.sum(), c.R
        if world.state.crowd[0].stage != at.HIJAU:
            raise EngineError("a crowd without thresholds has changed its stage")
    return out / n


def limit(*, factor: float = 1.0, replicates: int = 400) -> Iterator[Row]:
    """Ask that the error falls as one over root N, and that the mean of 3,200 is the equations'.

    `factor` multiplies beta.
    """
    wanted, sizes = limit_of(), (200, 800, 3200)
    seen = {n: shares(n, replicates, beta=factor * RATES["beta"]) for n in sizes}
    errors = [math.sqrt(np.mean((seen[n] - wanted) ** 2)) for n in sizes]
    slope = float(np.polyfit(np.log(sizes), np.log(errors), 1)[0])
    yield between("limit", "slope of log error in log N, engine", SOURCE, -0.5 - SLOPE, -0.5 + SLOPE, slope)
    for minute in (5.0, 10.0, 20.0, 30.0):
        step = int(np.flatnonzero(minute * MINUTE == TIMES)[0])
        for column, name in enumerate(("peaceful", "violent", "spent")):
            sample = seen[sizes[-1]][:, step, column]
            error = ERRORS * float(sample.std(ddof=1)) / math.sqrt(replicates) + BIAS / sizes[-1]
            what = f"share {name} after {minute:g} min, N = 3,200, engine"
            yield Row("limit", what, SOURCE, float(wanted[step, column]), float(sample.mean()), error)
