"""Files of areas and people, read and checked: every fault at once, with its row and a remedy.

Areas come as GeoJSON polygons or as a CSV of points with `area_km2`; both have `kode` and `nama`, and may have
`kode_kec`, `kecamatan`, `penduduk` (people), `dpt` (voters), `tps` (polling stations), `source`, `quality`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sispamkota.errors import Faults, shown, suggest
from sispamkota.layers import Layer, Want, is_layer, read_layer
from sispamkota.office import SUFFIXES, Column, OfficeReport, columns_of, read_table, table_with
from sispamkota.office_columns import persons_too, plain, vocabulary

from .figures import place_figures
from .position import WORLD, Box, check_point, number_in, read_point

__all__ = [
    "AREA_COLUMNS",
    "AREA_REQUIRED",
    "PEOPLE_REQUIRED",
    "QUALITIES",
    "Areas",
    "areas_of",
    "numbers",
    "read_areas",
    "read_kecamatan",
    "read_people",
    "read_rows",
    "require_keys",
    "require_once",
]

QUALITIES = ("official", "reported", "estimated", "proxy", "assumed", "unknown")
AREA_REQUIRED = ("kode", "nama", "area_km2", "lon", "lat")  # of a table; polygons need no size and no point
PEOPLE_REQUIRED = ("penduduk",)
_PEOPLE_COLUMNS = ("kode", "kelurahan", "kecamatan", "dpt", "tps", "source", "quality")
AREA_COLUMNS = ("kode_kec", "kecamatan", "penduduk", "dpt", "tps", "source", "quality")

_LONGEST_NAME = 60
_REACH_DEG = 5.0  # no area of a city lies farther from its middle than this (about 550 km)

Areas = tuple[pd.DataFrame, dict[str, Any] | None]  # one row a kelurahan; polygons by code, if the file has them


def read_rows(
    path: Path,
    *,
    required: Sequence[str],
    optional: Sequence[str],
    faults: Faults,
    want: Want = "point",
    table: str | None = None,
    renamed: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Read a table, or the properties of a map layer, as text columns plus `where` ("file.csv:12") of each row.

    Absent optional columns come back blank; other columns are left out and named in `.attrs["dropped"]`. Where
    `want` is lines or polygons the column `geometry` holds the shapes in degrees, None for a faulty one.

    `table` names the table of ours whose columns these are, by default the first that has them all; `renamed` has the
    file's names of columns by ours. `.attrs["report"]` says how the file was understood. Columns and properties about
    persons are counted there and not read.
    """
    shapes = np.empty(0, object)
    report, columns = OfficeReport(), _columns(table, required, optional)
    wanted = [*required, *optional, "where"]
    if is_layer(path):
        layer = _renamed(read_layer(path, faults, want=want), path, renamed or {}, faults)
        report = _understood(layer, columns, renamed or {})
        laid, shapes = _properties(layer, path, columns, report, faults), layer.geometry
    elif path.suffix.lower() in SUFFIXES:
        read = read_table(path, columns, faults, renamed=renamed or {})
        laid, report = read.rows, read.report
    else:
        expected, remedy = "a .geojson, .csv or .xlsx file", "Export the layer as GeoJSON, or the table as CSV."
        faults.add(where=str(path), field="file", expected=expected, got=shown(path.name), remedy=remedy)
        laid = pd.DataFrame({"where": []})
    frame = laid.reindex(columns=wanted, fill_value="").astype("str")
    if want != "point":
        frame["geometry"] = pd.Series(shapes, index=frame.index, dtype=object)
    frame.attrs["dropped"], frame.attrs["report"] = [*report.dropped, *report.personal], report
    return frame


def _columns(table: str | None, required: Sequence[str], optional: Sequence[str]) -> list[Column]:
    """Give the columns that a caller asks for, with the names under which offices keep them."""
    names = [*required, *optional]
    table = table or table_with(set(names))
    known = {each.name: each for each in columns_of(table)} if table else {}
    asked = [known.get(name, Column(name, "text", (), need=False)) for name in names]
    return [replace(each, need=each.name in required) for each in asked]


def _renamed(layer: Layer, path: Path, renamed: Mapping[str, str], faults: Faults) -> Layer:
    """Call properties of a layer by our names; one that it does not have is a fault, as in a table."""
    columns = dict(layer.columns)
    for theirs, mine in renamed.items() if columns else ():
        found = next((name for name in columns if name.casefold() == theirs.casefold()), None)
        if found is None:
            remedy = suggest(theirs, layer.columns)
            where, got = f"{path}:1", shown(theirs)
            faults.add(where=where, field="--map", expected="a column of the file", got=got, remedy=remedy)
        elif vocabulary().is_personal(plain(found)):
            expected, remedy = "a column without data of persons", "Leave this column out."
            faults.add(where=f"{path}:1", field="--map", expected=expected, got=shown(theirs), remedy=remedy)
        else:
            columns[mine] = columns.pop(found)
    return replace(layer, columns=columns)


