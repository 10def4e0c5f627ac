"""What the model expects before a count: worlds drawn from its priors, and the counts that they would give."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from .counts import Counts
from .fit import places_of
from .hours import kernel, spread_of
from .posterior import CENTRAL
from .prior import HazardModel, Prior, hazard_model
from .shares import Spread

__all__ = ["World", "Worlds", "prior_counts"]

F8 = NDArray[np.float64]


class World(NamedTuple):
    """Hold a world drawn from the priors: spreads, level (k,), share (i, k), profile (k, 24), and its counts."""

    spread: Spread
    level: F8
    share: F8
    profile: F8
    counts: Counts


class Worlds:
    """Draw worlds with the places, neighbours, indicators and hours watched of `counts`; its events are not looked at.

    The level of a kind is a mean over the hours watched, as in the fit.
    """

    def __init__(self, counts: Counts, prior: Prior, *, model: HazardModel | None = None) -> None:
        self.counts, self.prior, self.model = counts, prior, model or hazard_model()
        self.places = places_of(counts, self.model)
        self.root = np.linalg.cholesky(kernel(self.model.hour_reach_h.value))
        self.watched = counts.exposure / counts.watched if counts.watched > 0 else np.full(24, 1.0 / 24.0)

    def draw(self, rng: np.random.Generator) -> World:
        """Draw one world."""
        spread, share, profile = self._drawn(rng)
        level = rng.gamma(self.prior.shape, self.prior.rate @ self.watched / self.prior.shape)
        expected = (level * share)[:, :, None] * profile[None] * self.counts.exposure
        events = rng.poisson(expected).astype(np.int64)
        seen = replace(self.counts, events=events, untimed=np.zeros(share.shape, np.int64))
        return World(spread, level, share, profile, seen)

    def _drawn(self, rng: np.random.Generator) -> tuple[Spread, F8, F8]:
        """Draw spreads, shares and profiles."""
        places, model = self.places, self.model
        n, kinds = len(self.counts.places), len(self.counts.kinds)
        score = rng.standard_normal(4)
        sigma = float(spread_of(score[0], model.place_spread.value, model.tail.value))
        tau = float(spread_of(score[2], model.kind_spread.value, model.tail.value))
        bend = float(spread_of(score[3], model.hour_spread.value, model.tail.value))
        spread = Spread(sigma, places.field.phi(float(ndtr(score[1]))), tau)
        field = np.sqrt(1.0 - spread.phi) * rng.standard_normal(n)
        field += np.sqrt(spread.phi) * places.field.draw(rng, 1)[:, 0]
        beta = places.slope * rng.standard_normal(places.covariates.shape[1])
        log = sigma * field + places.covariates @ beta
        share = self.counts.spread * np.exp(log[:, None] + tau * rng.standard_normal((n, kinds)))
        profile = self.prior.rate * np.exp(bend * rng.standard_normal((kinds, 24)) @ self.root.T)
        return spread, share / share.sum(axis=0), profile / (profile @ self.watched)[:, None]


def prior_counts(
    counts: Counts, prior: Prior, *, days: float, seed: int, worlds: int = 500, model: HazardModel | None = None
) -> pd.DataFrame:
    """Give what the priors alone expect in some days, one row a kind, to be held against what is known.

    Columns: kind, days, mean, low, high (90 % interval of the city's count), busiest_low, busiest_high (of the share
    that the busiest place has of the kind's rate), source, tag.
    """
    rng = np.random.default_rng(seed)
    whole = replace(counts, exposure=np.full(24, float(days)))
    source = Worlds(whole, prior, model=model)
    drawn = [source.draw(rng) for _ in range(worlds)]
    number = np.array([world.counts.totals.sum(axis=0) for world in drawn])
    busiest = np.array([world.share.max(axis=0) for world in drawn])
    ends = [0.5 - CENTRAL / 2.0, 0.5 + CENTRAL / 2.0]
    (low, high), (few, many) = np.quantile(number, ends, axis=0), np.quantile(busiest, ends, axis=0)
    return pd.DataFrame(
        {
            "kind": prior.kinds,
            "days": days,
            "mean": number.mean(axis=0),
            "low": low,
            "high": high,
            "busiest_low": few,
            "busiest_high": many,
            "source": prior.source,
            "tag": prior.tag,
        }
    )
