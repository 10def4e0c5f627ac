"""Road files, read and checked: map layers of lines, or a CSV with both ends of each street.

A feature is a LineString or MultiLineString. With the properties `u` and `v` (names of junctions) a line is one street
from u to v; without them lines meet where they share a vertex, and are cut there. A CSV has `lon_u`, `lat_u`, `lon_v`,
`lat_v`, or `u` and `v` and beside it a CSV of the junctions. All may have `kelas` (or OpenStreetMap's `highway`),
`length_m`, `oneway`, `maxspeed` (or `kecepatan`), `access` and `name` (or `nama`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.errors import Faults, shown, suggest
from sispamkota.inputs import read_csv
from sispamkota.layers import collapsed, is_layer

from .osm_tags import access_bits, limit_in, tag_figures
from .osm_ways import Vertices, Ways, ground_m, shared_nodes, streets_of
from .position import Box, check_point, number_in, read_point
from .read import read_rows
from .ride import ROAD_KINDS, VEHICLES, road_figures
from .roads import LONGEST_M
from .streets import Streets

__all__ = ["read_roads"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_LINES = ("LineString", "MultiLineString")
_ENDS = ("lon_u", "lat_u", "lon_v", "lat_v")
_SPEED, _NAME = ("maxspeed", "kecepatan"), ("name", "nama")
_OPTIONAL = (*("u", "v", "kelas", "highway", "length_m", "oneway", "access"), *_SPEED, *_NAME)
_SAME_JUNCTION_M = 50.0
_ONEWAY = {"": 0, "no": 0, "false": 0, "0": 0, "yes": 1, "true": 1, "1": 1, "-1": -1}


def read_roads(path: Path, box: Box, faults: Faults) -> Streets | None:
    """Read a road file; None where it has faults, which are all noted. `box` bounds what can be a road of the city."""
    found = Faults()
    streets = _read(path, box, found)
    faults.extend(collapsed(found))
    return None if len(found) else streets


def _read(path: Path, box: Box, faults: Faults) -> Streets | None:
    """Read a road file; what comes back counts only where there are no faults."""
    lines = is_layer(path)
    rows = _layer_rows(path, faults) if lines else _csv_rows(path, faults)
    if not len(rows):
        return None
    ways = _ways(rows, faults)
    vertices = _join(_layer_lines(rows, box, faults) if lines else _csv_lines(rows, box, faults))
    if not vertices.lon.size:
        return None
    named = _has_names(rows)
    node = _named_nodes(rows, vertices, faults) if named else shared_nodes(vertices)
    if named and not len(faults):
        _check_ends(rows, vertices, node, faults)
    if len(faults):
        return None
    streets, row = streets_of(vertices, node, ways)
    _check_lengths(rows, streets, row, faults, given=named)
    return streets


def _layer_rows(path: Path, faults: Faults) -> pd.DataFrame:
    """Read a layer of lines; where it has none at all, one fault and no rows."""
    rows = read_rows(path, required=(), optional=_OPTIONAL, faults=faults, want="line")
    types = [None if shape is None else shape.geom_type for shape in rows["geometry"]]
    if any(types) and not any(name in _LINES for name in types):
        remedy = "Export the layer of roads: lines, not points or areas."
        faults.add(where=f"{path}:1", field="geometry", expected="at least one street", got="none", remedy=remedy)
        return rows[:0]
    return rows


def _csv_rows(path: Path, faults: Faults) -> pd.DataFrame:
    """Read a CSV of streets; where it has only the names of the junctions, these are looked up beside it."""
    seen = Faults()
    rows = read_rows(path, required=(), optional=(*_OPTIONAL, *_ENDS), faults=seen)
    if len(seen) or (rows[list(_ENDS)] != "").to_numpy().any():
        return read_rows(path, required=_ENDS, optional=_OPTIONAL, faults=faults)
    if not _has_names(rows):
        remedy = "Give both ends of each street; or u and v, and beside the file a *nodes*.csv of node, lon, lat."
        faults.add(where=f"{path}:1", field=", ".join(_ENDS), expected="these columns", got="none", remedy=remedy)
        return rows[:0]
    beside = sorted(each for each in path.parent.glob("*.csv") if "nodes" in each.stem.lower() and each != path)
    if len(beside) != 1:
        got = f"{len(beside)} such files beside it" if beside else "u and v without positions"
        remedy = "Add the columns lon_u, lat_u, lon_v, lat_v; or put one *nodes*.csv of node, lon, lat beside the file."
        faults.add(where=f"{path}:1", field=", ".join(_ENDS), expected="positions", got=got, remedy=remedy)
        return rows[:0]
    return _with_ends(rows, beside[0], faults)


def _with_ends(rows: pd.DataFrame, path: Path, faults: Faults) -> pd.DataFrame:
    """Fill the ends of streets from a CSV of junctions."""
    table = read_csv(path, required=("node", "lon", "lat"), faults=faults)
    if table.attrs["absent"]:
        return rows[:0]
    for line, name in zip(*(table.loc[table["node"].duplicated(), key] for key in ("line", "node")), strict=True):
        where, remedy = f"{path}:{line}", "Give each junction one row."
        faults.add(where=where, field="node", expected="each value once", got=shown(name), remedy=remedy)
    known = table.drop_duplicates("node").set_index("node")
    for where, u, v in zip(rows["where"], rows["u"], rows["v"], strict=True):
        for field, name in (("u", u), ("v", v)):
            if name and name not in known.index:
                remedy = "Add it there, or remove the street."
                faults.add(where=where, field=field, expected=f"a node of {path.name}", got=shown(name), remedy=remedy)
    out = rows.assign(
        **{
            f"{axis}_{end}": known[axis].reindex(rows[end]).fillna("").to_numpy()
            for end in "uv"
            for axis in ("lon", "lat")
        }
    )
    out.attrs |= {"dropped": rows.attrs["dropped"], "unplaced": True}
    return out


def _ways(rows: pd.DataFrame, faults: Faults) -> Ways:
    """Read what rows say of their streets."""
    kind, unsaid = _kinds(rows, faults), "lain"
    labels = rows["name"].where(rows["name"] != "", rows["nama"])
    number, names = pd.factorize(labels.mask(labels == ""))
    return Ways(
        kind=np.where(kind < 0, ROAD_KINDS.index(unsaid), kind).astype(np.int8),
        oneway=_oneways(rows, faults),
        limit=_limits(rows, faults),
        access=_accesses(rows, faults),
        name=number.astype(np.int32),
        names=tuple(map(str, names)),
        length_m=_given_lengths(rows, faults) if _has_names(rows) else None,
        unclassed=int((kind < 0).sum()),
        dropped=tuple(rows.attrs["dropped"]),
    )


def _layer_lines(rows: pd.DataFrame, box: Box, faults: Faults) -> Iterator[tuple[int, F8]]:
    """Go through (row, vertices (n, 2)) of all sound lines."""
    import shapely

    named = _has_names(rows)
    for row, (where, shape) in enumerate(zip(rows["where"], rows["geometry"], strict=True)):
        if shape is None:  # noted when the layer was read
            continue
        parts = shapely.get_parts(shape) if shape.geom_type in _LINES else []
        if not len(parts) or (named and len(parts) != 1) or any(part.is_empty for part in parts):
            expected = "one line of at least two points" if named else "a line of at least two points"
            got, remedy = f"a {shape.geom_type} of {len(parts)} lines", "Repair or remove the feature."
            faults.add(where=where, field="geometry", expected=expected, got=got, remedy=remedy)
            continue
        for part in parts:
            line = shapely.get_coordinates(part)
            if _inside(line, where, box, faults):
                yield row, line


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
    known = rows.attrs.get("unplaced", False)  # a junction that is not in the other file is noted already
    for row, (where, *cells) in enumerate(zip(rows["where"], *(rows[name] for name in _ENDS), strict=True)):
        if not all(cells):
            if not known:
                got, remedy = "a blank cell", "Fill all four, or remove the row."
                faults.add(where=where, field=", ".join(_ENDS), expected="both ends", got=got, remedy=remedy)
            continue
        ends = [read_point(*cells[i : i + 2], where=where, box=box, faults=faults) for i in (0, 2)]
        line = np.array(ends, np.float64)
        if np.isfinite(line).all():
            yield row, line


def _join(lines: Iterator[tuple[int, F8]]) -> Vertices:
    """Put all lines one after the other."""
    pairs = list(lines)
    sizes = [len(line) for _, line in pairs]
    lon, lat = np.concatenate([line for _, line in pairs]).T if pairs else (np.empty(0), np.empty(0))
    row = np.array([row for row, _ in pairs], np.int64)
    return Vertices(lon, lat, np.repeat(np.arange(len(pairs)), sizes), np.repeat(row, sizes))


def _has_names(rows: pd.DataFrame) -> bool:
    """Tell whether the file names its junctions."""
    return bool((rows[["u", "v"]] != "").to_numpy().any())


def _named_nodes(rows: pd.DataFrame, vertices: Vertices, faults: Faults) -> I8:
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


def _check_ends(rows: pd.DataFrame, vertices: Vertices, node: I8, faults: Faults) -> None:
    """Ask that each named junction stands in one place."""
    at = np.flatnonzero(node >= 0)
    home = at[np.unique(node[at], return_index=True)[1]][node[at]]
    apart = ground_m(vertices.lon[at], vertices.lat[at], vertices.lon[home], vertices.lat[home])
    for i in np.flatnonzero(apart > _SAME_JUNCTION_M):
        got = f"{apart[i]:.0f} m from where {rows['where'].iloc[vertices.row[home[i]]]} has it"
        remedy = "Let each junction have one name and one place; u is the line's first point, v its last."
        where = rows["where"].iloc[vertices.row[at[i]]]
        faults.add(where=where, field="u, v", expected="a junction in one place", got=got, remedy=remedy)


def _check_lengths(rows: pd.DataFrame, streets: Streets, row: I8, faults: Faults, *, given: bool) -> None:
    """Ask that no street is shorter than its ends are apart, and none longer than it, or any street, can be."""
    check = road_figures().length_check
    lon, lat = streets.lon[streets.ends], streets.lat[streets.ends]
    apart = ground_m(lon[:, 0], lat[:, 0], lon[:, 1], lat[:, 1])
    short = given & (streets.length_m < check.shortest_share * apart - check.rounding_m)
    most = np.where(given, np.minimum(check.longest_share * apart + check.loop_m, LONGEST_M), LONGEST_M)
    for i in np.flatnonzero(short | (streets.length_m > most)):
        expected = f"at least {apart[i]:.0f} m, which the ends are apart"
        remedy = "Give the length in metres, or leave it blank: it is then measured along the line."
        if not short[i]:
            expected = f"at most {most[i]:.0f} m, for ends that are {apart[i]:.0f} m apart"
            remedy = "Check the length, its unit, and the coordinates."
        where, got = rows["where"].iloc[row[i]], f"{streets.length_m[i]:g}"
        faults.add(where=where, field="length_m", expected=expected, got=got, remedy=remedy)


def _kinds(rows: pd.DataFrame, faults: Faults) -> I8:
    """Read the road kinds as numbers in ROAD_KINDS; -1 where the row gives none."""
    known: dict[str, int] = {kind: i for i, kind in enumerate(ROAD_KINDS)}
    known |= {word: known[kind] for word, kind in (road_figures().aliases | tag_figures().highways).items()}
    words = _road_words(rows)
    for where, word in zip(rows["where"], words, strict=True):
        if word and word not in known:
            remedy = f"Leave it blank if unknown; {suggest(word, ROAD_KINDS)}"
            faults.add(where=where, field="kelas", expected="a road kind", got=shown(word), remedy=remedy)
    return np.array([known.get(word, -1) for word in words], np.int64)


def _road_words(rows: pd.DataFrame) -> pd.Series[str]:
    """Give the words that say of what kind the streets are."""
    return rows["kelas"].where(rows["kelas"] != "", rows["highway"]).str.lower()


def _oneways(rows: pd.DataFrame, faults: Faults) -> I8:
    """Read the directions: 0 both, 1 along the line, -1 against it."""
    words = rows["oneway"].str.lower()
    for where, word in zip(rows["where"], words, strict=True):
        if word not in _ONEWAY:
            faults.add(where=where, field="oneway", expected="yes, no or -1", got=shown(word), remedy="Correct it.")
    return np.array([_ONEWAY.get(word, 0) for word in words], np.int64)


def _limits(rows: pd.DataFrame, faults: Faults) -> F8:
    """Read the posted speeds, m/s; infinite where the row gives none."""
    values: list[float] = []
    for where, text in zip(rows["where"], rows[_SPEED[0]].where(rows[_SPEED[0]] != "", rows[_SPEED[1]]), strict=True):
        value = limit_in(text.lower()) if text else np.inf
        if value is None:
            remedy = 'Write "50" or "30 mph"; leave it blank if unknown.'
            faults.add(where=where, field="maxspeed", expected="a speed in km/h", got=shown(text), remedy=remedy)
        values.append(np.inf if value is None else value)
    return np.array(values, np.float64)


def _accesses(rows: pd.DataFrame, faults: Faults) -> NDArray[np.uint8]:
    """Read who is let in: a word of OpenStreetMap's `access`, or the vehicle classes that are, with commas between.

    Where a row says nothing it is whoever the kind of way lets in.
    """
    values: list[int] = []
    for where, highway, text in zip(rows["where"], _road_words(rows), rows["access"].str.lower(), strict=True):
        names = [name for part in text.replace(";", ",").split(",") if (name := part.strip())]
        bits, known = access_bits({"highway": highway} | ({"access": text} if text else {}))
        if names and all(name in VEHICLES for name in names):
            bits, known = sum(1 << VEHICLES.index(name) for name in VEHICLES if name in names), True
        if not known:
            remedy = f"Write yes, private, no, or vehicle classes: {', '.join(VEHICLES)}."
            faults.add(where=where, field="access", expected="who may use it", got=shown(text), remedy=remedy)
        values.append(bits)
    return np.array(values, np.uint8)


def _given_lengths(rows: pd.DataFrame, faults: Faults) -> F8:
    """Read the lengths, m; NaN where the row gives none."""
    values: list[float] = []
    for where, text in zip(rows["where"], rows["length_m"], strict=True):
        value = number_in(text) if text else np.nan
        if value is None or value < 0 or value > LONGEST_M:
            expected = f"a length in metres, at most {LONGEST_M:g}"
            remedy = "Write metres with a decimal point, or leave it blank."
            faults.add(where=where, field="length_m", expected=expected, got=shown(text), remedy=remedy)
            value = np.nan
        values.append(value)
    return np.array(values, np.float64)