def _understood(layer: Layer, columns: Sequence[Column], renamed: Mapping[str, str]) -> OfficeReport:
    """Say which properties of a layer are ours, which are about persons, and which are left out."""
    asked = {each.name: each for each in columns}
    personal = [name for name in layer.columns if name not in asked and vocabulary().is_personal(plain(name))]
    beside = [plain(name) for name in personal]
    personal += [
        name
        for name in layer.columns
        if name in asked and name not in renamed.values() and persons_too(asked[name], plain(name), beside)
    ]
    theirs = {mine: name for name, mine in renamed.items()}
    return OfficeReport(
        matched={name: theirs.get(name, name) for name in layer.columns if name in asked and name not in personal},
        dropped=tuple(name for name in layer.columns if name not in asked and name not in personal),
        personal={name: sum(cell != "" for cell in layer.columns[name]) for name in personal},
        rows=len(layer.where),
    )


def _properties(
    layer: Layer, path: Path, columns: Sequence[Column], report: OfficeReport, faults: Faults
) -> pd.DataFrame:
    """Lay out the properties that are ours; a needed one that no feature has is a fault, but for those of a point."""
    kept = {name: layer.columns[name] for name in report.matched}
    table = pd.DataFrame(kept, index=range(len(layer.where)), dtype="str")
    if {"lon", "lat"} <= {each.name for each in columns} and not {"lon", "lat"} & set(table):
        table = table.assign(**_point_cells(layer))
    for name in (each.name for each in columns if each.need):
        if len(table) and name not in table:
            got, remedy = "none", suggest(name, [*report.matched, *report.dropped])
            if name in report.personal:
                got = f"only {shown(name)}, beside properties about persons"
                remedy = f'If it is that of a place, say so with --map "{name}={name}".'
            faults.add(where=f"{path}:1", field=name, expected="this property", got=got, remedy=remedy)
    return table.assign(where=list(layer.where))


def _point_cells(layer: Layer) -> dict[str, list[str]]:
    """Write the positions of a layer of points as cells, blank where a feature has no point; none for other layers."""
    import shapely

    is_point = (shapely.get_type_id(layer.geometry) == 0) & ~shapely.is_empty(layer.geometry)
    if not is_point.any():
        return {}
    points = layer.geometry.copy()
    points[~is_point] = None  # an empty point has no x to ask for
    axes = {"lon": shapely.get_x(points), "lat": shapely.get_y(points)}
    return {
        name: [repr(float(value)) if known else "" for value, known in zip(axis, is_point, strict=True)]
        for name, axis in axes.items()
    }


def require_keys(rows: pd.DataFrame, key: str, faults: Faults) -> None:
    """Ask that a column is filled and names each row once."""
    first: dict[str, str] = {}
    for where, value in zip(rows["where"], rows[key], strict=True):
        if not value:
            faults.add(where=where, field=key, expected="a value", got="a blank cell", remedy=f"Fill {key}.")
        elif value in first:
            got, remedy = f"{shown(value)} again (first at {first[value]})", "Give each row its own."
            faults.add(where=where, field=key, expected="each value once", got=got, remedy=remedy)
        else:
            first[value] = where


def require_once(rows: pd.DataFrame, names: Sequence[str], faults: Faults) -> None:
    """Ask that each row is named, by any of some columns together, and no two alike."""
    first: dict[tuple[str, ...], str] = {}
    for where, *cells in zip(rows["where"], *(rows[name] for name in names), strict=True):
        key = (cells[0],) if cells[0] else tuple(cells)
        if not any(cells):
            remedy = f"Fill {names[0]}, or {' and '.join(names[1:])}."
            faults.add(where=where, field=names[0], expected="a value", got="a blank cell", remedy=remedy)
        elif key in first:
            got, remedy = (
                f"{shown(' '.join(filter(None, key)))} again (first at {first[key]})",
                "Remove one of the two.",
            )
            faults.add(where=where, field=names[0], expected="each value once", got=got, remedy=remedy)
        else:
            first[key] = where


