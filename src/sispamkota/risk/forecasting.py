"""The hazard model as a forecaster that can be scored: fitted to what is known, it gives the law of what comes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .areas import neighbours_of
from .counts import Counts
from .fit import fit_fast, level_of
from .forecast import Forecaster, Known, Predictive
from .judging import judging
from .posterior import Posterior
from .prior import Prior
from .riskmap import RiskMap

if TYPE_CHECKING:
    from sispamkota.place.city import City

__all__ = ["forecaster"]


def forecaster(city: City, *, tables: tuple[str, ...] | None = None) -> Forecaster:
    """Make a forecaster of a city's kelurahan from the hazard model.

    A history holds what was recorded, and tables rate all that happens: how many there are is learned from the history
    (shape of the level at most `level_shape` of data/risk/judging.yaml), where and when by the model.
    """
    near = neighbours_of(city).pairs
    people = city.kelurahan.set_index("kode")["population"].astype(float)
    source = RiskMap.join([RiskMap.load(name) for name in tables or (city.name, "pilkada")])

    fitted = dict[bytes, Posterior]()  # where and when hang on the counts alone: a quiet window changes only how many

    def forecast(known: Known, horizon: float) -> Predictive:
        prior = Prior.of(source, known.kinds)
        prior = replace(prior, shape=np.minimum(prior.shape, judging().level_shape.value))
        population = people.reindex(list(known.places)).to_numpy(np.float64)
        counts = Counts(
            places=known.places,
            kinds=known.kinds,
            events=known.events,
            untimed=known.untimed,
            exposure=known.exposure,
            population=np.where((population > 0).all(), population, 1.0),
            covariates=np.zeros((len(known.places), 0)),
            names=(),
            neighbours=near,
        )
        key = repr((known.kinds, known.exposure / known.exposure.sum())).encode()
        key += known.events.tobytes() + known.untimed.tobytes()
        if key not in fitted:
            fitted[key] = fit_fast(counts, prior)
        level, shape = level_of(counts, prior)
        found = replace(fitted[key], level=level, level_shape=shape)
        return Predictive(found.mean * horizon / 24.0, found.shape)

    return forecast
