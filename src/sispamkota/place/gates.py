"""Gates: the junctions where roads leave the city, where it can be screened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sispamkota.inputs import Model, own_file

from .position import project
from .ride import ROAD_KINDS, Figure
from .roads import Roads

__all__ = ["GateFigures", "at_gates", "find_gates", "gate_figures", "gate_of", "outline_of", "to_metres"]

I8 = NDArray[np.int64]
_GATE = "gerbang"


class GateFigures(Model):
    """Hold data/place/gates.yaml."""

    kind: Literal["gates"]
    version: Literal[1]
    tag: Literal["assumed"]
    source: str
    border_m: Figure
    apart_m: Figure
    kinds: tuple[Literal["tol", "arteri", "kolektor", "lokal", "lain", "setapak"], ...]
    hull_ratio: Figure


def gate_figures() -> GateFigures:
    """Read the embedded figures once."""
    return own_file(GateFigures, "place", "gates")


def outline_of(areas: Mapping[str, Any] | None, epsg: int) -> Any:
    """Join the polygons of the areas (degrees) to the city's outline, metres; None without polygons."""
    import shapely

    if not areas:
        return None
    return shapely.union_all([to_metres(shape, epsg) for shape in areas.values()])


def to_metres(shape: Any, epsg: int) -> Any:
    """Project a geometry in degrees."""
    import shapely

    return shapely.transform(shape, lambda points: np.column_stack(project(points[:, 0], points[:, 1], epsg)))


def find_gates(roads: Roads, outline: Any | None) -> I8:
    """Find the junctions of the main network where roads leave the city, ascending.

    With an outline (metres) these are dead ends within `border_m` of it, and the last junctions before a street goes
    farther out than that; without, the junctions within `border_m` of the hull of the main network. Of gates nearer to
    each other than `apart_m` the one on the higher kind of road stays, then the one nearer to the outline.
    """
    import shapely

    figures = gate_figures()
    border_m, points = figures.border_m[0], shapely.points(roads.x, roads.y)
    hull = outline is None
    city: Any = outline
    if hull:
        city = shapely.concave_hull(shapely.multipoints(points[roads.main]), ratio=figures.hull_ratio[0])
    off_m = shapely.distance(points, city.boundary if city.area else city)
    near = off_m <= border_m
    kind = np.full(roads.n_nodes, len(ROAD_KINDS))
    np.minimum.at(kind, roads.tail, roads.kind)
    np.minimum.at(kind, roads.head, roads.kind)
    if hull:
        leaves = near
    else:
        out = ~shapely.dwithin(points, city, border_m)
        leaves = near & (_neighbours(roads) == 1)
        leaving = out[roads.head] & ~out[roads.tail]
        entering = out[roads.tail] & ~out[roads.head]
        leaves[roads.tail[leaving]] = leaves[roads.head[entering]] = True
    leaves &= roads.main
    worthy = leaves & np.isin(kind, [ROAD_KINDS.index(each) for each in figures.kinds])
    nodes = np.flatnonzero(worthy if worthy.any() else leaves)
    order = nodes[np.lexsort((nodes, np.round(off_m[nodes], 1), kind[nodes]))]
    return _thinned(roads, order, figures.apart_m[0])


def _neighbours(roads: Roads) -> I8:
    """Count the other junctions that each junction is joined to, in either direction; (nodes,)."""
    pairs = np.sort(np.column_stack([roads.tail, roads.head]), axis=1)
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    return np.bincount(pairs.ravel(), minlength=roads.n_nodes)


def _thinned(roads: Roads, order: I8, apart_m: float) -> I8:
    """Keep nodes in their order, each only where none that is kept is nearer than `apart_m`."""
    kept: list[int] = []
    for node in order:
        away = np.hypot(roads.x[kept] - roads.x[node], roads.y[kept] - roads.y[node])
        if (away >= apart_m).all():
            kept.append(int(node))
    return np.sort(np.array(kept, np.int64))


def gate_of(x: ArrayLike, y: ArrayLike, *, roads: Roads, gates: I8) -> tuple[I8, NDArray[np.float64]]:
    """Find the gate nearest to each point (metres) and the distance to it, m; shapes (points,)."""
    px, py = np.atleast_1d(np.asarray(x, np.float64)), np.atleast_1d(np.asarray(y, np.float64))
    away = np.hypot(px[:, None] - roads.x[gates], py[:, None] - roads.y[gates])
    return gates[away.argmin(axis=1)], away.min(axis=1)


def at_gates(venues: pd.DataFrame, roads: Roads, outline: Any | None) -> pd.DataFrame:
    """Let each venue of kind "gerbang" that lies outside the city, or at its edge, stand on the gate nearest to it.

    Outside is in no kelurahan; the edge is within `border_m` of the outline. Changes `node` and `access_m` of those
    rows only; without gates nothing.
    """
    import shapely

    outside = venues["kode_kel"] == ""
    if outline is not None:
        points = shapely.points(venues["x"], venues["y"])
        outside |= shapely.dwithin(points, outline.boundary, gate_figures().border_m[0])
    rows = (venues["kind"] == _GATE) & (venues["placed"] == "") & outside
    gates = find_gates(roads, outline) if rows.any() else np.empty(0, np.int64)
    if not gates.size:
        return venues
    out = venues.copy()
    out.loc[rows, "node"], out.loc[rows, "access_m"] = gate_of(out["x"][rows], out["y"][rows], roads=roads, gates=gates)
    return out