def numbers(rows: pd.DataFrame, key: str, faults: Faults, *, most: float, whole: bool = False) -> pd.Series[float]:
    """Read a column of numbers from 0 to `most`; a blank cell is unknown (NaN), anything else is a fault."""
    values: list[float] = []
    for where, text in zip(rows["where"], rows[key], strict=True):
        value = number_in(text) if text else np.nan
        if value is None or value < 0 or value > most or (whole and value % 1 > 0):
            expected = f"a {'whole number' if whole else 'number'} from 0 to {most:g}"
            remedy = "Write a number; leave it blank if unknown."
            faults.add(where=where, field=key, expected=expected, got=shown(text), remedy=remedy)
            value = np.nan
        values.append(value)
    return pd.Series(values, index=rows.index, dtype=np.float64)


def read_areas(path: Path, faults: Faults, *, renamed: Mapping[str, str] | None = None) -> Areas:
    """Read the kelurahan: kode, nama, kode_kec, kecamatan, area_km2, lon, lat, population, voters, tps, source.

    lon and lat are a point inside the area, NaN where it is faulty; population, voters and tps are NaN where unknown.
    """
    polygonal = is_layer(path)
    required = AREA_REQUIRED[:2] if polygonal else AREA_REQUIRED
    want: Want = "polygon" if polygonal else "point"
    rows = read_rows(
        path, required=required, optional=AREA_COLUMNS, faults=faults, table="areas", want=want, renamed=renamed
    )
    return areas_of(rows, faults)


def areas_of(rows: pd.DataFrame, faults: Faults) -> Areas:
    """Check the rows of areas, with or without a column `geometry`, and measure them, as `read_areas` gives them."""
    polygonal = "geometry" in rows
    require_keys(rows, "kode", faults)
    rows = rows.assign(**{name: _short_names(rows, name, faults) for name in ("kode", "nama")})
    polygons = dict(_polygons(rows, faults)) if polygonal else None
    shape = _shapes(rows, polygons) if polygons is not None else _points(rows, faults)
    _check_together(rows, shape, polygons or {}, faults)
    frame = pd.concat([rows[["kode", "nama"]], _districts(rows), shape, _people(rows, faults)], axis=1)
    frame = frame.assign(source=rows["source"], quality=_figure_quality(rows, faults))
    frame.attrs |= {name: rows.attrs.get(name) for name in ("dropped", "report")}
    return frame, polygons


