"""Counts on a grid of areas, and a prior for them: what the tests of the hazard model share."""

import numpy as np

from sispamkota.risk.counts import Counts
from sispamkota.risk.prior import Prior

KINDS = ("vandalism", "clash")


def grid(rows, columns):
    """Pairs of cells of a grid that share a side."""
    cell = np.arange(rows * columns).reshape(rows, columns)
    across = np.stack([cell[:, :-1].ravel(), cell[:, 1:].ravel()], axis=1)
    return np.vstack([across, np.stack([cell[:-1].ravel(), cell[1:].ravel()], axis=1)])


def counts_of(events, *, days=60.0, population=None, covariates=None, neighbours=None, kinds=KINDS, names=None):
    """Counts from events (place, kind, 24), on a line of places where no neighbours are given."""
    n = len(events)
    columns = np.zeros((n, 0)) if covariates is None else np.asarray(covariates, float)
    return Counts(
        places=tuple(f"p{i:04d}" for i in range(n)),
        kinds=kinds,
        events=np.asarray(events, np.int64),
        untimed=np.zeros((n, len(kinds)), np.int64),
        exposure=np.full(24, float(days)),
        population=np.full(n, 1000.0) if population is None else np.asarray(population, float),
        covariates=columns,
        names=names or tuple(f"x{i}" for i in range(columns.shape[1])),
        neighbours=grid(1, n) if neighbours is None else neighbours,
    )


def prior_of(kinds=KINDS):
    return Prior.load(["pilkada"], kinds)


def small(seed=5, *, side=4, days=60.0, mean=0.4):
    """A square of areas with people, one indicator and some events."""
    rng = np.random.default_rng(seed)
    n = side * side
    lean = np.exp(0.5 * rng.standard_normal(n))
    events = rng.poisson(mean * lean[:, None, None] * np.ones((n, 2, 24)) / 4.0)
    return counts_of(
        events,
        days=days,
        population=rng.uniform(1e3, 9e3, n),
        covariates=rng.standard_normal((n, 1)),
        neighbours=grid(side, side),
    )
