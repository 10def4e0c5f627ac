"""What a fit knows afterwards: rates by place, kind and hour, how sure they are, and the risk map of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import digamma, polygamma
from scipy.stats import gamma

from .riskmap import ALL_HOURS, COLUMNS, EVERYWHERE, RiskMap

__all__ = ["CENTRAL", "Draws", "Posterior", "Sure", "split"]

F8 = NDArray[np.float64]
CENTRAL = 0.90
_LEAST = 1e-9  # relative variance below which a factor counts as known


class Draws(NamedTuple):
    """Hold draws of the three factors: level (n, k) incidents an hour, share (n, i, k), profile (n, k, 24)."""

    level: F8
    share: F8
    profile: F8

    def rates(self, hour: int) -> F8:
        """Give the rates at an hour, (n, i, k) incidents an hour."""
        rates: F8 = self.level[:, None] * self.share * self.profile[:, None, :, hour]
        return rates


class Sure(NamedTuple):
    """Hold mean and relative variance of a factor, and mean and variance of its logarithm."""

    mean: F8
    variance: F8
    log: F8
    log_variance: F8


@dataclass(frozen=True, eq=False)
class Posterior:
    """Hold what a fit found: rate = level (k) · share of the place (i, k) · profile of the hour (k, 24).

    The three are independent given the counts. level_shape: the gamma shape of the city's level; profile.variance:
    (k, 24, 24), a relative covariance; spreads: each spread's mean and 90 % interval; events: int (k,) that were
    counted; diagnostics: figures of the method. Rates are incidents an hour.
    """

    method: str
    places: tuple[str, ...]
    kinds: tuple[str, ...]
    level: F8
    level_shape: F8
    share: Sure
    profile: Sure
    spreads: Mapping[str, tuple[float, float, float]]
    events: NDArray[np.int64]
    diagnostics: Mapping[str, float]
    sampler: Callable[[np.random.Generator, int], Draws]

    @property
    def mean(self) -> F8:
        """Give mean rates, (i, k, 24) incidents an hour."""
        rates: F8 = (self.level * self.share.mean)[:, :, None] * self.profile.mean[None]
        return rates

    @property
    def shape(self) -> F8:
        """Give the shape of the gamma law with the posterior's mean and variance, (i, k, 24)."""
        hour = np.diagonal(self.profile.variance, axis1=1, axis2=2)
        shape: F8 = 1.0 / np.maximum((1.0 + self.variance[:, :, None]) * (1.0 + hour[None]) - 1.0, _LEAST)
        return shape

    @property
    def variance(self) -> F8:
        """Give the relative variance of level and share together, (i, k)."""
        variance: F8 = (1.0 + 1.0 / self.level_shape) * (1.0 + self.share.variance) - 1.0
        return variance

    @property
    def log_mean(self) -> F8:
        """Give the means of log rates, (i, k, 24); minus infinity in closed hours."""
        level = np.log(self.level) + digamma(self.level_shape) - np.log(self.level_shape)
        log: F8 = (level + self.share.log)[:, :, None] + self.profile.log[None]
        return log

    @property
    def log_sd(self) -> F8:
        """Give the standard deviations of log rates, (i, k, 24)."""
        hour = np.diagonal(self.profile.log_variance, axis1=1, axis2=2)
        own = polygamma(1, self.level_shape) + self.share.log_variance
        spread: F8 = np.sqrt(own[:, :, None] + hour[None])
        return spread

    def interval(self, *, level: float = CENTRAL) -> tuple[F8, F8]:
        """Give the central interval of the gamma match, low and high (i, k, 24)."""
        ends = np.array([0.5 - level / 2.0, 0.5 + level / 2.0])
        low, high = gamma.ppf(ends[:, None, None, None], self.shape)
        return low * self.mean / self.shape, high * self.mean / self.shape

    def draws(self, n: int, *, seed: int) -> Draws:
        """Draw from the posterior itself, not from its gamma match."""
        return self.sampler(np.random.default_rng(seed), n)

    def to_riskmap(
        self, name: str, *, source: str, tag: str = "estimated", note: str = "", hours: Sequence[int] = tuple(range(24))
    ) -> RiskMap:
        """Write the posterior as a risk map of two rows a place, kind and hour, whose rates add.

        One part of a kind shares its uncertain factor among all places, the other has one of its own: the place's mean
        and variance are those of the posterior, and so is the variance of the city's sum where the places' own parts
        do not exceed it. Kept is the variance of what happens within `hours`; low and high add to the place's interval.
        """
        common, own, share = split(self, hours)
        low, high = self.interval()
        rows = [
            part
            for k, kind in enumerate(self.kinds)
            for part in (
                _rows(self, k, (low, high), (share[k], f"{kind}@{EVERYWHERE}", share[k] ** 2 / common[k])),
                _rows(self, k, (low, high), (1 - share[k], "", (1 - share[k]) ** 2 / own[:, k])),
            )
        ]
        table = pd.concat(rows, ignore_index=True).assign(source=source, tag=tag, note=note)
        return RiskMap(name, table[list(COLUMNS)])


