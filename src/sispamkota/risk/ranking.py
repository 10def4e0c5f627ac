"""Ranks of places by their indicators, and how far the weights decide them.

No index publishes its weights. So beside the rank under the weights shown stands the range over all weightings that are
not negative and sum to 1, and the share of weightings, drawn evenly, under which a place is first or among the first.
A missing value may be anything from the least to the most: every figure here is an interval over that too. The range
of ranks does not hang on how an indicator is scaled, for the weights take up any stretch of it; scores and shares do.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.errors import Fault, Faults, InputError, shown, suggest
from sispamkota.inputs import Model, own_file, read_yaml, validate
from sispamkota.schema import Assumption
from sispamkota.show import html_table, text_table
from sispamkota.words import number, percent, words

from .best_rank import fewest_above

if TYPE_CHECKING:
    from .indicators import Indicators

__all__ = [
    "RANK_COLUMNS", "Choice", "Ranking", "RankingFigures", "WeightsFile", "rank_places", "ranking_figures",
    "ranking_rows", "read_weights",
]  # fmt: skip

F8 = NDArray[np.float64]
RANK_COLUMNS = (
    "place", "level", "known", "score_low", "score_high", "rank_low", "rank_high", "best", "worst", "best_bound",
    "worst_bound", "proven", "first_low", "first_high", "top_low", "top_high", "odd",
)  # fmt: skip
_STREAM = zlib.crc32(b"risk.weights")
_LEVEL = 1e-9  # scores of 0 to 1 that differ by less are equal: rounding
_CHUNK = 2_000_000  # scores at a time


class Choice(Model):
    """Hold an assumed figure and its range."""

    value: float
    low: float
    high: float


class RankingFigures(Model):
    """Hold data/risk/ranking.yaml: how ranks over all weightings are told."""

    kind: Literal["ranking"]
    version: Literal[1]
    tag: Literal["assumed"]
    source: str
    draws: Choice
    odd_share: Choice
    margin: Choice
    exact_rivals: Choice
    nodes: Choice


class WeightsFile(Model):
    """Describe a file of weights of the user's own: one for each indicator, of any sum."""

    kind: Literal["weights"]
    version: Literal[1]
    source: str
    weights: dict[str, float]


def ranking_figures() -> RankingFigures:
    """Read the embedded figures once."""
    return own_file(RankingFigures, "risk", "ranking")


def read_weights(path: str | Path) -> dict[str, float]:
    """Read a YAML file of weights; raises InputError with every fault."""
    faults = Faults()
    content = validate(WeightsFile, read_yaml(path), faults)
    faults.raise_if_any()
    return dict(content.weights) if content is not None else {}


