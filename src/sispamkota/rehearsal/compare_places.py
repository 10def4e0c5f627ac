"""Where two plans differ: by kelurahan, in people hurt and in minutes that calls waited, pair by pair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.place import City

from .compare import TAIL, chance_apart, chance_of_gaps, mean_t, welch_t
from .ensemble import Ensemble

__all__ = ["PLACE_MEASURES", "PlaceGap", "compare_places"]

Floats = NDArray[np.float64]
PLACE_MEASURES = ("hurt", "waiting")  # persons hurt where people gather; minutes that the calls of a rehearsal waited


@dataclass(frozen=True)
class PlaceGap:
    """Hold how far plan B lies from plan A in one kelurahan: a mean a rehearsal, and an interval.

    The intervals of one comparison hold all together with 95 % (Bonferroni): noise colours one map in twenty. `sure`:
    the interval leaves out zero, and not because there are few replicates or they happen to agree (`chance_of_gaps`).
    """

    code: str
    name: str
    measure: str
    difference: float
    low: float
    high: float
    sure: bool


def compare_places(a: Ensemble, b: Ensemble, city: City) -> tuple[PlaceGap, ...]:
    """Compare two rehearsals by kelurahan: with one seed over the replicates that ended well in both, pair by pair.

    Only where anybody was hurt or called under either plan. Of the calls of a long scenario a sample is kept; the same
    of both plans. With two seeds the intervals are Welch's.
    """
    paired = a.seed == b.seed
    good = [sorted(_good(each)) for each in (a, b)]
    if paired:
        good = [sorted(set(good[0]) & set(good[1]))] * 2
    names = dict(zip(city.kelurahan["kode"].astype(str), city.kelurahan["nama"], strict=True))
    samples = list[tuple[str, str, Floats, Floats]]()
    for measure, per_place in (("hurt", _hurt), ("waiting", _waiting)):
        first, second = (_by_area(per_place(each), city, own) for each, own in zip((a, b), good, strict=True))
        none = [np.zeros(len(own)) for own in good]
        there = [code for code in names if code in first or code in second]
        samples += [(code, measure, first.get(code, none[0]), second.get(code, none[1])) for code in there]
    return tuple(
        PlaceGap(code, str(names[code]), measure, *_gap(first, second, paired=paired, among=len(samples)))
        for code, measure, first, second in samples
    )


def _gap(a: Floats, b: Floats, *, paired: bool, among: int) -> tuple[float, float, float, bool]:
    """Give the mean of b - a, its interval as one among several, and whether it is sure among them."""
    mean, low, high = mean_t(b - a, among=among) if paired else welch_t(a, b, among=among)
    if min(len(a), len(b)) < 2:
        return mean, low, high, False
    p = chance_of_gaps(b - a) if paired else chance_apart(a, b)
    return mean, low, high, p <= 2.0 * TAIL / among


def _good(ensemble: Ensemble) -> Iterator[int]:
    """Go through the replicates that ended well."""
    yield from ensemble.rows.loc[ensemble.rows["status"] == "ok", "replicate"].astype(int)


def _hurt(ensemble: Ensemble) -> pd.DataFrame:
    """Give replicate, place, value: people hurt where people gather."""
    return ensemble.places[["replicate", "place", "hurt"]].rename(columns={"hurt": "value"})


def _waiting(ensemble: Ensemble) -> pd.DataFrame:
    """Give replicate, place, value: minutes that a call waited."""
    frame = ensemble.responses[["replicate", "place"]].copy()
    frame["value"] = ensemble.responses["waited"] / 60.0
    return frame


def _by_area(frame: pd.DataFrame, city: City, good: list[int]) -> dict[str, Floats]:
    """Sum values over each kelurahan, in the order of the replicates."""
    area = {place: city.find(str(place)).kode_kel for place in frame["place"].unique()}
    frame = frame.assign(area=frame["place"].map(area))
    frame = frame[frame["replicate"].isin(good) & (frame["area"] != "")]
    sums = frame.pivot_table(index="area", columns="replicate", values="value", aggfunc="sum", fill_value=0.0)
    sums = sums.reindex(columns=good, fill_value=0.0)
    return {str(code): row.to_numpy(np.float64) for code, row in sums.iterrows()}
