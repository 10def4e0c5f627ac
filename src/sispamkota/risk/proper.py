"""Proper scores: how far a forecast that says how sure it is was from what came. Smaller is better, everywhere.

Laws of counts are the Poisson and the gamma-Poisson (a Poisson whose rate is gamma: the negative binomial), given by
mean and shape; an infinite shape is the Poisson, a mean of 0 is the certainty of 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "BrierParts",
    "brier",
    "brier_parts",
    "count_cdf",
    "count_interval",
    "count_pmf",
    "coverage",
    "crps_count",
    "crps_ensemble",
    "crps_negative_binomial",
    "crps_poisson",
    "log_score",
    "log_score_count",
    "pit",
    "pit_histogram",
    "reliability",
]

F8 = NDArray[np.float64]
_TAIL = 1e-14  # what a sum over counts leaves out above
_FIRST = 8  # counts that a sum looks at first; twice as many each time it goes on


# --- the laws of counts -----------------------------------------------------------------------------------------------


def _law(mean: ArrayLike, shape: ArrayLike) -> tuple[F8, F8, F8]:
    """Give mean, shape and the negative binomial's p = shape / (shape + mean), all of one shape; p is 1 for Poisson."""
    m, r = np.broadcast_arrays(np.asarray(mean, np.float64), np.asarray(shape, np.float64))
    if not (np.isfinite(m).all() and (m >= 0).all() and (r > 0).all()):
        raise ValueError("a mean is finite and 0 or more, a shape is above 0")
    with np.errstate(invalid="ignore"):
        p = np.where(np.isinf(r), 1.0, r / (r + m))
    return m, r, p


def count_pmf(k: ArrayLike, mean: ArrayLike, shape: ArrayLike) -> F8:
    """Give P(count = k) under a gamma-Poisson of this mean and shape; arrays broadcast, k below 0 has 0."""
    at = np.asarray(k, np.float64)
    return np.where(at < 0, 0.0, np.exp(-log_score_count(np.maximum(at, 0.0), mean, shape)))


def count_cdf(k: ArrayLike, mean: ArrayLike, shape: ArrayLike) -> F8:
    """Give P(count ≤ k) under a gamma-Poisson of this mean and shape; arrays broadcast, k below 0 has 0."""
    from scipy.special import betainc, gammaincc

    m, r, p = _law(mean, shape)
    at = np.asarray(k, np.float64)
    up = np.floor(np.maximum(at, 0.0)) + 1.0
    finite = np.isfinite(r)
    mixed, plain = betainc(np.where(finite, r, 1.0), up, p), gammaincc(up, m)
    return np.asarray(np.where(at < 0, 0.0, np.where(finite, mixed, plain)), np.float64)


def count_interval(mean: ArrayLike, shape: ArrayLike, level: float) -> tuple[F8, F8]:
    """Give the central interval of counts that holds at least `level`, both ends inside."""
    from scipy.stats import nbinom, poisson

    m, r, p = _law(mean, shape)
    finite, ends = np.isfinite(r), []
    for share in ((1 - level) / 2, (1 + level) / 2):
        end = np.where(
            finite, nbinom.ppf(share, np.where(finite, r, 1.0), np.where(finite, p, 0.5)), poisson.ppf(share, m)
        )
        ends.append(np.where(m == 0, 0.0, end))
    return ends[0], ends[1]


# --- continuous ranked probability score ------------------------------------------------------------------------------


def crps_ensemble(members: ArrayLike, observed: ArrayLike, *, fair: bool = False) -> F8:
    """Score draws against what came: mean |X - y| - ½ mean |X - X'|, in the unit of y.

    Parameters
    ----------
    members : float[..., draw]
    observed : float[...]
    fair : bool
        Divide the second mean by m (m - 1) and not m², so that few draws are not scored as if they were the law
        (Ferro 2014).

    Returns
    -------
    float[...]
        The first form is that of Gneiting & Raftery 2007, eq. 21, with the empirical law of the draws.
    """
    x = np.sort(np.asarray(members, np.float64), axis=-1)
    y = np.asarray(observed, np.float64)
    m = x.shape[-1]
    if m < (2 if fair else 1):
        raise ValueError("an ensemble has a draw; a fair score asks for two")
    miss = np.abs(x - y[..., None]).mean(axis=-1)
    spread = (x * (2 * np.arange(1, m + 1) - m - 1)).sum(axis=-1)  # half the sum of |X - X'| over all pairs
    return np.asarray(miss - spread / (m * (m - 1) if fair else m * m), np.float64)


def crps_count(observed: ArrayLike, mean: ArrayLike, shape: ArrayLike) -> F8:
    """Score a gamma-Poisson forecast of counts: Σ over k ≥ 0 of (P(count ≤ k) - [y ≤ k])².

    The sum is the integral of the definition, for the law lives on whole numbers; it runs until less than 1e-14 of the
    law is left and y is passed. Arrays broadcast.
    """
    y, m, r = np.broadcast_arrays(np.asarray(observed, np.float64), *_law(mean, shape)[:2])
    total, start, step = np.zeros(y.shape), 0, _FIRST
    live = np.ones(y.shape, bool)
    while live.any():
        k = np.arange(start, start + step)
        cdf = count_cdf(k, m[live][:, None], r[live][:, None])
        total[live] += ((cdf - (y[live][:, None] <= k)) ** 2).sum(axis=-1)
        start, step = start + step, 2 * step
        live[live] = (1.0 - cdf[:, -1] > _TAIL) | (y[live] >= start)
    return total


def crps_poisson(observed: ArrayLike, mean: ArrayLike) -> F8:
    """Score a Poisson forecast of counts."""
    return crps_count(observed, mean, math.inf)


