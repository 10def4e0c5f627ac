"""Sensitivity on a function whose answer is known: Sobol's indices, and the Morris design as the program runs it.

`rehearse --sensitivity` takes Morris's design, so that is what must be right; its elementary effects of this function
can be listed one by one. Sobol's indices, which the program does not print, are a reference model here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..rehearsal.sensitivity import LEVELS
from .row import ERRORS, Row

__all__ = ["ishigami", "sobol"]

F8 = NDArray[np.float64]
SOURCE = "Ishigami & Homma 1990 (a = 7, b = .1), analytic"
FIRST, TOTAL = (0.31391, 0.44241, 0.0), (0.55759, 0.44241, 0.24368)
SIDE = math.pi  # each input from -SIDE to SIDE


def _function(x: F8, a: float, b: float) -> F8:
    """Give sin x1 + a sin² x2 + b x3⁴ sin x1, (n, 3) to (n,)."""
    return np.asarray(np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0]))


def sobol(function: Callable[[F8], F8], inputs: int, *, points: int, seed: int) -> tuple[F8, F8]:
    """Estimate first-order and total indices on the unit cube, each (inputs,), by Jansen's and Saltelli's estimators.

    Saltelli and others 2010, table 2 (b) and (f), on a scrambled Sobol sequence of points (a power of two).
    """
    from scipy.stats import qmc

    both = qmc.Sobol(2 * inputs, scramble=True, rng=np.random.default_rng(seed)).random(points)
    a, b = both[:, :inputs], both[:, inputs:]
    f_a, f_b = function(a), function(b)
    spread = np.concatenate([f_a, f_b]).var()
    first, total = np.empty(inputs), np.empty(inputs)
    for i in range(inputs):
        mixed = a.copy()
        mixed[:, i] = b[:, i]
        f_m = function(mixed)
        first[i] = np.mean(f_b * (f_m - f_a)) / spread
        total[i] = np.mean((f_a - f_m) ** 2) / (2.0 * spread)
    return first, total


def ishigami(*, a: float = 7.0, b: float = 0.1, trajectories: int = 2000) -> Iterator[Row]:
    """Give Sobol's indices from 2 x 4,096 points, and Morris's mean absolute effects against the list of all."""
    first, total = sobol(lambda u: _function(SIDE * (2.0 * u - 1.0), a, b), 3, points=4096, seed=43)
    for i in range(3):
        yield Row("ishigami", f"first-order index of x{i + 1}, Sobol", SOURCE, FIRST[i], float(first[i]), 0.02)
        yield Row("ishigami", f"total index of x{i + 1}, Sobol", SOURCE, TOTAL[i], float(total[i]), 0.02)
    if find_spec("SALib") is not None:  # the extra `sensitivity`, without which the program has no such design
        yield from _morris_rows(a, b, trajectories)


def _morris_rows(a: float, b: float, trajectories: int) -> Iterator[Row]:
    """Hold the design's mean absolute effects against those of the whole grid."""
    from SALib.analyze import morris as analysis
    from SALib.sample import morris as sampling

    problem = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[-SIDE, SIDE]] * 3}
    points = sampling.sample(problem, trajectories, num_levels=LEVELS, seed=44)
    found = analysis.analyze(problem, points, _function(points, a, b), num_levels=LEVELS, seed=44)
    levels = np.linspace(-SIDE, SIDE, LEVELS)
    grid = np.array([*product(levels, repeat=3)])
    jump = LEVELS // 2  # the step of the design: 2/3 of the range for four levels
    for i in range(3):
        low = grid[np.isin(grid[:, i], levels[: LEVELS - jump])]
        high = low.copy()
        high[:, i] += levels[jump] - levels[0]
        effects = np.abs(_function(high, 7.0, 0.1) - _function(low, 7.0, 0.1)) / (jump / (LEVELS - 1))
        error = ERRORS * float(effects.std()) / math.sqrt(trajectories)
        what = f"mean absolute effect of x{i + 1}, Morris, {trajectories} trajectories"
        source = "all elementary effects of the grid (Morris 1991)"
        yield Row("ishigami", what, source, float(effects.mean()), float(found["mu_star"][i]), error + 1e-9)
