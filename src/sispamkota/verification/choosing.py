"""The guarantee of choosing among plans (Kim & Nelson 2001), on observations whose best is known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..rehearsal.selection import race
from .row import Row, between, mean_row

__all__ = ["choosing"]

F8 = NDArray[np.float64]
SYSTEMS, DELTA, CONFIDENCE = 10, 0.5, 0.95
SOURCE = "Kim & Nelson 2001; slippage, k = 10, delta = .5, sigma = 1, n0 = 20"


class _Bench:
    """Give normal observations of systems of which the last is best by exactly `lead`; count them."""

    def __init__(self, trial: int, lead: float) -> None:
        self.rng, self.given = np.random.default_rng([45, trial]), 0
        self.mean = np.array([lead] * (SYSTEMS - 1) + [0.0])

    def observe(self, inside: NDArray[np.int64]) -> F8:
        """Observe the systems inside."""
        self.given += len(inside)
        return np.asarray((self.mean + self.rng.normal(size=SYSTEMS))[inside])


def choosing(*, factor: float = 1.0, trials: int = 2000) -> Iterator[Row]:
    """Count the right choices; `factor` multiplies the lead of the best, which the guarantee presumes to be delta."""
    right, given = 0, list[float]()
    for trial in range(trials):
        bench = _Bench(trial, factor * DELTA)
        right += race(bench.observe, SYSTEMS, difference=DELTA, confidence=CONFIDENCE).winner == SYSTEMS - 1
        given.append(float(bench.given))
    what = f"share of {trials} trials in which the best was chosen"
    yield between("choosing", what, SOURCE, CONFIDENCE, 1.0, right / trials)
    error = 4.42 * float(np.sqrt(0.973 * 0.027 / trials + 0.973 * 0.027 / 1000))
    yield Row("choosing", what, "the same by other code, 1,000 trials", 0.973, right / trials, error)
    yield mean_row("choosing", "observations taken, mean", "the same by other code", 323.0, given, slack=0.5)
