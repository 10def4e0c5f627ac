"""Incidents that beget others: the simulator of `risk` against the exact laws of the Hawkes process."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..risk.branching import Clock, Process, simulate
from ..risk.clusters import Fit
from .row import ERRORS, Row, between, mean_row, share_row

__all__ = ["borel", "fano", "hawkes"]

F8 = NDArray[np.float64]
WINDOW, WARM_DAYS, DAYS = 200.0, 5, 1000  # windows in hours; the memory is 1 hour
HAWKES = "Hawkes 1971; Hawkes & Oakes 1974"
MEMORIES = (0.25, 876.0)


def fano(ratio: float, window: float) -> float:
    """Give variance over mean of the counts of a window, in memories, of the stationary process: 1/(1-n)² in the limit.

    From the covariance density mu n beta (2 - n) / (2 (1 - n)²) exp(-beta (1 - n) t) (Hawkes 1971).
    """
    x = (1.0 - ratio) * window
    return 1.0 + ratio * (2.0 - ratio) / (1.0 - ratio) ** 2 * (1.0 - (1.0 - math.exp(-x)) / x)


def borel(n: F8, m: float) -> F8:
    """Give P(n) = exp(-m n) (m n)^(n-1) / n!, the size of a cluster, the first one counted."""
    logs = [-m * k + (k - 1) * math.log(m * k) - math.lgamma(k + 1) for k in n]
    return np.asarray(np.exp(np.array(logs)))


def hawkes(*, factor: float = 1.0, replicates: int = 20) -> Iterator[Row]:
    """Give rate, variance of counts, sizes of clusters, the fit of a long history. `factor` multiplies the ratio."""
    for ratio, want in ((0.3, 1.429), (0.6, 2.5), (0.9, 10.0)):
        process = Process(np.array([1.0]), Clock.even(DAYS), ratio * factor, 1.0)
        counts = np.array([_counts(process, replicate) for replicate in range(replicates)])
        what = f"rate / background, n = {ratio:g}, simulated"
        yield mean_row("hawkes", what, HAWKES, want, counts.mean(axis=1) / WINDOW, slack=5e-4)
        spread = counts.var(axis=1, ddof=1) / counts.mean()
        what = f"variance / mean in {WINDOW:g} memories, n = {ratio:g}, simulated"
        yield mean_row("hawkes", what, HAWKES, fano(ratio, WINDOW), spread)
    m = 0.6
    values = (0.548812, 0.180717, 0.089261, 0.052254, 0.033606)
    early = Clock(np.ones(24), np.array([2.0, 0.0]), np.zeros(2, np.int64))  # nothing begins on the second day
    process = Process(np.array([100.0 * replicates]), early, m * factor, 50.0)
    sizes = np.unique(simulate(process, seed=5).cluster, return_counts=True)[1]
    law = borel(np.arange(1.0, 400.0), m * factor)
    for n, want in enumerate(values, 1):
        yield Row("hawkes", f"P(cluster of {n}), m = .6, by formula", "Borel 1942", want, float(law[n - 1]), 6e-7)
        what = f"P(cluster of {n}), m = .6, simulated"
        yield share_row("hawkes", what, "Borel 1942", want, int((sizes == n).sum()), len(sizes))
    error = ERRORS * math.sqrt(m / (1.0 - m) ** 3 / len(sizes))
    what = "mean size of a cluster, m = .6, simulated"
    yield Row("hawkes", what, "1/(1 - m), variance m/(1 - m)^3", 2.5, float(sizes.mean()), error)
    yield from _recovered(factor)


def _counts(process: Process, replicate: int) -> NDArray[np.int64]:
    """Count the incidents of each window, warmed up."""
    windows = int(process.clock.hours // WINDOW)
    made = simulate(process, seed=3, replicate=replicate, warm_days=WARM_DAYS)
    return np.bincount((made.when // WINDOW).astype(int), minlength=windows)[:windows]


def _recovered(factor: float) -> Iterator[Row]:
    """Fit what was simulated: the true ratio and memory lie in the fit's own 90 % intervals, and near."""
    places, days = 20, 1500
    weight = np.random.default_rng(0).gamma(0.7, 1.0, places)
    clock = Clock.even(days)
    process = Process(weight / weight.sum() * 3000 * 0.5 / clock.hours, clock, 0.5 * factor, 1 / 6.0)
    fit = Fit(simulate(process, seed=10), clock, None, MEMORIES, places)
    yield Row("hawkes", "ratio found in 3,000 incidents", "simulated with n = .5", 0.5, fit.best.ratio, 0.05)
    what = "memory found in 3,000 incidents (hours)"
    yield Row("hawkes", what, "simulated with 6 h", 6.0, 1.0 / fit.best.decay, 0.9)
    low, high = fit.interval("ratio")
    yield between("hawkes", "the true ratio, in the fit's 90 % interval", "simulated with n = .5", low, high, 0.5)
