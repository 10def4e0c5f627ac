"""Reports of an operation, read as a history is, and the hours in which they came in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.errors import Faults, InputError

from .read_history import read_history
from .riskmap import BACKGROUND, RiskMap
from .update import Report, update

if TYPE_CHECKING:
    from sispamkota.place.city import City

__all__ = ["Watch", "bring_up_to_date", "reports_of"]


@dataclass(frozen=True)
class Watch:
    """Hold the time in which reports were written down: from, and until (exclusive), local; raises InputError.

    `ordinary`: whether calls of the ordinary day (medical, accidents, fires) were written down too.
    """

    start: datetime
    end: datetime
    ordinary: bool = False

    def __post_init__(self) -> None:
        if self.end <= self.start:
            faults, remedy = Faults(), "Give the time up to which reports are known, after the time from which."
            expected, got = f"after {self.start:%Y-%m-%dT%H:%M}", f"{self.end:%Y-%m-%dT%H:%M}"
            faults.add(where="--to", field="time", expected=expected, got=got, remedy=remedy)
            raise InputError(faults)

    @property
    def hours(self) -> NDArray[np.float64]:
        """Count the hours watched at each hour of the day, float64[24]."""
        hours = np.zeros(24)
        at = self.start
        while at < self.end:
            edge = min(self.end, at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1))
            hours[at.hour] += (edge - at).total_seconds() / 3600.0
            at = edge
        return hours


def reports_of(path: str, city: City, watch: Watch) -> tuple[list[Report], list[str]]:
    """Read the incidents of the time watched, and the ids of those without a kelurahan, which cannot be counted.

    What has no hour counts where the watch has the whole of its day. What is no incident never enters.
    """
    first, after = watch.start.date(), watch.end.date() + timedelta(days=1)
    table = read_history(path, city, start=first, end=after).table
    day_end = table["when"].dt.normalize() + pd.Timedelta(days=1)
    whole = (table["when"].dt.normalize() >= watch.start) & (day_end <= watch.end)
    inside = (table["when"] >= watch.start) & (table["when"] < watch.end)
    table = table[np.where(table["hour_known"], inside, whole)]
    placed = table[table["place"] != ""]
    reports = [
        Report(str(row["id"]), str(row["place"]), str(row["kind"]), row["when"].hour if row["hour_known"] else None)
        for row in placed.to_dict("records")
    ]
    return reports, [str(each) for each in table.loc[table["place"] == "", "id"]]


def bring_up_to_date(
    riskmap: RiskMap, reports: Sequence[Report], watch: Watch
) -> tuple[RiskMap, pd.DataFrame, tuple[str, ...]]:
    """Update a map that has a calendar: hours of tension expect more trouble, and no more of the ordinary day.

    Returns the map, the trail of `update.TRAIL`, and the ids of reports that the map does not rate. Raises InputError
    where the time watched is not of the map's day: other days have other rates.
    """
    _check_day(riskmap, watch)
    tension = np.asarray(riskmap.basis.get("tension", np.ones(24)), np.float64)
    until = f"{watch.end:%Y-%m-%dT%H:%M}"
    if not watch.ordinary:
        reports = [report for report in reports if report.kind not in BACKGROUND]
    usual = riskmap.table["kind"].isin(BACKGROUND)
    done = [
        update(
            replace(riskmap, table=riskmap.table[mine]),
            [report for report in reports if (report.kind in BACKGROUND) == ordinary],
            watched=watch.hours * (float(watch.ordinary) if ordinary else tension),
            until=until,
        )
        for mine, ordinary in ((~usual, False), (usual, True))
    ]
    table = pd.concat([each.riskmap.table for each in done]).sort_index()
    trail = pd.concat([each.trail for each in done], ignore_index=True)
    unrated = tuple(sorted(report for each in done for report in each.unrated))
    counted = int(riskmap.basis.get("reports", 0)) + len(reports) - len(unrated)
    windows = [*riskmap.basis.get("updates", ()), [f"{watch.start:%Y-%m-%dT%H:%M}", until]]
    said: dict[str, object] = {"as_of": until, "updates": windows, "reports": counted}
    return replace(riskmap, table=table, basis={**riskmap.basis, **said}), trail, unrated


def _check_day(riskmap: RiskMap, watch: Watch) -> None:
    """Raise InputError for hours of another day than the map's, and for hours that have moved it already."""
    for start, end in riskmap.basis.get("updates", ()):
        if start < f"{watch.end:%Y-%m-%dT%H:%M}" and f"{watch.start:%Y-%m-%dT%H:%M}" < end:
            faults, remedy = Faults(), "Update the map before them by all reports at once, or give later hours."
            expected = "hours not yet in the map"
            faults.add(
                where="--from, --to", field="time", expected=expected, got=f"{start} to {end} again", remedy=remedy
            )
            raise InputError(faults)
    day = riskmap.basis.get("day")
    last = (watch.end - timedelta(microseconds=1)).date()
    if day is not None and not watch.start.date().isoformat() == day == last.isoformat():
        faults, remedy = Faults(), "Map that day (--day), and update that map."
        got = f"{watch.start:%Y-%m-%dT%H:%M} to {watch.end:%Y-%m-%dT%H:%M}"
        faults.add(where="--from, --to", field="time", expected=f"hours of {day}", got=got, remedy=remedy)
        raise InputError(faults)
