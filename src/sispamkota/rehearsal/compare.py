"""Compare two plans rehearsed with the same luck: the difference in each measure, and what the luck was worth.

Replicate n of both plans meets the same draws (docs/explanation/same-luck.md), so differences are taken pair by pair.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from sispamkota.errors import Fault, InputError
from sispamkota.kernels.measure import MEASURES
from sispamkota.schema import quantity
from sispamkota.show import text_table

from .ensemble import Ensemble
from .measures import SCALES

__all__ = ["Comparison", "Difference", "compare", "marked_by_holm", "mean_t"]

TAIL = 0.025  # each side of a 95 % interval
SAME = ("scenario", "city", "parameters", "draw_parameters", "horizon_s", "engine")
ENGINE_OWN = ("events",)  # says how much work the computer had, nothing about a plan


@dataclass(frozen=True)
class Difference:
    """Hold how far plan B lies from plan A in one measure, in its display unit.

    `a`, `b`: means over the pairs; `low`, `high`: 95 % interval of b - a by Student's t over the `n` pairs in which
    both have a value, by itself; `p`: of the same test; `sure`: it is marked among all measures of the table
    (`marked_by_holm`). `ratio`: how many times smaller the variance of b - a is than with luck of their own,
    (var a + var b) / var(b - a); infinite where all pairs differ by the same, NaN where nothing varies.
    """

    name: str
    unit: str
    a: float
    b: float
    difference: float
    low: float
    high: float
    n: int
    ratio: float
    p: float
    sure: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values; what is not a finite number is null."""
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in asdict(self).items()}


@dataclass(frozen=True)
class Comparison:
    """Hold plan B against plan A, measure by measure, harm first.

    What is marked `sure` holds together: the chance that any measure is marked that does not differ is 5 % at most.
    """

    a: str
    b: str
    scenario: str
    pairs: int
    differences: tuple[Difference, ...] = field(repr=False)

    def __getitem__(self, name: str) -> Difference:
        """Look one measure up by name; raises KeyError."""
        return {each.name: each for each in self.differences}[name]

    def to_table(self) -> pd.DataFrame:
        """Give one row a measure."""
        return pd.DataFrame([each.to_dict() for each in self.differences])

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        head = {"a": self.a, "b": self.b, "scenario": self.scenario, "pairs": self.pairs}
        return head | {"differences": {each.name: each.to_dict() for each in self.differences}}

    def to_json(self) -> str:
        """Write the comparison as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    def __str__(self) -> str:
        """Print the comparison as a plain table."""
        title = f"A: {self.a}\nB: {self.b}\n{self.scenario}, {self.pairs} pairs"
        header = ("measure", "A", "B", "B - A", "low", "high", "unit", "luck")
        figures = ("a", "b", "difference", "low", "high")
        rows = [
            (e.name, *(f"{getattr(e, key):.4g}" for key in figures), e.unit, f"{e.ratio:.3g}x")
            for e in self.differences
        ]
        return text_table(title, header, rows)


def compare(a: Ensemble, b: Ensemble, *, names: tuple[str, str] | None = None) -> Comparison:
    """Compare two rehearsals of one scenario with one seed, over the replicates that ended well in both.

    `names` are what to call the plans; without them, their titles. Raises InputError where they differ in more than
    the plan: then they did not meet the same luck.
    """
    _check(a, b)
    both = a.rows.merge(b.rows, on="replicate", suffixes=(".a", ".b"))
    both = both[(both["status.a"] == "ok") & (both["status.b"] == "ok")]
    if len(both) < 2:
        remedy = "Rehearse both plans with more replicates."
        raise InputError([Fault("replicates", "pairs", "2 or more that ended well in both", str(len(both)), remedy)])
    found = [
        _difference(name, both[f"{name}.a"].to_numpy(float), both[f"{name}.b"].to_numpy(float))
        for name in MEASURES
        if name not in ENGINE_OWN
    ]
    called, there = names or (a.plan, b.plan), [each for each in found if each is not None]
    marks = marked_by_holm([each.p for each in there])
    told = tuple(replace(each, sure=mark) for each, mark in zip(there, marks, strict=True))
    return Comparison(*called, a.name, len(both), told)


def marked_by_holm(p: Sequence[float]) -> list[bool]:
    """Say which of several tests are rejected so that any is wrongly with 5 % at most, however they hang together.

    The smallest p goes against 5 % over all of them, the next against 5 % over the rest, and so on until one is larger.
    Source: Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    marks, left = [False] * len(p), len(p)
    for i in sorted(range(len(p)), key=lambda i: p[i]):
        if not p[i] <= 2.0 * TAIL / left:
            break
        marks[i], left = True, left - 1
    return marks


def _check(a: Ensemble, b: Ensemble) -> None:
    """Raise InputError for what makes two results no pair."""
    remedy = "Rehearse both plans in the same scenario and city, with the same seed."
    mine, its = ({"seed": e.seed, **_origin(e)} for e in (a, b))
    faults: Sequence[Fault] = [
        Fault("results", key, str(mine[key]), str(its[key]), remedy) for key in mine if mine[key] != its[key]
    ]
    if faults:
        raise InputError(faults)


def _origin(ensemble: Ensemble) -> dict[str, Any]:
    """Say what a result was played in, but for the plan."""
    manifest = ensemble.manifest
    files = {"scenario file": manifest.inputs.get("scenario"), "city file": manifest.parents}
    return files | {key: manifest.settings.get(key) for key in SAME}


def _difference(name: str, a: NDArray[np.float64], b: NDArray[np.float64]) -> Difference | None:
    """Compare one measure over the pairs in which both have a value; None where fewer than two have."""
    known = quantity(name)
    scale = SCALES.get(known.display_unit, 1.0)
    there = ~(np.isnan(a) | np.isnan(b))
    a, b, n = a[there] / scale, b[there] / scale, int(there.sum())
    if n < 2:
        return None
    gap = b - a
    apart, paired = float(a.var(ddof=1) + b.var(ddof=1)), float(gap.var(ddof=1))
    ratio = apart / paired if paired > 0.0 else (math.inf if apart > 0.0 else math.nan)
    mean, low, high = mean_t(gap)
    p = _two_sided(mean, paired, n)
    return Difference(name, known.display_unit, float(a.mean()), float(b.mean()), mean, low, high, n, ratio, p)


def _two_sided(mean: float, variance: float, n: int) -> float:
    """Give the p of Student's t that a mean of n values is 0; where nothing varies, 1 for a mean of 0, else 0."""
    if variance <= 0.0:
        return float(mean == 0.0)
    return float(2.0 * special.stdtr(n - 1, -abs(mean) / math.sqrt(variance / n)))


def mean_t(values: NDArray[np.float64], *, among: int = 1) -> tuple[float, float, float]:
    """Return the mean and its 95 % interval by Student's t, NaN left out; infinite ends for fewer than two values.

    Intervals that are one `among` several hold together with 95 % (Bonferroni).
    """
    values = values[~np.isnan(values)]
    n = len(values)
    if n < 2:
        return (float(values.mean()) if n else math.nan), -math.inf, math.inf
    half = float(special.stdtrit(n - 1, 1.0 - TAIL / among)) * float(values.std(ddof=1)) / math.sqrt(n)
    mean = float(values.mean())
    return mean, mean - half, mean + half
