"""From lines of any source to streets: cut at the junctions, measured on the ellipsoid, with their bends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .streets import Bends, Streets

__all__ = ["Vertices", "Ways", "ground_m", "shared_nodes", "streets_of"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_SAME_VERTEX = 1e6  # vertices that agree to a millionth of a degree (0.1 m) are one


@dataclass(frozen=True, eq=False)
class Vertices:
    """Hold all lines one after the other: position, line and row of the source of each vertex; (vertices,)."""

    lon: F8
    lat: F8
    line: I8
    row: I8

    @property
    def first(self) -> NDArray[np.bool_]:
        """Mark the first vertex of each line."""
        return np.concatenate([[True], np.diff(self.line) != 0])

    @property
    def last(self) -> NDArray[np.bool_]:
        """Mark the last vertex of each line."""
        return np.concatenate([np.diff(self.line) != 0, [True]])


@dataclass(frozen=True, eq=False)
class Ways:
    """Hold what a source says of each of its rows, as in Streets, all (rows,); oneway is 0, 1 or -1 (backwards).

    `length_m`, NaN where unknown, goes before what is measured.
    """

    kind: NDArray[np.int8]
    oneway: I8
    limit: F8
    access: NDArray[np.uint8]
    name: NDArray[np.int32]
    names: tuple[str, ...] = ()
    length_m: F8 | None = None
    unclassed: int = 0
    dropped: tuple[str, ...] = ()


def shared_nodes(vertices: Vertices, *, key: I8 | None = None) -> I8:
    """Give vertices the number of their junction, an end of a line or a vertex that lines share; -1 between.

    Vertices are one where `key` (vertices,) is, by default where they stand in one place.
    """
    if key is None:
        lon, lat = (np.round(axis * _SAME_VERTEX).astype(np.int64) for axis in (vertices.lon, vertices.lat))
        key = (lon << 30) + lat
    _, vertex, count = np.unique(key, return_inverse=True, return_counts=True)
    junction = count > 1
    junction[vertex[vertices.first | vertices.last]] = True
    number = np.where(junction, np.cumsum(junction) - 1, -1)
    return number[vertex].astype(np.int64)


def streets_of(vertices: Vertices, node: I8, ways: Ways) -> tuple[Streets, I8]:
    """Cut lines at the vertices that have a junction number in `node`; also the row of each street.

    A street from a junction to itself without any length is left out.
    """
    step = ground_m(vertices.lon[:-1], vertices.lat[:-1], vertices.lon[1:], vertices.lat[1:])
    along = np.concatenate([[0.0], np.cumsum(np.where(np.diff(vertices.line) == 0, step, 0.0))])
    at = np.flatnonzero(node >= 0)
    place = at[np.unique(node[at], return_index=True)[1]]
    a, b = at[:-1], at[1:]
    length_m = along[b] - along[a]
    keep = (vertices.line[a] == vertices.line[b]) & ((node[a] != node[b]) | (length_m > 0))
    a, b, length_m = a[keep], b[keep], length_m[keep]
    row = vertices.row[a]
    if ways.length_m is not None:
        length_m = np.where(np.isnan(ways.length_m[row]), length_m, ways.length_m[row])
    back = ways.oneway[row] < 0
    ends = np.column_stack([node[a], node[b]])
    streets = Streets(
        lon=vertices.lon[place],
        lat=vertices.lat[place],
        ends=np.where(back[:, None], ends[:, ::-1], ends),
        length_m=length_m,
        kind=ways.kind[row],
        oneway=ways.oneway[row] != 0,
        limit=ways.limit[row],
        access=ways.access[row],
        name=ways.name[row],
        names=ways.names,
        bends=_bends(vertices, a, b, back),
        unclassed=ways.unclassed,
        dropped=ways.dropped,
    )
    return streets, row


def _bends(vertices: Vertices, a: I8, b: I8, back: NDArray[np.bool_]) -> Bends | None:
    """List the vertices between the ends of streets, from the first end on; None where there are none."""
    count = b - a - 1
    start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    if not start[-1]:
        return None
    take = np.repeat(a + 1 - start[:-1], count) + np.arange(start[-1])
    return Bends(start, vertices.lon[take], vertices.lat[take]).turned(back)


def ground_m(lon_a: F8, lat_a: F8, lon_b: F8, lat_b: F8) -> F8:
    """Measure distances on the ellipsoid, m."""
    import pyproj

    return np.asarray(pyproj.Geod(ellps="WGS84").inv(lon_a, lat_a, lon_b, lat_b)[2], np.float64)
