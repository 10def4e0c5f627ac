"""The outline of each kelurahan for drawing: its polygon, or where the city has none the cell nearest to its point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["area_cells"]

_EDGE_DEG = 0.008  # about 900 m: how far the cells reach beyond the outermost points


def area_cells(city: Any) -> tuple[Mapping[str, Any], bool]:
    """Give shapes in degrees by code of the kelurahan, and whether they are guessed from points."""
    import shapely

    if city.areas:
        return {str(code): shapely.simplify(shape, 0.0002) for code, shape in city.areas.items()}, False
    if len(city.kelurahan) < 4:
        return {}, True
    points = shapely.points(city.kelurahan[["lon", "lat"]].to_numpy(float))
    hull = shapely.MultiPoint(points).convex_hull.buffer(_EDGE_DEG)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=hull))
    point, cell = shapely.STRtree(cells).query(points, predicate="intersects")
    codes = [str(code) for code in city.kelurahan["kode"]]
    return {codes[i]: cells[j].intersection(hull) for i, j in zip(point, cell, strict=True)}, True
