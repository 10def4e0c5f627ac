"""Streets for a city that has no road file: generated from its areas alone, the same every time, and always labelled.

Each area strews junctions over a disk of its size, denser where more people live (a sunflower spiral: even, without
random numbers). Lanes are the relative neighbourhood graph of all junctions: two are joined unless a third is nearer to
both. It holds their shortest spanning tree, so everything is connected by construction (Toussaint 1980); as a road
network its distances behave like those of a street grid (Watanabe 2008, Forma 23). The shortest ways between the
centres of neighbouring areas become main streets. How near the travel times come to the real ones of Malang is
measured in tests/parts/test_synthetic.py.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .position import unproject
from .ride import ROAD_KINDS, Ride, road_figures
from .roads import Roads
from .streets import Streets

__all__ = ["grow_streets"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_GOLDEN = math.pi * (3.0 - math.sqrt(5.0))  # the angle between one seed of a sunflower and the next
_FEWEST = 7  # junctions of an area: a centre and a ring
_CM = 100.0


def grow_streets(kelurahan: pd.DataFrame, epsg: int) -> Roads:
    """Generate streets from the columns x, y (m), area_km2 and population of the areas."""
    figures = road_figures().synthetic
    points, owner, centre = _strew(kelurahan)
    ends = _relative_neighbours(points)
    length_m = np.hypot(*(points[ends[:, 0]] - points[ends[:, 1]]).T)
    lon, lat = unproject(points[:, 0], points[:, 1], epsg)
    kind = np.full(len(ends), ROAD_KINDS.index(figures.lane), np.int8)
    nodes = (lon, lat, points[:, 0], points[:, 1])
    lanes = Roads.from_edges(nodes, ends, length_m=length_m, kind=kind)
    kind[_main_streets(lanes, owner[ends], centre)] = ROAD_KINDS.index(figures.main)
    return Roads.from_streets(Streets.plain(lon, lat, ends, length_m, kind), points[:, 0], points[:, 1])


def _strew(kelurahan: pd.DataFrame) -> tuple[F8, I8, I8]:
    """Strew junctions: their points (n, 2), m, the area that owns each (n,), and the centre of each area (areas,).

    A junction belongs to the area whose disk it is deepest in (the power diagram), so that disks share no ground.
    """
    figures = road_figures().synthetic
    reach = figures.reach[0]
    home = kelurahan[["x", "y"]].to_numpy(np.float64)
    radius = reach * np.sqrt(kelurahan["area_km2"].to_numpy(np.float64) * 1e6 / math.pi)
    share = _shares(kelurahan)
    total = min(figures.junctions_per_km2[0] * reach**2 * kelurahan["area_km2"].sum(), figures.most_junctions)
    points, owner = list[F8](), list[I8]()
    for i, count in enumerate(np.maximum(np.round(total * share), _FEWEST).astype(int)):
        seed = np.arange(count)
        out, turn = radius[i] * np.sqrt(seed / count), seed * _GOLDEN
        disk = home[i] + np.column_stack([out * np.cos(turn), out * np.sin(turn)])
        depth = ((disk[:, None, :] - home) ** 2).sum(axis=2) - radius**2
        keep = depth.argmin(axis=1) == i
        keep[0] = True  # the centre stays, even inside a larger neighbour
        points.append(disk[keep])
        owner.append(np.full(keep.sum(), i))
    first = np.cumsum([0, *map(len, points[:-1])])
    cells, index, number = np.unique(
        np.round(np.concatenate(points) * _CM), axis=0, return_index=True, return_inverse=True
    )
    return cells / _CM, np.concatenate(owner)[index], number[first]


def _shares(kelurahan: pd.DataFrame) -> F8:
    """Give each area its share of the junctions: the geometric mean of its shares of ground and of people."""
    ground, people = (kelurahan[name].to_numpy(np.float64) for name in ("area_km2", "population"))
    weight = np.sqrt(ground * people) if (people > 0).all() else ground
    return np.asarray(weight / weight.sum(), np.float64)


def _relative_neighbours(points: F8) -> I8:
    """Join points unless a third is nearer to both than they are to each other; (edges, 2), by Delaunay's triangles."""
    import shapely

    tree = shapely.STRtree(shapely.points(points))
    sides = shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(points), only_edges=True))
    tips = shapely.get_coordinates(sides)
    ends = tree.query_nearest(shapely.points(tips), all_matches=False)[1].reshape(-1, 2)
    length = np.hypot(*(points[ends[:, 0]] - points[ends[:, 1]]).T)
    side, third = tree.query(shapely.points(points[ends[:, 0]]), predicate="dwithin", distance=length)
    u, v = ends[side].T
    nearer = np.maximum(np.hypot(*(points[third] - points[u]).T), np.hypot(*(points[third] - points[v]).T))
    parted = (third != u) & (third != v) & (nearer < length[side])
    kept = np.sort(np.delete(ends, np.unique(side[parted]), axis=0), axis=1)
    return np.unique(kept, axis=0)


def _main_streets(lanes: Roads, owners: I8, centre: I8) -> I8:
    """Find the streets on the shortest ways between the centres of areas that a lane joins; `owners` (edges, 2)."""
    pairs = np.unique(np.sort(owners[owners[:, 0] != owners[:, 1]], axis=1), axis=0)
    on_way = np.zeros(lanes.n_edges, np.bool_)
    for area in np.unique(pairs[:, 0]):
        via = lanes.reach(int(centre[area]), ride=Ride.of("car"))[1]
        for other in pairs[pairs[:, 0] == area, 1]:
            node = centre[other]
            while via[node] >= 0:
                on_way[lanes.edge[via[node]]] = True
                node = lanes.tail[via[node]]
    return np.flatnonzero(on_way)