def split(posterior: Posterior, hours: Sequence[int]) -> tuple[F8, F8, F8]:
    """Split the relative variance within some hours into what places share (k,) and what each has of its own (i, k).

    With weights w (shares), C + Σ w² (V_i − C) is the variance of the sum, which is to be that of the city's level. The
    third value is the part c of the rates that goes with the common factor (k,): places and city cannot both be gamma,
    and c makes the third moments beyond those of gamma laws, relative to these, least (C²/c + (V_i − C)²/(1 − c)).
    """
    at = np.asarray(hours)
    part = posterior.profile.mean[:, at] / posterior.profile.mean[:, at].sum(axis=1, keepdims=True)
    covariance = posterior.profile.variance[:, at][:, :, at]
    hour = np.maximum(np.einsum("kh,khg,kg->k", np.nan_to_num(part), covariance, np.nan_to_num(part)), 0.0)
    whole = (1.0 + posterior.variance) * (1.0 + hour) - 1.0
    city = (1.0 + 1.0 / posterior.level_shape) * (1.0 + hour) - 1.0
    weight = posterior.share.mean
    left = 1.0 - (weight**2).sum(axis=0)
    common = (city - (weight**2 * whole).sum(axis=0)) / np.maximum(left, _LEAST)
    common = np.clip(common, 0.01 * city, whole.min(axis=0) * (1.0 - 1e-6))
    own = np.maximum(whole - common, _LEAST)
    shared = common**2 * (1.0 / city**2 + (weight / whole**2).sum(axis=0))
    local = (weight**3 * own**2).sum(axis=0) / city**2 + (weight * own**2 / whole**2).sum(axis=0)
    return common, own, np.sqrt(shared) / (np.sqrt(shared) + np.sqrt(local))


def _rows(posterior: Posterior, k: int, ends: tuple[F8, F8], part: tuple[float, str, float | F8]) -> pd.DataFrame:
    """Lay out one part of a kind: its share of the rates, its draw ("": each place its own) and its shape."""
    share, draw, shape = part
    mean, (low, high) = posterior.mean[:, k] * share, (each[:, k] * share for each in ends)
    hours = np.flatnonzero(posterior.profile.mean[k] > 0)
    flat = hours.size == 24 and np.ptp(mean, axis=1).max() <= 1e-12 * mean.max()
    hours = hours[:1] if flat else hours
    n, many = len(posterior.places), hours.size
    places = np.repeat(np.array(posterior.places, dtype=object), many)
    low, high = np.minimum(low, mean), np.maximum(high, mean)  # a very skew law has its mean outside
    return pd.DataFrame(
        {
            "place": places,
            "kind": posterior.kinds[k],
            "hour": ALL_HOURS if flat else np.tile(hours, n),
            "rate_per_h": mean[:, hours].ravel(),
            "shape": np.repeat(np.broadcast_to(shape, (n,)), many),
            "low_per_h": low[:, hours].ravel(),
            "high_per_h": high[:, hours].ravel(),
            "draw": draw or [f"{posterior.kinds[k]}@{place}" for place in places],
        }
    )
