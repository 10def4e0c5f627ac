"""How sure we are: intervals of shares and medians over replicates, and what they allow us to say of a standard.

All intervals are 95 %. Calls of one replicate share its luck, so pooled figures count replicates, not calls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Estimate",
    "clustered_median",
    "clustered_share",
    "effective_calls",
    "mean_interval",
    "verdict",
    "wilson",
]

Z = 1.959963984540054  # the 97.5 % point of the normal law


@dataclass(frozen=True)
class Estimate:
    """Hold a figure and its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(share: float, n: float) -> Estimate:
    """Give Wilson's score interval of a share seen in n independent trials (Wilson 1927); n may be effective."""
    if n <= 0 or math.isnan(share):
        return Estimate(math.nan, 0.0, 1.0)
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return Estimate(
        share, 0.0 if share == 0 else max(0.0, centre - half), 1.0 if share == 1 else min(1.0, centre + half)
    )


def clustered_share(hits: ArrayLike, cluster: ArrayLike) -> Estimate:
    """Give the share of hits (bool[call]) and its interval when calls of one cluster (int[call]) go together.

    The ratio estimator's linearised variance over clusters gives an effective number of calls, at most the number of
    calls, at least the number of clusters where nothing varies; Wilson's interval is taken at that number
    (Korn & Graubard 1998 do the same with Clopper-Pearson).
    """
    hit = np.asarray(hits, dtype=float)
    if hit.size == 0:
        return Estimate(math.nan, 0.0, 1.0)
    _, index = np.unique(np.asarray(cluster), return_inverse=True)
    share = float(hit.mean())
    return wilson(share, effective_calls(share, (hit - share) / hit.size, index))


def effective_calls(share: float, pull: NDArray[Any], cluster: NDArray[Any]) -> float:
    """Count the independent calls that would give a share its variance over clusters, 1 to the number of calls.

    `pull`[call] is how far each call pulls the share (its linearised part), `cluster`[call] counts from 0.
    """
    clusters = int(cluster.max()) + 1
    if share in (0.0, 1.0) or clusters < 2:
        return float(clusters)
    variance = float((np.bincount(cluster, weights=pull, minlength=clusters) ** 2).sum()) * clusters / (clusters - 1)
    return float(np.clip(share * (1 - share) / variance, 1.0, pull.size)) if variance > 0 else float(pull.size)


def clustered_median(values: ArrayLike, cluster: ArrayLike) -> Estimate:
    """Give the median of pooled values and its interval by inverting the share below it (Woodruff 1952).

    NaN counts as later than every value (censored): a median or bound among the censored is infinite.
    """
    data = np.asarray(values, dtype=float)
    if data.size == 0:
        return Estimate(math.nan, math.nan, math.nan)
    ordered = np.sort(np.where(np.isnan(data), np.inf, data))
    middle = _quantile(ordered, 0.5)
    below = clustered_share(np.where(np.isnan(data), np.inf, data) <= middle, cluster)
    shift = max(below.high - below.value, below.value - below.low)
    return Estimate(middle, _quantile(ordered, max(0.0, 0.5 - shift)), _quantile(ordered, min(1.0, 0.5 + shift)))


def _quantile(ordered: NDArray[Any], share: float) -> float:
    """Take the value at a share of the way through, the upper of two where it falls between."""
    return float(ordered[min(ordered.size - 1, int(share * ordered.size))])


def mean_interval(values: ArrayLike) -> Estimate:
    """Give the mean over replicates and its normal interval; NaN is left out."""
    data = np.asarray(values, dtype=float)
    data = data[~np.isnan(data)]
    if data.size == 0:
        return Estimate(math.nan, math.nan, math.nan)
    half = Z * float(data.std(ddof=1)) / math.sqrt(data.size) if data.size > 1 else math.inf
    mean = float(data.mean())
    return Estimate(mean, mean - half, mean + half)


def verdict(estimate: Estimate, standard: float | None, *, higher_is_better: bool = False) -> str:
    """Say "met" or "missed" only when the whole interval lies on one side of the standard.

    "undecided" when the interval holds values on both sides, "none" without a standard or without data.
    """
    if standard is None or math.isnan(estimate.value):
        return "none"
    low, high = (-estimate.high, -estimate.low) if higher_is_better else (estimate.low, estimate.high)
    limit = -standard if higher_is_better else standard
    if high <= limit:
        return "met"
    return "missed" if low > limit else "undecided"
