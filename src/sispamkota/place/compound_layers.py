"""A compound drawn in a map program: GeoJSON whose features say in `part` what they are, as the YAML file's fields.

Degrees (WGS 84) become metres of the UTM zone, counted from the plan's south-west corner. A plan in metres says so by
its `crs`, whose name has "metre" in it, or by coordinates that are no degrees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import Faults, shown, suggest
from sispamkota.inputs import read_features, read_geojson

from .position import project, utm_epsg

__all__ = ["PARTS", "read_parts"]

# part → field of the file, geometry, name of the points in it; without a list there is one of a kind
PARTS: Mapping[str, tuple[str, str, str]] = {
    "ground": ("ground", "Polygon", ""),
    "building": ("buildings", "Polygon", "ring"),
    "obstacle": ("obstacles", "Polygon", "ring"),
    "fence": ("fences", "LineString", "points"),
    "gate": ("gates", "LineString", "points"),
    "door": ("doors", "LineString", "points"),
    "exit": ("exits", "LineString", "points"),
    "front": ("front", "LineString", ""),
    "line": ("line", "LineString", ""),
    "space": ("spaces", "Polygon", "ring"),
    "stand": ("stands", "LineString", "way"),
}
WIDEST_DEGREES = 0.1  # 11 km; no compound is wider
_OF_GROUND = ("name", "title", "about_id", "about_en", "source", "tag", "stands_for")


def read_parts(path: Path, faults: Faults) -> dict[str, Any]:
    """Read the features of a GeoJSON file as the content of a YAML file; what does not fit becomes faults."""
    features = read_geojson(path, faults)
    placed = [_feature(path, i, each, faults) for i, each in enumerate(features, start=1)]
    known = [each for each in placed if each is not None]
    _check_single(path, [None if each is None else each[0] for each in placed], faults)
    if len(faults) or not known:
        return {}
    metres = _metres(path, [points for _, _, points in known], read_features(path, Faults()).crs, faults)
    if len(faults):
        return {}
    out: dict[str, Any] = {"kind": "site", "version": 1, "name": path.stem, "title": path.stem}
    out |= {"source": path.name, "tag": "assumed"}
    for (part, properties, _), points in zip(known, metres, strict=True):
        field, _, inner = PARTS[part]
        if not inner:
            out[field] = points
            if part == "ground":
                out |= {name: properties[name] for name in _OF_GROUND if properties.get(name) is not None}
        else:
            rest = {key: value for key, value in properties.items() if key != "part" and value is not None}
            out.setdefault(field, []).append(rest | {inner: points})
    if isinstance(out.get("stands_for"), str):  # a map program has no lists
        out["stands_for"] = [each.strip() for each in out["stands_for"].split(",")]
    return out


def _check_single(path: Path, parts: Sequence[str | None], faults: Faults) -> None:
    """Note parts that stand twice and of which a compound has one."""
    seen = dict[str, int]()
    for i, part in enumerate(parts, start=1):
        if part is not None and not PARTS[part][2] and part in seen:
            where, remedy = f"{path} (feature {i})", "Join the two, or remove one."
            got = f"another; the first is feature {seen[part]}"
            faults.add(where=where, field="part", expected=f"one {part} alone", got=got, remedy=remedy)
        if part is not None:
            seen.setdefault(part, i)


def _feature(path: Path, i: int, feature: Mapping[str, Any], faults: Faults) -> tuple[str, Any, list[Any]] | None:
    """Give part, properties and points of one feature; a fault and None for what is no part of a compound."""
    properties, geometry = feature["properties"], feature["geometry"]
    part = properties.get("part")
    where = f"{path} (feature {i})"
    if not isinstance(part, str) or part not in PARTS:
        remedy = suggest(str(part), PARTS)
        faults.add(where=where, field="part", expected="a part of a compound", got=shown(part), remedy=remedy)
        return None
    wanted, points = PARTS[part][1], geometry["coordinates"]
    if geometry["type"] == wanted == "Polygon" and points and _are_rings(points):
        if not _check_rings(where, points, faults):
            return None
        points = points[0][:-1]
    elif geometry["type"] != wanted or wanted == "Polygon":
        points = None
    if not isinstance(points, list) or not all(_is_point(each) for each in points):
        got, remedy = shown(geometry["type"]), "Draw it anew."
        faults.add(where=where, field="geometry", expected=f"a {wanted} of finite points", got=got, remedy=remedy)
        return None
    return part, properties, [[float(each[0]), float(each[1])] for each in points]


def _are_rings(points: Sequence[Any]) -> bool:
    """Tell whether these are lists of lists, as rings are."""
    return all(isinstance(ring, list) and all(isinstance(point, list) for point in ring) for ring in points)


def _check_rings(where: str, rings: Sequence[list[Any]], faults: Faults) -> bool:
    """Tell whether a polygon is one closed ring; a hole, or a ring that does not end where it begins, is a fault."""
    if len(rings) > 1:
        expected, got = "a Polygon without holes", f"{len(rings) - 1} of them"
        remedy = "Draw what stands in it as a building or an obstacle of its own."
    elif len(rings[0]) < 2 or rings[0][0] != rings[0][-1]:
        expected, got = "a ring that ends at its first point", "one that does not"
        remedy = "Add the first point again at its end."
    else:
        return True
    faults.add(where=where, field="geometry", expected=expected, got=got, remedy=remedy)
    return False


def _is_point(value: Any) -> bool:
    """Tell whether a JSON value is a position."""
    numbers = isinstance(value, list) and len(value) >= 2
    return numbers and all(isinstance(each, int | float) and not isinstance(each, bool) for each in value[:2])


def _metres(path: Path, shapes: Sequence[list[Any]], crs: Any, faults: Faults) -> list[list[list[float]]]:
    """Turn degrees into metres from the south-west corner; metres stay as they are."""
    flat = np.array([point for points in shapes for point in points], np.float64).reshape(-1, 2)
    if flat.size and _in_degrees(path, flat, crs, faults) and not len(faults):
        lon, lat = float(flat[:, 0].mean()), float(flat[:, 1].mean())
        x, y = project(flat[:, 0], flat[:, 1], utm_epsg(lon, lat))
        flat = np.round(np.column_stack([x - x.min(), y - y.min()]), 3)
    out, n = list[list[list[float]]](), 0
    for points in shapes:
        out.append(flat[n : n + len(points)].tolist())
        n += len(points)
    return out


def _in_degrees(path: Path, flat: NDArray[np.float64], crs: Any, faults: Faults) -> bool:
    """Tell whether positions (n, 2) are degrees; degrees that no compound spans, or in the wrong order, are a fault."""
    about = crs.get("properties") if isinstance(crs, dict) else None
    named = about.get("name") if isinstance(about, dict) else ""
    if "metre" in str(named).lower():
        return False
    span, most = np.ptp(flat, axis=0), np.abs(flat).max(axis=0)
    degrees = bool(most[0] <= 180.0 and most[1] <= 90.0)
    if degrees and span.max() > WIDEST_DEGREES:
        expected, got = "the degrees of one compound", f"{span[0]:g} by {span[1]:g}"
        remedy = 'Are they metres? Add "crs": {"type": "name", "properties": {"name": "local metres"}}.'
        faults.add(where=str(path), field="coordinates", expected=expected, got=got, remedy=remedy)
    if not degrees and span.max() < WIDEST_DEGREES and most[0] <= 90.0 and most[1] <= 180.0:
        expected, got, remedy = "longitude, then latitude", "the two swapped", "Exchange them."
        faults.add(where=str(path), field="coordinates", expected=expected, got=got, remedy=remedy)
    return degrees
