"""Play replicates: one batch in a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import EngineError
from sispamkota.kernels.measure import CROWD_MEASURES, MEASURES

from .calls import CALL, calls_of, measures_of
from .world import World

__all__ = ["BATCH", "PLACE_COLUMNS", "Batch", "play_batch"]

BATCH = 50
FORCE_STEPS = 6  # of doctrine; how long each was used is read when a replicate is over
PLACE_COLUMNS = (*CROWD_MEASURES, *(f"force_{step}_s" for step in range(1, FORCE_STEPS + 1)))


@dataclass(frozen=True)
class Batch:
    """Hold some replicates in a row: rows[replicate, MEASURES], crowds[replicate, crowd, PLACE_COLUMNS], calls."""

    start: int
    rows: NDArray[np.float64]
    crowds: NDArray[np.float64]
    responses: NDArray[Any]
    reasons: tuple[str, ...]


def play_batch(world: World, seed: int, start: int, stop: int, horizon: float) -> Batch:
    """Play replicates start to stop − 1; one that fails is a row with its reason, and the rest go on."""
    n = stop - start
    rows = np.full((n, len(MEASURES)), np.nan)
    crowds = np.full((n, len(world.state.crowd), len(PLACE_COLUMNS)), np.nan)
    calls, reasons = [np.zeros(0, CALL)], []
    for i in range(n):
        try:
            world.reset(seed=seed, replicate=start + i)
            world.advance(horizon)
            row, places = world.finish()
            waits = calls_of(world, start + i)
            rows[i] = measures_of(row, waits)
            crowds[i] = np.concatenate([places, world.state.crowd["force_s"][:, 1 : FORCE_STEPS + 1]], axis=1)
            calls.append(waits)
            reasons.append("")
        except EngineError as error:
            reasons.append(str(error))
    return Batch(start, rows, crowds, np.concatenate(calls), tuple(reasons))
