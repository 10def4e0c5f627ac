"""Reports of an operation, read as a history is, and the hours in which they came in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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

__all__ = ["bring_up_to_date", "reports_of", "watched_hours"]


def reports_of(path: str, city: City, start: datetime, end: datetime) -> list[Report]:
    """Read the incidents of some hours; what has no kelurahan is left out, and what is no incident never enters."""
    first, after = start.date(), end.date() + timedelta(days=1)
    table = read_history(path, city, start=first, end=after).table
    placed = table[(table["place"] != "") & (~table["hour_known"] | ((table["when"] >= start) & (table["when"] < end)))]
    return [
        Report(str(row["id"]), str(row["place"]), str(row["kind"]), row["when"].hour if row["hour_known"] else None)
        for row in placed.to_dict("records")
    ]


def bring_up_to_date(
    riskmap: RiskMap, reports: Sequence[Report], *, watched: NDArray[np.float64], until: str
) -> tuple[RiskMap, pd.DataFrame, tuple[str, ...]]:
    """Update a map that has a calendar: hours of tension expect more trouble, and no more of the ordinary day.

    Returns the map, the trail of `update.TRAIL`, and the ids of reports that the map does not rate.
    """
    tension = np.asarray(riskmap.basis.get("tension", np.ones(24)), np.float64)
    usual = riskmap.table["kind"].isin(BACKGROUND)
    done = [
        update(
            replace(riskmap, table=riskmap.table[mine]),
            [report for report in reports if (report.kind in BACKGROUND) == ordinary],
            watched=watched * (1.0 if ordinary else tension),
            until=until,
        )
        for mine, ordinary in ((~usual, False), (usual, True))
    ]
    table = pd.concat([each.riskmap.table for each in done]).sort_index()
    trail = pd.concat([each.trail for each in done], ignore_index=True)
    unrated = tuple(sorted(report for each in done for report in each.unrated))
    return replace(riskmap, table=table), trail, unrated


def watched_hours(start: datetime, end: datetime) -> NDArray[np.float64]:
    """Count the hours watched at each hour of the day, float64[24]; raises InputError where the end is not later."""
    if end <= start:
        faults, remedy = Faults(), "Give the time up to which reports are known, after the time from which."
        faults.add(
            where="--to",
            field="time",
            expected=f"after {start:%Y-%m-%dT%H:%M}",
            got=f"{end:%Y-%m-%dT%H:%M}",
            remedy=remedy,
        )
        raise InputError(faults)
    hours = np.zeros(24)
    at = start
    while at < end:
        edge = min(end, at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1))
        hours[at.hour] += (edge - at).total_seconds() / 3600.0
        at = edge
    return hours
