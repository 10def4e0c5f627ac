"""Reach: where one gets from some places within some minutes (isochrones)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .lines import street_lines
from .ride import Ride
from .roads import Roads

__all__ = ["BESIDE_M", "Band", "reach_areas", "reach_times"]

BESIDE_M = 75.0  # a band is drawn this far to both sides of a street that is reached
_INSTANT_S = 1e-9


@dataclass(frozen=True, eq=False)
class Band:
    """Hold what is reached within `seconds`: its junctions (nodes,), and the area along the streets, metres (x, y).

    The area is for looking: it holds every junction and every part of a street that is reached, and up to BESIDE_M of
    ground beside them. Bands nest.
    """

    seconds: float
    nodes: NDArray[np.bool_]
    area: Any


def reach_times(
    roads: Roads, origins: ArrayLike, *, ride: Ride, closed: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Give the time from the nearest of some nodes to every node, s, (nodes,)."""
    every = np.arange(roads.n_nodes)
    return np.asarray(roads.travel_times(origins, every, ride=ride, closed=closed).min(axis=0))


def reach_areas(
    roads: Roads,
    origins: ArrayLike,
    seconds: Sequence[float],
    *,
    ride: Ride,
    epsg: int,
    closed: NDArray[np.bool_] | None = None,
) -> list[Band]:
    """Draw what is reached from the nearest of `origins` (node numbers) within each of `seconds`, shortest first."""
    import shapely

    time = reach_times(roads, origins, ride=ride, closed=closed)
    cost = roads.graph(ride, closed=closed)[1]["seconds"]
    lines, forward = street_lines(roads, epsg=epsg), _is_first_end(roads)
    leaves = time[roads.tail]
    bands, area = [], shapely.Point()
    for limit in sorted(seconds):
        used = np.flatnonzero((leaves <= limit) & np.isfinite(cost))
        share = np.minimum((limit - leaves[used]) / np.maximum(cost[used], _INSTANT_S), 1.0)
        parts = _parts(lines, roads.edge[used], share, forward[used])
        nodes = time <= limit
        dots = shapely.points(roads.x[nodes], roads.y[nodes])
        grown = shapely.buffer([*parts, *dots], BESIDE_M, quad_segs=4)
        area = shapely.union_all([area, *grown])
        bands.append(Band(limit, nodes, area))
    return bands


def _is_first_end(roads: Roads) -> NDArray[np.bool_]:
    """Mark the arcs that leave the first end of their street, (arcs,)."""
    out = np.zeros(roads.head.size, np.bool_)
    out[roads.first_arc] = True
    return out


def _parts(lines: Any, street: NDArray[np.int32], share: NDArray[np.float64], forward: NDArray[np.bool_]) -> list[Any]:
    """Cut streets to the share that is reached, from their first end or from their last; whole ones once."""
    from shapely.ops import substring

    whole = np.unique(street[share >= 1.0])
    out = list(lines[whole])
    for i in np.flatnonzero((share > 0.0) & (share < 1.0) & ~np.isin(street, whole)):
        ends = (0.0, share[i]) if forward[i] else (1.0 - share[i], 1.0)
        out.append(substring(lines[street[i]], *ends, normalized=True))
    return out
