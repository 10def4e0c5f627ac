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
DRAWS, _SEED = 4_000, 2
_NUGGET, _STEPS, _STILL, _STRIDE = 1e-4, 200, 1e-8, 2.0


@dataclass(frozen=True, eq=False)
class Profiles:
    """Hold weighted draws of the profiles, (n, k, 24) and (n,), and the moments of kinds without events in closed form.

    A profile times the share of the hours watched sums to 1 over the day; a closed hour has 0. unseen: rows of those
    kinds; mean, relative, log and spread: their moments, as `moments` gives them.
    """

    drawn: F8
    weight: F8
    unseen: NDArray[np.int64]
    quiet: tuple[F8, F8, F8, F8]

    def draw(self, rng: np.random.Generator, n: int) -> F8:
        """Draw profiles, (n, k, 24)."""
        return self.drawn[rng.choice(self.weight.size, size=n, p=self.weight)]

    def moments(self) -> tuple[F8, F8, F8, F8]:
        """Give mean (k, 24), relative covariance (k, 24, 24), mean and covariance of the logarithm."""
        mean = np.tensordot(self.weight, self.drawn, 1)
        possible = mean > 0
        relative = self.drawn / np.where(possible, mean, 1.0) - possible
        log = np.log(np.where(possible, self.drawn, 1.0))
        middle = np.tensordot(self.weight, log, 1)
        root = np.sqrt(self.weight)[:, None, None]
        both = ((root * each).transpose(1, 2, 0) for each in (relative, log - middle))
        variance, spread = (each @ each.swapaxes(1, 2) for each in both)
        found = mean, variance, np.where(possible, middle, -np.inf), spread
        for all_, part in zip(found, self.quiet, strict=True):
            all_[self.unseen] = part
        return found


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


def fit_hours(timed: F8, exposure: F8, rate: F8, model: HazardModel) -> Profiles:
    """Fit profiles to events by hour (k, 24), hours watched (24,) and rates before (k, 24), where 0 is closed.

    Laplace's approximation at each node of the spread, corrected by weighted draws.
    """
    watched = exposure / exposure.sum() if exposure.sum() > 0 else np.full(24, 1.0 / 24.0)
    with np.errstate(divide="ignore"):
        base = np.log(rate / rate.mean(axis=1, keepdims=True))
        ready = base + np.log(watched)
    spread = spread_of(NODES, model.hour_spread.value, model.tail.value)
    prior = np.linalg.inv(kernel(model.hour_reach_h.value)) / spread[:, None, None, None] ** 2
    gamma, curve = _modes(timed, ready, prior)
    cov = np.asarray(np.linalg.inv(curve + prior), np.float64)
    log = _unit(ready + gamma)
    fit = (timed * np.where(timed > 0, log, 0.0)).sum(axis=-1)
    penalty = (gamma * (prior @ gamma[..., None])[..., 0]).sum(axis=-1)
    evidence = fit - 0.5 * penalty - 0.5 * np.linalg.slogdet(np.eye(24) + curve @ np.linalg.inv(prior))[1]
    score = evidence.sum(axis=1) - NODES**2 / 2.0
    rng = np.random.default_rng(_SEED)
    node = np.sort(rng.choice(NODES.size, size=DRAWS // 2, p=np.exp(score - logsumexp(score))))
    noise = rng.standard_normal((DRAWS // 2, *timed.shape))
    off = np.einsum("nkab,nkb->nka", np.linalg.cholesky(cov)[node], noise)
    node, off = np.concatenate([node, node]), np.concatenate([off, -off])
    share = np.exp(log[node])
    total = timed.sum(axis=1)
    rise = logsumexp(log[node] + off, axis=-1)
    lean = (share * off).sum(axis=-1)
    # multinomial against its expansion at the mode; the prior is the same in both
    weight = (total * (lean - rise + 0.5 * ((share * off**2).sum(axis=-1) - lean**2))).sum(axis=1)
    drawn = base + gamma[node] + off
    with np.errstate(divide="ignore"):
        drawn = drawn - logsumexp(drawn + np.log(watched), axis=-1, keepdims=True)
    weight = np.exp(weight - logsumexp(weight))
    unseen = np.flatnonzero(total == 0)
    chance: F8 = np.zeros(NODES.size)
    np.add.at(chance, node, weight)
    quiet = _quiet(base[unseen], cov[:, unseen], chance, watched)
    return Profiles(np.exp(drawn), weight, unseen, quiet)


def _quiet(base: F8, cov: F8, chance: F8, watched: F8) -> tuple[F8, F8, F8, F8]:
    """Give the moments of profiles that no event speaks of: normal logarithms at each node (j, k, 24, 24), mixed."""
    with np.errstate(divide="ignore"):
        seen = np.log(watched)
    log = base - logsumexp(base + seen, axis=-1, keepdims=True)
    linear = np.eye(24) - (np.exp(log) * watched)[..., None, :]
    own = linear @ cov @ np.swapaxes(linear, -1, -2)
    half = np.diagonal(own, axis1=-2, axis2=-1) / 2.0
    log = log - logsumexp(log + half + seen, axis=-1, keepdims=True)
    mean = np.exp(log + half)
    average = np.tensordot(chance, mean, 1)
    safe = np.where(average > 0, average, 1.0)
    both = mean[..., :, None] * mean[..., None, :] * np.exp(own)
    relative = np.tensordot(chance, both, 1) / (safe[..., :, None] * safe[..., None, :])
    relative -= (average > 0)[..., :, None] & (average > 0)[..., None, :]
    finite = np.where(np.isfinite(log), log, 0.0)
    middle = np.tensordot(chance, finite, 1)
    off = finite - middle
    spread = np.tensordot(chance, own + off[..., :, None] * off[..., None, :], 1)
    return average, relative, np.where(average > 0, middle, -np.inf), spread


def _modes(timed: F8, ready: F8, prior: F8) -> tuple[F8, F8]:
    """Find the modes (j, k, 24) and the curvatures of the counts there (j, k, 24, 24), by Newton's method."""
    gamma = np.zeros((NODES.size, *timed.shape))
    total = timed.sum(axis=1)[:, None]
    for _ in range(_STEPS):
        share = np.exp(_unit(ready + gamma))
        curve = total[..., None] * (share[..., None] * np.eye(24) - share[..., :, None] * share[..., None, :])
        down = timed - total * share - (prior @ gamma[..., None])[..., 0]
        step = np.linalg.solve(curve + prior, down[..., None])[..., 0]
        longest = np.abs(step).max(axis=-1, keepdims=True)
        gamma = gamma + step * np.minimum(1.0, _STRIDE / np.maximum(longest, _STRIDE))
        if longest.max() < _STILL:
            break
    return gamma, curve


def _unit(log: F8) -> F8:
    """Scale exp log to sum to 1 over hours."""
    scaled: F8 = log - logsumexp(log, axis=-1, keepdims=True)
    return scaled
