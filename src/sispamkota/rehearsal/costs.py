"""What a gain costs: measures that no aim holds, watched so that none is bought in silence.

Fewer may be harmed because more are dispersed or detained, because the crowd never grows large, or because the worst
stage is met early. Peaceful people are not ours to disperse, so these stand beside every gain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sispamkota.kernels.measure import MEASURES
from sispamkota.schema import quantity

from .arena import Sample
from .compare import mean_t
from .measures import SCALES

__all__ = ["COSTS", "Cost", "costs_of", "watched"]

Floats = NDArray[np.float64]
COSTS = (
    "dispersed", "detained", "injured_by_force", "tear_gas", "seconds_force_3up", "merah", "seconds_merah",
    "fires", "breached", "attendance_peak",
)  # fmt: skip
GOOD_HIGH = ("attendance_peak",)  # people who came in peace: fewer is the worse
COLUMNS = [MEASURES.index(name) for name in COSTS]


@dataclass(frozen=True)
class Cost:
    """Hold one measure before and after, in its display unit, with the 95 % interval of the difference over pairs."""

    name: str
    unit: str
    before: float
    after: float
    difference: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Say whether the interval leaves out zero on the bad side, each measure alone: a price missed is the worse."""
        return self.high < 0.0 if self.name in GOOD_HIGH else self.low > 0.0


def watched(sample: Sample) -> Floats:
    """Give the watched measures of a sample, [replicate, COSTS], in SI."""
    rows = [batch.rows[:, COLUMNS] for batch in sample.batches]
    return np.concatenate(rows) if rows else np.zeros((0, len(COSTS)))


def costs_of(before: Floats, after: Floats) -> tuple[Cost, ...]:
    """Compare the watched measures pair by pair, a pair with a NaN left out; nothing for fewer than two pairs."""
    if len(before) < 2:
        return ()
    return tuple(_cost(name, before[:, i], after[:, i]) for i, name in enumerate(COSTS))


def _cost(name: str, before: Floats, after: Floats) -> Cost:
    known = quantity(name)
    scale = SCALES.get(known.display_unit, 1.0)
    mean, low, high = mean_t((after - before) / scale)
    both = np.isfinite(before) & np.isfinite(after)
    return Cost(name, known.display_unit, before[both].mean() / scale, after[both].mean() / scale, mean, low, high)
