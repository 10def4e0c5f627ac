"""Parameters drawn from their ranges, once a replicate: triangular laws that peak at the usual value."""

import math

import numpy as np

from . import rng
from ._compile import kernel

__all__ = ["draw_parameters", "triangular"]


@kernel
def triangular(u: float, low: float, mode: float, high: float) -> float:
    """Return the quantile of the triangular law: low + √(u·(h−l)·(m−l)) below the mode, mirrored above it."""
    span = high - low
    if u * span < mode - low:
        return low + math.sqrt(u * span * (mode - low))
    return high - math.sqrt((1.0 - u) * span * (high - mode))


@kernel
def draw_parameters(values: np.ndarray, prior: np.ndarray, seed: int, replicate: int) -> None:
    """Overwrite values[parameter] by the draws of one replicate; prior: records of PRIOR."""
    for i in range(prior.shape[0]):
        row = prior[i]
        u = rng.uniform(seed, replicate, rng.PARAMETER, row.who, np.int64(0))
        values[row.parameter] = triangular(u, row.low, row.mode, row.high)
