"""Forecasts of counts at places, and the plain ones that any other has to beat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Forecaster", "Known", "Predictive", "historical_mean", "shrinkage"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_LEAST, _MOST = 0.02, 1e4  # shapes between which places differ without bound, and not at all


@dataclass(frozen=True, eq=False)
class Known:
    """Hold what may be known when a forecast is made.

    events: (place, kind, 24) by local hour; untimed: (place, kind) of unknown hour; exposure: (24,) hours watched.
    """

    places: tuple[str, ...]
    kinds: tuple[str, ...]
    events: I8
    untimed: I8
    exposure: F8

    @property
    def totals(self) -> I8:
        """Count incidents by (place, kind)."""
        return np.asarray(self.events.sum(axis=2) + self.untimed, np.int64)

    @property
    def hours(self) -> float:
        """Count the hours watched."""
        return float(self.exposure.sum())


@dataclass(frozen=True, eq=False)
class Predictive:
    """Hold gamma-Poisson laws of incidents to come: mean and shape, (place, kind, 24); infinite shape is Poisson."""

    mean: F8
    shape: F8

    def totals(self) -> tuple[F8, F8]:
        """Give mean and shape by (place, kind) over all hours.

        The hours of a place share one uncertain factor, so that standard deviations of their rates add; with one shape
        for all of them this is exact.
        """
        mean = self.mean.sum(axis=2)
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = (self.mean / np.sqrt(self.shape)).sum(axis=2)
            shape = np.where(spread > 0, (mean / spread) ** 2, np.inf)
        return mean, shape


Forecaster = Callable[[Known, float], Predictive]


def historical_mean(known: Known, horizon: float) -> Predictive:
    """Forecast what happened so far, at its rate: a Poisson law for the next `horizon` hours.

    One incident of each kind more than happened is spread over all places, so that nothing is ruled out.
    """
    n = known.totals
    rate = (n + 1.0 / n.shape[0]) / known.hours
    return _by_hour(known, rate * horizon, np.full(n.shape, np.inf))


def shrinkage(known: Known, horizon: float) -> Predictive:
    """Forecast by each place's own rate, drawn towards that of all places by as much as the data ask for.

    Empirical Bayes, for each kind: the rates of the places are gamma distributed with the mean of all (half an incident
    more than happened) and a shape that makes their counts, negative binomial, most likely. For `horizon` hours.
    """
    n, hours = known.totals, known.hours
    mean, shape = np.empty(n.shape), np.empty(n.shape)
    for k in range(n.shape[1]):
        expected = (n[:, k].sum() + 0.5) / n.shape[0]
        prior = _prior_shape(n[:, k], expected)
        shape[:, k] = prior + n[:, k]
        mean[:, k] = (prior + n[:, k]) / (prior / expected + 1.0) / hours * horizon
    return _by_hour(known, mean, shape)


def _prior_shape(counts: I8, expected: float) -> float:
    """Find the shape of the gamma law among places under which counts with this mean are most likely."""
    from scipy.optimize import minimize_scalar

    from .proper import log_score_count

    if counts.sum() < 2:  # one incident says nothing of differences
        return 1.0
    values, times = np.unique(counts, return_counts=True)

    def loss(log_shape: float) -> float:
        return float(times @ log_score_count(values, expected, np.exp(log_shape)))

    found = minimize_scalar(loss, bounds=(np.log(_LEAST), np.log(_MOST)), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def _by_hour(known: Known, mean: F8, shape: F8) -> Predictive:
    """Spread means (place, kind) over the hours of the day as the kind's incidents were, each hour with one more."""
    seen = known.events.sum(axis=0) + 1.0
    share = seen / seen.sum(axis=1, keepdims=True)
    return Predictive(mean[:, :, None] * share, np.broadcast_to(shape[:, :, None], (*shape.shape, 24)))
