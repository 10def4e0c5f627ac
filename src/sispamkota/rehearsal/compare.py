"""Compare two plans rehearsed with the same luck: the difference in each measure, and what the luck was worth.

Replicate n of both plans meets the same draws (docs/explanation/same-luck.md), so differences are taken pair by pair.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from sispamkota.errors import Fault, InputError
from sispamkota.kernels.measure import MEASURES
from sispamkota.schema import quantity
from sispamkota.show import Table, html_table, text_table

from .ensemble import Ensemble
from .measures import SCALES
from .unlike import refuse_unlike
from .waits import Waits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Comparison",
    "Difference",
    "chance_apart",
    "chance_of_gaps",
    "compare",
    "marked_by_holm",
    "mean_t",
    "surely",
    "welch_t",
]

TAIL = 0.025  # each side of a 95 % interval
LEAST_PAIRS = 10  # with fewer, Student's t takes whole numbers that happen to agree for certain: signs must agree too
ROUNDING = 1e-9  # values that lie no farther apart, beside their size, are one value
LINE, STOOD = "response_line_s", "line_stood"
ENGINE_OWN = ("events",)  # says how much work the computer had, nothing about a plan


@dataclass(frozen=True)
class Difference:
    """Hold how far plan B lies from plan A in one measure, in its display unit.

    `a`, `b`: means over the pairs; `low`, `high`: 95 % interval of b - a by Student's t over the `n` pairs in which
    both have a value, by itself; `p`: of the same test, or of the signs where that is more and there are fewer than
    LEAST_PAIRS or no spread; `sure`: it is marked among all measures of the table
    (`marked_by_holm`). `ratio`: how many times smaller the variance of b - a is than with luck of their own,
    (var a + var b) / var(b - a); infinite where all pairs differ by the same, NaN where nothing varies. Without the
    same luck: over all replicates, by Welch's t. `unanswered`: the calls of A and of B that nobody came to; a time to
    the answer leaves them out, the share answered in time (`within_…`) counts them as not in time.
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
    unanswered: tuple[int, int] | None = None

    @property
    def same(self) -> bool:
        """Say whether the values that both have are the same in every pair."""
        return self.a == self.b and self.low == self.high

    @property
    def alone(self) -> bool:
        """Say whether the interval, by itself, leaves out zero."""
        return self.low > 0.0 or self.high < 0.0

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values; what is not a finite number is null."""
        plain = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in asdict(self).items()}
        return {key: value for key, value in plain.items() if key != "unanswered" or value is not None}


@dataclass(frozen=True)
class Comparison:
    """Hold plan B against plan A, measure by measure, harm first; `paired` where both met the same luck.

    What is marked `sure` holds together: the chance that any measure is marked that does not differ is 5 % at most.
    `pairs` counts the pairs; without the same luck, the replicates of the smaller result. `unlike` names the measures
    that are not the same in every pair though no difference shows: too few pairs have a value under both plans.
    """

    a: str
    b: str
    scenario: str
    pairs: int
    differences: tuple[Difference, ...] = field(repr=False)
    paired: bool = True
    unlike: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Difference:
        """Look one measure up by name; raises KeyError."""
        return {each.name: each for each in self.differences}[name]

    @property
    def alike(self) -> bool:
        """Tell whether no measure differs in any pair, nor has a value under one plan only."""
        return self.paired and not self.unlike and all(each.same for each in self.differences)

    @property
    def agreeing(self) -> int:
        """Count the measures that are the same in every pair."""
        return sum(each.same and each.name not in self.unlike for each in self.differences)

    @property
    def unseen(self) -> float:
        """Give the share of rehearsals in which a difference, never seen in so many pairs, is rarer with 95 %."""
        return 1.0 - math.exp(math.log(2.0 * TAIL) / self.pairs)

    def to_table(self) -> pd.DataFrame:
        """Give one row a measure."""
        return pd.DataFrame([each.to_dict() for each in self.differences])

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        head = {"a": self.a, "b": self.b, "scenario": self.scenario, "pairs": self.pairs}
        head |= {} if self.paired else {"paired": False}
        head |= {"unlike": list(self.unlike)} if self.unlike else {}
        return head | {"differences": {each.name: each.to_dict() for each in self.differences}}

    def to_json(self) -> str:
        """Write the comparison as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw harm and what surely differs, all rows together, as shares of A's mean; gives the axes back."""
        from .draw import draw_comparison

        return draw_comparison(self, ax=ax)

    def _rows(self) -> Table:
        """Give title, header and rows, for text and page alike."""
        luck = f"{self.pairs} pairs" if self.paired else f"{self.pairs} replicates or more each, luck not shared"
        title = f"A: {self.a}\nB: {self.b}\n{self.scenario}, {luck}"
        header = ("measure", "A", "B", "B - A", "low", "high", "unit", "luck")
        figures = ("a", "b", "difference", "low", "high")
        rows = [
            (e.name, *(f"{getattr(e, key):.4g}" for key in figures), e.unit, f"{e.ratio:.3g}x")
            for e in self.differences
        ]
        return title, header, rows

    def __str__(self) -> str:
        """Print the comparison as a plain table."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def compare(a: Ensemble, b: Ensemble, *, names: tuple[str, str] | None = None, own_luck: bool = False) -> Comparison:
    """Compare two rehearsals of one scenario with one seed, over the replicates that ended well in both.

    `names` are what to call the plans; without them, their titles. Raises InputError where they differ in more than
    the plan: then they did not meet the same luck. With `own_luck` the seeds may differ; if they do, the intervals are
    Welch's, over the replicates that ended well in either.
    """
    paired = a.seed == b.seed
    refuse_unlike(a, b, seeds=not own_luck)
    rows = [e.rows[e.rows["status"] == "ok"].set_index("replicate") for e in (a, b)]
    if paired:
        both = rows[0].index.intersection(rows[1].index).sort_values()
        rows = [each.loc[both] for each in rows]
    n = min(map(len, rows))
    if n < 2:
        remedy = "Rehearse both plans with more replicates."
        raise InputError([Fault("replicates", "pairs", "2 or more that ended well in both", str(n), remedy)])
    found, unlike = list[Difference](), list[str]()
    for name in _compared():
        values = [_values(e, name, each) for e, each in zip((a, b), rows, strict=True)]
        one = (_difference if paired else _apart)(name, values[0], values[1])
        if (one is None or one.same) and not np.array_equal(values[0], values[1], equal_nan=True):
            unlike.append(name)
        if not name.startswith("response_"):
            found += [one] if one else []
            continue
        calls = [_calls(e, name, each.index) for e, each in zip((a, b), rows, strict=True)]
        lost = int(calls[0]["seconds"].isna().sum()), int(calls[1]["seconds"].isna().sum())
        of_calls = one, _in_time(name, calls, rows, paired=paired)
        found += [replace(each, unanswered=lost) for each in of_calls if each is not None]
        if of_calls == (None, None) and lost[0] != lost[1] and name not in unlike:
            unlike.append(name)
    marks = marked_by_holm([each.p for each in found])
    told = tuple(replace(each, sure=mark) for each, mark in zip(found, marks, strict=True))
    return Comparison(*(names or (a.plan, b.plan)), a.name, n, told, paired, tuple(unlike))


def _compared() -> Iterator[str]:
    """Go through the measures, but for what is the engine's own; the line's time stands after that of the police."""
    for name in MEASURES:
        if name not in ENGINE_OWN:
            yield name
        if name == "response_police_s":
            yield LINE


def _values(ensemble: Ensemble, name: str, rows: pd.DataFrame) -> NDArray[np.float64]:
    """Give a measure by replicate; a line's time, which has no column, is the mean of the lines that stood."""
    if name != LINE:
        return rows[name].to_numpy(float)
    lines = _calls(ensemble, name, rows.index)
    return lines.groupby("replicate")["seconds"].mean().reindex(rows.index).to_numpy(float)


