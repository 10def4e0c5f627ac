"""What happened where: time at each stage by place, and where help came late."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from sispamkota.rehearsal.compare import marked_by_holm
from sispamkota.rehearsal.intervals import Estimate, mean_interval, verdict, wilson
from sispamkota.rehearsal.waits import Waits

__all__ = [
    "LINE",
    "SERVICES",
    "Late",
    "PlaceRow",
    "Stay",
    "late_order",
    "late_rows",
    "name_of",
    "place_rows",
    "site_table",
    "worst_of",
]

SERVICES = ("police", "fire", "ambulance")
LINE = "line"  # a level of crowd units, asked for by the stage: no call for help, and no standard is its


@dataclass(frozen=True)
class Stay:
    """Hold the share of time (0 to 1) at a stage: its mean, and the middle nine tenths of the replicates."""

    mean: Estimate
    p05: float
    p95: float


@dataclass(frozen=True)
class PlaceRow:
    """Tell what one place went through; shares of replicates for events, medians of peaks in persons."""

    place: str
    name: str
    hijau: Stay
    kuning: Stay
    merah: Stay
    reached_merah: Estimate
    breached: Estimate
    fire: Estimate
    peak_present: float
    peak_violent: float


@dataclass(frozen=True)
class Late:
    """Tell how late one service came to one place: seconds, and the share of calls later than the standard.

    `unneeded` calls ended before anybody came and count as never answered, `censored` were still open at the end and
    count as later than they had waited. `share` has an interval of its own; `verdict` is what holds for all services
    and places together.
    """

    service: str
    place: str
    name: str
    lon: float
    lat: float
    calls: int
    censored: int
    unneeded: int
    median: Estimate
    share: Estimate
    standard: float | None
    verdict: str


def site_table(ensemble: Any) -> pd.DataFrame:
    """Give the sites by place, the first of each."""
    sites: pd.DataFrame = ensemble.sites.drop_duplicates("place").set_index("place")
    return sites


def place_rows(ensemble: Any) -> tuple[PlaceRow, ...]:
    """Describe every place with a stage, the longest at merah first."""
    sites = site_table(ensemble)
    ok = ensemble.rows.loc[ensemble.rows["status"] == "ok", "replicate"]
    frame = ensemble.places[ensemble.places["replicate"].isin(ok)]
    rows = [
        _place_row(str(place), group, sites, ensemble.horizon_s) for place, group in frame.groupby("place", sort=True)
    ]
    return tuple(sorted(rows, key=lambda row: (-row.merah.mean.value, -row.kuning.mean.value, row.place)))


def _place_row(place: str, group: pd.DataFrame, sites: pd.DataFrame, horizon_s: float) -> PlaceRow:
    """Describe one place over its replicates."""
    kuning = group["seconds_kuning"].to_numpy(float) / horizon_s
    merah = group["seconds_merah"].to_numpy(float) / horizon_s
    n = len(group)
    return PlaceRow(
        place=place,
        name=name_of(place, sites),
        hijau=_stay(1.0 - kuning - merah),
        kuning=_stay(kuning),
        merah=_stay(merah),
        reached_merah=wilson(float((merah > 0).mean()), n),
        breached=wilson(float((group["breached"].to_numpy(float) > 0).mean()), n),
        fire=wilson(float((group["fire"].to_numpy(float) > 0).mean()), n),
        peak_present=float(group["peak_present"].median()),
        peak_violent=float(group["peak_violent"].median()),
    )


def _stay(share: Any) -> Stay:
    """Summarise the shares of time of all replicates."""
    mean = mean_interval(share)
    low, high = np.quantile(share, [0.05, 0.95])
    return Stay(Estimate(mean.value, max(0.0, mean.low), min(1.0, mean.high)), float(low), float(high))


def name_of(place: str, sites: pd.DataFrame) -> str:
    """Give a place's name; its reference where it has none."""
    return str(sites.loc[place, "name"]) if place in sites.index else place


def late_rows(ensemble: Any, standards: Mapping[str, float], *, few: int) -> tuple[Late, ...]:
    """Describe the calls of each service and place; `standards` gives seconds by measure name (response_fire_s).

    A place with fewer than `few` calls in all replicates gets the verdict "few": too little to judge it by. The others
    are judged together (Holm): any verdict of "missed" or "met" among them is wrong with 5 % at most.
    """
    sites, limits = site_table(ensemble), {name: standards.get(f"response_{name}_s") for name in SERVICES}
    groups = ensemble.responses.groupby(["service", "place"], sort=True)
    found = [_late((str(key[0]), str(key[1])), calls, sites, limits.get(str(key[0])), few=few) for key, calls in groups]
    judged = [i for i, (late, _) in enumerate(found) if late.verdict not in ("none", "few")]
    marks = dict(zip(judged, marked_by_holm([found[i][1] for i in judged]), strict=True))
    return tuple(
        late if marks.get(i, True) else replace(late, verdict="undecided") for i, (late, _) in enumerate(found)
    )


def worst_of(late: Iterable[Late]) -> Late | None:
    """Find the service and place with the most late calls among those that are late for sure."""
    return min((each for each in late if each.verdict == "missed"), key=late_order, default=None)


def late_order(late: Late) -> tuple[float, str, str]:
    """Put the most late calls first: the one order in which sentences, tables and page and paper name places."""
    return -late.calls * (late.share.value if late.standard is not None else 0.0), late.name, late.service


def _late(
    key: tuple[str, str], calls: pd.DataFrame, sites: pd.DataFrame, standard: float | None, *, few: int
) -> tuple[Late, float]:
    """Describe one service at one place, judged alone; the p of that verdict beside it."""
    (service, place), waits = key, Waits.of(calls)
    share = Estimate(math.nan, 0.0, 1.0) if standard is None else waits.later_than(standard)
    lon, lat = _point(place, sites)
    late = Late(
        service=service,
        place=place,
        name=name_of(place, sites),
        lon=lon,
        lat=lat,
        calls=len(calls),
        censored=int((calls["outcome"] == "open").sum()),
        unneeded=int((calls["outcome"] == "not_needed").sum()),
        median=waits.median(),
        share=share,
        standard=standard,
        verdict="none" if standard is None else "few" if len(calls) < few else verdict(share, 0.5),
    )
    return late, 1.0 if standard is None else waits.p_half(standard)


def _point(place: str, sites: pd.DataFrame) -> tuple[float, float]:
    """Give a place's longitude and latitude, NaN where it is not among the sites."""
    if place not in sites.index:
        return math.nan, math.nan
    return float(sites.loc[place, "lon"]), float(sites.loc[place, "lat"])  # type: ignore[arg-type]
