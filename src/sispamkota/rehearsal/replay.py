"""Play one replicate again with everything that a map wants to show: crowds, hospitals and the log."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sispamkota.kernels import layout as at

from .story import Names, read_log
from .tables import Tables
from .world import World

__all__ = ["Course", "watch"]

STEP = 60.0
MOST_POINTS = 1500  # of a course: of weeks and months it is told in whole minutes further apart


@dataclass(frozen=True, eq=False)
class Course:
    """Hold what one replicate went through.

    series: replicate, t, place, peaceful, violent, spent, officers, stage (persons, number of the stage). hospitals: t,
    hospital, used, open, waiting (emergency bays, patients of the ordinary day among them). timeline: the event log.
    """

    series: pd.DataFrame
    hospitals: pd.DataFrame
    timeline: pd.DataFrame


def watch(tables: Tables, names: Names, seed: int, replicate: int, horizon: float) -> Course:
    """Play one replicate with its log, and look at crowds and hospitals every minute, or every so many."""
    world = World(tables, log=True)
    world.reset(seed=seed, replicate=replicate)
    crowd = world.state.crowd.view(np.ndarray)  # records by attribute take fifty times as long
    hospital = world.state.hospital.view(np.ndarray)
    step = STEP * max(1.0, math.ceil(horizon / STEP / MOST_POINTS))
    times = [*np.arange(0.0, horizon, step), horizon]
    seen = np.zeros((len(times), len(crowd), 5), np.int64)
    beds = np.zeros((len(times), len(hospital), 3), np.int64)
    for n, t in enumerate(times):
        world.advance(float(t))
        held = np.arange(crowd["officers"].shape[1]) <= crowd["line"][:, None]
        seen[n, :, 0], seen[n, :, 1], seen[n, :, 2] = crowd["S"].sum(axis=1), crowd["I"].sum(axis=1), crowd["R"]
        seen[n, :, 3], seen[n, :, 4] = (crowd["officers"] * held).sum(axis=1), crowd["stage"]
        free, total = hospital["free"][:, at.BAY], hospital["open"][:, at.BAY]
        beds[n, :, 0], beds[n, :, 1], beds[n, :, 2] = total - free, total, hospital["waiting"][:, at.BAY]
    series = _frame(times, "place", names.crowds, ("peaceful", "violent", "spent", "officers", "stage"), seen)
    series.insert(0, "replicate", replicate)
    hospitals = _frame(times, "hospital", names.hospitals, ("used", "open", "waiting"), beds)
    return Course(series, hospitals, read_log(world.log(), names))


def _frame(
    times: list[float], key: str, names: tuple[str, ...], columns: tuple[str, ...], seen: np.ndarray
) -> pd.DataFrame:
    """Lay what was seen [time, thing, column] out as one row a time and thing."""
    frame = pd.DataFrame(seen.reshape(-1, len(columns)), columns=list(columns))
    frame.insert(0, "t", np.repeat(np.array(times, float), len(names)))
    frame.insert(1, key, list(names) * len(times))
    return frame
