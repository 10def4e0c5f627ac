"""The hazard model in worlds drawn from its own priors: how often its intervals cover the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..risk.calibrate import QUANTITIES, calibrate
from ..risk.counts import Counts
from ..risk.fit import fit_fast
from ..risk.prior import Prior
from .row import Row

__all__ = ["hazards"]

WORLDS, SIDE = 100, 4
KINDS = ("vandalism", "clash")


def hazards(*, factor: int = 1, worlds: int = WORLDS) -> Iterator[Row]:
    """Give the share of worlds that the fast fit's 90 % intervals cover, within the exact binomial 99 % band.

    `factor` multiplies the events that the fit sees.
    """
    cell = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    across, down = np.stack([cell[:, :-1], cell[:, 1:]], axis=-1), np.stack([cell[:-1], cell[1:]], axis=-1)
    rng = np.random.default_rng(5)
    counts = Counts(
        places=tuple(f"p{n:02d}" for n in range(SIDE * SIDE)),
        kinds=KINDS,
        events=np.zeros((SIDE * SIDE, len(KINDS), 24), np.int64),
        untimed=np.zeros((SIDE * SIDE, len(KINDS)), np.int64),
        exposure=np.full(24, 60.0),
        population=rng.uniform(1e3, 9e3, SIDE * SIDE),
        covariates=rng.standard_normal((SIDE * SIDE, 1)),
        names=("indicator",),
        neighbours=np.concatenate([across.reshape(-1, 2), down.reshape(-1, 2)]),
    )
    prior = Prior.load(["pilkada"], KINDS)
    found = calibrate(
        lambda seen, _: fit_fast(replace(seen, events=factor * seen.events), prior),
        counts,
        prior,
        worlds=worlds,
        seed=1,
    )
    low, high = found.band()
    for name in QUANTITIES:
        source = f"Talts et al. 2018; binomial 99 % of {worlds} worlds: {low} to {high}"
        middle, half = (low + high) / 2.0 / worlds, (high - low) / 2.0 / worlds
        yield Row(
            "hazards", f"worlds covered by 90 % intervals: {name}", source, middle, found.covered(name) / worlds, half
        )