def _short_names(rows: pd.DataFrame, key: str, faults: Faults) -> list[str]:
    """Give names and codes of areas, which other faults may list; one too long to be any is a fault and is cut."""
    out = list[str]()
    for where, text in zip(rows["where"], rows[key], strict=True):
        if len(text) > _LONGEST_NAME:
            got, remedy = f"{len(text):,}", "Check that this is the right column."
            expected = f"at most {_LONGEST_NAME} characters"
            faults.add(where=where, field=key, expected=expected, got=got, remedy=remedy)
        out.append(text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME // 3]}…")
    return out


def _check_together(rows: pd.DataFrame, points: pd.DataFrame, polygons: Mapping[str, Any], faults: Faults) -> None:
    """Ask that all areas lie near the middle one; one fault for each that does not."""
    lon, lat = (np.sort(points[axis].dropna()) for axis in ("lon", "lat"))
    if not len(lon):
        return
    x, y = float(lon[len(lon) // 2]), float(lat[len(lat) // 2])
    box = Box(x - _REACH_DEG, y - _REACH_DEG, x + _REACH_DEG, y + _REACH_DEG)
    for where, kode, east, north in zip(rows["where"], rows["kode"], points["lon"], points["lat"], strict=True):
        if np.isfinite(east) and np.isfinite(north):
            west, south, *end = polygons[kode].bounds if kode in polygons else (east, north) * 2
            all(check_point(*spot, where=where, box=box, faults=faults) for spot in ((west, south), (*end,)))


def _districts(rows: pd.DataFrame) -> pd.DataFrame:
    """Complete the district: a missing code is the area's code without its last part, a missing name is the code."""
    cells = zip(rows["kode_kec"], rows["kode"], rows["kecamatan"], strict=True)
    codes = [given or kode.rpartition(".")[0] or name or "-" for given, kode, name in cells]
    names = [name or code for name, code in zip(rows["kecamatan"], codes, strict=True)]
    return pd.DataFrame({"kode_kec": codes, "kecamatan": names}, index=rows.index, dtype="str")


def _people(rows: pd.DataFrame, faults: Faults) -> pd.DataFrame:
    """Read people, voters and polling stations; NaN is unknown."""
    named = (("population", "penduduk"), ("voters", "dpt"), ("tps", "tps"))
    most = place_figures().most_people[0]
    columns = {ours: numbers(rows, theirs, faults, most=most, whole=True) for ours, theirs in named}
    return pd.DataFrame(columns)


def _figure_quality(rows: pd.DataFrame, faults: Faults) -> pd.Series[str]:
    """Tag the figures of a row: as the file says, "reported" where it gives figures without a tag, else "unknown"."""
    tags: list[str] = []
    given = (rows[["penduduk", "dpt", "tps"]] != "").any(axis=1)
    for where, tag, has in zip(rows["where"], rows["quality"], given, strict=True):
        if tag and tag not in QUALITIES:
            remedy = suggest(tag, QUALITIES)
            faults.add(where=where, field="quality", expected="a quality tag", got=shown(tag), remedy=remedy)
        tags.append(tag or ("reported" if has else "unknown"))
    return pd.Series(tags, index=rows.index, dtype=object)


def _points(rows: pd.DataFrame, faults: Faults) -> pd.DataFrame:
    """Read area and inside point of areas that come without polygons; neither may be blank."""
    area = numbers(rows, "area_km2", faults, most=place_figures().largest_km2[0])
    points: list[tuple[float, float]] = []
    for where, lon, lat, km2 in zip(rows["where"], rows["lon"], rows["lat"], area, strict=True):
        points.append(read_point(lon, lat, where=where, box=WORLD, faults=faults))
        blank = [name for name, text in (("area_km2", km2 > 0), ("lon", lon), ("lat", lat)) if not text]
        if blank:
            got, remedy = "a blank cell or zero", "Fill it: an area without a polygon needs its size and a point."
            faults.add(where=where, field=", ".join(blank), expected="a value", got=got, remedy=remedy)
    lons, lats = zip(*points, strict=True) if points else ((), ())
    return pd.DataFrame({"area_km2": area, "lon": lons, "lat": lats}, index=rows.index, dtype=np.float64)


def _polygons(rows: pd.DataFrame, faults: Faults) -> Iterator[tuple[str, Any]]:
    """Go through (code, polygon) of the rows whose geometry is a sound polygon on Earth."""
    from shapely.validation import explain_validity

    for where, kode, polygon in zip(rows["where"], rows["kode"], rows["geometry"], strict=True):
        if polygon is None:  # noted when the layer was read
            continue
        got = shown(polygon.geom_type)
        if polygon.geom_type in ("Polygon", "MultiPolygon"):
            if polygon.is_valid and not polygon.is_empty:
                west, south, east, north = polygon.bounds
                ends = ((west, south), (east, north))
                if all(check_point(x, y, where=where, box=WORLD, faults=faults) for x, y in ends):
                    yield kode, polygon
                continue
            got = explain_validity(polygon) if not polygon.is_empty else "an empty one"
        remedy = "Repair or remove the feature (QGIS: Fix geometries)."
        faults.add(where=where, field="geometry", expected="a valid polygon", got=got, remedy=remedy)


def _shapes(rows: pd.DataFrame, polygons: Mapping[str, Any]) -> pd.DataFrame:
    """Measure each polygon on the ellipsoid, km², and find a point inside it."""
    import pyproj

    ground = pyproj.Geod(ellps="WGS84")
    out = pd.DataFrame(np.nan, index=rows.index, columns=["area_km2", "lon", "lat"])
    for row, kode in rows["kode"].items():
        if kode in polygons:
            polygon = polygons[kode]
            area = abs(ground.geometry_area_perimeter(polygon)[0]) / 1e6
            point = polygon.centroid if polygon.contains(polygon.centroid) else polygon.representative_point()
            out.loc[row] = area, point.x, point.y
    return out


def read_kecamatan(path: Path, faults: Faults) -> pd.DataFrame:
    """Read known figures of the kecamatan: kode, nama, area_km2, lon, lat, population, voters, tps, source, quality."""
    rows = read_rows(path, required=AREA_REQUIRED, optional=AREA_COLUMNS[2:], faults=faults, table="areas")
    require_keys(rows, "kode", faults)
    frame = pd.concat([rows[["kode", "nama"]], _points(rows, faults), _people(rows, faults)], axis=1)
    return frame.assign(source=rows["source"], quality=_figure_quality(rows, faults))


def read_people(path: Path, faults: Faults, *, renamed: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Read people: where, kode, kelurahan, kecamatan ("" where not given), population, voters, tps, source, quality."""
    rows = read_rows(
        path, required=PEOPLE_REQUIRED, optional=_PEOPLE_COLUMNS, faults=faults, table="people", renamed=renamed
    )
    names = ["kode", "kelurahan", "kecamatan"]
    require_once(rows, names, faults)
    frame = pd.concat([rows[["where", *names]], _people(rows, faults)], axis=1)
    frame = frame.assign(source=rows["source"], quality=_figure_quality(rows, faults))
    frame.attrs |= {name: rows.attrs.get(name) for name in ("dropped", "report")}
    return frame
