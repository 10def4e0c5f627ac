"""Axes: a linear scale, round ticks, dots by quantile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["DOTS", "Scale", "quantile_dots", "round_ticks", "spread", "stacks"]

DOTS = 20  # one dot stands for 5 of 100


@dataclass(frozen=True)
class Scale:
    """Map values from 0 or `low` to `high` onto px from `left` to `right`."""

    low: float
    high: float
    left: float
    right: float

    def __call__(self, value: float) -> float:
        """Place a value; beyond the ends it stays at the end."""
        span = self.high - self.low
        share = (value - self.low) / span if span else 0.0
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)


def round_ticks(high: float, *, most: int = 6) -> list[float]:
    """Give ticks from 0 to the first at or above `high`, in steps of 1, 2, 2.5 or 5 times a power of ten."""
    if not (math.isfinite(high) and high > 0):
        return [0.0, 1.0]
    rough = high / (most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((m * power for m in (1.0, 2.0, 2.5, 5.0) if m * power >= rough * (1 - 1e-9)), 10.0 * power)
    return [step * k for k in range(math.ceil(high / step - 1e-9) + 1)]


def quantile_dots(values: ArrayLike, *, dots: int = DOTS) -> list[float]:
    """Give the middle value of each of `dots` equal shares, a dot a chance (Kay et al. 2016); NaN is inf."""
    data: Any = np.asarray(values, dtype=float)
    if data.size == 0:
        return []
    ordered = np.sort(np.where(np.isnan(data), np.inf, data))
    return [float(ordered[min(ordered.size - 1, int((k + 0.5) / dots * ordered.size))]) for k in range(dots)]


def stacks(positions: Sequence[float], *, width: float, low: float, high: float) -> list[tuple[float, int]]:
    """Bin sorted positions (px) into stacks `width` wide (Wilkinson 1999): (centre, count), inside [low, high]."""
    groups: list[list[float]] = []
    for position in positions:
        if groups and position - groups[-1][0] < width:
            groups[-1].append(position)
        else:
            groups.append([position])
    centres = spread([(group[0] + group[-1]) / 2 for group in groups], gap=width, low=low, high=high)
    return [(centre, len(group)) for centre, group in zip(centres, groups, strict=True)]


def spread(positions: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Push sorted positions at least `gap` apart and back inside [low, high]; where both cannot be, the gap wins."""
    placed: list[float] = []
    for position in positions:
        placed.append(max(position, placed[-1] + gap if placed else low))
    for k in range(len(placed) - 1, -1, -1):
        placed[k] = min(placed[k], placed[k + 1] - gap if k + 1 < len(placed) else high)
    return placed
