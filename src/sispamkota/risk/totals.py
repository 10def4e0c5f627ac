"""What a risk map expects within some hours, with its interval: sums of uncertain rates that know what they share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import gammaincinv

from .riskmap import BACKGROUND, RiskMap

__all__ = ["CENTRAL", "TOTALS", "expected", "summed", "weighed"]

CENTRAL = 0.9
TOTALS = ("mean", "low", "high", "chance")


def expected(
    riskmap: RiskMap,
    by: Sequence[str],
    *,
    kinds: Sequence[str] | None = None,
    hours: Sequence[int] = tuple(range(24)),
    tension: ArrayLike | None = None,
) -> pd.DataFrame:
    """Sum incidents expected within some hours of one day, one row a group of `by` ("place", "kind", or none).

    Columns TOTALS: mean, ends of the central 90 % interval of the mean (gamma of its mean and variance), and the chance
    of at least one incident. Rows of one draw rise and fall together; others are independent. `tension`, float64[24],
    multiplies the kinds of trouble.
    """
    table = riskmap.table if kinds is None else riskmap.table[riskmap.table["kind"].isin(list(kinds))]
    weight = np.ones(24) if tension is None else np.asarray(tension, float)
    chosen = np.zeros(24)
    chosen[list(hours)] = 1.0
    return summed(weighed(table, usual=chosen, trouble=chosen * weight), by)


def weighed(table: pd.DataFrame, *, usual: ArrayLike, trouble: ArrayLike) -> pd.DataFrame:
    """Give the rates of a risk map with `mean`, the incidents expected in so many hours of each hour of the day [24].

    Hours under tension count in `trouble` as often as its kinds grow.
    """
    sums = (np.append(each, np.sum(each)) for each in (np.asarray(trouble, float), np.asarray(usual, float)))
    hour = table["hour"].to_numpy(int)  # ALL_HOURS, -1, takes the sum that is put last
    times = np.where(~table["kind"].isin(BACKGROUND).to_numpy(), *(each[hour] for each in sums))
    return table.assign(mean=table["rate_per_h"].to_numpy(float) * times)


def summed(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Sum the `mean` of rows with their `draw` and `shape`, one row a group of `by`; columns TOTALS, as `expected`."""
    parts = rows.groupby([*by, "draw"], sort=False, observed=True).agg(mean=("mean", "sum"), shape=("shape", "first"))
    parts["variance"] = parts["mean"] ** 2 / parts["shape"]
    sums = (
        parts.groupby(list(by), sort=False)[["mean", "variance"]].sum()
        if by
        else parts[["mean", "variance"]].sum().to_frame().T
    )
    mean, variance = sums["mean"].to_numpy(), sums["variance"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = np.where(variance > 0, mean**2 / variance, np.inf)
        ends = [gammaincinv(shape, end) / shape * mean for end in (0.5 - CENTRAL / 2, 0.5 + CENTRAL / 2)]
        low, high = (np.where(np.isfinite(shape), end, mean) for end in ends)
        none = np.where(np.isfinite(shape), (1.0 + mean / shape) ** -shape, np.exp(-mean))
    return pd.DataFrame(dict(zip(TOTALS, (mean, low, high, 1.0 - none), strict=True)), index=sums.index)
