"""Which streets a closure shuts: those in an area drawn on the map, near a place, or of a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import Faults, shown
from sispamkota.layers import is_layer, read_layer

from .lines import street_lines
from .position import box_around, check_point

if TYPE_CHECKING:
    from .city import City

__all__ = ["closed_streets"]

Mask = NDArray[np.bool_]
_NEAR = re.compile(r"(?P<place>.+):(?P<radius>[0-9]+(?:\.[0-9]+)?)")
_WKT = re.compile(r"\s*(MULTI)?POLYGON\s*(Z\s*)?\(", re.IGNORECASE)
_AREAS = ("Polygon", "MultiPolygon")
_MOST_RADIUS_M = 5000.0


def closed_streets(city: City, closures: Sequence[str], faults: Faults, *, where: str = "--closed") -> Mask:
    """Mark the streets (edges,) that closures shut; every fault goes to `faults`.

    A closure is a GeoJSON file of polygons, a polygon as WKT (degrees), "PLACE:RADIUS" (metres around a place, by its
    junction), or the name of a street where the source has names.
    """
    out = np.zeros(city.roads.n_edges, np.bool_)
    for closure in closures:
        found = _one(city, closure, faults, where)
        if found is not None and not found.any():
            remedy = "Draw the area over the street, or take a larger radius."
            faults.add(where=where, field="closed", expected="at least one street", got=shown(closure), remedy=remedy)
        if found is not None:
            out |= found
    return out


def _one(city: City, closure: str, faults: Faults, where: str) -> Mask | None:
    """Mark the streets of one closure; None where it is faulty."""
    if is_layer(Path(closure)):
        polygons = _from_file(Path(closure), faults)
        return None if polygons is None or not _near(city, polygons, faults, closure) else _within(city, polygons)
    if _WKT.match(closure):
        polygon = _from_wkt(closure, faults, where)
        return None if polygon is None or not _near(city, [polygon], faults, where) else _within(city, [polygon])
    near = _NEAR.fullmatch(closure)
    if near:
        return _around(city, near["place"], float(near["radius"]), faults, where)
    return _named(city, closure, faults, where)


def _from_file(path: Path, faults: Faults) -> list[Any] | None:
    """Read the polygons of a file; None where it is faulty."""
    before, layer = len(faults), read_layer(path, faults, want="polygon")
    for where, shape in zip(layer.where, layer.geometry, strict=True):
        if shape is not None and not (shape.geom_type in _AREAS and shape.is_valid and not shape.is_empty):
            remedy = "Draw the closed area as a polygon (QGIS: Fix geometries)."
            got = shape.geom_type if shape.geom_type not in _AREAS else "a broken polygon"
            faults.add(where=where, field="geometry", expected="a valid polygon", got=got, remedy=remedy)
    return list(layer.geometry) if len(faults) == before else None


def _from_wkt(text: str, faults: Faults, where: str) -> Any:
    """Read a polygon; None where it is none."""
    import shapely

    try:
        polygon = shapely.from_wkt(text)
        if polygon.is_valid and not polygon.is_empty:
            return polygon
    except shapely.errors.GEOSException:
        pass
    remedy = "Write longitude and latitude in degrees, the first point again at the end."
    faults.add(where=where, field="closed", expected="a valid polygon", got=shown(text), remedy=remedy)
    return None


def _near(city: City, polygons: Sequence[Any], faults: Faults, where: str) -> bool:
    """Tell whether polygons lie near the city; a fault where one does not, which names swapped coordinates."""
    box = box_around(city.kelurahan["lon"], city.kelurahan["lat"])
    corners = [corner for each in polygons for corner in (each.bounds[:2], each.bounds[2:])]
    return all(check_point(lon, lat, where=where, box=box, faults=faults) for lon, lat in corners)


def _within(city: City, polygons: Sequence[Any]) -> Mask:
    """Mark the streets that meet any of the polygons, in degrees."""
    import shapely

    closed = np.zeros(city.roads.n_edges, np.bool_)
    closed[shapely.STRtree(street_lines(city.roads)).query(polygons, predicate="intersects")[1]] = True
    return closed


def _around(city: City, place: str, radius_m: float, faults: Faults, where: str) -> Mask | None:
    """Mark the streets that come within a radius of a place's junction."""
    import shapely

    site = city.find_or_fault(place, faults, where)
    if radius_m > _MOST_RADIUS_M:
        expected = f"a radius up to {_MOST_RADIUS_M:g} m"
        faults.add(where=where, field="closed", expected=expected, got=f"{radius_m:g}", remedy="Draw an area instead.")
        return None
    if site is None:
        return None
    roads = city.roads
    lines = street_lines(roads, epsg=city.epsg)
    away = shapely.distance(lines, shapely.points(roads.x[site.node], roads.y[site.node]))
    return np.asarray(away <= radius_m)


def _named(city: City, name: str, faults: Faults, where: str) -> Mask | None:
    """Mark the streets of a name; case, spaces and marks do not count."""
    from .venues import slug

    roads = city.roads
    slugs = [slug(each) for each in roads.names]
    wanted = [i for i, each in enumerate(slugs) if each and each == slug(name)]
    if wanted:
        return np.isin(roads.name, wanted)
    got, near = shown(name), get_close_matches(slug(name), [*dict.fromkeys(slugs)], n=3)
    if not roads.names:
        expected = "a polygon, or PLACE:RADIUS (the streets of this city have no names)"
        remedy = 'For example "balai-kota:150", or a GeoJSON file of the closed area.'
    else:
        expected = "the name of a street, a polygon, or PLACE:RADIUS"
        listed = ", ".join(roads.names[slugs.index(each)] for each in near)
        remedy = f"Did you mean {listed}?" if near else "Look for the name on the map."
    faults.add(where=where, field="closed", expected=expected, got=got, remedy=remedy)
    return None
