"""Measures over replicates: each with its 95 % interval, what was censored, and whether a published standard is met."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from sispamkota.schema import Quantity, quantity

from .waits import Waits

__all__ = ["SCALES", "Measure", "median_interval", "summarise"]

# how many of the measure's own SI unit make one unit of the screen
SCALES = {"min": 60.0, "h": 3600.0, "person min": 60.0, "%": 0.01}
LEVEL = 0.95


@dataclass(frozen=True)
class Measure:
    """Hold one measure in its display unit.

    `low` and `high` bound `median` with 95 % confidence. `statistic` says what stands there: the "median" over
    replicates with an interval by order statistics; for what happens or not the "share" of replicates with the exact
    binomial interval (Clopper & Pearson 1934); for calls the "pooled" median or share, with an interval over replicates
    as clusters. `censored` counts replicates (for calls: calls) without a value. `met` compares the interval with the
    standard: None while the standard lies inside it.
    """

    name: str
    unit: str
    statistic: str
    median: float
    mean: float
    low: float
    high: float
    p05: float
    p95: float
    n: int
    censored: int
    standard: float | None
    met: bool | None

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values; what is not a finite number is null."""
        row = {name: value for name, value in asdict(self).items() if name != "name"}
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}


def summarise(rows: pd.DataFrame, responses: pd.DataFrame) -> list[Measure]:
    """Summarise the replicates that ended well: a measure a column, the share of calls in time, of lines that stood."""
    good = rows[rows["status"] == "ok"]
    good_calls, measures = responses[responses["replicate"].isin(good["replicate"])], []
    for name in (column for column in rows.columns if column not in ("replicate", "status", "seed", "reason")):
        known = quantity(name)
        values = good[name].to_numpy(np.float64) / SCALES.get(known.display_unit, 1.0)
        service = name.removeprefix("response_").removesuffix("_s")
        if not name.startswith("response_"):
            measures.append(_event(known, values) if known.dtype == "bool" else _amount(known, values))
            continue
        calls, lines = (good_calls[good_calls["service"] == each] for each in (service, "line"))
        measures.append(_response(known, calls))
        if known.standard is not None:
            measures.append(_within(quantity(f"within_{service}"), calls, known.standard.value))
        if service == "police":
            measures.append(_response(quantity("response_line_s"), lines))
            measures.append(_within(quantity("line_stood"), lines, math.inf))
    return measures


def median_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % interval of the median by order statistics, free of any distribution; values sorted, [n].

    The k-th smallest and k-th largest, with k the largest such that P(Binomial(n, 1/2) < k) is at most 2.5 %; the
    whole range where n is too small for that.
    """
    n = len(values)
    below = special.bdtr(np.arange(n, dtype=float), n, 0.5)  # P(Binomial(n, 1/2) ≤ k)
    k = max(1, int(np.searchsorted(below, (1.0 - LEVEL) / 2.0, side="right")))
    return float(values[k - 1]), float(values[n - k])


def _standard(known: Quantity) -> float | None:
    """Return a measure's standard in its display unit."""
    return None if known.standard is None else known.standard.value / SCALES.get(known.display_unit, 1.0)


def _met(low: float, high: float, standard: float | None) -> bool | None:
    """Say whether a standard that should not be passed is met; None while it lies inside the interval."""
    if standard is None or not math.isfinite(low):
        return None
    return True if high <= standard else (False if low > standard else None)


def _amount(known: Quantity, column: NDArray[np.float64]) -> Measure:
    """Summarise an amount by its median over replicates."""
    values = np.sort(column[~np.isnan(column)])
    n, standard = len(values), _standard(known)
    low, high = median_interval(values) if n else (math.nan, math.nan)
    p05, p95 = np.quantile(values, [0.05, 0.95]) if n else (math.nan, math.nan)
    return Measure(
        name=known.name,
        unit=known.display_unit,
        statistic="median",
        median=float(np.median(values)) if n else math.nan,
        mean=float(np.mean(values)) if n else math.nan,
        low=low,
        high=high,
        p05=float(p05),
        p95=float(p95),
        n=n,
        censored=len(column) - n,
        standard=standard,
        met=_met(low, high, standard),
    )


def _share(known: Quantity, share: float, bounds: tuple[float, float], n: int, censored: int) -> Measure:
    """Describe a share, 0 to 1, in its display unit."""
    scale = SCALES.get(known.display_unit, 1.0)
    low, high = bounds
    return Measure(
        name=known.name,
        unit=known.display_unit,
        statistic="share" if known.dtype == "bool" else "pooled",
        median=share / scale,
        mean=share / scale,
        low=low / scale,
        high=high / scale,
        p05=math.nan,
        p95=math.nan,
        n=n,
        censored=censored,
        standard=None,
        met=None,
    )


def _event(known: Quantity, column: NDArray[np.float64]) -> Measure:
    """Summarise what happens or not by its share of the replicates, with the exact binomial interval."""
    hits, n = int(np.count_nonzero(column)), len(column)
    if n == 0:
        return _share(known, math.nan, (math.nan, math.nan), 0, 0)
    tail = (1.0 - LEVEL) / 2.0
    low = float(special.betaincinv(hits, n - hits + 1, tail)) if hits else 0.0
    high = float(special.betaincinv(hits + 1, n - hits, 1.0 - tail)) if hits < n else 1.0
    return _share(known, hits / n, (low, high), n, 0)


def _within(known: Quantity, calls: pd.DataFrame, standard: float) -> Measure:
    """Estimate the share of calls answered within a standard; the interval counts replicates, whose calls go together.

    A call that ended unneeded before anybody came was not answered; `censored` counts those that were still open at the
    end before the standard had passed.
    """
    share = Waits.of(calls).answered_by(standard)
    unknown = int(((calls["outcome"] == "open") & (calls["waited"] <= standard)).sum())
    return _share(known, share.value, (share.low, share.high), len(calls), unknown)


def _response(known: Quantity, calls: pd.DataFrame) -> Measure:
    """Summarise a response time by the median over all calls.

    A call that ended unneeded counts as never answered, one still open as later than it had waited (both `censored`;
    rehearsal.waits). `mean` is of the calls that were answered.
    """
    waits, scale = Waits.of(calls), SCALES[known.display_unit]
    seconds, median, standard = calls["seconds"].to_numpy(np.float64), waits.median(), _standard(known)
    value, low, high = (end / scale for end in (median.value, median.low, median.high))
    p05, p95 = (waits.quantile(end) / scale for end in (0.05, 0.95)) if len(calls) else (math.nan, math.nan)
    return Measure(
        name=known.name,
        unit=known.display_unit,
        statistic="pooled",
        median=value,
        mean=float(np.nanmean(seconds)) / scale if np.isfinite(seconds).any() else math.nan,
        low=low,
        high=high,
        p05=p05,
        p95=p95,
        n=len(calls),
        censored=int(np.isnan(seconds).sum()),
        standard=standard,
        met=_met(low, high, standard),
    )
