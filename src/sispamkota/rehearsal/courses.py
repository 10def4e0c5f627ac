"""How a rehearsal runs over time: quantiles over replicates of the reserve, of the hospitals and of diversions."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.errors import EngineError
from sispamkota.kernels import layout as at

from .spread import Work
from .world import World

__all__ = ["LEVELS", "courses"]

MOST = 200  # replicates that are looked at: enough for the 5th percentile to rest on ten
POINTS = 61
LEVELS = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
Floats = NDArray[np.float64]


def courses(work: Work, hospitals: Sequence[str], replicates: int, *, workers: int | None = None) -> pd.DataFrame:
    """Give quantiles over the first replicates at evenly spaced times: what, place, t (s), n, LEVELS.

    what: reserve (persons free), bays (share of the emergency bays of a usual day that are taken, of one hospital or,
    without a place, of all), diversions (so far). A replicate that fails is left out.
    """
    times = np.linspace(0.0, work.horizon, POINTS)
    n, workers = min(replicates, MOST), workers or os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        parts = list(pool.map(lambda first: _look(work, range(first, n, workers), times), range(workers)))
    seen = np.concatenate([part for part in parts if len(part)] or [np.zeros((0, POINTS, 3 + len(hospitals)))])
    labels = [("reserve", ""), ("diversions", ""), ("bays", ""), *(("bays", name) for name in hospitals)]
    if not len(seen):
        return pd.DataFrame(columns=["what", "place", "t", "n", *LEVELS])
    cuts = np.quantile(seen, list(LEVELS.values()), axis=0)  # [level, time, what]
    frames = [
        _frame(what, place, times, len(seen), cuts[:, :, i])
        for i, (what, place) in enumerate(labels)
        if np.isfinite(cuts[:, :, i]).all()
    ]
    return pd.concat(frames, ignore_index=True)


def _frame(what: str, place: str, times: Floats, n: int, cuts: Floats) -> pd.DataFrame:
    """Lay one course out; cuts[level, time]."""
    head = {"what": what, "place": place, "t": times, "n": n}
    return pd.DataFrame(head | dict(zip(LEVELS, cuts, strict=True)))


def _look(work: Work, replicates: range, times: Floats) -> Floats:
    """Play some replicates and look at each time; [replicate, time, reserve · diversions · bays]."""
    world = World(work.tables)
    header, hospital = world.state.world[0], world.state.hospital.view(np.ndarray)
    beds = work.tables.hospital_t["beds"][:, at.BAY].astype(float)
    seen = []
    for replicate in replicates:
        row = np.full((len(times), 3 + len(beds)), np.nan)
        try:
            world.reset(seed=work.seed, replicate=replicate)
            for i, t in enumerate(times):
                world.advance(float(t))
                row[i, 0], row[i, 1] = header.idle_people, header.diversions
                taken = (hospital["open"][:, at.BAY] - hospital["free"][:, at.BAY]).astype(float)
                row[i, 3:] = taken / np.where(beds > 0.0, beds, np.nan)
                row[i, 2] = taken.sum() / beds.sum() if beds.sum() > 0.0 else np.nan
        except EngineError:
            continue
        seen.append(row)
    return np.array(seen).reshape(len(seen), len(times), 3 + len(beds))
