"""Score forecasts against what came, by rolling origin: at each origin only what was known then is used.

The verdict is on the continuous ranked probability score, summed over places and kinds, against two plain forecasts:
what happened in the last window, and the mean of all that was known. Few incidents give no verdict.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import Faults, InputError
from sispamkota.show import html_table, text_table
from sispamkota.words import figure, number, percent, pick_language, words

from .forecast import Forecaster, Known, historical_mean, shrinkage
from .history import History
from .judging import events_needed, judging
from .proper import (
    BrierParts,
    brier_parts,
    count_cdf,
    count_interval,
    crps_count,
    log_score_count,
    pit_histogram,
    reliability,
)
from .riskmap import KINDS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["BASELINES", "Difference", "Scores", "paired_difference", "score_history"]

F8 = NDArray[np.float64]
BASELINES = ("last", "mean")  # what happened in the last window; the mean of all that was known
_BINS = 10
_UNTOLD = 1 / 3  # of the window, before the first origin


@dataclass(frozen=True)
class Difference:
    """Hold the mean paired difference of a score, model less baseline (below 0: the model is better), and interval."""

    value: float
    low: float
    high: float


def paired_difference(differences: Sequence[float], *, level: float) -> Difference:
    """Give the mean of paired differences of score, one a window, and its interval.

    Diebold & Mariano 1995 with the small-sample form of Harvey, Leybourne & Newbold 1997: windows do not overlap, so
    that forecasts look one step ahead and the interval is that of Student's t with n - 1 degrees of freedom.
    """
    from scipy.stats import t

    d = np.asarray(differences, np.float64)
    if d.size < 2:
        return Difference(float(d.mean()) if d.size else math.nan, -math.inf, math.inf)
    half = float(t.ppf((1 + level) / 2, d.size - 1)) * float(d.std(ddof=1)) / math.sqrt(d.size)
    return Difference(float(d.mean()), float(d.mean()) - half, float(d.mean()) + half)


@dataclass(frozen=True, eq=False)
class Scores:
    """Hold what forecasts were worth.

    `table` has one row a window: origin, until (exclusive), incidents, expected, low, high (interval of `level` for the
    whole city), and crps, log and brier of the model and of each baseline (log of the last window is infinite where
    something came that had not come before). `chance` and `came` are the forecast chances of at least one incident and
    whether it came, `below` and `upto` the forecast law at what came, each by window, place and kind.
    """

    history: History = field(repr=False)
    horizon: dt.timedelta
    level: float
    needed: int
    windows_needed: int
    table: pd.DataFrame = field(repr=False)
    chance: F8 = field(repr=False)
    came: F8 = field(repr=False)
    below: F8 = field(repr=False)
    upto: F8 = field(repr=False)

    @property
    def incidents(self) -> int:
        """Count the incidents in the scored windows."""
        return int(self.table["incidents"].sum())

    @property
    def unplaced(self) -> int:
        """Count the incidents of the history that no place of the city is known for: they are left out."""
        return int((~self.history.table["place"].isin(self.history.places)).sum())

    @property
    def enough(self) -> bool:
        """Tell whether the scored windows hold enough incidents for a verdict."""
        filled = int((self.table["incidents"] > 0).sum())
        return self.incidents >= self.needed and filled >= self.windows_needed

    def difference(self, baseline: str, *, score: str = "crps") -> Difference:
        """Give the paired difference of a score to a baseline, a window, and its interval."""
        gaps = self.table[f"{score}_model"] - self.table[f"{score}_{baseline}"]
        return paired_difference(gaps.to_list(), level=self.level)

    def skill(self, baseline: str) -> float:
        """Give the share by which the model's CRPS is smaller than a baseline's; NaN where that is 0."""
        theirs = float(self.table[f"crps_{baseline}"].sum())
        return 1 - float(self.table["crps_model"].sum()) / theirs if theirs > 0 else math.nan

    @property
    def verdicts(self) -> Mapping[str, str]:
        """Say of each baseline: the model is "better", "worse", "no better", or there are "too few" incidents."""
        return {name: self._verdict(name) for name in BASELINES}

    @property
    def better(self) -> bool:
        """Tell whether the model is better than every baseline, beyond the interval."""
        return all(verdict == "better" for verdict in self.verdicts.values())

    def _verdict(self, baseline: str) -> str:
        if not self.enough:
            return "too few"
        gap = self.difference(baseline)
        return "better" if gap.high < 0 else "worse" if gap.low > 0 else "no better"

    @property
    def brier(self) -> BrierParts:
        """Part the model's Brier score of "at least one incident", over windows, places and kinds."""
        return brier_parts(self.chance, self.came, bins=_BINS)

    @property
    def covered(self) -> float:
        """Give the share of windows whose count for the whole city lay in its interval; NaN without windows."""
        inside = (self.table["incidents"] >= self.table["low"]) & (self.table["incidents"] <= self.table["high"])
        return float(inside.mean()) if len(inside) else math.nan

    @property
    def pit(self) -> F8:
        """Give the shares of ten bins in the calibration histogram of counts; a calibrated forecast has 0.1 each."""
        return pit_histogram(self.below, self.upto, bins=_BINS)

    def to_table(self) -> pd.DataFrame:
        """Give the scores of each window, a copy."""
        return self.table.copy()

    def to_dict(self) -> dict[str, Any]:
        """Give the scores and the verdict as plain JSON values; what is not finite is null."""
        means = {name: float(self.table[name].mean()) for name in self.table.columns if name.startswith(_SCORES)}
        gaps = {name: self.difference(name) for name in BASELINES}
        parts = self.brier
        return {
            "windows": len(self.table),
            "incidents": self.incidents,
            "incidents_needed": self.needed,
            "unplaced": self.unplaced,
            "windows_needed": self.windows_needed,
            "enough": self.enough,
            "better": self.better,
            "verdicts": dict(self.verdicts),
            "skill": {name: _finite(self.skill(name)) for name in BASELINES},
            "difference": {name: [_finite(x) for x in (g.value, g.low, g.high)] for name, g in gaps.items()},
            "level": self.level,
            "scores": {name: _finite(value) for name, value in means.items()},
            "brier_parts": {name: _finite(value) for name, value in vars(parts).items()},
            "coverage": _finite(self.covered),
            "pit": [_finite(float(share)) for share in self.pit],
        }

    def sentences(self, lang: str) -> list[str]:
        """Say in words what the scores mean, the verdict first."""
        t = words(lang)
        if not self.enough:
            about = {"n": number(self.incidents, lang), "needed": number(self.needed, lang)}
            filled = number(int((self.table["incidents"] > 0).sum()), lang)
            least = number(self.windows_needed, lang)
            contrast = number(judging().contrast.value, lang, digits=0)
            return [t("risk_score.too_few", **about, windows=filled, least=least, contrast=contrast)]
        out = []
        for name, verdict in self.verdicts.items():
            gap, skill = self.difference(name), percent(abs(self.skill(name)), lang)
            ends = {"low": figure(gap.low, lang), "high": figure(gap.high, lang), "level": percent(self.level, lang)}
            key = f"risk_score.{verdict.replace(' ', '_')}"
            out.append(t(key, baseline=t(f"risk_score.baseline_{name}"), skill=skill, **ends))
        return out

    def _rows(self, lang: str) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
        """Give title, header and rows in a language."""
        t = words(lang)
        rows = [
            (t(f"risk_score.row_{who}"), *(figure(float(self.table[f"{s}_{who}"].mean()), lang) for s in _SCORES))
            for who in ("model", *BASELINES)
        ]
        about = {"days": number(self.horizon.days, lang), "n": number(len(self.table), lang)}
        header = (t("risk_score.forecast"), t("risk_score.crps"), t("risk_score.log"), t("risk_score.brier"))
        return t("risk_score.title", name=self.history.name, **about), header, rows

    def __str__(self) -> str:
        """Print in the language of the locale."""
        return self.tell(pick_language(None))

    def tell(self, lang: str) -> str:
        """Tell the mean scores, what they mean, and how well the intervals held."""
        t = words(lang)
        lines = [text_table(*self._rows(lang)), *self.sentences(lang)]
        if self.unplaced:
            lines.append(t("risk_score.unplaced", n=number(self.unplaced, lang)))
        if len(self.table):
            covered, level = percent(self.covered, lang), percent(self.level, lang)
            lines.append(t("risk_score.covered", covered=covered, level=level))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        lang = pick_language(None)
        said = "".join(f"<p>{sentence}</p>" for sentence in self.sentences(lang))
        return html_table(*self._rows(lang)) + said

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the reliability curve of "at least one incident": forecast chance against the share that came."""
        from matplotlib import pyplot as plt

        t = words(pick_language(None))
        axes = plt.subplots()[1] if ax is None else ax
        chance, share, n = reliability(self.chance, self.came, bins=_BINS)
        most = max(float(max(chance.max(initial=0), share.max(initial=0))), 1e-3)
        axes.plot([0, most], [0, most], color="0.6", linewidth=1)
        axes.scatter(chance, share, s=10 + 90 * n / max(n.max(initial=1), 1), color="#0072B2")
        axes.set(xlabel=t("risk_score.chance"), ylabel=t("risk_score.came"), title=t("risk_score.calibration"))
        return axes


_SCORES = ("crps", "log", "brier")


def score_history(
    history: History,
    *,
    horizon: dt.timedelta,
    first: dt.date | None = None,
    model: Forecaster = shrinkage,
    kinds: Sequence[str] = KINDS,
) -> Scores:
    """Forecast each window from what was known before it, and score the forecasts.

    Parameters
    ----------
    history : History
        Incidents without a place are left out.
    horizon : timedelta
        Whole days; windows follow each other without a gap until the history ends.
    first : date, optional
        The first origin; else a third of the way through.
    model : callable
        (Known, hours) → Predictive.
    kinds : sequence of str
        Which kinds are forecast.

    Returns
    -------
    Scores
        Raises InputError for a horizon that is not of whole days, or does not fit into the history.
    """
    origins = _origins(history, horizon, first)
    hours = horizon / dt.timedelta(hours=1)
    places, limits, kinds = history.places, judging(), tuple(kinds)
    rows, cells = list[dict[str, Any]](), list[tuple[F8, F8, F8, F8]]()
    for origin in origins:
        seen = history.until(origin - dt.timedelta(days=1))
        known = Known(places, kinds, *seen.counts(places, kinds))
        last = _totals(seen.between(origin - horizon, origin), kinds)
        came = _totals(history.between(origin, origin + horizon), kinds)
        mean, shape = model(known, hours).totals()
        law = {"model": (mean, shape), "mean": historical_mean(known, hours).totals()}
        law["last"] = (last.astype(np.float64), np.full(last.shape, np.inf))
        row = {"origin": origin, "until": origin + horizon, "incidents": int(came.sum())}
        row |= _city(mean, shape, limits.level.value)
        rows.append(row | {name: value for who, each in law.items() for name, value in _scored(who, came, *each)})
        none = count_cdf(0, mean, shape)
        cells.append(
            (1 - none, (came > 0).astype(float), count_cdf(came - 1, mean, shape), count_cdf(came, mean, shape))
        )
    chance, hit, below, upto = (np.array(each, np.float64) for each in zip(*cells, strict=True))
    asked = {name: getattr(limits, name).value for name in ("contrast", "power", "level")}
    return Scores(
        history=history,
        horizon=horizon,
        level=limits.level.value,
        needed=events_needed(**asked),
        windows_needed=int(limits.windows.value),
        table=_frame(rows),
        chance=chance,
        came=hit,
        below=below,
        upto=upto,
    )


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Lay the windows out as a table."""
    import pandas as pd

    return pd.DataFrame(rows)


