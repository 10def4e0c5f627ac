"""Waits worked out the slow way: the product over all answers, and each cluster's pull by giving it some weight."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import stats

__all__ = ["left_after", "median", "p_half", "quantile", "share_by"]

NUDGE = 1e-6


def left_after(calls: pd.DataFrame, at: float, weights: np.ndarray | None = None) -> float:
    """The share that is not answered by `at`, seconds."""
    times, left = _curve(calls, np.ones(len(calls)) if weights is None else weights)
    return float(left[times <= at][-1]) if (times <= at).any() else 1.0


def _curve(calls: pd.DataFrame, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One row a moment: each answer counts for the calls, still open, that the end hid (inverse chance of being seen).

    That is Aalen and Johansen's share (Satten & Datta 2001), by another way than product and sum.
    """
    answered, hidden = ((calls.outcome == outcome).to_numpy() for outcome in ("answered", "open"))
    ended = np.where(answered, calls.seconds, calls.waited)
    times, row = np.unique(ended, return_inverse=True)
    there = np.cumsum(np.bincount(row, weights)[::-1])[::-1]
    cut = np.bincount(row, weights * hidden)
    rest = there - np.bincount(row, weights * ~hidden)
    seen = np.cumprod([1.0, *(1.0 - c / r if c else 1.0 for c, r in zip(cut, rest, strict=True))])[:-1]
    came = np.bincount(row, weights * answered)
    return times, 1.0 - np.cumsum([c / s if c else 0.0 for c, s in zip(came, seen, strict=True)]) / weights.sum()


def share_by(calls: pd.DataFrame, at: float) -> tuple[float, float, float]:
    """The share answered by `at` and its interval: Wilson's, by scipy, at the number of calls that clusters allow."""
    share, n = _effective(calls, at)
    z = stats.norm.ppf(0.975)
    centre, half = share + z * z / 2 / n, z * math.sqrt(share * (1 - share) / n + (z / 2 / n) ** 2)
    low, high = (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)
    return share, 0.0 if share == 0 else low, 1.0 if share == 1 else high


def p_half(calls: pd.DataFrame, at: float) -> float:
    """The p of the score test of a half."""
    share, n = _effective(calls, at)
    return float(2 * stats.norm.sf(abs(share - 0.5) / math.sqrt(0.25 / n)))


def quantile(calls: pd.DataFrame, share: float) -> float:
    """The first answer after which fewer than 1 − share wait, seconds."""
    times, left = _curve(calls, np.ones(len(calls)))
    if share == 1.0 and left[-1] < 1e-12:
        return float(times[-1])
    return next((t for t, still in zip(times, left, strict=True) if 1 - still > share + 1e-12), math.inf)


def median(calls: pd.DataFrame) -> tuple[float, float, float]:
    """The median and its interval (Woodruff), seconds."""
    middle = quantile(calls, 0.5)
    share, low, high = share_by(calls, middle)
    shift = max(high - share, share - low)
    return middle, quantile(calls, max(0.0, 0.5 - shift)), quantile(calls, min(1.0, 0.5 + shift))


def _effective(calls: pd.DataFrame, at: float) -> tuple[float, float]:
    share = 1.0 - left_after(calls, at)
    share = round(share, 12) if abs(share - round(share)) < 1e-12 else share
    clusters = calls.replicate.unique()
    if share in (0.0, 1.0) or len(clusters) < 2:
        return share, len(clusters)
    pulls = [
        (1.0 - left_after(calls, at, 1.0 + NUDGE * (calls.replicate == c).to_numpy(float)) - share) / NUDGE
        for c in clusters
    ]
    variance = float(np.sum(np.square(pulls))) * len(clusters) / (len(clusters) - 1)
    if variance < 1e-12:  # no cluster pulls but for the nudge
        return share, len(calls)
    return share, float(np.clip(share * (1 - share) / variance, 1.0, len(calls)))
