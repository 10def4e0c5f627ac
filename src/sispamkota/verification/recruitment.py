"""Recruitment on a lattice (Clements & Fadai 2022): a reference model, for the engine's crowds have no sites.

The mean field is from the authors' published code; the values asked of it were computed by other code. The lattice has
no published numbers that could be read: it is asked to follow the mean field where people move fast.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import integrate

from ..kernels import lattice
from .row import ERRORS, Row

__all__ = ["LINEAR", "THRESHOLD", "Rule", "mean_field", "play", "recruitment"]

F8 = NDArray[np.float64]
WIDE, HIGH, FAST = 200, 20, 100.0  # sites; motility over the largest rate
NEAR = 0.04  # share by which the lattice may stray from the mean field: people move fast, not infinitely fast
SOURCE = "Clements & Fadai 2022, mean field of the authors' code"


@dataclass(frozen=True)
class Rule:
    """Hold the rates by k = 0 ... 4 neighbours of the other kind, the shares at the start, and what is published."""

    name: str
    recruit: tuple[float, ...]
    defect: tuple[float, ...]
    violent: float = 0.05
    bystanders: float = 0.25
    known: tuple[tuple[float, float], ...] = ()

    def rates(self, factor: float) -> F8:
        """Give the rates, [2, 5], those of recruitment times a factor."""
        return np.array([np.multiply(self.recruit, factor), self.defect])


THRESHOLD = Rule(
    "two neighbours recruit",
    (0.0, 0.0, 1.0, 1.0, 1.0),
    (1.0,) * 5,
    known=((1.0, 0.019321), (2.0, 0.007258), (4.0, 0.000993)),
)
LINEAR = Rule(
    "each neighbour recruits",
    (0.0, 0.25, 0.5, 0.75, 1.0),
    (0.075,) * 5,
    known=((1.0, 0.059292), (2.0, 0.069623), (4.0, 0.092860), (8.0, 0.142536)),
)


def mean_field(rule: Rule, times: F8, *, factor: float = 1.0) -> F8:
    """Solve dr/dt = b ΣR_k C(4,k) r^k (1-r)^(4-k) - r ΣD_k C(4,k) b^k (1-b)^(4-k), b + r constant; r at each time."""
    recruit, defect = rule.rates(factor)
    k = np.arange(5)
    ways = np.array([math.comb(4, int(each)) for each in k])

    def flow(_t: float, y: F8) -> list[float]:
        r, b = float(y[0]), float(rule.violent + rule.bystanders - y[0])
        up, down = ((rates * ways * x**k * (1.0 - x) ** (4 - k)).sum() for rates, x in ((recruit, r), (defect, b)))
        return [b * up - r * down]

    solved = integrate.solve_ivp(flow, (0.0, float(times[-1])), [rule.violent], t_eval=times, rtol=1e-10, atol=1e-13)
    return np.asarray(solved.y[0])


def play(rule: Rule, times: F8, *, replicate: int, factor: float = 1.0, fast: float = FAST) -> F8:
    """Play the lattice: the share of violent sites at each time."""
    rng = np.random.default_rng([36, replicate])
    violent, bystanders = (round(share * WIDE * HIGH) for share in (rule.violent, rule.bystanders))
    person = rng.permutation(WIDE * HIGH)[: violent + bystanders]
    sites = np.zeros((HIGH, WIDE), np.int8)
    sites.reshape(-1)[person] = lattice.BYSTANDER
    sites.reshape(-1)[person[:violent]] = lattice.VIOLENT
    rates = rule.rates(factor)
    key = np.array([36, replicate], np.int64)
    return np.asarray(lattice.play(sites, person, rates, fast * rates.max(), times, key))


def recruitment(*, factor: float = 1.0, replicates: int = 100) -> Iterator[Row]:
    """Hold the mean field against known values, and the lattice against it. `factor` multiplies recruitment."""
    for rule in (THRESHOLD, LINEAR):
        times, known = np.array(rule.known).T
        for t, want, got in zip(times, known, mean_field(rule, times, factor=factor), strict=True):
            yield Row("recruitment", f"violent at t = {t:g}, {rule.name}, mean field", SOURCE, want, float(got), 6e-7)
        runs = np.array([play(rule, times, replicate=n, factor=factor) for n in range(replicates)])
        errors = runs.std(axis=0, ddof=1) / math.sqrt(replicates)
        for t, want, got, error in zip(times, known, runs.mean(axis=0), errors, strict=True):
            what = f"violent at t = {t:g}, {rule.name}, lattice, mean of {replicates}"
            yield Row("recruitment", what, SOURCE, want, float(got), ERRORS * float(error) + NEAR * want)