def marked_by_holm(p: Sequence[float]) -> list[bool]:
    """Say which of several tests are rejected so that any is wrongly with 5 % at most, however they hang together.

    The smallest p goes against 5 % over all of them, the next against 5 % over the rest, and so on until one is larger.
    A test without a p (NaN) counts among them and is not rejected.
    Source: Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    marks, left = [False] * len(p), len(p)
    for i in sorted(range(len(p)), key=lambda i: (math.isnan(p[i]), p[i])):
        if not p[i] <= 2.0 * TAIL / left:
            break
        marks[i], left = True, left - 1
    return marks


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
    p = chance_of_gaps(gap)
    return Difference(name, known.display_unit, float(a.mean()), float(b.mean()), mean, low, high, n, ratio, p)


def _apart(name: str, a: NDArray[np.float64], b: NDArray[np.float64]) -> Difference | None:
    """Compare one measure where each result has its own luck; None where either has fewer than two values."""
    known = quantity(name)
    scale = SCALES.get(known.display_unit, 1.0)
    a, b = a[~np.isnan(a)] / scale, b[~np.isnan(b)] / scale
    n = min(len(a), len(b))
    if n < 2:
        return None
    mean, low, high = welch_t(a, b)
    p = chance_apart(a, b)
    return Difference(name, known.display_unit, float(a.mean()), float(b.mean()), mean, low, high, n, 1.0, p)


def chance_of_gaps(gap: NDArray[np.float64]) -> float:
    """Give the p that paired differences, two or more, have a mean of zero: Student's t, or the signs if that is more.

    The signs are asked where t knows too little: fewer than LEAST_PAIRS, or no spread.
    """
    n = len(gap)
    p = _chance(float(gap.mean()), float(gap.std(ddof=1)) / math.sqrt(n), n - 1)
    return max(p, _signs(gap)) if n < LEAST_PAIRS or _still(gap) else p


def chance_apart(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Give the p that two independent samples, of two or more each, have one mean: Welch's t, or an exact test's.

    The exact one is asked where Welch knows too little: few values, or a sample without spread.
    """
    mean, n, still = float(b.mean() - a.mean()), min(len(a), len(b)), (_still(a), _still(b))
    p = _chance(mean, *_welch(a, b))
    if still[0] != still[1]:
        p = max(p, _constant(a, b) if still[1] else _constant(b, a))
    if n < LEAST_PAIRS or all(still):
        apart = not _still(np.array([a.mean(), b.mean()]))
        p = max(p, 2.0 / float(special.binom(len(a) + len(b), n))) if apart else 1.0  # least of any exact test
    return p