@dataclass(frozen=True)
class Ranking:
    """Hold one row a place (columns: RANK_COLUMNS), the one most at risk first.

    `known` counts its known indicators; score and rank are under `weights`, as intervals over what is missing and over
    ties. `best` and `worst` are ranks that some weighting gives; none gives a better one than `best_bound` or a worse
    one than `worst_bound`, and where they are the same the row is `proven`. `first_*` and `top_*` are shares of all
    weightings under which the place is first, or among the first `top`. `odd`: first under some weighting, but under
    few. `left_out` names indicators that tell no places apart.
    """

    name: str
    level: str
    table: pd.DataFrame = field(compare=False, repr=False)
    weights: Mapping[str, float] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    missing: int = 0
    top: int = 20
    draws: int = 0
    seed: int = 0
    own_weights: bool = False

    @cached_property
    def assumptions(self) -> tuple[Assumption, ...]:
        """State what the ranks rest on: whose weights, and what is missing."""
        out = []
        if not self.own_weights:
            id_ = "Bobot tidak dipublikasikan: semua indikator berbobot sama; rentang peringkat memuat semua bobot lain"
            en = "Weights are not published: all indicators weigh the same; the range of ranks covers all other weights"
            out.append(Assumption("risk.weights", id_, en, "assumed", len(self.weights)))
        if self.missing:
            id_ = "Nilai yang tidak tersedia dapat berapa saja dari yang terkecil sampai yang terbesar"
            en = "A missing value may be anything from the least to the most"
            out.append(Assumption("risk.missing", id_, en, "assumed", self.missing))
        return tuple(out)

    def to_table(self) -> pd.DataFrame:
        """Give the table, a copy."""
        return self.table.copy()

    def _rows(self) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
        return ranking_rows(self, lang="en")

    def __str__(self) -> str:
        """Print the ranks with their ranges."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def rank_places(
    indicators: Indicators,
    level: str,
    *,
    weights: Mapping[str, float] | None = None,
    top: int = 20,
    seed: int = 0,
    draws: int | None = None,
) -> Ranking:
    """Rank the places of one level by the weighted mean of their indicators, each from 0 (least) to 1 (most at risk).

    `weights` need not sum to 1; an indicator that it leaves out weighs nothing. By default the published weights where
    there are any, else all the same. Raises InputError for weights of unknown indicators or below 0, and where no
    indicator of this level tells two places apart.
    """
    figures = ranking_figures()
    wide = indicators.at(level)
    low, high, names = _scaled(wide, indicators)
    _require(indicators, level, names)
    own = _own_weights(weights, indicators, names, tuple(wide.columns))
    shown_weights = own if own is not None else np.full(len(names), 1.0 / len(names))
    count = int(figures.draws.value) if draws is None else draws
    n = len(wide)
    ends = [low @ shown_weights, high @ shown_weights]
    here = _above(*ends)
    best, best_bound, worst, worst_bound = _ranges(low, high, figures)
    shares = _Shares.drawn(low, high, top=top, seed=seed, draws=count)
    best, worst = np.minimum(best, shares.least + 1), np.maximum(worst, shares.most + 1)
    best_bound, worst_bound = np.minimum(best_bound, best), np.maximum(worst_bound, worst)
    proven = (best == best_bound) & (worst == worst_bound)
    first = shares.first / max(count, 1)
    columns = {
        "place": wide.index.astype(str),
        "level": level,
        "known": wide.notna().sum(axis=1).to_numpy(),
        "score_low": ends[0],
        "score_high": ends[1],
        "rank_low": here[0] + 1,
        "rank_high": n - _above(-ends[1], -ends[0])[0],
        "best": best,
        "worst": worst,
        "best_bound": best_bound,
        "worst_bound": worst_bound,
        "proven": proven,
        "first_low": first[0],
        "first_high": first[1],
        "top_low": shares.among[0] / max(count, 1),
        "top_high": shares.among[1] / max(count, 1),
        "odd": (best == 1) & (first[1] < figures.odd_share.value),
    }
    table = pd.DataFrame(columns)[list(RANK_COLUMNS)]
    table = table.sort_values(["rank_low", "rank_high", "place"], ignore_index=True)
    return Ranking(
        indicators.name,
        level,
        table,
        weights=dict(zip(names, shown_weights.tolist(), strict=True)),
        left_out=tuple(name for name in wide.columns if name not in names),
        missing=int(wide[names].isna().to_numpy().sum()),
        top=top,
        draws=count,
        seed=seed,
        own_weights=own is not None,
    )


def _scaled(wide: pd.DataFrame, indicators: Indicators) -> tuple[F8, F8, list[str]]:
    """Give the least and the most of each value on a scale from 0 to 1, and the indicators that tell places apart.

    The ends of a scale are those of its definition, else the least and the most that was found.
    """
    lows, highs, names = [], [], []
    directions = indicators.directions()
    for name in wide.columns:
        values = wide[name].to_numpy(np.float64)
        found = values[np.isfinite(values)]
        ends = indicators.scales.get(name, (found.min(), found.max()))
        if found.min() == found.max() and (name not in indicators.scales or np.isfinite(values).all()):
            continue
        unit = (values - ends[0]) / (ends[1] - ends[0])
        unit = np.round(1.0 - unit if directions[name] == "down" else unit, 12)
        names.append(name)
        lows.append(np.where(np.isnan(unit), 0.0, unit))
        highs.append(np.where(np.isnan(unit), 1.0, unit))
    if not names:
        return np.empty((len(wide), 0)), np.empty((len(wide), 0)), names
    return np.column_stack(lows), np.column_stack(highs), names


def _require(indicators: Indicators, level: str, names: list[str]) -> None:
    """Ask for at least one indicator that tells two places apart."""
    if not names:
        got = f"values at {', '.join(indicators.levels) or 'no level'}"
        remedy = "A coarser value is never spread downward: give indicators of this level."
        expected = f"an indicator that differs between two places at level {level}"
        raise InputError([Fault(indicators.name, "level", expected, got, remedy)])


def _own_weights(
    weights: Mapping[str, float] | None, indicators: Indicators, names: list[str], known: tuple[str, ...]
) -> F8 | None:
    """Check and normalise weights that are given or published; None where there are none."""
    if weights is None:
        published = indicators.index_weights
        weights = published if published and set(names) <= set(published) else None
    if weights is None:
        return None
    faults = Faults()
    for name, weight in weights.items():
        if name not in known and name not in indicators.index_weights:
            remedy = suggest(name, known)
            faults.add(
                where="weights", field=name, expected="an indicator of this level", got=shown(name), remedy=remedy
            )
        if not (np.isfinite(weight) and weight >= 0.0):
            remedy = "Turn the direction of the indicator instead."
            faults.add(where="weights", field=name, expected="0 or more", got=shown(weight), remedy=remedy)
    total = sum(weights.get(name, 0.0) for name in names)
    if not faults and total <= 0.0:
        remedy = "Give one indicator that differs between places a weight."
        faults.add(where="weights", field="weights", expected="a sum above 0", got=f"{total:g}", remedy=remedy)
    faults.raise_if_any()
    return np.array([weights.get(name, 0.0) / total for name in names])


def _above(low: F8, high: F8) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count for each place, at its best and at its worst, the places that score above it: scores (place,)."""
    fewest = low.size - np.searchsorted(np.sort(low), high + _LEVEL, side="right")
    most = low.size - np.searchsorted(np.sort(high), low + _LEVEL, side="right") - (high > low + _LEVEL)
    return fewest.astype(np.int64), most.astype(np.int64)


