"""The rates before counting that hold on a day: those of the city's ordinary day, and of the phase of each hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.inputs import DATA
from sispamkota.schema import Assumption

from .calendar import Calendar
from .riskmap import ALL_HOURS, BACKGROUND, EVERYWHERE, RiskMap

if TYPE_CHECKING:
    from sispamkota.place.city import City

__all__ = ["USUAL", "expected_in", "rates_on", "usual_day"]

F8 = NDArray[np.float64]
USUAL = "malang"  # whose ordinary day stands in where a city has no table of its own


def usual_day(city: City) -> tuple[str, tuple[Assumption, ...]]:
    """Name the table of a city's ordinary day; Malang's stands in where it has none, and that is told."""
    if (DATA / "cities" / city.name / "hazards.csv").is_file():
        return city.name, ()
    id_ = (
        "Laju hari biasa (medis, kecelakaan, kebakaran) dipinjam dari Kota Malang; kota ini tidak punya tabel sendiri."
    )
    en = "Rates of the ordinary day (medical, accidents, fires) are borrowed from Kota Malang; this city has no table."
    return USUAL, (Assumption("risk.borrowed_background", id_, en, "assumed"),)


def rates_on(day: date, dates: Calendar, *, background: str, tables: Sequence[str] | None = None) -> RiskMap:
    """Give the city's rates of a day at tension 1: the ordinary day, and each hour's own tables of trouble.

    `tables` stand in for those of the calendar. Raises InputError for a table that is not there.
    """
    hours: dict[tuple[str, ...], list[int]] = {}
    for hour in range(24):
        phase = dates.at(day, hour) or dates.usual
        hours.setdefault(tuple(phase.tables if tables is None else tables), []).append(hour)
    parts = [RiskMap.load(background)]
    parts += [_within(RiskMap.load(name), held) for names, held in hours.items() for name in names]
    merged: dict[str, RiskMap] = {}
    for part in parts:  # one map a table: what a draw shares it shares in all hours
        same = merged.get(part.name)
        both = part if same is None else RiskMap(part.name, pd.concat([same.table, part.table]), files=part.files)
        merged[part.name] = both
    return RiskMap.join(list(merged.values()))


def _within(riskmap: RiskMap, hours: Sequence[int]) -> RiskMap:
    """Keep what a table says of some hours."""
    if len(hours) == 24:
        return riskmap
    table = riskmap.table
    every = table[table["hour"] == ALL_HOURS]
    spread = [every.assign(hour=hour) for hour in hours]
    kept = pd.concat([table[table["hour"].isin(list(hours))], *spread], ignore_index=True)
    return RiskMap(riskmap.name, kept, files=riskmap.files)


def expected_in(
    start: date,
    end: date,
    dates: Calendar,
    kinds: Sequence[str],
    *,
    background: str,
    tables: Sequence[str] | None = None,
) -> F8:
    """Expect so many incidents of each kind in the city from a day to another, end exclusive, float64[kind].

    Every day at its own tables and tension: what a list of such incidents should hold.
    """
    signs: dict[tuple[object, ...], tuple[date, int]] = {}
    for n in range((end - start).days):
        day = start + timedelta(days=n)
        sign = tuple((phase.id if (phase := dates.at(day, hour)) else "") for hour in range(24))
        signs[sign] = (day, signs.get(sign, (day, 0))[1] + 1)
    trouble = np.array([kind not in BACKGROUND for kind in kinds])[:, None]
    total = np.zeros(len(kinds))
    for day, many in signs.values():
        rates = rates_on(day, dates, background=background, tables=tables).to_array([EVERYWHERE], list(kinds))[0]
        total += many * (rates * np.where(trouble, dates.tension(day), 1.0)).sum(axis=1)
    return total
