"""Parameters that hang together: a replicate draws one whole row of those that were measured, never each by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sispamkota.kernels import layout as at
from sispamkota.kernels import rng
from sispamkota.kernels.rng import stream_id

__all__ = ["draw_row", "joint_of", "names_in"]

WHO = stream_id("parameter:site-row")  # a key of its own: all other draws stay as they are
Floats = NDArray[np.float64]


def joint_of(rows: Sequence[Mapping[str, float]]) -> Floats:
    """Put rows of values by name into a table [row × PARAMETERS], NaN where a row says nothing; (0, n) for none."""
    table = np.full((len(rows), len(at.PARAMETERS)), np.nan)
    for k, row in enumerate(rows):
        for name, value in row.items():
            table[k, at.PARAMETERS.index(name)] = value
    return table


def draw_row(values: Floats, joint: Floats, seed: int, replicate: int) -> None:
    """Overwrite values [PARAMETERS] by one row, each as likely; nothing changes where there is none."""
    if len(joint):
        u = float(rng.uniform(np.uint64(seed), replicate, rng.PARAMETER, WHO, 0))  # type: ignore[arg-type]
        row = joint[min(int(u * len(joint)), len(joint) - 1)]
        said = ~np.isnan(row)
        values[said] = row[said]


def names_in(joint: Floats) -> NDArray[np.int64]:
    """Give the numbers in PARAMETERS of what the rows hold."""
    return np.flatnonzero((~np.isnan(joint)).any(axis=0)) if len(joint) else np.empty(0, np.int64)
