"""What may happen, sampled: days drawn from a risk map, each with the doubt of its rates, cut into windows.

Incidents of one window want their crews at the same time: a window begins with the first call that finds none open, and
lasts as long as a crew is busy. Windows that ask for the same are one, with their count.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sispamkota.kernels import rng
from sispamkota.risk.riskmap import ALL_HOURS, RiskMap

from .figures import DeployFigures
from .ground import Demand

__all__ = ["expected_disruptions", "sample_days", "sample_demands"]

DAY = 86_400.0
HOUR = 3600.0
Incident = tuple[float, str, str]  # time s, place, kind


def sample_days(risk: RiskMap, *, days: range, seed: int) -> list[list[Incident]]:
    """Draw days from an expanded risk map: of each the incidents (s since midnight, place, kind), in their order.

    Rows of one `draw` share one gamma factor a day (mean 1, their shape): the posterior of their rates. A sample's draw
    is keyed by (seed, sample, stream, row), so more of them change none of the first: a day is known by its number.
    """
    rows = risk.table.to_dict("records")
    names = [rng.stream_id(f"{row['kind']}@{row['place']}@{row['hour']}@{row['draw']}") for row in rows]
    draws = {row["draw"]: (rng.stream_id(str(row["draw"])), float(row["shape"])) for row in rows}
    out = []
    for sample in days:
        factor = {
            name: float(rng.gamma(shape, seed, sample, rng.DEPLOY_RATE, who)) for name, (who, shape) in draws.items()
        }
        day = [
            (when, str(row["place"]), str(row["kind"]))
            for row, who in zip(rows, names, strict=True)
            for when in _times(row["hour"], row["rate_per_h"] * factor[row["draw"]], seed, sample, who)
        ]
        out.append(sorted(day))
    return out


def _times(hour: int, per_hour: float, seed: int, sample: int, who: int) -> Iterator[float]:
    """Go through the times of a Poisson clock in an hour of the day, or in all of them."""
    begin, end = (0.0, DAY) if hour == ALL_HOURS else (hour * HOUR, (hour + 1) * HOUR)
    k, now = 0, begin
    while per_hour > 0:
        now += float(rng.exponential(seed, sample, rng.DEPLOY_CLOCK, who, k)) * HOUR / per_hour
        k += 1
        if now >= end:
            return
        yield now


def sample_demands(
    days: Sequence[Sequence[Incident]],
    *,
    zones: Mapping[str, int],
    shift_of: Sequence[int],
    figures: DeployFigures,
    standards: Mapping[str, float],
) -> tuple[Demand, ...]:
    """Turn sampled days into demands; weights are severities x times a day, over the samples.

    `zones`: the number of each kelurahan; `shift_of`: the shift of each hour of the day; `standards` s, by norm.
    """
    busy, count = figures.busy_min[0] * 60, Counter[tuple[int, tuple[tuple[int, str], ...]]]()
    for day in days:
        windows: dict[float, list[tuple[int, str]]] = {}
        begin = -busy
        for when, place, kind in day:
            if place in zones and kind in figures.incidents:
                begin = when if when >= begin + busy else begin
                windows.setdefault(begin, []).append((zones[place], kind))
        for begin, at_once in windows.items():
            count[shift_of[min(int(begin // HOUR), 23)], tuple(sorted(at_once))] += 1
    demands = []
    for window, ((shift, asked), times) in enumerate(sorted(count.items())):
        for zone, kind in asked:
            answer = figures.incidents[kind]
            weight = answer.severity[0] * times / len(days) / len(answer.needs)
            for ability, amount in answer.needs.items():
                standard = standards[answer.standard]
                demands.append(Demand(window, shift, zone, ability, float(amount), weight, standard))
    return tuple(demands)


def expected_disruptions(risk: RiskMap, *, hours: tuple[float, float]) -> dict[str, float]:
    """Give the disruptions of polling stations that a risk map expects between two hours of the day, by place."""
    out: dict[str, float] = {}
    table = risk.table[risk.table["kind"] == "tps-disruption"]
    for row in table.to_dict("records"):
        begin, end = (0.0, 24.0) if row["hour"] == ALL_HOURS else (float(row["hour"]), row["hour"] + 1.0)
        share = max(min(end, hours[1]) - max(begin, hours[0]), 0.0)
        if math.isfinite(row["rate_per_h"]) and share > 0:
            out[str(row["place"])] = out.get(str(row["place"]), 0.0) + float(row["rate_per_h"]) * share
    return out