def _origins(history: History, horizon: dt.timedelta, first: dt.date | None) -> list[dt.date]:
    """Give the first days of the windows; a horizon or first day that leaves none is a fault."""
    faults = Faults()
    if horizon != dt.timedelta(days=horizon.days) or horizon.days < 1:
        remedy = "Name the days ahead that a plan is made for."
        faults.add(where="--horizon", field="horizon", expected="whole days", got=str(horizon), remedy=remedy)
        faults.raise_if_any()
    start = first or history.start + dt.timedelta(days=max(1, round(history.days * _UNTOLD)))
    count = (history.end - start) // horizon
    if start <= history.start or count < 1:
        expected = (
            f"at least one window of {horizon.days} days between {history.start} and {history.end}, and a day before"
        )
        remedy = "Shorten the horizon, or let the first window start earlier."
        faults.add(where="--horizon", field="window", expected=expected, got=f"none from {start}", remedy=remedy)
        raise InputError(faults)
    return [start + i * horizon for i in range(count)]


def _totals(part: History, kinds: Sequence[str]) -> NDArray[np.int64]:
    """Count the incidents of a part by (place, kind)."""
    events, untimed, _ = part.counts(part.places, kinds)
    return np.asarray(events.sum(axis=2) + untimed, np.int64)


def _scored(who: str, came: NDArray[np.int64], mean: F8, shape: F8) -> list[tuple[str, float]]:
    """Give the scores of one forecast of one window, summed over places and kinds.

    The last window is no law but one figure a place: its CRPS is the absolute error, its chance 0 or 1.
    """
    if who == "last":
        error = np.abs(came - mean)
        hit = ((mean > 0) != (came > 0)).sum()
        ruled_out = bool((error > 0).any())
        return [
            ("crps_last", float(error.sum())),
            ("log_last", math.inf if ruled_out else 0.0),
            ("brier_last", float(hit)),
        ]
    chance = 1 - count_cdf(0, mean, shape)
    return [
        (f"crps_{who}", float(crps_count(came, mean, shape).sum())),
        (f"log_{who}", float(log_score_count(came, mean, shape).sum())),
        (f"brier_{who}", float(((chance - (came > 0)) ** 2).sum())),
    ]


def _city(mean: F8, shape: F8, level: float) -> dict[str, float]:
    """Give the law of the whole city's count: places apart, mean and variance added, gamma-Poisson again."""
    expected = float(mean.sum())
    beyond = float((mean**2 / shape).sum())
    joint = expected**2 / beyond if beyond > 0 else math.inf
    low, high = count_interval(expected, joint, level)
    return {"expected": expected, "low": float(low), "high": float(high)}


def _finite(value: float) -> float | None:
    """Give a number that JSON has."""
    return value if math.isfinite(value) else None
