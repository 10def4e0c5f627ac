"""How often our own 95 % intervals hold the truth: shares, medians of pooled calls, means over replicates."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ..rehearsal.intervals import clustered_median, clustered_share, mean_interval, wilson
from .row import ERRORS, Row, between
from .worlds import queue_world

__all__ = ["intervals"]

F8 = NDArray[np.float64]
LOAD = 0.6  # of one server: more than half of the calls wait, and the start is forgotten in 20 service times
WARM, SPAN, TAIL = 160.0, 60.0, 60.0  # service times: before, with and after the calls that count
SOURCE = "95 % by construction; slack of .015 for what is asymptotic"
SLACK = 0.015
ENSEMBLE = 100  # replicates behind one interval


def intervals(*, shift: float = 0.0, ensembles: int = 1000) -> Iterator[Row]:
    """Give the coverage of every kind of interval; `shift` moves each truth by so many standard deviations."""
    yield from _shares(shift)
    for name, hits, n in (
        ("share, 5 calls a replicate that go together, 80 replicates", _clustered_shares(shift, 2000), 2000),
        ("median of pooled calls that go together, 60 replicates", _clustered_medians(shift, 2000), 2000),
    ):
        yield _covered(name, hits, n)
    yield from _queue(shift, ensembles)


def _covered(name: str, hits: int, n: int) -> Row:
    """Ask for 95 % but for luck and the slack."""
    half = SLACK + ERRORS * math.sqrt(0.05 * 0.95 / n)
    return between("intervals", f"{name}: intervals that hold the truth", SOURCE, 0.95 - half, 0.95 + half, hits / n)


def _shares(shift: float) -> Iterator[Row]:
    """Sum Wilson's coverage over the binomial law exactly, on the average over true shares from .02 to .98."""
    truths = np.linspace(0.02, 0.98, 97)
    for n in (20, 100, 1000):
        seen = np.arange(n + 1)
        ends = [wilson(k / n, n) for k in seen]
        low, high = np.array([e.low for e in ends]), np.array([e.high for e in ends])
        covered = []
        for p in truths:
            moved = p + shift * math.sqrt(p * (1.0 - p) / n)
            held = (low <= moved) & (moved <= high)
            covered.append(float(stats.binom.pmf(seen[held], n, p).sum()))
        what = f"share of {n} independent calls (Wilson): mean coverage, exact"
        yield between("intervals", what, "Wilson 1927; Newcombe 1998", 0.945, 0.96, float(np.mean(covered)))


def _clustered_shares(shift: float, n: int) -> int:
    rng, hits, spread = np.random.default_rng(46), 0, math.sqrt(0.25 * 0.75 / 400)
    for _ in range(n):
        luck = np.repeat(rng.beta(2.0, 6.0, 80), 5)
        found = clustered_share(rng.random(400) < luck, np.repeat(np.arange(80), 5))
        hits += found.low <= 0.25 + shift * spread <= found.high
    return hits


def _clustered_medians(shift: float, n: int) -> int:
    """Let calls be a replicate's own luck and their own, both normal: the median of all is 0."""
    rng, hits, cluster = np.random.default_rng(47), 0, np.repeat(np.arange(60), 8)
    spread = 1.2533 * math.sqrt(2.0 / 480)
    for _ in range(n):
        values = np.repeat(rng.normal(size=60), 8) + rng.normal(size=480)
        found = clustered_median(values, cluster)
        hits += found.low <= shift * spread <= found.high
    return hits


def _queue(shift: float, ensembles: int) -> Iterator[Row]:
    """M/M/1 in the engine: the mean wait and the median wait, from ensembles of a hundred replicates each."""
    drain = 1.0 - LOAD
    median, mean = math.log(LOAD / 0.5) / drain, LOAD / drain  # P(wait > t) = load exp(-(1 - load) t)
    world, means, medians = queue_world(1, LOAD, waits=True), 0, 0
    for ensemble in range(ensembles):
        sums, pooled, cluster = list[float](), list[F8](), list[int]()
        for replicate in range(ENSEMBLE):
            world.reset(seed=48, replicate=ensemble * ENSEMBLE + replicate)
            world.advance(WARM + SPAN + TAIL)
            table = world.state.response[: int(world.state.world[0].responses)]
            counted = np.asarray(table.seconds[(table.called > WARM) & (table.called <= WARM + SPAN)])
            sums.append(float(counted.sum()) / (LOAD * SPAN))
            pooled.append(counted)
            cluster += [replicate] * len(counted)
        of_mean, of_median = mean_interval(sums), clustered_median(np.concatenate(pooled), cluster)
        means += of_mean.low <= mean + shift * mean / math.sqrt(ENSEMBLE) <= of_mean.high
        medians += of_median.low <= median + shift * median / math.sqrt(ENSEMBLE) <= of_median.high
    what = f"wait in M/M/1, load {LOAD:g}, engine, {ENSEMBLE} replicates"
    yield _covered(f"mean {what}", means, ensembles)
    yield _covered(f"median {what}", medians, ensembles)