def crps_negative_binomial(observed: ArrayLike, n: ArrayLike, p: ArrayLike) -> F8:
    """Score a negative binomial forecast: failures before the n-th success of chance p; n need not be whole."""
    n, p = np.asarray(n, np.float64), np.asarray(p, np.float64)
    return crps_count(observed, n * (1 - p) / p, n)


# --- logarithmic score ------------------------------------------------------------------------------------------------


def log_score(probability: ArrayLike) -> F8:
    """Score the probability that was given to what came: -log p, in nats; infinite where that was ruled out."""
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log(np.asarray(probability, np.float64)), np.float64)


def log_score_count(observed: ArrayLike, mean: ArrayLike, shape: ArrayLike) -> F8:
    """Score a gamma-Poisson forecast of counts: -log P(count = y), in nats."""
    from scipy.special import gammaln, xlog1py, xlogy

    y = np.asarray(observed, np.float64)
    m, r, p = _law(mean, shape)
    finite = np.isfinite(r)
    r = np.where(finite, r, 1.0)
    p = np.where(finite, p, 0.5)
    mixed = gammaln(y + r) - gammaln(r) - gammaln(y + 1) + xlogy(r, p) + xlog1py(y, -p)
    plain = xlogy(y, m) - m - gammaln(y + 1)
    return np.asarray(-np.where(finite, mixed, plain), np.float64)


# --- events that come or do not ---------------------------------------------------------------------------------------


def brier(probability: ArrayLike, came: ArrayLike) -> F8:
    """Score probabilities of an event against whether it came (0 or 1): (p - o)² (Brier 1950)."""
    return (np.asarray(probability, np.float64) - np.asarray(came, np.float64)) ** 2


@dataclass(frozen=True)
class BrierParts:
    """Hold the parts of a mean Brier score: score = reliability - resolution + uncertainty + within.

    `within` is what forecasts that share a bin differ from their mean (0 where each bin has one forecast).
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float


def brier_parts(probability: ArrayLike, came: ArrayLike, *, bins: int | None = None) -> BrierParts:
    """Part the mean Brier score (Murphy 1973; with the terms within bins of Stephenson, Coelho & Jolliffe 2008).

    `bins` of equal width from 0 to 1; without it each value of the forecast is a bin of its own.
    """
    p, o = np.ravel(np.asarray(probability, np.float64)), np.ravel(np.asarray(came, np.float64))
    if not p.size:
        raise ValueError("no forecasts")
    labels = p if bins is None else np.minimum((p * bins).astype(np.int64), bins - 1)
    _, at = np.unique(labels, return_inverse=True)
    n = np.bincount(at)
    p_bin, o_bin, base = np.bincount(at, p) / n, np.bincount(at, o) / n, o.mean()
    off = p - p_bin[at]
    return BrierParts(
        score=float(brier(p, o).mean()),
        reliability=float((n * (p_bin - o_bin) ** 2).sum() / p.size),
        resolution=float((n * (o_bin - base) ** 2).sum() / p.size),
        uncertainty=float(base * (1 - base)),
        within=float((off**2 - 2 * off * (o - o_bin[at])).mean()),
    )


def reliability(probability: ArrayLike, came: ArrayLike, *, bins: int = 10) -> tuple[F8, F8, NDArray[np.int64]]:
    """Give the reliability curve: mean forecast, share that came, and number, of each bin that has a forecast.

    Bins hold equally many forecasts where their values allow it, for chances of rare events crowd near 0.
    """
    p, o = np.ravel(np.asarray(probability, np.float64)), np.ravel(np.asarray(came, np.float64))
    if not p.size:
        return np.zeros(0), np.zeros(0), np.zeros(0, np.int64)
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)))
    at = np.clip(np.searchsorted(edges, p, side="right") - 1, 0, max(edges.size - 2, 0))
    n = np.bincount(at)
    full = n > 0
    return np.bincount(at, p)[full] / n[full], np.bincount(at, o)[full] / n[full], n[full]


# --- calibration ------------------------------------------------------------------------------------------------------


def pit(below: ArrayLike, upto: ArrayLike, u: ArrayLike) -> F8:
    """Give the randomised probability integral transform of counts: F(y - 1) + u · (F(y) - F(y - 1)).

    `below` is F(y - 1), `upto` F(y), u uniform from 0 to 1. Uniform if the forecasts are calibrated (Smith 1985).
    """
    low, high = np.asarray(below, np.float64), np.asarray(upto, np.float64)
    return low + np.asarray(u, np.float64) * (high - low)


def pit_histogram(below: ArrayLike, upto: ArrayLike, *, bins: int = 10) -> F8:
    """Give the share of each bin in the histogram that `pit` has on average (Czado, Gneiting & Held 2009)."""
    low, high = np.ravel(np.asarray(below, np.float64)), np.ravel(np.asarray(upto, np.float64))
    edges = np.linspace(0, 1, bins + 1)
    width = high - low
    with np.errstate(divide="ignore", invalid="ignore"):
        passed = np.where(
            width[:, None] > 0, (edges - low[:, None]) / width[:, None], (edges >= high[:, None]).astype(float)
        )
    return np.asarray(np.diff(np.clip(passed, 0, 1).mean(axis=0)), np.float64)


def coverage(observed: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Give the share of what came that lay in its interval, both ends inside; NaN where nothing came."""
    y = np.asarray(observed, np.float64)
    inside: NDArray[Any] = (y >= np.asarray(low, np.float64)) & (y <= np.asarray(high, np.float64))
    return float(inside.mean()) if inside.size else math.nan