def _still(values: NDArray[np.float64]) -> bool:
    """Say whether values are all one but for rounding."""
    return bool(np.ptp(values) <= ROUNDING * float(np.abs(values).max()))


def _calls(ensemble: Ensemble, name: str, replicates: pd.Index[int]) -> pd.DataFrame:
    """Take the calls whose time to the answer a measure is, in some replicates."""
    calls, service = ensemble.responses, name.removeprefix("response_").removesuffix("_s")
    return calls[(calls["service"] == service) & calls["replicate"].isin(replicates)]


def _in_time(
    name: str, calls: Sequence[pd.DataFrame], rows: Sequence[pd.DataFrame], *, paired: bool
) -> Difference | None:
    """Compare the share of calls that are answered in time, those too that nobody came to: as the report tells it.

    A line has no standard: of those the share is compared that ever stood. Each replicate stands for its part in the
    share over all calls (`Waits.parts`).
    """
    known = quantity(name)
    if (known.standard is None and name != LINE) or not all(len(each) for each in calls):
        return None
    within = STOOD if name == LINE else name.replace("response_", "within_").removesuffix("_s")
    at = math.inf if known.standard is None else known.standard.value
    a, b = (Waits.of(own).parts(at, own["replicate"], each.index) for own, each in zip(calls, rows, strict=True))
    if paired:
        return _difference(within, a, b)
    found = _apart(within, a, b)
    if found is None or _still(a) == _still(b):
        return found
    kept = [
        _shares(own, at, each.index, of=float((b if _still(b) else a)[0]))
        for own, each in zip(calls, rows, strict=True)
    ]
    return replace(found, p=max(found.p, _constant(*(kept if _still(b) else kept[::-1]))))


