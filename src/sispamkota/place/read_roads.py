"""Road files, read and checked: GeoJSON lines, or a CSV with both ends of each street.

A GeoJSON feature is a LineString or MultiLineString. With the properties `u` and `v` (names of junctions) a line is one
street from u to v; without them lines meet where they share a vertex, and are cut there. A CSV has `lon_u`, `lat_u`,
`lon_v`, `lat_v`. Both may have `kelas` (or OpenStreetMap's `highway`), `length_m` and `oneway`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.errors import Faults, shown, suggest

from .position import Box, check_point, number_in, read_point
from .read import is_geojson, read_rows
from .ride import EVERYONE, ROAD_KINDS, road_figures
from .streets import Streets

__all__ = ["read_roads"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_LINES = ("LineString", "MultiLineString")
_ENDS = ("lon_u", "lat_u", "lon_v", "lat_v")
_OPTIONAL = ("u", "v", "kelas", "highway", "length_m", "oneway")
_SAME_VERTEX = 1e6  # vertices that agree to a millionth of a degree (0.1 m) are one
_SAME_JUNCTION_M = 50.0
_SHORTEST_SHARE, _ROUNDING_M = 0.9, 5.0  # a street shorter than its ends are apart has a wrong unit
_ONEWAY = {"": 0, "no": 0, "false": 0, "0": 0, "yes": 1, "true": 1, "1": 1, "-1": -1}


@dataclass(frozen=True, eq=False)
class _Vertices:
    """Hold all lines one after the other: position, line and row of the file of each vertex; (vertices,)."""

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


def read_roads(path: Path, box: Box, faults: Faults) -> Streets | None:
    """Read a road file; None where it has faults, which are all noted. `box` bounds what can be a road of the city."""
    before = len(faults)
    lines = is_geojson(path)
    rows = read_rows(path, required=() if lines else _ENDS, optional=_OPTIONAL, faults=faults, geometry=lines)
    if lines and len(rows) and not any(geometry["type"] in _LINES for geometry in rows["geometry"]):
        remedy = "Export the layer of roads: lines, not points or areas."
        faults.add(where=f"{path}:1", field="geometry", expected="at least one street", got="none", remedy=remedy)
    if len(faults) > before:
        return None
    vertices = _join(_geojson_lines(rows, box, faults) if lines else _csv_lines(rows, box, faults))
    if not vertices.lon.size:
        return None
    kind, oneway, given_m = _kinds(rows, faults), _oneways(rows, faults), _given_lengths(rows, faults)
    node = _named_nodes(rows, vertices, faults) if _has_names(rows) else _shared_nodes(vertices)
    if len(faults) > before:
        return None
    place, row, ends, length_m = _cut(vertices, node)
    if _has_names(rows):
        length_m = np.where(np.isnan(given_m[row]), length_m, given_m[row])
        _check_ends(rows, vertices, node, place, faults)
    if _has_names(rows) and len(faults) == before:
        _check_lengths(rows, (vertices.lon[place][ends], vertices.lat[place][ends]), row, length_m, faults)
    classed = np.where(kind < 0, ROAD_KINDS.index("lain"), kind).astype(np.int8)
    return (
        None
        if len(faults) > before
        else Streets(
            lon=vertices.lon[place],
            lat=vertices.lat[place],
            ends=np.where(oneway[row, None] < 0, ends[:, ::-1], ends),
            length_m=length_m,
            kind=classed[row],
            oneway=oneway[row] != 0,
            limit=np.full(row.size, np.inf),
            access=np.full(row.size, EVERYONE, np.uint8),
            name=np.full(row.size, -1, np.int32),
            unclassed=int((kind < 0).sum()),
            dropped=tuple(rows.attrs["dropped"]),
        )
    )


def _geojson_lines(rows: pd.DataFrame, box: Box, faults: Faults) -> Iterator[tuple[int, F8]]:
    """Go through (row, vertices (n, 2)) of all sound lines."""
    named = _has_names(rows)
    for row, (where, geometry) in enumerate(zip(rows["where"], rows["geometry"], strict=True)):
        parts = {"LineString": [geometry["coordinates"]], "MultiLineString": geometry["coordinates"]}
        lines = [_coordinates(part) for part in parts.get(str(geometry["type"]), [None])]
        if not lines or any(line is None for line in lines) or (named and len(lines) != 1):
            expected = "one line of at least two points" if named else "a line of at least two points"
            got, remedy = f"a {shown(geometry['type'])} without them", "Repair or remove the feature."
            faults.add(where=where, field="geometry", expected=expected, got=got, remedy=remedy)
            continue
        for line in lines:
            if line is not None and _inside(line, where, box, faults):
                yield row, line


def _coordinates(part: Any) -> F8 | None:
    """Read the vertices of one line, (n, 2); None for anything else."""
    try:
        line = np.array([point[:2] for point in part], np.float64)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return line if line.ndim == 2 and line.shape[0] >= 2 and line.shape[1] == 2 else None


def _inside(line: F8, where: str, box: Box, faults: Faults) -> bool:
    """Tell whether a line stays on Earth and near the city; a fault for its first vertex that does not."""
    lon, lat = line.T
    good = (lon >= box.west) & (lon <= box.east) & (lat >= box.south) & (lat <= box.north)
    if good.all():
        return True
    x, y = line[int(np.argmin(good))]
    return check_point(float(x), float(y), where=where, box=box, faults=faults)


def _csv_lines(rows: pd.DataFrame, box: Box, faults: Faults) -> Iterator[tuple[int, F8]]:
    """Go through (row, both ends (2, 2)) of the rows; a street without an end is a fault."""
    for row, (where, *cells) in enumerate(zip(rows["where"], *(rows[name] for name in _ENDS), strict=True)):
        if not all(cells):
            remedy = "Fill all four, or remove the row."
            faults.add(where=where, field=", ".join(_ENDS), expected="both ends", got="a blank cell", remedy=remedy)
            continue
        ends = [read_point(*cells[i : i + 2], where=where, box=box, faults=faults) for i in (0, 2)]
        line = np.array(ends, np.float64)
        if np.isfinite(line).all():
            yield row, line


def _join(lines: Iterator[tuple[int, F8]]) -> _Vertices:
    """Put all lines one after the other."""
    pairs = list(lines)
    sizes = [len(line) for _, line in pairs]
    lon, lat = np.concatenate([line for _, line in pairs]).T if pairs else (np.empty(0), np.empty(0))
    row = np.array([row for row, _ in pairs], np.int64)
    return _Vertices(lon, lat, np.repeat(np.arange(len(pairs)), sizes), np.repeat(row, sizes))


def _has_names(rows: pd.DataFrame) -> bool:
    """Tell whether the file names its junctions."""
    return bool((rows[["u", "v"]] != "").to_numpy().any())


def _named_nodes(rows: pd.DataFrame, vertices: _Vertices, faults: Faults) -> I8:
    """Give vertices the number of their junction, by its name; -1 at the vertices between."""
    for where, u, v in zip(rows["where"], rows["u"], rows["v"], strict=True):
        if not u or not v:
            remedy = "Name both junctions of every street, or of none."
            faults.add(where=where, field="u, v", expected="two names", got="a blank cell", remedy=remedy)
    node = np.full(vertices.lon.size, -1, np.int64)
    ends = np.column_stack([np.flatnonzero(vertices.first), np.flatnonzero(vertices.last)])
    names = rows[["u", "v"]].to_numpy()[vertices.row[ends[:, 0]]]
    node[ends.ravel()] = pd.factorize(names.ravel())[0]
    return node


def _shared_nodes(vertices: _Vertices) -> I8:
    """Give vertices the number of their junction, an end of a line or a vertex that lines share; -1 between."""
    cells = np.round(np.column_stack([vertices.lon, vertices.lat]) * _SAME_VERTEX).astype(np.int64)
    _, vertex, count = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    junction = count > 1
    junction[vertex[vertices.first | vertices.last]] = True
    number = np.where(junction, np.cumsum(junction) - 1, -1)
    return number[vertex].astype(np.int64)


def _cut(vertices: _Vertices, node: I8) -> tuple[I8, I8, I8, F8]:
    """Cut the lines at the junctions.

    Returns the vertex at which each junction stands (nodes,), and of each street its row, ends (edges, 2) and length
    on the ellipsoid, m; a street from a junction to itself without any length is left out.
    """
    step = _ground_m(vertices.lon[:-1], vertices.lat[:-1], vertices.lon[1:], vertices.lat[1:])
    along = np.concatenate([[0.0], np.cumsum(step)])
    at = np.flatnonzero(node >= 0)
    place = at[np.unique(node[at], return_index=True)[1]]
    a, b = at[:-1], at[1:]
    length_m = along[b] - along[a]
    keep = (vertices.line[a] == vertices.line[b]) & ((node[a] != node[b]) | (length_m > 0))
    a, b = a[keep], b[keep]
    return place, vertices.row[a], np.column_stack([node[a], node[b]]), length_m[keep]


def _ground_m(lon_a: F8, lat_a: F8, lon_b: F8, lat_b: F8) -> F8:
    """Measure distances on the ellipsoid, m."""
    import pyproj

    return np.asarray(pyproj.Geod(ellps="WGS84").inv(lon_a, lat_a, lon_b, lat_b)[2], np.float64)


def _check_ends(rows: pd.DataFrame, vertices: _Vertices, node: I8, place: I8, faults: Faults) -> None:
    """Ask that each named junction stands in one place."""
    at = np.flatnonzero(node >= 0)
    home = place[node[at]]
    apart = _ground_m(vertices.lon[at], vertices.lat[at], vertices.lon[home], vertices.lat[home])
    for i in np.flatnonzero(apart > _SAME_JUNCTION_M):
        got = f"{apart[i]:.0f} m from where {rows['where'].iloc[vertices.row[home[i]]]} has it"
        remedy = "Let each junction have one name and one place; u is the line's first point, v its last."
        where = rows["where"].iloc[vertices.row[at[i]]]
        faults.add(where=where, field="u, v", expected="a junction in one place", got=got, remedy=remedy)


def _check_lengths(rows: pd.DataFrame, ends: tuple[F8, F8], row: I8, length_m: F8, faults: Faults) -> None:
    """Ask that no street is shorter than its ends are apart; `ends` is (lon, lat), each (edges, 2)."""
    lon, lat = ends
    apart = _ground_m(lon[:, 0], lat[:, 0], lon[:, 1], lat[:, 1])
    for i in np.flatnonzero(length_m < _SHORTEST_SHARE * apart - _ROUNDING_M):
        expected = f"at least {apart[i]:.0f} m, which the ends are apart"
        remedy = "Give the length in metres, or leave it blank: it is then measured along the line."
        where = rows["where"].iloc[row[i]]
        faults.add(where=where, field="length_m", expected=expected, got=f"{length_m[i]:g}", remedy=remedy)


def _kinds(rows: pd.DataFrame, faults: Faults) -> I8:
    """Read the road kinds as numbers in ROAD_KINDS; -1 where the row gives none."""
    known: dict[str, int] = {kind: i for i, kind in enumerate(ROAD_KINDS)}
    known |= {word: known[kind] for word, kind in road_figures().aliases.items()}
    words = rows["kelas"].where(rows["kelas"] != "", rows["highway"]).str.lower()
    for where, word in zip(rows["where"], words, strict=True):
        if word and word not in known:
            remedy = f"Leave it blank if unknown; {suggest(word, ROAD_KINDS)}"
            faults.add(where=where, field="kelas", expected="a road kind", got=shown(word), remedy=remedy)
    return np.array([known.get(word, -1) for word in words], np.int64)


def _oneways(rows: pd.DataFrame, faults: Faults) -> I8:
    """Read the directions: 0 both, 1 along the line, -1 against it."""
    words = rows["oneway"].str.lower()
    for where, word in zip(rows["where"], words, strict=True):
        if word not in _ONEWAY:
            faults.add(where=where, field="oneway", expected="yes, no or -1", got=shown(word), remedy="Correct it.")
    return np.array([_ONEWAY.get(word, 0) for word in words], np.int64)


def _given_lengths(rows: pd.DataFrame, faults: Faults) -> F8:
    """Read the lengths, m; NaN where the row gives none."""
    values: list[float] = []
    for where, text in zip(rows["where"], rows["length_m"], strict=True):
        value = number_in(text) if text else np.nan
        if value is None or value < 0:
            remedy = "Write metres with a decimal point, or leave it blank."
            faults.add(where=where, field="length_m", expected="a length in metres", got=shown(text), remedy=remedy)
            value = np.nan
        values.append(value)
    return np.array(values, np.float64)
