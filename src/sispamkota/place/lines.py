"""Streets as lines, for drawing, closing and measuring: straight from junction to junction, or along their bends."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .roads import Roads

__all__ = ["Lines", "street_lines"]

Lines = NDArray[Any]  # of shapely LineStrings


def street_lines(roads: Roads, *, epsg: int | None = None, streets: NDArray[np.int64] | None = None) -> Lines:
    """Give each street as a shapely LineString from its first end to its last, in degrees, or in metres with `epsg`.

    Shape (edges,), or that of `streets`, numbers of the streets wanted.
    """
    import shapely

    chosen = np.arange(roads.n_edges) if streets is None else np.asarray(streets, np.int64)
    arcs = roads.first_arc[chosen]
    x, y = (roads.lon, roads.lat) if epsg is None else (roads.x, roads.y)
    tail, head = roads.tail[arcs], roads.head[arcs]
    if roads.bends is None:
        ends = np.stack([np.stack([x[tail], x[head]], axis=1), np.stack([y[tail], y[head]], axis=1)], axis=2)
        return np.asarray(shapely.linestrings(ends))
    bx, by = roads.bends.lon, roads.bends.lat
    if epsg is not None:
        from .position import project

        bx, by = project(bx, by, epsg)
    start = roads.bends.start
    inner = (start[1:] - start[:-1])[chosen]
    total = inner + 2
    first, before = np.cumsum(total) - total, np.cumsum(inner) - inner
    px, py = np.empty(total.sum()), np.empty(total.sum())
    px[first], py[first] = x[tail], y[tail]
    px[first + total - 1], py[first + total - 1] = x[head], y[head]
    within = np.repeat(first + 1 - before, inner) + np.arange(inner.sum())
    taken = np.repeat(start[:-1][chosen] - before, inner) + np.arange(inner.sum())
    px[within], py[within] = bx[taken], by[taken]
    return np.asarray(shapely.linestrings(px, py, indices=np.repeat(np.arange(chosen.size), total)))
