"""The hazard model as a forecaster that can be scored: fitted to what is known, it gives the law of what comes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .areas import neighbours_of
from .counts import Counts
from .fit import fit_fast
from .forecast import Forecaster, Known, Predictive
from .judging import judging
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
        found = fit_fast(counts, prior)
        return Predictive(found.mean * horizon / 24.0, found.shape)

    return forecast
