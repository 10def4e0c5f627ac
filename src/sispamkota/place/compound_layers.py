"""A compound drawn in a map program: GeoJSON whose features say in `part` what they are, as the YAML file's fields.

Degrees (WGS 84) become metres of the UTM zone, counted from the plan's south-west corner. A plan in metres says so by
its `crs`, whose name has "metre" in it, or by coordinates that are no degrees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

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
_OF_GROUND = ("name", "title", "about_id", "about_en", "source", "tag")


def read_parts(path: Path, faults: Faults) -> dict[str, Any]:
    """Read the features of a GeoJSON file as the content of a YAML file; what does not fit becomes faults."""
    features = read_geojson(path, faults)
    placed = [_feature(path, i, each, faults) for i, each in enumerate(features, start=1)]
    known = [each for each in placed if each is not None]
    if len(faults) or not known:
        return {}
    metres = _metres([points for _, _, points in known], read_features(path, Faults()).crs)
    out: dict[str, Any] = {"kind": "site", "version": 1, "name": path.stem, "title": path.stem}
    out |= {"source": path.name, "tag": "assumed"}
    for (part, properties, _), points in zip(known, metres, strict=True):
        field, _, inner = PARTS[part]
        if not inner:
            out[field] = points
            if part == "ground":
                out |= {name: properties[name] for name in _OF_GROUND if name in properties}
        else:
            rest = {key: value for key, value in properties.items() if key != "part" and value is not None}
            out.setdefault(field, []).append(rest | {inner: points})
    return out


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
    if geometry["type"] == wanted == "Polygon" and points:
        points = points[0][:-1] if isinstance(points[0], list) else None
    elif geometry["type"] != wanted:
        points = None
    if not isinstance(points, list) or not all(_is_point(each) for each in points):
        got, remedy = shown(geometry["type"]), "Draw it anew."
        faults.add(where=where, field="geometry", expected=f"a {wanted} of finite points", got=got, remedy=remedy)
        return None
    return part, properties, [[float(each[0]), float(each[1])] for each in points]


def _is_point(value: Any) -> bool:
    """Tell whether a JSON value is a position."""
    numbers = isinstance(value, list) and len(value) >= 2
    return numbers and all(isinstance(each, int | float) and not isinstance(each, bool) for each in value[:2])


def _metres(shapes: Sequence[list[Any]], crs: Any) -> list[list[list[float]]]:
    """Turn degrees into metres from the south-west corner; metres stay as they are."""
    flat = np.array([point for points in shapes for point in points], np.float64).reshape(-1, 2)
    named = crs.get("properties", {}).get("name", "") if isinstance(crs, dict) else ""
    beyond = bool(flat.size) and (np.abs(flat[:, 0]).max() > 180.0 or np.abs(flat[:, 1]).max() > 90.0)
    if flat.size and not beyond and "metre" not in str(named).lower():
        lon, lat = float(flat[:, 0].mean()), float(flat[:, 1].mean())
        x, y = project(flat[:, 0], flat[:, 1], utm_epsg(lon, lat))
        flat = np.round(np.column_stack([x - x.min(), y - y.min()]), 3)
    out, n = list[list[list[float]]](), 0
    for points in shapes:
        out.append(flat[n : n + len(points)].tolist())
        n += len(points)
    return out
