"""What a result hangs on, cheaply: where each replicate drew its parameters, the rank of each against the harm."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sispamkota.kernels import layout as at

from .tables import drawn_numbers
from .world import World

if TYPE_CHECKING:
    from .ensemble import Ensemble

__all__ = ["find_hangs"]

_Z, _WIDER, _LEAST = 1.959964, 1.03, 30


def find_hangs(ensemble: Ensemble, *, measure: str = "harm_people") -> pd.DataFrame:
    """Correlate ranks of each drawn parameter with a measure: parameter, correlation, low, high (95 %), n.

    Spearman's correlation; the interval by artanh ± 1.96·1.03/√(n − 3) (Fieller, Hartley & Pearson 1957). The strongest
    first. Empty where parameters were not drawn, or fewer than 30 replicates ended well.
    """
    numbers, columns = drawn_numbers(ensemble.tables), ["parameter", "correlation", "low", "high", "n"]
    good = ensemble.rows[ensemble.rows["status"] == "ok"]
    if not len(numbers) or len(good) < _LEAST:
        return pd.DataFrame(columns=columns)
    from scipy import stats  # loads for a second: only where parameters were drawn

    world, drawn = World(ensemble.tables), []
    for replicate in good["replicate"]:
        world.reset(seed=ensemble.seed, replicate=int(replicate))
        drawn.append(world.parameters[numbers])
    harm, values, rows = good[measure].to_numpy(float), np.array(drawn), []
    for i, number in enumerate(numbers):
        if np.ptp(values[:, i]) == 0.0 or np.ptp(harm) == 0.0:
            continue
        r = float(stats.spearmanr(values[:, i], harm).statistic)
        half = _Z * _WIDER / math.sqrt(len(harm) - 3.0)
        z = math.atanh(min(max(r, -0.999999), 0.999999))
        rows.append((at.PARAMETERS[int(number)], r, math.tanh(z - half), math.tanh(z + half), len(harm)))
    rows.sort(key=lambda row: (-abs(row[1]), row[0]))
    return pd.DataFrame(rows, columns=columns)
