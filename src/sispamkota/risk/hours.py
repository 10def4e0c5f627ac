"""How a kind's events spread over the hours of the day: a smooth cyclic profile, drawn to that of the prior.

# j = nodes of the spread, k = kinds, h = hours
Given a kind's number of timed events they are multinomial over hours, chances ∝ exposure · profile · exp γ; γ is a
Gaussian process on the circle (periodic kernel of MacKay 1998) around 0 with one spread for all kinds, integrated out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp

from .prior import HazardModel

__all__ = ["Profiles", "fit_hours", "kernel", "spread_of"]

F8 = NDArray[np.float64]
NODES = np.linspace(-3.0, 3.0, 25)  # of the spread, in standard normal scores of its prior
_NUGGET, _STEPS, _STILL, _STRIDE = 1e-4, 200, 1e-8, 2.0


@dataclass(frozen=True, eq=False)
class Profiles:
    """Hold the posterior of log profiles, a mixture of normals: mean (j, k, 24), cov (j, k, 24, 24), weight (j,).

    A profile times `watched` (24,) sums to 1 over the day; a closed hour has a mean of minus infinity.
    """

    weight: F8
    gamma: F8
    cov: F8
    base: F8
    watched: F8

    def draw(self, rng: np.random.Generator, n: int) -> F8:
        """Draw profiles, (n, k, 24)."""
        node = rng.choice(self.weight.size, size=n, p=self.weight)
        root = np.linalg.cholesky(self.cov)
        noise = rng.standard_normal((n, *self.base.shape))
        gamma = self.gamma[node] + np.einsum("nkab,nkb->nka", root[node], noise)
        return np.exp(_normalised(self.base + gamma, self.watched))

    def moments(self) -> tuple[F8, F8, F8, F8]:
        """Give mean (k, 24), relative covariance (k, 24, 24), mean and covariance of the logarithm."""
        log = _normalised(self.base + self.gamma, self.watched)
        share = np.exp(log) * self.watched
        linear = np.eye(24) - share[..., None, :]
        cov = linear @ self.cov @ np.swapaxes(linear, -1, -2)
        variance = np.diagonal(cov, axis1=-2, axis2=-1)
        log = _normalised(log + variance / 2.0, self.watched) - variance / 2.0
        mean = np.exp(log + variance / 2.0)
        both = mean[..., :, None] * mean[..., None, :] * np.exp(cov)
        average = np.tensordot(self.weight, mean, 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            relative = np.tensordot(self.weight, both, 1) / (average[..., :, None] * average[..., None, :]) - 1.0
        finite = np.where(np.isfinite(log), log, 0.0)
        middle = np.tensordot(self.weight, finite, 1)
        off = finite - middle
        spread = np.tensordot(self.weight, cov + off[..., :, None] * off[..., None, :], 1)
        middle = np.where(np.isfinite(self.base), middle, -np.inf)
        return average, np.nan_to_num(relative, nan=0.0), middle, spread


def spread_of(score: F8 | float, bound: float, tail: float) -> F8:
    """Turn standard normal scores into draws of the exponential prior that exceeds `bound` with the chance `tail`."""
    spread: F8 = log_ndtr(-np.asarray(score, np.float64)) * bound / np.log(tail)
    return spread


def kernel(reach: float) -> F8:
    """Give the correlation of hours, (24, 24): periodic, with a length of `reach` hours."""
    apart = np.arange(24)[:, None] - np.arange(24)[None]
    length = 2.0 * np.pi * reach / 24.0
    smooth: F8 = np.exp(-2.0 * np.sin(np.pi * apart / 24.0) ** 2 / length**2) + _NUGGET * np.eye(24)
    return smooth


def _normalised(log: F8, watched: F8) -> F8:
    """Scale profiles so that they sum to 1 over what was watched."""
    with np.errstate(divide="ignore"):
        total: F8 = log - logsumexp(log + np.log(watched), axis=-1, keepdims=True)
    return total


def fit_hours(timed: F8, exposure: F8, rate: F8, model: HazardModel) -> Profiles:
    """Fit profiles to events by hour (k, 24), hours watched (24,) and rates before (k, 24), where 0 is closed."""
    watched = exposure / exposure.sum() if exposure.sum() > 0 else np.full(24, 1.0 / 24.0)
    with np.errstate(divide="ignore"):
        base = np.log(rate / rate.mean(axis=1, keepdims=True))
        ready = base + np.log(watched)
    smooth = kernel(model.hour_reach_h.value)
    spread = spread_of(NODES, model.hour_spread.value, model.tail.value)
    prior = np.linalg.inv(smooth) / spread[:, None, None, None] ** 2
    gamma = np.zeros((NODES.size, *timed.shape))
    total = timed.sum(axis=1)[:, None]
    for _ in range(_STEPS):
        share = np.exp(ready + gamma - logsumexp(ready + gamma, axis=-1, keepdims=True))
        curve = total[..., None] * (_diagonal(share) - share[..., :, None] * share[..., None, :])
        down = timed - total * share - (prior @ gamma[..., None])[..., 0]
        step = np.linalg.solve(curve + prior, down[..., None])[..., 0]
        longest = np.abs(step).max(axis=-1, keepdims=True)
        gamma = gamma + step * np.minimum(1.0, _STRIDE / np.maximum(longest, _STRIDE))
        if longest.max() < _STILL:
            break
    cov = np.linalg.inv(curve + prior)
    log = ready + gamma - logsumexp(ready + gamma, axis=-1, keepdims=True)
    fit = (timed * np.where(timed > 0, log, 0.0)).sum(axis=-1)
    penalty = (gamma * (prior @ gamma[..., None])[..., 0]).sum(axis=-1)
    evidence = fit - 0.5 * penalty - 0.5 * np.linalg.slogdet(np.eye(24) + curve @ np.linalg.inv(prior))[1]
    weight = evidence.sum(axis=1) - NODES**2 / 2.0
    return Profiles(np.exp(weight - logsumexp(weight)), gamma, cov, base, watched)


def _diagonal(share: F8) -> F8:
    """Put vectors (…, 24) on diagonals (…, 24, 24)."""
    wide: F8 = share[..., None] * np.eye(24)
    return wide
