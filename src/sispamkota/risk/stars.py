"""Reports at places whose rate is a factor that all places share and one of their own: the exact posterior.

# g ~ Gamma(k, rate) shared, o_i ~ Gamma(k_i, rate_i) of place i; cells c of i: n_c events at rate a_c g + b_c o_i
Given g the places are independent, and each is a finite sum over how many of its events are of its own factor:
Π_c (a_c g + b_c o)^n_c = Σ_j w_j g^(N−j) o^j, and E[o^j] is known. What is left is one integral, over log g.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

__all__ = ["Leaf", "Moment", "solve_star"]

F8 = NDArray[np.float64]
_COARSE, _FINE, _TAIL = 4_001, 2_001, 40.0
_LEAST_LOG, _MOST_LOG = -400.0, 20.0  # of g: beyond lies nothing that a double tells from 0


class Leaf(NamedTuple):
    """Hold one place: gamma shape and rate of its own factor, and its cells: events, share of g, share of o."""

    shape: float
    rate: float
    cells: Sequence[tuple[int, float, float]]


class Moment(NamedTuple):
    """Give mean and variance of a factor after the reports."""

    mean: float
    variance: float


def solve_star(shape: float, rate: float, leaves: Sequence[Leaf]) -> tuple[Moment, list[Moment]]:
    """Give the moments of the shared factor and of each place's own, exact up to the quadrature.

    `shape` and `rate` are those of the shared factor with what was watched in `rate`, but without the events.
    """
    weights = [_ways(leaf.cells) for leaf in leaves]

    def log_density(u: F8) -> tuple[F8, list[F8]]:
        terms = [_terms(leaf, ways, u) for leaf, ways in zip(leaves, weights, strict=True)]
        return shape * u - rate * np.exp(u) + sum((logsumexp(each, axis=0) for each in terms), np.zeros_like(u)), terms

    wide = np.linspace(_LEAST_LOG, _MOST_LOG, _COARSE)
    density, _ = log_density(wide)
    kept = np.flatnonzero(density > density.max() - _TAIL)
    ends = wide[max(kept[0] - 1, 0)], wide[min(kept[-1] + 1, wide.size - 1)]
    u = np.linspace(*ends, _FINE)
    density, terms = log_density(u)
    p = np.exp(density - density.max())
    p /= p.sum()
    g = np.exp(u)
    own = []
    for leaf, each in zip(leaves, terms, strict=True):
        share = np.exp(each - logsumexp(each, axis=0)) @ p  # of each number of own events
        grown = leaf.shape + np.arange(share.size)
        mean = float(share @ grown) / leaf.rate
        own.append(Moment(mean, float(share @ (grown * (grown + 1.0))) / leaf.rate**2 - mean**2))
    mean = float(p @ g)
    return Moment(mean, float(p @ g**2) - mean**2), own


def _ways(cells: Sequence[tuple[int, float, float]]) -> F8:
    """Give log w_j, j = 0 … N, up to a constant: each cell is a binomial of its two shares, and cells add."""
    ways = np.ones(1)
    for events, shared, own in cells:
        both = shared + own
        chance, j = own / both, np.arange(events + 1)
        log = gammaln(events + 1) - gammaln(j + 1) - gammaln(events - j + 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            log = log + np.where(j > 0, j * np.log(chance), 0.0)
            log = log + np.where(events > j, (events - j) * np.log1p(-chance), 0.0)
        ways = np.convolve(ways, np.exp(log))
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(ways))


def _terms(leaf: Leaf, ways: F8, u: F8) -> F8:
    """Give log w_j + (N − j) log g + log E[o^j], (j, u)."""
    j = np.arange(ways.size)
    moment = gammaln(leaf.shape + j) - gammaln(leaf.shape) - j * np.log(leaf.rate)
    return np.asarray((ways + moment)[:, None] + (ways.size - 1 - j)[:, None] * u)