def _shares(calls: pd.DataFrame, at: float, replicates: pd.Index[int], *, of: float) -> NDArray[np.float64]:
    """Give the share of each replicate's own calls that was answered in time; `of` where it had no call."""
    own = (calls["seconds"] <= at).groupby(calls["replicate"]).mean()
    return np.asarray(own.reindex(replicates, fill_value=of), np.float64)


def _constant(some: NDArray[np.float64], same: NDArray[np.float64]) -> float:
    """Give the p of Fisher's exact test that as many of `some` as of `same`, which are all one value, have that value.

    Welch's error is that of `some` alone there, as though the others were known for ever.
    """
    from scipy.stats import fisher_exact

    alike = int(np.isclose(some, same[0], rtol=ROUNDING, atol=0.0).sum())
    return float(fisher_exact([[alike, len(some) - alike], [len(same), 0]]).pvalue)


def _chance(mean: float, error: float, df: float) -> float:
    """Give the two-sided p-value of a mean with its standard error; without any spread 0, or 1 for a mean of zero."""
    if error == 0.0:
        return 1.0 if mean == 0.0 else 0.0
    return 2.0 * float(special.stdtr(df, -abs(mean) / error))


def _signs(gap: NDArray[np.float64]) -> float:
    """Give the two-sided p-value of the signs of differences, zeros left out: no law of their size is assumed."""
    up, down = int((gap > 0.0).sum()), int((gap < 0.0).sum())
    return min(1.0, 2.0 * float(special.bdtr(min(up, down), up + down, 0.5))) if up + down else 1.0


def surely(found: Sequence[Comparison]) -> tuple[frozenset[str], ...]:
    """Name the measures that differ, comparison by comparison, such that all the names together hold with 95 %.

    Holm's procedure over every measure of every comparison: of many that do not differ, none is named in 95 of 100
    such pages.
    """
    rows = [(k, each) for k, one in enumerate(found) for each in one.differences]
    marks = marked_by_holm([each.p for _, each in rows])
    named = [(k, each.name) for (k, each), mark in zip(rows, marks, strict=True) if mark]
    return tuple(frozenset(name for at, name in named if at == k) for k in range(len(found)))


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


def welch_t(a: NDArray[np.float64], b: NDArray[np.float64], *, among: int = 1) -> tuple[float, float, float]:
    """Return mean b - mean a of two independent samples and its 95 % interval (Welch 1947); `among` as in mean_t."""
    a, b = a[~np.isnan(a)], b[~np.isnan(b)]
    mean = float(b.mean() - a.mean()) if len(a) and len(b) else math.nan
    if min(len(a), len(b)) < 2:
        return mean, -math.inf, math.inf
    error, df = _welch(a, b)
    half = float(special.stdtrit(df, 1.0 - TAIL / among)) * error
    return mean, mean - half, mean + half


def _welch(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[float, float]:
    """Give the standard error of a difference of means and its degrees of freedom (Satterthwaite 1946)."""
    va, vb = float(a.var(ddof=1)) / len(a), float(b.var(ddof=1)) / len(b)
    if va + vb == 0.0:
        return 0.0, float(len(a) + len(b) - 2)
    return math.sqrt(va + vb), (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
