"""How long calls wait, those counted too that ended before anybody came.

A call that ended unneeded, or was still open at the end, would have been answered later than it had waited, nobody
knows how much. It is neither left out nor taken as answered (Kaplan & Meier 1958).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .intervals import Estimate, effective_calls, wilson

__all__ = ["Waits"]

Floats = NDArray[np.float64]
_STEP = 1e-12  # shares that differ by less are the same but for rounding


@dataclass(frozen=True)
class Waits:
    """Hold the waits of calls: seconds[call] until answered or until the wait ended, answered[call], cluster[call].

    Calls of one cluster (a replicate) share its luck; all intervals count clusters (infinitesimal jackknife).
    """

    seconds: Floats
    answered: NDArray[np.bool_]
    cluster: NDArray[np.int64]

    @classmethod
    def of(cls, calls: pd.DataFrame) -> Waits:
        """Take the calls of an Ensemble's `responses`."""
        seconds = calls["seconds"].to_numpy(np.float64)
        answered = np.isfinite(seconds)
        _, cluster = np.unique(calls["replicate"].to_numpy(), return_inverse=True)
        return cls(np.where(answered, seconds, calls["waited"].to_numpy(np.float64)), answered, cluster)

    def answered_by(self, at: float) -> Estimate:
        """Estimate the share of calls that are answered within `at` seconds."""
        if not self.seconds.size:
            return Estimate(math.nan, 0.0, 1.0)
        return wilson(*self._answered(at))

    def p_half(self, at: float) -> float:
        """Give the p of the score test that half of the calls are answered within `at` seconds, two-sided.

        It is below 5 % where the interval of `answered_by` leaves a half out.
        """
        if not self.seconds.size:
            return 1.0
        share, calls = self._answered(at)
        return math.erfc(abs(share - 0.5) * math.sqrt(2.0 * calls))

    def _answered(self, at: float) -> tuple[float, float]:
        """Estimate the share answered within `at` seconds, and count the independent calls that it stands on."""
        times, left, _ = self._table
        passed = int(np.searchsorted(times, at, side="right"))
        share = min(1.0, 1.0 - float(left[passed - 1])) if passed else 0.0
        return share, effective_calls(share, self._pull(passed), self.cluster)

    def parts(self, at: float, replicate: Any, of: Any) -> Floats:
        """Give each replicate in `of` its part in the share answered within `at` seconds; `replicate` is each call's.

        Their mean is the share over all calls, their spread its error: pseudo-values by the infinitesimal jackknife
        (Andersen, Klein & Rosthøj 2003). A replicate without a call has the share itself.
        """
        times, _, _ = self._table
        pull = self._pull(int(np.searchsorted(times, at, side="right")))
        own = pd.Series(pull).groupby(np.asarray(replicate)).sum().reindex(of, fill_value=0.0).to_numpy(np.float64)
        return np.asarray(self.answered_by(at).value + len(own) * own)

    def later_than(self, at: float) -> Estimate:
        """Estimate the share of calls that are not answered within `at` seconds."""
        share = self.answered_by(at)
        return Estimate(1.0 - share.value, 1.0 - share.high, 1.0 - share.low)

    def quantile(self, share: float) -> float:
        """Give the seconds by which more than a share of the calls are answered; inf where that is never seen."""
        times, left, _ = self._table
        beyond = np.flatnonzero(1.0 - left > share + _STEP)
        if beyond.size:
            return float(times[beyond[0]])
        return float(times[-1]) if times.size and left[-1] <= _STEP else math.inf

    def median(self) -> Estimate:
        """Estimate the median, seconds, its interval by inverting the share answered by it (Woodruff 1952)."""
        if not self.seconds.size:
            return Estimate(math.nan, math.nan, math.nan)
        middle = self.quantile(0.5)
        below = self.answered_by(middle)
        shift = max(below.high - below.value, below.value - below.low)
        return Estimate(middle, self.quantile(max(0.0, 0.5 - shift)), self.quantile(min(1.0, 0.5 + shift)))

    @cached_property
    def _table(self) -> tuple[Floats, Floats, Floats]:
        """Give the times at which calls were answered, the share still waiting after each, and the hazard's weight.

        The weight is d / (Y (Y − d)), with d answered of Y waiting: Greenwood's term; inf where the last are answered.
        """
        times, d = np.unique(self.seconds[self.answered], return_counts=True)
        waiting = self.seconds.size - np.searchsorted(np.sort(self.seconds), times, side="left")
        left = np.asarray(np.cumprod(1.0 - d / waiting), np.float64)
        with np.errstate(divide="ignore"):
            weight = d / (waiting * (waiting - d).astype(np.float64))
        return times, left, weight

    def _pull(self, passed: int) -> Floats:
        """Say how far each call pulls the share answered by a time: its derivative by the call's weight, [call]."""
        times, left, weight = self._table
        if not passed or left[passed - 1] <= _STEP:
            return np.zeros(self.seconds.size)
        upto = np.concatenate([[0.0], np.cumsum(weight[:passed])])
        seen = np.searchsorted(times[:passed], self.seconds, side="right")
        pull = -upto[seen]
        mine = np.searchsorted(times, self.seconds, side="left")
        own = self.answered & (self.seconds <= times[passed - 1])
        sizes: Any = np.bincount(mine[own], minlength=len(times))
        at = mine[own]
        # 1/(Y − d) of the moment at which the call itself was answered
        pull[own] += weight[at] * self._waiting(at) / sizes[at]
        return np.asarray(float(left[passed - 1]) * pull)

    def _waiting(self, at: NDArray[Any]) -> Floats:
        """Count the calls that waited when the answers of some times came."""
        times = self._table[0]
        return np.asarray(self.seconds.size - np.searchsorted(np.sort(self.seconds), times[at], side="left"), float)
