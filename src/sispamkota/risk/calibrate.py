"""Simulation-based calibration: whether the truth of worlds drawn from the priors is where the posterior says it is.

The rank of the truth among draws from its posterior is uniform if the fit is right (Talts, Betancourt, Simpson, Vehtari
& Gelman 2018). Each world gives one rank a quantity, so ranks of one quantity are independent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, chi2

from .counts import Counts
from .posterior import CENTRAL, Posterior
from .predict import World, Worlds
from .prior import Prior

__all__ = ["QUANTITIES", "Calibration", "calibrate"]

F8 = NDArray[np.float64]
QUANTITIES = ("level", "share", "seen", "profile", "rate")


@dataclass(frozen=True, eq=False)
class Calibration:
    """Hold ranks, int64[world, quantity] from 0 to `draws`.

    Level, share, profile and rate are those of one place, kind and hour drawn by lot in each world, `seen` is the share
    of the place with most events of the kind.
    """

    ranks: NDArray[np.int64]
    draws: int

    def uniform(self, quantity: str, *, bins: int = 10) -> float:
        """Give the p-value of a chi-square test that ranks are uniform."""
        ranks = self.ranks[:, QUANTITIES.index(quantity)]
        seen = np.bincount(ranks * bins // (self.draws + 1), minlength=bins)
        expected = ranks.size / bins
        return float(chi2.sf(((seen - expected) ** 2 / expected).sum(), bins - 1))

    def covered(self, quantity: str, *, level: float = CENTRAL) -> int:
        """Count the worlds whose truth lies in the central interval."""
        ranks = self.ranks[:, QUANTITIES.index(quantity)]
        least = round((0.5 - level / 2.0) * (self.draws + 1))
        return int(((ranks >= least) & (ranks <= self.draws - least)).sum())

    def band(self, *, level: float = CENTRAL, sure: float = 0.99) -> tuple[int, int]:
        """Give the exact binomial band of how many worlds a true interval covers."""
        low, high = binom.interval(sure, len(self.ranks), level)
        return int(low), int(high)

    def distance(self, quantity: str) -> float:
        """Give the largest gap between the ranks' distribution and the uniform one."""
        place = np.sort((self.ranks[:, QUANTITIES.index(quantity)] + 0.5) / (self.draws + 1))
        steps = np.arange(place.size + 1) / place.size
        return float(max((steps[1:] - place).max(), (place - steps[:-1]).max()))


def calibrate(
    fit: Callable[[Counts, int], Posterior],
    counts: Counts,
    prior: Prior,
    *,
    worlds: int,
    seed: int,
    draws: int = 99,
) -> Calibration:
    """Draw worlds, fit each (fit takes counts and a seed), and rank the truth; (draws + 1) a multiple of 20."""
    source = Worlds(counts, prior)
    ranks = np.empty((worlds, len(QUANTITIES)), np.int64)
    for n in range(worlds):
        rng = np.random.default_rng([seed, n])
        world = source.draw(rng)
        posterior = fit(world.counts, int(rng.integers(2**31)))
        ranks[n] = _ranks(world, posterior, rng, draws)
    return Calibration(ranks, draws)


def _ranks(world: World, posterior: Posterior, rng: np.random.Generator, n: int) -> list[int]:
    """Rank the truth of one place, kind and hour among draws."""
    draws = posterior.draws(n, seed=int(rng.integers(2**31)))
    kind, hour = rng.integers(len(world.counts.kinds)), rng.integers(24)
    place, busiest = rng.integers(len(world.counts.places)), int(world.counts.totals[:, kind].argmax())
    rate = world.level[kind] * world.share[place, kind] * world.profile[kind, hour]
    pairs = (
        (draws.level[:, kind], world.level[kind]),
        (draws.share[:, place, kind], world.share[place, kind]),
        (draws.share[:, busiest, kind], world.share[busiest, kind]),
        (draws.profile[:, kind, hour], world.profile[kind, hour]),
        (draws.rates(int(hour))[:, place, kind], rate),
    )
    return [int((drawn < truth).sum()) for drawn, truth in pairs]