def _ranges(low: F8, high: F8, figures: RankingFigures) -> tuple[NDArray[np.int64], ...]:
    """Give best rank, the bound of it, worst rank and the bound of it over all weightings, each (place,)."""
    n = len(low)
    out = np.empty((4, n), np.int64)
    _, like, same = np.unique(np.hstack([low, high]), axis=0, return_index=True, return_inverse=True)
    for kind, i in enumerate(like):  # places that are alike have the same rivals
        rivals = np.arange(n) != i
        above, least_above = fewest_above(low[rivals] - high[i], figures)
        below, least_below = fewest_above(low[i] - high[rivals], figures)
        out[:, same.ravel() == kind] = np.array([[above + 1], [least_above + 1], [n - below], [n - least_below]])
    return tuple(out)


@dataclass
class _Shares:
    """Count over drawn weightings: pairs (at its worst, at its best) of how often first and among the first."""

    first: NDArray[np.int64]
    among: NDArray[np.int64]
    least: NDArray[np.int64]
    most: NDArray[np.int64]

    @classmethod
    def drawn(cls, low: F8, high: F8, *, top: int, seed: int, draws: int) -> _Shares:
        """Draw weightings evenly from all that sum to 1 (exponentials over their sum) and count."""
        n, m = low.shape
        out = cls(np.zeros((2, n), np.int64), np.zeros((2, n), np.int64), np.full(n, n - 1), np.zeros(n, np.int64))
        generator = np.random.Generator(np.random.Philox(key=[seed, _STREAM]))
        done, step = 0, max(1, _CHUNK // n)
        while done < draws:
            raw = generator.standard_exponential((min(step, draws - done), m))
            weights = raw / raw.sum(axis=1, keepdims=True)
            for least, most in zip(weights @ low.T, weights @ high.T, strict=True):
                fewest, worst = _above(least, most)
                for row, above in enumerate((worst, fewest)):
                    out.first[row] += above == 0
                    out.among[row] += above < top
                np.minimum(out.least, fewest, out=out.least)
                np.maximum(out.most, worst, out=out.most)
            done += len(weights)
        return out


def ranking_rows(
    ranking: Ranking, *, lang: str, names: Mapping[str, str] | None = None
) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
    """Give title, header and rows in a language; `names` maps places to what they are called."""
    t = words(lang)
    rows = [_row(row, ranking.level, names or {}, lang) for row in ranking.table.to_dict("records")]
    keys = ("place", "rank", "range", "first", "top", "score", "remark")
    header = tuple(t(f"risk_rank.{key}", top=ranking.top) for key in keys)
    return t("risk_rank.title", name=ranking.name, places=len(rows), indicators=len(ranking.weights)), header, rows


def _row(row: Mapping[Any, Any], level: str, names: Mapping[str, str], lang: str) -> tuple[str, ...]:
    """Write one place: its rank, the range over all weightings, shares, score, and what to make of it."""
    t = words(lang)
    ends = (row["best"], row["worst"]) if row["proven"] else (row["best_bound"], row["worst_bound"])
    remark = t("risk_rank.odd") if row["odd"] else ""
    if not row["proven"]:
        remark = "; ".join(each for each in (remark, t("risk_rank.bounded")) if each)
    return (
        names.get(row["place"], row["place"]) if level != "city" else row["place"],
        _span(row["rank_low"], row["rank_high"], lang),
        _span(*ends, lang),
        _span_of([percent(row[name], lang) for name in ("first_low", "first_high")]),
        _span_of([percent(row[name], lang) for name in ("top_low", "top_high")]),
        _span_of([number(row[name], lang, digits=2) for name in ("score_low", "score_high")]),
        remark,
    )


def _span(low: float, high: float, lang: str) -> str:
    return _span_of([number(low, lang), number(high, lang)])


def _span_of(ends: list[str]) -> str:
    """Write two ends as one where they are the same."""
    return ends[0] if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}"
