"""How long calls wait, those counted too that ended before anybody came.

Nobody came to a call that ended unneeded, and nobody will: it counts as never answered. One that was still open at the
end would have been answered later than it had waited, nobody knows how much. So answers and calls that fade compete
(Aalen & Johansen 1978); where none fades the share is that of Kaplan & Meier (1958).
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
_DECIMALS = 12  # decimals of a replicate's part: equal parts are equal to the last
_STEP = 1e-12  # shares that differ by less are the same but for rounding


@dataclass(frozen=True)
class Waits:
    """Hold the waits of calls: seconds[call] until answered or until the wait ended, answered[call], cluster[call].

    unneeded[call]: it ended before anybody came; the rest were still open. Calls of one cluster (a replicate) share its
    luck; all intervals count clusters (infinitesimal jackknife).
    """

    seconds: Floats
    answered: NDArray[np.bool_]
    unneeded: NDArray[np.bool_]
    cluster: NDArray[np.int64]

    @classmethod
    def of(cls, calls: pd.DataFrame) -> Waits:
        """Take the calls of an Ensemble's `responses`."""
        seconds = calls["seconds"].to_numpy(np.float64)
        answered = np.isfinite(seconds)
        _, cluster = np.unique(calls["replicate"].to_numpy(), return_inverse=True)
        unneeded = ~answered & (calls["outcome"] == "not_needed").to_numpy(bool)
        return cls(np.where(answered, seconds, calls["waited"].to_numpy(np.float64)), answered, unneeded, cluster)

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
        times, reached = self._table[:2]
        passed = int(np.searchsorted(times, at, side="right"))
        share = float(reached[passed - 1]) if passed else 0.0
        return share, effective_calls(share, self._pull(passed), self.cluster)

    def parts(self, at: float, replicate: Any, of: Any) -> Floats:
        """Give each replicate in `of` its part in the share answered within `at` seconds; `replicate` is each call's.

        Their mean is the share over all calls, their spread its error: pseudo-values by the infinitesimal jackknife
        (Andersen, Klein & Rosthøj 2003). A replicate without a call has the share itself.
        """
        times = self._table[0]
        pull = self._pull(int(np.searchsorted(times, at, side="right")))
        own = pd.Series(pull).groupby(np.asarray(replicate)).sum().reindex(of, fill_value=0.0).to_numpy(np.float64)
        return np.asarray(np.round(self.answered_by(at).value + len(own) * own, _DECIMALS), np.float64)

    def later_than(self, at: float) -> Estimate:
        """Estimate the share of calls that are not answered within `at` seconds."""
        share = self.answered_by(at)
        return Estimate(1.0 - share.value, 1.0 - share.high, 1.0 - share.low)

    def quantile(self, share: float) -> float:
        """Give the seconds by which more than a share of the calls are answered; inf where that is never seen."""
        times, reached = self._table[:2]
        beyond = np.flatnonzero(reached > share + _STEP)
        if beyond.size:
            return float(times[beyond[0]])
        return float(self.seconds[self.answered].max()) if times.size and reached[-1] == 1.0 else math.inf

    def median(self) -> Estimate:
        """Estimate the median, seconds, its interval by inverting the share answered by it (Woodruff 1952)."""
        if not self.seconds.size:
            return Estimate(math.nan, math.nan, math.nan)
        middle = self.quantile(0.5)
        below = self.answered_by(middle)
        shift = max(below.high - below.value, below.value - below.low)
        return Estimate(middle, self.quantile(max(0.0, 0.5 - shift)), self.quantile(min(1.0, 0.5 + shift)))

    @cached_property
    def _table(self) -> tuple[Floats, ...]:
        """Give the times at which calls were answered or faded, the share answered by each, and what a call pulls.

        Of those: what a call that waits at the time adds to each share and to the pull of later ones, [time].
        """
        ended = self.answered | self.unneeded
        times, row = np.unique(self.seconds[ended], return_inverse=True)
        gone = np.bincount(row, minlength=times.size)
        came = np.bincount(row, self.answered[ended], minlength=times.size)
        waiting = (self.seconds.size - np.searchsorted(np.sort(self.seconds), times, side="left")).astype(np.float64)
        before = np.concatenate([[1.0], np.cumprod(1.0 - gone / waiting)[:-1]])[: times.size]
        reached = np.cumsum(before * came / waiting)
        reached = np.where(reached > 1.0 - _STEP, 1.0, reached)
        stay = waiting - gone
        after = np.divide(1.0, stay, out=np.zeros_like(stay), where=stay > 0.0)  # nothing comes after the last
        return times, reached, before / waiting, came / waiting, after, gone / waiting

    def _pull(self, passed: int) -> Floats:
        """Say how far each call pulls the share answered by a time: its derivative by the call's weight, [call]."""
        if not passed:
            return np.zeros(self.seconds.size)
        times, reached, each, came, after, gone = (column[:passed] for column in self._table)
        later = (reached[-1] - reached) * after  # of what is answered from then on, a call's part
        upto = np.concatenate([[0.0], np.cumsum(gone * later - each * came)])
        pull = upto[np.searchsorted(times, self.seconds, side="right")]
        own = np.flatnonzero((self.answered | self.unneeded) & (self.seconds <= times[-1]))
        at = np.searchsorted(times, self.seconds[own], side="left")
        pull[own] += np.where(self.answered[own], each[at], 0.0) - later[at]
        return np.asarray(pull)
